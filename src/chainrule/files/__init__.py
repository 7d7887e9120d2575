"""Files: models as safetensors, networks from ONNX, and the book's pickles read safely."""

from chainrule.files.models import load, save
from chainrule.files.onnx_in import from_onnx
from chainrule.files.pickles import load_book_weights

__all__ = ["from_onnx", "load", "load_book_weights", "save"]
