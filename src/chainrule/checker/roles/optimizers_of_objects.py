"""Optimizers that move the parameters of objects: step() for a list of tensors, update(layer), step(model)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from chainrule.checker.conventions.constants import constants
from chainrule.checker.derivatives.judgment import Watcher
from chainrule.checker.equations.mistakes import Equation, Values
from chainrule.checker.equations.optimizers import (
    NAMES,
    SETTINGS,
    STEPS,
    TRIED,
    Numbers,
    cases,
    mistakes,
    rights,
    simulate,
)
from chainrule.checker.findings import Finding
from chainrule.checker.learner import Learner, Raised
from chainrule.checker.probe import Inspection, Probe, examine
from chainrule.checker.proof import Doubt
from chainrule.checker.watching.paths import Path, Step

_KINDS = {
    "adam": r"adam(_?optimi[sz]er)?",
    "rmsprop": r"rms_?prop(_?optimi[sz]er)?",
    "adagrad": r"ada_?grad(_?optimi[sz]er)?",
    "nesterov": r"nesterov\w*|nag",
    "momentum": r"momentum(_?sgd|_?optimi[sz]er)?|sgd_?(with_?)?momentum|moment_?gd",
    "sgd": r"sgd(_?optimi[sz]er)?|gd|(stochastic_?)?gradient_?descent(_?optimi[sz]er)?|optimi[sz]er_?sgd",
}
_METHOD = re.compile(r"step|(update|apply|optimi[sz]e)(_?(one|all|layer|params|parameters|weights|gradients?))?", re.I)
_HOOKS = re.compile(r"(pre|post)_?(update|step)\w*", re.I)
_ADDS = re.compile(r"(add|set|register|setup|set_?up|target)(_?(module|layer|model|params|parameters|target))?s?", re.I)
# What may be meant for weights alone; a decay that is 0 unless somebody says so is none.
_OF_WEIGHTS = re.compile(r"weight_?decay|\bwd\b|lamb|reg|l[12](_|\b)|clip|decay(: \w+)?=(?!0(\.0)?[,)])", re.I)
_MORE_NAMES = {"rate": ("init_lr", "initial_lr", "base_lr", "step"), "decay": ("rho", "decay_rate")}
_USUAL = {"beta": (0.9,), "decay": (0.9, 0.99), "beta1": (0.9,), "beta2": (0.999,), "eps": (1e-8, 1e-7)}
FORMS = ("dict", "prefixed", "list", "pairs")

# What stands for layers, models and tensors: what it holds comes under the name that is asked for. The gradients are
# those of the step; a parameter that is set anew stays under the name that it was set by.
_OBJECTS = """
import numpy, re
form, flat = {form!r}, {flat!r}
class Tensor:
    def __init__(self, value): self.data = self.value = value; self._first = value
    @property
    def shape(self): return self.data.shape
    def now(self): return self.data if self.data is not self._first else self.value
    def learn(self, slope): self.grad = self.gradient = slope if flat else Tensor(slope)
class Layer:
    def __init__(self, W, b): vars(self).update(_first=dict(W=W, b=b), _slopes=dict(), _given=dict())
    def _held(self, kind):
        values = self._slopes if kind == "slopes" else self._first
        if form == "list": return list(values.values())
        if form == "pairs": return {{key: dict(value=v, grad=self._slopes.get(key)) for key, v in values.items()}}
        return {{("d" + key if kind == "slopes" and form == "prefixed" else key): v for key, v in values.items()}}
    def __getattr__(self, name):
        plain = name.lower().replace("_", "")
        of = "b" if re.search("b(ias(es)?)?$", re.sub("(grads?|gradients?)$", "", plain)) else "W"
        kinds = "(w|b|weights?|bias(es)?)"
        if re.fullmatch(f"(d|grads?|gradients?){{kinds}}|{{kinds}}(grads?|gradients?)", plain): return self._slopes[of]
        if re.fullmatch("grads?|gradients?", plain): return self._held("slopes")
        if re.fullmatch("w|b|weights?|bias(es)?", plain): kind, value = of, self._first[of]
        elif re.fullmatch("params?|parameters?|statedict", plain): kind, value = "", self._held("now")
        elif re.search("optimizable|trainable|learn|hasparam", plain): return True
        elif re.search("weightdecay|lambda|reg|^l[12]$", plain): return 0
        else: raise AttributeError(name)
        if form != "pairs": vars(self)[name] = value
        self._given[name] = kind
        return value
    def now(self, of):
        for name, kind in self._given.items():
            held = vars(self).get(name, self._first)
            if kind == "": held = (list(held.values()) if isinstance(held, dict) else held)["Wb".index(of)]
            if kind in ("", of) and held is not self._first[of]: return held
        return self._first[of]
    def learn(self, slopes): self._slopes.update(slopes)
