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
from chainrule.export.checks import check_alone, check_loss, check_network, path_of
from chainrule.network import Network

_OUTPUT_ACTIVATIONS = {"binary": "sigmoid", "multiclass": "softmax"}
_HEAD = """\
/* A trained neural network: {about}.

   net_predict(x, y) reads {inputs} numbers and writes {outputs}. It works in float32 and in
   static buffers, so it allocates nothing, and one call must end before the next one
   begins. The numbers in x must be finite. Made by chainrule {version}.
{scaled}
   A program that reads rows of numbers, one in a line, and prints predictions:
   cc -std=c99 -O2 -DNET_MAIN THIS_FILE -lm */

#include <math.h>
#include <string.h>

#define NET_INPUTS {inputs}
#define NET_OUTPUTS {outputs}

void net_predict(const float *x, float *y);
"""
_SCALED = """
   Inputs were multiplied by {scale:.6g} in training: x, and the rows that the program reads,
   must be multiplied by it, too.
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

#include <float.h>
#include <stdio.h>
#include <stdlib.h>

/* Skip blanks, and return the character behind them, which stays to be read. */
static int peek(void)
{
    int c;
    do
        c = getchar();
    while (c == ' ' || c == '\\t' || c == '\\r');
    ungetc(c, stdin);
    return c;
}

/* Read the next number of a line; return 0 if there is none that can be computed with. */
static int read_number(long line, int place, float *value)
{
    char word[256] = "", *end;
    if (scanf("%255[^, \\t\\r\\n]", word) == 1) {
        *value = strtof(word, &end);
        if (*end == 0 && fabsf(*value) <= FLT_MAX)
            return 1;
    }
    fprintf(stderr, "line %ld, number %d: \\"%s\\" is no number, or NaN, infinite or too large\\n", line, place, word);
    return 0;
}

/* Read a line of numbers with commas or blanks between them; return how many there are, or -1. */
static int read_row(long line, float *x)
{
    int count = 0, c = peek();
    while (c != '\\n' && c != EOF) {
        float value;
        if (!read_number(line, count + 1, &value))
            return -1;
        if (count < NET_INPUTS)
            x[count] = value;
        count++;
        c = peek();
        if (c == ',') {
            getchar();
            peek();
            c = 0; /* a number must follow */
        }
    }
    getchar();
    if (count == 0 || count == NET_INPUTS)
        return count;
    fprintf(stderr, "line %ld: expected %d numbers, but it has %d\\n", line, NET_INPUTS, count);
    return -1;
}

int main(void)
{
    static float x[NET_INPUTS], y[NET_OUTPUTS];
    for (long line = 1; peek() != EOF; line++) {
        int count = read_row(line, x);
        if (count < 0)
            return 1;
        if (count == 0)
            continue;
        net_predict(x, y);
        for (int i = 0; i < NET_OUTPUTS; i++)
            if (!(fabsf(y[i]) <= FLT_MAX)) {
                fprintf(stderr, "line %ld: the prediction is NaN or infinite\\n", line);
                return 1;
            }
        for (int i = 0; i < NET_OUTPUTS; i++)
            printf("%.9g%c", (double)y[i], i + 1 < NET_OUTPUTS ? ' ' : '\\n');
    }
    return 0;
}

#endif
"""


def c(network: Network, path: str | Path) -> None:
    """Write a network as one C99 file without dependencies, with the function ``net_predict(x, y)``.

    It computes in float32 and in static buffers. Compiled with ``-DNET_MAIN`` it is a program that reads rows of
    numbers, one in a line, and prints their predictions. Both take inputs as training had them: if those were
    multiplied by ``network.input_scale``, as pixels are, the head of the file says so.

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
        If there are no parameters yet, a layer is none of those, or the loss is of your own; or if it is a model of a
        table or an estimator.
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
    check_alone("export.c", network)
    check_network("export.c", network)
    check_loss(network)
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
    scaled = _SCALED.format(scale=network.input_scale) if network.input_scale not in (None, 1) else ""
    head = _HEAD.format(
        about="\n   ".join(textwrap.wrap(labels, 60)),
        inputs=math.prod(network.input_shape),
        outputs=steps.size,
        version=__version__,
        scaled=scaled,
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
