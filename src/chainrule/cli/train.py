"""`chainrule train`: train a network on a data set, test it, save it."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from chainrule import Callback, Network, save
from chainrule.cli.inputs import outputs
from chainrule.cli.output import JsonOption, one_of, print_json, scores_line, test
from chainrule.cli.stopping import stopping
from chainrule.common import atomic
from chainrule.common.errors import InputError
from chainrule.datasets import DATASETS, Dataset
from chainrule.engines.choose import ENGINES
from chainrule.equations.activations import ACTIVATIONS
from chainrule.equations.optimizers import OPTIMIZERS, Optimizer

EXAMPLE = "Example: chainrule train mnist-small --epochs 10 --out digits.safetensors"

_WIDEST = 1_000_000_000  # units of a layer: memory ends before, but beyond 2**63 NumPy speaks of dimensions instead


def run(
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help=f"One of {', '.join(DATASETS)}.")] = "mnist-small",
    layers: Annotated[
        str, typer.Option(metavar="SIZES", help="Units of each hidden layer, separated by commas; '' for none.")
    ] = "128,64",
    hidden: Annotated[
        str, typer.Option(metavar="NAME", help="Their activation, such as relu, tanh or sigmoid.")
    ] = "relu",
    epochs: Annotated[int, typer.Option(min=1, metavar="N", help="Passes over the training part.")] = 30,
    batch_size: Annotated[int, typer.Option(min=1, metavar="N", help="Examples per step.")] = 32,
    optimizer: Annotated[str, typer.Option(metavar="NAME", help=f"One of {', '.join(OPTIMIZERS)}.")] = "adam",
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
        str, typer.Option(metavar="NAME", help="numpy, fast (needs numba), xla (needs jax), or auto, which says why.")
    ] = "numpy",
    as_json: JsonOption = False,
) -> None:
    """Train a network on a data set and test it.

    It is tested on examples kept apart; the sizes of its input and output follow from the data. The defaults suit
    every data set: a second for the toy sets, about 20 for mnist-small, a minute or two for mnist.

    Ctrl-C ends training, and so do the signals SIGTERM and SIGHUP (docker stop, Slurm, a closed terminal): the best
    weights so far are tested and saved. The exit status is 0 after Ctrl-C, 143 after SIGTERM and 129 after SIGHUP. The
    model file keeps that pixels of 0 to 255 were multiplied by 1/255.

    Example of a run that survives anything: chainrule train mnist --epochs 50 --checkpoint runs/a
    """
    chosen = DATASETS[one_of("data set", dataset, DATASETS)]
    hidden_sizes = _sizes(layers)
    one_of("activation", hidden, ACTIVATIONS)
    one_of("engine", engine, [*ENGINES, "auto"])
    rule = _rule(optimizer, lr)
    _check_files(out, checkpoint, resume)

    (X, y), (X_test, y_test) = chosen.load(0)
    sizes = [X.shape[1], *hidden_sizes, outputs(chosen, y)]
    network = _network(chosen, sizes, hidden, seed)
    if not as_json:
        print(f"{dataset}: {len(X):,} training and {len(X_test):,} test examples, {chosen.task}")
        print(f"network: {'-'.join(map(str, sizes))}, {hidden}, {optimizer} with learning rate {rule.lr}")
    with contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext():
        network.fit(
            X,
            y,
            epochs=epochs,
            batch_size=batch_size,
            optimizer=rule,
            checkpoint=checkpoint,
            engine=engine,
            seed=seed,
            callbacks=[_Whole()],
            verbose=not as_json or sys.stderr.isatty(),
        )
    stopping.protect()
    scores = test(network, X_test, y_test)
    if out is not None:
        save(network, out)
    if as_json:
        print_json(
            {
                "dataset": dataset,
                "sizes": sizes,
                "hidden": hidden,
                "optimizer": optimizer,
                "lr": rule.lr,
                "batch_size": batch_size,
                "seed": seed,
                "history": network.history.rows,
                "test": scores,
                "test_examples": len(X_test),
                "out": None if out is None else str(out),
            }
        )
        return
    print(scores_line(scores, len(X_test)))
    if out is not None:
        print(f"saved to {out}")


def _check_files(out: Path | None, checkpoint: Path | None, resume: bool) -> None:
    """Refuse, before the work begins, a model that could not be saved and a run that is not there."""
    if out is not None:
        atomic.check(out)
    if resume and checkpoint is None:
        raise InputError("--resume goes on with the run in a folder of checkpoints: say --checkpoint FOLDER as well.")
    if resume and checkpoint is not None and not any(checkpoint.glob("checkpoint-*")):
        raise InputError(f"--resume goes on with the run in --checkpoint FOLDER, but there is none in {checkpoint}.")


def _rule(optimizer: str, lr: float | None) -> Optimizer:
    make = OPTIMIZERS[one_of("optimizer", optimizer, OPTIMIZERS)]
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
        if stopping.received is not None:
            raise stopping.interrupt

    def epoch_end(self, run: Any) -> None:
        """Protect what follows."""
        if run.epoch == run.last_epoch:
            stopping.protect()


def _sizes(layers: str) -> list[int]:
    try:
        sizes = [int(size) for size in layers.split(",")] if layers.strip() else []
    except ValueError:
        sizes = [0]
    if not all(0 < size <= _WIDEST for size in sizes):
        raise InputError(
            f"--layers takes the units of each hidden layer, whole numbers from 1 to {_WIDEST:,} separated by commas "
            f"such as 128,64, but it is {layers!r}."
        )
    return sizes
