"""What a model file is called: .safetensors, or a name without an ending; others are refused with who writes them."""

from __future__ import annotations

from pathlib import Path

from chainrule.common.errors import InputError
from chainrule.common.texts import later, tr

ENDING = ".safetensors"
_PICKLE = later("A pickle may run anything when it is loaded, so none is written.")
_TORCH = later("Weights for PyTorch are written by torch.save(chainrule.export.to_torch(network).state_dict(), path).")
_KERAS = later("A model of Keras is written by chainrule.export.to_keras(network).save(path).")
_NUMPY = later(
    "A script that needs NumPy alone, and its arrays, are written by chainrule.export.numpy(network, path), or by: "
    "chainrule export MODEL --to numpy"
)
_C = later("C code is written by chainrule.export.c(network, path), or by: chainrule export MODEL --to c")
_TABLE = later("That is the ending of a table, which a model learns from.")
_OTHERS = {
    ".onnx": later("ONNX is written by chainrule.export.onnx(network, path), or by: chainrule export MODEL --to onnx"),
    **dict.fromkeys((".py", ".npz", ".npy"), _NUMPY),
    **dict.fromkeys((".c", ".h"), _C),
    **dict.fromkeys((".pt", ".pth"), _TORCH),
    **dict.fromkeys((".h5", ".hdf5", ".keras"), _KERAS),
    **dict.fromkeys((".pkl", ".pickle", ".joblib"), _PICKLE),
    **dict.fromkeys((".csv", ".tsv", ".parquet", ".xlsx"), _TABLE),
}


def check(path: Path) -> None:
    """Refuse a name that belongs to another format than that of model files.

    Raises
    ------
    InputError
        With what writes the other format, if there is something.

    >>> check(Path("digits.safetensors")), check(Path("digits"))
    (None, None)
    """
    ending = path.suffix.lower()
    if ending in ("", ENDING):
        return
    known = _OTHERS.get(ending)
    name = path.with_suffix(ENDING).name if known else path.name + ENDING
    raise InputError(
        "A model is saved as a safetensors file, but {path} ends in {ending}. {other} To save the model itself, name "
        "it {name}."
        if known
        else "A model is saved as a safetensors file, but {path} ends in {ending}. Name it {name}.",
        path=path,
        ending=path.suffix,
        name=name,
        other=tr(known) if known else "",
    )
