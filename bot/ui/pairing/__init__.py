"""Pairing's faces: being in the rounds, the rounds themselves, and (for guides) what a round would be."""

from bot.ui.pairing import enrolment, rounds
from bot.ui.pairing.reasons import reason_words

CONTROLS = (*enrolment.CONTROLS, *rounds.CONTROLS)

__all__ = ["CONTROLS", "reason_words"]
