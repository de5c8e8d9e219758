"""Guides' faces: the queue, the people, and what was done."""

from bot.client.controls import Control

CONTROLS: tuple[type[Control], ...] = ()
