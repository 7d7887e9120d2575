"""Whole programs of kinds that no course has, the mistakes planted into them, and what they should compute.

What a program computes is compared with central differences of its own cost, so that the right ones are known to be
right, and the wrong ones to be wrong, whatever the checker says.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import textwrap
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent / "programs"
Pairs = Iterator[tuple[Any, Any]]
"""What is expected, and what a program computes."""


@dataclass(frozen=True)
class Mistake:
    """A mistake: the program, what it is, the text that is replaced, and the functions to blame (none: the line).

    What cannot be proven without knowing the method has the reason: it is not to be found.
    """

    program: str
    what: str
    old: str
    new: str
    blamed: tuple[str, ...]
    unproven: str


def _mistakes() -> list[Mistake]:
    planted = tomllib.loads((FOLDER / "mistakes.toml").read_text("utf-8"))
    return [
        Mistake(program, each["what"], each["old"], each["new"], tuple(each["blamed"]), each.get("unproven", ""))
        for program, every in planted.items()
        for each in every
    ]


MISTAKES = _mistakes()
PROGRAMS = list(dict.fromkeys(mistake.program for mistake in MISTAKES))


def path_of(program: str) -> Path:
    """Return the file of a program."""
    return next(path for path in sorted(FOLDER.glob(f"{program}.*")) if path.suffix in (".py", ".ipynb"))


def planted(mistake: Mistake) -> str:
    """Return a program's file with a mistake; the program has the text once."""
    text = path_of(mistake.program).read_text("utf-8")
    old, new = mistake.old, mistake.new
    if text.count(old) != 1:
        raise ValueError(f"{mistake.program} has {text.count(old)} times {old!r}")
    return text.replace(old, new)


def code_of(text: str) -> str:
    """Return the code of a file, which may be a notebook's."""
    if not text.startswith("{"):
        return text
    cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    return "\n".join("".join(cell["source"]).replace("%matplotlib inline", "") for cell in cells)


def compared(program: str, text: str) -> list[tuple[Any, Any]]:
    """Return what a program should compute, by differences of its own cost, and what it computes."""
    module, code = ModuleType(program), code_of(text)
    sys.modules[program] = module  # data classes look their module up
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(code, program, "exec"), vars(module))
    return list(_COMPARISONS[program](SimpleNamespace(**vars(module), code=code)))


def slope(cost: Callable[[], float], array: Any, by: float = 1e-6) -> Any:
    """Return the central differences of a cost for each number of an array, which is moved in place."""
    derivative = np.zeros_like(array)
    for place in np.ndindex(array.shape):
        old = array[place]
        array[place] = old + by
        up = cost()
        array[place] = old - by
        derivative[place] = (up - cost()) / (2 * by)
        array[place] = old
    return derivative


def _gru(n: Any) -> Pairs:
    p = n.make_parameters()
    xs, t = n.make_waves(4, 3)
    y, steps, h = n.run_gru(p, xs)
    grads = n.gru_gradients(p, y, t, steps, h)
    for name in p:
        yield slope(lambda: n.squared_loss(n.run_gru(p, xs)[0], t), p[name]), grads[name]


def _residual_block(n: Any) -> Pairs:
    rng = np.random.default_rng(0)
    x, target, network = rng.normal(size=(5, 3)), rng.normal(size=(5, 2)), n.Network()

    def cost() -> float:
        return float(network.loss.forward(network.predict(x), target))

    cost()
    grad = network.loss.backward()
    for layer in reversed(network.layers):
        grad = layer.backward(grad)
    blocks = [layer for layer in network.layers if hasattr(layer, "inside")]
    for dense in [layer for layer in [*network.layers, *blocks[0].inside, *blocks[1].inside] if hasattr(layer, "W")]:
        yield slope(cost, dense.W), dense.dW
        yield slope(cost, dense.b), dense.db


def _image_batchnorm(n: Any) -> Pairs:
    rng = np.random.default_rng(0)
    x, dout = rng.normal(size=(3, 2, 3, 3)), rng.normal(size=(3, 2, 3, 3))
    gamma, beta = rng.normal(size=2), rng.normal(size=2)

    def cost() -> float:
        return float(np.sum(n.bn2d_forward(x, gamma, beta)[0] * dout))

    gradients = n.bn2d_backward(dout, n.bn2d_forward(x, gamma, beta)[1])
    yield from ((slope(cost, array), gradient) for array, gradient in zip((x, gamma, beta), gradients, strict=True))
    W, labels = rng.normal(size=(2, 3)), np.array([0, 2, 1])
    _, dmaps, dW = n.pooled_softmax_loss(x, W, labels)
    yield slope(lambda: n.pooled_softmax_loss(x, W, labels)[0], W), dW
    yield slope(lambda: n.pooled_softmax_loss(x, W, labels)[0], x), dmaps


