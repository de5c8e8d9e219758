"""Who is placed where in a meeting: the tables at which a problem is discussed, and where latecomers go."""

from collections.abc import Callable, Collection, Sequence
from math import ceil
from typing import Final

PairKey = frozenset[int]
# Everybody at a table speaks for at least so long, as far as there is time for tables that small.
SPOKEN_SECONDS: Final = 90
SMALLEST_TABLE, LARGEST_TABLE = 4, 8


def seats_at(minutes: int) -> int:
    """How many may sit at one table when so many minutes are for speaking."""
    return max(SMALLEST_TABLE, min(LARGEST_TABLE, minutes * 60 // SPOKEN_SECONDS))


def tables(people: Sequence[int], most: int, apart: Collection[PairKey] = ()) -> tuple[tuple[int, ...], ...]:
    """Everybody at exactly one table of at most so many, in the order in which they speak; nobody alone but one alone.

    Those who should be apart sit at different tables as far as there are any.
    """
    if not people:
        return ()
    count = ceil(len(people) / most)
    room = ceil(len(people) / count)
    found: list[list[int]] = [[] for _ in range(count)]

    def conflicts(person: int, table: Collection[int]) -> int:
        return sum(frozenset((person, other)) in apart for other in table)

    # Whoever has most to avoid chooses first.
    for person in sorted(people, key=lambda one: -conflicts(one, people)):
        free = [table for table in found if len(table) < room]
        min(free, key=lambda table: (conflicts(person, table), len(table))).append(person)
    order = {person: place for place, person in enumerate(people)}
    return tuple(tuple(sorted(table, key=order.__getitem__)) for table in found)


def refill(
    free: Sequence[int], pairs: Sequence[tuple[int, ...]], may_meet: Callable[[int, int], bool]
) -> tuple[list[tuple[int, int]], dict[int, int], list[int]]:
    """Where people go who are without a partner in the middle of a round.

    New pairs of them; which of them joins which pair, by its place, to make a trio; and who is left over.
    """
    waiting, together, joins, over = list(free), [], dict[int, int](), []
    while waiting:
        person = waiting.pop(0)
        partner = next((one for one in waiting if may_meet(person, one)), None)
        if partner is not None:
            waiting.remove(partner)
            together.append((person, partner))
            continue
        place = next(
            (
                place
                for place, pair in enumerate(pairs)
                if len(pair) == 2
                and place not in joins.values()
                and all(may_meet(person, one) for one in pair)
            ),
            None,
        )
        if place is None:
            over.append(person)
        else:
            joins[person] = place
    return together, joins, over
