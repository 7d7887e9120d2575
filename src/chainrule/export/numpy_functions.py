"""The functions that NumPy scripts may use, as texts: a script holds those that it calls."""

from __future__ import annotations

import re
from collections.abc import Iterable

from chainrule.export.numpy_sequences import SEQUENCES

# Each depends on those above it alone.
_ACTIVATIONS = '''
def step(Z):
    """Return 1 where Z is positive, else 0."""
    return (Z > 0).astype(Z.dtype)


def sigmoid(Z):
    """Return 1 / (1 + exp(-Z)), written so that no exponential overflows."""
    return np.exp(np.minimum(Z, 0)) / (1 + np.exp(-np.abs(Z)))


def relu(Z):
    """Return Z where it is positive, else 0."""
    return np.maximum(Z, 0)


def leaky_relu(Z, alpha):
    """Return Z where it is positive, else alpha * Z."""
    return np.maximum(Z, 0) + alpha * np.minimum(Z, 0)


def elu(Z, alpha):
    """Return Z where it is positive, else alpha * (exp(Z) - 1)."""
    return np.maximum(Z, 0) + alpha * np.expm1(np.minimum(Z, 0))


def selu(Z):
    """Return the ELU with the two constants that keep mean 0 and variance 1."""
    return 1.0507009873554805 * elu(Z, alpha=1.6732632423543772)


def gelu(Z):
    """Return Z times the normal distribution function of Z, in its form with tanh."""
    z = np.clip(Z, -10, 10)  # tanh is 1 beyond, and the cube might overflow
    T = np.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))
    return 0.5 * Z * (1 + T)


def gelu_exact(Z):
    """Return Z times the normal distribution function of Z."""
    erf = np.vectorize(math.erf, otypes=[float])
    return (0.5 * Z * (1 + erf(Z / math.sqrt(2)))).astype(Z.dtype)


def silu(Z):
    """Return Z * sigmoid(Z), also called swish."""
    return Z * sigmoid(Z)


def softplus(Z):
    """Return log(1 + exp(Z)), written so that no exponential overflows."""
    return np.maximum(Z, 0) + np.log1p(np.exp(-np.abs(Z)))


def mish(Z):
    """Return Z * tanh(softplus(Z))."""
    return Z * np.tanh(softplus(Z))


def softsign(Z):
    """Return Z / (1 + abs(Z))."""
    return Z / (1 + np.abs(Z))


def softmax(Z):
    """Return probabilities along the last axis: positive numbers with sum 1."""
    E = np.exp(Z - Z.max(axis=-1, keepdims=True))  # the largest is exp(0) = 1
    return E / E.sum(axis=-1, keepdims=True)


def log_softmax(Z):
    """Return the logarithms of the softmax along the last axis."""
    S = Z - Z.max(axis=-1, keepdims=True)
    return S - np.log(np.exp(S).sum(axis=-1, keepdims=True))
'''
_NORMALIZATIONS = '''
def batch_norm(X, gamma, beta, mean, variance, epsilon):
    """Normalize each feature by the mean and variance that training measured."""
    return gamma * (X - mean) / np.sqrt(variance + epsilon) + beta


def layer_norm(X, gamma, beta, epsilon):
    """Normalize each example by the mean and variance of its own features."""
    X = X - X.mean(axis=-1, keepdims=True)
    variance = (X * X).mean(axis=-1, keepdims=True)
    return gamma * X / np.sqrt(variance + epsilon) + beta


def group_norm(X, gamma, beta, groups, epsilon):
    """Normalize each group of an example's channels by their mean and variance."""
    G = X.reshape(len(X), -1, groups, X.shape[-1] // groups)
    G = G - G.mean(axis=(1, 3), keepdims=True)
    variance = (G * G).mean(axis=(1, 3), keepdims=True)
    return gamma * (G / np.sqrt(variance + epsilon)).reshape(X.shape) + beta


def rms_norm(X, gamma, epsilon):
    """Divide each example by the root of the mean square of its own features."""
    return gamma * X / np.sqrt((X * X).mean(axis=-1, keepdims=True) + epsilon)
'''
_WINDOWS = '''
def conv1d(X, W, b=0, stride=1, padding=(0, 0), dilation=1):
    """Return the convolution of sequences X with filters W.

    X is (n, time, channels) and W (kernel, channels, filters). The result is
    (n, places, filters).
    """
    X = np.pad(X, ((0, 0), padding, (0, 0)))
    places = (X.shape[1] - dilation * (len(W) - 1) - 1) // stride + 1
    Y = b
    for i in range(len(W)):  # one step of the kernel at a time, for all of its places
        start = i * dilation
        Y = Y + X[:, start : start + places * stride : stride] @ W[i]
    return Y


def conv2d(X, W, b=0, stride=(1, 1), padding=((0, 0), (0, 0)), dilation=(1, 1)):
    """Return the convolution of pictures X with filters W.

    X is (n, height, width, channels) and W (kernel height, kernel width, channels,
    filters). The result is (n, rows, columns, filters).
    """
    X = np.pad(X, ((0, 0), *padding, (0, 0)))
    kernel, (down, right) = W.shape[:2], stride
    rows = (X.shape[1] - dilation[0] * (kernel[0] - 1) - 1) // down + 1
    columns = (X.shape[2] - dilation[1] * (kernel[1] - 1) - 1) // right + 1
    Y = b
    for i in range(kernel[0]):  # one pixel of the kernel at a time, for all its places
        for j in range(kernel[1]):
            top, left = i * dilation[0], j * dilation[1]
            seen = X[:, top : top + rows * down : down]
            seen = seen[:, :, left : left + columns * right : right]
            Y = Y + seen @ W[i, j]
    return Y


def in_groups(convolve, groups, X, W, b=0, **settings):
    """Return convolutions of groups of channels, each with filters of its own."""
    Xs, Ws = np.split(X, groups, axis=-1), np.split(W, groups, axis=-1)
    Ys = [convolve(X, W, **settings) for X, W in zip(Xs, Ws, strict=True)]
    return np.concatenate(Ys, axis=-1) + b


def windows(X, window, stride, padding, outside):
    """Return what lies under a window at each of its places, in new axes at the end.

    The window slides along the axes between the examples and the channels; around X
    lies what is given as outside.
    """
    axes = tuple(range(1, X.ndim - 1))
    X = np.pad(X, ((0, 0), *padding, (0, 0)), constant_values=outside)
    seen = np.lib.stride_tricks.sliding_window_view(X, window, axis=axes)
    return seen[(slice(None), *(slice(None, None, step) for step in stride))]


def max_pool(X, window, stride, padding):
    """Return the largest number under each window."""
    seen = windows(X, window, stride, padding, outside=-np.inf)
    return seen.max(axis=tuple(range(X.ndim, seen.ndim)))


def average_pool(X, window, stride, padding):
    """Return the mean under each window, in which the padding does not count."""
    seen = windows(X, window, stride, padding, outside=np.nan)
    return np.nanmean(seen, axis=tuple(range(X.ndim, seen.ndim)))
'''
_TABLES = '''
def cells(rows, column):
    """Return the texts of a column; "" where a value is missing, and 3.0 as 3."""
    texts = [(row[column] or "").strip() for row in rows]
    texts = ["" if text.lower() in MISSING else text for text in texts]
    return [re.sub(r"^(-?[0-9]+)\\.0+$", r"\\1", text) for text in texts]


def number(text, place):
    """Return the number that a text is, as 1234.5, 1,234.5 and (5), which is -5."""
    plain = re.sub(r"^\\(([^()+-]+)\\)$", r"-\\1", text.replace("\u2212", "-"))
    thousands = "[1-9][0-9]{0,2}([,' \u00a0\u202f][0-9]{3})+"
    form = rf"[+-]?(?=\\.?[0-9])({thousands}|[0-9]*)(\\.[0-9]*)?([eE][+-]?[0-9]+)?"
    value = math.nan
    if re.fullmatch(form, plain):
        value = float(re.sub("[,' \u00a0\u202f]", "", plain))
    if not math.isfinite(value):
        raise ValueError(f"{place} is {text!r}, which is no number, or too large")
    return value


def numbers(rows, column, words=()):
    """Return the numbers of a column; NaN where a value is missing."""
    texts = ["" if text in words else text for text in cells(rows, column)]
    values = np.full(len(texts), math.nan)
    for i, text in enumerate(texts):
        if text:
            values[i] = number(text, f"row {i + 1}, column {column!r}")
    return values


def scaled(x, center, scale):
    """Return the distances from the center, clipped smoothly to -3..3; 0 for NaN."""
    z = (x - center) / scale
    return np.where(np.isnan(x), 0, z / np.hypot(1, z / 3))


def truths(rows, column):
    """Return "true" or "false" for each row of a column, whatever they are called."""
    return [TRUTHS.get(text.lower(), text.lower()) for text in cells(rows, column)]


def plus_minus(texts, minus, plus):
    """Return -1 and 1 for two categories, and 0 for any other text."""
    return np.array([(text == plus) - (text == minus) for text in texts], float)


def one_hot(texts, categories):
    """Return a column for each category: 1 where the text is that, else 0."""
    return np.array([[text == c for c in categories] for text in texts], float)


def others(texts, categories):
    """Return 1 where the text is none of the categories, else 0."""
    return np.array([text not in categories for text in texts], float)
'''


def _by_name(*sources: str) -> dict[str, str]:
    texts = [text.strip() for source in sources for text in re.split(r"\n(?=def )", source) if text.strip()]
    return {text[len("def ") : text.index("(")]: text for text in texts}


_FUNCTIONS = _by_name(_ACTIVATIONS, _NORMALIZATIONS, _WINDOWS, SEQUENCES, _TABLES)


def functions_for(names: Iterable[str]) -> list[str]:
    """Return the texts of functions, and of those that they call themselves, each below what it calls."""
    used = set(names)
    for name in reversed(_FUNCTIONS):
        if name in used:
            used |= {other for other in _FUNCTIONS if re.search(rf"(?<![.\w]){other}\(", _FUNCTIONS[name])}
    return [text for name, text in _FUNCTIONS.items() if name in used]
