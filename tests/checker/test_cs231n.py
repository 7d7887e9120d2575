"""cs231n's functions: all right as written, and each change is found in the function that it is made in, and named."""

from __future__ import annotations

import pytest

from tests.checker.corpus import text
from tests.checker.quality import checked

FILE = "cs231n.py"
BATCH = "batchnorm.batch-at-test"
# The function, what is replaced in it and by what, and the mistake.
PLANTED = [
    ("batchnorm_forward", "np.sqrt(var + eps)", "(var + eps)", "batchnorm.variance"),
    ("batchnorm_forward", "* (x - running_mean) / np.sqrt(running_var + eps)", "* (x - x.mean(0)) / x.std(0)", BATCH),
    ("batchnorm_forward", "np.sqrt(running_var + eps)", "(running_var + eps)", "batchnorm.variance"),
    ("batchnorm_backward", " * -0.5 * ", " * -1.0 * ", "batchnorm_backward.variance-factor"),
    ("batchnorm_backward", "std**-3", "std**-1", "batchnorm_backward.variance-factor"),
    ("batchnorm_backward", " + dmu / N", "", "batchnorm_backward.mean-constant"),
    ("batchnorm_backward", "dout.sum(axis=0)", "dout.mean(axis=0)", "batchnorm_backward.parameters-mean"),
    ("layernorm_forward", "(axis=1, keepdims=True)", "(axis=0)", "layernorm.over-examples"),
    ("layernorm_backward", "d - mean - x_hat", "d - x_hat", "wrong-numbers"),
    ("spatial_batchnorm_forward", "(N, H, W, C).transpose(0, 3, 1, 2)", "(x.shape)", "wrong-numbers"),
    ("spatial_batchnorm_backward", "transpose(0, 2, 3, 1).reshape", "reshape", "wrong-numbers"),
    ("spatial_groupnorm_forward", "len(x), G, -1", "len(x), 1, -1", "groupnorm.one-group"),
    ("spatial_groupnorm_backward", "d - d.mean(axis=2, keepdims=True) - h", "d - h", "wrong-numbers"),
    ("dropout_forward", "< p) / p", "< p)", "dropout.not-scaled"),
    ("dropout_forward", 'mode == "train"', 'mode != ""', "dropout.always-drops"),
    ("dropout_backward", "dout * mask", "dout * (mask > 0)", "dropout_backward.no-factor"),
    ("dropout_backward", "dout = dout * mask", "pass", "dropout_backward.no-mask"),
    ("rnn_step_forward", "np.tanh(x @ Wx", "sigmoid(x @ Wx", "recurrent.not-tanh"),
    ("rnn_step_backward", "(1 - next_h**2)", "(1 - next_h)", "recurrent_backward.no-square"),
    ("rnn_step_backward", "dnext_h * (1 - next_h**2)", "dnext_h", "recurrent_backward.slope-lost"),
    ("rnn_forward", "x[:, t]", "x[:, 0]", "sequence.same-input"),
    ("rnn_backward", "dh[:, t] + dprev", "dh[:, t]", "back_through_time.carried-gradient-lost"),
    ("rnn_backward", "dWh += dWh_t", "dWh = dWh_t", "back_through_time.overwritten"),
    ("lstm_step_forward", "f * prev_c + i * g", "i * prev_c + f * g", "lstm.gates-exchanged"),
    ("lstm_step_forward", "o * np.tanh(next_c)", "o * next_c", "lstm.tanh-lost"),
    ("lstm_step_backward", "dnext_c + dnext_h * o * (1 - t**2)", "dnext_c", "lstm_backward.state-path-lost"),
    ("lstm_step_backward", "dg * (1 - g**2)", "dg * g * (1 - g)", "lstm_backward.slope-of-other"),
    ("lstm_forward", "prev_h, prev_c, Wx", "prev_h, np.zeros_like(h0), Wx", "sequence.memory-not-advanced"),
    ("lstm_backward", "dprev_c, cache[t]", "0 * dprev_c, cache[t]", "back_through_time.carried-memory-lost"),
    ("svm_loss", "    margins[np.arange(N), y] = 0\n    loss", "    loss", "svm_loss.own-margin"),
    ("svm_loss", "    dx[np.arange(N), y] -= dx.sum(axis=1)\n", "", "svm_loss.right-class-lost"),
    ("svm_loss", "dx = (margins > 0) / N", "dx = (margins > 0) * 1.0", "svm_loss.no-mean"),
    ("svm_loss", "[:, None] + 1)", "[:, None])", "svm_loss.no-width"),
    ("softmax_loss_vectorized", "2 * reg * W", "reg * W", "classifier.penalty-factor"),
    ("softmax_loss_vectorized", " + reg * (W * W).sum()", "", "classifier.penalty-not-in-loss"),
    ("softmax_loss_vectorized", "X.T @ p / N", "X.T @ p", "softmax_loss.no-mean"),
    ("sgd_momentum", '["momentum"] * v - config', '["momentum"] * v + config', "optimizer.ascent"),
    ("adam", " ** config[\"t\"]", "", "adam.t-fixed"),
    ("adam", "** config[\"t\"])\n    v_hat", ")\n    v_hat", "adam.t-fixed"),
    ("adam", "* dw**2", "* abs(dw)", "squares.absolute"),
]  # fmt: skip


def test_all_of_it_is_right() -> None:
    report = checked(text(FILE), FILE)
    assert report.findings == ()
    assert {each.function: each.status for each in report.checked if each.status != "ok"} == {}
    assert report.unmatched == () and len(report.checked) == 23


@pytest.mark.parametrize(
    ("function", "old", "new", "key"), PLANTED, ids=[f"{p[0]} {p[3]} {i}" for i, p in enumerate(PLANTED)]
)
def test_a_change_is_found_where_it_is_and_named(function: str, old: str, new: str, key: str) -> None:
    whole = text(FILE)
    (body,) = [part for part in whole.split("\n\n\n") if part.startswith(f"def {function}(")]
    assert old in body
    report = checked(whole.replace(body, body.replace(old, new)), FILE)
    errors = [(finding.function, finding.mistake) for finding in report.findings if finding.severity == "error"]
    assert errors == [(function, key)]


def test_a_backward_without_its_forward_is_not_judged() -> None:
    source = text(FILE)
    alone = (
        "import numpy as np\n\n\n"
        + source[source.index("def batchnorm_backward") : source.index("def layernorm_forward")]
    )
    report = checked(alone, FILE)
    (left,) = report.checked
    assert (left.status, left.reason, left.facts) == ("unchecked", "needs-forward", {"role": "batchnorm_forward"})


def test_a_backward_that_fits_its_own_wrong_forward_is_not_accused() -> None:
    source = text(FILE).replace("np.tanh(x @ Wx", "sigmoid(x @ Wx").replace("(1 - next_h**2)", "next_h * (1 - next_h)")
    report = checked(source, FILE)
    assert {finding.function for finding in report.findings} == {"rnn_step_forward"}
    assert {each.function: each.status for each in report.checked}["rnn_step_backward"] == "ok"
