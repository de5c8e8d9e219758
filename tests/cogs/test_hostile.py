"""Hostile texts, ids and choices sent to every command, button, select and form there is.

Nothing may fail unforeseen, ping anybody, be answered in public, or hold the event loop up.
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pytest
from discord import AppCommandOptionType, app_commands
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.client.controls import CUSTOM_ID_LIMIT, Control, TicketButton, TicketModal
from tests.support.study import answer, command, easy_bank
from tests.support.world import SUBMIT, World, button, choice, form, said, world

# What a press may cost more than the same press with harmless words, in seconds of the loop's own work.
STALL = 0.05
FAILED = "Something went wrong on our side"
EVIL = (
    "@everyone <@&1> <@1> <#1> </reps:1> <t:1:R>",
    "\u202eesrever\u2066\u200b\ufeff\x00\x1b[31m",
    "[a](" * 1000,
    "*_~`|>" * 600,
    "`" * 4000,
    "\n" * 4000,
    "a\u0301" * 2000,
    "👩‍👩‍👧‍👦" * 300,
    "'; DROP TABLE members; --",
    "{0.__class__} %s %(x)s ${jndi:ldap://x}",
    "=cmd|' /C calc'!A0",
    "../../etc/passwd",
    "9" * 4000,
    "-1e999",
    "nan",
    "٣٤",
    "",
    " ",
)
TEXTS = st.sampled_from(EVIL) | st.text(st.characters(exclude_categories=("Cs",)), max_size=4000)
# Rows there are, rows there are not, and numbers that fit no row.
NUMBERS = st.sampled_from((1, 2, 3, 4, 5, 0, -1, 10**9, 2**53, 2**63 - 1, -(2**63) + 1))
NAMES = st.sampled_from(("week", "any", "explanation", "member", "a.b", "x" * 20, "é"))


@dataclass(frozen=True)
class Stage:
    """A study hall with something in it, kept for all examples, and its event loop."""

    loop: asyncio.AbstractEventLoop
    hall: World
    people: tuple[Any, ...]
    homes: tuple[Any, ...]  # a private card of each, to press on

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("hostile")
    loop = asyncio.new_event_loop()
    opened = world(f"sqlite+aiosqlite:///{folder / 'reps.db'}", bank=easy_bank(folder / "bank"))

    async def begin() -> Stage:
        hall = await opened.__aenter__()
        question = await hall.post_question()
        bo, evil = hall.member("Bo"), hall.member("@everyone **x** <@1>")
        await answer(bo, question)
        people = (hall.admin, bo, evil, hall.member("New"))
        homes = [(await who.slash(hall.channel, "reps")).response for who in people]
        return Stage(loop, hall, people, tuple(homes))

    try:
        yield loop.run_until_complete(begin())
        loop.run_until_complete(opened.__aexit__(None, None, None))
    finally:
        loop.close()


def examples(count: int) -> settings:
    """Each example is a whole interaction; shrinking hundreds of them would take minutes."""
    return settings(
        max_examples=count,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


def check(stage: Stage, result: Any, since: int, what: object) -> None:
    """Answered, privately, without a failure, and nobody was pinged."""
    assert result.acknowledged, what
    if result.modal is None and result.autocomplete_choices is None:
        words = said(result)
        assert words.strip(), what
        assert FAILED not in words, what
        assert all(one.ephemeral for one in (result.response, *result.followups) if one), what
    for entry in stage.hall.env.http_requests[since:]:
        body = entry.json if isinstance(entry.json, dict) else {}
        told = (body.get("data") or body) if isinstance(body.get("data"), dict | None) else body
        if "components" in told and "custom_id" not in told:
            mentions = told["allowed_mentions"]
            assert (mentions.get("parse", []), mentions.get("roles", [])) == ([], []), what


# --- presses, choices and forms


@st.composite
def presses(draw: st.DrawFn, controls: list[type[Control]]) -> tuple[dict[str, Any], int]:
    control = draw(st.sampled_from(controls))
    strategies: dict[Any, Any] = {int: NUMBERS, "int": NUMBERS, str: NAMES, "str": NAMES}
    ticket = ".".join(str(draw(strategies[field.type])) for field in fields(control.ticket))
    custom_id = f"{control.verb}:{ticket}"[:CUSTOM_ID_LIMIT]
    if issubclass(control, TicketButton):
        return button(custom_id), 3
    if issubclass(control, TicketModal):
        names = ("answer", "text", "reason", "note", "word", "title", "question", "options", "source")
        return form(custom_id, **{name: draw(TEXTS) for name in names}), SUBMIT
    values = draw(st.lists(NUMBERS.map(str) | st.sampled_from(EVIL[:4]) | NAMES, max_size=3))
    return choice(custom_id, *values), 3


def test_no_control_minds_what_it_is_sent(stage: Stage) -> None:
    controls = sorted(stage.hall.bot.controls, key=lambda control: control.verb)

    @examples(400)
    @given(st.integers(0, 3), presses(controls))
    def press(who: int, sent: tuple[dict[str, Any], int]) -> None:
        data, kind = sent
        since = len(stage.hall.env.http_requests)
        (result,) = stage.run(stage.hall.raw((stage.people[who], stage.homes[who], data), kind=kind))
        check(stage, result, since, data)

    press()
    stage.run(stage.hall.rounds())


# --- commands


def takes(parameter: app_commands.Parameter) -> st.SearchStrategy[Any] | None:
    """Something hostile for an option; None where Discord itself resolves what was picked."""
    match parameter.type:
        case AppCommandOptionType.string:
            return TEXTS
        case AppCommandOptionType.integer:
            return st.sampled_from((0, 1, 2, 3, -1, 10**9, 2**53 - 1, -(2**53) + 1))
        case AppCommandOptionType.boolean:
            return st.booleans()
    return None


def test_no_command_minds_what_it_is_sent(stage: Stage) -> None:
    commands = sorted(
        (one for one in stage.hall.bot.tree.walk_commands() if isinstance(one, app_commands.Command)),
        key=lambda one: one.qualified_name,
    )
    usable = [
        one
        for one in commands
        if all(takes(option) is not None or not option.required for option in one.parameters)
    ]

    @examples(250)
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from(usable))
        options = {
            option.display_name: data.draw(strategy)
            for option in chosen.parameters
            if (strategy := takes(option)) is not None and (option.required or data.draw(st.booleans()))
        }
        who = stage.people[data.draw(st.integers(0, 3))]
        since = len(stage.hall.env.http_requests)
        result = stage.run(command(stage.hall, who, chosen.qualified_name, **options))
        check(stage, result, since, (chosen.qualified_name, options))

    ask()


# --- the event loop


def cost(stage: Stage, custom_id: str, text: str) -> float:
    """What one form costs the loop's own thread, in seconds; the best of a few."""
    best = float("inf")
    fields = dict.fromkeys(("answer", "text", "reason", "note", "word", "title", "question"), text)
    for _ in range(3):
        before = time.thread_time()
        stage.run(stage.hall.raw((stage.people[1], stage.homes[1], form(custom_id, **fields)), kind=SUBMIT))
        best = min(best, time.thread_time() - before)
    return best


def test_no_text_holds_the_loop_up(stage: Stage) -> None:
    slow = {}
    for control in stage.hall.bot.controls:
        if not issubclass(control, TicketModal):
            continue
        custom_id = f"{control.verb}:{'.'.join('1' for _ in fields(control.ticket))}"
        plain = cost(stage, custom_id, "plain words")
        for text in EVIL:
            if (more := cost(stage, custom_id, text) - plain) > STALL:
                slow[control.verb, text[:20]] = more
    assert slow == {}
