"""The lessons of the lab: short pages with a task each, which the lab checks, in the order of the lecture notes."""
