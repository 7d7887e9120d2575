"""The layers of the books' helper files, which learners import into their networks."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.lessons import book


def cross_entropy_error(y: Any, t: Any) -> Any:
    """Return the mean cross-entropy over rows; t has one-hot rows or class numbers."""
    y = np.atleast_2d(y)
    classes = np.reshape(t, y.shape).argmax(axis=1) if np.size(t) == y.size else np.ravel(t)
    return -np.mean(np.log(y[np.arange(len(y)), classes] + 1e-7))


def im2col(input_data: Any, filter_h: int, filter_w: int, stride: int = 1, pad: int = 0) -> Any:
    """Return every window of images (N, C, H, W) as a row."""
    padded = np.pad(input_data, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, (filter_h, filter_w), axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride].transpose(0, 2, 3, 1, 4, 5)
    return windows.reshape(-1, input_data.shape[1] * filter_h * filter_w)


def col2im(col: Any, input_shape: Any, filter_h: int, filter_w: int, stride: int = 1, pad: int = 0) -> Any:
    """Return images in which the rows of `im2col` are added up where their windows were."""
    N, C, H, W = input_shape
    rows, columns = (H + 2 * pad - filter_h) // stride + 1, (W + 2 * pad - filter_w) // stride + 1
    windows = col.reshape(N, rows, columns, C, filter_h, filter_w)
    padded = np.zeros((N, C, H + 2 * pad, W + 2 * pad))
    for i in range(filter_h):
        for j in range(filter_w):
            into = padded[:, :, i : i + stride * rows : stride, j : j + stride * columns : stride]
            into += windows[..., i, j].transpose(0, 3, 1, 2)
    return padded[:, :, pad : pad + H, pad : pad + W]


class _Layer:
    """A layer without parameters, as the book's second volume has them."""

    params: list[Any]
    grads: list[Any]

    def __new__(cls, *_: Any, **__: Any) -> Any:
        """Return a layer with lists of its own."""
        layer = super().__new__(cls)
        layer.params, layer.grads = [], []
        return layer


class Relu(_Layer):
    """The book's ReLU layer."""

    def forward(self, x: Any) -> Any:
        """Return the activations."""
        self.mask = x > 0
        return x * self.mask

    def backward(self, dout: Any) -> Any:
        """Return the gradient of the input."""
        return dout * self.mask


class Sigmoid(_Layer):
    """The book's sigmoid layer."""

    def forward(self, x: Any) -> Any:
        """Return the activations."""
        self.out = book.sigmoid(x)
        return self.out

    def backward(self, dout: Any) -> Any:
        """Return the gradient of the input."""
        return dout * self.out * (1 - self.out)


class Affine(_Layer):
    """The book's linear layer; examples are rows, and inputs with more axes are made flat."""

    def __init__(self, W: Any, b: Any) -> None:
        self.W, self.b = W, b
        self.dW = self.db = None
        self.params, self.grads = [W, b], [np.zeros_like(W), np.zeros_like(b)]

    def forward(self, x: Any) -> Any:
        """Return XW + b."""
        self.shape, self.x = x.shape, x.reshape(len(x), -1)
        return self.x @ self.W + self.b

    def backward(self, dout: Any) -> Any:
        """Return the gradient of the input and keep those of W and b."""
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        self.grads[0][...], self.grads[1][...] = self.dW, self.db
        return (dout @ self.W.T).reshape(self.shape)


class SoftmaxWithLoss(_Layer):
    """The book's last layer."""

    def forward(self, x: Any, t: Any) -> Any:
        """Return the loss."""
        self.y = book.softmax(x)
        self.t = t if t.size != self.y.size else t.argmax(axis=1)  # labels that are no one-hot rows count as such
        self.loss = cross_entropy_error(self.y, t)
        return self.loss

    def backward(self, dout: Any = 1) -> Any:
        """Return the gradient of the scores."""
        return dout * (self.y - np.eye(self.y.shape[1])[self.t.ravel()]) / len(self.y)


