"""Runs what our own items claim: Solutions against Tests in a Python of their own, queries in SQLite.

Only for content that is ours: nothing here is a sandbox.
"""

import json
import math
import sqlite3
import subprocess
import sys
from contextlib import closing

from bot.bank.drafts import CodeDraft, SqlDraft

SECONDS = 60
_RUNNER = """
import json, sys
job = json.load(sys.stdin)
space = {}
exec(compile(job["code"], "solution", "exec"), space)
for args in job["calls"]:
    try:
        answer = {"value": space[job["entry"]](*args)}
    except Exception as error:
        answer = {"error": repr(error)}
    print(json.dumps(answer, allow_nan=False))
"""


def run_code(draft: CodeDraft, code: str) -> list[str]:
    """What `code` gets wrong in the draft's tests, one line for each call; empty when all is right."""
    job = {"code": code, "entry": draft.entry, "calls": [list(case.args) for case in draft.tests]}
    ran = subprocess.run(
        [sys.executable, "-I", "-W", "error", "-c", _RUNNER],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if ran.returncode:
        return [ran.stderr.strip().splitlines()[-1]]
    answers = [json.loads(line) for line in ran.stdout.splitlines()]
    return [
        f"{draft.entry}({', '.join(map(repr, case.args))}) gave {answer}, expected {case.expect!r}"
        for case, answer in zip(draft.tests, answers, strict=True)
        if "error" in answer or not same(case.expect, answer["value"])
    ]


def run_sql(draft: SqlDraft) -> list[str]:
    """What the draft's Solution gets wrong on its Schema; empty when the rows are those expected."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(draft.tables)
        rows = [list(row) for row in database.execute(draft.solution)]
    expected = [list(row) for row in draft.expected]
    if not draft.ordered:
        rows, expected = sorted(rows, key=_order), sorted(expected, key=_order)
    return [] if same(expected, rows) else [f"expected {expected}, got {rows}"]


def same(expected: object, got: object) -> bool:
    """Equal as JSON, floats within rounding; true is not 1."""
    if isinstance(expected, bool) or isinstance(got, bool):
        return expected is got
    if isinstance(expected, int | float) and isinstance(got, int | float):
        return math.isclose(expected, got, rel_tol=1e-9, abs_tol=1e-9)
    if isinstance(expected, list) and isinstance(got, list):
        return len(expected) == len(got) and all(map(same, expected, got))
    if isinstance(expected, dict) and isinstance(got, dict):
        return expected.keys() == got.keys() and all(same(expected[key], got[key]) for key in expected)
    return expected == got


def _order(row: list[object]) -> list[tuple[bool, bool, object]]:
    """Sorts rows of numbers, texts and nulls, an integer like the float it equals."""
    return [(cell is not None, isinstance(cell, str), 0 if cell is None else cell) for cell in row]
