"""The libraries of the lab's page: which versions lie in page/vendor, and whether the files are those.

`python -m tools.vendor` compares each file with its digest in SHA256SUMS. To take other versions, change VERSIONS, run
`npm install --prefix FOLDER` with what `python -m tools.vendor --packages` prints, and `python -m tools.vendor
FOLDER/node_modules`, which copies the files and writes SHA256SUMS anew.
"""

from __future__ import annotations

import shutil
import sys
from hashlib import sha256
from pathlib import Path

VENDOR = Path(__file__).resolve().parents[1] / "src/chainrule/lab/page/vendor"
SUMS = VENDOR / "SHA256SUMS"

VERSIONS = {"preact": "11.2.0", "htm": "3.1.1", "katex": "0.19.1", "uplot": "1.6.32"}

# Where a file lies in node_modules; fonts and licenses follow from their names.
SOURCES = {
    "preact.mjs": "preact/dist/preact.mjs",
    "hooks.mjs": "preact/hooks/dist/hooks.mjs",
    "htm.mjs": "htm/dist/htm.mjs",
    "katex.mjs": "katex/dist/katex.mjs",
    "katex.min.css": "katex/dist/katex.min.css",
    "uPlot.esm.js": "uplot/dist/uPlot.esm.js",
    "uPlot.min.css": "uplot/dist/uPlot.min.css",
    **{f"licenses/{name}.txt": f"{name}/LICENSE" for name in VERSIONS},
}


def digests() -> dict[str, str]:
    """Return the SHA-256 of each file as it should be."""
    lines = (line.split("  ", 1) for line in SUMS.read_text("utf-8").splitlines())
    return {name: digest for digest, name in lines}


def lying() -> dict[str, str]:
    """Return the SHA-256 of each file as it is."""
    paths = sorted(path for path in VENDOR.rglob("*") if path.is_file() and path != SUMS)
    return {path.relative_to(VENDOR).as_posix(): sha256(path.read_bytes()).hexdigest() for path in paths}


def faults() -> list[str]:
    """Return which files are missing, changed, or not in the list."""
    wanted, found = digests(), lying()
    return [
        *(f"{name} is not in SHA256SUMS" for name in found.keys() - wanted.keys()),
        *(f"{name} is missing" for name in wanted.keys() - found.keys()),
        *(f"{name} is another file" for name in wanted.keys() & found.keys() if wanted[name] != found[name]),
    ]


def copy(modules: Path) -> None:
    """Copy the files from a folder node_modules, and write their digests."""
    fonts = {f"fonts/{path.name}": path for path in (modules / "katex/dist/fonts").glob("*.woff2")}
    for name, source in {**{name: modules / path for name, path in SOURCES.items()}, **fonts}.items():
        (VENDOR / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, VENDOR / name)
    SUMS.write_text("".join(f"{digest}  {name}\n" for name, digest in lying().items()), "utf-8")


def main(arguments: list[str]) -> int:
    """Say which packages, copy their files, or compare; the exit status says whether a file differs."""
    if arguments == ["--packages"]:
        print(*(f"{name}@{version}" for name, version in VERSIONS.items()))
        return 0
    if arguments:
        copy(Path(arguments[0]))
    print("\n".join([*faults(), f"{len(digests())} files of " + ", ".join(map(" ".join, VERSIONS.items()))]))
    return 1 if faults() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
