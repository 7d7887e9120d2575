"""The `chainrule` command."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

import chainrule
from chainrule.cli import check, datasets, evaluate, gates, predict, train
from chainrule.common.errors import ChainruleError

app = typer.Typer(
    help="Neural networks with every equation written out by hand.",
    epilog="Example: chainrule train mnist-small --out digits.safetensors",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("train", epilog=train.EXAMPLE)(train.run)
app.command("evaluate", epilog=evaluate.EXAMPLE)(evaluate.run)
app.command("predict", epilog=predict.EXAMPLE)(predict.run)
app.command("check", epilog=check.EXAMPLE)(check.run)
app.command("gates", epilog=gates.EXAMPLE)(gates.run)
app.command("datasets", epilog=datasets.EXAMPLE)(datasets.run)

_UsageError: Any = typer.BadParameter.__base__  # typer has no public name for the class of wrong options


def _print_version(wanted: bool) -> bool:
    if wanted:
        print(f"chainrule {chainrule.__version__}")
        raise typer.Exit
    return wanted


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 2 after an error of the user's, told in one sentence."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        status = app(arguments or ["--help"], prog_name="chainrule", standalone_mode=False)
        sys.stdout.flush()
        return status or 0
    except _UsageError as error:
        command = error.ctx.command_path if error.ctx else "chainrule"
        return _fail(f"{error.format_message()} (see: {command} --help)")
    except ChainruleError as error:
        return _fail(str(error))
    except MemoryError as error:
        return _fail(f"there is not enough memory. {error}")
    except BrokenPipeError:
        # The reader of our output, such as head, has gone. Python's own flush at exit must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except typer.Abort:
        return 130


def _fail(sentence: str) -> int:
    print("chainrule:", sentence.replace("\n", " "), file=sys.stderr)
    return 2
