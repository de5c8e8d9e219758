"""The face shown to whoever asked the guides something, wherever they asked."""

from bot.client.cards import Card, card
from bot.domain.guides import Asked
from bot.ui.phrases import many, stamp

NO_GUIDE = (
    "Nobody else guides here yet, so it waits for an admin, or for the first guide an admin names. "
    "Until then the answer you were shown stands in for theirs."
)


def asked_card(asked: Asked, then: str) -> Card:
    """After asking the guides something."""
    before = f"{many(asked.ahead, 'request')} before yours" if asked.ahead else "yours is next"
    taken = f" <@{asked.taken_by}> has taken it." if asked.taken_by else ""
    alone = "" if asked.guided or asked.taken_by else f"\n{NO_GUIDE}"
    return card(f"It is in the guides' queue since {stamp(asked.at, 'f')}, {before}.{taken}{alone}\n{then}")
