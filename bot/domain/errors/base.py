"""What every refusal shares, and those of the platform itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


def stamp(moment: datetime, style: str = "f") -> str:
    """Discord's own timestamp, shown to each reader in their own zone and language."""
    return f"<t:{int(moment.timestamp())}:{style}>"


class Refusal(Exception):
    """Something a person asked for that cannot be; `sentence` says what happened and what to do next."""

    @property
    def sentence(self) -> str:
        """One sentence or two: what happened, and what to do next."""
        return self.words

    words: ClassVar[str] = ""

    def __str__(self) -> str:
        return self.sentence


@dataclass(eq=False)
class AboutSomebody(Refusal):
    """The base of refusals whose one fact is whom they are about: `{who}` in their words."""

    discord_id: int

    @property
    def sentence(self) -> str:
        return self.words.format(who=f"<@{self.discord_id}>")


class OutOfDate(Refusal):
    words = "This button belongs to something that is over. Open it fresh with `/reps`."


class NotHere(Refusal):
    words = "Reps works inside a server, not in direct messages. Use this command in your study channel."
