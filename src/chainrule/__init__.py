"""Neural networks with every forward and backward equation written out by hand."""

from chainrule.common import quiet_start  # noqa: F401 - for its effect, and before the imports that take long

# isort: split
from typing import TYPE_CHECKING, Any

from chainrule import layers, metrics
from chainrule.arrays import Mode
from chainrule.common.addresses import ADDRESSES, install
from chainrule.common.version import __version__ as __version__
from chainrule.equations import activations, initializers, losses, optimizers, schedules
from chainrule.equations.losses import (
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
)
from chainrule.equations.optimizers import SGD, AdaGrad, Adam, AdamW, Lion, Momentum, Nesterov, RMSProp
from chainrule.equations.schedules import Constant, Cosine, Exponential, StepDecay, Warmup
from chainrule.gradcheck import gradcheck
from chainrule.network import Network
from chainrule.training.callbacks import Callback, EarlyStopping
from chainrule.training.checkpoint import Checkpoint

if TYPE_CHECKING:
    from chainrule import datasets, plots, tables
    from chainrule.checker.inprocess import check
    from chainrule.common import errors
    from chainrule.data import sources
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
    from chainrule.tables import TableModel
    from chainrule.trace.diagnosis.callback import Diagnose
    from chainrule.training import callbacks, loggers

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
    "regularization",
    "save",
    "schedules",
    "sources",
    "stepwise",
    "tables",
]
__all__ += dir(layers)

_LATER = {
    "Diagnose": "trace.diagnosis.callback:Diagnose",
    "check": "checker.inprocess:check",
    "load": "files:load",
    "save": "files:save",
    "TableModel": "tables:TableModel",
}


def __getattr__(name: str) -> Any:
    """Import layers, data sets and file formats when they are first used, to keep `import chainrule` short."""
    import importlib
    import pkgutil

    if name in dir(layers):
        return getattr(layers, name)
    if name in _LATER:
        return pkgutil.resolve_name(f"chainrule.{_LATER[name]}")
    if name in ADDRESSES or name in ("datasets", "plots", "tables"):
        return importlib.import_module(f"chainrule.{name}")
    raise AttributeError(f"module 'chainrule' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
