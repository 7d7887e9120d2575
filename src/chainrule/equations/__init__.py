"""The equations that have no layers around them: activations, initializers, losses, optimizers, schedules."""
