"""Async recitations, as two or three people do them: handed in, marked, replied, in any order, within three days."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.storage.tables import Enrolment, Member, Minutes, Recitation, RecitationFeedback, Reciter, Rep
from tests.support.concepts import concept_bank
from tests.support.exchange import MARKS, RECORDING, TEXT, Exchanged, exchange
from tests.support.study import rows
from tests.support.world import SUBMIT, World, button, form, said, words, world

HOUR = 3600


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[World]:
    """A hall over four concepts."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'reps.db'}"
    async with world(url, bank=concept_bank(tmp_path / "bank")) as made:
        yield made


@pytest.fixture
async def pair(hall: World) -> Exchanged:
    """Bo and Cy, whose room is open."""
    made = await exchange(hall, "Bo", "Cy")
    await made.open()
    return made


@contextmanager
def losing(hall: World) -> Iterator[None]:
    """Meanwhile Discord does not keep what is uploaded."""
    cdn: Any = hall.env.backend.cdn
    cdn.get = lambda url: None
    try:
        yield
    finally:
        del cdn.get


async def points(hall: World) -> list[tuple[str, int]]:
    return sorted((one.key.rpartition(":")[2], one.points) for one in await rows(hall, Rep))


async def phase(hall: World) -> str:
    (found,) = await rows(hall, Recitation)
    return str(found.phase)


async def test_two_people_go_through_a_whole_exchange(hall: World, pair: Exchanged) -> None:
    bo, cy = pair.people
    reciters = await rows(hall, Reciter)
    assert reciters[0].item_id != reciters[1].item_id
    face = words(pair.card)
    assert f"- <@{bo.id}>: hand in\n- <@{cy.id}>: hand in" in face
    assert "point 1" not in face
    handed = await pair.hand_in(bo)
    assert "Nothing more for you right now" in said(handed)
    assert "Bo recites" in words(pair.find("A join puts rows"))
    assert f"<@{cy.id}>, this is yours to mark." in words(pair.find("A join puts rows"))
    assert f"- <@{bo.id}>: nothing right now\n- <@{cy.id}>: hand in, mark <@{bo.id}>'s" in words(pair.card)
    # Cy marks before handing in: nobody waits.
    marked = await pair.mark(cy)
    assert "Next for you: hand in. Until" in said(marked)
    assert "And with NULL?" in words(pair.find("A question about"))
    assert "Begin with the example" not in pair.said()
    await pair.reply(bo)
    await pair.hand_in(cy, recording=RECORDING)
    await pair.mark(bo, question="Why so?")
    assert await phase(hall) == "exchange"
    last = await pair.reply(cy)
    assert "That was everything" in said(last)
    await hall.skip(5)
    assert await phase(hall) == "feedback"
    read = await bo.click(pair.find("Read my feedback"), label="Read my feedback")
    assert "3 of 5 key points" in said(read)
    assert "Begin with the example" in said(read)
    assert await points(hall) == [("listening", 6), ("listening", 6), ("reciting", 6), ("reciting", 6)]
    assert sorted(one.minutes for one in await rows(hall, Minutes)) == [1, 1, 1, 1]


async def test_a_recording_lasts_in_the_thread_under_a_name_that_tells_nothing(
    hall: World, pair: Exchanged
) -> None:
    bo, cy = pair.people
    await pair.hand_in(bo, recording=RECORDING, text="There is a dog in it, sorry.")
    posted = pair.find("Bo recites")
    assert [(one.filename, await one.read()) for one in posted.attachments] == [
        ("recording.ogg", RECORDING[1])
    ]
    # A plain message: sound plays where it stands, and in a layout it would not.
    assert posted.content.startswith("## Bo recites: ")
    assert "There is a dog in it" in posted.content
    assert f"<@{cy.id}>, this is yours to mark.\n[Mark]\n[Report or block]" in words(posted)
    (reciter, _) = await rows(hall, Reciter)
    assert (reciter.recording, reciter.message_id) == (None, posted.id)
    shown = await cy.click(posted, label="Mark")
    assert f"/{pair.thread.id}/{posted.id}" in said(shown)


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "Too short"},
        {"recording": ("picture.png", b"PNG")},
        {"recording": ("a.ogg", b"0" * 10_485_761)},
    ],
)
async def test_what_is_too_short_or_no_recording_is_refused_and_nothing_lost(
    hall: World, pair: Exchanged, fields: Any
) -> None:
    bo, _ = pair.people
    refused = await pair.hand_in(bo, **fields)
    assert "Nothing was saved" in said(refused)
    assert [one.recited_at for one in await rows(hall, Reciter)] == [None, None]
    assert "Handed in" in said(await pair.hand_in(bo))


