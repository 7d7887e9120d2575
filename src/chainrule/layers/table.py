"""Every layer class by the name that model files use."""

from __future__ import annotations

from chainrule import layers
from chainrule.layers.base import Layer

_PUBLIC = {name: getattr(layers, name) for name in dir(layers) if name != "LAYERS"}

LAYERS: dict[str, type[Layer]] = {
    name: layer for name, layer in _PUBLIC.items() if isinstance(layer, type) and layer is not Layer
}
"""Every layer class by the name that model files use."""
