"""Draws docs/gallery.md and docs/gallery.ko.md: every kind of picture, with the line that draws it.

Run: make gallery
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any, NamedTuple

import typer.main
from PIL import Image

from chainrule.cli import plot

DOCS = Path(__file__).resolve().parents[1] / "docs"
LANGUAGES = ("en", "ko")
PAGES = {"en": DOCS / "gallery.md", "ko": DOCS / "gallery.ko.md"}
COMMANDS: dict[str, Any] = typer.main.get_command(plot.app).commands  # type: ignore[attr-defined]
_WIDEST = 1000  # pixels

INTRODUCTION = {
    "en": """\
# Gallery

Every kind of picture that `chainrule.plots` draws and `chainrule plot` writes. Each function returns a figure of
matplotlib, draws on `ax=` if one is given, and speaks Korean with `lang="ko"` ([한국어](gallery.ko.md)). The colors are
told apart by people of any color vision. `make gallery` makes this page and its pictures. All lines below follow these:
""",
    "ko": """\
# 갤러리

`chainrule.plots`와 `chainrule plot`으로 그릴 수 있는 그림을 모두 모았습니다([English](gallery.md)). 함수는 matplotlib의
Figure를 돌려주고, `ax=`를 주면 그 자리에 그리며, `lang="ko"`를 주면 글자가 한국어로 나옵니다. 한글 글꼴이 없으면 어떤
패키지를 설치해야 하는지 오류가 알려 줍니다. 색은 색각 이상이 있어도 구별되는 것만 씁니다. 이 페이지와 그림은
`make gallery`로 만들며, 아래 코드는 모두 다음 코드에 이어집니다.
""",
}

SETUP = """\
import chainrule as cr
from chainrule import plots

X, y = cr.datasets.moons(n=200)
network, snapshots = cr.Network.mlp([2, 6, 1], hidden="tanh", seed=1), plots.Snapshots(every=8)
history = network.fit(
    X, y, epochs=80, optimizer=cr.Adam(0.1), validation_split=0.2, callbacks=[snapshots], verbose=False
)

(x_train, y_train), (digits, labels) = cr.datasets.load_mnist_small()
reader, epochs = cr.Network.mlp([784, 32, 16, 10]), plots.Snapshots()
reader.fit(x_train, y_train, epochs=7, callbacks=[epochs], verbose=False)

layers = [cr.Conv2D(6, kernel=5), cr.ReLU(), cr.MaxPool(2), cr.Conv2D(12, kernel=5), cr.ReLU(), cr.MaxPool(2)]
convolutional = cr.Network([*layers, cr.Flatten(), cr.Dense(10)], "categorical_cross_entropy")
convolutional.fit(x_train.reshape(-1, 28, 28, 1), y_train, epochs=2, verbose=False)

