"""The janitor: rooms a crash left behind are closed when their time is over, and only those; old drafts go."""

from datetime import timedelta
from typing import Any

import pytest
from simcord.builders import ChannelHandle

from bot.services import rooms
from bot.storage.tables import Room, ScheduleDraft
from tests.support.study import rows, thread
from tests.support.world import World

HOUR = timedelta(hours=1)


@pytest.fixture
async def hall(quiz: World) -> World:
    await quiz.admin.slash(quiz.channel, "setup start")
    return quiz


async def left_behind(hall: World, kind: str, place: Any, *, key: str = "pair:1") -> None:
    """Note a room that is to be closed in an hour, as whoever opens one does."""
    now = hall.now()
    await hall.house.database.write(
        lambda db: rooms.keep(
            db,
            key=key,
            server_id=1,
            kind=kind,
            discord_id=place.id if place else None,
            now=now,
            close_by=now + HOUR,
        )
    )


def exists(hall: World, place: ChannelHandle) -> bool:
    return place.id in hall.env.backend.channels


def deletions(hall: World) -> int:
    return sum(entry.method == "DELETE" for entry in hall.env.http_requests)


async def test_an_overdue_voice_room_is_deleted_once(hall: World) -> None:
    voice, other = hall.guild.create_voice_channel("Pair 1"), hall.guild.create_voice_channel("Lounge")
    await left_behind(hall, "voice", voice)
    await hall.admin.join_voice(voice)  # an empty one would not last so long
    await hall.skip(HOUR.total_seconds() - 1)
    assert exists(hall, voice)
    await hall.restart()  # whoever opened it is gone
    await hall.skip(1)
    assert not exists(hall, voice)
    assert exists(hall, other)
    (room,) = await rows(hall, Room)
    assert room.closed_at == hall.now()
    await hall.skip(600)
    assert deletions(hall) == 1


async def test_an_overdue_thread_is_archived_and_not_deleted(hall: World) -> None:
    made = thread(hall)
    await left_behind(hall, "thread", made)
    await hall.skip(HOUR.total_seconds())
    assert exists(hall, made)
    assert hall.env.backend.get_channel(made.id).thread_metadata.archived
    assert all(room.closed_at for room in await rows(hall, Room))


async def test_a_room_that_is_gone_or_never_was_is_noted_as_closed(hall: World) -> None:
    voice = hall.guild.create_voice_channel("Pair 1")
    await left_behind(hall, "voice", voice)
    await left_behind(hall, "thread", None, key="pair:2")
    await hall.bot.close()  # or it would have heard
    hall.env.backend.delete_channel(voice.id)
    await hall.restart()
    await hall.skip(HOUR.total_seconds())
    assert [room.closed_at for room in await rows(hall, Room)] == [hall.now()] * 2


async def test_a_room_that_is_not_ours_any_more_is_let_go(hall: World) -> None:
    voice = hall.guild.create_voice_channel("Pair 1")
    await left_behind(hall, "voice", voice)
    hall.env.inject_error("DELETE", f"/channels/{voice.id}", status=403, code=50013, message="no", times=None)
    await hall.skip(HOUR.total_seconds())
    assert exists(hall, voice)
    assert all(room.closed_at for room in await rows(hall, Room))


async def test_what_fails_in_passing_is_tried_again_and_stops_nothing_else(hall: World) -> None:
    first, second = (hall.guild.create_voice_channel(name) for name in ("Pair 1", "Pair 2"))
    await left_behind(hall, "voice", first)
    await left_behind(hall, "voice", second, key="pair:2")
    hall.env.inject_error("DELETE", f"/channels/{first.id}", status=500, times=None)
    await hall.skip(HOUR.total_seconds())
    assert exists(hall, first)
    assert not exists(hall, second)
    hall.env.backend.faults.clear()
    await hall.rounds()
    assert not exists(hall, first)
    assert all(room.closed_at for room in await rows(hall, Room))


async def test_a_room_opened_again_under_its_key_is_one_room(hall: World) -> None:
    first, second = (hall.guild.create_voice_channel(name) for name in ("Pair 1", "Pair 1 again"))
    await left_behind(hall, "voice", first)
    await left_behind(hall, "voice", second)
    assert [room.discord_id for room in await rows(hall, Room)] == [second.id]


async def test_a_draft_nobody_saved_is_thrown_away_after_a_day(hall: World) -> None:
    await hall.admin.slash(hall.channel, "setup schedule add", kind="question", time="12")
    await hall.skip(HOUR.total_seconds())
    await hall.admin.slash(hall.channel, "setup schedule add", kind="question", time="13")
    await hall.skip((23 * HOUR).total_seconds())
    assert [draft.id for draft in await rows(hall, ScheduleDraft)] == [1, 2]  # a day is not over yet
    await hall.skip(1)
    assert [draft.id for draft in await rows(hall, ScheduleDraft)] == [2]
