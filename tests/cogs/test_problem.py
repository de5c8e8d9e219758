"""/problem as members see it: posted, proposed to, discussed, revealed and closed, by one to thirty."""

from bot.storage.tables import InsightVote, Minutes, Proposal, Rep, Response, Timer
from tests.support.problems import Evening
from tests.support.study import command, rows
from tests.support.world import SUBMIT, World, button, form, said, words

SEALED = "The proposals are sealed until the discussion opens"
SOLUTION = "Sealed: compare within each group."
PRIVATE = "With this you take part in Reps here."


async def points(hall: World) -> dict[str, int]:
    """What each has earned, by the name everybody reads."""
    from bot.storage.tables import Member

    names = {one.id: one.display_name for one in await rows(hall, Member)}
    found: dict[str, int] = {}
    for rep in await rows(hall, Rep):
        found[names[rep.member_id]] = found.get(names[rep.member_id], 0) + rep.points
    return found


# --- whole problems


async def test_seven_people_go_through_a_whole_problem(evening: Evening) -> None:
    hall = evening.hall
    people = [hall.member(name) for name in ("Ann", "Bo", "Cy", "Di", "Ed", "Flo", "Gus")]
    ann, bo, cy, di, _, flo, gus = people
    await evening.post(topic="sql")
    for who in people[:5]:
        told = await evening.propose(who, f"As {who.name} would do it")
        assert told.startswith("Saved. It is sealed")
        assert "**+1 rep** · **+2 points**" in told
        assert PRIVATE in told
    await evening.settle()
    assert "**Proposed: 5.** Ann, Bo, Cy, Di, Ed\n" in words(evening.card)
    await evening.later(24)
    opened = [one for one in evening.said_there() if "As " in one]
    assert len(opened) == 5
    assert sorted(one.split("\n")[0] for one in opened) == [
        f"**{name}**" for name in ("Ann", "Bo", "Cy", "Di", "Ed")
    ]
    # By the form, by replying, and by both to the same proposal, which is one response.
    assert "**+1 point**" in await evening.respond(ann, evening.opened("As bo"), "What of outliers?")
    await evening.hall.rounds()
    await ann.send(evening.thread, "And costs?", reply_to=evening.opened("As bo"))
    await bo.send(evening.thread, "I like it", reply_to=evening.opened("As ann"))
    await bo.send(evening.thread, "And this", reply_to=evening.opened("As cy"))
    # To oneself, to nothing, and by somebody who takes no part: none of these counts.
    await cy.send(evening.thread, "As I said", reply_to=evening.opened("As cy"))
    await cy.send(evening.thread, "Hello")
    await gus.send(evening.thread, "Nice", reply_to=evening.opened("As di"))
    late = await evening.propose(flo, "Late, but here")
    assert late.startswith("Saved, and marked as late.")
    await evening.settle()
    assert "**Flo · late**" in words(evening.opened("Late, but here"))
    card = words(evening.card)
    assert "**Proposed: 6.** Ann, Bo, Cy, Di, Ed, Flo (late)" in card
    assert (
        "**Responded: 2.**\nAnn → Bo\nBo → Ann, Cy\n-# 3 proposals still wait for a first response." in card
    )
    assert "responds to [Bo](https://discord.com/channels/" in words(evening.opened("What of outliers?"))
    # Votes: one each, moved by the second, and not for oneself.
    for who in (bo, cy):
        assert said(await who.click(evening.opened("As ann"), label="This helped me most")).startswith(
            "Your vote is in."
        )
    await cy.click(evening.opened("What of outliers?"), label="This helped me most")
    refused = said(await ann.click(evening.opened("As ann"), label="This helped me most"))
    assert refused.startswith("You cannot vote for yourself.")
    assert len(await rows(hall, InsightVote)) == 2
    await evening.later(48)
    assert SOLUTION in "".join(evening.said_there())
    checked = await di.click(evening.card, label="Check yourself")
    marked = said(await di.select(checked.response, ["0", "1"]))
    assert "You found **2 of 2**" in marked
    assert "+1 point" not in marked
    await evening.later(24)
    summary = evening.said_there()[-1]
    assert summary.startswith("## How it went\n**6 people** took part: 6 proposals and 3 responses")
    assert "**What helped most:** Ann (1 vote), Ann, responding (1 vote)." in summary
    assert "**Closed.**" in words(evening.card)
    assert await points(hall) == {"Ann": 4, "Bo": 3, "Cy": 2, "Di": 2, "Ed": 2, "Flo": 2}
    reps = [rep for rep in await rows(hall, Rep) if rep.reps]
    assert len(reps) == 6
    assert {one.kind for one in await rows(hall, Minutes)} == {"group-problem"}
    # Nothing is left to be done.
    assert [one.kind for one in await rows(hall, Timer) if one.state == "due"] == []


