"""Weights from elsewhere: of PyTorch, Keras and scikit-learn."""

from chainrule.files.weights.keras_files import from_keras
from chainrule.files.weights.pytorch_files import from_torch
from chainrule.files.weights.report import WeightsReport
from chainrule.files.weights.sklearn_estimators import from_sklearn

__all__ = ["WeightsReport", "from_keras", "from_sklearn", "from_torch"]
