"""Convolution and pooling, in plain loops: pictures (m, height, width, channels), W (f, f, channels, filters)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from chainrule.checker.equations.mistakes import Mistake, Rows, Values, each_equation, named

Change = Callable[[Values], Values]
Mask = Callable[[Any], Any]
Spread = Callable[[Any, tuple[int, int]], Any]


_SMALLER = ((-1, -1), (-1, 0), (0, -1))
_WITHOUT_STRIDE = ((0, 1), (0,), (1,))
"""The axes on which the stride may be left out."""


def convolution_cases() -> list[Values]:
    """Return pictures and kernels with overlapping windows, and upstream gradients dZ."""
    rng = np.random.default_rng(21)
    examples = []
    for (m, height, width, channels), f, filters, stride in (((2, 5, 8, 2), 3, 3, 2), ((3, 4, 4, 3), 2, 3, 1)):
        v: Values = {"A_prev": rng.standard_normal((m, height, width, channels)), "stride": stride, "pad": 1, "f": f}
        v |= {"W": rng.standard_normal((f, f, channels, filters)), "b": rng.standard_normal((1, 1, 1, filters))}
        examples.append(v | {"dZ": rng.standard_normal(forward(v)["Z"].shape)})
    return examples


def pooling_cases(*modes: str) -> list[Values]:
    """Return pictures with overlapping windows, and upstream gradients, for each mode of pooling."""
    rng = np.random.default_rng(22)
    examples = []
    for mode, ((m, height, width, channels), f, stride) in product(modes, (((2, 5, 8, 3), 3, 2), ((3, 4, 4, 3), 2, 1))):
        # Most of the numbers are below 0, so that a maximum that begins at 0 shows.
        A = rng.standard_normal((m, height, width, channels)) - 0.7
        v: Values = {"A_prev": A, "stride": stride, "pad": 0, "f": f, "mode": mode}
        examples.append(v | {"dA": rng.standard_normal(pool(v)["A"].shape)})
    return examples


def padded(X: Any, pad: int) -> Any:
    """Return pictures with zeros around them."""
    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))


def places(
    v: Values, ones: Sequence[int] = (), extra: tuple[int, int] = (0, 0)
) -> Iterator[tuple[int, int, slice, slice]]:
    """Yield the row and column of every output and the rows and columns of its window.

    `ones` are the axes on which windows move by 1 instead of by the stride.
    """
    height, width = output_size(v, extra)
    f, (down, right) = v["f"], (1 if axis in ones else v["stride"] for axis in (0, 1))
    for h, w in product(range(height), range(width)):
        yield h, w, slice(h * down, h * down + f), slice(w * right, w * right + f)


def output_size(v: Values, extra: tuple[int, int] = (0, 0)) -> tuple[int, int]:
    """Return the height and width of the output."""
    height, width = ((n + 2 * v["pad"] - v["f"]) // v["stride"] + 1 for n in v["A_prev"].shape[1:3])
    return height + extra[0], width + extra[1]


def one_step(window: Any, W: Any, b: Any) -> Any:
    """Return the sum of a window times a kernel, plus the bias."""
    return np.sum(window * W) + b.sum()


def forward(
    v: Values,
    pad: Callable[[Any, int], Any] = padded,
    single: Callable[[Any, Any, Any], Any] = one_step,
    ones: Sequence[int] = (),
    extra: tuple[int, int] = (0, 0),
) -> Values:
    """Return the convolution Z."""
    A, W, b = pad(v["A_prev"], v["pad"]), v["W"], v["b"]
    Z = np.zeros((len(A), *output_size(v, extra), W.shape[3]))
    for h, w, rows, columns in places(v, ones, extra):
        for i, c in product(range(len(Z)), range(W.shape[3])):
            Z[i, h, w, c] = np.ravel(single(A[i, rows, columns], W[..., c], b[..., c]))[0]
    return {"Z": Z}


def backward(
    v: Values,
    pad: Callable[[Any, int], Any] = padded,
    ones: Sequence[int] = (),
    replaces: str = "",
    crop: str = "inside",
) -> Values:
    """Return the gradients of a convolution; `replaces` names those that the last window overwrites."""
    A, W, dZ, p = pad(v["A_prev"], v["pad"]), v["W"], v["dZ"], v["pad"]
    dA, dW, db = np.zeros_like(A), np.zeros_like(W), np.zeros_like(v["b"])
    for i in range(len(A)):
        for h, w, rows, columns in places(v, ones):
            for c in range(W.shape[3]):
                g = dZ[i, h, w, c]
                dA[i, rows, columns] = (0 if replaces == "dA_prev" else dA[i, rows, columns]) + W[..., c] * g
                dW[..., c] = (0 if replaces == "dW" else dW[..., c]) + A[i, rows, columns] * g
                db[..., c] = (0 if replaces == "db" else db[..., c]) + g
    height, width = v["A_prev"].shape[1:3]
    crops = {"inside": dA[:, p : p + height, p : p + width], "corner": dA[:, :height, :width], "none": dA}
    return {"dA_prev": crops[crop], "dW": dW, "db": db}


def largest(window: Any) -> Any:
    """Return where the maximum is."""
    return window == window.max()


def spread(value: Any, shape: tuple[int, int]) -> Any:
    """Return a value in equal parts."""
    return np.full(shape, value / (shape[0] * shape[1]))


_REDUCTIONS: dict[str, Callable[[Any], Any]] = {
    "max": lambda window: window.max(axis=(1, 2)),
    "average": lambda window: window.mean(axis=(1, 2)),
    "sum": lambda window: window.sum(axis=(1, 2)),
    "min": lambda window: window.min(axis=(1, 2)),
    "one-side": lambda window: window.sum(axis=(1, 2)) / window.shape[1],
    "from-0": lambda window: np.maximum(window.max(axis=(1, 2)), 0),
    "all-channels-max": lambda window: np.repeat(window.max(axis=(1, 2, 3))[:, None], window.shape[3], axis=1),
    "all-channels-average": lambda window: np.repeat(window.mean(axis=(1, 2, 3))[:, None], window.shape[3], axis=1),
}


def pool(
    v: Values, instead: dict[str, str] | None = None, ones: Sequence[int] = (), extra: tuple[int, int] = (0, 0)
) -> Values:
    """Return what pooling makes of the pictures; `instead` replaces one reduction by another."""
    A = v["A_prev"]
    mode: str = v["mode"]
    reduce = _REDUCTIONS[(instead or {}).get(mode, mode)]
    pooled = np.zeros((len(A), *output_size(v, extra), A.shape[3]))
    for h, w, rows, columns in places(v, ones, extra):
        pooled[:, h, w] = reduce(A[:, rows, columns])
    return {"A": pooled}


def pool_backward(
    v: Values, mask: Mask = largest, distribute: Spread = spread, ones: Sequence[int] = (), replaces: str = ""
) -> Values:
    """Return the gradient of pooling with respect to the pictures."""
    A, dA = v["A_prev"], v["dA"]
    gradient = np.zeros_like(A)
    for i in range(len(A)):
        for h, w, rows, columns in places(v, ones):
            for c in range(A.shape[3]):
                g, before = dA[i, h, w, c], gradient[i, rows, columns, c]
                maximal = v["mode"] == "max"
                share = mask(A[i, rows, columns, c]) * g if maximal else distribute(g, (v["f"], v["f"]))
                gradient[i, rows, columns, c] = share if v["mode"] in replaces else before + share
    return {"dA_prev": gradient}


def _first(name: str, v: Values) -> Values:
    """Return a case in which everything but the first example of one quantity is 0."""
    kept = np.zeros_like(v[name])
    kept[0] = v[name][0]
    return v | {name: kept}


def _replaced(v: Values, **changes: Callable[[Values], Any]) -> Values:
    return v | {name: change(v) for name, change in changes.items()}


def _changed(before: Change, equation: Change, after: Callable[[Values, Values], Values], v: Values) -> Values:
    """Return an equation's results for changed inputs, changed once more."""
    return after(v, equation(before(v)))


