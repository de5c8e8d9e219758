"""Pictures of readouts as PNG bytes, each with its alt text; pure and synchronous: draw them in a thread.

Names the bundled font cannot write are replaced in the picture, so the message beside it must list them.
"""

from bot.ui.charts.board import board_alt, board_png
from bot.ui.charts.distribution import distribution_alt, distribution_png
from bot.ui.charts.heat_map import heat_map_alt, heat_map_png

__all__ = [
    "board_alt",
    "board_png",
    "distribution_alt",
    "distribution_png",
    "heat_map_alt",
    "heat_map_png",
]
