"""What the checker says: complete in both languages, for every mistake that it can name."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chainrule.checker import equations, names, roles
from chainrule.checker.derivatives import costs
from chainrule.checker.equations.mistakes import Mistake
from chainrule.checker.findings import Finding
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Probe, pattern
from chainrule.checker.running import child, definitions, source
from chainrule.checker.telling import texts
from chainrule.common.languages import LANGUAGES, language
from chainrule.common.particles import particle

PACKAGE = Path(str(roles.__file__)).parents[1]
CORPUS = Path(__file__).parent / "corpus"
TABLES = texts._tables()
KEYS = [(file, key) for file, table in TABLES.items() for key in table if key != "words"]
WORDS = TABLES["general.toml"]["words"]


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{([^{}]*)\}", text))


@pytest.mark.parametrize(("file", "key"), KEYS, ids=[key for _, key in KEYS])
def test_a_text_is_complete_in_both_languages(file: str, key: str) -> None:
    entry = TABLES[file][key]
    assert set(entry) == {"catalog", "formula", "en", "ko"}
    assert re.fullmatch(r"|[A-Z]\d+(, [A-Z]\d+)*", entry["catalog"])
    assert isinstance(entry["formula"], str) and "def " not in entry["formula"]
    for part in ("what", "where"):
        english, korean = entry["en"][part], entry["ko"][part]
        assert english.strip() == english != "" and korean.strip() == korean != ""
        assert placeholders(english) == placeholders(korean)
        assert all(re.fullmatch("[a-z_]+", name) for name in placeholders(english))
        assert not re.search("[가-힣]", english)
        assert re.search("[가-힣]", korean)
        assert not re.search(r"요[.?!]", korean), "say 합니다, not 해요"
    assert set(entry["en"]) == set(entry["ko"]) == {"what", "where"}


def test_a_formula_with_words_is_there_in_korean() -> None:
    formulas = {entry.formula["en"]: entry.formula["ko"] for entry in texts.entries().values()}
    words = re.compile(r"\b(the|of|or|and|with|where|for|each|every|goes|sees|everywhere|element)\b")
    assert [english for english, korean in formulas.items() if words.search(english) and korean == english] == []
    assert set(TABLES["formulas.toml"]["words"]) <= set(formulas)  # no formula that was changed since
    assert not [korean for korean in formulas.values() if words.search(korean)]


@pytest.mark.parametrize(
    ("word", "form", "said"),
    [
        ("dW", "을(를)", "를"),
        ("dW1", "은(는)", "은"),
        ("b2", "이(가)", "가"),
        ("Affine.forward", "을(를)", "를"),
        ("linear_model", "(으)로", "로"),
        ("W3", "(으)로", "으로"),
        ("L", "과(와)", "과"),
        ("기울기", "을(를)", "를"),
        ("값", "을(를)", "을"),
        ("비율", "(으)로", "로"),
        ("compute_cst", "은(는)", "는"),  # 씨에스트
        ("cost", "을(를)", "를"),
        ("check", "을(를)", "을"),
        ("dropout", "을(를)", "을"),  # 아웃
        ("…", "을(를)", "를"),
        ("", "은(는)", "는"),
    ],
)
def test_a_particle_fits_the_word_before_it(word: str, form: str, said: str) -> None:
    assert particle(word, form) == said


def test_korean_letters_are_in_what_old_consoles_know() -> None:
    for entry in texts.entries().values():
        for text in (entry.what["ko"], entry.where["ko"]):
            assert all(letter.encode("euc-kr", "ignore") for letter in re.findall("[가-힣]", text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("it is not a notebook", "파일을 읽을 수 없습니다: 노트북 파일이 아닙니다"),
        ("it has more than 50 MB", "파일을 읽을 수 없습니다: 크기가 50 MB를 넘습니다"),
        ("[Errno 13] Permission denied", "파일을 읽을 수 없습니다: [Errno 13] Permission denied"),
    ],
)
def test_why_a_file_cannot_be_read_is_told_in_korean(text: str, said: str) -> None:
    finding = Finding("unreadable", "", facts={"text": text})
    assert texts.hints(finding, "ko", 1) == [said]
    assert texts.hints(finding, "en", 1) == [f"The file cannot be read: {text}"]


@pytest.mark.parametrize(
    ("kind", "text", "where"),
    [
        ("UnboundLocalError", "cannot access local variable 'A' where it is not associated with a value", "the ifs"),
        ("NameError", "name 'bias' is not defined", "an import that is missing"),
        ("ValueError", "too many values to unpack (expected 2)", "Count what is returned"),
        ("TypeError", "cannot unpack non-iterable NoneType object", "Count what is returned"),
        ("TypeError", "unsupported operand type(s) for -: 'float' and 'NoneType'", "without a return statement"),
        ("TypeError", "f() missing 1 required positional argument: 'b'", "the parameters of what it calls"),
        ("TypeError", "'>' not supported between instances of 'tuple' and 'int'", "the type of each value"),
        ("KeyError", "'w3'", "the keys of the dict"),
        ("IndexError", "list index out of range", "the length of what is indexed"),
        ("AttributeError", "'Relu' object has no attribute 'msk'", "self. before the name"),
        ("ValueError", "operands could not be broadcast together with shapes (2,3) (4,)", "Print the shapes"),
        ("ZeroDivisionError", "division by zero", "Print every value"),
    ],
)
def test_what_stops_a_function_says_where_to_look(kind: str, text: str, where: str) -> None:
    finding = Finding("raised", "f", 1, {"kind": kind, "text": text})
    assert where in texts.hints(finding, "en", 2)[1]
    assert "shape" not in texts.hints(finding, "en", 2)[1] or where == "Print the shapes"


@pytest.mark.parametrize(
    ("key", "function", "facts", "said"),
    [
        (
            "raised",
            "f",
            {"kind": "TimeoutError", "text": "it did not return within 2 s"},
            "f did not return within 2 s",
        ),
        (
            "other-call",
            "f",
            {"role": "cost", "kind": "TimeoutError", "text": "it did not return within 2 s"},
            "not judged: called the way f usually is, it did not return within 2 s",
        ),
        (
            "other-call",
            "f",
            {"role": "relu", "kind": "EOFError", "text": "it asks for input(), and nobody is there to answer"},
            "not judged: it asks for input()",
        ),
        ("other-result", "my_cost", {"role": "cost"}, "no form of my_cost that"),  # "cost" is nobody's word
        ("other-result", "my_relu", {"role": "relu"}, "no form of relu that"),
        ("missing-attribute", "Affine.backward", {"name": "dW"}, "neither keeps dW on the layer nor returns it"),
        ("missing-result", "Affine.backward", {"name": "dx"}, "does not return dx"),
        ("missing-result", "linear_backward", {"name": "dW"}, "does not return dW"),
        (
            "crashed",
            "",
            {"text": "it wrote more than 1000 files or 64 MB", "pattern": "overfull"},
            "broke off: it wrote more than 1000 files or 64 MB. A file that is checked may not write more",
        ),
    ],
)
def test_what_is_meant_is_told(key: str, function: str, facts: dict[str, str], said: str) -> None:
    assert said in texts.hints(Finding(key, function, 1, facts), "en", 1)[0]


def test_a_file_without_permission_is_told_in_korean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a.py").write_text("")
    monkeypatch.setattr(Path, "read_bytes", denied)
    problem = source.read(tmp_path / "a.py").problem
    assert problem is not None and texts.hints(problem, "ko", 1) == ["파일을 읽을 수 없습니다: 읽을 권한이 없습니다"]


def test_quantities_with_words_are_told_in_korean() -> None:
    finding = Finding("wrong-numbers", "f", 1, {"name": "share that is dropped", "pattern": "other"})
    assert texts.hints(finding, "ko", 1)[0].startswith("f에서 돌려주는 꺼진 비율 값이")
    assert texts.quantity("dW of the next batch", "[0]", "ko") == "다음 배치의 dW[0]"
    assert texts.quantity("the softmax cross-entropy of Z2", "", "ko") == "Z2의 소프트맥스 교차 엔트로피"
    step = Finding("own-step", "train", 9, {"cost": "the squared error of A2", "loop": "train", "pattern": "sign"})
    assert "A2의 제곱 오차" in texts.hints(step, "ko", 1)[0] and "squared" not in texts.hints(step, "ko", 1)[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "writing to a.txt is not allowed while a file is checked",
            "검사하는 동안에는 a.txt에 쓸 수 없습니다",
        ),
        ("import socket is not allowed while a file is checked", "검사하는 동안에는 socket 모듈을 불러올 수 없습니다"),
        ("this function is not allowed while a file is checked", "검사하는 동안에는 이 함수를 쓸 수 없습니다"),
        ("os.fork is not allowed while a file is checked", "검사하는 동안에는 os.fork 동작이 허용되지 않습니다"),
        ("an array of it has 70 MB", "배열 하나의 크기가 70 MB입니다"),
    ],
)
def test_what_a_check_does_not_allow_is_told_in_korean(text: str, said: str) -> None:
    assert said in texts.hints(Finding("raised", "f", 3, {"kind": "PermissionError", "text": text}), "ko", 1)[0]


def test_costs_are_called_what_the_texts_know() -> None:
    names = [*costs._OF_PROBABILITIES, *costs._OF_SCORES, *costs._OF_OUTPUTS]
    assert not [name for name in names if texts.quantity(name.format("A"), "", "ko") == name.format("A")]
    facts = {"text": "it wrote more than 1000 files or 64 MB", "pattern": "overfull"}
    assert (
        "파일을 1000개보다 많이, 또는 64 MB보다 많이 썼습니다."
        in texts.hints(Finding("crashed", "", None, facts), "ko", 1)[0]
    )


def test_sentences_that_become_facts_are_those_of_the_sources() -> None:
    code = "".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py"))
    because = {key: text for key, text in WORDS["en"].items() if key.startswith(("because-", "quantity-"))}
    pieces = {piece for text in because.values() for piece in re.split(r"\{\w+\}", text) if piece.strip()}
    assert [piece for piece in pieces if piece not in code] == []


def test_letters_that_macos_takes_apart_are_put_together() -> None:
    assert texts.plain(unicodedata.normalize("NFD", "과제 4.py")) == "과제 4.py"


def test_no_key_is_told_twice() -> None:
    assert len({key for _, key in KEYS}) == len(KEYS)


@pytest.mark.parametrize("key", WORDS["en"])
def test_the_words_of_the_report_are_there_in_both_languages(key: str) -> None:
    english, korean = WORDS["en"][key], WORDS["ko"][key]
    assert type(english) is type(korean)
    singular, plural = (english, english) if isinstance(english, str) else english
    for words in [singular, plural, *([korean] if isinstance(korean, str) else korean)]:
        assert words and placeholders(words) == placeholders(singular)


def test_no_words_are_in_one_language_only() -> None:
    assert set(WORDS["en"]) == set(WORDS["ko"])


# Every key that the checker can produce, as far as the sources and a run tell.

MODULES = [
    importlib.import_module(module.name)
    for room in (equations, roles)
    for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}.")
]
LEARNERS = [path for path in sorted(CORPUS.rglob("*.py")) if not path.name.startswith(("planted", "notes", "__"))]


def written_keys() -> Iterator[str]:
    """The keys that stand in the sources."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("Mistake", "Finding")
            ):
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value


