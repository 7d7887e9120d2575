"""Ways to call a stranger's forward and backward pass, by the names of their parameters: lines of code to rehearse."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule.checker.derivatives import arguments
from chainrule.checker.derivatives.arguments import Sizes

MOST, FEW = 8, 4  # ways to call a forward pass with an input, and sizes of it where they hardly matter
_UPSTREAM = re.compile(r"^(d|grad|delta|err)|dout|grad|upstream|error|_?last$|next", re.IGNORECASE)
_RATE = re.compile(r"^lr$|learning|alpha|eta$|rate", re.IGNORECASE)
_KEPT = re.compile(r"cache|memory|saved|ctx|kept", re.IGNORECASE)
_TEXTS = (None, "relu", "sigmoid")


class Attempt(NamedTuple):
    """Lines that make a layer, lines that compute `y`, lines that take `dy`, and the values of the names in them.

    `several` says whether `x` is several examples, and `upstream` whether the backward pass takes dy at all: if it does
    not, y is a loss. `exact` says that a loss has no other factor in its gradient, as in automatic differentiation, and
    `is_certain` that the backward pass cannot be meant to be called otherwise.
    """

    several: bool
    setup: str
    forward: str
    backward: str
    values: dict[str, Any]
    upstream: bool = True
    exact: bool = False
    is_certain: bool = False

    @property
    def code(self) -> str:
        """Both passes; the upstream gradient is multiplied by the number `upstream`."""
        return self.forward + _DY.format(upstream=self.upstream) + self.backward + _STACKED

    @property
    def is_linked(self) -> bool:
        """Whether the input goes through softmax or the sigmoid first."""
        return "z = x;" in self.forward

    @property
    def constructor(self) -> str:
        """The line that makes the layer; "" for functions."""
        return self.setup.removesuffix(ENLARGED)

    @property
    def made_with(self) -> str:
        """The line that makes the layer, with the values in it; "" for functions."""
        line = self.constructor
        return line and f"{line} { ({key: value for key, value in self.values.items() if f'={key}' in line}) }"

    @property
    def call(self) -> str:
        """The forward pass by itself; "" if there are more lines to it."""
        lines = self.forward.removeprefix("layer = None").strip("\n").removeprefix("import numpy").lstrip("\n")
        call = lines.removesuffix(_Y.rstrip("\n")).removeprefix("result = ")
        return "" if "\n" in call or call == lines else call


# Weights in single precision are made larger, in place: differences are exact only if they move the output enough.
ENLARGED = """
import numpy
known, waiting = set(), [layer]
while waiting:
    value = waiting.pop()
    if id(value) not in known:
        known.add(id(value))
        if isinstance(value, numpy.ndarray):
            if value.dtype == numpy.float32 and value.flags.writeable and value.any(): value /= 2 * abs(value).mean()
        elif isinstance(value, (dict, list, tuple)): waiting += value.values() if isinstance(value, dict) else value
        elif hasattr(value, "__dict__") and type(value).__module__.startswith("<"): waiting += vars(value).values()
del known, waiting, value
"""
_Y = """
import numpy
y, *kept = result if isinstance(result, tuple) else (result,)
if y is None: y = getattr(layer, "output", getattr(layer, "out", None))
y = numpy.array(y)
if y.dtype.kind != "f": y = y.astype(float)
"""
_DY = """
dy = numpy.random.default_rng(3).standard_normal(y.shape) if y.size > 1 and {upstream} else numpy.ones(y.shape)
dy = numpy.array(upstream * dy, y.dtype)
"""
_STACKED = """
if isinstance(gradients, (list, tuple)) and len(gradients) == len(x):
    if all(numpy.shape(gradient) == x.shape[1:] for gradient in gradients): gradients = numpy.array(gradients)
