"""Where group problems stand: forums with their tags, and schedules; and what safety and privacy do with them."""

from pathlib import Path
from typing import Any

from bot.storage.tables import InsightVote, Problem, Proposal, Response, Timer
from tests.support.problems import DAY, Evening, problem_item
from tests.support.study import command, plan, rows
from tests.support.world import SUBMIT, World, form, lay_bank, said, words, world


def raw(hall: World, channel: Any) -> Any:
    """A channel as the simulated Discord keeps it."""
    return hall.env.backend.get_channel(channel.id)


def tags(hall: World, forum: Any, post: Any) -> list[str]:
    """The names of a post's tags."""
    names = {int(tag["id"]): tag["name"] for tag in raw(hall, forum).available_tags}
    return [names[int(tag)] for tag in raw(hall, post).applied_tags]


# --- forums


async def test_a_forum_gets_a_post_whose_tags_follow_the_phase(evening: Evening) -> None:
    hall = evening.hall
    bo, cy = hall.member("Bo"), hall.member("Cy")
    forum = hall.guild.create_forum_channel("problems")
    shown = await command(hall, hall.admin, "problem post", topic="sql", channel=forum)
    await hall.admin.click(shown.response, label="Post")
    await hall.rounds()
    (post,) = forum.threads
    assert raw(hall, post).name == "Two clinics"
    assert tags(hall, forum, post) == ["open", "SQL", "medium"]
    evening.card_channel = post
    for who in (bo, cy):
        await evening.propose(who, f"Of {who.name}")
    await evening.later(24)
    assert tags(hall, forum, post) == ["discussing", "SQL", "medium"]
    await evening.respond(cy, evening.opened("Of bo", post), "Why?")
    await bo.send(post, "Hm", reply_to=evening.opened("Of cy", post))
    await evening.settle()
    assert "Bo → Cy\nCy → Bo" in words(evening.card)
    await evening.later(48)
    assert tags(hall, forum, post) == ["solved", "SQL", "medium"]
    await evening.later(24)
    assert "## How it went" in evening.said_there(post)[-1]
    assert len(forum.threads) == 1


async def test_a_forum_that_is_full_of_tags_or_closed_to_us_gets_a_post_without(evening: Evening) -> None:
    hall = evening.hall
    forum = hall.guild.create_forum_channel("problems")
    raw(hall, forum).available_tags = [
        {"id": str(number), "name": f"tag {number}", "moderated": False, "emoji_id": None, "emoji_name": None}
        for number in range(1, 20)
    ]
    shown = await command(hall, hall.admin, "problem post", topic="sql", channel=forum)
    await hall.admin.click(shown.response, label="Post")
    await hall.rounds()
    (post,) = forum.threads
    # One place was left, and the topic took it.
    assert tags(hall, forum, post) == ["SQL"]
    assert len(raw(hall, forum).available_tags) == 20


async def test_what_an_admin_deletes_of_a_forum_stops_nothing_but_what_stood_there(evening: Evening) -> None:
    hall = evening.hall
    bo, cy = hall.member("Bo"), hall.member("Cy")
    await hall.admin.slash(hall.channel, "setup start", channel=hall.channel, alerts=hall.channel)
    forum = hall.guild.create_forum_channel("problems")
    shown = await command(hall, hall.admin, "problem post", topic="sql", channel=forum)
    await hall.admin.click(shown.response, label="Post")
    await hall.rounds()
    (post,) = forum.threads
    evening.card_channel = post
    for who in (bo, cy):
        await evening.propose(who, f"Of {who.name}")
    # A tag deleted by hand comes back with the phase that needs it; the post keeps the others.
    raw(hall, forum).available_tags = [
        tag for tag in raw(hall, forum).available_tags if tag["name"] not in ("open", "discussing")
    ]
    raw(hall, post).applied_tags = []
    await evening.later(24)
    assert tags(hall, forum, post) == ["discussing", "SQL", "medium"]
    assert "Of bo" in words(evening.opened("Of bo", post))
    # The post is deleted: there is no place left for it, so the staff are told once, and members go on privately.
    hall.env.backend.delete_channel(post.id)
    opened = await cy.slash(hall.channel, "problem open")
    listed = await cy.click(opened.response, label="Read the proposals")
    while "**Bo**" not in said(listed):
        listed = await cy.click(listed.response, label="More")
    answered = await cy.submit_modal(await cy.click(listed.response, label="Respond"), {"text": "Yes"})
    assert "**+1 point**" in said(answered)
    await evening.later(48)
    opened = await bo.slash(hall.channel, "problem open")
    checking = await bo.click(opened.response, label="Check yourself")
    assert "Sealed: compare" in said(await bo.click(checking.response, label="The model solution"))
    # The whole forum goes, too.
    hall.env.backend.delete_channel(forum.id)
    await evening.later(24)
    told = [words(one) for one in hall.channel.history() if "in a group problem not posted" in words(one)]
    assert sum("What comes next" in one for one in told) == 1
    assert "is gone" in told[0]
    (problem,) = await rows(hall, Problem)
    assert problem.phase == "closed"
    assert [
        one.kind for one in await rows(hall, Timer) if one.state == "due" and one.kind != "drop.reveal"
    ] == []
    assert said(await bo.slash(hall.channel, "problem open")).startswith("No group problem is open")