def mistakes_in(value: Any) -> Iterator[Mistake]:
    if isinstance(value, Mistake):
        yield value
    elif isinstance(value, dict):
        for child_value in value.values():
            yield from mistakes_in(child_value)
    elif isinstance(value, list | tuple):
        for child_value in value:
            yield from mistakes_in(child_value)


def probed_keys(learner: Learner) -> Iterator[str]:
    """The keys of what the families would try on a learner's functions."""
    for family in roles.FAMILIES:
        for probe in family.probes(learner):
            if isinstance(probe, Probe):
                yield from (mistake.key for mistake in probe.mistakes)


def test_every_key_in_the_sources_has_a_text() -> None:
    keys = {mistake.key for module in MODULES for mistake in mistakes_in(vars(module))} | set(written_keys())
    assert {"raised", "no-functions", "needs-another"} - keys == {"needs-another"}  # the scan finds what is there
    assert sorted(keys - texts.entries().keys()) == []


# What a pattern of numbers is called follows "pattern." in the texts; the files of the sandbox say the last two.
FAMILY_OF_KEYS = re.compile(r"[A-Za-z0-9_]+\.[A-Za-z0-9-]+")
SOURCES = {path: path.read_text("utf-8") for path in PACKAGE.rglob("*.py")}
LITERALS = {
    node.value
    for path, code in SOURCES.items()
    for node in ast.walk(ast.parse(code))
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and FAMILY_OF_KEYS.fullmatch(node.value)
}