"""
_JOINED = """
import numpy
parts = [numpy.array(part) for part in result][:{count}]
y, kept = numpy.concatenate([part.ravel() for part in parts]), result[{count}:]
ends = numpy.cumsum([part.size for part in parts])[:-1]
"""
_PIECES = "pieces = [piece.reshape(part.shape) for piece, part in zip(numpy.split(dy, ends), parts)]\n"

_ONE_NUMBER = "dy *= numpy.arange(dy.size).reshape(dy.shape) == 1\n"


def of_class(
    name: str, methods: Mapping[str, ast.FunctionDef], both: tuple[str, str], others: Sequence[str] = ()
) -> Iterator[Attempt]:
    """Yield how the layers of a class may be made and called.

    Parameters
    ----------
    name
        The class.
    methods
        Its methods.
    both
        The names of its forward and backward pass.
    others
        Expressions for what it may be made with where an activation is asked for.
    """
    forward, backward = (methods[method] for method in both)
    constructor = methods.get("__init__")
    for sizes, settings in arguments.ways_to_make(constructor, _ordered(forward), _TEXTS):
        made_with = {f"{name}_": value for name, value in settings.items()}
        setup = f"layer = {name}({', '.join(f'{key}={key}_' for key in settings)}){ENLARGED}"
        has_sizes = any(type(value) is int for value in settings.values())
        for attempt in _calls(f"layer.{both[0]}", forward, f"layer.{both[1]}", backward, sizes):
            if not (has_sizes and attempt.is_linked):  # a loss by itself needs no sizes
                yield attempt._replace(setup=setup, values=made_with | attempt.values)
    asked = [*arguments.needed(constructor), *arguments.large(constructor)] if constructor else []
    for other in others:
        settings = {f"{name}_": arguments.setting(name) for name in asked}
        call = ", ".join(other if value is None else key for key, value in settings.items())
        for attempt in _calls(f"layer.{both[0]}", forward, f"layer.{both[1]}", backward, arguments.SIZES[0]):
            yield attempt._replace(setup=f"layer = {name}({call}){ENLARGED}", values=settings | attempt.values)


def distinct(attempts: Iterable[Attempt]) -> Iterator[Attempt]:
    """Yield attempts without those that are like another one: most layers take no states, and need no sizes of them."""
    known: set[tuple[Any, ...]] = set()
    for attempt in attempts:
        arrays = [np.asarray(value) for value in attempt.values.values()]
        values = [(array.shape, array.tobytes()) for array in arrays if not array.dtype.hasobject]
        key = (attempt.setup, attempt.forward, attempt.backward, *values)
        if key not in known:
            known.add(key)
            yield attempt


def of_pair(forward: ast.FunctionDef, backward: ast.FunctionDef) -> Iterator[Attempt]:
    """Yield how two functions may be called of which one is the backward pass of the other."""
    for sizes in _ordered(forward):
        for attempt in _calls(forward.name, forward, backward.name, backward, sizes):
            yield attempt._replace(forward=f"layer = None\n{attempt.forward}")


def _ordered(forward: ast.FunctionDef) -> list[Sizes]:
    """Return the sizes to try, for what is called like numbers of words, or is used as such, those first."""
    names = arguments.needed(forward)[:1]
    is_words = any(arguments.IS_WORDS.search(name) or _is_index(name, forward) for name in names)
    return sorted(arguments.SIZES, key=lambda sizes: (not sizes.several, sizes.words != is_words))


def _is_index(name: str, function: ast.FunctionDef) -> bool:
    """Return whether an entry of a parameter is an index: the 1 of a one-hot vector, `x[t][X[t]] = 1`."""
    indices = (node.slice for node in ast.walk(function) if isinstance(node, ast.Subscript))
    entries = (node for index in indices for node in ast.walk(index) if isinstance(node, ast.Subscript))
    return any(isinstance(entry.value, ast.Name) and entry.value.id == name for entry in entries)


def _takes_one_number(backward: ast.FunctionDef) -> bool:
    """Return whether a backward pass looks for the one number of its upstream gradient that is not 0.

    As the gradient of a cross-entropy has it: `if gradient == 0: continue`.
    """
    tests = [node.test for node in ast.walk(backward) if isinstance(node, ast.If) and _goes_on(node)]
    return any(re.fullmatch(r"\w+ == 0(\.0)?", ast.unparse(test)) for test in tests)


def _goes_on(node: ast.If) -> bool:
    return isinstance(node.body[0], ast.Continue)


def _calls(
    forward: str, forward_node: ast.FunctionDef, backward: str, backward_node: ast.FunctionDef, sizes: Sizes
) -> Iterator[Attempt]:
    """Yield calls of a forward and a backward pass."""
    takes, gets = arguments.needed(forward_node), arguments.needed(backward_node)
    upstream = _upstream(takes, gets)
    for order in (upstream, upstream[::-1]) if len(upstream) == 2 else (upstream,):
        yield from _calls_with(forward, backward, backward_node, (takes, gets, order), sizes)


def _calls_with(
    forward: str,
    backward: str,
    backward_node: ast.FunctionDef,
    names: tuple[list[str], list[str], list[str]],
    sizes: Sizes,
) -> Iterator[Attempt]:
    """Yield calls of a forward and a backward pass with what they take, and the gradients from above in an order."""
    takes, gets, upstream = names
    is_slope = _is_slope(backward, takes, gets, upstream)
    count = len(upstream) if len(upstream) > 1 else 0
    for x, values in _forward_values(takes, sizes):
        call = ", ".join("x.copy()" if name == x else f"{name}_" for name in takes)
        lines = f"result = {forward}({call}){_JOINED.format(count=count) if count else _Y}"
        passed = [_backward_argument(name, x, upstream, takes) for name in gets]
        if "" in passed:  # something that the forward pass knows nothing of
            return
        named = {"x": values[x], "labels": _labels_of(values)}
        named |= {f"{name}_": value for name, value in values.items() if name != x}
        back = f"gradients = {backward}({', '.join(passed)})"
        if is_slope or (len(gets) == 1 and not _UPSTREAM.search(gets[0]) and not _KEPT.search(gets[0])):
            yield from _slopes(Attempt(sizes.several, "", lines, back, named))
        if is_slope:
            continue
        back = (_ONE_NUMBER if _takes_one_number(backward_node) else "") + (_PIECES if count else "") + back
        loss = Attempt(sizes.several, "", lines, back, named, upstream=False)
        if not upstream:
            yield from _linked(loss) if arguments.is_output(x) else [loss]
            continue
        yield Attempt(sizes.several, "", lines, back, named)
        if any(map(arguments.is_label, takes)) and any(map(arguments.is_label, gets)):
            # A loss may call its prediction "dvalues".
            back = f"gradients = {backward}({', '.join('x.copy()' if p == 'dy.copy()' else p for p in passed)})"
            yield from _linked(loss._replace(backward=back))


_LINKS = (
    "",
    "z = x; x = numpy.exp(z - z.max()); x = x / x.sum(axis=-1, keepdims=True)",
    "z = x; x = numpy.exp(z - z.max()); x = x / x.sum(axis=0, keepdims=True)",
    "z = x; x = 1 / (1 + numpy.exp(-z))",
)


def _linked(attempt: Attempt) -> Iterator[Attempt]:
    """Yield a loss as it is, and as one of what softmax or the sigmoid makes of its input.

    Its gradient is often written for the input of those, where it is short: A - Y.
    """
    for link in _LINKS:
        yield attempt._replace(forward=f"import numpy\n{link}\n{attempt.forward}")


def _is_slope(backward: str, takes: list[str], gets: list[str], upstream: list[str]) -> bool:
    """Return whether what is called like a slope takes nothing from above."""
    named = re.search(r"prime|deriv|grad|^d|_d$|\.d|slope", backward, re.IGNORECASE)
    return bool(named) and not any(map(arguments.is_label, takes)) and not (upstream and upstream != gets)


def _slopes(attempt: Attempt) -> Iterator[Attempt]:
    """Yield a slope at the input and at the output, times what comes from above."""
    call, _, rest = attempt.backward.removeprefix("gradients = ").partition("(")
    function, inputs = re.findall(r"result = (.*?)\((.*)\)\n", attempt.forward)[0]
    # A slope is all that there is to a gradient only where a function goes entry by entry.
    first = f"first = {function}({inputs.replace('x.copy()', 'x[(slice(1),) * x.ndim]')})\n"
    by_entry = "import numpy\nassert y.shape == x.shape and numpy.allclose(first, y[(slice(1),) * x.ndim])\n"
    others = rest.removesuffix(")").partition(",")
    for at in ("x.copy()", "y.copy()") if others[0] else ("",):
        back = f"gradients = dy * {call}({at}{others[1]}{others[2]})"
        before, _, after = attempt.forward.rpartition("result = ")
        yield attempt._replace(forward=f"{before}{first}result = {after}{by_entry}", backward=back)


def _upstream(takes: list[str], gets: list[str]) -> list[str]:
    """Return which parameters of a backward pass are gradients from above."""
    free = [name for name in gets if not (name in takes or _KEPT.search(name) or _RATE.search(name))]
    free = [name for name in free if not arguments.is_label(name)]
    named = [name for name in free if _UPSTREAM.search(name)]
    if not any(map(arguments.is_label, takes)):
        return named or free[:1]
    return named


def _forward_values(takes: list[str], sizes: Sizes) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield which parameter of a forward pass is its input, and values for all of them."""
    if not takes:
        return
    inputs = [name for name in takes if not arguments.is_label(name)] or takes
    x = inputs[0]
    array = arguments.array("x", sizes)
    if arguments.is_probability(x) and array.dtype.kind == "f":
        array = np.exp(array) / np.exp(array).sum(axis=-1, keepdims=True)
    options = [[array] if name == x else _options(name, place, array, sizes) for place, name in enumerate(takes)]
    for values in itertools.islice(itertools.product(*options), MOST):
        yield x, dict(zip(takes, values, strict=True))


