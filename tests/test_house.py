"""The house rules: imports run downwards and in no circle, code is in small pieces, `import chainrule` is light."""

from __future__ import annotations

import ast
import importlib
import io
import subprocess
import sys
import tokenize
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import pytest

import chainrule as cr
from chainrule.cli import app, plot
from chainrule.common.addresses import ADDRESSES

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src/chainrule"
FILES = sorted(PACKAGE.rglob("*.py"))

# From the ground up: a folder (or a file at the top) may import from what stands above it in this list.
FLOORS = [
    "common",
    "arrays",
    "equations",
    "layers",
    "gradcheck",
    "metrics",
    "data",
    "datasets",
    "engines",
    "training",
    "trace",
    "network",
    "many",
    "lessons",
    "files",
    "tables",
    "plots",
    "estimators",
    "export",
    "serve",
    "checker",
    "lab",
    "cli",
    "__main__",
]


# Inside of the checker: which other rooms each room may import from.
_PROVING = ("derivatives", "documented", "probe", "proof", "unfinished")
_OF_ROLES = ("equations", "findings", "learner", "documented", "proof", "probe", "conventions")
_STYLES = ("roles.book", "roles.course", "roles.cs231n", "roles.scripts")
CHECKER = {
    "equations": (),
    "findings": (),
    "learner": ("clock",),
    "literals": (),
    "outside": (),
    "names": (),
    "draws": (),
    "dict_keys": ("learner",),
    "documented": ("learner",),
    "proof": ("dict_keys", "documented", "learner"),
    "stops": ("findings", "learner", "outside"),
    "unfinished": (),
    "probe": ("documented", "equations", "findings", "learner", "proof", "stops", "unfinished"),
    "repro": ("equations", "findings", "learner", "literals", "probe"),
    "conventions": ("equations", "findings", "learner", "documented", "probe", "proof"),
    "roles.book": _OF_ROLES,
    "roles.scripts": _OF_ROLES,
    "roles.cs231n": _OF_ROLES,
    "roles.course": (*_OF_ROLES, "roles.scripts"),
    "roles.activations_of_methods": (*_OF_ROLES, "derivatives"),
    "roles.optimizers_of_objects": (*_OF_ROLES, "derivatives", "watching.paths"),
    "roles.normalization_of_objects": (*_OF_ROLES, "derivatives"),
    "roles.updates_of_dicts": _OF_ROLES,
    "roles": (
        "roles.activations_of_methods",
        "roles.normalization_of_objects",
        "roles.optimizers_of_objects",
        "roles.updates_of_dicts",
        "clock",
        "conventions",
        "derivatives",
        "documented",
        "evidence",
        "findings",
        "learner",
        "probe",
        "proof",
        "repro",
        "stops",
        "unfinished",
        *_STYLES,
    ),
    # Where the learner's code is: no equations, nor who knows them.
    "running": ("clock", "draws", "findings", "learner", "unfinished", "watching", "watching.paths"),
    "running.remote": ("clock", "learner", "running"),
    "running.watcher": ("clock", "derivatives", "learner", "running", "running.remote", "watching.paths"),
    "watching": ("clock", "draws", "learner", "outside", "watching.paths"),
    "watching.paths": (),
    "clock": (),
    "derivatives": ("clock", "findings", "learner", "literals", "watching.paths"),
    "softmax_axes": ("findings",),
    "sight": ("findings", "outside", "softmax_axes"),
    "evidence": ("findings",),
    "running.judge": ("clock", "findings", "learner", "roles", "running", "running.remote", "running.watcher", "sight"),
    "running.received": ("findings", "outside", "telling"),
    "running.sandbox": ("clock", "findings", "running", "running.received"),
    "telling": ("findings", "names"),
    "cells": (),
    "inprocess": ("cells", "findings", "learner", "roles", "sight", "telling", "unfinished", "watching"),
    "pytest_plugin": ("inprocess", "names", "telling"),
}


def module(path: Path) -> str:
    """A module's name under chainrule; that of a package is the folder's, and chainrule's own is empty."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").removesuffix(".")


MODULES = {module(path): path for path in FILES}


def room(path: Path) -> str:
    """The first part of a module's name under chainrule."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_modules(path: Path) -> set[str]:
    """Return the modules of the package that a file imports, at its top or inside of a function."""
    modules = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} imports relatively: write the address"
            modules |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name.removeprefix("chainrule.") for name in modules if name.split(".")[0] == "chainrule"}


@pytest.mark.parametrize("path", [p for p in FILES if p != PACKAGE / "__init__.py"], ids=lambda p: str(p.name))
def test_imports_run_downwards(path: Path) -> None:
    assert room(path) in FLOORS, f"say in FLOORS where {path} belongs"
    above = FLOORS[: FLOORS.index(room(path)) + 1]
    for name in imported_modules(path):
        if room(path) == "cli" and (name == "chainrule" or name in cr.__all__):
            continue  # the command may take public names of the package
        assert name.split(".")[0] in above, f"{path.name} imports {name} from below"


def module_of(name: str) -> str:
    """The module that a name is imported from: the longest part of it that is one."""
    while name not in MODULES:
        name = name.rpartition(".")[0]
    return name


