"""Breakouts: those present recite to each other in twos and threes, by the means of every other recitation."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, combinations
from typing import Final

from sqlalchemy.orm import Session

from bot.domain.meetings import ALOUD_FROM, REMATCHED_UNTIL, refill
from bot.domain.pairing import Group, Medium, Met, Paired, PairKey, Peer, fit
from bot.domain.recitation import AFTER, ENDS, Stage
from bot.services.meetings.gathering import Gathering, group_rows
from bot.services.pairing.peers import kept_of, met_of, peers_of
from bot.services.recitation import opening
from bot.services.recitation.arranging import arrange
from bot.services.recitation.circle import Circle, arrive, circle_of
from bot.services.recitation.phases import call_time, end, ended_for, mended, moved, redraw
from bot.services.safety.blocks import blocked_pairs
from bot.services.timers import set_timer
from bot.storage.tables import Meeting, MeetingGroup, Recitation

ROOM, THIRD, SWAP = "meeting.room", "meeting.third", "meeting.swap"
# Everyone is here now, whatever their weeks say.
HERE_NOW: Final = "UTC"
HOURS: Final = ("time", "no-hours")
# In a pair the first is followed by the second; in a trio, the second by the third.
SWAPS: Final = ((1, 2), (1, 3), (2, 3))
UNDER_WAY = ("opening", "ready", "reciting", "rubric")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Who is to be paired in one part of a meeting, and what is known of them together."""

    place: int
    peers: tuple[Peer, ...]
    met: dict[PairKey, Met]
    kept: frozenset[PairKey]
    blocked: frozenset[PairKey]
    seed: int


def snapshot(db: Session, gathering: Gathering, now: datetime) -> Snapshot | None:
    """Everybody present, as pairing sees them; None when this part's pairs are made, or it is no such part."""
    meeting = gathering.meeting
    if meeting.phase != "recite" or group_rows(db, meeting.id, meeting.place):
        return None
    ids = [guest.member.id for guest in gathering.here]
    return Snapshot(
        place=meeting.place,
        peers=_peers(db, gathering, ids, now),
        met=met_of(db, ids),
        kept=frozenset(kept_of(db, ids)),
        blocked=frozenset(blocked_pairs(db, gathering.server.id)),
        # Who was together in the last part has met since, so chance need only be another.
        seed=meeting.seed + meeting.place,
    )


def _peers(db: Session, gathering: Gathering, ids: Sequence[int], now: datetime) -> tuple[Peer, ...]:
    medium: Medium = gathering.meeting.medium  # type: ignore[assignment]
    return tuple(
        replace(peer, mode="live", medium=medium, zone=HERE_NOW, slots=())
        for peer in peers_of(db, gathering.server.id, ids, now)
    )


def save(db: Session, gathering: Gathering, shot: Snapshot, paired: Paired, now: datetime) -> bool:
    """Save the pairs of a part; False when they are no longer as they must be, and have to be made again.

    Between the look at everybody and this, somebody may have blocked another, come or gone.
    """
    meeting = gathering.meeting
    if (meeting.phase, meeting.place) != ("recite", shot.place) or group_rows(db, meeting.id, shot.place):
        return True
    there = {guest.member.id for guest in gathering.here}
    blocked = blocked_pairs(db, gathering.server.id)
    if {peer.member_id for peer in shot.peers} != there or any(
        frozenset(two) in blocked for group in paired.groups for two in combinations(group.members, 2)
    ):
        return False
    for group in paired.groups:
        _together(db, gathering, group, now)
    for member_id in paired.alone:
        _alone(db, gathering, member_id, now)
    set_swaps(db, gathering, now)
    return True


def _together(db: Session, gathering: Gathering, group: Group, now: datetime) -> None:
    recitation_id = _arranged(
        db,
        gathering,
        "live",
        group.members,
        now,
        group.score,
        [reason.as_json() for reason in group.reasons if reason.code not in HOURS],
    )
    opening.open_room(db, recitation_id, now, kind=ROOM)


def _alone(db: Session, gathering: Gathering, member_id: int, now: datetime) -> None:
    _arranged(db, gathering, "solo", (member_id,), now)


