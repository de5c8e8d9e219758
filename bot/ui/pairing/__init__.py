"""Pairing's faces: being in the rounds, and the rounds themselves."""

from bot.ui.pairing import enrolment

CONTROLS = enrolment.CONTROLS
