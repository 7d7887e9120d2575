"""Every number of one pass, why it is what it is, and what is wrong: `Network.trace`, `diagnose`, and the lessons' traces."""