def _options(name: str, place: int, x: Any, sizes: Sizes) -> list[Any]:
    """Return what a parameter beside the input may be."""
    if arguments.is_label(name):
        return list(arguments.labels(x))
    if of := arguments.kind(name):
        return [arguments.array(of, sizes, 10 + place)]
    if re.search(r"key|query|value|context|^x|^hs|enc|dec|input", name, re.IGNORECASE):
        return [arguments.array("x", sizes, 10 + place)]
    return [arguments.setting(name), arguments.array("state", sizes, 10 + place)]


def _labels_of(values: Mapping[str, Any]) -> Any:
    return next((value for name, value in values.items() if arguments.is_label(name)), np.zeros(0))


def _backward_argument(name: str, x: str, upstream: list[str], takes: list[str]) -> str:
    if name in upstream:
        return f"pieces[{upstream.index(name)}]" if len(upstream) > 1 else "dy.copy()"
    if _KEPT.search(name):
        return "(kept[0] if len(kept) == 1 else tuple(kept))"
    if _RATE.search(name):
        return "0.1"
    if name == x or (name not in takes and re.search(r"^x|^z|input|pred", name, re.IGNORECASE)):
        return "x.copy()"
    if name in takes:
        return f"{name}_"
    if arguments.is_label(name):
        return "labels"
    return "y.copy()" if re.fullmatch(r"y|a|s|out(put)?s?|activations?|result|h|x|z", name, re.IGNORECASE) else ""


