"""What is told about pairing: being in the rounds, and the rounds themselves."""

from bot.domain.errors.base import Refusal


class NotEnrolled(Refusal):
    words = "You are not in the recitation rounds of this server. `/recite join` takes you in."


class NotInRound(Refusal):
    words = "You are not in this round. *Join the rounds* takes you into the next; `/recite now` finds somebody now."


class NoRounds(Refusal):
    words = "No recitation rounds are planned on this server. An admin plans them with `/setup schedule add`."
