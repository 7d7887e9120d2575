"""Files: models as safetensors, the book's pickles read safely, weights of other libraries."""

from chainrule.files.models import load, save
from chainrule.files.pickles import load_book_weights
from chainrule.files.weights import WeightsReport, from_keras, from_sklearn, from_torch

__all__ = ["WeightsReport", "from_keras", "from_sklearn", "from_torch", "load", "load_book_weights", "save"]