async def test_a_problem_nobody_proposes_to_comes_to_its_end_in_peace(evening: Evening) -> None:
    hall = evening.hall
    bo, cy = hall.member("Bo"), hall.member("Cy")
    for who in (bo, cy):
        await who.slash(hall.channel, "me settings", track="ds")
    await evening.post(topic="sql")
    await evening.later(24)
    assert "Nobody has proposed anything yet. There is still time" in evening.said_there()[0]
    assert said(await evening.read(bo)).startswith("Nobody has proposed anything yet.")
    await evening.later(48)
    assert "Sealed: compare" in "".join(evening.said_there())
    checked = await bo.click(evening.card, label="Check yourself")
    marked = said(await bo.select(checked.response, ["0"]))
    assert "You found **1 of 2**" in marked
    assert "point" not in marked
    await evening.later(24)
    assert evening.said_there()[-1].startswith("## How it went\nNobody took part this time.")
    assert "**Closed.**" in words(evening.card)


async def test_a_question_cannot_be_planned_in_a_forum_and_a_problem_can(evening: Evening) -> None:
    hall = evening.hall
    forum = hall.guild.create_forum_channel("problems")
    refused = await command(hall, hall.admin, "setup schedule add", kind="question", time="9", channel=forum)
    assert said(refused).startswith("I can post questions only in a text channel.")
    drafted = await command(
        hall,
        hall.admin,
        "setup schedule add",
        kind="problem",
        time="10",
        channel=forum,
        propose_hours=12,
        proposals="without names",
    )
    assert "Group problem** in" in said(drafted)
    assert "every Wednesday" in said(drafted)
    assert "12 h to propose, 48 h to discuss, proposals without names" in said(drafted)
    assert "Only 2 problems left" in said(drafted)
    await hall.admin.click(drafted.response, label="Save")
    edited = await command(hall, hall.admin, "setup schedule edit", number=1, discuss_hours=6)
    assert "12 h to propose, 6 h to discuss, proposals without names" in said(edited)


# --- schedules


async def test_problems_come_by_schedule_unseen_first_and_guides_take_turns(evening: Evening) -> None:
    hall = evening.hall
    guides = [hall.member(name) for name in ("Gil", "Ria")]
    for guide in guides:
        await hall.admin.slash(hall.channel, "guide people add", member=guide)
    await plan(hall, kind="problem", time="10", repeat="daily", propose_hours=2, discuss_hours=2)
    # Monday, 08:00: the first comes at ten.
    for day in range(3):
        await hall.skip(2 * 3600 + 60 if day == 0 else DAY)
        await evening.settle()
    cards = [words(one) for one in hall.channel.history() if "Group problem ·" in words(one)]
    titles = [one.split("\n")[0] for one in cards]
    assert sorted(titles[:2]) == ["## Too slow a GPU", "## Two clinics"]
    assert len(titles) == 3
    ids = [one.guided_by for one in await rows(hall, Problem)]
    assert ids == [guides[0].id, guides[1].id, guides[0].id]
    assert len({thread.id for thread in hall.channel.threads}) == 3


async def test_a_bank_without_problems_says_so(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'reps.db'}"
    bank = lay_bank(tmp_path / "bank", {"sql/two-clinics": problem_item()})
    async with world(url, bank=bank) as hall:
        bo = hall.member("Bo")
        nothing = await command(hall, hall.admin, "problem post", topic="gpu")
        assert said(nothing).startswith("No group problem in the bank fits these filters.")
        assert said(await bo.slash(hall.channel, "problem open")).startswith("No group problem is open here")
        assert said(await command(hall, bo, "problem post")).startswith("Only guides can do this.")
        only = await command(hall, hall.admin, "problem post")
        assert "[Another]" not in said(only)


