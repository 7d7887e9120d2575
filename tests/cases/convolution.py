"""Cases of the convolutional layers: every way of `windows`, stride, dilation, groups, padding and odd size."""

from __future__ import annotations

from chainrule.layers.convolution import Conv1D, Conv2D
from tests.cases.form import MASKED, LayerCase

LAYER_CASES = [
    LayerCase("conv1d", Conv1D(3, 3), (2, 5, 2)),
    LayerCase("conv1d, even kernel, same, stride 2", Conv1D(3, 4, stride=2, padding="same"), (2, 7, 2)),
    LayerCase("conv1d, causal, dilation 3", Conv1D(2, 3, padding=[(6, 0)], dilation=3), (2, 8, 2)),
    LayerCase("conv1d, stride 3, rest, no bias", Conv1D(2, 2, stride=3, bias=False), (2, 10, 2)),
    LayerCase("conv1d, depthwise", Conv1D(3, 3, padding="same", groups=3), (2, 5, 3)),
    LayerCase("conv1d, kernel as long as the input", Conv1D(2, 5), (2, 5, 1)),
    LayerCase("conv1d, same, masked", Conv1D(3, 3, padding="same"), (3, 5, 2), MASKED),
    LayerCase("conv1d, causal, dilation 2, masked", Conv1D(2, 2, padding=[(2, 0)], dilation=2), (3, 5, 2), MASKED),
    LayerCase("conv2d, one channel, same", Conv2D(2, (3, 2), padding="same"), (2, 5, 4, 1)),
    LayerCase("conv2d, stride (2, 3), rest", Conv2D(2, 3, stride=(2, 3)), (2, 6, 7, 1)),
    LayerCase("conv2d, dilation (2, 3)", Conv2D(2, 2, padding=[(0, 2), (1, 0)], dilation=(2, 3)), (2, 5, 6, 2)),
    LayerCase("conv2d, 1x1", Conv2D(4, 1), (2, 3, 4, 3)),
    LayerCase("conv2d, 1x1, stride 2", Conv2D(3, 1, stride=2), (2, 4, 5, 2)),
    LayerCase("conv2d, kernel as large as the padded input", Conv2D(2, (5, 4), padding=1), (2, 3, 2, 2)),
    LayerCase("conv2d, groups 2, same", Conv2D(2, 3, padding="same", groups=2), (2, 4, 5, 4)),
    LayerCase("conv2d, groups 2, padding 2", Conv2D(4, 2, stride=(1, 2), padding=2, groups=2), (2, 3, 4, 4)),
    LayerCase("conv2d, depthwise, stride 2", Conv2D(3, 3, stride=2, padding=[(0, 1), (1, 1)], groups=3), (2, 5, 6, 3)),
    LayerCase("conv2d, two filters per channel", Conv2D(6, 2, dilation=2, groups=3), (2, 4, 5, 3)),
    LayerCase("conv2d, wide", Conv2D(50, (1, 2)), (2, 1, 40, 1)),
]
