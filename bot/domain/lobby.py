"""The lobby: whom somebody who waits fits, which widens while they wait, and how long waiting takes here."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from statistics import median_low
from zoneinfo import ZoneInfo

from bot.domain.calendar import instant
from bot.domain.pairing import Fit, Met, PairKey, Peer, Reason, fit
from bot.domain.recitation import Medium, Phase, Style

# While somebody waits they ask for less and less, the least important wish first. It is the one of two who waited
# longer that counts: whoever comes to them later is served best by a partner who is there already.
# What the other recites about matters least: one's own concept and one's listening stay the same exercise.
TOPIC_FOR = timedelta(minutes=1)
# Somebody on the same track asks the better follow-ups, which is worth one minute more.
TRACK_FOR = timedelta(minutes=2)
# Somebody new teaches most, since old partners know each other's words. But a rep with the same partner is better than
# none, and after a few minutes without anything happening people close the window.
NEW_FOR = timedelta(minutes=4)
WIDENINGS = (TOPIC_FOR, TRACK_FOR, NEW_FOR)
# Two may come to fit without either pressing: one learns a language, or lifts a block.
LOOKED_EVERY = timedelta(minutes=10)
# Who met within so many days meets again soon enough in the rounds.
RECENTLY = timedelta(days=14)
# Two are a standing pair and three take turns: where no more take part, nobody waits for somebody else.
FEW = 3

# Without a sign of life for so long nobody knows whether they are still there.
LASTS = timedelta(minutes=30)
# Whoever waits for an async partner need not be there; it is as long as an async recitation itself may take.
ASYNC_LASTS = timedelta(hours=72)

# What waiting here was like is learnt from so far back, since habits change with the seasons,
LOOKED_BACK = timedelta(weeks=8)
# from so near to this time of the week,
NEAR = timedelta(hours=1)
# and from no less than so many pairs: fewer are chance.
PAIRS_TO_TELL = 3

WEEK = timedelta(weeks=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants now."""

    mode: Style
    medium: Medium
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class Waiter:
    """Somebody in the lobby; what they wish for is in `peer`, but the topic, which `peer` may take from elsewhere."""

    peer: Peer
    topic: str | None
    since: datetime
    # Their partner did not come: they are first in line, and anybody allowed will do.
    stranded: bool = False


@dataclass(frozen=True, slots=True)
class Prospect:
    """Somebody who may become a partner, and from when on."""

    other: Waiter
    fit: Fit
    fits_from: datetime


@dataclass(frozen=True, slots=True)
class Wait:
    """How long somebody was in the lobby before they had a partner."""

    began: datetime
    lasted: timedelta


@dataclass(frozen=True, slots=True)
class Waiting:
    """My place in the lobby."""

    wish: Wish
    topic_name: str | None
    since: datetime
    until: datetime
    # Others who wait and may become my partner, and when one of them surely does.
    others: int
    sure_by: datetime | None
    # How long it took here at this time of the week, and when people come; None where too few ever did.
    likely: timedelta | None
    busy_at: datetime | None
    next_round_at: datetime | None
    stranded: bool = False


@dataclass(frozen=True, slots=True)
class Together:
    """A partner was found."""

    recitation_id: int
    wish: Wish
    topic_name: str | None
    # Discord's ids of the others.
    partners: tuple[int, ...]
    reasons: tuple[Reason, ...]
    phase: Phase
    thread_id: int | None


# --- who fits


def prospects(
    mine: Waiter,
    others: Iterable[Waiter],
    *,
    met: Mapping[PairKey, Met],
    kept: Collection[PairKey],
    blocked: Collection[PairKey],
    few: bool,
    now: datetime,
) -> tuple[Prospect, ...]:
    """Everybody who may become my partner, the best first: stranded ones, then by fit, then by who waited longest."""
    found = []
    for other in others:
        pair = frozenset((mine.peer.member_id, other.peer.member_id))
        if len(pair) == 1 or pair in blocked:
            continue
        before, keep = met.get(pair), pair in kept
        match = fit(mine.peer, other.peer, met=before, kept=keep, now=now)
        if match is None:
            continue
        needed = patience(
            mine, other, last_met=None if keep or before is None else before.last, few=few, now=now
        )
        found.append(Prospect(other, match, min(mine.since, other.since) + needed))
    return tuple(sorted(found, key=_preference))


def _preference(prospect: Prospect) -> tuple[bool, int, datetime, int]:
    other = prospect.other
    return not other.stranded, -prospect.fit.score, other.since, other.peer.member_id


def patience(one: Waiter, other: Waiter, *, last_met: datetime | None, few: bool, now: datetime) -> timedelta:
    """How long the one of two who waits longer asks for somebody who suits them better than the other does."""
    if few or one.stranded or other.stranded:
        return timedelta()
    needed = timedelta()
    if one.topic and other.topic and one.topic != other.topic:
        needed = TOPIC_FOR
    if "undecided" not in (tracks := {one.peer.track, other.peer.track}) and len(tracks) > 1:
        needed = TRACK_FOR
    if last_met is not None and now - last_met < RECENTLY:
        needed = NEW_FOR
    return needed


def partner(found: Sequence[Prospect], now: datetime) -> Prospect | None:
    """The best of those who fit already."""
    return next((one for one in found if one.fits_from <= now), None)


def topics_of(one: Waiter, other: Waiter) -> tuple[str | None, str | None]:
    """What each of two recites about: what they wish, or else what the other does."""
    return one.topic or other.topic, other.topic or one.topic


# --- until when


def lasts_until(mode: str, seen_at: datetime) -> datetime:
    """When a place in the lobby ends without a sign of life."""
    return seen_at + (ASYNC_LASTS if mode == "async" else LASTS)


def next_look(mode: str, since: datetime, seen_at: datetime, now: datetime) -> datetime:
    """When to look again though nobody comes or presses: as they ask for less, now and then, as their place ends."""
    again = since + LOOKED_EVERY * ((now - since) // LOOKED_EVERY + 1)
    moments = (*(since + widening for widening in WIDENINGS), again, lasts_until(mode, seen_at))
    return min(moment for moment in moments if moment > now)


# --- what waiting is like here


def likely_wait(past: Iterable[Wait], zone: ZoneInfo, now: datetime) -> timedelta | None:
    """How long half of those waited at most who began at this time of the week and were found; None for too few."""
    here = _time_of_week(now, zone)
    lasted = []
    for wait in past:
        apart = abs(_time_of_week(wait.began, zone) - here)
        if min(apart, WEEK - apart) <= NEAR:
            lasted.append(wait.lasted)
    return median_low(lasted) if len(lasted) >= PAIRS_TO_TELL else None


def next_busy(past: Iterable[Wait], zone: ZoneInfo, now: datetime) -> datetime | None:
    """The next full hour at which people often found each other here; None where there is none."""
    times: dict[tuple[int, int], int] = {}
    for wait in past:
        local = (wait.began + wait.lasted).astimezone(zone)
        times[local.isoweekday(), local.hour] = times.get((local.isoweekday(), local.hour), 0) + 1
    today = now.astimezone(zone).date()
    days = [today + timedelta(days=ahead) for ahead in range(8)]
    coming = (
        instant(day, time(hour), zone)
        for day in days
        for hour in range(24)
        if times.get((day.isoweekday(), hour), 0) >= PAIRS_TO_TELL
    )
    return next((moment for moment in coming if moment > now), None)


def _time_of_week(moment: datetime, zone: ZoneInfo) -> timedelta:
    local = moment.astimezone(zone)
    return timedelta(days=local.weekday(), hours=local.hour, minutes=local.minute)
