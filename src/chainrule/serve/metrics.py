"""Counts and durations of a service, as the text that Prometheus reads."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

TEXT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""The media type of Prometheus' text format."""
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SIZES = tuple(float(2**power) for power in range(11))


class Histogram:
    """How many values lie at or below each of some limits.

    Parameters
    ----------
    limits
        In order.
    """

    def __init__(self, limits: Sequence[float]) -> None:
        self._limits = limits
        self._counts = [0] * (len(limits) + 1)  # of those between two limits
        self._sum = 0.0

    def add(self, value: int | float) -> None:
        """Count a value."""
        self._counts[bisect_left(self._limits, value)] += 1
        self._sum += value

    def lines(self, name: str) -> Iterator[str]:
        """Yield the samples."""
        total = 0
        for limit, count in zip((*self._limits, "+Inf"), self._counts, strict=True):
            total += count
            yield f'{name}_bucket{{le="{limit}"}} {total}'
        yield f"{name}_sum {self._sum:.9g}"
        yield f"{name}_count {total}"


class Metrics:
    """What is counted; only the event loop's thread does."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, int]] = Counter()
        self._seconds, self._batch, self._rows = Histogram(_SECONDS), Histogram(_SIZES), Histogram(_SIZES)
        self.open = 0

    def answered(self, path: str, status: int, seconds: float) -> None:
        """Count a request; only the time of predictions is kept."""
        self._requests[path, status] += 1
        if path == "/predict":
            self._seconds.add(seconds)

    def batched(self, requests: int, rows: int) -> None:
        """Count a forward pass."""
        self._batch.add(requests)
        self._rows.add(rows)

    def text(self) -> str:
        """Return all of it in Prometheus' text format, which is English everywhere."""
        lines = [
            "# HELP chainrule_requests_total Requests by path and status; 499 is a client that left.",
            "# TYPE chainrule_requests_total counter",
        ]
        for (path, status), count in sorted(self._requests.items()):
            lines.append(f'chainrule_requests_total{{path="{path}",status="{status}"}} {count}')
        lines += [
            "# HELP chainrule_open_requests Predictions that are being read or computed.",
            "# TYPE chainrule_open_requests gauge",
            f"chainrule_open_requests {self.open}",
        ]
        for name, meaning, histogram in (
            ("chainrule_predict_seconds", "From the first byte to the answer of a prediction.", self._seconds),
            ("chainrule_batch_requests", "Requests in one forward pass.", self._batch),
            ("chainrule_batch_rows", "Examples in one forward pass.", self._rows),
        ):
            lines += [f"# HELP {name} {meaning}", f"# TYPE {name} histogram", *histogram.lines(name)]
        return "\n".join(lines) + "\n"
