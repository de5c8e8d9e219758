"""An async recitation: in whatever order people do their part, nobody waits to begin, and it comes to an end."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.exchange import RECORDING_LIMIT, Progress, Recording, complete, owed
from bot.domain.recitation import listener_of

DONE = {"hand-in": "handed_in", "reply": "replied"}


def listeners(people: int) -> dict[int, int | None]:
    return {place: listener_of(place, range(people)) for place in range(people)}


def after(
    step: str, place: int, progress: Mapping[int, Progress], marks: Mapping[int, int | None]
) -> dict[int, Progress]:
    """Somebody does one step."""
    done: Any
    if step == "mark":
        told = next(
            one
            for one, listener in marks.items()
            if listener == place and progress[one].handed_in and not progress[one].marked
        )
        done = {told: replace(progress[told], marked=True)}
    else:
        changed: dict[str, Any] = {DONE[step]: True}
        done = {place: replace(progress[place], **changed)}
    return {**progress, **done}


@given(st.integers(1, 3), st.randoms(use_true_random=False))
def test_in_whatever_order_it_ends_after_everybodys_steps(people: int, chance: Any) -> None:
    progress, marks = {place: Progress() for place in range(people)}, listeners(people)
    steps = 0
    while not complete(progress, marks):
        can = [(step, place) for place in range(people) for step in owed(place, progress, marks)]
        # Somebody can always do something.
        step, place = chance.choice(can)
        progress = after(step, place, progress, marks)
        steps += 1
    assert steps == (1 if people == 1 else 3 * people)
    assert [owed(place, progress, marks) for place in range(people)] == [()] * people


@given(st.integers(1, 3))
def test_everybody_can_begin_at_once(people: int) -> None:
    progress, marks = {place: Progress() for place in range(people)}, listeners(people)
    assert [owed(place, progress, marks) for place in range(people)] == [("hand-in",)] * people


def test_somebody_can_mark_before_they_hand_in_themselves() -> None:
    progress = {0: Progress(handed_in=True), 1: Progress()}
    assert owed(1, progress, listeners(2)) == ("hand-in", "mark")
    assert owed(0, progress, listeners(2)) == ()


def test_in_a_trio_each_marks_the_next_one() -> None:
    progress = {0: Progress(handed_in=True), 1: Progress(), 2: Progress()}
    assert [owed(place, progress, listeners(3)) for place in range(3)] == [
        (),
        ("hand-in", "mark"),
        ("hand-in",),
    ]


def test_a_recording_is_sound_or_film_that_a_bot_may_post() -> None:
    assert Recording("u", "audio/ogg", RECORDING_LIMIT).fit
    assert Recording("u", "video/mp4", 1).fit
    assert not Recording("u", "audio/ogg", RECORDING_LIMIT + 1).fit
    assert not Recording("u", "image/png", 1).fit
    assert not Recording("u", "", 1).fit
