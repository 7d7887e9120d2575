"""Whether the probabilities of a classifier come true."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chainrule.common.drawing import BLUE, GRAY, panels, plain
from chainrule.common.fonts import with_hangul
from chainrule.common.settings import whole
from chainrule.common.words import words
from chainrule.network import Network
from chainrule.plots.examples import NETWORK, answers


class _Bins(NamedTuple):
    """Examples by their probability; only bins that hold some."""

    counts: NDArray[Any]
    said: NDArray[Any]  # the mean probability
    true: NDArray[Any]  # the share that came true

    @property
    def error(self) -> float:
        """The mean distance of the two, each example counting alike."""
        return float((self.counts * np.abs(self.said - self.true)).sum() / self.counts.sum())


def plot_calibration(
    network: Network, X: Any, y: Any, *, bins: int = 10, ax: Any = None, lang: str | None = None
) -> Any:
    r"""Draw how often answers are right against the probability that the network gave them; below, how many there are.

    On the diagonal, of all answers with 80 % four of five are right. For two classes the probability is that of class
    1, for more that of the answer. The title has the expected calibration error:

    .. math:: \mathrm{ECE} = \sum_b \frac{n_b}{n} \left| \mathrm{share}_b - \mathrm{probability}_b \right|

    Parameters
    ----------
    network
        A classifier.
    X, y
        Examples, such as were not trained on, and their classes.
    bins
        Into how many equal parts the probabilities from 0 to 1 are cut.
    ax
        Where to draw; the two panels divide its place. If None, on a figure of its own.
    lang
        The language of the labels, "en" or "ko"; None for the one that chainrule speaks.

    Returns
    -------
    matplotlib.figure.Figure
        The drawing.

    Raises
    ------
    InputError
        The network does not answer with one class.
    MissingExtraError
        matplotlib is not installed.

    References
    ----------
    Guo, Pleiss, Sun and Weinberger, On calibration of modern neural networks, 2017, equation 3.
    """
    say, bins = words("plot_calibration", lang), whole("plot_calibration", "bins", bins, least=1)
    NETWORK.check("plot_calibration", "network", network)
    P, predicted, true = answers("plot_calibration", network, X, y)
    two = P.shape[1] == 2
    probability = P[:, 1] if two else P.max(axis=1)
    result = _in_bins(probability, true == 1 if two else predicted == true, bins)
    figure, axes = panels(ax, 2, 1, (4.6, 2.6))
    upper, lower = axes[:, 0]
    upper.plot([0, 1], [0, 1], ":", color=GRAY, label=say("as it should be"))
    upper.plot(result.said, result.true, "o-", color=BLUE, label=say("the network"))
    title = say("expected calibration error {error:.3f}", error=result.error)
    share = say("share of class 1") if two else say("share of right answers")
    upper.set(title=title, ylabel=share, xlim=(0, 1), ylim=(-0.02, 1.02))
    upper.legend(fontsize="small", loc="upper left")
    lower.hist(probability, np.linspace(0, 1, bins + 1), color=BLUE, alpha=0.7)
    chance = say("probability of class 1") if two else say("probability of the answer")
    lower.set(xlabel=chance, ylabel=say("number of examples"), xlim=(0, 1))
    for panel in upper, lower:
        plain(panel)
    return with_hangul(figure)


def _in_bins(probability: NDArray[Any], came_true: NDArray[np.bool_], bins: int) -> _Bins:
    place = np.minimum((probability * bins).astype(int), bins - 1)
    counts = np.bincount(place, minlength=bins)
    sums = [np.bincount(place, values.astype(float), minlength=bins) for values in (probability, came_true)]
    held = counts > 0
    said, true = (total[held] / counts[held] for total in sums)
    return _Bins(counts[held], said, true)
