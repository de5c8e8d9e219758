"""Parcels: a large round on its way to a child process and back, in slices.

Pickling holds the interpreter's lock, and so does its reverse: over five thousand people at once the event loop would
wait for a tenth of a second. The child loads this module, so it imports the rules and no more.
"""

import pickle
from collections.abc import Iterable
from typing import Any

from bot.domain.pairing import pair

# Some two milliseconds each.
SLICE = 250


def wrapped(things: Iterable[object]) -> list[bytes]:
    every = list(things)
    return [pickle.dumps(every[start : start + SLICE]) for start in range(0, len(every), SLICE)]


def unwrapped(parcels: Iterable[bytes]) -> list[Any]:
    return [one for parcel in parcels for one in pickle.loads(parcel)]


def paired(peers: list[bytes], met: list[bytes], **rest: Any) -> tuple[list[bytes], tuple[int, ...]]:
    """The groups of a round, and who is alone; the child's part."""
    made = pair(unwrapped(peers), met=dict(unwrapped(met)), **rest)
    return wrapped(made.groups), made.alone
