"""What is told about waiting for a partner."""

from bot.domain.errors.base import Refusal


class RestingNow(Refusal):
    words = "You are paused, so I look for no partner for you. `/me pause` ends it; then try again."
