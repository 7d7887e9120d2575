"""Layers, pairs of functions and losses of any style, by differences of their own forward pass."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from chainrule.checker.running.sandbox import check_file
from tests.checker.judging import judged

DENSE = """
class Dense:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out); self.b = np.random.randn(n_out)
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, grad, lr):
        dx = grad @ self.W.T
        self.W -= lr * self.x.T @ grad / len(grad)
        self.b -= lr * grad.sum(axis=0) / len(grad)
        return dx
"""
BENT = """
class Bent:
    def forward(self, inputs, training):
        self.inputs = inputs
        self.output = np.maximum(0, inputs)
    def backward(self, dvalues):
        self.dinputs = dvalues.copy()
        self.dinputs[self.inputs <= 0] = 0
class Entropy:
    def loss(self, y_pred, y_true):
        return -np.log(np.sum(y_pred * y_true, axis=1))
    def gradient(self, y_pred, y_true):
        return -y_true / y_pred
"""
RELU = """
class Relu:
    def forward(self, x):
        self.mask = x <= 0
        x[self.mask] = 0
        return x
    def backward(self, dout):
        dout[self.mask] = 0
        return dout
"""
PYTHON_DRAWS = "np.array([[random.gauss(0, 1) for _ in range(n_out)] for _ in range(n_in)])"
ACTIVATED = """
class Tanh:
    def forward(self, z):
        return np.tanh(z)
    def derivative(self, z):
        return 1 - np.tanh(z) ** 2
class Layer:
    def __init__(self, inputs, units, activation):
        self.params = {"W": np.random.randn(inputs, units), "b": np.zeros((1, units))}
        self.grads = {"W": None, "b": None}
        self.activation = activation
    def forward(self, A):
        self.A, self.Z = A, A @ self.params["W"] + self.params["b"]
        return self.activation.forward(self.Z)
    def backward(self, dA):
        dZ = dA * self.activation.derivative(self.Z)
        self.grads["W"] = self.A.T @ dZ
        self.grads["b"] = dZ.sum(axis=0, keepdims=True)
        return dZ @ self.params["W"].T
"""
OBJECTS = """
class Parameter:
    def __init__(self, value):
        self.value = value
        self.grad = np.zeros_like(value)
class BatchNorm:
    def __init__(self, dim):
        self.scale, self.shift = Parameter(np.random.rand(dim) + 0.5), Parameter(np.zeros(dim))
    def forward(self, x):
        self.std = np.sqrt(x.var(axis=0) + 1e-5)
        self.hat = (x - x.mean(axis=0)) / self.std
        return self.scale.value * self.hat + self.shift.value
    def backward(self, dout):
        self.scale.grad += (dout * self.hat).sum(axis=0)
        self.shift.grad += dout.sum(axis=0)
        d = dout * self.scale.value
        return (d - d.mean(axis=0) - self.hat * (d * self.hat).mean(axis=0)) / self.std
class Dropout:
    def __init__(self, rate):
        self.rate = rate
    def forward(self, x):
        self.kept = (np.random.rand(*x.shape) > self.rate) / (1 - self.rate)
        return x * self.kept
    def backward(self, dout):
        return dout * self.kept
"""
GATED = """
class Cell:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
    def forward(self, x, h_prev, c_prev):
        Wx, Wh, b = self.params
        f, i, o, g = np.split(x @ Wx + h_prev @ Wh + b, 4, axis=1)
        f, i, o = (1 / (1 + np.exp(-gate)) for gate in (f, i, o))
        g = np.tanh(g)
        c = f * c_prev + i * g
        h = o * np.tanh(c)
        self.cache = x, h_prev, c_prev, f, i, o, g, c
        return h, c
    def backward(self, dh_next, dc_next):
        Wx, Wh, b = self.params
        x, h_prev, c_prev, f, i, o, g, c = self.cache
        dc = dc_next + dh_next * o * (1 - np.tanh(c) ** 2)
        do = dh_next * np.tanh(c) * o * (1 - o)
        d = np.hstack([dc * c_prev * f * (1 - f), dc * g * i * (1 - i), do, dc * i * (1 - g ** 2)])
        for grad, value in zip(self.grads, (x.T @ d, h_prev.T @ d, d.sum(axis=0))):
            grad[...] = value
        return d @ Wx.T, d @ Wh.T, dc * f
