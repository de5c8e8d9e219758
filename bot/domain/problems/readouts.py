"""What the cards of a group problem are told."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.drops import Question
from bot.domain.problems.phases import Phase, Terms


@dataclass(frozen=True, slots=True)
class Contributor:
    """Somebody who took part, as they show themselves: without a name for those who hide it."""

    name: str | None
    proposed: bool
    late: bool = False
    # To whom they responded, as the discussion calls those proposals.
    responded_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gone:
    """Those who took part and had their data erased, in figures: of whom it was, nothing is left."""

    people: int = 0
    proposals: int = 0
    responders: int = 0
    responses: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """A group problem as it stands."""

    id: int
    server_id: int
    guild_id: int
    question: Question
    terms: Terms
    phase: Phase
    ends_at: datetime | None
    channel_id: int
    message_id: int | None
    thread_id: int | None
    forum: bool
    late: bool
    due_at: datetime | None
    guide: int | None  # a Discord id
    comment: str | None
    people: tuple[Contributor, ...]
    unanswered: int  # proposals nobody has responded to
    unopened: int  # proposals without a message of their own
    reveal_message_id: int | None = None
    changes: int = 0
    guide_role: int | None = None
    # A meeting has somebody who leads it.
    in_meeting: bool = False
    gone: Gone = Gone()
    summary_message_id: int | None = None

    @property
    def place(self) -> int:
        """The channel its card stands in."""
        return self.thread_id if self.forum and self.thread_id is not None else self.channel_id

    @property
    def room(self) -> int:
        """Where it is discussed: the thread, or the channel where there is none."""
        return self.thread_id or self.channel_id

    @property
    def proposed(self) -> tuple[Contributor, ...]:
        return tuple(one for one in self.people if one.proposed)

    @property
    def responded(self) -> tuple[Contributor, ...]:
        return tuple(one for one in self.people if one.responded_to)

    @property
    def link(self) -> str:
        """The way to its card."""
        return f"https://discord.com/channels/{self.guild_id}/{self.place}/{self.message_id}"


@dataclass(frozen=True, slots=True)
class Guiding:
    """Who may be asked to guide, in the order of their turns; who is not named, only while they hold the role."""

    guild_id: int
    role_id: int | None
    named: frozenset[int]
    in_turn: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """A problem a guide looks at before it is posted."""

    id: int
    question: Question
    terms: Terms
    channel_id: int
    seen_before: bool
    others: int  # how many others would fit


@dataclass(frozen=True, slots=True)
class Proposed:
    """One proposal as a person may read it: `name` is what it is called, a member's or its number."""

    id: int
    problem_id: int
    name: str
    text: str
    late: bool
    votes: int
    responses: int
    signed_off: bool
    message_id: int | None
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Responded:
    """One response written in the form, and to what."""

    id: int
    problem_id: int
    name: str
    to: str
    text: str
    message_id: int | None
    link: str | None  # to the proposal's message


@dataclass(frozen=True, slots=True)
class Hint:
    """The hints a member has taken so far."""

    problem_id: int
    title: str
    hints: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Taking:
    """What somebody is told after they did something: where the problem stands, and what it brought them."""

    problem_id: int
    phase: Phase
    ends_at: datetime | None
    joined_now: bool = False
    again: bool = False
    reps: int = 0
    points: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a problem went, for its summary."""

    problem: Problem
    responses: int
    insights: tuple[tuple[str, int], ...]  # what was voted for, and by how many
    signed_off: tuple[str, ...]
    voters: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """An open problem that waits for somebody: for so many responses, or without a number for their proposal.

    For its guide it is proposals that wait, to be signed off.
    """

    problem_id: int
    title: str
    link: str
    ends_at: datetime | None
    responses: int | None
    guiding: bool = False


@dataclass(frozen=True, slots=True)
class Nudge:
    """A problem somebody wanted to be reminded of; `proposed` is whether responding is what is left."""

    problem_id: int
    server_id: int
    discord_id: int
    server_name: str
    title: str
    link: str
    proposed: bool
