"""Examples on their way to an engine: batches, what is larger than memory, checks at the door."""
