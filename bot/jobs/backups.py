"""The duty that keeps copies: makes one when it is time, removes the old ones."""

import structlog

from bot.metrics import Metrics
from bot.services.backups import PROMISE, Backups

log = structlog.get_logger()


async def look(backups: Backups, metrics: Metrics) -> None:
    """One round. A copy that fails is raised only after the old ones are gone: their time is over all the same."""
    try:
        if made := await backups.make():
            log.info("backed up", file=made.name)
    finally:
        if gone := await backups.tidy():
            log.info("old back-ups removed", files=len(gone))
        if backups.newest is not None:
            metrics.backed_up(backups.newest.at)
        if backups.overdue():
            log.warning("the only back-up is older than members were promised", days=PROMISE.days)
