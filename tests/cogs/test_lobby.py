"""/recite now, seen by everyone: one, two, three and five people, waiting, widening, leaving, and restarts."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from simcord.backend.errors import SetupError
from sqlalchemy import update

from bot.domain.lobby import LASTS, LOOKED_EVERY, NEW_FOR, TOPIC_FOR
from bot.domain.members import Person
from bot.storage.tables import Item, LobbyTicket, Member, Recitation, Reciter, Server
from tests.support.concepts import concept_bank
from tests.support.study import allow, rows, stamps, thread
from tests.support.world import World, button, said, words, world

NAMES = ("Bo", "Cy", "Di", "Ed", "Flo")
MINUTE = 60


class Lobby:
    """A server that is set up, and people in it."""

    def __init__(self, hall: World) -> None:
        self.hall = hall
        self.people = [hall.member(name) for name in NAMES]
        self.bo, self.cy, self.di, self.ed, self.flo = self.people

    async def agree(self, *people: Any) -> None:
        """Let people take part who have agreed to the rules."""
        for who in people:
            await self.hall.house.services.members.agree(self.person(who))

    def person(self, who: Any) -> Person:
        return Person(self.hall.guild.id, who.id, who.user.global_name, "Study hall")

    async def now(self, who: Any, **wish: Any) -> Any:
        result = await who.slash(self.hall.channel, "recite now", **wish)
        assert result.ephemeral
        return result

    async def press(self, who: Any, card: Any, label: str) -> Any:
        return await who.click(card.response, label=label)

    async def pairs(self) -> list[set[str]]:
        """Who was put together, pair by pair."""
        names = {row.id: row.display_name for row in await rows(self.hall, Member)}
        found: dict[int, set[str]] = {row.id: set() for row in await rows(self.hall, Recitation)}
        for row in await rows(self.hall, Reciter):
            found[row.recitation_id].add(names[row.member_id])
        return list(found.values())

    async def waiting(self) -> list[str]:
        names = {row.id: row.display_name for row in await rows(self.hall, Member)}
        return [names[row.member_id] for row in await rows(self.hall, LobbyTicket)]


@pytest.fixture
async def lobby(tmp_path: Path) -> AsyncIterator[Lobby]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'reps.db'}"
    async with world(url, bank=concept_bank(tmp_path / "bank")) as hall:
        await hall.admin.slash(hall.channel, "setup start", channel=hall.channel)
        yield Lobby(hall)


# --- one


async def test_the_rules_come_first_and_then_what_was_wished(lobby: Lobby) -> None:
    rules = await lobby.now(lobby.bo, topic="sql", style="typed")
    assert said(rules).startswith("## How we treat each other")
    assert "With this you take part in Reps here" in said(rules)
    assert await lobby.waiting() == []
    waiting = await lobby.press(lobby.bo, rules, "I agree")
    assert waiting.ephemeral
    assert said(waiting).startswith("## Waiting for a partner\n**Live, typed.** Topic: SQL.")
    assert await lobby.waiting() == ["Bo"]
    # Once and for all.
    assert said(await lobby.now(lobby.bo)).startswith("## Waiting for a partner")


async def test_alone_one_is_told_what_is_known_and_what_else_there_is(lobby: Lobby) -> None:
    await lobby.agree(lobby.bo)
    waiting = await lobby.now(lobby.bo)
    told = said(waiting)
    assert "Nobody else who would fit you waits right now." in told
    assert "How long it takes I cannot tell yet" in told
    until = lobby.hall.now() + LASTS
    assert {int(moment.timestamp()) for moment in stamps(told)} == {int(until.timestamp())}
    for label in ("I am still here", "Do it async", "Recite solo", "Leave the queue"):
        assert f"[{label}]" in told
    # Nobody else sees anything of it.
    assert "partner" not in lobby.hall.sees(lobby.cy)

    await lobby.hall.skip(20 * MINUTE)
    again = said(await lobby.press(lobby.bo, waiting, "I am still here"))
    (later, _) = stamps(again)
    assert later == until.replace(microsecond=0) + timedelta(minutes=20)


async def test_nobody_leaves_without_a_rep(lobby: Lobby) -> None:
    await lobby.agree(lobby.bo)
    waiting = await lobby.now(lobby.bo, topic="gpu")
    left = await lobby.press(lobby.bo, waiting, "Leave the queue")
    assert said(left).startswith("You have left the queue. A rep is still yours today")
    assert await lobby.waiting() == []
    alone = await lobby.press(lobby.bo, left, "Recite solo")
    assert "Warps" in said(alone)
    waiting = await lobby.press(lobby.bo, left, "Wait again")
    assert "Topic: GPUs." in said(waiting)


async def test_reciting_alone_ends_the_wait(lobby: Lobby) -> None:
    await lobby.agree(lobby.bo, lobby.cy)
    waiting = await lobby.now(lobby.bo)
    await lobby.hall.env.advance_time(5)
    await lobby.press(lobby.bo, waiting, "Recite solo")
    assert said(await lobby.now(lobby.cy)).startswith("## Waiting for a partner")
    assert await lobby.waiting() == ["Cy"]


async def test_whoever_stays_away_loses_the_place_in_silence(lobby: Lobby) -> None:
    await lobby.agree(lobby.bo)
    waiting = await lobby.now(lobby.bo)
    seen = lobby.hall.sees(lobby.bo)
    await lobby.hall.skip(LASTS.total_seconds())
    assert await lobby.waiting() == []
    assert lobby.hall.sees(lobby.bo) == seen
    # The old card still does what it says, as a new place.
    assert said(await lobby.press(lobby.bo, waiting, "I am still here")).startswith(
        "## Waiting for a partner"
    )
    assert await lobby.waiting() == ["Bo"]


async def test_what_is_no_topic_or_not_now_is_refused_in_words(lobby: Lobby) -> None:
    told = said(await lobby.now(lobby.bo, topic="no.such topic" * 20))
    assert told.startswith("The bank has no topic")
    await lobby.agree(lobby.bo)
    await lobby.bo.slash(lobby.hall.channel, "me pause")
    assert said(await lobby.now(lobby.bo)).startswith("You are paused, so I look for no partner")
    await lobby.bo.slash(lobby.hall.channel, "me pause")
    await lobby.hall.admin.slash(lobby.hall.channel, "guide people pause", member=lobby.bo, reason="Rest")
    assert said(await lobby.now(lobby.bo)).startswith("A guide has paused you here.")
    assert await lobby.waiting() == []


# --- two


async def test_two_are_put_together_and_both_are_told_with_whom_and_why(lobby: Lobby) -> None:
    await lobby.agree(*lobby.people)
    waiting = await lobby.now(lobby.bo, topic="sql")
    await lobby.hall.skip(90)
    found = await lobby.now(lobby.cy)
    told = said(found)
    assert told.startswith(f"## You recite with <@{lobby.bo.id}>\n**Live, by voice.** Topic: SQL.")
    assert "• You have not recited together before." in told
    assert "Besides" not in told
    assert "week" not in told
    shown = said(await lobby.press(lobby.bo, waiting, "I am still here"))
    assert shown.startswith(f"## You recite with <@{lobby.cy.id}>")
    assert await lobby.pairs() == [{"Bo", "Cy"}]
    assert await lobby.waiting() == []
    # Leaving, or wishing for something else, a moment too late.
    for press in ("lobby.leave:live.voice.sql", "lobby.wait:async.voice.sql"):
        (late,) = await lobby.hall.raw((lobby.bo, waiting.response, button(press)))
        assert shown in said(late), press
    assert said(await lobby.now(lobby.cy)).startswith(f"## You recite with <@{lobby.bo.id}>")
    assert await lobby.pairs() == [{"Bo", "Cy"}]


async def test_the_room_opens_by_itself_for_the_two_alone_and_mentions_both(lobby: Lobby) -> None:
    await lobby.agree(*lobby.people)
    waiting = await lobby.now(lobby.bo)
    found = await lobby.now(lobby.cy)
    assert "Your room opens in a moment" in said(found)
    await lobby.hall.rounds()
    (opened,) = lobby.hall.channel.threads
    (card,) = opened.history()
    assert {mentioned.id for mentioned in card.mentions} == {lobby.bo.id, lobby.cy.id}
    for who, result in ((lobby.bo, waiting), (lobby.cy, found)):
        label = "Show my room" if who is lobby.cy else "I am still here"
        assert f"Your room is <#{opened.id}>." in said(await lobby.press(who, result, label))
        assert words(card) in lobby.hall.sees(who, opened)
    with pytest.raises(SetupError):
        lobby.hall.sees(lobby.di, opened)


async def test_a_room_that_may_not_be_opened_is_told_and_can_be_tried_again(lobby: Lobby) -> None:
    await lobby.agree(*lobby.people)
    await allow(lobby.hall, lobby.hall.guild, create_private_threads=False)
    waiting = await lobby.now(lobby.bo)
    await lobby.now(lobby.cy)
    await lobby.hall.rounds()
    shown = await lobby.press(lobby.bo, waiting, "I am still here")
    assert "Your room could not be opened; the staff hear why." in said(shown)
    await allow(lobby.hall, lobby.hall.guild, create_private_threads=True)
    await lobby.press(lobby.bo, waiting, "Open my room")
    await lobby.hall.rounds()
    (opened,) = lobby.hall.channel.threads
    assert f"Your room is <#{opened.id}>." in said(await lobby.now(lobby.cy))


async def test_two_who_wish_for_different_topics_wait_a_minute_and_nobody_presses(lobby: Lobby) -> None:
    await lobby.agree(*lobby.people)
    waiting = await lobby.now(lobby.bo, topic="sql")
    began = lobby.hall.now()
    await lobby.hall.skip(20)
    other = said(await lobby.now(lobby.cy, topic="gpu"))
    assert "**1 other** waits who may fit you." in other
    assert (began + TOPIC_FOR).replace(microsecond=0) in stamps(other)
    assert str(lobby.bo.id) not in other
    await lobby.hall.skip(39)
    assert await lobby.pairs() == []
    await lobby.hall.skip(2)
    assert await lobby.pairs() == [{"Bo", "Cy"}]
    shown = said(await lobby.press(lobby.bo, waiting, "I am still here"))
    assert f"<@{lobby.cy.id}>\n**Live, by voice.** Topic: SQL." in shown
    # Each recites about what they wished for.
    found = said(await lobby.now(lobby.cy))
    assert f"<@{lobby.bo.id}>\n**Live, by voice.** Topic: GPUs." in found
    concepts = {one.id: one.topic for one in await rows(lobby.hall, Item)}
    assert [concepts[one.item_id] for one in await rows(lobby.hall, Reciter)] == ["sql", "gpu"]
    # Nobody's name: it stays when their data is erased.
    assert [one.name for one in lobby.hall.channel.threads] == ["Recitation · SQL · GPUs · r1"]


@pytest.mark.parametrize("when", ["waiting", "widening", "found"])
async def test_a_restart_changes_nothing(lobby: Lobby, when: str) -> None:
    await lobby.agree(*lobby.people)
    waiting = await lobby.now(lobby.bo, topic="sql")
    if when == "waiting":
        await lobby.hall.restart()
    await lobby.now(lobby.cy, topic="gpu" if when == "widening" else "sql")
    if when != "waiting":
        await lobby.hall.restart()
    await lobby.hall.skip(TOPIC_FOR.total_seconds())
    shown = said(await lobby.press(lobby.bo, waiting, "I am still here"))
    assert f"## You recite with <@{lobby.cy.id}>" in shown
    assert await lobby.pairs() == [{"Bo", "Cy"}]


async def test_somebody_who_left_discord_is_asked_for_and_never_paired(lobby: Lobby) -> None:
    await lobby.agree(*lobby.people)
    await lobby.now(lobby.bo)
    lobby.hall.guild.remove_member(lobby.bo)
    assert said(await lobby.now(lobby.cy)).startswith("## Waiting for a partner")
    assert await lobby.waiting() == ["Cy"]
    assert await lobby.pairs() == []


async def test_somebody_who_left_discord_is_asked_for_by_the_timer_too(lobby: Lobby) -> None:
    await lobby.agree(*lobby.people)
    await lobby.now(lobby.bo, topic="sql")
    await lobby.now(lobby.cy, topic="gpu")
    lobby.hall.guild.remove_member(lobby.cy)
    await lobby.hall.skip(TOPIC_FOR.total_seconds() + 1)
    assert await lobby.pairs() == []
    assert await lobby.waiting() == ["Bo"]


async def test_two_who_come_to_fit_while_they_wait_are_put_together_within_minutes(lobby: Lobby) -> None:
    await lobby.agree(*lobby.people)
    safety = lobby.hall.house.services.safety
    bo = lobby.person(lobby.bo)
    await safety.block(bo, "member", lobby.cy.id)
    await lobby.now(lobby.bo)
    await lobby.now(lobby.cy)
    await lobby.hall.skip(6 * MINUTE)
    blocks, *_ = await safety.blocks(bo, 0)
    await safety.unblock(bo, [blocks[0].id])
    await lobby.hall.skip(LOOKED_EVERY.total_seconds())
    assert await lobby.pairs() == [{"Bo", "Cy"}]


@pytest.mark.parametrize("blocker", [0, 1])
async def test_a_block_is_never_seen_and_always_kept(lobby: Lobby, blocker: int) -> None:
    await lobby.agree(*lobby.people)
    one, other = lobby.people[blocker], lobby.people[1 - blocker]
    alone = said(await lobby.now(other))
    await lobby.hall.house.services.safety.block(lobby.person(one), "member", other.id)
    waiting = await lobby.now(one)
    # Word for word what somebody reads who is alone.
    assert said(waiting) == alone
    for _ in range(10):
        await lobby.hall.skip(5 * MINUTE)
        for who in (one, other):
            assert "Nobody else who would fit you waits right now." in said(await lobby.now(who))
    assert await lobby.pairs() == []


async def test_two_who_want_it_async_need_not_be_there(lobby: Lobby) -> None:
    await lobby.agree(*lobby.people)
    waiting = await lobby.now(lobby.bo, style="typed")
    later = await lobby.press(lobby.bo, waiting, "Do it async")
    assert said(later).startswith("## Waiting for an async partner\n**Async, typed.**")
    assert "You need not be here." in said(later)
    await lobby.hall.skip(8 * 3_600)
    waiting = await lobby.now(lobby.cy, style="typed")
    assert said(waiting).startswith("## Waiting for a partner")
    found = said(await lobby.press(lobby.cy, waiting, "Do it async"))
    assert found.startswith(f"## You recite with <@{lobby.bo.id}>\n**Async, typed.**")
    assert await lobby.pairs() == [{"Bo", "Cy"}]


async def test_two_whose_partners_did_not_come_are_put_together_at_once(lobby: Lobby) -> None:
    await lobby.agree(*lobby.people)
    for who in (lobby.bo, lobby.cy, lobby.di, lobby.ed):
        await lobby.now(who, style="typed")
    assert await lobby.pairs() == [{"Bo", "Cy"}, {"Di", "Ed"}]
    await lobby.hall.rounds()
    await lobby.hall.skip(10 * MINUTE + 1)
    told = []
    for who, room in zip((lobby.bo, lobby.di), lobby.hall.channel.threads, strict=True):
        more = await who.click(room.history()[-1], label="More")
        told.append(said(await who.click(more.response, label="My partner has not come")))
        if who is lobby.bo:
            waiting = await lobby.now(lobby.bo)
            assert "You are first in line: whoever comes next is yours." in said(waiting)
            assert "**Live, typed.**" in said(waiting)
    assert "You are first in line" in told[0]
    assert "Somebody else was waiting too." in told[1]
    await lobby.hall.rounds()
    assert (await lobby.pairs())[-1] == {"Bo", "Di"}
    shown = said(await lobby.press(lobby.bo, waiting, "I am still here"))
    assert f"## You recite with <@{lobby.di.id}>" in shown
    assert f"<#{lobby.hall.channel.threads[-1].id}>" in shown
    assert len(lobby.hall.channel.threads) == 3


# --- three, and five


async def test_of_three_the_two_who_fit_better_go_first_and_the_third_is_not_forgotten(lobby: Lobby) -> None:
    await lobby.agree(*lobby.people)
    await lobby.now(lobby.bo, topic="sql")
    await lobby.hall.skip(30)
    await lobby.now(lobby.cy, topic="gpu")
    assert said(await lobby.now(lobby.di, topic="gpu")).startswith(f"## You recite with <@{lobby.cy.id}>")
    assert await lobby.waiting() == ["Bo"]
    assert f"<@{lobby.bo.id}>" in said(await lobby.now(lobby.ed))
    assert await lobby.pairs() == [{"Cy", "Di"}, {"Bo", "Ed"}]


async def test_old_partners_wait_for_somebody_new_but_not_for_long(lobby: Lobby) -> None:
    await lobby.agree(*lobby.people)
    await lobby.now(lobby.bo)
    await lobby.now(lobby.cy)
    await lobby.hall.skip(LASTS.total_seconds())  # that one was long ago enough to begin another
    await lobby.now(lobby.bo)
    waiting = said(await lobby.now(lobby.cy))
    assert "**1 other** waits" in waiting
    await lobby.hall.skip(NEW_FOR.total_seconds() + 1)
    assert await lobby.pairs() == [{"Bo", "Cy"}, {"Bo", "Cy"}]
    assert "• You have been put together 1 time before." in said(await lobby.now(lobby.cy))


async def test_five_are_two_pairs_and_one_who_waits(lobby: Lobby) -> None:
    await lobby.agree(*lobby.people)
    cards = [await lobby.now(who) for who in lobby.people]
    assert [said(card).startswith("## You recite with") for card in cards] == [
        False,
        True,
        False,
        True,
        False,
    ]
    assert await lobby.pairs() == [{"Bo", "Cy"}, {"Di", "Ed"}]
    assert await lobby.waiting() == ["Flo"]


async def test_everybody_at_once_and_twice_is_still_one_pair_each(lobby: Lobby) -> None:
    await lobby.agree(*lobby.people)
    waiting = await lobby.now(lobby.flo)
    await lobby.press(lobby.flo, waiting, "Leave the queue")
    press = button("lobby.wait:live..")
    presses = [(who, waiting.response, press) for who in lobby.people[:4] for _ in range(2)]
    await lobby.hall.raw(*presses)
    pairs = await lobby.pairs()
    assert [len(pair) for pair in pairs] == [2, 2]
    assert pairs[0] | pairs[1] == {"Bo", "Cy", "Di", "Ed"}
    assert await lobby.waiting() == []


async def test_in_a_thread_the_room_goes_to_its_channel(lobby: Lobby) -> None:
    await lobby.agree(lobby.bo)
    await lobby.hall.house.database.write(lambda db: db.execute(update(Server).values(study_channel_id=None)))
    await lobby.bo.slash(thread(lobby.hall), "recite now")
    (ticket,) = await rows(lobby.hall, LobbyTicket)
    assert ticket.channel_id == lobby.hall.channel.id
