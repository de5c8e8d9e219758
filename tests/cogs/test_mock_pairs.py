"""/mock request: who is put together, a named partner's yes or no, and every refusal on the way."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from bot.storage.tables import Block, Item, Member, MockInterview, MockSeat
from tests.support.interviews import DAY, MINUTE, Duo, agreed, duo
from tests.support.study import another_server, command, rows
from tests.support.world import button, choice, said, words


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Duo]:
    async with duo(tmp_path) as made:
        yield made


def asks(two: Duo) -> Any:
    """The card in the study channel that asks somebody by name."""
    (found,) = [one for one in two.hall.channel.history() if "would like a mock interview" in words(one)]
    return found


async def invite(two: Duo, partner: Any, **options: Any) -> Any:
    sent = await two.request(two.ana, "sql", partner=partner, **options)
    await two.hall.rounds()
    return sent


def reads(two: Duo, message: Any) -> str:
    """A card of the study channel as it is now."""
    (found,) = [one for one in two.hall.channel.history() if one.id == message.id]
    return words(found)


async def waiting(two: Duo) -> int:
    return sum(row.state == "waiting" for row in await rows(two.hall, MockInterview))


# --- who fits


async def test_the_rules_come_once_and_before_anything_else(two: Duo) -> None:
    cy = two.hall.member("Cy")
    shown = await two.request(cy, "statistics", track="mle")
    assert "Be kind" in said(shown)
    assert "With this you take part in Reps here." in said(shown)
    assert await waiting(two) == 0
    await two.hall.restart()
    went_on = said(await cy.click(shown.response, label="I agree"))
    assert "You want to be asked about **Statistics**" in went_on
    (seat,) = [row for row in await rows(two.hall, MockSeat) if row.waiting]
    assert (seat.round, seat.track) == ("statistics", "mle")
    assert "How we treat each other" not in said(await two.request(cy, "sql"))


async def test_a_language_in_common_is_a_must_and_track_and_level_come_from_the_settings(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    languages = await ana.slash(hall.channel, "me settings", track="mle")
    page = await ana.click(languages.response, label="Languages and level")
    page = await ana.select(page.response, ["de"], custom_id="me.languages:")
    await ana.select(page.response, ["switching"], custom_id="me.level:")
    await two.request(ana)
    assert "1 other person waits here right now" in said(await two.request(bo))
    assert await waiting(two) == 2
    (seat,) = [row for row in await rows(hall, MockSeat) if row.waiting and row.level]
    assert (seat.track, seat.level) == ("mle", "switching")
    # Ana learns English: asking again finds Bo, who has waited.
    page = await ana.select(page.response, ["de", "en"], custom_id="me.languages:")
    assert "You have a partner" in said(await two.request(ana))
    assert await waiting(two) == 0


async def test_two_who_come_to_fit_while_they_wait_are_brought_together_within_minutes(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    cy = await agreed(hall, "Cy")
    languages = await ana.slash(hall.channel, "me settings")
    page = await ana.click(languages.response, label="Languages and level")
    page = await ana.select(page.response, ["de"], custom_id="me.languages:")
    await hall.raw(
        (
            cy,
            (await cy.slash(hall.channel, "mock status")).response,
            button(f"safety.block:member.{bo.id}"),
        )
    )
    for who in (ana, bo, cy):
        await two.request(who)
    await hall.restart()
    await hall.skip(10 * MINUTE)
    assert (await waiting(two), hall.channel.threads) == (3, [])
    blocks = await cy.slash(hall.channel, "me blocks")
    (block,) = await rows(hall, Block)
    await cy.select(blocks.response, [str(block.id)])
    await hall.skip(2 * MINUTE)
    assert two.pinged() == {bo.id, cy.id}
    # One alone is not looked at; the next who comes meets them, and who has gone from the server never comes.
    await two.more(cy, "Cancel")
    await two.request(bo)
    hall.guild.remove_member(bo)
    await ana.select(page.response, ["de", "en"], custom_id="me.languages:")
    await hall.skip(4 * MINUTE)
    assert await waiting(two) == 2
    assert f"You have a partner: <@{ana.id}>" in said(await two.request(cy))


@pytest.mark.parametrize("blocker", ["ana", "bo"])
async def test_a_block_either_way_keeps_two_apart_and_reads_like_a_wait(two: Duo, blocker: str) -> None:
    hall = two.hall
    one, other = (two.ana, two.bo) if blocker == "ana" else (two.bo, two.ana)
    (opened,) = await hall.raw(
        (
            one,
            (await one.slash(hall.channel, "mock status")).response,
            button(f"safety.block:member.{other.id}"),
        )
    )
    assert "Blocked" in said(opened)
    await two.request(two.ana)
    answer = said(await two.request(two.bo))
    assert "Your request waits" in answer
    assert "1 other person waits here right now" in answer
    assert await waiting(two) == 2
    refused = said(await two.request(await agreed(hall, "Cy"), "sql"))
    assert "You have a partner" in refused
    await two.bo.slash(hall.channel, "mock cancel")
    await two.ana.slash(hall.channel, "mock cancel")
    assert "is not available for a mock interview" in said(await invite(two, two.bo))
    assert len(await rows(hall, Block)) == 1


async def test_the_best_of_those_who_wait_is_chosen(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    cy = await agreed(hall, "Cy")
    for who, track in ((bo, "mle"), (cy, "ds"), (ana, "ds")):
        await who.slash(hall.channel, "me settings", track=track)
    await two.request(bo)
    await hall.house.database.write(
        lambda db: db.execute(update(Member).where(Member.discord_id == bo.id).values(languages=["fr"]))
    )
    await two.request(cy)
    await hall.house.database.write(
        lambda db: db.execute(update(Member).where(Member.discord_id == bo.id).values(languages=["en"]))
    )
    # Bo has waited longer, but Cy prepares for the same.
    assert f"You have a partner: <@{cy.id}>" in said(await two.request(ana))


async def test_two_who_met_lately_meet_again_only_when_nobody_else_waits(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    await two.pair()
    await two.more(ana, "Cancel")
    cy = await agreed(hall, "Cy")
    await hall.house.database.write(
        lambda db: db.execute(update(Member).where(Member.discord_id == cy.id).values(languages=["fr"]))
    )
    await two.request(bo)
    await two.request(cy)
    await hall.house.database.write(
        lambda db: db.execute(update(Member).where(Member.discord_id == cy.id).values(languages=["en"]))
    )
    assert f"You have a partner: <@{cy.id}>" in said(await two.request(ana))
    await two.ana.slash(hall.channel, "mock status")


async def test_who_left_or_rests_is_nobodys_partner(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    await two.request(bo)
    await bo.slash(hall.channel, "me pause")
    assert "Your request waits" in said(await two.request(ana))
    assert "You are paused" in said(await two.request(bo))
    await bo.slash(hall.channel, "me pause")
    leaving = await bo.slash(hall.channel, "me leave")
    await bo.click(leaving.response, label="Leave")
    assert "You are not taking part" in said(await bo.slash(hall.channel, "mock status"))
    await ana.slash(hall.channel, "mock cancel")
    assert "Your request waits" in said(await two.request(ana))


# --- refusals


async def test_each_refusal_is_one_sentence_and_nothing_is_kept(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    assert "Nobody can interview themselves" in said(await two.request(ana, "sql", partner=ana))
    assert "is not available" in said(await two.request(ana, "sql", partner=hall.member("Stranger")))
    await hall.admin.slash(hall.channel, "guide people pause", member=ana, reason="Spam")
    assert "A guide has paused you" in said(await two.request(ana))
    await hall.admin.slash(hall.channel, "guide people resume", member=ana, reason="Enough")
    await hall.house.database.write(
        lambda db: db.execute(
            update(Item).where(Item.title == "Behavioural title").values(retired_at=hall.now())
        )
    )
    assert "no script for this round type" in said(await two.request(ana, "behavioural"))
    assert "no mock interview behind you" in said(await bo.slash(hall.channel, "mock history"))
    assert await waiting(two) == 0
    _, channel, admin = another_server(hall)
    asked = await admin.slash(channel, "mock request", type="sql")
    assert "/setup start" in said(await admin.click(asked.response, label="I agree"))


async def test_three_arranged_interviews_are_enough(two: Duo) -> None:
    hall, ana = two.hall, two.ana
    for name in ("Cy", "Dee", "Eli"):
        await two.request(await agreed(hall, name))
        assert "You have a partner" in said(await two.request(ana))
    assert "You have 3 mock interviews arranged already" in said(await two.request(ana))
    status = said(await ana.slash(hall.channel, "mock status"))
    assert status.count("**Choosing a time** with") == 3


# --- by name


async def test_a_named_partner_alone_can_accept_and_says_what_they_want(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    sent = said(await invite(two, bo))
    assert f"I ask <@{bo.id}> in <#{hall.channel.id}>" in sent
    asked = asks(two)
    stored = hall.env.backend.get_message(hall.channel.id, asked.id)
    assert set(stored.allowed_mentions.users) == {bo.id}
    assert "no answer so far" in said(await ana.slash(hall.channel, "mock status"))
    assert f"<@{ana.id}> **asks you**" in said(await bo.slash(hall.channel, "mock status"))
    cy = await agreed(hall, "Cy")
    for other in (cy, ana, hall.admin):
        for label in ("Accept", "Not now"):
            assert "Only the two people of this interview" in said(await other.click(asked, label=label))
    assert "You are asking somebody already" in said(await two.request(ana, "coding"))
    assert "You are asking somebody already" in said(await two.request(ana, "coding", partner=cy))
    assert "I ask" in said(await two.request(ana, "sql", partner=bo))
    # Whoever waits is not put together with somebody who asked for one person.
    assert "Your request waits" in said(await two.request(cy))
    await cy.slash(hall.channel, "mock cancel")

    await hall.restart()
    wish = await bo.click(asked, label="Accept")
    matched = said(await bo.select(wish.response, ["statistics"]))
    assert "You are asked about **Statistics**, your partner about **SQL**" in matched
    await hall.rounds()
    assert reads(two, asked) == "This request was answered."
    assert "A mock interview for you two" in two.last()
    again = said(await bo.select(wish.response, ["sql"]))
    assert "**Statistics**" in again
    assert len(two.cards()) == 1


async def test_a_named_partner_reads_the_rules_first(two: Duo) -> None:
    hall = two.hall
    cy = hall.member("Cy")
    await cy.slash(hall.channel, "me settings", track="ds")
    await invite(two, cy)
    rules = await cy.click(asks(two), label="Accept")
    assert "Be kind" in said(rules)
    (forged,) = await hall.raw((cy, asks(two), choice(f"mock.wish:{(await two.mock()).id}", "sql")))
    assert "Please read the rules first" in said(forged)
    wish = await cy.click(rules.response, label="I agree")
    assert "You have a partner" in said(await cy.select(wish.response, ["sql"]))


async def test_not_now_is_told_quietly_and_the_card_has_no_buttons_left(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    await invite(two, bo)
    asked = asks(two)
    assert "That is fine" in said(await bo.click(asked, label="Not now"))
    await hall.rounds()
    assert reads(two, asked) == "This request is over."
    (late,) = await hall.raw((bo, asked, button(f"mock.accept:{(await two.mock()).id}")))
    assert "is over or was called off" in said(late)
    assert "answered with *Not now*" in said(await ana.slash(hall.channel, "mock status"))
    # And the next one can be asked.
    assert "Your request waits" in said(await two.request(ana))


async def test_asking_ends_after_three_days_and_waiting_after_two_weeks(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    await invite(two, bo)
    asked = asks(two)
    await hall.skip(3 * DAY + MINUTE)
    assert reads(two, asked) == "This request is over."
    assert "your last request ended" in said(await ana.slash(hall.channel, "mock status"))
    await two.request(ana)
    await hall.skip(14 * DAY + MINUTE)
    assert await waiting(two) == 0
    assert "your last request ended" in said(await ana.slash(hall.channel, "mock status"))


async def test_taking_back_a_question_to_somebody_closes_its_card(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    await invite(two, bo)
    asked = asks(two)
    assert "taken back" in said(await ana.slash(hall.channel, "mock cancel"))
    await hall.rounds()
    assert reads(two, asked) == "This request is over."
    (late,) = await hall.raw((bo, asked, button(f"mock.accept:{(await two.mock()).id}")))
    assert "is over or was called off" in said(late)


async def test_a_block_in_answer_to_a_question_reads_like_not_now(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    await invite(two, bo)
    asked = asks(two)
    opened = await bo.click(asked, label="Report or block")
    assert "Blocked" in said(await bo.click(opened.response, label="Block this person"))
    assert "answered with *Not now*" in said(await ana.slash(hall.channel, "mock status"))
    await hall.rounds()
    assert reads(two, asked) == "This request is over."
    (late,) = await hall.raw((bo, asked, button(f"mock.accept:{(await two.mock()).id}")))
    assert "is over or was called off" in said(late)
    assert "is not available for a mock interview" in said(await two.request(ana, "sql", partner=bo))


@pytest.mark.parametrize("erases", [False, True])
async def test_whoever_stops_taking_part_is_waited_for_by_nobody(two: Duo, erases: bool) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    cy = await agreed(hall, "Cy")
    await two.pair()
    await two.request(cy, "sql", partner=bo)
    await hall.rounds()
    asked = asks(two)
    opened = await bo.slash(hall.channel, "me data delete" if erases else "me leave")
    left = await bo.click(opened.response, label="Delete everything" if erases else "Leave")
    if erases:
        await bo.submit_modal(left, {"word": "delete"})
    await hall.rounds()
    assert two.last().startswith("## This one is closed")
    assert "This interview was cancelled" in two.last()
    assert ana.id in two.pinged()
    assert reads(two, asked) == "This request is over."
    assert "Your last interview was cancelled" in said(await ana.slash(hall.channel, "mock status"))
    await hall.restart()
    assert f"You have a partner: <@{ana.id}>" in said([await two.request(ana), await two.request(cy)][1])


async def test_somebody_erased_while_they_wait_holds_up_nobody(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    cy = await agreed(hall, "Cy")
    await two.request(bo)
    opened = await bo.slash(hall.channel, "me data delete")
    form = await bo.click(opened.response, label="Delete everything")
    await bo.submit_modal(form, {"word": "delete"})
    await hall.rounds()
    assert "Nobody else is waiting right now" in said(await two.request(ana))
    assert f"You have a partner: <@{ana.id}>" in said(await two.request(cy))


async def test_a_partner_who_is_not_in_this_server_is_refused_like_anybody_not_available(two: Duo) -> None:
    _, _, stranger = another_server(two.hall)
    refused = await command(two.hall, two.ana, "mock request", type="sql", partner=stranger)
    assert said(refused).startswith(f"Right now <@{stranger.id}> is not available")
    assert await waiting(two) == 0
