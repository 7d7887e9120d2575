"""The one form of everything that computes: init, forward, backward."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import numpy as np

from chainrule.arrays import INFERENCE, Array, Mode, Params, Shape, leaves, replace_leaves
from chainrule.common.errors import InputError
from chainrule.common.settings import Checked


class Layer(Checked, ABC):
    """A forward equation beside its backward equation.

    A layer is a frozen dataclass that holds configuration only, which the table `rules` checks. Its methods are pure:
    nothing is stored on the layer and no argument is changed. Shapes of one example leave out the batch axis.
    """

    has_parameters: ClassVar[bool] = True
    """Whether `init` can return parameters; what comes before the first such layer needs no backward in training."""
    undecayed: ClassVar[tuple[str, ...]] = ("b",)
    """The names of the parameters that weight decay leaves alone: biases and scales."""
    statistics: ClassVar[tuple[str, ...]] = ()
    """The names of the running statistics among the parameters, which have no gradient."""
    convolves: ClassVar[bool] = False
    """Whether forward is a convolution, which takes its threads from slices of the batch."""
    rearranges: ClassVar[bool] = False
    """Whether the output is the input's own numbers in another shape, so that whole numbers stay whole."""
    merges: ClassVar[bool] = False
    """Whether the input, and so its gradient, is a tuple of arrays."""
    symbols: ClassVar[tuple[str, str]] = ("x", "y")
    """What the equation calls the input and the output."""
    steps: ClassVar[Literal["kept", "merged", "mixed"]] = "mixed"
    """What happens to the steps of a sequence with a mask: each is computed by itself or the mask is honored ("kept");
    those with data become one ("merged"); padding would be mixed into the result ("mixed"), so a mask is refused."""

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

    @property
    def parts(self) -> tuple[Layer, ...]:
        """The layers that a composite is made of."""
        return ()

    @property
    def vocabulary_of_input(self) -> int | None:
        """The number below which the whole numbers of the input lie, if it looks something up by them."""
        return None

    def kinds(self, params: Params) -> Params:
        """Return what each parameter is: "weight", which decays; "undecayed"; or "statistic", without a gradient."""
        if not params:
            return params

        def kind(name: str) -> str:
            return "statistic" if name in self.statistics else "undecayed" if name in self.undecayed else "weight"

        return replace_leaves(params, {path: kind(path.rpartition(".")[2]) for path, _ in leaves(params)})

    def keeps_steps(self) -> bool:
        """Return whether the output has the steps of an input with a mask; False if they became one.

        Raises
        ------
        InputError
            Padding would be mixed into the result.
        """
        if self.steps == "mixed":
            raise InputError(
                "{label} cannot honor a mask: what it makes of a sequence depends on the padding too. Give the "
                "sequences in batches of equal length without a mask, or put an RNN, LSTM, GRU or GlobalAveragePool, "
                "which skip padding, before it.",
                label=self.label,
            )
        return self.steps == "kept"

    def update_statistics(self, params: Params, cache: Any) -> Params:
        """Return the parameters with the running statistics that follow from a forward pass in training.

        Running statistics lie among the parameters under the names in `statistics`, have no gradient, and change by
        this method alone. A layer without them returns its parameters as they are.
        """
        return params

    def multiply_adds(self, params: Params, input_shape: Shape) -> int:
        """Return how many multiply-adds the products of one forward pass take for one example."""
        return 0


def path_kinds(layer: Layer, params: Params) -> dict[str, str]:
    """Return what each parameter is, as `Layer.kinds` does, by its path."""
    return dict(leaves(layer.kinds(params)))


def convolves(layer: Layer) -> bool:
    """Return whether there is a convolution in a layer."""
    return any(part.convolves for part in with_parts(layer))


def with_parts(layer: Layer) -> Iterator[Layer]:
    """Yield a layer and all that it is made of."""
    yield layer
    for part in layer.parts:
        yield from with_parts(part)
