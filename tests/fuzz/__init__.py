"""Random networks, data and ways to hold it, for tests of what must not change a result."""
