"""Every number printed in the five lecture notes that other printed numbers determine, recomputed.

Counted in the order of the notes: the first and the third train a 5-4-3-1 network for one step, the second prints no
numbers (its seed is tested in test_stepwise.py), the fourth trains a 10-3-4-1 network with a wrong relu_backward, the
fifth compares products. The data X is never printed, but the printed gradients determine it: dW1 = dZ1 X^T / m,
where dZ1 is the printed dA1 under the mask Z1 > 0. An example that activates no hidden unit leaves no trace in
dW1; zeros stand for it, since they too activate nothing.
"""

from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule import stepwise
from chainrule.lessons.stepwise import Array
from chainrule.trace.trace import ask

Y = np.array([[0, 1, 1, 0]])
M = 4
LEARNING_RATE = 0.05
PRINTED = 1.5e-8  # eight printed decimals, and the rounding of a few of them added up

FIRST_PARAMETERS = {
    "W1": np.array(
        [
            [-0.48801736, 0.36878669, -0.2937001, 0.57356559, 0.25579563],
            [-0.89222788, 0.15173943, 0.37397418, 0.04629986, 0.72582663],
            [-0.01686243, -0.36319177, -0.15185667, 0.63758029, 0.93262974],
            [-0.1446226, 0.17641405, -0.2385277, 0.46009671, 0.09729178],
        ]
    ),
    "b1": np.array([[0.0], [0.0], [0.0], [0.0]]),
    "W2": np.array(
        [
            [-0.23618477, -0.49271991, -0.55171079, -0.47334635],
            [-0.16752299, 0.35649675, -0.05892275, 0.39333935],
            [-0.429569, 0.08679653, -0.40196401, -0.41667964],
        ]
    ),
    "b2": np.array([[0.0], [0.0], [0.0]]),
    "W3": np.array([[-0.26504679, 0.35880478, 0.11373019]]),
    "b3": np.array([[0.0]]),
}
FIRST_GRADS = {
    "dA2": np.array(
        [
            [-0.14635334, 0.11798801, 0.13252339, -0.14933579],
            [0.19812456, -0.15972524, -0.17940239, 0.20216203],
            [0.06279945, -0.05062804, -0.0568651, 0.06407921],
        ]
    ),
    "dW3": np.array([[0.0, 0.10525171, 0.02263592]]),
    "db3": np.array([[0.04261298]]),
    "dA1": np.array(
        [
            [-0.03319042, 0.02675765, 0.0, -0.06139323],
            [0.07063076, -0.05694153, 0.0, 0.07763196],
            [-0.01167404, 0.00941145, 0.0, -0.03766948],
            [0.07793019, -0.06282622, 0.0, 0.05281778],
        ]
    ),
    "dW2": np.array(
        [[0.0, 0.0, 0.0, 0.0], [0.03456726, 0.10784149, -0.0304345, 0.00843343], [0.0, 0.02966002, 0.0, 0.0]]
    ),
    "db2": np.array([[0.0], [0.06014034], [0.0160198]]),
    "dA0": np.array(
        [
            [-0.05789485, 0.03758792, 0.0, -0.0692654],
            [0.01646518, -0.00219057, 0.0, 0.01177983],
            [0.01934638, -0.03058258, 0.0, 0.02903235],
        ]
    ),
}
FIRST_UPDATED = {
    "W1": np.array(
        [
            [-0.4887191, 0.36862591, -0.29428418, 0.573436, 0.25544048],
            [-0.88884866, 0.15291767, 0.37557805, 0.04814068, 0.72596473],
            [-0.01710925, -0.36324832, -0.1520621, 0.63753471, 0.93250482],
            [-0.1431176, 0.1759425, -0.23868191, 0.46041071, 0.09681625],
        ]
    ),
    "b1": np.array([[8.04096028e-05], [-1.14151490e-03], [2.82824182e-05], [-9.74127316e-04]]),
    "W2": np.array(
        [
            [-0.23618477, -0.49271991, -0.55171079, -0.47334635],
            [-0.16925136, 0.35110468, -0.05740103, 0.39291768],
            [-0.429569, 0.08531353, -0.40196401, -0.41667964],
        ]
    ),
    "b2": np.array([[0.0], [-0.00300702], [-0.00080099]]),
    "W3": np.array([[-0.26504679, 0.35354219, 0.1125984]]),
    "b3": np.array([[-0.00213065]]),
}
THIRD_PARAMETERS = {
    "W1": np.array(
        [
            [0.34522571, -0.00435798, -0.55015057, -0.18029009, -0.24863248],
            [0.48145223, 0.48976974, 0.4544385, 0.70003399, 0.45756044],
            [-0.55900747, -0.09964053, 0.28876994, 0.76200738, -0.54389478],
            [0.07710557, -0.27164855, -0.57329413, 0.56887702, 0.45411553],
        ]
    ),
    "b1": np.array([[0.0], [0.0], [0.0], [0.0]]),
    "W2": np.array(
        [
            [-0.02059886, 0.19182803, 0.11765535, 0.0742146],
            [-0.75716588, 0.93100703, 0.56786299, -0.65197777],
            [-0.55100467, -0.26469174, -0.21975884, -0.01100711],
        ]
    ),
    "b2": np.array([[0.0], [0.0], [0.0]]),
    "W3": np.array([[0.93923832, 1.23714427, -0.18204054]]),
    "b3": np.array([[0.0]]),
}
THIRD_GRADS = {
    "dA2": np.array(
        [
            [4.77194502e-01, -4.65422790e-01, -2.30997864e-03, 4.69619161e-01],
            [6.28550208e-01, -6.13044765e-01, -3.04265357e-03, 6.18572134e-01],
            [-9.24884992e-02, 9.02069390e-02, 4.47713578e-04, -9.10202679e-02],
        ]
    ),
    "dW3": np.array([[-0.00229851, 0.00028332, 0.0]]),
    "db3": np.array([[0.12751846]]),
    "dA1": np.array(
        [
            [-0.48574643, 0.00958718, 0.00235138, 0.0],
            [0.67672394, -0.08928114, -0.00327585, 0.0],
            [0.41307489, -0.05475948, -0.00199959, 0.0],
            [-0.37438596, -0.03454117, 0.00181231, 0.0],
        ]
    ),
    "dW2": np.array(
        [
            [-8.23189416e-02, -1.42110237e-03, 2.79039103e-03, -5.26880192e-02],
            [0.00000000e00, -1.87184509e-03, 3.67544230e-03, -9.30159738e-06],
            [0.00000000e00, 0.00000000e00, 0.00000000e00, 0.00000000e00],
        ]
    ),
    "db2": np.array([[0.00236543], [0.15637689], [0.0]]),
    "dA0": np.array(
        [
            [-0.23091195, 0.00064642, -0.00031964, 0.0],
            [-0.041159, 0.00934128, -0.00189748, 0.0],
            [0.11928361, 0.01452786, -0.00310508, 0.0],
            [0.31476611, -0.02137815, -0.00278593, 0.0],
            [-0.22466927, -0.01806936, 0.00041167, 0.0],
        ]
    ),
    "dW1": np.array(
        [
            [-0.00156397, -0.00058392, -0.00353235, -0.00187307, 0.00019292],
            [-0.00053448, 0.00106037, -0.00222424, -0.00239189, 0.00089139],
            [-0.06663642, -0.07072757, 0.15135499, -0.05993305, 0.07339559],
            [0.00593044, 0.00151714, 0.01395705, 0.00807165, -0.00118819],
        ]
    ),
    "db1": np.array([[0.00239679], [-0.00081896], [0.10276882], [-0.00818221]]),
}
THIRD_UPDATED = {
    "W1": np.array(
        [
            [0.34538211, -0.00429959, -0.54979734, -0.18010278, -0.24865177],
            [0.48150568, 0.48966371, 0.45466093, 0.70027318, 0.4574713],
            [-0.55234383, -0.09256777, 0.27363445, 0.76800069, -0.55123434],
            [0.07651252, -0.27180027, -0.57468984, 0.56806986, 0.45423435],
        ]
    ),
    "b1": np.array([[-2.39679482e-04], [8.18962628e-05], [-1.02768824e-02], [8.18221459e-04]]),
    "W2": np.array(
        [
            [-0.01236697, 0.19197014, 0.11737631, 0.0794834],
            [-0.75716588, 0.93119421, 0.56749545, -0.65197684],
            [-0.55100467, -0.26469174, -0.21975884, -0.01100711],
        ]
    ),
    "b2": np.array([[-0.00023654], [-0.01563769], [0.0]]),
    "W3": np.array([[0.93946817, 1.23711594, -0.18204054]]),
    "b3": np.array([[-0.01275185]]),
}
FOURTH_PARAMETERS = {
    "W1": np.array(
        [
            [
                0.53243065,
                0.00305796,
                -0.69612127,
                -0.04844105,
                -0.16577115,
                -0.19976574,
                0.42064148,
                0.00543465,
                0.01085197,
                0.00489016,
            ],
            [
                -0.13175912,
                -0.4122241,
                -0.12556203,
                -0.03547758,
                -0.12859427,
                -0.31126873,
                -0.27426719,
                0.22951715,
                -0.73416828,
                0.16474125,
            ],
            [
                0.16523694,
                -0.01938631,
                0.00299674,
                -0.21583193,
                0.02295272,
                0.20964523,
                0.09126517,
                0.74511916,
                0.05919713,
                0.25924268,
            ],
        ]
    ),
    "W2": np.array(
        [
            [-0.49674039, 0.20180174, 0.16685849],
            [0.54802751, -0.07481611, -0.86328035],
            [-0.33828482, 0.00778318, 0.26607548],
            [-0.59093043, 0.5587151, -0.24957987],
        ]
    ),
    "W3": np.array([[-0.36826909, 0.26995726, -0.12282318, -0.00718011]]),
    "b1": np.array([[0.0], [0.0], [0.0]]),
    "b2": np.array([[0.0], [0.0], [0.0], [0.0]]),
    "b3": np.array([[0.0]]),
}
FOURTH_GRADS = {
    "dW1": np.array(
        [
            [
                -0.42985543,
                0.02934384,
                -0.53340049,
                -0.18540024,
                0.29553729,
                0.13436646,
                0.02284437,
                0.27726265,
                0.45119101,
                -0.18286423,
            ],
            [
                0.05323166,
                -0.059707,
                -0.06076259,
                0.11169388,
                -0.15910129,
                -0.00974531,
                -0.27530891,
                0.39017389,
                0.20109524,
                0.28961388,
            ],
            [
                -0.13943342,
                -0.01119068,
                -0.51052298,
                -0.41582312,
                0.23249993,
                0.23993895,
                -0.46652143,
                0.60654381,
                1.06237585,
                -0.21466427,
            ],
        ]
    ),
    "dW2": np.array(
        [[0.0, 0.10989209, 0.34788942], [0.0, 0.0, 0.0], [0.09079876, 0.10989209, 0.53764367], [0.0, 0.0, 0.0]]
    ),
    "dW3": np.array([[-0.04062438, 0.0, -0.05609834, 0.0]]),
    "dX0": np.array(
        [
            [0.0, 0.03347782, 0.69766759, 0.16523694],
            [0.0, -0.4316104, -0.01632835, -0.01938631],
            [0.0, -0.12256529, -0.69312453, 0.00299674],
            [0.0, -0.25130951, -0.26427298, -0.21583193],
        ]
    ),
}
FOURTH_UPDATED = {
    "W1": np.array(
        [
            [
                0.55392342,
                0.00159077,
                -0.66945124,
                -0.03917104,
                -0.18054801,
                -0.20648407,
                0.41949926,
                -0.00842848,
                -0.01170758,
                0.01403337,
            ],
            [
                -0.1344207,
                -0.40923875,
                -0.1225239,
                -0.04106228,
                -0.12063921,
                -0.31078146,
                -0.26050174,
                0.21000845,
                -0.74422304,
                0.15026055,
            ],
            [
                0.17220861,
                -0.01882677,
                0.02852289,
                -0.19504078,
                0.01132772,
                0.19764828,
                0.11459124,
                0.71479197,
                0.00607834,
                0.2699759,
            ],
        ]
    ),
    "W2": np.array(
        [
            [-0.49674039, 0.19630713, 0.14946402],
            [0.54802751, -0.07481611, -0.86328035],
            [-0.34282476, 0.00228858, 0.2391933],
            [-0.59093043, 0.5587151, -0.24957987],
        ]
    ),
    "W3": np.array([[-0.36623787, 0.26995726, -0.12001826, -0.00718011]]),
    "b1": np.array([[-0.0125], [-0.0125], [-0.0375]]),
    "b2": np.array([[-0.025], [0.0], [-0.0375], [0.0]]),
    "b3": np.array([[0.00054206]]),
}


