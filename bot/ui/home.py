"""Home: where I stand, one next thing to do now, and the method in one screen."""

from typing import Any

import discord

from bot.client.bot import Interaction
from bot.client.cards import Card, card, row
from bot.client.controls import TicketButton
from bot.client.replies import asker, defer, show
from bot.domain.errors import PausedByGuide
from bot.domain.home import Home
from bot.domain.meetings import Upcoming
from bot.domain.problems import Waiting
from bot.domain.texts import escaped
from bot.ui.answers import AnotherButton, feedback_card
from bot.ui.board import goal_line
from bot.ui.drops import drop_card
from bot.ui.interviews.requests import standing_words
from bot.ui.lobby import NowButton
from bot.ui.pairing.enrolment import open_line, way_in
from bot.ui.phrases import many, stamp, streak_line, text_of
from bot.ui.privacy import PrivacyButton
from bot.ui.problems.guiding import GuideButton
from bot.ui.problems.taking import ProposalsButton, ProposeButton
from bot.ui.problems.tickets import MessageTicket, ProblemTicket

# Of each kind; `/recite status`, `/mock status` and `/problem open` have them all.
OPEN_SHOWN = 3


class DailyButton(TicketButton):
    """Opens today's question, or what I answered to it."""

    verb = "home.daily"

    @classmethod
    async def press(cls, interaction: Interaction, ticket: Any) -> None:
        await daily(interaction)


class MethodButton(TicketButton):
    verb = "home.method"

    @classmethod
    async def press(cls, interaction: Interaction, ticket: Any) -> None:
        await defer(interaction)
        await show(interaction, method_card())


async def daily(interaction: Interaction) -> None:
    """Show the open question privately to whoever missed the post, or their feedback once answered."""
    await defer(interaction)
    services, who = interaction.client.services, asker(interaction)
    drop = await services.drops.open_for(who)
    verdict = await services.answers.of_drop(who, drop.id)
    await show(interaction, drop_card(drop) if verdict is None else feedback_card(verdict))


def home_card(home: Home, discord_id: int) -> Card:
    """The private home: standing, the next thing for the minutes there are, and ways on."""
    if not home.set_up:
        return card(
            "## Reps",
            "This server has no daily question yet. An admin can run `/setup start`; it takes a minute.\n"
            "You can practise right away.",
            row(AnotherButton(label="Practise a question", style=discord.ButtonStyle.primary), *_help()),
        )
    lines = [f"This week: **{many(home.week_reps, 'rep')}**, {many(home.week_points, 'point')}."]
    if home.member:
        lines.append(streak_line(home.streak))
    if home.paused_by_guide:
        lines.append(PausedByGuide.words)
    elif home.paused:
        lines.append("You are paused. `/me pause` again takes you back in.")
    return card(
        f"## Hello {escaped(home.name)}",
        "\n".join(lines),
        goal_line(home.goal) if home.goal else None,
        "\n".join(["**Next**", *together_lines(home, discord_id), next_thing(home)]),
        row(*(way_in(one) for one in home.recitations[:OPEN_SHOWN] if one.thread_id is None)),
        row(*(problem_way(one) for one in home.problems[:1])),
        row(
            DailyButton(label="Today's question", style=discord.ButtonStyle.primary)
            if home.open_drop and not home.answered_today
            else None,
            AnotherButton(
                label="Practise one",
                style=discord.ButtonStyle.secondary
                if home.open_drop and not home.answered_today
                else discord.ButtonStyle.primary,
            ),
            NowButton(label="Recite"),
            *_help(),
        ),
    )


def together_lines(home: Home, discord_id: int) -> list[str]:
    """What is open with others, what cannot wait first: a meeting that is on or near, people, problems, the rest."""
    meeting = [meeting_line(home.meeting)] if home.meeting else []
    lines = [f"Recitation {open_line(one)}" for one in home.recitations[:OPEN_SHOWN]]
    lines += [f"Mock interview: {standing_words(one, discord_id)}" for one in home.mocks[:OPEN_SHOWN]]
    lines += [problem_line(one) for one in home.problems[:OPEN_SHOWN]]
    return [*meeting, *lines] if home.meeting_first else [*lines, *meeting]


def meeting_line(meeting: Upcoming) -> str:
    """The meeting that is on, or the next one."""
    if meeting.running:
        here = "you are in it" if meeting.here else "come in"
        return f"Meeting: it is on now, [{here}]({meeting.link})."
    starts = f"{stamp(meeting.starts_at, 't')}, {stamp(meeting.starts_at, 'R')}"
    return f"Meeting: [{many(meeting.minutes, 'minute')} together]({meeting.link}) at {starts}."


def problem_line(waiting: Waiting) -> str:
    """What an open problem waits for."""
    if waiting.responses is None:
        what = "propose a way to solve"
    elif waiting.guiding:
        what = f"as its guide, look at {many(waiting.responses, 'proposal')} in"
    else:
        what = f"respond to {'one proposal' if waiting.responses == 1 else 'two proposals'} in"
    until = f", until {stamp(waiting.ends_at, 'f')}" if waiting.ends_at else ""
    return f"Group problem: {what} [{escaped(waiting.title)}]({waiting.link}){until}."


def problem_way(waiting: Waiting) -> TicketButton:
    """What to press for it, also where its message is out of reach."""
    if waiting.responses is None:
        return ProposeButton(ProblemTicket(waiting.problem_id), label="Propose")
    if waiting.guiding:
        return GuideButton(ProblemTicket(waiting.problem_id), label="For guides")
    return ProposalsButton(MessageTicket(waiting.problem_id, "home"))


def next_thing(home: Home) -> str:
    """One thing to do now, for 5, 15 or 30 minutes."""
    if home.open_drop is not None and not home.answered_today:
        first = "5 minutes: today's question is open and waits for you."
    elif home.next_drop_at is not None:
        first = f"5 minutes: practise one question; the next daily one comes {stamp(home.next_drop_at, 'R')}."
    else:
        first = "5 minutes: practise one question with `/question random`."
    return (
        f"{first}\n15 minutes: `/recite now` finds you somebody to explain a concept to, and to listen to."
        "\n30 minutes: recite twice, or arrange a mock interview with `/mock request`."
    )


def method_card() -> Card:
    """The method in one screen, and help."""
    return card(text_of("method"), text_of("help"))


def _help() -> tuple[TicketButton, ...]:
    return MethodButton(label="The method and help"), PrivacyButton(label="Privacy")


CONTROLS = (DailyButton, MethodButton)