async def test_the_key_points_are_for_whoever_marks_and_for_nobody_else(hall: World, pair: Exchanged) -> None:
    bo, cy = pair.people
    di = hall.member("Di")
    early = await cy.click(pair.card, label="Mark")
    assert f"<@{bo.id}> has not handed in" in said(early)
    await pair.hand_in(bo)
    shown = await cy.click(pair.card, label="Mark")
    assert shown.response.ephemeral
    title = words(pair.find("Bo recites")).partition("recites: ")[2].partition("\n")[0]
    assert f"1. {title} point 1" in said(shown)
    assert f"The model answer to {title}." in said(shown)
    assert f"And what of {title} at scale?" in said(shown)
    # Neither the reciter nor somebody else gets at it, by the card or by a forged id.
    (own,) = await hall.raw((bo, pair.find("Bo recites"), button("exchange.mark:1.1")))
    (strange,) = await hall.raw((di, pair.find("Bo recites"), button("exchange.mark:1.1")))
    assert "no recitation here that waits for your feedback" in said(own)
    assert "Only the people of this recitation" in said(strange)
    assert "point 1" not in pair.said() + said(own) + said(strange)


async def test_feedback_stays_sealed_until_everything_is_done(hall: World, pair: Exchanged) -> None:
    bo, cy = pair.people
    await pair.hand_in(bo)
    await pair.mark(cy)
    (sealed,) = await hall.raw((bo, pair.card, button("recite.read:1")))
    assert "Feedback opens for everyone at once" in said(sealed)


async def test_every_step_is_done_once_however_often_it_is_sent(hall: World, pair: Exchanged) -> None:
    bo, cy = pair.people
    sent = form("exchange.hand-in-form:1.0.0", text=TEXT)
    both = await hall.raw((bo, pair.card, sent), (bo, pair.card, sent), kind=SUBMIT)
    await hall.rounds()
    assert sorted("handed in already" in said(one) for one in both) == [False, True]
    assert "handed in already" in said(await bo.click(pair.card, label="Hand in"))
    marks = form(
        "exchange.marks-form:1.1.0", covered=["0"], clarity="1", depth="1", improve="", question="Why?"
    )
    both = await hall.raw((cy, pair.card, marks), (cy, pair.card, marks), kind=SUBMIT)
    await hall.rounds()
    assert sorted("given once" in said(one) for one in both) == [False, True]
    answer = form("exchange.reply-form:1.1", text="So")
    both = await hall.raw((bo, pair.card, answer), (bo, pair.card, answer), kind=SUBMIT)
    await hall.rounds()
    assert sorted("replied to this question already" in said(one) for one in both) == [False, True]
    posted = [words(one) for one in pair.messages]
    for text in ("Bo recites", "A question about", "Bo replies"):
        assert sum(text in one for one in posted) == 1, text
    assert len(await rows(hall, RecitationFeedback)) == 1
    assert [one.minutes for one in await rows(hall, Minutes)] == [10, 10]


async def test_marks_need_a_question_and_every_mark(hall: World, pair: Exchanged) -> None:
    bo, cy = pair.people
    await pair.hand_in(bo)
    good: dict[str, Any] = {"covered": ["0"], "clarity": "1", "depth": "1", "improve": "", "question": "Why?"}
    for wrong, why in (
        ({"question": " "}, "empty"),
        ({"clarity": ""}, "marks were missing"),
        ({"covered": ["7"]}, "marks"),
    ):
        (refused,) = await hall.raw(
            (cy, pair.card, form("exchange.marks-form:1.1.0", **good | wrong)), kind=SUBMIT
        )
        assert why in said(refused)
    assert await rows(hall, RecitationFeedback) == []
    # Not one's own, and no reply to what was not asked.
    (own,) = await hall.raw((bo, pair.card, form("exchange.marks-form:1.1.0", **good)), kind=SUBMIT)
    (unasked,) = await hall.raw((bo, pair.card, form("exchange.reply-form:1.1", text="So")), kind=SUBMIT)
    assert "waits for your feedback" in said(own)
    assert "no question here" in said(unasked)


