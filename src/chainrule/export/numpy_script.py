"""A network as one script that needs NumPy alone, to be read and to be run."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.common import atomic
from chainrule.common.errors import InputError
from chainrule.common.version import __version__
from chainrule.export.checks import check_alone, check_loss, check_network, path_of, takes_mask
from chainrule.export.numpy_functions import functions_for
from chainrule.export.numpy_lines import Steps, Value
from chainrule.export.numpy_main import names_of_table, parts_of_network, parts_of_table
from chainrule.export.numpy_steps import activation, in_script
from chainrule.export.numpy_table import check_table, constants, prepare
from chainrule.export.python_code import WIDTH
from chainrule.network import Network
from chainrule.tables import TableModel

_OUTPUT_ACTIVATIONS = {"binary": "sigmoid", "multiclass": "softmax"}
_MODULES = ("argparse", "base64", "csv", "io", "math", "re", "sys")
_BESIDE = '''
def load(path):
    """Return the weights in the file beside the script."""
    try:
        with open(path, "rb") as opened, np.load(opened) as file:
            weights = dict(file)
    except Exception as error:  # what a damaged archive raises is of many kinds
        text = f"{{path.name}} is missing or damaged: export both again"
        raise ValueError(text) from error
    if str(weights.pop("of", "")) != "{name}":
        text = "the weights beside it are another script's: export both again"
        raise ValueError(text)
    return weights


try:
    WEIGHTS = load(Path(__file__).resolve().with_suffix(".npz"))
except ValueError as error:
    if __name__ != "__main__":
        raise
    sys.exit(f"error: {{error}}")
'''
_INSIDE = '''
# The weights: an archive of NumPy, as text.
ARCHIVE = """
{text}
"""
with np.load(io.BytesIO(base64.b64decode(ARCHIVE))) as file:
    WEIGHTS = dict(file)
'''
_OF_MASK = """

    Where sequences have padding, mask, (n, time), is 1 for the steps that hold data and
    0 for the others.
    """
_MASK = (
    "    M = np.ones(A0.shape[:2]) if mask is None else np.asarray(mask)",
    "    if M.shape != A0.shape[:2] or not np.isin(M, (0, 1)).all():",
    '        raise ValueError(f"mask must be 0s and 1s of shape {{A0.shape[:2]}}, (n, time)")',
    "    M = M.astype(bool)[..., np.newaxis]",
    "    A0 = np.where({M}, A0, 0)",
)
_RUN = """
if __name__ == "__main__":
    main()
