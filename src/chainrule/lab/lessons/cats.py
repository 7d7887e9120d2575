"""Lesson 13: the exercise of the course, cats or no cats; on made-up pictures where the cats' files are not there."""

from __future__ import annotations

import os
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from chainrule.common.texts import Note, later, tr
from chainrule.lab.lessons import blocks
from chainrule.lab.lessons.lesson import Answers, Block, Field, Lesson, Verdict
from chainrule.lab.session import Session
from chainrule.lessons import stepwise

_FILES = ("train_catvnoncat.h5", "test_catvnoncat.h5")
_SIDE = 16  # pixels, so that training takes seconds
_MADE_UP = (200, 60)  # pictures to train on and to test on
_HIDDEN = (20, 7, 5)
_MOST = 3000.0  # iterations


class Pictures(NamedTuple):
    """Pictures of 0 to 1, (m, side, side, 3), and whether each shows a cat; to train on and to test on.

    `enough` is the accuracy on the test pictures that the task asks for.
    """

    train: Any
    y: Any
    test: Any
    y_test: Any
    enough: float
    is_real: bool


@cache
def cats() -> Pictures:
    """Return the course's cats, made smaller, if their files and h5py are there; else pictures that are made up."""
    places = [Path(), Path("datasets"), Path("data")]
    if folder := os.environ.get("CHAINRULE_DATA"):
        places = [Path(folder).expanduser() / "cats", *places]
    for place in places:
        if all((place / name).is_file() for name in _FILES):
            try:
                return _from_files(place)
            except (ImportError, OSError, KeyError, ValueError):  # no h5py, or other files of these names
                continue
    rng = np.random.default_rng(4)
    (train, y), (test, y_test) = (_made_up(rng, count) for count in _MADE_UP)
    return Pictures(train, y, test, y_test, 0.85, is_real=False)


def _from_files(folder: Path) -> Pictures:
    import h5py

    arrays: list[Any] = []
    for name, part in zip(_FILES, ("train", "test"), strict=True):
        with h5py.File(folder / name, "r") as file:
            arrays += [_smaller(np.asarray(file[f"{part}_set_x"]) / 255), np.asarray(file[f"{part}_set_y"]).ravel()]
    train, y, test, y_test = arrays
    return Pictures(train, y, test, y_test, 0.65, is_real=True)


def _smaller(images: Any) -> Any:
    """Return pictures of 64 by 64 pixels with fewer, each the mean of a square of them."""
    count, side = images.shape[:2]
    squares = images.reshape(count, _SIDE, side // _SIDE, _SIDE, side // _SIDE, 3)
    return squares.mean(axis=(2, 4))


def _made_up(rng: np.random.Generator, count: int) -> tuple[Any, Any]:
    """Return round heads, of which every second one has the two ears of a cat."""
    rows, columns = np.mgrid[0:_SIDE, 0:_SIDE]
    images, labels = [], []
    for i in range(count):
        center, radius = rng.uniform((8.0, 6.0), (10.5, 9.0)), rng.uniform(3.4, 4.8)
        shown = (rows - center[0]) ** 2 + (columns - center[1]) ** 2 < radius**2
        for side in (-1, 1) if i % 2 == 0 else ():
            across, up = np.abs(columns - center[1] - side * 0.65 * radius), center[0] - rows
            shown |= (up > 0.5 * radius) & (up < 1.5 * radius) & (across < (1.6 * radius - up) / 2)
        color, ground = rng.uniform(0.3, 1.0, 3), rng.uniform(0.0, 0.5, 3)
        images.append(np.where(shown[..., None], color, ground) + rng.normal(0.0, 0.12, (_SIDE, _SIDE, 3)))
        labels.append((i + 1) % 2)
    order = rng.permutation(count)
    return np.clip(np.array(images), 0, 1)[order], np.array(labels)[order]


def _columns(images: Any) -> Any:
    return images.reshape(len(images), -1).T


@lru_cache(maxsize=32)
def trained(rate: float, iterations: int) -> tuple[Any, float, float]:
    """Return the costs, and the accuracies on both sets, of the course's training."""
    pictures = cats()
    X, Y = _columns(pictures.train), pictures.y[None]
    parameters, costs = stepwise.L_layer_model(X, Y, [len(X), *_HIDDEN, 1], rate, iterations)
    scores = [
        float(np.mean(stepwise.predict(_columns(images), parameters).ravel() == labels))
        for images, labels in ((pictures.train, pictures.y), (pictures.test, pictures.y_test))
    ]
    return np.array(costs, float).ravel(), scores[0], scores[1]


def _look(_answers: Answers) -> list[Block]:
    pictures = cats()
    labels = [tr("cat") if label else tr("no cat") for label in pictures.y[:10]]
    caption = tr("pictures to train on: {count} of 16×16 pixels", count=len(pictures.y))
    shown = [blocks.pictures(caption, pictures.train[:10], labels)]
    if not pictures.is_real:
        shown.append(
            blocks.text(
                tr(
                    "The course's files are not here, so these heads are made up. With {files} in the folder where the "
                    "lab was started, its cats are taken.",
                    files=" + ".join(_FILES),
                )
            )
        )
    return shown


def _check(answers: Answers, _session: Session) -> Verdict:
    rate, iterations = answers["rate"], answers["iterations"]
    if rate is None or iterations is None:
        missing = tuple(name for name in ("rate", "iterations") if answers[name] is None)
        return Verdict(False, Note("Type both numbers."), missing)
    with np.errstate(all="ignore"):
        costs, known, unseen = trained(rate, int(iterations))
    enough = cats().enough
    shown = [
        blocks.table(
            tr("after {count} iterations", count=int(iterations)),
            [tr("accuracy in training"), tr("accuracy on the test pictures")],
            [[f"{known:.1%}", f"{unseen:.1%}"]],
        )
    ]
    if len(costs) > 1:
        axes = (tr("iteration"), tr("cost"))
        shown.append(blocks.curves(tr("cost"), 100 * np.arange(len(costs)), {tr("cost"): costs}, axes))
    places = {"unseen": unseen, "enough": enough, "known": known}
    if unseen < enough:
        text = Note("{unseen:.0%} of the test pictures are right, and {enough:.0%} are asked for.", places)
        return Verdict(False, text, blocks=tuple(shown))
    text = Note(
        "{unseen:.0%} of the test pictures are right. In training it is {known:.0%}: what lies between is what the "
        "network learned by heart.",
        places,
    )
    return Verdict(True, text, blocks=tuple(shown))


CATS = Lesson(
    "cats",
    later("The exercise: a cat or no cat"),
    (
        later(
            "Everything together: L_layer_model of the course, with layers of 20, 7 and 5 neurons and one at the end."
        ),
        later("A picture is one column of numbers. Gradient descent sees all pictures in every iteration."),
    ),
    later("Choose a learning rate and a number of iterations, and train until enough of the test pictures are right."),
    (
        Field("rate", Note("learning rate"), "number", 0.0075, 0.0, 10.0),
        Field("iterations", Note("iterations"), "number", 100.0, 1.0, _MOST),
    ),
    _look,
    _check,
    (r"\text{forward} \to \text{cost} \to \text{backward} \to \text{update} \to \cdots",),
    later("100 iterations are few. If the cost falls slowly, take more of them, or a larger learning rate."),
)
