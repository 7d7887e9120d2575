"""Recurrent: an LSTM reads handwritten digits row by row.

The 28 rows of a picture are 28 steps of a sequence; the last state decides. Le, Jaitly and Hinton, A simple way to
initialize recurrent networks of rectified linear units, 2015 (there pixel by pixel). Run: python examples/lstm_rows.py
"""

import chainrule as cr

(x_train, y_train), (x_test, y_test) = cr.datasets.load_mnist_small(flatten=False)
rows_train, rows_test = x_train[..., 0], x_test[..., 0]  # (examples, 28 steps, 28 features)

network = cr.Network([cr.LSTM(64), cr.Dense(10)], "categorical_cross_entropy", input_shape=(28, 28))
print(network.summary(batch_size=64))
network.fit(rows_train, y_train, epochs=5, batch_size=64, optimizer=cr.Adam(lr=0.003))
print(f"LSTM over rows, 5 epochs: test accuracy {network.evaluate(rows_test, y_test)['accuracy']:.4f}")
