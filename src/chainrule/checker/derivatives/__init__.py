"""What a learner's own forward pass says about their gradients, by finite differences; no names of functions."""
