"""What taking part in a group problem brings: points by role, and the minutes it is taken to have cost."""

from collections.abc import Collection
from datetime import datetime
from math import ceil
from typing import Literal

from bot.domain.scoring import POINTS

Role = Literal["proposal", "response", "insight", "sign-off"]

# The one table of how the four points of a problem are earned; each role counts once. The proposal pays most: it
# is the work. Answering somebody is what makes it a group's. The fourth point says that somebody was helped: the
# peers by their votes or the guide by signing off, whichever comes first, so that a group without a guide is no
# poorer. Whoever was alone with a problem earns the response by checking themselves against the rubric.
CREDIT: dict[Role, int] = {"proposal": 2, "response": 1, "insight": 1, "sign-off": 1}


def credit(roles: Collection[Role]) -> int:
    """The points of these roles together, at most those of one problem."""
    return min(POINTS["problem"].points, sum(CREDIT[role] for role in set(roles)))


def minutes_for(whole: int, role: Role, since: datetime, until: datetime) -> int:
    """The minutes a part is taken to have cost, of the `whole` the item is meant for; at least one.

    Nobody can be watched thinking, so it is an estimate that errs low: half of the whole for the proposal and the
    rest for responding, and never more than the time there was: from the post, or from one's own proposal.
    """
    share = ceil(whole / 2) if role == "proposal" else whole // 2
    passed = int((until - since).total_seconds() // 60)
    return max(1, min(share, passed))
