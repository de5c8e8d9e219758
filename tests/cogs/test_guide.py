"""/guide: what members ask of guides and what guides do about them, each looked at by everyone concerned."""

import ast
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.services.verify import Verify
from bot.storage.tables import Answer, AuditEntry, GuideRequest, Member
from bot.ui.audit import WORDS
from tests.bank.builders import TEXTS
from tests.support.study import another_server, command, rows, stamps
from tests.support.world import SUBMIT, World, button, form, lay_bank, said, words, world

ROOT = Path(__file__).parents[2]
DAY = 86_400
GUIDES_ONLY = (
    "Only guides can do this. Admins name them with `/guide people add` or a role in `/setup start`."
)
OVER = "This is not in the queue any more; somebody may have seen to it. `/guide queue` shows what waits now."
PAUSED = "A guide has paused you here. You can still answer questions privately; what others read waits."


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[World]:
    """Every question is an open one with three key points; Grace guides."""
    bank = lay_bank(tmp_path / "bank", {"sql/why": TEXTS["open"]})
    async with world(f"sqlite+aiosqlite:///{tmp_path / 'reps.db'}", bank=bank) as made:
        yield made


async def guide(hall: World, name: str = "Grace") -> Any:
    """Somebody an admin names a guide."""
    made = hall.member(name)
    told = await hall.admin.slash(hall.channel, "guide people add", member=made)
    assert said(told) == f"<@{made.id}> is a guide now: `/guide queue` is theirs."
    return made


async def marked(hall: World, who: Any, question: Any, *covered: str) -> Any:
    """Answer an open question and mark it oneself; the feedback with what can be asked."""
    locked = await hall.write(who, question, "Because of **joins**")
    if not covered:
        return await who.click(locked.response, label="None of them")
    return await who.select(locked.response, list(covered))


async def asked(who: Any, feedback: Any) -> str:
    return said(await who.click(feedback.response, label="Ask a guide to check"))


async def queue(hall: World, who: Any) -> Any:
    return await who.slash(hall.channel, "guide queue")


async def revealed(hall: World) -> discord.Message:
    """A server's first question is posted and revealed, and no second one comes; the reveal."""
    await hall.post_question()
    await hall.admin.slash(hall.channel, "setup schedule pause", number=1)
    await hall.skip(DAY + 60)
    (reveal,) = [one for one in hall.channel.history() if words(one).startswith("## Answer")]
    return reveal


async def raised(who: Any, reveal: Any, text: str) -> Any:
    return await who.submit_modal(await who.click(reveal, label="Ask a guide"), {"text": text})


async def points(hall: World, who: Any) -> str:
    return said(await who.slash(hall.channel, "me stats")).splitlines()[1].split(" in all")[0]


async def sound(hall: World) -> bool:
    """Whether all that is derived agrees with the record."""
    return await Verify(hall.house.database).differences() == ()


# --- checking open answers


