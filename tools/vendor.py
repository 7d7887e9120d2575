"""The libraries of the lab's page: which files of which versions lie in page/vendor, and whether they are those.

`python -m tools.vendor` compares each file with its SHA-256. To take other versions, change VERSIONS, run
`npm install --prefix FOLDER` with what `python -m tools.vendor --packages` prints, and `python -m tools.vendor
FOLDER/node_modules`, which copies the files and prints the table FILES anew.
"""

from __future__ import annotations

import shutil
import sys
from hashlib import sha256
from pathlib import Path

VENDOR = Path(__file__).resolve().parents[1] / "src/chainrule/lab/page/vendor"

VERSIONS = {"preact": "11.2.0", "htm": "3.1.1", "katex": "0.19.1", "uplot": "1.6.32"}

# By its name in page/vendor: where it lies in node_modules, and its SHA-256.
FILES = {
    "preact.mjs": ("preact/dist/preact.mjs", "bdcbd9abdf2c77c5c45326eab42191e949222d479d0d5f69467387a77040cb55"),
    "hooks.mjs": ("preact/hooks/dist/hooks.mjs", "e862ab2973aa6455eaa0f77c5d832d2157d6be59a17c8ba546550a575b58c6b4"),
    "htm.mjs": ("htm/dist/htm.mjs", "ab33dd3f38059b9be4d5f5350128eefb2356639c4e0bbe9d9e8b3ba75847e9e4"),
    "katex.mjs": ("katex/dist/katex.mjs", "5f0c3749f8b28ce1a63b68de34d3950bb4aa1a9e0130865e4b09ecc9a250c8b7"),
    "katex.min.css": ("katex/dist/katex.min.css", "00e0b094171b07f58422075f469b4feac2b2f7bce1aeec943c08da4d697f4dcf"),
    "uPlot.esm.js": ("uplot/dist/uPlot.esm.js", "5dd9b3281aa64b461b42d9945f6adb2649d346502b12281a9ae0d46599a80eba"),
    "uPlot.min.css": ("uplot/dist/uPlot.min.css", "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04"),
    "licenses/preact.txt": ("preact/LICENSE", "1fe6958409c8c257a70c587a18b6f7f412b179b456630790d30b2ec9a8e4b7d4"),
    "licenses/htm.txt": ("htm/LICENSE", "740725f7252e750af735d0028cc534970772f513331e9f68150fede8fb3ce00f"),
    "licenses/katex.txt": ("katex/LICENSE", "766ccc1f306c885aa45542a9846bbd0a505b27a0374f146778171c2254ce18e3"),
    "licenses/uplot.txt": ("uplot/LICENSE", "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd"),
    "fonts/KaTeX_AMS-Regular.woff2": ("katex/dist/fonts/KaTeX_AMS-Regular.woff2", "0cdd387c9590a1a9f9794560022dbb59654a7d86f187aa0c81495ad42d3a7308"),
    "fonts/KaTeX_Caligraphic-Bold.woff2": ("katex/dist/fonts/KaTeX_Caligraphic-Bold.woff2", "de7701e42cf1f4cf0b766c03fb27977207eee2f4fd5d76fa82188406da43ea4c"),
    "fonts/KaTeX_Caligraphic-Regular.woff2": ("katex/dist/fonts/KaTeX_Caligraphic-Regular.woff2", "5d53e70ad607c2352162dec9e0923fb54ecdafaccbf604cd8dcf7d00facb989b"),
    "fonts/KaTeX_Fraktur-Bold.woff2": ("katex/dist/fonts/KaTeX_Fraktur-Bold.woff2", "74444efd593c005e3f4573b44524704c0af0a937fe911cca9e94068d0d140d3f"),
    "fonts/KaTeX_Fraktur-Regular.woff2": ("katex/dist/fonts/KaTeX_Fraktur-Regular.woff2", "51814d270d06ff0255dba0799994fa4d8c84d11f09951d47595f4abb1f3602dc"),
    "fonts/KaTeX_Main-Bold.woff2": ("katex/dist/fonts/KaTeX_Main-Bold.woff2", "0f60d1b897938ec918c8ce073092411baf9438f6739465693ff18b0f9d20b021"),
    "fonts/KaTeX_Main-BoldItalic.woff2": ("katex/dist/fonts/KaTeX_Main-BoldItalic.woff2", "99cd42a3c072d918f2f44984a807cf7aa16e13545fd0875fc07c6c65f99e715b"),
    "fonts/KaTeX_Main-Italic.woff2": ("katex/dist/fonts/KaTeX_Main-Italic.woff2", "97479ca6cce906abc961ecac96faa5f9ca2e61b8e7670d475826bcdee9a7c267"),
    "fonts/KaTeX_Main-Regular.woff2": ("katex/dist/fonts/KaTeX_Main-Regular.woff2", "c2342cd8b869e01752a9321dc17213fc40d4d04c79688c1d43f2cf316abd7866"),
    "fonts/KaTeX_Math-BoldItalic.woff2": ("katex/dist/fonts/KaTeX_Math-BoldItalic.woff2", "dc47344dbb6cb5b655c8460d561f4df5f501b90c804ad3c6cec65fe322351ab1"),
    "fonts/KaTeX_Math-Italic.woff2": ("katex/dist/fonts/KaTeX_Math-Italic.woff2", "7af58c5ec8f132a2ddde9027c6d7814decce4d3b822a11192a42a20e2e973264"),
    "fonts/KaTeX_SansSerif-Bold.woff2": ("katex/dist/fonts/KaTeX_SansSerif-Bold.woff2", "e99ae51144bf1232efcc1bfe5add36262c6866b0faab24fa75740e1b98577a62"),
    "fonts/KaTeX_SansSerif-Italic.woff2": ("katex/dist/fonts/KaTeX_SansSerif-Italic.woff2", "00b26ac825e2095056396e0553b8ac26d3f8ad158c3826e28b4c45b385c4714a"),
    "fonts/KaTeX_SansSerif-Regular.woff2": ("katex/dist/fonts/KaTeX_SansSerif-Regular.woff2", "68e8c73ef42afd3ccec58bf0fba302cce448938e7fc020a5e31f8a952eee1342"),
    "fonts/KaTeX_Script-Regular.woff2": ("katex/dist/fonts/KaTeX_Script-Regular.woff2", "036d4e95149b69ff9bcc0cd55771efeb25ffa3947293e69acd78d5ac328c684b"),
    "fonts/KaTeX_Size1-Regular.woff2": ("katex/dist/fonts/KaTeX_Size1-Regular.woff2", "6b47c40166b6dbe21a5dfca7718413f2147fd2399be1ba605d8ad39cedf25dfe"),
    "fonts/KaTeX_Size2-Regular.woff2": ("katex/dist/fonts/KaTeX_Size2-Regular.woff2", "d04c54219f9eaec6d4d4fd42dfb28785975a4794d6b2fc71e566b9cd6db842dd"),
    "fonts/KaTeX_Size3-Regular.woff2": ("katex/dist/fonts/KaTeX_Size3-Regular.woff2", "73d591271b1604960cb10bb90fee021670af7297017e0e98480b332d11f51995"),
    "fonts/KaTeX_Size4-Regular.woff2": ("katex/dist/fonts/KaTeX_Size4-Regular.woff2", "a4af7d414440a1c1790825cfb700cf9cf43b0f2c4b04f0ebc523011ad9853ec0"),
    "fonts/KaTeX_Typewriter-Regular.woff2": ("katex/dist/fonts/KaTeX_Typewriter-Regular.woff2", "71d517d67827787cfabdf186914cc3358eda539e37931941f2b2fd4a21f68c0b"),
}


def faults() -> list[str]:
    """Return which files are missing, changed, or not in the table."""
    lying = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    found = [f"{name} is not in the table" for name in sorted(lying - FILES.keys())]
    found += [f"{name} is missing" for name in FILES if name not in lying]
    changed = [name for name in FILES if name in lying and digest(VENDOR / name) != FILES[name][1]]
    return [*found, *(f"{name} is not the file of that version" for name in changed)]


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return sha256(path.read_bytes()).hexdigest()


def copy(modules: Path) -> None:
    """Copy the files from a folder node_modules, and print their table."""
    for name, (source, _) in FILES.items():
        (VENDOR / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(modules / source, VENDOR / name)
        print(f'    "{name}": ("{source}", "{digest(VENDOR / name)}"),')


def main(arguments: list[str]) -> int:
    """Say which packages, copy their files, or compare; the exit status says whether a file differs."""
    if arguments == ["--packages"]:
        print(*(f"{name}@{version}" for name, version in VERSIONS.items()))
        return 0
    if arguments:
        copy(Path(arguments[0]))
        return 0
    print("\n".join([*faults(), f"{len(FILES)} files of " + ", ".join(map(" ".join, VERSIONS.items()))]))
    return 1 if faults() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
