"""Ticket controls: buttons, selects and modals that work for ever, routed by the verb in their custom_id.

A control's custom_id is `verb:field.field`, for example `drop.choose:42.1`. The verb picks the class, the
fields fill its frozen ticket; nothing is kept in memory, so a restart changes nothing. A ticket names a row
and grants nothing: the service checks who is asking. Old messages live on, so verbs are retired, never reused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Self

import discord

from bot.domain.errors import OutOfDate
from bot.domain.texts import folded, shortened

if TYPE_CHECKING:
    from bot.client.bot import Interaction

CUSTOM_ID_LIMIT = 100
OPTION_LIMIT = 100
Values = Sequence[str]
Fields = Mapping[str, str | bool | tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Ticket:
    """The base of tickets: int and str fields, in order, written into the custom_id."""

    def written(self) -> str:
        return ".".join(str(getattr(self, field.name)) for field in fields(self))

    @classmethod
    def read(cls, text: str) -> Self:
        """Parse what `written` wrote; raises ValueError for anything else."""
        parts = text.split(".") if text else []
        own = fields(cls)
        if len(parts) != len(own):
            raise ValueError(f"{cls.__name__} has {len(own)} fields, not {len(parts)}")
        return cls(
            *(
                number(part) if field.type in (int, "int") else part
                for field, part in zip(own, parts, strict=True)
            )
        )


def number(text: str) -> int:
    """A number as a custom_id or a select's value writes it; raises ValueError for anything else.

    It fits a database's integer, since most of them name a row.
    """
    value = int(text)
    if str(value) != text or abs(value) >= 2**63:
        raise ValueError(f"not a number of ours: {text}")
    return value


@dataclass(frozen=True, slots=True)
class NoTicket(Ticket):
    """For controls that need no row: `board.mine:`."""


class Control:
    """What the three kinds of ticket control share: a verb, a ticket type, and the derived custom_id."""

    verb: ClassVar[str]
    ticket: ClassVar[type[Ticket]] = NoTicket

    @classmethod
    def custom_id_for(cls, ticket: Ticket) -> str:
        """`verb:fields`, at most 100 characters; raises ValueError when longer."""
        text = f"{cls.verb}:{ticket.written()}"
        if len(text) > CUSTOM_ID_LIMIT:
            raise ValueError(f"custom_id too long: {text}")
        return text


class TicketButton(Control, discord.ui.Button[Any]):
    """A button; `press` acts for whoever pressed it."""

    def __init__(
        self,
        ticket: Ticket | None = None,
        *,
        label: str,
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
        disabled: bool = False,
    ) -> None:
        super().__init__(
            label=label, style=style, disabled=disabled, custom_id=self.custom_id_for(ticket or self.ticket())
        )

    @classmethod
    async def press(cls, interaction: "Interaction", ticket: Any) -> None:
        raise NotImplementedError


class Picker(Control):
    """What the kinds of select share: `pick` acts on the chosen values, ids as decimal texts.

    At least `least` of them: a select that may be emptied says 0, the others never get to see an empty choice.
    """

    least: ClassVar[int] = 1

    @classmethod
    async def pick(cls, interaction: "Interaction", ticket: Any, values: Values) -> None:
        raise NotImplementedError


class TicketSelect(Picker, discord.ui.Select[Any]):
    """A select of texts."""

    def __init__(
        self,
        ticket: Ticket | None = None,
        *,
        placeholder: str,
        options: list[discord.SelectOption],
        most: int = 1,
    ) -> None:
        super().__init__(
            custom_id=self.custom_id_for(ticket or self.ticket()),
            placeholder=placeholder,
            options=options,
            max_values=most,
            min_values=self.least,
        )


class TicketChannelSelect(Picker, discord.ui.ChannelSelect[Any]):
    """A select of one text channel."""

    def __init__(self, ticket: Ticket | None = None, *, placeholder: str, chosen: int | None = None) -> None:
        super().__init__(
            custom_id=self.custom_id_for(ticket or self.ticket()),
            placeholder=placeholder,
            channel_types=[discord.ChannelType.text],
            default_values=[
                discord.SelectDefaultValue(id=chosen, type=discord.SelectDefaultValueType.channel)
            ]
            if chosen
            else [],
            min_values=self.least,
        )


class TicketRoleSelect(Picker, discord.ui.RoleSelect[Any]):
    """A select of one role."""

    def __init__(self, ticket: Ticket | None = None, *, placeholder: str, chosen: int | None = None) -> None:
        super().__init__(
            custom_id=self.custom_id_for(ticket or self.ticket()),
            placeholder=placeholder,
            default_values=_preset(chosen, discord.SelectDefaultValueType.role),
            min_values=self.least,
        )


def _preset(chosen: int | None, kind: discord.SelectDefaultValueType) -> list[discord.SelectDefaultValue]:
    return [discord.SelectDefaultValue(id=chosen, type=kind)] if chosen else []


class TicketModal(Control, discord.ui.Modal, title="Reps"):
    """A form; `submit` acts on its fields, also when the bot restarted while it was open."""

    def __init__(self, ticket: Ticket | None = None, *, title: str) -> None:
        super().__init__(title=title, custom_id=self.custom_id_for(ticket or self.ticket()))

    def is_finished(self) -> bool:
        # The router answers, restart or not; a finished view is not kept by the library.
        return True

    @classmethod
    async def submit(cls, interaction: "Interaction", ticket: Any, fields: Fields) -> None:
        raise NotImplementedError


def places_of(values: Values) -> tuple[int, ...]:
    """The numbers a select sent, each once; raises OutOfDate for anything else."""
    try:
        return tuple(sorted({number(value) for value in values}))
    except ValueError:
        raise OutOfDate from None


def written(
    name: str,
    label: str,
    *,
    limit: int,
    long: bool = True,
    required: bool = True,
    placeholder: str | None = None,
    default: str | None = None,
) -> discord.ui.Label[Any]:
    """A form's field for text under its label; `name` is what the submitted fields call it."""
    field: discord.ui.TextInput[Any] = discord.ui.TextInput(
        custom_id=name,
        style=discord.TextStyle.paragraph if long else discord.TextStyle.short,
        placeholder=placeholder,
        default=default,
        max_length=limit,
        required=required,
    )
    return discord.ui.Label(text=label, component=field)


