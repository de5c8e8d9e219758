"""The leaderboard card: up to ten ranked rows, or the group's total, and always the shared weekly goal."""

from bot.domain.scoring import ACTIVITIES, RANKS_FROM, Board, Goal, Row
from bot.ui.charts.canvas import AMBER, BACK, BLUE, GREEN, INK, MARGIN, MUTED, PANEL, WIDTH, Canvas
from bot.ui.charts.lettering import (
    BODY,
    HUGE,
    SMALL,
    TITLE,
    UNWRITABLE,
    counted,
    face,
    fit,
    plain,
    shorten,
    spell,
)

_RIGHT = WIDTH - MARGIN
_GOAL_LEFT = 640
_ROWS_TOP = 132
_ROW = 52
_TOTAL = 224
_FOOT = 68
_NAME_LEFT, _NAME_WIDTH = 122, 356
_BAR_LEFT, _BAR_RIGHT = 500, 890
_BAR_HALF = 9
_PILL = 66


def board_png(board: Board) -> bytes:
    """Draw a page of the leaderboard, 1,100 pixels wide."""
    listed = board.rows if board.ranked else ()
    body = len(listed) * _ROW if listed else _TOTAL
    canvas = Canvas(_ROWS_TOP + body + _FOOT)
    _head(canvas, board)
    _goal(canvas, board.goal)
    if listed:
        most = max(row.value(board.measure) for row in listed)
        for place, row in enumerate(listed):
            _row(canvas, board, row, _ROWS_TOP + place * _ROW, most)
    else:
        _total(canvas, board)
    foot = _ROWS_TOP + body + 28
    canvas.text((MARGIN, foot), _foot(board) if listed else _no_ranks(board), face(SMALL), MUTED)
    if board.pages > 1:
        canvas.text(
            (_RIGHT, foot), f"page {board.page + 1} of {board.pages}", face(SMALL), MUTED, anchor="rm"
        )
    return canvas.png()


def board_alt(board: Board) -> str:
    """The same card in words, at most 1,024 characters."""
    lines = [f"{plain(board.server_name, 60)}: {_scope(board)}."]
    if board.ranked:
        lines += [
            f"{row.rank}. {plain(row.name, 40)}{' (you)' if row.you else ''}: {_value(board, row)}."
            for row in board.rows
        ]
    lines.append(f"Together: {_foot(board)}.")
    if not board.ranked:
        lines.append(f"{_no_ranks(board)}.")
    lines.append(f"Weekly goal: {_progress(board.goal)}.")
    if board.pages > 1:
        lines.append(f"Page {board.page + 1} of {board.pages}.")
    return shorten("\n".join(lines))


def _head(canvas: Canvas, board: Board) -> None:
    title = face(TITLE, bold=True)
    server = spell(board.server_name, bold=True) or "Leaderboard"
    width = _GOAL_LEFT - MARGIN - 28
    canvas.text((MARGIN, 52), fit(server, width, title), title)
    canvas.text((MARGIN, 94), fit(_scope(board), width, face(SMALL)), face(SMALL), MUTED)


def _goal(canvas: Canvas, goal: Goal) -> None:
    label, progress = face(SMALL), face(SMALL, bold=True)
    done = _progress(goal)
    room = _RIGHT - _GOAL_LEFT - progress.getlength(done) - 16
    canvas.text((_GOAL_LEFT, 52), fit("Weekly goal", room, label), label, MUTED)
    canvas.text((_RIGHT, 52), done, progress, anchor="rm")
    canvas.bar((_GOAL_LEFT, 84, _RIGHT, 104), goal.share, GREEN)


def _row(canvas: Canvas, board: Board, row: Row, top: int, most: int) -> None:
    ground = PANEL if row.you else BACK
    middle = top + _ROW // 2
    if row.you:
        canvas.rounded((24, top + 2, WIDTH - 24, top + _ROW - 2), 14, PANEL)
        canvas.text((32, middle), "▶", face(SMALL), AMBER, on=PANEL)
    font = face(BODY, bold=row.you)
    canvas.text((100, middle), f"{row.rank}", face(BODY, bold=row.rank <= 3), on=ground, anchor="rm")

    name = spell(row.name, bold=row.you)
    shown = fit(name or UNWRITABLE, _NAME_WIDTH - _PILL * row.you, font)
    canvas.text((_NAME_LEFT, middle), shown, font, INK if name else MUTED, on=ground)
    if row.you:
        left = _NAME_LEFT + round(font.getlength(shown)) + 14
        canvas.rounded((left, middle - 15, left + _PILL - 14, middle + 15), 15, AMBER, on=PANEL)
        canvas.text(
            (left + (_PILL - 14) / 2, middle), "you", face(18, bold=True), BACK, on=AMBER, anchor="mm"
        )

    value = row.value(board.measure)
    box = (_BAR_LEFT, middle - _BAR_HALF, _BAR_RIGHT, middle + _BAR_HALF)
    canvas.bar(box, value / most if most else 0.0, AMBER if row.you else BLUE, on=ground)
    canvas.text((_RIGHT, middle), f"{value:,}", face(BODY, bold=True), on=ground, anchor="rm")


def _total(canvas: Canvas, board: Board) -> None:
    points, reps = counted(board.total_points, "point"), counted(board.total_reps, "rep")
    first, second = (points, reps) if board.measure == "points" else (reps, points)
    number, noun = first.split()
    middle = _ROWS_TOP + 104
    canvas.text((MARGIN, middle), number, face(HUGE, bold=True), BLUE)
    left = MARGIN + face(HUGE, bold=True).getlength(number) + 24
    canvas.text((left, middle + 14), f"{noun} together", face(TITLE))
    members = counted(board.participants, "member")
    canvas.text((MARGIN, middle + 86), f"{second} · {members}", face(BODY), MUTED)


def _scope(board: Board) -> str:
    activity = "all activities" if board.activity == "any" else ACTIVITIES[board.activity]
    return f"{_period(board)} · {board.measure} · {activity}"


def _period(board: Board) -> str:
    if board.period == "all":
        return "All time"
    if board.period == "week":
        return f"This week, from {board.since.day} {board.since:%b}" if board.since else "This week"
    return f"This month ({board.since:%B})" if board.since else "This month"


def _value(board: Board, row: Row) -> str:
    return counted(row.value(board.measure), board.measure.removesuffix("s"))


def _progress(goal: Goal) -> str:
    return f"{goal.done:,} of {counted(goal.target, 'rep')}"


def _foot(board: Board) -> str:
    people = counted(board.participants, "member")
    return f"{people} · {counted(board.total_reps, 'rep')} · {counted(board.total_points, 'point')}"


def _no_ranks(board: Board) -> str:
    if board.ranked:
        return "Nobody on this page"
    return f"Ranks begin when {RANKS_FROM} members take part"
