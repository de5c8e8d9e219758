"""A round: everyone who wants a partner is paired at once, by crowds of people who may meet."""

import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from bot.domain.pairing.crowds import Crowd, crowd_of, solver
from bot.domain.pairing.groups import Past, group_of
from bot.domain.pairing.leftovers import Seats
from bot.domain.pairing.peers import Met, Mode, Paired, PairKey, Peer
from bot.domain.pairing.trios import Turns

# So many trios are tried until one leaves everybody else a new partner; in a large round, where a matching takes
# its time and everybody has a choice, fewer.
TRIES = 12
TRIES_OF_MANY = 2
MANY = 200
# Less than a repeat, more than all else: there is hardly ever only this pair.
RESERVED = 5_000


def pair(
    peers: Sequence[Peer],
    *,
    met: Mapping[PairKey, Met],
    blocked: Collection[PairKey],
    kept: Collection[PairKey] = (),
    seed: int,
    now: datetime,
) -> Paired:
    """Put everyone in one pair or trio, unless nobody they may meet is left.

    The same peers, in whatever order, with the same past, seed and time give the same round.
    """
    past = Past(met, frozenset(blocked), frozenset(kept), now)
    # Chance decides between equals: it orders everyone, and the rest follows the order.
    order = sorted(peers, key=lambda peer: peer.member_id)
    random.Random(seed).shuffle(order)
    everyone = len(order) <= 3
    groups, alone = [], []
    for crowd in _crowds(order):
        together, left = _paired(crowd, past)
        groups += [group_of(group, past, everyone=everyone) for group in together]
        alone += [peer.member_id for peer in left]
    return Paired(tuple(groups), tuple(alone))


def _crowds(peers: Sequence[Peer]) -> Iterator[list[Peer]]:
    """People of one mode and medium, and of languages that connect them, directly or through others."""
    kinds: dict[tuple[Mode, str], list[Peer]] = {}
    for peer in peers:
        kinds.setdefault((peer.mode, peer.medium), []).append(peer)
    for _, people in sorted(kinds.items()):
        spoken: list[set[str]] = []
        for languages in {peer.languages: None for peer in people}:
            touched = [circle for circle in spoken if not circle.isdisjoint(languages)]
            spoken = [circle for circle in spoken if circle.isdisjoint(languages)]
            spoken.append(set(languages).union(*touched))
        yield from ([peer] for peer in people if not peer.languages)
        for circle in filter(None, spoken):
            yield [peer for peer in people if not circle.isdisjoint(peer.languages)]


def _paired(peers: Sequence[Peer], past: Past) -> tuple[list[list[Peer]], list[Peer]]:
    """The groups of a crowd, and who is left."""
    if len(peers) == 1:
        return [], list(peers)
    crowd = crowd_of(peers, past)
    turns = Turns(peers, past)
    seats = _odd(crowd, turns) if len(peers) % 2 and len(peers) > 2 else _even(crowd, turns)
    places = sorted([*seats.pairs, *seats.trios])
    return [[peers[place] for place in group] for group in places], [peers[place] for place in seats.free]


def _even(crowd: Crowd, turns: Turns) -> Seats:
    """As many pairs as there can be; trios only for those who are left over."""
    seats = Seats(crowd, solver(crowd)(frozenset()), ())
    seats.seat(turns)
    return seats


def _odd(crowd: Crowd, turns: Turns) -> Seats:
    """One trio, whoever's turn it is, and the best pairs of everyone else."""
    solve = solver(crowd, turns.reserved(), RESERVED)
    tries = TRIES if len(crowd.peers) <= MANY else TRIES_OF_MANY
    found: list[Seats] = []
    for trio in turns.ranked(tries):
        seats = Seats(crowd, solve(frozenset(trio)), (trio,))
        seats.pair_up()
        if not seats.free and not seats.repeats:
            return seats
        found.append(seats)
    if all(seats.free for seats in found):
        found.append(_even(crowd, turns))
    for seats in found:
        seats.seat(turns)
    return min(found, key=lambda seats: (len(seats.free), len(seats.trios), seats.repeats))
