"""Made-up arguments for a stranger's functions and classes, by the names of their parameters."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

FEATURES, HIDDEN, CLASSES, EXAMPLES, WORDS, STEPS = 6, 5, 3, 8, 12, 4


class Style(NamedTuple):
    """How somebody writes networks.

    Parameters
    ----------
    in_rows
        Whether examples are rows, and not columns.
    labels
        "numbers" of classes, "one-hot", or "binary".
    inputs
        What an example is: a "matrix" holds a vector each, "images" have channels first, "words" are whole numbers;
        "pairs" are a list of single examples with their labels, both as columns.
    """

    in_rows: bool = True
    labels: str = "binary"
    inputs: str = "matrix"


_IN_COLUMNS = re.compile(r"(dot|matmul)\((self\.)?(W|w|theta|param\w*\[.W)|(?<![\w.\])])(self\.)?[Ww]\w{0,2}@")
_IN_ROWS = re.compile(r"(dot|matmul)\((self\.)?[xXaAhHz]\w*,(self\.)?([Ww]|param)|@(self\.)?([Ww]|param)")
_NUMBERS = re.compile(r"one_?hot|np\.eye|to_categorical|arange\([^()]*\),[^\]]*[yt]|get_dummies", re.IGNORECASE)
_CLASSES = re.compile(
    r"softmax|one_?hot|argmax|CrossEntropy\b|/\(?(np\.sum\([^=]*|\w+\.sum\()axis=-?\d,keepdims", re.IGNORECASE
)
_PAIRS = re.compile(r"for\(?x,y\)?in|data\[0\]for")
_IMAGES = re.compile(r"im2col|conv2?d?\b|pool", re.IGNORECASE)


def styles(source: str) -> list[Style]:
    """Return the styles that code of this text may be in, the likeliest first.

    Labels of another kind are none of them: what does not raise with those may still be no cost of theirs, because
    NumPy broadcasts.

    >>> styles("Z = np.dot(W, X) + b; A = sigmoid(Z)")[0]
    Style(in_rows=False, labels='binary', inputs='matrix')
    """
    text = re.sub(r"\s+", "", source)
    columns, rows = len(_IN_COLUMNS.findall(text)), len(_IN_ROWS.findall(text))
    in_rows = rows >= columns
    numbers = bool(_NUMBERS.search(text))
    kinds = (["numbers", "one-hot"] if numbers else ["one-hot"]) if _CLASSES.search(text) else ["binary"]
    both = [Style(layout, kind) for layout in (in_rows, not in_rows) for kind in kinds]
    pairs = [Style(False, kind, "pairs") for kind in kinds] if _PAIRS.search(text) else []
    images = [style._replace(inputs="images") for style in both if style.in_rows] if _IMAGES.search(text) else []
    return [*pairs, *images, *both, Style(inputs="words")]


Maker = Callable[[Style, np.random.Generator], Any]


def inputs(style: Style, rng: np.random.Generator) -> Any:
    """Return examples."""
    if style.inputs == "words":
        return rng.integers(0, WORDS, (EXAMPLES, STEPS))
    if style.inputs == "images":
        return rng.standard_normal((EXAMPLES, 1, 8, 8))
    return rng.standard_normal((EXAMPLES, FEATURES) if style.in_rows else (FEATURES, EXAMPLES))


def labels(style: Style, rng: np.random.Generator) -> Any:
    """Return labels of examples."""
    if style.inputs == "words":
        return rng.integers(0, WORDS, (EXAMPLES, STEPS))
    classes = rng.permutation(EXAMPLES) % (2 if style.labels == "binary" else CLASSES)
    if style.labels == "numbers":
        return classes
    shaped = classes[:, None] if style.labels == "binary" else np.eye(CLASSES, dtype=int)[classes]
    return shaped if style.in_rows else shaped.T


def _examples(style: Style, rng: np.random.Generator) -> Any:
    """Return examples, with their labels if they come as pairs."""
    X, Y = inputs(style, rng), labels(style, rng)
    return [*zip(X.T[:, :, None], Y.T[:, :, None], strict=True)] if style.inputs == "pairs" else X


def _batches(style: Style, rng: np.random.Generator) -> Any:
    return [(inputs(style, rng), labels(style, rng)) for _ in range(2)]


def _architecture(style: Style, rng: np.random.Generator) -> list[dict[str, Any]]:
    sizes = [FEATURES, HIDDEN, _outputs(style)]
    both = zip(pairwise(sizes), ("relu", "sigmoid"), strict=True)
    return [{"input_dim": n_in, "output_dim": n_out, "activation": name} for (n_in, n_out), name in both]


def _outputs(style: Style) -> int:
    return 1 if style.labels == "binary" else CLASSES


def weights(style: Style, rng: np.random.Generator) -> dict[str, Any]:
    """Return the parameters of a network with one hidden layer."""
    sizes = [FEATURES, HIDDEN, _outputs(style)]
    shapes = [*pairwise(sizes)]
    W = [rng.standard_normal(shape if style.in_rows else shape[::-1]) * 0.5 for shape in shapes]
    b = [np.zeros(out if style.in_rows else (out, 1)) for _, out in shapes]
    return {"W1": W[0], "b1": b[0], "W2": W[1], "b2": b[1]}


def _one_of_weights(name: str) -> Maker:
    return lambda style, rng: weights(style, rng)[name]


def _constant(value: Any) -> Maker:
    return lambda style, rng: value


def _recurrent(rows: int, columns: int) -> Maker:
    return lambda style, rng: rng.standard_normal((rows, columns) if style.in_rows else (columns, rows)) * 0.5


def _bias(style: Style, rng: np.random.Generator) -> Any:
    return np.zeros(HIDDEN if style.in_rows else (HIDDEN, 1))


# The first that fits counts.
_RULES: tuple[tuple[str, Maker], ...] = (
    (r"f|func(tion)?|fn", _constant(lambda x: float(np.sum(np.square(x))))),
    (r"(train(ing)?|test|valid(ation)?|evaluation)_data|(mini_?)?batch_data", _examples),
    (r".*(loader|batches|iterator)", _batches),
    (r".*architecture", _architecture),
    (r"corpus|data_?ids|sequence|token_?ids", lambda style, rng: rng.integers(0, WORDS, 60)),
    (r"contexts?", lambda style, rng: rng.integers(0, WORDS, (EXAMPLES, 2))),
    (r"targets?", lambda style, rng: rng.integers(0, WORDS if style.inputs == "words" else CLASSES, EXAMPLES)),
    (r"word_to_id|char_to_ix|char_to_id|word2id", _constant({chr(97 + i): i for i in range(WORDS)})),
    (r"id_to_word|ix_to_char|id_to_char|id2word", _constant({i: chr(97 + i) for i in range(WORDS)})),
    (r"vocab(_?size)?|num_embeddings|V", _constant(WORDS)),
    (r"window(_?size)?|window", _constant(1)),
    (r"time_?size|seq(uence)?_?len(gth)?|T|n_?steps|max_?len", _constant(STEPS)),
    (r"hidden_(layer_)?(sizes?_?list|dims|sizes|layers|units)", _constant([HIDDEN])),
    (
        r"(n_)?layers?(_?dim(ension)?s|_?sizes?|s)?|sizes|dims|layer_?sizes|shape|topology",
        lambda style, rng: [FEATURES, HIDDEN, _outputs(style)],
    ),
    (r"input_(dim|shape)", lambda style, rng: (1, 8, 8) if style.inputs == "images" else FEATURES),
    (r"(n|num|size)_?(in(puts?)?|x|features)|(in(puts?)?|feats?|features?|embed\w*|wordvec|d)_?(size|dims?|features|nodes|"
     r"units|neurons|layer|model|count|num)|D|idim|inodes", _constant(FEATURES)),
    (r"(n|num|size)_?(h(idden)?)|h(idden)?_?(size|dims?|nodes|units|neurons|layer|features|count)?\d?|H|d_ff|hnodes|"
     r"(n|num)_?(units|neurons|nodes)", _constant(HIDDEN)),
    (r"(n|num|size)_?(out(puts?)?|y|classes|labels)|out(puts?)?_?(size|dims?|features|nodes|units|neurons|layer|count)|"
     r"classes|C|odim|onodes|k", lambda style, rng: _outputs(style)),
    (r"batch_?size|mini_?batch_?size|batch", _constant(4)),
    (r".*(epochs?|iter(ation)?s?|num_steps|step_num|n_iter|rounds).*", _constant(3)),
    (r"lr|.*learning_?rate.*|eta|alpha|rate|step_?size", _constant(0.1)),
    (r".*(momentum|beta\d?|decay|rho)$", _constant(0.9)),
    (r".*(lambd?a?|reg(ularization)?|l1|l2|weight_decay).*", _constant(0.0)),
    (r".*(eps(ilon)?)", _constant(1e-7)),
    (r".*(keep_?prob|drop(out)?_?(rate|ratio|p)?|ratio|p)", _constant(0.5)),
    (r".*std.*|scale", _constant(0.1)),
    (r".*(verbose|print|plot|debug|show).*", _constant(False)),
    (r"(is_)?train(ing)?(_?(flg|flag|mode))?", _constant(True)),
    (r"(random_?)?(seed|state)", _constant(0)),
    (r".*activation.*", _constant("relu")),
    (r"optimizer|optim|initiali[sz]\w*|method|loss|mode", _constant(None)),
    (r"(filter|kernel|conv)_?(size|h|w|height|width)|f[hw]", _constant(3)),
    (r"pool_?(size|h|w|height|width)|stride", _constant(2)),
    (r"pad(ding)?", _constant(0)),
    (r"n_?heads?|num_?heads|heads", _constant(2)),
    (r"num_?filters|n_?filters|filter_?num|(out_|in_)?channels", _constant(2)),
    (r"grads|gradients|params|parameters|weights", weights),
    (r"[dvs]*[Ww](eights?)?_?1?|weight|theta", _one_of_weights("W1")),
    (r"[dvs]*[bB](ias)?_?1?|bias", _bias),
    (r"W_?2|w_?2", _one_of_weights("W2")),
    (r"b_?2", _one_of_weights("b2")),
    (r"W_?x|Wxh", _recurrent(FEATURES, HIDDEN)),
    (r"W_?h|Whh", _recurrent(HIDDEN, HIDDEN)),
    (r"xs|.*(x|X)_?(batch|data)?", inputs),
    (r"ts|.*(^|_)(y|Y|t|T)(_?(batch|data|true|hot))?|.*(labels?|target|truth).*|[yt]_?(train|test|val|dev)", labels),
    (r"[xX].*|.*(input|data|image|feature|sample|train|A_prev|A0).*|A|Z|z|a|s", inputs),
)  # fmt: skip


def value(name: str, style: Style) -> Any:
    """Return a value for a parameter, the same each time.

    Raises
    ------
    KeyError
        If nothing is known of the name.

    >>> value("learning_rate", Style()), value("X_train", Style()).shape
    (0.1, (8, 6))
    """
    make = next((make for pattern, make in _RULES if re.fullmatch(pattern, name)), None)
    if make is None:
        raise KeyError(name)
    return make(style, np.random.default_rng(len(name)))


def needed(function: ast.FunctionDef) -> list[str]:
    """Return the names of the parameters without a default value, without self.

    >>> needed(ast.parse("def f(self, x, t=1, *, lr): ...").body[0])
    ['x', 'lr']
    """
    arguments = [*function.args.posonlyargs, *function.args.args]
    names = [argument.arg for argument in arguments[: len(arguments) - len(function.args.defaults)]]
    alone = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    names += [argument.arg for argument, default in alone if default is None]
    return names[1:] if names[:1] == ["self"] else names


def arguments(function: ast.FunctionDef, style: Style) -> dict[str, Any]:
    """Return what to call a function with.

    Raises
    ------
    KeyError
        If nothing is known of the name of a parameter.
    """
    return {name: value(name, style) for name in needed(function)}
