"""A learner's file is read, and its definitions are executed in a process with limits."""
