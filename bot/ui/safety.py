"""Safety's faces: the way to report or block, and what moderators read."""

from bot.client.controls import Control

CONTROLS: tuple[type[Control], ...] = ()
