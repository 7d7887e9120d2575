"""The name that was likely meant: by its spelling, or by what other libraries call the same thing."""

from __future__ import annotations

from collections.abc import Iterable

_ELSEWHERE = {
    # losses
    "mse": "mean_squared_error",
    "l2": "mean_squared_error",
    "squared_error": "mean_squared_error",
    "mae": "mean_absolute_error",
    "l1": "mean_absolute_error",
    "absolute_error": "mean_absolute_error",
    "huber_loss": "huber",
    "smooth_l1": "huber",
    "pinball": "quantile",
    "pinball_loss": "quantile",
    "poisson_nll": "poisson",
    "bce": "binary_cross_entropy",
    "bce_with_logits": "binary_cross_entropy",
    "log_loss": "binary_cross_entropy",
    "cross_entropy": "categorical_cross_entropy",
    "softmax_cross_entropy": "categorical_cross_entropy",
    "sparse_categorical_cross_entropy": "categorical_cross_entropy",
    "nll": "categorical_cross_entropy",
    # metrics
    "acc": "accuracy",
    "binary_accuracy": "accuracy",
    "categorical_accuracy": "accuracy",
    "sparse_categorical_accuracy": "accuracy",
    "top_k_categorical_accuracy": "top_5_accuracy",
    "auc": "roc_auc",
    "f1_score": "f1",
    "mean_absolute_error": "mae",
    "r2_score": "r2",
    # activations
    "hard_step": "step",
    "heaviside": "step",
    "linear": "identity",
    "logistic": "sigmoid",
    "swish": "silu",
    # initializers
    "kaiming": "he",
    "kaiming_normal": "he",
    "kaiming_uniform": "he",
    "he_normal": "he",
    "he_uniform": "he",
    "xavier_normal": "xavier",
    "xavier_uniform": "xavier",
    "glorot_normal": "xavier",
    "glorot_uniform": "xavier",
    "lecun_normal": "lecun",
    "lecun_uniform": "lecun",
    "gaussian": "normal",
    "random_normal": "normal",
    # settings
    "learning_rate": "lr",
    "momentum": "beta",
    "rho": "beta",
    "eps": "epsilon",
    "clipnorm": "clip_norm",
    "global_clipnorm": "clip_norm",
    "max_norm": "clip_norm",
    "decay_rate": "factor",
    "gamma": "factor",
    "decay_steps": "steps",
    "t_max": "steps",
    "step_size": "every",
    "initial_learning_rate": "rate",
    "p": "rate",
    "hidden_size": "units",
    "out_features": "units",
    "output_dim": "units",
    "embedding_dim": "units",
    "num_embeddings": "vocabulary",
    "input_dim": "vocabulary",
    "out_channels": "filters",
    "kernel_size": "kernel",
    "pool_size": "window",
    "strides": "stride",
    "dilation_rate": "dilation",
    "size": "factor",
    "scale_factor": "factor",
    "target_shape": "shape",
    "kernel_initializer": "initializer",
    "use_bias": "bias",
    "return_sequences": "sequence",
    "go_backwards": "reverse",
    "negative_slope": "alpha",
    "min_lr": "end",
}
"""What other libraries call something, and its name here."""


def meant(word: str, names: Iterable[str]) -> str | None:
    """Return which of the names was likely meant, or None.

    >>> meant("Mean Squared Error", ["mean_squared_error", "huber"]), meant("swish", ["silu"]), meant("rleu", ["relu"])
    ('mean_squared_error', 'silu', 'relu')
    """
    import difflib

    here = {_bare(name): name for name in names}
    elsewhere = {_bare(there): _bare(name) for there, name in _ELSEWHERE.items()}
    word = _bare(word)
    for known in (word, elsewhere.get(word)):
        if known in here:
            return here[known]
    # 0.7 finds one wrong letter of four, and keeps "mse" from being taken for "mae".
    close = difflib.get_close_matches(word, here, n=1, cutoff=0.7)
    return here[close[0]] if close else None


def _bare(name: str) -> str:
    """Return a name without what people spell differently: capitals, spaces, underscores."""
    return "".join(filter(str.isalnum, name.lower()))