async def test_a_check_from_asking_to_the_guides_word(hall: World) -> None:
    question = await hall.post_question()
    grace, bo = await guide(hall), hall.member("Bo")
    feedback = await marked(hall, bo, question, "0", "1")
    assert "+1 point" in said(feedback)
    assert await points(hall, bo) == "**1 rep** and 2 points"
    told = await asked(bo, feedback)
    assert told.startswith("It is in the guides' queue since")
    assert "yours is next" in told

    waiting = await queue(hall, grace)
    assert waiting.ephemeral
    assert "## 1 request for the guides" in said(waiting)
    assert f"**An open answer to check** from <@{bo.id}>" in said(waiting)
    assert "Because" not in said(waiting)

    # The question is still open, and nobody sees an answer to it before giving their own.
    closed = said(await grace.click(waiting.response, label="Open"))
    assert closed.startswith("This question is still open and you have not answered it")
    await marked(hall, grace, question, "0")
    opened = await grace.click(waiting.response, label="Open")
    assert opened.ephemeral
    for part in (
        "## A title",
        f"**<@{bo.id}> wrote**\nBecause of \\*\\*joins\\*\\*",
        "✓ One\n✓ Two\n– Three",
    ):
        assert part in said(opened)

    shown = await grace.click(opened.response, label="Mark anew or comment")
    done = await grace.submit_modal(shown, {"marks": ["0"], "comment": "Say *why*\nit is."})
    assert f"<@{bo.id}>'s answer counts as **not right** now" in said(done)
    assert await points(hall, bo) == "**1 rep** and 1 point"
    assert await sound(hall)

    for seen in (said(await bo.slash(hall.channel, "daily")), await asked(bo, feedback)):
        assert "## Not quite" in seen
        assert "✓ One\n– Two\n– Three" in seen
        assert "**A guide confirmed this.** They write: Say \\*why\\*\nit is." in seen
        assert "Ask a guide" not in seen
    assert said(await grace.click(opened.response, label="Confirm the marks")) == OVER
    assert "Nobody waits for a guide" in said(await queue(hall, grace))
    acts = said(await grace.slash(hall.channel, "guide audit"))
    assert f"<@{grace.id}> checked an answer of <@{bo.id}>: answer 1, not right instead of right" in acts


async def test_confirming_keeps_marks_and_points_and_marking_up_adds_the_point(hall: World) -> None:
    question = await hall.post_question()
    grace, bo, cy = await guide(hall), hall.member("Bo"), hall.member("Cy")
    await marked(hall, grace, question)
    for who, covered in ((bo, ("0", "1", "2")), (cy, ())):
        await asked(who, await marked(hall, who, question, *covered))
    opened = await grace.click((await queue(hall, grace)).response, custom_id="guide.open:1")
    assert "**right** now" in said(await grace.click(opened.response, label="Confirm the marks"))
    opened = await grace.click((await queue(hall, grace)).response, label="Open")
    shown = await grace.click(opened.response, label="Mark anew or comment")
    assert "**right** now" in said(await grace.submit_modal(shown, {"marks": ["0", "2"]}))
    assert await points(hall, bo) == await points(hall, cy) == "**1 rep** and 2 points"
    assert await sound(hall)
    seen = said(await bo.slash(hall.channel, "daily"))
    assert "**A guide confirmed this.**" in seen
    assert "They write" not in seen


async def test_over_the_days_cap_a_check_adds_no_point(hall: World) -> None:
    await hall.post_question()
    grace, bo = await guide(hall), hall.member("Bo")
    for number in range(6):
        if number:
            await hall.admin.slash(hall.channel, "setup schedule run", number=1)
            await hall.rounds()
        feedback = await marked(hall, bo, hall.channel.history()[-1])
    assert await points(hall, bo) == "**6 reps** and 5 points"
    await asked(bo, feedback)
    await hall.skip(2 * DAY)
    opened = await grace.click((await queue(hall, grace)).response, label="Open")
    shown = await grace.click(opened.response, label="Mark anew or comment")
    assert "**right** now" in said(await grace.submit_modal(shown, {"marks": ["0", "1", "2"]}))
    assert await points(hall, bo) == "**6 reps** and 5 points"
    assert await sound(hall)


async def test_nobody_marks_their_own_answer_and_nobody_asks_for_anothers(hall: World) -> None:
    question = await hall.post_question()
    grace, bo = await guide(hall), hall.member("Bo")
    feedback = await marked(hall, grace, question, "0", "1", "2")
    await asked(grace, feedback)
    waiting = await queue(hall, grace)
    own = "This answer is your own, and nobody marks their own answer here."
    assert said(await grace.click(waiting.response, label="Open")).startswith(own)
    forged = (
        button("guide.confirm:1"),
        button("guide.mark:1"),
    )
    for result in await hall.raw(*((grace, waiting.response, one) for one in forged)):
        assert said(result).startswith(own)
    (sent,) = await hall.raw((grace, waiting.response, form("guide.mark-form:1", comment="x")), kind=SUBMIT)
    assert said(sent).startswith(own)

    await hall.write(bo, question, "Mine")
    other, mine = await hall.raw(*((bo, feedback.response, button(f"guide.ask-answer:{n}")) for n in (1, 2)))
    assert said(other).startswith("That answer belongs to somebody else.")
    assert said(mine).startswith("Mark this answer yourself first")
    assert [one.confirmed_at for one in await rows(hall, Answer)] == [None, None]


