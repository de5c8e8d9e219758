"""Whole meetings as their people see them: in text and by voice, with one, two, three, seven and thirty of them."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.storage.tables import MeetingAttendee, MeetingTable, Member, Minutes, Reciter, Rep
from tests.support.gatherings import CONCEPTS, Hall, hall_of
from tests.support.study import rows
from tests.support.world import said, words

HOUR_PARTS = ["recite", "break", "think", "speak", "reveal", "close", "over"]


@pytest.fixture
async def text(tmp_path: Path) -> AsyncIterator[Hall]:
    async with hall_of(tmp_path, voice=False) as made:
        yield made


@pytest.fixture
async def voice(tmp_path: Path) -> AsyncIterator[Hall]:
    async with hall_of(tmp_path, voice=True) as made:
        yield made


@pytest.fixture(params=[False, True], ids=["text", "voice"])
async def hall(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Hall]:
    async with hall_of(tmp_path, voice=request.param) as made:
        yield made


async def minutes(hall: Hall) -> list[tuple[str, int]]:
    """What the ledger has of each person, by kind."""
    return sorted((one.kind, one.minutes) for one in await rows(hall.hall, Minutes))


async def partners(hall: Hall) -> dict[int, set[int]]:
    """Who was put together with whom, by recitation."""
    found: dict[int, set[int]] = {}
    members = {one.id: one.discord_id for one in await rows(hall.hall, Member)}
    for one in await rows(hall.hall, Reciter):
        found.setdefault(one.recitation_id, set()).add(members[one.member_id])
    return found


def speaking(hall: Hall, order: Any) -> Any:
    """Who has the word on a table's card."""
    (found,) = [who for who in hall.people if f"**<@{who.id}>** speaks" in words(order)]
    return found


# --- the whole of it


async def test_two_people_meet_in_text_from_arriving_to_the_close(text: Hall) -> None:
    first, second = await text.people_of(2)
    begun = await text.start(first)
    assert said(begun).startswith("The meeting begins: its card appears in <#")
    assert "**→ Arrive**, until" in text.shown
    await text.come(first, second)
    await text.hall.skip(10)
    assert f"**Here: 2.** <@{first.id}> <@{second.id}>" in text.shown

    assert await text.next_part() == "recite"
    (room,) = text.rooms()
    await text.hall.skip(10)
    # Who recites with whom is for all to read; the thread is named to nobody who may not enter it.
    (pair,) = (line for line in text.shown.splitlines() if line.startswith("• "))
    assert sorted(pair.removeprefix("• ").split()) == sorted([f"<@{first.id}>", f"<@{second.id}>"])
    assert f"<#{room.id}>" not in text.shown
    await text.take_turn(room)
    await text.take_turn(room)
    assert text.said_in(room)[-1].startswith("## Well done")

    assert await text.next_part() == "break"
    assert await text.next_part() == "think"
    case = text.messages("problem.propose:")[-1]
    assert words(case).startswith("## Case ")
    await text.propose(first, "Split by group")
    assert "Split by group" not in await text.press(second, "Read the proposals", case)
    assert "Sealed: compare" not in text.hall.sees(second)

    assert await text.next_part() == "speak"
    (order,) = text.messages("meeting.done:")
    holds = speaking(text, order)
    waits = second if holds is first else first
    assert f"It is <@{holds.id}>'s turn to speak" in await text.press(waits, "Done", order)
    shown = await text.press(holds, "Done", order)
    assert f"<@{holds.id}> · done" in shown
    # In writing the next one is called by a new message, and the one before is out of the way.
    (order,) = text.messages("meeting.done:")
    assert order.id == text.hall.channel.history()[-1].id
    stored = text.hall.env.backend.get_message(text.hall.channel.id, order.id)
    assert set(stored.allowed_mentions.users or ()) == {waits.id}
    assert speaking(text, order) is waits
    assert "Everyone has had their turn." in await text.press(waits, "Pass", order)
    assert "Split by group" in await text.press(second, "Read the proposals", case)

    assert await text.next_part() == "reveal"
    (thread,) = [one for one in text.threads if (one.name or "").startswith("Case")]
    assert any("Sealed: compare within each group." in one for one in text.said_in(thread))

    assert await text.next_part() == "close"
    (summary,) = text.messages("meeting.useful:")
    for who in (first, second):
        (line,) = [one for one in words(summary).splitlines() if one.startswith(f"• <@{who.id}>: 57 min")]
        assert any(f"recited *{name}*, heard 1" in line for name in CONCEPTS)
        assert "spoke" in line if who is holds else "passed" in line
    assert (await text.press(first, "A lot", summary)).startswith("Thank you.")
    assert await text.next_part() == "over"
    await text.hall.skip(10)
    assert "It is over; 2 people took part." in text.shown
    assert "Did it help? a lot 1." in text.shown
    assert await minutes(text) == [("group-problem", 20)] * 2 + [("recitation", 31)] * 2
    # Each told the other what they heard; speaking and proposing were worth something as well.
    assert {rep.points for rep in await rows(text.hall, Rep) if rep.key.endswith("reciting")} == {6}
    assert [rep.key for rep in await rows(text.hall, Rep) if rep.activity == "problem" and rep.reps]


