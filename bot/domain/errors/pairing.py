"""What is told about pairing: being in the rounds, and the rounds themselves."""

from bot.domain.errors.base import Refusal


class NotEnrolled(Refusal):
    words = "You are not in the recitation rounds of this server. `/recite join` takes you in."
