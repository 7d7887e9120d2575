"""`chainrule train`: train a network on a data set, test it, save it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from chainrule import Callback, Network, save
from chainrule.cli.distribution import (
    CoordinatorOption,
    DistributedOption,
    Distribution,
    ProcessesOption,
    ProcessIdOption,
)
from chainrule.cli.inputs import outputs
from chainrule.cli.output import JsonOption, one_of, print_json, scores_line
from chainrule.cli.output import test as score
from chainrule.cli.stopping import stopping
from chainrule.cli.table_options import (
    CategoricalOption,
    DateOption,
    DropOption,
    NumericOption,
    SheetOption,
    SizeOption,
    TableOptions,
    XOption,
    YOption,
    picture_size,
)
from chainrule.cli.train_table import hidden_layers, hidden_sizes, train_table
from chainrule.common import atomic
from chainrule.common.console import say
from chainrule.common.errors import InputError
from chainrule.common.texts import tr
from chainrule.datasets import DATASETS, Dataset
from chainrule.engines.choose import ENGINES
from chainrule.equations.activations import ACTIVATIONS
from chainrule.equations.optimizers import OPTIMIZERS, Optimizer
from chainrule.files import endings
from chainrule.layers import Layer

EXAMPLE = """\
Example: chainrule train titanic.csv --target Survived --out titanic.safetensors

