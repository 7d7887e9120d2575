"""Values of the losses."""

from __future__ import annotations

import math

import numpy as np
import pytest

import chainrule as cr
from chainrule.common.errors import InputError
from chainrule.equations.losses import Loss
from tests.cases import LOSS_CASES
from tests.cases.form import LossCase

loss_cases = pytest.mark.parametrize("case", LOSS_CASES, ids=lambda case: case.name)


def test_binary_cross_entropy_by_hand() -> None:
    Z, Y = np.array([[0.0], [math.log(3)]]), np.array([[1], [0]])
    J, dZ = cr.BinaryCrossEntropy()(Z, Y)
    assert J == pytest.approx((math.log(2) + math.log(4)) / 2)
    np.testing.assert_allclose(dZ, [[-0.5 / 2], [0.75 / 2]])


def test_categorical_cross_entropy_by_hand() -> None:
    Z, labels = np.log([[1.0, 2.0, 1.0], [1.0, 1.0, 2.0]]), np.array([1, 0])
    J, dZ = cr.CategoricalCrossEntropy()(Z, labels)
    assert J == pytest.approx((math.log(2) + math.log(4)) / 2)
    np.testing.assert_allclose(dZ, np.array([[0.25, -0.5, 0.25], [-0.75, 0.25, 0.5]]) / 2)


def test_regression_losses_by_hand() -> None:
    Z, Y = np.array([[0.0, 3.0]]), np.array([[0.5, 0.0]])
    for loss, expected in (
        (cr.MeanSquaredError(), (0.25 + 9) / 2),
        (cr.MeanAbsoluteError(), (0.5 + 3) / 2),
        (cr.Huber(), (0.125 + 2.5) / 2),
        (cr.Huber(delta=2.0), (0.125 + 4) / 2),
        (cr.Quantile(), (0.25 + 1.5) / 2),
        (cr.Quantile(0.9), (0.45 + 0.3) / 2),
        (cr.Poisson(), (0.5 + 0.5 * math.log(0.5) + math.exp(3)) / 2),
    ):
        assert loss(Z, Y)[0] == pytest.approx(expected), loss


def test_label_smoothing_moves_the_best_probability() -> None:
    J, dZ = cr.BinaryCrossEntropy(0.2)(np.log([[9.0]]), np.array([[1]]))  # sigmoid is 0.9 = 1 - 0.2 / 2
    assert abs(dZ[0, 0]) < 1e-15
    _, dZ = cr.CategoricalCrossEntropy(0.3)(np.log([[0.8, 0.1, 0.1]]), np.array([0]))
    np.testing.assert_allclose(dZ, 0, atol=1e-15)
    assert J == pytest.approx(-0.9 * math.log(0.9) - 0.1 * math.log(0.1))


@loss_cases
def test_weight_2_is_the_same_as_two_copies_and_0_as_none(case: LossCase) -> None:
    Z, Y = case.logits(), case.Y
    J, _ = case.loss(Z, Y, np.array([2.0, 0.0, 1.0, 1.0]))
    rows = [0, 0, 2, 3]
    assert J == pytest.approx(float(case.loss(Z[rows], Y[rows])[0]), rel=1e-12)


@loss_cases
def test_only_the_proportions_of_weights_count(case: LossCase) -> None:
    w = np.array([1.0, 0.0, 2.5, 0.3])
    (J1, d1), (J2, d2) = case.loss(case.logits(), case.Y, w), case.loss(case.logits(), case.Y, 10 * w)
    assert J1 == pytest.approx(float(J2), rel=1e-12)
    np.testing.assert_allclose(d1, d2, rtol=1e-12)


@pytest.mark.parametrize("loss", [cr.BinaryCrossEntropy(), cr.CategoricalCrossEntropy()])
def test_cross_entropy_is_exact_for_any_logit(loss: Loss) -> None:
    Z = np.array([[1000.0, -1000.0]])
    J, dZ = loss(Z, np.array([[1.0, 0.0]]))
    assert J == 0 and not dZ.any()
    J, dZ = loss(Z, np.array([[0.0, 1.0]]))
    assert J == (1000 if loss.task == "binary" else 2000)
    np.testing.assert_allclose(abs(dZ), 0.5 if loss.task == "binary" else 1)


@pytest.mark.parametrize("Y", [np.array([0]), np.eye(3)[:1], np.array([[0.5, 0.5, 0.0]])])
def test_categorical_cross_entropy_of_the_largest_logits(Y: np.ndarray) -> None:
    Z = np.array([[3e38, 3e38, -3e38]], np.float32)
    with np.errstate(over="ignore"):
        J, dZ = cr.CategoricalCrossEntropy()(Z, Y)
    assert J == pytest.approx(np.log(2))
    np.testing.assert_allclose(dZ, [[0.5, 0.5, 0]] - (np.eye(3)[Y] if Y.ndim == 1 else Y), atol=1e-7)


def test_labels_and_one_hot_rows_are_the_same() -> None:
    Z, labels = np.random.default_rng(0).standard_normal((4, 3)), np.array([2, 0, 1, 1])
    loss = cr.CategoricalCrossEntropy()
    np.testing.assert_array_equal(loss(Z, labels)[1], loss(Z, np.eye(3)[labels])[1])


def test_outputs_are_the_activation_that_the_loss_owns() -> None:
    Z = np.random.default_rng(0).standard_normal((4, 3))
    np.testing.assert_array_equal(cr.BinaryCrossEntropy().activation(Z), cr.activations.sigmoid(Z))
    np.testing.assert_array_equal(cr.CategoricalCrossEntropy().activation(Z), cr.activations.softmax(Z))
    np.testing.assert_array_equal(cr.Poisson().activation(Z), np.exp(Z))
    for loss in (cr.MeanSquaredError(), cr.MeanAbsoluteError(), cr.Huber(), cr.Quantile()):
        assert loss.activation(Z) is Z


def test_a_quantile_has_its_share_of_the_targets_below_it() -> None:
    y = np.random.default_rng(0).exponential(size=(400, 1))
    outputs = np.linspace(0, 5, 2001)
    for q in (0.1, 0.5, 0.9):
        losses = [float(cr.Quantile(q)(np.full_like(y, z), y)[0]) for z in outputs]
        assert outputs[np.argmin(losses)] == pytest.approx(np.quantile(y, q), abs=0.02)


def test_counts_are_scored_by_the_outputs_and_not_by_their_logarithms() -> None:
    X, y = np.zeros((4, 1)), np.array([0.0, 1.0, 2.0, 5.0])
    network = cr.Network([cr.Dense(1)], cr.Poisson(), input_shape=(1,))
    network.params = ({"W": np.zeros((1, 1), np.float32), "b": np.log([2.0]).astype(np.float32)},)
    np.testing.assert_allclose(network.predict(X), 2, rtol=1e-6)
    scores = network.evaluate(X, y, metrics=["mae", "r2"])
    assert scores["mae"] == pytest.approx(1.5, rel=1e-6)
    assert scores["r2"] == pytest.approx(0, abs=1e-6)  # 2 is the mean
    with pytest.raises(InputError, match=r"Poisson takes counts, or .* but y goes down to -1\.0\. Take mean_squared"):
        network.fit(X, y - 1)


def test_targets_of_another_shape_are_refused_instead_of_broadcast() -> None:
    message = r"MeanSquaredError compares every output .* \(4, 2\), but the targets have shape \(4,\)"
    with pytest.raises(InputError, match=message):
        cr.MeanSquaredError()(np.zeros((4, 2)), np.zeros(4))
