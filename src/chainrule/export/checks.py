"""What every export checks of the network and of the name of the file, before anything is written."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from chainrule.arrays import leaves
from chainrule.common.errors import InputError
from chainrule.equations.losses import LOSSES
from chainrule.equations.shapes_only import ShapesOnly
from chainrule.files.built import check_built
from chainrule.files.parameters import fault
from chainrule.tables import TableModel


def is_estimator(model: Any) -> bool:
    """Return whether something is an estimator of scikit-learn; where their module was not imported, nothing is."""
    estimators = sys.modules.get("chainrule.estimators")
    return estimators is not None and isinstance(model, estimators.NetworkClassifier | estimators.NetworkRegressor)


def network_of(function: str, model: Any) -> Any:
    """Return the network of a model of a table or of an estimator; what is neither comes back as it is."""
    if is_estimator(model) and not hasattr(model, "network_"):
        raise InputError(
            "{function} needs an estimator that was fitted: call fit of the {kind} first.",
            function=function,
            kind=type(model).__name__,
        )
    if isinstance(model, TableModel):
        return model.network
    return model.network_ if is_estimator(model) else model


def check_alone(function: str, model: Any) -> None:
    """Raise an error if something is more than a network, which not every format holds."""
    if isinstance(model, TableModel) or is_estimator(model):
        raise InputError(
            "{function} writes a network alone, but a {kind} prepares its inputs, too: write all of it with "
            "chainrule.export.onnx (--to onnx), or the network, whose inputs are prepared numbers, with "
            "chainrule.{function}(model.{attribute}, path).",
            function=function,
            kind=type(model).__name__,
            attribute="network" if isinstance(model, TableModel) else "network_",
        )


def check_network(function: str, network: Any) -> None:
    """Raise an error unless something is a network whose parameters fit its layers and can be computed with."""
    check_built(function, network)
    needed, _ = network.body.init(ShapesOnly(), network.input_shape, network.dtype)
    shapes, held = ({name: p.shape for name, p in leaves(params)} for params in (needed, network.params))
    for name in sorted(shapes.keys() | held.keys()):
        if shapes.get(name) != held.get(name):
            raise InputError(
                "The layers need {name} of shape {expected}, but the network holds {got}: give it the parameters of "
                "these layers.",
                name=name,
                expected=shapes.get(name),
                got=held.get(name),
            )
    if wrong := fault(network.body, network.params):
        raise InputError(
            "{name} holds {kind}, with which nothing can be predicted: train anew.", name=wrong[0], kind=wrong[1]
        )


def check_loss(network: Any) -> None:
    """Raise an error unless what the loss makes of the outputs is known."""
    if type(network.loss) not in LOSSES.values():
        raise InputError(
            "The loss {loss} cannot be exported: it is none of chainrule's own losses, so the output activation that "
            "it owns is unknown. Build a network with the same layers and one of {known}, and give it the parameters.",
            loss=type(network.loss).__name__,
            known=", ".join(LOSSES),
        )


def path_of(function: str, path: Any, suffix: str) -> Path:
    """Return the path of a file to write, whose name must end as the format's files do."""
    if not isinstance(path, str | os.PathLike):
        raise InputError("{function} takes the path of a file, but got {path!r:.80}.", function=function, path=path)
    file = Path(os.fspath(path))
    if file.suffix != suffix:
        raise InputError(
            "{function} writes a file whose name ends with {suffix}, but got {path}. Name it {likely}.",
            function=function,
            suffix=suffix,
            path=file,
            likely=file.with_suffix(suffix) if file.name not in ("", suffix) else f"net{suffix}",
        )
    return file


def takes_mask(network: Any) -> bool:
    """Return whether the inputs are sequences, and padding can be kept out of what becomes of them."""
    if len(network.input_shape) != (1 if network.body.vocabulary_of_input is not None else 2):
        return False
    try:
        network.body.keeps_steps()
    except InputError:  # padding would be mixed in
        return False
    return True
