"""The training loop and what goes with a run: callbacks, checkpoints, history, progress, loggers."""
