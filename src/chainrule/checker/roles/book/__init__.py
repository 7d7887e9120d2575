"""How to call what readers of the book write."""