async def test_thirty_people_propose_and_everybody_answers_somebody(evening: Evening) -> None:
    hall = evening.hall
    people = [hall.member(f"P{number:02}") for number in range(30)]
    await evening.post(topic="sql")
    for who in people:
        await evening.propose(who, f"As {who.name} would")
    await evening.settle()
    assert "**Proposed: 30.**" in words(evening.card)
    await evening.later(24)
    await evening.settle()
    opened = [evening.opened(f"As {who.name} would") for who in people]
    assert len({one.id for one in opened}) == 30
    # Every other one by the form, the rest by a reply: a circle in which everybody hears from somebody.
    for place, (who, message) in enumerate(zip(people, [*opened[1:], opened[0]], strict=True)):
        if place % 2:
            await who.send(evening.thread, f"A reply of {who.name}", reply_to=message)
        else:
            assert "**+1 point**" in await evening.respond(who, message, f"A response of {who.name}")
    await evening.settle()
    card = words(evening.card)
    assert "**Responded: 30.**" in card
    assert "still wait for a first response" not in card
    await evening.later(48)
    assert SOLUTION in "".join(evening.said_there())
    for who in people[1:]:
        await who.click(opened[0], label="This helped me most")
    await evening.later(24)
    summary = evening.said_there()[-1]
    assert "**30 people** took part: 30 proposals and 30 responses" in summary
    assert "**What helped most:** P00 (29 votes)." in summary
    earned = await points(hall)
    assert (len(earned), earned.pop("P00"), set(earned.values())) == (30, 4, {3})


async def test_two_people_and_a_guide_who_moves_it_on(evening: Evening) -> None:
    hall = evening.hall
    bo, cy, guide = (hall.member(name) for name in ("Bo", "Cy", "Gil"))
    await hall.admin.slash(hall.channel, "guide people add", member=guide)
    await evening.post(topic="sql")
    for who in (bo, cy):
        await evening.propose(who, f"As {who.name} sees it")
    # Members see the button, and the service refuses them.
    assert said(await bo.click(evening.card, label="For guides")).startswith("Only guides can do this.")
    panel = await guide.click(evening.card, label="For guides")
    replaced = await guide.click(panel.response, label="I guide this")
    assert "You guide this one now." in said(replaced)
    first = await guide.click(panel.response, label="Open the discussion")
    assert "**Discuss**" in said(first)
    # A second press of the same old button does not skip a phase.
    (again,) = await hall.raw((guide, panel.response, button("problem.move-on:1.propose")))
    assert "This problem is in another phase by now" in said(again)
    await hall.rounds()
    await evening.settle()
    assert f"Guide: <@{guide.id}>." in words(evening.card)
    await evening.respond(bo, evening.opened("As cy"), "Yes")
    extended = await evening.guide(guide, "24 hours more")
    assert "A day more." in said(extended)
    await evening.later(49)
    assert SOLUTION not in "".join(evening.said_there())
    await evening.later(24)
    assert SOLUTION in "".join(evening.said_there())
    panel = await guide.click(evening.card, label="For guides")
    asked = await guide.click(panel.response, label="Sign off…")
    (proposal,) = [one.id for one in await rows(hall, Proposal) if one.text == "As bo sees it"]
    signed = await guide.submit_modal(asked, {"proposals": [str(proposal)], "comment": "Both *well* argued."})
    assert "**Your comment:** Both \\*well\\* argued." in said(signed)
    await evening.guide(guide, "Close it")
    await evening.settle()
    assert "**Signed off by the guide:** Bo." in evening.said_there()[-1]
    assert "**The guide says:** Both \\*well\\* argued." in evening.said_there()[-1]
    assert await points(hall) == {"Bo": 4, "Cy": 2}
    trail = said(await hall.admin.slash(hall.channel, "guide audit"))
    acts = ("had {} posted", "took on guiding {}", "gave {} more time", "signed off proposals of {}")
    for act in acts:
        assert act.format("problem 1") in trail
    assert trail.count("took problem 1 to its next phase") == 2