class Note(NamedTuple):
    parameters: dict[str, Array]
    AL: Array
    cost: float
    grads: dict[str, Array]
    updated: dict[str, Array]
    steps: int
    Z1_positive: Array
    Z2_positive: Array


# The first note's dictionary of gradients is cut off after dA0; the update step tells the rest.
FIRST_GRADS["dW1"], FIRST_GRADS["db1"] = (
    (FIRST_PARAMETERS[name] - FIRST_UPDATED[name]) / LEARNING_RATE for name in ("W1", "b1")
)
FIRST = Note(
    FIRST_PARAMETERS,
    np.array([[0.55217926, 0.55484082, 0.5, 0.56343183]]),
    0.7285985463399304,
    FIRST_GRADS,
    FIRST_UPDATED,
    1,
    np.array([[1.0, 1, 0, 0], [1, 1, 0, 1], [1, 1, 0, 0], [1, 0, 0, 0]]),
    np.array([[0.0, 0, 0, 0], [1, 1, 0, 1], [0, 0, 0, 1]]),
)
THIRD = Note(
    THIRD_PARAMETERS,
    np.array([[0.50806541, 0.50446785, 0.99754058, 0.5]]),
    0.5223175799014049,
    THIRD_GRADS,
    THIRD_UPDATED,
    2,  # the printed parameters lie two steps of 0.05 away: that cell of the notebook was run twice
    np.array([[0.0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 1, 0], [0, 1, 1, 0]]),
    np.array([[1.0, 1, 1, 0], [1, 0, 1, 0], [0, 0, 0, 0]]),
)
both_notes = pytest.mark.parametrize("note", [FIRST, THIRD], ids=["first", "third"])


