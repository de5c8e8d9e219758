"""What the index page shows, and its HTML: frozen readouts in, strings out. No server, no SimCord."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

_VISIBLE_THREADS = 6


@dataclass(frozen=True, slots=True)
class Moment:
    """The next thing the bot has scheduled: when, and what in a few words."""

    when: datetime
    what: str


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who can be played: in a few words who they are, and which commands to try as them."""

    id: int
    name: str
    line: str
    tries: str = ""


@dataclass(frozen=True, slots=True)
class Room:
    """A place with messages; `closed_to_viewer` says that it opens as someone else, who can read it.

    `open_to` names those for whom it is open, if not for everybody.
    """

    id: int
    name: str
    kind: str
    fresh: int = 0
    closed_to_viewer: bool = False
    talkers: tuple[Person, ...] = ()
    open_to: tuple[str, ...] = ()
    threads: tuple["Room", ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything the page shows, as one person sees it at one moment."""

    now: datetime
    upcoming: Moment | None
    viewer: Person
    people: Sequence[Person]
    rooms: Sequence[tuple[str, Sequence[Room]]]


def distance(gap: timedelta) -> str:
    """A gap in words as short as a button allows: `in 3 h 20 min`."""
    seconds = max(0, int(gap.total_seconds()))
    if seconds < 60:
        return f"in {seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if hours < 1:
        return f"in {minutes} min"
    if days < 2:
        return f"in {hours} h {minutes % 60} min" if minutes % 60 else f"in {hours} h"
    return f"in {days} days"


@dataclass(frozen=True, slots=True)
class Drawing:
    """HTML for one scene; `room` is the one open in the frame."""

    scene: Scene
    room: int | None
    zone: ZoneInfo
    token: str

    def sections(self) -> dict[str, str]:
        return {"clock": self.clock(), "skip": self.skip(), "rooms": self.rooms(), "people": self.people()}

    def clock(self) -> str:
        local = self.scene.now.astimezone(self.zone)
        return (
            f'<time datetime="{self.scene.now.astimezone(UTC).isoformat(timespec="seconds")}">'
            f"<b>{local:%H:%M:%S}</b> {local:%a} {local.day} {local:%B %Y}, {escape(str(self.zone))}</time>"
        )

    def skip(self) -> str:
        upcoming = self.scene.upcoming
        if upcoming is None:
            return '<button class="skip" disabled><b>Nothing is scheduled</b></button>'
        local = upcoming.when.astimezone(self.zone)
        return self.form(
            "skip",
            '<button id="skip" class="skip"><b>Skip to the next scheduled moment</b> '
            f"<span>{escape(upcoming.what)}, {local:%a %H:%M} "
            f"({distance(upcoming.when - self.scene.now)})</span></button>",
        )

    def reset(self) -> str:
        button = '<button class="danger">Delete the demo’s data and start again</button>'
        return f'<details class="reset"><summary>Reset…</summary>{self.form("reset", button)}</details>'

    def rooms(self) -> str:
        return "".join(
            f"<section><h3>{escape(title)}</h3>{listed('rooms', map(self.one_room, rooms))}</section>"
            for title, rooms in self.scene.rooms
        )

    def one_room(self, room: Room) -> str:
        parts = [self.room_name(room)]
        if room.open_to and room.kind in ("thread", "voice"):
            *others, last = room.open_to
            people = f"{', '.join(others)} and {last}" if others else last
            parts.append(f'<small class="open-to">for {escape(people)}</small>')
        if room.kind == "voice":
            parts.append(self.voice(room))
        parts.append(listed("threads", map(self.one_room, room.threads[:_VISIBLE_THREADS])))
        if rest := room.threads[_VISIBLE_THREADS:]:
            parts.append(
                f'<details class="threads" data-keep="older-{room.id}"><summary>{len(rest)} older</summary>'
                f"{listed('threads', map(self.one_room, rest))}</details>"
            )
        return "".join(parts)

    def room_name(self, room: Room) -> str:
        mark = {"voice": "♪", "thread": "↳", "post": "¶", "dm": "@"}.get(room.kind, "#")
        label = f'<i aria-hidden="true">{mark}</i> <span class="name">{escape(room.name)}</span>'
        if room.kind == "forum":
            return f'<span class="room">{label}</span>'
        if room.closed_to_viewer:
            label += (
                f' <small title="{escape(self.scene.viewer.name)} cannot read this room;'
                ' it opens as someone who can">private</small>'
            )
        if room.fresh and room.id != self.room:
            label += f' <b class="fresh">{room.fresh} new</b>'
        current = ' aria-current="page"' if room.id == self.room else ""
        return (
            f'<a class="room" id="room-{room.id}" data-room="{room.id}" target="room"'
            f' href="{escape(self.room_link(room.id))}"{current}>{label}</a>'
        )

    def voice(self, room: Room) -> str:
        inside = {person.id for person in room.talkers}
        chips = (
            self.form(
                "leave",
                f'<input type="hidden" name="person" value="{person.id}">{escape(person.name)} '
                f'<button id="leave-{person.id}" aria-label="{escape(person.name)} leaves">leave</button>',
            )
            for person in room.talkers
        )
        viewer = self.scene.viewer
        if viewer.id in inside:
            return listed("talkers", chips)
        return listed("talkers", chips) + self.form(
            "join",
            f'<input type="hidden" name="person" value="{viewer.id}">'
            f'<input type="hidden" name="to" value="{room.id}">'
            f'<button id="join-{room.id}" class="quiet">Join as {escape(viewer.name)}</button>',
        )

    def people(self) -> str:
        return listed("people", map(self.one_person, self.scene.people))

    def one_person(self, person: Person) -> str:
        current = ' aria-current="true"' if person.id == self.scene.viewer.id else ""
        tries = f' <small class="tries">{escape(person.tries)}</small>' if person.tries else ""
        where = {"as": person.id} | ({"room": self.room} if self.room else {})
        return (
            f'<a class="person" id="person-{person.id}" data-person="{person.id}"'
            f' href="/?{escape(urlencode(where))}"{current}>'
            f'<img src="/face/{person.id}.png" alt="" width="32" height="32">'
            f"<span><b>{escape(person.name)}</b> <small>{escape(person.line)}</small>{tries}</span></a>"
        )

    def room_link(self, room: int) -> str:
        return f"/room/{room}?{urlencode({'as': self.scene.viewer.id})}"

    def form(self, action: str, inside: str) -> str:
        where = {"token": self.token, "as": str(self.scene.viewer.id), "room": str(self.room or "")}
        hidden = "".join(
            f'<input type="hidden" name="{key}" value="{value}">' for key, value in where.items()
        )
        return f'<form method="post" action="/{action}">{hidden}{inside}</form>'


def listed(kind: str, items: Iterable[str]) -> str:
    rows = "".join(f"<li>{item}</li>" for item in items)
    return f'<ul class="{kind}">{rows}</ul>' if rows else ""


def first_room(scene: Scene) -> int | None:
    return next(
        (
            room.id
            for _, rooms in scene.rooms
            for room in rooms
            if room.kind == "text" and not room.closed_to_viewer
        ),
        None,
    )
