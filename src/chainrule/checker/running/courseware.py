"""What the helper files of the course and of the books define, which learners import and their own functions call."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from chainrule.checker.running import dezero
from chainrule.lessons import book, stepwise

_STEPS = (
    "initialize_parameters initialize_parameters_deep linear_forward linear_activation_forward L_model_forward "
    "compute_cost linear_backward linear_activation_backward L_model_backward update_parameters"
).split()


def sigmoid_backward(dA: Any, cache: Any) -> Any:
    """Return dZ; the cache is Z."""
    s, _ = stepwise.sigmoid(cache)
    return dA * s * (1 - s)


def relu_backward(dA: Any, cache: Any) -> Any:
    """Return dZ; the cache is Z."""
    return dA * (cache > 0)


def sigmoid_grad(x: Any) -> Any:
    """Return the slope of the sigmoid."""
    return book.sigmoid(x) * (1 - book.sigmoid(x))


def relu_grad(x: Any) -> Any:
    """Return the slope of ReLU."""
    return np.where(x > 0, 1.0, 0.0)


def sum_squared_error(y: Any, t: Any) -> Any:
    """Return half the sum of the squared errors."""
    return 0.5 * np.sum((y - t) ** 2)


def cross_entropy_error(y: Any, t: Any) -> Any:
    """Return the mean cross-entropy over rows; t has one-hot rows or class numbers."""
    y = np.atleast_2d(y)
    classes = np.reshape(t, y.shape).argmax(axis=1) if np.size(t) == y.size else np.ravel(t)
    return -np.mean(np.log(y[np.arange(len(y)), classes] + 1e-7))


def softmax_loss(X: Any, t: Any) -> Any:
    """Return the cross-entropy of the softmax of scores."""
    return cross_entropy_error(book.softmax(X), t)


def numerical_gradient(f: Callable[[Any], Any], x: Any) -> Any:
    """Return the gradient of f by central differences; x itself is moved, as the book's networks rely on."""
    h, gradient = 1e-4, np.zeros_like(x)
    for at in np.ndindex(x.shape):
        kept = x[at]
        x[at] = kept + h
        above = f(x)
        x[at] = kept - h
        gradient[at] = (above - f(x)) / (2 * h)
        x[at] = kept
    return gradient


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


def get_array_module(x: Any) -> Any:
    """Return NumPy, whatever the array: there is no graphics card."""
    return np


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
        self.y, self.t = book.softmax(x), t
        self.loss = cross_entropy_error(self.y, t)
        return self.loss

    def backward(self, dout: Any = 1) -> Any:
        """Return the gradient of the scores."""
        one_hot = self.t if self.t.size == self.y.size else np.eye(self.y.shape[1])[self.t.ravel()]
        return dout * (self.y - one_hot) / len(self.y)


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


def softmax_of_columns(x: Any) -> Any:
    """Return the softmax of each column, as the course's recurrent networks take it."""
    E = np.exp(x - np.max(x))
    return E / E.sum(axis=0)


def tqdm(iterable: Any = (), *_: Any, **__: Any) -> Any:
    """Return what is iterated over: no progress is shown."""
    return iterable


def trange(*numbers: int, **_: Any) -> range:
    """Return a range: no progress is shown."""
    return range(*numbers)


def _named(*functions: Any) -> dict[str, Any]:
    return {function.__name__: function for function in functions}


_COURSE = _named(stepwise.sigmoid, stepwise.relu, stepwise.tanh, stepwise.softmax, sigmoid_backward, relu_backward)
_PLAIN = _named(book.sigmoid, book.relu)
_BOOK = _named(book.sigmoid, book.relu, book.softmax, book.identity_function, book.step_function, sigmoid_grad)
_BOOK |= _named(relu_grad, sum_squared_error, cross_entropy_error, softmax_loss)
_BOOK |= {"mean_squared_error": sum_squared_error}  # what the first edition calls it
_GRADIENT = {"numerical_gradient": numerical_gradient, "_numerical_gradient": numerical_gradient}
_DEZERO = _named(dezero.sum_to, dezero.reshape_sum_backward, dezero.logsumexp, dezero.max_backward_shape)
_DEZERO |= _named(dezero.pair, dezero.get_conv_outsize, dezero.get_deconv_outsize)
_FILES: dict[str, dict[str, Any]] = {
    r"dnn_app_utils\w*": _COURSE | {name: getattr(stepwise, name) for name in _STEPS},
    r"dnn_utils\w*": _COURSE,
    r"reg_utils\w*": _PLAIN | _named(stepwise.compute_cost),
    r"(planar|lr|init|opt|gc)_utils\w*": _PLAIN,
    r"rnn_utils\w*": _named(book.sigmoid) | {"softmax": softmax_of_columns},
    r"(.*\.)?common\.functions": _BOOK,
    # Of its chapters some make files of their own.
    r"(.*\.)?ch0?\d+\.(activations?|functions?|loss|gradient)": _BOOK
    | _GRADIENT
    | {"cross_entropy": cross_entropy_error},
    r"(.*\.)?common\.gradient": _GRADIENT,
    r"(.*\.)?common\.layers": _BOOK | _named(Relu, Sigmoid, Affine, SoftmaxWithLoss, Dropout, im2col, col2im),
    r"(.*\.)?common\.util": _named(im2col, col2im),
    r"(.*\.)?common\.np": {"np": np, "GPU": False},
    r"(.*\.)?common\.config": {"GPU": False},
    r"(.*\.)?dezero\.utils": _DEZERO,
    r"(.*\.)?cuda": {"get_array_module": get_array_module, "as_numpy": np.asarray, "gpu_enable": False},
    r"tqdm(\.\w+)?": _named(tqdm, trange) | {"tqdm_notebook": tqdm, "notebook": SimpleNamespace(tqdm=tqdm)},
}


def names_in(module: str) -> dict[str, Any] | None:
    """Return what a known helper file defines, or None.

    >>> sorted(names_in("planar_utils"))
    ['relu', 'sigmoid']
    """
    return next((dict(names) for file, names in _FILES.items() if re.fullmatch(file, module)), None)
