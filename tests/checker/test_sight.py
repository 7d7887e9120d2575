"""What the checker sees without running anything."""

from __future__ import annotations

import ast

import pytest

from chainrule.checker.sight import seen

WRONG = {
    "misspelt-name": "def f(dA, W):\n    dZ = dA * 2\n    return W @ dz",
    "misspelt-attribute": (
        "class Net:\n    def __init__(self):\n        self.weights = 1\n"
        "    def forward(self, x):\n        return x @ self.weightz"
    ),
    "misspelt-attribute beside a base from another file": (
        "from base import Layer\nclass Dense(Layer):\n    def __init__(self):\n        self.bias_gate = 1\n"
        "    def forward(self, x):\n        return x + self.bias_gaet"
    ),
    "update-lost": "def update(p, g, lr):\n    W1 = p['W1']\n    W1 = W1 - lr * g['dW1']\n    return p",
    "update-lost in a loop": (
        "def update(p, g, lr):\n    for l in range(3):\n        W = p[l]\n        W = W - lr * g[l]\n    return p"
    ),
    "update-lost for no assignment": (
        "def update(p, g, lr):\n    p['W'] - lr * g['W']\n    p['b'] -= lr * g['b']\n    return p"
    ),
    "update-lost of a quotient": (
        "def update(layer, lr):\n    layer.W + -lr * layer.dW / layer.cache\n    layer.b += -lr * layer.db"
    ),
    "update-lost of what begins with 0": (
        "def fit(x, b, lr):\n    w = x * 0\n    for _ in range(9):\n        w - lr * x\n        b -= x\n    return w, b"
    ),
    "misspelt-name of a module": "import tools\ndef forward(x):\n    return toosl.relu(x)",
    "misspelt-name beside a course's helper files": (
        "from gc_utils import *\nfrom testCases import *\ndef backward(dZ2, A1):\n    return dZ2 @ A1_.T"
    ),
    "misspelt-name beside a book's": "from common.np import *\ndef forward(W, h):\n    return np.sum(W * H, axis=1)",
    "misspelt-name with a mark": "def forward(x, W1, b1):\n    return x @ W1 + b1_",
    "update-lost in one of two ways": (
        "def step(self, lr, plain):\n    for p, m, v in self.all:\n        if plain:\n            p - lr * m\n"
        "        else:\n            p -= lr * m / v"
    ),
    "misspelt-name in a loop outside of functions": "for epoch in range(9):\n    dW1 = W1 = 3\n    W1 -= dW1_",
    "misspelt-name outside of loops": "weights = 3\nprint(1, weihgts)",
    "update-lost in a loop outside of functions": "W = 1\nfor x in [1, 2]:\n    dW = x * W\n    W - 0.1 * dW",
    "weights-never-used": (
        "def back(dout, cache):\n    x, W, b = cache\n    dW = x.T @ dout\n    return dout @ dW.T, dW, dout.sum(axis=0)"
    ),
    "gradient-never-used": (
        "def train(loss, x, w, b, lr):\n    for _ in range(9):\n        c, dw, db = loss(x, w, b)\n"
        "        b -= lr * db\n    return w, b"
    ),
    "gradient-never-used of parameters": ("def update(W, b, dW, db, lr):\n    W = W - lr * dW\n    return W, b"),
    "bias-never-used of a layer": (
        "def forward(x, layers):\n    for layer in layers:\n        w, b = layer\n        x = x @ w\n    return x"
    ),
    "bias-never-used": "def linear(x, w, b):\n    return x.dot(w)",
    "bias-never-used in a loop": (
        "def predict(self, x):\n    for b, w in zip(self.biases, self.weights):\n        x = relu(w @ x)\n    return x"
    ),
    "softmax.different-exponents": (
        "def activate(z, kind):\n    if kind == 'softmax':\n        e = np.exp(z - np.max(z, axis=0, keepdims=True))\n"
        "        return e / np.sum(e, axis=1, keepdims=True)\n    return z"
    ),
    "softmax.different-exponents with methods": (
        "def softmax(z):\n    e = np.exp(z - z.max(axis=1, keepdims=True))\n    return e / e.sum(0)"
    ),
    "never-used": "def forward(X, W, f):\n    Z = X @ W\n    A = f(Z)\n    return Z",
    "overwritten": "def backward(dZ, A):\n    db = dZ.sum(axis=1)\n    db = dZ @ A.T\n    return db",
}
RIGHT = """
for x in data:
    y = x + dataset
    display(x)
---
def back(dout, cache):
    x, W, b = cache
    dW = x.T @ dout
    norm = np.dot(dW, dW)
    return dW / norm
---
W, lr = 1, 0.1
for x in [1, 2]:
    print(W - lr * x)
    W - lr * x
    W -= lr * x
---
def train(loss, x, w, b, lr):
    c, dw, db = loss(x, w, b)
    b -= lr * db
    w -= lr * np.sign(dw)
---
def embed(dW, x, W, b, db, lr):
    b -= lr * db
    W -= lr * x
---
def step(x, w, b, lr):
    dx, dw, db = affine_backward(x)
    w -= lr * dw
    b -= lr * db
---
def parts(dx, dy, y, x):
    return dx * x
---
def decay(layers):
    total = 0
    for layer in layers:
        w, b = layer
        total += np.dot(w, w)
    return total
---
x_train = 1
def f():
    del x_train
---
def linear_backward(dz, x, w, b):
    return dz @ w.T, x.T @ dz
---
def linear(x, w, b):
    return x @ w + b
---
def norm(x, w, b):
    return x * w
---
def fit(x, w, lr):
    for _ in range(3):
        w - lr * x
        w = w - lr * x
    return w
---
import tools
def f(x):
    return torch.relu(x)
---
def f(dA, W):
    dZ = dA * 2
    return W @ dZ
---
def f(x):
    try:
        del x_train
    except NameError:
        pass
    x_test = x_train = 1
    return x_test
---
def update(p, g, lr):
    W1 = p['W1']
    W1 = W1 - lr * g['dW1']
    return {'W1': W1}
---
def update(p, g, lr):
    for l in range(3):
        W = p[l]
        W = W - lr * g[l]
        p[l] = W
    return p
---
def update(p, g, lr):
    p['W'] - lr * g['W']
    p['W'] = p['W'] - lr * g['W']
---
def update(p, dp, lr, plain):
    if plain:
        p - lr * dp
    p -= lr * dp
---
def train(x, w, lr):
    for _ in range(3):
        y = x * w
        w = w - lr * (y - x)
    return 1
---
def train(x, lr):
    global W
    W = W - lr * x
---
class A(Base):
    def f(self):
        return self.weightz
    def g(self):
        self.weights = 1
---
class A(Base):
    def f(self):
        return self.W_xh + self.W_hh
    def g(self):
        self.W_hx = self.W_hh = 1
---
class A:
    def __init__(self, **k):
        self.__dict__.update(k)
        self.weights = 1
    def f(self):
        return self.weightz
---
def softmax(z, w):
    e = np.exp(z - z.max(axis=0))
    p = e / e.sum(axis=0)
    e = np.exp(w - w.max(axis=1, keepdims=True))
    return p, e / e.sum(axis=1, keepdims=True)
---
def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
---
def f(x):
    y = x * 2
    y = y + 1
    return y
---
def f(x):
    y = x * 2
    if x:
        y = x * 3
    return y
""".split("---")


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_seen_at_its_line(kind: str) -> None:
    findings = seen(ast.parse(WRONG[kind]))
    errors = [finding for finding in findings if finding.severity == "error"]
    (finding,) = errors or findings
    assert finding.mistake == kind.partition(" ")[0] and finding.function and finding.line


def test_a_name_that_a_starred_import_may_bind_is_doubtful() -> None:
    (finding,) = seen(ast.parse("from common import *\n\ndef f(dA, W):\n    dZ2 = dA * 2\n    return W @ dZ1 + dZ2"))
    assert (finding.mistake, finding.severity) == ("misspelt-name", "warning")


def test_a_slip_of_one_letter_is_in_no_file_from_which_everything_is_imported() -> None:
    code = "from settings import *\n\ndef f(W, dW, lr):\n    return W - {} * dW * (1 + 0 * lr)"
    assert [finding.severity for finding in seen(ast.parse(code.format("lR")))] == ["error"]
    assert [finding.severity for finding in seen(ast.parse(code.format("LR")))] == ["warning"]


@pytest.mark.parametrize("code", RIGHT)
def test_right_code_is_not_accused(code: str) -> None:
    assert seen(ast.parse(code)) == []