async def test_another_is_another_and_posting_twice_posts_once(evening: Evening) -> None:
    hall = evening.hall
    shown = await command(hall, hall.admin, "problem post")
    first = said(shown).split("\n")[1]
    other = await hall.admin.click(shown.response, label="Another")
    assert said(other).split("\n")[1] != first
    post = [one for one in custom_ids(other) if one.startswith("problem.publish:")]
    from tests.support.world import button

    results = await hall.raw(*((hall.admin, other.response, button(post[0])) for _ in range(3)))
    assert all("## On its way" in said(one) for one in results)
    await hall.rounds()
    assert len([one for one in hall.channel.history() if "Group problem ·" in words(one)]) == 1


def custom_ids(result: Any) -> list[str]:
    return [
        control["custom_id"]
        for part in result.response.components[0]["components"]
        if part["type"] == 1
        for control in part["components"]
    ]


# --- nudges


async def test_the_silent_are_nudged_once_and_only_those_who_asked(evening: Evening) -> None:
    hall = evening.hall
    bo, cy, di = (hall.member(name) for name in ("Bo", "Cy", "Di"))
    for who in (bo, cy):
        settings = await who.slash(hall.channel, "me settings")
        notices = await who.click(settings.response, label="Notices")
        await who.select(notices.response, ["dm"], custom_id="notice.way:problem")
    await evening.post(topic="sql")
    await evening.propose(cy, "Of Cy")
    await evening.propose(di, "Of Di")
    await evening.later(18.1)
    assert [words(one).split(":")[0] for one in told(bo)] == [
        "The group problem in **Study hall** waits for your proposal"
    ]
    assert told(cy) == []
    assert told(di) == []
    await evening.later(6)
    # In the discussion Cy, who proposed and has said nothing, is told; Bo was told already.
    await evening.later(37)
    assert len(told(bo)) == 1
    assert [words(one).split(":")[0] for one in told(cy)] == [
        "The group problem in **Study hall** waits for a response of yours"
    ]
    stopped = await cy.user.click(told(cy)[0], label="Stop these reminders")
    assert "no more reminders of group problems" in said(stopped)
    await evening.later(36)
    assert (len(told(bo)), len(told(cy)), len(told(di))) == (1, 1, 0)


def told(who: Any) -> list[Any]:
    """The direct messages somebody got."""
    return list(who.user.dm_channel.history())


# --- safety and privacy


async def test_a_removed_proposal_is_gone_and_the_card_forgets_it(evening: Evening) -> None:
    hall = evening.hall
    bo, cy = hall.member("Bo"), hall.member("Cy")
    await evening.post(topic="sql")
    for who in (bo, cy):
        await evening.propose(who, f"Of {who.name}")
    await evening.later(24)
    await evening.respond(bo, evening.opened("Of cy"), "Of Bo, to Cy")
    await evening.settle()
    for text, kind in (("Of cy", "proposal"), ("Of Bo, to Cy", "response")):
        reporter = bo if kind == "proposal" else cy
        asked = await reporter.click(evening.opened(text), label="Report or block")
        assert text.split(",")[0] in said(asked)
        opened = await reporter.click(asked.response, label="Report")
        await reporter.submit_modal(opened, {"reason": ["spam"], "text": ""})
        queue = await hall.admin.slash(hall.channel, "guide queue")
        report = await hall.admin.click(queue.response, label="Read the reports")
        removed = await hall.admin.click(report.response, label=f"Remove the {kind}")
        closing = await hall.admin.click(removed.response, label="Close")
        await hall.admin.submit_modal(closing, {"note": "Done"})
        if kind == "proposal":
            await evening.settle()
            assert "Bo → a proposal that is gone" in words(evening.card)
    await evening.settle()
    assert [one for one in evening.said_there() if "Of cy" in one or "to Cy" in one] == []
    assert "**Proposed: 1.** Bo\n**Responded: 0.**" in words(evening.card)
    assert [one.text for one in await rows(hall, Proposal)] == ["Of bo"]
    assert await rows(hall, Response) == []


async def test_whom_one_blocks_is_not_in_ones_list(evening: Evening) -> None:
    hall = evening.hall
    bo, cy = hall.member("Bo"), hall.member("Cy")
    await evening.post(topic="sql")
    for who in (bo, cy):
        await evening.propose(who, f"Of {who.name}")
    await evening.later(24)
    asked = await bo.click(evening.opened("Of cy"), label="Report or block")
    await bo.click(asked.response, label="Block this person")
    assert "## Proposal 1 of 1\n**Bo (yours)**" in said(await evening.read(bo))
    assert "of 2" in said(await evening.read(cy))


