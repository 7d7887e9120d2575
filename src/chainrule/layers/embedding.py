"""A vector for each word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from chainrule.arrays import INFERENCE, Array, Float, Mode, Params, Shape, Shaped, namespace, scatter_add, values_known
from chainrule.common.errors import InputError
from chainrule.common.settings import Flag, Whole
from chainrule.equations.initializers import first_values, standard_normal
from chainrule.layers.base import Layer


class EmbeddingCache(NamedTuple):
    """What the backward pass needs."""

    indices: Array  # (batch, ...), whole numbers
    W: Array  # (vocabulary, units)


@dataclass(frozen=True)
class Embedding(Layer):
    r"""Look up a vector for each whole number, such as the number of a word.

    .. math:: a_{n,t} = W_{x_{n,t}}, \qquad dW_v = \sum_{n,t:\ x_{n,t} = v} da_{n,t}

    The input is not continuous and has no gradient. W starts with normal numbers of variance 1: the vectors are the
    input of the layers that follow, and the initializers of those are made for inputs of that size.

    Parameters
    ----------
    vocabulary
        The number of vectors; the input holds whole numbers from 0 to below it (checked for NumPy arrays; JAX, which
        traces, cannot look).
    units
        The length of a vector.
    lazy
        Whether a step of training changes only the vectors that its batch looks up, so that it takes no longer for a
        larger vocabulary. With SGD the numbers are the same. The rules that remember leave the other vectors and what
        they remember of them as they are, where they would go on by what they remember; weight decay, too, acts on what
        is looked up. The layer is then the first of its network, which the engines "numpy" and "fast" train.

    References
    ----------
    Bengio, Ducharme, Vincent and Jauvin, A neural probabilistic language model, 2003, section 2.

    Examples
    --------
    >>> import numpy as np
    >>> layer = Embedding(vocabulary=10, units=4)
    >>> params, output_shape = layer.init(np.random.default_rng(0), (3,))
    >>> A, cache = layer.forward(params, np.array([[7, 0, 7]]))
    >>> output_shape, A.shape, bool((A[0, 0] == A[0, 2]).all())
    ((3, 4), (1, 3, 4), True)
    >>> dx, grads = layer.backward(cache, np.ones_like(A))
    >>> grads["W"][:, 0]
    array([1., 0., 0., 0., 0., 0., 0., 2., 0., 0.], dtype=float32)
    """

    vocabulary: int
    units: int
    lazy: bool = False
    symbols = ("x", "a")
    steps = "kept"
    rules: ClassVar = {"vocabulary": Whole(1), "units": Whole(1), "lazy": Flag()}

    @property
    def vocabulary_of_input(self) -> int:
        """The vocabulary: the input holds whole numbers below it."""
        return self.vocabulary

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return W of shape (vocabulary, units), and the output shape (..., units)."""
        W = first_values(standard_normal, rng, (self.vocabulary, self.units), dtype)
        return {"W": W}, (*input_shape, self.units)

    def forward(
        self, params: Params, x: Shaped[Array, "batch *axes"], mode: Mode = INFERENCE
    ) -> tuple[Float[Array, "batch *axes units"], EmbeddingCache]:
        """Return the rows of W; a float that is a whole number is an index too."""
        indices = self.indices(params, x)
        return namespace(x).take(params["W"], indices, axis=0), EmbeddingCache(indices, params["W"])

    def indices(self, params: Params, x: Shaped[Array, "batch *axes"]) -> Array:
        """Return which row of W each input looks up.

        Raises
        ------
        InputError
            If one is none of them.
        """
        W, xp = params["W"], namespace(x)
        if values_known(x):
            wrong = (x < 0) | (x >= len(W)) | (x != xp.floor(x))
            if wrong.any():
                raise InputError(
                    "Embedding looks up whole numbers from 0 to {last} (the vocabulary is {vocabulary}), but the input "
                    "holds {number}. Take a larger vocabulary, or give unknown words one number of it.",
                    last=len(W) - 1,
                    vocabulary=len(W),
                    number=x[wrong][0],
                )
        elif xp.isdtype(x.dtype, "real floating"):
            raise InputError(
                "Embedding looks up whole numbers, but the layers before it made floats of them, which have too few "
                "digits and cannot be checked on XLA. Begin the network with it, or with Reshape or Flatten."
            )
        return xp.astype(x, int)

    def backward(
        self, cache: EmbeddingCache, dy: Float[Array, "batch *axes units"], *, input_gradient: bool = True
    ) -> tuple[None, Params]:
        """Return None for the input, and the gradient of W."""
        xp = namespace(dy)
        rows = xp.reshape(dy, (-1, dy.shape[-1]))
        return None, {"W": scatter_add(cache.W, xp.reshape(cache.indices, (-1,)), rows)}