"""
SHARED = """
class Lookup:
    def __init__(self, W):
        self.params, self.grads = [W], [np.zeros_like(W)]
    def forward(self, idx):
        self.idx = idx
        return self.params[0][idx]
    def backward(self, dout):
        self.grads[0][...] = 0
        np.add.at(self.grads[0], self.idx, dout)
class TwoWords:
    def __init__(self, vocab_size, hidden_size):
        W = 0.01 * np.random.randn(vocab_size, hidden_size).astype("f")
        self.first, self.second = Lookup(W), Lookup(W)
        self.params, self.grads = self.first.params + self.second.params, self.first.grads + self.second.grads
    def forward(self, contexts):
        return self.first.forward(contexts[:, 0]) + 2 * self.second.forward(contexts[:, 1])
    def backward(self, dout):
        self.first.backward(dout)
        self.second.backward(2 * dout)
"""
LOSSES = """
class SoftmaxLoss:
    def forward(self, x, t):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.p, self.t = e / e.sum(axis=1, keepdims=True), t
        return -np.sum(t * np.log(self.p)) / len(x)
    def backward(self, dout=1):
        return (self.p - self.t) / len(self.t)
class CrossEntropy:
    def loss(self, y_pred, y_true):
        return -np.sum(y_true * np.log(y_pred + 1e-12), axis=1)
    def gradient(self, y_pred, y_true):
        return -y_true / (y_pred + 1e-12)
def mse(y_true, y_pred):
    return np.mean((y_pred - y_true) ** 2)
def mse_prime(y_true, y_pred):
    return 2 * (y_pred - y_true) / len(y_true)
def cross_entropy_loss(probabilities, target):
    return -np.mean(np.log(probabilities[np.arange(len(target)), target]))
def cross_entropy_gradient(probabilities, target):
    grad = probabilities.copy()
    grad[np.arange(len(target)), target] -= 1
    return grad / len(target)
"""
PAIRS = """
def affine_forward(x, w, b):
    return x @ w + b, (x, w, b)
def affine_backward(dout, cache):
    x, w, b = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
def swish(x):
    return x / (1 + np.exp(-x))
def swish_prime(x):
    s = 1 / (1 + np.exp(-x))
    return s + x * s * (1 - s)
def logistic(z, derivative=False):
    s = 1 / (1 + np.exp(-z))
    return s * (1 - s) if derivative else s
"""
WINDOWS = """
class Average:
    def __init__(self, k):
        self.k = k
    def forward(self, x):
        n, c, h, w = x.shape
        assert h % self.k == 0 and w % self.k == 0
        return x.reshape(n, c, h // self.k, self.k, w // self.k, self.k).mean(axis=(3, 5))
    def backward(self, dout):
        return dout.repeat(self.k, axis=2).repeat(self.k, axis=3) / self.k ** 2
"""
LETTERS = """
def step(params, state, x):
    new = np.tanh(params["Wax"] @ x + params["Waa"] @ state + params["ba"])
    scores = params["Wya"] @ new + params["by"]
    e = np.exp(scores - scores.max())
    return new, e / e.sum()
def sequence_forward(chars, Y, a0, parameters, letters=27):
    xs, states, probs, loss = {}, {-1: a0}, {}, 0.0
    for t in range(len(chars)):
        xs[t] = np.zeros((letters, 1))
        xs[t][chars[t]] = 1
        states[t], probs[t] = step(parameters, states[t - 1], xs[t])
        loss -= np.log(probs[t][Y[t], 0])
    return loss, (xs, states, probs)
def sequence_backward(chars, Y, parameters, cache):
    xs, states, probs = cache
    grads = {f"d{name}": np.zeros_like(parameters[name]) for name in ("Wax", "Waa", "Wya", "ba", "by")}
    following = np.zeros_like(states[0])
    for t in reversed(range(len(chars))):
        dy = probs[t].copy()
        dy[Y[t]] -= 1
        grads["dWya"] += dy @ states[t].T
        grads["dby"] += dy
        d = (parameters["Wya"].T @ dy + following) * (1 - states[t] ** 2)
        grads["dba"] += d
        grads["dWax"] += d @ xs[t].T
        grads["dWaa"] += d @ states[t - 1].T
        following = parameters["Waa"].T @ d
    return grads
"""
METHODS = """
class Net:
    def sigmoid(self, Z):
        return 1 / (1 + np.exp(-Z))
    def sigmoid_backward(self, dA, Z):
        s = self.sigmoid(Z)
        return dA * s * (1 - s)
"""
INHERITED = """
class Activation:
    def __init__(self, f, df):
        self.f, self.df = f, df
    def forward(self, x):
        self.x = x
        return self.f(x)
    def backward(self, dout):
        return dout * self.df(self.x)
class Cubic(Activation):
    def __init__(self):
        super().__init__(lambda x: x ** 3, lambda x: 3 * x ** 2)
"""
SINGLE_NUMBERS = """
class Value:
    def __init__(self, data, children=()):
        self.data, self.grad, self._prev, self._backward = data, 0.0, children, lambda: None
    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other))
        def _backward():
            self.grad += out.grad
            other.grad += out.grad
        out._backward = _backward
        return out
    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other))
        def _backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad
        out._backward = _backward
        return out
    def relu(self):
        out = Value(0.0 if self.data < 0 else self.data, (self,))
        def _backward():
            self.grad += (out.data > 0) * out.grad
        out._backward = _backward
        return out
    def backward(self):
        order, seen = [], set()
        def build(v):
            if v not in seen:
                seen.add(v)
                for child in v._prev:
                    build(child)
                order.append(v)
        build(self)
        self.grad = 1.0
        for v in reversed(order):
            v._backward()
