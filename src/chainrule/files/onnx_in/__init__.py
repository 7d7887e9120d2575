"""Networks from ONNX files, which other libraries write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from chainrule.common.errors import FileFormatError, InputError
from chainrule.equations.losses import Loss
from chainrule.files.onnx_in.reading import read
from chainrule.files.onnx_in.translating import translated
from chainrule.network import Network

__all__ = ["from_onnx"]


def from_onnx(path: str | Path, *, loss: str | Loss | None = None, input_shape: Sequence[int] | None = None) -> Network:
    """Return the network of an ONNX file, with its weights; it can be trained further.

    What PyTorch, Keras and scikit-learn export of networks whose layers chainrule has is read, and so are activations
    and normalizations that the file spells as several operators. Layers one after another become just that, blocks
    with a shortcut `Residual`, branches that are joined `Concatenate`, and anything else a `Graph`.

    Parameters
    ----------
    path
        The file; weights that it keeps in other files lie beside it.
    loss
        The loss for further training. If None, it follows from how the file ends: after Softmax or LogSoftmax
        categorical cross-entropy, after Sigmoid binary cross-entropy, after Exp that of counts; these own the last
        operator, so it becomes no layer. A file without any of them may end with logits as well as with a regression,
        and mean squared error is taken, with which `predict` gives the file's own numbers: for a classifier from
        PyTorch, whose file ends with logits, say "categorical_cross_entropy" or "binary_cross_entropy".
    input_shape
        The sizes of one example in the order of the file, if the file leaves some open, such as the length of
        sequences.

    Returns
    -------
    Network
        In inference it computes what the file does, up to rounding. Its ``input_shape`` says how it takes examples:
        with channels last, whatever the file has, so pictures of (channels, height, width) are given as (height,
        width, channels), and sequences as (time, features). Outputs that are pictures have channels last, too; of a
        file that ends with the logarithm of the softmax, `predict` gives probabilities, and of one that gives both
        probabilities of a yes/no question, that of "yes".

    Raises
    ------
    MissingExtraError
        If onnx is not installed.
    InputError
        If there is no such file; or the loss or the shape does not go with it, or a shape is missing.
    DataUnavailableError
        If the file, or one with its weights, cannot be read.
    FileFormatError
        If it is truncated, damaged or no ONNX model, or has an operator or a setting that no layer has, which is named.

    Notes
    -----
    Weights that the file uses at several places become parameters of their own at each. What batch normalization was
    trained with is in the file, unless it is spelled as a difference, a product and a sum, as Keras does it: then it is
    a layer that gives each feature by itself. Rates of dropout mostly are not in it. Recurrent layers that are written
    out step by step are refused: those of Keras, and PyTorch's RNN (not its LSTM and GRU) unless it is exported with
    ``dynamo=False``.

    References
    ----------
    Open Neural Network Exchange, the specification of its operators, opsets 7 to 24.
    """
    shape = None if input_shape is None else tuple(int(size) for size in input_shape)
    model = read(path)
    try:
        return translated(model, loss, shape)
    except InputError:
        raise
    # Whatever settings that no library writes make a handler raise.
    except (ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError) as error:
        raise FileFormatError("{path} cannot become a network: {reason}", path=path, reason=str(error)) from error
