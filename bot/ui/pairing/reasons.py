"""Why people are together, in words: for a round's pairs, for the live queue, and for guides."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType

from bot.domain.members import LANGUAGES, TRACKS
from bot.domain.pairing import Medium, Reason
from bot.domain.recitation import Style
from bot.ui.phrases import many, stamp

Topics = Mapping[str, str]
YOU, THEY = "you", "they"
# For each code of domain/pairing REASONS.
WORDS: Mapping[str, str] = {
    "kept": "{Who} wished to keep each other as partners.",
    "standing": "Nobody else takes part so far, so {who} are standing partners.",
    "new": "{Who} have not recited together before.",
    "again": "{Who} have been together {value} before; this round had nobody fresher.",
    "odd": (
        "The number was odd, so this is a trio: one recites, one listens, one observes, and then the places change."
    ),
    "track": "{Who} prepare for the same: {value}.",
    "topic": "A topic for {all}: {value}.",
    "language": "Besides English {who} share {value}.",
    "time": "The first time that suits {all}: {value}.",
    "no-hours": "No hour of the week suits {all}, so this one is async.",
    "level": "{Who} are not equally far along: whoever is newer learns from it, and so does whoever explains.",
}
# What the values of some of them are called.
VALUES: Mapping[str, Callable[[str, Topics], str]] = {
    "again": lambda value, topics: many(int(value), "time"),
    "track": lambda value, topics: TRACKS[value],  # type: ignore[index]
    "topic": lambda value, topics: topics.get(value, value),
    "language": lambda value, topics: LANGUAGES[value][0],
    "time": lambda value, topics: stamp(datetime.fromisoformat(value), "F"),
}


def reason_words(
    reasons: Iterable[Reason],
    topics: Topics,
    names: Mapping[int, str] = MappingProxyType({}),
    whole: str = YOU,
) -> str:
    """Each reason in a line, to the people themselves or of them; `names` by place, for what is true of two only."""
    return "\n".join(f"• {_one(reason, topics, names, whole)}" for reason in reasons)


def _one(reason: Reason, topics: Topics, names: Mapping[int, str], whole: str) -> str:
    # Whoever reads it comes first.
    among = sorted((names[place] for place in reason.among), key=lambda name: name != YOU)
    who = " and ".join(among) or whole
    value = VALUES[reason.code](reason.value, topics) if reason.code in VALUES else ""
    everybody = "all of you" if whole == YOU else "all of them"
    return WORDS[reason.code].format(who=who, Who=who[0].upper() + who[1:], all=everybody, value=value)


def style_words(mode: Style, medium: Medium) -> str:
    """How people recite, in a few words: live, by voice."""
    return "solo" if mode == "solo" else f"{mode}, {'by voice' if medium == 'voice' else 'typed'}"


def people_words(people: Iterable[int]) -> str:
    """People in a line: A, B and C."""
    *others, last = [f"<@{discord_id}>" for discord_id in people]
    return f"{', '.join(others)} and {last}" if others else last
