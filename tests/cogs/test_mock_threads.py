"""What can go otherwise in a mock interview: other times, nobody there, somebody gone, a thread that is gone."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.members import Person
from bot.storage.tables import GuideRequest, Member, Minutes, MockSeat, Rep, Report, Room, Timer
from tests.support.interviews import DAY, HOUR, MINUTE, Duo, duo
from tests.support.study import allow, rows
from tests.support.world import button, choice, said, words


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Duo]:
    async with duo(tmp_path) as made:
        yield made


async def state(two: Duo) -> tuple[str, str | None]:
    mock = await two.mock()
    return mock.state, mock.why


# --- other times


async def test_three_others_are_offered_and_old_ones_are_gone(two: Duo) -> None:
    ana, bo = two.ana, two.bo
    await two.pair()
    first = two.offered()
    old = two.cards()[-1]
    await two.take(ana, first[0])
    assert "Three other times are in the thread" in said(await two.press(bo, "Three others"))
    await two.hall.rounds()
    others = two.offered()
    assert len(others) == 3
    assert not set(others) & set(first)
    late = await bo.select(old, [str(int(first[0].timestamp()))])
    assert "not offered any more" in said(late)
    # Nobody took one of these yet.
    await two.take(bo, others[1])
    assert (await state(two))[0] == "arranging"
    await two.take(ana, others[1])
    assert await state(two) == ("agreed", None)
    for forged in ("0", "x", "99999999999999"):
        (refused,) = await two.hall.raw(
            (ana, two.cards()[-1], choice(f"mock.time:{(await two.mock()).id}.1", forged))
        )
        assert "not offered" in said(refused) or "belongs to something that is over" in said(refused)


async def test_choices_stand_on_the_card_and_only_a_counter_proposal_and_the_agreed_time_are_new_messages(
    two: Duo,
) -> None:
    await two.pair()
    first, second, third = two.offered()
    card = two.cards()[-1].id
    for at in (first, third, third, first):
        await two.take(two.ana, at)
        await two.hall.skip(1)
        assert f"<@{two.ana.id}> takes <t:{int(at.timestamp())}:F>." in two.last()
    await two.hall.restart()
    assert [one.id for one in two.cards()] == [card]
    await two.take(two.bo, second)
    assert "you take different times" in two.last()
    assert two.pinged() == {two.ana.id, two.bo.id}
    await two.take(two.bo, third)
    assert len(two.cards()) == 2
    await two.take(two.ana, third)
    assert two.last().startswith("## Agreed")
    assert len(two.cards()) == 3


async def test_a_double_click_on_a_time_posts_one_card(two: Duo) -> None:
    hall = two.hall
    await two.pair()
    first, second, _ = two.offered()
    await two.take(two.ana, first)
    data = choice(f"mock.time:{(await two.mock()).id}.2", str(int(second.timestamp())))
    await hall.raw(*((two.bo, two.cards()[-1], data) for _ in range(3)))
    await hall.rounds()
    assert len(two.cards()) == 2
    await hall.raw(*((two.ana, two.cards()[-1], data) for _ in range(3)))
    await hall.rounds()
    assert len(two.cards()) == 3


async def test_rescheduling_offers_times_anew_and_moves_the_reminders(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    await two.pair()
    at = await two.agree()
    assert len([row for row in await rows(hall, Timer) if row.kind == "appointment.remind"]) == 2
    assert "Other times are in the thread" in said(await two.more(bo, "Reschedule"))
    assert [row for row in await rows(hall, Timer) if row.kind == "appointment.remind"] == []
    assert two.last().startswith("## A mock interview for you two")
    later = two.offered()[2]
    assert later > at
    await two.take(ana, later)
    await two.take(bo, later)
    # The old time passes and nothing is said.
    cards = len(two.cards())
    await hall.skip_to(at)
    assert len(two.cards()) == cards
    await hall.skip_to(later)
    assert two.last().startswith("## It is time")


async def test_cancelling_tells_the_partner_and_the_thread_rests_a_day_later(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    await two.pair()
    await two.agree()
    assert "It is cancelled" in said(await two.more(ana, "Cancel"))
    assert "This interview was cancelled" in two.last()
    assert await state(two) == ("over", "cancelled")
    old = two.cards()[2]
    assert "is over or was called off" in said(
        (await hall.raw((bo, old, button(f"mock.start:{(await two.mock()).id}.0"))))[0]
    )
    await hall.skip(DAY + MINUTE)
    (room,) = await rows(hall, Room)
    assert room.closed_at is not None
    assert hall.env.backend.get_channel(room.discord_id).thread_metadata.archived


async def test_a_choice_nobody_makes_is_asked_for_once_and_ends_after_a_week(two: Duo) -> None:
    hall = two.hall
    await two.pair()
    await two.take(two.ana, two.offered()[0])
    await hall.skip(DAY + MINUTE)
    assert two.pinged() >= {two.bo.id}
    # What lies behind is not offered any more.
    assert all(moment > hall.now() for moment in two.offered())
    cards = len(two.cards())
    await hall.skip(3 * DAY)
    assert len(two.cards()) == cards
    await hall.skip(3 * DAY + MINUTE)
    assert "No time was agreed on" in two.last()
    assert await state(two) == ("over", "expired")


# --- at the time


async def test_whoever_waits_ten_minutes_gets_other_times_and_it_is_noted(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    await two.meet()
    early = await two.more(ana, "My partner has not come")
    assert "That can be said from" in said(early)
    await hall.skip(11 * MINUTE)
    assert "Ten minutes have passed" in two.last()
    assert "Other times are in the thread" in said(await two.more(ana, "My partner has not come"))
    assert f"<@{bo.id}>, <@{ana.id}> was here and did not find you" in two.last()
    assert {
        row.missed_at is not None for row in await rows(hall, MockSeat) if row.place == 1 and row.item_id
    } == {True}
    # Answering within a day, Bo did not stay away.
    await two.take(bo, two.offered()[0])
    assert [row.missed_at for row in await rows(hall, MockSeat) if row.item_id] == [None, None]


async def test_nobody_starts_and_it_ends_by_itself(two: Duo) -> None:
    await two.meet()
    await two.hall.skip(DAY + MINUTE)
    assert "did not begin" in two.last()
    assert await state(two) == ("over", "not-begun")
    assert "did not begin" in said(await two.ana.slash(two.hall.channel, "mock status"))


async def test_both_press_start_and_it_starts_once(two: Duo) -> None:
    hall = two.hall
    await two.meet()
    data = button(f"mock.start:{(await two.mock()).id}.0")
    ready = two.cards()[-1]
    await hall.raw(*((who, ready, data) for who in (two.ana, two.bo, two.ana)))
    await hall.rounds()
    assert [words(one).split("\n")[0] for one in two.cards()][-2:] == [
        "## It is time",
        "## First half: **SQL**",
    ]
    await hall.skip(30 * MINUTE)
    # The old card's button begins no second half.
    (old,) = await hall.raw((two.ana, ready, data))
    assert "It has begun" in said(old)
    assert await state(two) == ("swap", None)


async def test_a_half_can_end_early_and_one_half_can_be_all(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    await two.meet()
    await two.start(ana)
    await hall.skip(15 * MINUTE)
    await two.more(ana, "End this half")
    assert two.last().startswith("## Half-time: swap")
    assert await state(two) == ("swap", None)
    # The time of the first half ends nothing any more.
    await hall.skip(16 * MINUTE)
    assert (await state(two))[0] == "swap"
    await two.more(bo, "Leave it at one half")
    assert two.last().startswith("## Time. Thank you both")
    owed = said(await two.press(ana, "Give my cards"))
    assert "[How did they interview?]" in owed
    assert "[How did they answer?]" not in owed
    assert [row.minutes for row in await rows(hall, Minutes)] == [15, 15]
    await two.feedback(ana)
    await two.scorecard(bo)
    assert two.last().startswith("## Your cards are open")


async def test_a_half_under_ten_minutes_is_no_rep(two: Duo) -> None:
    await two.meet()
    await two.start(two.ana)
    await two.hall.skip(5 * MINUTE)
    await two.more(two.ana, "End this half")
    await two.more(two.bo, "Leave it at one half")
    given = said(await two.scorecard(two.bo))
    assert "No rep for your partner: a half counts from ten minutes on" in given


async def test_the_second_half_waits_three_hours(two: Duo) -> None:
    await two.meet()
    await two.start(two.ana)
    await two.hall.skip(30 * MINUTE)
    await two.hall.skip(21 * MINUTE)
    assert two.last().startswith("## Your second half waits")
    await two.hall.skip(3 * HOUR)
    assert two.last().startswith("## Time. Thank you both")


# --- somebody goes


@pytest.mark.parametrize("when", ["arranging", "agreed", "ready", "first"])
async def test_a_block_ends_it_in_the_words_of_any_cancelling(two: Duo, when: str) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    await two.pair()
    if when != "arranging":
        at = await two.agree()
        if when != "agreed":
            await hall.skip_to(at)
            if when == "first":
                await two.start(ana)
    safety = await two.more(bo, "Report or block")
    assert "Blocked" in said(await bo.click(safety.response, label="Block this person"))
    await hall.rounds()
    assert "This interview was cancelled" in two.last()
    assert "block" not in two.last().lower()
    assert (await state(two))[0] == "over"
    assert "Your last interview was cancelled" in said(await ana.slash(hall.channel, "mock status"))
    assert [row for row in await rows(hall, Timer) if row.kind == "appointment.remind"] == []
    # Neither is anything said later.
    cards = len(two.cards())
    await hall.skip(2 * DAY)
    assert len(two.cards()) == cards


async def test_a_report_in_the_middle_keeps_what_was_written_and_ends_nothing(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    await two.whole()
    await two.all_cards()
    opened = await two.more(bo, "Report or block")
    form = await bo.click(opened.response, label="Report")
    assert "Thank you for telling us" in said(
        await bo.submit_modal(form, {"reason": ["harassment"], "text": "Rude"})
    )
    (report,) = await rows(hall, Report)
    assert report.subject == f"mock:{(await two.mock()).id}"
    assert report.about_discord_id == ana.id
    assert "Thought aloud" in report.evidence
    assert await state(two) == ("opened", None)


async def test_sealed_words_are_no_evidence_that_could_be_read_early(two: Duo) -> None:
    await two.whole()
    await two.scorecard(two.ana, well="Sealed words")
    assert "Sealed words" not in said(await two.more(two.bo, "Report or block"))


async def test_who_leaves_ends_it_and_both_leaving_ends_well(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    await two.pair()
    at = await two.agree()
    for who in (ana, bo):
        leaving = await who.slash(hall.channel, "me leave")
        await who.click(leaving.response, label="Leave")
    assert "You are not taking part" in said(await two.press(bo, "More"))
    await hall.skip_to(at)
    assert "This interview was cancelled" in two.last()
    assert await state(two) == ("over", "off")


async def test_an_export_holds_what_was_said_of_me_once_it_is_open(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    await two.whole()
    await two.scorecard(ana, well="Named every index")
    await two.feedback(ana)
    who = Person(hall.guild.id, bo.id, "Bo", "Study hall")
    sealed = (await hall.house.services.privacy.export(who)).data.decode()
    assert "Named every index" not in sealed
    await two.scorecard(bo, well="Bo's own words")
    await two.feedback(bo)
    opened = (await hall.house.services.privacy.export(who)).data.decode()
    assert "Named every index" in opened
    assert "Bo's own words" in opened
    assert str(ana.id) not in opened


async def test_who_left_before_the_cards_gets_no_rep_by_the_partners_word(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    await two.whole()
    leaving = await bo.slash(hall.channel, "me leave")
    await bo.click(leaving.response, label="Leave")
    assert "No rep for your partner" in said(await two.scorecard(ana))
    assert [row for row in await rows(hall, Rep) if row.activity == "mock"] == []


async def test_a_partner_who_is_erased_ends_it_and_leaves_marks_without_words(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    await two.whole()
    await two.all_cards()
    await erase(two, ana)
    told = said(await bo.slash(hall.channel, "mock history"))
    assert "with somebody whose data was erased" in told
    assert "Problem solving: Yes" in told
    assert "Thought aloud" not in told
    await two.more(bo)
    await hall.skip(4 * DAY)
    assert await state(two) == ("over", "done")


async def test_a_partner_who_is_erased_before_it_ends_it(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    await two.pair()
    at = await two.agree()
    await erase(two, ana)
    assert "Your partner's data was erased" in said(await two.more(bo))
    await hall.skip_to(at)
    assert await state(two) == ("over", "off")
    assert {row.discord_id for row in await rows(hall, Member)} >= {bo.id}


async def erase(two: Duo, who: Any) -> None:
    """Have somebody's data deleted, as they ask for it."""
    opened = await who.slash(two.hall.channel, "me data delete")
    form = await who.click(opened.response, label="Delete everything")
    await who.submit_modal(form, {"word": "delete"})
    await two.hall.rounds()
    assert who.id not in {row.discord_id for row in await rows(two.hall, Member)}


