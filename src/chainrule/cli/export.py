"""`chainrule export`: a saved model as a file that runs without chainrule."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from chainrule import export as formats
from chainrule.cli.inputs import ModelArgument, loaded_whole
from chainrule.cli.output import one_of
from chainrule.common.console import say
from chainrule.common.errors import InputError
from chainrule.common.texts import later, tr

EXAMPLE = """\
Example: chainrule export digits.safetensors --to numpy --out net.py

Example: chainrule export digits.safetensors --to onnx --out digits.onnx

Example: chainrule export digits.safetensors --to c --out net.c"""


class _Format(NamedTuple):
    """What writes a format, and how the file is used, with a place for its name."""

    write: Callable[[Path, Any, bool], list[Path]]
    use: str


def _numpy(out: Path, model: Any, single: bool) -> list[Path]:
    formats.numpy(model, out, single)
    script = out.resolve() if out.is_symlink() else out  # the weights stand beside the file itself
    return [out] if single else [out, script.with_suffix(".npz")]


def _onnx(out: Path, model: Any, single: bool) -> list[Path]:
    formats.onnx(model, out)
    return [out]


def _c(out: Path, model: Any, single: bool) -> list[Path]:
    formats.c(model, out)
    return [out]


_FORMATS = {
    "numpy": _Format(_numpy, later("python {file} rows.csv prints a prediction for each row.")),
    "onnx": _Format(_onnx, later("onnxruntime.InferenceSession({file!r}) runs it, and so do many other programs.")),
    "c": _Format(_c, later("cc -std=c99 -O2 -DNET_MAIN {file} -lm makes a program that reads rows and predicts.")),
}


def run(
    model: ModelArgument,
    to: Annotated[str, typer.Option("--to", metavar="FORMAT", help="numpy, onnx or c.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The file to write, such as net.py, net.onnx or net.c.")],
    single: Annotated[
        bool, typer.Option("--single", help="Of numpy: the weights stand in the script, and not in a file beside it.")
    ] = False,
) -> None:
    """Write a saved model as a file that runs without chainrule.

    --to numpy writes a Python script that needs NumPy alone, and its weights beside it. It explains each step in the
    textbook's names, predicts the same numbers, and runs: python net.py rows.csv. Of a model that was trained on a
    table, it reads and prepares the columns, too.

    --to onnx writes an ONNX model (the extra onnx): raw columns go in if the model was trained on a table, and raw rows
    if it is an estimator of scikit-learn.

    --to c writes one file of C99 without dependencies, for chains of dense layers and convolutions of sequences: the
    function net_predict in float32 and static buffers, and with -DNET_MAIN a program.
    """
    format = _FORMATS[one_of("format", to, _FORMATS)]
    if single and to != "numpy":
        raise InputError("--single is for --to numpy: a file in the format {to} holds its weights in any case.", to=to)
    files = format.write(out, loaded_whole(model), single)
    say("{files} written. {use}", files=" + ".join(map(str, files)), use=tr(format.use, file=str(out)))
