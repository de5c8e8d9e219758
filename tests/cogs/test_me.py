"""/me: statistics, settings and leaving, and what of it other people see."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from PIL import Image

from bot.domain.members import LANGUAGES
from bot.storage.tables import Member, Total
from tests.support.study import another_server, answer, ask, practise, rows, stamps, week_of_answers
from tests.support.world import World, button, choice, chosen, said, words

NOT_YET = (
    "You are not taking part on this server right now. Answer today's question with `/daily` and you are in."
)


@pytest.fixture
async def hall(quiz: World) -> World:
    """Set up: questions come when asked for."""
    await quiz.admin.slash(quiz.channel, "setup start")
    return quiz


async def board(hall: World, who: object) -> str:
    """The leaderboard as one person reads it."""
    return said(await who.slash(hall.channel, "leaderboard"))  # type: ignore[attr-defined]


# --- somebody who never took part


async def test_a_stranger_is_told_kindly_and_looking_joins_nobody(hall: World) -> None:
    bo = hall.member("Bo")
    for name in ("me stats", "me pause", "me leave"):
        result = await bo.slash(hall.channel, name)
        assert result.ephemeral
        assert said(result) == NOT_YET
    settings = await bo.slash(hall.channel, "me settings")
    assert "**Time zone:** UTC (the server's)" in said(settings)
    assert "Saved" not in said(settings)
    assert await rows(hall, Member) == []
    (left,) = await hall.raw((bo, settings.response, button("me.leave:")))
    assert said(left) == NOT_YET


async def test_settings_work_before_the_server_is_set_up(quiz: World) -> None:
    bo = quiz.member("Bo")
    assert "UTC (the server's)" in said(await bo.slash(quiz.channel, "me settings"))
    assert "Asia/Tokyo" in said(await bo.slash(quiz.channel, "me settings", zone="asia/tokyo"))


# --- statistics


async def test_stats_say_everything_in_words_beside_the_picture(hall: World) -> None:
    bo = hall.member("Bo")
    await answer(bo, await ask(hall))
    await hall.skip(86_400)
    await answer(bo, await ask(hall), right=False)
    for _ in range(2):
        await practise(bo, hall.channel)
    result = await bo.slash(hall.channel, "me stats")
    told = said(result)
    assert result.ephemeral
    assert told.startswith("## Bo")
    assert "**4 reps** and 3 points in all; this week 4 reps and 3 points." in told
    assert "Streak: **2 days** (longest 2)" in told
    assert "Daily question: 2 reps, 3 points" in told
    assert "Practice: 2 reps, 0 points" in told
    assert "**Questions:** 3 of 4 right. Weakest topics first:\nSQL: 3 of 4 right" in told
    assert "The last 16 weeks: 4 reps on 2 days. Your days are counted in UTC." in told

    (picture,) = result.response.attachments
    assert picture.filename == "heatmap.png"
    assert "4 reps on 2 days" in (picture.description or "")
    drawn = Image.open(BytesIO(await picture.read()))
    assert drawn.width >= 1000


async def test_the_heat_map_follows_the_members_own_days(hall: World) -> None:
    bo = hall.member("Bo")
    await bo.slash(hall.channel, "me settings", zone="Asia/Tokyo")
    await hall.skip_to(datetime(2026, 3, 2, 14, 30, tzinfo=UTC))
    await practise(bo, hall.channel)
    await hall.skip_to(datetime(2026, 3, 2, 15, 30, tzinfo=UTC))  # the next day in Tokyo
    await practise(bo, hall.channel)
    told = said(await bo.slash(hall.channel, "me stats"))
    assert "2 reps on 2 days. Your days are counted in Asia/Tokyo." in told


# --- settings


async def test_the_zone_changes_once_in_seven_days(hall: World) -> None:
    bo = hall.member("Bo")
    first = hall.now()
    saved = said(await bo.slash(hall.channel, "me settings", zone="Europe/Berlin"))
    assert "-# Saved." in saved
    assert "**Time zone:** Europe/Berlin" in saved
    assert stamps(saved) == [first + timedelta(days=7)]
    again = said(await bo.slash(hall.channel, "me settings", zone="Asia/Tokyo"))
    assert "You changed your time zone less than seven days ago" in again
    assert stamps(again) == [first + timedelta(days=7)]
    # The same zone again is no change, and other choices are free.
    assert "Saved" in said(await bo.slash(hall.channel, "me settings", zone="Europe/Berlin", track="ds"))
    await hall.skip_to(first + timedelta(days=7, seconds=-1))
    assert "less than seven days" in said(await bo.slash(hall.channel, "me settings", zone="Asia/Tokyo"))
    await hall.skip(1)
    assert "**Time zone:** Asia/Tokyo" in said(await bo.slash(hall.channel, "me settings", zone="Asia/Tokyo"))


async def test_an_unknown_zone_saves_nothing_of_the_rest(hall: World) -> None:
    bo = hall.member("Bo")
    told = said(await bo.slash(hall.channel, "me settings", zone="Atlantis", shown="hidden"))
    assert "I don't know the time zone “Atlantis”" in told
    assert await rows(hall, Member) == []
    offered = await bo.autocomplete(hall.channel, "me settings", "zone", "mumbai")
    assert offered[0]["value"] == "Asia/Kolkata"


async def test_how_i_am_shown_takes_effect_on_everybodys_board_at_once(hall: World) -> None:
    people = [hall.member(name) for name in ("Bo", "Cy", "Di", "Ed", "Flo", "Gus")]
    bo, cy = people[:2]
    await week_of_answers(hall, *((who, 1) for who in people))
    assert "#1** Bo: 2 points" in await board(hall, cy)

    settings = await bo.slash(hall.channel, "me settings")
    saved = await bo.select(settings.response, ["anonymous"], custom_id="me.shown:")
    assert "-# Saved." in said(saved)
    seen = await board(hall, cy)
    assert "Bo" not in seen
    assert "Member \\(name not shown\\): 2 points" in seen
    assert "**Bo (you)**: 2 points" in await board(hall, bo)

    await bo.slash(hall.channel, "me settings", shown="hidden")
    seen = await board(hall, cy)
    assert "Bo" not in seen
    assert "name not shown" not in seen
    assert "Your place: 1 of 5" in seen
    mine = await board(hall, bo)
    assert "You are hidden here: 2 points, 1 rep. Only you see this." in mine
    assert "(you)" not in mine
    # Reps of somebody who hides still bring the group forward.
    assert "6 of 20 reps" in seen

    await bo.slash(hall.channel, "me settings", shown="name")
    assert "#1** Bo: 2 points" in await board(hall, cy)


async def test_a_rep_done_while_hidden_stays_off_the_board(hall: World) -> None:
    people = [hall.member(name) for name in ("Bo", "Cy", "Di", "Ed", "Flo", "Gus")]
    await people[0].slash(hall.channel, "me settings", shown="hidden")
    await week_of_answers(hall, *((who, 1) for who in people))
    assert "Bo" not in await board(hall, people[1])
    assert {(row.listed) for row in await rows(hall, Total) if row.member_id == 1} == {False}


async def test_the_track_is_chosen_by_command_or_select(hall: World) -> None:
    bo = hall.member("Bo")
    settings = await bo.slash(hall.channel, "me settings", track="mle")
    assert chosen(settings.response) == {"me.shown:": ["name"], "me.track:": ["mle"]}
    await bo.select(settings.response, ["ds"], custom_id="me.track:")
    (member,) = await rows(hall, Member)
    assert member.track == "ds"
    forged = await hall.raw(
        (bo, settings.response, choice("me.track:", "boss")),
        (bo, settings.response, choice("me.shown:", "invisible")),
    )
    assert all("belongs to something that is over" in said(one) for one in forged)
    (member,) = await rows(hall, Member)
    assert (member.track, member.shown_as) == ("ds", "name")


async def test_changing_how_i_am_shown_redraws_what_i_wrote_in_threads(hall: World) -> None:
    bo, cy = hall.member("Bo"), hall.member("Cy")
    await ask(hall)
    await hall.skip(86_400 + 60)
    (thread,) = hall.channel.threads
    (reveal,) = [one for one in hall.channel.history() if words(one).startswith("## Answer")]
    for who, text in ((bo, "Of Bo"), (cy, "Of Cy")):
        opened = await who.click(reveal, label="Explain it in your words")
        await who.submit_modal(opened, {"text": text})

    def written() -> list[str]:
        return [words(one).split("\n")[0] for one in thread.history() if "explains" in words(one)]

    assert written() == ["**Bo explains**", "**Cy explains**"]
    settings = await bo.slash(hall.channel, "me settings")
    await bo.select(settings.response, ["anonymous"], custom_id="me.shown:")
    assert written() == ["**A member explains**", "**Cy explains**"]
    await bo.slash(hall.channel, "me settings", shown="name")
    assert written() == ["**Bo explains**", "**Cy explains**"]
    await bo.slash(hall.channel, "me settings", shown="hidden")
    # A message that a moderator deleted stays away, and is no fault.
    hall.env.backend.delete_message(thread.id, thread.history()[-1].id)
    await cy.slash(hall.channel, "me settings", shown="hidden")
    assert written() == ["**A member explains**"]


async def test_languages_and_level_are_on_a_page_of_their_own(hall: World) -> None:
    bo = hall.member("Bo")
    settings = await bo.slash(hall.channel, "me settings")
    page = await bo.click(settings.response, label="Languages and level")
    assert chosen(page.response) == {"me.languages:": ["en"], "me.level:": ["open"]}
    assert await rows(hall, Member) == []
    page = await bo.select(page.response, ["de", "en", "hi"], custom_id="me.languages:")
    assert "-# Saved." in said(page)
    page = await bo.select(page.response, ["switching"], custom_id="me.level:")
    assert chosen(page.response) == {"me.languages:": ["en", "de", "hi"], "me.level:": ["switching"]}
    (member,) = await rows(hall, Member)
    assert (member.languages, member.level) == (["en", "de", "hi"], "switching")

    page = await bo.select(page.response, ["open"], custom_id="me.level:")
    forged = await hall.raw(
        (bo, page.response, choice("me.languages:")),
        (bo, page.response, choice("me.languages:", "en", "xx")),
        (bo, page.response, choice("me.level:", "boss")),
    )
    assert all("belongs to something that is over" in said(one) for one in forged)
    (member,) = await rows(hall, Member)
    assert (member.languages, member.level) == (["en", "de", "hi"], None)
    back = await bo.click(page.response, label="Back to settings")
    assert said(back).startswith("## Your settings here")


def test_every_language_has_its_two_names() -> None:
    assert len(LANGUAGES) == 24
    assert all(len(code) == 2 and all(names) for code, names in LANGUAGES.items())


# --- pausing and leaving


async def test_pausing_loses_nothing_and_the_same_command_ends_it(hall: World) -> None:
    bo = hall.member("Bo")
    await answer(bo, await ask(hall))
    assert "You are paused" in said(await bo.slash(hall.channel, "me pause"))
    assert "You are paused. `/me pause` again takes you back in." in said(
        await bo.slash(hall.channel, "reps")
    )
    assert "**1 rep** and 2 points" in said(await bo.slash(hall.channel, "me stats"))
    assert "Welcome back." in said(await bo.slash(hall.channel, "me pause"))
    assert "paused" not in said(await bo.slash(hall.channel, "reps"))


async def test_leaving_asks_once_and_an_answer_brings_everything_back(hall: World) -> None:
    people = [hall.member(name) for name in ("Bo", "Cy", "Di", "Ed", "Flo", "Gus")]
    bo, cy = people[:2]
    await week_of_answers(hall, *((who, 1) for who in people))
    asked = await bo.slash(hall.channel, "me leave")
    assert "## Leave Reps on this server?" in said(asked)
    assert "Bo: 2 points" in await board(hall, cy)
    left = await bo.click(asked.response, label="Leave")
    assert "You have left. Thank you for your reps" in said(left)
    seen = await board(hall, cy)
    assert "Bo" not in seen
    assert "Your place: 1 of 5" in seen
    assert said(await bo.click(asked.response, label="Leave")) == NOT_YET
    assert said(await bo.slash(hall.channel, "me stats")) == NOT_YET
    # Whoever has left still may look.
    assert "#1** Cy" in await board(hall, bo)

    await answer(bo, await ask(hall))
    assert "#1** Bo: 4 points · 2 reps" in await board(hall, cy)
    assert "**2 reps** and 4 points in all" in said(await bo.slash(hall.channel, "me stats"))


async def test_leaving_ends_a_pause_and_keeps_a_wish_to_hide(hall: World) -> None:
    bo = hall.member("Bo")
    await answer(bo, await ask(hall))
    await bo.slash(hall.channel, "me settings", shown="hidden")
    await bo.slash(hall.channel, "me pause")
    await bo.click((await bo.slash(hall.channel, "me leave")).response, label="Leave")
    await answer(bo, await ask(hall))
    (member,) = await rows(hall, Member)
    assert (member.left_at, member.paused_at, member.shown_as) == (None, None, "hidden")
    assert {row.listed for row in await rows(hall, Total)} == {False}


async def test_each_server_keeps_its_own_settings(hall: World) -> None:
    guild, channel, admin = another_server(hall)
    await admin.slash(channel, "setup start", zone="Asia/Tokyo")
    bo = hall.member("Bo")
    there = guild.add_member(bo.user)
    await bo.slash(hall.channel, "me settings", zone="Europe/Berlin", shown="hidden")
    assert "Asia/Tokyo (the server's)" in said(await there.slash(channel, "me settings"))
    assert said(await there.slash(channel, "me stats")) == NOT_YET