async def test_erased_means_the_messages_too_and_others_keep_theirs(evening: Evening) -> None:
    hall = evening.hall
    bo, cy = hall.member("Bo"), hall.member("Cy")
    await evening.post(topic="sql")
    for who in (bo, cy):
        await evening.propose(who, f"Of {who.name}")
    await evening.later(24)
    await evening.respond(bo, evening.opened("Of cy"), "Bo says so")
    await evening.respond(cy, evening.opened("Of bo"), "Cy says so")
    await evening.settle()
    await erase(evening, bo)
    there = "\n".join(evening.said_there())
    assert "Of bo" not in there
    assert "Bo says so" not in there
    assert "Cy says so" in there
    assert [one.text for one in await rows(hall, Response)] == ["Cy says so"]
    # How many took part stays counted, and nobody's words name whoever is gone.
    shown = "**Proposed: 2.** Cy, 1 whose data was erased\n**Responded: 2.** 1 whose data was erased\n"
    assert f"{shown}Cy → a proposal that is gone" in words(evening.card)
    assert "**Cy** responds to a proposal that is gone" in words(evening.opened("Cy says so"))
    assert "Bo" not in there


async def test_erased_while_sealed_and_after_the_end(evening: Evening) -> None:
    hall = evening.hall
    bo, cy, di = (hall.member(name) for name in ("Bo", "Cy", "Di"))
    await evening.post(topic="sql")
    for who in (bo, cy, di):
        await evening.propose(who, f"Of {who.name}")
    # While it is sealed nobody reads it any more, and it is never opened.
    await erase(evening, di)
    pages = said(first := await evening.read(cy)) + said(await cy.click(first.response, label="More"))
    assert "of 2" in pages
    assert "Of di" not in pages
    await evening.settle()
    assert "**Proposed: 3.** Bo, Cy, 1 whose data was erased" in words(evening.card)
    await evening.later(24)
    assert [one for one in evening.said_there() if "Of di" in one] == []
    await bo.click(evening.opened("Of cy"), label="This helped me most")
    await cy.click(evening.opened("Of bo"), label="This helped me most")
    await evening.respond(cy, evening.opened("Of bo"), "Cy says so")
    # The vote of whoever is erased goes on counting, and says nothing of them.
    await erase(evening, bo)
    assert [one.member_id for one in await rows(hall, InsightVote) if one.proposal_id] == [None]
    await evening.later(48)
    await evening.later(24)
    summary = evening.said_there()[-1]
    assert "**3 people** took part: 3 proposals and 1 response" in summary
    assert "**What helped most:** Cy (1 vote)." in summary
    # After the end the summary and the card forget whoever goes.
    await erase(evening, cy)
    everything = "\n".join([*evening.said_there(), words(evening.card)])
    for trace in ("Cy", "Of cy", "says so"):
        assert trace not in everything
    assert "**3 people** took part: 3 proposals and 1 response" in evening.said_there()[-1]


async def erase(evening: Evening, who: Any) -> None:
    """Somebody has everything of theirs deleted."""
    shown = await who.slash(evening.hall.channel, "me data delete")
    await who.submit_modal(await who.click(shown.response, label="Delete everything"), {"word": "DELETE"})
    await evening.settle()


async def test_paused_and_hidden_members(evening: Evening) -> None:
    hall = evening.hall
    bo, cy = hall.member("Bo"), hall.member("Cy")
    await evening.post(topic="sql")
    await evening.propose(bo, "Of Bo")
    await bo.slash(hall.channel, "me settings", shown="hidden")
    await cy.slash(hall.channel, "me settings", track="ds")
    await hall.admin.slash(hall.channel, "guide people pause", member=cy, reason="Spam")
    assert (await evening.propose(cy, "Of Cy")).startswith("A guide has paused you here.")
    await evening.later(24)
    assert "**Proposed: 1.** 1 member without a shown name" in words(evening.card)
    assert "**A member \\(proposal 1\\)**" in words(evening.opened("Of Bo"))
    await cy.send(evening.thread, "A reply all the same", reply_to=evening.opened("Of Bo"))
    assert await rows(hall, Response) == []
    forged = form("problem.respond-form:1", text="x")
    (refused,) = await hall.raw((cy, evening.card, forged), kind=SUBMIT)
    assert said(refused).startswith("A guide has paused you here.")
