"""A crowd: peers who might be paired with each other, their scores, and the best pairs among them.

A peer is known by its place in the crowd. Up to a few people every way to pair them is looked at, which needs no
library; beyond, rustworkx finds the maximum-weight matching.
"""

from collections.abc import Callable, Collection, Sequence
from functools import cache
from typing import Protocol

from bot.domain.pairing.groups import Past
from bot.domain.pairing.peers import Peer

# How many the pure search pairs within 5 ms, trio included; its work doubles with each one more.
FEW = 10


Edge = tuple[int, int, int]  # two places, and what the pair is worth beside the others
Solve = Callable[[frozenset[int]], list[tuple[int, int]]]  # the best pairs of everyone but these


class Crowd(Protocol):
    """Peers who may meet, directly or through others, by mode, medium and language."""

    peers: Sequence[Peer]
    past: Past

    def near(self, place: int) -> Sequence[int]:
        """Everyone somebody may meet, the best first."""

    def edges(self) -> list[Edge]:
        """The pairs worth a look, each once."""


class Whole:
    """A crowd in which every pair is looked at."""

    def __init__(self, peers: Sequence[Peer], past: Past) -> None:
        self.peers, self.past = peers, past
        self._scores: list[dict[int, int]] = [{} for _ in peers]
        for other in range(len(peers)):
            for one in range(other):
                score = past.score(peers[one], peers[other])
                if score is not None:
                    self._scores[one][other] = self._scores[other][one] = score

    def near(self, place: int) -> Sequence[int]:
        scores = self._scores[place]
        return sorted(scores, key=lambda other: -scores[other])

    def edges(self) -> list[Edge]:
        return [
            (one, other, score)
            for one, scores in enumerate(self._scores)
            for other, score in scores.items()
            if one < other
        ]


def crowd_of(peers: Sequence[Peer], past: Past) -> Crowd:
    if len(peers) <= FEW:
        return Whole(peers, past)
    # NumPy is a sixth of the bot's memory: only the process that pairs many people carries it.
    from bot.domain.pairing.thinned import Thinned

    return Thinned(peers, past)


def solver(crowd: Crowd, dear: Collection[frozenset[int]] = (), price: int = 0) -> Solve:
    """Finds as many pairs as there can be and, among those, the best; some pairs cost extra."""
    edges = crowd.edges()
    if dear:
        edges = [
            (one, other, worth - price * (frozenset((one, other)) in dear)) for one, other, worth in edges
        ]
    size = len(crowd.peers)
    return _searched(size, edges) if size <= FEW else _blossom(size, edges)


def _searched(size: int, edges: list[Edge]) -> Solve:
    near: list[list[tuple[int, int]]] = [[] for _ in range(size)]
    for one, other, worth in edges:
        near[one].append((other, worth))

    @cache
    def best(rest: int) -> tuple[int, int, tuple[tuple[int, int], ...]]:
        """The number of pairs among the rest, a set of bits, their worth, and the pairs."""
        if not rest:
            return 0, 0, ()
        first = (rest & -rest).bit_length() - 1
        rest ^= 1 << first
        found = best(rest)
        for other, worth in near[first]:
            if rest >> other & 1:
                count, total, pairs = best(rest ^ 1 << other)
                if (count + 1, total + worth) > found[:2]:
                    found = count + 1, total + worth, ((first, other), *pairs)
        return found

    def solve(without: frozenset[int]) -> list[tuple[int, int]]:
        return list(best(sum(1 << place for place in range(size) if place not in without))[2])

    return solve


def _blossom(size: int, edges: list[Edge]) -> Solve:
    from rustworkx import PyGraph, max_weight_matching

    def solve(without: frozenset[int]) -> list[tuple[int, int]]:
        graph: PyGraph[int, int] = PyGraph(multigraph=False)
        graph.add_nodes_from(range(size))
        graph.add_edges_from([edge for edge in edges if edge[0] not in without and edge[1] not in without])
        found = max_weight_matching(graph, max_cardinality=True, weight_fn=int)
        return sorted((min(pair), max(pair)) for pair in found)

    return solve