"""
VARIABLES = """
class Variable:
    def __init__(self, data):
        self.data, self.grad, self.creator = data, None, None
    def backward(self):
        if self.grad is None:
            self.grad = np.ones_like(self.data)
        waiting = [self.creator]
        while waiting:
            f = waiting.pop()
            grads = f.backward(f.output.grad)
            for x, grad in zip(f.inputs, grads if isinstance(grads, tuple) else (grads,)):
                x.grad = grad if x.grad is None else x.grad + grad
                if x.creator is not None:
                    waiting.append(x.creator)
class Function:
    def __call__(self, *inputs):
        self.inputs = inputs
        self.output = Variable(self.forward(*(x.data for x in inputs)))
        self.output.creator = self
        return self.output
class MatMul(Function):
    def forward(self, x, W):
        return x @ W
    def backward(self, gy):
        x, W = (v.data for v in self.inputs)
        return gy @ W.T, x.T @ gy
class Sin(Function):
    def forward(self, x):
        return np.sin(x)
    def backward(self, gy):
        return gy * np.cos(self.inputs[0].data)
def sin(x):
    return Sin()(x)
"""
FUSED = """
class TwoLayers:
    def __init__(self, input_dim=3 * 32 * 32, hidden_dim=100, num_classes=10):
        self.params = {"W1": np.random.randn(input_dim, hidden_dim), "b1": np.zeros(hidden_dim)}
        self.params |= {"W2": np.random.randn(hidden_dim, num_classes), "b2": np.zeros(num_classes)}
    def loss(self, X, y=None):
        H = np.maximum(X @ self.params["W1"] + self.params["b1"], 0)
        scores = H @ self.params["W2"] + self.params["b2"]
        if y is None:
            return scores
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        d = e / e.sum(axis=1, keepdims=True)
        loss = -np.mean(np.log(d[np.arange(len(y)), y]))
        d[np.arange(len(y)), y] -= 1
        d /= len(y)
        dH = d @ self.params["W2"].T * (H > 0)
        grads = {"W2": H.T @ d, "b2": d.sum(axis=0), "W1": X.T @ dH, "b1": dH.sum(axis=0)}
        return loss, grads
def squared_loss(prediction, y):
    return np.sum((prediction - y) ** 2), 2 * (prediction - y)
