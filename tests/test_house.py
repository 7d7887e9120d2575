"""The house rules: imports run downwards, files are small, and `import chainrule` is light."""

from __future__ import annotations

import ast
import inspect
import io
import subprocess
import sys
import tokenize
import tomllib
from pathlib import Path

import pytest

import chainrule as cr

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src/chainrule"
FILES = sorted(PACKAGE.rglob("*.py"))

# From the ground up; a module may import from its own floor and those below it.
FLOORS = [
    ["errors", "arrays", "atomic", "threads", "windows", "tables", "data"],
    ["activations", "initializers", "losses", "optimizers", "schedules"],
    ["layers", "metrics"],
    ["gradcheck", "engines", "checks", "checkpoint", "callbacks"],
    ["training", "history", "progress", "sources"],
    ["network"],
    ["stepwise", "book", "perceptron", "datasets", "files", "plots", "loggers"],
    ["checker"],
    ["cli"],
]
AROUND = {"errors", "tables", "atomic", "checks", "metrics", "callbacks", "history", "progress", "sources"}
CORE = {name for floor in FLOORS[:6] for name in floor} - AROUND


def room(path: Path) -> str:
    """The first part of a module's name under chainrule."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    modules = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "chainrule":
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("chainrule."):
            modules.add(str(node.module).split(".")[1])
    return modules


def test_types_and_shapes_are_checked_everywhere_but_in_the_checker() -> None:
    options = tomllib.loads((PACKAGE.parents[1] / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]["ini_options"]
    (packages,) = (o for o in options["addopts"] if o.startswith("--jaxtyping-packages="))
    hooked = {name.removeprefix("chainrule.") for name in packages.partition("=")[2].split(",")[:-1]}
    assert hooked == {room(path) for path in FILES if path.parent != PACKAGE or path.stem != "__init__"} - {"checker"}


@pytest.mark.parametrize("path", [p for p in FILES if p != PACKAGE / "__init__.py"], ids=lambda p: str(p.name))
def test_imports_run_downwards(path: Path) -> None:
    floor = {name: number for number, names in enumerate(FLOORS) for name in names}
    assert room(path) in floor, f"say in FLOORS where {path} belongs"
    for name in imported_rooms(path) - {room(path)}:
        if name in floor:
            assert floor[name] <= floor[room(path)], f"{path.name} imports {name} from above"
        else:  # a public name of the package, which only the command line may take
            assert room(path) == "cli", f"{path.name} imports {name} from the package instead of its module"


def code_lines(path: Path) -> int:
    """The number of lines with code on them: no comments, docstrings or blank lines."""
    text = path.read_text("utf-8")
    ignored = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in ignored:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


def test_the_core_stays_small() -> None:
    sizes = {path: code_lines(path) for path in FILES}
    core = {path: n for path, n in sizes.items() if room(path) in CORE and path.name not in ("xla.py", "choose.py")}
    assert sum(core.values()) < 3600
    assert {path.name: n for path, n in sizes.items() if n >= 300} == {}


@pytest.mark.parametrize("layer", cr.layers.LAYERS.values(), ids=lambda layer: layer.__name__)
def test_a_layer_fits_on_a_screen(layer: type[cr.layers.Layer]) -> None:
    source = inspect.getsource(layer)
    docstrings = sum(len((inspect.getdoc(m) or "").splitlines()) for m in (layer, layer.init, layer.forward))
    assert len([line for line in source.splitlines() if line.strip()]) - docstrings < 80


def modules_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in run.stdout.split()}


def test_import_loads_numpy_and_nothing_heavy() -> None:
    ours = modules_after("import chainrule") - modules_after("import numpy")
    assert {name for name in ours if name not in sys.stdlib_module_names} == {"chainrule"}


def test_every_public_name_is_there_and_documented() -> None:
    for name in cr.__all__:
        assert inspect.getdoc(getattr(cr, name)), name


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