def _arranged(
    db: Session,
    gathering: Gathering,
    mode: str,
    member_ids: Sequence[int],
    now: datetime,
    score: int = 0,
    reasons: Sequence[object] = (),
) -> int:
    meeting = gathering.meeting
    recitation_id = arrange(
        db,
        server_id=gathering.server.id,
        channel_id=meeting.channel_id,
        origin="meeting",
        mode=mode,  # type: ignore[arg-type]
        medium=meeting.medium,  # type: ignore[arg-type]
        member_ids=member_ids,
        now=now,
        score=score,
        reasons=reasons,
    )
    db.add(MeetingGroup(meeting_id=meeting.id, place=meeting.place, recitation_id=recitation_id))
    db.flush()
    return recitation_id


# --- time is called


def swap_keys(meeting: Meeting) -> dict[str, tuple[int, int]]:
    """The swaps of a meeting as its clock is set now: at which turn in groups of which size."""
    return {f"{SWAP}:{meeting.id}:{meeting.step}:{turn}of{size}": (turn, size) for turn, size in SWAPS}


def set_swaps(db: Session, gathering: Gathering, now: datetime) -> None:
    """Have the swaps called: a pair's at half of the time, a trio's at each third."""
    meeting = gathering.meeting
    if meeting.phase != "recite" or meeting.phase_since is None or meeting.phase_ends_at is None:
        return
    whole = meeting.phase_ends_at - meeting.phase_since
    sizes = {len(circle.places) for circle in _circles(db, gathering)}
    for key, (turn, size) in swap_keys(meeting).items():
        due_at = meeting.phase_since + whole * turn / size
        if size in sizes and due_at > now:
            set_timer(
                db,
                key=key,
                kind=SWAP,
                server_id=gathering.server.id,
                subject_id=meeting.id,
                due_at=due_at,
            )


def swap(db: Session, gathering: Gathering, turn: int, size: int, now: datetime) -> None:
    """Whoever comes next recites now, in every group of a size that has not come so far by itself."""
    for circle in _circles(db, gathering):
        if len(circle.seats) == size and circle.recitation.turn < turn:
            _count_aloud(db, gathering, circle, now)
            call_time(db, circle, now, until=turn)


def finish(db: Session, gathering: Gathering, now: datetime) -> None:
    """The time of a round is up: whoever has recited is owed feedback, and everyone comes back."""
    for circle in _circles(db, gathering):
        _count_aloud(db, gathering, circle, now)
        if circle.recitation.phase in ("opening", "arranged") or not any(
            seat.row.recited_at for seat in circle.seats
        ):
            end(db, circle, now, "over")
        else:
            call_time(db, circle, now, until=AFTER)


def _count_aloud(db: Session, gathering: Gathering, circle: Circle, now: datetime) -> None:
    """By voice nobody has to press: who was together in voice through somebody's turn has recited, and listened.

    It is a rep; points still need the listener's feedback, as everywhere.
    """
    recitation, opened_at = circle.recitation, circle.recitation.opened_at
    seat = circle.at(recitation.turn)
    together = [one for one in circle.seats if one.here and _in_voice(gathering, one.member.id)]
    if recitation.phase != "ready" or seat not in together or len(together) < 2 or opened_at is None:
        return
    since = max(opened_at, *(one.row.finished_at or opened_at for one in circle.seats))
    if now - since < ALOUD_FROM:
        return
    for one in together:
        arrive(db, one, since)
    moved(db, circle, "begin", now)
    seat.row.recited_at = since


def _in_voice(gathering: Gathering, member_id: int) -> bool:
    guest = gathering.guest(member_id)
    return gathering.meeting.voice_id is not None and guest is not None and guest.here and guest.row.by_voice


def _circles(db: Session, gathering: Gathering) -> list[Circle]:
    """The groups of the present part that are under way."""
    meeting = gathering.meeting
    found = (
        circle_of(db, one.id)
        for one in group_rows(db, meeting.id, meeting.place)
        if one.mode != "solo" and one.phase not in ENDS
    )
    return [circle for circle in found if circle is not None and circle.recitation.turn < AFTER]


