"""Meetings that do not go as planned: late ones, leavers, no-shows, a guide's hand, places and rights that are gone."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.storage.tables import AuditEntry, Block, MeetingAttendee, Member, Minutes, Recitation, Reciter, Rep
from tests.support.circle import MARKS
from tests.support.gatherings import CONCEPTS, Hall, hall_of
from tests.support.study import allow, rows
from tests.support.world import said, words

MINUTE = 60


@pytest.fixture
async def text(tmp_path: Path) -> AsyncIterator[Hall]:
    async with hall_of(tmp_path, voice=False) as made:
        yield made


@pytest.fixture
async def voice(tmp_path: Path) -> AsyncIterator[Hall]:
    async with hall_of(tmp_path, voice=True) as made:
        yield made


async def begun(hall: Hall, count: int, phase: str = "recite", **options: Any) -> list[Any]:
    """A meeting of so many people that has come to a part."""
    people = await hall.people_of(count)
    await hall.start(people[0], **options)
    await hall.come(*people)
    await hall.until(phase)
    await hall.hall.rounds()
    return people


async def together(hall: Hall) -> list[set[int]]:
    """Who recites together now, those alone included."""
    members = {one.id: one.discord_id for one in await rows(hall.hall, Member)}
    found: dict[int, set[int]] = {}
    for one in await rows(hall.hall, Reciter):
        found.setdefault(one.recitation_id, set()).add(members[one.member_id])
    over = {one.id for one in await rows(hall.hall, Recitation) if one.phase in ("done", "over")}
    return [people for id, people in found.items() if id not in over]


async def spent(hall: Hall, who: Any) -> dict[str, int]:
    """The minutes somebody has in the ledger, by kind."""
    members = {one.discord_id: one.id for one in await rows(hall.hall, Member)}
    return {
        one.kind: one.minutes for one in await rows(hall.hall, Minutes) if one.member_id == members[who.id]
    }


async def lead(hall: Hall, who: Any, *labels: str) -> str:
    """Press buttons of the guide's panel one after the other; the panel as it is then."""
    shown: Any = await who.click(hall.card, label="For the guide")
    for label in labels:
        shown = await who.click(shown.response, label=label)
        await hall.hall.rounds()
    return said(shown)


# --- coming


async def test_whoever_is_new_agrees_to_the_rules_first(text: Hall) -> None:
    (first,) = await text.people_of(1)
    await text.start(first)
    new = text.hall.member("New")
    rules = await new.click(text.card, label="I'm here")
    assert "[I agree]" in said(rules)
    assert await rows(text.hall, MeetingAttendee) == []
    agreed = await new.click(rules.response, label="I agree")
    assert said(agreed.followups[-1] if agreed.followups else agreed).startswith("You are here. **Arrive**")
    assert len(await rows(text.hall, MeetingAttendee)) == 1


async def test_by_voice_only_who_takes_part_in_reps_is_counted(voice: Hall) -> None:
    (first,) = await voice.people_of(1)
    await voice.start(first)
    stranger = voice.hall.member("Stranger")
    await voice.come(first, stranger)
    await voice.hall.skip(10)
    assert f"**Here: 1.** <@{first.id}>" in voice.shown
    assert str(stranger.id) not in voice.shown


async def test_a_late_one_makes_a_trio_of_a_pair(text: Hall) -> None:
    await begun(text, 2)
    late = await text.person("Late")
    text.people.append(late)
    read = await text.press(late, "I'm here")
    assert await together(text) == [{one.id for one in text.people}]
    (room,) = text.rooms()
    assert f"<#{room.id}>" in read
    for _ in range(3):
        await text.take_turn(room)
    assert text.said_in(room)[-1].startswith("## Well done")


async def test_two_late_ones_are_a_pair(text: Hall) -> None:
    people = await begun(text, 2)
    late = [await text.person("Late"), await text.person("Later")]
    await text.press(late[0], "I'm here")
    # Until the second comes, the first is with the others; nobody is moved twice.
    assert await together(text) == [{*(one.id for one in people), late[0].id}]
    await text.press(late[1], "I'm here")
    found = await together(text)
    assert {late[1].id} in found
    mine = await late[1].click(text.card, label="Where am I?")
    assert "[Recite solo]" in said(mine)


async def test_a_very_late_one_joins_the_next_part(text: Hall) -> None:
    await begun(text, 2)
    row = await text.meeting()
    await text.hall.skip_to(row.phase_ends_at - timedelta(minutes=3))
    late = await text.person("Late")
    assert "You join the next part" in await text.press(late, "I'm here")
    await text.until("speak")
    (order,) = text.messages("meeting.done:")
    assert f"<@{late.id}>" in words(order)
    await text.until("over")
    assert await spent(text, late) == {"recitation": 3, "group-problem": 20}


# --- going


