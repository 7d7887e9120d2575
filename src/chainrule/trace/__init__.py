"""Every number of one pass, why it is what it is, and what is wrong with it, if anything."""
