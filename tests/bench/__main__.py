"""Every benchmark, one after another, each in a process of its own; then one table of what they found.

Run: python -m tests.bench [name ...], such as `python -m tests.bench answers board`.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.figures import COLLECT, Figure, table

HERE = Path(__file__).parent


def run(name: str, collected: Path) -> list[Figure]:
    """Let one benchmark speak for itself; its figures, or its last line where it collects none."""
    print(f"\n== {name}", flush=True)
    child = subprocess.Popen(
        [sys.executable, "-m", f"tests.bench.bench_{name}"],
        cwd=HERE.parent.parent,
        env={**os.environ, COLLECT: str(collected)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    last = ""
    for line in child.stdout:
        print(line, end="", flush=True)
        last = line.strip() or last
    code = child.wait()
    if collected.exists():
        return [Figure(**figure) for figure in json.loads(collected.read_text("utf-8"))]
    return [Figure("", f"{name}: {last}", "", "", held=code == 0)]


def main() -> int:
    names = sys.argv[1:] or sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    with tempfile.TemporaryDirectory(prefix="reps-bench-") as folder:
        figures = [figure for name in names for figure in run(name, Path(folder) / f"{name}.json")]
    one, five, fifteen = os.getloadavg()
    print(f"\n== all; load {one:.1f}, {five:.1f}, {fifteen:.1f} on {os.cpu_count()} processors")
    print(table(figures))
    return int(any(figure.held is False for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