# --- the room


@pytest.mark.parametrize("when", ["arranging", "agreed"])
async def test_a_thread_deleted_by_hand_ends_it_and_the_status_says_so(two: Duo, when: str) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    await two.pair()
    if when == "agreed":
        await two.agree()
    thread_id = two.thread.id
    hall.env.backend.delete_channel(thread_id)
    await hall.env.settle()
    await hall.skip(DAY + MINUTE)
    await hall.skip(DAY)
    assert await state(two) == ("over", "room-gone")
    for who in (ana, bo):
        told = said(await who.slash(hall.channel, "mock status"))
        assert "The thread of your last interview is gone" in told
    # Whoever deleted it knows; no one else is told of a trouble.
    assert not any(str(thread_id) in words(one) for one in hall.channel.history())


async def test_a_thread_deleted_during_a_half_ends_with_that_half(two: Duo) -> None:
    hall, ana = two.hall, two.ana
    await two.meet()
    await two.start(ana)
    hall.env.backend.delete_channel(two.thread.id)
    await hall.env.settle()
    await hall.skip(31 * MINUTE)
    assert await state(two) == ("feedback", None)
    assert [row.minutes for row in await rows(hall, Minutes)] == [30, 30]
    assert "1 card of yours to come" in said(await ana.slash(hall.channel, "mock status"))