def backward_from(dA: Array, Z: Array, W: Array, activation: str) -> tuple[Array, Array, Array]:
    """Gradients of one layer whose input was not printed; the dW it gives is meaningless."""
    A_prev, b = np.zeros((W.shape[1], M)), np.zeros((W.shape[0], 1))
    return stepwise.linear_activation_backward(dA, ((A_prev, W, b), Z), activation)


def data_from(dZ1: Array, dW1: Array) -> Array:
    """The X in dW1 = dZ1 X^T / m, zero for the examples with a zero column in dZ1."""
    X: Array = (M * np.linalg.lstsq(dZ1, dW1)[0]).T
    return X


def assert_updated(note: Note, grads: dict[str, Array], atol: float) -> None:
    parameters = note.parameters
    for _ in range(note.steps):
        parameters = stepwise.update_parameters(parameters, grads, LEARNING_RATE)
    for name, printed in note.updated.items():
        assert_allclose(parameters[name], printed, rtol=0, atol=atol, err_msg=name)


@both_notes
def test_cost_from_al_and_y(note: Note) -> None:
    assert_allclose(stepwise.compute_cost(note.AL, Y), note.cost, rtol=0, atol=PRINTED)


@both_notes
def test_da2_and_db3_from_al_y_and_w3(note: Note) -> None:
    dAL = -(Y / note.AL - (1 - Y) / (1 - note.AL))
    Z3 = np.log(note.AL / (1 - note.AL))
    dA2, _, db3 = backward_from(dAL, Z3, note.parameters["W3"], "sigmoid")
    assert_allclose(dA2, note.grads["dA2"], rtol=0, atol=PRINTED)
    assert_allclose(db3, note.grads["db3"], rtol=0, atol=PRINTED)


