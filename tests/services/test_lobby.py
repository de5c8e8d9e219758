"""The lobby on both engines: places, pairs made exactly once, and who is never in one."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.assembly import House, open_house
from bot.domain.errors import NotAMember, OutOfDate, PausedByGuide, RestingNow, UnknownTopic
from bot.domain.lobby import ASYNC_LASTS, LASTS, NEW_FOR, TOPIC_FOR, TRACK_FOR, Together, Waiting
from bot.domain.members import Person
from bot.services.lobby import LOOK, strand
from bot.services.members import require
from bot.services.recitation.arranging import arrange
from bot.storage.tables import Base, LobbyTicket, Member, Recitation, Reciter, Server, Timer
from tests.support.clock import TurnedClock
from tests.support.study import easy_bank

CHANNEL = 100
SECOND = timedelta(seconds=1)


def person(number: int, guild: int = 7) -> Person:
    return Person(guild_id=guild, discord_id=number, name=f"P{number}", guild_name="Study hall")


BO, CY, DI, ED, FLO = (person(number) for number in range(71, 76))


class Waitroom:
    """A house, or several over one database, with people who agreed to the rules."""

    def __init__(self, houses: list[House], clock: TurnedClock) -> None:
        self.houses, self.clock = houses, clock
        self.house = houses[0]

    async def welcome(self, *people: Person) -> None:
        """Let people take part, more than so few that nobody waits for anybody else."""
        for who in (*people, *(person(number) for number in range(990, 994))):
            await self.house.services.members.agree(who)

    async def wait(self, who: Person, house: House | None = None, **wish: Any) -> Waiting | Together:
        found = await (house or self.house).services.lobby.wait(
            who, **({"mode": "live", "medium": None, "topic": None, "channel_id": CHANNEL} | wish)
        )
        assert found is not None
        return found

    async def look(self) -> list[int]:
        """Let every timer of the lobby that is due go off."""
        deliveries, lobby = self.house.services.deliveries, self.house.services.lobby
        found = [await lobby.look(due) for due in await deliveries.claim("timers") if due.kind == LOOK]
        return [one for one in found if one is not None]

    async def rows(self, table: type[Base]) -> list[Any]:
        query = select(table).order_by(*table.__table__.primary_key)
        return await self.house.database.read(lambda db: list(db.scalars(query)))

    async def pairs(self) -> list[set[int]]:
        """Discord's ids of who was put together, pair by pair."""
        ids = {row.id: row.discord_id for row in await self.rows(Member)}
        found: dict[int, set[int]] = {row.id: set() for row in await self.rows(Recitation)}
        for row in await self.rows(Reciter):
            found[row.recitation_id].add(ids[row.member_id])
        return list(found.values())

    async def recite(self, *people: Person, origin: Any = "round", phase: str = "done", **values: Any) -> int:
        """Have people put together by something else than the lobby."""
        now = self.clock.now()

        def work(db: Any) -> int:
            present = [require(db, who) for who in people]
            number = arrange(
                db,
                server_id=present[0].server_id,
                channel_id=CHANNEL,
                origin=origin,
                mode="live",
                medium="voice",
                member_ids=[one.member_id for one in present],
                now=now,
            )
            db.execute(update(Recitation).where(Recitation.id == number).values(phase=phase, **values))
            return number

        return await self.house.database.write(work)


@pytest.fixture
async def room(database_url: str, tmp_path: Path) -> AsyncIterator[Waitroom]:
    clock = TurnedClock()
    async with open_house(database_url, bank_dir=easy_bank(tmp_path / "bank"), clock=clock) as house:
        opened = Waitroom([house], clock)
        await opened.welcome(BO, CY, DI, ED, FLO)
        yield opened


# --- two who fit


async def test_the_second_is_paired_with_the_first_at_once(room: Waitroom) -> None:
    waiting = await room.wait(BO)
    assert isinstance(waiting, Waiting)
    assert (waiting.others, waiting.sure_by) == (0, None)
    assert waiting.until == room.clock.now() + LASTS
    room.clock.turn(timedelta(seconds=130))
    found = await room.wait(CY, topic="sql")
    assert isinstance(found, Together)
    assert found.partners == (BO.discord_id,)
    assert (found.topic_name, found.thread_id) == ("SQL", None)
    assert await room.rows(LobbyTicket) == []
    (recitation,) = await room.rows(Recitation)
    assert (recitation.origin, recitation.mode, recitation.medium) == ("lobby", "live", "voice")
    assert (recitation.phase, recitation.waited, recitation.channel_id) == ("opening", 130, CHANNEL)
    assert "new" in {reason["code"] for reason in recitation.reasons}
    # Who waited begins, and asking again shows it to both.
    assert [row.member_id for row in await room.rows(Reciter)] == await ids_of(room, BO, CY)
    again = await room.wait(BO)
    assert isinstance(again, Together)
    assert again.partners == (CY.discord_id,)
    assert len(await room.rows(Recitation)) == 1
    assert await room.house.services.lobby.place(CY) == found


