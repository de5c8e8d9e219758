"""Reporting and blocking, and what of it everybody else sees."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import discord
import pytest
from sqlalchemy import update

from bot.domain.members import Person
from bot.storage.tables import AuditEntry, Block, Explanation, ExplanationVote, Member, Report, Server
from tests.support.discussion import DAY, Discussion, revealed
from tests.support.study import another_server, rows, stamps
from tests.support.world import SUBMIT, World, button, choice, form, said, words

ALERT = "A report came in. Moderators: press *Open*; only you see what it says.\n[Open]"
GONE = "I cannot find this here any more; perhaps it was deleted."
NOT_FOR_YOU = "Only the moderators named in `/setup start` can do this."
NO_SUCH = "This server has no such report"
OWN = "This is about you, and nobody can report or block themselves."
HOSTILE = "@everyone <@1> <@&2> [x](https://example.org) **b**\n# big\n```\nx \u202e"


class Scene:
    """Bo has explained a question; Cy and Di read it; Mo moderates and is alerted in a channel of the staff."""

    def __init__(self, discussion: Discussion) -> None:
        self.discussion, self.hall = discussion, discussion.hall
        self.alerts = self.hall.guild.create_text_channel("staff")
        self.moderators = self.hall.guild.create_role("Moderators")
        self.guides = self.hall.guild.create_role("Guides")
        self.bo, self.cy, self.di = (self.hall.member(name) for name in ("Bo", "Cy", "Di"))
        self.mo, self.gil = self.holder("Mo", self.moderators), self.holder("Gil", self.guides)

    def holder(self, name: str, role: Any) -> Any:
        user = self.hall.env.create_user(name.lower(), global_name=name)
        return self.hall.guild.add_member(user, roles=[role])

    async def set_up(self, *, alerts: bool = True) -> None:
        told = {"alerts": self.alerts} if alerts else {}
        await self.hall.admin.slash(self.hall.channel, "setup start", guides=self.guides, **told)
        await self.hall.house.database.write(
            lambda db: db.execute(update(Server).values(moderator_role_id=self.moderators.id))
        )
        await self.discussion.explain(self.bo, "Left joins keep every row.")

    @property
    def message(self) -> discord.Message:
        """Bo's explanation in the thread."""
        (message,) = [one for one in self.discussion.posted() if words(one).startswith("**Bo")]
        return message

    def told(self) -> list[str]:
        """What the staff's channel holds."""
        return [words(message) for message in self.alerts.history()]

    async def opened(self, who: Any) -> Any:
        """The private card behind the button under Bo's explanation."""
        return (await who.click(self.message, label="Report or block")).response

    async def report(self, who: Any, text: str = "", reason: str = "harassment") -> str:
        asked = await who.click(await self.opened(who), label="Report")
        return said(await who.submit_modal(asked, {"reason": [reason], "text": text}))

    async def block(self, who: Any) -> str:
        return said(await who.click(await self.opened(who), label="Block this person"))

    async def read(self, who: Any, number: int = 0) -> Any:
        """Press *Open* under an alert."""
        return await who.click(self.alerts.history()[number], label="Open")

    async def press(self, who: Any, *data: dict[str, Any], kind: int = 3) -> list[str]:
        """What comes back for things no button offers."""
        results = await self.hall.raw(*((who, self.message, one) for one in data), kind=kind)
        return [said(result) for result in results]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with revealed(tmp_path) as discussion:
        made = Scene(discussion)
        await made.set_up()
        yield made


def report_form(ticket: str, reason: str = "spam", text: str = "") -> dict[str, Any]:
    """The data of a sent report."""
    data = form(f"safety.report-form:{ticket}", text=text)
    chosen = {"type": 3, "custom_id": "reason", "values": [reason]}
    data["components"].append({"type": 18, "component": chosen})
    return data


def person(hall: World, who: Any) -> Person:
    return Person(hall.guild.id, who.id, who.name, "Study hall")


# --- reporting


