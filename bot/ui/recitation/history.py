"""The history's face: past recitations page by page, and how somebody comes along."""

from dataclasses import dataclass
from typing import Any

from bot.client.bot import Interaction
from bot.client.cards import Card, Text, card, row
from bot.client.controls import Ticket, TicketButton
from bot.client.replies import asker, defer, defer_redraw, show
from bot.domain.history import LATEST, History, Marked, Past, Progress, ThenAndNow, Trend
from bot.domain.texts import escaped, shortened
from bot.ui.phrases import many, stamp
from bot.ui.questions import trimmed
from bot.ui.recitation.marks import marks_words
from bot.ui.recitation.solo import solo_button

TOPICS_SHOWN, CONCEPTS_SHOWN = 12, 8
# Less than this is chance: one key point more or less.
NOTABLE = 0.1
MODES = {"live": "live", "async": "async", "solo": "alone"}
NOTHING = (
    "You have not recited anything yet. `/recite now` finds you a partner, and alone you can begin at once."
)


@dataclass(frozen=True, slots=True)
class PageTicket(Ticket):
    page: int


class HistoryButton(TicketButton):
    """Turns to a page of past recitations."""

    verb, ticket = "recite.history", PageTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: PageTicket) -> None:
        await defer_redraw(interaction)
        found = await interaction.client.services.history.page(asker(interaction), ticket.page)
        await show(interaction, history_card(found))


class ProgressButton(TicketButton):
    """Shows how somebody comes along."""

    verb = "recite.progress"

    @classmethod
    async def press(cls, interaction: Interaction, ticket: Any) -> None:
        await defer_redraw(interaction)
        found = await interaction.client.services.history.progress(asker(interaction))
        await show(interaction, progress_card(found))


async def history(interaction: Interaction) -> None:
    """Show somebody what they recited, newest first."""
    await defer(interaction)
    await show(interaction, history_card(await interaction.client.services.history.page(asker(interaction))))


def history_card(history: History) -> Card:
    """A page of past recitations, for the eyes of whoever recited them."""
    if not history.past:
        return card("## Your recitations", NOTHING, row(solo_button()))
    page = f"-# Page {history.page + 1} of {history.pages}" if history.pages > 1 else None
    return card(
        "## Your recitations",
        *trimmed([Text(past_words(one)) for one in history.past], 3600),
        page,
        row(
            HistoryButton(PageTicket(history.page - 1), label="Newer") if history.page else None,
            HistoryButton(PageTicket(history.page + 1), label="Older")
            if history.page + 1 < history.pages
            else None,
            ProgressButton(label="How I come along"),
        ),
    )


def past_words(past: Past) -> str:
    """One recitation: when, what, with whom, and what was said of it."""
    company = f"with {escaped(', '.join(past.others))}" if past.others else MODES["solo"]
    lines = [
        f"**{escaped(past.title)}** · {past.topic_name} · {stamp(past.at, 'D')}",
        f"-# {company}" + (f", {MODES[past.mode]}" if past.others and past.mode in MODES else ""),
    ]
    if past.sealed:
        lines.append("Your feedback is sealed until everyone gave theirs.")
    elif not past.marks:
        lines.append("No feedback this time.")
    lines += [_marked_words(one) for one in past.marks]
    if past.guide_note:
        lines.append(f"A guide's note: {escaped(past.guide_note)}")
    if past.signed_off:
        lines.append("-# A guide signed this one off.")
    return "\n".join(lines)


def _marked_words(marked: Marked) -> str:
    rubric = marked.rubric
    who = f"{escaped(marked.by)}: " if marked.by else "You yourself: "
    lines = [f"{who}{len(rubric.covered)} of {marked.key_points} key points · {marks_words(rubric)}"]
    if rubric.improve:
        lines.append(f"To improve: {escaped(rubric.improve)}")
    if marked.question:
        lines.append(f"-# The question was: {escaped(marked.question)}")
    return "\n".join(lines)


def progress_card(progress: Progress) -> Card:
    """How somebody comes along: what is weakest now first."""
    back = row(HistoryButton(PageTicket(0), label="All my recitations"))
    if not progress.trends:
        return card(
            "## How you come along", "There are no marks to compare yet. Marks come with feedback.", back
        )
    topics = "\n".join(trend_words(one) for one in progress.trends[:TOPICS_SHOWN])
    left = len(progress.trends) - TOPICS_SHOWN
    again = "\n".join(then_and_now_words(one) for one in progress.concepts[:CONCEPTS_SHOWN])
    return card(
        "## How you come along",
        f"{many(progress.recitations, 'recitation')} so far. Of each topic, the share of the key points you covered; "
        "the weakest comes first.",
        shortened(topics, 1800),
        f"-# And {many(left, 'topic')} more." if left > 0 else None,
        shortened(f"**Then and now**\n{again}", 1500) if again else None,
        "-# Concepts of which you covered little come back sooner.",
        back,
    )


def trend_words(trend: Trend) -> str:
    """One topic: a bar that is also a number, the latest shares, and what they say."""
    filled = round(trend.now * 10)
    bar = "▰" * filled + "▱" * (10 - filled)
    shares = " → ".join(f"{share:.0%}" for share in trend.shares[-LATEST:])
    return f"**{trend.topic_name}** {bar} {trend.now:.0%}\n-# {shares}: {_change_words(trend)}"


def _change_words(trend: Trend) -> str:
    if len(trend.shares) == 1:
        return "once so far"
    if abs(trend.change) < NOTABLE:
        return "about as much as at first"
    return "more than at first" if trend.change > 0 else "less than at first"


def then_and_now_words(one: ThenAndNow) -> str:
    """One concept recited more than once."""
    then, now = one.then.share or 0, one.now.share or 0
    return (
        f"**{escaped(one.title)}**: {then:.0%} on {stamp(one.then.at, 'D')}, {now:.0%} on {stamp(one.now.at, 'D')}, "
        f"in {many(one.times, 'recitation')}"
    )


CONTROLS = (HistoryButton, ProgressButton)
