"""What a server and its admins are told: set-up and schedules."""

from dataclasses import dataclass

from bot.domain.errors.base import Refusal
from bot.domain.texts import escaped

# --- set-up


class NotSetUp(Refusal):
    words = "Reps is not set up on this server yet. An admin can run `/setup start`; it takes a minute."


class SetupNotAllowed(Refusal):
    words = "Only people with the Manage Server permission can change the set-up. Ask one of your admins."


@dataclass(eq=False)
class UnknownZone(Refusal):
    name: str

    @property
    def sentence(self) -> str:
        return (
            f"I don't know the time zone “{self.name}”. Type the name of a big city near you, "
            "such as Berlin or New York, and pick one from the list."
        )


class WrongChannel(Refusal):
    words = "I can post questions only in a text channel. Choose one with the # sign and try again."


@dataclass(eq=False)
class MissingPermissions(Refusal):
    channel_id: int
    names: tuple[str, ...]

    @property
    def sentence(self) -> str:
        wanted = ", ".join(f"**{name}**" for name in self.names)
        return (
            f"In <#{self.channel_id}> I am missing: {wanted}. Open the channel's settings, then Permissions, "
            "add Reps and switch these on. Then try again."
        )


class ChannelGone(Refusal):
    words = "The channel for questions is gone. Choose another one, or a new #reps, with `/setup start`."


@dataclass(eq=False)
class ChannelNotMade(Refusal):
    reason: str

    @property
    def sentence(self) -> str:
        return (
            f"I could not create #reps; Discord says: {escaped(self.reason[:80])}. Give the Reps role "
            "**Manage Channels** (Server Settings, then Roles), or choose an existing channel with `/setup start`."
        )


class ChannelInTheMaking(Refusal):
    words = "Somebody pressed this a moment ago: #reps is being created right now. Not there in a minute? Press again."


class RoleOfEveryone(Refusal):
    words = "That role belongs to everyone here. Choose one that only your guides or your moderators have."


# --- schedules


class ScheduleUnknown(Refusal):
    words = "This server has no such schedule. `/setup schedule list` shows those it has."


@dataclass(eq=False)
class ScheduleInvalid(Refusal):
    what: str

    @property
    def sentence(self) -> str:
        return f"{self.what} Nothing was saved; please try again."


@dataclass(eq=False)
class TooManySchedules(Refusal):
    limit: int

    @property
    def sentence(self) -> str:
        return (
            f"A server can have {self.limit} schedules and this one has them all. "
            "Remove one with `/setup schedule remove` first."
        )


class DraftOver(Refusal):
    words = (
        "This draft is over: it was saved or discarded, or it is more than a day old. "
        "`/setup schedule list` shows what is planned; `/setup schedule add` begins a new one."
    )


class NothingToAsk(Refusal):
    words = (
        "No question in the bank fits these filters, so this schedule would post nothing. "
        "Choose a wider topic, track or difficulty; nothing was saved."
    )