def test_every_key_of_the_texts_is_found_with_grep() -> None:
    keys = {key for key in texts.entries() if "." in key and not key.startswith("pattern.")}
    assert sorted(keys - LITERALS) == []


def test_whatever_looks_like_a_key_has_a_text() -> None:
    families = {key.partition(".")[0] for key in texts.entries() if "." in key}
    written = {literal for literal in LITERALS if literal.partition(".")[0] in families}
    assert sorted(written - texts.entries().keys()) == []


def test_no_mistake_gets_its_key_put_together() -> None:
    """An f-string, an addition or a cut text as the key of a mistake would hide it from grep."""
    for path, code in SOURCES.items():
        for node in ast.walk(ast.parse(code)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("Mistake", "Finding")
            ):
                first = node.args[0] if node.args else None
                assert not isinstance(first, ast.JoinedStr | ast.BinOp | ast.Call), f"{path.name}:{node.lineno}"
    keys = [
        key
        for code in SOURCES.values()
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.JoinedStr)
        and (key := "".join(str(p.value) for p in node.values if isinstance(p, ast.Constant)))
        and FAMILY_OF_KEYS.fullmatch(key)
        and key.partition(".")[0] in {k.partition(".")[0] for k in texts.entries()}
    ]
    assert keys == []


@pytest.mark.parametrize("path", LEARNERS, ids=lambda path: path.stem)
def test_every_mistake_that_is_tried_has_a_text(path: Path) -> None:
    read = source.read(path)
    assert read.tree is not None
    keys = set(probed_keys(child.run(definitions.definitions(read.tree), read, None, {})[0]))
    assert keys
    assert sorted(keys - texts.entries().keys()) == []


