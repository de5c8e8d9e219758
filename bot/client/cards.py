"""Cards: what people see, as plain values that every door can pass on and tests can compare."""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import discord

TEXT_LIMIT = 4000  # Components V2: characters in one message, all texts together
ALT_LIMIT = 1024

STUDY = 0x4F86C6
GOOD = 0x3E9B6E
CARE = 0xC98A2B
QUIET = 0x6B7280


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph of Discord Markdown."""

    words: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A thin line between two parts."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG with the alt text that says the same."""

    name: str
    png: bytes
    alt: str


@dataclass(frozen=True, slots=True)
class Attached:
    """A file to download."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Row:
    """Up to five buttons, or one select."""

    controls: tuple[discord.ui.Item[Any], ...]


Part = Text | Rule | Picture | Attached | Row


class CardView(discord.ui.LayoutView):
    """A layout whose controls are routed by their tickets, so the library need not remember it."""

    def is_finished(self) -> bool:
        return True


class PlainView(discord.ui.View):
    """The controls under a plain message, routed likewise."""

    def is_finished(self) -> bool:
        return True


@dataclass(frozen=True)
class Card:
    """One message: parts from top to bottom inside a coloured edge; `pings` are the user ids it may notify.

    A `plain` one is sent once as text, files and controls: sound and film play in place there, while a layout only
    offers them for download.
    """

    parts: tuple[Part, ...]
    colour: int = STUDY
    pings: tuple[int, ...] = ()
    plain: bool = False

    def layout(self) -> CardView:
        """The Components V2 layout; raises ValueError when the texts are longer than Discord takes."""
        if sum(len(part.words) for part in self.parts if isinstance(part, Text)) > TEXT_LIMIT:
            raise ValueError("card texts exceed Discord's 4,000 characters")
        box: discord.ui.Container[CardView] = discord.ui.Container(accent_colour=self.colour)
        for part in self.parts:
            match part:
                case Text(words):
                    box.add_item(discord.ui.TextDisplay(words))
                case Rule():
                    box.add_item(discord.ui.Separator())
                case Picture(name, _, alt):
                    gallery: discord.ui.MediaGallery[CardView] = discord.ui.MediaGallery()
                    gallery.add_item(media=f"attachment://{name}", description=alt[:ALT_LIMIT])
                    box.add_item(gallery)
                case Attached(name):
                    box.add_item(discord.ui.File(f"attachment://{name}"))
                case Row(controls):
                    box.add_item(discord.ui.ActionRow(*controls))
        view = CardView(timeout=None)
        view.add_item(box)
        return view

    def controls(self) -> PlainView:
        """The controls alone, for a plain message."""
        view = PlainView(timeout=None)
        for part in self.parts:
            for control in part.controls if isinstance(part, Row) else ():
                view.add_item(control)
        return view

    def files(self) -> list[discord.File]:
        """Fresh attachments; a file object can be sent only once."""
        made: list[discord.File] = []
        for part in self.parts:
            match part:
                case Picture(name, png, alt):
                    made.append(discord.File(io.BytesIO(png), filename=name, description=alt[:ALT_LIMIT]))
                case Attached(name, data):
                    made.append(discord.File(io.BytesIO(data), filename=name))
        return made

    def mentions(self) -> discord.AllowedMentions:
        """Only the people this card names on purpose; never a role, never everyone."""
        return discord.AllowedMentions(
            everyone=False, roles=False, replied_user=False, users=[discord.Object(id) for id in self.pings]
        )

    def words(self) -> str:
        """All its text."""
        return "\n".join(part.words for part in self.parts if isinstance(part, Text))


def card(
    *parts: Part | str | None, colour: int = STUDY, pings: Iterable[int] = (), plain: bool = False
) -> Card:
    """Put a card together; strings become texts, empty parts are left out."""
    kept: list[Part] = [Text(part) if isinstance(part, str) else part for part in parts if part]
    return Card(tuple(kept), colour, tuple(pings), plain)


def row(*controls: discord.ui.Item[Any] | None) -> Row | None:
    """A row of the controls that are there; None when none is."""
    kept = tuple(control for control in controls if control is not None)
    return Row(kept) if kept else None


def shown(payload: Mapping[str, Any] | Iterable[Mapping[str, Any]]) -> str:
    """The words of a message's raw components, as a person reads them from top to bottom."""
    found: list[str] = []
    for component in [payload] if isinstance(payload, Mapping) else payload:
        if "content" in component:
            found.append(component["content"])
        if component.get("type") == 2 and component.get("label"):
            found.append(f"[{component['label']}]")
        inner = (component.get(key) for key in ("components", "accessory", "component"))
        found.extend(shown(one) for one in inner if one)
    return "\n".join(found)
