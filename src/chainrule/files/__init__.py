"""Files: models as safetensors, and the book's pickles read safely."""

from chainrule.files.models import load, save

__all__ = ["load", "save"]
