"""Words several faces share."""

from functools import cache

from bot.config import DATA
from bot.domain.errors import stamp
from bot.domain.streaks import Streak

PRIVACY = (
    "-# With this you take part in Reps here. I keep your display name, what you answer and write in my forms, and "
    "your settings, for this server; other members see your name and points on the leaderboard. `/me settings` hides "
    "you, `/me leave` stops, and `/me data` hands out or erases everything kept about you."
)

LETTERS = "ABCDEFGHIJ"


@cache
def text_of(name: str) -> str:
    """A long text from data/texts."""
    return (DATA / "texts" / f"{name}.md").read_text(encoding="utf-8").strip()


def many(count: int, one: str, more: str | None = None) -> str:
    """A count with its noun: 1 rep, 2 reps."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def somebody(discord_id: int | None) -> str:
    """A person in a sentence; without an id, whoever it was has had their data erased."""
    return f"<@{discord_id}>" if discord_id else "somebody whose data was erased"


def streak_line(streak: Streak) -> str:
    """A streak in words, without pressure."""
    if not streak.current and streak.longest:
        return f"No streak right now (longest {streak.longest}). A rep on a question day starts the next."
    if not streak.current:
        return "No streak yet. A rep on a question day starts one."
    freezes = f", {many(streak.freezes, 'freeze')} in hand" if streak.freezes else ""
    return f"Streak: **{many(streak.current, 'day')}**{freezes} (longest {streak.longest})"


__all__ = ["LETTERS", "PRIVACY", "many", "somebody", "stamp", "streak_line", "text_of"]
