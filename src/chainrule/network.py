"""A network: layers, a loss and parameters, with what people do with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from chainrule.arrays import Array, Float, Mode, Params, Shape
from chainrule.arrays.threads import one_blas_thread
from chainrule.common.console import say
from chainrule.common.errors import InputError
from chainrule.common.settings import Each, Maybe, Precision, Whole, choice, number, whole
from chainrule.data import sources
from chainrule.data.batches import Source
from chainrule.data.door import Door
from chainrule.data.fitting import examples_for_fit, examples_to_score
from chainrule.engines import processes
from chainrule.engines.base import Engine, Forward
from chainrule.engines.choose import choose, engine_maker, predictor
from chainrule.engines.devices import Devices
from chainrule.engines.inference import rows_at_once
from chainrule.engines.prepared import Predictor, predictor_of
from chainrule.equations import losses, optimizers
from chainrule.equations.activations import ACTIVATIONS
from chainrule.equations.initializers import SUITED
from chainrule.equations.losses import Loss
from chainrule.equations.optimizers import Optimizer
from chainrule.layers import Activation, Dense, Layer, Sequential
from chainrule.layers.blow_up import first_blow_up
from chainrule.layers.own import LAYERS
from chainrule.layers.summary import Summary, bytes_per_example, network_html, summary
from chainrule.metrics import Metric, Metrics, WholeMetric, find_all
from chainrule.training import progress
from chainrule.training.callbacks import Callback
from chainrule.training.checkpoint import Checkpoint
from chainrule.training.history import History
from chainrule.training.identity import identity_of, plain
from chainrule.training.loop import train
from chainrule.training.notes import OneTargetNote, warn_of_output_activation
from chainrule.training.outputs import outputs
from chainrule.training.run import Run
from chainrule.training.scoring import Scores, check_counted_in_batches, evaluate
from chainrule.training.settings import FitSettings
from chainrule.training.shared_checkpoints import checkpoints_of
from chainrule.training.shown import snapshot

if TYPE_CHECKING:
    from chainrule.trace.diagnosis.finding import Diagnosis
    from chainrule.trace.trace import Trace

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
    feature_names
        The names of the columns that it was trained with, if they had names; frames are put in their order.
    input_scale
        What raw numbers are multiplied by to become the network's inputs, such as 1/255 for pixels of 0 to 255; None if
        nobody said so. It is kept in the model file, and ``chainrule predict`` applies it to files; `fit`, `predict`
        and `evaluate` take inputs as they are.

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
        self.dtype = Precision().check("Network", "dtype", dtype)
        self.seed = whole("Network", "seed", seed, least=0)
        self.input_shape: Shape | None = None
        self.output_shape: Shape | None = None
        self.params: Params = None
        self.history = History()
        self.feature_names: tuple[str, ...] | None = None
        self._example: tuple[int, int] | None = None  # bytes of a pass, and multiply-adds
        self._optimizer: tuple[Optimizer, dict[str, Array]] | None = None  # the last fit's, with its state
        warn_of_output_activation(self.body, self.loss)
        self.input_scale: float | None = None
        input_shape = _SHAPE.check("Network", "input_shape", input_shape)
        if input_shape is not None:
            self.params, self.input_shape, self.output_shape = self._planned(tuple(input_shape))

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

    def _planned(self, input_shape: Shape) -> tuple[Params, Shape, Shape]:
        """Return the parameters and the shapes of one example's input and output; the first ones if there are none."""
        if self.params is not None:
            assert self.input_shape is not None and self.output_shape is not None
            return self.params, self.input_shape, self.output_shape
        params, output_shape = self.body.init(np.random.default_rng(self.seed), input_shape, self.dtype)
        return params, input_shape, output_shape

    def _built(self) -> None:
        if self.params is None:
            raise InputError("The network has no parameters yet: call fit first, or build it with input_shape=...")

    def _door(self, X: Any) -> Door:
        """Return what checks X, with the names of its columns as they are after they were put in order."""
        names = sources.names_of(X)
        return Door(
            self.body, self.loss, self.dtype, self._planned, self.input_shape, names and (self.feature_names or names)
        )

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
        steps_per_epoch: int | None = None,
        restart: bool = False,
        engine: str = "numpy",
        precision: str | None = None,
        devices: int | str | Devices | None = None,
        seed: int = 0,
        verbose: bool = True,
    ) -> History:
        """Train on examples; a second call goes on where the first one ended.

        Parameters
        ----------
        X
            Inputs of shape (examples, ...): an array, or data larger than memory, of which only slices are read
            (`numpy.memmap`, an HDF5 dataset). Or, without y, a `chainrule.sources.Parquet` or any iterable of batches
            (X, y), (X, y, weights) or (X, y, weights, mask). The columns of data frames are put in the order in which
            the network first saw them.
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
            One weight per example, or per step of examples if there is an output for each: 0, or from 1e-20 to 1e20.
            The loss is the weighted mean; metrics count what has a weight above 0, all of it alike.
        class_weight
            One weight per class, as {label: weight}; "balanced" makes all classes weigh the same together. Examples (or
            steps) are weighted by it in training, but not in validation. Not for several yes/no outputs, nor for
            targets that give each class a share.
        mask
            For sequences of different length: (examples, time), 1 where there is data and 0 where there is padding.
            What stands at padded steps, in X and in y, changes nothing: no score, no gradient. Layers that would mix
            padding in refuse a mask.
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
            one and all that the numbers depend on is the same: the layers, the loss, the optimizer, the metrics, early
            stopping, and a checksum of all examples, weights and masks (of stored data, of a sample of its rows).
            `epochs` then counts from the beginning of that run.
        steps_per_epoch
            For batches: how many make an epoch, as generators that never end need. They go on from one epoch to the
            next.
        restart
            Whether the optimizer and its schedule start anew. If False, a second fit with an equal optimizer goes on
            with its state and at its step, so that two fits of one epoch are one of two.
        engine
            "numpy"; "fast", which is NumPy with the optimizer and parts of some layers compiled by numba, if the
            network is large enough to gain by it; "xla", which compiles everything with JAX for CPU, GPU or TPU;
            "torch", which computes the same equations with PyTorch on its GPU, if there is one, else on the CPU
            ("torch:cpu", "torch:cuda:1", "torch:mps" name a device); or "auto", which chooses between the others and
            says why.
        precision
            "bfloat16" computes forward and backward in it, with parameters in float32 (engine "xla"). It has the range
            of float32, so the loss needs no scaling.
        devices
            How many devices train together (engine "xla"), "all" that JAX has, or `Devices`: each gets its share of
            the rows of every batch, and the numbers are those of one device but for rounding. None is one device.
        seed
            Of the order of the examples, the validation split and dropout.
        verbose
            Whether to show progress: a live line on a terminal and in notebooks, else a line per epoch.

        Returns
        -------
        History
            The scores of every epoch so far, also kept as `history`. With L2 (an optimizer's `weight_decay`, other than
            AdamW's), `l2` is the term that is added to the loss in each step.

        Raises
        ------
        InputError
            If the data breaks a rule.
        DivergenceError
            If the loss, a parameter or the validation loss becomes NaN or infinite. The network keeps the best
            parameters of the epochs before.

        Notes
        -----
        Ctrl-C ends training without an error, and the network keeps the best parameters so far.
        """
        how = FitSettings(
            epochs=epochs,
            batch_size=batch_size,
            accumulate=accumulate,
            seed=seed,
            validation_split=validation_split,
            steps_per_epoch=steps_per_epoch,
            callbacks=callbacks,
            checkpoint=checkpoint,
            engine=engine,
            precision=precision,
            devices=devices,
            restart=restart,
            verbose=verbose,
        )
        rule, scored, door = optimizers.find(optimizer, "fit"), find_all(metrics, self.loss), self._door(X)
        source, validation = examples_for_fit(
            sources.Held(X, y, sample_weight, mask),
            door=door,
            loss=self.loss,
            cutting=sources.Cutting(how.batch_size, how.seed, how.steps_per_epoch),
            class_weight=class_weight,
            validation_data=validation_data,
            validation_split=how.validation_split,
        )
        several = how.devices is not None and processes.count() > 1
        source = processes.shared(source) if several else source
        if validation is None:
            check_counted_in_batches(scored)
        params, input_shape, output_shape = door.settled(source.shape)
        runner = self._engine(how, rule, scored, params, source)
        checkpoints = None
        if how.checkpoint is not None or several:
            identity = identity_of(self, rule, scored, how, source, validation)
            identity["class_weight"] = plain("class_weight", class_weight)
            checkpoints = checkpoints_of(how.checkpoint, identity, several=several)

        self.params, self.input_shape, self.output_shape = params, input_shape, output_shape
        self.feature_names = self.feature_names or sources.names_of(X) or sources.names_of(source)
        run = Run(
            self,
            runner,
            source,
            epochs=how.epochs,
            seed=how.seed,
            metrics=scored,
            validate=None if validation is None else lambda: self._scores(runner.forward, scored, validation, runner),
            checkpoints=checkpoints,
        )
        shown = progress.choose(how.verbose and processes.first())
        return self._train(run, rule, how, [OneTargetNote(door), *shown, *how.callbacks])

    def _engine(self, how: FitSettings, rule: Optimizer, metrics: Metrics, params: Params, source: Source) -> Engine:
        """Return what trains the network on a source."""
        name = how.engine
        if name == "auto":
            steps = how.epochs * (source.batches or 1)
            name, reason = choose(self.body, params, source.shape, how.batch_size, steps)
            if how.verbose:
                say("Engine: {name}, because {reason}.", name=name, reason=reason)
        return engine_maker(name, self.body, how.hardware)(
            self.body,
            self.loss,
            rule,
            params,
            metrics=tuple(metric for metric in metrics if isinstance(metric, Metric)),
            seed=how.seed,
            accumulate=how.accumulate,
        )

    def _train(self, run: Run, rule: Optimizer, how: FitSettings, callbacks: Sequence[Callback]) -> History:
        """Train, from the state of the optimizer that the last fit ended with, if it is the same."""
        if not how.restart and self._optimizer is not None and self._optimizer[0] == rule:
            run.engine.restore(snapshot(self.params) | self._optimizer[1])
        self._optimizer = None
        # Numbers that blow up are reported as an error with the layer's name, not as NumPy's warnings.
        with np.errstate(over="ignore", invalid="ignore"), one_blas_thread():
            ended = train(run, callbacks)
        state = run.engine.state()
        self._optimizer = rule, {k: a for k, a in state.items() if not k.startswith(("params/", "pending"))}
        if ended.text and (how.verbose or ended.interrupted) and processes.first():
            say(ended.text)
        return self.history

    def _work(self) -> tuple[int, int]:
        """Return for how many examples at a time a forward pass is run, and the multiply-adds of one."""
        if self._example is None:
            assert self.input_shape is not None
            needed = bytes_per_example(self.body, self.params, self.input_shape, self.dtype)
            self._example = needed, self.body.multiply_adds(self.params, self.input_shape)
        return rows_at_once(self._example[0]), self._example[1]

    def _scores(self, forward: Forward, metrics: Metrics, source: Source, engine: Engine | None = None) -> Scores:
        """Return the scores on examples; of the parameters that an engine trains, if given."""
        whole = self.body.vocabulary_of_input is not None
        batches = (data.take(slice(None), self.dtype, whole=whole) for data in source.ordered(self._work()[0]))

        def place(X: Array, mask: Array | None) -> str:
            return first_blow_up(self.body, self.params if engine is None else engine.params, X, Mode(mask=mask))

        with np.errstate(over="ignore", invalid="ignore"), one_blas_thread():
            return evaluate(forward, self.loss, metrics, batches, place)

    def predict(self, X: Any, *, mask: Any = None, engine: str = "numpy") -> Float[Array, "batch *out"]:
        """Return the outputs for inputs of shape (batch, ...): probabilities, or values for regression.

        X may be what it may be for `fit`; targets that come with it are not looked at. Each thread computes as many
        examples at a time as fit into some 8 MB. With engine "xla" the pass is compiled, and runs on a GPU or TPU if
        there is one; with "torch", or "torch:cuda:1", it runs where that engine trains.

        Raises
        ------
        NotFiniteError
            A prediction is NaN or infinite.
        """
        return self._outputs(self.loss.activation, X, mask, engine)

    def logits(self, X: Any, *, mask: Any = None, engine: str = "numpy") -> Float[Array, "batch *out"]:
        """Return what `predict` returns, before the output activation that the loss owns: log-odds, for a sigmoid."""
        return self._outputs(lambda Z: Z, X, mask, engine)

    def predictor(self, batch_size: int = 32) -> Predictor:
        """Return a function that does what `predict` does for few rows at a time, in a fraction of the time.

        It has the parameters as they are now: make a new one after the network was trained on. Its numbers have the
        bits of `predict`. Dense layers and the usual activations write into memory that is taken once; layers without
        such a form compute as ever. It takes no mask.

        Parameters
        ----------
        batch_size
            The rows of the largest batch that memory is kept for; a larger one is predicted as `predict` does.

        Returns
        -------
        Predictor
            Takes inputs of shape (batch, ...) and returns new arrays. Threads that share one wait for each other.

        Examples
        --------
        >>> import chainrule as cr
        >>> network = cr.Network.mlp([2, 3, 1], seed=0)
        >>> predict = network.predictor()
        >>> predict(np.ones((1, 2), np.float32)) == network.predict([[1.0, 1.0]])
        array([[ True]])
        """
        self._built()
        batch_size = whole("predictor", "batch_size", batch_size, least=1)
        return predictor_of(self, batch_size, self._work()[0])

    def _outputs(self, activation: Callable[[Array], Array], X: Any, mask: Any, engine: str) -> Array:
        self._built()
        return outputs(self, self._door(X), self._work(), activation, X, mask, engine)

    def predict_classes(self, X: Any, threshold: float = 0.5, *, mask: Any = None) -> Any:
        """Return a class per example.

        Parameters
        ----------
        X
            Inputs of shape (batch, ...), or whatever `predict` takes.
        threshold
            For binary classification: the probability above which the answer is 1.
        """
        if self.loss.task == "regression":
            raise InputError(
                "{loss} is a regression loss and has no classes: use predict.", loss=type(self.loss).__name__
            )
        threshold = number("predict_classes", "threshold", threshold, 0, 1)
        return self.loss.classes(self.predict(X, mask=mask), threshold)

    def evaluate(
        self,
        X: Any,
        y: Any = None,
        *,
        sample_weight: Any = None,
        mask: Any = None,
        metrics: Sequence[str | Metric | WholeMetric] | None = None,
        engine: str = "numpy",
    ) -> Scores:
        """Return the loss and the metrics (accuracy, or for regression the mean absolute error, if None) on examples.

        X and y may be what they may be for `fit`, and weights and masks count as they do there.
        """
        self._built()
        source = examples_to_score(sources.Held(X, y, sample_weight, mask), self._door(X), self.feature_names)
        return self._scores(predictor(engine, self.body, self.params), find_all(metrics, self.loss), source)

    def trace(
        self,
        X: Any,
        y: Any = None,
        *,
        sample_weight: Any = None,
        mask: Any = None,
        optimizer: str | Optimizer | None = None,
        training: bool | None = None,
        seed: int = 0,
        batch: tuple[int, int] = (1, 1),
    ) -> Trace:
        """Return every number of one pass: forward, loss, backward, and the optimizer's step if one is named.

        Nothing changes: the network keeps its parameters, and the numbers are those of `fit`, to the bit.

        Parameters
        ----------
        X, y, sample_weight, mask
            A batch of examples, as for `fit`. Without y, there is a forward pass only.
        optimizer
            What to update the parameters with in the trace; one that is equal to that of the last `fit` goes on with
            its state.
        training
            Whether layers such as Dropout and BatchNorm act as in training. If None, they do if there is a y.
        seed
            Of dropout: the random numbers are those of ``fit(seed=seed)``.
        batch
            And there of which batch: the epoch, and the batch in it, both counted from 1.

        Returns
        -------
        Trace
            The record: arrays by their names, ``trace["layer0.W"]``, and ``trace.why("layer0.W[3, 1]")``, which says
            what a number is the sum of. It prints as a table and shows as a page in notebooks.

        Examples
        --------
        >>> import chainrule as cr
        >>> network = cr.Network.mlp([2, 3, 1], seed=0)
        >>> trace = network.trace([[1.0, 2.0], [0.5, -1.0]], [0, 1])
        >>> print(trace.why("layer2.W[1, 0]"))
        layer2.dW[1, 0] = -0.09909: the sum of these terms
        factor             number                product
        A[1, 1] = 0.4696 × dZ[1, 0] = -0.2110 = -0.09909
        """
        from chainrule.trace.network import traced

        self._built()
        examples = sources.Held(X, y, sample_weight, mask)
        return traced(
            self,
            examples,
            self._door(X),
            optimizer,
            self._optimizer,
            training=training,
            seed=seed,
            batch=batch,
        )

    def diagnose(
        self,
        X: Any,
        y: Any = None,
        *,
        sample_weight: Any = None,
        mask: Any = None,
        optimizer: str | Optimizer | None = None,
    ) -> Diagnosis:
        """Return in sentences what is wrong with the network or the examples, if anything, and what to do.

        It looks at up to 4,096 of the examples, of which up to 256 pass through the network, and tries a few steps on a
        copy; nothing of the network changes. Looked for are inputs and targets that are not scaled, constant columns,
        rare classes, an output activation that the loss applies itself, batch statistics of few values, symmetric, dead
        and saturated units, gradients that vanish, explode or do not arrive, a loss that is worse than guessing, labels
        that are shifted or shuffled, a learning rate that is too high or too low, and numbers that are not finite.

        Parameters
        ----------
        X, y, sample_weight, mask
            Examples, as for `fit`: those that it trains on tell most.
        optimizer
            What it trains with; if None, that of the last `fit`. Without either, the learning rate is not judged.

        Returns
        -------
        Diagnosis
            The findings; it prints as text and shows as a page in notebooks.

        Raises
        ------
        InputError
            The examples break a rule of `fit`, such as a NaN in X.

        Examples
        --------
        >>> import chainrule as cr
        >>> X, y = cr.datasets.moons(seed=0)
        >>> network = cr.Network.mlp([2, 8, 1], seed=0)
        >>> network.diagnose(X, y)
        Diagnosis(nothing found)
        >>> network.diagnose(100 * X, y)
        Diagnosis(large-inputs, start-too-high)
        """
        from chainrule.trace.diagnosis.network import diagnosed

        self._built()
        examples = sources.Held(X, y, sample_weight, mask)
        return diagnosed(self, examples, self._door(X), optimizer, self._optimizer)

    def summary(self, batch_size: int = 32) -> Summary:
        """Return the layers as a table, when printed and in notebooks.

        Its columns are the shape of the output, the parameters, the multiply-adds of one example, and the memory of the
        output of forward and of what is kept for backward, for a batch.
        """
        self._built()
        assert self.input_shape is not None
        batch_size = whole("summary", "batch_size", batch_size, least=1)
        return summary(self.body, self.params, self.input_shape, self.dtype, batch_size)

    def __repr__(self) -> str:
        labels = ", ".join(layer.label for layer in self.body.layers)
        return f"Network([{labels}], {type(self.loss).__name__}, input_shape={self.input_shape})"

    def _repr_html_(self) -> str:
        return network_html(self.body, repr(self.loss), None if self.params is None else self.summary())
