"""/setup bank: the server's own questions as files, in and out, by an admin with a real upload."""

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.bank.exchange import FORMAT
from bot.storage.tables import AuditEntry, BankImport, Item, ItemVersion
from tests.bank.builders import TEXTS, parsed
from tests.support.study import another_server, command, easy_bank, rows
from tests.support.world import World, button, said, world

NONE = "## Nothing was imported"
BASE = parsed(TEXTS["choice"]).model_dump(mode="json")


def item(number: int, **changes: Any) -> dict[str, Any]:
    return BASE | {"id": f"own-{number}", "title": f"Own {number}"} | changes


def as_json(*items: Any) -> bytes:
    return json.dumps({**FORMAT, "items": items}).encode()


class Office:
    """A server whose admin, Ada, has the files."""

    def __init__(self, hall: World) -> None:
        self.hall, self.ada = hall, hall.admin

    async def take_in(self, data: bytes, name: str = "questions.json") -> Any:
        return await self.ada.slash(self.hall.channel, "setup bank import", file=(name, data))

    async def imported(self, *items: Any) -> str:
        looked = await self.take_in(as_json(*items))
        return said(await self.ada.click(looked.response, label="Import"))

    async def exported(self) -> dict[str, bytes]:
        result = await self.ada.slash(self.hall.channel, "setup bank export")
        assert result.response.ephemeral
        return {file.filename: await file.read() for file in result.response.attachments}

    async def titles(self) -> dict[str, bool]:
        """The server's own items, and whether they are asked."""
        return {one.title: one.retired_at is None for one in await rows(self.hall, Item) if one.server_id}


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with world(
        f"sqlite+aiosqlite:///{tmp_path / 'reps.db'}", bank=easy_bank(tmp_path / "bank")
    ) as hall:
        await hall.admin.slash(hall.channel, "setup start")
        yield Office(hall)


async def test_an_import_changes_nothing_before_it_is_confirmed_and_then_once(office: Office) -> None:
    looked = await office.take_in(as_json(item(1), item(2, title="**Two** @everyone")))
    assert looked.response.ephemeral
    text = said(looked)
    assert text.startswith(
        "## questions.json\n**New: 2**\n• Own 1\n• \\*\\*Two\\*\\* \\@everyone\nUnchanged: 0."
    )
    assert await office.titles() == {}
    await office.hall.restart()
    first = said(await office.ada.click(looked.response, label="Import"))
    assert first == "Imported: 2 new, 0 changed, 0 back, 0 unchanged. They are asked here from now on."
    assert said(await office.ada.click(looked.response, label="Import")).startswith("This import is over")
    assert await office.titles() == {"Own 1": True, "**Two** @everyone": True}
    found = await office.ada.slash(office.hall.channel, "question search", text="own")
    assert "Own 1" in said(found)
    query = select(AuditEntry.action, AuditEntry.reason).where(AuditEntry.action == "bank.import")
    assert await office.hall.house.database.read(lambda db: [(*row,) for row in db.execute(query)]) == [
        ("bank.import", "2 new, 0 changed, 0 back: questions.json")
    ]


async def test_ten_presses_at_once_import_once(office: Office) -> None:
    looked = await office.take_in(as_json(item(1)))
    (row,) = await rows(office.hall, BankImport)
    (id, _) = [one["custom_id"] for one in looked.response.components[0]["components"][-2]["components"]]
    assert id.startswith(f"bank.import:{row.id}.")
    results = await office.hall.raw(*((office.ada, looked.response.message, button(id)) for _ in range(10)))
    assert sorted(said(one)[:11] for one in results) == ["Imported: 1", *["This import"] * 9]
    assert len(await rows(office.hall, ItemVersion)) == 12 + 1
    assert await rows(office.hall, BankImport) == []


async def test_what_goes_out_comes_in_unchanged_in_both_formats(office: Office) -> None:
    kinds = [parsed(text, file=f"sql/{kind}.md").model_dump(mode="json") for kind, text in TEXTS.items()]
    await office.imported(*kinds, item(1, title="=cmd()"), item(2, sources=["@a", "-b"]))
    files = await office.exported()
    assert list(files) == ["questions.json", "questions.csv"]
    assert len(json.loads(files["questions.json"])["items"]) == len(kinds) + 2
    table = list(csv.DictReader(io.StringIO(files["questions.csv"].decode("utf-8-sig"), newline="")))
    assert not [cell for row in table for cell in row.values() if cell[:1] in tuple("=+-@\t\r")]
    for name, data in files.items():
        text = said(await office.take_in(data, name))
        assert text.startswith(f"## {name}\nUnchanged: {len(kinds) + 2}. ")
        assert "[Import]" not in text


async def test_a_changed_item_gets_a_version_and_nothing_is_deleted(office: Office) -> None:
    await office.imported(item(1), item(2))
    looked = await office.take_in(as_json(item(2, explanation="Better."), item(3)))
    text = said(looked)
    assert (
        "**New: 1**\n• Own 3\n**Changed: 1**\n• Own 2\nUnchanged: 0. Questions that are not in the file stay"
        in text
    )
    await office.ada.click(looked.response, label="Import")
    assert await office.titles() == {"Own 1": True, "Own 2": True, "Own 3": True}
    versions = [one.body["explanation"] for one in (await rows(office.hall, ItemVersion))[12:]]
    assert versions == ["Because.", "Because.", "Better.", "Because."]


