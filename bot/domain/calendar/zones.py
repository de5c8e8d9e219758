"""Time zones by name: the known ones, a forgiving search for autocompletion, and two short lists.

The names come from the tzdata package, which also stands in where a machine has no zones of its own.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import ceil
from zoneinfo import ZoneInfo

SELECT_OPTIONS = 25  # Discord's limit for one select
REMOTE = "UTC and the poles"

# What people type although no zone is called so; in the order in which an empty search offers the zones.
_SPOKEN = {
    "UTC": "gmt, coordinated universal time",
    "America/New_York": "eastern time, est, edt, boston, washington dc, miami, atlanta, philadelphia",
    "America/Chicago": "central time, cst, cdt, houston, dallas, austin, minneapolis, new orleans, st louis",
    "America/Denver": "mountain time, mst, mdt, salt lake city, albuquerque",
    "America/Los_Angeles": "pacific time, pst, pdt, san francisco, seattle, san diego, san jose, las vegas",
    "America/Toronto": "montreal, ottawa, waterloo",
    "America/Mexico_City": "guadalajara",
    "America/Sao_Paulo": "rio de janeiro, brasilia, belo horizonte",
    "America/Argentina/Buenos_Aires": "",
    "Europe/London": "bst, manchester, edinburgh, glasgow, cambridge, oxford, england, scotland, wales",
    "Europe/Berlin": "cet, cest, munich, münchen, hamburg, frankfurt, cologne, köln, stuttgart, leipzig",
    "Europe/Paris": "lyon, marseille, toulouse, grenoble",
    "Europe/Madrid": "barcelona, valencia, sevilla",
    "Europe/Istanbul": "ankara, izmir, turkey",
    "Europe/Moscow": "st petersburg, saint petersburg, moskva",
    "Africa/Lagos": "abuja",
    "Africa/Cairo": "alexandria",
    "Africa/Nairobi": "",
    "Africa/Johannesburg": "cape town, pretoria, durban",
    "Asia/Dubai": "abu dhabi",
    "Asia/Kolkata": "ist, mumbai, bombay, delhi, bangalore, bengaluru, hyderabad, chennai, pune, ahmedabad",
    "Asia/Singapore": "",
    "Asia/Shanghai": "beijing, shenzhen, guangzhou, hangzhou, chengdu, wuhan",
    "Asia/Tokyo": "jst, osaka, kyoto",
    "Australia/Sydney": "canberra",
    "America/Vancouver": "victoria bc",
    "America/Edmonton": "calgary",
    "America/Bogota": "medellin",
    "Europe/Rome": "milan, milano, roma, turin, naples",
    "Europe/Zurich": "geneva, lausanne, bern, basel",
    "Europe/Warsaw": "krakow, wroclaw, gdansk, warszawa",
    "Europe/Vienna": "wien",
    "Europe/Prague": "praha, brno",
    "Europe/Lisbon": "porto, lisboa",
    "Europe/Copenhagen": "københavn, kobenhavn",
    "Europe/Athens": "thessaloniki",
    "Europe/Bucharest": "cluj, bucuresti",
    "Europe/Kyiv": "lviv, kharkiv, odesa",
    "Asia/Jerusalem": "tel aviv, haifa",
    "Asia/Karachi": "lahore, islamabad",
    "Asia/Ho_Chi_Minh": "hanoi",
    "Asia/Seoul": "kst, busan",
    "Pacific/Auckland": "wellington, christchurch",
}


@dataclass(frozen=True, slots=True)
class _Entry:
    """A zone and the plain phrases it is found by, each with how near it is to the zone's own name."""

    name: str
    phrases: tuple[tuple[str, int], ...]


def zone_named(name: str) -> ZoneInfo:
    """The zone of this name, in any case and including names of old; ValueError for any other name.

    Only known names are ever looked up, so a text from a person never becomes a path.
    """
    known = _known().get(name.casefold())
    if known is None:
        raise ValueError("There is no time zone of this name; names look like Europe/Berlin.")
    return _zone(known)


@cache
def zone_names() -> tuple[str, ...]:
    """The zones worth offering, sorted: "UTC", and one per region and city in use today."""
    return tuple(sorted(["UTC", *_countries()]))


