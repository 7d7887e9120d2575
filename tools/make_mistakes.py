"""Write docs/mistakes.md and docs/mistakes.ko.md, the pages of all that `chainrule check` says, from its texts.

Usage: python -m tools.make_mistakes
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import ndiff
from fnmatch import fnmatchcase
from functools import cache
from itertools import groupby
from pathlib import Path

from chainrule.checker.telling.texts import Entry, entries, fill
from chainrule.common.languages import LANGUAGES
from tests.checker.corpus import APART, MISTAKES, MORE, Planted, text

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = {"en": "mistakes.md", "ko": "mistakes.ko.md"}
FEW = 3  # lines that are shown of a mistake

CHAPTERS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "networks": (
        {"en": "Whole passes, training and predictions", "ko": "전체 순전파와 역전파, 학습, 예측"},
        (
            *("linear_activation_*", "network_*", "whole_*", "forward", "gradient", "propagate", "predict", "accuracy"),
            *("training", "layer_sizes", "classifier"),
        ),
    ),
    "linear": ({"en": "The linear part of a layer", "ko": "층의 선형 부분"}, ("linear_*", "affine_*")),
    "activations": (
        {"en": "Activations", "ko": "활성화 함수"},
        ("sigmoid*", "relu*", "tanh*", "step", "identity", "activation*"),
    ),
    "cost": (
        {"en": "Softmax and cost", "ko": "소프트맥스와 비용 함수"},
        ("softmax*", "svm_loss", "cost", "cross_entropy", "squared_error", "regularized_cost", "one_hot"),
    ),
    "updates": (
        {"en": "Initial parameters, updates and optimizers", "ko": "파라미터 초기화, 갱신, 옵티마이저"},
        (
            *("initialize*", "zeros", "update", "optimize", "optimizer", "mini_batches", "momentum", "nesterov"),
            *("adagrad", "rmsprop", "adam", "squares", "clipping"),
        ),
    ),
    "regularization": (
        {"en": "Regularization, dropout and batch normalization", "ko": "정규화, 드롭아웃, 배치 정규화"},
        ("regularized_*", "dropout*", "batchnorm*", "layernorm", "groupnorm"),
    ),
    "convolution": (
        {"en": "Convolution and pooling", "ko": "합성곱과 풀링"},
        ("conv*", "pool*", "zero_pad", "create_mask*", "distribute_value", "im2col", "col2im"),
    ),
    "recurrent": (
        {"en": "Recurrent networks", "ko": "순환 신경망"},
        ("recurrent*", "lstm*", "back_through_time", "sequence"),
    ),
    "gates": ({"en": "Gates and nodes", "ko": "논리 게이트와 노드"}, ("gate", "add_*", "mul_*")),
    "differences": ({"en": "Derivatives by differences", "ko": "수치 미분"}, ("numerical*", "gradient_check")),
    "general": (
        {
            "en": "What any function may do, and what is not judged",
            "ko": "모든 함수에 공통인 문제와 판단하지 않는 경우",
        },
        ("pattern", "required", ""),
    ),
    "others": ({"en": "Others", "ko": "그 밖의 실수"}, ("*",)),
}
"""The chapters: the title, and the families of keys in them ("" is no family); the first that fits counts."""

WORDS = {
    "en": {
        "title": "What the checker says",
        "other": "[한국어](mistakes.ko.md)",
        "intro": """\
All {count} keys that `chainrule check` knows, as they stand in `--json`, `--csv` and `--junit`: what is wrong and what
comes of it, where to look, for many a line that does it, and the formula. The hints 1, 2 and 3 of a report say the
first, the second and the last of these, with the names of your function and variables and the numbers that were
measured, for which there are dots here. A letter and a number behind a key are a row of the [catalogue](#codes).

This page is written by `python -m tools.make_mistakes` from the checker's own texts.""",
        "function": "the function",
        "name": "the result",
        "where": "Where to look",
        "formula": "Formula",
        "line": "Such as",
        "codes": "Rows of the catalogue",
        "codes-intro": "The column `catalog` of `--csv` holds these: rows of a catalogue of learners' mistakes.",
    },
    "ko": {
        "title": "검사기의 설명",
        "other": "[English](mistakes.md)",
        "intro": """\
`chainrule check`가 아는 키 {count}개를 모두 모았습니다. `--json`, `--csv`, `--junit`에 나오는 이름이 키이고,
키마다 무엇이 틀렸는지, 어디를 볼지, 공식이 무엇인지(힌트 1, 2, 3단계)를 적고,
여럿에는 틀린 줄의 예를 붙였습니다. 실제 보고서에는 여러분의
함수와 변수 이름, 측정한 값이 들어가며 여기서는 점(…)으로 표시합니다. 키 뒤의 문자와 숫자는
[실수 목록](#codes)의 번호입니다.

이 페이지는 `python -m tools.make_mistakes`가 검사기의 설명 파일로 만듭니다.""",
        "function": "함수",
        "name": "결과",
        "where": "살펴볼 곳",
        "formula": "공식",
        "line": "틀린 줄의 예",
        "codes": "실수 목록의 번호",
        "codes-intro": "`--csv`의 `catalog` 열에 나오는 번호로, 학습자의 실수를 모은 목록의 행입니다.",
    },
}


