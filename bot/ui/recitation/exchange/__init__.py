"""An async recitation's faces: its card in the thread, its steps, and what is posted."""

from bot.ui.recitation.exchange.cards import (
    exchange_card,
    nudge_card,
    nudge_marker,
    posting_card,
    posting_marker,
)
from bot.ui.recitation.exchange.steps import CONTROLS

__all__ = ["CONTROLS", "exchange_card", "nudge_card", "nudge_marker", "posting_card", "posting_marker"]
