"""How to call what learners of the course write."""
