"""What a round knows of its peers together, and the groups it makes of them, each with its reasons as data."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import reduce
from itertools import combinations
from operator import and_

from bot.domain.pairing.peers import Fit, Group, Met, PairKey, Peer, Reason
from bot.domain.pairing.score import LEVEL, QUARTER, hours, may_meet, mode_of, parts_of, week_start


@dataclass(frozen=True, slots=True)
class Past:
    """Who met whom before a round, who blocks whom, and who wishes to keep whom."""

    met: Mapping[PairKey, Met]
    blocked: Collection[PairKey]
    kept: Collection[PairKey]
    now: datetime
    _hours: dict[int, int] = field(default_factory=dict, compare=False)

    def allows(self, one: Peer, other: Peer) -> bool:
        return may_meet(one, other) and key_of(one, other) not in self.blocked

    def allows_three(self, trio: Sequence[Peer]) -> bool:
        """Whether three may meet: each with each, in one language that all of them speak."""
        spoken = frozenset.intersection(*(peer.languages for peer in trio))
        return bool(spoken) and all(self.allows(one, other) for one, other in combinations(trio, 2))

    def keeps(self, one: Peer, other: Peer) -> bool:
        return key_of(one, other) in self.kept

    def times(self, one: Peer, other: Peer) -> int:
        """How often two met."""
        met = self.met.get(key_of(one, other))
        return met.times if met else 0

    def repeats(self, one: Peer, other: Peer) -> int:
        """How often two met who do not wish to meet again."""
        return 0 if self.keeps(one, other) else self.times(one, other)

    def score(self, one: Peer, other: Peer) -> int | None:
        """How well two fit; None where they must not be put together."""
        return sum(self.parts(one, other).values()) if self.allows(one, other) else None

    def parts(self, one: Peer, other: Peer) -> dict[str, int]:
        met, kept = self.met.get(key_of(one, other)), self.keeps(one, other)
        return parts_of(one, other, self.shared((one, other)), met, kept, self.now)

    def hours(self, peer: Peer) -> int:
        """When somebody can meet, worked out once in a round."""
        found = self._hours.get(peer.member_id)
        if found is None:
            found = self._hours[peer.member_id] = hours(peer, self.now)
        return found

    def shared(self, peers: Sequence[Peer]) -> int:
        """When all of these can meet live."""
        return reduce(and_, map(self.hours, peers)) if peers[0].mode == "live" else 0


def key_of(one: Peer, other: Peer) -> PairKey:
    return frozenset((one.member_id, other.member_id))


def fit(one: Peer, other: Peer, *, met: Met | None, kept: bool, now: datetime) -> Fit | None:
    """The score of one pair, or None where a hard limit says no; blocks are for whoever asks to know."""
    key = key_of(one, other)
    past = Past({key: met} if met else {}, (), (key,) if kept else (), now)
    if not past.allows(one, other):
        return None
    group = group_of((one, other), past)
    return Fit(group.score, group.parts, group.mode, group.reasons)


def group_of(peers: Sequence[Peer], past: Past, *, everyone: bool = False) -> Group:
    """Two or three who may meet as a group; `everyone` says that there is nobody else."""
    twos = list(combinations(peers, 2))
    each = [past.parts(one, other) for one, other in twos]
    parts = {name: sum(pair[name] for pair in each) // len(each) for name in each[0]}
    live, shared = peers[0].mode == "live", past.shared(peers)
    mode = mode_of(peers[0].mode, shared)
    members = tuple(peer.member_id for peer in peers)
    reasons = _of_each_two([_of_the_past(one, other, past, everyone) for one, other in twos])
    if len(peers) > 2:
        reasons.append(Reason("odd"))
    reasons += _of_the_same(peers)
    if live and mode == "async":
        reasons.append(Reason("no-hours"))
    elif live:
        first = (shared & -shared).bit_length() - 1
        at = week_start(past.now) + timedelta(minutes=QUARTER * first)
        reasons.append(Reason("time", at.isoformat()))
    reasons += _of_each_two([Reason("level") if two["level"] >= LEVEL // 2 else None for two in each])
    return Group(members, mode, peers[0].medium, sum(parts.values()), parts, tuple(reasons))


def _of_the_past(one: Peer, other: Peer, past: Past, everyone: bool) -> Reason:
    if past.keeps(one, other):
        return Reason("kept")
    times = past.times(one, other)
    if times == 0:
        return Reason("new")
    return Reason("standing") if everyone else Reason("again", str(times))


def _of_each_two(found: Sequence[Reason | None]) -> list[Reason]:
    """What is true of the twos of a group, in their order; said once where it is the same of all of them."""
    if len(set(found)) == 1:
        return [reason for reason in found[:1] if reason]
    twos = combinations(range(len(found)), 2)  # three people are three twos
    return [replace(reason, among=two) for reason, two in zip(found, twos, strict=True) if reason]


def _of_the_same(peers: Sequence[Peer]) -> list[Reason]:
    """What all of them have in common, in a fixed order."""
    found = []
    if peers[0].track != "undecided" and len({peer.track for peer in peers}) == 1:
        found.append(Reason("track", peers[0].track))
    topics = frozenset.intersection(*(peer.topics for peer in peers))
    found += [Reason("topic", topic) for topic in sorted(topics)]
    spoken = frozenset.intersection(*(peer.languages for peer in peers))
    found += [Reason("language", language) for language in sorted(spoken - {"en"})]
    return found
