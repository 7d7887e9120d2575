"""`chainrule plot`: pictures of functions, networks and what they answer."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from numpy.typing import NDArray

from chainrule import Adam, Network, load, plots
from chainrule.cli.command import Command, Group, LangOption, check_language, speaking_command
from chainrule.cli.inputs import ModelArgument, check_suits
from chainrule.cli.output import one_of
from chainrule.common import atomic, drawing
from chainrule.common.console import say
from chainrule.common.errors import FileFormatError
from chainrule.common.texts import tr
from chainrule.datasets import DATASETS
from chainrule.equations.activations import ACTIVATIONS
from chainrule.equations.optimizers import OPTIMIZERS
from chainrule.files.inputs import fitted, read, scaled
from chainrule.training.history import History

EXAMPLE = "Example: chainrule plot activations relu gelu --out activations.png"

app = typer.Typer(
    cls=Group, rich_markup_mode=None, help="Draw functions, networks and what they answer.", epilog=EXAMPLE
)


@app.callback()
def _options(lang: LangOption = None) -> None:
    check_language(lang)


OutOption = Annotated[Path, typer.Option(metavar="FILE", help="The PNG, PDF or SVG to write.")]
FilmOption = Annotated[
    Path, typer.Option(metavar="FILE", help="The PNG, PDF or SVG to write, or a GIF of the training.")
]
DatasetArgument = Annotated[str, typer.Argument(metavar="DATASET", help=f"One of {', '.join(DATASETS)}.")]
InputArgument = Annotated[
    Path,
    typer.Argument(metavar="INPUT", help="A picture, an IDX file or a .npy array; of several examples, the first."),
]
EpochsOption = Annotated[int, typer.Option(min=1, metavar="N", help="Passes over the training part.")]
_ACTIVATIONS = f"Of {', '.join(ACTIVATIONS)}; but softmax and log_softmax, which depend on a whole row."
RateOption = Annotated[float, typer.Option("--lr", metavar="RATE", help="Adam's learning rate.")]


def _command(example: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as a subcommand of its name, with an example below its help."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        name = function.__name__.replace("_", "-")
        epilog = f"Example: chainrule plot {name} {example}"
        app.command(name, cls=Command, epilog=epilog)(speaking_command(function))
        return function

    return register


def _save(figure: Any, out: Path) -> None:
    drawing.write(figure, out)
    say("saved to {file}", file=out)


def _wait(line: str) -> None:
    """Tell who waits at a terminal what takes long."""
    if sys.stderr.isatty():
        print(line, file=sys.stderr)


class _Data(NamedTuple):
    """A model and the data set that it was made for, scaled as in its training."""

    network: Network
    training: tuple[NDArray[Any], NDArray[Any]]
    test: tuple[NDArray[Any], NDArray[Any]]


def _data(model: Path, dataset: str) -> _Data:
    chosen = DATASETS[one_of("data set", dataset, DATASETS)]
    network = load(model)
    (X, y), (X_test, y_test) = chosen.load(0)
    check_suits(network, model, chosen, X, y)
    X, X_test = (scaled(fitted(part, network, dataset), chosen.input_scale, network)[0] for part in (X, X_test))
    return _Data(network, (X, y), (X_test, y_test))


def _untrained(network: Network) -> Network:
    """Return a network of the same layers with the parameters that it began with."""
    layers, loss = network.body.layers, network.loss
    return Network(layers, loss, input_shape=network.input_shape, seed=network.seed, dtype=network.dtype)


def _trained_anew(data: _Data, epochs: int, lr: float) -> tuple[Network, plots.Snapshots]:
    """Return the network after training from its first parameters on, with what it was in between."""
    _wait(tr("training anew for {epochs} epochs ...", epochs=epochs))
    network, snapshots = _untrained(data.network), plots.Snapshots()
    network.fit(*data.training, epochs=epochs, optimizer=Adam(lr), callbacks=[snapshots], verbose=False)
    return network, snapshots


def _example(network: Network, file: Path) -> Any:
    """Return the first example of a file, as the network takes it."""
    X, scale, _ = read(file)
    return scaled(fitted(X, network, str(file)), scale, network)[0][0]


@_command("step sigmoid relu --out activations.png")
def activations(
    out: OutOption,
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help=_ACTIVATIONS)] = None,
) -> None:
    """Draw activation functions with their slopes.

    They are step, sigmoid and relu if none is named.
    """
    _save(plots.plot_activations(names or ("step", "sigmoid", "relu")), out)


@_command("--out gates.png")
def gates(out: OutOption) -> None:
    """Draw AND, OR, NAND and XOR with the perceptrons' lines."""
    _save(plots.plot_gates(), out)


@_command("run.json --out history.png")
def history(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="What `chainrule train --json` printed, or a CSVLogger's .csv.")
    ],
    out: OutOption,
) -> None:
    """Draw the scores of every epoch of a run.

    The epoch of the lowest validation loss (or loss, without validation) is marked.
    """
    rows = _rows(file)
    _save(plots.plot_history(rows), out)


