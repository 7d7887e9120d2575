"""Logistic regression, one hidden layer and plain scripts: right code passes, a planted mistake is named."""

import ast

import pytest

from chainrule.checker.findings import Checked, Finding
from chainrule.checker.learner import Learner
from chainrule.checker.probe import Inspection, examine, inspect
from chainrule.checker.roles.course import cost, elementwise, logistic, shallow
from chainrule.checker.roles.scripts import functions
from chainrule.checker.telling import texts
from tests.checker.corpus.planted import text

FAMILIES = (elementwise, cost, logistic, shallow, functions)
HELPERS = """
import numpy as np

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

"""
LISTS = """
def forward(X, weights, biases):
    activations = [X]
    for W, b in zip(weights[:-1], biases[:-1]):
        activations.append(np.tanh(activations[-1] @ W + b))
    activations.append(softmax(activations[-1] @ weights[-1] + biases[-1]))
    return activations

def cross_entropy(probs, y):
    return -np.log(probs[np.arange(len(y)), y]).mean()

def backward(activations, y, weights):
    delta = activations[-1].copy()
    delta[np.arange(len(y)), y] -= 1
    delta = delta / len(y)
    dW, db = [], []
    for i in range(len(weights) - 1, -1, -1):
        dW.insert(0, activations[i].T @ delta)
        db.insert(0, delta.sum(axis=0))
        if i > 0:
            delta = delta @ weights[i].T * (1 - activations[i] ** 2)
    return dW, db

def update(weights, biases, dW, db, lr):
    weights = [W - lr * g for W, g in zip(weights, dW)]
    biases = [b - lr * g for b, g in zip(biases, db)]
    return weights, biases
"""
SEPARATE = """
def softmax_columns(Z):
    return np.exp(Z) / sum(np.exp(Z))

def one_hot(Y):
    made = np.zeros((Y.size, Y.max() + 1))
    made[np.arange(Y.size), Y] = 1
    return made.T

def forward_prop(W1, b1, W2, b2, X):
    Z1 = W1.dot(X) + b1
    A1 = np.maximum(Z1, 0)
    Z2 = W2.dot(A1) + b2
    A2 = softmax_columns(Z2)
    return Z1, A1, Z2, A2

def backward_prop(Z1, A1, Z2, A2, W1, W2, X, Y):
    m = Y.size
    dZ2 = A2 - one_hot(Y)
    dW2 = 1 / m * dZ2.dot(A1.T)
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = W2.T.dot(dZ2) * (Z1 > 0)
    dW1 = 1 / m * dZ1.dot(X.T)
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    return dW1, db1, dW2, db2

def get_predictions(A2):
    return np.argmax(A2, 0)
"""
SQUARES = """
def forward(X, p):
    h = sigmoid(X @ p["w1"] + p["b1"])
    out = sigmoid(h @ p["w2"] + p["b2"])
    return out, {"h": h, "X": X}

def loss(out, y):
    return np.mean((out - y) ** 2)

def backward(out, y, cache, p):
    d2 = 2 * (out - y) / len(y) * out * (1 - out)
    d1 = d2 @ p["w2"].T * cache["h"] * (1 - cache["h"])
    return {"w2": cache["h"].T @ d2, "b2": d2.sum(0), "w1": cache["X"].T @ d1, "b1": d1.sum(0)}
"""
REGRESSION = """
def forward(x, params):
    z1 = x @ params["W1"].T + params["b1"]
    a1 = np.where(z1 > 0, z1, 0.01 * z1)
    return a1 @ params["W2"].T + params["b2"], (x, z1, a1)

def loss(pred, y):
    return ((pred - y) ** 2).sum() / (2 * len(y))

def backward(pred, y, cache, params):
    x, z1, a1 = cache
    d2 = (pred - y) / len(y)
    d1 = d2 @ params["W2"] * np.where(z1 > 0, 1, 0.01)
    return d1.T @ x, d1.sum(axis=0), d2.T @ a1, d2.sum(axis=0)
"""
SUMMED = """
def forward(X, W1, b1, W2, b2):
    A1 = np.tanh(X @ W1 + b1)
    A2 = softmax(A1 @ W2 + b2)
    return A1, A2

def cross_entropy(A2, Y):
    return -np.sum(Y * np.log(A2))

def backward(X, Y, A1, A2, W2):
    dZ2 = A2 - Y
    dZ1 = dZ2 @ W2.T * (1 - A1**2)
    return X.T @ dZ1, dZ1.sum(0), A1.T @ dZ2, dZ2.sum(0)
"""
SCORES = """
def forward(X, params):
    A1 = np.maximum(0, X @ params["W1"] + params["b1"])
    return A1 @ params["W2"] + params["b2"], A1

def loss(scores, y):
    return -np.log(softmax(scores)[np.arange(len(y)), y]).mean()

def backward(X, y, scores, A1, params):
    d = softmax(scores)
    d[np.arange(len(y)), y] -= 1
    d /= len(y)
    dh = d @ params["W2"].T
    dh[A1 <= 0] = 0
    return {"W1": X.T @ dh, "b1": dh.sum(0), "W2": A1.T @ d, "b2": d.sum(0)}
"""
CLASS = """
class Net:
    def __init__(self, sizes):
        self.weights = [np.random.randn(a, b) for a, b in zip(sizes[:-1], sizes[1:])]
        self.biases = [np.zeros((1, b)) for b in sizes[1:]]

    def forward(self, X):
        self.activations = [X]
        for W, b in zip(self.weights, self.biases):
            self.activations.append(sigmoid(self.activations[-1] @ W + b))
        return self.activations[-1]

    def backward(self, X, y, learning_rate):
        delta = (self.activations[-1] - y) / len(X)
        for i in reversed(range(len(self.weights))):
            dW = self.activations[i].T @ delta
            db = delta.sum(axis=0, keepdims=True)
            delta = delta @ self.weights[i].T * self.activations[i] * (1 - self.activations[i])
            self.weights[i] -= learning_rate * dW
            self.biases[i] -= learning_rate * db

    def predict(self, X):
        return self.forward(X) > 0.5
"""
STYLES = {
    "lists": LISTS,
    "separate": SEPARATE,
    "squares": SQUARES,
    "regression": REGRESSION,
    "summed": SUMMED,
    "scores": SCORES,
}


