"""Cases of normalization."""

from __future__ import annotations

import numpy as np

from chainrule.layers.normalization import BatchNorm, GroupNorm, LayerNorm, RMSNorm
from tests.cases.form import MASKED, MASKED_TRAINING, TRAINING, LayerCase

SOME_ROWS = TRAINING._replace(rows=np.array([1.0, 0.0, 1.0, 1.0]))

LAYER_CASES = [
    LayerCase("batch norm in training", BatchNorm(), (6, 3), TRAINING),
    LayerCase("batch norm in training, pictures", BatchNorm(epsilon=0.1), (2, 3, 2, 4), TRAINING),
    LayerCase("batch norm in training, one example over time", BatchNorm(), (1, 5, 3), TRAINING),
    LayerCase("batch norm in training, masked", BatchNorm(), (3, 5, 2), MASKED_TRAINING),
    LayerCase("batch norm in training, rows that do not count", BatchNorm(), (4, 3, 2), SOME_ROWS),
    LayerCase("batch norm in inference, masked", BatchNorm(), (3, 5, 2), MASKED),
    LayerCase("batch norm in inference", BatchNorm(), (6, 3)),
    LayerCase("batch norm in inference, pictures", BatchNorm(), (2, 3, 2, 4)),
    LayerCase("layer norm", LayerNorm(), (4, 5)),
    LayerCase("layer norm over time", LayerNorm(epsilon=0.1), (3, 2, 5)),
    LayerCase("group norm", GroupNorm(2), (4, 6)),
    LayerCase("group norm, pictures", GroupNorm(2, epsilon=0.1), (2, 3, 2, 4)),
    LayerCase("group norm, one channel in each", GroupNorm(3), (2, 5, 3)),
    LayerCase("group norm in training, masked", GroupNorm(2), (3, 5, 4), MASKED_TRAINING),
    LayerCase("group norm in inference, masked", GroupNorm(1), (3, 5, 2), MASKED),
    LayerCase("rms norm", RMSNorm(), (4, 5)),
    LayerCase("rms norm over time", RMSNorm(epsilon=0.1), (3, 2, 5)),
]
