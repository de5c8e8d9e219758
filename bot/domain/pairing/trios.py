"""Who is in the trio of an odd round: least often first, new to each other, and so that those to come can be too."""

from collections.abc import Sequence
from datetime import UTC, datetime
from heapq import nsmallest
from itertools import combinations

from bot.domain.pairing.groups import Past
from bot.domain.pairing.peers import Peer
from bot.domain.pairing.score import mode_of

Trio = tuple[int, int, int]

# So many of those whose turn it is are looked at together: nearly 3,000 trios.
POOL = 27
# Where blocks forbid all of those, more are looked at, though not beyond 60,000 trios.
MOST = 72
# A plan for those who wait for their turn is found soon, or hardly ever.
LOOKS = 5_000
NEVER = datetime.min.replace(tzinfo=UTC)


def trio_of(*places: int) -> Trio:
    """Three places in order."""
    first, second, third = sorted(places)
    return first, second, third


class Turns:
    """Whose turn it is to be in a trio of a crowd; peers are known by their place in it."""

    def __init__(self, peers: Sequence[Peer], past: Past) -> None:
        self._peers, self._past = peers, past
        self._least = min(peer.trios for peer in peers)
        places = {peer.member_id: place for place, peer in enumerate(peers)}
        self._keeps: list[set[int]] = [set() for _ in peers]
        for key in past.kept:
            if key <= places.keys():
                one, other = (places[member_id] for member_id in key)
                self._keeps[one].add(other)
                self._keeps[other].add(one)
        waiting = [place for place, peer in enumerate(peers) if peer.trios == self._least]
        # With more of them waiting there is choice enough for a while, and no plan.
        self.plan = self._planned(waiting) if 3 <= len(waiting) <= POOL else []

    def ranked(self, most: int) -> list[Trio]:
        """The best trios of those whose turn it is; as many as asked for at most."""
        order = sorted(
            range(len(self._peers)),
            key=lambda place: (self._peers[place].trios, self._peers[place].last_trio_at or NEVER, place),
        )
        size = POOL
        while True:
            first = order[:size]
            pool = sorted({*first, *(kept for place in first for kept in self._keeps[place])})
            found = [trio for trio in combinations(pool, 3) if self._past.allows_three(self._of(trio))]
            if found or size >= min(len(order), MOST):
                break
            size = MOST
        fairest = min(map(self._fairness, found), default=())
        found = [trio for trio in found if self._fairness(trio) == fairest]
        worth = {pair: self._past.score(*self._of(pair)) or 0 for pair in combinations(pool, 2)}
        return nsmallest(
            most,
            found,
            key=lambda trio: (*self.rank(trio), -sum(worth[pair] for pair in combinations(trio, 2))),
        )

    def rank(self, trio: Sequence[int]) -> tuple[int, ...]:
        """What counts before the score, the least first."""
        pairs = combinations(self._of(trio), 2)
        return (
            *self._fairness(trio),
            sum(self._past.repeats(one, other) for one, other in pairs),
            int(tuple(trio) not in self.plan),
            int(self._apart(trio)),
        )

    def reserved(self) -> set[frozenset[int]]:
        """Pairs that would spoil the plan: they are to be new to each other in a trio of their own, later."""
        return {frozenset(pair) for trio in self.plan for pair in combinations(trio, 2)}

    def _of(self, places: Sequence[int]) -> list[Peer]:
        return [self._peers[place] for place in places]

    def _apart(self, trio: Sequence[int]) -> bool:
        """Whether three who want to meet live have no time in which all of them can."""
        peers = self._of(trio)
        return mode_of(peers[0].mode, self._past.shared(peers)) != peers[0].mode

    def _fairness(self, trio: Sequence[int]) -> tuple[int, int]:
        # Those who wish to keep each other are in it together or not at all.
        broken = sum(len(self._keeps[place].difference(trio)) for place in trio)
        # Squares, so that one who was in it twice more often weighs more than two who were once.
        return broken, sum((self._peers[place].trios - self._least) ** 2 for place in trio)

    def _planned(self, waiting: Sequence[int]) -> list[Trio]:
        """Trios of all who wait, but for one or two, each new to each other; empty where none were found."""
        strangers = {
            one: {
                other
                for other in waiting
                if other != one
                and self._past.allows(self._peers[one], self._peers[other])
                and not self._past.times(self._peers[one], self._peers[other])
            }
            for one in waiting
        }
        looks = LOOKS

        def plan(rest: frozenset[int], spare: int) -> list[Trio] | None:
            nonlocal looks
            if len(rest) < 3:
                return []
            looks -= 1
            if looks < 0:
                return None
            # Whoever has the fewest to choose from goes first.
            one = min(rest, key=lambda place: (len(strangers[place] & rest), place))
            for two, three in combinations(sorted(strangers[one] & rest), 2):
                if three in strangers[two] and self._past.allows_three(self._of((one, two, three))):
                    later = plan(rest - {one, two, three}, spare)
                    if later is not None:
                        return [trio_of(one, two, three), *later]
            return plan(rest - {one}, spare - 1) if spare else None

        return plan(frozenset(waiting), len(waiting) % 3) or []