async def test_a_report_reaches_the_moderators_and_nobody_else(scene: Scene) -> None:
    card = await scene.opened(scene.cy)
    assert card.ephemeral
    assert "This is about **Bo**: Left joins keep every row." in said(card)

    thanks = await scene.report(scene.cy, "He shouts at me.")
    assert thanks.startswith("Thank you for telling us. I kept what it is about as it is now")
    assert "The moderators are told that a report came in" in thanks
    assert scene.told() == [ALERT]

    shown = await scene.read(scene.mo)
    assert shown.response.ephemeral
    text = said(shown)
    assert text.startswith("## Report 1 of 1 open\n**Reason:** Harassment or threats\n")
    assert f"**About:** <@{scene.bo.id}> (explanation 1)" in text
    assert f"**Reported by:** <@{scene.cy.id}>" in text
    assert "He shouts at me." in text
    assert "Left joins keep every row." in text
    assert f"/{scene.hall.guild.id}/{scene.discussion.thread.id}/{scene.message.id}" in text
    assert said(await scene.read(scene.hall.admin)) == text

    for other in (scene.bo, scene.cy, scene.di, scene.gil):
        assert said(await scene.read(other)).startswith(NOT_FOR_YOU)
    everywhere = [scene.hall.channel, scene.discussion.thread, scene.alerts]
    for other in (scene.bo, scene.di, scene.gil):
        assert "shouts" not in "".join(scene.hall.sees(other, place) for place in everywhere)


async def test_reading_and_changing_is_for_this_server_s_moderators(scene: Scene) -> None:
    await scene.report(scene.cy)
    deeds = [button(f"report.{verb}:1") for verb in ("open", "close", "remove")] + [button("report.list:0")]
    for other in (scene.di, scene.gil):
        shown, _, *changed = await scene.press(other, *deeds)
        assert all(one.startswith(NOT_FOR_YOU) for one in (shown, *changed))
        (closed,) = await scene.press(other, form("report.close-form:1", note="x"), kind=SUBMIT)
        assert closed.startswith(NOT_FOR_YOU)

    _, channel, admin = another_server(scene.hall)
    begun = (await admin.slash(channel, "setup start")).response
    for data, answer in ((deeds[0], NO_SUCH), (deeds[2], NO_SUCH), (deeds[3], "No report is open.")):
        (result,) = await scene.hall.raw((admin, begun, data))
        assert answer in said(result)
    (report,) = await rows(scene.hall, Report)
    assert report.closed_at is None
    assert len(scene.discussion.posted()) == 1


async def test_sent_twice_at_once_it_is_one_report_and_one_alert(scene: Scene) -> None:
    answers = await scene.press(scene.cy, *[report_form("explanation.1", text="Twice")] * 4, kind=SUBMIT)
    assert sum("as it is now" in one for one in answers) == 1
    assert sum("I added to that report" in one for one in answers) == 3
    await scene.hall.rounds()
    assert len(await rows(scene.hall, Report)) == 1
    assert scene.told() == [ALERT]


async def test_again_within_a_day_adds_to_the_first_and_keeps_what_was_there(scene: Scene) -> None:
    await scene.report(scene.cy, "First")
    await scene.discussion.explain(scene.bo, "Something harmless.")
    assert "I added to that report" in await scene.report(scene.cy, "Second", "spam")
    (report,) = await rows(scene.hall, Report)
    assert report.reason == "spam\nSecond"
    assert report.evidence == "Left joins keep every row.\n\nSomething harmless."
    assert scene.told() == [ALERT]

    await scene.report(scene.di)
    await scene.hall.skip(DAY)
    await scene.report(scene.cy, "Third")
    assert [one.reason for one in await rows(scene.hall, Report)] == [
        "spam\nSecond",
        "harassment\n",
        "harassment\nThird",
    ]
    assert scene.told() == [ALERT] * 3


async def test_ten_open_reports_a_day_and_no_more(scene: Scene) -> None:
    people = [scene.hall.member(f"P{number}") for number in range(11)]
    sent = [report_form(f"member.{one.id}") for one in people]
    for one in sent[:10]:
        (answer,) = await scene.press(scene.cy, one, kind=SUBMIT)
        assert answer.startswith("Thank you")
    (refused,) = await scene.press(scene.cy, sent[10], kind=SUBMIT)
    assert refused.startswith("You made 10 reports today that the moderators have not closed yet")
    # Adding to one of them is not another one.
    (added,) = await scene.press(scene.cy, sent[3], kind=SUBMIT)
    assert "I added to that report" in added
    await scene.press(scene.mo, form("report.close-form:1", note="Done"), kind=SUBMIT)
    (answer,) = await scene.press(scene.cy, sent[10], kind=SUBMIT)
    assert answer.startswith("Thank you")