async def test_whoever_is_alone_reviews_themselves_against_the_model_answer(evening: Evening) -> None:
    hall = evening.hall
    await evening.post(topic="sql")
    await evening.propose(hall.admin, "As I see it")
    await evening.later(24)
    # Nobody is waited for: the solution is there at once.
    assert SOLUTION in "".join(evening.said_there())
    checked = await hall.admin.click(evening.card, label="Check yourself")
    marked = said(await hall.admin.select(checked.response, ["1"]))
    assert "You found **1 of 2**" in marked
    assert "the model solution stands in for the others" in marked
    assert "**+1 point**" in marked
    again = said(await hall.admin.select(checked.response, ["0"]))
    assert "+1 point" not in again
    await evening.later(24)
    assert "**1 person** took part: 1 proposal and 0 responses" in evening.said_there()[-1]
    assert await points(hall) == {"Ada": 3}


async def test_three_people_without_names(evening: Evening) -> None:
    hall = evening.hall
    people = [hall.member(name) for name in ("Bo", "Cy", "Di")]
    await evening.post(topic="sql", proposals="without names")
    assert "proposals without names" in evening.preview
    for who in people:
        await evening.propose(who, f"Way of {who.id}")
    assert "**A proposal" in said(await evening.read(people[0]))
    await evening.later(24)
    heads = sorted(one.split("\n")[0] for one in evening.said_there() if "Way of" in one)
    assert heads == ["**Proposal 1**", "**Proposal 2**", "**Proposal 3**"]
    assert "**Proposed: 3.** Bo, Cy, Di" in words(evening.card)
    target = evening.opened(f"Way of {people[1].id}")
    await evening.respond(people[0], target, "Good")
    await evening.settle()
    number = words(target).split("\n")[0].strip("*")
    assert f"Bo → {number}" in words(evening.card)
    assert "Cy" not in words(evening.opened("Good"))


# --- what is sealed


async def test_nothing_sealed_is_seen_early_by_anybody(evening: Evening) -> None:
    hall = evening.hall
    bo, cy, onlooker = (hall.member(name) for name in ("Bo", "Cy", "Zed"))
    await evening.post(topic="sql")
    await evening.propose(bo, "Secret of Bo")
    assert said(await evening.read(cy)).startswith(SEALED)
    await evening.propose(cy, "Secret of Cy")
    first = await evening.read(cy)
    pages = said(first) + said(await cy.click(first.response, label="More"))
    assert "Secret of Bo" in pages
    assert "(yours)" in pages
    # Pressed from an old card, or forged: no way in before one's own, and no solution for anybody.
    for data in (
        button("problem.page:1.0"),
        button("problem.respond:1"),
        button("problem.helped:1"),
        button("problem.check:1.card"),
    ):
        (refused,) = await hall.raw((onlooker, evening.card, data))
        assert "Secret" not in said(refused)
        assert SOLUTION not in said(refused)
    (refused,) = await hall.raw(
        (onlooker, evening.card, form("problem.respond-form:1", text="x")), kind=SUBMIT
    )
    assert said(refused).startswith("The discussion of this problem has not opened yet.")
    await evening.settle()
    for who in (bo, onlooker, hall.admin):
        for place in (hall.channel, evening.thread):
            seen = "\n".join(words(one) for one in place.history(viewer=who) if not one.flags.ephemeral)
            assert "Secret" not in seen
            assert SOLUTION not in seen
    assert await rows(hall, Response) == []
    # Hints are for whoever takes them.
    hint = await bo.click(evening.card, label="Hint")
    assert "1. Look at the groups." in said(hint)
    assert "2. Weigh them." not in said(hint)
    (skipped,) = await hall.raw((bo, hint.response, button("problem.next-hint:1.3")))
    assert "3. Ask what was left out." not in said(skipped)
    second = await bo.click(hint.response, label="Next hint")
    assert "2. Weigh them." in said(second)
    assert "2 of 3" in said(second)
    # Those taken are there again.
    assert "2. Weigh them." in said(await bo.click(evening.card, label="Hint"))


