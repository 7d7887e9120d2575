"""Find the mistake in a learner's own network code."""
