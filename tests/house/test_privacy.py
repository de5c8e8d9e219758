"""Whatever table or column is added: what it holds of a person is exported, and nothing of them is left when erased."""

import json
from typing import Any

import pytest
from sqlalchemy import BigInteger, select

from bot.assembly import House
from bot.domain.members import Person
from bot.services.privacy.erasing import ERASED, erase
from bot.services.privacy.traces import ACTS, NAMING, NOBODY, PERSONS, SECRET, owned
from bot.storage.tables import (
    AuditEntry,
    Base,
    Member,
    Recitation,
    RecitationFeedback,
    Reciter,
    Report,
    Server,
)
from tests.support.traces import ANOUK, AT, BRAM, GUILD, Rows, everything, live, naming

# Discord's ids of channels, messages, roles and servers.
PLACES = {
    "deliveries.channel_id",
    "deliveries.message_id",
    "drops.channel_id",
    "drops.message_id",
    "drops.reveal_message_id",
    "drops.thread_id",
    "explanations.message_id",
    "guide_requests.channel_id",
    "lobby_tickets.channel_id",
    "meeting_attendees.moved_to",
    "meeting_tables.message_id",
    "meeting_tables.room_id",
    "meeting_tables.voice_id",
    "meetings.channel_id",
    "meetings.event_id",
    "meetings.message_id",
    "meetings.voice_id",
    "mocks.card_id",
    "mocks.channel_id",
    "mocks.message_id",
    "mocks.thread_id",
    "problems.channel_id",
    "problems.message_id",
    "problems.reveal_message_id",
    "problems.seen_message_id",
    "problems.summary_message_id",
    "problems.thread_id",
    "proposals.message_id",
    "recitations.channel_id",
    "recitations.message_id",
    "recitations.thread_id",
    "recitations.voice_id",
    "reciters.message_id",
    "reciters.reply_message_id",
    "recitation_feedback.message_id",
    "responses.message_id",
    "rooms.discord_id",
    "schedule_drafts.channel_id",
    "schedules.channel_id",
    "servers.alert_channel_id",
    "servers.discord_id",
    "servers.guide_role_id",
    "servers.moderator_role_id",
    "servers.study_channel_id",
}
# A member's own id goes with their row; a timer's subject is a person only where the timer erases, and goes with it.
OTHERWISE = {"members.discord_id", "timers.subject_id"}


@pytest.fixture
async def lived_in(house: House) -> House:
    await house.database.write(live)
    return house


async def read(house: House) -> Rows:
    return await house.database.read(everything)


async def erase_anouk(house: House) -> None:
    def work(db: Any) -> None:
        erase(db, db.scalars(select(Server.id)).one(), ANOUK.discord_id)

    await house.database.write(work)


def test_every_large_number_is_a_person_or_a_place() -> None:
    found = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, BigInteger) and not column.primary_key and not column.foreign_keys
    }
    # A new one is either named in bot/services/privacy/traces.py, with what becomes of it, or here.
    assert found == set(PERSONS) | PLACES | OTHERWISE


def test_what_is_said_of_persons_fits_the_tables() -> None:
    for name, act in PERSONS.items():
        table = Base.metadata.tables[name.partition(".")[0]]
        assert {act.when, act.words or act.when, *act.also} <= set(table.columns.keys()), name
        # Otherwise nobody knows which server a row is of.
        assert {"server_id", "member_id"} & set(table.columns.keys()), name


async def test_the_two_have_left_a_trace_in_every_table(lived_in: House) -> None:
    rows = await read(lived_in)
    assert [name for name, found in rows.items() if not found] == []
    for who in (ANOUK, BRAM):
        traced = {name.partition(".")[0] for name in naming(rows, who)}
        texts = {
            table.name
            for table in owned()
            if any(column.type.python_type is str for column in table.columns if column.name != "id")
        }
        assert texts <= traced
        assert set(PERSONS) <= naming(rows, who)


