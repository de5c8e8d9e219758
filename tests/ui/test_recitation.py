"""A room's faces at their largest: every card fits Discord, and what is sealed stands on none that everybody sees."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

import pytest

from bot.client.cards import TEXT_LIMIT, Card, Row
from bot.client.posting import Unpostable
from bot.domain.recitation import AFTER, Chair, Concept, Heard, Outline, Phase, Room, Rubric, Stage
from bot.services.recitation.absence import Nudge, Waited
from bot.services.recitation.opening import Entrance
from bot.ui.recitation.feedback import heard_card
from bot.ui.recitation.guidance import guide_card
from bot.ui.recitation.more import absent_card, again_card, more_card
from bot.ui.recitation.notes import nudge_card, voice_card, word_marker
from bot.ui.recitation.room import (
    MarkModal,
    entrance_card,
    marker,
    outline_card,
    passed_card,
    room_card,
)
from bot.ui.recitation.tickets import ReciterTicket
from bot.ui.recitation.times import times_card

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
LARGEST = 2**63 - 1
PARTS = ("definition", "intuition", "maths", "fails", "example")
# As long as the bank lets them be.
POINTS = tuple(f"{place} " + "k" * 198 for place in range(9))
CONCEPT = Concept("t" * 80, "q" * 200, dict.fromkeys(PARTS, "c" * 200))
OUTLINE = Outline(LARGEST, LARGEST, "t" * 80, POINTS, "m" * 1500, (("f" * 200, "r" * 400),) * 6)
RUBRIC = Rubric(tuple(range(9)), 3, 3, 3, "*" * 500)


def chair(place: int, **values: object) -> Chair:
    made = Chair(
        reciter_id=LARGEST - place,
        place=place,
        discord_id=LARGEST - place,
        name="*" * 64,
        zone="America/Argentina/Buenos_Aires",
        topic=None,
        came=True,
        here=True,
        concept=CONCEPT,
        recited_at=None,
        finished_at=None,
        given=False,
        takes=NOW,
        thanked=True,
        keeps=True,
    )
    return replace(made, **values)  # type: ignore[arg-type]


def room(phase: Phase = "ready", turn: int = 0, people: int = 3, **values: object) -> Room:
    made = Room(
        id=LARGEST,
        guild_id=LARGEST,
        step=2**31 - 1,
        stage=Stage(phase, turn),
        since=NOW,
        ends_at=NOW,
        mode="live",
        medium="voice",
        channel_id=LARGEST,
        thread_id=LARGEST,
        message_id=LARGEST,
        outdated=(),
        voice_id=LARGEST,
        chairs=tuple(chair(place) for place in range(people)),
        meets_at=None,
        offered=(NOW, NOW, NOW),
        signed_off_by=LARGEST,
        noted_by=LARGEST,
        guide_note="*" * 500,
    )
    return replace(made, **values)  # type: ignore[arg-type]


def rooms() -> Iterator[Room]:
    """A room in every phase, of two and of three, at its largest."""
    for people in (2, 3):
        for phase in get_args(Phase):
            for turn in (*range(people), AFTER):
                yield room(phase, turn, people)
        yield room("ready", people=people, meets_at=NOW)
        yield room("ready", people=people, ends_at=None, medium="typed")
        yield room("rubric", AFTER, people, ends_at=None)


def buttons(face: Card) -> list[str]:
    return [
        control.label  # type: ignore[attr-defined]
        for part in face.parts
        if isinstance(part, Row)
        for control in part.controls
    ]


def test_every_card_of_a_room_fits_and_has_two_buttons_and_more() -> None:
    for one in rooms():
        face = room_card(one, new=True)
        face.layout()
        assert len(face.words()) <= TEXT_LIMIT
        assert len(buttons(face)) <= 3
        assert not buttons(face) or buttons(face)[-1] == "More"
        assert "k" * 20 not in face.words()
        # Whoever has just begun knows it.
        begins = one.stage.phase == "reciting" and one.stage.turn != AFTER
        assert len(face.pings) == len(one.chairs) - begins
        assert room_card(one).pings == ()


def test_a_card_is_drawn_the_same_twice_and_found_by_its_step() -> None:
    for one in rooms():
        assert room_card(one).layout().to_components() == room_card(one).layout().to_components()
    assert marker(room()) != marker(room(step=1))
    assert word_marker(room(), "nudge-1") != word_marker(room(), "ask-1")


def test_whatever_else_is_shown_fits() -> None:
    for one in rooms():
        for chair_ in one.chairs:
            more_card(one, chair_.discord_id).layout()
            times_card(one, chair_.discord_id).layout()
        guide_card(one, "Said").layout()
        absent_card(Waited(one)).layout()
        absent_card(Waited(one, True, None)).layout()
        absent_card(Waited(one, True, 3)).layout()
        entrance_card(Entrance(one, True), True).layout()
        entrance_card(Entrance(replace(one, thread_id=None), True), False).layout()
        again_card(Waited(one, True, None)).layout()
        for purpose in ("nudge", "ask", "left"):
            nudge_card(Nudge(one, purpose, (1, 2, 3)), purpose).layout()  # type: ignore[arg-type]
        voice_card(one, 5).layout()
        voice_card(one, None, Unpostable("no").reason).layout()
        passed_card().layout()
    outline_card(OUTLINE).layout()
    heard = Heard(LARGEST, LARGEST, LARGEST - 1, False, "t" * 80, POINTS, RUBRIC)
    heard_card(room("feedback", AFTER), (heard,), LARGEST).layout()
    heard_card(room("feedback", AFTER), (heard, heard), LARGEST).layout()


def test_the_rubric_is_a_form_of_five_fields_whose_words_fit() -> None:
    shape = MarkModal(ReciterTicket(LARGEST), outline=OUTLINE).to_dict()
    assert len(shape["title"]) <= 45
    fields = [one["component"] for one in shape["components"]]
    assert [field["custom_id"] for field in fields] == [
        "covered",
        "clarity",
        "depth",
        "follow_ups",
        "improve",
    ]
    options = [option for field in fields for option in field.get("options", ())]
    assert len(options) == 9 + 3 * 3
    assert max(len(option["label"]) for option in options) <= 100
    assert max(len(option.get("description") or "") for option in options) <= 100
    assert all(len(one["label"]) <= 45 for one in shape["components"])


def test_a_form_says_that_it_is_not_about_language() -> None:
    assert "never about accent or grammar" in room_card(room("rubric")).words()


@pytest.mark.parametrize(("phase", "labels"), [("over", []), ("done", ["Read my feedback", "More"])])
def test_an_end_offers_only_what_still_works(phase: Phase, labels: list[str]) -> None:
    assert buttons(room_card(room(phase, chairs=(chair(0, given=True), chair(1))))) == labels
    assert "Read my feedback" not in buttons(room_card(room(phase)))


def test_names_and_words_of_people_are_text() -> None:
    hostile = replace(chair(0), name="**M** @everyone [x](y)")
    face = more_card(room(chairs=(hostile, chair(1))), chair(1).discord_id)
    assert "@everyone" not in face.words()
    note = room_card(room(guide_note="@everyone **now**")).words()
    assert "\\@everyone \\*\\*now\\*\\*" in note
