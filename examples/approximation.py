"""Universal approximation: the more hidden units, the closer a network comes to a sine.

One hidden layer of enough units comes as close to a continuous function on an interval as one likes. How many it takes,
and whether training finds the weights, the theorem does not say. Writes approximation.png.
Run: python examples/approximation.py

Cybenko, Approximation by superpositions of a sigmoidal function, 1989; Hornik, Stinchcombe and White, Multilayer
feedforward networks are universal approximators, 1989.
"""

from matplotlib.figure import Figure

import chainrule as cr
from chainrule import plots

X, y = cr.datasets.sine(n=256, noise=0.0, seed=0)
figure = Figure(figsize=(16, 3.2), layout="constrained")
errors = {}
for ax, units in zip(figure.subplots(1, 5, sharey=True), (1, 2, 4, 16, 64), strict=True):
    network = cr.Network.mlp([1, units, 1], "tanh", "mean_squared_error", seed=0)
    optimizer = cr.Adam(lr=cr.Cosine(0.02, steps=800 * 8))
    network.fit(X, y, epochs=800, batch_size=32, optimizer=optimizer, verbose=False)
    errors[units] = network.evaluate(X, y)["loss"]
    print(f"{units:>2} hidden units: mean squared error {errors[units]:.7f}")
    plots.plot_fit(network, X, y, ax=ax)
    ax.set_title(f"{units} hidden units" if units > 1 else "1 hidden unit")
figure.savefig("approximation.png", dpi=120)
print(f"A sine: mean squared error with 1 hidden unit {errors[1]:.7f}, with 64 {errors[64]:.7f}")