async def test_three_meet_by_voice_and_are_moved_to_their_room_and_back(voice: Hall) -> None:
    people = await voice.people_of(3)
    await voice.start(people[0])
    await voice.come(*people)
    everyone = sorted(one.id for one in people)
    assert await voice.next_part() == "recite"
    (room,) = voice.rooms()
    (name,) = voice.in_voice()
    assert name.startswith("Recitation")
    assert sorted(voice.in_voice()[name]) == everyone
    # A link beside the move, in the room and on the card.
    assert any(one.startswith("Your voice room: <#") for one in voice.said_in(room))
    for _ in range(3):
        await voice.take_turn(room)
    assert await voice.next_part() == "break"
    assert voice.in_voice() == {"Study room": voice.in_voice()["Study room"]}
    assert sorted(voice.in_voice()["Study room"]) == everyone
    # The room they talked in is gone, what they wrote stays.
    assert [one.name for one in voice.voice_channels()] == ["Study room"]
    assert [one for one in voice.said_in(room) if one.startswith("## Well done")]
    await voice.until("over")
    assert await minutes(voice) == [("group-problem", 20)] * 3 + [("recitation", 31)] * 3


async def test_whoever_is_alone_recites_alone_and_sees_the_solution(hall: Hall) -> None:
    (only,) = await hall.people_of(1)
    await hall.start(only)
    await hall.come(only)
    assert await hall.next_part() == "recite"
    assert "You are alone so far, so recite on your own" in words(hall.hall.channel.history()[-1])
    mine = await only.click(hall.card, label="Where am I?")
    assert "[Recite solo]" in said(mine)
    shown = await only.click(mine.response, label="Recite solo")
    assert "Explain " in said(shown)
    await hall.until("think")
    await hall.propose(only, "Split by group")
    await hall.until("speak")
    (order,) = hall.messages("meeting.done:")
    assert "You are alone this time" in words(order)
    await hall.until("over")
    assert await minutes(hall) == [("group-problem", 20), ("recitation", 31)]


async def test_seven_are_pairs_and_a_trio_and_everyone_speaks(hall: Hall) -> None:
    people = await hall.people_of(7)
    await hall.start(people[0])
    await hall.come(*people)
    assert await hall.next_part() == "recite"
    together = await partners(hall)
    assert sorted(len(one) for one in together.values()) == [2, 2, 3]
    assert sorted(one for two in together.values() for one in two) == sorted(one.id for one in people)
    assert len(hall.rooms()) == 3
    await hall.until("speak")
    table = [one for one in await rows(hall.hall, MeetingAttendee) if one.table_id is not None]
    assert sorted(one.seat for one in table) == list(range(7))
    for _ in people:
        (order,) = hall.messages("meeting.done:")
        await hall.press(speaking(hall, order), "Done", order)
    assert not hall.messages("meeting.done:")
    assert {one.spoken for one in await rows(hall.hall, MeetingAttendee)} == {"spoke"}
    await hall.until("over")
    assert len(await minutes(hall)) == 14


async def test_thirty_meet_by_voice_each_in_one_room_and_at_one_table(voice: Hall) -> None:
    people = await voice.people_of(30)
    await voice.start(people[0])
    await voice.come(*people)
    assert await voice.next_part() == "recite"
    for _ in range(8):
        await voice.hall.rounds()
    together = await partners(voice)
    assert len(together) == 15
    rooms = voice.in_voice()
    assert sorted(map(sorted, rooms.values())) == sorted(map(sorted, together.values()))
    await voice.hall.skip(10)
    assert voice.shown.count("• <@") == 15
    assert await voice.next_part() == "break"
    for _ in range(8):
        await voice.hall.rounds()
    assert {name: len(inside) for name, inside in voice.in_voice().items()} == {"Study room": 30}
    await voice.until("speak")
    for _ in range(8):
        await voice.hall.rounds()
    tables = await rows(voice.hall, MeetingTable)
    seats = [one.table_id for one in await rows(voice.hall, MeetingAttendee)]
    assert sorted(seats.count(one.id) for one in tables) == [6] * 5
    # The first table stays where everyone was, the others have rooms of their own.
    assert sorted(len(inside) for inside in voice.in_voice().values()) == [6] * 5
    assert sum(name.startswith("Table ") for name in voice.in_voice()) == 4
    assert len(voice.messages("meeting.done:")) == 5
    await voice.until("reveal")
    for _ in range(8):
        await voice.hall.rounds()
    assert {name: len(inside) for name, inside in voice.in_voice().items()} == {"Study room": 30}
    await voice.until("over")
    assert len(await minutes(voice)) == 60
    assert len(await rows(voice.hall, Minutes)) == 60


