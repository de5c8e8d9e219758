"""Group problems: their phases and terms, what taking part is worth, and the readouts their cards draw."""

from bot.domain.problems.credit import CREDIT, Role, credit, minutes_for
from bot.domain.problems.phases import (
    AFTER,
    EXTENDED_BY,
    HOURS_AT_MOST,
    NUDGE_AT,
    OPENED_AT_MOST,
    PHASES,
    Phase,
    Terms,
    opening_order,
)
from bot.domain.problems.readouts import (
    Contributor,
    Gone,
    Guiding,
    Hint,
    Nudge,
    Outcome,
    Preview,
    Problem,
    Proposed,
    Responded,
    Taking,
)
from bot.domain.problems.tags import STATE_TAGS, TAGS_AT_MOST, fitting, tag_names

__all__ = [
    "AFTER",
    "CREDIT",
    "EXTENDED_BY",
    "HOURS_AT_MOST",
    "NUDGE_AT",
    "OPENED_AT_MOST",
    "PHASES",
    "STATE_TAGS",
    "TAGS_AT_MOST",
    "Contributor",
    "Gone",
    "Guiding",
    "Hint",
    "Nudge",
    "Outcome",
    "Phase",
    "Preview",
    "Problem",
    "Proposed",
    "Responded",
    "Role",
    "Taking",
    "Terms",
    "credit",
    "fitting",
    "minutes_for",
    "opening_order",
    "tag_names",
]
