"""Several processes that train one network: who they are, how they begin together, and what becomes of them.

JAX connects them (`jax.distributed`), finds them under mpirun, Slurm and Kubernetes, sums over them and knows which are
alive. Here is what it does not say: who is missing or different at the start, and who was lost.
"""

from chainrule.engines.processes.group import agreed, count, first, from_first, number, same, stop
from chainrule.engines.processes.shared_rows import shared
from chainrule.engines.processes.together import together

__all__ = ["agreed", "count", "first", "from_first", "number", "same", "shared", "stop", "together"]
