"""Why a number is what it is: the terms add up to it, have names, and open up to the loss."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule import book, stepwise
from chainrule.arrays import leaves
from chainrule.common.errors import InputError
from chainrule.layers.own import OwnLayer
from chainrule.trace.trace import Trace, Why, ask
from tests.traced_nets import Scale
from tests.why_sums import assert_adds_up


def test_the_terms_of_every_number_add_up() -> None:
    """In a process of its own, without the checks of types, which take a hundred times as long as a small layer."""
    run = subprocess.run([sys.executable, "-m", "tests.why_sums"], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.fixture
def trace() -> Trace:
    network = cr.Network.mlp([4, 3, 3, 2], hidden="tanh", seed=0, dtype="float64")
    rng = np.random.default_rng(0)
    return network.trace(rng.standard_normal((5, 4)), [0, 1, 1, 0, 1])


def one(trace: Trace, path: str, **how: Any) -> Why:
    why = trace.why(path, **how)
    assert isinstance(why, Why)
    return why


def test_terms_are_named(trace: Trace) -> None:
    why = one(trace, "layer2.W[2, 1]")
    assert why.path == "layer2.dW[2, 1]" and len(why.terms) == 5
    for term in why.terms:
        n = term.number_path[len("layer2.dZ[") :].partition(",")[0]
        assert term.factor == f"layer2.A[{n}, 2]" and trace[term.factor] == term.local
        assert term.number_path == f"layer2.dZ[{n}, 1]" and trace[term.number_path] == term.number
    (through_W, *_) = one(trace, "layer2.dA[1, 2]").terms
    assert through_W.factor.startswith("layer2.W[2, ")
    (slope,) = one(trace, "layer1.dZ[0, 1]").terms
    assert (slope.factor, slope.number_path) == ("∂layer1.A[0, 1]/∂layer1.Z[0, 1]", "layer1.dA[0, 1]")
    assert {term.local for term in one(trace, "layer2.b[0]").terms} == {1.0}


def test_the_names_of_terms_lead_to_their_numbers(trace: Trace) -> None:
    for path in "layer0.W[1, 1]", "layer2.Z[0, 1]", "layer2.dA[3, 0]", "layer3.A[2, 2]":
        for term in one(trace, path).terms:
            if term.number is not None and term.number_path:
                assert trace[term.number_path] == term.number


def test_a_value_is_made_of_the_inputs_and_the_bias() -> None:
    network = cr.Network.mlp([2, 3, 1], seed=0, dtype="float64")
    network.params[0]["b"][:] = [1, 2, 3]
    trace = network.trace([[0.5, 2.0]], [1])
    why = one(trace, "layer1.Z[0, 1]")  # the input of layer1 is the output of layer0
    assert why.path == "layer0.Z[0, 1]"
    assert {term.number_path for term in why.terms} == {"layer0.A[0, 0]", "layer0.A[0, 1]", "layer0.b[1]"}
    assert {term.factor for term in why.terms if ".A" in term.number_path} == {"layer0.W[0, 1]", "layer0.W[1, 1]"}
    (relu,) = one(trace, "layer1.A[0, 1]").terms
    assert (relu.factor, relu.local, relu.number_path) == ("relu", None, "layer1.Z[0, 1]")
    assert one(trace, "layer0.A[0, 1]").said == "data"


def test_the_loss_is_the_mean_of_examples_and_classes(trace: Trace) -> None:
    why = one(trace, "loss")
    assert_adds_up(why)
    assert sorted(term.number_path for term in why.terms) == [f"loss[{n}]" for n in range(5)]
    example = one(trace, "loss[1]")
    (term,) = example.terms
    assert term.factor == "loss.Y[1, 1]" and term.number_path == "-log loss.P[1, 1]"
    assert_allclose(example.value, -np.log(trace["loss.P"][1, 1]))
    assert [path for path, _ in example.facts] == ["loss.P[1, 0]", "loss.P[1, 1]", "loss.Y[1]"]
    assert [why.path for why in ask(trace, "loss[1:3]")] == ["loss[1]", "loss[2]"]


def test_outputs_and_logits_are_explained(trace: Trace) -> None:
    output = one(trace, "loss.P[2, 1]")
    assert [path for path, _ in output.facts] == ["loss.Z[2, 0]", "loss.Z[2, 1]"]
    assert one(trace, "loss.Z[2, 1]").path == "layer4.Z[2, 1]"
    assert one(trace, "loss.Y[2]").said == "data"
    assert one(trace, "loss.dZ[2, 1]").said == "slope of the loss"


def test_the_loss_of_weighted_sequences() -> None:
    network = cr.Network(
        [cr.Dense(3)], cr.CategoricalCrossEntropy(label_smoothing=0.1), input_shape=(4, 2), dtype="float64"
    )
    rng = np.random.default_rng(0)
    mask = np.array([[1, 1, 1, 1], [1, 0, 0, 0]])
    trace = network.trace(rng.standard_normal((2, 4, 2)), rng.integers(3, size=(2, 4)), mask=mask)
    for path in "loss", "loss[0]", "loss[1]":
        assert_adds_up(one(trace, path))
    assert not one(trace, "loss[0, 2]").terms  # with smoothed labels, no logarithm is all of it
    (only,) = one(trace, "loss[1]").terms
    assert only.number_path == "loss[1, 0]"
    assert_allclose(sorted(term.local or 0 for term in one(trace, "loss").terms), [0.2, 0.8])


@pytest.mark.parametrize("loss", ["mean_squared_error", "binary_cross_entropy", "huber"])
def test_the_loss_of_several_outputs(loss: str) -> None:
    network = cr.Network([cr.Dense(3)], loss, input_shape=(2,), dtype="float64")
    trace = network.trace(np.eye(2), np.eye(2, 3), sample_weight=[1.0, 3.0])
    assert_adds_up(one(trace, "loss"))
    assert len(one(trace, "loss[1]").terms) == 3
    assert_adds_up(one(trace, "loss[1]"))


def test_a_tree_opens_up_to_the_loss(trace: Trace) -> None:
    path = one(trace, "layer0.W[1, 2]").influence()
    names = [why.path.partition("[")[0] for why in path]
    assert names == ["layer0.dW", "layer0.dZ", "layer1.dA", "layer2.dZ", "layer3.dA", "layer4.dZ"]
    last = path[-1]
    assert last.said == "slope of the loss" and not any(term.opens for term in last.terms)
    assert [name for name, _ in last.facts] == [last.path.replace("layer4.dZ", "loss.P"), last.facts[1][0]]
    for why, following in pairwise(path):
        assert following.value == why.terms[0].number
    forward = one(trace, "layer4.Z[0, 0]").influence()
    assert [why.path.partition("[")[0] for why in forward] == [f"layer{i}.{'AZ'[i % 2 == 0]}" for i in (4, 3, 2, 1, 0)]
    assert not any(term.opens for term in forward[-1].terms)
    with pytest.raises(InputError, match=r"has 5 terms, numbered from 0, but term=9 came"):
        path[0].open(9)


def test_a_number_that_goes_to_several_layers_has_the_terms_of_all() -> None:
    nodes = {"a": (cr.Dense(2), "input"), "b": (cr.Tanh(), "a"), "out": ("add", ["a", "b"])}
    network = cr.Network([cr.Graph(nodes)], "mean_squared_error", input_shape=(3,), dtype="float64")
    trace = network.trace(np.eye(3), np.ones((3, 2)))
    why = one(trace, "layer0.a.dZ[1, 0]", difference=True)
    assert {term.number_path for term in why.terms} == {"layer0.b.dA[1, 0]", "layer0.out.dy[1, 0]"}
    assert_adds_up(why)
    assert why.difference is not None
    assert_allclose(why.difference.value, why.value, rtol=1e-7)
    part = one(trace, "layer0.b.dZ[1, 0]")
    assert [term.number_path for term in part.terms] == ["layer0.b.dA[1, 0]"]
    with pytest.raises(InputError, match=r"layer0.b.Z goes to several layers \(layer0.b.Z, layer0.out.x0\)"):
        trace.why("layer0.b.dZ[1, 0]", difference=True)


def test_a_gradient_of_0_says_which_factors_are_0() -> None:
    network = cr.Network.mlp([3, 2, 1], hidden="relu", seed=0, dtype="float64")
    network.params[0]["W"][:] = [[1, -1], [1, -1], [1, -1]]
    network.params[2]["W"][:] = [[1], [1]]
    trace = network.trace([[0.0, 1.0, 0.5], [2.0, 1.0, 0.5]], [1, 0])
    black = one(network.trace([[0.0, 1.0, 0.5]], [1]), "layer0.W[0, 0]")
    assert black.facts == (("layer0.A[0, 0]", 0.0),)
    assert str(black) == "layer0.dW[0, 0] = 0: each of its terms has a factor that is 0\nlayer0.A[0, 0] = 0"
    assert one(trace, "layer0.W[1, 1]").facts == (("layer0.dZ[0, 1]", 0.0), ("layer0.dZ[1, 1]", 0.0))
    assert one(trace, "layer2.W[1, 0]").facts == (("layer2.A[0, 1]", 0.0), ("layer2.A[1, 1]", 0.0))
    off = one(trace, "layer1.dZ[0, 1]")
    assert off.facts == (("∂layer1.A[0, 1]/∂layer1.Z[0, 1]", 0.0), ("layer1.Z[0, 1]", -1.5))
    looked_up = [cr.Embedding(3, 2), cr.Flatten(), cr.Dense(1)]
    unseen = cr.Network(looked_up, "mean_squared_error", input_shape=(2,)).trace(np.array([[1, 2]]), [[1.0]])
    assert str(one(unseen, "layer0.W[0, 0]")) == "layer0.dW[0, 0] = 0: all of its terms are 0"


def test_a_value_of_0_without_terms_says_so() -> None:
    network = cr.Network.mlp([2, 1], seed=0)
    assert str(one(network.trace([[0.0, 0.0]], [1]), "layer0.Z[0, 0]")) == "layer0.Z[0, 0] = 0: all of its terms are 0"


def test_factors_of_1_have_names_like_all_others() -> None:
    trace = cr.Network.mlp([3, 2, 1], hidden="tanh", seed=0).trace([[1.0, 1.0, 0.5]], [1])
    assert [term.factor for term in one(trace, "layer0.W[1, 0]").terms] == ["layer0.A[0, 1]"]
    assert [term.factor for term in one(trace, "layer0.b[1]").terms] == ["∂layer0.Z[0, 1]/∂layer0.b[1]"]
    layers = [cr.Conv2D(2, 3), cr.BatchNorm(), cr.Flatten(), cr.Dense(3)]
    network = cr.Network(layers, "categorical_cross_entropy", input_shape=(12, 12, 1), seed=0)
    normalized = network.trace(np.random.default_rng(0).random((1, 12, 12, 1)), [1])
    assert all(term.factor.startswith("layer1.X_hat[0, ") for term in one(normalized, "layer1.gamma[0]").terms)


def test_a_lesson_divides_by_the_number_of_examples() -> None:
    record = stepwise.trace([[1.0, 2.0]], [[0, 1]], {"W1": [[0.3]], "b1": [[0.0]]})
    assert {term.factor for term in one(record, "db1[0, 0]").terms} == {"1/2"}
    assert {term.factor for term in one(record, "W1[0, 0]").terms} == {"A0[0, 0]/2", "A0[0, 1]/2"}


def test_too_many_terms_come_in_blocks_that_open() -> None:
    layers = [cr.Conv2D(4, 3, padding="same"), cr.ReLU(), cr.Conv2D(2, 3, padding="same"), cr.Flatten(), cr.Dense(1)]
    network = cr.Network(layers, "binary_cross_entropy", input_shape=(20, 20, 2), dtype="float64")
    rng = np.random.default_rng(0)
    trace = network.trace(rng.standard_normal((6, 20, 20, 2)), rng.integers(2, size=6))
    why = one(trace, "layer0.W[0, 1, 1, 2]")
    assert_adds_up(why)
    block = why.terms[0]
    assert block.local is None and block.number is None and block.number_path.endswith(", :, :]")
    opened = why.open(0)
    assert opened.path == why.path
    assert_allclose(opened.total, block.product, rtol=1e-12)
    while opened.terms[0].local is None:
        opened = opened.open()
    assert opened.terms[0].number_path.startswith("layer0.dY[") and ":" not in opened.terms[0].number_path


class Wrong(Scale):
    """A layer whose gradient of s is wrong: its last example is left out."""

    def backward(self, cache: Any, dy: Any) -> Any:
        return dy * cache["s"], {"s": (dy * cache["x"])[:-1].sum(axis=0)}


class Squared(Scale):
    """A layer whose gradient of s is not linear in what comes from above."""

    def backward(self, cache: Any, dy: Any) -> Any:
        return dy * cache["s"], {"s": (dy**2 * cache["x"]).sum(axis=0)}


def test_a_wrong_backward_is_exposed() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((4, 3)), rng.standard_normal((4, 3))
    for layer, adds_up in (Scale(), True), (Wrong(), True), (Squared(), False):
        network = cr.Network([OwnLayer(layer)], "mean_squared_error", input_shape=(3,), dtype="float64")
        why = one(network.trace(X, y), "layer0.s[1]", difference=True)
        text = why.text()
        assert why.adds_up is adds_up
        assert ("do not add up" in text) is not adds_up
        assert ("differs from the finite difference" in text) is not isinstance(layer, type(Scale)) or type(
            layer
        ) is Scale
        assert ("differs from the finite difference" in text) is (type(layer) is not Scale)


def test_slices_ask_about_many_numbers(trace: Trace) -> None:
    each = trace.why("layer2.W[:, 1]")
    assert not isinstance(each, Why)
    assert sorted(why.path for why in each) == [f"layer2.dW[{i}, 1]" for i in range(3)]
    sizes = [abs(why.value) for why in each]
    assert sizes == sorted(sizes, reverse=True)
    assert len(ask(trace, "layer0.W")) == 12
    assert [why.path for why in ask(trace, "layer0.b[-1]")] == ["layer0.db[2]"]
    wide = cr.Network.mlp([10, 20, 1]).trace(np.ones((1, 10)), [1])
    largest = wide.why("layer0.W")
    assert not isinstance(largest, Why) and len(largest) == 64
    said = "layer0.W: 200 numbers, of which the 64 largest are explained; ask for others by their places."
    assert str(largest).endswith(f"\n\n{said}") and said in largest.html() and said in largest._repr_html_()
    assert "numbers, of which" not in str(each)


DIFFERENCE = "(loss.P[0, 0] - loss.Y[0, 0])"


@pytest.mark.parametrize(
    ("loss", "y", "example", "slope"),
    [
        ("binary_cross_entropy", [[0], [1]], ("1 - loss.Y[0, 0]", "-log(1 - loss.P[0, 0])"), ("1/2", DIFFERENCE)),
        ("mean_squared_error", [[0.5], [1]], (DIFFERENCE, DIFFERENCE), ("2/2", DIFFERENCE)),
        ("mean_absolute_error", [[0.5], [1]], None, None),
        (cr.BinaryCrossEntropy(label_smoothing=0.1), [0, 1], None, None),
    ],
)  # fmt: skip
def test_the_loss_names_its_target(loss: Any, y: Any, example: Any, slope: Any) -> None:
    network = cr.Network([cr.Dense(1)], loss, input_shape=(3,), seed=0, dtype="float64")
    trace = network.trace(np.random.default_rng(0).standard_normal((2, 3)), y)
    for path, named in ("loss[0]", example), ("layer0.dZ[0, 0]", slope):
        why = one(trace, path)
        assert [(term.factor, term.number_path) for term in why.terms] == ([named] if named else [])
        assert why.adds_up is not False and any(fact.startswith("loss.Y[0") for fact, _ in why.facts)


def test_the_slope_of_classes_is_their_probability_less_the_target() -> None:
    network = cr.Network([cr.Dense(3)], "categorical_cross_entropy", input_shape=(2,), seed=0, dtype="float64")
    three = network.trace([[1.0, 2.0], [0.5, 1.0]], [0, 2])
    for k, target in enumerate((1, 0, 0)):
        (term,) = one(three, f"layer0.dZ[0, {k}]").terms
        assert (term.factor, term.number_path) == ("1/2", f"(loss.P[0, {k}] - {target})")
        assert_adds_up(one(three, f"layer0.dZ[0, {k}]"))


def test_what_the_optimizer_made_has_names() -> None:
    network = cr.Network([cr.Dense(1)], "mean_squared_error", input_shape=(3,), seed=0)
    trace = network.trace(np.ones((1, 3)), [[1.0]], optimizer="adam")
    assert np.array_equal(trace["layer0.new_W"], trace.layers[0].updated["W"])
    assert "layer0.new_W" in str(trace) and "<code>layer0.new_W</code>" in trace.html()
    with pytest.raises(InputError, match=r"layer0.new_W is what the optimizer made of layer0.W by its gradient"):
        trace.why("layer0.new_W[0, 0]")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("layer2.V[0]", r"There is no 'layer2.V' in this trace. layer2 has A, W, b, Z, dZ,"),
        ("layer2.w[0]", r"There is no 'layer2.w' in this trace. Did you mean 'layer2.W'\? layer2 has A, W, b, Z, dZ,"),
        ("layer2.dz[0]", r"There is no 'layer2.dz' in this trace. Did you mean 'layer2.dZ'\?"),
        ("layr2.W[0]", r"There is no 'layr2.W' in this trace. Did you mean 'layer2.W'\? Its layers"),
        ("layer9", r"There is no 'layer9' in this trace. Its layers are"),
        ("layer9.W[0]", r"Its layers are layer0 \(Dense\), layer1 \(tanh\), .+; and there is the loss"),
        ("layer2.W[3, 0]", r"layer2.W has shape \(3, 3\), so axis 0 has the places 0 to 2, but 3 came"),
        ("layer2.W[0, 0, 0]", r"has shape \(3, 3\), so \[0, 0, 0\] has a number too many"),
        ("layer2.W[x]", r"a whole number or a slice for every axis, such as \[3, 1\] or \[:, 1\], but 'x' came"),
        ("layer2.W[2:2]", r"and 2:2 on axis 0 takes none of its 3 places"),
        ("layer2.W[0", r"A path is a name with the place of a number, such as 'layer0.W\[3, 1\]'"),
        ("layer2.W[::0]", r"layer2.W has shape \(3, 3\), and ::0 on axis 0 takes none of its 3 places"),
        ("loss[::0]", r"loss has shape \(5,\), and ::0 on axis 0 takes none of its 5 places"),
        ("layer2.W[,0]", r"a whole number or a slice for every axis, such as .*, but '' came for axis 0 of layer2.W"),
        ("layer2.W[0,,0]", r"layer2.W has shape \(3, 3\), so \[0,,0\] has a number too many"),
        ("layer2.W[]", r"but '' came for axis 0 of layer2.W"),
        (f"layer2.W[:{'9' * 5000}]", r"a whole number or a slice for every axis, .*, but ':9+\.\.\. came"),
        (f"layer2.W[{'9' * 5000}]", r"a whole number or a slice for every axis"),
        ("loss[7]", r"loss has shape \(5,\), so axis 0 has the places 0 to 4, but 7 came"),
    ],
)  # fmt: skip
def test_a_wrong_path_names_what_there_is(trace: Trace, path: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        trace.why(path)
    with pytest.raises(InputError, match=message):
        trace[path]


def test_the_losses_of_the_examples_are_in_no_array(trace: Trace) -> None:
    for path in "loss[0]", "loss[:]":
        with pytest.raises(InputError, match=rf"loss is one number here; .* why\('{re.escape(path)}'\).value"):
            trace[path]


def test_what_cannot_be_explained_is_said(trace: Trace) -> None:
    for path in "layer2.Z[0, 0]", "loss":
        with pytest.raises(InputError, match=r"so it stands beside a gradient"):
            trace.why(path, difference=True)
    network = cr.Network([cr.Bidirectional(cr.LSTM(2)), cr.BatchNorm(), cr.Dense(1)], "huber", input_shape=(3, 2))
    recurrent = network.trace(np.random.default_rng(0).standard_normal((4, 3, 2)), np.ones((4, 1)))
    with pytest.raises(InputError, match=r"layer0.ahead is a part of layer0 \(Bidirectional LSTM\), which is"):
        recurrent.why("layer0.ahead.h[0, 0]")
    with pytest.raises(InputError, match=r"is what layer1 \(BatchNorm\) kept on the way; explained are"):
        recurrent.why("layer1.X_hat[0, 0]")
    with pytest.raises(InputError, match=r"layer0.ahead.step1 has z, h_prev, c_prev, i, f, g, o, T, h, c, dh, dc, dz"):
        recurrent.why("layer0.ahead.step1.j[0, 0]")
    with pytest.raises(InputError, match=r"layer1.running_mean cannot be explained, because it has no gradient"):
        recurrent.why("layer1.running_mean[0]")
    with pytest.raises(InputError, match=r"no loss was computed: give the targets"):
        network.trace(np.ones((2, 3, 2))).why("layer2.W[0, 0]")
    lesson = book.trace(book.init_network(), [1.0, 0.5])
    with pytest.raises(InputError, match=r"no loss was computed: this lesson has a forward pass only\."):
        lesson.why("W1[0, 0]")
    with pytest.raises(
        InputError, match=r"'a1' in this trace. It has layer 1 \(z0, W1, b1, L1\); sigmoid 1 \(L1, z1\);"
    ):
        lesson.why("a1[0]")
    assert "forward only: the lesson has no loss" in str(lesson)


def test_without_targets_there_is_no_loss_to_ask_for() -> None:
    forward = cr.Network.mlp([4, 3, 3]).trace(np.ones((2, 4)))
    for path in "loss", "loss[0]", "loss.P", "layer0.dW", "layer2.dZ[0, 0]":
        with pytest.raises(InputError, match=r"no loss was computed, so .* give the targets \(y, or --label\)"):
            forward.why(path)
    with pytest.raises(InputError, match=r"layer2 \(Dense\), .*\)\.$|layer2 \(Dense\)\.$"):
        forward.why("layer9.W")


def test_dropout_keeps_its_mask_in_a_finite_difference() -> None:
    network = cr.Network([cr.Dense(6), cr.Dropout(0.5), cr.Dense(1)], "mean_squared_error", input_shape=(3,))
    trace = network.trace(np.ones((2, 3)), np.ones((2, 1)), seed=5)
    for path, p in leaves(network.params):
        place = [0] * p.ndim
        why = one(trace, f"layer{path}{place}", difference=True)
        assert why.difference is not None
        assert_allclose(why.value, why.difference.value, rtol=0.02, atol=1e-3)


def sequences(layer: Any, *, mask: Any = None, examples: int = 3) -> Trace:
    rng = np.random.default_rng(0)
    network = cr.Network([layer, cr.Dense(1)], "mean_squared_error", input_shape=(4, 2), dtype="float64")
    y = rng.standard_normal((examples, 4, 1)) if layer.keeps_steps() else rng.standard_normal((examples, 1))
    return network.trace(rng.standard_normal((examples, 4, 2)), y, mask=mask)


def test_a_recurrent_layer_opens_into_its_steps() -> None:
    why = one(sequences(cr.LSTM(2)), "layer0.Wx[1, 1]")
    assert {term.factor for term in why.terms} == {f"layer0.x[{n}, {t}, 1]" for n in range(3) for t in range(4)}
    assert {term.number_path for term in why.terms} == {
        f"layer0.step{t}.dz[{n}, 1]" for n in range(3) for t in range(4)
    }
    path = [step.path.partition("[")[0] for step in one(sequences(cr.RNN(1)), "layer0.step0.dz[0, 0]").influence()]
    carried = [f"layer0.step{t}.{d}" for t in (1, 2, 3) for d in ("dh_prev", "dh")]
    assert path == ["layer0.step0.dz", "layer0.step0.dh", *carried, "layer0.dh", "layer1.dZ"]


def test_the_numbers_of_a_gate_are_named() -> None:
    trace = sequences(cr.LSTM(2))
    (gate,) = one(trace, "layer0.step2.o[0, 1]").terms
    assert (gate.factor, gate.number_path) == ("sigmoid", "layer0.step2.z[0, 7]")
    memory = one(trace, "layer0.step2.c[0, 1]")
    places = {(term.factor, term.number_path) for term in memory.terms}
    names = {frozenset(name.partition("step2.")[2].partition("[")[0] for name in pair) for pair in places}
    assert names == {frozenset({"f", "c_prev"}), frozenset({"i", "g"})}
    (state,) = one(trace, "layer0.step2.h[0, 1]").terms
    assert {state.factor, state.number_path} == {"layer0.step2.o[0, 1]", "layer0.step2.T[0, 1]"}
    factors = {term.factor for term in one(trace, "layer0.step2.dc_prev[0, 1]").terms}
    assert "layer0.step2.f[0, 1]" in factors
    weights = one(trace, "layer0.step2.z[0, 7]").terms
    assert {term.factor for term in weights} == {f"layer0.{W}[{i}, 7]" for W in ("Wx", "Wh") for i in range(2)}
    first, before = one(trace, "layer0.step0.h_prev[0, 1]"), one(trace, "layer0.step2.h_prev[0, 1]")
    assert first.said == "data" and [term.number_path for term in before.terms] == ["layer0.step1.h[0, 1]"]


def test_a_gate_of_two_sums_says_what_it_is_made_of() -> None:
    why = one(sequences(cr.GRU(2)), "layer0.step1.r[0, 1]")
    assert [name for name, _ in why.facts] == ["layer0.step1.p[0, 1]", "layer0.step1.q[0, 1]"]
    state = [name for name, _ in one(sequences(cr.GRU(2)), "layer0.step1.h[0, 1]").facts]
    assert {"layer0.step1.z[0, 1]", "layer0.step1.n[0, 1]", "layer0.step1.h_prev[0, 1]"} <= set(state)
    assert r"r_t = \sigma(p^r_t + q^r_t)" in why.equations[1]
    assert_adds_up(one(sequences(cr.GRU(2)), "layer0.bh[4]", difference=True))


@pytest.mark.parametrize("reverse", [False, True])
def test_what_a_mask_hides_is_passed_over(reverse: bool) -> None:
    mask = np.array([[1, 1, 1, 1], [1, 0, 0, 1], [1, 1, 0, 0]])
    trace = sequences(cr.GRU(2, sequence=True, reverse=reverse), mask=mask)
    earlier, later = (3, 0) if reverse else (0, 3)
    arriving = {term.number_path for term in one(trace, f"layer0.step{earlier}.dh[1, 0]").terms}
    assert arriving == {f"layer0.dh[1, {earlier}, 0]", f"layer0.step{later}.dh_prev[1, 0]"}
    assert one(trace, "layer0.step1.dh[1, 0]").terms == ()
    (before,) = one(trace, f"layer0.step{later}.h_prev[1, 0]").terms
    assert before.number_path == f"layer0.step{earlier}.h[1, 0]"


def test_a_layer_that_runs_both_ways_opens_too() -> None:
    trace = sequences(cr.Bidirectional(cr.LSTM(2)))
    path = [step.path.partition("[")[0] for step in one(trace, "layer0.back.Wh[0, 1]").influence()]
    assert path[-3:] == ["layer0.back.dh", "layer0.dy", "layer1.dZ"]
    assert one(trace, "layer0.back.dh[1, 1]").terms[0].number_path == "layer0.dy[1, 3]"


def test_many_steps_come_in_blocks_that_open() -> None:
    why = one(sequences(cr.LSTM(2), examples=300), "layer0.Wh[0, 5]")
    assert_adds_up(why)
    assert {term.number_path for term in why.terms} <= {f"layer0.step{t}.dz[:, 5]" for t in range(4)}
    opened = why.open()
    assert_allclose(opened.total, why.terms[0].product, rtol=1e-12)
    assert len(opened.terms) == 300 and opened.terms[0].number is not None