def check(source: str) -> tuple[dict[str, Checked], list[Finding]]:
    tree = ast.parse(source)
    namespace: dict[str, object] = {}
    exec(compile(tree, "<learner>", "exec"), namespace)
    learner = Learner(namespace, tree)
    checked: dict[str, Checked] = {}
    found: list[Finding] = []
    for family in FAMILIES:
        for probe in family.probes(learner):
            if probe.function not in checked:
                wrong = {name: done.status for name, done in checked.items() if done.status == "wrong"}
                try_it = inspect if isinstance(probe, Inspection) else examine
                checked[probe.function], findings = try_it(learner, probe, wrong)
                found += findings
    return checked, found


def mutated(source: str, old: str, new: str) -> list[Finding]:
    assert source.count(old) == 1
    return check(source.replace(old, new))[1]


def only(found: list[Finding]) -> tuple[str, str]:
    assert len(found) == 1, found
    assert texts.hints(found[0], "en", 3) != [f"{found[0].function}: {found[0].mistake}"]
    return found[0].function, found[0].mistake


@pytest.mark.parametrize("style", STYLES)
def test_right_scripts_pass(style: str) -> None:
    checked, found = check(HELPERS + STYLES[style])
    assert found == []
    judged = {function for function, done in checked.items() if done.status == "ok"}
    assert judged >= {"forward", "backward"} or judged >= {"forward_prop", "backward_prop"}


