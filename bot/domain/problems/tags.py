"""The tags of a problem's post in a forum: topic, difficulty and state, as many as fit."""

from collections.abc import Collection, Sequence

from bot.domain.problems.phases import Phase

# Discord's limits: of one forum, of one post, and of a tag's name.
TAGS_AT_MOST, PER_POST, NAME_LIMIT = 20, 5, 20
STATE_TAGS: dict[Phase, str] = {
    "propose": "open",
    "discuss": "discussing",
    "reveal": "solved",
    "closed": "solved",
}


def tag_names(phase: Phase, topic: str, difficulty: str) -> tuple[str, ...]:
    """The tags a post should have, what matters most first."""
    names = (name[:NAME_LIMIT].strip() for name in (STATE_TAGS.get(phase, ""), topic, difficulty))
    return tuple(dict.fromkeys(name for name in names if name))[:PER_POST]


def fitting(known: Collection[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """Which of the wanted tags a forum lacks and has room for. The three states come together or not at all."""
    names = {name.casefold() for name in known}
    states = [name for name in dict.fromkeys(STATE_TAGS.values()) if name not in names]
    room = TAGS_AT_MOST - len(known)
    made = states if len(states) <= room else []
    others = [
        name
        for name in wanted
        if name.casefold() not in names and name not in dict.fromkeys(STATE_TAGS.values())
    ]
    return (*made, *others[: max(0, room - len(made))])
