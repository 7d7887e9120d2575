"""Every number of one pass, and why it is what it is: `Network.trace`, `stepwise.trace` and `book.trace`."""