def _same(v: Values) -> Values:
    return v


def _kept(v: Values, results: Values) -> Values:
    return results


def _only_first(name: str, v: Values, results: Values) -> Values:
    return _first(name, results)


def forward_mistakes(equation: Callable[..., Values] = forward) -> list[Mistake]:
    """Return the usual wrong versions of a convolution."""
    before: dict[str, Change] = {
        "convolution.kernel-flipped": partial(_replaced, W=lambda v: v["W"][::-1, ::-1]),
        "convolution.bias-lost": partial(_replaced, b=lambda v: 0 * v["b"]),
        "convolution.bias-in-sum": partial(_replaced, b=lambda v: v["b"] * v["W"][..., 0].size),
        "convolution.pad-ignored": partial(_replaced, pad=lambda v: 0),
        "convolution.stride-ignored": partial(_replaced, stride=lambda v: 1),
        "convolution.first-filter": partial(_replaced, W=lambda v: np.repeat(v["W"][..., :1], v["W"].shape[3], axis=3)),
        "convolution.first-bias": partial(_replaced, b=lambda v: np.repeat(v["b"][..., :1], v["W"].shape[3], axis=3)),
        "convolution.same-picture": partial(
            _replaced, A_prev=lambda v: np.repeat(v["A_prev"][:1], len(v["A_prev"]), axis=0)
        ),
        "convolution.first-channel": partial(
            _replaced, W=lambda v: v["W"] * (np.arange(v["W"].shape[2]) == 0)[:, None]
        ),
    }
    wrong: dict[str, Change | list[Change]] = {
        "convolution.stride-ignored": [partial(equation, ones=ones) for ones in _WITHOUT_STRIDE],
        "convolution.size": [partial(equation, extra=extra) for extra in _SMALLER],
        "convolution.first-example": partial(_changed, _same, equation, partial(_only_first, "Z")),
        "convolution.axes-swapped": partial(_changed, _same, equation, _swapped),
    }
    changed = [Mistake(key, partial(_changed, change, equation, _kept)) for key, change in before.items()]
    return changed + named(wrong)