async def test_who_is_left_alone_is_put_together_with_somebody_else_who_is(text: Hall) -> None:
    people = await begun(text, 4)
    pairs = await together(text)
    assert sorted(map(len, pairs)) == [2, 2]
    gone, left, *others = (next(one for one in people if one.id == id) for pair in pairs for id in pair)
    await text.press(gone, "I have to go")
    # Nobody waits alone: the other two are three now.
    assert await together(text) == [{left.id, *(one.id for one in others)}]
    room = text.room_of(left)
    await text.hall.skip(10)
    await text.press(others[0], "I have to go")
    for _ in range(2):
        await text.take_turn(room)
    assert text.said_in(room)[-1].startswith("## Well done")


async def test_one_of_two_leaves_and_the_other_recites_alone_until_somebody_comes(text: Hall) -> None:
    first, second = await begun(text, 2)
    await text.press(first, "I have to go")
    assert await together(text) == [{second.id}]
    mine = await second.click(text.card, label="Where am I?")
    assert "[Recite solo]" in said(mine)
    await text.press(first, "I'm here")
    assert {first.id, second.id} in await together(text)


async def test_of_three_two_go_on(text: Hall) -> None:
    people = await begun(text, 3)
    (room,) = text.rooms()
    reciter, listener = await text.take_turn(room, marks=False)
    third = next(one for one in people if one not in (reciter, listener))
    await text.press(third, "I have to go")
    assert len(text.rooms()) == 1
    await text.next_part()
    assert (await text.meeting()).phase == "break"


async def test_a_short_drop_out_of_voice_is_no_leaving_and_a_long_one_is(voice: Hall) -> None:
    first, second = await begun(voice, 2)
    (name,) = voice.in_voice()
    room = next(one for one in voice.voice_channels() if one.name == name)
    await first.leave_voice()
    await voice.hall.skip(30)
    voice.hall.env.backend.set_voice_state(voice.hall.guild.id, first.id, room.id)
    await voice.hall.env.settle()
    await voice.hall.skip(60)
    assert await together(voice) == [{first.id, second.id}]
    # Whoever comes back to where everyone met is brought to their room again.
    await first.leave_voice()
    await first.join_voice(voice.voice)
    await voice.hall.skip(10)
    assert voice.in_voice() == {name: [second.id, first.id]}
    await first.leave_voice()
    await voice.hall.skip(70)
    assert await together(voice) == [{second.id}]
    await voice.until("over")
    # What came after leaving is not counted.
    assert await spent(voice, first) == {"recitation": 1}
    assert await spent(voice, second) == {"recitation": 31, "group-problem": 20}


async def test_when_everyone_has_left_voice_the_meeting_ends(voice: Hall) -> None:
    people = await begun(voice, 2)
    for one in people:
        await one.leave_voice()
    await voice.hall.skip(70)
    await voice.hall.skip(10)
    assert (await voice.meeting()).phase == "over"
    assert "It is over; 2 people took part." in voice.shown


async def test_when_nobody_comes_it_ends_kindly(text: Hall) -> None:
    (first,) = await text.people_of(1)
    await text.start(first)
    assert await text.next_part() == "over"
    await text.hall.skip(10)
    assert "Nobody came this time, as happens." in text.shown
    assert await rows(text.hall, Minutes) == []


async def test_whom_one_blocks_is_never_their_partner_and_sits_elsewhere_or_not_beside(text: Hall) -> None:
    people = await text.people_of(2)
    await text.start(people[0])
    await text.come(*people)
    now = text.hall.now()

    def block(db: Any) -> None:
        blocker = db.query(Member).filter(Member.discord_id == people[0].id).one()
        db.add(Block(member_id=blocker.id, blocked_discord_id=people[1].id, at=now))

    await text.hall.house.database.write(block)
    await text.next_part()
    assert sorted(map(sorted, await together(text))) == sorted([one.id] for one in people)
    # Both read the same, whatever the cause.
    read = [await text.press(one, "Where am I?") for one in people]
    assert read[0] == read[1]


async def test_by_voice_being_there_is_enough_to_have_recited(voice: Hall) -> None:
    first, second = await begun(voice, 2)
    assert "Being there together is enough" in words(voice.messages("meeting.mine:")[-1])
    row = await voice.meeting()
    half = (row.phase_ends_at - row.phase_since) / 2
    await voice.hall.skip_to(row.phase_since + half + timedelta(seconds=1))
    # Nobody pressed anything, and the swap is called.
    (one, other) = await rows(voice.hall, Reciter)
    assert one.finished_at - one.recited_at >= timedelta(minutes=10)
    assert other.recited_at is None
    await voice.next_part()
    (room,) = voice.rooms()
    for who in (first, second):
        form = await who.click(voice.messages("recite.more:", room)[-1], label="Give feedback")
        await who.submit_modal(form, MARKS)
        await voice.hall.rounds()
    # Each heard the other, and said so: points as for any recitation.
    earned = [rep.points for rep in await rows(voice.hall, Rep) if rep.key.endswith("reciting")]
    assert earned == [6, 6]
    await hide(voice, second)
    await voice.until("close")
    (summary,) = voice.messages("meeting.useful:")
    (title,) = {name for name in CONCEPTS if f"recited *{name}*" in words(summary)}
    assert f"• <@{first.id}>: 57 minutes" in words(summary)
    assert title
    # Whoever does not wish to be named is counted only.
    assert "**2 people**" in words(summary)
    assert str(second.id) not in words(summary)
    assert "-# and 1 more." in words(summary)