@both_notes
def test_da1_and_db2_from_da2_and_w2(note: Note) -> None:
    dA1, _, db2 = backward_from(note.grads["dA2"], note.Z2_positive, note.parameters["W2"], "relu")
    assert_allclose(dA1, note.grads["dA1"], rtol=0, atol=PRINTED)
    assert_allclose(db2, note.grads["db2"], rtol=0, atol=PRINTED)


@both_notes
def test_da0_and_db1_from_da1_and_w1(note: Note) -> None:
    dA0, _, db1 = backward_from(note.grads["dA1"], note.Z1_positive, note.parameters["W1"], "relu")
    printed = note.grads["dA0"]  # three of its five rows in the first note
    assert_allclose(dA0[: len(printed)], printed, rtol=0, atol=PRINTED)
    assert_allclose(db1, note.grads["db1"], rtol=0, atol=PRINTED)


@both_notes
def test_dead_units_have_zero_rows_and_columns(note: Note) -> None:
    X = data_from(note.grads["dA1"] * note.Z1_positive, note.grads["dW1"])
    AL, caches = stepwise.L_model_forward(X, note.parameters)
    grads = stepwise.L_model_backward(AL, Y, caches)
    dead = ~note.Z2_positive.any(axis=1)
    for ours_or_printed in (grads, note.grads):
        for zero in (ours_or_printed["dW3"][:, dead], ours_or_printed["dW2"][dead]):
            assert zero.size and not zero.any()