@pytest.mark.parametrize(
    ("actual", "key"),
    [
        ([[-1.0, -2.0, -4.0]], "sign"),
        ([[2.0, 4.0, 8.0]], "ratio 2"),
        ([[1.0], [2.0], [4.0]], "transposed"),
        ([[0.0, 0.0, 0.0]], "zero"),
        ([[1.0, 2.0, float("nan")]], "not-finite"),
        ("what", "not-numbers"),
        ([[3.0, 5.0, 4.0]], "other"),
    ],
)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_pattern_is_told_with_the_numbers(lang: str, actual: Any, key: str) -> None:
    found = pattern([[1.0, 2.0, 4.0]], actual)
    assert found == key
    what, where = texts.hints(Finding("wrong-numbers", "f", 1, {"name": "dW", "pattern": found}), lang, 3)
    entry = texts.entries()[f"pattern.{key.split()[0]}"]
    assert what.endswith(entry.what[lang].replace("{ratio}", "2"))
    assert where == entry.where[lang].replace("{name}", "dW")


# Language, levels, and facts that are missing or odd.


@pytest.mark.parametrize(
    ("given", "environment", "expected"),
    [
        ("ko", {"LANG": "en_US.UTF-8"}, "ko"),
        ("en", {"LANG": "ko_KR.UTF-8"}, "en"),
        (None, {"LANG": "ko_KR.UTF-8"}, "ko"),
        (None, {"LANG": "ko_KR.UTF-8", "LC_MESSAGES": "C"}, "en"),
        (None, {"LANG": "C", "LC_MESSAGES": "en_US", "LC_ALL": "ko_KR.EUC-KR"}, "ko"),
        (None, {"LANG": "ko_KR.UTF-8", "LC_ALL": ""}, "ko"),
        (None, {}, "en"),
        (None, {"LANG": "de_DE.UTF-8"}, "en"),
    ],
)
def test_the_language(
    given: str | None, environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CHAINRULE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language(given) == expected


def test_hints_come_in_levels() -> None:
    finding = Finding("activation_backward.gradient-lost", "my_relu_backward", 3)
    what = (
        "my_relu_backward takes g'(Z) alone for dZ: the incoming gradient dA is lost. The chain rule needs dA * g'(Z)."
    )
    where = "Find where dA is used. It must be a factor of dZ."
    assert texts.hints(finding, "en", 1) == [what]
    assert texts.hints(finding, "en", 2) == [what, where]
    assert texts.hints(finding, "en", 3) == [
        what,
        where,
        "dZ = dA * g'(Z): ReLU [Z > 0], sigmoid A * (1 - A), tanh 1 - A^2",
    ]
    assert texts.hints(Finding("timeout", "", None, {"seconds": "20"}), "en", 3)[0] == (
        "It did not finish within 20 s and was stopped."
    )
    assert len(texts.hints(Finding("timeout", ""), "en", 3)) == 2  # there is no formula


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_missing_fact_or_text_is_no_crash(lang: str) -> None:
    for key in texts.entries():
        assert all(said and "{function}" not in said for said in texts.hints(Finding(key, "f"), lang, 3))
    assert "…" in texts.hints(Finding("raised", "f"), lang, 1)[0]
    assert texts.hints(Finding("from-the-future", "f"), lang, 3) == ["f: from-the-future"]


def test_facts_are_inserted_as_they_are() -> None:
    finding = Finding("raised", "f", 1, {"kind": "KeyError", "text": "{function} {0} %s \x1b[31m\n'W3'" + "x" * 999})
    said = texts.hints(finding, "en", 1)[0]
    assert said.startswith("f stops with KeyError: {function} {0} %s [31m 'W3'xxx")
    assert said.endswith("x… The dict has no such key.") and len(said) < 400


class Asked(Learner):
    """A learner who wrote nothing, and remembers what was looked for."""

    def __init__(self) -> None:
        super().__init__({}, ast.Module([], []))
        self.names_asked: set[str] = set()

    def find(self, *usual: str) -> str | None:
        self.names_asked.update(usual)
        return None


def test_names_for_map_are_those_that_families_look_for() -> None:
    asked = Asked()
    assert list(probed_keys(asked)) == []
    constants = {
        node.value
        for room in ("conventions", "equations", "roles")
        for path in (PACKAGE / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert "lstm_cell_backward" in asked.names_asked and "Affine" in constants
    assert [name for name in names.NAMES if name not in asked.names_asked | constants] == []
    assert len(set(names.NAMES)) == len(names.NAMES)