def flag_of(function: ast.FunctionDef) -> str:
    """Return the parameter by which a function of one array is asked for its slope, or "" if there is none."""
    arguments_of = function.args.args
    optional = arguments_of[len(arguments_of) - len(function.args.defaults) :]
    flags = [a.arg for a in optional if re.search(r"deriv|prime|grad|^d$|slope|back", a.arg, re.IGNORECASE)]
    return flags[0] if flags and len(arguments.needed(function)) == 1 else ""


def of_flag(function: ast.FunctionDef) -> Iterator[Attempt]:
    """Yield how a function may be called that returns its slope if a parameter says so; nothing if none does."""
    flag = flag_of(function)
    for sizes in arguments.SIZES[:FEW] if flag else ():  # all are alike to what goes by entries
        lines = f"layer = None\nresult = {function.name}(x.copy()){_Y}"
        back = f"gradients = {function.name}(x.copy(), {flag}=True)"
        yield from _slopes(Attempt(sizes.several, "", lines, back, {"x": arguments.array("x", sizes)}))


Arguments = Mapping[str, Any]
"""What a call was seen to be given, by the names of the parameters."""


def as_seen(
    name: str, forward: str, backward: str, given: Arguments, result: Any, back: Arguments
) -> Iterator[Attempt]:
    """Yield how a layer or a pair of functions is called in the learner's own program.

    Parameters
    ----------
    name
        The class, or "" if these are functions.
    forward, backward
        The names of the methods or functions.
    given, result, back
        The arguments of a forward call, what it returned, and the arguments of a backward call.
    """
    x = next((key for key, value in given.items() if key != "self" and _is_array(value)), None)
    if x is None:
        return
    values = {("x" if key == x else "layer" if key == "self" else f"{key}_"): value for key, value in given.items()}
    owner = "layer." if name else ""
    call = ", ".join(f"{key}=x.copy()" if key == x else f"{key}={key}_" for key in given if key != "self")
    lines = f"{'' if name else 'layer = None'}\nresult = {owner}{forward}({call}){_Y}"
    parts = result if isinstance(result, tuple) else (result,)
    passed: list[str] = []
    rest: dict[str, Any] = {}
    for key, value in back.items():
        if key != "self":
            source = _source(key, value, x, given, parts, "dy" in "".join(passed))
            passed.append(f"{key}={source or f'back_{key}'}")
            rest |= {} if source else {f"back_{key}": value}
    several = np.ndim(given[x]) > 1 and min(np.shape(given[x])) > 1
    gradients = f"gradients = {owner}{backward}({', '.join(passed)})"
    upstream = "dy" in "".join(passed)
    yield Attempt(several, "", lines, gradients, values | rest | {"labels": np.zeros(0)}, upstream)


