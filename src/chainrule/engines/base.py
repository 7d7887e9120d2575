"""What the training loop asks of an engine."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Protocol, runtime_checkable

from chainrule.arrays import Array, Params
from chainrule.data.batches import Block, BlockSize, Source
from chainrule.equations.losses import Loss
from chainrule.equations.optimizers import Optimizer
from chainrule.layers import Sequential

Results = Generator[tuple[list[float], list[float]], None, None]
"""The losses and the weights of successive batches, one or more at a time."""


Forward = Callable[[Array, Array | None], Array]
"""From inputs and mask to logits."""


@runtime_checkable
class Engine(Protocol):
    """One network being trained."""

    body: Sequential
    loss: Loss
    optimizer: Optimizer
    dtype: Any
    counts: list[Array]
    """What each metric counted in the batches of the last block, or of the part of it that ran."""

    @property
    def block(self) -> BlockSize:
        """The largest block that it wants."""
        ...

    @property
    def steps(self) -> int:
        """Updates of the parameters so far."""
        ...

    @property
    def params(self) -> Params:
        """The current parameters as NumPy arrays."""
        ...

    def run(self, source: Source, block: Block, epoch: int) -> Results:
        """Train on the batches of a block; yield their losses, before each step, and their weights.

        A batch whose weights are all zero changes nothing, and its loss is 0. A loss that is not finite ends the block,
        and its gradient is left out.
        """
        ...

    def flush(self) -> None:
        """Do the step of gradients that are still being accumulated."""

    def forward(self, X: Array, mask: Array | None = None) -> Array:
        """Return the logits of a batch."""
        ...

    def state(self) -> dict[str, Array]:
        """Return copies of all that training goes on from, for `restore`; the names are the same for every engine."""
        ...

    def restore(self, state: dict[str, Array]) -> None:
        """Go on from a state; one that holds only parameters changes only those."""
