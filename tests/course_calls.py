"""The calls that the course's own public tests make, with the numbers that they expect.

Where a number is published: the file `public_tests.py` beside each assignment (editions of 2021 and later), and the
"Expected output" cells of the notebooks of all editions (deeplearning.ai, "Neural Networks and Deep Learning" weeks 2
to 4, "Improving Deep Neural Networks" weeks 1 and 2). The inputs are the legacy generator's numbers for the seed that
the assignment names. `...` stands for a value that is there and not printed here.
"""

# ruff: noqa: E501 - a matrix of numbers reads best as it is printed

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule import gradient_checking, initialization, logistic, optimization, planar, regularization, stepwise


class Call(NamedTuple):
    """A call and what comes of it."""

    function: Callable[..., Any]
    args: Sequence[Any]
    expected: Any
    seed: int | None = None  # for np.random.seed before the call, where the course's function or test does so
    settings: dict[str, Any] = {}  # noqa: RUF012 - never changed

    @property
    def name(self) -> str:
        """The assignment and the function."""
        return f"{self.function.__module__.rpartition('.')[2]}.{self.function.__name__}"

    def run(self) -> Any:
        """Make the call."""
        if self.seed is not None:
            np.random.seed(self.seed)
        return self.function(*self.args, **self.settings)


def drawn(seed: int, **shapes: tuple[int, int]) -> dict[str, Any]:
    """Normal numbers in the order of the names."""
    rng = np.random.RandomState(seed)
    return {name: rng.randn(*shape) for name, shape in shapes.items()}


def zeros(*sizes: int) -> Any:
    return np.zeros((*sizes, 1))


# --- logistic regression, week 2 ------------------------------------------------------------------------------------

_w, _X = np.array([[1.0], [2.0], [-1.0]]), np.array([[1, 2, -1, 0], [3, 4, -3.2, 1], [3, 4, -3.2, -3.5]])
_model = drawn(0, X=(4, 7), X_test=(4, 3))
LOGISTIC = [
    Call(logistic.sigmoid, [np.array([0, 2])], [0.5, 0.88079708]),
    Call(logistic.sigmoid, [1], 0.73105858),
    Call(logistic.initialize_with_zeros, [3], (zeros(3), 0.0)),
    Call(logistic.initialize_with_zeros, [4], (zeros(4), 0.0)),
    Call(
        logistic.propagate,
        [_w, 2.5, _X, np.array([[1, 1, 0, 0]])],
        ({"dw": [[-0.03909333], [0.12501464], [-0.99960809]], "db": 0.288106326}, 2.042456798),
    ),
    Call(
        logistic.optimize,
        [np.array([[1.0], [2.0]]), 2.0, np.array([[1, 2, -1], [3, 4, -3.2]]), np.array([[1, 0, 1]])],
        (
            {"w": [[-0.70916784], [-0.42390859]], "b": 2.26891346},
            {"dw": [[0.06188603], [-0.01407361]], "db": -0.04709353},
            [5.80154532, 0.31057104],
        ),
        settings={"num_iterations": 101, "learning_rate": 0.1, "print_cost": False},
    ),
    Call(
        logistic.predict,
        [np.array([[0.3], [0.5], [-0.2]]), -0.33333, np.array([[1.0, -0.3, 1.5], [2, 0, 1], [0, -1.5, 2]])],
        [[1, 0, 1]],
    ),
    Call(
        logistic.model,
        [_model["X"], np.array([[1, 0, 0, 1, 0, 0, 1]]), _model["X_test"], np.array([[0, 1, 0]])],
        {
            "costs": [0.69314718],
            "Y_prediction_test": [[1, 1, 0]],
            "Y_prediction_train": [[1, 1, 0, 1, 0, 0, 1]],
            "w": [[0.08639757], [-0.08231268], [-0.11798927], [0.12866053]],
            "b": -0.03983236,
            "learning_rate": 0.01,
            "num_iterations": 50,
        },
        settings={"num_iterations": 50, "learning_rate": 0.01},
    ),
]

# --- one hidden layer, week 3 ---------------------------------------------------------------------------------------

