"""Pairing: who is put together with whom in a round, how well two fit, and why."""

from .crowds import FEW
from .groups import fit
from .peers import (
    REASONS,
    Fit,
    Group,
    Medium,
    Met,
    Mode,
    Paired,
    PairKey,
    Peer,
    Reason,
)
from .rounds import pair

__all__ = [
    "FEW",
    "REASONS",
    "Fit",
    "Group",
    "Medium",
    "Met",
    "Mode",
    "PairKey",
    "Paired",
    "Peer",
    "Reason",
    "fit",
    "pair",
]