async def test_a_proposal_is_changed_until_it_is_open_and_not_after(evening: Evening) -> None:
    hall = evening.hall
    bo, cy = hall.member("Bo"), hall.member("Cy")
    await evening.post(topic="sql")
    await evening.propose(cy, "Other")
    await evening.propose(bo, "First")
    told = await evening.propose(bo, "Second")
    assert told.startswith("Changed. It is sealed")
    assert "+1" not in told
    writing = await bo.click(evening.card, label="Propose")
    assert writing.modal["components"][0]["component"]["value"] == "Second"
    await evening.later(24)
    assert "Second" in words(evening.opened("Second"))
    late = said(await bo.submit_modal(writing, {"text": "Third"}))
    assert late.startswith("Your proposal is open for everyone by now")
    assert said(await evening.propose_again(bo)).startswith("Your proposal is open for everyone by now")
    empty = await cy.click(evening.opened("Second"), label="Respond")
    assert said(await cy.submit_modal(empty, {"text": " \u200b "})).startswith("Your answer was empty")
    await evening.respond(cy, evening.opened("Second"), "First words")
    await hall.rounds()
    await evening.respond(cy, evening.opened("Second"), "Better words")
    await hall.rounds()
    responses = [one for one in evening.said_there() if "responds to" in one]
    assert len(responses) == 1
    assert "Better words" in responses[0]
    await evening.later(48)
    assert said(await hall.member("Zed").click(evening.card, label="Check yourself"))
    (over,) = await hall.raw(
        (hall.member("Yan"), evening.card, form("problem.propose-form:1", text="x")), kind=SUBMIT
    )
    assert said(over).startswith("The solution of this problem is out")


# --- restarts and lost replies


async def test_a_restart_in_each_phase_loses_nothing(evening: Evening) -> None:
    hall = evening.hall
    bo, cy = hall.member("Bo"), hall.member("Cy")
    shown = await command(hall, hall.admin, "problem post", topic="sql")
    await hall.restart()
    await hall.admin.click(shown.response, label="Post")
    await hall.restart()
    await hall.rounds()
    evening.card_channel = hall.channel
    writing = await bo.click(evening.card, label="Propose")
    await hall.restart()
    assert said(await bo.submit_modal(writing, {"text": "Of Bo"})).startswith("Saved.")
    await evening.propose(cy, "Of Cy")
    await hall.restart()
    await evening.later(24)
    await hall.restart()
    answering = await cy.click(evening.opened("Of Bo"), label="Respond")
    await hall.restart()
    await cy.submit_modal(answering, {"text": "Why so?"})
    await hall.restart()
    await hall.rounds()
    assert "Why so?" in words(evening.opened("Why so?"))
    await bo.click(evening.opened("Of Cy"), label="This helped me most")
    await evening.later(48)
    await hall.restart()
    checked = await bo.click(evening.card, label="Check yourself")
    await hall.restart()
    assert "You found **1 of 2**" in said(await bo.select(checked.response, ["0"]))
    await evening.later(24)
    await hall.restart()
    await evening.settle()
    said_there = evening.said_there()
    for once in ("## The discussion is open", "Of Bo", "Of Cy", "## A way to solve it", "## How it went"):
        assert sum(once in one and "responds to" not in one for one in said_there) == 1, once
    assert await points(hall) == {"Bo": 2, "Cy": 4}


async def test_replies_sent_while_the_bot_was_away_are_counted(evening: Evening) -> None:
    hall = evening.hall
    bo, cy = hall.member("Bo"), hall.member("Cy")
    await evening.post(topic="sql")
    for who in (bo, cy):
        await evening.propose(who, f"Of {who.name}")
    await evening.later(24)
    target = evening.opened("Of cy")
    await hall.bot.close()
    backend = hall.env.backend
    reference = {"channel_id": str(evening.thread.id), "message_id": str(target.id)}
    for _ in range(2):
        backend.create_message(
            evening.thread.id,
            bo.id,
            "While you were away",
            reference=backend.normalize_message_reference(evening.thread.id, reference),
        )
    assert await rows(hall, Response) == []
    await hall.restart()
    await hall.rounds()
    await evening.settle()
    assert len(await rows(hall, Response)) == 1
    assert "Bo → Cy" in words(evening.card)
    # Read once, it is not read again from the beginning.
    await hall.restart()
    await evening.settle()
    assert len(await rows(hall, Response)) == 1


# --- what goes wrong around it


