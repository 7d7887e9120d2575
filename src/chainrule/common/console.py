"""Text for people: it is shown as well as the console can, and a console that cannot show it stops nothing.

Programs without a window have no ``sys.stdout``, consoles of editors only write and flush, those of Windows know few
characters (cp949), and a terminal may be closed under a program that shall go on.
"""

from __future__ import annotations

import errno
import sys
import unicodedata
from typing import Any

from chainrule.common.languages import language, speaking
from chainrule.common.texts import tr

_PLAIN = {"✓": "O", "✗": "X", "←": "<-", "→": "->", "–": "-", "—": "-", "━": "-", "▀": "#", "…": "...", "·": "."}
_PLAIN |= {"×": "x", "∂": "d", "²": "^2", "³": "^3", "−": "-"}
_HANGUL = "한글"  # what an encoding needs to have, or Korean is not printed in it: English loses no letter


class Console:
    """A text stream in front of another one, or of none.

    Parameters
    ----------
    stream
        What `sys.stdout` or `sys.stderr` may be: a text stream, an object with `write` and `flush` only, or None.

    Attributes
    ----------
    gone
        Whether the terminal behind the stream was closed.
    """

    def __init__(self, stream: Any) -> None:
        self._stream, self.gone = stream, False

    @property
    def encoding(self) -> str:
        """The name of the characters that can be shown."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        """Write a text; what cannot be encoded is replaced by what looks like it."""
        try:
            self._write(text)
        except UnicodeEncodeError:
            try:
                self._write(encodable(text, self.encoding))
            except (UnicodeEncodeError, LookupError):  # it does not say its encoding, or another one
                self._write(encodable(text, "ascii"))
        return len(text)

    def _write(self, text: str) -> None:
        try:
            if self._stream is not None:
                self._stream.write(text)
        except UnicodeEncodeError:
            raise
        except ValueError:
            pass  # closed or detached, so nobody reads it
        except OSError as error:
            self._unless_gone(error)

    def flush(self) -> None:
        """Bring the text to the reader."""
        try:
            if self._stream is not None:
                self._stream.flush()
        except ValueError:
            pass
        except OSError as error:
            self._unless_gone(error)

    def isatty(self) -> bool:
        """Return whether a person looks at a terminal."""
        try:
            return bool(self._stream.isatty())
        except (AttributeError, ValueError):
            return False

    def fileno(self) -> int:
        """Return the file's number; an OSError if there is none, as for other streams in memory."""
        try:
            return int(self._stream.fileno())
        except (AttributeError, ValueError) as error:
            raise OSError("The console has no file.") from error

    def _unless_gone(self, error: OSError) -> None:
        if error.errno != errno.EIO:  # a reader that went away, or a full disk, is the writer's business
            raise error
        self.gone = True


def out() -> Console:
    """Return the way to standard output as it is now."""
    return Console(sys.stdout)


def say(english: str, /, **values: object) -> None:
    """Print a line for people in their language, at once."""
    stream = out()
    with speaking(shown_language(stream.encoding)):
        print(tr(english, **values), file=stream, flush=True)


def shown_language(encoding: str, asked: str | None = None) -> str:
    """Return the language that is asked for, or that of the context, if an encoding has its letters; else English."""
    return language(asked) if encodable(_HANGUL, encoding) == _HANGUL else "en"


def encodable(text: str, encoding: str) -> str:
    r"""Return a text with what an encoding lacks replaced: by what looks like it, else by Python's escape.

    >>> print(encodable("2 → 3 … é x² 값", "ascii"))
    2 -> 3 ... e x^2 \uac12
    """
    return "".join(_shown(character, encoding) for character in text)


def _shown(character: str, encoding: str) -> str:
    for candidate in character, _PLAIN.get(character, ""), unicodedata.normalize("NFKD", character)[:1]:
        if candidate and candidate.encode(encoding, "ignore").decode(encoding, "ignore") == candidate:
            return candidate
    return character.encode("ascii", "backslashreplace").decode("ascii")
