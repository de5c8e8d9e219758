"""Pictures: valid and repeatable PNGs, no box for a missing letter, and words that carry every number."""

import io
import re
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.domain.scoring import HEAT_WEEKS, Board, Goal, HeatMap, Row
from bot.ui.charts import (
    board_alt,
    board_png,
    distribution_alt,
    distribution_png,
    heat_map_alt,
    heat_map_png,
)
from bot.ui.charts.canvas import AMBER, BACK, BLUE, GREEN, INK, MUTED, PANEL, TRACK, Canvas, Colour
from bot.ui.charts.heat_map import STEPS
from bot.ui.charts.lettering import ALT_LIMIT, BODY, SMALL, face, fit, spell

ROWS = tuple(
    Row(rank, name, None, points, points // 3, you=name == "Linnea")
    for rank, name, points in (
        (1, "Ada", 1204),
        (2, "Grace", 71),
        (2, "Linnea", 71),
        (4, "Олена", 33),
        (5, "Tomáš", 0),
    )
)
BOARD = Board(
    server_name="Evening Study",
    period="week",
    measure="points",
    activity="any",
    page=0,
    pages=3,
    participants=27,
    total_points=1987,
    total_reps=642,
    rows=ROWS,
    goal=Goal(target=60, done=37),
    since=date(2026, 3, 2),
)
SMALL_GROUP = replace(BOARD, participants=3, rows=(), pages=1)

HOSTILE = (
    "李雷",
    "🔥🔥🔥",
    "محمد العربي",
    "W" * 60,
    "",
    "\u202egnp.exe\u202c\n\x00",
    "Z" + "\u0321\u031b\u0317\u0334" * 200 + "a",
    "\u3164",
    "\ufe0f",
    "👩‍👩‍👧 𝕶𝖎𝖓𝖌",
)


def heat(*counts: int | None) -> HeatMap:
    """Sixteen weeks from Monday 17 November 2025 that begin with `counts`; the rest are zeros."""
    days = [*counts, *[0] * (HEAT_WEEKS * 7 - len(counts))]
    return HeatMap(date(2025, 11, 17), tuple(tuple(days[i : i + 7]) for i in range(0, len(days), 7)))


def opened(png: bytes) -> Image.Image:
    Image.open(io.BytesIO(png)).verify()
    picture = Image.open(io.BytesIO(png))
    assert picture.format == "PNG"
    return picture.convert("RGBA")


def numbers(text: str) -> list[int]:
    return [int(found.replace(",", "")) for found in re.findall(r"\d[\d,]*", text)]


def luminance(colour: Colour) -> float:
    parts = [c / 255 for c in colour]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("png", "size"),
    [
        (board_png(replace(BOARD, rows=ROWS * 2)), (1100, 720)),
        (board_png(replace(BOARD, rows=ROWS[:1])), (1100, 252)),
        (board_png(SMALL_GROUP), (1100, 424)),
        (heat_map_png(heat()), (1100, 670)),
        (distribution_png("ABCD", [5, 12, 4, 2], {1}), (1100, 372)),
    ],
)
def test_a_picture_is_a_sharp_card_discord_shows_whole(png: bytes, size: tuple[int, int]) -> None:
    assert opened(png).size == size
    # Discord fits pictures into 550 × 350; taller ones would have their letters shrunk further.
    assert size[1] <= 720


