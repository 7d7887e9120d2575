"""A pass as the page tells it: what each operation does in one sentence, the examples, and the arrays in and out."""

from __future__ import annotations

from typing import Any

from chainrule.common.languages import language
from chainrule.common.texts import later, tr
from chainrule.lab.operations import Operation
from chainrule.lab.passes import OnePass
from chainrule.layers import Dropout
from chainrule.trace.telling.numbers import text
from chainrule.trace.telling.sentences import headline

SHOWN = 4
"""Examples of a pass whose targets and answers are listed."""
_LISTED = 10  # numbers of a target or an answer
_PHASES = {
    "forward": later("Forward"),
    "loss": later("Loss"),
    "backward": later("Backward"),
    "update": later("Update"),
}
_SENTENCES = {
    ("forward", "layer"): later("{label} takes {inputs} and makes {outputs}."),
    ("forward", "step"): later("{label} reads step {time} of the sequence and passes its state on to the next one."),
    ("forward", "states"): later("What {label} passes on are its states, {outputs}."),
    ("loss", "loss"): later(
        "{label} compares the outputs with the targets Y: one number that says how wrong they are."
    ),
    ("backward", "slope"): later("Here the way back begins: by how much the loss grows with each output."),
    ("backward", "step"): later("The gradient goes back through step {time}, to its sums and to the state before it."),
    ("backward", "parameter"): later(
        "{outputs}: by how much the loss grows with each number of {of}. The step will go against it."
    ),
    ("backward", "input"): later(
        "{outputs}: by how much the loss grows with each number that came in. It goes on to the layer before."
    ),
    ("update", "update"): later("{rule} moves {of} against its gradient, with a learning rate of {rate}."),
    ("update", "statistic"): later("{of} follows the batches; no gradient changes it."),
}
_MODES = {  # by whether training was asked for, and whether it ran as in training
    (True, True): later("As in training, with the random numbers of batch {batch} of epoch {epoch}."),
    (True, False): later(
        "As in prediction and without a step: a single example has no statistics of a batch. Take several examples."
    ),
    (False, False): later("As in prediction: nothing is dropped, running statistics normalize, and no step follows."),
}


def told(one: OnePass) -> dict[str, Any]:
    """Return a pass as plain data, in the language of the context, without the numbers in its arrays."""
    loss = one.trace.loss
    return {
        "id": one.number,
        "headline": headline(one.trace, language()),
        "loss": None if loss is None else text(loss.value),
        "mode": _mode(one),
        "examples": _examples(one)[:SHOWN],
        "others": max(0, len(one.batch.rows) - SHOWN),
        "phases": {phase: tr(name) for phase, name in _PHASES.items()},
        "steps": [_step(one, operation) for operation in one.operations],
        "touched": bool(one.changes),
    }


def _mode(one: OnePass) -> dict[str, Any]:
    """Return whether the pass ran as in training, whether that makes a difference in this network, and a sentence."""
    records = [record for layer in one.trace.layers for record in layer.walk()]
    matters = any(record.layer.statistics or isinstance(record.layer, Dropout) for record in records)
    training = one.trace.mode.training
    said = tr(_MODES[one.conditions.training, training], batch=one.conditions.batch, epoch=one.conditions.epoch)
    return {"training": training, "matters": matters, "said": said}


def _step(one: OnePass, operation: Operation) -> dict[str, Any]:
    return {
        "phase": operation.phase,
        "layer": operation.layer,
        "label": operation.label,
        "title": ", ".join(_symbols(one, operation.outputs)),
        "sentence": _sentence(one, operation),
        "equations": list(operation.equations),
        "inputs": list(operation.inputs),
        "outputs": list(operation.outputs),
        "time": operation.time,
        "places": _places(one, operation),
    }


def _places(one: OnePass, operation: Operation) -> dict[str, list[int]]:
    """Return where windows begin that do not begin at the first numbers: those onto sequences, at the step."""
    sequences = [name for name in operation.inputs if one.shown(name).array.ndim == 3]
    return {} if operation.time is None else {name: [0, operation.time, 0] for name in sequences}


def _symbols(one: OnePass, names: tuple[str, ...]) -> list[str]:
    return [one.shown(name).symbol for name in names]


def _sentence(one: OnePass, operation: Operation) -> str:
    sentence = _SENTENCES[operation.phase, operation.of]
    places: dict[str, Any] = {
        "label": operation.label,
        "inputs": ", ".join(_symbols(one, operation.inputs)),
        "outputs": ", ".join(_symbols(one, operation.outputs)),
        "time": operation.time,
        "of": one.shown(operation.inputs[0]).symbol,
    }
    if operation.of == "parameter":
        places["of"] = one.known[operation.outputs[0]].of
    if operation.phase == "update":
        places |= {"rule": type(one.rule).__name__, "rate": text(one.step.rate)}
    return tr(sentence, **places)


def _examples(one: OnePass) -> list[dict[str, Any]]:
    """Return of each example its number, its target and what the network says of it."""
    loss = one.trace.loss
    if loss is None:
        return []
    targets = [_target(one, target) if _is_share(one) else _class(one, int(target)) for target in loss.Y]
    rows = zip(one.batch.rows, targets, answers(one), strict=True)
    return [{"row": row, "target": target, "answer": answer} for row, target, answer in rows]


def _target(one: OnePass, target: Any) -> str:
    """Return numbers that are to be learned; behind a 0 or 1 that stands for a class, its name."""
    listed, loss = _listed(target), one.trace.loss
    is_class = loss is not None and loss.loss.task == "binary" and target.size == 1 and len(one.batch.classes) == 2
    name = _class(one, int(target.item())) if is_class and target.item() in (0, 1) else listed
    return listed if name == listed else f"{listed} ({name})"


def answers(one: OnePass) -> list[str]:
    """Return what the network says of each example: the likeliest class, or the numbers that it gives."""
    loss = one.trace.loss
    assert loss is not None
    if _is_share(one):
        return [_listed(answer) for answer in loss.P]
    return [
        f"{_class(one, int(answer.argmax()))} ({tr('probability')} {text(float(answer.max()))})" for answer in loss.P
    ]


def _is_share(one: OnePass) -> bool:
    """Return whether the targets are numbers, and not the class of each example."""
    loss = one.trace.loss
    assert loss is not None
    return bool(loss.loss.task != "multiclass" or loss.Y.ndim > 1 or loss.P.ndim > 2)


def _class(one: OnePass, number: int) -> str:
    return one.batch.classes[number] if number < len(one.batch.classes) else str(number)


def _listed(values: Any) -> str:
    numbers = values.ravel()
    shown = [text(float(value)) for value in numbers[:_LISTED]]
    return ", ".join(shown) + (", …" if len(numbers) > len(shown) else "")