def find_zones(text: str, limit: int = SELECT_OPTIONS) -> tuple[str, ...]:
    """At most `limit` zone names, best first, for part of a city, country, zone or former name.

    Case, accents and punctuation do not matter. An empty text offers the zones most people live in.
    """
    sought = _plain(text)
    if not sought:
        return tuple(_SPOKEN)[:limit]
    ranked = []
    for order, entry in enumerate(_entries()):
        rank = min(
            (_nearness(sought, phrase, kind) for phrase, kind in entry.phrases if sought in phrase),
            default=None,
        )
        if rank is not None:
            nearness, kind = rank
            ranked.append((nearness, order >= len(_SPOKEN), kind, order, entry.name))
    return tuple(name for *_, name in sorted(ranked)[:limit])


def regions() -> tuple[str, ...]:
    """Regions for a first select of at most 25; large ones are cut into alphabetical parts."""
    return tuple(_regions())


def cities(region: str) -> tuple[str, ...]:
    """The names of a region's zones, at most 25, for a second select; ValueError for an unknown region."""
    try:
        return _regions()[region]
    except KeyError:
        raise ValueError("There is no such region; pick one from the list.") from None


def _nearness(sought: str, phrase: str, kind: int) -> tuple[int, int]:
    if phrase == sought:
        return 0, kind
    if phrase.startswith(sought):
        return 1, kind
    return (2, kind) if f" {sought}" in phrase else (3, kind)


def _plain(text: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in bare.casefold()).split())


def _city(name: str) -> str:
    return name.partition("/")[2].replace("_", " ")


@cache
def _zone(name: str) -> ZoneInfo:
    # ZoneInfo itself keeps only eight zones alive; a planner that meets them all would read files all day.
    return ZoneInfo(name)


@cache
def _known() -> dict[str, str]:
    names = files("tzdata").joinpath("zones").read_text("utf-8").split()
    return {name.casefold(): name for name in names if name != "Factory"}


def _table(name: str) -> list[list[str]]:
    lines = files("tzdata").joinpath("zoneinfo", name).read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


@cache
def _countries() -> dict[str, str]:
    """Each zone in use and its country, in tzdata's order: by country, the most populous zones early."""
    names = dict(_table("iso3166.tab"))
    return {zone: names[code] for code, _, zone, *_ in _table("zone.tab")}


@cache
def _entries() -> tuple[_Entry, ...]:
    countries = _countries()
    former: dict[str, list[str]] = {}
    for line in files("tzdata").joinpath("zoneinfo", "tzdata.zi").read_text("utf-8").splitlines():
        if line.startswith("L "):
            _, now, then = line.split(" ")
            if then not in countries:
                former.setdefault("UTC" if now in ("Etc/UTC", "Etc/GMT") else now, []).append(then)
    entries = []
    for name in dict.fromkeys([*_SPOKEN, *countries]):
        own = {name, name.rpartition("/")[2]}
        near = [countries.get(name, ""), *_SPOKEN.get(name, "").split(",")]
        old = [word for link in former.get(name, []) for word in (link, link.rpartition("/")[2])]
        phrases = [(_plain(text), kind) for kind, texts in enumerate((own, near, old)) for text in texts]
        entries.append(_Entry(name, tuple((phrase, kind) for phrase, kind in phrases if phrase)))
    return tuple(entries)


@cache
def _regions() -> dict[str, tuple[str, ...]]:
    by_region: dict[str, list[str]] = {}
    for name in zone_names():
        region = name.partition("/")[0]
        by_region.setdefault(REMOTE if region in ("UTC", "Arctic", "Antarctica") else region, []).append(name)
    parts: dict[str, tuple[str, ...]] = {}
    for region in sorted(by_region, key=lambda region: (region == REMOTE, region)):
        names = by_region[region]
        count = ceil(len(names) / SELECT_OPTIONS)
        for part in range(count):
            held = names[len(names) * part // count : len(names) * (part + 1) // count]
            label = region if count == 1 else f"{region}: {_city(held[0])} – {_city(held[-1])}"
            parts[label] = tuple(held)
    return parts