# --- raised hands


async def test_a_raised_hand_is_read_by_guides_only_taken_and_helped(hall: World) -> None:
    reveal = await revealed(hall)
    grace, bo = await guide(hall), hall.member("Bo")
    told = await raised(bo, reveal, "Why @everyone *joins*?")
    assert told.ephemeral
    assert "It is in the guides' queue" in said(told)
    assert "With this you take part" in said(told)
    onlooker = hall.member("Onlooker")
    (thread,) = hall.channel.threads
    assert "joins" not in hall.sees(onlooker) + hall.sees(onlooker, thread)

    waiting = await queue(hall, grace)
    assert f"**A raised hand** from <@{bo.id}>" in said(waiting)
    assert f"Why \\@everyone \\*joins\\*?\nThe discussion: <#{thread.id}>" in said(waiting)
    taken = await grace.click(waiting.response, label="I take it")
    assert f"<@{grace.id}> has taken it." in said(taken)
    other = await queue(hall, hall.admin)
    assert f"<@{grace.id}> has taken it." in said(other)
    assert "[I take it]" not in said(other)
    (late,) = await hall.raw((hall.admin, other.response, button("guide.take:1.0")))
    assert f"Another guide, <@{grace.id}>, has taken this one." in said(late)
    assert f"<@{grace.id}> has taken it." in said(await raised(bo, reveal, "And outer ones?"))
    assert "And outer ones?" in said(await queue(hall, grace))

    assert "Nobody waits" in said(await grace.click(taken.response, label="Done"))
    (twice,) = await hall.raw((grace, taken.response, button("guide.done:1.0")))
    assert OVER in said(twice)
    await hall.skip(60)
    again = await raised(bo, reveal, "Once more")
    assert stamps(said(again)) == [hall.now()]
    assert "has taken it" not in said(again)
    assert [one.note for one in await rows(hall, GuideRequest)] == ["Once more"]


async def test_the_queue_is_paged_oldest_first(hall: World) -> None:
    reveal = await revealed(hall)
    grace = await guide(hall)
    people = [hall.member(f"P{number}") for number in range(7)]
    for who in people:
        await raised(who, reveal, f"I am {who.name}")
        await hall.skip(1)
    await people[0].click((await people[0].slash(hall.channel, "me leave")).response, label="Leave")
    page = await queue(hall, grace)
    assert "## 6 requests for the guides" in said(page)
    assert [name for name in (who.name for who in people) if f"I am {name}" in said(page)] == [
        who.name for who in people[1:6]
    ]
    more = await grace.click(page.response, label="More")
    assert f"I am {people[6].name}" in said(more)
    assert f"I am {people[1].name}" in said(await grace.click(more.response, label="Back"))


