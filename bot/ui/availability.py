"""Availability's face: weekly slots, chosen from presets and refined."""

from bot.client.controls import Control

CONTROLS: tuple[type[Control], ...] = ()
