"""The one form of everything that computes: init, forward, backward."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from chainrule.arrays import INFERENCE, Array, Mode, Params, Shape
from chainrule.common.settings import Checked, Each, Refusal, Rule, made


def is_weight(path: str) -> bool:
    """Return whether the array at this path is a weight, which decays, rather than a bias or a scale."""
    return path.rpartition(".")[2].startswith("W")


def is_statistic(path: str) -> bool:
    """Return whether the array at this path is a running statistic, which has no gradient."""
    return path.rpartition(".")[2].startswith("running_")


class Layer(Checked, ABC):
    """A forward equation beside its backward equation.

    A layer is a frozen dataclass that holds configuration only, which the table `rules` checks. Its methods are pure:
    nothing is stored on the layer and no argument is changed. Shapes of one example leave out the batch axis.
    """

    has_parameters: ClassVar[bool] = True
    """Whether `init` can return parameters; what comes before the first such layer needs no backward in training."""

    @property
    def label(self) -> str:
        """A short name for tables and messages."""
        return type(self).__name__

    @abstractmethod
    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return the first parameters and the shape of the output for inputs of the given shape."""

    @abstractmethod
    def forward(self, params: Params, x: Array, mode: Mode = INFERENCE) -> tuple[Array, Any]:
        """Return the output, and a cache (a NamedTuple) of exactly what backward needs."""

    @abstractmethod
    def backward(self, cache: Any, dy: Array, *, input_gradient: bool = True) -> tuple[Array | None, Params]:
        """Return the gradients with respect to the input and the parameters.

        Parameters
        ----------
        cache
            What forward returned.
        dy
            The gradient with respect to the output, in its shape.
        input_gradient
            False spares the work for the first one, which is then None.
        """

    def update_statistics(self, params: Params, cache: Any) -> Params:
        """Return the parameters with the running statistics that follow from a forward pass in training.

        Running statistics are the arrays whose name begins with "running_". They lie among the parameters, have no
        gradient, and change by this method alone. A layer without them returns its parameters as they are.
        """
        return params

    def multiply_adds(self, params: Params, input_shape: Shape) -> int:
        """Return how many multiply-adds the products of one forward pass take for one example."""
        return 0


class LayerRule(Rule):
    """A layer: an object with init, forward and backward."""

    text = "a layer"

    def normal(self, value: Any) -> Any:
        """Return the layer."""
        makes_layers = getattr(value, "__module__", "").startswith(__package__) and hasattr(value, "__name__")
        if not all(callable(getattr(value, method, None)) for method in ("init", "forward", "backward")):
            raise Refusal(made(value) if makes_layers else "")
        if isinstance(value, type):
            raise Refusal(made(value))
        return value


LAYER = LayerRule()
LAYERS = Each(LAYER, "a list of layers", least=0)
