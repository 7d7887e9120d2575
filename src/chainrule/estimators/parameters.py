"""What the estimators can be told, with the rule of each parameter."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar

from chainrule.common.settings import Each, Either, Flag, Instance, Maybe, Number, OneOf, Precision, Rule, Text, Whole
from chainrule.engines.choose import ENGINE_OR_AUTO
from chainrule.equations.activations import ACTIVATIONS
from chainrule.equations.optimizers import OPTIMIZERS, Optimizer
from chainrule.equations.schedules import RATE
from chainrule.estimators import preset
from chainrule.layers.own import LAYERS
from chainrule.tables.realmlp import Task
from chainrule.training.callbacks import Callback

_AUTO = OneOf(["auto"])
_ACTIVATION = OneOf(ACTIVATIONS)
_DROPOUT = Number(0, 1, closed="left")


# A dataclass, because scikit-learn wants parameters named in the signature of __init__, and kept as they come: they
# are checked in fit.
@dataclass(eq=False, repr=False, kw_only=True)
class Parameters:
    """The parameters that the classifier and the regressor have in common.

    Parameters
    ----------
    preset
        "tabular" takes layers, optimizer, schedule and batches that were tuned on many tables (RealMLP-TD-S), in
        float32, and the weights of the epoch that was best on a fifth of the rows. It takes longer, and is often
        better. What it decides cannot be set beside it; `epochs` and `dtype` can.
    hidden_layer_sizes
        The units of each hidden layer.
    layers
        In place of hidden_layer_sizes, activation and dropout: the hidden layers, a list of any layers of chainrule,
        such as ``[cr.Dense(64), cr.BatchNorm(), cr.GELU()]``. Where they need another shape than (features,), begin
        with a `Reshape`. The output layer is added.
    activation
        The activation of the hidden layers by name, one for all or a list of one for each.
    dropout
        The share of a hidden layer's outputs that is dropped in training, one for all or a list of one for each.
    optimizer
        The name of an optimizer, or an object such as ``cr.AdamW(1e-3, weight_decay=0.01)``. "auto" takes AdamW, with
        a rate that falls from 0.015 to 0 by the end of the fit along half a cosine, and a weight decay that is stronger
        on fewer rows. Where the end is not known (`early_stopping`, `warm_start`, `partial_fit`) or `learning_rate` is
        set, it takes "adam".
    learning_rate
        That of an optimizer given by its name: a number, or a schedule such as ``cr.Cosine(0.01, steps=1000)``. If
        None, 0.003 for "adam", and else the optimizer's usual one.
    batch_size
        How many rows make an update; "auto" takes 32 to 256, by the number of rows.
    epochs
        How often to go through the rows; "auto" takes as many as make some 400 updates, but at least 20 (60 for a
        regression) and at most 300.
    early_stopping
        Whether to keep some rows to validate on (each class in proportion), end when the monitored score has not
        improved for `patience` epochs, and take the weights of the best epoch, however training ends: by patience,
        after the last epoch, by Ctrl-C or by an error.
    validation_fraction
        The share of the rows to keep, unless fit gets validation_data.
    patience
        How many epochs without improvement to wait.
    monitor
        The score that says which epoch is best: "loss", or the name of a metric in `chainrule.metrics.METRICS`.
    scale
        Whether inputs are scaled: each column minus its median, over the distance of its quartiles, with outliers bent
        towards 3 (`RobustScale`). So features need no scaler before; turn it off where one is.
    callbacks
        Callbacks of chainrule, such as the loggers. Those of scikit-learn 1.9 and later go into `set_callbacks`.
    warm_start
        Whether another fit goes on where the last one ended, with the optimizer's state, the step and early stopping;
        two fits of 5 epochs are one of 10, to the bit.
    dtype
        float32 or float64, in which to compute; if None, that of X in the first fit if it is one of these, else
        float64. float32 takes half the memory, and less time in large networks.
    engine
        What trains: "numpy", "fast", "xla", "torch" or "auto", as in `Network.fit`.
    random_state
        Of the first weights, the order of the rows, dropout and the rows to validate on: a number for the same result
        each time.
    verbose
        Whether to show progress.
    """

    preset: Any = None
    hidden_layer_sizes: Any = (100,)
    layers: Any = None
    activation: Any = "relu"
    dropout: Any = 0.0
    optimizer: Any = "auto"
    learning_rate: Any = None
    batch_size: Any = "auto"
    epochs: Any = "auto"
    early_stopping: Any = False
    validation_fraction: Any = 0.1
    patience: Any = 10
    monitor: Any = "loss"
    scale: Any = True
    callbacks: Any = ()
    warm_start: Any = False
    dtype: Any = None
    engine: Any = "numpy"
    random_state: Any = None
    verbose: Any = False

    rules: ClassVar[dict[str, Rule]] = {
        "preset": Maybe(OneOf(["tabular"])),
        "hidden_layer_sizes": Each(Whole(1), "a list of the units of each hidden layer, such as [100, 50]", least=0),
        "layers": Maybe(LAYERS),
        "activation": Either(_ACTIVATION, Each(_ACTIVATION, "a list of one for each hidden layer", least=0)),
        "dropout": Either(_DROPOUT, Each(_DROPOUT, "a list of one for each hidden layer", least=0)),
        "optimizer": Either(OneOf(["auto", *OPTIMIZERS]), Instance(Optimizer, "an optimizer")),
        "learning_rate": Maybe(RATE),
        "batch_size": Either(_AUTO, Whole(1)),
        "epochs": Either(_AUTO, Whole(1)),
        "early_stopping": Flag(),
        "validation_fraction": Number(0, 1, closed="neither", meaning="the share of the rows to keep"),
        "patience": Whole(1),
        "monitor": Text(),
        "scale": Flag(),
        "callbacks": Each(Instance(Callback, "a callback"), "a list of callbacks", least=0),
        "warm_start": Flag(),
        "dtype": Maybe(Precision()),
        "engine": ENGINE_OR_AUTO,
        "verbose": Flag(),
    }

    tabular: ClassVar[Task]
    structure: ClassVar[tuple[str, ...]] = ()
    """The names of own parameters that cannot change from one fit to the next."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Write the parameters that all have into the docstring of a class."""
        super().__init_subclass__(**kwargs)
        _, _, common = (Parameters.__doc__ or "").rstrip().partition("----------\n")
        cls.__doc__ = (cls.__doc__ or "").replace("    {common}", common)

    def _settings(self) -> Any:
        """Return the parameters, checked and in their one spelling."""
        name = type(self).__name__
        params = {key: getattr(self, key) for key in self.rules}
        known = {key: self.rules[key].check(name, key, value) for key, value in params.items()}
        settings = SimpleNamespace(**known)
        if settings.preset is not None:
            preset.apply(self, settings)
        return settings

    def _structure(self, settings: Any) -> dict[str, Any]:
        """Return what cannot change from one fit to the next."""
        names = ("hidden_layer_sizes", "activation", "dropout", "scale", *self.structure)
        dtype = getattr(settings.dtype, "name", None)  # for NumPy, the dtype float64 equals None
        return {name: getattr(settings, name) for name in names} | {"dtype": dtype, "layers": self.layers}