@both_notes
def test_whole_pass_from_parameters_and_the_data_in_dw1(note: Note) -> None:
    X = data_from(note.grads["dA1"] * note.Z1_positive, note.grads["dW1"])
    AL, caches = stepwise.L_model_forward(X, note.parameters)
    assert_allclose(AL, note.AL, rtol=0, atol=1e-6)  # X carries the digits that dW1 has lost, times m / dZ1
    assert_allclose(stepwise.compute_cost(AL, Y), note.cost, rtol=0, atol=1e-6)
    grads = stepwise.L_model_backward(AL, Y, caches)
    assert grads.keys() == note.grads.keys()
    for name, printed in note.grads.items():
        assert_allclose(grads[name][: len(printed)], printed, rtol=0, atol=1e-6, err_msg=name)
    assert_updated(note, grads, 1e-7)


@both_notes
def test_updated_parameters_from_parameters_and_gradients(note: Note) -> None:
    assert_updated(note, note.grads, PRINTED)


@both_notes
def test_the_trace_shows_the_printed_numbers(note: Note) -> None:
    X = data_from(note.grads["dA1"] * note.Z1_positive, note.grads["dW1"])
    trace = stepwise.trace(X, Y, note.parameters, LEARNING_RATE)
    assert_allclose(trace["AL"], note.AL, rtol=0, atol=1e-6)
    assert_allclose(trace["cost"], note.cost, rtol=0, atol=1e-6)
    for name, printed in note.grads.items():
        assert_allclose(trace[name][: len(printed)], printed, rtol=0, atol=1e-6, err_msg=name)
    if note.steps == 1:
        updated = {name: p for record in trace.layers for name, p in record.updated.items()}
        for name, printed in note.updated.items():
            assert_allclose(updated[name], printed, rtol=0, atol=1e-7, err_msg=name)


@both_notes
def test_the_trace_has_the_bits_of_the_functions(note: Note) -> None:
    X = data_from(note.grads["dA1"] * note.Z1_positive, note.grads["dW1"])
    trace = stepwise.trace(X, Y, note.parameters, LEARNING_RATE)
    AL, caches = stepwise.L_model_forward(X, note.parameters)
    grads = stepwise.L_model_backward(AL, Y, caches)
    np.testing.assert_array_equal(trace["AL"], AL)
    assert trace["cost"] == stepwise.compute_cost(AL, Y)
    for name, gradient in grads.items():
        np.testing.assert_array_equal(trace[name], gradient, err_msg=name)
    for record in trace.layers:
        for name, p in record.updated.items():
            expected = stepwise.update_parameters(note.parameters, grads, LEARNING_RATE)[name]
            np.testing.assert_array_equal(p, expected, err_msg=name)


