"""An optimizer's rule traced once, then run in place: as NumPy calls on chunks, or as one loop that numba compiles.

A rule is written as a formula, for which NumPy makes a new array per operation. Here the formula is called once with
stand-ins that write the operations down, and the list becomes the source of a function that makes no arrays.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import lru_cache, partial
from threading import local
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from chainrule.arrays import Array, machine
from chainrule.arrays.threads import in_chunks
from chainrule.common.errors import InputError, missing_extra
from chainrule.common.texts import tr
from chainrule.equations.optimizers import Optimizer

_FUNCTIONS = 64  # that are kept: a search over settings of a rule makes many

Apply = Callable[[Array, Array, Any, int, bool], None]
"""Changes the parameters and the arrays of the state in place, given p, g, state, t and decay as a rule is.

The numbers are those that `Optimizer.rule` returns. Raised when it is made: InputError if the rule takes more than
arithmetic and ufuncs.
"""


def fast_rule(optimizer: Optimizer, dtype: np.dtype[Any], parameters: int) -> Apply:
    """Return the rule compiled, or as NumPy calls where there are too few parameters to wait for numba.

    Raises
    ------
    MissingExtraError
        If numba is not installed, however many there are.
    """
    if importlib.util.find_spec("numba") is None:
        raise missing_extra("A compiled update rule", "numba", "fast")
    return (numpy_rule if parameters < machine.COMPILED else compile_rule)(optimizer, dtype)


def numpy_rule(optimizer: Optimizer, dtype: np.dtype[Any]) -> Apply:
    """Return the rule as NumPy calls that make no arrays, chunk by chunk."""
    decays = optimizer.weight_decay > 0
    functions = {decay: _Trace(optimizer, dtype, decay).numpy_calls() for decay in {False, decays}}
    memory = _Scratch(max(n for _, n in functions.values()), dtype)
    scalars = _scalars(optimizer, partial(np.asarray, dtype=dtype))

    def apply(p: Array, g: Array, state: Any, t: int, decay: bool) -> None:
        (function, n), numbers, arrays = functions[decay and decays], scalars(t), (p, g, *state)
        if len(p) <= machine.ELEMENTS:
            function(*numbers, *arrays, *memory.arrays(n, len(p)))
            return
        in_chunks(
            lambda chunk: function(*numbers, *(a[chunk] for a in arrays), *memory.arrays(n, chunk.stop - chunk.start)),
            len(p),
            len(p),
        )

    return apply


class _Scratch(local):
    """Memory for intermediate results, of each thread its own."""

    def __init__(self, n: int, dtype: np.dtype[Any]) -> None:
        memory = np.empty((n, machine.ELEMENTS), dtype)
        self.arrays = lru_cache(lambda n, length: tuple(memory[:n, :length]))
        """Some of the arrays, so long; kept, because small networks feel every microsecond."""


def compile_rule(optimizer: Optimizer, dtype: np.dtype[Any]) -> Apply:
    """Return the rule as one pass over memory, which numba compiles when it first runs; other threads may run then."""
    decays = optimizer.weight_decay > 0
    functions = {decay: _Trace(optimizer, dtype, decay).numba_loop() for decay in {False, decays}}
    scalars = _scalars(optimizer, dtype.type)

    def apply(p: Array, g: Array, state: Any, t: int, decay: bool) -> None:
        function, numbers = functions[decay and decays], scalars(t)
        if len(p) <= machine.ELEMENTS:
            function(*numbers, p, g, *state)
        else:
            in_chunks(lambda part: function(*numbers, *(a[part] for a in (p, g, *state))), len(p), len(p))

    return apply


def _scalars(optimizer: Optimizer, number: Callable[[float], Any]) -> Callable[[int], list[Any]]:
    return lru_cache(1)(lambda t: [number(x) for x in optimizer.scalars(t)])


class _Value(NDArrayOperatorsMixin):
    """An array or a number in a rule that is being traced: what NumPy is to do with it is written down."""

    shape = ()

    def __init__(self, trace: _Trace, name: str) -> None:
        self.trace, self.name, self.dtype = trace, name, trace.dtype

    def __array_namespace__(self) -> Any:
        return np

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *args: Any, **_: Any) -> _Value:
        if method != "__call__" or ufunc.nout != 1:
            raise _not_elementwise(f"{ufunc.__name__}.{method}")
        return self.trace.record(ufunc.__name__, args)

    def __array_function__(self, function: Any, *_: Any) -> _Value:
        raise _not_elementwise(function.__name__)

    def __bool__(self) -> bool:
        raise _not_elementwise(tr("an if"))


def _not_elementwise(what: str) -> InputError:
    return InputError(
        "An update rule is made of arithmetic and ufuncs such as np.maximum, but this one has {what}.", what=what
    )


class _Trace:
    """The operations of a rule: ufunc, names of arguments, name of the result.

    Parameters
    ----------
    optimizer, dtype, decay
        The rule, the dtype of the parameters, and whether weight decay acts on them.
    """

    def __init__(self, optimizer: Optimizer, dtype: np.dtype[Any], decay: bool) -> None:
        self.dtype = dtype
        self.operations: list[tuple[str, list[str], str]] = []
        self.constants: dict[str, float] = {}
        self.arrays = ["p", "g", *optimizer.state._fields]
        self.scalars = [f"scalar{i}" for i in range(len(optimizer.scalars(1)))]
        p, g, *state = (_Value(self, name) for name in self.arrays)
        scalars = tuple(_Value(self, name) for name in self.scalars)
        p, state = optimizer.update(p, g, optimizer.state(*state), scalars, decay=decay)
        self.final: dict[str, str] = {}  # the name of a last result: the array that it belongs in
        for array, new in zip(["p", *optimizer.state._fields], [p, *state], strict=True):
            taken = new.name in self.arrays or new.name in self.final
            self.final[self.record("positive", [new]).name if taken else new.name] = array

    def record(self, ufunc: str, args: Any) -> _Value:
        """Write down an operation and return the stand-in for its result."""
        result = f"value{len(self.operations)}"
        self.operations.append((ufunc, [a.name if isinstance(a, _Value) else self._constant(a) for a in args], result))
        return _Value(self, result)

    def _constant(self, number: Any) -> str:
        name = f"constant{len(self.constants)}"
        self.constants[name] = float(number)
        return name

    def _source(self, names: list[str], lines: list[str]) -> _Source:
        text = "\n    ".join([f"def rule({', '.join(names)}):", *lines])
        return _Source(text, tuple(self.constants.items()), self.dtype)

    def numba_loop(self) -> Callable[..., None]:
        """Return a compiled function of the scalars and the arrays."""
        body = [f"{name} = {name}_all[i]" for name in self.arrays]
        body += [f"{result} = np.{ufunc}({', '.join(args)})" for ufunc, args, result in self.operations]
        body += [f"{array}_all[i] = {result}" for result, array in self.final.items()]
        names = [*self.scalars, *(f"{name}_all" for name in self.arrays)]
        lines = ["for i in range(len(p_all)):", *(f"    {line}" for line in body)]
        return _numba_function(self._source(names, lines))

    def numpy_calls(self) -> tuple[Callable[..., None], int]:
        """Return a function of the scalars, the arrays and some scratch arrays, and the number of these.

        A result takes the place of an array or of a result that is not needed any more.
        """
        last_use = {name: i for i, (_, args, _) in enumerate(self.operations) for name in args}
        kept = [*self.scalars, *self.constants, "g", *self.final]
        place = {name: name for name in (*self.arrays, *self.scalars, *self.constants)}
        free: list[str] = []
        scratch: list[str] = []
        lines = []
        for i, (ufunc, args, result) in enumerate(self.operations):
            sources = [place[name] for name in args]
            free += dict.fromkeys(place[name] for name in args if last_use[name] == i and name not in kept)
            home = self.final.get(result)
            usable = [name for name in free if home in (None, name) or name in scratch]
            if not usable:
                usable = [f"scratch{len(scratch)}"]
                free += usable
                scratch += usable
            place[result] = home if home in usable else usable[-1]
            free.remove(place[result])
            lines.append(f"np.{ufunc}({', '.join(sources)}, out={place[result]})")
        moved = [(place[result], array) for result, array in self.final.items() if place[result] != array]
        lines += [f"np.positive({source}, out={array})" for source, array in moved]
        return _numpy_function(self._source([*self.scalars, *self.arrays, *scratch], lines)), len(scratch)


class _Source(NamedTuple):
    """A rule's function as text, and what its constants are."""

    text: str
    constants: tuple[tuple[str, float], ...]
    dtype: np.dtype[Any]

    def function(self, number: Callable[[float], Any]) -> Callable[..., None]:
        scope: dict[str, Any] = {"np": np} | {name: number(value) for name, value in self.constants}
        exec(self.text, scope)
        return scope["rule"]  # type: ignore[no-any-return]


@lru_cache(_FUNCTIONS)
def _numpy_function(source: _Source) -> Callable[..., None]:
    return source.function(partial(np.asarray, dtype=source.dtype))


@lru_cache(_FUNCTIONS)
def _numba_function(source: _Source) -> Callable[..., None]:
    """Return a function that numba compiles when it is first called: once in a process for all trainings by a rule."""
    import numba

    return numba.njit(nogil=True, error_model="numpy")(source.function(source.dtype.type))
