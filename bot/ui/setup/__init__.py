"""Set-up's faces: the greeting, the live card, and the way to the first question."""

from bot.ui.setup.choices import CONTROLS, invited_card, setup_card
from bot.ui.setup.first import FirstQuestionButton, narrow_role, server_of, study_channel, zone_guess

__all__ = [
    "CONTROLS",
    "FirstQuestionButton",
    "invited_card",
    "narrow_role",
    "server_of",
    "setup_card",
    "study_channel",
    "zone_guess",
]
