"""Type in pictures: the bundled font, which names it can write, cutting by measured width, and alt text."""

import re
import unicodedata
from bisect import bisect_right
from functools import cache, lru_cache
from pathlib import Path

from PIL import ImageFont, features

FONTS = Path(__file__).resolve().parents[3] / "data" / "fonts"

HUGE, TITLE, BODY, SMALL = 88, 36, 26, 22

ALT_LIMIT = 1024
# Stands where a name has no letters this font can write; the message beside the picture lists every name.
UNWRITABLE = "(name in the text)"

# Without FriBiDi on the system, Pillow writes right-to-left scripts reversed and unjoined.
SHAPED = bool(features.check("raqm"))

_LONGEST = 100
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@cache
def face(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """The bundled font at a size in pixels, loaded once."""
    return ImageFont.truetype(FONTS / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"), size)


@cache
def _box(bold: bool) -> bytes:
    # U+FFFF is no character, so this is what the font draws for everything it lacks.
    return bytes(face(BODY, bold).getmask("\uffff"))


@lru_cache(8192)
def _writable(char: str, bold: bool, shaped: bool) -> bool:
    if unicodedata.bidirectional(char) in {"R", "AL"} and not shaped:
        return False
    return bytes(face(BODY, bold).getmask(char)) != _box(bold)


@lru_cache(8192)
def _inked(char: str, bold: bool) -> bool:
    return face(BODY, bold).getmask(char).getbbox() is not None


def spell(name: str, *, bold: bool = False, shaped: bool = SHAPED) -> str | None:
    """A name as the font can write it, or None when what is left would not be that name.

    Decorated letters become plain ones; emoji, controls and heaped accents go. A name keeps its
    writable part while at least half of its letters and digits survive: "Anna 李" is "Anna", "李 A" is None.
    """
    kept: list[str] = []
    letters = lost = 0
    marked = True  # an accent needs a letter before it, and each letter carries one
    for char in unicodedata.normalize("NFKC", _SELECTORS.sub("", name))[:_LONGEST]:
        kind = unicodedata.category(char)
        if char.isspace():
            kept.append(" ")
            marked = True
        elif kind[0] == "C":
            continue
        elif stacking := unicodedata.combining(char):
            # Class 1 strikes through the letter.
            if not marked and stacking > 1 and _writable(char, bold, shaped):
                kept.append(char)
                marked = True
        elif _writable(char, bold, shaped):
            kept.append(char)
            letters += kind[0] in "LN"
            marked = False
        else:
            lost += kind[0] in "LNM"
            marked = True
    text = " ".join("".join(kept).split())
    seen = any(_inked(char, bold) for char in text)
    return text if seen and letters >= lost else None


def fit(text: str, width: float, font: ImageFont.FreeTypeFont) -> str:
    """The text, cut with an ellipsis where it would be wider than `width` pixels."""
    if font.getlength(text) <= width:
        return text
    cut = bisect_right(range(len(text)), width, key=lambda n: font.getlength(text[:n] + "…")) - 1
    return text[: max(cut, 0)].rstrip() + "…"


def plain(text: str, limit: int) -> str:
    """A name for alt text: every script and emoji stays, line breaks and controls go."""
    return shorten(_CONTROLS.sub("", " ".join(text.split())), limit)


def shorten(text: str, limit: int = ALT_LIMIT) -> str:
    """The text, cut with an ellipsis at `limit` characters."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def counted(number: int, noun: str) -> str:
    """A number with its noun: "1 rep", "1,204 reps"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
