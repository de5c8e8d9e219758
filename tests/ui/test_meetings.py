"""The faces of meetings: within Discord's limits however many come, and plain about how long moving takes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.client.cards import TEXT_LIMIT, Card
from bot.domain.meetings import Attending, Grouped, Meeting, Phase, Seat, Table, agenda
from bot.ui.meetings import call_card, meeting_card, summary_card, table_card
from bot.ui.meetings.leading import lead_card

AT = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
SNOWFLAKE = 1477938511872000000


def meeting(people: int, phase: Phase = "recite", *, place: int = 1, voice: bool = True) -> Meeting:
    """A meeting of so many, all of them here."""
    ids = [SNOWFLAKE + number for number in range(people)]
    return Meeting(
        id=1,
        server_id=1,
        guild_id=SNOWFLAKE,
        step=3,
        place=place,
        phase=phase,
        medium="voice",
        slots=agenda(180, "voice"),
        starts_at=AT,
        started_at=AT,
        minutes=180,
        since=AT,
        ends_at=AT + timedelta(minutes=25),
        paused_at=None,
        moved_by=AT + timedelta(seconds=people),
        channel_id=SNOWFLAKE,
        voice_id=SNOWFLAKE if voice else None,
        message_id=SNOWFLAKE,
        event_id=None,
        led_by=ids[0] if ids else None,
        by_schedule=False,
        attending=tuple(
            Attending(1, id, True, 120, 4, ("A concept",) * 4, 4, True, "spoke", 9, named=True) for id in ids
        ),
        groups=tuple(
            Grouped(1, tuple(ids[first : first + 2]), False, SNOWFLAKE, SNOWFLAKE)
            for first in range(0, people, 2)
        ),
        tables=(),
        problem_id=1,
        problem_link=f"https://discord.com/channels/{SNOWFLAKE}/{SNOWFLAKE}/{SNOWFLAKE}",
        useful=(people, 0, 0),
    )


def fits(card: Card) -> bool:
    card.layout()
    return len(card.words()) <= TEXT_LIMIT and len(card.pings) <= 100


@pytest.mark.parametrize("people", [0, 1, 2, 60, 300])
def test_every_card_fits_however_many_come(people: int) -> None:
    for place, slot in enumerate(agenda(180, "voice")):
        shown = meeting(people, slot.part, place=place)
        assert all(fits(card) for card in (meeting_card(shown), call_card(shown), lead_card(shown)))
        assert fits(summary_card(shown))


def test_a_full_table_fits() -> None:
    seats = tuple(Seat(SNOWFLAKE + number, True, "") for number in range(8))
    table = Table(1, 1, 2, 4, 1, 0, AT, seats, SNOWFLAKE, SNOWFLAKE, None, 1, True, False, False)
    pings = [seat.discord_id for seat in seats]
    assert fits(
        table_card(table, pings=pings, reason="I could not open a room for this table: no. It meets here.")
    )


def test_moving_many_says_how_long_it_takes() -> None:
    told = (
        "I bring you there one after the other, as fast as Discord lets me; all of you are there by about <t:"
    )
    for face in (call_card, meeting_card):
        assert told in face(meeting(60)).words()
        assert told not in face(meeting(29)).words()
        assert told not in face(replace(meeting(60), moved_by=None)).words()


def test_what_is_over_is_struck_and_what_comes_has_its_time() -> None:
    shown = meeting_card(meeting(2, "break", place=3)).words()
    assert "-# ~~Recite in pairs, 25 min~~" in shown
    assert "**→ Break**, until <t:" in shown
    assert "Close, 3 min from <t:" in shown