async def test_without_an_alert_channel_the_reporter_is_told_the_truth(tmp_path: Path) -> None:
    async with revealed(tmp_path) as discussion:
        scene = Scene(discussion)
        await scene.set_up(alerts=False)
        thanks = await scene.report(scene.cy)
        assert "No alert channel is set on this server, so the moderators see it in `/guide queue`." in thanks
        await scene.hall.rounds()
        assert scene.told() == []
        (listed,) = await scene.press(scene.mo, button("report.list:0"))
        assert listed.startswith("## Report 1 of 1 open")


async def test_a_crash_between_saving_and_telling_loses_and_doubles_nothing(scene: Scene) -> None:
    safety = scene.hall.house.services.safety
    await safety.report(person(scene.hall, scene.cy), "explanation", 1, "hate", "Words")
    assert scene.told() == []
    await scene.hall.restart()
    await scene.hall.rounds()
    assert scene.told() == [ALERT]
    await scene.hall.restart()
    await scene.hall.rounds()
    assert scene.told() == [ALERT]
    assert "**Reason:** Hate" in said(await scene.read(scene.mo))


async def test_a_form_open_across_a_restart_still_reports(scene: Scene) -> None:
    asked = await scene.cy.click(await scene.opened(scene.cy), label="Report")
    await scene.hall.restart()
    assert said(await scene.cy.submit_modal(asked, {"reason": ["other"]})).startswith("Thank you")
    closing = await scene.mo.click((await scene.read(scene.mo)).response, label="Close")
    await scene.hall.restart()
    await scene.mo.submit_modal(closing, {"note": "Spoke to them"})
    (report,) = await rows(scene.hall, Report)
    assert report.closed_by == scene.mo.id


async def test_hostile_words_ping_nobody_and_shape_nothing(scene: Scene) -> None:
    await scene.discussion.explain(scene.bo, HOSTILE)
    await scene.report(scene.cy, HOSTILE)
    shown = await scene.read(scene.mo)
    for text in (said(await scene.opened(scene.cy)), said(shown)):
        for active in ("<@1>", "<@&", "](", " **b", "\n#  big", "\n```", "\u202e", " @everyone"):
            assert active not in text
    sent = [request.json for request in scene.hall.env.http_requests if request.method in ("POST", "PATCH")]
    allowed = [one["allowed_mentions"] for one in sent if one and "allowed_mentions" in one]
    assert len(allowed) > 5
    assert all(one["parse"] == [] and not one.get("users") and not one.get("roles") for one in allowed)


async def test_too_long_a_report_is_a_file_as_well(scene: Scene) -> None:
    await scene.discussion.explain(scene.bo, "*" * 1500)
    await scene.report(scene.cy, "_" * 989)
    shown = await scene.read(scene.mo)
    assert "…" in said(shown)
    (file,) = shown.response.attachments
    assert file.filename == "report-1.txt"
    assert file.size == 989 + 1500 + len("\n\n---\n\n\n")


# --- what moderators do


async def test_close_with_a_note_once(scene: Scene) -> None:
    await scene.report(scene.cy)
    shown = await scene.read(scene.mo)
    closing = await scene.mo.click(shown.response, label="Close")
    closed = said(await scene.mo.submit_modal(closing, {"note": "Spoke to Bo"}))
    assert closed.startswith("## A closed report")
    assert "[Close]" not in closed
    (late,) = await scene.press(scene.hall.admin, form("report.close-form:1", note="Too late"), kind=SUBMIT)
    assert late.startswith("This report was closed")
    (entry,) = [one for one in await rows(scene.hall, AuditEntry) if one.action == "report.close"]
    assert (entry.actor_discord_id, entry.target, entry.reason) == (scene.mo.id, "report:1", "Spoke to Bo")
    assert "**Closed**" in said(await scene.read(scene.mo))