def _word2vec(n: Any) -> Pairs:
    start, end = n.code.index("            v = W_in"), n.code.index("            total +=")
    step = textwrap.dedent(n.code[start:end])
    names: dict[str, Any] = {"np": np, "center": 1, "context": 3, "noise": np.array([0, 2, 4]), "rate": n.rate}

    def after(W_in: Any, W_out: Any) -> dict[str, Any]:
        run = names | {"W_in": W_in.copy(), "W_out": W_out.copy()}
        exec(step, run)
        return run

    left = after(n.W_in, n.W_out)
    for name in ("W_in", "W_out"):
        array = getattr(n, name)
        yield slope(lambda: after(n.W_in, n.W_out)["loss"], array), (array - left[name]) / n.rate


def _attention(n: Any) -> Pairs:
    rng = np.random.default_rng(0)
    layer, x, dout = n.CausalAttention(4, 3), rng.normal(size=(2, 5, 4)), rng.normal(size=(2, 5, 4))
    later = x.copy()
    later[:, 3:] += 1
    yield layer.forward(x)[:, :3], layer.forward(later)[:, :3]
    layer.forward(x)
    dx = layer.backward(dout)
    cost = lambda: float(np.sum(layer.forward(x) * dout))  # noqa: E731
    yield slope(cost, x), dx
    for name in ("Wq", "Wk", "Wv", "Wo"):
        yield slope(cost, getattr(layer, name)), getattr(layer, f"d{name}")


def _rbm(n: Any) -> Pairs:
    names = n.contrastive_divergence.__globals__
    np.random.seed(1)
    v_model = n.draw(n.visible_probabilities(n.draw(n.hidden_probabilities(n.data))))
    parameters = ("W", "b_visible", "b_hidden")
    expected = [slope(lambda: n.free_energy(n.data) - n.free_energy(v_model), names[name]) for name in parameters]
    before = {name: names[name].copy() for name in parameters}
    np.random.seed(1)
    n.contrastive_divergence(n.data, rate=0.1)
    yield from ((e, (before[name] - names[name]) / 0.1) for e, name in zip(expected, parameters, strict=True))


def _vae(n: Any) -> Pairs:
    rng = np.random.default_rng(0)
    p, x, noise = n.Parameters.random(rng, 5, 4, 2), (rng.random((6, 5)) > 0.5) * 1.0, rng.normal(size=(6, 2))
    gradients = n.elbo_gradients(p, n.encode_decode(p, x, noise))
    for field in fields(p):
        cost = lambda: n.elbo_loss(n.encode_decode(p, x, noise))  # noqa: E731
        yield slope(cost, getattr(p, field.name)), getattr(gradients, field.name)


def _adam_with_decay(n: Any) -> Pairs:
    rng = np.random.default_rng(0)
    params = n.init([2, 3, 3, 1], rng)
    _, grads = n.loss_and_grads(params, n.x, n.y)
    for array, gradient in zip(params, grads, strict=True):
        yield slope(lambda: n.loss_and_grads(params, n.x, n.y)[0], array), gradient
    w, m, v = np.array([0.5, -2.0]), 0.0, 0.0
    mine = w.copy()
    optimizer = n.AdamW([mine], lr=0.1, weight_decay=0.3)
    for t, g in enumerate(rng.normal(size=(3, 2)), 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        w = w * (1 - 0.1 * 0.3) - 0.1 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        optimizer.step([g])
        yield w, mine.copy()


def _policy_gradient(n: Any) -> Pairs:
    rng = np.random.default_rng(0)
    W1, W2, X = rng.normal(size=(5, 3)), rng.normal(size=(3, 2)), n.features([0, 2, 4, 1])
    actions, advantages = np.array([0, 1, 1, 0]), rng.normal(size=4)
    _, hidden, probs = n.policy_loss(W1, W2, X, actions, advantages)
    gradients = n.policy_gradients(W2, X, actions, advantages, hidden, probs)
    for array, gradient in zip((W1, W2), gradients, strict=True):
        yield slope(lambda: n.policy_loss(W1, W2, X, actions, advantages)[0], array), gradient
    yield np.array([1 + 0.9 * 2, 2]), n.returns([1, 2])


def _unet(n: Any) -> Pairs:
    rng = np.random.default_rng(0)
    net, x, y = n.UNet(2), rng.normal(size=(2, 1, 4, 4)), (rng.random((2, 1, 4, 4)) > 0.5) * 1.0
    gradients = net.gradients(x, y)
    for name, array in net.params.items():
        yield slope(lambda: net.loss(x, y), array), gradients[name]


_COMPARISONS: dict[str, Callable[[Any], Pairs]] = {
    "gru": _gru,
    "residual_block": _residual_block,
    "image_batchnorm": _image_batchnorm,
    "word2vec": _word2vec,
    "attention": _attention,
    "rbm": _rbm,
    "vae": _vae,
    "adam_with_decay": _adam_with_decay,
    "policy_gradient": _policy_gradient,
    "unet": _unet,
}
