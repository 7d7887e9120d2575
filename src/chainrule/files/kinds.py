"""What a file is and what reads it: every loader tells it of a file that is none of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chainrule.common import tensors
from chainrule.common.errors import FileFormatError
from chainrule.common.texts import later
from chainrule.files.foreign import is_like_a_model, kind_of

KEY, CHECKPOINT = "chainrule", "chainrule-checkpoint"
"""Under which key of the metadata a model describes itself, and a checkpoint."""
TABLE, ESTIMATOR = "table", "estimator"
"""What a description has, if a model is more than a network."""

NETWORK = later("a network: read it with chainrule.load(path)")
_OF_TABLE = later("a model of a table: read it with chainrule.TableModel.load(path)")
_CLASSIFIER = later("a classifier: read it with chainrule.estimators.NetworkClassifier.load(path)")
_REGRESSOR = later("a regressor: read it with chainrule.estimators.NetworkRegressor.load(path)")
_CHECKPOINT = later("a checkpoint of a run: give its folder to fit(checkpoint=...), and save the network")
WEIGHTS = later(
    "a safetensors file that chainrule did not write, which describes no network: its weights go into a network of "
    "the same layers with chainrule.files.from_torch(network, path)"
)
UNKNOWN = later("none of the files that are known")
_DAMAGED = later("a safetensors file that is truncated or damaged")


def model_kind(description: Mapping[str, Any]) -> str:
    """Return what a model is and what reads all of it, in English for `tr`, by its description."""
    if TABLE in description:
        return _OF_TABLE
    if ESTIMATOR not in description:
        return NETWORK
    estimator = description[ESTIMATOR]
    regression = isinstance(estimator, dict) and estimator.get("task") == "regression"
    return _REGRESSOR if regression else _CLASSIFIER


def tensors_kind(file: tensors.TensorFile) -> str:
    """Return what a safetensors file is and what reads it, in English for `tr`."""
    if CHECKPOINT in file.metadata:
        return _CHECKPOINT
    return model_kind(file.describe(KEY)) if KEY in file.metadata else WEIGHTS


def file_kind(path: Path) -> str:
    """Return what a file is and what reads it, in English for `tr`."""
    with path.open("rb") as opened:
        start = opened.read(16)
    if not is_like_a_model(start):
        return kind_of(path) or UNKNOWN
    try:
        with tensors.opened(path) as file:
            return tensors_kind(file)
    except FileFormatError:
        return _DAMAGED