async def test_of_somebody_erased_no_column_says_anything(lived_in: House) -> None:
    before = await read(lived_in)
    (anouk,) = [row["id"] for row in before["members"] if row["display_name"] == "Anouk"]
    await erase_anouk(lived_in)
    after = await read(lived_in)
    assert naming(after, ANOUK) == set()
    assert [row for found in after.values() for row in found if row.get("member_id") == anouk] == []


async def test_of_the_other_nothing_is_lost_but_what_the_erased_did(lived_in: House) -> None:
    before = await read(lived_in)
    (bram,) = [row["id"] for row in before["members"] if row["display_name"] == "Bram"]
    await erase_anouk(lived_in)
    after = await read(lived_in)
    for table in (*owned(), Base.metadata.tables["members"]):
        key = "member_id" if "member_id" in table.c else "id"
        acts = {
            name.partition(".")[2]: act for name, act in ACTS.items() if name.startswith(f"{table.name}.")
        }
        cleared = {*acts, *(act.words for act in acts.values())}
        kept = [
            [
                {name: value for name, value in row.items() if name not in cleared}
                for row in rows[table.name]
                if row[key] == bram
            ]
            for rows in (before, after)
        ]
        if table.name == "blocks":
            # It only said whom Bram blocked.
            assert kept == [kept[0], []]
            continue
        assert kept[0] == kept[1] != [], table.name
        for row in after[table.name]:
            assert all(row[name] == NOBODY and not row[act.words or name] for name, act in acts.items())
    for name in ("servers", "items", "item_versions", "drops", "deliveries", "rooms", "facts"):
        assert before[name] == after[name] != []
    assert {row["created_by"] for row in after["schedules"]} == {NOBODY, BRAM.discord_id}


async def test_erasing_twice_is_erasing_once(lived_in: House) -> None:
    await erase_anouk(lived_in)
    once = await read(lived_in)
    await erase_anouk(lived_in)
    assert await read(lived_in) == once


async def test_an_open_report_keeps_its_evidence_without_ids_and_names(lived_in: House) -> None:
    said = f"Anouk (<@{ANOUK.discord_id}>) wrote: Anoukian words, then Bram left"

    def report(db: Any) -> None:
        server_id = db.scalars(select(Server.id)).one()
        for subject, closed_at in (("explanation:1", None), ("explanation:2", AT)):
            db.add(
                Report(
                    server_id=server_id,
                    reporter_discord_id=BRAM.discord_id,
                    about_discord_id=ANOUK.discord_id,
                    subject=subject,
                    reason="Anouk again",
                    evidence=said,
                    at=AT,
                    closed_at=closed_at,
                )
            )
        anouk = db.scalars(select(Member.id).where(Member.discord_id == ANOUK.discord_id)).one()
        db.add(
            AuditEntry(
                server_id=server_id,
                actor_discord_id=BRAM.discord_id,
                action="pause",
                target=f"member:{anouk}",
                reason="Asked for",
                at=AT,
            )
        )
        db.add(
            AuditEntry(
                server_id=server_id,
                actor_discord_id=BRAM.discord_id,
                action="alert",
                target="server:1",
                reason="Anouk said so",
                at=AT,
            )
        )

    await lived_in.database.write(report)
    await erase_anouk(lived_in)
    rows = await read(lived_in)
    still_open, closed = rows["reports"][-2:]
    assert still_open["evidence"] == f"{ERASED} (<@{ERASED}>) wrote: Anoukian words, then Bram left"
    assert (still_open["reason"], still_open["about_discord_id"]) == (f"{ERASED} again", NOBODY)
    assert still_open["reporter_discord_id"] == BRAM.discord_id
    assert (closed["reason"], closed["evidence"], closed["about_discord_id"]) == ("", "", NOBODY)
    assert {row["subject"] for row in (still_open, closed)} == {"explanation:0"}
    about, elsewhere = rows["audit"][-2:]
    assert (about["target"], about["reason"]) == ("member:0", "")
    assert (elsewhere["target"], elsewhere["reason"]) == ("server:1", f"{ERASED} said so")


