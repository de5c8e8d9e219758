"""Mock interviews' faces: requests, the thread phase by phase, the script, and what two tell each other."""

from bot.ui.interviews import requests, scorecards, scripts, threads
from bot.ui.interviews.phases import thread_card, thread_marker, thread_name
from bot.ui.interviews.requests import (
    RequestTicket,
    ask_for,
    invitation_card,
    invitation_marker,
    status_card,
    take_back,
)
from bot.ui.interviews.scorecards import show_history
from bot.ui.interviews.tickets import OPEN

CONTROLS = (*requests.CONTROLS, *threads.CONTROLS, *scripts.CONTROLS, *scorecards.CONTROLS)

__all__ = [
    "CONTROLS",
    "OPEN",
    "RequestTicket",
    "ask_for",
    "invitation_card",
    "invitation_marker",
    "show_history",
    "status_card",
    "take_back",
    "thread_card",
    "thread_marker",
    "thread_name",
]