def _swapped(v: Values, results: Values) -> Values:
    return {name: value.swapaxes(1, 2) for name, value in results.items()}


def backward_mistakes(equation: Callable[..., Values] = backward) -> list[Mistake]:
    """Return the usual wrong gradients of a convolution."""
    before: dict[str, Change] = {
        "convolution_backward.first-example": partial(_first, "dZ"),
        "convolution_backward.dZ-lost": partial(_replaced, dZ=lambda v: np.ones_like(v["dZ"])),
    }
    after: Rows[tuple[str, Callable[[Values, Any], Any]]] = {
        "convolution_backward.dW-flipped": ("dW", lambda v, dW: dW[::-1, ::-1]),
        "convolution_backward.averaged": [
            ("dW", lambda v, dW: dW / len(v["dZ"])),
            ("db", lambda v, db: db / len(v["dZ"])),
            ("db", lambda v, db: db / v["dZ"][..., 0].size),
        ],
        "convolution_backward.sign": [("dA_prev", lambda v, dA: -dA), ("dW", lambda v, dW: -dW)],
        "convolution_backward.db-per-place": ("db", lambda v, db: v["dZ"].sum(axis=0)),
        "convolution_backward.db-for-all-filters": ("db", lambda v, db: np.full_like(db, db.sum())),
        "convolution_backward.not-kept": [("db", lambda v, db: None), ("dW", lambda v, dW: None)],
        "convolution_backward.db-lost": ("db", lambda v, db: np.zeros_like(db)),
        "convolution_backward.first-example": ("dA_prev", lambda v, dA: _first("dA", {"dA": dA})["dA"]),
    }
    inside: dict[str, tuple[str, Change]] = {
        "convolution_backward.dA-kernel-flipped": ("dA_prev", partial(_replaced, W=lambda v: v["W"][::-1, ::-1])),
        "convolution_backward.W-lost": ("dA_prev", partial(_replaced, W=lambda v: np.ones_like(v["W"]))),
        "convolution_backward.dZ-lost": ("dW", partial(_replaced, dZ=lambda v: np.ones_like(v["dZ"]))),
        "convolution_backward.A-lost": ("dW", partial(_replaced, A_prev=lambda v: np.ones_like(v["A_prev"]))),
    }
    wrong: Rows[Change] = {
        "convolution_backward.overwritten": [partial(equation, replaces=name) for name in ("dA_prev", "dW", "db")],
        "convolution_backward.not-cropped": partial(equation, crop="none"),
        "convolution_backward.cropped-at-corner": partial(equation, crop="corner"),
        "convolution_backward.averaged": partial(_changed, _same, equation, _averaged),
    }
    changed = [Mistake(key, partial(_changed, change, equation, _kept)) for key, change in before.items()]
    changed += [Mistake(key, partial(_one_after, equation, *change)) for key, change in each_equation(after)]
    changed += [Mistake(key, partial(_one_before, equation, *change)) for key, change in inside.items()]
    return changed + named(wrong) + _strides_lost(equation)


