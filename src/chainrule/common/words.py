"""The words on pictures, in English and Korean."""

from __future__ import annotations

from collections.abc import Callable

from chainrule.common.languages import LANGUAGES
from chainrule.common.settings import choice


def words(owner: str, lang: str) -> Callable[[str], str]:
    """Return what gives a text in a language; names that users chose, such as that of a metric, stay as they are.

    >>> words("plot", "en")("epoch"), words("plot", "ko")("epoch"), words("plot", "ko")("f1")
    ('epoch', '에폭', 'f1')
    """
    if choice(owner, "lang", lang, LANGUAGES) == "en":
        return lambda text: text
    return lambda text: KOREAN.get(text, text)


KOREAN = {
    # scores and training
    "accuracy": "정확도",
    "epoch": "에폭",
    "epoch {epoch}": "에폭 {epoch}",
    "loss": "손실",
    "start": "시작점",
    "lowest loss: epoch {epoch}": "손실 최소: 에폭 {epoch}",
    "lowest validation loss: epoch {epoch}": "검증 손실 최소: 에폭 {epoch}",
    "mae": "평균 절대 오차",
    "training": "학습",
    "validation": "검증",
    # functions
    "slope": "기울기",
    "value": "값",
    # networks
    "activations": "활성값",
    "gradients": "기울기",
    "input": "입력",
    "output": "출력",
    "output {output}": "출력 {output}",
    "weight": "가중치",
    "weight above 0": "양수 가중치",
    "weight below 0": "음수 가중치",
    "weights": "가중치",
    "{share:.0%} are 0": "{share:.0%}가 0",
    # answers
    "XOR: both OR and NAND": "XOR: OR이면서 NAND",
    "a hidden unit is 0": "은닉 뉴런이 0인 직선",
    "as it should be": "이상적인 경우",
    "class {label}": "클래스 {label}",
    "examples": "데이터",
    "number of examples": "데이터 수",
    "expected calibration error {error:.3f}": "기대 보정 오차(ECE) {error:.3f}",
    "predicted class": "예측한 클래스",
    "predicted value": "예측값",
    "probability of class 1": "클래스 1의 확률",
    "probability of the answer": "예측한 답의 확률",
    "row {row}: {true}\ntaken for {predicted} ({share:.0%})": "{row}번: 정답 {true}\n예측 {predicted} ({share:.0%})",
    "share of class 1": "클래스 1의 비율",
    "share of right answers": "맞힌 비율",
    "share of the row": "행 기준 비율",
    "the network": "신경망",
    "true class": "실제 클래스",
    "true value": "실제값",
    "{share:.1%} of {count:,} are right": "정답률 {share:.1%} ({count:,}개)",
}