def pages() -> dict[str, str]:
    """Return the text of each page by its name."""
    return {PAGES[lang]: "\n".join(_page(lang)) for lang in LANGUAGES}


def _page(lang: str) -> Iterator[str]:
    words, chapters = WORDS[lang], _chapters()
    yield f"# {words['title']}\n\n{words['other']}\n\n{words['intro'].format(count=len(entries()))}\n"
    for chapter, keys in chapters.items():
        families = dict.fromkeys(key.rpartition(".")[0] for key in keys)
        links = ", ".join(f"[{family}](#{family})" for family in families if family)
        yield f"- [{CHAPTERS[chapter][0][lang]}](#chapter-{chapter}) ({len(keys)}): {links}"
    yield f"- [{words['codes']}](#codes)\n"
    for chapter, keys in chapters.items():
        yield f'<a id="chapter-{chapter}"></a>\n\n## {CHAPTERS[chapter][0][lang]}\n'
        for family, same in groupby(keys, key=lambda key: key.rpartition(".")[0]):
            if family:
                yield f'<a id="{family}"></a>\n\n### {family}\n'
            yield from (_told(key, entries()[key], lang) for key in same)
    yield f'<a id="codes"></a>\n\n## {words["codes"]}\n\n{words["codes-intro"]}\n'
    for code, keys in _codes().items():
        yield f'- <a id="code-{code}"></a>{code}: {", ".join(f"[{key}](#{key})" for key in keys)}'
    yield ""


def _chapters() -> Mapping[str, list[str]]:
    """Return the keys of each chapter that has some, those of a family together."""
    families: dict[str, list[str]] = {}
    for key in entries():
        families.setdefault(key.rpartition(".")[0], []).append(key)
    found: dict[str, list[str]] = {}
    for chapter, (_, patterns) in CHAPTERS.items():
        for family in [each for each in families if any(fnmatchcase(each, pattern) for pattern in patterns)]:
            found.setdefault(chapter, []).extend(families.pop(family))
    return found


def _codes() -> Mapping[str, list[str]]:
    """Return the keys of each row of the catalogue, the rows in their order."""
    found: dict[str, list[str]] = {}
    for key, entry in entries().items():
        for code in filter(None, entry.catalog.split(", ")):
            found.setdefault(code, []).append(key)
    return {code: found[code] for code in sorted(found, key=lambda code: (code[0], int(code[1:])))}


def _told(key: str, entry: Entry, lang: str) -> str:
    """Return a key with what is wrong, where to look, and the formula."""
    words = WORDS[lang]
    code = f" ({entry.catalog})" if entry.catalog else ""
    lines = [f'<a id="{key}"></a>**`{key}`**{code}<br>', _sentence(entry.what[lang], words)]
    lines += [f"<br>*{words['where']}*: {_sentence(entry.where[lang], words)}"] if entry.where[lang] else []
    wrong = " ".join(f"`{line}`" for line in _lines().get(key, []))
    lines += [f"<br>*{words['line']}*: {wrong}"] if wrong else []
    lines += [f"<br>*{words['formula']}*: `{entry.formula[lang]}`"] if entry.formula[lang] else []
    return "\n".join(lines) + "\n"


@cache
def _lines() -> Mapping[str, list[str]]:
    """Return the wrong lines of each mistake that the tests plant in one, or in a few."""
    lines: dict[str, list[str]] = {}
    for mistake in sorted((*MISTAKES, *MORE, *APART), key=lambda mistake: len(_changed(mistake))):
        if 0 < len(_changed(mistake)) <= FEW:
            for key in mistake.named.split("|"):
                lines.setdefault(key, _changed(mistake))
    return lines


def _changed(mistake: Planted) -> list[str]:
    """Return the lines that a mistake puts into right code."""
    compared = ndiff(text(mistake.file).splitlines(), mistake.source.splitlines())
    return [line[2:].strip() for line in compared if line.startswith("+ ") and line[2:].strip() not in ("", "pass")]


def _sentence(sentence: str, words: Mapping[str, str]) -> str:
    """Return a text of a report for any function, as Markdown takes it."""
    said = fill(sentence, {"function": words["function"], "name": words["name"]})
    parts = re.split(r"(`[^`]*`)", said[:1].upper() + said[1:] if sentence.startswith("{") else said)
    return "".join(part if part.startswith("`") else re.sub(r"([*_<\[\]])", r"\\\1", part) for part in parts)


if __name__ == "__main__":
    for name, page in pages().items():
        (DOCS / name).write_text(page, "utf-8")
