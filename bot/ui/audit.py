"""The audit trail's face: every act in words, newest first."""

from dataclasses import dataclass

from bot.client.bot import Interaction
from bot.client.cards import Card, Text, card
from bot.client.controls import Ticket, TicketButton
from bot.client.replies import asker, defer_redraw, show
from bot.domain.guides import Act, Trail
from bot.domain.texts import escaped, shortened
from bot.ui.guides import pages_row
from bot.ui.phrases import somebody, stamp
from bot.ui.questions import trimmed

# Every act that is ever noted; `{whom}` is whom or what it was done to.
WORDS = {
    "answer.check": "checked an answer of {whom}",
    "bank.import": "took questions in from a file",
    "guide.add": "made {whom} a guide",
    "guide.remove": "ended the guiding of {whom}",
    "hand.done": "helped {whom}, who had raised a hand",
    "hand.take": "took the raised hand of {whom}",
    "item.edit": "changed {whom}",
    "item.reports": "closed the reports about {whom}",
    "item.retire": "retired {whom}",
    "meeting.cancel": "called {whom} off",
    "meeting.lead": "led {whom}",
    "meeting.plan": "planned {whom}",
    "pairs.run": "had {whom} pair everyone once",
    "people.pause": "paused {whom}",
    "people.resume": "ended the pause of {whom}",
    "points.void": "voided points of {whom}",
    "problem.extend": "gave {whom} more time",
    "problem.guide": "took on guiding {whom}",
    "problem.move": "took {whom} to its next phase",
    "problem.post": "had {whom} posted",
    "problem.sign-off": "signed off proposals of {whom}",
    "recitation.join": "joined the room of {whom}",
    "recitation.note": "left a note on {whom}",
    "recitation.sign": "signed off {whom}",
    "report.close": "closed {whom}",
    "report.remove": "removed {whom} after a report",
    "schedule.add": "planned {whom}",
    "schedule.edit": "changed {whom}",
    "schedule.pause": "paused {whom}",
    "schedule.remove": "removed {whom}",
    "schedule.resume": "let {whom} go on",
    "schedule.run": "had {whom} post once",
    "setup": "set Reps up, or changed the set-up",
    "setup.first": "had {whom} post the first question",
    "streak.repair": "repaired the streak of {whom}",
    "suggestion.approved": "took {whom} into the bank",
    "suggestion.declined": "declined {whom}",
    "suggestion.edit": "changed {whom}",
}
# What things are called where members see them.
SUBJECTS = {"item": "question"}


@dataclass(frozen=True, slots=True)
class TrailTicket(Ticket):
    """A page of the trail, of one person's acts or, with 0, of everyone's."""

    about: int
    page: int


class TrailButton(TicketButton):
    verb, ticket = "guide.audit", TrailTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: TrailTicket) -> None:
        await defer_redraw(interaction)
        await show_trail(interaction, ticket.page, ticket.about or None)


async def show_trail(interaction: Interaction, page: int = 0, about: int | None = None) -> None:
    """Show a page of the trail to a guide."""
    service = interaction.client.services.guides
    await show(interaction, trail_card(await service.trail(asker(interaction), page, about)))


def trail_card(trail: Trail) -> Card:
    """One page of what admins and guides did."""
    of = f" by and about <@{trail.about}>" if trail.about else ""
    lines = [Text(act_words(act)) for act in trail.acts] or [Text("Nothing yet.")]
    return card(
        f"## What was done{of}",
        *trimmed(lines),
        pages_row(
            TrailButton, lambda page: TrailTicket(trail.about or 0, page), page=trail.page, pages=trail.pages
        ),
    )


def act_words(act: Act) -> str:
    """One act: when, who, what, to whom and why."""
    whom = f"<@{act.discord_id}>" if act.discord_id else subject_words(act.subject)
    reason = f": {escaped(shortened(act.reason, 300))}" if act.reason else ""
    return f"{stamp(act.at, 'f')} {somebody(act.actor)} {WORDS.get(act.action, act.action).format(whom=whom)}{reason}"


def subject_words(subject: str) -> str:
    """What is no person in words: schedule 3. A member without a person any more has had their data erased."""
    kind, _, number = subject.partition(":")
    if kind == "member":
        return somebody(None)
    if number == "0":
        return f"a {SUBJECTS.get(kind, kind)} of or about {somebody(None)}"
    return f"{SUBJECTS.get(kind, kind)} {number}"


CONTROLS = (TrailButton,)
