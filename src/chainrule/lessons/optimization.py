r"""Mini-batches, momentum, Adam and learning-rate decay: week 2 of the course "Improving Deep Neural Networks".

The functions have the names, the order of arguments, the results and the dictionary keys of the assignment
"Optimization Methods" (Andrew Ng, deeplearning.ai). Columns are examples; a velocity ``v["dW1"]`` belongs to the
parameter ``W1``. Nothing that is given is changed: parameters and velocities come back as new dictionaries. The
optimizers of the library itself are in `chainrule.optimizers`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from chainrule.common.console import say
from chainrule.common.errors import InputError
from chainrule.common.texts import later
from chainrule.lessons.checks import (
    Array,
    Number,
    Numbers,
    Parameters,
    as_count,
    as_examples,
    as_floats,
    as_matrix,
    as_number,
    as_parameters,
    as_row,
    gradients_of,
    random_numbers,
)
from chainrule.lessons.initialization import initialize_parameters_he
from chainrule.lessons.regularization import backward_propagation, forward_propagation
from chainrule.lessons.stepwise import compute_cost, update_parameters

# --- gradient descent in batches ----------------------------------------------------------------------------------


def update_parameters_with_gd(parameters: Parameters, grads: Parameters, learning_rate: Number) -> dict[str, Array]:
    r"""One step of gradient descent: `stepwise.update_parameters`.

    .. math:: W^{[l]} := W^{[l]} - \alpha\, dW^{[l]}, \qquad b^{[l]} := b^{[l]} - \alpha\, db^{[l]}

    References
    ----------
    Robbins and Monro, A stochastic approximation method, 1951.
    """
    return update_parameters(parameters, grads, learning_rate)


def random_mini_batches(
    X: Numbers, Y: Numbers, mini_batch_size: int = 64, seed: int | None = 0
) -> list[tuple[Array, Array]]:
    r"""Shuffle the columns of ``X`` and ``Y`` together and cut them into batches.

    With a permutation :math:`\pi` and size s, batch k holds the examples :math:`\pi(ks), ..., \pi(ks + s - 1)`, and the
    last batch what is left.

    Examples
    --------
    >>> X, Y = np.arange(5).reshape(1, 5), np.arange(5).reshape(1, 5)
    >>> [batch_X.tolist() for batch_X, _ in random_mini_batches(X, Y, 2)]
    [[[2, 0]], [[1, 3]], [[4]]]

    References
    ----------
    Robbins and Monro, A stochastic approximation method, 1951.
    """
    X, Y = as_matrix("random_mini_batches", "X", X), as_row("random_mini_batches", "Y", Y)
    size = as_count("random_mini_batches", "mini_batch_size", mini_batch_size, 1)
    m = X.shape[1]
    if Y.ndim != 2 or Y.shape[1] != m:
        raise InputError(
            "random_mini_batches: X and Y have one column per example, but X is {X} and Y is {Y}.",
            X=X.shape,
            Y=Y.shape,
        )
    order = random_numbers(seed).permutation(m)
    return [(X[:, order[k : k + size]], Y[:, order[k : k + size]]) for k in range(0, m, size)]


# --- momentum -----------------------------------------------------------------------------------------------------


def initialize_velocity(parameters: Parameters) -> dict[str, Array]:
    r"""Return a zero for every entry of every parameter, :math:`v_{dW} = 0`: ``dW1, db1, ..., dWL, dbL``."""
    return _zeros("initialize_velocity", parameters)


def update_parameters_with_momentum(
    parameters: Parameters, grads: Parameters, v: Parameters, beta: Number, learning_rate: Number
) -> tuple[dict[str, Array], dict[str, Array]]:
    r"""One step along the moving average of the gradients.

    .. math::
        v_{dW} := \beta v_{dW} + (1 - \beta)\, dW, \qquad W := W - \alpha\, v_{dW}

    and the same for b. Returns ``parameters, v``.

    References
    ----------
    Polyak, Some methods of speeding up the convergence of iteration methods, 1964.
    """
    function = "update_parameters_with_momentum"
    p = as_parameters(function, parameters)
    grad, velocity = gradients_of(function, "grads", grads, p), gradients_of(function, "v", v, p)
    beta, learning_rate = _decay(function, "beta", beta), as_number(function, "learning_rate", learning_rate)
    velocity = {name: np.asarray(beta * velocity[name] + (1 - beta) * grad[name]) for name in p}
    return {name: np.asarray(p[name] - learning_rate * velocity[name]) for name in p}, _named(velocity)


# --- Adam ---------------------------------------------------------------------------------------------------------


def initialize_adam(parameters: Parameters) -> tuple[dict[str, Array], dict[str, Array]]:
    r"""Return two velocities, :math:`v_{dW} = s_{dW} = 0`, as in `initialize_velocity`."""
    return _zeros("initialize_adam", parameters), _zeros("initialize_adam", parameters)


def update_parameters_with_adam(
    parameters: Parameters,
    grads: Parameters,
    v: Parameters,
    s: Parameters,
    t: int,
    learning_rate: Number = 0.01,
    beta1: Number = 0.9,
    beta2: Number = 0.999,
    epsilon: Number = 1e-8,
) -> tuple[dict[str, Array], dict[str, Array], dict[str, Array], dict[str, Array], dict[str, Array]]:
    r"""Step number ``t`` (from 1) of Adam.

    .. math::
        v := \beta_1 v + (1 - \beta_1)\, dW, \qquad s := \beta_2 s + (1 - \beta_2)\, dW^2

    .. math::
        W := W - \alpha \frac{\hat v}{\sqrt{\hat s} + \epsilon}, \qquad
        \hat v = \frac{v}{1 - \beta_1^t}, \quad \hat s = \frac{s}{1 - \beta_2^t}

    and the same for b. Returns ``parameters, v, s, v_corrected, s_corrected`` (early editions of the course return the
    first three).

    References
    ----------
    Kingma and Ba, Adam: a method for stochastic optimization, 2015.
    """
    function = "update_parameters_with_adam"
    p = as_parameters(function, parameters)
    grad = gradients_of(function, "grads", grads, p)
    first, second = gradients_of(function, "v", v, p), gradients_of(function, "s", s, p)
    t, learning_rate = as_count(function, "t", t, 1), as_number(function, "learning_rate", learning_rate)
    beta1, beta2 = _decay(function, "beta1", beta1), _decay(function, "beta2", beta2)
    epsilon = as_number(function, "epsilon", epsilon, later("0 or more"), lambda e: 0 <= e < np.inf)

    first = {name: np.asarray(beta1 * first[name] + (1 - beta1) * grad[name]) for name in p}
    second = {name: np.asarray(beta2 * second[name] + (1 - beta2) * grad[name] ** 2) for name in p}
    v_corrected = {name: np.asarray(first[name] / (1 - beta1**t)) for name in p}
    s_corrected = {name: np.asarray(second[name] / (1 - beta2**t)) for name in p}
    updated = {
        name: np.asarray(p[name] - learning_rate * v_corrected[name] / (np.sqrt(s_corrected[name]) + epsilon))
        for name in p
    }
    return updated, _named(first), _named(second), _named(v_corrected), _named(s_corrected)


# --- learning-rate decay ------------------------------------------------------------------------------------------


def update_lr(learning_rate0: Number, epoch_num: int, decay_rate: Number) -> float:
    r"""Learning rate of an epoch, falling with every one.

    .. math:: \alpha = \frac{\alpha_0}{1 + \mathrm{decay\_rate} \cdot \mathrm{epoch}}

    Examples
    --------
    >>> update_lr(0.5, 3, 1)
    0.125

    References
    ----------
    Robbins and Monro, A stochastic approximation method, 1951.
    """
    return schedule_lr_decay(learning_rate0, epoch_num, decay_rate, 1)


def schedule_lr_decay(learning_rate0: Number, epoch_num: int, decay_rate: Number, time_interval: int = 1000) -> float:
    r"""Learning rate of an epoch, falling once in ``time_interval`` epochs.

    .. math::
        \alpha = \frac{\alpha_0}{1 + \mathrm{decay\_rate} \cdot \lfloor \mathrm{epoch} / \mathrm{interval} \rfloor}

    Examples
    --------
    >>> [schedule_lr_decay(0.5, epoch, 1, 100) for epoch in (10, 100, 300)]
    [0.5, 0.25, 0.125]

    References
    ----------
    Robbins and Monro, A stochastic approximation method, 1951.
    """
    function = "schedule_lr_decay"
    learning_rate0 = as_number(function, "learning_rate0", learning_rate0)
    decay_rate = as_number(function, "decay_rate", decay_rate, later("0 or more"), lambda d: 0 <= d < np.inf)
    epoch_num = as_count(function, "epoch_num", epoch_num)
    return learning_rate0 / (1 + decay_rate * (epoch_num // as_count(function, "time_interval", time_interval, 1)))


# --- the application ----------------------------------------------------------------------------------------------


def model(
    X: Numbers,
    Y: Numbers,
    layers_dims: Sequence[int],
    optimizer: str,
    learning_rate: Number = 0.0007,
    mini_batch_size: int = 64,
    beta: Number = 0.9,
    beta1: Number = 0.9,
    beta2: Number = 0.999,
    epsilon: Number = 1e-8,
    num_epochs: int = 5000,
    print_cost: bool = True,
    decay: Callable[[Number, int, Number], float] | None = None,
    decay_rate: Number = 1,
) -> dict[str, Array]:
    """Train the three-layer network of `regularization` in mini-batches and return its parameters.

    Parameters
    ----------
    layers_dims
        ``[n_x, n_1, n_2, 1]``.
    optimizer
        ``"gd"``, ``"momentum"`` or ``"adam"``.
    print_cost
        Print the cost of every 1000th epoch.
    decay, decay_rate
        `update_lr` or `schedule_lr_decay`, and how fast it falls; None keeps ``learning_rate``.
    """
    if not isinstance(optimizer, str) or optimizer not in ("gd", "momentum", "adam"):
        raise InputError("model: optimizer is one of gd, momentum, adam; it is {optimizer!r}.", optimizer=optimizer)
    if decay is not None and not callable(decay):
        raise InputError("model: decay is update_lr, schedule_lr_decay or None; it is {decay!r}.", decay=decay)
    X, Y = as_examples("model", "X", X), as_row("model", "Y", Y)
    parameters = initialize_parameters_he(layers_dims)
    v, s = initialize_adam(parameters)
    t, rate = 0, learning_rate
    for i in range(as_count("model", "num_epochs", num_epochs)):
        cost = 0.0
        for batch_X, batch_Y in random_mini_batches(X, Y, mini_batch_size, seed=11 + i):  # the course's seeds
            A3, cache = forward_propagation(batch_X, parameters)
            cost += float(compute_cost(A3, batch_Y)) * batch_X.shape[1] / X.shape[1]
            grads = backward_propagation(batch_X, batch_Y, cache)
            t += 1
            if optimizer == "gd":
                parameters = update_parameters_with_gd(parameters, grads, rate)
            elif optimizer == "momentum":
                parameters, v = update_parameters_with_momentum(parameters, grads, v, beta, rate)
            else:
                parameters, v, s, _, _ = update_parameters_with_adam(
                    parameters, grads, v, s, t, rate, beta1, beta2, epsilon
                )
        if decay is not None:
            rate = decay(learning_rate, i, decay_rate)
        if print_cost and i % 1000 == 0:
            say("Cost after epoch {i}: {cost:f}", i=i, cost=cost)
            if decay is not None:
                say("learning rate after epoch {i}: {rate:f}", i=i, rate=rate)
    return parameters


# --- what the functions above share -------------------------------------------------------------------------------


def _zeros(function: str, parameters: Parameters) -> dict[str, Array]:
    p = as_parameters(function, parameters)
    return {"d" + name: np.zeros_like(as_floats(function, name, array)) for name, array in p.items()}


def _named(gradients: dict[str, Array]) -> dict[str, Array]:
    return {"d" + name: gradient for name, gradient in gradients.items()}


def _decay(function: str, name: str, beta: Number) -> float:
    return as_number(function, name, beta, later("from 0 to below 1"), lambda b: 0 <= b < 1)
