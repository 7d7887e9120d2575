"""Files: models as safetensors, and the book's pickles read safely."""

from chainrule.files.models import load, save
from chainrule.files.pickles import load_book_weights

__all__ = ["load", "load_book_weights", "save"]