def test_a_card_is_opaque_with_transparent_round_corners() -> None:
    picture = opened(board_png(BOARD))
    width, height = picture.size
    corners = [picture.getpixel((x, y)) for x in (0, width - 1) for y in (0, height - 1)]
    assert {corner[3] for corner in corners if isinstance(corner, tuple)} == {0}
    assert picture.getpixel((width // 2, 3)) == (*BACK, 255)
    inside = picture.crop((28, 28, width - 28, height - 28)).getchannel("A")
    assert inside.getextrema() == (255, 255)


def test_colours_reach_the_png_unchanged() -> None:
    colours = (PANEL, TRACK, INK, MUTED, BLUE, AMBER, GREEN, *(fill for _, _, fill, _ in STEPS))
    canvas = Canvas(200, 1400)
    for place, colour in enumerate(colours):
        canvas.rounded((100 * place + 100, 50, 100 * place + 180, 130), 12, colour)
    picture = opened(canvas.png())
    seen = [picture.getpixel((100 * place + 140, 90)) for place in range(len(colours))]
    assert seen == [(*colour, 255) for colour in colours]


def test_same_data_same_bytes_even_from_many_threads() -> None:
    first = board_png(BOARD)
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(lambda _: board_png(BOARD), range(24))) == {first}
    assert heat_map_png(heat(1, 2)) == heat_map_png(heat(1, 2))
    assert distribution_png("AB", [1, 2], {0}) == distribution_png("AB", [1, 2], {0})


def test_different_data_different_pictures() -> None:
    boards = [
        BOARD,
        SMALL_GROUP,
        replace(BOARD, page=1),
        replace(BOARD, measure="reps"),
        replace(BOARD, period="month"),
        replace(BOARD, period="all", since=None),
        replace(BOARD, activity="recitation"),
        replace(BOARD, server_name="Morning Study"),
        replace(BOARD, goal=Goal(target=60, done=38)),
        replace(BOARD, rows=(replace(ROWS[0], points=1205), *ROWS[1:])),
        replace(BOARD, rows=tuple(replace(row, you=False) for row in ROWS)),
        replace(BOARD, rows=(replace(ROWS[0], rank=2), *ROWS[1:])),
    ]
    assert len({board_png(board) for board in boards}) == len(boards)
    # 4, 5 and 6 share a colour: the number inside must tell them apart. None is a day not yet come.
    heats = [heat(count) for count in (None, 0, 1, 2, 4, 5, 6, 7, 99, 100)]
    assert len({heat_map_png(each) for each in heats}) == len(heats)
    charts = [
        distribution_png("AB", [5, 6], {0}),
        distribution_png("AB", [5, 6], {1}),
        distribution_png("AB", [5, 6], {0, 1}),
        distribution_png("AB", [6, 5], {0}),
        distribution_png("AB", [5, 6], {0}, answered=9),
        distribution_png("AC", [5, 6], {0}),
    ]
    assert len(set(charts)) == len(charts)


def test_you_are_marked_by_shape_not_only_by_colour() -> None:
    def grey(board: Board) -> bytes:
        return opened(board_png(board)).convert("L").point(lambda level: 255 * (level > 110)).tobytes()

    assert grey(BOARD) != grey(replace(BOARD, rows=tuple(replace(row, you=False) for row in ROWS)))


def test_future_days_are_not_drawn() -> None:
    drawn = opened(heat_map_png(heat(*[0] * 111, 0)))
    not_drawn = opened(heat_map_png(heat(*[0] * 111, None)))
    last_square = (124 + 15 * 58 + 26, 172 + 6 * 58 + 10)
    assert drawn.getpixel(last_square) == (*PANEL, 255)
    assert not_drawn.getpixel(last_square) == (*BACK, 255)


def test_letters_and_marks_stand_out_from_what_is_behind_them() -> None:
    on_cards = [(ink, ground) for ink in (INK, MUTED) for ground in (BACK, PANEL)]
    on_cards += [(BLUE, BACK), (GREEN, BACK), (AMBER, PANEL), (BACK, AMBER), (BACK, GREEN)]
    on_squares = [(ink, fill) for _, _, fill, ink in STEPS]
    assert {pair: contrast(*pair) for pair in on_cards + on_squares if contrast(*pair) < 4.5} == {}
    fills = [(fill, TRACK) for fill in (BLUE, AMBER, GREEN)]
    assert {pair: contrast(*pair) for pair in fills if contrast(*pair) < 3} == {}


def test_heat_grows_lighter_with_every_step() -> None:
    shades = [luminance(fill) for _, _, fill, _ in STEPS]
    assert shades == sorted(shades)
    assert len(set(shades)) == 5


@pytest.mark.parametrize(
    ("name", "spelt"),
    [
        ("Tomáš Dvořák", "Tomáš Dvořák"),
        ("Олена", "Олена"),
        ("محمد العربي", "محمد العربي"),
        ("🔥 Max 🔥", "Max"),
        ("Anna 李", "Anna"),
        ("李雷 A", None),
        ("李雷", None),
        ("🔥🔥", None),
        ("𝕶𝖎𝖓𝖌", "King"),
        ("♥\ufe0f", "♥"),
        ("\u202eevil\u202c\n name\x00", "evil name"),
        ("a\u0334\u0331\u0330b", "a\u0331b"),
        ("\u2800\u3164", None),
        ("", None),
    ],
)
def test_a_name_is_spelt_with_what_the_font_has(name: str, spelt: str | None) -> None:
    assert spell(name, shaped=True) == spelt


def test_unshaped_right_to_left_names_are_left_to_the_text() -> None:
    assert spell("محمد", shaped=False) is None
    assert spell("Ada محم", shaped=False) == "Ada"


@given(st.text(max_size=80), st.booleans())
@settings(max_examples=200)
def test_no_name_draws_a_missing_letters_box(name: str, bold: bool) -> None:
    box = bytes(face(BODY, bold).getmask("\uffff"))
    spelt = spell(name, bold=bold)
    assert all(bytes(face(BODY, bold).getmask(char)) != box for char in spelt or "")


@given(st.text("Wi m", max_size=70), st.integers(30, 400))
@settings(max_examples=100)
def test_a_cut_name_is_as_long_as_fits(text: str, width: int) -> None:
    font = face(SMALL)
    prefixes = [text[:n] for n in range(len(text)) if font.getlength(text[:n] + "…") <= width]
    whole = font.getlength(text) <= width
    assert fit(text, width, font) == (text if whole else prefixes[-1].rstrip() + "…")


def test_hostile_names_draw_and_stay_in_their_column() -> None:
    rows = tuple(Row(1, name, None, 5, 5, you=place == 3) for place, name in enumerate(HOSTILE))
    short = tuple(replace(row, name="Ada") for row in rows)
    drawn = opened(board_png(replace(BOARD, rows=rows)))
    calm = opened(board_png(replace(BOARD, rows=short)))
    beyond_names = (490, 132, 1100, 132 + 52 * len(rows))
    assert drawn.crop(beyond_names).tobytes() == calm.crop(beyond_names).tobytes()
    for name in HOSTILE:
        opened(board_png(replace(BOARD, server_name=name)))


def test_the_board_in_words_has_every_name_and_number() -> None:
    assert board_alt(BOARD) == (
        "Evening Study: This week, from 2 Mar · points · all activities.\n"
        "1. Ada: 1,204 points.\n"
        "2. Grace: 71 points.\n"
        "2. Linnea (you): 71 points.\n"
        "4. Олена: 33 points.\n"
        "5. Tomáš: 0 points.\n"
        "Together: 27 members · 642 reps · 1,987 points.\n"
        "Weekly goal: 37 of 60 reps.\n"
        "Page 1 of 3."
    )


def test_a_name_cannot_break_or_turn_the_words() -> None:
    row = replace(ROWS[0], name="\u202egnp\u202c\n 9.\x00 Eve")
    assert "\n1. gnp 9. Eve: 1,204 points.\n" in board_alt(replace(BOARD, rows=(row,)))


def test_a_small_group_in_words_has_a_total_and_no_ranks() -> None:
    month = replace(SMALL_GROUP, period="month", measure="reps", activity="recitation", rows=ROWS[:2])
    assert board_alt(month) == (
        "Evening Study: This month (March) · reps · Oral recitation.\n"
        "Together: 3 members · 642 reps · 1,987 points.\n"
        "Ranks begin when 5 members take part.\n"
        "Weekly goal: 37 of 60 reps."
    )
    assert board_png(month) == board_png(replace(month, rows=()))


def test_the_heat_map_in_words_has_every_day() -> None:
    counts = [(3 * day) % 11 for day in range(108)]
    words = heat_map_alt(heat(*counts, *[None] * 4))
    first, *weeks = words.splitlines()
    assert first == (
        f"Reps per day, 17 November 2025 to 4 March 2026: {sum(counts)} reps on 98 days."
        " Each week from Monday:"
    )
    assert [count for week in weeks for count in numbers(week.split(": ")[1])] == counts
    assert weeks[15] == "2 Mar: 7 10 2"


def test_the_distribution_in_words_has_every_count_and_share() -> None:
    assert distribution_alt("ABC", [5, 1200, 0], {1}) == (
        "How everyone answered, 1,205 answers:\nA: 5 (0 %).\nB: 1,200 (100 %), right.\nC: 0 (0 %)."
    )
    assert distribution_alt("AB", [3, 4], {0, 1}, answered=4) == (
        "How everyone answered, 4 answers:\nA: 3 (75 %), right.\nB: 4 (100 %), right."
    )
    assert distribution_alt("AB", [0, 0], ()) == (
        "How everyone answered, 0 answers:\nA: 0 (0 %).\nB: 0 (0 %)."
    )


@pytest.mark.parametrize("name", ["👩‍👩‍👧" * 40, "字" * 200, "a b\n" * 50])
def test_words_keep_within_discords_limit_and_lose_no_number(name: str) -> None:
    rows = tuple(Row(rank, name, None, 1_234_567 - rank, 0, you=rank == 4) for rank in range(91, 101))
    words = board_alt(replace(BOARD, server_name=name, rows=rows))
    assert len(words) <= ALT_LIMIT
    assert numbers(words)[-7:] == [27, 642, 1987, 37, 60, 1, 3]
    assert {row.points for row in rows} <= set(numbers(words))
    assert len(heat_map_alt(heat(*[9999] * 112))) <= ALT_LIMIT


@pytest.mark.parametrize(
    ("labels", "counts", "right"), [(["字" * 300, "B"], [1, 2], {0}), (["🔥", "B" * 90], [0, 0], ())]
)
def test_hostile_labels(labels: Sequence[str], counts: Sequence[int], right: Collection[int]) -> None:
    assert opened(distribution_png(labels, counts, right)).size == (1100, 252)
    assert len(distribution_alt(labels, counts, right)) <= ALT_LIMIT
