"""XOR needs a hidden layer: one line cannot have (0, 1) and (1, 0) on one side and (0, 0) and (1, 1) on the other.

The two pairs have the same midpoint, which would lie on both sides. With a hidden layer, each unit draws a line of its
own, and the output combines them. Writes xor.png, with both. Run: python examples/xor.py

Minsky and Papert, Perceptrons, 1969; Goodfellow, Bengio and Courville, Deep Learning, 2016, section 6.1.
"""

from matplotlib.figure import Figure

import chainrule as cr
from chainrule import plots

X, y = cr.datasets.xor(n=200, noise=0.1, seed=0)
figure = Figure(figsize=(11, 4.2), layout="constrained")
accuracy = []
for ax, sizes in zip(figure.subplots(1, 2), ([2, 1], [2, 4, 1]), strict=True):
    network = cr.Network.mlp(sizes, hidden="tanh", seed=0)
    network.fit(X, y, epochs=100, optimizer=cr.Adam(lr=0.05), verbose=False)
    accuracy.append(network.evaluate(X, y)["accuracy"])
    plots.plot_boundary(network, X, y, ax=ax)
    ax.set_title("-".join(map(str, sizes)) + f": {accuracy[-1]:.1%} are right")
figure.savefig("xor.png", dpi=120)
print(f"XOR, 200 points: accuracy without a hidden layer {accuracy[0]:.3f}, with one of 4 units {accuracy[1]:.3f}")