x, t = cr.datasets.sine(n=200)
curve = cr.Network.mlp([1, 16, 1], "tanh", "mean_squared_error")
curve.fit(x, t, epochs=200, optimizer=cr.Adam(0.02), verbose=False)
"""


class Entry(NamedTuple):
    """A picture of the page: its kind, as the command calls it, what it shows, and code whose last line draws it."""

    kind: str
    english: str
    korean: str
    code: str
    file: str = ""

    @property
    def picture(self) -> str:
        """The name of its file, without language and suffix."""
        return self.file or self.kind


ENTRIES = [
    Entry(
        "activations",
        "Activation functions with their slopes",
        "활성화 함수와 기울기",
        'plots.plot_activations(["step", "sigmoid", "relu"])',
    ),
    Entry(
        "gates",
        "Logic gates as perceptrons, and why XOR takes two of them",
        "퍼셉트론으로 만든 논리 게이트, XOR에 둘이 필요한 까닭",
        "plots.plot_gates()",
    ),
    Entry(
        "history",
        "Cost curve, with validation and the best epoch",
        "학습 곡선과 검증 손실이 가장 낮은 에폭",
        "plots.plot_history(history)",
    ),
    Entry(
        "boundary",
        "Decision boundary, with the line of each hidden unit",
        "결정 경계와 은닉 뉴런마다의 직선",
        "plots.plot_boundary(network, X, y)",
    ),
    Entry(
        "boundary",
        "How it came to be",
        "결정 경계가 만들어지는 과정",
        "plots.plot_boundary_steps(network, snapshots, X, y)",
        "steps",
    ),
    Entry(
        "boundary",
        "The same as a film",
        "같은 과정을 움직이는 그림으로",
        'plots.film_boundary(network, snapshots, X, y, "film.gif")',
        "film",
    ),
    Entry(
        "network",
        "A network with its weights and the numbers of one example",
        "가중치와 샘플 하나의 값을 적은 신경망",
        "plots.plot_network(network, X[0])",
    ),
    Entry(
        "shapes",
        "The shapes of a batch and of the weights",
        "배치와 가중치의 모양",
        "plots.plot_shapes(cr.Network.mlp([784, 50, 100, 10]), batch_size=100)",
    ),
    Entry(
        "distributions",
        "Activations of each layer over training",
        "학습하는 동안 층마다의 활성값 분포",
        'plots.plot_distributions(reader, epochs, digits[:500], of="activations")',
    ),
    Entry(
        "distributions",
        "Gradients, and in the same way weights",
        "기울기의 분포(가중치도 같은 방법으로)",
        'plots.plot_distributions(reader, epochs, digits[:500], labels[:500], of="gradients")',
        "gradients",
    ),
    Entry(
        "filters",
        "What the units of the first layer look for",
        "첫 층의 뉴런이 찾는 모양",
        "plots.plot_filters(reader)",
    ),
    Entry(
        "feature-maps",
        "What each convolutional layer makes of an image",
        "합성곱층이 만드는 특징 맵",
        "plots.plot_feature_maps(convolutional, digits[0].reshape(28, 28, 1))",
    ),
    Entry(
        "confusion",
        "Which classes are taken for which",
        "혼동 행렬",
        "plots.plot_confusion(reader, digits, labels)",
    ),
    Entry(
        "mistakes",
        "The worst mistakes",
        "가장 크게 틀린 샘플",
        "plots.plot_mistakes(reader, digits, labels)",
    ),
    Entry(
        "calibration",
        "Whether the probabilities come true",
        "확률이 실제와 얼마나 맞는지",
        "plots.plot_calibration(reader, digits, labels)",
    ),
    Entry(
        "predicted",
        "Predicted against true values",
        "예측값과 실제값",
        "plots.plot_predicted(curve, x, t)",
    ),
    Entry(
        "fit",
        "The curve through the points",
        "데이터를 지나는 곡선",
        "plots.plot_fit(curve, x, t)",
    ),
    Entry(
        "surface",
        "The loss over two parameters, with the paths of optimizers",
        "두 파라미터에 대한 손실 곡면과 옵티마이저의 경로",
        'rules = {"SGD 1.0": cr.SGD(1.0), "Momentum 0.3": cr.Momentum(0.3), "Adam 0.1": cr.Adam(0.1)}\n'
        'pair = ["layer0.W[0, 0]", "layer0.W[1, 0]"]\n'
        "plots.plot_surface(cr.Network.mlp([2, 1], seed=3), X, y, pair, optimizers=rules)",
    ),
]


def page(lang: str) -> str:
    """Return the text of the page."""
    parts = [INTRODUCTION[lang], f"```python\n{SETUP}```\n"]
    for entry in ENTRIES:
        title = entry.english if lang == "en" else entry.korean
        suffix = "gif" if entry.picture == "film" else "png"
        command = re.sub(r"^\W*Example: ", "", COMMANDS[entry.kind].epilog)
        if suffix == "gif":
            command = re.sub(r"\.png$", ".gif", command)
        parts.append(
            f"## {title}\n\n![{title}](gallery/{entry.picture}.{lang}.{suffix})\n\n"
            f"```python\n{_in_language(entry.code, lang)}\n```\n"
        )
        if entry.picture in (entry.kind, "film"):
            parts.append(f"```sh\n{command}\n```\n")
    return "\n".join(parts)


def _in_language(code: str, lang: str) -> str:
    return code if lang == "en" else code[:-1] + (", " if code[-2] != "(" else "") + 'lang="ko")'


def main() -> None:
    """Draw all pictures in both languages and write both pages."""
    names: dict[str, Any] = {}
    exec(SETUP, names)
    for lang in LANGUAGES:
        for entry in ENTRIES:
            code = _in_language(entry.code, lang)
            if entry.picture == "film":
                target = DOCS / "gallery" / f"film.{lang}.gif"
                exec(code.replace('"film.gif"', repr(str(target))), names)
                continue
            *before, last = code.splitlines()
            exec("\n".join(before), names)
            _write(eval(last, names), DOCS / "gallery" / f"{entry.picture}.{lang}.png")
        PAGES[lang].write_text(page(lang), "utf-8")
    files = list((DOCS / "gallery").iterdir())
    print(f"{len(files)} pictures, {sum(file.stat().st_size for file in files) / 1024:,.0f} KiB")


def _write(figure: Any, path: Path) -> None:
    """Write a figure as a PNG of 256 colors, as wide as a page shows it."""
    content = io.BytesIO()
    dpi = min(100.0, _WIDEST / figure.get_size_inches()[0])
    figure.savefig(content, format="png", dpi=dpi, metadata={"Software": None})
    path.parent.mkdir(exist_ok=True)
    Image.open(content).convert("RGB").quantize(dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main()
