"""`chainrule plan`: what training on several devices would cost: memory, bytes that are sent, time."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from chainrule.cli.inputs import ModelArgument
from chainrule.cli.output import JsonOption, one_of, print_json
from chainrule.common.console import say
from chainrule.common.errors import InputError
from chainrule.common.number_text import bytes_text, seconds_text
from chainrule.common.text_table import text_table
from chainrule.common.texts import later, tr
from chainrule.engines import costs
from chainrule.engines.costs import Memory, Step, Training
from chainrule.equations.optimizers import OPTIMIZERS
from chainrule.files.models import load_described

EXAMPLE = "Example: chainrule plan digits.safetensors --devices 64 --batch 8192"

_ETHERNET = 1.25
"""GB/s of 10 Gbit Ethernet."""

_MOST = 10**9
"""Devices, and examples of a batch: of many more, times are no floats."""

_HELD = {
    "parameters": later("parameters"),
    "optimizer": later("state of the optimizer"),
    "gradients": later("gradients"),
    "exchanged": later("room for the exchange"),
    "activations": later("activations"),
    "inputs": later("inputs that wait, at most"),
}

_COLUMNS = (
    later("devices"),
    later("examples on each"),
    later("computing"),
    later("exchange"),
    later("time of a step"),
    later("times as fast"),
)


def run(
    model: ModelArgument,
    devices: Annotated[int, typer.Option(min=1, max=_MOST, metavar="N", help="How many devices train together.")],
    batch: Annotated[
        int, typer.Option(min=1, max=_MOST, metavar="N", help="Examples per step, on all devices together.")
    ],
    sharded: Annotated[
        bool, typer.Option("--sharded", help="Parameters and the optimizer's state are divided among the devices, too.")
    ] = False,
    optimizer: Annotated[str, typer.Option(metavar="NAME", help=f"One of {', '.join(OPTIMIZERS)}.")] = "adam",
    bandwidth: Annotated[
        float | None,
        typer.Option(
            metavar="GB/S",
            help="What a device sends in a second, in 10^9 bytes.",
            show_default="measured if there are several devices here, else that of 10 Gbit Ethernet, 1.25",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what training on several devices costs: the memory of each, the bytes that it sends, and the time of a step.

    Memory and bytes follow from the model. How long a device computes is measured here, with JAX, on one device; the
    exchange is the bytes that a device sends in a step by what it sends in a second. The plan is for devices like this
    one, of which each has its own cores or its own GPU.
    """
    if batch < devices:
        raise InputError(
            "A batch of {batch} rows leaves some of {devices} devices without one: take a larger --batch, or fewer "
            "--devices.",
            batch=batch,
            devices=devices,
        )
    if bandwidth is not None and not 0 < bandwidth < float("inf"):
        raise InputError("--bandwidth is a finite number above 0, but it is {bandwidth}.", bandwidth=bandwidth)
    rule = OPTIMIZERS[one_of("optimizer", optimizer, OPTIMIZERS)]()
    network, _ = load_described(model)
    assert network.input_shape is not None
    training = Training(network.body, network.params, network.input_shape, network.dtype, rule, batch, sharded)
    from chainrule.engines import xla_timing

    pace = xla_timing.measured_pace(training, network.loss, devices)
    speed, source = _bandwidth(bandwidth, xla_timing.measured_bandwidth(costs.bytes_of_gradients(training)))
    held, steps = costs.memory(training, devices), costs.scaling(training, devices, pace, speed)
    if as_json:
        print_json({"model": str(model), **_described(training, held, steps), "bandwidth": speed})
        return
    say(
        "{model}, devices: {devices:,}, examples in a batch: {batch:,}, of these on each device: {rows:,}",
        model=model,
        devices=devices,
        batch=batch,
        rows=steps[-1].rows,
    )
    print(f"\n{_memory(held)}\n\n{_scaling(steps)}\n")
    say(
        "Computing was measured here on one device, examples: {rows}; other times follow from that.",
        rows=" / ".join(f"{rows:,}" for rows in pace.seconds),
    )
    if devices > 1:
        say(
            "A device sends {sent} in a step; the exchange is computed from {speed:.3g} GB/s, {source}.",
            sent=bytes_text(costs.sent(training, devices)),
            speed=speed / 1e9,
            source=source,
        )


def _bandwidth(given: float | None, measured: float | None) -> tuple[float, str]:
    """Return what a device sends, in bytes a second, and where the number is from."""
    if given is not None:
        return given * 1e9, tr("which --bandwidth says")
    if measured is not None:
        return measured, tr("which was measured between the devices here")
    return _ETHERNET * 1e9, tr("those of 10 Gbit Ethernet (--bandwidth says another)")


def _described(training: Training, held: Memory, steps: list[Step]) -> dict[str, Any]:
    """Return a plan as plain data, in bytes and seconds."""
    last = steps[-1]
    return {
        "devices": last.devices,
        "batch": training.batch,
        "sharded": training.sharded,
        "memory": held._asdict(),
        "sent": costs.sent(training, last.devices),
        "steps": [{**step._asdict(), "seconds": step.seconds} for step in steps],
    }


def _memory(held: Memory) -> str:
    rows = [[tr(_HELD[name]), bytes_text(size)] for name, size in held._asdict().items() if size]
    return text_table([tr("a device holds"), ""], [*rows, [tr("in all"), bytes_text(sum(held))]])


def _scaling(steps: list[Step]) -> str:
    first = steps[0].seconds
    rows = [
        [
            f"{step.devices:,}",
            f"{step.rows:,}",
            seconds_text(step.computing),
            seconds_text(step.exchange) if step.exchange else "",
            seconds_text(step.seconds),
            f"{first / step.seconds:.2f}",
        ]
        for step in steps
    ]
    return text_table(tuple(map(tr, _COLUMNS)), rows, texts=())
