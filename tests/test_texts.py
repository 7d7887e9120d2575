"""How texts are told: the catalogue, particles, and the language of a process, a thread and a task."""

from __future__ import annotations

import ast
import asyncio
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import chainrule as cr
from chainrule.checker.telling import texts as checker_texts
from chainrule.cli.output import scores_table
from chainrule.common import languages
from chainrule.common.errors import InputError
from chainrule.common.languages import language, speaking
from chainrule.common.particles import FORMS, particle
from chainrule.common.settings import choice, whole
from chainrule.common.texts import fill, tr
from tools.texts import PACKAGE, TAKES_TEXT, faults, korean, places, template

FORM = re.compile("|".join(map(re.escape, FORMS)))
KOREAN, ENGLISH = "에폭 3", "epoch 3"


def _epoch() -> str:
    return tr("epoch {epoch}", epoch=3)


# Names that occur as values, each in one list: how it ends when it is read aloud, decided by hand.
VOWEL = """
b b2 b4 b5 A A2 Y P dA dY dW dW2 dP W W2 W4 W9 X U K x y w k g h 2 4 5 9 12 14 25 32 64 99 0.5 1e-4 50% lr=0.5 CSV PNG
PDF SVG CPU GPU NPZ SGD ReLU CUDA data gamma beta delta alpha tanh train.csv weights.npy a.py layer2 layer4 layer0.b
b[2] 'b' (2,4) [3,2] 데이터 가중치 오차 파라미터 하나 둘째 은닉층의_너비
옵티마이저 폴더 결과 비용의_크기 cost loss iris 나이
roc_auc r2 rmse mae log_loss balanced_accuracy
키 그래프 키(cm) '키(cm)' '데이터(1)' '표(2024년)' 넓이(f(x)) x₂
"""
LIEUL = """
l L R 1 7 8 11 17 18 21 31 0.1 0.7 dW1 dW7 W1 b1 b7 layer1 layer7 layer8 A1 Z8 cell model label table file scale kernel
pixel channel total variable sample example double detail (1,) [3,1] 'W1' 길이를_잴
줄 물 칼 팔 열 파일 모델 레이블 커널 채널 픽셀 셀
글 달 별 개월_수_일 '물(℃)' x₁ x=(2,1)
"""
CONSONANT = """
m n M N 0 3 6 10 13 16 20 30 36 60 100 1000 10000 0.3 0.6 dW3 W3 b6 layer0 layer3 layer6 A0 Z3 b0 b3 b10 column train
min mean step norm dimension attention batch_norm item main hidden_column padding training setting out dtype (2,3)
[0,0] 'W3'
행 층 은닉층 값 이름 학습률_값 합 평균 확률_값 모양 축 편향 입력 출력 정답 학습 검증 에폭 로짓 뉴런 시각 금액 점
'값(X)' '면적(㎡)' x₁₀
"""
SOUNDS = {"vowel": VOWEL.split(), "lieul": LIEUL.split(), "consonant": CONSONANT.split()}


def test_every_text_has_its_korean_with_the_same_places() -> None:
    catalogue = korean()
    catalogue.update(template(), no_fuzzy_matching=True)
    assert list(faults(catalogue)) == []