@both_notes
def test_every_printed_gradient_is_the_sum_of_its_terms(note: Note) -> None:
    X = data_from(note.grads["dA1"] * note.Z1_positive, note.grads["dW1"])
    trace = stepwise.trace(X, Y, note.parameters)
    for name, printed in note.grads.items():
        for place in np.ndindex(printed.shape):
            (why,) = ask(trace, f"{name}{list(place)}")
            assert_allclose(why.total, why.value, rtol=1e-12, atol=1e-17, err_msg=why.path)
            assert_allclose(why.value, printed[place], rtol=0, atol=1e-6, err_msg=why.path)


def test_first_and_third_note_shape_of_w1() -> None:
    assert stepwise.initialize_parameters_deep([5, 4, 3, 1])["W1"].shape == (4, 5)


# --- the fourth note: relu_backward ends with dZ[Z > 0] = 1, which throws dA away -------------------------------------

FOURTH_LOSS = 0.7142134287396995
FOURTH_DZ1 = np.array([[0.0, 0, 1, 0], [0, 1, 0, 0], [0, 1, 1, 1]])  # the mistake's ones, read off dX0 = W1^T dZ1


def fourth_pass() -> tuple[Array, list[stepwise.Cache]]:
    return stepwise.N_layers_forward(data_from(FOURTH_DZ1, FOURTH_GRADS["dW1"]), FOURTH_PARAMETERS)


def fourth_backward_with_the_mistake(AL: Array, caches: list[stepwise.Cache]) -> dict[str, Array]:
    grads = {name: g for name, g in stepwise.N_layers_backward(AL, Y, caches).items() if name in ("dW3", "db3")}
    for layer in (2, 1):
        linear_cache, Z = caches[layer - 1]
        ones = (Z > 0).astype(float)
        dX, dW, db = stepwise.linear_backward(ones, linear_cache)
        grads |= {f"dX{layer - 1}": dX, f"dW{layer}": dW, f"db{layer}": db}
    return grads


def test_fourth_note_printed_shapes() -> None:
    shapes = [p.shape for p in stepwise.initialize_parameters([10, 3, 4, 1]).values()]
    assert shapes == [(3, 10), (3, 1), (4, 3), (4, 1), (1, 4), (1, 1)]


def test_fourth_note_loss_from_parameters_and_the_data_in_dw1() -> None:
    AL, caches = fourth_pass()
    assert_allclose(caches[0][1] > 0, FOURTH_DZ1)  # the data really activates the units that the ones claim
    assert_allclose(stepwise.cross_entropy_loss(AL, Y), FOURTH_LOSS, rtol=0, atol=PRINTED)


def test_fourth_note_dw3_and_b3_which_the_mistake_does_not_reach() -> None:
    AL, caches = fourth_pass()
    grads = stepwise.N_layers_backward(AL, Y, caches)
    assert_allclose(grads["dW3"], FOURTH_GRADS["dW3"], rtol=0, atol=3e-8)
    assert_allclose(-LEARNING_RATE * grads["db3"], FOURTH_UPDATED["b3"], rtol=0, atol=PRINTED)


def test_fourth_note_dx0_is_w1_times_ones() -> None:
    dX0 = FOURTH_PARAMETERS["W1"].T @ FOURTH_DZ1
    assert_allclose(dX0[:4], FOURTH_GRADS["dX0"], rtol=0, atol=PRINTED)
    assert dX0[4, 0] == 0 and dX0[4, 1] < 0  # the cut fifth row begins [0., -0.


def test_fourth_note_printed_gradients_are_those_of_the_mistake() -> None:
    grads = fourth_backward_with_the_mistake(*fourth_pass())
    for name, printed in FOURTH_GRADS.items():
        assert_allclose(grads[name][: len(printed)], printed, rtol=0, atol=5e-8, err_msg=name)
    for name, stepped in stepwise.update_parameters(FOURTH_PARAMETERS, grads, LEARNING_RATE).items():
        assert_allclose(stepped, FOURTH_UPDATED[name], rtol=0, atol=PRINTED, err_msg=name)


