"""Privacy's faces: the note, the export, and the confirmed deletion."""

from bot.client.controls import Control

CONTROLS: tuple[type[Control], ...] = ()
