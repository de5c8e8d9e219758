"""Safety's faces: the way to report or block, one's own blocks, and what moderators read."""

from bot.ui.safety import blocks, reports, subjects
from bot.ui.safety.blocks import LABEL, show_blocks
from bot.ui.safety.reports import ReportsButton, ReportTicket, alert_card, alert_marker
from bot.ui.safety.subjects import SafetyButton, SafetySelect, SafetyTicket, open_safety

CONTROLS = (*subjects.CONTROLS, *blocks.CONTROLS, *reports.CONTROLS)

__all__ = [
    "CONTROLS",
    "LABEL",
    "ReportTicket",
    "ReportsButton",
    "SafetyButton",
    "SafetySelect",
    "SafetyTicket",
    "alert_card",
    "alert_marker",
    "open_safety",
    "show_blocks",
]
