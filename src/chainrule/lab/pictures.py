"""The pictures of the page as files, drawn by `chainrule.plots` from the session of this moment."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chainrule import plots
from chainrule.common.settings import choice
from chainrule.common.texts import later, tr
from chainrule.lab.data_sets import Examples
from chainrule.lab.session import Session
from chainrule.lab.takeaway import Taken
from chainrule.layers import Activation, Conv2D, Dense
from chainrule.network import Network
from chainrule.training.history import History

FORMS = {"png": "image/png", "svg": "image/svg+xml"}
_MOST = 1000  # examples that are drawn
_DOTS = 200  # per inch, of a PNG


@dataclass(frozen=True, eq=False)
class _Now:
    """What is drawn: a session at one moment, and its examples to validate on, if there are any."""

    network: Network
    examples: Examples
    history: History
    X: Any
    y: Any

    @property
    def is_chain(self) -> bool:
        """Whether the network is one of dense layers and activations, which can be drawn as units and lines."""
        return all(isinstance(layer, Dense | Activation) for layer in self.network.body.layers)

    @property
    def classifies(self) -> bool:
        """Whether the targets are classes."""
        return self.examples.task != "regression"


@dataclass(frozen=True)
class _Picture:
    """A picture: its title, when there is something to draw, and how."""

    title: str
    fits: Callable[[_Now], bool]
    draw: Callable[[_Now], Any]


_PICTURES = {
    "network": _Picture(
        later("the network, its weights as lines"), lambda m: m.is_chain, lambda m: plots.plot_network(m.network)
    ),
    "boundary": _Picture(
        later("the decision boundary"),
        lambda m: m.classifies and m.examples.is_plane,
        lambda m: plots.plot_boundary(m.network, m.examples.X, m.examples.y),
    ),
    "fit": _Picture(
        later("the fitted curve"),
        lambda m: m.examples.is_curve,
        lambda m: plots.plot_fit(m.network, m.examples.X, m.examples.y),
    ),
    "history": _Picture(
        later("loss and scores of every epoch"), lambda m: len(m.history) > 0, lambda m: plots.plot_history(m.history)
    ),
    "confusion": _Picture(
        later("the confusion matrix"), lambda m: m.classifies, lambda m: plots.plot_confusion(m.network, m.X, m.y)
    ),
    "mistakes": _Picture(
        later("the pictures with the largest loss"),
        lambda m: m.classifies and m.examples.is_picture and m.examples.pixel_shape == (28, 28),
        lambda m: plots.plot_mistakes(m.network, m.X, m.y),
    ),
    "filters": _Picture(
        later("the weights of the first layer as pictures"),
        lambda m: m.examples.is_picture and isinstance(m.network.body.layers[0], Conv2D | Dense),
        lambda m: plots.plot_filters(m.network),
    ),
    "feature_maps": _Picture(
        later("what the convolutions make of a picture"),
        lambda m: isinstance(m.network.body.layers[0], Conv2D),
        lambda m: plots.plot_feature_maps(m.network, m.X[0]),
    ),
    "predicted": _Picture(
        later("predictions beside true values"),
        lambda m: not m.classifies and not m.examples.is_curve and not m.examples.yes_no,
        lambda m: plots.plot_predicted(m.network, m.X, m.y),
    ),
}


def pictures(session: Session) -> list[dict[str, str]]:
    """Return the pictures that there are now, with their titles in the language of the context."""
    now = _now(session)
    return [{"name": name, "title": tr(shown.title)} for name, shown in _PICTURES.items() if shown.fits(now)]


def picture(session: Session, name: str, form: str) -> Taken:
    """Return a picture as a file, in the language of the context.

    Parameters
    ----------
    session
        Whose network is drawn.
    name
        One of those that `pictures` lists.
    form
        "png" or "svg".

    Raises
    ------
    InputError
        There is no such picture now.
    MissingExtraError
        matplotlib is not installed.
    """
    now = _now(session)
    choice("The lab", "form", form, FORMS)
    fitting = [picture for picture in _PICTURES if _PICTURES[picture].fits(now)]
    figure = _PICTURES[choice("The lab", "picture", name, fitting)].draw(now)
    content = io.BytesIO()
    figure.savefig(content, format=form, dpi=_DOTS)
    return Taken(f"{name.replace('_', '-')}.{form}", FORMS[form], content.getvalue())


def _now(session: Session) -> _Now:
    examples, columns = session.examples, session.state().history
    names = [name for name in columns if name != "epoch"]
    rows = [dict(zip(names, scores, strict=True)) for scores in zip(*(columns[name] for name in names), strict=True)]
    is_whole = not rows or columns["epoch"][-1] == len(rows)  # epochs may have been thinned out
    X, y = examples.X, examples.y
    if examples.X_val is not None and examples.y_val is not None:
        X, y = examples.X_val, examples.y_val
    return _Now(session.network, examples, History(rows if is_whole else ()), X[:_MOST], y[:_MOST])
