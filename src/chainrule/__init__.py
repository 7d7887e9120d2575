"""Neural networks with every forward and backward equation written out by hand."""