"""


def numpy(model: Network | TableModel, path: str | Path, single: bool = False) -> None:
    """Write a network as a Python script that needs NumPy alone and predicts the same numbers.

    The script explains each step in the textbook's names. It can be imported, for its function ``predict``, and run:
    ``python net.py rows.csv`` prints a prediction for each row. Where the network takes a mask that matters, so does
    ``predict(X, mask)``; of a file, every step counts.

    Parameters
    ----------
    model
        A network with parameters; or a model of a table, whose columns the script then reads and prepares, too.
    path
        The script to write, such as "net.py".
    single
        Whether the weights stand in the script, as text. Otherwise they are written beside it, as "net.npz".

    Raises
    ------
    InputError
        If the script has the name of a module that it would hide; if there are no parameters yet, or a layer or a
        column is one that a script does not hold: a layer or a loss of your own, dates, pictures, numbers that are not
        written plainly, or rows that are predicted from those before; or if it is an estimator.
    UnwritableError
        If the disk is full, or writing is not permitted.

    Examples
    --------
    >>> import tempfile
    >>> from chainrule import Network, export
    >>> network = Network.mlp([4, 8, 3], seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export.numpy(network, f"{folder}/net.py", single=True)
    ...     "A1 = relu(Z1)" in Path(f"{folder}/net.py").read_text("utf-8")
    True
    """
    table = model if isinstance(model, TableModel) else None
    network = model.network if isinstance(model, TableModel) else model
    if table is None:
        check_alone("export.numpy", network)
    check_network("export.numpy", network)
    check_loss(network)
    if table is not None:
        check_table(table)
    path = path_of("export.numpy", path, ".py")
    _check_name(path)
    path = path.resolve()  # the weights stand beside the file itself, and not beside a link to it
    steps = _steps(network)
    atomic.make_folder(path.parent)
    if single:
        weights = _INSIDE.format(text=_as_text(_archive(steps.weights)))
        atomic.write(path, _script(network, table, steps, weights).encode())
        return
    # Whoever is stopped between the two leaves an old script, which refuses the new weights by their name.
    name = hashlib.sha256(_archive(steps.weights)).hexdigest()[:12]
    atomic.write(path.with_suffix(".npz"), _archive(steps.weights | {"of": np.array(name)}))
    atomic.write(path, _script(network, table, steps, _BESIDE.format(name=name)).encode())


def _check_name(path: Path) -> None:
    """Raise an error for a script that would be imported in place of a module which it, or NumPy, imports."""
    if path.stem == "numpy" or path.stem in sys.stdlib_module_names:
        raise InputError(
            "A script must not be named {name}: Python would import it in place of its own module {module}. Name it "
            "{likely}.",
            name=path.name,
            module=path.stem,
            likely=f"{path.stem}_net.py",
        )


def _steps(network: Network) -> Steps:
    """Return the steps from A0 to the output, with the activation that the loss owns."""
    assert network.input_shape is not None
    steps = Steps(network.dtype)
    whole = network.body.vocabulary_of_input is not None
    x = Value("A0", network.input_shape, whole, steps=takes_mask(network))
    output = in_script(steps, network.body, network.params, x).name
    if network.loss.task != "regression":
        output = activation(steps, _OUTPUT_ACTIVATIONS[network.loss.task], output)
    elif network.loss.log_link:
        output = activation(steps, "np.exp", output)
    steps.lines.append(f"    return {output}")
    return steps


def _script(network: Network, table: TableModel | None, steps: Steps, weights: str) -> str:
    """Return the text of the script: what is used stands above what uses it, and the weights at the end."""
    forward = _forward(network, steps, "predict" if table is None else "network")
    if table is None:
        dtype = "float" if network.body.vocabulary_of_input is not None else f"np.{steps.dtype.name}"
        names, parts = "", [*functions_for(steps.functions), forward, *parts_of_network(network, dtype)]
    else:
        preparation, functions = prepare(table)
        helpers = functions_for(steps.functions | functions)
        names = f"{names_of_table(table)}{constants(helpers)}\n"
        parts = [*helpers, preparation, forward, *parts_of_table(table)]
    code = "\n\n\n".join(part.strip("\n") for part in [*parts, weights, _RUN])
    imports = [f"import {name}" for name in _MODULES if re.search(rf"(?<![\w.]){name}\.\w", code)]
    imports += ["from pathlib import Path"] if "Path(" in code else []
    return "\n".join([_head(network, table), *imports, "", "import numpy as np", "", names, code, ""])


def _forward(network: Network, steps: Steps, name: str) -> str:
    assert network.input_shape is not None and network.output_shape is not None
    inputs, answers = (", ".join(map(str, ("n", *s))) for s in (network.input_shape, network.output_shape))
    whole = network.body.vocabulary_of_input is not None
    about = f"Return the outputs, ({answers}), for inputs X of shape ({inputs})."
    lines = [f"    A0 = np.asarray(X{'' if whole else f', np.{steps.dtype.name}'})"]
    if steps.masked:
        about += _OF_MASK
        lines += [line.format(M="M[..., 0]" if whole else "M") for line in _MASK]
    parameters = "X, mask=None" if steps.masked else "X"
    return "\n".join([f"def {name}({parameters}):", f'    """{about}"""', *lines, *steps.lines])


def _head(network: Network, table: TableModel | None) -> str:
    labels = ", ".join(layer.label for layer in network.body.layers)
    about = f"Layers: {labels}. "
    if table is None and network.input_scale not in (None, 1):
        about += f"Inputs were multiplied by {network.input_scale:.6g} in training, and predict(X) takes such. "
    about += f"Made by chainrule {__version__}; it needs NumPy alone."
    lines = textwrap.wrap(about, WIDTH, break_on_hyphens=False)
    first = '"""A trained neural network, with every step from the inputs to the predictions.'
    return "\n".join([first, "", *lines, "", "Usage: python THIS_FILE rows.csv", '"""', ""])


def _archive(arrays: dict[str, Any]) -> bytes:
    archive = io.BytesIO()
    np.savez(archive, **arrays)
    return archive.getvalue()


def _as_text(content: bytes) -> str:
    return "\n".join(textwrap.wrap(base64.b64encode(content).decode(), WIDTH - 12))