async def test_removing_takes_message_votes_and_text_and_keeps_the_evidence(scene: Scene) -> None:
    await scene.discussion.vote(scene.di, scene.message)
    await scene.report(scene.cy)
    shown = await scene.read(scene.mo)
    removed = said(await scene.mo.click(shown.response, label="Remove the explanation"))
    assert "Left joins keep every row." in removed
    assert "[Remove the explanation]" not in removed
    assert "**Where:**" not in removed
    assert scene.discussion.posted() == []
    assert (await scene.discussion.listed(scene.di)).startswith("Nobody has explained this one yet.")
    assert await rows(scene.hall, Explanation) == await rows(scene.hall, ExplanationVote) == []
    (entry,) = [one for one in await rows(scene.hall, AuditEntry) if one.action == "report.remove"]
    assert (entry.actor_discord_id, entry.target, entry.reason) == (scene.mo.id, "explanation:1", "report:1")

    reply = await scene.hall.raw((scene.mo, scene.alerts.history()[0], button("report.remove:1")))
    assert said(reply[0]).startswith(GONE)
    # Whoever wrote it may explain again.
    assert said(await scene.discussion.explain(scene.bo, "Anew")).startswith("Thank you!")


async def test_a_report_never_leads_to_what_somebody_else_wrote_later(scene: Scene) -> None:
    await scene.report(scene.cy)
    await scene.mo.click((await scene.read(scene.mo)).response, label="Remove the explanation")
    await scene.discussion.explain(scene.di, "Right joins, too.")
    # SQLite gives the number of what was removed to what comes next.
    assert [row.id for row in await rows(scene.hall, Explanation)] == [1]
    shown = said(await scene.read(scene.mo))
    assert "[Remove the explanation]" not in shown
    assert "**Where:**" not in shown
    alert = scene.alerts.history()[0]
    await scene.hall.raw((scene.mo, alert, button("report.remove:1")))
    assert len(scene.discussion.posted()) == 1
    await scene.hall.raw((scene.cy, alert, report_form("explanation.1", text="This one, too")), kind=SUBMIT)
    found = await rows(scene.hall, Report)
    assert [row.about_discord_id for row in found] == [scene.bo.id, scene.di.id]


async def test_a_removal_discord_did_not_take_can_be_repeated(scene: Scene) -> None:
    await scene.report(scene.cy)
    shown = await scene.read(scene.mo)
    path = f"/channels/{scene.discussion.thread.id}/messages/{scene.message.id}"
    scene.hall.env.inject_error("DELETE", path, status=403, code=50013, message="Missing Permissions")
    refused = said(await scene.mo.click(shown.response, label="Remove the explanation"))
    assert "I am not allowed to do that here" in refused
    assert len(await rows(scene.hall, Explanation)) == 1
    await scene.mo.click(shown.response, label="Remove the explanation")
    assert scene.discussion.posted() == []
    assert await rows(scene.hall, Explanation) == []


async def test_a_moderator_has_no_part_in_a_report_about_themselves(scene: Scene) -> None:
    menu = (await scene.cy.context_menu(scene.hall.channel, "Report or block", scene.mo)).response
    asked = await scene.cy.click(menu, label="Report")
    await scene.cy.submit_modal(asked, {"reason": ["harassment"], "text": "Mo did it"})
    for data, kind in ((button("report.open:1"), 3), (form("report.close-form:1", note="Nothing"), SUBMIT)):
        (refused,) = await scene.press(scene.mo, data, kind=kind)
        assert refused.startswith("This report is about you, so another moderator or an admin")
    (listed,) = await scene.press(scene.mo, button("report.list:0"))
    assert listed.startswith("No report is open.")

    nia = scene.holder("Nia", scene.moderators)
    assert "Mo did it" in said(await scene.read(nia))
    closing = await scene.hall.admin.click((await scene.read(scene.hall.admin)).response, label="Close")
    assert said(await scene.hall.admin.submit_modal(closing, {"note": "x"})).startswith("## A closed report")


