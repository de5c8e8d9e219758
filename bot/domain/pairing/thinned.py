"""A large crowd: everyone is scored with everyone in tables, and each keeps the few candidates worth a look.

The only module that needs NumPy; crowds.py imports it where a crowd is large, in a process of its own.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Final, TypeVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from bot.domain.pairing import score
from bot.domain.pairing.crowds import Edge
from bot.domain.pairing.groups import Past
from bot.domain.pairing.peers import PairKey, Peer

# The matching's time grows with the pairs it looks at.
BEST: Final = 8
# So many people are few enough to look at every pair.
ALL_PAIRS: Final = 100
# Whoever may meet no more than so many looks at all of them: who is left over must not depend on what others prefer.
SCARCE: Final = 24
# The next ones around a circle, whatever their score: enough pairs for everyone, also where all want the same few.
AROUND: Final = 2
# The best partners of all would be the same popular few, and the rest would share what is left. So everyone is given
# a price, which rises while more than one want them first and falls while nobody does. With the 16 best by score
# 2,000 people came to 98.8 % of the optimum's bound, with the 8 best by score less price to 99.96 %.
HAGGLED: Final = 20
STEP: Final = 20.0
RUSH: Final = 3
# To a large round, pairs within so many points are equal: it costs 0.01 % and spares a quarter of the time.
COARSE: Final = 4
BLOCK: Final = 128
BARRED: Final = float(-(1 << 30))
# Whatever was added to it.
HARDLY: Final = BARRED / 2

Ints = NDArray[np.intp]
Floats = NDArray[np.float32]
# A part of the score for each two of the different values people have, and which of these each has.
Table = tuple[Floats, Ints]
T = TypeVar("T", bound=Hashable)


class Thinned:
    """A crowd in which the best candidates of each are looked at."""

    def __init__(
        self, peers: Sequence[Peer], past: Past, best: int = BEST, all_pairs: int = ALL_PAIRS
    ) -> None:
        self.peers, self.past = peers, past
        self._best = len(peers) - 1 if len(peers) <= all_pairs else min(best, len(peers) - 1)
        self.scores = _scored(peers, past)

    def near(self, place: int) -> Sequence[int]:
        row = self.scores[place]
        allowed = np.flatnonzero(row > HARDLY)
        found: list[int] = allowed[np.argsort(-row[allowed], kind="stable")].tolist()
        return found

    def edges(self) -> list[Edge]:
        size = len(self.peers)
        whole = self._best == size - 1
        prices = np.zeros(size, np.float32) if whole else self._prices()
        found = []
        for start in range(0, size, BLOCK):
            scores = self.scores[start : start + BLOCK]
            rows = np.arange(start, start + len(scores))[:, None]
            kept = np.argpartition(prices - scores, self._best - 1, axis=1)[:, : self._best]
            kept = np.concatenate((kept, (rows + np.arange(1, AROUND + 1)) % size), axis=1)
            allowed = np.take_along_axis(scores, kept, axis=1) > HARDLY
            found.append((np.minimum(rows, kept) * size + np.maximum(rows, kept))[allowed])
            allowed = scores > HARDLY
            row, kept = np.nonzero(allowed & (allowed.sum(axis=1, keepdims=True) <= SCARCE))
            found.append(np.minimum(start + row, kept) * size + np.maximum(start + row, kept))
        one, other = np.divmod(np.unique(np.concatenate(found)), size)
        # Prices do not change which perfect matching is the best, and near the truth they spare it most of its work.
        worth = (np.ceil(self.scores[one, other]) - prices[one] - prices[other]) / (1 if whole else COARSE)
        return list(zip(one.tolist(), other.tolist(), map(round, worth.tolist()), strict=True))

    def _prices(self) -> Floats:
        size = len(self.peers)
        prices: Floats = np.maximum(self.scores.max(axis=1), 0) / 2
        for turn in range(HAGGLED):
            wanted = np.zeros(size, np.intp)
            for start in range(0, size, BLOCK):
                first = (self.scores[start : start + BLOCK] - prices).argmax(axis=1)
                wanted += np.bincount(first, minlength=size)
            prices += np.float32(STEP / (1 + turn / HAGGLED)) * np.minimum(wanted - 1, RUSH)
        return prices


def _scored(peers: Sequence[Peer], past: Past) -> Floats:
    """What everyone scores with everyone, less a fraction of a point.

    The fraction is the way around a circle from one to the other: where many are equal, not all keep the same few.
    """
    size = len(peers)
    tables = [
        _table([peer.track for peer in peers], score.track),
        _table([score.standing(peer) for peer in peers], score.level),
        _table([score.steps(peer.reliability) for peer in peers], score.reliability),
        _counted([peer.topics for peer in peers], score.topics),
        _counted([peer.languages for peer in peers], lambda shared: 0 if shared else BARRED),
    ]
    if peers[0].mode == "live":
        tables.append(_hours([past.hours(peer) for peer in peers]))
    circle = -(np.arange(2 * size) % size).astype(np.float32) / size
    scores: Floats = np.empty((size, size), np.float32)
    for start in range(0, size, BLOCK):
        rows = np.arange(start, min(start + BLOCK, size))
        block = sliding_window_view(circle, size)[size - rows]
        for table, codes in tables:
            block += table[codes[rows]].take(codes, axis=1)
        scores[rows] = block
    places = {peer.member_id: place for place, peer in enumerate(peers)}
    adds: dict[PairKey, float] = {key: score.history(met, past.now) for key, met in past.met.items()}
    adds |= dict.fromkeys(past.kept, score.KEPT)
    adds |= dict.fromkeys(past.blocked, BARRED)
    for key, value in adds.items():
        if key <= places.keys():
            one, other = (places[member_id] for member_id in key)
            scores[one, other] += value
            scores[other, one] += value
    np.fill_diagonal(scores, BARRED)
    return scores


def _table(values: Sequence[T], points: Callable[[T, T], int]) -> Table:
    different, codes = _coded(values)
    return np.array([[points(one, other) for other in different] for one in different], np.float32), codes


def _counted(sets: Sequence[frozenset[str]], points: Callable[[int], float]) -> Table:
    """The table of a part that depends on how much two sets share."""
    different, codes = _coded(sets)
    places = {name: place for place, name in enumerate(sorted(frozenset().union(*different)))}
    flags = np.zeros((len(different), len(places)), np.float32)
    for row, names in zip(flags, different, strict=True):
        row[[places[name] for name in names]] = 1
    return _points(points, len(places))[(flags @ flags.T).astype(np.intp)], codes


def _hours(weeks: Sequence[int]) -> Table:
    """The table of shared hours; a quarter that is like the one before for everybody is counted with it."""
    different, codes = _coded(weeks)
    size = -(-score.QUARTERS // 8)
    packed = np.frombuffer(b"".join(week.to_bytes(size, "little") for week in different), np.uint8)
    flags = np.unpackbits(packed.reshape(-1, size), axis=1, bitorder="little")
    changes = np.flatnonzero(np.append(True, (flags[:, 1:] != flags[:, :-1]).any(axis=0)))
    lengths = np.diff(np.append(changes, score.QUARTERS)).astype(np.float32)
    flags = flags[:, changes].astype(np.float32)
    return _points(score.time, score.QUARTERS)[(flags * lengths @ flags.T).astype(np.intp)], codes


def _coded(values: Sequence[T]) -> tuple[list[T], Ints]:
    """The different ones of some values, and each one's place among those."""
    places = {value: place for place, value in enumerate(dict.fromkeys(values))}
    return list(places), np.array([places[value] for value in values])


def _points(points: Callable[[int], float], most: int) -> Floats:
    return np.array([points(count) for count in range(most + 1)], np.float32)
