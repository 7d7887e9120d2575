"""A network: layers, a loss and parameters, with what people do with it."""

from __future__ import annotations

import contextlib
import re
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from chainrule.arrays import Array, Float, Mode, Params, Shape, leaves
from chainrule.arrays.threads import in_halves, one_blas_thread
from chainrule.common.errors import InputError
from chainrule.common.settings import Each, Maybe, Whole, choice, shown, whole
from chainrule.common.text_table import text_table
from chainrule.data import checks, sources
from chainrule.data.batches import INFERENCE_ROWS, Arrays, Data, Source
from chainrule.engines.choose import choose, make, predictor
from chainrule.engines.numpy import blas_threads
from chainrule.equations import losses, optimizers
from chainrule.equations.activations import ACTIVATIONS
from chainrule.equations.initializers import SUITED
from chainrule.equations.losses import Loss
from chainrule.equations.optimizers import Optimizer
from chainrule.layers import Activation, Dense, Layer, Sequential
from chainrule.layers.base import LAYERS
from chainrule.metrics import Metric, WholeMetric, default, find
from chainrule.training import loop as training
from chainrule.training import progress
from chainrule.training.callbacks import Callback
from chainrule.training.checkpoint import Checkpoint, Checkpoints
from chainrule.training.history import History

_SIZES = Each(Whole(1), "a list of sizes from input to output, such as [784, 50, 10]", least=2)
_SHAPE = Maybe(Each(Whole(1), "the lengths of the axes of one example, without the batch axis"))