async def test_feedback_stays_with_whom_it_is_about_without_who_gave_it(lived_in: House) -> None:
    def give(db: Any) -> None:
        anouk = db.scalars(select(Member.id).where(Member.discord_id == ANOUK.discord_id)).one()
        reciter, recitation = db.execute(
            select(Reciter, Recitation)
            .join(Recitation, Recitation.id == Reciter.recitation_id)
            .join(Member, Member.id == Reciter.member_id)
            .where(Member.discord_id == BRAM.discord_id)
        ).one()
        recitation.phase, recitation.guide_note = "feedback", None
        db.add(
            RecitationFeedback(
                reciter_id=reciter.id,
                member_id=anouk,
                covered=[0, 2],
                key_points=5,
                clarity=2,
                depth=3,
                improve="Anouk says: an example",
                question="Anouk asks",
                given_at=AT,
            )
        )

    await lived_in.database.write(give)
    bram = Person(GUILD, BRAM.discord_id, "Bram", "Hall")
    told = json.loads((await lived_in.services.privacy.export(bram)).data)
    (received,) = told["received"]["recitation_feedback"]
    assert (received["improve"], received["covered"]) == ("Anouk says: an example", [0, 2])
    await erase_anouk(lived_in)
    given = [row for row in (await read(lived_in))["recitation_feedback"] if row["covered"] == [0, 2]]
    assert [(row["member_id"], row["improve"], row["question"]) for row in given] == [(None, "", None)]


async def test_sealed_feedback_is_in_no_export_of_whom_it_is_about(lived_in: House) -> None:
    def give(db: Any) -> None:
        for reciter in db.scalars(select(Reciter)):
            other = db.scalars(select(Member.id).where(Member.id != reciter.member_id)).first()
            db.add(
                RecitationFeedback(
                    reciter_id=reciter.id,
                    member_id=other,
                    covered=[],
                    key_points=5,
                    clarity=1,
                    depth=1,
                    improve="Sealed",
                    given_at=AT,
                )
            )
        for recitation in db.scalars(select(Recitation)):
            recitation.phase = "rubric"

    await lived_in.database.write(give)
    who = Person(GUILD, BRAM.discord_id, "Bram", "Hall")
    told = json.loads((await lived_in.services.privacy.export(who)).data)
    assert told["received"]["recitation_feedback"] == []
    # Whoever gave it has it in theirs.
    assert [row["improve"] for row in told["rows"]["recitation_feedback"]].count("Sealed") == 1


async def test_an_export_holds_every_row_of_mine_and_nobody_elses_id(lived_in: House) -> None:
    who = Person(GUILD, ANOUK.discord_id, "Anouk", "Hall")
    export = await lived_in.services.privacy.export(who)
    assert export.name == "reps-data.json"
    told = json.loads(export.data)
    rows = await read(lived_in)
    (anouk,) = [row["id"] for row in rows["members"] if row["display_name"] == "Anouk"]
    assert set(told["rows"]) == {"members", *(table.name for table in owned())}
    for table in owned():
        mine = [row for row in rows[table.name] if row["member_id"] == anouk]
        assert len(told["rows"][table.name]) == len(mine) == 1
        for name, value in mine[0].items():
            if isinstance(value, str):
                assert told["rows"][table.name][0][name] == value
    (member,) = told["rows"]["members"]
    assert member["discord_id"] == str(ANOUK.discord_id)
    assert member["joined_at"] == AT.isoformat()
    assert told["rows"]["answers"][0]["question"] == rows["items"][0]["title"]
    assert set(told["acts"]) == set(PERSONS) - SECRET
    assert [name for name, found in told["acts"].items() if len(found) != 1] == []
    for name, act in (NAMING | ACTS).items():
        if act.words:
            assert "Anouk" in told["acts"][name][0][act.words], name
    (block,) = told["rows"].pop("blocks")
    assert block["blocked_discord_id"] == str(BRAM.discord_id)
    assert str(BRAM.discord_id) not in json.dumps(told)
    assert export.rows == 1 + len(owned()) + len(PERSONS) - len(SECRET)
