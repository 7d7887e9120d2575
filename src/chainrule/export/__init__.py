"""Networks as those of other libraries."""

from chainrule.export.keras import to_keras
from chainrule.export.pytorch import to_torch

__all__ = ["to_keras", "to_torch"]
