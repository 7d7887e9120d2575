"""The mistakes planted in optimizers, convolution, recurrence and regularization."""

from __future__ import annotations

from tests.checker.corpus.planted import planted

_STEP = """
            params[key] += self.momentum * self.momentum * self.v[key]
            params[key] -= (1 + self.momentum) * self.lr * grads[key]"""
_VELOCITY = """
            self.v[key] *= self.momentum
            self.v[key] -= self.lr * grads[key]"""
_FILES = {
    "book_update_rules": (
        (
            "SGD.update",
            "params[key] -= self.lr * grads[key]",
            "params[key] += self.lr * grads[key]",
            "optimizer.ascent",
        ),
        (
            "SGD.update",
            "params[key] -= self.lr * grads[key]",
            "params[key] - self.lr * grads[key]",
            "optimizer.unchanged",
        ),
        (
            "SGD.update",
            "params[key] -= self.lr * grads[key]",
            "params[key] -= 0.01 * grads[key]",
            "optimizer.rate-fixed",
        ),
        (
            "SGD.update",
            "params[key] -= self.lr * grads[key]",
            "params[key] = -self.lr * grads[key]",
            "optimizer.assigned",
        ),
        (
            "SGD.update",
            "params[key] -= self.lr * grads[key]",
            "params[key] -= self.lr * grads[key] * (key[0] == 'W')",
            "optimizer.biases-skipped",
        ),
        ("Momentum.update", "self.momentum * self.v[key] - self.lr", "-self.lr", "momentum.velocity-lost"),
        ("Momentum.update", "self.momentum * self.v[key] - self.lr", "self.v[key] - self.lr", "momentum.not-decayed"),
        (
            "Momentum.update",
            "self.momentum * self.v[key] - self.lr",
            "self.momentum * self.v[key] + self.lr",
            "optimizer.ascent",
        ),
        (
            "Momentum.update",
            "params[key] += self.v[key]",
            "params[key] += self.lr * self.v[key]",
            "optimizer.rate-twice",
        ),
        (
            "AdaGrad.update",
            "self.h[key] += grads[key] * grads[key]",
            "self.h[key] = grads[key] * grads[key]",
            "adagrad.not-added",
        ),
        ("AdaGrad.update", "self.h[key] += grads[key] * grads[key]", "self.h[key] += grads[key]", "squares.no-square"),
        ("RMSprop.update", "self.h[key] *= self.decay_rate", "pass", "rmsprop.is-adagrad"),
        ("RMSprop.update", "(1 - self.decay_rate) * grads", "grads", "rmsprop.share-lost"),
        ("Adam.update", "self.iter += 1", "self.iter = 1", "adam.t-fixed"),
        ("Adam.update", "self.iter += 1", "self.iter += 0", "adam.t-from-0"),
        ("Adam.update", "lr_t * self.m[key]", "lr_t * grads[key]", "adam.gradient-for-m"),
        ("Adam.update", "np.sqrt(self.v[key])", "self.v[key]", "squares.no-root"),
        (
            "Adam.update",
            "np.sqrt(1.0 - self.beta2**self.iter)",
            "(1.0 - self.beta2**self.iter)",
            "adam.correction-no-root",
        ),
        ("Adam.update", "lr_t * self.m[key]", "self.lr * self.m[key]", "adam.no-correction"),
        (
            "Nesterov.update",
            _STEP + _VELOCITY,
            _VELOCITY + _STEP,
            "nesterov.updated-first",
        ),
    ),
    "course_optimizers": (
        (
            "update_parameters_with_gd",
            "range(1, L + 1):\n        parameters",
            "range(1, L):\n        parameters",
            "optimizer.last-skipped",
        ),
        ("update_parameters_with_adam", "vc[k] = v[k] /", "v[k] = vc[k] = v[k] /", "adam.corrected-stored"),
        ("update_parameters_with_adam", "v[k] / (1 - beta1**t)", "v[k] / (1 - beta2**t)", "adam.corrections-swapped"),
        ("update_parameters_with_adam", "v[k] / (1 - beta1**t)", "v[k] / (1 + beta1**t)", "adam.correction-plus"),
        ("update_parameters_with_adam", "(np.sqrt(sc[k]) + epsilon)", "np.sqrt(sc[k])", "squares.no-epsilon"),
        ("initialize_adam", "    s = {}\n", "    s = v\n", "initialize_state.shared"),
        ("random_mini_batches", "X[:, permutation]", "X[:, np.random.permutation(m)]", "mini_batches.shuffled-apart"),
        ("random_mini_batches", "if m % mini_batch_size != 0", "if False", "mini_batches.last-lost"),
        ("random_mini_batches", "list(np.random.permutation(m))", "list(range(m))", "mini_batches.not-shuffled"),
    ),
    "course_convolution": (
        (
            "zero_pad",
            "(0, 0), (pad, pad), (pad, pad), (0, 0)",
            "(0, 0), (0, 0), (pad, pad), (pad, pad)",
            "zero_pad.axes",
        ),
        ("conv_single_step", "Z + float(np.squeeze(b))", "Z", "conv_single_step.bias-lost"),
        (
            "conv_forward",
            "        a_prev_pad = A_prev_pad[i]\n        for h",
            "        a_prev_pad = A_prev_pad[0]\n        for h",
            "convolution.same-picture",
        ),
        ("conv_forward", "W[..., c], b[..., c]", "W[..., 0], b[..., c]", "convolution.first-filter"),
        ("conv_forward", "+ 2 * pad) / stride) + 1", "+ 2 * pad) / stride)", "convolution.size"),
        ("conv_backward", "dW[:, :, :, c] +=", "dW[:, :, :, c] =", "convolution_backward.overwritten"),
        (
            "conv_backward",
            "pad : pad + n_H_prev, pad : pad + n_W_prev",
            ":n_H_prev, :n_W_prev",
            "convolution_backward.cropped-at-corner",
        ),
        ("conv_backward", "return dA_prev, dW, db", "return dA_prev, dW / m, db / m", "convolution_backward.averaged"),
        ("pool_forward", "np.mean(a)", "np.sum(a)", "pooling.not-divided"),
        ("pool_forward", "np.max(a)", "max(0, np.max(a))", "pooling.maximum-from-0"),
        ("create_mask_from_window", "x == np.max(x)", "x != np.max(x)", "create_mask_from_window.inverted"),
        ("distribute_value", "dz / (n_H * n_W)", "dz / (n_H + n_W)", "distribute_value.wrong-count"),
        (
            "pool_backward",
            "dA_prev[i, vs:ve, hs:he, c] += np.multiply",
            "dA_prev[i, vs:ve, hs:he, c] = np.multiply",
            "pooling_backward.overwritten",
        ),
        (
            "pool_backward",
            "dA_prev = np.zeros(A_prev.shape)\n    for i in range(m)",
            "dA_prev = np.zeros(A_prev.shape)\n    for i in range(1)",
            "pooling_backward.first-example",
        ),
        ("conv_single_step", "a_slice_prev * W", "a_slice_prev * W[::-1, ::-1]", "conv_single_step.kernel-flipped"),
        (
            "conv_backward",
            "vs = h * stride\n                    ve = vs + f\n                    hs = w * stride\n",
            "vs = h\n                    ve = vs + f\n                    hs = w\n",
            "convolution_backward.stride-ignored",
        ),
    ),
    "course_recurrent": (
        (
            "rnn_cell_backward",
            "(1 - a_next**2) * da_next\n",
            "(1 + a_next**2) * da_next\n",
            "recurrent_backward.slope-plus",
        ),
        ("lstm_cell_forward", "np.tanh(np.dot(Wc, concat) + bc)", "np.dot(Wc, concat) + bc", "lstm.not-activated"),
        ("lstm_cell_backward", "* ft * (1 - ft)", "* ft * (1 + ft)", "lstm_backward.slope-plus"),
        ("rnn_cell_forward", "np.dot(Wax, xt) + ba", "np.dot(Wax, xt)", "recurrent.bias-lost"),
        (
            "rnn_forward",
            "rnn_cell_forward(x[:, :, t], a_next,",
            "rnn_cell_forward(x[:, :, t], a0,",
            "sequence.state-not-advanced",
        ),
        ("rnn_cell_backward", "1 - a_next**2", "1 - np.tanh(a_next) ** 2", "recurrent_backward.tanh-twice"),
        (
            "rnn_backward",
            "rnn_cell_backward(da[:, :, t] + da_prevt",
            "rnn_cell_backward(da_prevt",
            "back_through_time.own-gradient-lost",
        ),
        (
            "rnn_backward",
            "rnn_cell_backward(da[:, :, t] + da_prevt",
            "rnn_cell_backward(da[:, :, t]",
            "back_through_time.carried-gradient-lost",
        ),
        ("rnn_backward", "dWaa += dWaat", "dWaa = dWaat", "back_through_time.overwritten"),
        ("lstm_cell_forward", "(a_prev, xt), axis=0)\n    ft", "(xt, a_prev), axis=0)\n    ft", "lstm.order"),
        (
            "lstm_forward",
            "a_next, c_next, parameters)",
            "a_next, 0 * c_next, parameters)",
            "sequence.memory-not-advanced",
        ),
        ("lstm_cell_backward", "* ot * (1 - ot)", "", "lstm_backward.slope-lost"),
        ("lstm_cell_backward", "* (1 - cct**2)", "* cct * (1 - cct)", "lstm_backward.slope-of-other"),
        (
            "lstm_cell_backward",
            "dc_next * ft + ot * (1 - np.tanh(c_next) ** 2) * ft * da_next",
            "dc_next * ft",
            "lstm_backward.state-path-lost",
        ),
        ("lstm_backward", 'dc_prevt = gradients["dc_prev"]', "pass", "back_through_time.carried-memory-lost"),
        (
            "rnn_cell_backward",
            "(1 - a_next**2)",
            '(1 - (Waa @ a_prev + Wax @ xt + parameters["ba"]) ** 2)',
            "recurrent_backward.slope-from-Z",
        ),
        ("rnn_backward", "dWax += dWaxt", "dWax += dWaxt / T_x", "back_through_time.averaged"),
    ),
    "book_convolution": (
        ("im2col", ".transpose(0, 4, 5, 1, 2, 3)", "", "im2col.order"),
        ("col2im", "x:x_max:stride] += col", "x:x_max:stride] = col", "col2im.overwritten"),
        ("Convolution.forward", "col_W) + self.b", "col_W)", "convolution.bias-lost"),
        ("Convolution.backward", "self.db = np.sum", "db = np.sum", "convolution_backward.not-kept"),
        ("Pooling.backward", "= dout.flatten()", "= 1", "pooling_backward.gradient-lost"),
    ),
    "course_regularization": (
        ("compute_cost_with_regularization", "lambd / (2 * m)", "lambd / m", "regularized_cost.factor"),
        ("compute_cost_with_regularization", " + np.sum(np.square(W3))", "", "regularized_cost.layer-lost"),
        ("backward_propagation_with_regularization", " + lambd / m * W3", "", "regularized_backward.penalty-lost"),
        ("forward_propagation_with_dropout", "D1 < keep_prob", "D1 > keep_prob", "dropout_forward.mask-inverted"),
        ("forward_propagation_with_dropout", "    A1 = A1 / keep_prob\n", "", "dropout_forward.not-scaled"),
        (
            "backward_propagation_with_dropout",
            "    dA2 = dA2 * D2\n    dA2 = dA2 / keep_prob\n",
            "",
            "dropout_backward.one-layer-lost",
        ),
        (
            "backward_propagation_with_dropout",
            "dA2 * D2",
            "dA2 * (np.random.rand(*dA2.shape) < keep_prob)",
            "dropout_backward.fresh-mask",
        ),
        (
            "backward_propagation_with_regularization",
            "dA1, np.int64(A1 > 0)",
            "dA1, np.int64(A1 < 0)",
            "activation_backward.mask-inverted",
        ),
        (
            "backward_propagation_with_regularization",
            "db1 = 1.0 / m * ",
            "db1 = ",
            "linear_backward.db-no-mean",
        ),
        (
            "forward_propagation_with_dropout",
            "np.dot(W2, A1) + b2",
            "np.dot(W2, A1)",
            "linear_forward.no-bias",
        ),
    ),
}

MORE = [
    mistake
    for name, rows in _FILES.items()
    for mistake in planted("more", f"right/{name}.py", *(("", *row) for row in rows))
]
