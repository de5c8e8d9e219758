"""The phases of a recitation: whatever people press and however time passes, everyone recites once, and it ends."""

from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.recitation import AFTER, Event, Stage, allowed, following, listener_of

EVENTS: tuple[Event, ...] = get_args(Event)
PEOPLE = st.sampled_from([(0, 1), (0, 1, 2)])


class Room:
    """A room as the service keeps it: who recited, whom nobody told anything, and every stage it was in."""

    def __init__(self, places: tuple[int, ...]) -> None:
        self.places = places
        self.stages = [Stage("ready")]
        self.owed: set[int] = set()

    @property
    def stage(self) -> Stage:
        return self.stages[-1]

    def happen(self, event: Event, about: int = 0) -> None:
        """An event; feedback is given about somebody who is owed it, and only moves on as the service lets it."""
        if event == "given":
            if not self.owed:
                return
            told = sorted(self.owed)[about % len(self.owed)]
            self.owed.discard(told)
            if self.stage.phase != "rubric" or self.stage.turn not in (told, AFTER):
                return
        coming = following(self.stage, event, places=self.places, owed=self.owed)
        if coming is None:
            return
        if self.stage.phase == "reciting" and self.stage.turn in self.places:
            self.owed.add(self.stage.turn)
        self.stages.append(coming)

    def recited(self) -> list[int]:
        return [stage.turn for stage in self.stages if stage.phase == "reciting"]


@given(PEOPLE, st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(0, 2)), max_size=40))
def test_everybody_recites_at_most_once_in_order_and_never_two_at_once(
    places: tuple[int, ...], events: list[tuple[Event, int]]
) -> None:
    room = Room(places)
    for event, about in events:
        room.happen(event, about)
    assert room.recited() == list(places[: len(room.recited())])
    order = ["ready", "reciting", "rubric"]
    for before, after in pairwise(room.stages):
        same = before.turn == after.turn
        nearer = order.index(after.phase) - order.index(before.phase) if after.phase in order else 1
        assert (same and nearer == 1) or after.turn > before.turn or after.phase in ("feedback", "done")


@given(PEOPLE, st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(0, 2)), max_size=40))
def test_pressed_and_timed_to_the_end_it_ends_with_everyone_having_recited(
    places: tuple[int, ...], events: list[tuple[Event, int]]
) -> None:
    room = Room(places)
    for event, about in events:
        room.happen(event, about)
    # Whatever was, from here on people begin, and time does the rest: four steps for each turn, and three at the end.
    for _ in range(4 * len(places) + 3):
        room.happen("begin")
        room.happen("time")
    assert room.stage == Stage("done", AFTER)
    assert room.recited() == list(places)
    assert all(following(room.stage, event, places=places) is None for event in EVENTS)


@given(PEOPLE)
def test_all_feedback_in_time_opens_it_without_anybody_waiting(places: tuple[int, ...]) -> None:
    room = Room(places)
    for _ in places:
        for event in ("begin", "finish", "given"):
            room.happen(event)
    assert room.stage == Stage("feedback", AFTER)


@given(PEOPLE, st.integers(0, 2))
def test_feedback_that_is_owed_keeps_it_sealed_until_it_comes_or_time_is_up(
    places: tuple[int, ...], silent: int
) -> None:
    room, silent = Room(places), silent % len(places)
    for place in places:
        room.happen("begin")
        room.happen("finish")
        room.happen("time" if place == silent else "given", -1)
    assert room.stage == Stage("rubric", AFTER)
    late = Room(places)
    late.stages, late.owed = list(room.stages), set(room.owed)
    room.happen("given")
    late.happen("time")
    assert room.stage == late.stage == Stage("feedback", AFTER)


@given(st.sets(st.integers(0, 2), min_size=2).map(sorted))
def test_each_listens_to_exactly_one_and_never_to_themselves(places: list[int]) -> None:
    listening = [listener_of(place, places) for place in places]
    assert sorted(listening, key=str) == places
    assert all(place != listener for place, listener in zip(places, listening, strict=True))


def test_alone_nobody_listens() -> None:
    assert listener_of(0, [0]) is None
    assert listener_of(2, [0, 1]) == 0


@given(st.sets(st.integers(0, 2), min_size=2).map(tuple))
def test_a_turn_of_somebody_who_left_is_passed_over(places: tuple[int, ...]) -> None:
    room = Room(places)
    room.stages = [Stage("rubric", turn) for turn in range(3) if turn not in places] or [Stage("ready")]
    first = room.stage
    for _ in range(20):
        for event in ("begin", "finish", "time"):
            room.happen(event)
    assert room.recited() == [place for place in places if place > first.turn or first.phase == "ready"]
    assert room.stage.phase == "done"


@pytest.mark.parametrize("phase", ["ready", "reciting", "rubric"])
def test_typing_has_double_the_time_of_speaking(phase: str) -> None:
    spoken, typed = (allowed(Stage(phase), medium) for medium in ("voice", "typed"))  # type: ignore[arg-type]
    assert spoken is not None
    assert typed == 2 * spoken


def test_days_are_days_also_for_typing() -> None:
    for stage in (Stage("rubric", AFTER), Stage("feedback", AFTER)):
        assert allowed(stage, "voice") == allowed(stage, "typed") is not None
    assert allowed(Stage("done", AFTER), "voice") is None
