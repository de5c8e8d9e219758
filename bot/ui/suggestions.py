"""Suggestions' faces: the form, the guide's review, and reports about an item."""

from bot.client.controls import Control

CONTROLS: tuple[type[Control], ...] = ()