async def hide(hall: Hall, who: Any) -> None:
    """Somebody does not wish to be shown on boards."""

    def work(db: Any) -> None:
        db.query(Member).filter(Member.discord_id == who.id).one().shown_as = "hidden"

    await hall.hall.house.database.write(work)


# --- leading


async def test_when_the_starter_leaves_whoever_is_here_longest_leads(text: Hall) -> None:
    first, second, third = await begun(text, 3)
    await lead(text, first, "Pause")
    await text.press(first, "I have to go")
    await text.hall.skip(10)
    assert f"led by <@{second.id}>" in text.shown
    assert "Only a guide, or whoever" in await text.press(third, "For the guide")
    await lead(text, second, "Go on")
    assert (await text.meeting()).paused_at is None
    # Back again, it is theirs.
    await text.press(first, "I'm here")
    assert "[Pause]" in await text.press(first, "For the guide")
    assert "Only a guide, or whoever" in await text.press(second, "For the guide")


async def test_a_pause_keeps_what_is_left_and_is_no_study(text: Hall) -> None:
    first, _ = await begun(text, 2)
    ends_at = (await text.meeting()).phase_ends_at
    await text.hall.skip(60)
    shown = await lead(text, first, "Pause")
    assert "paused with 30 minutes left" in shown
    assert "[Go on]" in shown
    await text.hall.restart()
    await text.hall.skip(45 * MINUTE)
    assert (await text.meeting()).phase == "recite"
    assert "paused" in text.shown
    await lead(text, first, "Go on")
    row = await text.meeting()
    assert row.phase_ends_at - timedelta(minutes=45) <= ends_at + timedelta(seconds=5)
    await text.until("over")
    assert {one.minutes for one in await rows(text.hall, Minutes) if one.kind == "recitation"} == {31}


async def test_five_minutes_more_the_next_part_and_the_end(text: Hall) -> None:
    first, _ = await begun(text, 2)
    ends_at = (await text.meeting()).phase_ends_at
    await lead(text, first, "5 more minutes")
    assert (await text.meeting()).phase_ends_at == ends_at + timedelta(minutes=5)
    await lead(text, first, "Next part")
    assert (await text.meeting()).phase == "break"
    shown = await lead(text, first, "End")
    assert (await text.meeting()).phase == "close"
    assert "**Close**" in shown
    assert len(text.messages("meeting.useful:")) == 1
    assert (await lead(text, first, "End")).startswith("The meeting is over.")
    acts = [one.reason for one in await rows(text.hall, AuditEntry) if one.action == "meeting.lead"]
    assert acts == ["extend", "skip", "end", "end"]


async def test_a_panel_that_is_out_of_date_does_nothing(text: Hall) -> None:
    first, _ = await begun(text, 2)
    old: Any = await first.click(text.card, label="For the guide")
    await lead(text, first, "Next part")
    refused = await first.click(old.response, label="Next part")
    assert "The meeting has moved on" in said(refused.followups[-1] if refused.followups else refused)
    assert (await text.meeting()).phase == "break"


async def test_only_a_guide_or_whoever_started_it_leads(text: Hall) -> None:
    _, second = await begun(text, 2)
    assert "Only a guide, or whoever started this meeting" in await text.press(second, "For the guide")
    assert "[Pause]" in await text.press(text.hall.admin, "For the guide")


# --- places and rights that are gone


async def test_its_channel_is_deleted_and_what_was_done_counts(text: Hall) -> None:
    first, second = await text.people_of(2)
    place = text.hall.guild.create_text_channel("evening")
    await text.start(first, channel=place)
    now = place.history()[-1]
    for one in (first, second):
        await one.click(now, label="I'm here")
    await text.hall.rounds()
    row = await text.meeting()
    await text.hall.skip_to(row.phase_ends_at + timedelta(seconds=1))
    await text.hall.skip(10 * MINUTE)
    text.hall.env.backend.delete_channel(place.id)
    await text.hall.env.settle()
    await text.hall.rounds()
    assert (await text.meeting()).phase == "over"
    assert {(one.kind, one.minutes) for one in await rows(text.hall, Minutes)} == {("recitation", 10)}


