"""/reps: where somebody stands, and the one next thing to do, before, during and after a question."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.domain.members import Person
from tests.support.circle import circle_of
from tests.support.interviews import duo
from tests.support.problems import Evening
from tests.support.study import answer, ask, stamps
from tests.support.world import World, said

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


async def test_before_set_up_there_is_practice_at_once(quiz: World) -> None:
    result = await quiz.member("Bo").slash(quiz.channel, "reps")
    told = said(result)
    assert result.ephemeral
    assert "This server has no daily question yet. An admin can run `/setup start`" in told
    assert "[Practise a question]" in told
    assert "[Today's question]" not in told


async def test_home_leads_through_the_day(quiz: World) -> None:
    await quiz.admin.slash(quiz.channel, "setup start")
    bo = quiz.member("Bo")
    told = said(await bo.slash(quiz.channel, "reps"))
    assert told.startswith("## Hello Bo\nThis week: **0 reps**, 0 points.")
    assert "Streak" not in told
    assert f"the next daily one comes <t:{int(NINE.timestamp())}:R>" in told
    assert "0 of 20 reps" in told
    for minutes in (5, 15, 30):
        assert f"\n{minutes} minutes: " in told

    await quiz.skip_to(NINE)
    home = await bo.slash(quiz.channel, "reps")
    assert "5 minutes: today's question is open and waits for you." in said(home)
    opened = await bo.click(home.response, label="Today's question")
    assert opened.ephemeral
    await bo.click(opened.response, label="A")
    told = said(await bo.slash(quiz.channel, "reps"))
    assert "This week: **1 rep**, 2 points." in told
    assert "Streak: **1 day** (longest 1)" in told
    assert "[Today's question]" not in told
    assert stamps(told) == [NINE + timedelta(days=1)]


async def test_the_buttons_lead_on(quiz: World) -> None:
    bo = quiz.member("Bo")
    home = await bo.slash(quiz.channel, "reps")
    practice = await bo.click(home.response, label="Practise a question")
    assert practice.ephemeral
    assert "## Practice: " in said(practice)
    method = await bo.click(home.response, label="The method and help")
    told = said(method)
    assert "**17 of 20** random coding problems" in told
    assert "**35 of 50** random questions" in told
    for name in re.findall(r"`/([a-z ]+)`", told):
        command = next((one for one in quiz.bot.tree.walk_commands() if one.qualified_name == name), None)
        assert command is not None, name
    for name in ("question suggest", "question report", "me availability", "me blocks", "me data delete"):
        assert f"`/{name}`" in told
    for name in ("guide queue", "setup check", "setup bank"):
        assert f"`/{name}`" in told
    assert "*Report or block*" in told
    assert len(told) <= 4000


async def test_home_after_the_question_was_answered_elsewhere(quiz: World) -> None:
    await quiz.admin.slash(quiz.channel, "setup start")
    bo, cy = quiz.member("Bo"), quiz.member("Cy")
    question = await ask(quiz)
    home = await bo.slash(quiz.channel, "reps")
    await answer(bo, question, right=False)
    again = await bo.click(home.response, label="Today's question")
    assert "Right" in said(again)  # the feedback, not the question a second time
    assert "today's question is open" in said(await cy.slash(quiz.channel, "reps"))


async def test_an_open_recitation_comes_first_with_the_way_there(tmp_path: Path) -> None:
    async with circle_of(tmp_path, "Bao", "Carmen") as pair:
        bao, carmen = pair.people
        await pair.join(opened=False)
        home = await bao.slash(pair.hall.channel, "reps")
        first = f"**Next**\nRecitation {pair.id}. With <@{carmen.id}>, live, typed"
        assert f"{first}\n5 minutes: " in said(home)
        await bao.click(home.response, label=f"Open {pair.id}")
        await pair.hall.rounds()
        told = said(await bao.slash(pair.hall.channel, "reps"))
        assert f"{first}: <#{pair.thread.id}>\n5 minutes: " in told
        assert "[Open" not in told
        await pair.recite(bao, carmen)
        await pair.recite(carmen, bao)
        assert "**Next**\n5 minutes: " in said(await bao.slash(pair.hall.channel, "reps"))


async def test_a_mock_interview_comes_first_while_it_waits_for_somebody(tmp_path: Path) -> None:
    async with duo(tmp_path) as two:
        await two.request(two.ana)
        assert "Mock interview" not in said(await two.ana.slash(two.hall.channel, "reps"))
        await two.request(two.bo, "coding")
        await two.hall.rounds()
        at = await two.agree()
        told = said(await two.ana.slash(two.hall.channel, "reps"))
        when = f"<t:{int(at.timestamp())}:F> in <#{two.thread.id}>"
        assert f"**Next**\nMock interview: **Agreed** with <@{two.bo.id}>: {when}.\n5 minutes: " in told
        await two.hall.skip_to(at)
        await two.halves()
        await two.scorecard(two.ana)
        await two.feedback(two.ana)
        assert "Mock interview: " not in said(await two.ana.slash(two.hall.channel, "reps"))
        assert "Mock interview: **Feedback** with" in said(await two.bo.slash(two.hall.channel, "reps"))


async def test_a_group_problem_waits_for_a_proposal_and_then_for_two_responses(evening: Evening) -> None:
    hall = evening.hall
    await hall.admin.slash(hall.channel, "setup start", channel=hall.channel)
    bo, *others = (hall.member(name) for name in ("Bo", "Cy", "Di", "Ed"))

    async def next_of(who: Any) -> str:
        told = said(await who.slash(hall.channel, "reps"))
        return told.partition("**Next**\n")[2].partition("\n5 minutes: ")[0].partition("\n")[0]

    assert "Group problem" not in await next_of(bo)
    card = await evening.post(topic="sql")
    title = (
        f"[Two clinics](https://discord.com/channels/{hall.guild.id}/{hall.channel.id}/{card.id}), until <t:"
    )
    assert f"Group problem: propose a way to solve {title}" in await next_of(bo)
    home = await bo.slash(hall.channel, "reps")
    await bo.submit_modal(await bo.click(home.response, label="Propose"), {"text": "Of Bo"})
    assert "Group problem" not in await next_of(bo)
    for who in others[:2]:
        await evening.propose(who, f"Of {who.name}")
    await evening.later(24)
    assert f"Group problem: respond to two proposals in {title}" in await next_of(bo)
    # Late ones are welcome, too.
    assert f"Group problem: propose a way to solve {title}" in await next_of(others[2])
    home = await bo.slash(hall.channel, "reps")
    listed = said(await bo.click(home.response, label="Read the proposals"))
    assert "## Proposal 1 of 3" in listed
    await bo.send(evening.thread, "Why?", reply_to=evening.opened("Of cy"))
    assert f"Group problem: respond to one proposal in {title}" in await next_of(bo)
    await evening.respond(bo, evening.opened("Of di"), "And why?")
    assert "Group problem" not in await next_of(bo)
    # Whoever guides it hears of what is not signed off, until it is closed.
    assert "Group problem: propose" in await next_of(hall.admin)
    await evening.later(48)
    for who in (bo, *others):
        assert "Group problem" not in await next_of(who)
    assert f"Group problem: as its guide, look at 3 proposals in {title}" in await next_of(hall.admin)
    home = await hall.admin.slash(hall.channel, "reps")
    panel = await hall.admin.click(home.response, label="For guides")
    asked = await hall.admin.click(panel.response, label="Sign off…")
    offered = [one["value"] for one in asked.modal["components"][0]["component"]["options"]]
    await hall.admin.submit_modal(asked, {"proposals": offered, "comment": ""})
    assert "Group problem" not in await next_of(hall.admin)


async def test_a_meeting_that_is_near_comes_before_everything_and_a_later_one_after(evening: Evening) -> None:
    hall = evening.hall
    await hall.admin.slash(hall.channel, "setup start", channel=hall.channel)
    bo = hall.member("Bo")
    await evening.post(topic="sql")
    who = Person(hall.guild.id, hall.admin.id, "Ada", "Study hall", manages_server=True)
    at = hall.now() + timedelta(hours=2)
    await hall.house.services.meetings.schedule(
        who, 5, starts_at=at, minutes=90, channel_id=hall.channel.id, voice_id=None
    )

    async def lines() -> list[str]:
        told = said(await bo.slash(hall.channel, "reps")).partition("**Next**\n")[2]
        return told.partition("\n5 minutes: ")[0].split("\n")

    problem, meeting = await lines()
    assert problem.startswith("Group problem: propose")
    number = int(at.timestamp())
    assert meeting.startswith("Meeting: [90 minutes together](https://discord.com/")
    assert meeting.endswith(f" at <t:{number}:t>, <t:{number}:R>.")
    await hall.skip_to(at - timedelta(minutes=20))
    meeting, problem = await lines()
    assert meeting.startswith("Meeting: [90 minutes together](https://discord.com/")
    assert problem.startswith("Group problem: propose")
    await hall.skip_to(at)
    await evening.settle()
    meeting, problem = await lines()
    assert meeting.startswith("Meeting: it is on now, [come in](https://discord.com/")
    await bo.slash(hall.channel, "me settings", track="ds")
    await bo.slash(hall.channel, "me pause")
    assert all("Meeting" not in line and "Group problem" not in line for line in await lines())