_small = {
    "W1": np.array([[-0.00416758, -0.00056267], [-0.02136196, 0.01640271], [-0.01793436, -0.00841747], [0.00502881, -0.01245288]]),
    "W2": np.array([[-0.01057952, -0.00909008, 0.00551454, 0.02292208]]),
}  # fmt: skip
_forward = drawn(1, X=(2, 3), b1=(4, 1))
_backward = drawn(1, X=(3, 7), Y=(1, 7), W1=(9, 3), W2=(1, 9), A1=(9, 7), A2=(1, 7), Z1=(9, 7), Z2=(1, 7))
_trained = {
    "W1": np.array([[-0.00615039, 0.0169021], [-0.02311792, 0.03137121], [-0.0169217, -0.01752545], [0.00935436, -0.05018221]]),
    "W2": np.array([[-0.0104319, -0.04019007, 0.01607211, 0.04440255]]),
    "b1": np.array([[-8.97523455e-07], [8.15562092e-06], [6.04810633e-07], [-2.54560700e-06]]),
    "b2": np.array([[9.14954378e-05]]),
}  # fmt: skip
_grads = {
    "dW1": np.array([[0.00023322, -0.00205423], [0.00082222, -0.00700776], [-0.00031831, 0.0028636], [-0.00092857, 0.00809933]]),
    "dW2": np.array([[-1.75740039e-05, 3.70231337e-03, -1.25683095e-03, -2.55715317e-03]]),
    "db1": np.array([[1.05570087e-07], [-3.81814487e-06], [-1.90155145e-07], [5.46467802e-07]]),
    "db2": np.array([[-1.08923140e-05]]),
}  # fmt: skip
_two_points = drawn(1, X=(2, 4), Y=(1, 4))
PLANAR = [
    Call(planar.layer_sizes, list(drawn(1, X=(5, 3), Y=(2, 3)).values()), (5, 4, 2)),
    Call(planar.layer_sizes, list(drawn(1, X=(7, 5), Y=(5, 5)).values()), (7, 4, 5)),
    Call(
        planar.initialize_parameters,
        [3, 5, 2],
        {
            "W1": [
                [-0.00416758, -0.00056267, -0.02136196],
                [0.01640271, -0.01793436, -0.00841747],
                [0.00502881, -0.01245288, -0.01057952],
                [-0.00909008, 0.00551454, 0.02292208],
                [0.00041539, -0.01117925, 0.00539058],
            ],
            "b1": zeros(5),
            "W2": [
                [-5.96159700e-03, -1.91304965e-04, 1.17500122e-02, -7.47870949e-03, 9.02525097e-05],
                [-8.78107893e-03, -1.56434170e-03, 2.56570452e-03, -9.88779049e-03, -3.38821966e-03],
            ],
            "b2": zeros(2),
        },
        seed=2,
    ),
    Call(
        planar.forward_propagation,
        [_forward["X"], _small | {"b1": _forward["b1"], "b2": np.array([[-1.3]])}],
        (
            [[0.21292656, 0.21274673, 0.21295976]],
            {
                "Z1": [
                    [1.7386459, 1.74687437, 1.74830797],
                    [-0.81350569, -0.73394355, -0.78767559],
                    [0.29893918, 0.32272601, 0.34788465],
                    [-0.2278403, -0.2632236, -0.22336567],
                ],
                "A1": [
                    [0.9400694, 0.94101876, 0.94118266],
                    [-0.67151964, -0.62547205, -0.65709025],
                    [0.29034152, 0.31196971, 0.33449821],
                    [-0.22397799, -0.25730819, -0.2197236],
                ],
                "Z2": [[-1.30737426, -1.30844761, -1.30717618]],
                "A2": ...,
            },
        ),
    ),
    Call(
        planar.compute_cost,
        [np.array([[0.5002307, 0.49985831, 0.50023963, 0.25, 0.7]]), drawn(1, Y=(1, 5))["Y"] > 0],
        0.5447066599,
    ),
    Call(planar.compute_cost, [np.array([0.7, 0.3, 0.8, 0.9, 0.9]), np.array([[1, 0, 1, 1, 1]])], 0.2294428941),
    Call(  # early editions pass the parameters, too
        planar.compute_cost,
        [np.array([[0.5002307, 0.49985831, 0.50023963]]), drawn(1, Y=(1, 3))["Y"] > 0, _small],
        0.69305873,
    ),
    Call(
        planar.backward_propagation,
        [
            {"W1": _backward["W1"], "W2": _backward["W2"], "b1": zeros(9), "b2": zeros(1)},
            {name: _backward[name] for name in ("A1", "A2", "Z1", "Z2")},
            _backward["X"],
            _backward["Y"] > 0,
        ],
        {
            "dW1": [
                [-0.24468458, -0.24371232, 0.15959609],
                [0.7370069, -0.64785999, 0.23669823],
                [0.47936123, -0.01516428, 0.01566728],
                [0.03361075, -0.0930929, 0.05581073],
                [0.52445178, -0.03895358, 0.09180612],
                [-0.17043596, 0.13406378, -0.20952062],
                [0.76144791, -0.41766018, 0.02544078],
                [0.22164791, -0.33081645, 0.19526915],
                [0.25619969, -0.09561825, 0.05679075],
            ],
            "db1": np.transpose(
                [[0.1463639, -0.33647992, -0.51738006, -0.07780329, -0.57889514, 0.28357278, -0.39756864, -0.10510329, -0.13443244]]
            ),
            "dW2": [[-0.35768529, 0.22046323, -0.29551566, -0.12202786, 0.18809552, 0.13700323, 0.35892872, -0.02220353, -0.03976687]],
            "db2": [[-0.78032466]],
        },
    ),
    Call(
        planar.update_parameters,
        [_trained, _grads],
        {
            "W1": [
                [-0.00643025, 0.01936718],
                [-0.02410458, 0.03978052],
                [-0.01653973, -0.02096177],
                [0.01046864, -0.05990141],
            ],
            "b1": [[-1.02420756e-06], [1.27373948e-05], [8.32996807e-07], [-3.20136836e-06]],
            "W2": [[-0.01041081, -0.04463285, 0.01758031, 0.04747113]],
            "b2": [[0.00010457]],
        },
    ),
    Call(
        planar.nn_model,
        [_two_points["X"], _two_points["Y"] > 0, 4],
        {
            "W1": [
                [0.71392202, 1.31281102],
                [-0.76411243, -1.41967065],
                [-0.75040545, -1.38857337],
                [0.56495575, 1.04857776],
            ],
            "b1": [[-0.0073536], [0.01534663], [0.01262938], [0.00218135]],
            "W2": [[2.82545815, -3.3063945, -3.16116615, 1.8549574]],
            "b2": [[0.00393452]],
        },
    ),
    Call(planar.predict, [_trained, drawn(1, X=(2, 3))["X"]], [[True, False, True]]),
]  # fmt: skip

