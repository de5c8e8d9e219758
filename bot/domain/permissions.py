"""Permissions: which feature takes which, and what of it is amiss in a server."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.domain.schedules import NOWHERE, Setup

ALERTS, SERVER = "alerts", "server"
# Rooms hang on the channels that pairs are posted in, and on the study channel; voice rooms stand beside those.
ROOMS, VOICE = "rooms", "voice"
ROUND = "round"
PROBLEM = "problem"
MEETING = "meeting"
# Without these a channel takes no question at all; the rest is missed only in part.
NEEDED = ("view_channel", "send_messages", "read_message_history", "attach_files")
# Discord takes away all the others with these, so only these are worth naming.
CARRYING = ("view_channel", "send_messages")


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing Reps does: in which channels, and each permission it takes with what is amiss without it.

    `place` is the kind of the schedules in whose channels it happens, or ALERTS, SERVER, ROOMS or VOICE. Permissions
    have Discord's API names.
    """

    name: str
    place: str
    breaks: Mapping[str, str]


UNSEEN = "I cannot see the channel at all"
AFTER_A_CRASH = "after a crash I cannot see whether a post is out already, so I skip it"
FEATURES = (
    Feature(
        "Daily questions",
        "question",
        {
            "view_channel": UNSEEN,
            "send_messages": "I cannot post questions",
            "read_message_history": AFTER_A_CRASH,
        },
    ),
    Feature(
        "Reveals",
        "question",
        {
            "view_channel": UNSEEN,
            "send_messages": "I cannot post answers",
            "attach_files": "reveals have a picture, so they cannot be posted",
            "create_public_threads": "reveals have no discussion thread",
        },
    ),
    Feature(
        "Explanations",
        "question",
        {
            "view_channel": UNSEEN,
            "send_messages_in_threads": "explanations cannot go into discussions",
        },
    ),
    Feature(
        "Digests",
        "digest",
        {
            "view_channel": UNSEEN,
            "send_messages": "I cannot post digests",
            "attach_files": "leaderboards have a picture, so they cannot be posted",
            "read_message_history": AFTER_A_CRASH,
        },
    ),
    Feature(
        "Alerts to your staff",
        ALERTS,
        {"view_channel": UNSEEN, "send_messages": "your staff does not hear of trouble there"},
    ),
    Feature(
        "A channel of my own",
        SERVER,
        {"manage_channels": "I cannot create #reps; choose a channel that exists in `/setup start`"},
    ),
    Feature(
        "Recitation rounds",
        ROUND,
        {
            "view_channel": UNSEEN,
            "send_messages": "I cannot post who is paired with whom",
            "read_message_history": AFTER_A_CRASH,
        },
    ),
    Feature(
        "Group problems",
        PROBLEM,
        {
            "view_channel": UNSEEN,
            "send_messages": "I cannot post problems",
            "read_message_history": "replies sent while I was away are not counted, and after a crash I skip a post",
            "attach_files": "long proposals and responses come with a file, so they cannot be posted",
            "create_public_threads": "problems are discussed in the channel itself, without a thread",
            "send_messages_in_threads": "proposals and solutions cannot go into discussions",
        },
    ),
    Feature(
        "Meetings",
        MEETING,
        {
            "view_channel": UNSEEN,
            "send_messages": "I cannot post a meeting's card, so it cannot be held",
            "read_message_history": AFTER_A_CRASH,
            "create_public_threads": "the problem is discussed in the channel itself, without a thread",
            "create_events": "meetings have no event, so nobody can say that they are interested",
        },
    ),
    Feature(
        "Rooms for pairs",
        ROOMS,
        {
            "view_channel": UNSEEN,
            "create_private_threads": "pairs get no room of their own",
            "send_messages_in_threads": "I can neither write in rooms nor let people in",
            "read_message_history": "after a crash I cannot see whether a room is open already, so I open none",
        },
    ),
    Feature(
        "Voice rooms",
        VOICE,
        {
            "view_channel": "I cannot see the category, so pairs stay in text",
            "manage_channels": "I can neither open nor close voice rooms, so pairs stay in text",
            "connect": "I cannot open voice rooms, so pairs stay in text",
            "move_members": "people have to walk into their voice room themselves",
        },
    ),
)


# Every permission in use, with the first thing amiss without it.
BREAKS = {name: words for feature in reversed(FEATURES) for name, words in feature.breaks.items()}


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the bot may do in a channel, and what the channel denies to everyone."""

    granted: frozenset[str]
    closed_to_all: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sight:
    """What Discord shows of a server: the channels and roles the set-up names and that still exist."""

    server: Allowed
    channels: Mapping[int, Allowed]
    categories: Mapping[int, int]  # of the channels that stand in one
    roles: frozenset[int]
    muted_until: datetime | None = None


Way = Literal["server", "overwrite", "channel"]


@dataclass(frozen=True, slots=True)
class Missing:
    """A permission that is missing, everything amiss without it, and where it is granted."""

    name: str
    breaks: tuple[str, ...]
    way: Way


@dataclass(frozen=True, slots=True)
class Trouble:
    """Channels with the same troubles: gone, or the same permissions missing. NOWHERE is the server itself."""

    channels: tuple[int, ...]
    missing: tuple[Missing, ...]
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look at a server found."""

    troubles: tuple[Trouble, ...]
    well: tuple[tuple[str, tuple[int, ...]], ...]  # features nothing is amiss with, and where
    roles_gone: tuple[str, ...] = ()
    muted_until: datetime | None = None

    @property
    def all_well(self) -> bool:
        return not (self.troubles or self.roles_gone or self.muted_until)