async def ids_of(room: Waitroom, *people: Person) -> list[int]:
    known = {row.discord_id: row.id for row in await room.rows(Member)}
    return [known[who.discord_id] for who in people]


async def test_asking_again_keeps_the_place_and_takes_the_new_wish(room: Waitroom) -> None:
    await room.wait(BO, topic="sql")
    (first,) = await room.rows(LobbyTicket)
    room.clock.turn(timedelta(minutes=3))
    waiting = await room.wait(BO, topic="gpu", medium="typed")
    assert isinstance(waiting, Waiting)
    (second,) = await room.rows(LobbyTicket)
    assert (second.id, second.since) == (first.id, first.since)
    assert (second.topic, second.medium, second.seen_at) == ("gpu", "typed", room.clock.now())
    assert waiting.until == room.clock.now() + LASTS
    # What is left open stays.
    await room.wait(BO)
    (third,) = await room.rows(LobbyTicket)
    assert (third.topic, third.medium) == ("gpu", "typed")


async def test_the_medium_is_the_one_chosen_last(room: Waitroom) -> None:
    await room.house.services.pairing.choose(BO, medium="typed")
    waiting = await room.wait(BO)
    assert waiting.wish.medium == "typed"
    assert isinstance(await room.wait(CY, medium="voice"), Waiting)
    assert isinstance(await room.wait(DI, medium="typed"), Together)


async def test_rooms_go_to_the_study_channel_where_there_is_one(room: Waitroom) -> None:
    await room.wait(BO, channel_id=555)
    await room.house.database.write(lambda db: db.execute(update(Server).values(study_channel_id=444)))
    await room.wait(BO, channel_id=666)
    (ticket,) = await room.rows(LobbyTicket)
    assert ticket.channel_id == 444


# --- widening


@pytest.mark.parametrize(
    ("wish", "track", "needed"),
    [("gpu", "ds", TOPIC_FOR), ("sql", "mle", TRACK_FOR), ("gpu", "mle", TRACK_FOR)],
)
async def test_two_who_wait_are_paired_as_their_wishes_widen_without_a_press(
    room: Waitroom, wish: str, track: Any, needed: timedelta
) -> None:
    await room.house.services.members.settle_in(BO, track="ds")
    await room.house.services.members.settle_in(CY, track=track)
    await room.wait(BO, topic="sql")
    sure_by = room.clock.now() + needed
    room.clock.turn(30 * SECOND)
    waiting = await room.wait(CY, topic=wish)
    assert isinstance(waiting, Waiting)
    assert (waiting.others, waiting.sure_by) == (1, sure_by)
    while room.clock.now() < sure_by - SECOND:
        room.clock.turn(min(29 * SECOND, sure_by - SECOND - room.clock.now()))
        assert await room.look() == []
    room.clock.turn(SECOND)
    (number,) = await room.look()
    (recitation,) = await room.rows(Recitation)
    assert (recitation.id, recitation.waited) == (number, needed.total_seconds())
    # The other one's timer finds nothing to do, and no timer of the lobby is left over.
    room.clock.turn(timedelta(hours=1))
    assert await room.look() == []
    assert [row for row in await room.rows(Timer) if row.kind == LOOK] == []


async def test_who_met_lately_is_paired_last_and_who_waited_longest_first(room: Waitroom) -> None:
    await room.recite(BO, CY)
    await room.wait(BO)
    assert isinstance(await room.wait(CY), Waiting)
    room.clock.turn(NEW_FOR - SECOND)
    assert await room.look() == []
    found = await room.wait(DI)
    assert isinstance(found, Together)
    assert found.partners == (BO.discord_id,)
    room.clock.turn(SECOND)
    assert await room.look() == []
    (left,) = await room.rows(LobbyTicket)
    assert [left.member_id] == await ids_of(room, CY)


