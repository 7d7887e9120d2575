"""Cases of embedding, of layers that only rearrange, and of spatial dropout."""

from __future__ import annotations

from chainrule.layers.dropout import SpatialDropout
from chainrule.layers.embedding import Embedding
from chainrule.layers.shape import Reshape, Upsample, ZeroPad
from tests.cases.form import TRAINING, LayerCase

LAYER_CASES = [
    LayerCase("embedding, words repeated", Embedding(vocabulary=5, units=3), (4, 6), integers=4),
    LayerCase("embedding, one number each", Embedding(vocabulary=9, units=2), (5,), integers=9),
    LayerCase("reshape", Reshape((2, -1)), (4, 3, 4)),
    LayerCase("zero pad", ZeroPad(2), (3, 4, 2)),
    LayerCase("zero pad of pictures", ZeroPad(((1, 0), (0, 2))), (3, 2, 3, 2)),
    LayerCase("upsample", Upsample(3), (3, 2, 2)),
    LayerCase("upsample of pictures", Upsample((1, 2)), (3, 2, 3, 2)),
    LayerCase("spatial dropout", SpatialDropout(0.4), (4, 3, 2, 5), TRAINING, random=True),
    LayerCase("spatial dropout in inference", SpatialDropout(0.4), (4, 3, 5)),
]