@pytest.mark.parametrize("file", ["course_week2.py", "course_week3.py", "rows.py", "rows_fused.py"])
def test_right_files_pass(file: str) -> None:
    checked, found = check(text(file))
    assert found == []
    assert all(done.status == "ok" for done in checked.values())


@pytest.mark.parametrize(
    ("style", "old", "new", "function", "mistake"),
    [
        (
            "lists",
            "np.tanh(activations[-1] @ W + b)",
            "np.tanh(activations[-1] @ W)",
            "forward",
            "linear_forward.no-bias",
        ),
        ("lists", "delta = delta / len(y)", "pass", "backward", "linear_backward.no-mean"),
        ("lists", " * (1 - activations[i] ** 2)", "", "backward", "activation_backward.slope-lost"),
        ("lists", "W - lr * g", "W + lr * g", "update", "update.ascent"),
        (
            "lists",
            "activations[i].T @ delta)",
            "delta.T @ activations[i])",
            "backward",
            "linear_backward.dW-transposed",
        ),
        ("separate", "* (Z1 > 0)", "* (A2.mean() > 0)", "backward_prop", "activation_backward.slope-lost"),
        ("separate", "dZ2 = A2 - one_hot(Y)", "dZ2 = one_hot(Y) - A2", "backward_prop", "network_backward.sign"),
        ("separate", "np.sum(dZ1, axis=1, keepdims=True)", "np.sum(dZ1)", "backward_prop", "linear_backward.db-scalar"),
        ("separate", "A2 = softmax_columns(Z2)", "A2 = Z2", "forward_prop", "network_forward.output-forgotten"),
        ("separate", "W2.dot(A1)", "W2.dot(Z1)", "forward_prop", "network_forward.Z-fed"),
        ("squares", "d2 = 2 * (out", "d2 = -2 * (out", "backward", "network_backward.sign"),
        ("regression", "(pred - y) / len(y)", "(pred - y)", "backward", "linear_backward.no-mean"),
        ("summed", "(1 - A1**2)", "A1 * (1 - A1)", "backward", "activation_backward.slope-of-sigmoid"),
        ("scores", "    d /= len(y)\n", "", "backward", "linear_backward.no-mean"),
        ("scores", "dh[A1 <= 0] = 0", "dh[dh <= 0] = 0", "backward", "activation_backward.mask-from-gradient"),
    ],
)
def test_mistakes_in_scripts_are_named(style: str, old: str, new: str, function: str, mistake: str) -> None:
    assert only(mutated(HELPERS + STYLES[style], old, new)) == (function, mistake)