async def test_a_retired_item_comes_back(office: Office) -> None:
    await office.imported(item(1))
    own = (await rows(office.hall, Item))[-1]
    question = await office.hall.post_question()
    await office.hall.raw((office.ada, question, button(f"item.retire:{own.id}")))
    assert await office.titles() == {"Own 1": False}
    looked = await office.take_in(as_json(item(1)))
    assert "**Back, after it was retired: 1**\n• Own 1" in said(looked)
    await office.ada.click(looked.response, label="Import")
    assert await office.titles() == {"Own 1": True}


async def test_a_bank_that_changed_meanwhile_is_shown_again_before_anything(office: Office) -> None:
    slow = await office.take_in(as_json(item(1), item(2)))
    await office.imported(item(2, explanation="Of another admin."))
    again = await office.ada.click(slow.response, label="Import")
    text = said(again)
    assert "The bank was changed after you looked, so nothing is imported yet." in text
    assert "**New: 1**\n• Own 1\n**Changed: 1**\n• Own 2" in text
    assert await office.titles() == {"Own 2": True}
    assert said(await office.ada.click(again.response, label="Import")).startswith(
        "Imported: 1 new, 1 changed"
    )


async def test_discarded_or_left_for_a_day_it_is_gone(office: Office) -> None:
    for leave in (False, True):
        looked = await office.take_in(as_json(item(1)))
        await office.hall.restart()
        if leave:
            await office.hall.skip(timedelta(days=1, minutes=5).total_seconds())
        else:
            assert (
                said(await office.ada.click(looked.response, label="Discard"))
                == "Discarded. Nothing was changed."
            )
        assert said(await office.ada.click(looked.response, label="Import")).startswith("This import is over")
        assert await rows(office.hall, BankImport) == []
    assert await office.titles() == {}


async def test_every_problem_is_told_by_row_and_field_and_nothing_is_half_imported(office: Office) -> None:
    told = await office.take_in(
        as_json(item(1), item(2, difficulty=9, topic="@everyone"), item(3, options=[]))
    )
    assert said(told) == (
        "## Nothing was imported\nThere are 3 problems to mend first.\n"
        "Row 2 · **difficulty**: Write a number of at most 5.\n"
        "Row 2 · **topic**: An id is small letters, digits and single hyphens\\: \\`bayes\\-rare\\-disease\\`.\n"
        "Row 3 · **options**: There are 0 entries; at least 2 are needed."
    )
    assert told.response.attachments == []
    many = await office.take_in(as_json(*(item(number, title="") for number in range(50))))
    assert "There are 50 problems to mend first; these are the first 20." in said(many)
    assert said(many).count("Row ") == 20
    (file,) = many.response.attachments
    lines = (await file.read()).decode().split("\n")
    assert (file.filename, len(lines), lines[-1]) == ("problems.txt", 50, "row 50: title: This is empty.")
    assert await rows(office.hall, BankImport) == []
    assert await office.titles() == {}


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("questions.zip", b"PK\x03\x04", "I read only `.json` and `.csv` files"),
        ("questions.json", b" " * (1024**2 + 1), "The file is larger than 1 MiB; split it up. Nothing was imported."),
        ("questions.json", b"\xff\xfe\x00", f"{NONE}\nThere is 1 problem to mend first.\nRow 1 · **file**: The"),
        ("<@1>.csv", b"\x00", NONE),
        ("questions.csv", b"a" * 200_000, NONE),
    ],
)  # fmt: skip
async def test_other_files_are_refused(office: Office, name: str, data: bytes, told: str) -> None:
    assert said(await office.take_in(data, name)).startswith(told)


async def test_too_large_a_file_is_not_even_downloaded(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[int] = []
    fetch = office.hall.bot.http.get_from_cdn

    async def counted(url: str) -> bytes:
        data = await fetch(url)
        fetched.append(len(data))
        return data

    monkeypatch.setattr(office.hall.bot.http, "get_from_cdn", counted)
    small = as_json(item(1))
    await office.take_in(small)
    await office.take_in(b" " * (1024**2 + 1))
    await office.take_in(small, "questions.exe")
    assert fetched == [len(small)]


async def test_only_admins_import_and_export_and_only_on_their_server(office: Office) -> None:
    bo = office.hall.member("Bo")
    looked = await office.take_in(as_json(item(1)))
    ids = [one["custom_id"] for one in looked.response.components[0]["components"][-2]["components"]]
    only = "Only people with the Manage Server permission"
    assert said(await command(office.hall, bo, "setup bank export")).startswith(only)
    _, channel, stranger = another_server(office.hall)
    theirs = (await stranger.slash(channel, "reps")).response
    for id in ids:
        (mine,) = await office.hall.raw((bo, looked.response.message, button(id)))
        assert said(mine).startswith(only)
        (other,) = await office.hall.raw((stranger, theirs, button(id)))
        assert said(other).startswith("This import is over")
    assert said(await stranger.slash(channel, "setup bank export")).startswith(
        "This server has no questions of its own"
    )
    # The same ids on another server are other items.
    own = await stranger.slash(
        channel, "setup bank import", file=("a.json", as_json(item(1, title="Theirs")))
    )
    await stranger.click(own.response, label="Import")
    await office.ada.click(looked.response, label="Import")
    assert await office.titles() == {"Own 1": True, "Theirs": True}
    names = [one["title"] for one in json.loads((await office.exported())["questions.json"])["items"]]
    assert names == ["Own 1"]
