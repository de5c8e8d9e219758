"""The score of two peers: a sum of named parts, each a constant with its reason.

Each part is a function of two small values or of a count, so that a large round can look it up in a table (thinned.py).
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from bot.domain.availability import HOUR, Slot, occurrences, on
from bot.domain.calendar import zone_named
from bot.domain.members import Level, Track
from bot.domain.pairing.peers import Met, Mode, Peer

# A wish of both comes before everything but the hard limits: it is the only part they said themselves.
KEPT: Final = 1_000_000
# A new partner is a new explanation to understand, so each time two met outweighs the worst of a dozen other pairs.
AGAIN: Final = -20_000
# Of those who met equally often, the ones for whom it is longest ago; less than one more time.
RECENT: Final = -19_000
FORGOTTEN: Final = timedelta(weeks=26)
# Becoming async takes back what both chose, so it costs more than all that follows can bring, yet less than a repeat.
NO_HOURS: Final = -2_000
# What follows brings 1,000 at most. Half an hour is the shortest live recitation; after four hours in a week,
# finding a time is no harder with more.
TIME: Final = 250
SHORTEST: Final = 30
PLENTY: Final = 4 * HOUR
# The same track asks the same questions; who is undecided learns from either.
TRACK: Final = 200
# Two topics are one for each to recite.
TOPIC: Final = 100
TOPICS: Final = 2
# Explaining to someone newer, and hearing someone stronger, teaches both. From a gap of two fifths on it is enough,
# or the very best would always get the very newest. A level somebody declared is worth half of what was measured.
LEVEL: Final = 200
GAP: Final = 8
# The product of two shares is the chance that both come, so the round's sum is the number of pairs that meet. It puts
# reliable people together instead of spending them on those who leave them waiting; small enough that somebody
# who missed once meets reliable people who fit otherwise.
RELIABILITY: Final = 150

# Shares are smoothed over few events: finer than a twentieth they tell nothing.
STEPS: Final = 20
AWAKE: Final = on(range(1, 8), 8, 23)
# Zones differ by quarters of an hour, so that hours in a set of quarters lose nothing.
QUARTER: Final = 15
WEEK: Final = timedelta(days=7)
QUARTERS: Final = WEEK // timedelta(minutes=QUARTER)

Standing = tuple[Level | None, int | None]  # a declared level and a measured strength in steps


# --- the parts


def history(met: Met | None, now: datetime) -> int:
    """What having met costs: by how often, then by how recently."""
    if met is None or met.times < 1:
        return 0
    left = max(0, FORGOTTEN.days - max(0, (now - met.last).days))
    return AGAIN * met.times + RECENT * left // FORGOTTEN.days


def track(one: Track, other: Track) -> int:
    if one == other:
        return TRACK
    return TRACK // 2 if "undecided" in (one, other) else 0


def topics(shared: int) -> int:
    return TOPIC * min(shared, TOPICS)


def time(quarters: int) -> int:
    """What so many shared quarters of an hour in the coming week bring to two who want to meet live."""
    minutes = QUARTER * quarters
    return NO_HOURS if minutes < SHORTEST else TIME * min(minutes, PLENTY) // PLENTY


def level(one: Standing, other: Standing) -> int:
    if one[1] is not None and other[1] is not None:
        return LEVEL * min(abs(one[1] - other[1]), GAP) // GAP
    known = one[0] is not None and other[0] is not None
    return LEVEL // 2 if known and (one[0] == "1-3-years") != (other[0] == "1-3-years") else 0


def reliability(one: int, other: int) -> int:
    return RELIABILITY * one * other // STEPS**2


# --- what they are functions of


def standing(peer: Peer) -> Standing:
    return peer.level, None if peer.strength is None else steps(peer.strength)


def steps(share: float) -> int:
    return round(STEPS * min(1.0, max(0.0, share)))


def hours(peer: Peer, now: datetime) -> int:
    """When they can meet in the week from the next quarter of an hour on: bit n is its n-th quarter."""
    start, found = week_start(now), 0
    for slot in peer.slots or AWAKE:
        found |= _quarters(slot, peer.zone, start)
    return found


@lru_cache(maxsize=8192)
def _quarters(slot: Slot, zone: str, start: datetime) -> int:
    found = 0
    for begins, ends in occurrences((slot,), zone_named(zone), start, start + WEEK):
        first, last = ((moment - start) // timedelta(minutes=QUARTER) for moment in (begins, ends))
        found |= (1 << last) - (1 << first)
    return found


def week_start(now: datetime) -> datetime:
    """The first quarter of an hour that has not begun yet."""
    now = now.astimezone(UTC)
    begun = now.replace(minute=now.minute - now.minute % QUARTER, second=0, microsecond=0)
    return begun if begun == now else begun + timedelta(minutes=QUARTER)


# --- together


def may_meet(one: Peer, other: Peer) -> bool:
    """The hard limits that two people's own choices set; blocks are the other one."""
    return (one.mode, one.medium) == (other.mode, other.medium) and not one.languages.isdisjoint(
        other.languages
    )


def parts_of(
    one: Peer, other: Peer, shared: int, met: Met | None, kept: bool, now: datetime
) -> dict[str, int]:
    """The score of two who may meet, part by part; `shared` are the hours of both."""
    return {
        "kept": KEPT if kept else 0,
        "met": 0 if kept else history(met, now),
        "track": track(one.track, other.track),
        "topics": topics(len(one.topics & other.topics)),
        "time": time(shared.bit_count()) if one.mode == "live" else 0,
        "level": level(standing(one), standing(other)),
        "reliability": reliability(steps(one.reliability), steps(other.reliability)),
    }


def mode_of(wanted: Mode, shared: int) -> Mode:
    """How a group meets that shares these quarters of an hour."""
    return "live" if wanted == "live" and QUARTER * shared.bit_count() >= SHORTEST else "async"
