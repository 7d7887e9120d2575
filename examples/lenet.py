"""Convolutional: LeNet-5 on the handwritten digits that ship with chainrule.

LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998; with ReLU and max
pooling in place of the scaled tanh and the trainable averages of the time. Run: python examples/lenet.py
"""

import chainrule as cr

(x_train, y_train), (x_test, y_test) = cr.datasets.load_mnist_small(flatten=False)

network = cr.Network(
    [
        *(cr.Conv2D(6, kernel=5, padding="same"), cr.ReLU(), cr.MaxPool(2)),
        *(cr.Conv2D(16, kernel=5), cr.ReLU(), cr.MaxPool(2)),
        *(cr.Flatten(), cr.Dense(120), cr.ReLU(), cr.Dense(84), cr.ReLU(), cr.Dense(10)),
    ],
    "categorical_cross_entropy",
    input_shape=(28, 28, 1),
)
print(network.summary(batch_size=64))
network.fit(x_train, y_train, epochs=3, batch_size=64)
print(f"LeNet-5 on 10,000 digits, 3 epochs: test accuracy {network.evaluate(x_test, y_test)['accuracy']:.4f}")
