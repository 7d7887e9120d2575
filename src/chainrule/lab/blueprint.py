"""What is built on the page: data, layers, loss, optimizer; plain settings from which a network follows."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, TypeVar

import numpy as np

from chainrule.arrays import Shape, leaves
from chainrule.common.errors import ChainruleError, InputError
from chainrule.common.names import meant
from chainrule.common.settings import Checked, Each, Flag, Instance, Maybe, OneOf, Whole
from chainrule.common.texts import later, tr
from chainrule.equations.losses import BinaryCrossEntropy, CategoricalCrossEntropy, Loss, MeanSquaredError
from chainrule.equations.optimizers import Adam, Optimizer
from chainrule.equations.shapes_only import ShapesOnly
from chainrule.files.descriptions import plain, rebuilt
from chainrule.lab.data_sets import DataChoice, Examples
from chainrule.lab.json_numbers import with_floats
from chainrule.layers import Concatenate, Dense, Identity, Layer, Residual, Sequential, Tanh
from chainrule.network import Network

T = TypeVar("T")

_SUITED = {"binary": BinaryCrossEntropy, "classes": CategoricalCrossEntropy, "regression": MeanSquaredError}
_MOST_PARAMETERS = 5_000_000
_MOST_LAYERS = 60
_MOST_OUTPUTS = 200_000  # of a layer for an example
_MOST_PRODUCTS = 50_000_000  # of a forward pass, for an example
_PER_EXAMPLE = 100  # times as many for a batch


class BlueprintError(InputError):
    """What is built breaks a rule.

    Attributes
    ----------
    layer
        Which layer breaks it, counted from 0; the number of hidden layers for the last one; None for none of them.
    plans
        Of the layers before that one.
    inside
        Where it breaks in a block of layers: the number of a branch and of a layer in it, again if that is a block.
    branches
        What fits of such a block: the plans of each branch, up to where it breaks.
    """

    layer: int | None = None
    plans: tuple[LayerPlan, ...] = ()
    inside: tuple[int, ...] = ()
    branches: tuple[tuple[LayerPlan, ...], ...] = ()

    @classmethod
    def at(cls, layer: int | None, text: str) -> BlueprintError:
        """Return an error at a layer, with a text that is told already."""
        error = cls()
        error.args, error.layer = (text,), layer
        return error


class LayerPlan(NamedTuple):
    """A layer as it will be: shapes of one example, numbers that are trained, and work.

    Attributes
    ----------
    label
        The name of the layer.
    input_shape, output_shape
        Of one example.
    parameters
        How many numbers it has.
    multiply_adds
        Of the products of a forward pass, for one example.
    branches
        The layers of each branch of a block.
    """

    label: str
    input_shape: Shape
    output_shape: Shape
    parameters: int
    multiply_adds: int
    branches: tuple[tuple[LayerPlan, ...], ...] = ()


@dataclass(frozen=True)
class Blueprint(Checked):
    """Data, layers, loss and optimizer.

    Parameters
    ----------
    data
        What to learn from.
    layers
        The hidden layers. The last one, a Dense with a unit for each output, is added.
    loss
        None for the one that suits the data.
    optimizer
        With its learning rate, or a schedule of it, and its weight decay.
    batch_size
        Examples per step.
    seed
        Of the first parameters, the order of the examples and dropout.
    dtype
        "float32" or "float64".
    head
        Whether the last layer is added; False if `layers` has it, as those of a model that was loaded.
    """

    data: DataChoice = field(default_factory=DataChoice)
    layers: tuple[Layer, ...] = (Dense(4, initializer="xavier"), Tanh())
    loss: Loss | None = None
    optimizer: Optimizer = field(default_factory=lambda: Adam(lr=0.05))
    batch_size: int = 16
    seed: int = 0
    dtype: str = "float64"
    head: bool = True
    owner: ClassVar[str] = "lab"
    rules: ClassVar = {
        "data": Instance(DataChoice, later("a choice of data")),
        "layers": Each(Instance(Layer, later("a layer")), later("a list of layers"), least=0, most=_MOST_LAYERS),
        "loss": Maybe(Instance(Loss, later("a loss"))),
        "optimizer": Instance(Optimizer, later("an optimizer")),
        "batch_size": Whole(1),
        "seed": Whole(0),
        "dtype": OneOf(("float32", "float64")),
        "head": Flag(),
    }

    @classmethod
    def first(cls) -> Blueprint:
        """Return what the lab opens with: noisy corners of a square, and four hidden units."""
        return cls()

    def json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "data": self.data.json(),
            "layers": plain(self.layers, "layers"),
            "loss": plain(self.loss, "loss"),
            "optimizer": plain(self.optimizer, "optimizer"),
            "batch_size": self.batch_size,
            "seed": self.seed,
            "dtype": self.dtype,
            "head": self.head,
        }

    @classmethod
    def from_json(cls, data: Any) -> Blueprint:
        """Return the blueprint that plain data says; what it leaves out is as usual.

        Raises
        ------
        BlueprintError
            A setting breaks its rule; the error knows the layer.
        """
        if not isinstance(data, Mapping):
            raise BlueprintError("A blueprint has data, layers, loss and optimizer, but {got!r:.80} came.", got=data)
        settings: dict[str, Any] = dict(data)
        known = [f.name for f in dataclasses.fields(cls)]
        for name in settings:
            if name not in known:
                near = meant(str(name), known)
                fix = tr("Did you mean {name!r}?", name=near) if near else ""
                raise BlueprintError("A blueprint has no {name!r:.80}. {fix}", name=name, fix=fix)
        if "data" in settings:
            settings["data"] = _placed(None, lambda: DataChoice.from_json(settings["data"]))
        if isinstance(listed := settings.get("layers"), list):
            settings["layers"] = tuple(_placed(i, _rebuilt, layer) for i, layer in enumerate(listed))
        for name in "loss", "optimizer":
            if name in settings:
                settings[name] = _placed(None, _rebuilt, settings[name])
        return _placed(None, lambda: cls(**settings))

    def all_layers(self, examples: Examples) -> tuple[Layer, ...]:
        """Return the layers with the last one."""
        return (*self.layers, Dense(examples.outputs, initializer="xavier")) if self.head else self.layers

    def loss_for(self, examples: Examples) -> Loss:
        """Return the loss: the one that was chosen, or the one that suits the examples.

        Raises
        ------
        BlueprintError
            The loss is for another task.
        """
        suited = BinaryCrossEntropy if examples.yes_no else _SUITED[examples.task]
        if self.loss is None:
            return suited()
        if self.loss.task != suited.task:
            raise BlueprintError(
                "{loss} does not fit these examples: take {suited}.",
                loss=type(self.loss).__name__,
                suited=suited.__name__,
            )
        return self.loss

    def network(self, examples: Examples) -> Network:
        """Return the network with its first parameters.

        Raises
        ------
        BlueprintError
            Layers do not fit the examples or each other.
        """
        self.shapes(examples)
        return Network(
            self.all_layers(examples),
            self.loss_for(examples),
            input_shape=examples.input_shape,
            seed=self.seed,
            dtype=self.dtype,
        )

    def shapes(self, examples: Examples) -> list[LayerPlan]:
        """Return what each layer will be, the last one included.

        Raises
        ------
        BlueprintError
            Layers do not fit the examples or each other; the error knows the first of these layers.
        """
        plans: list[LayerPlan] = []
        try:
            self._add_plans(plans, examples)
        except BlueprintError as error:
            error.plans = tuple(plans)
            raise
        return plans

    def _add_plans(self, plans: list[LayerPlan], examples: Examples) -> None:
        shape, batch, products = examples.input_shape, min(self.batch_size, len(examples.X)), 0
        for i, layer in enumerate(self.all_layers(examples)):
            plans.append(_placed(i, _plan, layer, shape, np.dtype(self.dtype)))
            shape = plans[-1].output_shape
            for output in _outputs(plans[-1]):
                _check_size(i, output, batch)
            products += plans[-1].multiply_adds
            _check_work(i, products, batch)
        count = sum(plan.parameters for plan in plans)
        if count > _MOST_PARAMETERS:
            largest = max(range(len(plans)), key=lambda i: plans[i].parameters)
            raise BlueprintError.at(
                largest,
                tr(
                    "The network would have {count:,} parameters, and the lab takes {most:,}. Take fewer units, or "
                    "pooling before the layer.",
                    count=count,
                    most=_MOST_PARAMETERS,
                ),
            )
        if shape != (examples.outputs,):
            raise BlueprintError.at(len(plans) - 1 if plans else None, _wrong_output(shape, examples))
        self.loss_for(examples)


def _check_size(layer: int, shape: Shape, batch: int) -> None:
    """Raise an error if the output of a layer would take more memory than the lab has for it."""
    numbers = math.prod(shape)
    if max(numbers, numbers * batch // _PER_EXAMPLE) > _MOST_OUTPUTS:
        text = tr(
            "The layer would give {numbers:,} numbers for each of the {batch:,} examples of a batch, which is more "
            "than the lab has memory for. Take fewer filters, or pooling before the layer.",
            numbers=numbers,
            batch=batch,
        )
        raise BlueprintError.at(layer, text)


def _check_work(layer: int, products: int, batch: int) -> None:
    """Raise an error if a batch would take so long that the page waits for it, with all layers up to this one."""
    if max(products, products * batch // _PER_EXAMPLE) > _MOST_PRODUCTS:
        text = tr(
            "Up to this layer, a pass would take {products:,} multiplications for each of the {batch:,} examples of a "
            "batch, which is more than the lab has time for. Take a smaller kernel, fewer filters or units, or pooling "
            "before the layer.",
            products=products,
            batch=batch,
        )
        raise BlueprintError.at(layer, text)


def _wrong_output(shape: Shape, examples: Examples) -> str:
    if len(shape) > 1:
        return tr(
            "The last layer answers once for each of the places {shape}, but an example has one answer. Put Flatten, "
            "GlobalAveragePool, or a recurrent layer with sequence=False, before it.",
            shape=shape,
        )
    return tr(
        "The examples have {outputs} outputs, but the last layer has {units}. Choose data with {units} outputs, or "
        "another last layer.",
        outputs=examples.outputs,
        units=shape[0],
    )


def _outputs(plan: LayerPlan) -> Iterator[Shape]:
    """Yield the shapes of what a layer gives, and of what the layers inside of it do."""
    yield plan.output_shape
    for branch in plan.branches:
        for inner in branch:
            yield from _outputs(inner)


def _plan(layer: Layer, shape: Shape, dtype: np.dtype[Any]) -> LayerPlan:
    branches, broken = [], None
    for number, chain in enumerate(_branches(layer)):
        plans, error = _chain(chain, shape, dtype)
        branches.append(plans)
        if error is not None:
            error.inside = (number, *error.inside)
        broken = broken or error
    try:
        if broken is not None:
            raise broken
        params, after = _placed(None, layer.init, ShapesOnly(), shape, dtype)
    except BlueprintError as error:
        error.branches = tuple(branches)
        raise
    count = sum(p.size for _, p in leaves(params))
    products = sum(plan.multiply_adds for plans in branches for plan in plans)
    return LayerPlan(
        layer.label,
        shape,
        after,
        count,
        products if branches else layer.multiply_adds(params, shape),
        tuple(branches),
    )


def _branches(layer: Layer) -> list[Sequence[Layer]]:
    """Return the layers of each branch of a block; none of what passes its input on, and none of another layer."""
    if not isinstance(layer, Residual | Concatenate):
        return []
    return [
        body.layers if isinstance(body, Sequential) else [] if body == Identity() else [body] for body in layer.parts
    ]


def _chain(
    layers: Sequence[Layer], shape: Shape, dtype: np.dtype[Any]
) -> tuple[tuple[LayerPlan, ...], BlueprintError | None]:
    """Return the plans of layers one after another, up to the first one that does not fit, and why it does not."""
    plans: list[LayerPlan] = []
    for i, layer in enumerate(layers):
        try:
            plans.append(_plan(layer, shape, dtype))
        except BlueprintError as error:
            error.inside = (i, *error.inside)
            return tuple(plans), error
        shape = plans[-1].output_shape
    return tuple(plans), None


def _rebuilt(data: Any) -> Any:
    """Return the layer, loss or optimizer of plain data."""
    value = rebuilt(with_floats(data))
    if not isinstance(value, Checked) and value is not None:
        raise InputError('A layer, a loss or an optimizer is {{"type": ..., ...}}, but {got!r:.80} came.', got=data)
    return value


def _placed(layer: int | None, function: Callable[..., T], *args: Any) -> T:
    """Return what a function returns; its errors become those of a layer."""
    try:
        return function(*args)
    except BlueprintError as error:
        error.layer = layer if error.layer is None else error.layer
        raise
    except ChainruleError as error:
        raise BlueprintError.at(layer, str(error)) from error
    except (ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError) as error:
        text = tr("Nothing can be built with these settings: {error}", error=str(error) or type(error).__name__)
        raise BlueprintError.at(layer, text) from error
