"""Neural networks with every forward and backward equation written out by hand."""

from chainrule.common import quiet_start  # noqa: F401 - for its effect, and before the imports that take long

# isort: split
from typing import TYPE_CHECKING, Any

from chainrule import layers
from chainrule.arrays import Mode
from chainrule.common.addresses import ADDRESSES, install
from chainrule.common.version import __version__ as __version__
from chainrule.gradcheck import gradcheck  # not later: its module has the same name

if TYPE_CHECKING:
    from chainrule import datasets, estimators, export, files, metrics, plots, tables
    from chainrule.checker.inprocess import check
    from chainrule.common import errors
    from chainrule.common.asked_language import set_language
    from chainrule.data import sources
    from chainrule.engines import processes
    from chainrule.engines.devices import Devices
    from chainrule.equations import activations, initializers, losses, optimizers, schedules
    from chainrule.equations.losses import (
        BinaryCrossEntropy,
        CategoricalCrossEntropy,
        Huber,
        MeanAbsoluteError,
        MeanSquaredError,
        Poisson,
        Quantile,
    )
    from chainrule.equations.optimizers import SGD, AdaGrad, Adam, AdamW, Lion, Momentum, Nesterov, RMSProp
    from chainrule.equations.schedules import Constant, Cosine, CosineLog, Exponential, StepDecay, Warmup
    from chainrule.files import load, save
    from chainrule.layers import *  # noqa: F403 - the list of layers is in one place
    from chainrule.lessons import (
        book,
        gradient_checking,
        initialization,
        logistic,
        optimization,
        perceptron,
        planar,
        regularization,
        stepwise,
    )
    from chainrule.many import fit_many
    from chainrule.network import Network
    from chainrule.tables import TableModel
    from chainrule.trace.diagnosis.callback import Diagnose
    from chainrule.training import callbacks, loggers
    from chainrule.training.callbacks import Callback, EarlyStopping
    from chainrule.training.checkpoint import Checkpoint

install()

__all__ = [
    "SGD",
    "AdaGrad",
    "Adam",
    "AdamW",
    "BinaryCrossEntropy",
    "Callback",
    "CategoricalCrossEntropy",
    "Checkpoint",
    "Constant",
    "Cosine",
    "CosineLog",
    "Devices",
    "Diagnose",
    "EarlyStopping",
    "Exponential",
    "Huber",
    "Lion",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Mode",
    "Momentum",
    "Nesterov",
    "Network",
    "Poisson",
    "Quantile",
    "RMSProp",
    "StepDecay",
    "TableModel",
    "Warmup",
    "activations",
    "book",
    "callbacks",
    "check",
    "datasets",
    "errors",
    "estimators",
    "export",
    "files",
    "fit_many",
    "gradcheck",
    "gradient_checking",
    "initialization",
    "initializers",
    "layers",
    "load",
    "loggers",
    "logistic",
    "losses",
    "metrics",
    "optimization",
    "optimizers",
    "perceptron",
    "planar",
    "plots",
    "processes",
    "regularization",
    "save",
    "schedules",
    "set_language",
    "sources",
    "stepwise",
    "tables",
]
__all__ += dir(layers)

_LOSSES = (
    *("BinaryCrossEntropy", "CategoricalCrossEntropy"),
    *("Huber", "MeanAbsoluteError", "MeanSquaredError", "Poisson", "Quantile"),
)
_OPTIMIZERS = ("SGD", "AdaGrad", "Adam", "AdamW", "Lion", "Momentum", "Nesterov", "RMSProp")
_LATER = {
    "Callback": "training.callbacks",
    "Checkpoint": "training.checkpoint",
    "Devices": "engines.devices",
    "Diagnose": "trace.diagnosis.callback",
    "EarlyStopping": "training.callbacks",
    "Network": "network",
    "TableModel": "tables",
    "check": "checker.inprocess",
    "fit_many": "many",
    "load": "files",
    "save": "files",
    "set_language": "common.asked_language",
    **dict.fromkeys(_LOSSES, "equations.losses"),
    **dict.fromkeys(_OPTIMIZERS, "equations.optimizers"),
    **dict.fromkeys(("Constant", "Cosine", "CosineLog", "Exponential", "StepDecay", "Warmup"), "equations.schedules"),
}


def __getattr__(name: str) -> Any:
    """Import what is used when it is first used, to keep `import chainrule` short."""
    import importlib

    if name in dir(layers):
        return getattr(layers, name)
    if name in _LATER:
        value = globals()[name] = getattr(importlib.import_module(f"chainrule.{_LATER[name]}"), name)
        return value
    if name in ADDRESSES or name in ("datasets", "estimators", "export", "files", "metrics", "plots", "tables"):
        return importlib.import_module(f"chainrule.{name}")
    raise AttributeError(f"module 'chainrule' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
