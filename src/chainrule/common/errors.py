"""The errors that chainrule raises on purpose; each message says the rule, what came and the likely fix."""

from __future__ import annotations


class ChainruleError(Exception):
    """Base class: the command line prints these in one line, without a traceback."""


class InputError(ChainruleError, ValueError):
    """Data, shapes or settings that break a stated rule."""


class FileFormatError(ChainruleError, ValueError):
    """A file that is truncated, damaged, or not of the kind it should be."""


class DataUnavailableError(ChainruleError, OSError):
    """A data set that is neither on this machine nor could be downloaded, or a file that cannot be read."""


class UnwritableError(ChainruleError, OSError):
    """A file that cannot be written: a full disk, a missing folder, no permission."""


class NotFiniteError(ChainruleError, ArithmeticError):
    """Numbers that became NaN or infinite: a loss, a prediction."""


class DivergenceError(NotFiniteError):
    """Training whose numbers became NaN or infinite."""


class DataWarning(UserWarning):
    """Examples that can be computed with, but from which little can be learned."""


class NetworkWarning(UserWarning):
    """A network that can be computed with, but hardly is what was meant."""


class CheckpointWarning(UserWarning):
    """A checkpoint that could not be written or read; training goes on."""


class LogWarning(UserWarning):
    """A log that could not be written; training goes on."""


class MissingExtraError(ChainruleError, ImportError):
    """A feature whose optional dependency is not installed."""

    def __init__(self, what: str, package: str, extra: str) -> None:
        super().__init__(f"{what} needs {package}, which is not installed: pip install 'chainrule[{extra}]'")


def warn(text: str, category: type[Warning]) -> None:
    """Warn, with the line of the user's that called into the package as the place."""
    import sys
    import warnings

    depth, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "chainrule":
        depth, frame = depth + 1, frame.f_back
    warnings.warn(text, category, stacklevel=depth)
