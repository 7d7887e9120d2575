"""What each layer becomes in a NumPy script: a comment, its weights, and a line in the textbook's names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainrule.arrays import Params, Shape
from chainrule.common.errors import InputError
from chainrule.equations.shapes_only import ShapesOnly
from chainrule.export import folding
from chainrule.export.numpy_lines import Steps, Value
from chainrule.export.pool_windows import pool_windows
from chainrule.export.python_code import quoted
from chainrule.layers import (
    GRU,
    LSTM,
    RNN,
    Activation,
    AveragePool,
    BatchNorm,
    Bidirectional,
    Concatenate,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePool,
    Graph,
    GroupNorm,
    Layer,
    LayerNorm,
    MaxPool,
    NTKDense,
    ParametricActivation,
    RandomDense,
    Reshape,
    Residual,
    RMSNorm,
    Scale,
    Sequential,
    SpatialDropout,
    Upsample,
    ZeroPad,
)
from chainrule.layers.nodes import INPUT
from chainrule.layers.spatial import per_axis


def in_script(steps: Steps, layer: Layer, params: Params, x: Value) -> Value:
    """Write the steps of a layer, and return its output.

    Raises
    ------
    InputError
        If there are no such steps, as for a layer of the user's own.
    """
    step = STEPS.get(type(layer))
    if step is None:
        raise InputError(
            "{layer} is a layer of your own, whose code a NumPy script cannot take over: {known} can be exported.",
            layer=layer.label,
            known=", ".join(known.__name__ for known in STEPS),
        )
    output = step(steps, layer, params, x)
    _, shape = layer.init(ShapesOnly(), x.shape)
    return Value(output, shape, whole=x.whole and layer.rearranges, steps=x.steps and layer.keeps_steps())


def _batch(shape: Shape) -> str:
    return f"({', '.join(map(str, ('n', *shape)))})" if shape else "(n,)"


def _dense(steps: Steps, layer: Dense | NTKDense | RandomDense, params: Params, x: Value) -> str:
    W, b = folding.dense(layer, params, x.shape)
    why = ""
    if isinstance(layer, NTKDense):
        why = " The factors of NTKDense are multiplied into W and b."
    elif isinstance(layer, RandomDense):
        why = " Where RandomDense has no connection, W is 0."
    Z = steps.output("Z", next_number=True)
    shapes = f"from {_batch(x.shape)} to {_batch((*x.shape[:-1], layer.units))}"
    steps.begin(f"Dense: {shapes}, Z = A W{'' if b is None else ' + b'}.{why}")
    W_name, *b_name = steps.of_weights(Z, {"W": W} if b is None else {"W": W, "b": b})
    steps.lines.append(f"    {Z} = {' + '.join([f'{x.name} @ {W_name}', *b_name])}")
    return Z


def _activation(steps: Steps, layer: Activation, params: Params, x: Value) -> str:
    if layer.function == "identity":
        return x.name
    return activation(steps, layer.function, x.name, () if layer.alpha is None else (f"alpha={layer.alpha!r}",))


def activation(steps: Steps, function: str, Z: str, settings: tuple[str, ...] = ()) -> str:
    """Write the step of an activation by its name, without a comment: it belongs to the layer before it."""
    A = steps.output("A")
    steps.call(A, "np.tanh" if function == "tanh" else function, Z, *settings)
    return A


def _parametric(steps: Steps, layer: ParametricActivation, params: Params, x: Value) -> str:
    A = steps.output("A")
    steps.begin("ParametricActivation: each unit takes its own share a of the activation.")
    (a,) = steps.of_weights(A, {"a": layer.rate * params["a"]})
    steps.functions.add(layer.function)
    g = "np.tanh" if layer.function == "tanh" else layer.function
    value = f"{g}({x.name})" if g != "identity" else x.name
    steps.lines.append(f"    {A} = {x.name} + {a} * ({value} - {x.name})")
    return A


def _nothing(steps: Steps, layer: Layer, params: Params, x: Value) -> str:
    steps.begin(f"{type(layer).__name__} does nothing at prediction.")
    return x.name


def _scale(steps: Steps, layer: Scale, params: Params, x: Value) -> str:
    N = steps.output("N")
    steps.begin("Scale: a factor for each feature.")
    (s,) = steps.of_weights(N, {"s": layer.rate * params["s"]})
    steps.lines.append(f"    {N} = {s} * {x.name}")
    return N


_PLAIN_NAMES = {"running_mean": "mean", "running_variance": "variance"}


def _normalization(steps: Steps, layer: Any, params: Params, x: Value) -> str:
    about: dict[type[Layer], tuple[str, str]] = {
        BatchNorm: ("batch_norm", "each feature by the mean and variance that training measured"),
        LayerNorm: ("layer_norm", "each example by the mean and variance of its features"),
        GroupNorm: ("group_norm", "each group of channels by its mean and variance"),
        RMSNorm: ("rms_norm", "each example by the root mean square of its features"),
    }
    function, text = about[type(layer)]
    N = steps.output("N")
    steps.begin(f"{layer.label}: normalizes {text}.")
    names = steps.of_weights(N, {_PLAIN_NAMES.get(name, name): array for name, array in params.items()})
    groups = [f"groups={layer.groups}"] if isinstance(layer, GroupNorm) else []
    if isinstance(layer, GroupNorm) and x.steps:
        steps.masked = True
        function, groups = "group_norm_of_steps", [*groups, "M=M"]
    steps.call(N, function, x.name, *names, *groups, f"epsilon={layer.epsilon!r}")
    if isinstance(layer, BatchNorm | GroupNorm):
        steps.clear(N, x)
    return N


def _convolution(steps: Steps, layer: Conv1D | Conv2D, params: Params, x: Value) -> str:
    axes = len(layer.axes)
    window, _ = layer.window((1, *x.shape))
    settings = {"stride": window.stride, "padding": window.padding, "dilation": window.dilation}
    usual: dict[str, Any] = {"stride": (1,) * axes, "padding": ((0, 0),) * axes, "dilation": (1,) * axes}
    chosen = {name: value[-axes:] for name, value in settings.items() if value[-axes:] != usual[name]}
    said = [f"{name}={value if axes == 2 else value[0]}" for name, value in chosen.items()]
    Z = steps.output("Z", next_number=True)
    size = " x ".join(map(str, params["W"].shape[:axes]))
    groups = f" in {layer.groups} groups of channels" if layer.groups > 1 else ""
    steps.begin(
        f"{layer.label}: {layer.filters} filters of size {size}{groups}, from {_batch(x.shape)} to "
        f"{_batch(layer.init(ShapesOnly(), x.shape)[1])}."
    )
    names = steps.of_weights(Z, params)
    function = f"conv{axes}d"
    steps.masked |= x.steps
    X = f"np.where(M, {x.name}, 0)" if x.steps else x.name
    if layer.groups > 1:
        steps.functions.add(function)
        steps.call(Z, "in_groups", function, str(layer.groups), X, *names, *said)
    else:
        steps.call(Z, function, X, *names, *said)
    return Z


def _pool(steps: Steps, layer: MaxPool | AveragePool, params: Params, x: Value) -> str:
    function, what = ("max_pool", "largest number") if isinstance(layer, MaxPool) else ("average_pool", "mean")
    windows = pool_windows(layer, x.shape)
    P = steps.output("P")
    size = " x ".join(map(str, windows.window))
    _, shape = layer.init(ShapesOnly(), x.shape)
    steps.begin(f"{layer.label}: the {what} under a window of {size}, from {_batch(x.shape)} to {_batch(shape)}.")
    settings = (f"{name}={value}" for name, value in windows._asdict().items())
    steps.call(P, function, x.name, *settings)
    return P


def _global_pool(steps: Steps, layer: GlobalAveragePool, params: Params, x: Value) -> str:
    P = steps.output("P")
    steps.begin("GlobalAveragePool: the mean of each channel.")
    if x.steps:
        steps.masked = True
        steps.call(P, "mean_of_steps", x.name, "M")
        return P
    axes = "1" if len(x.shape) == 2 else "(1, 2)"
    steps.lines.append(f"    {P} = {x.name}.mean(axis={axes})")
    return P


def _reshape(steps: Steps, layer: Flatten | Reshape, params: Params, x: Value) -> str:
    F = steps.output("F")
    _, shape = layer.init(ShapesOnly(), x.shape)
    steps.begin(f"{layer.label}: from {_batch(x.shape)} to {_batch(shape)}.")
    steps.lines.append(f"    {F} = {x.name}.reshape({', '.join(map(str, (-1, *shape)))})")
    return F


def _zero_pad(steps: Steps, layer: ZeroPad, params: Params, x: Value) -> str:
    F = steps.output("F")
    steps.begin("ZeroPad: zeros around each example.")
    widths = ((layer.padding, layer.padding),) * (len(x.shape) - 1) if isinstance(layer.padding, int) else layer.padding
    steps.call(F, "np.pad", x.name, str(((0, 0), *map(tuple, widths), (0, 0))))
    return F


def _upsample(steps: Steps, layer: Upsample, params: Params, x: Value) -> str:
    F = steps.output("F")
    steps.begin("Upsample: each number several times.")
    factors = per_axis("Upsample", "factor", layer.factor, len(x.shape) - 1)
    repeats = "".join(f".repeat({f}, axis={axis})" for axis, f in enumerate(factors, 1))
    steps.lines.append(f"    {F} = {x.name}{repeats}")
    return F


def _embedding(steps: Steps, layer: Embedding, params: Params, x: Value) -> str:
    E = steps.output("E", next_number=True)
    steps.begin(f"Embedding: for each of {layer.vocabulary} numbers, {layer.units} learned ones.")
    (W,) = steps.of_weights(E, params)
    steps.call(E, "embed", x.name, W)
    return E


def _recurrent(steps: Steps, layer: RNN | LSTM | GRU, params: Params, x: Value) -> str:
    H = steps.output("H", next_number=True)
    order = "from the last step to the first" if layer.reverse else "from step to step"
    output = "the states of all steps" if layer.sequence else "the state after all steps"
    steps.begin(f"{layer.label}: {layer.units} numbers of state, carried {order}. The output is {output}.")
    weights = {name: params[name] for name in ("Wx", "Wh", *layer.biases)}
    names = steps.of_weights(H, weights)
    settings = []
    if isinstance(layer, RNN):
        settings = ["g=np.tanh" if layer.activation == "tanh" else f"g={layer.activation}"]
        steps.functions.add(layer.activation)
    backwards = "[:, ::-1]" if layer.reverse else ""
    if x.steps:
        steps.masked = True
        settings.append(f"M=M{backwards}")
    function = type(layer).__name__.lower()
    steps.call(H, function, f"{x.name}{backwards}", *names, *settings)
    if not layer.sequence:
        steps.lines.append(f"    {H} = {H}[:, -1]")
    elif layer.reverse:
        steps.lines.append(f"    {H} = {H}[:, ::-1]  # the steps in their places again")
    if layer.sequence:
        steps.clear(H, x)
    return H


def _bidirectional(steps: Steps, layer: Bidirectional, params: Params, x: Value) -> str:
    steps.begin("Bidirectional: a layer for each direction.")
    outputs = [
        in_script(steps, part, params[name], x).name for part, name in zip(layer.parts, layer.names, strict=True)
    ]
    return _joined(steps, outputs, "Both directions, side by side.")


def _sequential(steps: Steps, layer: Sequential, params: Params, x: Value) -> str:
    for part, part_params in zip(layer.parts, params, strict=True):
        x = in_script(steps, part, part_params, x)
    return x.name


def _shared(steps: Steps, layer: Layer, x: Value) -> Value:
    """Return an input for one of the layers that share it: as floats, unless it looks whole numbers up."""
    if not x.whole or layer.vocabulary_of_input is not None:
        return x
    return x._replace(name=f"{x.name}.astype(np.{steps.dtype.name})", whole=False)


def _branches(steps: Steps, layer: Residual | Concatenate, params: Params, x: Value) -> list[str]:
    parts = zip(layer.parts, params, strict=True)
    return [in_script(steps, part, part_params, _shared(steps, part, x)).name for part, part_params in parts]


def _residual(steps: Steps, layer: Residual, params: Params, x: Value) -> str:
    steps.begin(f"Residual: two ways from {x.name}, which are added at the end.")
    return _added(steps, _branches(steps, layer, params, x), "Both ways, added.")


def _concatenate(steps: Steps, layer: Concatenate, params: Params, x: Value) -> str:
    steps.begin(f"Concatenate: {len(layer.parts)} ways from {x.name}, whose ends stand side by side.")
    return _joined(steps, _branches(steps, layer, params, x), "All ways, side by side.")


def _graph(steps: Steps, layer: Any, params: Params, x: Value) -> str:
    values = {INPUT: x}
    for node in layer.nodes:
        inputs = [values[name] for name in node.inputs]
        about = f"The node {quoted(node.name)} of the graph:"
        if node.merges:
            merge, how = (_added, "added") if node.operation == "add" else (_joined, "side by side")
            names = [_shared(steps, node.layer, value).name for value in inputs]
            output = merge(steps, names, f"{about} its inputs, {how}.")
            _, shape = node.layer.init(ShapesOnly(), tuple(value.shape for value in inputs))
            values[node.name] = Value(output, shape, steps=all(value.steps for value in inputs))
        else:
            steps.begin(about)
            values[node.name] = in_script(steps, node.layer, params[node.name], _shared(steps, node.layer, inputs[0]))
    return values[layer.nodes[-1].name].name


def _added(steps: Steps, outputs: list[str], about: str) -> str:
    S = steps.output("S")
    steps.begin(about)
    steps.lines.append(f"    {S} = {' + '.join(outputs)}")
    return S


def _joined(steps: Steps, outputs: list[str], about: str) -> str:
    J = steps.output("J")
    steps.begin(about)
    steps.call(J, "np.concatenate", f"[{', '.join(outputs)}]", "axis=-1")
    return J


Step = Callable[[Steps, Any, Any, Value], str]
STEPS: dict[type[Layer], Step] = {
    **dict.fromkeys((Dense, NTKDense, RandomDense), _dense),
    Activation: _activation,
    ParametricActivation: _parametric,
    **dict.fromkeys((Dropout, SpatialDropout), _nothing),
    Scale: _scale,
    **dict.fromkeys((BatchNorm, LayerNorm, GroupNorm, RMSNorm), _normalization),
    **dict.fromkeys((Conv1D, Conv2D), _convolution),
    **dict.fromkeys((MaxPool, AveragePool), _pool),
    GlobalAveragePool: _global_pool,
    **dict.fromkeys((Flatten, Reshape), _reshape),
    ZeroPad: _zero_pad,
    Upsample: _upsample,
    Embedding: _embedding,
    **dict.fromkeys((RNN, LSTM, GRU), _recurrent),
    Bidirectional: _bidirectional,
    Sequential: _sequential,
    Residual: _residual,
    Concatenate: _concatenate,
    Graph: _graph,
}
"""The step of each layer."""
