"""The `chainrule` command."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import warnings
from collections.abc import Sequence
from typing import Annotated

import typer

import chainrule
from chainrule.cli import (
    check,
    datasets,
    diagnose,
    evaluate,
    exercise,
    explain,
    export,
    figures,
    gates,
    info,
    lab,
    plan,
    plot,
    predict,
    serve,
    summary,
    tour,
    train,
    usage,
)
from chainrule.cli.command import Command, Group, LangOption, check_language, speaking_command, warn_of_unknown_language
from chainrule.cli.stopping import stopping
from chainrule.common.atomic import reason
from chainrule.common.console import Console
from chainrule.common.errors import ChainruleError
from chainrule.common.languages import speaking
from chainrule.common.texts import later, tr

app = typer.Typer(
    cls=Group,
    help="Neural networks with every equation written out by hand.",
    epilog="Example: chainrule train mnist-small --out digits.safetensors",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
_CHECK = later("Check your own code:")
_SEE = later("See what a network does:")
_COMMANDS = {
    later("Train and use:"): (train, evaluate, predict, info, summary, plan, datasets),
    _SEE: (lab, explain, diagnose, gates, figures, tour),
    _CHECK: (check,),
    later("Take a model elsewhere:"): (export, serve),
}
"""The commands, by what people come for."""
for purpose, commands in _COMMANDS.items():
    for command in commands:
        name = command.__name__.rpartition(".")[2]
        app.command(name, cls=Command, epilog=command.EXAMPLE, rich_help_panel=purpose)(speaking_command(command.run))
app.add_typer(plot.app, name="plot", rich_help_panel=_SEE)
app.add_typer(exercise.app, name="exercise", rich_help_panel=_CHECK)

_INTERRUPTED = 128 + signal.SIGINT


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
    lang: LangOption = None,
) -> None:
    check_language(lang)
    warn_of_unknown_language()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status.

    It is 2 after an error of the user's, told in one sentence, and 128 plus the signal's number if one ended the
    command; Ctrl-C in training is no error.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    out, err = Console(sys.stdout), Console(sys.stderr)
    try:
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            warnings.catch_warnings(),
            stopping,
            speaking(usage.told_in(arguments, out.encoding)),
        ):
            warnings.showwarning = _warn
            status = _run(arguments)
    except KeyboardInterrupt:  # in the moment before or after
        status = _INTERRUPTED
    for console in out, err:
        _let_go(console)
    return status


def _run(arguments: list[str]) -> int:
    try:
        status = app(arguments or ["--help"], prog_name="chainrule", standalone_mode=False) or 0
        sys.stdout.flush()
    except usage.UsageError as error:
        return _fail(usage.sentence(error))
    except ChainruleError as error:
        return _fail(str(error))
    except MemoryError as error:
        return _fail(tr("there is not enough memory. {error}", error=error))
    except (BrokenPipeError, SystemExit):  # the reader of our output, such as head, has gone
        return 1
    except OSError as error:
        return _fail(f"{error.filename}: {reason(error)}" if error.filename else reason(error))
    except (typer.Abort, KeyboardInterrupt):
        status = _INTERRUPTED
    if stopping.received in (None, signal.SIGINT):
        return int(status)
    if status == _INTERRUPTED:
        _fail(tr("stopped by {signal}; nothing was saved.", signal=stopping.name))
    return 128 + stopping.received


def _warn(message: Warning | str, *_: object, **__: object) -> None:
    _fail(str(message))


def _fail(sentence: str) -> int:
    with contextlib.suppress(OSError):
        print("chainrule:", sentence.replace("\n", " "), file=sys.stderr)
    return 2


def _let_go(console: Console) -> None:
    """Leave nothing in a stream that cannot be written to: Python's own flush at exit would fail on it."""
    try:
        console.flush()
        broken = console.gone
    except OSError:
        broken = True
    if broken:
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), console.fileno())
