"""The reveal's small chart: how many chose each option, and which were right."""

from collections.abc import Collection, Sequence

from bot.ui.charts.canvas import BACK, BLUE, GREEN, MARGIN, MUTED, WIDTH, Canvas
from bot.ui.charts.lettering import BODY, SMALL, TITLE, UNWRITABLE, counted, face, fit, plain, shorten, spell

_RIGHT = WIDTH - MARGIN
_TOP, _ROW, _FOOT = 104, 60, 28
_LABEL_WIDTH = 260
_RIGHT_WIDTH = 122
_BAR_RIGHT, _SHARE_RIGHT = 760, 870
_BAR_HALF = 13


def distribution_png(
    labels: Sequence[str], counts: Sequence[int], right: Collection[int], answered: int | None = None
) -> bytes:
    """Draw a bar for each option, 1,100 pixels wide; `right` holds the indexes of the right ones.

    Shares are of `answered`, which differs from the sum of `counts` where several options could be chosen.
    """
    answered = sum(counts) if answered is None else answered
    canvas = Canvas(_TOP + len(labels) * _ROW + _FOOT)
    canvas.text((MARGIN, 56), "How everyone answered", face(TITLE, bold=True))
    canvas.text((_RIGHT, 56), counted(answered, "answer"), face(SMALL), MUTED, anchor="rm")

    font = face(BODY, bold=True)
    shown = [fit(spell(label, bold=True) or UNWRITABLE, _LABEL_WIDTH, font) for label in labels]
    mark_left = MARGIN + round(max((font.getlength(label) for label in shown), default=0)) + 28
    bar_left = mark_left + _RIGHT_WIDTH
    for place, (label, count) in enumerate(zip(shown, counts, strict=True)):
        middle = _TOP + place * _ROW + _ROW // 2
        canvas.text((MARGIN, middle), label, font)
        if place in right:
            canvas.rounded((mark_left, middle - 16, mark_left + 32, middle + 16), 16, GREEN)
            canvas.text((mark_left + 16, middle), "✔", face(SMALL), BACK, on=GREEN, anchor="mm")
            canvas.text((mark_left + 42, middle), "right", face(SMALL, bold=True), GREEN)
        box = (bar_left, middle - _BAR_HALF, _BAR_RIGHT, middle + _BAR_HALF)
        canvas.bar(box, _share(count, answered), GREEN if place in right else BLUE)
        canvas.text((_SHARE_RIGHT, middle), _percent(count, answered), font, anchor="rm")
        canvas.text((_RIGHT, middle), counted(count, "answer"), face(SMALL), MUTED, anchor="rm")
    return canvas.png()


def distribution_alt(
    labels: Sequence[str], counts: Sequence[int], right: Collection[int], answered: int | None = None
) -> str:
    """The same chart in words, at most 1,024 characters."""
    answered = sum(counts) if answered is None else answered
    lines = [f"How everyone answered, {counted(answered, 'answer')}:"]
    lines += [
        f"{plain(label, 60)}: {count:,} ({_percent(count, answered)}){', right' if place in right else ''}."
        for place, (label, count) in enumerate(zip(labels, counts, strict=True))
    ]
    return shorten("\n".join(lines))


def _share(count: int, answered: int) -> float:
    return min(1.0, count / answered) if answered else 0.0


def _percent(count: int, answered: int) -> str:
    return f"{100 * _share(count, answered):.0f} %"
