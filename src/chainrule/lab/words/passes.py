"""What the page says: see the pass."""

from __future__ import annotations

from chainrule.common.texts import later

WORDS: dict[str, str] = {
    "pass.title": later("See the pass"),
    "pass.intro": later(
        "One pass through the network: forward to the loss, and backward to every gradient. Click any number to see "
        "why it is what it is."
    ),
    "pass.example": later("Example"),
    "pass.example.before": later("The example before"),
    "pass.example.after": later("The next example"),
    "pass.of": later("Of what"),
    "pass.of.example": later("Examples by number"),
    "pass.of.next": later("The next batch of training"),
    "pass.step": later("Train on this batch, then the next"),
    "pass.step.back": later("Back to the batch before"),
    "pass.others": later("and {others} more"),
    "pass.batch": later("How many at once"),
    "pass.run": later("Run the pass anew"),
    "pass.first": later("To the beginning"),
    "pass.back": later("One back"),
    "pass.next": later("One further"),
    "pass.last": later("To the end"),
    "pass.by": later("Steps"),
    "pass.by.operation": later("Operation by operation"),
    "pass.by.layer": later("Layer by layer"),
    "pass.place": later("{number} of {count}"),
    "pass.keys": later("The arrow keys ← and → go back and further; inside of a table they go from cell to cell."),
    "pass.in": later("Goes in"),
    "pass.out": later("Comes out"),
    "pass.target": later("target {target}"),
    "pass.answer": later("answer {answer}"),
    "pass.stale": later("The network has changed since."),
    "pass.loading": later("Computing …"),
    "cells.statistics": later("min {min} · mean {mean} · max {max} · RMS {rms} · zeros {zeros}"),
    "cells.window": later("Part of the array that is shown"),
    "cells.up": later("Up"),
    "cells.down": later("Down"),
    "cells.left": later("Left"),
    "cells.right": later("Right"),
    "cells.less": later("{label}: one less"),
    "cells.more": later("{label}: one more"),
    "cells.why": later("{path} = {value}. Why?"),
    "why.title": later("Why?"),
    "why.empty": later("Click a number, and here stands why it is what it is."),
    "why.equations": later("The layer's equations"),
    "why.close": later("Close"),
    "why.compare": later("Compare with a finite difference"),
    "why.more": later("{count} more terms"),
    "why.rest": later("{count} more terms"),
    "why.total": later("sum of all terms"),
    "why.show": later("Show it in the pass"),
    "why.update": later("What the step makes of it"),
    "why.parameter": later("{name} = {value} now"),
}
