"""Cases of pooling."""

from __future__ import annotations

import numpy as np

from chainrule.arrays import Mode
from chainrule.layers.pooling import AveragePool, GlobalAveragePool, MaxPool
from tests.cases.form import LayerCase

FULL_SHORT_EMPTY = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [0, 0, 0, 0, 0], [1, 0, 0, 0, 0]])

LAYER_CASES = [
    LayerCase("max pool, row left over", MaxPool(2), (3, 7, 2)),
    LayerCase("max pool, overlapping", MaxPool(3, stride=1), (3, 5, 2)),
    LayerCase("max pool, window 4 stride 3, same", MaxPool(4, stride=3, padding="same"), (3, 8, 2)),
    LayerCase("max pool, one step", MaxPool(2, padding="same"), (3, 1, 2)),
    LayerCase("max pool of pictures, rows left over", MaxPool(2), (2, 5, 7, 2)),
    LayerCase("max pool of pictures, overlapping, same", MaxPool(3, stride=2, padding="same"), (2, 6, 5, 2)),
    LayerCase("max pool of pictures, gaps", MaxPool((2, 1), stride=(3, 2)), (2, 7, 4, 2)),
    LayerCase("average pool, row left over", AveragePool(3), (3, 8, 2)),
    LayerCase("average pool, overlapping", AveragePool(3, stride=2), (3, 6, 2)),
    LayerCase("average pool, same", AveragePool(4, stride=1, padding="same"), (3, 5, 2)),
    LayerCase("average pool, one step", AveragePool(1), (3, 1, 2)),
    LayerCase("average pool of pictures", AveragePool(2), (3, 4, 5, 2)),
    LayerCase("average pool of pictures, same", AveragePool(3, stride=(2, 1), padding="same"), (2, 5, 3, 2)),
    LayerCase("average pool of pictures, gaps", AveragePool((1, 2), stride=3), (2, 5, 6, 2)),
    LayerCase("global average", GlobalAveragePool(), (3, 4, 2)),
    LayerCase("global average of pictures", GlobalAveragePool(), (3, 4, 3, 2)),
    LayerCase("global average, masked", GlobalAveragePool(), (4, 5, 2), Mode(mask=FULL_SHORT_EMPTY)),
]
