"""What the array engines differ in, and what every equation is written with.

Every equation in the package works on any array that follows the Python array API standard. NumPy arrays and JAX
arrays (tracers included) do, and PyTorch's tensors by the names that `namespace` has for them, so one function serves
all engines.
"""

from chainrule.arrays.engine import (
    as_numbers,
    in_float64,
    is_tensor,
    largest,
    lowest,
    namespace,
    scan,
    scatter_add,
    summed_first,
    uniform,
    values_known,
    where_positive,
    with_float64,
)
from chainrule.arrays.mode import INFERENCE, Mode
from chainrule.arrays.trees import leaves, map_leaves, replace_leaves
from chainrule.arrays.types import Array, Float, Params, Shape, Shaped

__all__ = ["INFERENCE", "Array", "Float", "Mode", "Params", "Shape", "Shaped"]
__all__ += ["as_numbers", "in_float64", "is_tensor", "largest", "leaves", "lowest", "map_leaves", "namespace"]
__all__ += ["replace_leaves", "scan", "scatter_add", "summed_first"]
__all__ += ["uniform", "values_known", "where_positive", "with_float64"]
