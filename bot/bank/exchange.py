"""Exchange files: a server's own questions as JSON or CSV, out and in; data/bank/README.md has the format."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from bot.bank.drafts import Draft
from bot.bank.intake import Tracks, draft_of
from bot.bank.layouts import LAYOUTS
from bot.bank.limits import JSON_LIMIT
from bot.bank.markdown import FILE_LIMIT, ITEM_LIMIT, decode
from bot.bank.problems import Report
from bot.bank.sections import Unfit, no_constant, no_twins

ROWS_LIMIT: Final = 5_000
FORMAT: Final = {"format": "reps questions", "version": 1}
SUFFIXES: Final = (".json", ".csv")
_PROBLEMS_KEPT: Final = 5_000
"""Beyond these nobody reads on, and the list would not fit a message."""

_FIRST: Final = ("id", "kind", "topic", "title", "track", "difficulty", "sources", "reserved", "question")
COLUMNS: Final = (
    *_FIRST,
    *dict.fromkeys(
        name for layout in LAYOUTS.values() for name in layout.model.model_fields if name not in _FIRST
    ),
)
"""Every field of every kind, once: the columns of a CSV."""
_WORDS: Final = {
    *("id", "kind", "topic", "title", "track", "question", "explanation", "model_answer", "model_solution"),
    *("unit", "entry", "starter", "solution", "tables", "data", "round", "level", "stage"),
}
_LISTS: Final = {"sources", "key_points", "packages", "hints", "pitfalls", "strong_answer"} | {
    "strong_answers",
    "weak_answers",
    "tools",
}
# A spreadsheet takes a cell that begins so for a formula; an apostrophe before it makes it text (M3).
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
_BOX: Final = re.compile(r"\[([ xX])\][ ]+(.+)")


def read_file(name: str, data: bytes, tracks: Tracks) -> tuple[Draft, ...]:
    """The drafts of an exchange file; raises BankInvalid with every problem, its line being the row.

    Rows are counted as a spreadsheet does, so that the first under a CSV's header is 2, and from 1 in JSON.
    """
    report = Report(name)
    text = decode(data, report)
    report.raise_if_any()
    assert text is not None
    rows = _json_rows(text, report) if name.lower().endswith(".json") else _csv_rows(text, report)
    del report.problems[_PROBLEMS_KEPT:]
    report.raise_if_any()
    drafts: dict[str, Draft] = {}
    for line, values in rows:
        draft = draft_of(values, tracks, report, line)
        if draft is not None and drafts.setdefault(draft.id, draft) is not draft:
            report.add(line, "id", "Another row has this id already.")
        if len(report.problems) > _PROBLEMS_KEPT:
            del report.problems[_PROBLEMS_KEPT:]
            report.add(line, "file", "There are too many problems to name those of the rows after this one.")
            break
    report.raise_if_any()
    return tuple(drafts.values())


def json_files(bodies: Sequence[Mapping[str, Any]]) -> list[bytes]:
    """The files of items as stored, each small enough to be imported again; one, unless there are very many."""
    written = [json.dumps(_filled(body), ensure_ascii=False, allow_nan=False, indent=1) for body in bodies]
    head = json.dumps(FORMAT)[:-1] + ', "items": [\n'
    return _files(head, written, ",\n", "\n]}\n")


def csv_files(bodies: Sequence[Mapping[str, Any]]) -> list[bytes]:
    """The same as tables with a header row; only the columns that any item uses."""
    filled = [_filled(body) for body in bodies]
    columns = [name for name in COLUMNS if name in _FIRST or any(name in body for body in filled)]
    rows = [
        _csv_row([_cell(name, body[name]) if name in body else "" for name in columns]) for body in filled
    ]
    # Without the mark some spreadsheets take UTF-8 for something else.
    return _files("\ufeff" + _csv_row(columns), rows, "", "")


def _files(head: str, entries: Sequence[str], between: str, end: str) -> list[bytes]:
    groups: list[list[str]] = [[]]
    room = whole = FILE_LIMIT - len((head + end).encode())
    for number, entry in enumerate(entries):
        size = len((entry + between).encode())
        if size > room or number % ROWS_LIMIT == 0:
            room = whole
            groups.append([])
        groups[-1].append(entry)
        room -= size
    return [(head + between.join(group) + end).encode() for group in groups if group]


def _filled(body: Mapping[str, Any]) -> dict[str, Any]:
    """An item's fields in the order of the columns, without those that are empty and may be left out."""
    return {
        name: body[name]
        for name in COLUMNS
        if name in body and body[name] not in (None, [], {}) and not (name == "reserved" and not body[name])
    }


# --- JSON


