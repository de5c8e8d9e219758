"""The leaderboard's face: the board with its picture and text, one's own place, and the weekly digest."""

import asyncio
from dataclasses import dataclass
from typing import Any

import discord

from bot.client.bot import Interaction
from bot.client.cards import Card, Picture, Text, card, row
from bot.client.controls import Ticket, TicketButton, TicketSelect, Values
from bot.client.replies import asker, defer, defer_redraw, show
from bot.domain.errors import NotAMember
from bot.domain.scoring import ACTIVITIES, ANY, RANKS_FROM, Board, Digest, Goal, Place, Row, Standing
from bot.domain.texts import escaped
from bot.ui.charts import board_alt, board_png
from bot.ui.phrases import many

PERIODS = {"week": "This week", "month": "This month", "all": "All time"}
MEASURES = {"points": "points", "reps": "reps"}


@dataclass(frozen=True, slots=True)
class BoardTicket(Ticket):
    """Which board: it names no row, only what to read."""

    period: str
    measure: str
    activity: str
    page: int


@dataclass(frozen=True, slots=True)
class DigestTicket(Ticket):
    delivery_id: int


class BoardButton(TicketButton):
    """Redraws the private board with other choices."""

    verb, ticket = "board.show", BoardTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: BoardTicket) -> None:
        await defer_redraw(interaction)
        await show(interaction, await private_board(interaction, ticket))


class ActivitySelect(TicketSelect):
    verb, ticket = "board.activity", BoardTicket

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: BoardTicket, values: Values) -> None:
        await defer_redraw(interaction)
        await show(
            interaction,
            await private_board(interaction, BoardTicket(ticket.period, ticket.measure, values[0], 0)),
        )


class MyPlaceButton(TicketButton):
    """Under a digest: one's own place in the week it tells of, privately."""

    verb, ticket = "digest.mine", DigestTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: DigestTicket) -> None:
        await defer(interaction)
        place = await interaction.client.services.digests.place(asker(interaction), ticket.delivery_id)
        await show(interaction, await place_card(place))


async def private_board(interaction: Interaction, ticket: BoardTicket) -> Card:
    """The board and one's own place, for one person's eyes."""
    who, services = asker(interaction), interaction.client.services
    chosen = _checked(ticket)
    board = await services.scoring.board(who, page=ticket.page, **chosen)
    try:
        standing = await services.scoring.standing(who, **chosen)
    except NotAMember:
        # The board is for everyone here to see; only a place of one's own needs a rep.
        return await board_card(board)
    return await board_card(board, standing)


def _checked(ticket: BoardTicket) -> dict[str, Any]:
    # A custom_id can be forged; anything unknown falls back to the default board.
    return {
        "period": ticket.period if ticket.period in PERIODS else "week",
        "measure": ticket.measure if ticket.measure in MEASURES else "points",
        "activity": ticket.activity if ticket.activity in ACTIVITIES else ANY,
    }


async def board_card(board: Board, standing: Standing | None = None, *, controls: bool = True) -> Card:
    """A leaderboard: picture, the same in words, the shared goal, and one's own place."""
    picture = Picture("leaderboard.png", await asyncio.to_thread(board_png, board), board_alt(board))
    return card(
        f"## {title(board)}",
        picture if board.participants else None,
        board_words(board),
        goal_line(board.goal),
        standing_words(standing, board) if standing else None,
        *(_controls(board) if controls else ()),
    )


def title(board: Board) -> str:
    """What the board counts."""
    activity = f" · {ACTIVITIES[board.activity]}" if board.activity != "any" else ""
    return f"{escaped(board.server_name)} · {PERIODS[board.period]}{activity}"


def board_words(board: Board) -> str:
    """The board as text, complete without the picture."""
    if not board.participants:
        return "Nobody has a rep here yet. `/daily` is a good first one."
    if not board.ranked:
        return (
            f"Together: **{many(board.total_reps, 'rep')}** and {many(board.total_points, 'point')} from "
            f"{many(board.participants, 'person', 'people')}.\n"
            f"-# Ranks begin when {RANKS_FROM} people take part; until then we count together."
        )
    if not board.rows:
        return "Nobody has points in this one yet. *By reps* counts every try."
    lines = "\n".join(row_line(one, board.measure) for one in board.rows)
    page = (
        f"\n-# Page {board.page + 1} of {board.pages} · {many(board.participants, 'person', 'people')}"
        if board.pages > 1
        else ""
    )
    return f"{lines}{page}"


def row_line(one: Row, measure: str) -> str:
    """One line of a board."""
    name = f"**{escaped(one.name)} (you)**" if one.you else escaped(one.name)
    first, second = (
        (many(one.points, "point"), many(one.reps, "rep"))
        if measure == "points"
        else (many(one.reps, "rep"), many(one.points, "point"))
    )
    # Not a Markdown list, which would count ties on: 1, 2, 3 instead of 1, 1, 3.
    return f"**#{one.rank}** {name}: {first} · {second}"


