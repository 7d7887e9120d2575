"""The plain arguments of `Network.fit`, checked and normalized."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from chainrule.common.settings import Checked, Each, Either, Flag, Instance, Maybe, Number, OneOf, Place, Rule, Whole
from chainrule.engines.choose import ENGINE_OR_AUTO
from chainrule.engines.devices import Devices, Hardware
from chainrule.training.callbacks import Callback
from chainrule.training.checkpoint import Checkpoint


@dataclass(frozen=True, kw_only=True)
class FitSettings(Checked):
    """How `Network.fit` trains, whatever it trains on."""

    epochs: int
    batch_size: int
    accumulate: int
    seed: int
    validation_split: float
    steps_per_epoch: int | None
    callbacks: Sequence[Callback]
    checkpoint: Any
    engine: str
    precision: str | None
    devices: Any
    restart: bool
    verbose: bool
    owner = "fit"
    rules: ClassVar[dict[str, Rule]] = {
        "epochs": Whole(1),
        "batch_size": Whole(1),
        "accumulate": Whole(1, meaning="how many batches make a step"),
        "seed": Whole(0),
        "validation_split": Number(0, 1, closed="left", meaning="the share of the examples to keep"),
        "steps_per_epoch": Maybe(Whole(1)),
        "callbacks": Each(Instance(Callback, "a callback"), "a list of callbacks", least=0),
        "checkpoint": Maybe(Either(Place(), Instance(Checkpoint, "a Checkpoint"))),
        "engine": ENGINE_OR_AUTO,
        "precision": Maybe(OneOf(["bfloat16"])),
        "devices": Maybe(Either(Whole(1), OneOf(["all"]), Instance(Devices, "Devices"))),
        "restart": Flag(),
        "verbose": Flag(),
    }

    @property
    def hardware(self) -> Hardware:
        """What the XLA engine runs on."""
        devices = self.devices
        return Hardware(
            self.precision, devices if devices is None or isinstance(devices, Devices) else Devices(devices)
        )
