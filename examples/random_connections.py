"""Random: a wide, randomly connected network against a dense one with the same number of parameters.

Mocanu et al., Scalable training of artificial neural networks with adaptive sparse connectivity, 2018 (whose pattern
adapts; this one is fixed). Run: python examples/random_connections.py
"""

import chainrule as cr

(x_train, y_train), (x_test, y_test) = cr.datasets.load_mnist_small()

networks = {
    "dense 784-64-10": [cr.Dense(64), cr.ReLU(), cr.Dense(10)],
    "random 784-640-10, 8 % of the connections": [cr.RandomDense(640, density=0.08, seed=0), cr.ReLU(), cr.Dense(10)],
}
for name, layers in networks.items():
    network = cr.Network(layers, "categorical_cross_entropy", input_shape=(784,))
    network.fit(x_train, y_train, epochs=5, batch_size=64, verbose=False)
    parameters = sum(p.size for _, p in cr.arrays.leaves(network.params))
    print(f"{name}: {parameters:,} parameters, test accuracy {network.evaluate(x_test, y_test)['accuracy']:.4f}")
