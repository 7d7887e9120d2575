"""Drawings with matplotlib, one file for each kind of picture."""
