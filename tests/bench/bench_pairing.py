"""GUARANTEES P3: pairing a round in the child process, beside pairing greedily and at random on the same people.

Quality is the round's score beside the optimum of pairs that may be shared by halves, which no round can exceed: it is
bounded from above by prices, whatever these are. Run: python -m tests.bench.bench_pairing
"""

import asyncio
import gc
import random
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from rustworkx import PyGraph, max_weight_matching

from bot.domain.pairing import Met, PairKey, Peer, pair
from bot.domain.pairing.groups import Past
from bot.domain.pairing.thinned import HARDLY, Thinned
from bot.services.pairing.matcher import Matcher
from tests.bench.figures import Figure, median, milliseconds, report
from tests.support.peers import NOW, peers

SIZES = (10, 51, 100, 500, 1000, 2000, 5000)
ROUNDS = 5
SECONDS = {1000: 0.5, 5000: 5.0}
QUALITY = 0.995
HEARTBEAT, STALL_MS = 0.001, 50.0
WEEKS, ENROLLED = 30, 51
SCARCE = 1000
HAGGLED = 300

Matrix = NDArray[np.float64]
Groups = list[tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Measured:
    """How the rounds of one size went."""

    quality: float
    seconds: float
    stall: float


@asynccontextmanager
async def heartbeat() -> AsyncIterator[list[float]]:
    """How late a one-millisecond beat came, each time, while inside."""
    late: list[float] = []

    async def beat() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(HEARTBEAT)
            late.append(time.perf_counter() - before - HEARTBEAT)

    heart = asyncio.create_task(beat())
    await asyncio.sleep(2 * HEARTBEAT)
    try:
        yield late
    finally:
        heart.cancel()


# --- quality


def matrix(people: Sequence[Peer], met: dict[PairKey, Met]) -> Matrix:
    """What everyone scores with everyone; -inf where a hard limit says no. A test compares it with `fit`."""
    scores = np.ceil(Thinned(people, Past(met, (), (), NOW)).scores).astype(np.float64)
    scores[scores < HARDLY] = -np.inf
    return scores


def bound(scores: Matrix) -> float:
    """No round scores more: whatever the prices, nobody does better than their best partner's score less its price."""
    size = len(scores)
    prices, least = scores.max(axis=1) / 2, float("inf")
    for turn in range(HAGGLED):
        worth = scores - prices
        first = worth.argmax(axis=1)
        least = min(least, float(worth[np.arange(size), first].sum() + prices.sum()) / 2)
        prices += 20 / (1 + turn / 20) * np.minimum(np.bincount(first, minlength=size) - 1, 3)
    return least


def total(groups: Groups, scores: Matrix) -> float:
    """A round's score: half of a trio's three pairs, as each in it is worth half a pair."""
    return sum(
        float(sum(scores[two] for two in combinations(group, 2))) / (len(group) - 1) for group in groups
    )


def greedy(scores: Matrix, rng: random.Random) -> Groups:
    """The best pair there is, then the best of the rest, and so on."""
    one, other = np.triu_indices(len(scores), 1)
    worth = scores[one, other]
    found, taken = [], set[int]()
    for place in np.argsort(-worth, kind="stable")[: np.count_nonzero(worth > -np.inf)]:
        two = int(one[place]), int(other[place])
        if taken.isdisjoint(two):
            found.append(two)
            taken.update(two)
    return with_odd(found, len(scores), rng)


def by_chance(scores: Matrix, rng: random.Random) -> Groups:
    """Everyone with whoever comes next in a shuffled row."""
    order = rng.sample(range(len(scores)), len(scores))
    return with_odd(list(zip(order[::2], order[1::2], strict=False)), len(scores), rng)


def with_odd(pairs: list[tuple[int, int]], size: int, rng: random.Random) -> Groups:
    """One who is left over joins a pair by chance."""
    found: Groups = [*pairs]
    left = set(range(size)) - {place for two in pairs for place in two}
    if len(left) == 1:
        found.append((*found.pop(rng.randrange(len(found))), left.pop()))
    return found


# --- rounds


async def measured(matcher: Matcher, people: list[Peer], most: float, scores: Matrix) -> Measured:
    """Medians of some rounds; of the stalls the worst."""
    took, qualities, stalls = [], [], []
    places = {peer.member_id: place for place, peer in enumerate(people)}
    for seed in range(ROUNDS):
        gc.collect()
        gc.freeze()
        async with heartbeat() as late:
            before = time.perf_counter()
            paired = await matcher.pair(people, met={}, blocked=(), seed=seed, now=NOW)
            took.append(time.perf_counter() - before)
            await asyncio.sleep(2 * HEARTBEAT)
        gc.unfreeze()
        assert not paired.alone
        groups = [tuple(places[member] for member in group.members) for group in paired.groups]
        qualities.append(total(groups, scores) / most)
        stalls.append(max(late))
    return Measured(median(qualities), median(took), max(stalls))


async def by_size(matcher: Matcher) -> list[Figure]:
    figures = []
    for size in SIZES:
        people, rng = peers(size, size), random.Random(size)
        scores = matrix(people, {})
        most = bound(scores)
        ours = await measured(matcher, people, most, scores)
        theirs = total(greedy(scores, rng), scores) / most
        chance = total(by_chance(scores, rng), scores) / most
        asked = size in SECONDS
        figures += [
            Figure(
                "P3" if asked else "",
                f"{size:,} people: score beside its upper bound",
                f"{ours.quality:.2%}",
                f"greedy {theirs:.2%}, random {chance:.2%}",
                asked=f">= {QUALITY:.1%}" if asked else "",
                held=ours.quality >= QUALITY if asked else None,
            ),
            Figure(
                "P3" if asked else "",
                f"{size:,} people: seconds of a round, child warm",
                f"{ours.seconds:.3f} s",
                "",
                asked=f"<= {SECONDS[size]} s" if asked else "",
                held=ours.seconds <= SECONDS[size] if asked else None,
            ),
            Figure(
                "P3",
                f"{size:,} people: worst loop stall of {ROUNDS} rounds",
                milliseconds(ours.stall),
                "",
                asked=f"<= {STALL_MS:.0f} ms",
                held=1000 * ours.stall <= STALL_MS,
            ),
        ]
        print(f"{size} people measured", flush=True)
    return figures


async def first_round() -> Figure:
    """A round that has to start the child."""
    matcher = Matcher()
    async with heartbeat() as late:
        before = time.perf_counter()
        await matcher.pair(peers(ENROLLED, 1), met={}, blocked=(), seed=1, now=NOW)
        took = time.perf_counter() - before
    matcher.close()
    return Figure(
        "P3",
        f"the first round of {ENROLLED}, which starts the child: loop stall",
        milliseconds(max(late)),
        "",
        f"{took:.2f} s in all",
        f"<= {STALL_MS:.0f} ms",
        1000 * max(late) <= STALL_MS,
    )


async def idle() -> Figure:
    async with heartbeat() as late:
        await asyncio.sleep(5)
    return Figure("", "loop stall of an idle loop, the same minute", milliseconds(max(late)), "")


# --- repeats


def repeats(choose: Callable[[list[Peer], dict[PairKey, Met], int], Groups]) -> tuple[int, int, int]:
    """Pairs who met again over the weeks, of how many, and how much more often one was in the trio than another."""
    people, met, again, pairs, apart = peers(ENROLLED, 1), dict[PairKey, Met](), 0, 0, 0
    for number in range(WEEKS):
        now = NOW + timedelta(weeks=number)
        for group in choose(people, met, number):
            if len(group) == 3:
                for place in group:
                    people[place] = replace(people[place], trios=people[place].trios + 1, last_trio_at=now)
            for one, other in combinations(group, 2):
                key = frozenset((people[one].member_id, people[other].member_id))
                again += key in met
                pairs += 1
                met[key] = Met(met[key].times + 1 if key in met else 1, now)
        turns = [peer.trios for peer in people]
        apart = max(apart, max(turns) - min(turns))
    return again, pairs, apart


def ours(people: list[Peer], met: dict[PairKey, Met], number: int) -> Groups:
    paired = pair(people, met=met, blocked=(), seed=number, now=NOW + timedelta(weeks=number))
    places = {peer.member_id: place for place, peer in enumerate(people)}
    return [tuple(places[member] for member in group.members) for group in paired.groups]


def over_weeks() -> list[Figure]:
    again, pairs, apart = repeats(ours)
    theirs = repeats(lambda people, met, number: greedy(matrix(people, met), random.Random(number)))
    chance = repeats(lambda people, met, number: by_chance(matrix(people, met), random.Random(number)))
    what = f"{WEEKS} weekly rounds of {ENROLLED}: "
    return [
        Figure(
            "",
            f"{what}pairs who met again, of {pairs}",
            str(again),
            f"greedy {theirs[0]}, random {chance[0]}",
            asked="0",
            held=again == 0,
        ),
        Figure(
            "",
            f"{what}turns in the trio one was ahead of another, at most",
            str(apart),
            f"greedy {theirs[2]}, random {chance[2]}",
            asked="<= 1",
            held=apart <= 1,
        ),
    ]


# --- scarce partners


def scarce() -> Figure:
    """Nearly everyone may meet only a few, and many want the same ones; each two who may meet share a language."""
    rng, people = random.Random(1), peers(SCARCE, 1)
    edges = {tuple(sorted(rng.sample(range(SCARCE // 5), 2))) for _ in range(SCARCE // 2)} | {
        (rng.randrange(SCARCE // 2), place) for place in range(SCARCE // 2, SCARCE) for _ in range(3)
    }
    languages: list[set[str]] = [set() for _ in people]
    for number, (one, other) in enumerate(sorted(edges)):
        languages[one].add(f"l{number}")
        languages[other].add(f"l{number}")
    people = [replace(peer, languages=frozenset(own)) for peer, own in zip(people, languages, strict=True)]
    graph: PyGraph[None, int] = PyGraph(multigraph=False)
    graph.add_nodes_from([None] * SCARCE)
    graph.add_edges_from([(one, other, 1) for one, other in sorted(edges)])
    least = SCARCE - 2 * len(max_weight_matching(graph, max_cardinality=True))
    before = time.perf_counter()
    alone = len(pair(people, met={}, blocked=(), seed=1, now=NOW).alone)
    took = time.perf_counter() - before
    left = SCARCE - sum(map(len, greedy(matrix(people, {}), rng)))
    return Figure(
        "P3",
        f"{SCARCE:,} people whose partners are scarce: without one",
        f"{alone} ({took:.2f} s)",
        f"optimum {least}, greedy {left}",
        asked="the optimum",
        held=alone == least,
    )


async def run() -> list[Figure]:
    figures = [await first_round()]
    matcher = Matcher()
    try:
        figures += await by_size(matcher)
    finally:
        matcher.close()
    return [*figures, await idle()]


def main() -> int:
    return report([*asyncio.run(run()), *over_weeks(), scarce()])


if __name__ == "__main__":
    sys.exit(main())