async def test_a_guide_learns_nothing_of_reports(scene: Scene) -> None:
    """Neither that one is about them, though they moderate too, nor what a moderator noted."""
    hall = scene.hall
    both = hall.guild.add_member(
        hall.env.create_user("lou", global_name="Lou"), roles=[scene.moderators, scene.guides]
    )
    menu = (await scene.cy.context_menu(hall.channel, "Report or block", both)).response
    asked = await scene.cy.click(menu, label="Report")
    await scene.cy.submit_modal(asked, {"reason": ["harassment"], "text": "Lou did it"})
    assert "report" not in said(await both.slash(hall.channel, "guide queue")).casefold()
    assert "report" in said(await hall.admin.slash(hall.channel, "guide queue")).casefold()

    closing = await hall.admin.click((await scene.read(hall.admin)).response, label="Close")
    await hall.admin.submit_modal(closing, {"note": "Spoke to Lou"})
    for who, sees in ((scene.gil, False), (both, False), (hall.admin, True)):
        trail = said(await who.slash(hall.channel, "guide audit"))
        assert ("Spoke to Lou" in trail, "closed report 1" in trail) == (sees, sees)


async def test_reports_are_read_one_by_one_oldest_first(scene: Scene) -> None:
    for who, text in ((scene.cy, "Of Cy"), (scene.di, "Of Di"), (scene.gil, "Of Gil")):
        await scene.report(who, text)
    shown = await scene.read(scene.mo, 1)
    assert said(shown).startswith("## Report 2 of 3 open")
    following = await scene.mo.click(shown.response, label="Next")
    assert "Of Gil" in said(following)
    first = await scene.mo.click(following.response, label="Next")
    assert said(first).startswith("## Report 1 of 3 open")
    assert "Of Cy" in said(first)
    # Over a message that everybody sees, a report is never drawn.
    (reply,) = await scene.hall.raw((scene.mo, scene.alerts.history()[0], button("report.list:0")))
    assert "Of Cy" in said(reply)
    assert scene.told() == [ALERT] * 3


# --- what cannot be reported or blocked


async def test_nobody_reports_or_blocks_themselves(scene: Scene) -> None:
    assert said(await scene.bo.click(scene.message, label="Report or block")).startswith(OWN)
    menu = await scene.bo.context_menu(scene.hall.channel, "Report or block", scene.bo)
    assert said(menu).startswith(OWN)
    own = ("explanation.1", f"member.{scene.bo.id}")
    blocked = await scene.press(scene.bo, *(button(f"safety.block:{ticket}") for ticket in own))
    reported = await scene.press(scene.bo, *(report_form(ticket) for ticket in own), kind=SUBMIT)
    assert all(one.startswith(OWN) for one in (*blocked, *reported))
    assert await rows(scene.hall, Report) == await rows(scene.hall, Block) == []


async def test_what_is_gone_elsewhere_or_never_was_is_refused(scene: Scene) -> None:
    _, channel, admin = another_server(scene.hall)
    begun = await admin.slash(channel, "setup start")
    strangers = ("explanation.1", f"member.{scene.bo.id}")
    there = [(admin, begun.response, button(f"safety.block:{ticket}")) for ticket in strangers]
    assert all(said(one).startswith(GONE) for one in await scene.hall.raw(*there))

    nothing = ("explanation.99", f"member.{admin.id}", "nonsense.1", "member.1")
    blocked = await scene.press(scene.cy, *(button(f"safety.block:{ticket}") for ticket in nothing))
    reported = await scene.press(scene.cy, *(report_form(ticket) for ticket in nothing), kind=SUBMIT)
    chosen = await scene.press(scene.cy, choice("safety.choose:explanation", "99"))
    assert all(one.startswith(GONE) for one in (*blocked, *reported, *chosen))
    wrong = report_form("explanation.1", "boredom")
    (odd,) = await scene.press(scene.cy, wrong, kind=SUBMIT)
    assert odd.startswith("This button belongs to something that is over.")
    assert await rows(scene.hall, Report) == await rows(scene.hall, Block) == []


# --- blocking


