"""People who want a partner, as a study server has them: their zones, weeks, languages and levels drawn at random."""

import random
from datetime import UTC, datetime

from bot.domain.availability import HOUR, PRESETS, Slot, Slots, merged
from bot.domain.members import LEVELS, TRACKS
from bot.domain.pairing import Peer

NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)
ZONES = (
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "Africa/Lagos",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Australia/Sydney",
)
TOPICS = tuple(f"topic-{number}" for number in range(24))


def week(rng: random.Random) -> Slots:
    """Half of the people tap presets, some say their own hours, the others nothing."""
    kind = rng.random()
    if kind < 0.5:
        return merged(
            slot for name in rng.sample(sorted(PRESETS), rng.randint(1, 3)) for slot in PRESETS[name].slots
        )
    if kind < 0.8:
        slots = []
        for weekday in rng.sample(range(1, 8), rng.randint(2, 6)):
            start = rng.randint(6, 20)
            slots.append(Slot(weekday, start * HOUR, (start + rng.randint(1, 3)) * HOUR))
        return merged(slots)
    return ()


def peers(count: int, seed: int) -> list[Peer]:
    """So many people of one mode and medium who all speak English."""
    rng = random.Random(seed)
    return [
        Peer(
            member_id,
            "live",
            "voice",
            frozenset({"en", *rng.sample(["de", "fr", "es", "hi", "pt"], rng.choice([0, 0, 1, 2]))}),
            rng.choice(list(TRACKS)),
            rng.choice(ZONES),
            rng.choice([None, *LEVELS]),
            frozenset(rng.sample(TOPICS, rng.randint(0, 3))),
            week(rng),
            None if rng.random() < 0.2 else rng.random(),
            1 - 0.8 * rng.random() ** 3,
        )
        for member_id in range(1, count + 1)
    ]