def missing_for(kind: str, here: Allowed, server: Allowed) -> tuple[Missing, ...]:
    """What a kind of schedule would lack in a channel."""
    breaks: dict[str, list[str]] = {}
    for feature in FEATURES:
        if feature.place == kind or (kind in (ROUND, MEETING) and feature.place == ROOMS):
            for name in _lacks(feature, here.granted):
                breaks.setdefault(name, []).append(feature.breaks[name])
    return tuple(
        Missing(name, tuple(dict.fromkeys(why)), _way(name, here, server)) for name, why in breaks.items()
    )


def check(setup: Setup, sight: Sight) -> Checked:
    """Everything amiss with the features a server uses, channels with the same troubles together."""
    used = {feature.name: tuple(_places(feature, setup, sight)) for feature in FEATURES}
    amiss: dict[int, dict[str, list[str]]] = {}
    for feature in FEATURES:
        for channel_id in used.get(feature.name, ()):
            for name in _lacking(feature, channel_id, sight):
                breaks = amiss.setdefault(channel_id, {}).setdefault(name, [])
                if feature.breaks[name] not in breaks:
                    breaks.append(feature.breaks[name])
    channels = {channel_id for places in used.values() for channel_id in places}
    gone = tuple(sorted(channels - sight.channels.keys() - {NOWHERE}))
    together: dict[tuple[Missing, ...], list[int]] = {}
    for channel_id, lacking in amiss.items():
        allowed = _allowed(channel_id, sight)
        missing = tuple(
            Missing(name, tuple(breaks), _way(name, allowed, sight.server))
            for name, breaks in lacking.items()
        )
        together.setdefault(missing, []).append(channel_id)
    if sight.muted_until is not None:
        # It takes every permission away, so that none tells anything.
        together.clear()
    return Checked(
        troubles=(
            *((Trouble(gone, (), gone=True),) if gone else ()),
            *(Trouble(tuple(places), missing) for missing, places in together.items()),
        ),
        well=tuple(
            (feature.name, used[feature.name])
            for feature in FEATURES
            if used.get(feature.name)
            and not any(place in gone or _lacking(feature, place, sight) for place in used[feature.name])
        ),
        roles_gone=tuple(
            words
            for words, role_id in (("guides", setup.guide_role_id), ("moderators", setup.moderator_role_id))
            if role_id is not None and role_id not in sight.roles
        ),
        muted_until=sight.muted_until,
    )


def _places(feature: Feature, setup: Setup, sight: Sight) -> Iterator[int]:
    """The channels a feature happens in; NOWHERE for the server, or for a channel still to be made."""
    rooms = dict.fromkeys(
        (setup.channel_id or NOWHERE, *_scheduled(setup, ROUND), *_scheduled(setup, MEETING))
    )
    if feature.place == ALERTS:
        if setup.alert_channel_id is not None:
            yield setup.alert_channel_id
    elif feature.place == SERVER:
        if setup.channel_id is None:
            yield NOWHERE
    elif feature.place == ROOMS:
        yield from rooms
    elif feature.place == VOICE:
        there = [one for one in rooms if one == NOWHERE or one in sight.channels]
        categories = dict.fromkeys(sight.categories[one] for one in there if one in sight.categories)
        yield from categories or (there and (NOWHERE,))
    else:
        yield from dict.fromkeys(_scheduled(setup, feature.place))


def _scheduled(setup: Setup, kind: str) -> Iterator[int]:
    return (one.channel_id for one in setup.schedules if one.kind == kind)


def _allowed(channel_id: int, sight: Sight) -> Allowed:
    return sight.server if channel_id == NOWHERE else sight.channels[channel_id]


def _lacking(feature: Feature, channel_id: int, sight: Sight) -> tuple[str, ...]:
    if channel_id != NOWHERE and channel_id not in sight.channels:
        return ()
    return _lacks(feature, _allowed(channel_id, sight).granted)


def _lacks(feature: Feature, granted: frozenset[str]) -> tuple[str, ...]:
    for name in CARRYING:
        if name in feature.breaks and name not in granted:
            return (name,)
    return tuple(name for name in feature.breaks if name not in granted)


def _way(name: str, here: Allowed, server: Allowed) -> Way:
    """Where a permission is granted: to the role, beside what everyone is denied here, or in the channel."""
    if name not in server.granted:
        return "server"
    return "overwrite" if name in here.closed_to_all else "channel"