class Model:
    def __init__(self, layers, tensors): self.layers = self.modules = layers; self.tensors = tensors
    def parameters(self): return self.tensors
    def params(self): return self.tensors
layers = [Layer(W1_.copy(), b1_.copy()), Layer(W2_.copy(), b2_.copy())]
tensors = [Tensor(value.copy()) for value in (W1_, b1_, W2_, b2_)]
model = Model(layers, tensors)
optimizer = {make}
{add}
moved = []
for dW1, db1, dW2, db2 in zip(dW1_, db1_, dW2_, db2_):
    for tensor, slope in zip(tensors, (dW1, db1, dW2, db2)): tensor.learn(slope.copy())
    for layer, W, b in ((layers[0], dW1, db1), (layers[1], dW2, db2)): layer.learn(dict(W=W.copy(), b=b.copy()))
    {call}
    values = [tensor.now() for tensor in tensors] if {of_tensors} else [
        layer.now(of) for layer in layers for of in ("W", "b")]
    moved += [numpy.array(value, float).ravel() for value in values]
moved = numpy.concatenate(moved)
"""
_MOVED: Path = (Step("name", "moved"),)


class _Way(NamedTuple):
    """Code that makes an optimizer, hands it what it moves, and calls it once; and whether that is tensors."""

    make: str
    add: str
    call: str
    of_tensors: bool


class _Optimizer(NamedTuple):
    """The method of an optimizer that takes a step, which rule it follows by its name, and how it may be called."""

    function: str
    kind: str
    ways: list[_Way]


# When the count of steps grows is seen only over several steps.
_OF_COUNTS = ("adam.t-from-0", "adam.t-fixed", "adam.t-per-parameter")


def probes(learner: Learner, watcher: Watcher) -> Iterator[Inspection]:
    """Yield how to look at every class that is called like an optimizer and has a method that takes one step."""
    optimizers = [*_optimizers(learner)]
    for optimizer in optimizers:
        beside = [way for other in optimizers if other is not optimizer for way in other.ways]
        look = partial(_look, learner, watcher, optimizer, beside)
        yield Inspection(optimizer.function, f"{optimizer.kind}.update", look)


def _optimizers(learner: Learner) -> Iterator[_Optimizer]:
    """Yield the classes that are called like an optimizer, and how each may be made and called."""
    for name in learner.classes:
        methods = _methods(learner, name)
        stepping = [method for method in methods if _METHOD.fullmatch(method)]
        kind = next((kind for kind, names in _KINDS.items() if re.fullmatch(names, name, re.I)), None)
        if kind is None or not stepping or "__init__" not in methods:
            continue
        if kind == "sgd" and {"momentum", "mu", "beta"} & {n.lower() for n in _settings_of(methods, "momentum")}:
            kind = "momentum"
        function = f"{name}.{stepping[0]}"
        ways = list(_ways(name, methods, stepping[0], kind))
        if ways and function in learner.nodes:
            yield _Optimizer(function, kind, ways)


def _methods(learner: Learner, name: str) -> dict[str, ast.FunctionDef]:
    """Return the methods of a class and of those that it inherits from."""
    methods: dict[str, ast.FunctionDef] = {}
    for base in learner.lineage(name):
        for key, node in learner.nodes.items():
            owner, _, method = key.rpartition(".")
            if owner == base:
                methods.setdefault(method, node)
    return methods


def _parameters(function: ast.FunctionDef) -> tuple[list[str], dict[str, Any]]:
    """Return the parameters without self that a method needs, and the default values of the others, if constant."""
    names = [argument.arg for argument in function.args.args][1:]
    defaults = function.args.defaults
    needed, optional = names[: len(names) - len(defaults)], names[len(names) - len(defaults) :]
    values = (default.value if isinstance(default, ast.Constant) else None for default in defaults)
    return needed, dict(zip(optional, values, strict=True))


def _of(name: str) -> str:
    """Return what is meant by the name of a parameter that holds what is moved, as `_OBJECTS` calls it, or ""."""
    if re.search(r"model|net(work)?$", name, re.I):
        return "model"
    if re.fullmatch(r"\w*_?(layers|modules)", name, re.I):
        return "layers"
    if re.search(r"layer|module", name, re.I):
        return "layer"
    if re.fullmatch(r"param|parameter|p|tensor|variable", name, re.I):
        return "tensor"
    return "tensors" if re.fullmatch(r"params|parameters|tensors|variables", name, re.I) else ""


def _settings(names: list[str], kind: str) -> dict[str, str]:
    """Return which parameter of a constructor stands for which setting of a rule."""
    chosen: dict[str, str] = {}
    for setting in SETTINGS[kind]:
        usual = (*_MORE_NAMES.get(setting, ()), *NAMES[setting])
        name = next((n for u in usual for n in names if n.lower() == u.lower() and n not in chosen), None)
        if name is not None:
            chosen[name] = setting
    return chosen


def _settings_of(methods: Mapping[str, ast.FunctionDef], kind: str) -> dict[str, str]:
    needed, optional = _parameters(methods["__init__"])
    return _settings([*needed, *optional], kind)


def _ways(name: str, methods: Mapping[str, ast.FunctionDef], method: str, kind: str) -> Iterator[_Way]:
    """Yield how an optimizer may be made and called."""
    needed, optional = _parameters(methods["__init__"])
    chosen = _settings_of(methods, kind)
    given = [f"{n}={TRIED[chosen[n]]}" if n in chosen else f"{n}={_of(n)}" for n in needed]
    given += [f"{n}={TRIED[chosen[n]]}" for n in optional if n in chosen]
    if any(n not in chosen and not _of(n) for n in needed):
        return
    asked = next((_of(n) for n in needed if _of(n)), "")
    takes, _ = _parameters(methods[method])
    if len(takes) > 1 or (takes and not _of(takes[0])):
        return
    meant = _of(takes[0]) if takes else asked
    adds = next((m for m in methods if _ADDS.fullmatch(m) and len(_parameters(methods[m])[0]) == 1), "")
    before = [f"optimizer.{m}()" for m in methods if _HOOKS.fullmatch(m) and m.lower().startswith("pre")]
    after = [f"optimizer.{m}()" for m in methods if _HOOKS.fullmatch(m) and m.lower().startswith("post")]
    once = f"optimizer.{method}({meant if takes else ''})"
    if takes and meant in ("layer", "tensor"):
        once = f"[optimizer.{method}(each) for each in {meant}s]"
    call = "; ".join([*before, once, *after])
    make = f"{name}({', '.join(given)})"
    if takes or asked:
        for of_tensors in {"model": (False, True)}.get(meant, (meant.startswith("tensor"),)):
            yield _Way(make, "", call, of_tensors)
        if meant in ("tensors", "tensor") and takes:
            yield _Way(make, "", call.replace("tensors", "layers"), False)
    elif adds:
        yield _Way(make, f"for layer in layers: optimizer.{adds}(layer)", call, False)
        yield _Way(make, f"optimizer.{adds}(model)", call, True)


def _look(learner: Learner, watcher: Watcher, optimizer: _Optimizer, beside: list[_Way]) -> list[Finding] | Doubt:
    """Return the mistake of an optimizer whose numbers are those of a known one; a doubt if they are of none."""
    function, kind, ways = optimizer
    wrong: list[Finding] = []
    may_stay = True
    for way, form, flat in _calls(ways):
        run = partial(_moved, watcher, way, form, flat)
        if not _is_moving(run, cases()[0]):
            continue
        may_stay = False
        probe = _probe(function, kind, _options(learner, function, kind), run)
        checked, findings = examine(learner, probe, {})
        if checked.status == "ok":
            return []
        may_differ = _OF_WEIGHTS.search(
            "\n".join(map(ast.unparse, _methods(learner, function.partition(".")[0]).values()))
        )
        wrong += [f for f in findings if _is_proven(f, kind) or (not may_differ and _is_of_one_kind(f, probe))]
    if may_stay and _moves_nothing(watcher, ways, beside):
        wrong = [Finding("optimizer.unchanged", function, learner.line(function))]
    return wrong[:1] or Doubt("other-result", {"role": f"{kind}.update"})


def _calls(ways: list[_Way]) -> Iterator[tuple[_Way, str, bool]]:
    """Yield each way with the forms in which objects may hold their arrays, and with gradients as arrays or tensors."""
    for way in ways:
        if way.of_tensors:
            yield from ((way, FORMS[0], flat) for flat in (True, False))
        else:
            yield from ((way, form, True) for form in FORMS)


def _moves_nothing(watcher: Watcher, ways: list[_Way], beside: list[_Way]) -> bool:
    """Return whether an optimizer leaves everything as it is, and another one moves the same objects, called alike."""
    case = cases()[0]
    for way, form, flat in _calls(ways):
        try:
            results = _moved(watcher, way, form, flat, case)
        except Raised:
            continue
        if any(not np.array_equal(value, case["params"][name.partition(" ")[0]]) for name, value in results.items()):
            return False
        alike = [other for other in beside if other[1:] == way[1:]]
        shown = [(other, f, is_flat) for other, f, is_flat in _calls(alike) if f == form]
        if any(_is_moving(partial(_moved, watcher, *call), case) for call in shown):
            return True
    return False


def _is_proven(finding: Finding, kind: str) -> bool:
    """Return whether it is a known mistake; who counts the steps may be another method, which nobody called."""
    return finding.mistake.startswith(("optimizer.", "squares.", f"{kind}.")) and finding.mistake not in _OF_COUNTS


def _is_of_one_kind(finding: Finding, probe: Probe) -> bool:
    """Return whether the weights alone are wrong, or the biases alone: the others show that the rest is understood."""
    if finding.mistake != "wrong-numbers":
        return False
    for right in probe.right:
        pairs = [(right(case), probe.runs[0](case)) for case in probe.cases]
        agree = {n: all(np.allclose(a[n], b[n], rtol=1e-6) for a, b in pairs) for n in pairs[0][0]}
        kinds = [[ok for name, ok in agree.items() if name[0] == kind] for kind in "Wb"]
        if [any(kind) for kind in kinds] in ([True, False], [False, True]) and any(map(all, kinds)):
            return True
    return False


def _options(learner: Learner, function: str, kind: str) -> list[Numbers]:
    """Return the settings that an optimizer was given, with those of its code or usual ones for the others."""
    methods = _methods(learner, function.partition(".")[0])
    meant = {setting: TRIED[setting] for setting in _settings_of(methods, kind).values()}
    options: list[Numbers] = [meant]
    for setting in SETTINGS[kind]:
        if setting not in meant:
            values = constants(setting, methods.values(), _USUAL.get(setting, ()))
            options = [option | {setting: value} for option in options for value in values]
    return options


def _probe(function: str, kind: str, options: list[Numbers], run: Equation) -> Probe:
    """Return an optimizer's equations with each of some settings."""
    right = [partial(simulate, rule, h) for option in options for rule, h in rights(kind, option)]
    wrong = [mistake for option in options for mistake in mistakes(kind, option)]
    return Probe(function, f"{kind}.update", cases(), [run], right, wrong)


def _moved(watcher: Watcher, way: _Way, form: str, flat: bool, v: Values) -> Values:
    """Return the parameters after each step, which an optimizer of the learner's moves."""
    values = {f"{name}_": p for name, p in v["params"].items()}
    values |= {f"d{name}_": np.array([grads[name] for grads in v["grads"]]) for name in v["params"]}
    code = _OBJECTS.format(form=form, flat=flat, **way._asdict())
    moved = watcher.exercise("", code, values).after((), [_MOVED]).get(_MOVED)
    sizes = [p.size for p in v["params"].values()]
    if moved is None or moved.shape != (STEPS * sum(sizes),):
        raise Raised("ValueError", "the parameters have other shapes", None, inside=False)
    pieces = iter(np.split(moved, np.cumsum(sizes * STEPS)[:-1]))
    return {
        f"{name} after step {step}": next(pieces).reshape(p.shape)
        for step in range(1, STEPS + 1)
        for name, p in v["params"].items()
    }


def _is_moving(run: Equation, v: Values) -> bool:
    """Return whether every parameter moves: else what stands for the learner's objects is not what they expect."""
    try:
        results = run(v)
    except Raised:
        return False
    return all(not np.array_equal(results[f"{name} after step 1"], p) for name, p in v["params"].items())
