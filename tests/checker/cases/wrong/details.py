# ruff: noqa
# mypy: ignore-errors
"""Details that are wrong: a correction that never fades, another layer's gradient, |g| for its square, a lost stride.

update_parameters_with_adam: wrong adam.t-fixed
update_parameters_with_momentum: wrong optimizer.other-gradient
AdaGrad.update: wrong squares.absolute
conv_forward: wrong convolution.stride-ignored
pool_forward: wrong pooling.stride-ignored
"""

import numpy as np


def update_parameters_with_adam(parameters, grads, v, s, t, learning_rate=0.01, beta1=0.9, beta2=0.999, epsilon=1e-8):
    L = len(parameters) // 2
    vc, sc = {}, {}
    for l in range(1, L + 1):
        for k in ("W", "b"):
            n = f"d{k}{l}"
            v[n] = beta1 * v[n] + (1 - beta1) * grads[n]
            s[n] = beta2 * s[n] + (1 - beta2) * grads[n] ** 2
            vc[n] = v[n] / (1 - beta1)
            sc[n] = s[n] / (1 - beta2**t)
            parameters[f"{k}{l}"] = parameters[f"{k}{l}"] - learning_rate * vc[n] / (np.sqrt(sc[n]) + epsilon)
    return parameters, v, s


def update_parameters_with_momentum(parameters, grads, v, beta, learning_rate):
    for l in (1, 2):
        v[f"dW{l}"] = beta * v[f"dW{l}"] + (1 - beta) * grads[f"dW{l}"]
        v[f"db{l}"] = beta * v[f"db{l}"] + (1 - beta) * grads[f"db1"]
        parameters[f"W{l}"] -= learning_rate * v[f"dW{l}"]
        parameters[f"b{l}"] -= learning_rate * v[f"db{l}"]
    return parameters, v


class AdaGrad:
    def __init__(self, lr=0.01):
        self.lr, self.h = lr, None

    def update(self, params, grads):
        if self.h is None:
            self.h = {k: np.zeros_like(v) for k, v in params.items()}
        for k in params:
            self.h[k] += abs(grads[k])
            params[k] -= self.lr * grads[k] / (np.sqrt(self.h[k]) + 1e-7)


def conv_forward(A_prev, W, b, hparameters):
    m, H, Wd, C = A_prev.shape
    f, _, _, n = W.shape
    s, p = hparameters["stride"], hparameters["pad"]
    nh, nw = int((H - f + 2 * p) / s) + 1, int((Wd - f + 2 * p) / s) + 1
    Z = np.zeros((m, nh, nw, n))
    P = np.pad(A_prev, ((0, 0), (p, p), (p, p), (0, 0)))
    for i in range(m):
        for h in range(nh):
            for w in range(nw):
                for c in range(n):
                    Z[i, h, w, c] = np.sum(P[i, h * s : h * s + f, w : w + f] * W[..., c]) + float(b[0, 0, 0, c])
    return Z, (A_prev, W, b, hparameters)


def pool_forward(A_prev, hparameters, mode="max"):
    m, H, Wd, C = A_prev.shape
    f, s = hparameters["f"], hparameters["stride"]
    A = np.zeros((m, 1 + (H - f) // s, 1 + (Wd - f) // s, C))
    for i in range(m):
        for h in range(A.shape[1]):
            for w in range(A.shape[2]):
                for c in range(C):
                    x = A_prev[i, h : h + f, w * s : w * s + f, c]
                    A[i, h, w, c] = x.max() if mode == "max" else x.mean()
    return A, (A_prev, hparameters)
