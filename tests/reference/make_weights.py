"""Write weights_*: small models of PyTorch and Keras, with what they compute.

Run it by itself where both are installed: ``KERAS_BACKEND=torch python make_weights.py``. The models are written as a
user of those libraries would, with the channels of pictures first in PyTorch; inputs and outputs are in our layout.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import torch
from keras import layers
from torch import nn

HERE = Path(__file__).parent
RNG = np.random.default_rng(17)
PICTURES = RNG.standard_normal((7, 9, 8, 4)).astype(np.float32)
SEQUENCES = RNG.standard_normal((7, 6, 5)).astype(np.float32)
WORDS = RNG.integers(0, 11, (7, 6))


def draw(name: str, shape: tuple[int, ...]) -> Any:
    return (RNG.random(shape) + 0.5 if "var" in name else 0.4 * RNG.standard_normal(shape)).astype(np.float32)


class Pictures(nn.Module):  # type: ignore[misc]
    """Convolutions are defined before normalizations, and the last layer before the one that it follows."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(4, 6, 3, groups=2), nn.Conv2d(6, 4, (2, 3), dilation=(2, 1), padding=(1, 1))
        self.bn1, self.bn2, self.gn = nn.BatchNorm2d(6), nn.BatchNorm1d(36), nn.GroupNorm(2, 4)
        self.out, self.hidden = nn.Linear(5, 3, bias=False), nn.Linear(36, 5)

    def forward(self, x: Any) -> Any:
        x = torch.relu(self.bn1(self.conv1(x)))
        x = nn.functional.max_pool2d(self.gn(self.conv2(x)), 2, 2)
        return self.out(torch.tanh(self.hidden(self.bn2(x.flatten(1)))))


class Sequences(nn.Module):  # type: ignore[misc]
    """Every recurrent module, one with two layers that run both ways."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn, self.gru = nn.RNN(5, 4, batch_first=True), nn.GRU(4, 3, batch_first=True, bidirectional=True)
        self.lstm = nn.LSTM(6, 4, num_layers=2, bidirectional=True, batch_first=True)
        self.norm, self.rms, self.head = nn.LayerNorm(8), nn.RMSNorm(8, 1e-6), nn.Linear(8, 2)

    def forward(self, x: Any) -> Any:
        x, _ = self.gru(self.rnn(x)[0])
        _, (h, _) = self.lstm(x)
        return self.head(self.rms(self.norm(torch.cat([h[-2], h[-1]], 1))))


class Words(nn.Module):  # type: ignore[misc]
    """An embedding whose sequence is convolved, so that what is flattened has its channels first."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.conv, self.fc = nn.Embedding(11, 5), nn.Conv1d(5, 4, 3), nn.Linear(16, 3)

    def forward(self, x: Any) -> Any:
        return self.fc(self.conv(self.embedding(x).mT).flatten(1))


def torch_arrays(model: Any, x: Any) -> dict[str, Any]:
    model.eval().load_state_dict(
        {k: torch.tensor(draw(k, v.shape)) if v.is_floating_point() else v for k, v in model.state_dict().items()}
    )
    with torch.no_grad():
        y = model(torch.tensor(x).movedim(-1, 1) if x.ndim == 4 else torch.tensor(x))
    return {"x": x, "y": y.numpy(), **{f"state.{name}": value.numpy() for name, value in model.state_dict().items()}}


def keras_models() -> dict[str, tuple[Any, Any]]:
    pictures = keras.Sequential(
        [
            keras.Input(PICTURES.shape[1:]),
            layers.DepthwiseConv2D(3, depth_multiplier=2),
            layers.Conv2D(6, 3, strides=2, padding="same", use_bias=False),
            layers.BatchNormalization(scale=False),
            layers.ReLU(),
            layers.GroupNormalization(3, epsilon=1e-5),
            layers.Flatten(),
            layers.Dropout(0.5),
            keras.Sequential([layers.Dense(5, activation="tanh"), layers.Dense(5, activation="tanh")]),
            layers.Dense(5),
        ]
    )
    sequences = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Embedding(11, 5),
            layers.Conv1D(4, 3, padding="same"),
            layers.SimpleRNN(4, return_sequences=True),
            layers.Bidirectional(layers.GRU(3, return_sequences=True)),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
            layers.GRU(4, return_sequences=True),
            layers.LSTM(3),
            layers.LayerNormalization(),
            layers.RMSNormalization(),
            layers.Dense(2),
        ]
    )
    return {"pictures": (pictures, PICTURES), "sequences": (sequences, WORDS)}


def main() -> None:
    """Write the files."""
    arrays: dict[str, Any] = {}
    for name, model, x in (
        ("pictures", Pictures(), PICTURES),
        ("sequences", Sequences(), SEQUENCES),
        ("words", Words(), WORDS),
    ):
        arrays |= {f"torch_{name}/{key}": value for key, value in torch_arrays(model, x).items()}
    for name, (model, x) in keras_models().items():
        model.set_weights([draw(w.path, w.shape) for w in model.weights if "seed" not in w.path])
        arrays |= {f"keras_{name}/x": x, f"keras_{name}/y": model.predict(x, verbose=0)}
        model.save(HERE / f"weights_{name}.keras")
    np.savez_compressed(HERE / "weights.npz", **arrays)


if __name__ == "__main__":
    main()
