"""How to call the networks that people write on their own."""
