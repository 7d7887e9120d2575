"""A callback that says during training what is wrong, as soon as it can be seen."""

from __future__ import annotations

from typing import Any

from chainrule.common import console
from chainrule.common.asked_language import asked
from chainrule.common.errors import InputError
from chainrule.common.settings import whole
from chainrule.data.iterables import Batches
from chainrule.trace.diagnosis.examine import diagnosis
from chainrule.trace.diagnosis.finding import Diagnosis
from chainrule.trace.diagnosis.network import some_examples, subject
from chainrule.trace.diagnosis.telling import announced
from chainrule.trace.run import Step
from chainrule.training.callbacks import Callback


class Diagnose(Callback):
    """Diagnoses the network before training and after every n-th epoch, and prints what it finds, each thing once.

    It looks at up to 4,096 examples of the run, of which up to 256 pass through the network, and tries a few steps on a
    copy: training itself is not changed.

    Parameters
    ----------
    every
        How many epochs lie between two diagnoses.
    lang
        The language of what is printed, "en" or "ko"; None for the one that chainrule speaks.

    Attributes
    ----------
    diagnoses
        Those of the last run, by the epoch after which they were made; 0 is before the first one.

    Examples
    --------
    >>> import chainrule as cr
    >>> X, y = cr.datasets.moons(seed=0)
    >>> network, diagnose = cr.Network.mlp([2, 8, 1]), Diagnose(every=2)
    >>> history = network.fit(X, y, epochs=4, callbacks=[diagnose], verbose=False)
    >>> diagnose.diagnoses
    {0: Diagnosis(nothing found), 2: Diagnosis(nothing found), 4: Diagnosis(nothing found)}
    """

    def __init__(self, every: int = 1, *, lang: str | None = None) -> None:
        self.every = whole("Diagnose", "every", every, least=1)
        self.lang = asked("Diagnose", lang)
        self.diagnoses: dict[int, Diagnosis] = {}

    def run_start(self, run: Any) -> None:
        """Forget an earlier run, and diagnose before the first step.

        Raises
        ------
        InputError
            The run takes batches of the user's, which may come only once.
        """
        if isinstance(run.source, Batches):
            raise InputError(
                "Diagnose looks at examples of the run, but batches that you make may come only once. Train on arrays, "
                "HDF5 or Parquet, or call network.diagnose(X, y) with some examples."
            )
        self.diagnoses = {}
        self._look(run, run.first_epoch - 1)

    def epoch_end(self, run: Any) -> None:
        """Diagnose after every n-th epoch."""
        if run.epoch % self.every == 0:
            self._look(run, run.epoch)

    def _look(self, run: Any, epoch: int) -> None:
        known = {(f.key, f.layer) for earlier in self.diagnoses.values() for f in earlier.findings}
        state = {name: a for name, a in run.engine.state().items() if not name.startswith(("params/", "pending"))}
        data = some_examples(run.source, 1, run.network)
        self.diagnoses[epoch] = diagnosis(subject(run.network, data, Step(run.engine.optimizer, state), run.seed))
        for finding in self.diagnoses[epoch].findings:
            if (finding.key, finding.layer) not in known:
                console.say(announced(finding, epoch, self.lang))