async def test_the_thread_is_deleted_and_the_channel_takes_its_place(evening: Evening) -> None:
    hall = evening.hall
    bo, cy = hall.member("Bo"), hall.member("Cy")
    await evening.post(topic="sql")
    for who in (bo, cy):
        await evening.propose(who, f"Of {who.name}")
    hall.env.backend.delete_channel(evening.thread.id)
    await evening.later(24)
    assert "## The discussion is open" in hall.sees(cy)
    await evening.respond(cy, evening.opened("Of bo", hall.channel), "In the channel")
    await evening.settle()
    assert "In the channel" in hall.sees(bo)
    await bo.send(hall.channel, "A reply there", reply_to=evening.opened("Of cy", hall.channel))
    await evening.settle()
    assert "Bo → Cy\nCy → Bo" in words(evening.card)
    await evening.later(48)
    assert SOLUTION in hall.sees(bo)


async def test_without_permission_for_threads_the_staff_hear_and_members_read_privately(
    evening: Evening,
) -> None:
    hall = evening.hall
    bo, cy = hall.member("Bo"), hall.member("Cy")
    await hall.admin.slash(hall.channel, "setup start", channel=hall.channel, alerts=hall.channel)
    await evening.post(topic="sql")
    for who in (bo, cy):
        await evening.propose(who, f"Of {who.name}")
    forbid(hall, "send_messages_in_threads")
    await evening.later(24)
    assert "What comes next in a group problem not posted" in hall.sees(hall.admin)
    assert "Of bo" not in hall.sees(cy)
    opened = await cy.slash(hall.channel, "problem open")
    assert "**Now: discuss**" in said(opened)
    listed = await cy.click(opened.response, label="Read the proposals")
    # The lot has put Bo's first.
    assert "**Bo**\nOf bo" in said(listed)
    answered = await cy.submit_modal(await cy.click(listed.response, label="Respond"), {"text": "Yes"})
    assert "**+1 point**" in said(answered)
    await evening.later(48)
    # The solution could not be posted either; whoever checks themselves has it.
    opened = await cy.slash(hall.channel, "problem open")
    checking = await cy.click(opened.response, label="Check yourself")
    assert SOLUTION in said(await cy.click(checking.response, label="The model solution"))
    # Told once of each kind, however often it was tried; and nothing of it is lost.
    await evening.later(1)
    told = [words(one) for one in hall.channel.history() if "in a group problem not posted" in words(one)]
    assert sum("What comes next" in one for one in told) == 1
    assert sum("Response" in one for one in told) == 1
    assert "What belongs to a group problem is kept: once I am allowed to" in told[0]
    hall.env.backend.delete_overwrite(hall.channel.id, hall.env.backend.bot_user.id)
    await hall.admin.slash(hall.channel, "setup check")
    await evening.settle()
    there = evening.said_there()
    assert [sum(text in one for one in there) for text in ("Of bo", "Of cy", SOLUTION, "**Pitfalls**")] == [
        1
    ] * 4
    assert "responds to [Bo](" in words(evening.opened("Yes"))
    # The discussion is over, so that it is open is not told any more.
    assert "## The discussion is open" not in "".join(there)
    assert "[The solution](" in words(evening.card)
    # It is news again should it be taken away once more; back by itself, it is tried again within half an hour.
    forbid(hall, "send_messages_in_threads")
    await evening.later(24)
    hall.env.backend.delete_overwrite(hall.channel.id, hall.env.backend.bot_user.id)
    await evening.settle()
    assert "## How it went" not in "".join(evening.said_there())
    await evening.later(0.5)
    assert "## How it went" in evening.said_there()[-1]


async def test_the_card_is_deleted_and_the_rest_goes_on(evening: Evening) -> None:
    hall = evening.hall
    bo, cy = hall.member("Bo"), hall.member("Cy")
    card = await evening.post(topic="sql")
    hall.env.backend.delete_message(hall.channel.id, card.id)
    for who in (bo, cy):
        opened = await who.slash(hall.channel, "problem open")
        form_shown = await who.click(opened.response, label="Propose")
        await who.submit_modal(form_shown, {"text": f"Of {who.name}"})
    await evening.later(24)
    assert "Of bo" in hall.sees(cy, evening.thread)


def forbid(hall: World, name: str) -> None:
    """Take one permission away from the bot in the study channel."""
    import discord
    from simcord.backend.models import Overwrite
    from simcord.enums import OverwriteType

    hall.env.backend.set_overwrite(
        hall.channel.id,
        Overwrite(
            target_id=hall.env.backend.bot_user.id,
            type=OverwriteType.MEMBER,
            allow=0,
            deny=discord.Permissions(**{name: True}).value,
        ),
    )