def _rows(file: Path) -> History:
    try:
        text = file.read_text("utf-8")
        if file.suffix == ".csv":
            about = ("epoch", "step", "seconds", "learning_rate")  # what stands before the scores
            records = csv.DictReader(text.splitlines())
            return History({k: float(v) for k, v in row.items() if k not in about and v} for row in records)
        return History({k: float(v) for k, v in row.items()} for row in json.loads(text)["history"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise FileFormatError(
            "{file} is neither what `chainrule train --json` printed nor the .csv of a CSVLogger. Write one with: "
            "chainrule train moons --json > run.json",
            file=file,
        ) from error


@_command("moons.safetensors moons --out boundary.png")
def boundary(
    model: ModelArgument,
    dataset: DatasetArgument,
    out: FilmOption,
    epochs: EpochsOption = 60,
    lr: RateOption = 0.02,
) -> None:
    """Draw a model's answers in the plane, and its units' lines.

    A GIF shows how they came to be: the model is trained anew, from the parameters that it began with, for --epochs.
    """
    data = _data(model, dataset)
    if out.suffix.lower() != ".gif":
        _save(plots.plot_boundary(data.network, *data.test), out)
        return
    atomic.check(out)
    again, snapshots = _trained_anew(data, epochs, lr)
    _wait(tr("drawing the frames ..."))
    plots.film_boundary(again, snapshots, *data.test, out)
    say("saved to {file}", file=out)


@_command("moons.safetensors --out network.png")
def network(
    model: ModelArgument,
    out: OutOption,
    file: Annotated[
        Path | None, typer.Argument(metavar="INPUT", help="An example whose numbers to show; of several, the first.")
    ] = None,
) -> None:
    """Draw the units of a model, and the weights between them.

    Weights are colors and widths. With an example, each unit shows its number; small models show their weights too.
    """
    trained = load(model)
    x = None if file is None else _example(trained, file)
    _save(plots.plot_network(trained, x), out)


@_command("moons.safetensors moons --of gradients --out gradients.png")
def distributions(
    model: ModelArgument,
    dataset: DatasetArgument,
    out: OutOption,
    of: Annotated[str, typer.Option(metavar="KIND", help="weights, activations or gradients.")] = "weights",
    epochs: EpochsOption = 10,
    lr: RateOption = 0.001,
) -> None:
    """Draw histograms of weights, activations or gradients.

    The model is trained anew, from the parameters that it began with, for --epochs.
    """
    one_of("kind of numbers", of, ["weights", "activations", "gradients"])
    drawing.check(out)
    data = _data(model, dataset)
    again, snapshots = _trained_anew(data, epochs, lr)
    _save(plots.plot_distributions(again, snapshots, *data.test, of=of), out)


@_command("digits.safetensors --out filters.png")
def filters(model: ModelArgument, out: OutOption) -> None:
    """Draw the weights of the first layer as images."""
    trained = load(model)
    _save(plots.plot_filters(trained), out)


@_command("lenet.safetensors my-digit.png --out maps.png")
def feature_maps(model: ModelArgument, file: InputArgument, out: OutOption) -> None:
    """Draw what each convolutional layer makes of an image."""
    trained = load(model)
    _save(plots.plot_feature_maps(trained, _example(trained, file)), out)


@_command("digits.safetensors mnist-small --out confusion.png")
def confusion(model: ModelArgument, dataset: DatasetArgument, out: OutOption) -> None:
    """Draw which classes a model takes for which."""
    data = _data(model, dataset)
    _save(plots.plot_confusion(data.network, *data.test), out)


@_command("digits.safetensors mnist-small --out mistakes.png")
def mistakes(
    model: ModelArgument,
    dataset: DatasetArgument,
    out: OutOption,
    count: Annotated[int, typer.Option(min=1, max=100, metavar="N", help="How many to draw at most.")] = 12,
) -> None:
    """Draw the images that a model is most wrong about."""
    data = _data(model, dataset)
    _save(plots.plot_mistakes(data.network, *data.test, count=count), out)


@_command("digits.safetensors mnist-small --out calibration.png")
def calibration(model: ModelArgument, dataset: DatasetArgument, out: OutOption) -> None:
    """Draw whether a model's probabilities come true."""
    data = _data(model, dataset)
    _save(plots.plot_calibration(data.network, *data.test), out)


@_command("sine.safetensors sine --out predicted.png")
def predicted(model: ModelArgument, dataset: DatasetArgument, out: OutOption) -> None:
    """Draw predicted against true values."""
    data = _data(model, dataset)
    _save(plots.plot_predicted(data.network, *data.test), out)


@_command("sine.safetensors sine --out fit.png")
def fit(model: ModelArgument, dataset: DatasetArgument, out: OutOption) -> None:
    """Draw the curve of a model with one input."""
    data = _data(model, dataset)
    _save(plots.plot_fit(data.network, *data.test), out)


@_command("moons.safetensors moons 'layer0.W[0, 0]' 'layer0.W[1, 0]' --out surface.png")
def surface(
    model: ModelArgument,
    dataset: DatasetArgument,
    first: Annotated[str, typer.Argument(metavar="PARAMETER", help="Layer, name and place, such as 'layer0.W[0, 0]'.")],
    second: Annotated[str, typer.Argument(metavar="PARAMETER", help="Another one.")],
    out: OutOption,
    optimizer: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="May come several times; sgd, momentum, adam if not.")
    ] = None,
    lr: Annotated[float, typer.Option(metavar="RATE", help="Their learning rate.")] = 0.1,
    steps: Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="Steps of each.")] = 50,
) -> None:
    """Draw the loss over two parameters, with optimizers' paths.

    They start where the model began, untrained; all other parameters stay as they were then.
    """
    names = optimizer or ["sgd", "momentum", "adam"]
    rules = {name: OPTIMIZERS[one_of("optimizer", name, OPTIMIZERS)](lr=lr) for name in names}
    drawing.check(out)
    data = _data(model, dataset)
    start = _untrained(data.network)
    _save(
        plots.plot_surface(start, *data.test, [first, second], optimizers=rules, steps=steps),
        out,
    )


@_command("digits.safetensors --batch-size 100 --out shapes.png")
def shapes(
    model: ModelArgument,
    out: OutOption,
    batch_size: Annotated[int, typer.Option(min=1, metavar="N", help="Examples in the batch.")] = 100,
) -> None:
    """Draw the shapes of a batch and of the weights."""
    _save(plots.plot_shapes(load(model), batch_size), out)