def _json_rows(text: str, report: Report) -> list[tuple[int, Mapping[str, object]]]:
    try:
        read = json.loads(text, parse_constant=no_constant, object_pairs_hook=no_twins)
    except json.JSONDecodeError as error:
        report.add(error.lineno, "file", f"Line {error.lineno} is not valid JSON: {error.msg}.")
        return []
    except (ValueError, RecursionError) as error:
        reason = error.args[0] if isinstance(error, Unfit) else "It cannot be read as JSON."
        report.add(1, "file", reason)
        return []
    items = read.get("items") if isinstance(read, dict) else None
    if not isinstance(items, list) or {key: read.get(key) for key in FORMAT} != FORMAT:
        report.add(1, "file", f'The file is one object: {json.dumps(FORMAT)[:-1]}, "items": […]}}.')
        return []
    if not _fit(items, report):
        return []
    for line, item in enumerate(items, 1):
        if not isinstance(item, dict):
            report.add(line, "item", "An item is an object of names and values.")
    return list(enumerate(items, 1))


def _fit(rows: Sequence[object], report: Report) -> bool:
    if not rows:
        report.add(1, "file", "There is no item in the file.")
    if len(rows) > ROWS_LIMIT:
        report.add(1, "file", f"There are {len(rows):,} rows; at most {ROWS_LIMIT:,} are taken at once.")
    return 0 < len(rows) <= ROWS_LIMIT


# --- CSV


def _csv_rows(text: str, report: Report) -> list[tuple[int, Mapping[str, object]]]:
    header = text.partition("\n")[0]
    # Where commas are decimal, spreadsheets save with semicolons.
    delimiter = max(",;\t", key=header.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        report.add(1, "file", f"It cannot be read as CSV: {error}.")
        return []
    columns = [name.strip().casefold() for name in rows[0]] if rows else []
    for name in sorted(set(columns)):
        if name not in COLUMNS:
            report.add(1, name[:60] or "(empty)", "No field of an item has this name.")
        elif columns.count(name) > 1:
            report.add(1, name, "This column stands here twice.")
    kept = [(line, row) for line, row in enumerate(rows[1:], 2) if any(cell.strip() for cell in row)]
    if not _fit(kept, report) or report.problems:
        return []
    found: list[tuple[int, Mapping[str, object]]] = []
    for line, row in kept:
        if len(row) > len(columns):
            report.add(line, "row", f"There are {len(row)} cells under {len(columns)} columns.")
            continue
        cells = zip(columns, row, strict=False)
        found.append((line, {name: _value(name, cell) for name, cell in cells if cell.strip()}))
    return found


def _csv_row(cells: Sequence[str]) -> str:
    made = io.StringIO(newline="")
    csv.writer(made).writerow([f"'{cell}" if _FORMULA.match(cell) else cell for cell in cells])
    return made.getvalue()


def _cell(name: str, value: object) -> str:
    """A field as a cell: as people would type it where that reads back the same, else as JSON."""
    if name in _WORDS:
        return str(value)
    typed = "\n".join(_typed(name, value)) if isinstance(value, list) else ""
    return typed if typed and _value(name, typed) == value else json.dumps(value, ensure_ascii=False)


def _typed(name: str, value: list[Any]) -> Iterator[str]:
    for entry in value:
        if isinstance(entry, str):
            yield entry
        elif name == "options":
            yield f"[{' x'[entry['right']]}] {entry['text']}\n{entry['why']}"


def _value(name: str, cell: str) -> object:
    """What a cell holds. What cannot be read stays text, which the field then refuses."""
    if _FORMULA.match(cell) and cell.startswith("'"):
        cell = cell[1:]
    cell = cell.replace("\r\n", "\n")
    if name in _WORDS:
        return cell
    if len(cell) <= (ITEM_LIMIT if name not in ("tests", "expected") else JSON_LIMIT):
        try:
            return json.loads(
                cell.lower() if cell in ("TRUE", "FALSE") else cell,
                parse_constant=no_constant,
                object_pairs_hook=no_twins,
            )
        except (ValueError, RecursionError):
            pass
    if name in _LISTS:
        return [line.strip() for line in cell.split("\n") if line.strip()]
    return (_options(cell) if name == "options" else None) or cell


def _options(cell: str) -> list[dict[str, object]] | None:
    """Options as typed: `[x] text` or `[ ] text`, and under each why it is right or wrong."""
    found: list[dict[str, Any]] = []
    for line in cell.split("\n"):
        box = _BOX.fullmatch(line.strip())
        if box:
            found.append({"text": box[2].strip(), "right": box[1] != " ", "why": ""})
        elif found:
            found[-1]["why"] += f"\n{line}"
        elif line.strip():
            return None
    return [option | {"why": option["why"].strip()} for option in found]