async def test_it_goes_on_after_a_restart_at_every_step(hall: World) -> None:
    pair = await exchange(hall, "Bo", "Cy")
    bo, cy = pair.people
    await hall.restart()
    await pair.open()
    for who, other in ((bo, cy), (cy, bo)):
        opened = await who.click(pair.card, label="Hand in")
        await hall.restart()
        await who.submit_modal(opened, {"text": TEXT})
        # Saved and not posted yet.
        await hall.restart()
        await hall.rounds()
        shown = await other.click(pair.card, label="Mark")
        await hall.restart()
        form_ = await other.click(shown.response, label="Write my marks")
        await hall.restart()
        await other.submit_modal(form_, MARKS)
        await hall.restart()
        await hall.rounds()
        await hall.restart()
        await pair.reply(who)
    await hall.restart()
    await hall.skip(5)
    assert await phase(hall) == "feedback"
    posted = [words(one) for one in pair.messages]
    for text in ("recites:", "A question about", "replies"):
        assert sum(text in one for one in posted) == 2, text


async def test_in_a_trio_each_marks_the_next(hall: World) -> None:
    trio = await exchange(hall, "Bo", "Cy", "Di")
    bo, cy, di = trio.people
    await trio.open()
    assert len({one.item_id for one in await rows(hall, Reciter)}) == 3
    for who in (di, bo, cy):
        await trio.hand_in(who)
    assert f"- <@{cy.id}>: mark <@{bo.id}>'s" in words(trio.card)
    for marker, told in ((cy, bo), (di, cy), (bo, di)):
        await trio.mark(marker)
        await trio.reply(told)
    await hall.skip(5)
    assert await phase(hall) == "feedback"
    assert await points(hall) == [("listening", 6)] * 3 + [("reciting", 6)] * 3


async def test_after_two_days_whoever_owes_something_is_asked_once(hall: World, pair: Exchanged) -> None:
    bo, cy = pair.people
    await pair.hand_in(bo)
    await hall.skip(47 * HOUR)
    assert "A day is left" not in pair.said()
    await hall.skip(1 * HOUR + 60)
    asked = pair.find("A day is left")
    assert f"- <@{cy.id}>: hand in, mark" in words(asked)
    await hall.skip(HOUR)
    assert pair.said().count("A day is left") == 1
    # Its own buttons work.
    opened = await cy.click(asked, label="Hand in")
    assert "Handed in" in said(await cy.submit_modal(opened, {"text": TEXT}))


async def test_after_three_days_it_closes_with_credit_to_whoever_did_their_part(
    hall: World, pair: Exchanged
) -> None:
    bo, cy = pair.people
    await pair.hand_in(bo)
    opened = await cy.click(pair.card, label="Hand in")
    await hall.skip(72 * HOUR + 60)
    assert await phase(hall) == "feedback"
    assert "recitation is over" in said(await cy.submit_modal(opened, {"text": TEXT}))
    await hall.skip(49 * HOUR)
    assert await phase(hall) == "done"
    # Nobody confirmed it: a rep without points.
    assert await points(hall) == [("reciting", 0)]


async def test_an_exchange_nobody_began_is_over_without_a_word(hall: World, pair: Exchanged) -> None:
    await hall.skip(72 * HOUR + 60)
    assert await phase(hall) == "over"
    assert await rows(hall, Rep) == []
    assert "/recite now" in words(pair.messages[0])


async def test_a_late_press_is_refused_also_before_the_timer_comes(hall: World, pair: Exchanged) -> None:
    bo, _ = pair.people
    await hall.env.advance_time(72 * HOUR + 1)
    (late,) = await hall.raw((bo, pair.card, form("exchange.hand-in-form:1.0.0", text=TEXT)), kind=SUBMIT)
    assert "recitation is over" in said(late)


async def test_who_blocks_the_other_ends_it_quietly(hall: World, pair: Exchanged) -> None:
    bo, cy = pair.people
    await pair.hand_in(bo)
    offered = await cy.click(pair.find("Bo recites"), label="Report or block")
    assert "A join puts rows" in said(offered)
    await cy.click(offered.response, label="Block this person")
    await hall.rounds()
    assert await phase(hall) == "over"
    told = words(pair.messages[0])
    assert "is over" in told
    assert "block" not in told.lower()
    (late,) = await hall.raw((bo, pair.messages[0], button("exchange.mark:1.0")))
    assert "over" in said(late)


