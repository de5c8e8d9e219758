"""Leftovers: who a matching left over gets a place, through others who change partners or as the third of a trio."""

from collections.abc import Iterator, Sequence

from bot.domain.pairing.crowds import Crowd
from bot.domain.pairing.trios import Trio, Turns, trio_of


class Seats:
    """Who sits with whom in a crowd while the leftovers are seated; people are known by their place in it."""

    def __init__(self, crowd: Crowd, pairs: Sequence[tuple[int, int]], trios: Sequence[Trio]) -> None:
        self._crowd = crowd
        self.partner: dict[int, int] = {}
        self.trios = list(trios)
        for one, other in pairs:
            self._join(one, other)

    @property
    def pairs(self) -> list[tuple[int, int]]:
        return sorted((one, other) for one, other in self.partner.items() if one < other)

    @property
    def free(self) -> list[int]:
        seated = self.partner.keys() | {place for trio in self.trios for place in trio}
        return [place for place in range(len(self._crowd.peers)) if place not in seated]

    @property
    def repeats(self) -> int:
        """How often the pairs met before."""
        peers, past = self._crowd.peers, self._crowd.past
        return sum(past.repeats(peers[one], peers[other]) for one, other in self.pairs)

    def pair_up(self) -> None:
        """Make as many pairs as there can be; what the thinned candidates missed is found here."""
        while any(self._paired(place) for place in self.free):
            continue

    def seat(self, turns: Turns) -> None:
        """Give everyone a place for whom there is one, in a pair if possible."""
        while any(
            self._paired(place) or self._added(place, turns) or self._split(place) for place in self.free
        ):
            continue

    def _join(self, one: int, other: int) -> None:
        self.partner[one], self.partner[other] = other, one

    def _chain(self, place: int) -> Iterator[tuple[int, dict[int, tuple[int, int]]]]:
        """Who could be left over instead of `place`, nearest first: taking somebody's partner, and so on."""
        came: dict[int, tuple[int, int]] = {}
        unseen, queue = set(self.partner), [place]
        for left in queue:
            yield left, came
            if not unseen:
                continue
            for other in self._crowd.near(left):
                if other in unseen:
                    freed = self.partner[other]
                    unseen -= {other, freed}
                    came[freed] = left, other
                    queue.append(freed)

    def _pass_on(self, left: int, came: dict[int, tuple[int, int]]) -> None:
        """Let everyone along the chain take the partner they came by, so that `left` is free."""
        free = left
        while free in came:
            taker, other = came[free]
            self._join(taker, other)
            free = taker
        self.partner.pop(left, None)

    def _moved(self, left: int, came: dict[int, tuple[int, int]]) -> Iterator[int]:
        """Everyone along the chain who changes partners."""
        while left in came:
            taker, other = came[left]
            yield from (left, other)
            left = taker

    def _paired(self, place: int) -> bool:
        free = set(self.free) - {place}
        if not free:
            return False
        for left, came in self._chain(place):
            other = next((other for other in self._crowd.near(left) if other in free), None)
            if other is not None:
                self._pass_on(left, came)
                self._join(left, other)
                return True
        return False

    def _added(self, place: int, turns: Turns) -> bool:
        peers, past = self._crowd.peers, self._crowd.past
        for left, came in self._chain(place):
            near = set(self._crowd.near(left)).difference(self._moved(left, came))
            pairs = [(one, self.partner[one]) for one in near if one < self.partner.get(one, one)]
            found = [
                trio_of(left, one, other)
                for one, other in pairs
                if other in near and past.allows_three((peers[left], peers[one], peers[other]))
            ]
            if found:
                self._pass_on(left, came)
                trio = min(found, key=lambda trio: (turns.rank(trio), trio))
                for one in trio:
                    self.partner.pop(one, None)
                self.trios.append(trio)
                return True
        return False

    def _split(self, place: int) -> bool:
        near = set(self._crowd.near(place))
        for trio in self.trios:
            for partner in trio:
                if partner in near:
                    self.trios.remove(trio)
                    self._join(place, partner)
                    one, other = (member for member in trio if member != partner)
                    self._join(one, other)
                    return True
        return False
