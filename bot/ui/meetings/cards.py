"""A meeting's messages: its one card, the call to each part, and the summary."""

import discord

from bot.client.cards import CARE, GOOD, QUIET, STUDY, Card, Row, card, row
from bot.domain.meetings import Meeting
from bot.ui.meetings.leading import LeadButton
from bot.ui.meetings.taking import GoButton, HereButton, MineButton, UsefulButton
from bot.ui.meetings.tickets import MeetingTicket, PartTicket, UsefulTicket
from bot.ui.meetings.words import (
    USEFUL,
    agenda_lines,
    group_lines,
    moving_words,
    people_words,
    pings,
    summary_lines,
    useful_words,
    where_words,
)
from bot.ui.phrases import many, stamp

TITLE = "Group study meeting"
MODERATED = "-# Moderators can read threads and enter rooms."
ALOUD = "Being there together is enough to have recited; *I begin* and *Finished* only set your own pace."
NO_VOICE = "-# Its voice channel is gone, so we go on in writing here, or in any voice channel you like."
BY_VOICE = (
    "Whoever takes part in Reps and is in the voice channel is here by that. New to Reps, or not in voice? "
    "Press *I'm here*."
)
BY_BUTTON = "Press *I'm here* to take part; late is fine, you join the next part."


def meeting_card(meeting: Meeting) -> Card:
    """The card that stands for the whole meeting, and is drawn again as it goes."""
    ticket, here = MeetingTicket(meeting.id), meeting.present
    lost = meeting.running and meeting.medium == "voice" and meeting.voice_id is None
    if meeting.phase == "cancelled":
        return card(f"## {TITLE}", "This meeting was called off.", colour=QUIET)
    if meeting.phase == "over":
        came = len(meeting.attending)
        return card(
            f"## {TITLE}",
            f"It is over; {many(came, 'person', 'people')} took part. Thank you for studying together."
            if came
            else "Nobody came this time, as happens. `/meeting start` begins another whenever you like.",
            agenda_lines(meeting) if came else None,
            useful_words(meeting),
            colour=QUIET,
        )
    led = f" · led by <@{meeting.led_by}>" if meeting.led_by else ""
    return card(
        f"## {TITLE}" + (" · paused" if meeting.paused_at else ""),
        f"{many(meeting.minutes, 'minute')} in {where_words(meeting)}{led}",
        NO_VOICE if lost else None,
        agenda_lines(meeting),
        f"**Here: {len(here)}.** {people_words(one.discord_id for one in here)}".rstrip(),
        group_lines(meeting.groups) or None,
        moving_words(meeting).lstrip() or None,
        f"-# {BY_VOICE if meeting.voice_id else BY_BUTTON}",
        row(
            HereButton(ticket, label="I'm here", style=discord.ButtonStyle.primary),
            MineButton(PartTicket(meeting.id), label="Where am I?"),
            GoButton(ticket, label="I have to go"),
            LeadButton(ticket, label="For the guide"),
        ),
        MODERATED,
        colour=CARE if meeting.paused_at else STUDY,
    )


def meeting_marker(meeting: Meeting) -> str:
    """The custom_id by which a meeting's card is found again."""
    return HereButton.custom_id_for(MeetingTicket(meeting.id))


# --- the call to a part


def call_card(meeting: Meeting) -> Card:
    """Calls everyone to the part that has begun."""
    heading, words = _call(meeting)
    return card(
        f"### {heading}",
        people_words(pings(meeting)) or None,
        words,
        row(MineButton(PartTicket(meeting.id, meeting.place), label="Where am I?")),
        colour=STUDY,
        pings=pings(meeting),
    )


def call_marker(meeting: Meeting) -> str:
    """The custom_id by which the call to a part is found again."""
    return MineButton.custom_id_for(PartTicket(meeting.id, meeting.place))


def _call(meeting: Meeting) -> tuple[str, str]:
    until = f"until {stamp(meeting.ends_at, 't')}" if meeting.ends_at else ""
    moving = moving_words(meeting)
    back = f"Come back to {where_words(meeting)}.{moving} " if meeting.voice_id else ""
    match meeting.phase:
        case "recite" if len(meeting.present) == 1:
            return "Recite", (
                f"You are alone so far, so recite on your own {until}: *Where am I?* has your concept. Whoever comes "
                "joins you."
            )
        case "recite":
            words = f"Each of you explains one concept, {until}. I open a room for each pair, call the swap and the end"
            if meeting.voice_id is None:
                return "Recite", f"{words}, and call you back here."
            return "Recite", (
                f"{words}, and bring everyone back. {ALOUD} If you are not moved, press its link on the meeting's card."
                f"{moving}"
            )
        case "break":
            return (
                "Break",
                f"{back}Stand up, drink something; we go on at "
                + (stamp(meeting.ends_at, "t") if meeting.ends_at else "a word from the guide")
                + ". Feedback that is still owed can be given now, in your thread.",
            )
        case "think":
            link = f" [The problem]({meeting.problem_link})" if meeting.problem_link else " The problem"
            return "Think", (
                f"{back}In silence, {until}:{link} stands above. Write down how you would go about it with "
                "*Propose*; a rough idea is enough, and nobody reads it before all can."
            )
        case "speak":
            tables = len(meeting.tables)
            at = (
                f"You sit at {many(tables, 'table')} with a speaking order each"
                if tables > 1
                else "The speaking order has a card of its own"
            )
            return "Everyone speaks", (
                f"{at}. Say in your own words what you would do and why, {until}; *Pass* is always fine.{moving}"
            )
        case "reveal":
            return "A solution", (
                f"{back}A way to solve it, with pitfalls, is in the problem's thread. Compare it with yours {until}; "
                "*Check yourself* and the vote for what helped most stay open for a day."
            )
    return "Welcome", f"We begin {until}."


# --- the end


def summary_card(meeting: Meeting) -> Card:
    """Who did what, and one question."""
    came = meeting.attending
    minutes = sum(one.minutes for one in came)
    return card(
        "## What we did",
        f"**{many(len(came), 'person', 'people')}**, {many(minutes, 'minute')} of study together.",
        summary_lines(came),
        "Reps still to come: feedback in your threads, and the vote under the problem.",
        "**Did this meeting help you?** One tap; only the numbers are shown.",
        _useful(meeting),
        colour=GOOD,
        pings=(),
    )


def summary_marker(meeting: Meeting) -> str:
    """The custom_id by which a summary is found again."""
    return UsefulButton.custom_id_for(UsefulTicket(meeting.id, 1))


def _useful(meeting: Meeting) -> Row | None:
    return row(
        *(UsefulButton(UsefulTicket(meeting.id, value), label=words) for value, words in USEFUL.items())
    )