async def test_a_partner_who_left_leaves_the_other_with_a_rep(hall: World, pair: Exchanged) -> None:
    bo, cy = pair.people
    await pair.hand_in(bo)
    leaving = await cy.slash(hall.channel, "me leave")
    await cy.click(leaving.response, label="Leave")
    await hall.rounds()
    assert await phase(hall) == "done"
    assert await points(hall) == [("reciting", 0)]
    told = pair.messages[-1]
    assert "your partner has left" in words(told)
    # Who recites at their own time waits for nobody now.
    assert "[Find me somebody else]" not in words(told)
    assert said(await bo.click(told, label="Recite solo")).startswith("## Recite this alone")
    await hall.skip(73 * HOUR)
    assert [one for one in pair.messages if "A day is left" in words(one)] == []


async def test_a_thread_deleted_by_hand_ends_it_with_what_was_done(hall: World, pair: Exchanged) -> None:
    bo, _ = pair.people
    await pair.hand_in(bo)
    hall.env.backend.delete_channel(pair.thread.id)
    await hall.env.settle()
    await hall.rounds()
    assert await phase(hall) == "done"
    assert await points(hall) == [("reciting", 0)]


async def test_a_recording_discord_lost_is_asked_for_again(hall: World, pair: Exchanged) -> None:
    bo, _ = pair.people
    opened = await bo.click(pair.card, label="Hand in")
    with losing(hall):
        await bo.submit_modal(opened, {"recording": RECORDING})
        await hall.rounds()
    asked = pair.find("Discord did not keep your recording")
    await hall.skip(60)
    again = await bo.click(asked, label="Hand in")
    await bo.submit_modal(again, {"recording": RECORDING})
    await hall.rounds()
    assert len(pair.find("Bo recites").attachments) == 1


async def test_of_a_lost_recording_what_was_written_stands_alone(hall: World, pair: Exchanged) -> None:
    bo, _ = pair.people
    opened = await bo.click(pair.card, label="Hand in")
    with losing(hall):
        await bo.submit_modal(opened, {"recording": RECORDING, "text": TEXT})
        await hall.rounds()
    assert "A join puts rows" in words(pair.find("Bo recites"))
    assert "did not keep" not in pair.said()


async def test_a_long_text_full_of_marks_is_shown_as_written_and_whole_in_a_file(
    hall: World, pair: Exchanged
) -> None:
    bo, _ = pair.people
    text = "**bold** @everyone `" * 200
    await pair.hand_in(bo, text=text[:4000])
    posted = pair.find("Bo recites")
    assert "\\*\\*bold\\*\\* \\@everyone" in words(posted)
    (file,) = posted.attachments
    assert (await file.read()).decode() == text[:4000].strip()
    assert not posted.mention_everyone


async def test_what_somebody_erased_wrote_is_taken_out_of_the_thread(hall: World, pair: Exchanged) -> None:
    bo, cy = pair.people
    for who, other in ((bo, cy), (cy, bo)):
        await pair.hand_in(who, text=f"{who.name} says it. " * 20)
        await pair.mark(other, question=f"{other.name} asks?")
        await pair.reply(who, f"{who.name} answers.")
    asked = await bo.slash(hall.channel, "me data delete")
    opened = await bo.click(asked.response, label="Delete everything")
    await bo.submit_modal(opened, {"word": "delete"})
    await hall.rounds()
    left = pair.said()
    assert [word in left for word in ("bo says", "bo asks", "bo answers")] == [False] * 3
    assert [word in left for word in ("cy says", "cy asks", "cy answers")] == [True] * 3


async def test_who_never_came_to_an_exchange_has_missed_it_and_who_waited_has_not(
    hall: World, pair: Exchanged
) -> None:
    bo, _ = pair.people

    def enrol(db: Any) -> None:
        for member in db.scalars(select(Member)):
            db.add(Enrolment(server_id=member.server_id, member_id=member.id, enrolled_at=hall.now()))

    await hall.house.database.write(enrol)
    await pair.hand_in(bo)
    await hall.skip(72 * HOUR + 60)
    assert [one.no_shows for one in await rows(hall, Enrolment)] == [0, 1]