# --- step by step, week 4 -------------------------------------------------------------------------------------------

_layer = drawn(1, A=(3, 2), W=(1, 3), b=(1, 1))
_active = drawn(2, A_prev=(3, 2), W=(1, 3), b=(1, 1))
_deep = drawn(6, X=(5, 4), W1=(4, 5), b1=(4, 1), W2=(3, 4), b2=(3, 1), W3=(1, 3), b3=(1, 1))
_linear = drawn(1, dZ=(3, 4), A=(5, 4), W=(3, 5), b=(3, 1))
_act = drawn(2, dA=(1, 2), A=(3, 2), W=(1, 3), b=(1, 1), Z=(1, 2))
_act_cache = ((_act["A"], _act["W"], _act["b"]), _act["Z"])
_m = drawn(3, AL=(1, 2), A1=(4, 2), W1=(3, 4), b1=(3, 1), Z1=(3, 2), A2=(3, 2), W2=(1, 3), b2=(1, 1), Z2=(1, 2))
_caches = (((_m["A1"], _m["W1"], _m["b1"]), _m["Z1"]), ((_m["A2"], _m["W2"], _m["b2"]), _m["Z2"]))
_step = drawn(2, W1=(3, 4), b1=(3, 1), W2=(1, 3), b2=(1, 1)), drawn(3, dW1=(3, 4), db1=(3, 1), dW2=(1, 3), db2=(1, 1))
_ten = drawn(1, X=(10, 10), Y=(1, 10))
_labels = np.array([1, 1, 1, 1, 0, 0, 0, 1, 1, 0]).reshape(1, 10)
_early_a = np.array([[-1.02387576, 1.12397796], [-1.62328545, 0.64667545], [-1.74314104, -0.59664964]])
_early_w = np.array([[0.74505627, 1.97611078, -1.24412333]])
_early_x = np.array([[0.20445225, 0.87811744], [0.02738759, 0.67046751], [0.4173048, 0.55868983]])
STEPWISE = [
    Call(
        stepwise.initialize_parameters,
        [3, 2, 1],
        {
            "W1": [[0.01624345, -0.00611756, -0.00528172], [-0.01072969, 0.00865408, -0.02301539]],
            "b1": zeros(2),
            "W2": [[0.01744812, -0.00761207]],
            "b2": zeros(1),
        },
        seed=1,
    ),
    Call(
        stepwise.initialize_parameters,
        [4, 3, 2],
        {
            "W1": [
                [0.01624345, -0.00611756, -0.00528172, -0.01072969],
                [0.00865408, -0.02301539, 0.01744812, -0.00761207],
                [0.00319039, -0.0024937, 0.01462108, -0.02060141],
            ],
            "b1": zeros(3),
            "W2": [[-0.00322417, -0.00384054, 0.01133769], [-0.01099891, -0.00172428, -0.00877858]],
            "b2": zeros(2),
        },
        seed=1,
    ),
    Call(
        stepwise.initialize_parameters_deep,
        [[5, 4, 3]],
        {
            "W1": [
                [0.01788628, 0.0043651, 0.00096497, -0.01863493, -0.00277388],
                [-0.00354759, -0.00082741, -0.00627001, -0.00043818, -0.00477218],
                [-0.01313865, 0.00884622, 0.00881318, 0.01709573, 0.00050034],
                [-0.00404677, -0.0054536, -0.01546477, 0.00982367, -0.01101068],
            ],
            "b1": zeros(4),
            "W2": [
                [-0.01185047, -0.0020565, 0.01486148, 0.00236716],
                [-0.01023785, -0.00712993, 0.00625245, -0.00160513],
                [-0.00768836, -0.00230031, 0.00745056, 0.01976111],
            ],
            "b2": zeros(3),
        },
        seed=3,
        settings={"scale": 0.01},
    ),
    Call(
        stepwise.initialize_parameters_deep,
        [[4, 3, 2]],
        {
            "W1": [
                [0.01788628, 0.0043651, 0.00096497, -0.01863493],
                [-0.00277388, -0.00354759, -0.00082741, -0.00627001],
                [-0.00043818, -0.00477218, -0.01313865, 0.00884622],
            ],
            "b1": zeros(3),
            "W2": [[0.00881318, 0.01709573, 0.00050034], [-0.00404677, -0.0054536, -0.01546477]],
            "b2": zeros(2),
        },
        settings={"scale": 0.01, "seed": 3},
    ),
    Call(stepwise.linear_forward, list(_layer.values()), ([[3.26295337, -1.23429987]], ...)),
    Call(
        stepwise.linear_activation_forward,
        [*_active.values(), "sigmoid"],
        ([[0.96890023, 0.11013289]], (..., [[3.43896131, -2.08938436]])),
    ),
    Call(
        stepwise.linear_activation_forward,
        [*_active.values(), "relu"],
        ([[3.43896131, 0]], (..., [[3.43896131, -2.08938436]])),
    ),
    Call(  # early editions have one number for the bias
        stepwise.linear_activation_forward,
        [_early_a, _early_w, 5, "relu"],
        ([[3.1980455, 7.85763489]], ...),
    ),
    Call(
        stepwise.L_model_forward,
        [_deep["X"], {name: p for name, p in _deep.items() if name != "X"}],
        ([[0.03921668, 0.70498921, 0.19734387, 0.04728177]], [..., ..., (..., [[-3.19864676, 0.87117055, -1.40297864, -3.00319435]])]),
    ),
    Call(stepwise.compute_cost, [np.array([[0.8, 0.9, 0.4]]), np.asarray([[1, 1, 0]])], 0.27977656),
    Call(
        stepwise.linear_backward,
        [_linear["dZ"], (_linear["A"], _linear["W"], _linear["b"])],
        (
            [
                [-1.15171336, 0.06718465, -0.3204696, 2.09812712],
                [0.60345879, -3.72508701, 5.81700741, -3.84326836],
                [-0.4319552, -1.30987417, 1.72354705, 0.05070578],
                [-0.38981415, 0.60811244, -1.25938424, 1.47191593],
                [-2.52214926, 2.67882552, -0.67947465, 1.48119548],
            ],
            [
                [0.07313866, -0.0976715, -0.87585828, 0.73763362, 0.00785716],
                [0.85508818, 0.37530413, -0.59912655, 0.71278189, -0.58931808],
                [0.97913304, -0.24376494, -0.08839671, 0.55151192, -0.10290907],
            ],
            [[-0.14713786], [-0.11313155], [-0.13209101]],
        ),
    ),
    Call(
        stepwise.linear_activation_backward,
        [_act["dA"], _act_cache, "sigmoid"],
        (
            [[0.11017994, 0.01105339], [0.09466817, 0.00949723], [-0.05743092, -0.00576154]],
            [[0.10266786, 0.09778551, -0.01968084]],
            [[-0.05729622]],
        ),
    ),
    Call(
        stepwise.linear_activation_backward,
        [_act["dA"], _act_cache, "relu"],
        (
            [[0.44090989, 0], [0.37883606, 0], [-0.2298228, 0]],
            [[0.44513824, 0.37371418, -0.10478989]],
            [[-0.20837892]],
        ),
    ),
    Call(  # early editions have one number for the bias
        stepwise.linear_activation_backward,
        [np.array([[3.1980455, 7.85763489]]), ((_early_a, _early_w, 5), np.array([[3.1980455, 7.85763489]])), "relu"],
        (..., ..., (3.1980455 + 7.85763489) / 2),
    ),
    Call(  # AL is normal numbers, and the caches are a tuple
        stepwise.L_model_backward,
        [_m["AL"], np.array([[1, 0]]), _caches],
        {
            "dA1": [[0.12913162, -0.44014127], [-0.14175655, 0.48317296], [0.01663708, -0.05670698]],
            "dW2": [[-0.39202432, -0.13325855, -0.04601089]],
            "db2": [[0.15187861]],
            "dA0": [[0, 0.52257901], [0, -0.3269206], [0, -0.32070404], [0, -0.74079187]],
            "dW1": [
                [0.41010002, 0.07807203, 0.13798444, 0.10502167],
                [0, 0, 0, 0],
                [0.05283652, 0.01005865, 0.01777766, 0.0135308],
            ],
            "db1": [[-0.22007063], [0], [-0.02835349]],
        },
    ),
    Call(  # early editions have one layer, and its probabilities
        stepwise.L_model_backward,
        [
            np.array([[0.60298372, 0.87182628]]),
            np.array([[1, 1]]),
            [((_early_x, np.array([[1.78862847, 0.43650985, 0.09649747]]), zeros(1)), np.array([[0.41791293, 1.91720367]]))],
        ],
        {"dA0": ..., "dW1": [[-0.09686122, -0.04840482, -0.11864308]], "db1": [[-0.26259500]]},
    ),
    Call(
        stepwise.update_parameters,
        [*_step, 0.1],
        {
            "W1": [
                [-0.59562069, -0.09991781, -2.14584584, 1.82662008],
                [-1.76569676, -0.80627147, 0.51115557, -1.18258802],
                [-1.0535704, -0.86128581, 0.68284052, 2.20374577],
            ],
            "b1": [[-0.04659241], [-1.28888275], [0.53405496]],
            "W2": [[-0.55569196, 0.0354055, 1.32964895]],
            "b2": [[-0.84610769]],
        },
    ),
    Call(  # early editions have one number for the gradient of a bias
        stepwise.update_parameters,
        [{"W1": np.ones((4, 3)), "b1": zeros(4)}, {"dW1": np.zeros((4, 3)), "db1": 0.75937676204411464}, 0.1],
        {"W1": np.ones((4, 3)), "b1": np.full((4, 1), -0.0759376762)},
    ),
    Call(  # labels are normal numbers
        stepwise.two_layer_model,
        [_ten["X"], _ten["Y"], (10, 4, 1), 0.0075, 2],
        (
            {
                "W1": ...,
                "b1": [[1.10437111e-05], [1.78437869e-05], [3.74879549e-05], [-4.42988824e-05]],
                "W2": [[-0.00200283, -0.00888593, -0.00751122, 0.01688162]],
                "b2": [[-0.00689018]],
            },
            [0.69315968],
        ),
    ),
    Call(
        stepwise.two_layer_model,
        [_ten["X"], _ten["Y"], (10, 4, 1), 0.1, 3],
        (
            {
                "W1": ...,
                "b1": [[0.00027478], [0.00034477], [0.00076016], [-0.00084497]],
                "W2": [[-0.00358725, -0.00911995, -0.00831979, 0.01615845]],
                "b2": [[-0.13451354]],
            },
            [0.69315968],
        ),
    ),
    Call(
        stepwise.L_layer_model,
        [_ten["X"], _labels, (10, 5, 6, 1), 0.0075, 2],
        (
            {
                "W1": ...,
                "b1": [[-2.16491028e-04], [1.50999130e-04], [8.71516045e-06], [5.57557615e-05], [-2.90746349e-05]],
                "W2": ...,
                "b2": [[1.80215514e-07], [-1.07935097e-04], [1.63081605e-04], [-3.51202008e-05], [-7.40012619e-05], [-4.43814901e-05]],
                "W3": [[-0.09079199, -0.08117381, 0.07667568, 0.16665535, 0.08029575, 0.04805811]],
                "b3": [[0.0013201]],
            },
            [0.70723944],
        ),
    ),
    Call(
        stepwise.L_layer_model,
        [_ten["X"], _labels, (10, 5, 6, 1), 0.02, 3],
        (
            {
                "W1": ...,
                "b1": [[-8.61228305e-04], [6.08187689e-04], [3.53075377e-05], [2.21291877e-04], [-1.13591429e-04]],
                "W2": ...,
                "b2": [[1.18811550e-06], [-4.25510194e-04], [6.56178455e-04], [-1.42335482e-04], [-2.93618626e-04], [-1.75573157e-04]],
                "W3": [[-0.09087434, -0.07882982, 0.07821609, 0.16442826, 0.0783229, 0.04648216]],
                "b3": [[0.00525865]],
            },
            [0.70723944],
        ),
    ),
    Call(stepwise.predict, [_early_a, np.array([[1, 1]]), {"W1": _early_w, "b1": zeros(1)}], [[0, 1]]),
]  # fmt: skip

