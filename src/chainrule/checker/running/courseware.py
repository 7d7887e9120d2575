"""What the helper files of the course and of the books define, and our lessons: learners import them and call them."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from chainrule.checker.running import book_layers, dezero
from chainrule.checker.running.book_layers import cross_entropy_error
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


def get_array_module(x: Any) -> Any:
    """Return NumPy, whatever the array: there is no graphics card."""
    return np


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


def _functions_of(lesson: ModuleType) -> dict[str, Any]:
    """Return the functions of a lesson of ours; a trace needs the rest of the package, which is not there."""
    functions = {name: value for name, value in vars(lesson).items() if isinstance(value, FunctionType)}
    own = {name: value for name, value in functions.items() if value.__module__ == lesson.__name__}
    return {name: value for name, value in own.items() if name[0] != "_" and name != "trace"}


_COURSE = _named(stepwise.sigmoid, stepwise.relu, stepwise.tanh, stepwise.softmax, sigmoid_backward, relu_backward)
_PLAIN = _named(book.sigmoid, book.relu)
_BOOK = _named(book.sigmoid, book.relu, book.softmax, book.identity_function, book.step_function, sigmoid_grad)
_BOOK |= _named(relu_grad, sum_squared_error, cross_entropy_error, softmax_loss)
_BOOK |= {"mean_squared_error": sum_squared_error}  # what the first edition calls it
_WINDOWS = _named(book_layers.im2col, book_layers.col2im)
_LAYERS = _WINDOWS | _named(*book_layers.LAYERS)
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
    r"(.*\.)?common\.layers": _BOOK | _LAYERS,
    r"(.*\.)?common\.util": _WINDOWS,
    r"(.*\.)?common\.np": {"np": np, "GPU": False},
    r"(.*\.)?common\.config": {"GPU": False},
    r"(.*\.)?dezero\.utils": _DEZERO,
    r"(.*\.)?cuda": {"get_array_module": get_array_module, "as_numpy": np.asarray, "gpu_enable": False},
    r"chainrule(\.lessons)?\.stepwise": _functions_of(stepwise),
    r"chainrule(\.lessons)?\.book": _functions_of(book),
    r"tqdm(\.\w+)?": _named(tqdm, trange) | {"tqdm_notebook": tqdm, "notebook": SimpleNamespace(tqdm=tqdm)},
}


def names_in(module: str) -> dict[str, Any] | None:
    """Return what a known helper file defines, or None.

    >>> sorted(names_in("planar_utils"))
    ['relu', 'sigmoid']
    """
    return next((dict(names) for file, names in _FILES.items() if re.fullmatch(file, module)), None)