async def test_where_only_three_take_part_nobody_waits_for_somebody_new(
    database_url: str, tmp_path: Path
) -> None:
    clock = TurnedClock()
    async with open_house(database_url, bank_dir=easy_bank(tmp_path / "bank"), clock=clock) as house:
        small = Waitroom([house], clock)
        for who in (BO, CY, DI):
            await house.services.members.agree(who)
        for number in range(3):
            await small.recite(BO, CY)
            await small.wait(BO, topic="sql")
            assert isinstance(await small.wait(CY, topic="gpu"), Together), number
            await house.database.write(lambda db: db.execute(update(Recitation).values(phase="done")))
        await house.services.members.agree(ED)
        await small.wait(BO)
        assert isinstance(await small.wait(CY), Waiting)


# --- never


async def test_a_block_keeps_two_apart_for_ever_and_neither_learns_of_it(room: Waitroom) -> None:
    await room.house.services.safety.block(BO, "member", CY.discord_id)
    seen = []
    for first, second in ((BO, CY), (CY, BO)):
        alone = await room.wait(first)
        both = await room.wait(second)
        assert isinstance(both, Waiting)
        # The same as with nobody there.
        assert alone == both
        seen.append(await room.wait(first))
        assert await room.house.services.lobby.leave(first) is None
        await room.house.services.lobby.leave(second)
    await room.wait(BO)
    await room.wait(CY)
    for _ in range(20):
        room.clock.turn(timedelta(minutes=5))
        await room.wait(BO)
        await room.wait(CY)
        assert await room.look() == []
    assert await room.rows(Recitation) == []


async def test_without_a_language_in_common_or_in_another_server_nobody_is_paired(room: Waitroom) -> None:
    await room.house.services.members.settle_in(BO, languages=["de"])
    await room.wait(BO)
    elsewhere = person(CY.discord_id, guild=8)
    await room.house.services.members.agree(elsewhere)
    assert isinstance(await room.wait(elsewhere), Waiting)
    waiting = await room.wait(DI)
    assert isinstance(waiting, Waiting)
    assert waiting.others == 0
    room.clock.turn(NEW_FOR)
    assert await room.look() == []


@pytest.mark.parametrize("how", ["left", "paused", "paused by a guide", "gone", "idle", "elsewhere", "alone"])
async def test_whoever_is_not_there_any_more_is_not_paired(room: Waitroom, how: str) -> None:
    services, database, now = room.house.services, room.house.database, room.clock.now()
    await room.wait(BO)
    bo = update(Member).where(Member.discord_id == BO.discord_id)
    match how:
        case "left":
            await services.members.leave(BO)
        case "paused":
            await services.members.toggle_pause(BO)
        case "paused by a guide":
            await database.write(lambda db: db.execute(bo.values(paused_at=now, paused_by=70)))
        case "gone":
            await services.privacy.note(BO.guild_id, here=(), gone=(BO.discord_id,))
        case "idle":
            room.clock.turn(LASTS)
        case _:
            room.clock.turn(SECOND)
            people, origin = ((BO, ED), "round") if how == "elsewhere" else ((BO,), "solo")
            number = await room.recite(*people, origin=origin, phase="reciting", phase_since=room.clock.now())
            await database.write(
                lambda db: db.execute(
                    update(Reciter).where(Reciter.recitation_id == number).values(came_at=room.clock.now())
                )
            )
    assert BO.discord_id not in (await services.lobby.others(CY)).discord_ids
    waiting = await room.wait(CY)
    assert isinstance(waiting, Waiting)
    assert waiting.others == 0
    assert [row.member_id for row in await room.rows(LobbyTicket)] == await ids_of(room, CY)


async def test_a_room_that_only_the_partner_opened_does_not_end_the_wait(room: Waitroom) -> None:
    await room.wait(BO)
    room.clock.turn(SECOND)
    await room.recite(BO, ED, phase="ready", phase_since=room.clock.now())
    assert isinstance(await room.wait(CY), Together)


async def test_a_place_ends_by_itself_half_an_hour_after_the_last_sign_of_life(room: Waitroom) -> None:
    await room.wait(BO)
    room.clock.turn(timedelta(minutes=20))
    await room.wait(BO)
    room.clock.turn(timedelta(minutes=20))
    await room.look()
    assert len(await room.rows(LobbyTicket)) == 1
    room.clock.turn(timedelta(minutes=10))
    await room.look()
    assert await room.rows(LobbyTicket) == []
    assert await room.rows(Timer) == []
    # Pressing afterwards is a new place.
    assert (await room.wait(BO)).since == room.clock.now()  # type: ignore[union-attr]


