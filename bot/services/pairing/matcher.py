"""The matcher: pairs a round where it cannot hold up the event loop."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from typing import Any

import structlog

from bot.domain.pairing import FEW, Met, Paired, PairKey, Peer, pair
from bot.services.children import settle_in
from bot.services.parcels import paired, unwrapped, wrapped

log = structlog.get_logger()
Parcels = tuple[list[bytes], tuple[int, ...]]


class Matcher:
    """Pairs a few people at once, and more in a child process: matching holds the interpreter's lock for seconds.

    The child starts with the first large round and stays, because to start takes it longer than most rounds do. It
    loads the rules and what they need, no more.
    """

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    async def pair(
        self,
        peers: Sequence[Peer],
        *,
        met: Mapping[PairKey, Met],
        blocked: Collection[PairKey],
        kept: Collection[PairKey] = (),
        seed: int,
        now: datetime,
    ) -> Paired:
        """The round that `bot.domain.pairing.pair` makes of the same."""
        if len(peers) <= FEW:
            return pair(peers, met=met, blocked=blocked, kept=kept, seed=seed, now=now)
        work = partial(_sent, peers=peers, met=met, blocked=blocked, kept=kept, seed=seed, now=now)
        pool = self._opened()
        try:
            return await _done(pool, work)
        except BrokenProcessPool:
            log.warning("the matching process died; another one takes over")
            # Unless somebody else who waited for it has opened the next one already.
            if self._pool is pool:
                self._pool = None
            pool.shutdown(wait=False)
            return await _done(self._opened(), work)

    def close(self) -> None:
        """Let the child go once it is done with what it has begun; what waits for it is cancelled."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def _opened(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, get_context("spawn"), initializer=settle_in)
        return self._pool


async def _done(pool: ProcessPoolExecutor, work: partial[Future[Parcels]]) -> Paired:
    # The first one starts the child, which takes a while: not on the loop.
    groups, alone = await asyncio.wrap_future(await asyncio.to_thread(work, pool))
    return Paired(tuple(await asyncio.to_thread(unwrapped, groups)), alone)


def _sent(
    pool: ProcessPoolExecutor, *, peers: Sequence[Peer], met: Mapping[PairKey, Met], **rest: Any
) -> Future[Parcels]:
    return pool.submit(paired, wrapped(peers), wrapped(met.items()), **rest)
