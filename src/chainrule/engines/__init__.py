"""Engines run the equations."""
