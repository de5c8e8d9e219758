"""Members: who someone is to Reps, and the cards' readouts about them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.domain.scoring import ShownAs

Track = Literal["ds", "mle", "undecided"]
TRACKS: dict[Track, str] = {
    "ds": "Data scientist",
    "mle": "Machine-learning engineer",
    "undecided": "Not decided yet",
}
Level = Literal["new-grad", "1-3-years", "switching"]
LEVELS: dict[Level, str] = {
    "new-grad": "New graduate",
    "1-3-years": "1 to 3 years of experience",
    "switching": "Switching careers",
}
# Chosen, it takes back what was said before.
LEVEL_OPEN = "open"
SHOWN: dict[ShownAs, str] = {
    "name": "With my name",
    "anonymous": "Without my name (Member)",
    "hidden": "Not at all",
}
# By ISO 639-1 code, the English name and the language's own.
LANGUAGES: dict[str, tuple[str, str]] = {
    "en": ("English", "English"),
    "ar": ("Arabic", "العربية"),
    "bn": ("Bengali", "বাংলা"),
    "zh": ("Chinese", "中文"),
    "nl": ("Dutch", "Nederlands"),
    "fr": ("French", "Français"),
    "de": ("German", "Deutsch"),
    "hi": ("Hindi", "हिन्दी"),
    "id": ("Indonesian", "Bahasa Indonesia"),
    "it": ("Italian", "Italiano"),
    "ja": ("Japanese", "日本語"),
    "ko": ("Korean", "한국어"),
    "fa": ("Persian", "فارسی"),
    "pl": ("Polish", "Polski"),
    "pt": ("Portuguese", "Português"),
    "ru": ("Russian", "Русский"),
    "es": ("Spanish", "Español"),
    "sw": ("Swahili", "Kiswahili"),
    "ta": ("Tamil", "தமிழ்"),
    "te": ("Telugu", "తెలుగు"),
    "tr": ("Turkish", "Türkçe"),
    "uk": ("Ukrainian", "Українська"),
    "ur": ("Urdu", "اردو"),
    "vi": ("Vietnamese", "Tiếng Việt"),
}


@dataclass(frozen=True, slots=True)
class Person:
    """Who is asking, as Discord says: never taken from a custom_id."""

    guild_id: int
    discord_id: int
    name: str
    guild_name: str = ""
    manages_server: bool = False
    role_ids: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Profile:
    """A member's settings."""

    name: str
    zone: str | None
    server_zone: str
    track: Track
    shown_as: ShownAs
    joined_at: datetime
    paused: bool
    zone_locked_until: datetime | None
    languages: tuple[str, ...] = ("en",)
    level: Level | None = None
    # A notice was switched off because a direct message did not get through.
    unreachable: bool = False
