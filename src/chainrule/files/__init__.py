"""Files: models as safetensors, networks from ONNX, the book's pickles read safely, weights of other libraries."""

from chainrule.files.models import load, save
from chainrule.files.onnx_in import from_onnx
from chainrule.files.pickles import load_book_weights
from chainrule.files.weights import WeightsReport, from_keras, from_sklearn, from_torch

__all__ = [
    "WeightsReport",
    "from_keras",
    "from_onnx",
    "from_sklearn",
    "from_torch",
    "load",
    "load_book_weights",
    "save",
]