def _source(key: str, value: Any, x: str, given: Arguments, parts: tuple[Any, ...], has_upstream: bool) -> str | None:
    """Return what an argument of the backward pass is in terms of the forward pass, or None if it is nothing of it."""
    y = parts[0]
    for other, argument in given.items():
        if other != "self" and _is_same(value, argument):
            return "x.copy()" if other == x else f"{other}_"
    if _is_same(value, y) and not _UPSTREAM.search(key):
        return "y.copy()"
    if len(parts) == 2 and (_KEPT.search(key) or _is_same(value, parts[1])):
        return "kept[0]"
    if len(parts) > 2 and isinstance(value, tuple) and len(value) == len(parts) - 1:
        return "tuple(kept)"
    kept = [position for position, part in enumerate(parts[1:]) if _is_same(value, part)]
    if kept:
        return f"kept[{kept[0]}]"
    # What came out may as well be a list of arrays of several shapes, which has none itself.
    is_upstream = _is_array(value) and isinstance(y, np.ndarray) and value.shape == y.shape
    return "dy.copy()" if is_upstream and not has_upstream else None


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.size > 1


def _is_same(a: Any, b: Any) -> bool:
    return _is_array(a) and _is_array(b) and a.shape == b.shape and bool(np.array_equal(a, b))
