"""A network as one C99 file without dependencies, for programs and microcontrollers."""

from __future__ import annotations

import math
import re
import textwrap
from pathlib import Path

import numpy as np

from chainrule.arrays import Array
from chainrule.common import atomic
from chainrule.common.errors import InputError
from chainrule.common.version import __version__
from chainrule.export.c_functions import functions_for
from chainrule.export.c_steps import Steps, activation, in_c, number
from chainrule.export.checks import check_network, path_of
from chainrule.network import Network

_OUTPUT_ACTIVATIONS = {"binary": "sigmoid", "multiclass": "softmax"}
_HEAD = """\
/* A trained neural network: {about}.

   net_predict(x, y) reads {inputs} numbers and writes {outputs}. It works in float32 and in
   static buffers, so it allocates nothing, and one call must end before the next one
   begins. Made by chainrule {version}.

   A program that reads rows of numbers and prints predictions:
   cc -std=c99 -O2 -DNET_MAIN THIS_FILE -lm */

#include <math.h>
#include <string.h>

#define NET_INPUTS {inputs}
#define NET_OUTPUTS {outputs}

void net_predict(const float *x, float *y);
"""
_PREDICT = """
void net_predict(const float *x, float *y)
{{
{buffers}{lines}

    memcpy(y, {buffer}, NET_OUTPUTS * sizeof *y);
}}
"""
_MAIN = """
#ifdef NET_MAIN

#include <stdio.h>

int main(void)
{
    static float x[NET_INPUTS], y[NET_OUTPUTS];
    int count = 0;
    while (scanf("%f", &x[count]) == 1) {
        int next = getchar();
        if (next != ',')
            ungetc(next, stdin);
        if (++count < NET_INPUTS)
            continue;
        count = 0;
        net_predict(x, y);
        for (int i = 0; i < NET_OUTPUTS; i++)
            printf("%.9g%c", (double)y[i], i + 1 < NET_OUTPUTS ? ' ' : '\\n');
    }
    if (feof(stdin) && count == 0)
        return 0;
    fprintf(stderr, "expected rows of %d numbers\\n", NET_INPUTS);
    return 1;
}

#endif
"""


def c(network: Network, path: str | Path) -> None:
    """Write a network as one C99 file without dependencies, with the function ``net_predict(x, y)``.

    It computes in float32 and in static buffers. Compiled with ``-DNET_MAIN`` it is a program that reads rows of
    numbers and prints their predictions.

    Parameters
    ----------
    network
        A chain of dense layers, 1-D convolutions, poolings of sequences, activations and batch normalizations, which
        are multiplied into the weights of the layer before them.
    path
        The file to write, such as "net.c".

    Raises
    ------
    InputError
        If there are no parameters yet, or a layer is none of those.
    UnwritableError
        If the disk is full, or writing is not permitted.

    Examples
    --------
    >>> import tempfile
    >>> from chainrule import Network, export
    >>> network = Network.mlp([4, 8, 3], seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export.c(network, f"{folder}/net.c")
    ...     "dense(x, 1, 4, W1, b1, 8, a);" in Path(f"{folder}/net.c").read_text("utf-8")
    True
    """
    check_network("export.c", network)
    path = path_of("export.c", path, ".c")
    steps = _steps(network)
    atomic.make_folder(path.parent)
    atomic.write(path, _text(network, steps).encode())


def _steps(network: Network) -> Steps:
    """Return the calls from the input to the output, with the activation that the loss owns."""
    assert network.input_shape is not None
    steps = Steps(network.input_shape)
    in_c(steps, network.body, network.params)
    if network.loss.task != "regression":
        activation(steps, _OUTPUT_ACTIVATIONS[network.loss.task])
    elif network.loss.log_link:
        activation(steps, "exp")
    return steps


def _text(network: Network, steps: Steps) -> str:
    assert network.input_shape is not None
    labels = ", ".join(layer.label for layer in network.body.layers)
    head = _HEAD.format(
        about="\n   ".join(textwrap.wrap(labels, 60)),
        inputs=math.prod(network.input_shape),
        outputs=steps.size,
        version=__version__,
    )
    lines = "\n".join(steps.lines)
    used = ", ".join(f"{name}[{steps.largest}]" for name in "ab" if re.search(rf"\b{name}\)|\({name}\b", lines))
    buffers = f"    static float {used};\n" if used else ""
    predict = _PREDICT.format(buffers=buffers, lines=lines, buffer=steps.buffer)
    weights = [_constant(name, array) for name, array in steps.weights.items()]
    functions = [f"{text}\n" for text in functions_for(steps.functions)]
    return "\n".join([head, *weights, *functions, predict.lstrip(), _MAIN.lstrip()])


def _constant(name: str, array: Array) -> str:
    """Return the definition of weights, in float32."""
    with np.errstate(over="ignore"):
        values = np.asarray(array, np.float32).ravel()
    if not np.isfinite(values).all():
        raise InputError(
            "{name} holds numbers that are too large for float32, in which the C file computes.", name=name
        )
    lines = textwrap.wrap(", ".join(map(number, values.tolist())), 88)
    body = "\n".join(f"    {line}" for line in lines)
    return f"/* {name} of shape {array.shape} */\nstatic const float {name}[{values.size}] = {{\n{body}\n}};\n"
