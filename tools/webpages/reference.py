"""The reference: a page for each public module and for each layer, written before Sphinx reads the folder."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import chainrule as cr

FOLDER = "reference"
_MAIN = "chainrule"
_LINE = "="


def setup(app: Any) -> dict[str, Any]:
    """Write the pages when the folder's place is known."""
    app.connect("config-inited", lambda app, _: None if app.tags.has("ko") else write(Path(app.srcdir) / FOLDER))
    app.connect("autodoc-skip-member", _of_scikit_learn)
    app.connect("autodoc-process-signature", _signature_of_class)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _of_scikit_learn(_app: Any, _kind: str, name: str, value: Any, _skipped: bool, _options: Any) -> bool | None:
    return True if name.startswith("set_") and name.endswith("_request") else None


def _signature_of_class(_app: Any, kind: str, _name: str, value: Any, *_: Any) -> tuple[str, str] | None:
    """Return how an object is made, which autodoc does not see in classes that check their settings."""
    if kind != "class" or issubclass(value, BaseException):
        return None
    signature = inspect.signature(value)
    settings = [p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values()]
    return str(signature.replace(parameters=settings, return_annotation=inspect.Signature.empty)), ""


def public_modules() -> dict[str, ModuleType]:
    """Return the public modules by their short addresses."""
    return {name: value for name in sorted(cr.__all__) if isinstance(value := getattr(cr, name), ModuleType)}


def public_names(module: ModuleType) -> list[str]:
    """Return the classes and functions that a public module offers."""
    declared = getattr(module, "__all__", None)
    names = [name for name in declared or dir(module) if not name.startswith("_")]
    return [name for name in names if _documented(getattr(module, name), None if declared else module)]


def _documented(value: Any, home: ModuleType | None) -> bool:
    if not (inspect.isclass(value) or inspect.isfunction(value)):
        return False
    return value.__module__.startswith(_MAIN) and (home is None or value.__module__ == home.__name__)


def main_names() -> list[str]:
    """Return the classes and functions that no public module has but `chainrule` itself."""
    elsewhere = [getattr(module, name) for module in public_modules().values() for name in public_names(module)]
    values = ((name, getattr(cr, name)) for name in sorted(cr.__all__))
    return [name for name, value in values if _documented(value, None) and value not in elsewhere]


def names_in_both() -> dict[str, list[str]]:
    """Return the names of each public module that `chainrule` itself offers, too."""
    both = {name: [n for n in public_names(module) if n in cr.__all__] for name, module in public_modules().items()}
    return {name: names for name, names in both.items() if names}


def write(folder: Path) -> None:
    """Write all pages; those that are as they were are left alone, so that Sphinx reads only what changed."""
    pages = dict(_pages())
    (folder / "layers").mkdir(parents=True, exist_ok=True)
    for old in [*folder.glob("*.rst"), *folder.glob("layers/*.rst")]:
        if old.relative_to(folder).with_suffix("").as_posix() not in pages:
            old.unlink()
    for name, text in pages.items():
        path = folder / f"{name}.rst"
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")


def _pages() -> Iterator[tuple[str, str]]:
    modules = public_modules()
    contents = ["main", "layers/index", *(name for name in modules if name != "layers")]
    yield "index", _title("Reference") + "Every public name, by the module that has it.\n\n" + _tree(contents)
    yield "main", _title(_MAIN) + _at_the_top() + _entries("", _MAIN, main_names())
    for name, module in modules.items():
        if name == "layers":
            layers = public_names(module)
            yield "layers/index", _title("chainrule.layers") + _text(module) + _tree(layers)
            yield from ((f"layers/{layer}", _layer(layer)) for layer in layers)
        else:
            address = f"{_MAIN}.{name}"
            yield name, _title(address) + _text(module) + _entries(name, module.__name__, public_names(module))


def _title(text: str, line: str = _LINE) -> str:
    return f"{text}\n{line * len(text)}\n\n"


def _text(module: ModuleType) -> str:
    return f"{inspect.getdoc(module) or ''}\n\n"


def _tree(pages: list[str]) -> str:
    return ".. toctree::\n   :maxdepth: 1\n\n" + "".join(f"   {page}\n" for page in pages)


def _at_the_top() -> str:
    """Return what else `chainrule` itself offers, with links to where it is described."""
    lines = [
        f"- :doc:`{_MAIN}.{name} <{'layers/index' if name == 'layers' else name}>`: "
        + ", ".join(f":py:obj:`cr.{n} <{public_modules()[name].__name__}.{n}>`" for n in names)
        for name, names in names_in_both().items()
    ]
    return "What no module has comes below. These have a module, and are here, too:\n\n" + "\n".join(lines) + "\n\n"


def _entries(name: str, address: str, names: list[str]) -> str:
    return "\n".join(_title(n, "-") + _written(name, n) + _entry(f"{address}.{n}") for n in names)


def _written(module: str, name: str) -> str:
    """Return how a name is written behind ``import chainrule as cr``: short where it can be, and with its module."""
    short = [f"``cr.{name}``"] if not module or name in names_in_both().get(module, []) else []
    return " or ".join([*short, *([f"``cr.{module}.{name}``"] if module else [])]) + "\n\n"


def _entry(address: str) -> str:
    module, _, name = address.rpartition(".")
    value: Any = getattr(__import__(module, fromlist=[name]), name)
    if inspect.isclass(value):
        return f".. autoclass:: {address}\n   :members:\n\n"
    return f".. autofunction:: {address}\n\n"


def _layer(name: str) -> str:
    """Return a layer's page: what it is, its forward beside its backward, and its file."""
    layer: Any = getattr(cr.layers, name)
    page = _title(name) + _written("layers", name)
    if inspect.isfunction(layer):
        return page + f".. autofunction:: chainrule.layers.{name}\n"
    page += f".. autoclass:: chainrule.layers.{name}\n\n"
    pair: list[Any] = [getattr(layer, method, None) for method in ("forward", "backward")]
    if all(callable(method) and method.__module__.startswith(_MAIN) for method in pair):
        page += _title("Forward and backward", "-") + ".. grid:: 1 1 2 2\n   :gutter: 2\n\n"
        for method in pair:
            code = textwrap.dedent(inspect.getsource(method))
            page += "   .. grid-item::\n\n      .. code-block:: python\n\n" + textwrap.indent(code, " " * 9) + "\n"
    return page + _title("The file", "-") + _file(layer)


def _file(layer: Any) -> str:
    path = Path(inspect.getsourcefile(layer) or "")
    shown = path.relative_to(Path(cr.__file__).parent).as_posix()
    code = textwrap.indent(path.read_text("utf-8"), "   ")
    return f"``src/chainrule/{shown}``\n\n.. code-block:: python\n\n{code}\n"