def goal_line(goal: Goal, whose: str = "This week's") -> str:
    """The shared goal, with a bar that is also a number."""
    filled = round(goal.share * 10)
    reached = " · reached!" if goal.done >= goal.target else ""
    bar = "▰" * filled + "▱" * (10 - filled)
    return f"**{whose} goal together:** {bar} {goal.done:,} of {goal.target:,} reps{reached}"


def standing_words(standing: Standing, board: Board) -> str:
    """One's own place, only in a private card."""
    if standing.shown_as == "hidden":
        mine = f"{many(standing.points, 'point')}, {many(standing.reps, 'rep')}"
        return f"You are hidden here: {mine}. Only you see this."
    if standing.rank is None:
        if board.ranked and not standing.reps:
            return "You have no reps in this one yet. `/daily` changes that in a minute."
        return f"You: {many(standing.points, 'point')} · {many(standing.reps, 'rep')}."
    place = f"**Your place: {standing.rank} of {standing.participants}**"
    if any(one.you for one in board.rows):
        return place
    lines = "\n".join(row_line(one, board.measure) for one in standing.neighbours)
    return f"{place}\n{lines}"


def _controls(board: Board) -> tuple[Any, ...]:
    def to(period: str, measure: str, page: int, label: str, *, off: bool = False) -> BoardButton:
        return BoardButton(BoardTicket(period, measure, str(board.activity), page), label=label, disabled=off)

    other = "reps" if board.measure == "points" else "points"
    # No two buttons may share a custom_id, so the period shown carries its own page, unlike the paging.
    periods = [
        to(
            period,
            board.measure,
            board.page if period == board.period else 0,
            label,
            off=period == board.period,
        )
        for period, label in PERIODS.items()
    ]
    measure = to(board.period, other, 0, f"By {other}")
    activities = ActivitySelect(
        BoardTicket(board.period, board.measure, ANY, 0),
        placeholder="Everything, or one activity",
        options=[
            discord.SelectOption(label=label, value=value, default=value == board.activity)
            for value, label in ((ANY, "Everything"), *ACTIVITIES.items())
        ],
    )
    paging = None
    if board.pages > 1:
        paging = row(
            to(board.period, board.measure, board.page - 1, "Previous ten") if board.page > 0 else None,
            to(board.period, board.measure, board.page + 1, "Next ten")
            if board.page + 1 < board.pages
            else None,
        )
    return (paging, row(*periods, measure), row(activities))


# --- the digest


def digest_marker(delivery_id: int) -> str:
    """The custom_id by which a posted digest is found again."""
    return MyPlaceButton.custom_id_for(DigestTicket(delivery_id))


async def place_card(place: Place) -> Card:
    """One's own place in the week a digest told of; the running week as the board itself."""
    board = place.board
    if not place.over or board.since is None:
        return await board_card(board, place.standing)
    return card(
        f"## {escaped(board.server_name)} · The week from {board.since:%d %B}",
        board_words(board),
        goal_line(board.goal, "That week's"),
        standing_words(place.standing, board) if place.standing else None,
        row(BoardButton(BoardTicket("week", "points", ANY, 0), label="This week")),
    )


async def digest_card(digest: Digest, delivery_id: int) -> Card:
    """A server's week: what was done together first, then who came further."""
    change = digest.total_reps - digest.reps_before
    compared = f" ({change:+,} against the week before)" if digest.reps_before else ""
    title, week, whose = (
        ("Last week", "last week", "Last week's") if digest.over else ("The week", "this week", "This week's")
    )
    parts: list[Any] = [
        f"## {title} in {escaped(digest.server_name)}",
        f"-# {digest.first_day:%d %B} to {digest.last_day:%d %B %Y}",
        f"**{many(digest.total_reps, 'rep')}** by {many(digest.participants, 'person', 'people')}{compared}.",
        goal_line(digest.goal, whose),
    ]
    if digest.share_right is not None:
        parts.append(f"Daily questions: {digest.share_right:.0%} of answers were right.")
    if digest.improved:
        lines = "\n".join(
            f"{escaped(name)}: {before} → {after} points" for name, before, after in digest.improved
        )
        parts.append(f"**Came furthest since the week before**\n{lines}")
    if digest.rows:
        lines = "\n".join(row_line(one, "points") for one in digest.rows)
        parts.append(f"**Most points {week}**\n{lines}")
    if not digest.total_reps:
        parts.append("A quiet week. One question takes a minute: `/daily`.")
    parts.append(row(MyPlaceButton(DigestTicket(delivery_id), label="My place")))
    return card(*(Text(part) if isinstance(part, str) else part for part in parts))


CONTROLS = (BoardButton, ActivitySelect, MyPlaceButton)
