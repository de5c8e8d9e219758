"""Every control is registered by its cog, has a verb of its own, and finds its way back from a custom_id."""

import pkgutil
from collections.abc import Iterator
from dataclasses import fields
from importlib import import_module
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import bot.ui
from bot.client.bot import StudyBot
from bot.client.controls import (
    CUSTOM_ID_LIMIT,
    Control,
    Controls,
    Picker,
    TicketButton,
    TicketModal,
)

for found in pkgutil.walk_packages(bot.ui.__path__, "bot.ui."):
    import_module(found.name)

LARGEST = 2**63 - 1
# A name in a ticket is one of ours, a period or an activity, never what somebody typed.
NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,19}", fullmatch=True)


def controls(kind: type[Control] = Control) -> Iterator[type[Control]]:
    """Those that can be pressed: with a verb of their own, not the bases they share."""
    for child in kind.__subclasses__():
        if "verb" in vars(child) and child.__module__.startswith("bot.ui"):
            yield child
        yield from controls(child)


CONTROLS = sorted(controls(), key=lambda control: control.verb)


NUMBERS = st.integers(-LARGEST, LARGEST)
DRAWN: dict[Any, st.SearchStrategy[Any]] = {int: NUMBERS, "int": NUMBERS, str: NAMES, "str": NAMES}


def registered() -> Controls:
    made = Controls()
    made.add(*CONTROLS)
    return made


def test_verbs_are_disjoint() -> None:
    verbs = [control.verb for control in CONTROLS]
    assert len(verbs) == len(set(verbs)) > 20
    assert [verb for verb in verbs if ":" in verb] == []


@given(st.data())
def test_a_ticket_comes_back_from_its_custom_id(data: st.DataObject) -> None:
    control = data.draw(st.sampled_from(CONTROLS))
    ticket = control.ticket(*(data.draw(DRAWN[field.type]) for field in fields(control.ticket)))
    assert registered().find(control.custom_id_for(ticket)) == (control, ticket)


@given(st.text())
def test_a_strange_custom_id_finds_nothing_or_a_whole_ticket(text: str) -> None:
    for verb in (control.verb for control in CONTROLS):
        found = registered().find(f"{verb}:{text}")
        assert found is None or isinstance(found[1], found[0].ticket)
    assert registered().find(text) is None or ":" in text


def test_the_longest_custom_id_fits() -> None:
    longest: dict[Any, Any] = {int: -LARGEST, "int": -LARGEST, str: "x" * 20, "str": "x" * 20}
    for control in CONTROLS:
        ticket = control.ticket(*(longest[field.type] for field in fields(control.ticket)))
        assert len(control.custom_id_for(ticket)) <= CUSTOM_ID_LIMIT


async def test_the_cogs_register_every_control(loaded: StudyBot) -> None:
    assert {control.verb for control in loaded.controls} == {control.verb for control in CONTROLS}


def test_a_control_is_one_of_three_kinds_and_acts() -> None:
    deeds = {TicketButton: "press", Picker: "pick", TicketModal: "submit"}
    for control in CONTROLS:
        (kind,) = [base for base in deeds if issubclass(control, base)]
        assert getattr(control, deeds[kind]).__func__ is not getattr(kind, deeds[kind]).__func__, control
