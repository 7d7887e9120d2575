"""What a NumPy script does with the columns of a table before the network gets them."""

from __future__ import annotations

import textwrap

from chainrule.common.errors import InputError
from chainrule.common.texts import tr
from chainrule.export.python_code import Bracket, comment, list_of, quoted
from chainrule.tables import TableModel
from chainrule.tables.encoders import Boolean, Categorical, Date, Encoder, Numeric, Picture
from chainrule.tables.frames import MISSING
from chainrule.tables.number_texts import PLAIN
from chainrule.tables.recognition import BOOLEANS

_NO_BREAK = "\0"
_MISSING_LINES = textwrap.wrap(", ".join(quoted(word).replace(" ", _NO_BREAK) for word in MISSING) + ",", 76)
_SPELLINGS = """

# What stands for a missing value in a table, in small letters.
# fmt: off
MISSING = {{
{lines}
}}
# fmt: on
""".format(lines="\n".join(f"    {line}" for line in _MISSING_LINES).replace(_NO_BREAK, " "))
_TRUTHS = """

# What truth values are called, in small letters.
TRUTHS = {{
{lines}
}}
""".format(lines="\n".join(f'    "{no}": "false",\n    "{yes}": "true",' for no, yes in BOOLEANS))


def check_table(model: TableModel) -> None:
    """Raise an error if the preparation of a table model is more than a short script should hold."""
    if model.past is not None:
        raise InputError(
            "The model predicts from the rows before, which a NumPy script does not look at: export one that was "
            "trained without history."
        )
    for encoder in model.preparation.encoders:
        if isinstance(encoder, Numeric) and encoder.numbers != PLAIN:
            raise _not_in_a_script(encoder, encoder.numbers.text)
        if isinstance(encoder, Date):
            raise _not_in_a_script(encoder, tr("dates"))
        if isinstance(encoder, Picture):
            raise _not_in_a_script(encoder, tr("pictures"))


def _not_in_a_script(encoder: Encoder, what: str) -> InputError:
    return InputError(
        "Column {name!r} holds {what}, whose reading is too long for a NumPy script: leave it out of the training, or "
        "make plain numbers or categories of it first.",
        name=encoder.name,
        what=what,
    )


def constants(functions: list[str]) -> str:
    """Return the constants that the functions of the preparation use."""
    text = "\n".join(functions)
    return (_SPELLINGS if "MISSING" in text else "") + (_TRUTHS if "TRUTHS" in text else "")


def prepare(model: TableModel) -> tuple[str, set[str]]:
    """Return the function that prepares the rows of a table, as a text, and the functions that it calls."""
    lines: list[str] = []
    functions = {"cells"}
    for encoder in model.preparation.encoders:
        about, calls = _numeric(encoder) if isinstance(encoder, Numeric) else _categorical(encoder)
        lines += comment(f"{quoted(encoder.name)}: {about}", indent=8)
        for call in calls:
            functions.add(call.before.rstrip("("))
            functions |= {item.before.rstrip("(") for item in call.items if isinstance(item, Bracket)} - {"["}
            lines += call.lines(8, ",")
    body = "\n".join(lines)
    text = f'''
def prepare(rows):
    """Return the inputs of the network, (n, {model.preparation.width}), for rows: a dict of texts each."""
    columns = [
{body}
    ]
    return np.column_stack(columns).astype(np.float32)
'''
    return text, functions


def _numeric(encoder: Numeric) -> tuple[str, list[Bracket]]:
    words = (f"words={encoder.words!r}".replace("'", '"'),) if encoder.words else ()
    x = Bracket("numbers(", ("rows", quoted(encoder.name), *words))
    calls = [Bracket("scaled(", (x, f"center={encoder.center!r}", f"scale={encoder.scale!r}"))]
    if encoder.missing:
        calls.append(Bracket("np.isnan(", (x,)))
    return "a number" + (", and whether it is missing" if encoder.missing else ""), calls


def _categorical(encoder: Encoder) -> tuple[str, list[Bracket]]:
    assert isinstance(encoder, Categorical)
    reading = "truths(" if isinstance(encoder, Boolean) else "cells("
    texts = Bracket(reading, ("rows", quoted(encoder.name)))
    if encoder.width < len(encoder.categories):
        minus, plus = map(quoted, encoder.categories)
        return f"-1 for {minus}, 1 for {plus}", [Bracket("plus_minus(", (texts, minus, plus))]
    calls = [Bracket("one_hot(", (texts, list_of(encoder.categories)))]
    about = "a column for each category"
    if encoder.other:
        calls.append(Bracket("others(", (texts, list_of(encoder.categories))))
        about += ", and one for all others"
    return about, calls