# --- initialization, second course, week 1 --------------------------------------------------------------------------

INITIALIZATION = [
    Call(
        initialization.initialize_parameters_zeros,
        [[3, 2, 1]],
        {"W1": np.zeros((2, 3)), "b1": zeros(2), "W2": np.zeros((1, 2)), "b2": zeros(1)},
    ),
    Call(
        initialization.initialize_parameters_random,
        [[3, 2, 1]],
        {
            "W1": [[17.88628473, 4.36509851, 0.96497468], [-18.63492703, -2.77388203, -3.54758979]],
            "b1": zeros(2),
            "W2": [[-0.82741481, -6.27000677]],
            "b2": zeros(1),
        },
    ),
    Call(
        initialization.initialize_parameters_he,
        [[3, 1, 2]],
        {
            "W1": [[1.46040903, 0.3564088, 0.07878985]],
            "b1": zeros(1),
            "W2": [[-2.63537665], [-0.39228616]],
            "b2": zeros(2),
        },
    ),
    Call(
        initialization.initialize_parameters_he,
        [[2, 4, 1]],
        {
            "W1": [[1.78862847, 0.43650985], [0.09649747, -1.8634927], [-0.2773882, -0.35475898], [-0.08274148, -0.62700068]],
            "b1": zeros(4),
            "W2": [[-0.03098412, -0.33744411, -0.92904268, 0.62552248]],
            "b2": zeros(1),
        },
    ),
]  # fmt: skip