async def test_a_block_works_at_once_and_is_never_revealed(scene: Scene) -> None:
    await scene.discussion.explain(scene.di, "Of Di")
    await scene.discussion.explain(scene.cy, "Of Cy")

    async def bo_sees() -> list[str]:
        commands = ("leaderboard", "me settings", "me blocks", "reps")
        shown = [await scene.bo.slash(scene.hall.channel, command) for command in commands]
        shown += [
            await scene.bo.context_menu(scene.hall.channel, "Report or block", other)
            for other in (scene.cy, scene.di)
        ]
        everywhere = (scene.hall.channel, scene.discussion.thread)
        seen = [scene.hall.sees(scene.hall.member("Zed"), place) for place in everywhere]
        return [await scene.discussion.listed(scene.bo), *map(said, shown), *seen]

    before = await bo_sees()
    told = await scene.block(scene.cy)
    assert told.startswith("Blocked. I never put you two together")
    assert await scene.block(scene.cy) == told
    assert await bo_sees() == before
    assert await scene.discussion.listed(scene.cy) == (
        "## Explanations\n**Di** · 0 votes\nOf Di\n**Cy** · 0 votes\nOf Cy"
    )
    assert "**Bo**" in await scene.discussion.listed(scene.di)
    assert scene.told() == []
    assert len(await rows(scene.hall, Block)) == 1

    mine = await scene.cy.slash(scene.hall.channel, "me blocks")
    assert mine.response.ephemeral
    assert "- Bo, <t:" in said(mine)
    undone = said(await scene.cy.select(mine.response, ["1"]))
    assert undone.startswith("-# Unblocked.\nYou block nobody here.")
    assert "**Bo**" in await scene.discussion.listed(scene.cy)
    assert await bo_sees() == before


async def test_blocking_from_the_list_joins_a_newcomer_and_says_so(scene: Scene) -> None:
    listed = await scene.cy.click(scene.discussion.reveal, label="Explanations")
    chosen = await scene.cy.select(listed.response, ["1"])
    assert "This is about **Bo**" in said(chosen)
    blocked = said(await scene.cy.click(chosen.response, label="Block this person"))
    assert "With this you take part in Reps here." in blocked
    assert "By answering" not in await scene.block(scene.cy)
    assert {one.discord_id for one in await rows(scene.hall, Member)} == {scene.bo.id, scene.cy.id}
    # To report, nobody need take part.
    await scene.report(scene.di)
    assert len(await rows(scene.hall, Member)) == 2


async def test_somebody_who_hides_their_name_stays_unknown(scene: Scene) -> None:
    await scene.bo.slash(scene.hall.channel, "me settings", shown="anonymous")
    await scene.discussion.explain(scene.bo, "Rewritten")
    (message,) = scene.discussion.posted()
    card = (await scene.cy.click(message, label="Report or block")).response
    assert "This is about **A member**" in said(card)
    await scene.cy.click(card, label="Block this person")
    mine = said(await scene.cy.slash(scene.hall.channel, "me blocks"))
    assert "- Somebody without a shown name, <t:" in mine
    assert "Bo" not in mine
    assert str(scene.bo.id) not in mine + said(card)


async def test_blocks_are_mine_alone_and_come_in_pages(scene: Scene) -> None:
    crowd = [scene.hall.member(f"P{number}") for number in range(26)]
    await scene.press(scene.cy, *(button(f"safety.block:member.{one.id}") for one in crowd))
    mine = await scene.cy.slash(scene.hall.channel, "me blocks")
    assert len(stamps(said(mine))) == 25
    later = await scene.cy.click(mine.response, label="Later")
    assert len(stamps(said(later))) == 1
    assert len(stamps(said(await scene.cy.click(later.response, label="Earlier")))) == 25
    # A page there is not is the nearest one there is.
    for page, shown in ((2**62, 1), (-(2**62), 25)):
        (result,) = await scene.hall.raw((scene.cy, mine.response, button(f"safety.blocks:{page}")))
        assert len(stamps(said(result))) == shown

    await scene.press(scene.di, choice("safety.unblock:", *(str(number) for number in range(1, 27))))
    assert len(await rows(scene.hall, Block)) == 26
    await scene.cy.select((await scene.cy.slash(scene.hall.channel, "me blocks")).response, ["1", "2"])
    assert [one.id for one in await rows(scene.hall, Block)] == list(range(3, 27))


async def test_hostile_name_in_my_blocks_is_text(scene: Scene) -> None:
    mallory = scene.hall.member("**M** @everyone [x](y)")
    await scene.discussion.explain(mallory, "Hello")
    _, message = scene.discussion.posted()
    card = (await scene.cy.click(message, label="Report or block")).response
    await scene.cy.click(card, label="Block this person")
    mine = said(await scene.cy.slash(scene.hall.channel, "me blocks"))
    assert "- \\*\\*M\\*\\* \\@everyone \\[x\\]\\(y\\), <t:" in mine
