"""The first guess at a zone: from the first locale that tells one."""

import discord
import pytest

from bot.domain.calendar import guessed_zone, zone_names


@pytest.mark.parametrize(
    ("locales", "zone"),
    [
        (("de", "en-US"), "Europe/Berlin"),
        (("en-GB", "ja"), "Europe/London"),
        (("en-US", "ja"), "Asia/Tokyo"),
        (("en-US", "pt-BR"), "America/Sao_Paulo"),
        (("en-US", "en-US"), "UTC"),
        (("tlh",), "UTC"),
        ((), "UTC"),
    ],
)
def test_the_first_locale_that_tells_one_counts(locales: tuple[str, ...], zone: str) -> None:
    assert guessed_zone(locales) == zone


def test_every_locale_of_discords_gives_a_zone_on_the_list() -> None:
    guesses = {locale.value: guessed_zone([locale.value]) for locale in discord.Locale}
    assert set(guesses.values()) <= set(zone_names())
    assert [locale for locale, zone in guesses.items() if zone == "UTC"] == ["en-US"]
