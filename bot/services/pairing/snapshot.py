"""A snapshot: everybody a round is for, as pairing sees them, read in slices so that nobody waits for it long."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain.pairing import Medium, Met, Paired, PairKey, Peer
from bot.services.pairing.matcher import Matcher
from bot.services.pairing.peers import kept_of, met_of, peers_of
from bot.services.pairing.rounds import taking_part
from bot.services.safety.blocks import blocked_pairs
from bot.storage.database import Database
from bot.storage.tables import Enrolment

# Rows become peers on the event loop: so many at once take a few milliseconds.
SLICE: Final = 50


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Who takes part, what is known of them together, and who is left out this once."""

    peers: tuple[Peer, ...]
    met: Mapping[PairKey, Met]
    kept: frozenset[PairKey]
    blocked: frozenset[PairKey]
    skipped: tuple[int, ...]
    people: Mapping[int, int]  # Discord's ids by ours

    @property
    def mediums(self) -> dict[int, Medium]:
        return {peer.member_id: peer.medium for peer in self.peers}

    async def paired(self, matcher: Matcher, seed: int, now: datetime) -> Paired:
        """What comes of it, the same for the same seed."""
        return await matcher.pair(
            self.peers, met=self.met, blocked=self.blocked, kept=self.kept, seed=seed, now=now
        )


async def snapshot_of(database: Database, server_id: int, cut_at: datetime) -> Snapshot:
    """Everybody in the rounds of a server at a moment."""
    people, blocked, skipped = await database.read(partial(_everybody, server_id=server_id, cut_at=cut_at))
    member_ids = list(people)
    peers: list[Peer] = []
    met: dict[PairKey, Met] = {}
    kept: set[PairKey] = set()
    for start in range(0, len(member_ids), SLICE):
        some = member_ids[start : start + SLICE]
        peers += await database.read(partial(peers_of, server_id=server_id, member_ids=some, now=cut_at))
        met |= await database.read(partial(met_of, member_ids=some))
        kept |= await database.read(partial(kept_of, member_ids=some))
    return Snapshot(tuple(peers), met, frozenset(kept), frozenset(blocked), skipped, people)


def _everybody(
    db: Session, server_id: int, cut_at: datetime
) -> tuple[dict[int, int], set[PairKey], tuple[int, ...]]:
    people = dict(db.execute(taking_part(server_id, cut_at)).all())
    skipped = select(Enrolment.member_id).where(Enrolment.server_id == server_id, Enrolment.skips.is_(True))
    return people, blocked_pairs(db, server_id), tuple(db.scalars(skipped))