async def test_the_queue_leads_to_what_waits_elsewhere_each_to_whose_it_is(hall: World) -> None:
    reveal = await revealed(hall)
    moderators = hall.guild.create_role("Moderators")
    await hall.admin.slash(hall.channel, "setup start", moderators=moderators)
    grace, bo, cy = await guide(hall), hall.member("Bo"), hall.member("Cy")
    mo, moe = (
        hall.guild.add_member(hall.env.create_user(name), roles=[moderators]) for name in ("mo", "moe")
    )
    assert said(await queue(hall, grace)) == "## Nobody waits for a guide"
    assert said(await queue(hall, mo)) == "## Reports to the moderators\nNo report is open."

    began = hall.now()
    opened = await bo.slash(hall.channel, "question suggest", topic="sql", kind="open")
    fields = {"question": "Why?", "key_points": "A\nB\nC", "model_answer": "So.", "sources": "A book"}
    await bo.submit_modal(opened, fields)
    await hall.skip(60)
    await marked(hall, bo, (await bo.slash(hall.channel, "question random")).response, "0")
    await bo.submit_modal(await bo.slash(hall.channel, "question report"), {"reason": "Unclear"})
    await hall.skip(60)
    for about in (moe, cy):
        ticket = f"member.{about.id}"
        data = form(f"safety.report-form:{ticket}", text="Shouts")
        reason = {"type": 3, "custom_id": "reason", "values": ["harassment"]}
        data["components"].append({"type": 18, "component": reason})
        await hall.raw((bo, reveal, data), kind=SUBMIT)

    for_guides = await queue(hall, grace)
    told = said(for_guides)
    assert "**1 suggested question** waiting" in told
    assert "**1 reported question** waiting" in told
    assert stamps(told) == [began, began + timedelta(seconds=60)]
    assert "1 report**" not in told
    assert "Read the reports" not in told
    review = await grace.click(for_guides.response, label="Review the questions")
    assert review.ephemeral
    assert "## Suggested by Bo" in said(review)
    assert "**Bo** (<t:" in said(await grace.click(for_guides.response, label="See what is wrong"))

    # A moderator who does not guide finds the reports there, and nothing else; one about a moderator is for the others.
    for who, count in ((mo, 2), (moe, 1)):
        found = await queue(hall, who)
        assert found.ephemeral
        assert said(found).startswith(
            f"## Reports to the moderators\n**{count} report{'s' * (count > 1)}** waiting"
        )
        assert "question" not in said(found)
        assert f"1 of {count} open" in said(await who.click(found.response, label="Read the reports"))
    everything = said(await queue(hall, hall.admin))
    assert all(
        f"**{what}** waiting" in everything
        for what in ("1 suggested question", "1 reported question", "2 reports")
    )
    assert said(await queue(hall, bo)) == GUIDES_ONLY


async def test_a_hand_taken_by_somebody_erased_is_anybodys_again(hall: World) -> None:
    reveal = await revealed(hall)
    grace, gil, bo = await guide(hall), await guide(hall, "Gil"), hall.member("Bo")
    await raised(bo, reveal, "Why?")
    await grace.click((await queue(hall, grace)).response, label="I take it")
    opened = await grace.click(
        (await grace.slash(hall.channel, "me data delete")).response, label="Delete everything"
    )
    await grace.submit_modal(opened, {"word": "DELETE"})
    await hall.rounds()
    assert "has taken it" not in said(await queue(hall, gil))
    told = said(await gil.click((await queue(hall, gil)).response, label="I take it"))
    assert f"<@{gil.id}> has taken it." in told
    trail = said(await hall.admin.slash(hall.channel, "guide audit"))
    assert f"somebody whose data was erased took the raised hand of <@{bo.id}>" in trail
    assert "<@0>" not in trail + told


# --- people


async def test_guides_are_named_listed_and_removed_by_admins(hall: World) -> None:
    await hall.admin.slash(hall.channel, "setup start")
    bo = hall.member("Bo")
    assert said(await bo.slash(hall.channel, "guide people list")) == GUIDES_ONLY
    grace = await guide(hall)
    again = said(await hall.admin.slash(hall.channel, "guide people add", member=grace))
    assert again.startswith(f"Nothing to add: <@{grace.id}> is a guide already.")
    robot = hall.guild.add_member(hall.env.create_user("robot", bot=True))
    assert said(await hall.admin.slash(hall.channel, "guide people add", member=robot)).startswith(
        "That is a bot"
    )
    listed = said(await grace.slash(hall.channel, "guide people list"))
    assert f"<@{grace.id}>, named by <@{hall.admin.id}>" in listed
    assert "No role guides" in listed
    refused = said(await grace.slash(hall.channel, "guide people add", member=bo))
    assert refused.startswith("Only people with the Manage Server permission")
    gone = await hall.admin.slash(hall.channel, "guide people remove", member=grace)
    assert said(gone) == f"<@{grace.id}> guides no longer."
    assert said(await queue(hall, grace)) == GUIDES_ONLY
    twice = said(await hall.admin.slash(hall.channel, "guide people remove", member=grace))
    assert twice.startswith(f"Nobody named <@{grace.id}> a guide.")