"""


def _methods(name: str, *methods: str) -> set[str]:
    return {f"{name}.{method}" for method in methods}


PASSES = ("forward", "backward")


@pytest.mark.parametrize(
    ("code", "functions"),
    [
        (DENSE, _methods("Dense", "__init__", *PASSES)),
        (WINDOWS, _methods("Average", "__init__", *PASSES)),
        (LETTERS, {"sequence_forward", "sequence_backward", "step"}),
        (RELU, _methods("Relu", *PASSES)),
        (ACTIVATED, _methods("Layer", "__init__", *PASSES) | _methods("Tanh", "forward", "derivative")),
        (OBJECTS, _methods("BatchNorm", "__init__", *PASSES) | _methods("Dropout", *PASSES)),
        (GATED, _methods("Cell", "__init__", *PASSES)),
        (SHARED, _methods("Lookup", *PASSES) | _methods("TwoWords", "__init__", *PASSES)),
        (LOSSES, _methods("SoftmaxLoss", *PASSES) | _methods("CrossEntropy", "loss", "gradient")),
        (LOSSES, {"mse", "mse_prime", "cross_entropy_loss", "cross_entropy_gradient"}),
        (PAIRS, {"affine_forward", "affine_backward", "swish", "swish_prime", "logistic"}),
        (INHERITED, _methods("Activation", *PASSES) | {"Cubic.__init__"}),
        (METHODS, _methods("Net", "sigmoid", "sigmoid_backward")),
        (FUSED, _methods("TwoLayers", "__init__", "loss") | {"squared_loss"}),
        (SINGLE_NUMBERS, _methods("Value", "__add__", "__mul__", "relu")),
        (VARIABLES, _methods("MatMul", *PASSES) | _methods("Sin", *PASSES) | {"sin"}),
    ],
)
def test_right_code_of_any_style_is_right(code: str, functions: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    right, findings = judged(code, monkeypatch)
    assert not findings
    assert functions <= right


@pytest.mark.parametrize(
    ("code", "right", "wrong", "function", "quantity", "pattern"),
    [
        (
            DENSE,
            "lr * grad.sum(axis=0) / len(grad)",
            "lr * grad.sum(axis=0)",
            "Dense.backward",
            "b",
            "ratio-of-examples 6",
        ),
        (DENSE, "self.b -= lr *", "db =", "Dense.backward", "b", "zero"),
        (DENSE, "dx = grad @ self.W.T", "dx = -grad @ self.W.T", "Dense.backward", "x", "sign"),
        (DENSE, "lr * grad.sum(axis=0)", "lr * grad[-1]", "Dense.backward", "b", "one-example"),
        (DENSE, "dx = grad @ self.W.T", "dx = grad @ (self.W * 2 + 1).T", "Dense.backward", "x", "other"),
        (RELU, "dout[self.mask] = 0", "dout[~self.mask] = 0", "Relu.backward", "x", "mask-inverted"),
        (RELU, "return dout", "return 3 * dout", "Relu.backward", "x", "ratio 3"),
        (RELU, "dout[self.mask] = 0", "dout[:] = 0", "Relu.backward", "x", "zero"),
        (BENT, "self.dinputs[self.inputs <= 0] = 0", "pass", "Bent.backward", "x", "no-slope"),
        (BENT, "return -y_true", "return y_true", "Entropy.gradient", "x", "sign"),
        (ACTIVATED, "self.A.T @ dZ", "self.A.T @ dA", "Layer.backward", "params['W']", "no-slope"),
        (OBJECTS, "self.shift.grad += dout.sum(axis=0)", "pass", "BatchNorm.backward", "shift.value", "zero"),
        (OBJECTS, "return dout * self.kept", "return dout * self.kept * 0.5", "Dropout.backward", "x", "ratio 0.5"),
        (GATED, "dc * g * i", "dc * i", "Cell.backward", "Wx", "other"),
        (WINDOWS, "axis=3) / self.k ** 2", "axis=3)", "Average.backward", "x", "ratio 4"),
        (LETTERS, '"dby"] += dy', '"dby"] += 2 * dy', "sequence_backward", "parameters['by']", "ratio 2"),
        (PAIRS, "dout.sum(axis=0)", "2 * dout.sum(axis=0)", "affine_backward", "b", "ratio 2"),
        (PAIRS, "s + x * s * (1 - s)", "s + s * (1 - s)", "swish_prime", "x", "other"),
        (PAIRS, "s * (1 - s) if", "(1 - s) if", "logistic", "x", "slope-one-factor"),
        (PAIRS, "s * (1 - s) if", "s * (1 + s) if", "logistic", "x", "slope-plus"),
        (ACTIVATED, "1 - np.tanh(z) ** 2", "1 - np.tanh(z)", "Tanh.derivative", "x", "slope-no-square"),
        (FUSED, "H.T @ d,", "H.T @ d * (1 + H.T @ d),", "TwoLayers.loss", "params['W2']", "other"),
        (SINGLE_NUMBERS, "self.grad += out.grad\n", "self.grad = out.grad\n", "Value.__add__", "x", "ratio 0.5"),
        (SINGLE_NUMBERS, "(out.data > 0) * out.grad", "-(out.data > 0) * out.grad", "Value.relu", "x", "sign"),
        (VARIABLES, "gy * np.cos", "gy * np.sin", "Sin.backward", "x", "other"),
        (VARIABLES, "x.T @ gy", "-(x.T @ gy)", "MatMul.backward", "W", "sign"),
    ],
)
def test_a_wrong_gradient_is_told_by_its_quantity_and_pattern(
    code: str, right: str, wrong: str, function: str, quantity: str, pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert right in code
    _, findings = judged(code.replace(right, wrong), monkeypatch)
    told = [(finding.function, finding.facts["name"], finding.facts["pattern"]) for finding in findings]
    assert told == [(function, quantity, pattern)]


def test_a_slope_whose_mask_is_kept_for_nothing_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    code = """
        class HiddenLayer:
            def __init__(self, W, b):
                self.W, self.b = W, b
            def forward(self, x):
                self.x, z = x, np.dot(x, self.W) + self.b
                self.mask = z > 0
                return z * self.mask
            def backward(self, dout):
                dz = dout
                self.dW, self.db = np.dot(self.x.T, dz), dz.sum(axis=0)
                return np.dot(dz, self.W.T)
    """
    _, (finding,) = judged(code, monkeypatch)
    assert (finding.function, finding.facts["pattern"]) == ("HiddenLayer.backward", "no-slope")
    assert judged(code.replace("dz = dout", "dz = dout * self.mask"), monkeypatch)[1] == []
    # Who calls it may have multiplied by the slope, where the layer keeps nothing for that.
    assert judged(code.replace("self.mask", "mask"), monkeypatch)[1] == []


def test_a_loss_below_0_is_what_is_the_wrong_way_round(monkeypatch: pytest.MonkeyPatch) -> None:
    _, findings = judged(BENT.replace("-np.log", "np.log"), monkeypatch)
    assert [(finding.function, finding.mistake) for finding in findings] == [("Entropy.loss", "cost.no-minus")]


@pytest.mark.parametrize(
    "code",
    [
        # A slope of what does not go entry by entry is no gradient.
        """
        def softmax(x):
            e = np.exp(x)
            return e / e.sum()
        def softmax_derivative(x):
            return softmax(x) * (1 - softmax(x))
        """,
        # It needs something that the forward pass knows nothing of.
        """
        def relu(z):
            return np.maximum(z, 0)
        def relu_backward_propagation(dZ, A_prev, W_prev, Z):
            return (dZ @ W_prev.T) * (Z > 0)
        """,
        # The gradient of the loss, not of the layer.
        """
        class Softmax:
            def forward(self, x):
                e = np.exp(x)
                self.y = e / e.sum(axis=1, keepdims=True)
                return self.y
            def backward(self, dout):
                return dout
        """,
        # What is to be raised, and updates that add.
        """
        def likelihood(p, y):
            return np.sum(y * np.log(p))
        def likelihood_grad(p, y):
            return -y / p
        """,
        """
        def loss(p, y):
            return np.sum((p - y) ** 2)
        def loss_grad(p, y):
            return 2 * (y - p)
        def step(w, x, p, y, lr):
            w += lr * (x.T @ loss_grad(p, y))
            return w
        """,
        # A bias that begins with zeros is moved, like other parameters.
        """
        class Dense:
            def __init__(self, n_in, n_out):
                self.W, self.b = np.random.randn(n_in, n_out), np.zeros((1, n_out))
            def forward(self, x):
                self.x = x
                return x @ self.W + self.b
            def backward(self, dout):
                dx = dout @ self.W.T
                self.W -= 0.1 * (self.x.T @ dout + 0.1 * self.W)
                self.b -= 0.1 * dout.sum(axis=0, keepdims=True)
                return dx
        """,
        # What is no tensor of parameters needs no gradient: labels.
        """
        class Tensor:
            def __init__(self, data):
                self.data, self.grad, self.back = data, None, None
            def backward(self, grad):
                self.back(grad)
        def l2_loss(outputs, other):
            out = Tensor(np.sum((outputs.data - other.data) ** 2))
            def back(grad):
                outputs.grad = grad * 2 * (outputs.data - other.data)
            out.back = back
            return out
        """,
        # Weight decay belongs to no forward pass.
        """
        class Decayed:
            def __init__(self, n_in, n_out):
                self.W = np.random.randn(n_in, n_out)
            def forward(self, x):
                self.x = x
                return x @ self.W
            def backward(self, dout):
                self.dW = self.x.T @ dout + 0.1 * self.W
                return dout @ self.W.T
        """,
    ],
)
def test_what_proves_nothing_is_not_accused(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _, findings = judged(code, monkeypatch)
    assert not findings


def test_a_layer_made_of_a_wrong_one_is_not_blamed_besides(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        DENSE.replace("grad @ self.W.T", "grad @ self.W.T * 2")
        + """
