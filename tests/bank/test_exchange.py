"""Exchange files: what goes out comes back the same, and no bytes do more harm than a list of problems."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.bank.drafts import Draft
from bot.bank.exchange import COLUMNS, FORMAT, ROWS_LIMIT, csv_files, json_files, read_file
from bot.bank.loader import load_bank
from bot.bank.markdown import FILE_LIMIT
from bot.bank.problems import BankInvalid
from bot.config import DATA
from tests.bank.builders import TEXTS, longest, parsed

TRACKS: dict[str, Any] = {"sql": "both", "gpu": "mle", "t" * 60: "both"}
WRITERS: dict[str, Callable[[Sequence[Any]], list[bytes]]] = {"json": json_files, "csv": csv_files}
CHOICE = parsed(TEXTS["choice"]).model_dump(mode="json")
# Text that a card shows as written: no Markdown, nothing invisible, and the ends are not stripped away.
PLAIN = st.text("abcXYZ019 =+-@',;\"\n|é中", min_size=1, max_size=60).map(
    lambda text: "q" + text.replace("\n", " ") + "q"
)


def dumped(drafts: Sequence[Draft]) -> list[dict[str, Any]]:
    return [draft.model_dump(mode="json") for draft in drafts]


def read(name: str, files: Sequence[bytes], tracks: Any = TRACKS) -> tuple[Draft, ...]:
    return tuple(draft for file in files for draft in read_file(f"questions.{name}", file, tracks))


def told(name: str, data: bytes | str) -> list[str]:
    """Every problem of a file: row, field, sentence."""
    with pytest.raises(BankInvalid) as caught:
        read_file(f"questions.{name}", data.encode() if isinstance(data, str) else data, TRACKS)
    return [f"{problem.line} {problem.field}: {problem.message}" for problem in caught.value.problems]


def as_json(*items: Any) -> str:
    return json.dumps({**FORMAT, "items": items})


def table(columns: Sequence[str], *rows: Sequence[str], delimiter: str = ",") -> str:
    made = io.StringIO()
    csv.writer(made, delimiter=delimiter).writerows([columns, *rows])
    return made.getvalue()


# --- out and in


@pytest.mark.parametrize("name", WRITERS)
def test_every_kind_comes_back_the_same(name: str) -> None:
    small = [parsed(text, file=f"sql/{kind}.md") for kind, text in TEXTS.items()]
    large = [
        draft.model_copy(update={"id": f"longest-{kind}", "reserved": True})
        for kind, draft in longest().items()
    ]
    drafts = (*small, *large)
    assert read(name, WRITERS[name](dumped(drafts))) == drafts


@pytest.mark.parametrize("name", WRITERS)
def test_the_shipped_bank_comes_back_the_same(name: str) -> None:
    bank = load_bank(DATA / "bank")
    tracks = {topic.id: topic.track for topic in bank.topics}
    assert read(name, WRITERS[name](dumped(bank.drafts)), tracks) == bank.drafts


@given(st.data())
def test_any_plain_texts_come_back_the_same(data: st.DataObject) -> None:
    body = CHOICE | {
        "title": data.draw(PLAIN),
        "question": data.draw(PLAIN),
        "sources": data.draw(st.lists(PLAIN, min_size=1, max_size=3)),
        "options": [
            {"text": f"{text}{place}", "right": place == 0, "why": data.draw(PLAIN)}
            for place, text in enumerate(data.draw(st.lists(PLAIN, min_size=2, max_size=6)))
        ],
    }
    for name, write in WRITERS.items():
        try:
            (draft,) = read(name, write([body]))
        except BankInvalid as invalid:
            # What a card does not show is refused by every door, an export of it would not exist.
            assert {problem.field for problem in invalid.problems} <= {"question", "options"}
            continue
        assert draft.model_dump(mode="json") == body


def test_a_cell_that_a_spreadsheet_would_run_is_text() -> None:
    starts = ("=1+1", "+1", "-1", "@SUM(A1)", "'=1", "''+1", "' is fine")
    bodies = [CHOICE | {"id": f"n{number}", "title": title} for number, title in enumerate(starts)]
    (file,) = csv_files(bodies)
    rows = list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"), newline="")))
    assert [row["title"] for row in rows] == [
        "'=1+1",
        "'+1",
        "'-1",
        "'@SUM(A1)",
        "''=1",
        "'''+1",
        "' is fine",
    ]
    assert not [cell for row in rows for cell in row.values() if cell[:1] in tuple("=+-@\t\r")]
    assert [draft.title for draft in read("csv", [file])] == list(starts)


def test_more_than_one_file_holds_is_split_into_files_that_can_be_imported() -> None:
    bodies = [CHOICE | {"id": f"n{number}", "question": "é" * 700} for number in range(1500)]
    for name, write in WRITERS.items():
        files = write(bodies)
        assert len(files) > 1
        assert max(map(len, files)) <= FILE_LIMIT
        assert dumped(read(name, files)) == bodies


def test_a_table_as_people_type_it() -> None:
    columns = ["Kind", "ID", "topic", "title", "track", "difficulty", "sources", "question", "options"]
    cells = ["choice", "one", "sql", "One", "both", "2", "A book\nAnother", "Which?"]
    options = "[x] This\nIt is right.\nVery.\n[ ] That\nIt is wrong."
    for delimiter in ",;\t":
        text = table([*columns, "explanation"], [*cells, options, "So."], ["", "  "], delimiter=delimiter)
        (draft,) = read_file("Mine.CSV", b"\xef\xbb\xbf" + text.encode(), TRACKS)
        assert draft.model_dump(include={"sources", "options"}) == {
            "sources": ("A book", "Another"),
            "options": (
                {"text": "This", "right": True, "why": "It is right.\nVery."},
                {"text": "That", "right": False, "why": "It is wrong."},
            ),
        }


# --- what is wrong is told by row and field


def test_problems_name_row_and_field() -> None:
    twice = CHOICE | {"options": [CHOICE["options"][0]] * 2, "difficulty": 9, "extra": 1}
    assert told("json", as_json(CHOICE, twice, 7)) == ["3 item: An item is an object of names and values."]
    assert told("json", as_json(CHOICE, twice, CHOICE | {"kind": "riddle"})) == [
        "2 difficulty: Write a number of at most 5.",
        "2 extra: `extra` is not known here.",
        "2 options 2: This option says the same as option 1.",
        "3 kind: Write one of these: choice, numeric, open, code, sql, problem, concept, script, probes.",
    ]
    columns = [
        "id",
        "kind",
        "topic",
        "title",
        "track",
        "difficulty",
        "sources",
        "question",
        "tolerance",
        "answer",
    ]
    row = ["one", "numeric", "gpu", "Title", "ds", "2", "A book", "How many?", "0", "ten"]
    assert told("csv", table(columns, row, row[:-1])) == [
        "2 answer: Write a number here.",
        "2 explanation: `explanation` is missing.",
        "3 answer: `answer` is missing.",
        "3 explanation: `explanation` is missing.",
    ]
    fine = [*row[:-1], "10", "So."]
    assert told("csv", table([*columns, "explanation"], fine)) == [
        "2 track: The topic gpu is of the track mle alone."
    ]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"question": "See https://example.org"},
            "1 question: A card shows no links; name the source in `sources`.",
        ),
        ({"question": "Hello <@123>"}, "1 question: This reads as a mention; put it in backticks."),
        ({"explanation": "# Big"}, "1 explanation: A card shows no headings"),
        ({"explanation": "a\u202eb"}, "1 explanation: There is an invisible character (U+202E) here"),
        ({"question": "```\nopen"}, "1 question: The code block opened here is never closed."),
        ({"title": "a\nb"}, "1 title: Write this on one line."),
        ({"id": "A b"}, "1 id: An id is small letters"),
        ({"topic": "cooking"}, "1 topic: The bank has no topic of this name."),
        ({"question": "\ud800"}, "1 question: This holds a character that is not valid Unicode."),
        ({"question": "x" * 70_000}, "1 item: This item is far longer than any item may be."),
        ({"options": [0] * 7_000}, "1 item: This item is far longer than any item may be."),
    ],
)
def test_what_a_card_cannot_show_is_refused(changes: dict[str, Any], problem: str) -> None:
    (found,) = told("json", as_json(CHOICE | changes))
    assert found.startswith(problem)


def test_code_that_would_end_its_block_is_refused() -> None:
    sql = parsed(TEXTS["sql"]).model_dump(mode="json")
    (found,) = told("json", as_json(sql | {"tables": "-- ```\n-- @everyone"}))
    assert found.startswith("1 tables: Three backticks")


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("json", b"\xff\xfe{}", "1 file: The file is not UTF-8 text"),
        ("json", b"PK\x03\x04\x14\x00\x08\x08\x08\x00", "1 file: Line 1 is not valid JSON"),
        ("json", b"[" * 100_000, "1 file: It cannot be read as JSON."),
        ("json", b'{"items": [NaN]}', "1 file: `NaN` is not JSON"),
        ("json", b"9" * 5_000, "1 file: It cannot be read as JSON."),
        ("json", b'{"items": []}', "1 file: The file is one object"),
        ("json", as_json(), "1 file: There is no item in the file."),
        ("json", as_json(*range(ROWS_LIMIT + 1)), "1 file: There are 5,001 rows"),
        ("json", b" " * (FILE_LIMIT + 1), "1 file: The file is larger than 1 MiB."),
        ("csv", b"", "1 file: There is no item in the file."),
        ("csv", b'id\n"a"b', "1 file: It cannot be read as CSV"),
        ("csv", b"id,price\n1,2", "1 price: No field of an item has this name."),
        ("csv", b"id,id\n1,2", "1 id: This column stands here twice."),
        ("csv", b"id\na,b", "2 row: There are 2 cells under 1 columns."),
        ("csv", b"id\n" + b"a\n" * (ROWS_LIMIT + 1), "1 file: There are 5,001 rows"),
    ],
)
def test_a_file_that_is_none_is_told(name: str, data: bytes | str, problem: str) -> None:
    assert told(name, data)[0].startswith(problem)


def test_an_id_stands_in_one_row_only() -> None:
    assert told("json", as_json(CHOICE, CHOICE)) == ["2 id: Another row has this id already."]


# --- any bytes

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(COLUMNS) | st.text(), inner),
    max_leaves=20,
)
ITEMS = st.builds(
    lambda base, changes: base | changes,
    st.sampled_from([parsed(text).model_dump(mode="json") for text in TEXTS.values()]),
    st.dictionaries(st.sampled_from(COLUMNS), JSON, max_size=3),
)
FILES = (
    st.binary()
    | st.lists(ITEMS, max_size=3).map(lambda items: as_json(*items).encode())
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.lists(st.lists(st.sampled_from(COLUMNS) | st.text(), max_size=6), max_size=5).map(
        lambda rows: table([*COLUMNS[:5]], *rows).encode(errors="surrogatepass")
    )
)


@settings(max_examples=300)
@given(st.sampled_from(["json", "csv"]), FILES)
def test_any_bytes_are_read_or_told(name: str, data: bytes) -> None:
    try:
        drafts = read_file(f"questions.{name}", data, TRACKS)
    except BankInvalid as invalid:
        assert invalid.problems
        assert all(problem.line >= 1 and problem.field and problem.message for problem in invalid.problems)
    else:
        assert read(name, WRITERS[name](dumped(drafts))) == drafts


def test_the_readme_names_every_column() -> None:
    words = (Path(DATA) / "bank" / "README.md").read_text()
    assert [name for name in COLUMNS if f"`{name}`" not in words] == []
