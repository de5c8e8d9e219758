"""Meetings' faces, by what is done: planning, taking part, speaking, leading, and the messages of each part."""

from bot.ui.meetings import leading, planning, tables, taking
from bot.ui.meetings.cards import (
    TITLE,
    call_card,
    call_marker,
    meeting_card,
    meeting_marker,
    summary_card,
    summary_marker,
)
from bot.ui.meetings.tables import handed_on_card, table_card, table_marker

CONTROLS = (*planning.CONTROLS, *leading.CONTROLS, *taking.CONTROLS, *tables.CONTROLS)

__all__ = [
    "CONTROLS",
    "TITLE",
    "call_card",
    "call_marker",
    "handed_on_card",
    "meeting_card",
    "meeting_marker",
    "summary_card",
    "summary_marker",
    "table_card",
    "table_marker",
]
