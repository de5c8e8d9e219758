"""Why people are together, in words: for a round's pairs, for the live queue, and for guides."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from bot.domain.members import LANGUAGES, TRACKS
from bot.domain.pairing import Medium, Reason
from bot.domain.recitation import Style
from bot.ui.phrases import many, stamp

Topics = Mapping[str, str]
# For each code of domain/pairing REASONS, its value and the topics' names.
WORDS: Mapping[str, Callable[[str, Topics], str]] = {
    "kept": lambda value, topics: "You wished to keep each other as partners.",
    "standing": lambda value, topics: "Nobody else takes part so far, so you are standing partners.",
    "new": lambda value, topics: "You have not recited together before.",
    "again": lambda value, topics: (
        f"You have been together {many(int(value), 'time')} before; this round had nobody fresher for all of you."
    ),
    "odd": lambda value, topics: (
        "The number was odd, so you are three: one recites, one listens, one observes, and then you change places."
    ),
    "track": lambda value, topics: f"You prepare for the same: {TRACKS[value]}.",  # type: ignore[index]
    "topic": lambda value, topics: f"A topic for all of you: {topics.get(value, value)}.",
    "language": lambda value, topics: f"Besides English you share {LANGUAGES[value][0]}.",
    "time": lambda value, topics: (
        f"The first time that suits all of you: {stamp(datetime.fromisoformat(value), 'F')}."
    ),
    "no-hours": lambda value, topics: "No hour of the week suits all of you, so this one is async.",
    "level": lambda value, topics: "One of you is further along, and the other newer: both learn from that.",
}


def reason_words(reasons: Iterable[Reason], topics: Topics) -> str:
    """Each reason in a line."""
    return "\n".join(f"• {WORDS[reason.code](reason.value, topics)}" for reason in reasons)


def style_words(mode: Style, medium: Medium) -> str:
    """How people recite, in a few words: live, by voice."""
    return "solo" if mode == "solo" else f"{mode}, {'by voice' if medium == 'voice' else 'typed'}"


def people_words(people: Iterable[int]) -> str:
    """People in a line: A, B and C."""
    *others, last = [f"<@{discord_id}>" for discord_id in people]
    return f"{', '.join(others)} and {last}" if others else last