async def test_leaving_gives_the_place_up(room: Waitroom) -> None:
    await room.wait(BO)
    assert await room.house.services.lobby.leave(BO) is None
    assert await room.rows(LobbyTicket) == []
    assert isinstance(await room.wait(CY), Waiting)
    assert await room.house.services.lobby.leave(BO) is None
    with pytest.raises(NotAMember):
        await room.house.services.lobby.leave(person(5))


async def test_leaving_a_moment_too_late_tells_who_was_found(room: Waitroom) -> None:
    await room.wait(BO)
    await room.wait(CY)
    found = await room.house.services.lobby.leave(BO)
    assert found is not None
    assert found.partners == (CY.discord_id,)


async def test_what_cannot_be_wished_is_refused(room: Waitroom) -> None:
    with pytest.raises(UnknownTopic):
        await room.wait(BO, topic="astrology")
    offered: list[dict[str, Any]] = [{"mode": "solo"}, {"medium": "dance"}]
    for wrong in offered:
        with pytest.raises(OutOfDate):
            await room.wait(BO, **wrong)
    await room.house.services.members.toggle_pause(BO)
    with pytest.raises(RestingNow):
        await room.wait(BO)
    paused = update(Member).where(Member.discord_id == BO.discord_id).values(paused_by=70)
    await room.house.database.write(lambda db: db.execute(paused))
    with pytest.raises(PausedByGuide):
        await room.wait(BO)
    assert (
        await room.house.services.lobby.wait(
            person(5), mode="live", medium=None, topic=None, channel_id=CHANNEL
        )
        is None
    )
    assert await room.rows(LobbyTicket) == []


# --- async, and the stranded


async def test_two_who_want_it_async_are_paired_and_need_not_be_there(room: Waitroom) -> None:
    await room.wait(BO)
    waiting = await room.wait(BO, mode="async")
    assert isinstance(waiting, Waiting)
    assert waiting.until == room.clock.now() + ASYNC_LASTS
    assert isinstance(await room.wait(DI), Waiting), "live and async do not mix"
    room.clock.turn(timedelta(hours=70))
    await room.look()
    found = await room.wait(CY, mode="async")
    assert isinstance(found, Together)
    assert found.partners == (BO.discord_id,)
    (recitation,) = await room.rows(Recitation)
    assert recitation.mode == "async"
    # It keeps nobody from meeting somebody now, and an old card's press from a second one.
    assert isinstance(await room.wait(BO, mode="async"), Together)
    assert isinstance(await room.wait(BO), Waiting)


async def test_the_stranded_are_first_in_line_and_paired_with_each_other_at_once(room: Waitroom) -> None:
    now = room.clock.now
    numbers = [await room.recite(BO, ED, phase="ready"), await room.recite(CY, FLO, phase="ready")]
    await room.recite(BO, CY)

    def left(who: Person, number: int) -> Any:
        return lambda db: strand(db, require(db, who), db.get_one(Recitation, number), now())

    await room.wait(DI, medium="typed")
    assert await room.house.database.write(left(BO, numbers[0])) is None
    assert await room.house.database.write(left(BO, numbers[0])) is None
    waiting = await room.house.services.lobby.place(BO)
    assert isinstance(waiting, Waiting)
    assert waiting.stranded
    # They met lately, and it does not matter.
    number = await room.house.database.write(left(CY, numbers[1]))
    assert number is not None
    found = await room.house.services.lobby.place(BO)
    assert isinstance(found, Together)
    assert (found.recitation_id, found.partners) == (number, (CY.discord_id,))
    # Said again, by somebody who has a partner by now, it changes nothing.
    assert await room.house.database.write(left(CY, numbers[1])) == number
    assert len(await room.rows(LobbyTicket)) == 1  # Di types


async def test_whoever_comes_next_is_for_the_stranded_though_another_fits_better(room: Waitroom) -> None:
    for who in (DI, FLO):
        await room.house.services.members.settle_in(who, track="mle")
    await room.house.services.members.settle_in(ED, track="ds")
    number = await room.recite(ED, CY, phase="ready")
    await room.wait(DI)
    await room.house.services.lobby.leave(DI)
    await room.house.database.write(
        lambda db: strand(db, require(db, ED), db.get_one(Recitation, number), room.clock.now())
    )
    await room.house.services.safety.block(ED, "member", DI.discord_id)
    await room.wait(DI)
    found = await room.wait(FLO)
    assert isinstance(found, Together)
    assert found.partners == (ED.discord_id,)


