"""The windows of pictures as the rows of a matrix, and back, and how both go wrong. Channels are last in pictures."""

from __future__ import annotations

from functools import partial
from itertools import product

import numpy as np

from chainrule.checker.equations import convolution
from chainrule.checker.equations.mistakes import Equation, Rows, Values


def columns(v: Values, rows: str = "m h w", across: str = "c y x") -> Values:
    """Return the windows of pictures as the rows of a matrix; what runs through its rows and columns can be changed."""
    A = convolution.padded(v["A_prev"], v["pad"])
    height, width = convolution.output_size(v)
    windows = np.zeros((len(A), height, width, v["f"], v["f"], A.shape[3]))
    for h, w, down, right in convolution.places(v):
        windows[:, h, w] = A[:, down, right]
    axes = {name: axis for axis, name in enumerate("mhwyxc")}
    order = [axes[name] for name in f"{rows} {across}".split()]
    count = int(np.prod([windows.shape[axes[name]] for name in rows.split()]))
    return {"col": windows.transpose(order).reshape(count, -1)}


def images(v: Values, *, replaces: bool = False, more: int = 0, crop: str = "inside") -> Values:
    """Return pictures in which every window of a matrix is added to its place."""
    m, height, width, channels = v["A_prev"].shape
    p, f = v["pad"], v["f"]
    windows = v["col"].reshape(m, *convolution.output_size(v), channels, f, f)
    pictures = np.zeros((m, height + 2 * p + more, width + 2 * p + more, channels))
    for h, w, down, right in convolution.places(v):
        window = np.transpose(windows[:, h, w], (0, 2, 3, 1))
        pictures[:, down, right] = window if replaces else pictures[:, down, right] + window
    crops = {
        "inside": pictures[:, p : p + height, p : p + width],
        "corner": pictures[:, :height, :width],
        "none": pictures,
    }
    return {"img": crops[crop]}


def _shifted(v: Values) -> Values:
    """Return pictures by shifting whole planes, each of which overwrites those before, as im2col goes through them."""
    m, height, width, channels = v["A_prev"].shape
    p, f, s = v["pad"], v["f"], v["stride"]
    rows, across = convolution.output_size(v)
    windows = v["col"].reshape(m, rows, across, channels, f, f)
    pictures = np.zeros((m, height + 2 * p + s - 1, width + 2 * p + s - 1, channels))
    for y, x in product(range(f), range(f)):
        pictures[:, y : y + s * rows : s, x : x + s * across : s] = windows[..., y, x]
    return {"img": pictures[:, p : p + height, p : p + width]}


WRONG_COLUMNS: Rows[Equation] = {
    "im2col.order": [
        partial(columns, across="y x c"),
        partial(columns, across="c x y"),
        partial(columns, rows="m w h"),
        partial(columns, rows="h w m"),
        lambda v: {"col": columns(v, rows="m", across="c y x h w")["col"].reshape(columns(v)["col"].shape)},
    ],
    "im2col.pad-ignored": lambda v: columns(v | {"pad": 0}),
    "im2col.stride-ignored": lambda v: columns(v | {"stride": 1}),
    "im2col.not-rows": lambda v: {"col": columns(v)["col"].T},
}
"""Wrong versions of `columns`."""
WRONG_IMAGES: Rows[Equation] = {
    "col2im.overwritten": [_shifted, partial(images, replaces=True)],
    "col2im.crop": [
        partial(images, crop="corner"),
        partial(images, crop="none"),
        lambda v: images(v, crop="none", more=v["stride"] - 1),
    ],
}
"""Wrong versions of `images`."""
