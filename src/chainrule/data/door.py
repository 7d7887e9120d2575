"""The one door: whatever holds the examples, they are checked here before an engine sees them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.arrays import Array, Params, Shape
from chainrule.common.errors import InputError
from chainrule.data import checks
from chainrule.data.batches import Data, cleared
from chainrule.equations.losses import Loss
from chainrule.layers import Sequential

Plan = tuple[Params, Shape, Shape]
"""Parameters, and the shapes of one example's input and output."""


class Door:
    """Checks examples for one network, and gives them back in the form that engines take.

    What does not count (padded steps, examples of weight 0) may hold any finite number, also labels that no class has.

    Parameters
    ----------
    body, loss, dtype
        The network.
    plan
        Returns the network's parameters, the shape of one input and of one output, for inputs of a shape.
    input_shape
        Of one example; None if the first examples decide.
    columns
        The names of the columns of X, for errors.
    """

    def __init__(
        self,
        body: Sequential,
        loss: Loss,
        dtype: Any,
        plan: Callable[[Shape], Plan],
        input_shape: Shape | None,
        columns: Sequence[str] | None = None,
    ) -> None:
        self._body, self._loss, self._dtype, self._planned = body, loss, np.dtype(dtype), plan
        self._plan = None if input_shape is None else plan(input_shape)
        self.columns = columns
        self._only: Any = None  # the one target so far
        self.one_target = loss.task != "regression"  # whether all classes so far were the same
        self.examples = 0

    def settled(self, input_shape: Shape) -> Plan:
        """Return the parameters and the shapes of one input and one output, which the first examples settle."""
        if self._plan is None:
            self._plan = self._planned(input_shape)
        return self._plan

    def another(self, columns: Sequence[str] | None) -> Door:
        """Return a door to the same network, for other examples, which have columns with names or not."""
        assert self._plan is not None
        door = Door(self._body, self._loss, self._dtype, self._planned, None, columns and self.columns)
        door._plan = self._plan
        return door

    def __call__(self, data: Data) -> Data:
        """Return the examples, checked.

        Parameters
        ----------
        data
            Arrays of numbers; weights are one per example, or one per step where the network has an output per step.

        Returns
        -------
        Data
            X as it came (whole numbers that something is looked up by: as integers); labels as integers; the weights
            with the mask in them, if the network has an output per step; the mask.
        """
        X, mask = data.X, self.mask(data.X, data.mask)
        self.settled(X.shape[1:])
        checks.same_length(X, data.Y)
        weights = self._weights(data.weights, mask, len(X))
        X = self.numbers(X, weights, mask)
        Y, counted = self._targets(data.Y, weights)
        self._note(Y if counted is None else Y[counted])
        return Data(X, Y, weights, mask)

    def targets(self, Y: Array, weights: Array | None, mask: Array | None) -> tuple[Array, Array | None]:
        """Return all targets of stored examples, checked, and which of them count; None if all do."""
        Y, counted = self._targets(Y, self._weights(weights, mask, len(Y)))
        if counted is not None and Y.shape[: counted.ndim] != counted.shape:
            raise InputError(
                "A mask has the shape of y's examples and steps, but it is {mask}, and y {y}.",
                mask=counted.shape,
                y=Y.shape,
            )
        return Y, counted

    def _targets(self, Y: Array, weights: Array | None) -> tuple[Array, Array | None]:
        assert self._plan is not None
        _, input_shape, output_shape = self._plan
        counted = None if weights is None or weights.all() else weights > 0
        if counted is not None:
            Y = self._where_counted(Y, counted)
        Y = checks.targets(Y, counted, self._loss, output_shape, input_shape)
        checks.all_fit("y", Y, self._dtype)
        return Y, counted

    def mask(self, X: Array, mask: Array | None) -> Array | None:
        """Return the mask of inputs of the right shape, checked."""
        checks.shape(X, None if self._plan is None else self._plan[1])
        if mask is None:
            return None
        self._body.keeps_steps()  # refuses what would mix padding in
        if X.ndim == 2 and self._body.vocabulary_of_input is None:
            raise InputError(
                "A mask is for the steps of sequences, (batch, time, features), but X has shape {shape}.",
                shape=X.shape,
            )
        return checks.mask(mask, X)

    def numbers(self, X: Array, weights: Array | None, mask: Array | None, first_row: int = 0) -> Array:
        """Return inputs whose values fit the network; `first_row` is the number of the first, for errors."""
        counting = cleared(X, weights, mask)
        if self._body.vocabulary_of_input is not None:
            checks.all_fit("X", counting, np.float64, self.columns, first_row)
            return checks.word_numbers(counting, self._body.vocabulary_of_input, first_row)
        checks.all_fit("X", counting, self._dtype, self.columns, first_row)
        return X

    def taken(self, X: Array, mask: Array | None, first_row: int) -> tuple[Array, Array | None]:
        """Return some inputs and their mask, checked, in the dtype of the network."""
        X = self.numbers(np.asarray(X), None, mask, first_row)
        data = Data(X, X, None, mask).take(slice(None), self._dtype, whole=self._body.vocabulary_of_input is not None)
        return data.X, data.mask

    def _weights(self, weights: Array | None, mask: Array | None, examples: int) -> Array | None:
        """Return one weight per example, or per step if the network has an output for each."""
        by_step = mask is not None and self._body.keeps_steps()
        if weights is not None:
            assert self._plan is not None
            output_shape = self._plan[2]
            shapes: list[Shape] = [(examples,)]
            if len(output_shape) > 1:
                shapes.append((examples, output_shape[0]))
            weights = checks.weights("sample_weight", weights, shapes)
        if not by_step:
            return weights
        assert mask is not None
        steps = mask.astype(np.float64)
        if weights is None:
            return steps
        return steps * (weights if weights.ndim == 2 else weights[:, None])

    @staticmethod
    def _where_counted(Y: Array, counted: Array) -> Array:
        if Y.shape[: counted.ndim] != counted.shape:
            return Y  # its shape is refused next
        return np.where(counted.reshape(counted.shape + (1,) * (Y.ndim - counted.ndim)), Y, 0)

    def _note(self, Y: Array) -> None:
        """Remember whether there is more than one target."""
        self.examples += len(Y)
        if len(Y) and self.one_target:
            self._only = Y[:1] if self._only is None else self._only
            self.one_target = bool(np.all(Y == self._only))
