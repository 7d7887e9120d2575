"""The errors that chainrule raises on purpose; each message says the rule, what came and the likely fix.

The text of each is told in the language of whoever reads it; the class and what the error carries are the same.
"""

from __future__ import annotations

from chainrule.common.texts import tr


class Told(Exception):  # noqa: N818 - a base, which says nothing by itself
    """Base class of what is raised with a text in the reader's language.

    Parameters
    ----------
    english
        The text as `tr` takes it.
    **values
        What is written in its places.
    """

    def __init__(self, english: str = "", /, **values: object) -> None:
        super().__init__(*([tr(english, **values)] if english else []))


class ChainruleError(Told):
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


class ProcessError(ChainruleError, RuntimeError):
    """A run of several processes that cannot begin, or cannot go on because one of them is gone."""


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


def missing_extra(what: str, package: str, extra: str) -> MissingExtraError:
    """Return the error of a feature whose package is not installed."""
    return MissingExtraError(
        "{what} needs {package}, which is not installed: pip install 'chainrule[{extra}]'",
        what=tr(what),
        package=package,
        extra=extra,
    )


def warn(english: str, category: type[Warning], /, **values: object) -> None:
    """Warn in the reader's language, with the line of the user's that called into the package as the place."""
    import sys
    import warnings

    depth, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "chainrule":
        depth, frame = depth + 1, frame.f_back
    warnings.warn(tr(english, **values), category, stacklevel=depth)
