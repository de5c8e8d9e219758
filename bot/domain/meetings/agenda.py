"""The agenda of a meeting: its parts in order, which add up to its length, and how the work splits 60 to 40."""

from dataclasses import dataclass
from typing import Final, Literal

from bot.domain.recitation import Medium

# People arrive; they recite in pairs, perhaps several times; they rest; they think about a problem on their own, speak
# about it one after the other, and see a solution; they close.
Part = Literal["arrive", "recite", "break", "think", "speak", "reveal", "close"]
RECITED: Final[tuple[Part, ...]] = ("recite",)
WORKED: Final[tuple[Part, ...]] = ("think", "speak", "reveal")

SHORTEST, LONGEST, USUAL = 30, 180, 60  # minutes
# The method's split of group study.
RECITATION_SHARE: Final = 0.6
# One pair's two concepts, from reading to feedback; writing takes about twice as long. With more time than that
# people are paired anew.
ROUND_MINUTES: dict[Medium, int] = {"voice": 25, "typed": 45}
# Longer than this without a break nobody listens; a break is worth it only where there is time.
BREAKS_FROM, LONG_BREAKS_FROM, SECOND_BREAK_FROM = 45, 90, 120
SHORT_BREAK, LONG_BREAK = 3, 5
# Of the problem's time: for thinking alone, and for the solution; the rest is everyone's to speak.
THINKING, REVEALING = 0.25, 0.2
# No part is shorter than this.
LEAST: dict[Part, int] = {
    "arrive": 2,
    "recite": 10,
    "break": SHORT_BREAK,
    "think": 2,
    "speak": 4,
    "reveal": 2,
    "close": 2,
}


@dataclass(frozen=True, slots=True)
class Slot:
    """One part of a meeting, and how many minutes it has."""

    part: Part
    minutes: int


def agenda(length: int, medium: Medium) -> tuple[Slot, ...]:
    """The parts of a meeting of so many minutes.

    The work, which is all but arriving, breaks and closing, splits 60 to 40 to the nearest minute at every length.
    """
    if not SHORTEST <= length <= LONGEST:
        raise ValueError(f"a meeting has {SHORTEST} to {LONGEST} minutes, not {length}")
    arrive = 2 if length < BREAKS_FROM else 3 if length < LONG_BREAKS_FROM else 5
    close = 2 if length < BREAKS_FROM else 3
    rest = 0 if length < BREAKS_FROM else SHORT_BREAK if length < LONG_BREAKS_FROM else LONG_BREAK
    twice = length >= SECOND_BREAK_FROM
    work = length - arrive - close - rest * (2 if twice else 1)
    recitation = round(work * RECITATION_SHARE)
    rounds = max(2 if twice else 1, round(recitation / ROUND_MINUTES[medium]))
    parts = [Slot("arrive", arrive)]
    for place, minutes in enumerate(_shares(recitation, rounds)):
        if twice and place == rounds // 2:
            parts.append(Slot("break", rest))
        parts.append(Slot("recite", minutes))
    if rest:
        parts.append(Slot("break", rest))
    problem = work - recitation
    think, reveal = (max(LEAST["think"], round(problem * share)) for share in (THINKING, REVEALING))
    parts += [Slot("think", think), Slot("speak", problem - think - reveal), Slot("reveal", reveal)]
    return (*parts, Slot("close", close))


def _shares(whole: int, parts: int) -> list[int]:
    """A whole in parts that differ by at most one."""
    each, over = divmod(whole, parts)
    return [each + (place < over) for place in range(parts)]
