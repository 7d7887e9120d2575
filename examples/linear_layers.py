"""Why there are activations: a stack of linear layers is one linear layer, and superposition tells the two kinds apart.

A function f is linear if f(u) + f(v) = f(u + v). A layer of weights is, and so is any stack of them: x W1 W2 W3 is x W
with W = W1 W2 W3, so depth adds nothing. With ReLU in between it does. The weights here are whole numbers, with which
floating-point arithmetic is exact: what is equal is equal to the last digit. Run: python examples/linear_layers.py
"""

import numpy as np

import chainrule as cr


def three_layers(between: list[cr.layers.Layer]) -> cr.Network:
    """Return three layers of whole-numbered weights without biases, with other layers between them."""
    first, second, third = (cr.Dense(units, bias=False) for units in (4, 3, 2))
    layers = [first, *between, second, *between, third]
    network = cr.Network(layers, "mean_squared_error", input_shape=(2,), dtype=np.float64)
    rng = np.random.default_rng(0)
    for params in network.params:
        for W in params.values():
            W[:] = rng.integers(-3, 4, W.shape)
    return network


linear, nonlinear = three_layers([]), three_layers([cr.ReLU()])
W1, W2, W3 = (params["W"] for params in linear.params)
x = np.random.default_rng(1).integers(-9, 10, (100, 2))
from_one_matrix = np.abs(linear.predict(x) - x @ (W1 @ W2 @ W3)).max()
print(f"Three linear layers are the matrix\n{W1 @ W2 @ W3}\n")

u, v = np.array([[1.0, 2.0]]), np.array([[5.0, -10.0]])
superposition = []
for name, network in ("linear", linear), ("with ReLU", nonlinear):
    parts, whole = network.predict(u) + network.predict(v), network.predict(u + v)
    superposition.append(np.abs(parts - whole).max())
    print(f"{name:>9}: f(u) + f(v) = {parts[0]}, f(u + v) = {whole[0]}")
print(
    f"\nOff by: three linear layers from one matrix {from_one_matrix:g}; superposition of linear layers "
    f"{superposition[0]:g}, with ReLU between them {superposition[1]:g}"
)
