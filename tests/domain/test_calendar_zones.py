"""Zones by name: none but known ones, found by what people type, and in two short lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.calendar import cities, find_zones, regions, zone_named, zone_names


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("UTC", "UTC"),
        ("US/Eastern",) * 2,
    ],
)
def test_zones_by_name(name: str, key: str) -> None:
    assert zone_named(name).key == key


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "Europe",
        "Europe/",
        "Factory",
        "Europe/Atlantis",
        "posix/Europe/Berlin",
        "../../etc/passwd",
        "Europe/../Europe/Berlin",
        "/usr/share/zoneinfo/Europe/Berlin",
        "C:\\zones\\Berlin",
        "Europe/Berlin\0",
        "zone.tab",
        "x" * 100_000,
    ],
)
def test_unknown_names_are_refused_in_a_sentence(name: str) -> None:
    with pytest.raises(ValueError, match=r"^There is no time zone of this name"):
        zone_named(name)


def test_the_zones_on_offer() -> None:
    names = zone_names()
    assert list(names) == sorted(set(names))
    assert len(names) > 400
    assert {"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"} <= set(names)
    assert [name for name in names if "/" not in name] == ["UTC"]
    assert not [name for name in names if name.startswith(("Etc/", "posix/", "right/", "US/", "SystemV/"))]
    assert [zone_named(name).key for name in names] == list(names)


@pytest.mark.parametrize(
    ("text", "best"),
    [
        ("new york", "America/New_York"),
        ("NEW YORK", "America/New_York"),
        ("york", "America/New_York"),
        ("berlin", "Europe/Berlin"),
        ("ber", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("utc", "UTC"),
        ("gmt", "UTC"),
        ("são paulo", "America/Sao_Paulo"),
        ("SAO", "America/Sao_Paulo"),
        ("münch", "Europe/Berlin"),
        ("bogotá", "America/Bogota"),
        ("calcutta", "Asia/Kolkata"),
        ("kiev", "Europe/Kyiv"),
        ("san francisco", "America/Los_Angeles"),
        ("bengal", "Asia/Kolkata"),
        ("beijing", "Asia/Shanghai"),
        ("germany", "Europe/Berlin"),
        ("in", "Asia/Kolkata"),
        ("iceland", "Atlantic/Reykjavik"),
        ("côte d’ivoire", "Africa/Abidjan"),
        ("US/Pacific", "America/Los_Angeles"),
        ("", "UTC"),
        (" - ", "UTC"),
    ],
)
def test_the_best_zone_for_a_text(text: str, best: str) -> None:
    assert find_zones(text)[0] == best


@pytest.mark.parametrize("name", zone_names())
def test_every_zone_is_found_by_its_name_and_its_city(name: str) -> None:
    assert find_zones(name)[0] == name
    assert name in find_zones(name.rpartition("/")[2].replace("_", " ").lower())


@given(st.text(max_size=8), st.integers(0, 30))
def test_a_search_offers_few_distinct_zones_on_offer(text: str, limit: int) -> None:
    found = find_zones(text, limit)
    assert len(found) == len(set(found)) <= limit
    assert set(found) <= set(zone_names())
    assert find_zones("no such place at all") == ()


def test_two_short_lists_hold_every_zone_once() -> None:
    assert 1 < len(regions()) <= 25
    held = [cities(region) for region in regions()]
    assert all(1 <= len(names) <= 25 for names in held)
    assert sorted(name for names in held for name in names) == list(zone_names())
    assert all(len(region) <= 100 for region in regions())
    with pytest.raises(ValueError, match="no such region"):
        cities("Atlantis")