def test_fourth_note_updated_biases_count_active_examples() -> None:
    active = {"b1": [[1], [1], [3]], "b2": [[2], [0], [3], [0]]}
    for name, count in active.items():
        assert_allclose(FOURTH_UPDATED[name], -LEARNING_RATE * np.array(count) / M, rtol=0, atol=PRINTED)


def test_fourth_note_slope_of_the_loss_is_our_gradient_and_not_the_printed_one() -> None:
    AL, caches = fourth_pass()
    X, h = caches[0][0][0], 1e-6

    def loss(W2: Array) -> float:
        AL, _ = stepwise.N_layers_forward(X, FOURTH_PARAMETERS | {"W2": W2})
        return float(stepwise.cross_entropy_loss(AL, Y))

    W2 = FOURTH_PARAMETERS["W2"]
    steps = h * np.eye(W2.size).reshape(-1, *W2.shape)
    slope = np.reshape([(loss(W2 + step) - loss(W2 - step)) / (2 * h) for step in steps], W2.shape)
    assert_allclose(stepwise.N_layers_backward(AL, Y, caches)["dW2"], slope, rtol=0, atol=1e-9)
    assert np.abs(FOURTH_GRADS["dW2"] - slope).max() > 0.5


def test_fourth_note_the_trace_shows_the_printed_loss_and_what_the_mistake_does_not_reach() -> None:
    trace = stepwise.trace(data_from(FOURTH_DZ1, FOURTH_GRADS["dW1"]), Y, FOURTH_PARAMETERS, LEARNING_RATE)
    assert_allclose(trace["cost"], FOURTH_LOSS, rtol=0, atol=PRINTED)
    assert_allclose(trace["dW3"], FOURTH_GRADS["dW3"], rtol=0, atol=3e-8)
    assert_allclose(trace.layers[4].updated["b3"], FOURTH_UPDATED["b3"], rtol=0, atol=PRINTED)
    (why,) = ask(trace, "W2[0, 2]", difference=True)
    assert why.difference is not None
    assert_allclose(why.value, why.difference.value, rtol=1e-6)  # the note prints 0.34788942, by its mistake
    assert abs(FOURTH_GRADS["dW2"][0, 2] - why.value) > 0.1


def test_fourth_note_updated_weights_from_printed_gradients() -> None:
    for name in ("W1", "W2", "W3"):
        stepped = FOURTH_PARAMETERS[name] - LEARNING_RATE * FOURTH_GRADS["d" + name]
        assert_allclose(stepped, FOURTH_UPDATED[name], rtol=0, atol=PRINTED, err_msg=name)


# --- the fifth note: its printed products, taken by linear_forward ---------------------------------------------------


def product(W: Any, A: Any) -> Array:
    W, A = np.array(W), np.array(A)
    return stepwise.linear_forward(A, W, np.zeros((len(W), 1)))[0]


def test_fifth_note_matrix_products() -> None:
    assert_allclose(product([[1, 2], [1, 2]], [[2], [3]]), [[8], [8]])
    assert_allclose(product([[1], [2], [3]], [[1, 2, 3]]), [[1, 2, 3], [2, 4, 6], [3, 6, 9]])


def test_fifth_note_dot_pairs_every_matrix_and_matmul_only_those_of_one_place() -> None:
    A, B = np.arange(24).reshape(2, 3, 4), np.arange(24).reshape(2, 4, 3)
    dot = {  # what the note prints for np.dot(A, B)[i, :, k, :]
        (0, 0): [[42, 48, 54], [114, 136, 158], [186, 224, 262]],
        (0, 1): [[114, 120, 126], [378, 400, 422], [642, 680, 718]],
        (1, 0): [[258, 312, 366], [330, 400, 470], [402, 488, 574]],
        (1, 1): [[906, 960, 1014], [1170, 1240, 1310], [1434, 1520, 1606]],
    }
    for (i, k), printed in dot.items():
        assert_allclose(product(A[i], B[k]), printed)
    assert_allclose(A @ B, [dot[0, 0], dot[1, 1]])
