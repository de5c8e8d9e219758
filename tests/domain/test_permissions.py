"""Permissions: rooms are looked at where rounds are posted, and voice rooms in the categories of those channels."""

from dataclasses import replace
from datetime import time

import pytest

from bot.domain.calendar import Recurrence
from bot.domain.permissions import BREAKS, Allowed, Sight, check, missing_for
from bot.domain.schedules import NOWHERE, Planned, Setup

STUDY, ROUNDS, CATEGORY = 1, 2, 9
ALL = Allowed(frozenset(BREAKS))


def without(*names: str) -> Allowed:
    return Allowed(ALL.granted - {*names})


def planned(kind: str, channel_id: int) -> Planned:
    recurrence = Recurrence.daily(time(9))
    return Planned(1, kind, channel_id, recurrence, {}, "UTC", paused=False, upcoming=())


SETUP = Setup(
    guild_id=7,
    name="Study hall",
    zone="UTC",
    channel_id=STUDY,
    guide_role_id=None,
    moderator_role_id=None,
    alert_channel_id=None,
    weekly_goal=None,
    set_up=True,
    schedules=(planned("question", STUDY), planned("round", ROUNDS)),
    last_miss=None,
)
SIGHT = Sight(
    server=ALL,
    channels={STUDY: ALL, ROUNDS: ALL, CATEGORY: ALL},
    categories={ROUNDS: CATEGORY},
    roles=frozenset(),
)


def test_all_well_names_where_each_thing_happens() -> None:
    found = check(SETUP, SIGHT)
    assert found.all_well
    assert dict(found.well) == {
        "Daily questions": (STUDY,),
        "Reveals": (STUDY,),
        "Explanations": (STUDY,),
        "Recitation rounds": (ROUNDS,),
        "Rooms for pairs": (STUDY, ROUNDS),
        "Voice rooms": (CATEGORY,),
    }


def test_without_a_category_voice_rooms_stand_in_the_server() -> None:
    found = check(replace(SETUP, schedules=()), replace(SIGHT, server=without("connect")))
    ((channels, (missing,)),) = [(one.channels, one.missing) for one in found.troubles]
    assert (channels, missing.name, missing.way) == ((NOWHERE,), "connect", "server")


def test_a_round_needs_its_rooms_in_its_own_channel() -> None:
    lacking = without("create_private_threads", "create_public_threads")
    assert [one.name for one in missing_for("round", lacking, ALL)] == ["create_private_threads"]
    assert [one.name for one in missing_for("question", lacking, ALL)] == ["create_public_threads"]


@pytest.mark.parametrize("denied", ["manage_channels", "connect", "move_members"])
def test_what_a_category_denies_to_voice_rooms_is_its_trouble_only(denied: str) -> None:
    channels = {**SIGHT.channels, CATEGORY: without(denied)}
    (trouble,) = check(SETUP, replace(SIGHT, channels=channels)).troubles
    assert trouble.channels == (CATEGORY,)
    assert [one.name for one in trouble.missing] == [denied]


def test_a_study_channel_that_is_gone_takes_its_rooms_with_it() -> None:
    gone = replace(SIGHT, channels={})
    found = check(replace(SETUP, schedules=()), gone)
    assert [(one.channels, one.gone) for one in found.troubles] == [((STUDY,), True)]
    assert found.well == ()
