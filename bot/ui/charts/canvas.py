"""The surface every picture is drawn on: palette, smooth shapes, and a PNG that is quick to write.

Pillow writes true-colour PNGs slowly and holds the interpreter lock meanwhile, so a canvas notes each pair of
colours that meet and is saved with a palette of just their blends (9.3 ms became 2.4 for a board).
"""

import io
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]

# Channels are multiples of four: Pillow maps colours to a palette in blocks of four, and keeps these exact.
# Calm slate on Discord's dark and light themes alike; blue, amber and green stay apart for colour-blind eyes.
BACK: Colour = (0x20, 0x24, 0x30)
PANEL: Colour = (0x2C, 0x30, 0x40)
TRACK: Colour = (0x38, 0x40, 0x50)
INK: Colour = (0xF0, 0xF4, 0xF8)
MUTED: Colour = (0xB8, 0xC0, 0xCC)
BLUE: Colour = (0x60, 0xB0, 0xEC)
AMBER: Colour = (0xF0, 0xB8, 0x50)
GREEN: Colour = (0x50, 0xC8, 0xA4)

# Twice the size Discord shows, so that it stays sharp.
WIDTH = 1100
MARGIN = 48

_RADIUS = 28
_SMOOTH = 4
_BLENDS = 9
_CORNER_ALPHAS = 8


@lru_cache(64)
def _corners(radius: int) -> tuple[Image.Image, ...]:
    """Masks of a disc's quarters: top left, top right, bottom left, bottom right."""
    side = 2 * radius
    disc = Image.new("L", (side * _SMOOTH, side * _SMOOTH))
    ImageDraw.Draw(disc).ellipse((0, 0, side * _SMOOTH - 1, side * _SMOOTH - 1), 255)
    disc = disc.reduce(_SMOOTH)
    return tuple(disc.crop((x, y, x + radius, y + radius)) for y in (0, radius) for x in (0, radius))


def _quarters(box: Box, radius: int) -> tuple[Box, ...]:
    left, top, right, bottom = box
    return tuple(
        (x, y, x + radius, y + radius) for y in (top, bottom - radius) for x in (left, right - radius)
    )


class Canvas:
    """A rounded card of one background colour; every mark names the colour it stands on."""

    def __init__(self, height: int, width: int = WIDTH) -> None:
        self._image = Image.new("RGB", (width, height), BACK)
        self._draw = ImageDraw.Draw(self._image)
        self._meetings: dict[tuple[Colour, Colour], None] = {}

    def text(
        self,
        at: tuple[float, float],
        text: str,
        font: ImageFont.FreeTypeFont,
        fill: Colour = INK,
        *,
        on: Colour = BACK,
        anchor: str = "lm",
    ) -> None:
        self._meetings[fill, on] = None
        self._draw.text(at, text, font=font, fill=fill, anchor=anchor)

    def rounded(self, box: Box, radius: int, fill: Colour, *, on: Colour = BACK) -> None:
        """A filled rectangle with smooth round corners; right and bottom are exclusive."""
        self._meetings[fill, on] = None
        left, top, right, bottom = box
        radius = min(radius, (right - left) // 2, (bottom - top) // 2)
        self._image.paste(fill, (left + radius, top, right - radius, bottom))
        self._image.paste(fill, (left, top + radius, right, bottom - radius))
        for quarter, mask in zip(_quarters(box, radius), _corners(radius), strict=True):
            self._image.paste(fill, quarter, mask)

    def bar(self, box: Box, share: float, fill: Colour, *, on: Colour = BACK) -> None:
        """A track with its first `share` (0 to 1) filled; anything above nothing can be seen."""
        left, top, right, bottom = box
        radius = (bottom - top) // 2
        self.rounded(box, radius, TRACK, on=on)
        if share > 0:
            length = max(2 * radius, round((right - left) * share))
            self.rounded((left, top, left + length, bottom), radius, fill, on=TRACK)

    def copy(self, box: Box, at: tuple[int, int]) -> None:
        """Repeat what stands in a box elsewhere, which costs far less than drawing it again."""
        self._image.paste(self._image.crop(box), at)

    def png(self) -> bytes:
        """The finished picture, its corners transparent."""
        shades = self._shades()
        palette = Image.new("P", (1, 1))
        palette.putpalette([channel for shade in shades for channel in shade])
        picture = self._image.quantize(palette=palette, dither=Image.Dither.NONE)
        first = len(shades)
        shades += [BACK] * (_CORNER_ALPHAS + 1)
        picture.putpalette([channel for shade in shades for channel in shade])
        for quarter, mask in zip(_quarters((0, 0, *picture.size), _RADIUS), _corners(_RADIUS), strict=True):
            picture.paste(
                mask.point([first + level * _CORNER_ALPHAS // 255 for level in range(256)]), quarter
            )
        alphas = [255] * first + [255 * step // _CORNER_ALPHAS for step in range(_CORNER_ALPHAS + 1)]
        out = io.BytesIO()
        picture.save(out, "PNG", compress_level=1, transparency=bytes(alphas))
        return out.getvalue()

    def _shades(self) -> list[Colour]:
        shades = {BACK: None} | {colour: None for pair in self._meetings for colour in pair}
        for mark, ground in self._meetings:
            for step in range(1, _BLENDS):
                part = step / _BLENDS
                blend = [round(m * part + g * (1 - part)) for m, g in zip(mark, ground, strict=True)]
                shades[blend[0], blend[1], blend[2]] = None
        return list(shades)
