"""Recitation: how one goes, and the phases it goes through."""

from typing import Final, Literal

# Together, one after the other within days, or alone; spoken or written.
Style = Literal["live", "async", "solo"]
Medium = Literal["voice", "typed"]
Origin = Literal["round", "lobby", "solo"]
# arranged: put together, no room yet. opening: the room is being made. ready: everybody reads their concept. reciting,
# rubric: of the one whose turn it is. exchange: an async pair hands in and marks. feedback: everything was given, or
# its time is over, and can be read. done and over are ends: done with credit, over without (nobody came, a block).
Phase = Literal["arranged", "opening", "ready", "reciting", "rubric", "exchange", "feedback", "done", "over"]
ENDS: Final[tuple[Phase, ...]] = ("done", "over")
# Until one of these nobody reads what was said of them.
FEEDBACK_OPEN: Final[tuple[Phase, ...]] = ("feedback", "done")