# --- people come and go in the middle of a round


def let_go(db: Session, gathering: Gathering, member_id: int, now: datetime) -> None:
    """Somebody left in the middle: a pair ends, with credit for what was done; of three the other two go on."""
    for circle in _circles(db, gathering):
        seat = next((one for one in circle.seats if one.member.id == member_id), None)
        if seat is None or not seat.here:
            continue
        if len(circle.places) > 2:
            if circle.stage == Stage("reciting", seat.place):
                call_time(db, circle, now, until=seat.place + 1)
            seat.row.came_at, seat.row.missed_at = None, now
            db.flush()
            if not mended(db, circle, now):
                redraw(db, circle, now)
        elif circle.recitation.phase in UNDER_WAY:
            end(db, circle, now, ended_for(circle))


def place_free(db: Session, gathering: Gathering, rng: random.Random, now: datetime) -> None:
    """Put those together who have nobody, make trios of who is left, and let the last recite alone."""
    meeting = gathering.meeting
    if (
        meeting.phase != "recite"
        or meeting.paused_at is not None
        or meeting.phase_ends_at is None
        or meeting.phase_ends_at - now < REMATCHED_UNTIL
        # The pairs of this part are still to be made, of everybody.
        or not group_rows(db, meeting.id, meeting.place)
    ):
        return
    pairs = _circles(db, gathering)
    taken = {seat.member.id for circle in pairs for seat in circle.seats if seat.here}
    finished, alone = _others(db, gathering)
    free = [
        guest.member.id
        for guest in gathering.here
        if guest.member.id not in taken and guest.member.id not in finished
    ]
    if not free:
        return
    everybody = {peer.member_id: peer for peer in _peers(db, gathering, [*free, *taken], now)}
    blocked = blocked_pairs(db, gathering.server.id)

    def may_meet(one: int, other: int) -> bool:
        if frozenset((one, other)) in blocked or not {one, other} <= everybody.keys():
            return False
        return fit(everybody[one], everybody[other], met=None, kept=False, now=now) is not None

    circles = [
        tuple(seat.member.id for seat in circle.seats if seat.here) if len(circle.seats) == 2 else ()
        for circle in pairs
    ]
    together, joins, over = refill(free, circles, may_meet)
    for person in chain(chain.from_iterable(together), joins):
        if person in alone:
            _end_alone(alone[person], now)
    for two in together:
        found = fit(everybody[two[0]], everybody[two[1]], met=None, kept=False, now=now)
        assert found is not None
        group = Group(two, "live", meeting.medium, found.score, {}, ())  # type: ignore[arg-type]
        _together(db, gathering, group, now)
    for person, place in joins.items():
        _join(db, gathering, pairs[place], person, rng, now)
    for person in over:
        if person not in alone:
            _alone(db, gathering, person, now)
    set_swaps(db, gathering, now)


def _others(db: Session, gathering: Gathering) -> tuple[set[int], dict[int, Recitation]]:
    """Whose group is done in this part, everyone having recited, and who recites alone and has not finished."""
    meeting = gathering.meeting
    done, alone = set[int](), dict[int, Recitation]()
    for recitation in group_rows(db, meeting.id, meeting.place):
        circle = circle_of(db, recitation.id)
        seats = circle.seats if circle else ()
        if all(seat.row.finished_at is not None for seat in seats):
            done.update(seat.member.id for seat in seats)
        elif recitation.mode == "solo" and recitation.phase not in ENDS:
            alone.update((seat.member.id, recitation) for seat in seats)
    return done, alone


def _end_alone(recitation: Recitation, now: datetime) -> None:
    recitation.phase, recitation.phase_since, recitation.closed_at = "over", now, now


def _join(
    db: Session, gathering: Gathering, circle: Circle, member_id: int, rng: random.Random, now: datetime
) -> None:
    recitation = circle.recitation
    opening.take_in(db, recitation.id, member_id, rng, now)
    set_timer(
        db,
        key=f"{THIRD}:{recitation.id}:{member_id}",
        kind=THIRD,
        server_id=gathering.server.id,
        subject_id=recitation.id,
        due_at=now,
    )