class Pair:
    def __init__(self, n_in, n_out):
        self.first, self.second = Dense(n_in, n_out), Dense(n_out, n_out)
    def forward(self, x):
        return self.second.forward(self.first.forward(x))
    def backward(self, grad, lr):
        return self.first.backward(self.second.backward(grad, lr), lr)
"""
    )
    right, findings = judged(code, monkeypatch)
    assert [finding.function for finding in findings] == ["Dense.backward"]
    assert not any(function.startswith("Pair") for function in right)


def test_lists_of_arrays_of_several_shapes_are_no_upstream_gradient(tmp_path: Path) -> None:
    code = """
    import numpy as np
    class Net:
        def __init__(self, sizes):
            self.weights = [np.random.randn(n, m) for m, n in zip(sizes[:-1], sizes[1:])]
        def forward_pass(self, X):
            layers = [X]
            for W in self.weights:
                layers.append(np.tanh(W @ layers[-1]))
            return layers[1:], layers
        def backward_pass(self, X, y):
            _, layers = self.forward_pass(X)
            return [layers[-1] - y]
    net = Net([3, 4, 2])
    X, y = np.random.randn(3, 5), np.random.randn(2, 5)
    net.forward_pass(X)
    net.backward_pass(X, y)
    """
    (tmp_path / "net.py").write_text(textwrap.dedent(code), "utf-8")
    report = check_file(tmp_path / "net.py")
    assert report.problem is None or report.problem.mistake == "no-functions"
    assert not [finding for finding in report.findings if finding.mistake == "broke-off"]


@pytest.mark.parametrize("known", [(), ("Halved.backward",)])
def test_what_goes_through_a_wrong_layer_is_not_accused(
    known: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    code = """
    class Halved:
        def forward(self, x):
            return x / 2
        def backward(self, dout):
            return dout
    class Twice:
        def __init__(self):
            self.inside = [Halved(), Halved()]
        def forward(self, x):
            for layer in self.inside:
                x = layer.forward(x)
            return x
        def backward(self, dout):
            for layer in self.inside:
                dout = layer.backward(dout)
            return dout
    """
    _, findings = judged(code, monkeypatch, known)
    assert not any(finding.function == "Twice.backward" for finding in findings)


@pytest.mark.parametrize(
    "draw", ["np.random.randn(n_in, n_out)", "np.random.default_rng().normal(size=(n_in, n_out))", PYTHON_DRAWS]
)
def test_a_file_gets_the_same_numbers_each_time(draw: str, tmp_path: Path) -> None:
    code = textwrap.dedent(
        f"""
        import random
        import numpy as np
        class Dense:
            def __init__(self, n_in, n_out):
                self.W = {draw}
            def forward(self, x):
                self.x = x
                self.y = np.tanh(x @ self.W)
                return self.y
            def backward(self, dy):
                self.dW = self.x.T @ dy
                return dy * (1 - self.y ** 2) @ self.W.T
        """
    )
    path = tmp_path / "mine.py"
    path.write_text(code)
    first, second = check_file(path), check_file(path)
    assert [finding.mistake for finding in first.findings] == ["own-gradient"]
    assert first.findings == second.findings


def test_a_word_that_occurs_twice_is_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        textwrap.dedent(
            """
            import numpy as np
            class Lookup:
                def __init__(self, W):
                    self.table, self.dtable = W, np.zeros_like(W)
                def forward(self, idx):
                    self.idx = idx
                    return self.table[idx]
                def backward(self, dout):
                    self.dtable[...] = 0
                    for i, word in enumerate(self.idx):
                        self.dtable[word] = dout[i]
            """
        )
    )
    assert [finding.mistake for finding in check_file(path).findings] == ["own-gradient"]
    path.write_text(path.read_text().replace("self.dtable[word] = ", "self.dtable[word] += "))
    assert [checked.status for checked in check_file(path).checked] == ["ok"] * 3


@pytest.mark.parametrize(("slope", "expected"), [("1 - f ** 2", []), ("1 - f", [("tanh", "own-gradient")])])
def test_the_slope_that_a_right_function_returns_by_a_flag_is_looked_at_too(
    slope: str, expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        f"import numpy as np\ndef tanh(x, derivative=False):\n    f = np.tanh(x)\n    if derivative:\n"
        f"        return {slope}\n    return f\nprint(tanh(np.ones((2, 3))))\n"
    )
    assert [(finding.function, finding.mistake) for finding in check_file(path).findings] == expected