def _strides_lost(equation: Callable[..., Values]) -> list[Mistake]:
    """Return gradients in which the stride is left out: on either axis or both, in all of them or in one."""
    mistakes = []
    for ones in _WITHOUT_STRIDE:
        without = partial(equation, ones=ones)
        equations = (without, *(partial(_one_of, equation, name, without) for name in ("dA_prev", "dW")))
        mistakes += [Mistake("convolution_backward.stride-ignored", wrong) for wrong in equations]
    return mistakes


def _averaged(v: Values, results: Values) -> Values:
    return results | {name: results[name] / len(v["dZ"]) for name in ("dW", "db")}


def _one_of(equation: Change, name: str, other: Change, v: Values) -> Values:
    """Return an equation's results, one of them by another equation."""
    return equation(v) | {name: other(v)[name]}


def _one_after(equation: Change, name: str, change: Callable[[Values, Any], Any], v: Values) -> Values:
    results = equation(v)
    return results | {name: change(v, results[name])}


def _one_before(equation: Change, name: str, change: Change, v: Values) -> Values:
    """Return an equation's results, one of them for changed inputs."""
    return equation(v) | {name: equation(change(v))[name]}


def pool_mistakes() -> list[Mistake]:
    """Return the usual wrong versions of pooling."""
    instead: Rows[dict[str, str]] = {
        "pooling.not-divided": [{"average": "sum"}, {"average": "one-side"}],
        "pooling.always-maximum": {"average": "max"},
        "pooling.always-average": {"max": "average"},
        "pooling.minimum": {"max": "min"},
        "pooling.maximum-from-0": {"max": "from-0"},
        "pooling.modes-swapped": {"max": "average", "average": "max"},
        "pooling.all-channels": {"max": "all-channels-max", "average": "all-channels-average"},
    }
    wrong: Rows[Change] = {
        "pooling.stride-ignored": [partial(pool, ones=ones) for ones in _WITHOUT_STRIDE],
        "pooling.size": [partial(pool, extra=extra) for extra in _SMALLER],
        "pooling.first-example": partial(_changed, _same, pool, partial(_only_first, "A")),
        "pooling.same-picture": _same_picture,
    }
    reduced = [Mistake(key, partial(pool, instead=reductions)) for key, reductions in each_equation(instead)]
    return reduced + named(wrong)


def _same_picture(v: Values) -> Values:
    return pool(v | {"A_prev": np.repeat(v["A_prev"][:1], len(v["A_prev"]), axis=0)})


def pool_backward_mistakes(mask: Mask = largest, distribute: Spread = spread) -> list[Mistake]:
    """Return the usual wrong gradients of pooling."""
    right = partial(pool_backward, mask=mask, distribute=distribute)
    wrong: Rows[Change] = {
        "pooling_backward.overwritten": [
            partial(right, replaces="max average"),
            partial(right, replaces="max"),
            partial(right, replaces="average"),
        ],
        "pooling_backward.first-example": partial(_changed, partial(_first, "dA"), right, _kept),
        "pooling_backward.mask-lost": partial(right, mask=np.ones_like),
        "pooling_backward.gradient-lost": partial(
            _changed, partial(_replaced, dA=lambda v: np.ones_like(v["dA"])), right, _kept
        ),
        "pooling_backward.not-divided": [
            partial(right, distribute=lambda value, shape: np.full(shape, value)),
            partial(right, distribute=lambda value, shape: np.full(shape, value / shape[0])),
        ],
        "pooling_backward.always-average": partial(
            _changed, partial(_replaced, mode=lambda v: "average"), right, _kept
        ),
        "pooling_backward.always-maximum": partial(_changed, partial(_replaced, mode=lambda v: "max"), right, _kept),
        "pooling_backward.times-value": partial(right, mask=lambda window: window * largest(window)),
    }
    strides = [Mistake("pooling_backward.stride-ignored", partial(right, ones=ones)) for ones in _WITHOUT_STRIDE]
    return named(wrong) + strides
