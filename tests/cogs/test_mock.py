"""/mock from the request to the history: two people interview each other."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import vobject

from bot.storage.tables import Minutes, MockCard, MockInterview, MockSeat, Rep, Room
from tests.support.interviews import DAY, HOUR, MINUTE, Duo, duo
from tests.support.study import rows, stamps
from tests.support.world import button, said, words


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Duo]:
    async with duo(tmp_path) as made:
        yield made


async def test_a_whole_interview_from_request_to_history(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    waits = said(await two.request(ana, "sql"))
    assert "## Your request waits" in waits
    assert "Nobody else is waiting right now" in waits
    matched = said(await two.request(bo, "coding", level="switching"))
    assert f"## You have a partner: <@{ana.id}>" in matched
    assert "You are asked about **Coding**, switching careers, your partner about **SQL**" in matched
    await hall.rounds()

    # The thread: only for the two, both mentioned, three times in both zones.
    assert "A mock interview for you two" in two.last()
    assert two.pinged() == {ana.id, bo.id}
    first, second, third = two.offered()
    assert len({first.date(), second.date(), third.date()}) == 3
    assert first >= hall.now() + timedelta(minutes=59)
    assert f"{first:%H:%M} in UTC" in two.last()

    assert "It is agreed once" in said(await two.take(ana, second))
    assert f"<@{ana.id}> takes <t:{int(second.timestamp())}:F>. <@{bo.id}>, does that fit you?" in two.last()
    assert two.pinged() == {bo.id}
    assert "Agreed" in said(await two.take(bo, second))
    assert two.last().startswith(f"## Agreed: <t:{int(second.timestamp())}:F>")
    (file,) = two.cards()[-1].attachments
    event = vobject.readOne((await file.read()).decode()).vevent
    assert event.dtstart.value == second
    assert event.dtend.value - event.dtstart.value == timedelta(minutes=90)

    # The time comes: a new message mentions both, and Start begins the first half.
    before = len(two.cards())
    await hall.skip_to(second)
    assert len(two.cards()) == before + 1
    assert two.last().startswith("## It is time")
    assert two.pinged() == {ana.id, bo.id}
    await two.start(bo)
    assert two.last().startswith("## First half: **SQL**\n")
    assert f"<@{bo.id}> interviews <@{ana.id}>. It ends" in two.last()
    assert stamps(two.last()) == [hall.now().replace(microsecond=0) + timedelta(minutes=30)]

    await hall.skip(31 * MINUTE)
    assert two.last().startswith("## Half-time: swap")
    await two.start(ana)
    assert two.last().startswith("## Second half: **Coding**")
    await hall.skip(31 * MINUTE)
    assert two.last().startswith("## Time. Thank you both")

    # Cards are sealed until both gave theirs.
    given = await two.scorecard(ana, well="Named every index")
    assert "saved and sealed" in said(given)
    assert "[How did they interview?]" in said(given)
    assert "counts as a rep for them" in said(given)
    await two.feedback(ana)
    await two.scorecard(bo)
    await two.feedback(bo, improve="Give me a second longer")
    assert two.last().startswith("## Your cards are open")
    read = await two.press(bo, "Read what was said about me")
    told = said(read)
    assert "Problem solving: Yes\nTechnical depth: Leaning\nCommunication: Yes" in told
    assert "Done well: Named every index" in told
    assert "Give me a second longer" in said(await two.press(ana, "Read what was said about me"))
    assert "Named every index" not in two.sees(ana)

    past = await bo.slash(hall.channel, "mock history")
    history = said(past)
    for opened in (
        await bo.click(read.response, label="Report or block"),
        await bo.select(past.response, [str((await two.mock()).id)]),
    ):
        assert "Block this person" in said(opened)
    assert "Problem solving: yes\nTechnical depth: leaning\nCommunication: yes" in history
    assert f"with <@{ana.id}>: asked about Coding, interviewed on SQL" in history

    # Each role is a rep with its points; what was spoken is oral recitation.
    reps = [row for row in await rows(hall, Rep) if row.activity == "mock"]
    assert [row.points for row in reps] == [8, 8, 8, 8]
    mock = await two.mock()
    assert {row.key.partition(":")[0] for row in reps} == {"mock"}
    assert {row.key.rpartition(":")[2] for row in reps} == {"interviewer", "interviewee"}
    assert [(row.kind, row.minutes) for row in await rows(hall, Minutes)] == [("recitation", 60)] * 2

    # Three days later it is over, and the thread is closed.
    await hall.skip(3 * DAY + MINUTE)
    await hall.skip(HOUR)
    mock = await two.mock()
    assert (mock.state, mock.why) == ("over", "done")
    assert [row.closed_at is not None for row in await rows(hall, Room)] == [True]
    assert "No mock interview ahead" in said(await ana.slash(hall.channel, "mock status"))


async def test_the_script_is_for_the_interviewer_alone_and_goes_stage_by_stage(two: Duo) -> None:
    ana, bo = two.ana, two.bo
    await two.meet()
    refused = said(await two.more(bo))
    assert "Script" not in refused
    await two.start(ana)
    page = await two.press(bo, "Script for the interviewer")
    assert "## Opening (1 of 3)" in said(page)
    assert "Sql opening." in said(page)
    page = await bo.click(page.response, label="Next stage")
    assert "## Sql the data (2 of 3)" in said(page)
    assert "**Sql follow-up?**\n- Sql key point" in said(page)
    page = await bo.click(page.response, label="Next stage")
    assert "Next stage" not in said(page)
    answers = await bo.click(page.response, label="Strong and weak answers")
    assert "**Strong**\n- Sql strong" in said(answers)
    solution = await bo.click(answers.response, label="Model solution")
    assert "Sql solution." in said(solution)
    back = await bo.click(solution.response, label="Back to the script")
    assert "## Sql the model (3 of 3)" in said(back)

    assert "for the interviewer alone" in said(await two.press(ana, "Script for the interviewer"))
    forged = button(f"mock.script:{(await two.mock()).id}.0.0")
    for stranger in (two.hall.admin, two.hall.member("Cy")):
        (refused,) = await two.hall.raw((stranger, two.cards()[-1], forged))
        assert "Only the two people of this interview" in said(refused)
    for secret in ("opening.", "question?", "follow-up?", "key point", "strong", "weak", "solution."):
        assert f"Sql {secret}" not in two.sees(ana)
        assert f"Coding {secret}" not in two.sees(bo)


async def test_the_seal_holds_until_the_time_is_over(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    await two.whole()
    await two.scorecard(ana, well="Sealed words")
    await two.feedback(ana)
    mock = await two.mock()
    (sealed,) = await hall.raw((bo, two.cards()[-1], button(f"mock.read:{mock.id}")))
    assert "It is sealed until you both gave your cards" in said(sealed)
    assert "Sealed words" not in said(await bo.slash(hall.channel, "mock history"))
    # One nudge, for the one who owes.
    await hall.skip(12 * HOUR + MINUTE)
    assert two.last().startswith("## Your cards are still to come")
    assert two.pinged() == {bo.id}
    await hall.skip(12 * HOUR)
    assert two.last().startswith("## Your cards are open")
    assert "Sealed words" in said(await two.press(bo, "Read what was said about me"))
    assert "has not written anything about you" in said(await two.press(ana, "Read what was said about me"))
    # Late is better than never: it still confirms.
    late = await two.more(bo, "Give my cards")
    given = await bo.submit_modal(
        await bo.click(late.response, label="How did they answer?"),
        {"solving": "0", "depth": "0", "communication": "0", "well": "Calm", "improve": "More"},
    )
    assert "counts as a rep" in said(given)
    assert len(await rows(hall, MockCard)) == 3


async def test_every_button_works_after_a_restart_in_every_phase(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    await two.request(ana)
    await hall.restart()
    await two.request(bo, "coding")
    await hall.restart()
    await hall.rounds()
    first = two.offered()[0]
    await hall.restart()
    await two.take(ana, first)
    await hall.restart()
    await two.take(bo, first)
    await hall.restart()
    assert len(two.cards()) == 2
    await hall.skip_to(first)
    await hall.restart()
    await two.start(ana)
    await hall.restart()
    assert "Sql opening." in said(await two.press(bo, "Script for the interviewer"))
    await hall.skip(30 * MINUTE)
    await hall.restart()
    await two.start(bo)
    await hall.restart()
    await hall.skip(30 * MINUTE)
    await hall.restart()
    await two.scorecard(ana)
    await hall.restart()
    await two.feedback(ana)
    await two.scorecard(bo)
    await two.feedback(bo)
    await hall.restart()
    assert "Done well: Thought aloud" in said(await two.press(ana, "Read what was said about me"))
    heads = [card.split("\n")[0] for card in map(words, two.cards())]
    assert heads == [
        "## A mock interview for you two",
        f"## Agreed: <t:{int(first.timestamp())}:F>",
        "## It is time",
        "## First half: **SQL**",
        "## Half-time: swap",
        "## Second half: **Coding**",
        "## Time. Thank you both",
        "## Your cards are open",
    ]


async def test_asking_twice_is_asking_once_and_changes_only_the_wish(two: Duo) -> None:
    hall, ana = two.hall, two.ana
    await two.request(ana, "sql")
    again = said(await two.request(ana, "statistics"))
    assert "## Your request is still waiting" in again
    assert "**Statistics**" in again
    open_now = [row for row in await rows(hall, MockInterview) if row.state == "waiting"]
    assert len(open_now) == 1
    assert [row.round for row in await rows(hall, MockSeat) if row.mock_id == open_now[0].id] == [
        "statistics"
    ]
    status = said(await ana.slash(hall.channel, "mock status"))
    assert "**Waiting** since" in status
    assert "taken back" in said(await ana.slash(hall.channel, "mock cancel"))
    assert "You are not waiting for a partner" in said(await ana.slash(hall.channel, "mock cancel"))