async def test_a_stranded_ones_partner_who_comes_after_all_ends_the_wait(room: Waitroom) -> None:
    number = await room.recite(BO, ED, phase="ready")
    await room.house.database.write(
        lambda db: strand(db, require(db, BO), db.get_one(Recitation, number), room.clock.now())
    )
    room.clock.turn(SECOND)
    now = room.clock.now()

    def begun(db: Any) -> None:
        db.execute(
            update(Recitation).where(Recitation.id == number).values(phase="reciting", phase_since=now)
        )
        db.execute(update(Reciter).where(Reciter.recitation_id == number).values(came_at=now))

    await room.house.database.write(begun)
    assert isinstance(await room.wait(CY), Waiting)


# --- looks that come twice


async def test_a_look_whose_lease_lapsed_does_nothing_that_the_next_one_did_not(room: Waitroom) -> None:
    deliveries, lobby = room.house.services.deliveries, room.house.services.lobby
    await room.recite(BO, CY)
    await room.wait(BO)
    await room.wait(CY)
    room.clock.turn(NEW_FOR)
    first = [due for due in await deliveries.claim("timers") if due.kind == LOOK]
    room.clock.turn(timedelta(seconds=61))
    second = [due for due in await deliveries.claim("timers") if due.kind == LOOK]
    assert len(first) == len(second) == 2
    found = [await lobby.look(due) for due in (*second, *first)]
    assert [number is None for number in found] == [False, True, True, True]
    assert [row for row in await room.rows(Timer) if row.kind == LOOK] == []


# --- what waiting is like


async def test_the_wait_is_told_from_this_servers_own_past_or_not_at_all(room: Waitroom) -> None:
    async def likely() -> Any:
        return (await room.wait(ED)).likely  # type: ignore[union-attr]

    assert await likely() is None
    for minutes in (2, 5, 9):
        await room.recite(BO, CY, origin="lobby", waited=minutes * 60)
    assert await likely() == timedelta(minutes=5)
    await room.house.services.lobby.leave(ED)
    room.clock.turn(timedelta(hours=30))
    waiting = await room.wait(ED)
    assert isinstance(waiting, Waiting)
    assert waiting.likely is None
    assert waiting.busy_at is not None
    assert waiting.busy_at > room.clock.now()


# --- exactly once


@pytest.fixture
async def crowd(database_url: str, tmp_path: Path) -> AsyncIterator[Waitroom]:
    """Two processes over one PostgreSQL; on SQLite, one."""
    clock = TurnedClock()
    async with AsyncExitStack() as stack:
        houses = [
            await stack.enter_async_context(
                open_house(database_url, bank_dir=easy_bank(tmp_path / f"bank-{number}"), clock=clock)
            )
            for number in range(2 if database_url.startswith("postgresql") else 1)
        ]
        yield Waitroom(houses, clock)


async def test_thirty_who_press_in_one_instant_twice_are_fifteen_pairs(crowd: Waitroom) -> None:
    people = [person(number) for number in range(1, 31)]
    await crowd.welcome(*people)
    presses = [crowd.wait(who, house) for who in people for house in (crowd.houses * 2)[:2]]
    await asyncio.gather(*presses)
    pairs = await crowd.pairs()
    assert Counter(who for pair in pairs for who in pair) == {who.discord_id: 1 for who in people}
    assert {len(pair) for pair in pairs} == {2}
    assert await crowd.rows(LobbyTicket) == []


async def test_looks_and_presses_of_two_processes_pair_nobody_twice(crowd: Waitroom) -> None:
    people = [person(number) for number in range(1, 11)]
    await crowd.welcome(*people)
    for number, who in enumerate(people):
        # A topic each: nobody fits yet.
        await crowd.house.services.members.settle_in(who, track="ds" if number % 2 else "mle")
        for other in people[:number]:
            await crowd.recite(who, other)
    for who in people:
        assert isinstance(await crowd.wait(who), Waiting)
    crowd.clock.turn(NEW_FOR)
    before = len(await crowd.rows(Recitation))

    async def look(house: House) -> None:
        while claimed := await house.services.deliveries.claim("timers", 3):
            await asyncio.gather(*(house.services.lobby.look(due) for due in claimed if due.kind == LOOK))
            if not any(due.kind == LOOK for due in claimed):
                break

    await asyncio.gather(
        *(look(house) for house in crowd.houses),
        *(crowd.wait(who, house) for who in people for house in crowd.houses),
    )
    found = (await crowd.pairs())[before:]
    assert Counter(who for pair in found for who in pair) == {who.discord_id: 1 for who in people}
    assert await crowd.rows(LobbyTicket) == []