# --- regularization, second course, week 1 --------------------------------------------------------------------------

_penalized = drawn(1, W1=(2, 3), b1=(2, 1), W2=(3, 2), b2=(3, 1), W3=(1, 3), b3=(1, 1))
_three = drawn(1, X=(3, 5), W1=(2, 3), b1=(2, 1), W2=(3, 2), b2=(3, 1), W3=(1, 3), b3=(1, 1))
_three_x, _three_y = _three.pop("X"), np.array([[1, 1, 0, 1, 0]])
_A3 = np.array([[0.40682402, 0.01629284, 0.16722898, 0.10118111, 0.40682402]])
_, _l2_cache = regularization.forward_propagation(_three_x, _three)  # the tests print these numbers as they are

# The masks and the activations that the test of the backward pass with dropout prints; keep_prob was 0.5 there.
_Z1 = _l2_cache[0]
_D1 = np.array([[1, 0, 1, 1, 1], [1, 1, 1, 1, 0]]) == 1
_A1 = np.array([[0, 0, 4.27989081, 5.21401307, 0], [0, 8.32019881, 1.58102041, 2.92987024, 0]])
_Z2 = np.array(
    [
        [0.53035547, 8.02565606, 4.10524802, 5.78975856, 0.53035547],
        [-0.69166075, -1.71413186, -3.81223329, -4.61667916, -0.69166075],
        [-0.39675353, -2.62563561, -4.82528105, -6.0607449, -0.39675353],
    ]
)
_D2 = np.array([[1, 0, 1, 0, 1], [0, 1, 0, 1, 1], [0, 0, 1, 0, 0]]) == 1
_A2 = np.array([[1.06071093, 0, 8.21049603, 0, 1.06071093], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]])
_Z3 = np.array([[-0.7415562, -0.0126646, -5.65469333, -0.0126646, -0.7415562]])
_dropped = np.array([[0.32266394, 0.49683389, 0.00348883, 0.49683389, 0.32266394]])
_p = _three
_dropout_cache = (
    _Z1, _D1, _A1, _p["W1"], _p["b1"], _Z2, _D2, _A2, _p["W2"], _p["b2"], _Z3, _dropped, _p["W3"], _p["b3"]
)  # fmt: skip
REGULARIZATION = [
    Call(
        regularization.compute_cost_with_regularization,
        [_A3, _three_y, _penalized, 0.1],
        1.7864859451590758,
    ),
    Call(
        regularization.backward_propagation_with_regularization,
        [_three_x, _three_y, _l2_cache, 0.7],
        {
            "dZ3": [[-0.59317598, -0.98370716, 0.16722898, -0.89881889, 0.40682402]],
            "dW3": [[-1.77691347, -0.11832879, -0.09397446]],
            "db3": [[-0.38032981]],
            "dA2": [
                [0.40761434, 0.67597671, -0.11491519, 0.6176438, -0.27955836],
                [0.50135568, 0.83143484, -0.14134288, 0.7596868, -0.34384996],
                [0.39816708, 0.66030962, -0.11225181, 0.6033287, -0.27307905],
            ],
            "dZ2": [[0.40761434, 0.67597671, -0.11491519, 0.6176438, -0.27955836], [0] * 5, [0] * 5],
            "dW2": [[0.79276486, 0.85133918], [-0.0957219, -0.01720463], [-0.13100772, -0.03750433]],
            "db2": [[0.26135226], [0], [0]],
            "dA1": [
                [0.2048239, 0.33967447, -0.05774423, 0.31036252, -0.14047649],
                [0.3672018, 0.60895764, -0.10352203, 0.5564081, -0.25184181],
            ],
            "dZ1": [
                [0, 0.33967447, -0.05774423, 0.31036252, 0],
                [0, 0.60895764, -0.10352203, 0.5564081, 0],
            ],
            "dW1": [[-0.25604646, 0.12298827, -0.28297129], [-0.17706303, 0.34536094, -0.4410571]],
            "db1": [[0.11845855], [0.21236874]],
        },
    ),
    Call(
        regularization.forward_propagation_with_dropout,
        [_three_x, _three, 0.7],
        (
            [[0.36974721, 0.00305176, 0.04565099, 0.49683389, 0.36974721]],
            (
                ...,
                [[1, 0, 1, 1, 1], [1, 1, 1, 1, 1]],
                [[0, 0, 3.05706487, 3.72429505, 0], [0, 5.94299915, 1.1293003, 2.09276446, 0]],
                ...,
                ...,
                ...,
                [[1, 1, 1, 0, 1], [1, 1, 1, 1, 1], [0, 0, 1, 1, 0]],
                [[0.75765067, 8.40591658, 4.40550021, 0, 0.75765067], [0] * 5, [0] * 5],
                ...,
                ...,
                [[-0.53330145, -5.78898099, -3.04000407, -0.0126646, -0.53330145]],
                ...,
                ...,
                ...,
            ),
        ),
    ),
    Call(
        regularization.backward_propagation_with_dropout,
        [_three_x, _three_y, _dropout_cache, 0.8],
        {
            "dZ3": [[-0.67733606, -0.50316611, 0.00348883, -0.50316611, 0.32266394]],
            "dW3": [[-0.06951191, 0, 0]],
            "db3": [[-0.2715031]],
            "dA2": [
                [0.58180856, 0, -0.00299679, 0, -0.27715731],
                [0, 0.53159854, 0, 0.53159854, -0.34089673],
                [0, 0, -0.00292733, 0, 0],
            ],
            "dZ2": [[0.58180856, 0, -0.00299679, 0, -0.27715731], [0] * 5, [0] * 5],
            "dW2": [[-0.00256518, -0.0009476], [0, 0], [0, 0]],
            "db2": [[0.06033089], [0], [0]],
            "dA1": [[0.36544439, 0, -0.00188233, 0, -0.17408748], [0.65515713, 0, -0.00337459, 0, 0]],
            "dZ1": [[0, 0, -0.00188233, 0, 0], [0, 0, -0.00337459, 0, 0]],
            "dW1": [[0.00019884, 0.00028657, 0.00012138], [0.00035647, 0.00051375, 0.00021761]],
            "db1": [[-0.00037647], [-0.00067492]],
        },
    ),
]