Example: chainrule train mnist-small --epochs 10 --out digits.safetensors"""


_LAYERS = "128,64"


def run(
    dataset: Annotated[
        str, typer.Argument(metavar="DATASET", help=f"A table of your own, or one of {', '.join(DATASETS)}.")
    ] = "mnist-small",
    layers: Annotated[
        str | None,
        typer.Option(
            metavar="SIZES",
            help="Units of each hidden layer, separated by commas; '' for none. With --history also lstm:32, gru:32.",
            show_default=_LAYERS,
        ),
    ] = None,
    hidden: Annotated[
        str, typer.Option(metavar="NAME", help="Their activation, such as relu, tanh or sigmoid.")
    ] = "relu",
    preset: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="tabular: for a table, a network and settings that were tuned on many of them."
        ),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Passes over the training part.", show_default="30")
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Examples per step.", show_default="32")
    ] = None,
    optimizer: Annotated[
        str | None, typer.Option(metavar="NAME", help=f"One of {', '.join(OPTIMIZERS)}.", show_default="adam")
    ] = None,
    lr: Annotated[
        float | None, typer.Option(metavar="RATE", help="Learning rate.", show_default="the optimizer's usual one")
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, metavar="N", help="Of the first weights and the order of the examples.")
    ] = 0,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Save the model to this file (safetensors).")] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Save the state here every 10 seconds; the same command again goes on."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Insist on going on: an error if --checkpoint holds no run.")
    ] = False,
    engine: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="numpy, fast (needs numba), xla (needs jax), torch (needs PyTorch; torch:cuda:1 names a device), or "
            "auto, which says why.",
        ),
    ] = "numpy",
    as_json: JsonOption = False,
    target: Annotated[str | None, typer.Option(metavar="COLUMN", help="Of a table: the column to predict.")] = None,
    task: Annotated[
        str | None, typer.Option(metavar="TASK", help="classification or regression.", show_default="as the target is")
    ] = None,
    numeric: NumericOption = None,
    categorical: CategoricalOption = None,
    date: DateOption = None,
    drop: DropOption = None,
    test: Annotated[Path | None, typer.Option(metavar="FILE", help="Test on this table.")] = None,
    split: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Test on this share of the rows.", show_default="0.2")
    ] = None,
    split_by_time: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Test on the rows that are last by this column, which is learned from, too."
        ),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Rows with the same value here are all trained or all tested on; nothing is learned from it.",
        ),
    ] = None,
    history: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Predict a row of a table from the N rows before it.")
    ] = None,
    horizon: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="How many rows after the last of them.", show_default="1")
    ] = None,
    time: Annotated[str | None, typer.Option(metavar="COLUMN", help="What orders these rows.")] = None,
    class_weight: Annotated[
        str | None, typer.Option(metavar="NAME", help="balanced: all classes of a table weigh the same together.")
    ] = None,
    sheet: SheetOption = None,
    x: XOption = None,
    y: YOption = None,
    size: SizeOption = None,
    distributed: DistributedOption = False,
    coordinator: CoordinatorOption = None,
    processes: ProcessesOption = None,
    process_id: ProcessIdOption = None,
) -> None:
    """Train a network on a data set or on a table of your own, and test it.

    It is tested on examples kept apart; the sizes of its input and output follow from the data. The defaults suit
    every data set: a second for the toy sets, about 20 for mnist-small, a minute or two for mnist.

    A table is a file (CSV, TSV, Parquet, Arrow, Excel, NPZ, HDF5, IDX) or a folder with a folder of pictures for each
    class; a column of a CSV file may name pictures.
    What its columns are is told from their values and printed; --numeric, --categorical, --date and --drop correct it.
    Epochs, batch size and optimizer follow from how many rows there are. The score stands beside those of the most
    frequent class or the mean, and of a linear model. Of a file of more than 50 MB, the rows stay in the file.

    Ctrl-C ends training, and so do the signals SIGTERM and SIGHUP (docker stop, Slurm, a closed terminal): the best
    weights so far are tested and saved. The exit status is 0 after Ctrl-C, 143 after SIGTERM and 129 after SIGHUP. The
    model file keeps that pixels of 0 to 255 were multiplied by 1/255.

    Example of a run that survives anything: chainrule train mnist --epochs 50 --checkpoint runs/a

    Example with a table: chainrule train titanic.csv --target Survived --out titanic.safetensors
    """
    one_of("activation", hidden, ACTIVATIONS)
    one_of("engine", engine.partition(":")[0], [*ENGINES, "auto"])
    said: dict[str, Any] = {"epochs": epochs, "batch_size": batch_size, "optimizer": _rule(optimizer, lr)}
    settings = {name: value for name, value in said.items() if value is not None}
    distribution = Distribution(distributed, coordinator, processes, process_id)
    settings |= {"checkpoint": checkpoint, "seed": seed, "callbacks": [_Whole()], **distribution.settings(engine)}
    options = TableOptions(
        target, task, numeric or (), categorical or (), date or (), drop or (), test, split, split_by_time, group,
        history, horizon, time, class_weight,
        {"sheet": sheet, "x": x, "y": y, "size": picture_size(size)},
    )  # fmt: skip
    with distribution.begun() as first:
        if first:
            _check_files(out, checkpoint, resume)
        else:
            out = None
        if options.concern(dataset):
            settings |= {"preset": preset, "layers": _layers(layers, hidden, preset)}
            train_table(Path(dataset), options, settings, out, as_json)
            return
        if preset is not None:
            raise InputError(
                "--preset is for tables of your own, and {dataset} is none: leave it out.", dataset=dataset
            )
        sizes = hidden_sizes(_LAYERS if layers is None else layers)
        chosen = DATASETS[one_of("data set", dataset, DATASETS)]
        usual = {"epochs": 30, "batch_size": 32, "optimizer": OPTIMIZERS["adam"]()}
        _train(chosen, sizes, hidden, {**usual, **settings}, out, as_json)


def _layers(layers: str | None, hidden: str, preset: str | None) -> Sequence[int | Layer] | None:
    """Return the hidden layers of a network for a table; those of the preset, if there is one."""
    if preset is not None and layers is None and hidden == "relu":
        return None
    if preset is not None:
        raise InputError("--preset {preset} decides the layers itself: leave out --layers and --hidden.", preset=preset)
    return hidden_layers(_LAYERS if layers is None else layers, hidden)


def _train(
    dataset: Dataset, hidden_sizes: list[int], hidden: str, settings: dict[str, Any], out: Path | None, as_json: bool
) -> None:
    """Train on a data set that is known by name, and test on its test part."""
    (X, y), (X_test, y_test) = dataset.load(0)
    sizes = [X.shape[1], *hidden_sizes, outputs(dataset, y)]
    network = _network(dataset, sizes, hidden, settings["seed"])
    rule = settings["optimizer"]
    optimizer = next(name for name, make in OPTIMIZERS.items() if make is type(rule))
    if not as_json:
        say(
            "{name}: {train:,} training and {test:,} test examples, {task}",
            name=dataset.name,
            train=len(X),
            test=len(X_test),
            task=tr(dataset.task),
        )
        say(
            "network: {sizes}, {hidden}, {optimizer} with learning rate {lr}",
            sizes="-".join(map(str, sizes)),
            hidden=hidden,
            optimizer=optimizer,
            lr=rule.lr,
        )
    with contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext():
        network.fit(X, y, verbose=not as_json or sys.stderr.isatty(), **settings)
    stopping.protect()
    scores = score(network, X_test, y_test)
    if out is not None:
        save(network, out)
    if as_json:
        print_json(
            {
                "dataset": dataset.name,
                "sizes": sizes,
                "hidden": hidden,
                "optimizer": optimizer,
                "lr": rule.lr,
                "batch_size": settings["batch_size"],
                "seed": settings["seed"],
                "history": network.history.rows,
                "test": scores,
                "test_examples": len(X_test),
                "out": None if out is None else str(out),
            }
        )
        return
    print(scores_line(scores, len(X_test)))
    if out is not None:
        say("saved to {path}", path=out)


def _check_files(out: Path | None, checkpoint: Path | None, resume: bool) -> None:
    """Refuse, before the work begins, a model that could not be saved and a run that is not there."""
    if out is not None:
        endings.check(out)
        atomic.check(out)
    if resume and checkpoint is None:
        raise InputError("--resume goes on with the run in a folder of checkpoints: say --checkpoint FOLDER as well.")
    if resume and checkpoint is not None and not any(checkpoint.glob("checkpoint-*")):
        raise InputError(
            "--resume goes on with the run in --checkpoint FOLDER, but there is none in {checkpoint}.",
            checkpoint=checkpoint,
        )


def _rule(optimizer: str | None, lr: float | None) -> Optimizer | None:
    """Return the optimizer that was asked for, if any was."""
    if optimizer is None and lr is None:
        return None
    make = OPTIMIZERS[one_of("optimizer", optimizer or "adam", OPTIMIZERS)]
    return make() if lr is None else make(lr=lr)


def _network(dataset: Dataset, sizes: list[int], hidden: str, seed: int) -> Network:
    loss = "mean_squared_error" if dataset.task == "regression" else None
    network = Network.mlp(sizes, hidden, loss, seed=seed)
    network.input_scale = dataset.input_scale
    return network


class _Whole(Callback):
    """Lets a signal end training, and no signal cut off what comes then: keeping the best weights, tests and saving."""

    def run_start(self, run: Any) -> None:
        """Let one signal end training."""
        stopping.once()

    def epoch_start(self, run: Any) -> None:
        """End training if the exception of a signal got lost, as in a destructor."""
        if stopping.unheard:
            raise stopping.interrupt

    def epoch_end(self, run: Any) -> None:
        """Protect what follows."""
        if run.epoch == run.last_epoch:
            stopping.protect()