async def test_its_voice_channel_is_deleted_and_it_goes_on_in_writing(voice: Hall) -> None:
    await begun(voice, 2)
    assert voice.voice is not None
    voice.hall.env.backend.delete_channel(voice.voice.id)
    await voice.hall.env.settle()
    await voice.hall.skip(10)
    assert "Its voice channel is gone, so we go on in writing here" in voice.shown
    await voice.until("close")
    assert len(voice.messages("meeting.useful:")) == 1


async def test_without_private_threads_pairs_recite_in_the_channel(text: Hall) -> None:
    await allow(text.hall, text.hall.guild, create_private_threads=False)
    first, second = await begun(text, 2)
    assert text.rooms() == []
    (card,) = text.messages("recite.more:")
    reciter = first if f"<@{first.id}> recites" in words(card) else second
    await text.press(reciter, "I begin", card)
    assert words(text.messages("recite.more:")[-1]).startswith("## Reciting")
    await text.until("over")


async def test_without_voice_rooms_pairs_talk_where_they_are_and_write(voice: Hall) -> None:
    await allow(voice.hall, voice.hall.guild, manage_channels=False)
    await begun(voice, 2)
    (room,) = voice.rooms()
    assert any(one.startswith("I could not open a voice room: ") for one in voice.said_in(room))
    assert list(voice.in_voice()) == ["Study room"]


async def test_a_server_full_of_channels_and_threads_is_told_so_plainly(voice: Hall) -> None:
    guild = voice.hall.guild.id
    voice.hall.env.inject_error("POST", f"/guilds/{guild}/channels", status=400, code=30013, times=None)
    await begun(voice, 2)
    (room,) = voice.rooms()
    told = "I could not open a voice room: no voice room: the server has as many channels as Discord allows"
    assert any(told in one for one in voice.said_in(room))


async def test_without_move_members_there_is_the_link_and_nobody_is_thrown_out(voice: Hall) -> None:
    await allow(voice.hall, voice.hall.guild, move_members=False)
    people = await begun(voice, 2)
    (room,) = voice.rooms()
    assert any(one.startswith("Your voice room: <#") for one in voice.said_in(room))
    assert list(voice.in_voice()) == ["Study room"]
    (own,) = [one for one in voice.voice_channels() if one.name != "Study room"]
    for who in people:
        voice.hall.env.backend.set_voice_state(voice.hall.guild.id, who.id, own.id)
    await voice.hall.env.settle()
    assert await voice.next_part() == "break"
    # They come back by themselves; until then their room stays, and they are here.
    assert list(voice.in_voice()) == [own.name]
    for who in people:
        voice.hall.env.backend.set_voice_state(voice.hall.guild.id, who.id, voice.voice.id)
    await voice.hall.env.settle()
    await voice.hall.skip(125)
    assert [one.name for one in voice.voice_channels()] == ["Study room"]
    assert (await voice.meeting()).phase == "break"
    assert all(one.left_at is None for one in await voice.attendees())


async def test_where_it_may_not_post_any_more_it_ends_and_the_staff_hear_why(text: Hall) -> None:
    people = await text.people_of(2)
    place = text.hall.guild.create_text_channel("evening")
    await text.start(people[0], channel=place)
    card = place.history()[-1]
    for one in people:
        await one.click(card, label="I'm here")
    mine = next(role for role in text.hall.guild.roles.values() if role.name == "TestBot")
    denied = text.hall.guild.create_text_channel(
        "as", overwrites={mine: discord.PermissionOverwrite(send_messages=False)}
    )
    stored, model = (text.hall.env.backend.get_channel(one.id) for one in (place, denied))
    stored.overwrites[:] = model.overwrites
    text.hall.env.backend.announce_channel_update(stored.id)
    await text.hall.env.settle()
    row = await text.meeting()
    await text.hall.skip_to(row.phase_ends_at + timedelta(seconds=1))
    await text.hall.rounds()
    assert (await text.meeting()).phase == "over"
    told = "What comes next in a meeting not posted"
    assert any(told in words(one) for one in text.hall.channel.history())


async def test_its_card_is_deleted_and_comes_back(text: Hall) -> None:
    first, _ = await begun(text, 2)
    text.hall.env.backend.delete_message(text.hall.channel.id, text.card.id)
    await text.hall.env.settle()
    await lead_by_row(text)
    await text.hall.skip(10)
    assert len(text.messages("meeting.here:")) == 1
    assert await text.press(first, "Where am I?")


async def lead_by_row(hall: Hall) -> None:
    """Something that changes the card."""
    late = await hall.person("Late")
    mine = hall.messages("meeting.mine:")[-1]
    await late.click(mine, label="Where am I?")
    row = await hall.meeting()
    await hall.hall.bot.services.meeting_turns.room_opened(row.id)