# --- gradient checking, second course, week 1 -----------------------------------------------------------------------

_n = drawn(1, X=(4, 3), W1=(5, 4), b1=(5, 1), W2=(3, 5), b2=(3, 1), W3=(1, 3), b3=(1, 1))
_n_x, _n_y = _n.pop("X"), np.array([1, 1, 0])
_n_cache = regularization.forward_propagation(_n_x, _n)[1]
_n_grads = regularization.backward_propagation(_n_x, _n_y, _n_cache)
GRADIENT_CHECKING = [
    Call(gradient_checking.forward_propagation, [2, 4], 8),
    Call(gradient_checking.backward_propagation, [3, 4], 3),
    Call(gradient_checking.gradient_check, [3, 4], 7.814075313343006e-11),
    Call(gradient_checking.gradient_check, [2, 4], 2.919335883291695e-10),
    Call(gradient_checking.forward_propagation_n, [_n_x, _n_y, _n], ...),
    Call(gradient_checking.backward_propagation_n, [_n_x, _n_y, _n_cache], ...),
    Call(gradient_checking.dictionary_to_vector, [_n], ...),
    Call(gradient_checking.vector_to_dictionary, [gradient_checking.dictionary_to_vector(_n)[0]], _n),
    Call(gradient_checking.gradients_to_vector, [_n_grads], ...),
    Call(gradient_checking.gradient_check_n, [_n, _n_grads, _n_x, _n_y, 1e-7], 1.1890913024229996e-07),
]

