"""What a NumPy script does besides the forward pass: it reads a CSV file and prints predictions."""

from __future__ import annotations

import math
from typing import Any

from chainrule.arrays import Shape
from chainrule.export.python_code import list_of, quoted
from chainrule.network import Network
from chainrule.tables import TableModel

_READ_NUMBERS = r'''
def is_number(text):
    """Return whether a text is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def number(text, place):
    """Return the number that a text is; place says where it stands."""
    form = r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*"
    if not re.fullmatch(form, text):
        raise ValueError(f"{{place}} is no number, but {{text!r}}")
    if abs(float(text)) > float(np.finfo({dtype}).max):
        raise ValueError(f"{{place}} is too large: {{text}}")
    return float(text)


def read(path):
    """Return the inputs in a CSV file, {size} numbers in a row; a header is skipped."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = [row for row in csv.reader(file) if row]
    if rows and not any(map(is_number, rows[0])):
        del rows[0]
    if not rows:
        raise ValueError(f"{{path}} has no row of numbers")
    for place, row in enumerate(rows, 1):
        if len(row) != {size}:
            raise ValueError(f"row {{place}} of {{path}} has length {{len(row)}}, not {size}")
        for column, text in enumerate(row):
            row[column] = number(text, f"row {{place}}, column {{column + 1}} of {{path}}")
{returned}
'''
_SCALED = """\
    X = np.array(rows, {dtype}).reshape({shape})
    raw = X.max(initial=0) > 1 and np.all(X == np.floor(X))  # as pixels of 0 to 255 are
    return X {by} if raw else X"""
_READ_TABLE = '''
def read(path):
    """Return the rows of a CSV file with a header, as dicts from columns to texts."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise ValueError(f"{path} lacks the columns {', '.join(missing)}")
    prepare(rows)  # names a wrong value by its row in the whole file
    return rows
'''
_PREDICT_CLASSES = '''
def predict(rows):
    """Return the probability of each class, (n, {classes}), for rows: a dict of texts each."""
    P = network(prepare(rows)).astype(float)
    return {returned}
'''
_PREDICT_VALUES = '''
def predict(rows):
    """Return a value for each of the rows, which are dicts from columns to texts."""
    values = network(prepare(rows))[:, 0].astype(float)
    mean, deviation = {center!r}, {scale!r}  # of training
    return values * deviation + mean
'''
_MAIN = '''
def main():
    """Print a prediction for each row of a CSV file."""
    parser = argparse.ArgumentParser(description="Print a prediction for each row.")
    parser.add_argument("rows", help="{help}")
    try:
        rows = read(parser.parse_args().rows)
        for start in range(0, len(rows), 256):  # not all at once, to save memory
            for p in predict(rows[start : start + 256]):
                print({printed})
    except (OSError, ValueError) as error:
        sys.exit(f"error: {{error}}")
'''


def parts_of_network(network: Network, dtype: str) -> list[str]:
    """Return the functions that read inputs and print the outputs of a network."""
    assert network.input_shape is not None and network.output_shape is not None
    size = math.prod(network.input_shape)
    shape = ", ".join(map(str, (-1, *network.input_shape)))
    returned = f"    return np.array(rows, {dtype}).reshape({shape})"
    if (scale := network.input_scale) not in (None, 1):
        assert scale is not None
        by = f"/ {round(1 / scale)}" if (1 / scale).is_integer() else f"* {scale!r}"
        returned = _SCALED.format(dtype=dtype, shape=shape, by=by)
    help_text = f"a CSV file with {size} numbers in each row"
    printed = _printed(network.loss.task, network.output_shape)
    return [
        _READ_NUMBERS.format(size=size, dtype=dtype, returned=returned),
        _MAIN.format(help=help_text, printed=printed),
    ]


def _printed(task: str, output_shape: Shape) -> str:
    if task == "multiclass" and len(output_shape) == 1:
        return 'p.argmax(), f"{p.max():.6f}"'
    if task == "binary" and output_shape == (1,):
        return 'int(p[0] > 0.5), f"{p[0]:.6f}"'
    return '*(f"{number:.6g}" for number in p.ravel())'


def parts_of_table(model: TableModel) -> list[str]:
    """Return the functions that read a table, predict its rows and print that."""
    target: Any = model.target
    help_text = "a CSV file with the columns of training"
    if target.task == "regression":
        predict = _PREDICT_VALUES.format(scale=target.scale, center=target.center)
        return [predict, _READ_TABLE, _MAIN.format(help=help_text, printed='f"{p:.6g}"')]
    classes = len(target.classes)
    predict = _PREDICT_CLASSES.format(classes=classes, returned="np.hstack([1 - P, P])" if classes == 2 else "P")
    return [predict, _READ_TABLE, _MAIN.format(help=help_text, printed='CLASSES[p.argmax()], f"{p.max():.6f}"')]


def names_of_table(model: TableModel) -> str:
    """Return the constants with the names of columns and classes."""
    lines = [f"# What is predicted: {quoted(model.target.name)}, from these columns."]
    lines += list_of(tuple(model.feature_names), "COLUMNS = [").lines(0)
    if model.target.classes:
        lines += list_of(model.target.classes, "CLASSES = [").lines(0)
    return "\n".join(lines)