async def test_thirty_meet_in_writing_each_in_one_thread_and_at_one_table(text: Hall) -> None:
    people = await text.people_of(30)
    await text.start(people[0])
    await text.come(*people)
    assert await text.next_part() == "recite"
    for _ in range(8):
        await text.hall.rounds()
    together = await partners(text)
    assert len(together) == 15
    inside = [sorted(text.inside(one)) for one in text.rooms()]
    assert sorted(inside) == sorted(map(sorted, together.values()))
    await text.until("speak")
    for _ in range(8):
        await text.hall.rounds()
    tables = [one for one in text.threads if "table" in (one.name or "")]
    assert len(tables) == 4
    places = [text.hall.channel, *tables]
    seated = [
        re.findall(r"\d\. \**<@(\d+)>", words(text.messages("meeting.done:", one)[-1])) for one in places
    ]
    assert sorted(int(one) for table in seated for one in table) == sorted(one.id for one in people)
    assert {len(table) for table in seated} == {6}
    # Each table hands the word on where it sits.
    (order,) = text.messages("meeting.done:", tables[0])
    holds = speaking(text, order)
    await text.press(holds, "Done", order)
    (order,) = text.messages("meeting.done:", tables[0])
    assert speaking(text, order) is not holds
    await text.until("over")
    assert len(await rows(text.hall, Minutes)) == 60


async def test_a_long_meeting_pairs_people_anew_in_each_round(text: Hall) -> None:
    people = await text.people_of(4)
    await text.start(people[0], minutes=180)
    await text.come(*people)
    for _ in range(3):
        await text.next_part()
    pairs = [frozenset(one) for one in (await partners(text)).values()]
    assert len(pairs) == 4
    # Whoever met in the first round meets somebody else in the second.
    assert len(set(pairs)) == 4


# --- time is called


async def test_the_swap_is_called_at_half_of_the_time(text: Hall) -> None:
    first, second = await text.people_of(2)
    await text.start(first)
    await text.come(first, second)
    await text.next_part()
    (room,) = text.rooms()
    begins = text.messages("recite.more:", room)[-1]
    reciter = first if f"<@{first.id}> recites" in words(begins) else second
    await text.press(reciter, "I begin", begins)
    await text.hall.skip(16 * 60)
    shown = words(text.messages("recite.more:", room)[-1])
    other = second if reciter is first else first
    assert f"<@{other.id}> recites, <@{reciter.id}> listens" in shown
    # Who was called off in the middle has recited all the same.
    (row,) = [one for one in await rows(text.hall, Reciter) if one.finished_at]
    assert row.place == 0


@pytest.mark.parametrize("phase", ["arrive", *HOUR_PARTS[:-1]])
async def test_a_restart_changes_neither_the_part_nor_its_time(hall: Hall, phase: str) -> None:
    people = await hall.people_of(3)
    await hall.start(people[0])
    await hall.come(*people)
    await hall.until(phase)
    before = await hall.meeting()
    await hall.hall.restart()
    await hall.hall.skip(20)
    after = await hall.meeting()
    assert (after.phase, after.phase_ends_at, after.step) == (phase, before.phase_ends_at, before.step)
    assert len(hall.messages("meeting.here:")) == 1
    await hall.until("over")
    assert [kind for kind, _ in await minutes(hall)] == ["group-problem"] * 3 + ["recitation"] * 3
    assert {count for _, count in await minutes(hall)} <= {19, 20, 30, 31}
    # Nothing was said twice.
    calls = [
        words(one).splitlines()[0] for one in hall.messages("meeting.mine:") if words(one).startswith("###")
    ]
    assert calls == ["### Recite", "### Break", "### Think", "### Everyone speaks", "### A solution"]
    assert len(hall.messages("problem.propose:")) <= 1
    assert len(hall.messages("meeting.useful:")) == 1
