"""Skip / residual: 30 layers train with skip connections and do not without.

He, Zhang, Ren and Sun, Deep residual learning for image recognition, 2016; blocks that start as the identity: Goyal et
al., Accurate, large minibatch SGD, 2017, section 5.1. Run: python examples/residual.py
"""

import chainrule as cr

UNITS, BLOCKS = 16, 14  # two layers per block, one before and one after: 30


def accuracy(skip: bool) -> float:
    """Train the deep network on three spirals, with or without skip connections; return its accuracy on new points."""
    layers = [cr.Tanh(), cr.Dense(UNITS, "xavier"), cr.Tanh(), cr.Dense(UNITS, "zeros" if skip else "xavier")]
    block = cr.Residual(layers) if skip else cr.Sequential(layers)
    body = [cr.Dense(UNITS, "xavier"), *[block] * BLOCKS, cr.Tanh(), cr.Dense(3, "xavier")]
    network = cr.Network(body, "categorical_cross_entropy")
    network.fit(*cr.datasets.spirals(300, seed=0), epochs=60, batch_size=100, optimizer=cr.Momentum(0.03))
    return network.evaluate(*cr.datasets.spirals(600, seed=1))["accuracy"]


plain, residual = accuracy(skip=False), accuracy(skip=True)
print(f"spirals with 30 layers: plain {plain:.3f}, residual {residual:.3f} (guessing: 0.333)")
