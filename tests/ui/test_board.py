"""Boards, standings and digests as cards: every choice leads somewhere, the longest still fits."""

import itertools
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.client.cards import Card, Picture, Row, Text
from bot.client.controls import CUSTOM_ID_LIMIT, Controls
from bot.domain.scoring import ACTIVITIES, ANY, PAGE, Board, Digest, Goal, Standing
from bot.domain.scoring import Row as Place
from bot.ui.board import (
    CONTROLS,
    MEASURES,
    PERIODS,
    BoardButton,
    BoardTicket,
    DigestTicket,
    board_card,
    board_words,
    digest_card,
    digest_marker,
    goal_line,
    row_line,
    standing_words,
    title,
)

# As long as Discord lets a name be, and every character of it needs escaping.
LONGEST = "*" * 64
MONDAY = date(2026, 3, 2)


def places(count: int, *, name: str = "Member", first: int = 1, you: int | None = None) -> tuple[Place, ...]:
    return tuple(
        Place(rank, f"{name}", rank, 1_000_000 - rank, 2_000_000 - rank, you=rank == you)
        for rank in range(first, first + count)
    )


def board(**changes: Any) -> Board:
    usual = Board("Hall", "week", "points", ANY, 0, 1, 7, 40, 30, places(7), Goal(20, 5), MONDAY)
    return replace(usual, **changes)


def controls(card: Card) -> list[Any]:
    return [control for part in card.parts if isinstance(part, Row) for control in part.controls]


# --- words


@pytest.mark.parametrize(
    ("done", "target", "line"),
    [
        (0, 20, "▱▱▱▱▱▱▱▱▱▱ 0 of 20 reps"),
        (1, 20, "▱▱▱▱▱▱▱▱▱▱ 1 of 20 reps"),
        (10, 20, "▰▰▰▰▰▱▱▱▱▱ 10 of 20 reps"),
        (20, 20, "▰▰▰▰▰▰▰▰▰▰ 20 of 20 reps · reached!"),
        (1500, 20, "▰▰▰▰▰▰▰▰▰▰ 1,500 of 20 reps · reached!"),
    ],
)
def test_the_goal_is_a_bar_and_a_number(done: int, target: int, line: str) -> None:
    assert goal_line(Goal(target, done)) == f"**This week's goal together:** {line}"


def test_a_row_puts_the_boards_measure_first_and_marks_oneself() -> None:
    one = Place(rank=1, name="B_o", discord_id=7, points=1, reps=2)
    assert row_line(one, "points") == "**#1** B\\_o: 1 point · 2 reps"
    assert row_line(one, "reps") == "**#1** B\\_o: 2 reps · 1 point"
    assert row_line(replace(one, you=True), "points") == "**#1** **B\\_o (you)**: 1 point · 2 reps"


def test_the_title_says_what_is_counted() -> None:
    assert title(board()) == "Hall · This week"
    assert title(board(server_name="*Hall*", period="all", activity="mock")) == (
        "\\*Hall\\* · All time · Mock interview"
    )


def test_the_words_of_every_size_of_group() -> None:
    nobody = board(participants=0, rows=(), total_points=0, total_reps=0)
    assert board_words(nobody) == "Nobody has a rep here yet. `/daily` is a good first one."
    one = board(participants=1, rows=(), total_points=1, total_reps=1)
    assert board_words(one).startswith("Together: **1 rep** and 1 point from 1 person.\n")
    assert "Nobody has points in this one yet" in board_words(board(rows=()))
    assert "Page" not in board_words(board())
    assert board_words(board(pages=3, page=1, participants=25)).endswith("Page 2 of 3 · 25 people")


def test_ones_own_place_in_words() -> None:
    here = Standing(3, 7, 12, 9, places(5, you=3), "name")
    assert standing_words(here, board(rows=places(7, you=3))) == "**Your place: 3 of 7**"
    beyond = standing_words(here, board(rows=places(7, first=10)))
    assert beyond.splitlines()[0] == "**Your place: 3 of 7**"
    assert "(you)" in beyond.splitlines()[3]
    none = Standing(None, 7, 0, 0, (), "name")
    assert standing_words(none, board()).startswith("You have no reps in this one yet.")
    assert standing_words(replace(none, reps=1), board()) == "You: 0 points · 1 rep."
    hidden = Standing(None, 7, 12, 9, (), "hidden")
    assert standing_words(hidden, board()) == "You are hidden here: 12 points, 9 reps. Only you see this."