# --- optimization, second course, week 2 ----------------------------------------------------------------------------

_shapes: dict[str, tuple[int, int]] = {"W1": (2, 3), "b1": (2, 1), "W2": (3, 2), "b2": (3, 1)}
_both = drawn(1, **_shapes, **{"d" + name: shape for name, shape in _shapes.items()})
_parameters = {name: _both[name] for name in _shapes}
_gradients = {"d" + name: _both["d" + name] for name in _shapes}
_still = {name: np.zeros_like(g) for name, g in _gradients.items()}
_mini = drawn(1, X=(5, 7), Y=(1, 7))
_v = {
    "dW1": [[-0.08778584, 0.00422137, 0.05828152], [-0.11006192, 0.11447237, 0.09015907]],
    "dW2": [[-0.06837279, -0.01228902], [-0.09357694, -0.02678881], [0.05303555, -0.06916608]],
    "db1": [[0.05024943], [0.09008559]],
    "db2": [[-0.03967535], [-0.06871727], [-0.08452056]],
}
OPTIMIZATION = [
    Call(
        optimization.update_parameters_with_gd,
        [_parameters, _gradients, 0.01],
        {
            "W1": [[1.63312395, -0.61217855, -0.5339999], [-1.06196243, 0.85396039, -2.3105546]],
            "b1": [[1.73978682], [-0.77021546]],
            "W2": [[0.32587637, -0.24814147], [1.47146563, -2.05746183], [-0.32772076, -0.37713775]],
            "b2": [[1.13773698], [-1.09301954], [-0.16397615]],
        },
    ),
    Call(
        optimization.random_mini_batches,
        [_mini["X"], _mini["Y"] < 0.5, 2],
        [
            (
                [
                    [1.74481176, -0.52817175],
                    [-0.38405435, -0.24937038],
                    [-1.10061918, -0.17242821],
                    [-0.93576943, 0.50249434],
                    [-0.67124613, -0.69166075],
                ],
                [[True, True]],
            ),
            (..., [[True, False]]),
            (..., [[True, True]]),
            ([[0.86540763], [-2.06014071], [0.04221375], [-0.68372786], [-0.6871727]], [[False]]),
        ],
    ),
    Call(optimization.initialize_velocity, [_parameters], _still),
    Call(
        optimization.update_parameters_with_momentum,
        [_parameters, _gradients, _still, 0.9, 0.01],
        (
            {
                "W1": [[1.62522322, -0.61179863, -0.52875457], [-1.071868, 0.86426291, -2.30244029]],
                "b1": [[1.74430927], [-0.76210776]],
                "W2": [[0.31972282, -0.24924749], [1.46304371, -2.05987282], [-0.32294756, -0.38336269]],
                "b2": [[1.1341662], [-1.09920409], [-0.171583]],
            },
            _v,
        ),
    ),
    Call(optimization.initialize_adam, [_parameters], (_still, _still)),
    Call(
        optimization.update_parameters_with_adam,
        [_parameters, _gradients, _still, _still, 2, 0.02, 0.8, 0.888, 1e-2],
        (
            {"W1": [[1.63937725, -0.62327448, -0.54308727], ...], "W2": [[0.33400549, -0.23563857], ..., ...],
             "b1": [[1.72995096], ...], "b2": [[1.14852557], ..., ...]},
            {"dW1": [[-0.17557168, 0.00844275, 0.11656304], ...], "dW2": [[-0.13674557, -0.02457805], ..., ...],
             "db1": [[0.10049887], ...], "db2": [[-0.07935071], ..., ...]},
            {"dW1": [[0.08631117, 0.00019958, 0.03804344], ...], "dW2": [[0.05235818, 0.00169142], ..., ...],
             "db1": [[0.02828006], ...], "db2": [[0.0176303], ..., ...]},
            dict.fromkeys(_still, ...),  # the two above, divided by 1 - 0.8**2 and 1 - 0.888**2
            dict.fromkeys(_still, ...),
        ),
    ),
    Call(optimization.update_lr, [0.5, 2, 1], 0.16666666666666666),
    Call(optimization.schedule_lr_decay, [0.5, 100, 1, 100], 0.25),
    Call(optimization.schedule_lr_decay, [0.5, 10, 1, 100], 0.5),
    Call(optimization.schedule_lr_decay, [0.3, 1000, 0.25, 100], 0.085714285),
    Call(optimization.schedule_lr_decay, [0.3, 100, 0.25, 100], 0.24),
    Call(optimization.schedule_lr_decay, [0.5, 100, 0.3, 100], 0.3846153846153846),
]  # fmt: skip

CALLS = [*LOGISTIC, *PLANAR, *STEPWISE, *INITIALIZATION, *REGULARIZATION, *GRADIENT_CHECKING, *OPTIMIZATION]
