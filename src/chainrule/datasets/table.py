"""The data sets by name, as the command line offers them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal, NamedTuple, TypeAlias

from chainrule.common.texts import later
from chainrule.datasets import toys
from chainrule.datasets.mnist import PIXEL_SCALE, Examples, load_mnist, load_mnist_small

TrainAndTest: TypeAlias = tuple[Examples, Examples]


class Dataset(NamedTuple):
    """A data set that can be asked for by name.

    ``load(seed)`` returns ``(X_train, y_train), (X_test, y_test)``; the seed draws the toy sets (800 + 200
    points) and means nothing to MNIST. The summary is told through `tr`. X is the
    raw numbers, such as pixels of 0 to 255, times ``input_scale``.
    """

    name: str
    summary: str
    task: Literal["multiclass", "binary", "regression"]
    load: Callable[[int], TrainAndTest]
    input_scale: float = 1.0


def _toy(make: Callable[..., Examples], seed: int) -> TrainAndTest:
    X, y = make(n=1000, seed=seed)
    return (X[:800], y[:800]), (X[800:], y[800:])


DATASETS: dict[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        Dataset(
            "mnist",
            later("60,000 + 10,000 handwritten digits, 28x28"),
            "multiclass",
            lambda seed: load_mnist(),
            PIXEL_SCALE,
        ),
        Dataset(
            "mnist-small",
            later("10,000 + 2,000 of these digits, shipped with chainrule"),
            "multiclass",
            lambda seed: load_mnist_small(),
            PIXEL_SCALE,
        ),
        Dataset("xor", later("noisy corners of a square, opposite ones alike"), "binary", partial(_toy, toys.xor)),
        Dataset("spirals", later("three interleaved spiral arms"), "multiclass", partial(_toy, toys.spirals)),
        Dataset("moons", later("two interleaved half circles"), "binary", partial(_toy, toys.moons)),
        Dataset("circles", later("a circle inside another"), "binary", partial(_toy, toys.circles)),
        Dataset("blobs", later("three Gaussian clouds"), "multiclass", partial(_toy, toys.blobs)),
        Dataset("sine", later("one period of a noisy sine"), "regression", partial(_toy, toys.sine)),
    )
}
