"""Weights, and how weights, activations and gradients are spread, layer by layer."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.arrays import leaves
from chainrule.common.number_text import number_text
from chainrule.common.texts import later, tr
from chainrule.lab.frames.look import Look
from chainrule.lab.frames.plain import rounded, texts
from chainrule.layers.base import path_kinds

_SHOWN = 24  # rows and columns of a matrix
_BINS = 30
_ZEROS = 0.01  # the share of zeros from which on it is said
_DECADES = 6  # of the scale on which gradients are compared
_NARROW = 1e-9  # of the numbers of a histogram, which bins could hardly tell apart
_SMALL = 1e-4  # of the largest gradient: what is below hardly learns


def weights(look: Look) -> dict[str, Any]:
    """Return the matrices of weights, as far as they can be drawn; of a convolution, a column for each filter."""
    by_path = dict(leaves(look.network.params))
    return {"layers": [_matrix(path, W, by_path) for path, W in _weights_of(look, look.network.params)]}


def _weights_of(look: Look, tree: Any) -> list[tuple[str, NDArray[Any]]]:
    kinds = path_kinds(look.network.body, look.network.params)
    return [(path, a) for path, a in leaves(tree) if kinds[path] == "weight" and a.ndim > 1]


def _matrix(path: str, W: NDArray[Any], by_path: dict[str, NDArray[Any]]) -> dict[str, Any]:
    matrix = W.reshape(-1, W.shape[-1])
    shown = matrix[:_SHOWN, :_SHOWN]
    bias = f"{path.rpartition('.')[0]}.b"
    biases = by_path[bias][:_SHOWN] if bias in by_path else np.zeros(0)
    largest = float(np.abs(matrix).max(initial=0))
    return {
        "layer": int(path.partition(".")[0]),
        "path": path,
        "bias": bias if bias in by_path else None,
        "shape": list(W.shape),
        "rows": matrix.shape[0],
        "columns": matrix.shape[1],
        "values": rounded(shown),
        "texts": texts(shown),
        "biases": rounded(biases),
        "bias_texts": texts(biases),
        "largest": largest if math.isfinite(largest) else None,
        "rms": number_text(_rms(matrix)),
    }


def histograms(look: Look) -> dict[str, Any]:
    """Return histograms of weights, of activations and of gradients, one for each layer that has some."""
    layers = look.network.body.layers
    labels = {path: _label(look, path) for path, _ in _weights_of(look, look.network.params)}
    return {
        "weights": [_histogram(labels[path], W) for path, W in _weights_of(look, look.network.params)],
        "activations": [
            _histogram(f"{i} {layers[i].label}", A) for i, A in enumerate(look.activations) if _is_worth(look, i)
        ],
        "gradients": [_histogram(labels[path], dW) for path, dW in _weights_of(look, look.gradients)],
    }


def _is_worth(look: Look, i: int) -> bool:
    """Return whether the activations of a layer are not just those before in another order."""
    return not look.network.body.layers[i].rearranges


def _label(look: Look, path: str) -> str:
    layer = int(path.partition(".")[0])
    return f"{path} {look.network.body.layers[layer].label}"


def _histogram(label: str, numbers: NDArray[Any]) -> dict[str, Any]:
    flat = numbers.astype(float).ravel()
    if not np.isfinite(flat).all():
        note = tr("some are no finite numbers")
        return {"label": label, "low": "", "high": "", "counts": [], "rms": "", "note": note}
    zeros = float(np.mean(flat == 0))
    some = flat[flat != 0] if zeros > _ZEROS else flat
    low, high = (float(some.min()), float(some.max())) if some.size else (0.0, 0.0)
    largest = max(-low, high)
    if high / 4 - low / 4 <= max(_NARROW * largest, sys.float_info.min):
        margin = max(0.5, largest * _NARROW)
        low, high = max(low - margin, -sys.float_info.max), min(high + margin, sys.float_info.max)
    counts, _ = np.histogram(some / 4, _BINS, (low / 4, high / 4))  # a quarter, as the whole width may overflow
    return {
        "label": label,
        "low": number_text(low),
        "high": number_text(high),
        "counts": counts.tolist(),
        "rms": number_text(_rms(flat)),
        "note": tr("{share:.0%} are 0", share=zeros) if zeros > _ZEROS else None,
    }


def gradient_sizes(look: Look) -> dict[str, Any]:
    """Return the root mean square of the gradient of each layer's weights, which does not depend on their number."""
    sizes = [(_label(look, path), _rms(dW)) for path, dW in _weights_of(look, look.gradients)]
    largest = max((size for _, size in sizes if math.isfinite(size)), default=0.0)
    return {"layers": [_size(label, size, largest) for label, size in sizes]}


def _size(label: str, size: float, largest: float) -> dict[str, Any]:
    note = None
    if not math.isfinite(size):
        note, share = later("no finite number"), 1.0
    elif size == 0:
        note, share = later("no gradient arrives: these weights stay as they are"), 0.0
    else:
        share = max(0.02, 1 + (math.log10(size) - math.log10(largest)) / _DECADES)
        if size < _SMALL * largest:
            note = later("far smaller than the largest: this layer hardly learns")
    return {"label": label, "text": number_text(size), "share": share, "note": note and tr(note)}


def _rms(numbers: NDArray[Any]) -> float:
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.mean(np.square(numbers, dtype=float)))) if numbers.size else 0.0