def test_the_extraction_knows_every_error_that_takes_a_text() -> None:
    trees = [ast.parse(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")]
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    kinds, before = {"Told"}, 0
    while len(kinds) > before:
        before = len(kinds)
        kinds |= {kind.name for kind in classes if kinds & {ast.unparse(base) for base in kind.bases}}
    assert len(kinds) > 10 and kinds - {"Told"} <= TAKES_TEXT


def test_particles_fit_two_hundred_names() -> None:
    names = [
        (name.replace("_", " ") if not name.isascii() else name, sound)
        for sound, group in SOUNDS.items()
        for name in group
    ]
    assert len({name for name, _ in names}) >= 200
    wrong = []
    for form, (after_consonant, after_vowel) in FORMS.items():
        for name, sound in names:
            ends_open = sound == "vowel" or (form == "(으)로" and sound == "lieul")
            right = after_vowel if ends_open else after_consonant
            if particle(name, form) != right:
                wrong.append(f"{name}{particle(name, form)}, not {right}")
    assert wrong == []


def _korean_texts() -> list[str]:
    """Return those of the catalogue and those of the checker."""
    tables = checker_texts._tables()
    entries = [entry["ko"] for table in tables.values() for key, entry in table.items() if key != "words"]
    told = [text for entry in entries for text in entry.values()]
    words = [str(text) for text in tables["general.toml"]["words"]["ko"].values()]
    return [*(str(message.string) for message in korean() if message.id), *told, *words]


def test_a_particle_stands_right_after_a_place() -> None:
    """Elsewhere the form with parentheses would be told as it is."""
    wrong = [text for text in _korean_texts() for form in FORM.finditer(text) if text[: form.start()][-1:] != "}"]
    assert wrong == []


def test_particles_after_a_place_are_written_in_both_forms() -> None:
    """Only then the one that fits is chosen; one form alone would be wrong after half of all names."""
    single = "|".join(form for pair in FORMS.values() for form in pair)
    one = re.compile(rf"\}}(?!{FORM.pattern})(({single})(?![가-힣(])|({single})\(({single})\)|\([가-힣]\)[가-힣])")
    assert [text for text in _korean_texts() if one.search(text)] == []


def test_an_address_stands_by_itself() -> None:
    """A terminal makes a link of all up to the next blank, a particle or a period behind it as well."""
    assert [text for text in _korean_texts() if re.search(r"\{url\}\S", text)] == []


def test_what_a_file_is_reads_as_a_noun() -> None:
    """ "It is {kind}." is told around it, so a sentence would end twice."""
    kinds = [str(m.string) for m in korean() if m.id and any("files/foreign.py" in place for place, _ in m.locations)]
    assert len(kinds) > 10 and [kind for kind in kinds if re.search("(니다|시오)$", kind)] == []


def test_no_form_with_parentheses_is_left_in_what_is_told() -> None:
    told = []
    for text in filter(places, _korean_texts()):
        plain = re.sub(r"(![rsa])?(:[^{}]*)?\}", "}", text)  # W1 has no decimals
        told.append(fill(plain, {name: "W1" for name, _, _ in places(text)}))
    assert told and [text for text in told if FORM.search(text)] == []


def test_rules_for_settings_are_told_in_korean() -> None:
    with speaking("ko"):
        with pytest.raises(InputError, match=r"^Dense의 units는 1 이상인 정수여야 하는데 units=64\.0입니다\. 64라고"):
            whole("Dense", "units", 64.0, least=1)
        with pytest.raises(InputError, match=r"fit의 accumulate는 한 스텝에 쓸 배치 수입니다\. 1 이상인 정수여야"):
            cr.Network.mlp([2, 1]).fit([[0.0, 1.0]], [1], accumulate=0)
        with pytest.raises(InputError, match="'numpy' 또는 'xla'여야 하는데 engine='nump'입니다"):
            choice("fit", "engine", "nump", ("numpy", "xla"))


def test_errors_of_files_and_traces_are_told_in_korean(tmp_path: Path) -> None:
    trace = cr.Network.mlp([2, 3, 1], seed=0).trace([[1.0, 2.0]], [0])
    with speaking("ko"):
        with pytest.raises(InputError, match=r"모델 파일 .*a가 없습니다"):
            cr.load(tmp_path / "a")
        with pytest.raises(InputError, match=r"'layer0\.V'가 없습니다.* layer0에 있는 것: "):
            trace["layer0.V"]


def test_scores_that_are_words_are_translated_and_abbreviations_are_names() -> None:
    names = ["accuracy", "balanced_accuracy", "roc_auc", "log_loss", "mae", "rmse", "r2"]
    with speaking("ko"):
        head = scores_table({"this network": dict.fromkeys(names, 0.5)}).splitlines()[0]
    assert re.split(" {2,}", head.strip()) == ["정확도", "균형 정확도", "roc_auc", "로그 손실", "mae", "rmse", "r2"]


def test_two_threads_are_told_things_in_two_languages_at_the_same_time() -> None:
    both, told = threading.Barrier(2, timeout=10), {}

    def tell(lang: str) -> None:
        with speaking(lang):
            both.wait()  # both are inside of their blocks
            told[lang] = _epoch()
            both.wait()

    threads = [threading.Thread(target=tell, args=(lang,)) for lang in ("ko", "en")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == {"ko": KOREAN, "en": ENGLISH}


def test_two_tasks_are_told_things_in_two_languages_at_the_same_time() -> None:
    async def tell(lang: str) -> str:
        with speaking(lang):
            await asyncio.sleep(0)  # now the other task is inside of its block, too
            return _epoch()

    async def both() -> list[str]:
        return list(await asyncio.gather(tell("ko"), tell("en")))

    assert asyncio.run(both()) == [KOREAN, ENGLISH]


def test_no_catalogue_is_read_before_a_text_is_told() -> None:
    code = (
        "import chainrule as cr; cr.Network; from chainrule.common import texts; "
        "assert texts._catalogue.cache_info().misses == 0; texts.tr('left'); "
        "assert texts._catalogue.cache_info().misses == 1"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "CHAINRULE_LANG": "ko"})


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A process to which no variable and nobody has said a language."""
    for name in ("CHAINRULE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    languages._of_system.cache_clear()
    yield monkeypatch
    languages._of_system.cache_clear()
    cr.set_language(None)


@pytest.mark.parametrize(
    ("variables", "lang"),
    [
        ({}, "en"),
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "ko_KR.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LC_ALL": "ko_KR", "LC_MESSAGES": "C"}, "ko"),
        ({"LC_ALL": "", "LANG": "ko"}, "ko"),
        ({"LC_ALL": "C", "CHAINRULE_LANG": "ko"}, "ko"),
        ({"LANG": "ko", "CHAINRULE_LANG": "EN"}, "en"),
        ({"LANG": "ko", "CHAINRULE_LANG": "fr"}, "ko"),
        ({"LANG": "kok_IN.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "CHAINRULE_LANG": "ko_KR"}, "ko"),
    ],
)
def test_variables_choose_the_language(system: pytest.MonkeyPatch, variables: dict[str, str], lang: str) -> None:
    system.setattr(sys, "platform", "linux")
    for name, value in variables.items():
        system.setenv(name, value)
    assert language() == lang


@pytest.mark.parametrize(("number", "lang"), [(0x0412, "ko"), (0x0409, "en"), (0x0812, "ko")])
def test_windows_says_its_language_by_a_number(system: pytest.MonkeyPatch, number: int, lang: str) -> None:
    import ctypes

    kernel = SimpleNamespace(GetUserDefaultUILanguage=lambda: number)
    system.setattr(sys, "platform", "win32")
    system.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    assert language() == lang


@pytest.mark.parametrize(("answer", "lang"), [("ko_KR\n", "ko"), ("en_US\n", "en"), ("", "en")])
def test_macos_says_its_language_by_a_command(system: pytest.MonkeyPatch, answer: str, lang: str) -> None:
    def run(command: list[str], **_: Any) -> Any:
        assert command[:2] == ["defaults", "read"]
        return SimpleNamespace(stdout=answer)

    system.setattr(sys, "platform", "darwin")
    system.setattr(subprocess, "run", run)
    assert language() == lang


def test_a_language_is_chosen_for_the_process(system: pytest.MonkeyPatch) -> None:
    system.setenv("CHAINRULE_LANG", "en")
    cr.set_language("ko")
    assert language() == "ko" and _epoch() == KOREAN
    with speaking("en"):
        assert _epoch() == ENGLISH
    with speaking(None):
        assert _epoch() == KOREAN
    cr.set_language(None)
    assert language() == "en"
    with pytest.raises(InputError, match="set_language takes lang as 'en' or 'ko', but lang='kr'"):
        cr.set_language("kr")
    assert language() == "en"
