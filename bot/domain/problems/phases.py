"""The phases of a group problem, how long each lasts, and in which order proposals are opened."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, Self

# A draft is chosen and not out; `reveal` is the time of the votes, which `closed` ends.
Phase = Literal["draft", "propose", "discuss", "reveal", "closed"]
PHASES: dict[Phase, str] = {
    "draft": "Not posted yet",
    "propose": "Propose",
    "discuss": "Discuss",
    "reveal": "Solution and votes",
    "closed": "Closed",
}
AFTER: dict[Phase, Phase] = {"propose": "discuss", "discuss": "reveal", "reveal": "closed"}

HOURS_AT_MOST = 14 * 24
EXTENDED_BY = timedelta(hours=24)
# The silent are nudged when this part of the time for proposals is over, and those who proposed and said nothing
# to others when as much of the discussion is.
NUDGE_AT = 0.75
# So many proposals get a message of their own; more are read privately, page by page.
OPENED_AT_MOST = 30
# So many others should hear from everyone who proposed, as far as there are others.
RESPONSES_WANTED = 2


@dataclass(frozen=True, slots=True)
class Terms:
    """How long each phase lasts, and whether proposals are shown without names; a schedule's options hold them."""

    # Everyone in every zone has a whole day to propose in.
    propose_hours: int = 24
    # Two evenings to answer each other in.
    discuss_hours: int = 48
    # Time to check oneself and to vote.
    vote_hours: int = 24
    anonymous: bool = False

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        default = cls()
        return cls(
            propose_hours=raw.get("propose_hours", default.propose_hours),
            discuss_hours=raw.get("discuss_hours", default.discuss_hours),
            vote_hours=raw.get("vote_hours", default.vote_hours),
            anonymous=raw.get("anonymous", default.anonymous),
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "propose_hours": self.propose_hours,
            "discuss_hours": self.discuss_hours,
            "vote_hours": self.vote_hours,
            "anonymous": self.anonymous,
        }

    def changed(
        self,
        *,
        propose_hours: int | None = None,
        discuss_hours: int | None = None,
        anonymous: bool | None = None,
    ) -> Self:
        """The same terms with what is given changed."""
        return replace(
            self,
            propose_hours=propose_hours or self.propose_hours,
            discuss_hours=discuss_hours or self.discuss_hours,
            anonymous=self.anonymous if anonymous is None else anonymous,
        )

    def ends_at(self, phase: Phase, since: datetime) -> datetime | None:
        """When a phase that began then is over by itself."""
        hours = {
            "propose": self.propose_hours,
            "discuss": self.discuss_hours,
            "reveal": self.vote_hours,
        }.get(phase)
        return since + timedelta(hours=hours) if hours is not None else None


def opening_order(problem_id: int, proposal_ids: Iterable[int]) -> list[int]:
    """Proposals in the order they are opened in: by lot, so that the quick are neither read first nor known by it."""
    return sorted(
        proposal_ids, key=lambda one: hashlib.sha256(f"problem:{problem_id}:{one}".encode()).digest()
    )