def room_of_checker(name: str) -> str:
    """Return the room of a module of the checker: the longest entry of CHECKER that its name begins with."""
    return max((each for each in CHECKER if f"{name}.".startswith(f"checker.{each}.")), key=len, default="")


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("checker.")])
def test_the_rooms_of_the_checker_import_one_way(name: str) -> None:
    own = room_of_checker(name)
    assert own, f"say in CHECKER what {name} may import"
    for imported in map(module_of, imported_modules(MODULES[name])):
        if imported.startswith("checker"):
            assert room_of_checker(imported) in (own, *CHECKER[own]), f"{name} imports {imported}"


@pytest.mark.parametrize("depth", [2, None], ids=["folders inside of a folder as one", "all modules"])
def test_no_import_leads_back(depth: int | None) -> None:
    """Not inside of functions and for types either; between folders this follows from the floors."""
    imports: dict[str, set[str]] = {}
    for name, path in MODULES.items():
        part, *others = (".".join(each.split(".")[:depth]) for each in [name, *map(module_of, imported_modules(path))])
        imports.setdefault(part, set()).update(other for other in others if other != part)
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail("each of these imports the next: " + " -> ".join(reversed(error.args[1])))


def lines_of_code(path: Path) -> set[int]:
    """The numbers of the lines with code on them: no comments, docstrings or blank lines."""
    text = path.read_text("utf-8")
    ignored = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in ignored:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.name))
def test_a_file_stays_small(path: Path) -> None:
    assert len(lines_of_code(path)) <= 300


FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def nodes_of(path: Path, kind: Any) -> list[Any]:
    """Return the functions or the classes of a file."""
    return [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, kind)]


def longer(path: Path, kind: Any, limit: int) -> list[str]:
    """Return which functions or classes of a file have more lines of code in their bodies."""
    lines = lines_of_code(path)
    sizes = [
        (node.name, len(lines & set(range(node.body[0].lineno, node.end_lineno + 1)))) for node in nodes_of(path, kind)
    ]
    return [f"{name}: {size}" for name, size in sizes if size > limit]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.name))
def test_a_function_fits_on_a_screen(path: Path) -> None:
    assert not longer(path, FUNCTION, 50)


@pytest.mark.parametrize("path", sorted((PACKAGE / "layers").glob("*.py")), ids=lambda path: str(path.name))
def test_a_layer_fits_on_a_screen(path: Path) -> None:
    assert not longer(path, ast.ClassDef, 60)


# What more than 8 parameters are allowed for, besides the lessons, whose signatures are the course's.
MANY_PARAMETERS = {
    # Each has its usual value, and a user looks for it here.
    *("chainrule.network.fit", "chainrule.network.evaluate", "chainrule.many.fit_many"),
    "chainrule.tables.model.fit",
    # A command's parameters are the options that a user types.
    *(
        f"{run.__module__}.{run.__name__}"
        for command in (*app.registered_commands, *plot.app.registered_commands)
        if (run := command.callback)
    ),
    # The course's own signature, by which the checker calls what it compares with.
    "chainrule.checker.equations.optimizers.adam",
}


def parameters(function: Any) -> list[str]:
    """Return the names of a function's parameters, without self."""
    given = function.args
    each = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    names = [parameter.arg for parameter in each if parameter is not None]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


@pytest.mark.parametrize("path", [p for p in FILES if room(p) != "lessons"], ids=lambda path: str(path.name))
def test_a_function_takes_few_parameters(path: Path) -> None:
    module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    counts = [(f"{module}.{function.name}", len(parameters(function))) for function in nodes_of(path, FUNCTION)]
    assert not [f"{name}: {n}" for name, n in counts if n > 8 and name not in MANY_PARAMETERS]


def modules_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in run.stdout.split()}


def test_import_loads_numpy_and_nothing_heavy() -> None:
    ours = modules_after("import chainrule") - modules_after("import numpy")
    assert {name for name in ours if name not in sys.stdlib_module_names} == {"chainrule", "lazy_loader"}


def test_every_public_name_is_there_and_documented() -> None:
    for name in cr.__all__:
        doc = getattr(cr, name).__doc__  # not getdoc, which would take that of a base class
        assert doc and not doc.startswith(f"{name}("), name  # nor the signature that a dataclass makes of itself


def test_every_module_says_what_it_is_for() -> None:
    for path in FILES:
        first = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").splitlines()
        assert first and first[0].endswith("."), path


def test_the_version_is_said_once_for_people_and_once_for_machines() -> None:
    assert f'version = "{cr.__version__}"' in (ROOT / "pyproject.toml").read_text("utf-8")
    assert f"## [{cr.__version__}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_runtime_shape_checks_are_on_in_the_tests() -> None:
    assert cr.arrays.Float.__module__.startswith("jaxtyping")
    with pytest.raises(TypeError, match="Type-check error"):
        cr.Dense(3).forward({}, "not an array")


@pytest.mark.parametrize("short", ADDRESSES)
def test_a_short_address_gives_the_one_module(short: str) -> None:
    module = importlib.import_module(f"chainrule.{short}")
    assert module is importlib.import_module(f"chainrule.{ADDRESSES[short]}") is getattr(cr, short)
    assert module.__spec__ is not None and module.__spec__.name == f"chainrule.{ADDRESSES[short]}"