def ticked(name: str, label: str, options: Mapping[int, str]) -> discord.ui.Label[Any]:
    """A form's field for any of up to ten things, none included; long words go on in a second line."""
    boxes = [
        discord.CheckboxGroupOption(label=label, value=str(value), description=rest or None)
        for value, words in options.items()
        for label, rest in (folded(words, OPTION_LIMIT),)
    ]
    group: discord.ui.CheckboxGroup[Any] = discord.ui.CheckboxGroup(
        custom_id=name, options=boxes, min_values=0, required=False
    )
    return discord.ui.Label(text=label, component=group)


def graded(name: str, label: str, options: Mapping[int, str]) -> discord.ui.Label[Any]:
    """A form's field for one of two to ten things."""
    choices = [
        discord.RadioGroupOption(label=shortened(words, OPTION_LIMIT), value=str(value))
        for value, words in options.items()
    ]
    group: discord.ui.RadioGroup[Any] = discord.ui.RadioGroup(custom_id=name, options=choices)
    return discord.ui.Label(text=label, component=group)


def uploaded(name: str, label: str, how: str) -> discord.ui.Label[Any]:
    """A form's field for one file, or none."""
    field: discord.ui.FileUpload[Any] = discord.ui.FileUpload(custom_id=name, max_values=1, required=False)
    return discord.ui.Label(text=label, description=how, component=field)


def one_of(fields: Fields, name: str) -> int:
    """The number chosen in a form's field; 0 for none, or anything that is no number."""
    chosen = fields.get(name)
    return int(chosen) if isinstance(chosen, str) and chosen.isdecimal() and len(chosen) < 10 else 0


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a form, where Discord keeps it for a while."""

    url: str
    kind: str
    size: int


def upload_in(interaction: "Interaction", fields: Fields, name: str) -> Upload | None:
    """The file of a form's field, as Discord describes it; None for none."""
    chosen = fields.get(name)
    data: Any = interaction.data or {}
    known = data.get("resolved", {}).get("attachments", {})
    found = known.get(chosen[0]) if isinstance(chosen, tuple) and chosen else None
    if found is None:
        return None
    return Upload(found["url"], found.get("content_type") or "", found["size"])


class Controls:
    """Every control of the bot by its verb, and the way from a custom_id to it."""

    def __init__(self) -> None:
        self._by_verb: dict[str, type[Control]] = {}

    def add(self, *controls: type[Control]) -> None:
        """Register controls; raises ValueError when a verb is taken by another."""
        for control in controls:
            known = self._by_verb.setdefault(control.verb, control)
            if known is not control:
                raise ValueError(f"two controls share the verb {control.verb!r}")

    def __iter__(self) -> Any:
        return iter(self._by_verb.values())

    def find(self, custom_id: str) -> tuple[type[Control], Ticket] | None:
        """The control and ticket a custom_id names; None for one that is not ours or no longer known."""
        verb, colon, rest = custom_id.partition(":")
        control = self._by_verb.get(verb)
        if control is None or not colon:
            return None
        try:
            return control, control.ticket.read(rest)
        except ValueError:
            return None

    async def route(self, interaction: "Interaction") -> bool:
        """Run the control an interaction names; False when there is none. Errors go to the caller."""
        data: Any = interaction.data or {}
        found = self.find(data.get("custom_id", ""))
        if found is None:
            return False
        control, ticket = found
        if issubclass(control, TicketButton):
            await control.press(interaction, ticket)
        elif issubclass(control, Picker):
            values = tuple(data.get("values", ()))
            if len(values) < control.least:
                return False
            await control.pick(interaction, ticket, values)
        elif issubclass(control, TicketModal):
            await control.submit(interaction, ticket, dict(submitted(data.get("components", ()))))
        return True


def submitted(components: Any) -> Any:
    """The values of a submitted modal by their custom_id, through rows and labels."""
    for component in components:
        for key in ("components", "component"):
            inner = component.get(key)
            if inner:
                yield from submitted(inner if isinstance(inner, list) else [inner])
        if "custom_id" in component:
            if "values" in component:
                yield component["custom_id"], tuple(component["values"])
            elif "value" in component:
                value = component["value"]
                yield component["custom_id"], value if isinstance(value, bool) else (value or "")