# --- the card


async def test_a_board_nobody_is_on_has_no_picture() -> None:
    def pictures(card: Card) -> int:
        return sum(isinstance(part, Picture) for part in card.parts)

    assert pictures(await board_card(board(participants=0, rows=()))) == 0
    assert pictures(await board_card(board())) == 1
    assert controls(await board_card(board(), controls=False)) == []


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(("page", "pages"), [(0, 1), (0, 3), (1, 3), (2, 3)])
async def test_every_control_leads_to_another_board(period: Any, measure: Any, page: int, pages: int) -> None:
    router = Controls()
    router.add(*CONTROLS)
    for activity in (ANY, "daily", "readiness"):
        drawn = await board_card(
            board(period=period, measure=measure, activity=activity, page=page, pages=pages)
        )
        found = controls(drawn)
        ids = [control.custom_id for control in found]
        assert len(set(ids)) == len(ids)
        assert max(map(len, ids)) <= CUSTOM_ID_LIMIT
        here = BoardTicket(period, measure, activity, page)
        reached = []
        for control in found:
            known = router.find(control.custom_id)
            assert known is not None
            assert known[0] is type(control)
            if isinstance(control, BoardButton) and not control.disabled:
                reached.append(known[1])
        assert here not in reached
        labels = [control.label for control in found if hasattr(control, "label")]
        assert ("Previous ten" in labels) == (page > 0)
        assert ("Next ten" in labels) == (page + 1 < pages)
        (select,) = [control for control in found if hasattr(control, "options")]
        assert [option.value for option in select.options] == [ANY, *ACTIVITIES]
        assert [option.value for option in select.options if option.default] == [activity]


async def test_the_longest_board_fits_into_one_message() -> None:
    longest = board(
        server_name="_" * 100,
        activity="readiness",
        rows=places(PAGE, name=LONGEST, first=999_990),
        pages=99_999,
        page=50_000,
        participants=999_999,
        goal=Goal(10**6, 10**6),
    )
    mine = Standing(5, 999_999, 10**6, 10**6, places(5, name=LONGEST, you=3), "name")
    drawn = await board_card(longest, mine)
    drawn.layout()
    (picture,) = [part for part in drawn.parts if isinstance(part, Picture)]
    assert len(picture.alt) <= 1024


# --- the digest


def week(**changes: Any) -> Digest:
    usual = Digest("Hall", MONDAY, date(2026, 3, 8), 12, 20, 9, 6, Goal(20, 12), places(6), (), 0.5)
    return replace(usual, **changes)


async def test_a_digest_says_only_what_there_is_to_say() -> None:
    told = (await digest_card(week(), 7)).words()
    assert "**12 reps** by 6 people (+3 against the week before)." in told
    assert "50% of answers were right" in told
    assert "Came furthest" not in told
    assert "(-3 against" in (await digest_card(week(total_reps=6), 7)).words()
    first = (await digest_card(week(reps_before=0, share_right=None), 7)).words()
    assert "**12 reps** by 6 people." in first
    assert "answers were right" not in first
    quiet = week(total_reps=0, total_points=0, participants=0, rows=(), share_right=None)
    told = (await digest_card(quiet, 7)).words()
    assert "**0 reps** by 0 people (-9 against the week before)." in told
    assert "A quiet week." in told


async def test_the_longest_digest_fits_and_is_found_by_its_marker() -> None:
    longest = week(
        server_name="_" * 100,
        rows=places(PAGE, name=LONGEST),
        improved=tuple((LONGEST, 10**6, 2 * 10**6) for _ in range(3)),
    )
    drawn = await digest_card(longest, 2**40)
    drawn.layout()
    (control,) = controls(drawn)
    assert control.custom_id == digest_marker(2**40)
    router = Controls()
    router.add(*CONTROLS)
    assert router.find(digest_marker(2**40)) == (type(control), DigestTicket(2**40))
    assert all(isinstance(part, Text | Row) for part in drawn.parts)


def test_no_two_tickets_are_written_alike() -> None:
    tickets = [
        BoardTicket(period, measure, activity, page)
        for period, measure, activity, page in itertools.product(
            PERIODS, MEASURES, [ANY, *ACTIVITIES], (0, 1)
        )
    ]
    written = [ticket.written() for ticket in tickets]
    assert len(set(written)) == len(tickets)
    assert [BoardTicket.read(text) for text in written] == tickets