async def test_after_a_deleted_thread_the_cards_are_given_from_the_status(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    await two.whole()
    hall.env.backend.delete_channel(two.thread.id)
    await hall.env.settle()
    for who in (ana, bo):
        for label, fields in (
            (
                "How did they answer?",
                {"solving": "2", "depth": "2", "communication": "2", "well": "A", "improve": "B"},
            ),
            ("How did they interview?", {"clear": "2", "fair": "2", "helped": "2"}),
        ):
            status = await who.slash(hall.channel, "mock status")
            opened = await who.click(status.response, label="Open it")
            owed = await who.click(opened.response, label="Give my cards")
            await who.submit_modal(await who.click(owed.response, label=label), fields)
    await hall.rounds()
    status = await bo.slash(hall.channel, "mock status")
    opened = await bo.click(status.response, label="Open it")
    assert "Done well: A" in said(await bo.click(opened.response, label="Read what was said about me"))


async def test_without_the_permission_there_is_no_interview_and_both_read_why(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    await allow(hall, hall.guild, create_private_threads=False)
    await two.pair()
    assert await state(two) == ("over", "no-room")
    for who in (ana, bo):
        assert "I could not open a thread" in said(await who.slash(hall.channel, "mock status"))
    assert any("private thread" in words(one) for one in hall.channel.history())
    await allow(hall, hall.guild, create_private_threads=True)
    await two.pair()
    assert "A mock interview for you two" in two.last()


async def test_a_voice_room_is_opened_on_request_for_the_two(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    await two.pair()
    assert "I open a voice room" in said(await two.more(ana, "Voice room"))
    assert "Your voice room: <#" in two.last()
    assert len([row for row in await rows(hall, Room) if row.kind == "voice"]) == 1
    assert "Voice room" not in said(await two.more(bo))
    cards = len(two.cards())
    await hall.raw((bo, two.cards()[-1], button(f"mock.voice:{(await two.mock()).id}")))
    await hall.rounds()
    assert len(two.cards()) == cards


async def test_a_raised_hand_is_in_the_guides_queue_with_the_way_there(two: Duo) -> None:
    hall, ana = two.hall, two.ana
    await two.meet()
    form = await two.more(ana, "Raise hand")
    assert "A guide finds you in the thread" in said(await ana.submit_modal(form, {"text": "Which index?"}))
    (request,) = await rows(hall, GuideRequest)
    assert (request.subject, request.channel_id) == (f"mock:{(await two.mock()).id}", two.thread.id)
    queue = said(await hall.admin.slash(hall.channel, "guide queue"))
    assert "Mock " in queue
    assert "Which index?" in queue


# --- reminders


async def test_reminders_come_an_hour_before_to_whoever_chose_them(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    await two.pair()
    at = await two.agree()
    notices = await two.press(ana, "Remind me before")
    await ana.select(notices.response, ["dm"], custom_id="notice.way:appointment")
    await hall.skip_to(at - timedelta(hours=1, minutes=1))
    assert direct(two, ana) == []
    await hall.skip_to(at - timedelta(hours=1))
    (told,) = direct(two, ana)
    assert told.startswith("Mock interview\\: SQL, Coding in **Study hall** begins <t:")
    assert f"https://discord.com/channels/{hall.guild.id}/{two.thread.id}" in told
    assert direct(two, bo) == []
    assert [row for row in await rows(hall, Timer) if row.kind == "appointment.remind"] == []


async def test_closed_direct_messages_are_no_trouble_for_the_interview(two: Duo) -> None:
    hall, ana = two.hall, two.ana
    await two.pair()
    at = await two.agree()
    notices = await two.press(ana, "Remind me before")
    await ana.select(notices.response, ["dm"], custom_id="notice.way:appointment")
    hall.env.inject_error("POST", "/users/@me/channels", status=403, code=50007)
    await hall.skip_to(at - timedelta(hours=1))
    settings = await ana.slash(hall.channel, "me settings")
    notices = await ana.click(settings.response, label="Notices")
    assert "I could not reach you by direct message" in said(notices)
    await hall.skip_to(at)
    assert two.last().startswith("## It is time")


def direct(two: Duo, who: Any) -> list[str]:
    """The direct messages somebody got."""
    return [words(message) for message in who.user.dm_channel.history()]