async def test_a_guides_pause_closes_what_others_read_and_only_a_guide_ends_it(hall: World) -> None:
    question = await hall.post_question()
    grace, bo, cy = await guide(hall), hall.member("Bo"), hall.member("Cy")
    feedback = await marked(hall, bo, question, "0")
    await hall.skip(DAY + 60)
    reveal = [one for one in hall.channel.history() if words(one).startswith("## Answer")][-1]
    shown = await cy.click(reveal, label="Explain it in your words")
    await cy.submit_modal(shown, {"text": "It joins."})

    told = said(await grace.slash(hall.channel, "guide people pause", member=bo, reason="Insults people"))
    assert told.startswith(f"<@{bo.id}> is paused")
    twice = said(await hall.admin.slash(hall.channel, "guide people pause", member=bo, reason="Again"))
    assert twice.startswith(f"A guide has paused <@{bo.id}> already.")

    explained = await bo.submit_modal(
        await bo.click(reveal, label="Explain it in your words"), {"text": "No!"}
    )
    (thread,) = hall.channel.threads
    vote = [one for one in thread.history() if "explains" in words(one)]
    for refused in (
        said(explained),
        said(await bo.click(vote[0], label="This helped me most")),
        said(await raised(bo, reveal, "Hello?")),
        await asked(bo, feedback),
        said(await bo.slash(hall.channel, "me pause")),
        said(await bo.slash(hall.channel, "question suggest", topic="sql", kind="open")),
        said((await hall.raw((bo, reveal, form("suggest.form:open.sql", question="Why?")), kind=SUBMIT))[0]),
    ):
        assert refused.startswith(PAUSED)
        assert "`/guide people resume`" in refused
    assert len([one for one in thread.history() if "explains" in words(one)]) == 1
    await hall.admin.slash(hall.channel, "setup schedule run", number=1)
    await hall.rounds()
    assert "Locked in" in said(await hall.write(bo, hall.channel.history()[-1], "Still learning"))
    home = said(await bo.slash(hall.channel, "reps"))
    assert PAUSED in home
    assert "/me pause" not in home
    # Safety stays open to everyone.
    (looked,) = await hall.raw((bo, reveal, button(f"safety.open:member.{cy.id}")))
    assert "Blocked." in said(await bo.click(looked.response, label="Block this person"))
    wrong = await bo.submit_modal(await bo.slash(hall.channel, "question report"), {"reason": "Unclear"})
    assert said(wrong).startswith("Thank you.")

    # Leaving and coming back ends no pause.
    await bo.click((await bo.slash(hall.channel, "me leave")).response, label="Leave")
    await bo.slash(hall.channel, "me settings", track="ds")
    assert said(await bo.slash(hall.channel, "me pause")).startswith(PAUSED)

    ended = await hall.admin.slash(hall.channel, "guide people resume", member=bo, reason="Said sorry")
    assert said(ended) == f"<@{bo.id}> takes part again."
    assert "It is in the guides' queue" in await asked(bo, feedback)
    assert said(await bo.slash(hall.channel, "me pause")).startswith("You are paused:")
    own = said(await grace.slash(hall.channel, "guide people resume", member=bo, reason="x"))
    assert own.startswith(f"No guide has paused <@{bo.id}>")


async def test_admins_oneself_and_strangers_are_not_paused(hall: World) -> None:
    await hall.admin.slash(hall.channel, "setup start")
    grace, bo = await guide(hall), hall.member("Bo")
    for who in (grace, hall.admin):
        await who.slash(hall.channel, "me settings", track="ds")
        told = said(await grace.slash(hall.channel, "guide people pause", member=who, reason="x"))
        assert told.startswith("A guide cannot do this to an admin or to themselves")
    stranger = said(await grace.slash(hall.channel, "guide people pause", member=bo, reason="x"))
    assert stranger.startswith(f"So far <@{bo.id}> has not taken part")
    blank = said(await grace.slash(hall.channel, "guide people pause", member=bo, reason="\u200b \u200b"))
    assert blank.startswith("A reason is needed")
    assert [one.paused_at for one in await rows(hall, Member)] == [None, None]
    assert len(await rows(hall, AuditEntry)) == 4  # the set-up's three, and that Grace guides


