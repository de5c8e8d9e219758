"""How benchmarks speak: a figure beside its baseline from the same run, and whether the promise held."""

import json
import os
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

# Where `python -m tests.bench` collects what its children found.
COLLECT = "REPS_BENCH_FIGURES"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure; `held` is None where GUARANTEES promises nothing."""

    promise: str
    what: str
    ours: str
    baseline: str
    ratio: str = ""
    asked: str = ""
    held: bool | None = None


def table(figures: Iterable[Figure]) -> str:
    """The figures as aligned text."""
    rows = [("", "what", "ours", "baseline", "ratio", "asked", "")]
    for figure in figures:
        verdict = {True: "held", False: "MISSED", None: ""}[figure.held]
        rows.append(
            (figure.promise, figure.what, figure.ours, figure.baseline, figure.ratio, figure.asked, verdict)
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def report(figures: Sequence[Figure]) -> int:
    """Print the figures and hand them to whoever collects; the process's exit code."""
    print(table(figures), flush=True)
    if collect := os.environ.get(COLLECT):
        Path(collect).write_text(json.dumps([asdict(figure) for figure in figures]), encoding="utf-8")
    return int(any(figure.held is False for figure in figures))


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def milliseconds(seconds: float) -> str:
    """Seconds as people compare them."""
    return f"{1000 * seconds:.2f} ms"


def median(values: Iterable[float]) -> float:
    """The middle of the rounds."""
    return statistics.median(values)
