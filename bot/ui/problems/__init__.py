"""Group problems' faces: the card, the discussion, the guide's panel, and what each member does privately."""

from bot.ui.problems import checking, guiding, taking
from bot.ui.problems.cards import (
    nudge_card,
    nudge_marker,
    open_card,
    phase_cards,
    problem_card,
    problem_marker,
    proposal_card,
    proposal_marker,
    response_card,
    response_marker,
)
from bot.ui.problems.guiding import show_preview

CONTROLS = (*taking.CONTROLS, *checking.CONTROLS, *guiding.CONTROLS)

__all__ = [
    "CONTROLS",
    "nudge_card",
    "nudge_marker",
    "open_card",
    "phase_cards",
    "problem_card",
    "problem_marker",
    "proposal_card",
    "proposal_marker",
    "response_card",
    "response_marker",
    "show_preview",
]