# --- the trail


async def test_the_trail_is_in_words_newest_first_paged_and_by_person(hall: World) -> None:
    await hall.admin.slash(hall.channel, "setup start")
    grace, bo, cy = await guide(hall), hall.member("Bo"), hall.member("Cy")
    for who in (bo, cy):
        await who.slash(hall.channel, "me settings", track="ds")
    for number in range(6):
        for act in ("pause", "resume"):
            why = f"@everyone *{number}*"
            await grace.slash(hall.channel, f"guide people {act}", member=bo, reason=why)
            await hall.skip(1)
    await hall.admin.slash(hall.channel, "guide people pause", member=cy, reason="Spam")
    before = [(one.id, one.action, one.reason, one.at) for one in await rows(hall, AuditEntry)]

    first = await grace.slash(hall.channel, "guide audit")
    assert first.ephemeral
    lines = said(first).splitlines()[1:]
    assert lines[0].endswith(f"<@{hall.admin.id}> paused <@{cy.id}>: Spam")
    assert lines[1].endswith(f"<@{grace.id}> ended the pause of <@{bo.id}>: \\@everyone \\*5\\*")
    assert stamps("\n".join(lines)) == sorted(stamps("\n".join(lines)), reverse=True)
    second = await grace.click(first.response, label="More")
    assert f"<@{hall.admin.id}> made <@{grace.id}> a guide" in said(second)
    assert f"<@{hall.admin.id}> planned schedule 1" in said(second)
    assert said(await grace.click(second.response, label="Back")) == said(first)

    about = said(await grace.slash(hall.channel, "guide audit", person=cy)).splitlines()
    assert about[0] == f"## What was done by and about <@{cy.id}>"
    assert len(about) == 2
    by_grace = await grace.slash(hall.channel, "guide audit", person=grace)
    assert "paused" in said(await grace.click(by_grace.response, label="More"))
    _, channel, admin = another_server(hall)
    assert "Nothing yet." in said(await command(hall, admin, "guide audit", channel=channel))
    after = [(one.id, one.action, one.reason, one.at) for one in await rows(hall, AuditEntry)]
    assert after == before


def noted() -> set[str]:
    """Every action the services write into the trail, read from their code: each is spelled out where it is noted."""
    found: set[str] = set()
    for path in (ROOT / "bot" / "services").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and "note" in (
                getattr(node.func, "id", ""),
                getattr(node.func, "attr", ""),
            ):
                action = node.args[3]
                either = [action.body, action.orelse] if isinstance(action, ast.IfExp) else [action]
                found |= {str(ast.literal_eval(one)) for one in either}
    return found


def test_every_act_that_is_noted_has_words_and_no_other() -> None:
    assert noted() == set(WORDS)


def test_no_code_changes_or_deletes_the_trail() -> None:
    """Erasing a member's data is the one exception, and it has a module of its own."""
    touching = [
        path.name
        for path in (ROOT / "bot").rglob("*.py")
        if "AuditEntry" in path.read_text() and "tables" not in path.parts
    ]
    assert set(touching) - {"erasing.py"} == {"audit.py", "members.py", "whose.py"}
    for path in (ROOT / "bot").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or path.name == "erasing.py":
                continue
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            given = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
            if called in ("update", "delete", "insert_into"):
                assert "AuditEntry" not in given, path


async def test_the_days_of_the_trail_go_back_to_the_set_up(hall: World) -> None:
    begun = hall.now()
    await hall.admin.slash(hall.channel, "setup start")
    await hall.skip_to(begun + timedelta(days=400))
    assert begun in stamps(said(await hall.admin.slash(hall.channel, "guide audit")))
