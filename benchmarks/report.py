"""What the suite shows: a table per workload, a table of the targets, and a chart."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

from benchmarks.contenders import CONTENDERS, OURS
from benchmarks.targets import Times, to_best_peer
from benchmarks.workloads import ALL

_APART = 0.14  # rows: ours stand a little above the line of a workload and peers below
_COLORS = {"numpy": "#c2410c", "fast": "#f59e0b", "xla": "#7c2d12", "torch-engine": "#be123c"}
_PEER_COLORS = ("#1d4ed8", "#60a5fa", "#0e7490", "#4c1d95", "#15803d", "#6b7280", "#a3a3a3", "#db2777", "#0f172a")


def time_text(seconds: float) -> str:
    """Return a time as people read it.

    >>> time_text(0.0000123), time_text(0.0456), time_text(2.5)
    ('12.3 µs', '45.6 ms', '2.50 s')
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size or unit == "µs":
            number = seconds / size
            return f"{number:.{2 if number < 10 else 1 if number < 100 else 0}f} {unit}"
    raise AssertionError


def workload_table(name: str, times: Times, results: dict[str, Any]) -> Any:
    """Return a rich table of a workload's contenders, the fastest first."""
    from rich.table import Table

    table = Table(title=f"{name}: {ALL[name].title}", title_justify="left")
    for column in ("contender", "minimum", "median", "to best peer", "first round", "fit call"):
        table.add_column(column, justify="left" if column == "contender" else "right")
    for contender in sorted(times, key=lambda c: min(times[c])):
        best, setup = to_best_peer(times, contender), results[contender].get("setup")
        table.add_row(
            CONTENDERS[contender].label,
            time_text(min(times[contender])),
            time_text(statistics.median(times[contender])),
            "" if best is None else f"{best:.2f}",
            time_text(results[contender]["first_round"]),
            "" if setup is None else time_text(setup),
            style="bold" if contender in OURS else "",
        )
    return table


def target_table(rows: list[dict[str, Any]]) -> Any:
    """Return a rich table of the targets and whether they are met."""
    from rich.table import Table

    table = Table(title="Ratios and their targets (below 1: chainrule is faster)", title_justify="left")
    for column in ("workload", "chainrule", "peer", "ratio", "of medians", "target", ""):
        table.add_column(column, justify="right" if column in ("ratio", "of medians", "target") else "left")
    for row in rows:
        limit, met = row["limit"], row["met"]
        table.add_row(
            row["workload"],
            row["ours"],
            " or ".join(peer for peer in row["peers"] if row["workload"] in CONTENDERS[peer].workloads),
            f"{row['ratio']:.2f}",
            f"{row['ratio_of_medians']:.2f}",
            "" if limit is None else f"≤ {limit:.2f}",
            "reported" if met is None else "[green]met[/]" if met else "[red]missed[/]",
        )
    return table


def chart(times: dict[str, Times], path: Path, caption: str) -> None:
    """Draw every contender's time relative to the best peer's, a row per workload, on a log scale."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.ticker import LogLocator, NullFormatter

    names = [name for name in ALL if name in times]
    peers = [name for name in CONTENDERS if name not in OURS]
    colors = _COLORS | dict(zip(peers, _PEER_COLORS, strict=False))
    figure, axes = plt.subplots(figsize=(11, 1.6 + 0.5 * len(names)), layout="constrained")
    for contender, entry in CONTENDERS.items():
        ours = contender in OURS
        found = [
            (row, to_best_peer(times[name], contender)) for row, name in enumerate(names) if contender in times[name]
        ]
        points = {row: ratio for row, ratio in found if ratio is not None}
        if points:
            axes.scatter(
                list(points.values()),
                [row + (-_APART if ours else _APART) for row in points],
                s=90 if ours else 42,
                marker="D" if ours else "o",
                color=colors[contender],
                edgecolor="white",
                linewidth=0.8,
                zorder=4 if ours else 3,
                label=entry.label,
            )
    axes.axvline(1, color="black", linewidth=1, zorder=1)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_yticks(range(len(names)), [f"{name}  {ALL[name].title}" for name in names])
    axes.grid(axis="x", color="#e5e7eb", zorder=0)
    for row in range(1, len(names), 2):
        axes.axhspan(row - 0.5, row + 0.5, color="#f8fafc", zorder=-1)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("time relative to the fastest peer (log scale; left is faster)")
    axes.set_title("Time per training step and per prediction", loc="left", fontweight="bold")
    figure.legend(loc="outside right upper", frameon=False, fontsize=9)
    figure.text(0.01, -0.03, caption, fontsize=8, color="#6b7280")
    figure.savefig(path, dpi=150, bbox_inches="tight")
    plt.close(figure)