class Network:
    """Layers and a loss, trained on data.

    Parameters
    ----------
    layers
        The layers from input to logits, without the output activation, which the loss owns.
    loss
        A loss, or its name in `chainrule.losses.LOSSES`.
    input_shape
        The shape of one example, such as (784,). If None, the first call of `fit` sets it.
    seed
        Of the first parameters.
    dtype
        float32 or float64.

    Attributes
    ----------
    params
        The parameters: a tuple with one dict per layer, such as ``network.params[0]["W"]``.
    history
        The scores of every epoch of training; prints as a table.

    Examples
    --------
    >>> import chainrule as cr
    >>> X, y = cr.datasets.xor(seed=0)
    >>> network = cr.Network.mlp([2, 8, 1], hidden="tanh")
    >>> history = network.fit(X, y, epochs=60, optimizer=cr.Adam(lr=0.05), verbose=False)
    >>> network.predict_classes([[0.0, 1.0], [1.0, 1.0]])
    array([1, 0])
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        loss: str | Loss,
        *,
        input_shape: Sequence[int] | None = None,
        seed: int = 0,
        dtype: Any = np.float32,
    ) -> None:
        self.body = Sequential(LAYERS.check("Network", "layers", layers))
        self.loss = losses.find(loss)
        self.dtype = _dtype(dtype)
        self.seed = whole("Network", "seed", seed, least=0)
        self.input_shape: Shape | None = None
        self.output_shape: Shape | None = None
        self.params: Params = None
        self.history = History()
        input_shape = _SHAPE.check("Network", "input_shape", input_shape)
        if input_shape is not None:
            self._build(tuple(input_shape))

    @classmethod
    def mlp(
        cls,
        sizes: Sequence[int],
        hidden: str = "relu",
        loss: str | Loss | None = None,
        *,
        seed: int = 0,
        dtype: Any = np.float32,
    ) -> Network:
        """Return the usual stack of Dense layers with an activation between them.

        Parameters
        ----------
        sizes
            The number of inputs, the units of each hidden layer, the number of outputs.
        hidden
            The activation of the hidden layers, by name. It decides how the weights start (He for ReLU and its
            relatives, Xavier for sigmoid and tanh).
        loss
            If None: binary cross-entropy for one output, categorical cross-entropy for more. For regression say
            "mean_squared_error".
        seed, dtype
            As for `Network`.
        """
        sizes, hidden = _SIZES.check("mlp", "sizes", sizes), choice("mlp", "hidden", hidden, ACTIVATIONS)
        if loss is None:
            loss = "binary_cross_entropy" if sizes[-1] == 1 else "categorical_cross_entropy"
        layers: list[Layer] = []
        for units in sizes[1:-1]:
            layers += [Dense(units, initializer=SUITED.get(hidden, "he")), Activation(hidden)]
        layers.append(Dense(sizes[-1], initializer="xavier"))
        return cls(layers, loss, input_shape=(sizes[0],), seed=seed, dtype=dtype)

    def _build(self, input_shape: Shape) -> None:
        rng = np.random.default_rng(self.seed)
        self.params, self.output_shape = self.body.init(rng, input_shape, self.dtype)
        self.input_shape = input_shape

    def _built(self) -> None:
        if self.params is None:
            raise InputError("The network has no parameters yet: call fit first, or build it with input_shape=...")

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        epochs: int = 10,
        batch_size: int = 32,
        optimizer: str | Optimizer | None = None,
        validation_data: Any = None,
        validation_split: float = 0.0,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | Literal["balanced"] | None = None,
        mask: Any = None,
        metrics: Sequence[str | Metric | WholeMetric] | None = None,
        callbacks: Sequence[Callback] = (),
        accumulate: int = 1,
        checkpoint: str | Path | Checkpoint | None = None,
        engine: str = "numpy",
        precision: str | None = None,
        seed: int = 0,
        verbose: bool = True,
    ) -> History:
        """Train on examples; a second call goes on from the parameters of the first.

        Parameters
        ----------
        X
            Inputs of shape (examples, ...): an array, or data larger than memory, of which only slices are read
            (`numpy.memmap`, an HDF5 dataset). Or, without y, a `chainrule.sources.Parquet` or any iterable of batches
            (X, y), (X, y, weights) or (X, y, weights, mask).
        y
            Targets: labels 0, 1, ... or one-hot rows for classes, 0/1 for binary, values for regression.
        epochs, batch_size
            How often to go through the data, and how many examples to take per step.
        optimizer
            An optimizer or its name; Adam with its usual learning rate if None. Learning-rate schedules, gradient
            clipping and weight decay are its parameters.
        validation_data
            (X, y), or (X, y, mask), or what X may be without y, to evaluate after every epoch.
        validation_split
            Instead: the share of the examples in memory, drawn with the seed, to keep for that.
        sample_weight
            One weight per example; the loss is the weighted mean.
        class_weight
            One weight per class, as {label: weight}; "balanced" makes all classes weigh the same together. Examples are
            weighted by it in training, but not in validation.
        mask
            For sequences of different length: (examples, time), 1 where there is data and 0 where there is padding.
        metrics
            What to score besides the loss: names in `chainrule.metrics.METRICS`, or objects from there. If None: the
            accuracy, or for regression the mean absolute error (mae).
        callbacks
            Called at the start and end of the run, of each epoch and of each batch: `EarlyStopping`, the loggers in
            `chainrule.loggers`, or your own `Callback`.
        accumulate
            How many batches make one step: their gradients are averaged.
        checkpoint
            A folder, or a `Checkpoint`: save the state there every few seconds, and go on from the last one if there is
            one. `epochs` then counts from the beginning of that run.
        engine
            "numpy"; "fast", which is NumPy with the optimizer compiled by numba; "xla", which compiles everything with
            JAX for CPU, GPU or TPU; or "auto", which chooses and says why.
        precision
            "bfloat16" computes forward and backward in it, with parameters in float32 (engine "xla").
        seed
            Of the order of the examples, the validation split and dropout.
        verbose
            Whether to show progress: a live bar on a terminal, else a line per epoch.

        Returns
        -------
        History
            The scores of every epoch so far, also kept as `history`.

        Raises
        ------
        InputError
            If the data breaks a rule.
        DivergenceError
            If the loss becomes NaN or infinite. The network keeps the best parameters of the epochs before.

        Notes
        -----
        Ctrl-C ends training without an error, and the network keeps the best parameters so far.
        """
        if epochs < 1 or batch_size < 1 or accumulate < 1:
            raise InputError(
                f"fit needs epochs, batch_size and accumulate of at least 1, but got {epochs}, {batch_size} and "
                f"{accumulate}."
            )
        rule, scored = optimizers.find(optimizer), self._metrics(metrics)
        built = self.params is not None
        try:
            weigh = checks.class_weights(class_weight, y, self.loss)
            source: Source = sources.source(
                X,
                y,
                weights=sample_weight,
                mask=mask,
                batch_size=batch_size,
                seed=seed,
                prepare=lambda data: weigh(self._checked(data)),
            )
            if self.params is None:
                self._build(source.shape)
            validation = None if validation_data is None else self._examples(validation_data)
            if validation_split:
                source, validation = _split(source, validation_split, validation, batch_size, seed)
            if isinstance(source, Arrays):
                checks.several_classes(source.data.Y, self.loss)
                checks.some_weight(source.data)
        except InputError:
            if not built:  # the next, right data must find the network as this found it
                self.params = self.input_shape = self.output_shape = None
            raise
        if engine == "auto":
            engine, reason = choose(self.body, self.params, source.shape, batch_size, epochs * (source.batches or 1))
            if verbose:
                print(f"Engine: {engine}, because {reason}.")
        runner = make(
            engine,
            self.body,
            self.loss,
            rule,
            self.params,
            metrics=tuple(metric for metric in scored if isinstance(metric, Metric)),
            seed=seed,
            accumulate=accumulate,
            precision=precision,
        )
        source.block_bytes, source.block_batches = runner.block_bytes, runner.block_batches

        def validate() -> training.Scores:
            assert validation is not None
            return training.evaluate(runner.forward, self.loss, scored, validation.ordered(), self.dtype)

        run = training.Run(
            self,
            runner,
            source,
            epochs=epochs,
            seed=seed,
            metrics=scored,
            validate=None if validation is None else validate,
            checkpoints=None if checkpoint is None else Checkpoints(checkpoint),
            settings=self._settings(rule, source, batch_size, seed, accumulate),
        )
        # Numbers that blow up are reported as an error with the layer's name, not as NumPy's warnings.
        with np.errstate(over="ignore", invalid="ignore"), blas_threads(self.params, batch_size):
            ended = training.train(run, [*progress.choose(verbose), *callbacks])
        if ended and (verbose or "Ctrl-C" in ended):
            print(ended)
        return self.history

    def _metrics(self, metrics: Sequence[str | Metric | WholeMetric] | None) -> list[Metric | WholeMetric]:
        return [default(self.loss)] if metrics is None else [find(metric, self.loss) for metric in metrics]

    def _settings(self, rule: Optimizer, source: Source, batch_size: int, seed: int, accumulate: int) -> str:
        """Return what must be the same for a run to go on with the same bits."""
        text = (
            f"{self.body.layers}, {self.loss}, {rule}, {self.dtype.name}, batch_size={batch_size}, seed={seed}, "
            f"accumulate={accumulate}, {source.batches} batches of {self.input_shape}"
        )
        if isinstance(source, Arrays):
            X, Y = (a[:1000].tobytes() for a in source.data[:2])
            text += f" with checksum {zlib.crc32(Y, zlib.crc32(X)):08x}"
        return re.sub(r" at 0x[0-9a-f]+", "", text)  # of functions, such as a schedule of the user's own

    def _checked(self, data: Data) -> Data:
        """Return examples that fit the network, or raise an error that says why they do not."""
        X = checks.features(data.X, self.input_shape)
        if self.params is None:
            self._build(X.shape[1:])
        assert self.output_shape is not None
        Y = checks.targets(data.Y, len(X), self.loss, self.output_shape)
        weights = None if data.weights is None else checks.example_weights(data.weights, len(X))
        return Data(X, Y, weights, None if data.mask is None else checks.mask(data.mask, X))

    def _examples(self, data: Any) -> Source:
        """Return examples to be scored: (X, y), (X, y, mask), or a source that brings its targets."""
        X, y, mask = (*data, None)[:3] if isinstance(data, tuple) and len(data) in (2, 3) else (data, None, None)
        return sources.source(X, y, mask=mask, batch_size=1, seed=0, prepare=self._checked)

    def predict(self, X: Any, *, mask: Any = None, engine: str = "numpy") -> Float[Array, "batch *out"]:
        """Return the outputs for inputs of shape (batch, ...): probabilities, or values for regression.

        With engine "xla" the pass is compiled, and runs on a GPU or TPU if there is one.
        """
        self._built()
        assert self.output_shape is not None
        stored = sources.is_stored(X)  # then it is read some rows at a time
        if not stored:
            X = checks.features(X, self.input_shape, look=False)
        mask = None if mask is None else checks.mask(mask, X)
        forward = predictor(engine, self.body, self.params)

        def outputs(rows: slice) -> Array:
            part = X[rows]
            if stored or not checks.finite(part):  # looked at here, where it is in the processor's cache
                part = checks.features(part if stored else X, self.input_shape)
            part_of_mask = None if mask is None else mask[rows].astype(self.dtype)
            return self.loss.activation(forward(np.asarray(part, self.dtype), part_of_mask))

        if len(X) <= INFERENCE_ROWS:
            return outputs(slice(None))
        out = np.empty((len(X), *self.output_shape), self.dtype)

        def fill(half: slice) -> None:
            for start in range(half.start or 0, half.stop, INFERENCE_ROWS):
                rows = slice(start, min(start + INFERENCE_ROWS, half.stop))
                out[rows] = outputs(rows)

        if engine == "xla" or stored:
            fill(slice(len(X)))
        else:
            with one_blas_thread():
                in_halves(fill, len(X))
        return out

    def predict_classes(self, X: Any, threshold: float = 0.5, *, mask: Any = None) -> Any:
        """Return a class per example.

        Parameters
        ----------
        X
            Inputs of shape (batch, ...).
        threshold
            For binary classification: the probability from which on the answer is 1.
        """
        if self.loss.task == "regression":
            raise InputError(f"{type(self.loss).__name__} is a regression loss and has no classes: use predict.")
        P = self.predict(X, mask=mask)
        if self.loss.task == "multiclass":
            return P.argmax(axis=-1)
        classes = (P >= threshold).astype(np.int64)
        return classes[..., 0] if classes.shape[-1] == 1 else classes

    def evaluate(
        self,
        X: Any,
        y: Any = None,
        *,
        sample_weight: Any = None,
        mask: Any = None,
        metrics: Sequence[str | Metric | WholeMetric] | None = None,
        engine: str = "numpy",
    ) -> training.Scores:
        """Return the loss and the metrics (accuracy, or for regression the mean absolute error, if None) on examples.

        X and y may be what they may be for `fit`.
        """
        self._built()
        data = sources.source(X, y, weights=sample_weight, mask=mask, batch_size=1, seed=0, prepare=self._checked)
        if isinstance(data, Arrays):
            checks.some_weight(data.data)
        forward = predictor(engine, self.body, self.params)
        return training.evaluate(forward, self.loss, self._metrics(metrics), data.ordered(), self.dtype)

    def summary(self, batch_size: int = 32) -> str:
        """Return a table of the layers.

        Its columns are the shape of the output, the parameters, the multiply-adds of one example, and the memory of the
        output of forward and of what is kept for backward, for a batch.
        """
        self._built()
        assert self.input_shape is not None
        x = np.zeros((2, *self.input_shape), self.dtype)  # two, as batch normalization needs a variance
        # Holding the arrays, and not only their ids, keeps an id from being given to another array meanwhile.
        known = {id(a): a for a in (x, *(_owner(p) for _, p in leaves(self.params)))}
        rows, totals = [["input", str(self.input_shape), "", "", "", ""]], np.zeros(3, int)
        for layer, params in zip(self.body.layers, self.params, strict=True):
            work = layer.multiply_adds(params, x.shape[1:])
            x, cache = layer.forward(params, x, Mode(training=True, key=(0,)))
            kept = [_owner(a) for _, a in leaves(cache) if isinstance(a, np.ndarray)]
            new = {id(a): a for a in kept if id(a) not in known}
            known |= new
            memory = batch_size * sum(a.nbytes for a in new.values()) // 2
            numbers = sum(p.size for _, p in leaves(params)), work, memory
            totals += numbers
            forward = _bytes(batch_size * x.nbytes // 2)
            rows.append([layer.label, str(x.shape[1:]), f"{numbers[0]:,}", f"{work:,}", forward, _bytes(numbers[2])])
        columns = ["layer", "output shape", "parameters", "multiply-adds", "forward", "backward"]
        count, work, memory = totals.tolist()
        return (
            f"{text_table(columns, rows)}\n{count:,} parameters ({_bytes(count * self.dtype.itemsize)}), "
            f"{work:,} multiply-adds per example, {_bytes(memory)} kept for backward in a batch of {batch_size}"
        )

    def __repr__(self) -> str:
        labels = ", ".join(layer.label for layer in self.body.layers)
        return f"Network([{labels}], {type(self.loss).__name__}, input_shape={self.input_shape})"


def _dtype(dtype: Any) -> np.dtype[Any]:
    with contextlib.suppress(TypeError, ValueError):
        if isinstance(dtype, str | type | np.dtype):  # for NumPy, None is float64 too
            known: np.dtype[Any] = np.dtype(dtype)
            if known in (np.float32, np.float64):
                return known
    raise InputError(f"Network takes dtype as float32 or float64, but dtype={shown(dtype)}.")


def _split(
    source: Source, share: float, validation: Source | None, batch_size: int, seed: int
) -> tuple[Arrays, Arrays]:
    if validation is not None:
        raise InputError("fit takes validation_data or validation_split, but not both.")
    if not isinstance(source, Arrays):
        raise InputError("validation_split draws from data in memory: give stored data validation_data=(X, y) instead.")
    data = source.data
    n = round(len(data.X) * share)
    if not 0 < n < len(data.X):
        raise InputError(
            f"validation_split={share} of {len(data.X)} examples leaves none to train on or none to validate on: "
            "give a share between 0 and 1."
        )
    order = np.random.default_rng((seed, 0)).permutation(len(data.X))

    def part(rows: Array) -> Arrays:
        return Arrays(Data(*(None if a is None else a[rows] for a in data)), batch_size, seed)

    return part(order[n:]), part(order[:n])


def _owner(a: Array) -> Array:
    """Return the array that owns the memory of a view."""
    return a if a.base is None else a.base


def _bytes(n: int) -> str:
    """Return a number of bytes as people read it."""
    size = float(n)
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"