class Dropout(_Layer):
    """The book's dropout layer, which scales when it predicts."""

    def __init__(self, dropout_ratio: float = 0.5) -> None:
        self.dropout_ratio = dropout_ratio

    def forward(self, x: Any, train_flg: bool = True) -> Any:
        """Return the kept inputs, or all of them scaled."""
        if not train_flg:
            return x * (1 - self.dropout_ratio)
        self.mask = np.random.rand(*x.shape) > self.dropout_ratio
        return x * self.mask

    def backward(self, dout: Any) -> Any:
        """Return the gradient of the input."""
        return dout * self.mask


class MatMul(_Layer):
    """The second volume's product with a matrix."""

    def __init__(self, W: Any) -> None:
        self.params, self.grads = [W], [np.zeros_like(W)]

    def forward(self, x: Any) -> Any:
        """Return XW."""
        self.x = x
        return x @ self.params[0]

    def backward(self, dout: Any) -> Any:
        """Return the gradient of the input and keep that of W."""
        self.grads[0][...] = self.x.T @ dout
        return dout @ self.params[0].T


class Embedding(_Layer):
    """The second volume's rows of a matrix, by the numbers of words."""

    def __init__(self, W: Any) -> None:
        self.params, self.grads = [W], [np.zeros_like(W)]

    def forward(self, idx: Any) -> Any:
        """Return a row for each word."""
        self.idx = idx
        return self.params[0][idx]

    def backward(self, dout: Any) -> None:
        """Keep the gradient of W."""
        self.grads[0][...] = 0
        np.add.at(self.grads[0], self.idx, dout)


class Convolution(_Layer):
    """The book's convolution of images (N, C, H, W)."""

    def __init__(self, W: Any, b: Any, stride: int = 1, pad: int = 0) -> None:
        self.W, self.b, self.stride, self.pad = W, b, stride, pad
        self.dW = self.db = None

    def forward(self, x: Any) -> Any:
        """Return the filtered images."""
        count, _, filter_h, filter_w = self.W.shape
        self.shape, self.windows = x.shape, im2col(x, filter_h, filter_w, self.stride, self.pad)
        high = 1 + (x.shape[2] + 2 * self.pad - filter_h) // self.stride
        wide = 1 + (x.shape[3] + 2 * self.pad - filter_w) // self.stride
        out = self.windows @ self.W.reshape(count, -1).T + self.b
        return out.reshape(len(x), high, wide, count).transpose(0, 3, 1, 2)

    def backward(self, dout: Any) -> Any:
        """Return the gradient of the images and keep those of W and b."""
        count, _, filter_h, filter_w = self.W.shape
        rows = dout.transpose(0, 2, 3, 1).reshape(-1, count)
        self.dW, self.db = (rows.T @ self.windows).reshape(self.W.shape), rows.sum(axis=0)
        return col2im(rows @ self.W.reshape(count, -1), self.shape, filter_h, filter_w, self.stride, self.pad)


class Pooling(_Layer):
    """The book's largest numbers of windows of images."""

    def __init__(self, pool_h: int, pool_w: int, stride: int = 2, pad: int = 0) -> None:
        self.settings = pool_h, pool_w, stride, pad
        self.size = pool_h * pool_w

    def forward(self, x: Any) -> Any:
        """Return the largest number of each window."""
        pool_h, pool_w, stride, pad = self.settings
        high, wide = 1 + (x.shape[2] + 2 * pad - pool_h) // stride, 1 + (x.shape[3] + 2 * pad - pool_w) // stride
        windows = im2col(x, *self.settings).reshape(-1, self.size)
        self.shape, self.largest = x.shape, windows.argmax(axis=1)
        return windows.max(axis=1).reshape(len(x), high, wide, x.shape[1]).transpose(0, 3, 1, 2)

    def backward(self, dout: Any) -> Any:
        """Return the gradient of the images."""
        rows = dout.transpose(0, 2, 3, 1).ravel()
        windows = np.zeros((rows.size, self.size))
        windows[np.arange(rows.size), self.largest] = rows
        return col2im(windows.reshape(rows.size // dout.shape[1], -1), self.shape, *self.settings)


LAYERS = (Relu, Sigmoid, Affine, SoftmaxWithLoss, Dropout, MatMul, Embedding, Convolution, Pooling)
