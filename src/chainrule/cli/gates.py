"""`chainrule gates`: logic gates as perceptrons, and why XOR takes two layers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from chainrule.cli.output import JsonOption, print_json
from chainrule.common import atomic, drawing
from chainrule.common.console import say
from chainrule.common.text_table import text_table
from chainrule.common.texts import later, tr
from chainrule.lessons.perceptron import AND, NAND, OR, Perceptron, forward, learn, xor, xor_network
from chainrule.plots.gates import plot_gates

EXAMPLE = "Example: chainrule gates --out gates.png"

_CORNERS = [[0, 0], [0, 1], [1, 0], [1, 1]]
_LINES = {"AND": [AND], "OR": [OR], "NAND": [NAND], "XOR": [OR, NAND]}
_WHY = later("""\
No single line separates XOR: its ones, (0,1) and (1,0), and its zeros, (0,0)
and (1,1), have the same midpoint, which cannot lie on both sides of a line.""")
_NETWORK = later("XOR network")


def run(
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Also draw them to this PNG, PDF or SVG.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show AND, OR, NAND and XOR as perceptrons.

    Their truth tables, the lines that separate ones from zeros, and what the perceptron rule learns of them.
    """
    if out is not None:
        atomic.check(out)
        drawing.write(plot_gates(), out)
    truth = {
        "AND": AND(_CORNERS).tolist(),
        "OR": OR(_CORNERS).tolist(),
        "NAND": NAND(_CORNERS).tolist(),
        "XOR": xor(_CORNERS).tolist(),
        _NETWORK: forward(xor_network(), _CORNERS).ravel().tolist(),
    }
    if as_json:
        print_json({"inputs": _CORNERS, **truth, "out": None if out is None else str(out)})
        return
    columns = zip(*truth.values(), strict=True)
    rows = [[f"{x1} {x2}", *map(str, outputs)] for (x1, x2), outputs in zip(_CORNERS, columns, strict=True)]
    print(text_table(["x1 x2", *map(tr, truth)], rows))
    say("XOR is AND(NAND(x), OR(x)); the network has NAND and OR hidden, AND as output.\n")
    plots = [_plot(name, lines, truth[name]) for name, lines in _LINES.items()]
    for line in zip(*plots, strict=True):
        print("   ".join(line).rstrip())
    say("\nx1 goes right, x2 up; the dots mark where the output is 1.\n")
    for name in _LINES:
        learned = learn(_CORNERS, truth[name])
        if learned.converged:
            say("{name:<5} the perceptron rule learns it in {epochs} epochs", name=name, epochs=len(learned.mistakes))
        else:
            say(
                "{name:<5} the perceptron rule has not learned it after {epochs} epochs",
                name=name,
                epochs=len(learned.mistakes),
            )
    print(f"\n{tr(_WHY)}")
    if out is not None:
        say("\nsaved to {file}", file=out)


def _plot(name: str, lines: Sequence[Perceptron], outputs: Sequence[int]) -> list[str]:
    """Return the lines of text of a plot from -0.5 to 1.5, a character being 1/8 wide and 1/4 high.

    The output is 1 where every perceptron of ``lines`` gives 1.
    """
    x1, x2 = np.meshgrid(np.linspace(-0.5, 1.5, 17), np.linspace(1.5, -0.5, 9))
    above = [x1 * line.weights[0] + x2 * line.weights[1] + line.bias for line in lines]
    cells = np.where(np.min(above, axis=0) > 0, ".", " ")
    for values in above:
        cells[np.abs(values) < 0.063] = "\\"
    for (x, y), output in zip(_CORNERS, outputs, strict=True):
        cells[6 - 4 * y, 4 + 8 * x] = str(output)
    return [f"{name:^17}", *("".join(row) for row in cells.tolist())]
