"""The heat map card: reps per day over sixteen weeks, a number in every square beside its colour."""

from datetime import date, timedelta

from bot.domain.scoring import HeatMap
from bot.ui.charts.canvas import BACK, INK, MARGIN, MUTED, PANEL, Box, Canvas, Colour
from bot.ui.charts.lettering import SMALL, TITLE, counted, face, shorten

# From how many reps on a day, how it is written in the legend, the square's colour and its number's.
STEPS: tuple[tuple[int, str, Colour, Colour], ...] = (
    (0, "0", PANEL, MUTED),
    (1, "1", (0x24, 0x48, 0x70), INK),
    (2, "2–3", (0x30, 0x6C, 0xA8), INK),
    (4, "4–6", (0x60, 0xB0, 0xEC), BACK),
    (7, "7 or more", (0xC4, 0xE8, 0xFC), BACK),
)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SQUARE, _PITCH = 52, 58
_LEFT, _TOP = 124, 172
_LEGEND_SQUARE = 32
_NONE = "·"


def heat_map_png(heat: HeatMap) -> bytes:
    """Draw the heat map, one column a week; sixteen weeks are 1,100 pixels wide."""
    legend = _TOP + 7 * _PITCH + 40
    canvas = Canvas(legend + 52, _LEFT + len(heat.weeks) * _PITCH + MARGIN)
    canvas.text((MARGIN, 52), "Reps per day", face(TITLE, bold=True))
    canvas.text((MARGIN, 94), f"{_span(heat)} · {_sum(heat)}", face(SMALL), MUTED)
    for day, name in enumerate(_DAYS):
        canvas.text((MARGIN, _TOP + day * _PITCH + _SQUARE / 2), name, face(SMALL), MUTED)
    month = 0
    drawn: dict[int, Box] = {}
    for column, week in enumerate(heat.weeks):
        left = _LEFT + column * _PITCH
        monday = heat.start + timedelta(weeks=column)
        if monday.month != month:
            month = monday.month
            canvas.text((left, _TOP - 24), f"{monday:%b}", face(SMALL), MUTED)
        for day, count in enumerate(week):
            if count is None:
                continue
            top = _TOP + day * _PITCH
            if count in drawn:
                canvas.copy(drawn[count], (left, top))
            else:
                drawn[count] = (left, top, left + _SQUARE, top + _SQUARE)
                _square(canvas, drawn[count], count)
    _legend(canvas, legend)
    return canvas.png()


def heat_map_alt(heat: HeatMap) -> str:
    """Every day's reps in words, at most 1,024 characters."""
    lines = [f"Reps per day, {_span(heat)}: {_sum(heat)}. Each week from Monday:"]
    for column, week in enumerate(heat.weeks):
        counts = " ".join(f"{count}" for count in week if count is not None)
        monday = heat.start + timedelta(weeks=column)
        lines.append(f"{monday.day} {monday:%b}: {counts}")
    return shorten("\n".join(lines))


def _square(canvas: Canvas, box: Box, count: int) -> None:
    fill, ink = next((fill, ink) for least, _, fill, ink in reversed(STEPS) if count >= least)
    canvas.rounded(box, 10, fill)
    mark = _NONE if not count else f"{count}" if count < 100 else "99+"
    font = face(SMALL if len(mark) < 3 else 18, bold=True)
    canvas.text((box[0] + _SQUARE / 2, box[1] + _SQUARE / 2), mark, font, ink, on=fill, anchor="mm")


def _legend(canvas: Canvas, middle: int) -> None:
    canvas.text((_LEFT, middle), "Reps a day", face(SMALL), MUTED)
    left = _LEFT + 160
    half = _LEGEND_SQUARE // 2
    for least, words, fill, ink in STEPS:
        canvas.rounded((left, middle - half, left + _LEGEND_SQUARE, middle + half), 8, fill)
        if not least:
            canvas.text((left + half, middle), _NONE, face(SMALL, bold=True), ink, on=fill, anchor="mm")
        left += _LEGEND_SQUARE + 12
        canvas.text((left, middle), words, face(SMALL))
        left += round(face(SMALL).getlength(words)) + 36


def _last_day(heat: HeatMap) -> date:
    drawn = [
        heat.start + timedelta(weeks=column, days=day)
        for column, week in enumerate(heat.weeks)
        for day, count in enumerate(week)
        if count is not None
    ]
    return drawn[-1] if drawn else heat.start


def _span(heat: HeatMap) -> str:
    last = _last_day(heat)
    first = f"{heat.start.day} {heat.start:%B}"
    if heat.start.year != last.year:
        first += f" {heat.start.year}"
    return f"{first} to {last.day} {last:%B %Y}"


def _sum(heat: HeatMap) -> str:
    return f"{counted(heat.total, 'rep')} on {counted(heat.active_days, 'day')}"