@pytest.mark.parametrize(
    ("file", "old", "new", "function", "mistake"),
    [
        (
            "course_week2.py",
            "(1 / m) * np.dot(X, (A - Y).T)",
            "np.dot(X, (A - Y).T)",
            "propagate",
            "linear_backward.dW-no-mean",
        ),
        ("course_week2.py", "cost = -(1 / m)", "cost = (1 / m)", "propagate", "cost.no-minus"),
        ("course_week2.py", "w = w - learning_rate", "w = w + learning_rate", "optimize", "optimize.ascent"),
        ("course_week2.py", "w = w - learning_rate * dw", "w = w - 0.009 * dw", "optimize", "optimize.rate-fixed"),
        ("course_week2.py", "A[0, i] > 0.5", "A[0, i] > 0", "predict", "predict.always-one"),
        ("course_week2.py", "np.zeros((dim, 1))", "np.zeros(dim)", "initialize_with_zeros", "zeros.flat"),
        ("course_week3.py", "n_x = X.shape[0]", "n_x = X.shape[1]", "layer_sizes", "layer_sizes.input-examples"),
        (
            "course_week3.py",
            "1 - np.power(A1, 2)",
            "1 - np.power(Z1, 2)",
            "backward_propagation",
            "activation_backward.formula-for-A",
        ),
        ("course_week3.py", '"A1": A1', '"A1": Z1', "forward_propagation", "network_forward.cache-Z-for-A"),
        (
            "course_week3.py",
            "parameters = update_parameters(",
            "update_parameters(",
            "nn_model",
            "training.nothing-moves",
        ),
        ("course_week3.py", "return A2 > 0.5", "return A2", "predict", "predict.no-threshold"),
        ("rows.py", "A1 = relu(Z1)", "A1 = sigmoid(Z1)", "forward", "network_forward.hidden-is-sigmoid"),
        ("rows.py", "np.argmax(probs, axis=1)", "np.argmax(probs, axis=0)", "predict", "predict.argmax-axis"),
        (
            "rows.py",
            "params = update(params, grads, lr)",
            "update(params, grads, lr)",
            "train",
            "training.nothing-moves",
        ),
        (
            "rows_fused.py",
            "    dZ1 = (dZ2 @ W2.T) * (Z1 > 0)\n    W2 = W2 - lr * dW2\n",
            "    W2 = W2 - lr * dW2\n    dZ1 = (dZ2 @ W2.T) * (Z1 > 0)\n",
            "train_step",
            "network_backward.updated-first",
        ),
        (
            "right/one_example_class.py",
            "sigmoid_prime(sums[-i])",
            "sigmoid_prime(outs[-i])",
            "Net.backprop",
            "activation_backward.activated-twice",
        ),
    ],
)
def test_mistakes_in_files_are_named(file: str, old: str, new: str, function: str, mistake: str) -> None:
    assert only(mutated(text(file), old, new)) == (function, mistake)


def test_a_wrong_helper_is_blamed_alone() -> None:
    found = mutated(text("rows.py"), "dZ = dA * (Z > 0)", "dZ = (Z > 0) * 1.0")
    assert only(found) == ("relu_backward", "activation_backward.gradient-lost")
    found = mutated(text("course_week2.py"), "1 / (1 + np.exp(-z))", "1 / (1 + np.exp(z))")
    assert only(found) == ("sigmoid", "sigmoid.sign")


def test_a_wrong_forward_pass_does_not_make_the_backward_pass_wrong() -> None:
    checked, found = check(text("course_week3.py").replace("np.dot(W1, X) + b1", "np.dot(W1, X)"))
    assert only(found) == ("forward_propagation", "linear_forward.no-bias")
    assert checked["backward_propagation"].status == "ok"


def test_layers_as_pairs_of_functions() -> None:
    source = text("right/cs231n.py")
    assert check(source)[1] == []
    wrong = mutated(source, "db = dout.sum(axis=0)", "db = dout.sum(axis=1)")
    assert only(wrong) == ("affine_backward", "linear_backward.db-wrong-axis-flat")
    assert only(mutated(source, "dx / N", "dx")) == ("softmax_loss", "softmax_loss.no-mean")
    assert only(mutated(source, ".dot(w) + b", ".dot(w)")) == ("affine_forward", "linear_forward.no-bias")


def test_networks_that_are_classes() -> None:
    for source in (HELPERS + CLASS, text("right/mlp_class.py")):
        checked, found = check(source)
        assert found == []
        assert {name.partition(".")[2] for name, done in checked.items() if done.status == "ok"} > {
            "forward",
            "backward",
        }
    source = HELPERS + CLASS
    assert only(mutated(source, " * (1 - self.activations[i])", "")) == (
        "Net.backward",
        "activation_backward.times-value",
    )
    assert only(mutated(source, "[-1] @ W + b", "[-1] @ W")) == ("Net.forward", "linear_forward.no-bias")
    assert only(mutated(source, "forward(X) > 0.5", "forward(X) < 0.5")) == ("Net.predict", "predict.inverted")
    source = text("right/mlp_class.py")
    assert only(mutated(source, "        d2 /= len(y)\n", "")) == ("NeuralNetwork.backward", "linear_backward.no-mean")
