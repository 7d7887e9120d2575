"""The mistakes planted in single functions and layers of the book, and in those of cs231n."""

from __future__ import annotations

from tests.checker.corpus.planted import planted

_AS_LABELS = "cross_entropy.one-hot-as-labels"
_BOOK = {
    "book_gates": (
        ("and2", "> theta", "< theta", "gate.inverted"),
        ("and2", "0.5, 0.5, 0.7", "0.5, 0.5, 0.2", "gate.is-OR"),
        ("OR", "- 0.2 > 0", "- 0.7 > 0", "gate.is-AND"),
        ("nand", "0.7 - 0.5 * x1", "-0.7 - 0.5 * x1", "gate.always-0"),
        ("or2", "x1 | x2", "x1", "gate.only-x1"),
        ("XOR", "and2(nand(x1, x2), or2(x1, x2))", "or2(x1, x2)", "gate.is-OR"),
    ),
    "book_functions": (
        ("mean_squared_error", "(y - t) ** 2", "(y - t)", "squared_error.not-squared"),
        ("mean_squared_error", "(y - t)", "(y + t)", "squared_error.plus"),
        ("numerical_diff", "(f(x + h) - f(x - h)) / (2 * h)", "f(x + h) - f(x - h) / (2 * h)", "numerical.precedence"),
        ("numerical_gradient", "        x[idx] = tmp_val\n", "", "numerical.x-not-restored"),
        ("numerical_gradient", "(fxh1 - fxh2) / (2 * h)", "(fxh1 - fxh2) / h", "numerical.divided-by-h"),
        ("numerical_diff", "1e-4", "1e-50", "numerical.step-too-small"),
        (
            "numerical_gradient",
            "x[idx] = tmp_val\n        it",
            "tmp_val = x[idx]\n        it",
            "numerical.x-not-restored",
        ),
    ),
    "book_layers": (
        ("MulLayer.backward", "dout * self.y", "dout * self.x + 0", "mul_backward.not-switched"),
        ("AddLayer.backward", "dout * 1, dout * 1", "1, 1", "add_backward.gradient-lost"),
        ("Dropout.forward", "> self.dropout_ratio", "< self.dropout_ratio", "dropout.inverted"),
        ("Dropout.forward", "x * (1.0 - self.dropout_ratio)", "x", "dropout.not-scaled"),
        ("Dropout.forward", "if train_flg:", "if True:", "dropout.always-drops"),
        ("Dropout.backward", "dout * self.mask", "dout", "dropout_backward.no-mask"),
        (
            "Dropout.backward",
            "dout * self.mask",
            "dout * (np.random.rand(*dout.shape) > self.dropout_ratio)",
            "dropout_backward.new-mask",
        ),
        ("BatchNormalization.forward", "return self.gamma * xn", "return xn", "batchnorm.no-gamma"),
        (
            "BatchNormalization.forward",
            "if train_flg:\n            mu",
            "if True:\n            mu",
            "batchnorm.batch-at-test",
        ),
        (
            "BatchNormalization.forward",
            "np.sqrt(self.running_var + 10e-7)",
            "(self.running_var + 10e-7)",
            "batchnorm.variance",
        ),
        (
            "BatchNormalization.backward",
            "dx = dxc - dmu / self.batch_size",
            "dx = dxn / self.std",
            "batchnorm_backward.constants",
        ),
        (
            "BatchNormalization.backward",
            "dgamma = np.sum(self.xn * dout, axis=0)",
            "dgamma = np.sum(dout, axis=0)",
            "batchnorm_backward.parameters-formula",
        ),
    ),
}
_CS231N = (
    ("batchnorm_forward", "np.sqrt(var + eps)", "(var + eps)", "batchnorm.variance"),
    (
        "batchnorm_forward",
        "* (x - running_mean) / np.sqrt(running_var + eps)",
        "* (x - x.mean(0)) / x.std(0)",
        "batchnorm.batch-at-test",
    ),
    ("batchnorm_forward", "np.sqrt(running_var + eps)", "(running_var + eps)", "batchnorm.variance"),
    ("batchnorm_backward", " * -0.5 * ", " * -1.0 * ", "batchnorm_backward.variance-factor"),
    ("batchnorm_backward", "std**-3", "std**-1", "batchnorm_backward.variance-factor"),
    ("batchnorm_backward", " + dmu / N", "", "batchnorm_backward.mean-constant"),
    ("batchnorm_backward", "dout.sum(axis=0)", "dout.mean(axis=0)", "batchnorm_backward.parameters-mean"),
    (
        "layernorm_forward",
        "mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)",
        "mean(axis=0), x.var(axis=0)",
        "layernorm.over-examples",
    ),
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
    ("adam", ' ** config["t"]', "", "adam.t-fixed"),
    ("adam", '** config["t"])\n    v_hat', ")\n    v_hat", "adam.t-fixed"),
    ("adam", "* dw**2", "* abs(dw)", "squares.absolute"),
)

APART = [
    *(m for name, rows in _BOOK.items() for m in planted("book", f"{name}.py", *(("", *row) for row in rows))),
    *planted("book", "book.py", ("", "cross_entropy_error", "t.argmax(axis=1)", "t.astype(int)", _AS_LABELS)),
    *planted("course", "course_week2.py", ("", "initialize_with_zeros", "0.0", "np.zeros((dim, 1))", "zeros.b-vector")),
    *planted("cs231n", "cs231n.py", *(("", *row) for row in _CS231N)),
]
