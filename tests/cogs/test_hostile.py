"""Hostile texts, ids and choices sent to every command, button, select and form there is.

Nothing may fail unforeseen, ping anybody, be answered in public, or hold the event loop up.
"""

import asyncio
import csv
import io
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

import discord
import pytest
from discord import AppCommandOptionType, app_commands
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.bank.exchange import FORMAT
from bot.client.controls import CUSTOM_ID_LIMIT, Control, TicketButton, TicketModal
from bot.services.meetings.gathering import RUNNING
from bot.storage.tables import (
    Meeting,
    MeetingTable,
    MockInterview,
    Problem,
    Proposal,
    Recitation,
    Reciter,
    Response,
    Round,
)
from bot.ui.safety import LABEL
from tests.bank.builders import TEXTS as ITEMS
from tests.bank.builders import parsed
from tests.support import together
from tests.support.problems import problem_item
from tests.support.study import another_server, answer, ask, channel_denied, command, rows
from tests.support.traces import everything
from tests.support.world import (
    SUBMIT,
    World,
    button,
    choice,
    form,
    said,
    words,
    world,
)

# What a press may cost more than the same press with harmless words, in seconds of the loop's own work.
STALL = 0.05
DAY = 86_400
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
NAMES = st.sampled_from(
    (
        *("week", "any", "explanation", "member", "a.b", "x" * 20, "é"),
        *("live", "async", "voice", "typed", "sql", "both", "recitation", "mock", "ask"),
        *("propose", "discuss", "reveal", "card", "table1"),
    )
)


# What a form or a command could hold in earnest, so that what comes after the first check is reached too.
SENSIBLE: dict[str, str | list[str]] = {
    **dict.fromkeys(("answer", "text", "note", "comment", "title", "question", "explanation"), "Some words"),
    **dict.fromkeys(("model_answer", "sources", "right"), "Some other words"),
    "key_points": "One\nTwo\nThree",
    "wrong": "One\nTwo",
    "tolerance": "0",
    "word": "DELETE",
    "reason": ["spam"],
    "marks": ["0"],
    "reps": ["1"],
    "difficulty": ["2"],
    "track": ["both"],
    # What people say of each other, and of their projects.
    "covered": ["0"],
    **dict.fromkeys(("clarity", "depth", "follow_ups", "solving", "communication"), "2"),
    **dict.fromkeys(("clear", "fair", "helped"), "1"),
    **dict.fromkeys(("improve", "well", "problem", "data", "model", "tools", "result"), "Some words"),
    "recording": ["1"],
    "proposals": ["1"],
}
WORDS = ("sql", "9", "18:30", "Europe/Berlin", "2026-03-01", "mon, wed", "week", "1", "question", "weekly")


@dataclass(frozen=True)
class Stage:
    """A study hall with something in it, kept for all examples, and its event loop."""

    loop: asyncio.AbstractEventLoop
    hall: World
    people: tuple[Any, ...]
    strangers: tuple[Any, ...]  # of another server
    places: tuple[Any, ...]
    voices: tuple[Any, ...]
    roles: tuple[Any, ...]
    homes: tuple[Any, ...]  # a private card of each, to press on

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)


async def furnished(hall: World) -> tuple[Any, ...]:
    """Something of everything: questions, answers, explanations, what waits for guides and moderators. Who presses."""
    guides, moderators = hall.guild.create_role("Guides"), hall.guild.create_role("Moderators")
    await hall.admin.slash(
        hall.channel, "setup start", guides=guides, moderators=moderators, alerts=hall.channel
    )
    bo, evil, new = hall.member("Bo"), hall.member("@everyone **x** <@1>"), hall.member("New")
    gus, mo = (
        hall.guild.add_member(hall.env.create_user(name.lower(), global_name=name), roles=[role])
        for name, role in (("Gus", guides), ("Mo", moderators))
    )
    first = await ask(hall)
    for who in (bo, evil):
        await answer(who, first)
    await hall.skip(DAY)
    await hall.admin.slash(hall.channel, "setup schedule pause", number=1)
    reveal = next(one for one in hall.channel.history() if words(one).startswith("## Answer"))
    for who, label in ((bo, "Explain it in your words"), (evil, "Ask a guide")):
        await who.submit_modal(await who.click(reveal, label=label), {"text": EVIL[0]})
    await hall.raw((evil, reveal, form("safety.report-form:explanation.1", reason=["spam"])), kind=SUBMIT)
    drawn = await evil.slash(hall.channel, "question random", kind="open")
    locked = await hall.write(evil, drawn.response, EVIL[0])
    marked = await evil.select(locked.response, ["0"])
    await evil.click(marked.response, label="Ask a guide to check")
    opened = await bo.slash(hall.channel, "question suggest", topic="sql", kind="open")
    await bo.submit_modal(
        opened, {name: str(SENSIBLE[name]) for name in ("question", "key_points", "model_answer", "sources")}
    )
    await hall.rounds()
    await in_company(hall, bo, evil, gus)
    return hall.admin, bo, evil, new, gus, mo


async def in_company(hall: World, bo: Any, evil: Any, gus: Any) -> None:
    """What people do together, under way: a meeting, problems, rooms, an exchange, a round, interviews, the queue."""
    await together.agree(hall, bo, evil, gus)
    await together.solving(hall, bo, evil)
    await together.meeting(hall, bo, evil)
    await together.live(hall, bo, evil)
    await together.handed_in(hall, bo, evil)
    await together.alone(hall, bo)
    await together.write_project(hall, evil, EVIL[0])
    await together.interviewing(hall, bo, evil)
    await together.paired_in_a_round(hall, bo, evil, gus)
    await gus.slash(hall.channel, "recite now")
    await hall.rounds()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("hostile")
    loop = asyncio.new_event_loop()
    items = {f"sql/{kind}": ITEMS[kind] for kind in ("open", "numeric")}
    items |= {f"sql/problem-{number}": problem_item(f"Case {number}") for number in range(4)}
    bank = together.bank_of_everything(folder / "bank", items)
    opened = world(f"sqlite+aiosqlite:///{folder / 'reps.db'}", bank=bank)

    async def begin() -> Stage:
        hall = await opened.__aenter__()
        people = await furnished(hall)
        _, _, stranger = another_server(hall)
        closed = channel_denied(hall, "closed", "send_messages")
        roles = (hall.guild.default_role, hall.guild.create_role("@here"))
        homes = [(await who.slash(hall.channel, "reps")).response for who in people]
        voices = (hall.guild.create_voice_channel("Study room"),)
        return Stage(loop, hall, people, (stranger,), (hall.channel, closed), voices, roles, tuple(homes))

    try:
        yield loop.run_until_complete(begin())
        loop.run_until_complete(opened.__aexit__(None, None, None))
    finally:
        loop.close()


def examples(count: int) -> settings:
    """Each example is a whole interaction; shrinking hundreds of them would take minutes."""
    return settings(
        max_examples=count,
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

CHOSEN = st.lists(NUMBERS.map(str) | st.sampled_from((*EVIL[:4], "spam", "both")) | NAMES, max_size=30)


@st.composite
def filled(draw: st.DrawFn) -> dict[str, str | list[str]]:
    """Every field there is: in earnest, or one hostile text, or something chosen where nothing can be."""
    hostile: tuple[str | list[str], ...] = (draw(TEXTS), draw(CHOSEN))
    return {name: draw(st.sampled_from((sensible, *hostile))) for name, sensible in SENSIBLE.items()}


FIELDS = filled()


@st.composite
def presses(draw: st.DrawFn, controls: list[type[Control]]) -> tuple[dict[str, Any], int]:
    control = draw(st.sampled_from(controls))
    strategies: dict[Any, Any] = {int: NUMBERS, "int": NUMBERS, str: NAMES, "str": NAMES}
    ticket = ".".join(str(draw(strategies[field.type])) for field in fields(control.ticket))
    custom_id = f"{control.verb}:{ticket}"[:CUSTOM_ID_LIMIT]
    if issubclass(control, TicketButton):
        return button(custom_id), 3
    if issubclass(control, TicketModal):
        return form(custom_id, **draw(FIELDS)), SUBMIT
    values = draw(st.lists(NUMBERS.map(str) | st.sampled_from(EVIL[:4]) | NAMES, max_size=3))
    return choice(custom_id, *values), 3


def test_no_control_minds_what_it_is_sent(stage: Stage) -> None:
    controls = sorted(stage.hall.bot.controls, key=lambda control: control.verb)

    @examples(400)
    @given(st.integers(0, 5), presses(controls))
    def press(who: int, sent: tuple[dict[str, Any], int]) -> None:
        data, kind = sent
        since = len(stage.hall.env.http_requests)
        (result,) = stage.run(stage.hall.raw((stage.people[who], stage.homes[who], data), kind=kind))
        check(stage, result, since, data)

    press()
    stage.run(stage.hall.rounds())


# What names a row that only those who are in it may act on, or only people of its server.
OTHERS = {
    *("recitation_id", "reciter_id", "mock_id", "round_id", "problem_id", "proposal_id", "response_id"),
    *("meeting_id", "table_id"),
}
ROWS: dict[str, type[Any]] = {
    "mock_id": MockInterview,
    "round_id": Round,
    "problem_id": Problem,
    "proposal_id": Proposal,
    "response_id": Response,
    "meeting_id": Meeting,
    "table_id": MeetingTable,
}
# Stands under a round, and is about the rounds of whoever presses it.
OWN = "round.join"
# For everybody of the server: whoever is not in a meeting yet may come, and a problem is open to all.
FOR_ALL = {
    *("meeting.here", "meeting.agree", "problem.propose", "problem.propose-form", "problem.read"),
    *("problem.page", "problem.people", "problem.data", "problem.respond", "problem.respond-form"),
    *("problem.helped", "problem.response-helped", "problem.hint", "problem.next-hint", "problem.check"),
    *("problem.mark", "problem.solution"),
}
# Forms that say nothing of what they are about; who may is looked at when they are sent.
EMPTY_FORMS = frozenset({"mock.hand", "recite.hand"})
# Of what people wrote and the bank keeps sealed, nothing is told to whoever is in none of it.
SEALED = (
    together.PROPOSED,
    "Which clinic",
    "Look at the groups.",
    "Sealed: compare",
    "Adding the groups up.",
)


async def real_tickets(stage: Stage, control: type[Control]) -> list[str]:
    """The control as it stands on everything people do together there is, by its custom_id."""
    names = [field.name for field in fields(control.ticket)]
    found: list[dict[str, Any]] = []
    if {"recitation_id", "reciter_id"} & set(names):
        steps = {row.id: row.step for row in await rows(stage.hall, Recitation)}
        found += [
            {"recitation_id": row.recitation_id, "reciter_id": row.id, "step": steps[row.recitation_id]}
            for row in await rows(stage.hall, Reciter)
        ]
    for name, table in ROWS.items():
        if name in names:
            found += [
                {name: row.id} | {field: getattr(row, field) for field in names if hasattr(row, field)}
                for row in await rows(stage.hall, table)
            ]
    rest = {
        "since": 0,
        "place": 0,
        "page": 0,
        "turn": 0,
        "step": 0,
        "first": 1,
        "number": 1,
        "useful": 1,
        "request_id": 1,
        "word": "ask",
        "topic": "any",
        "message": "card",
    }
    return list(
        dict.fromkeys(
            f"{control.verb}:{'.'.join(str((rest | one)[name]) for name in names)}" for one in found
        )
    )


async def still_under_way(stage: Stage) -> None:
    """What was pressed before may have ended a meeting or problems: then there are others."""
    _, bo, evil, *_ = stage.people
    await together.agree(stage.hall, bo, evil)
    if not any(row.phase == "discuss" for row in await rows(stage.hall, Problem)):
        await together.solving(stage.hall, bo, evil)
    if not any(row.phase in RUNNING for row in await rows(stage.hall, Meeting)):
        await together.meeting(stage.hall, bo, evil)


def as_sent(control: type[Control], custom_id: str) -> tuple[dict[str, Any], int]:
    """A press, a choice or a form that could be in earnest."""
    if issubclass(control, TicketButton):
        return button(custom_id), 3
    if issubclass(control, TicketModal):
        return form(custom_id, **SENSIBLE), SUBMIT
    return choice(custom_id, "1"), 3


def test_whoever_is_in_none_of_it_changes_nothing_by_any_control(stage: Stage) -> None:
    async def all_rows() -> dict[str, Any]:
        found = await stage.hall.house.database.read(everything)
        return {name: one for name, one in found.items() if name != "heartbeats"}

    async def press_all() -> None:
        _, channel, elsewhere = another_server(stage.hall, "A third hall")
        there = (await elsewhere.slash(channel, "reps")).response
        stranger = stage.hall.member("Stranger")
        here = (await stranger.slash(stage.hall.channel, "reps")).response
        # Agreeing to the rules is everyone's own; it has been done.
        await together.agree(stage.hall, elsewhere)
        await still_under_way(stage)
        pressed = set()
        for control in sorted(stage.hall.bot.controls, key=lambda control: control.verb):
            if control.verb == OWN or not OTHERS & {field.name for field in fields(control.ticket)}:
                continue
            outsiders = ((elsewhere, there), *([] if control.verb in FOR_ALL else [(stranger, here)]))
            custom_ids, before = await real_tickets(stage, control), await all_rows()
            assert custom_ids, control.verb
            for custom_id in custom_ids:
                data, kind = as_sent(control, custom_id)
                for who, message in outsiders:
                    since = len(stage.hall.env.http_requests)
                    (result,) = await stage.hall.raw((who, message, data), kind=kind)
                    check(stage, result, since, data)
                    assert result.modal is None or control.verb in EMPTY_FORMS, data
                    assert not any(sealed in said(result) for sealed in SEALED), data
            assert await all_rows() == before, control.verb
            pressed.add(control.verb)
        assert pressed >= FOR_ALL
        assert len(pressed) > 80

    stage.run(press_all())


def test_whoever_is_in_it_may_press_everything_twice_after_a_restart(stage: Stage) -> None:
    async def press_all() -> None:
        await stage.hall.restart()
        for control in sorted(stage.hall.bot.controls, key=lambda control: control.verb):
            for custom_id in await real_tickets(stage, control):
                data, kind = as_sent(control, custom_id)
                for number in (1, 2, 0):
                    since = len(stage.hall.env.http_requests)
                    pressed = (stage.people[number], stage.homes[number], data)
                    for result in await stage.hall.raw(pressed, pressed, kind=kind):
                        check(stage, result, since, data)
        await stage.hall.rounds()

    stage.run(press_all())


# --- commands

ITEM: dict[str, Any] = parsed(ITEMS["choice"]).model_dump(mode="json")
BROKEN = (
    b"",
    b"\xff\xfe\x00",
    b"\xef\xbb\xbf",
    b"PK\x03\x04" + b"\x00" * 1000,
    b"[" * 100_000,
    b'{"a":' * 20_000,
    b"9" * 10_000,
    b"-1e99999",
    b"NaN",
    b'"\\ud800"',
    b'{"format": "reps-bank", "format": 2}',
    b"a," * 50_000 + b"\n" + b"b," * 50_000,
    b'"' * 9_999,
    b"\r" * 9_999,
    b"\x00" * 1_048_576,
    b" " * 1_048_577,
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(EVIL) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def files(draw: st.DrawFn) -> tuple[str, bytes]:
    """A name and bytes: an export with something changed in it, or no export at all."""
    name = draw(st.sampled_from(("questions", "../x", "x" * 300, EVIL[0], EVIL[1], "")))
    suffix = draw(st.sampled_from((".json", ".csv", ".JSON", ".zip", "")))
    items = [
        ITEM
        | {"id": f"own-{number}"}
        | draw(st.dictionaries(st.sampled_from(sorted(ITEM)), VALUES, max_size=2))
        for number in range(draw(st.integers(0, 3)))
    ]
    document = FORMAT | draw(st.just({}) | st.dictionaries(st.sampled_from(sorted(FORMAT)), VALUES))
    table = io.StringIO()
    writer = csv.DictWriter(table, sorted(ITEM), extrasaction="ignore")
    writer.writeheader()
    writer.writerows(items)
    whole = json.dumps({**document, "items": draw(st.just(items) | VALUES)}).encode(errors="replace")
    cells = table.getvalue().encode(errors="replace")
    return name + suffix, draw(st.sampled_from((whole, cells, *BROKEN)) | st.binary(max_size=2000))


def takes(stage: Stage, parameter: app_commands.Parameter) -> st.SearchStrategy[Any]:
    """Something hostile for an option, or something it could hold in earnest."""
    match parameter.type:
        case AppCommandOptionType.string:
            offered = [str(choice.value) for choice in parameter.choices]
            return TEXTS | st.sampled_from((*WORDS, *offered))
        case AppCommandOptionType.integer:
            return st.sampled_from((0, 1, 2, 3, -1, 10**9, 2**53 - 1, -(2**53) + 1))
        case AppCommandOptionType.user:
            return st.sampled_from((*stage.people, *stage.strangers))
        case AppCommandOptionType.channel:
            # Of another type than an option takes Discord sends none.
            by_voice = parameter.channel_types == [discord.ChannelType.voice]
            return st.sampled_from(stage.voices if by_voice else stage.places)
        case AppCommandOptionType.role:
            return st.sampled_from(stage.roles)
        case AppCommandOptionType.attachment:
            return files()
    raise NotImplementedError(parameter.type)


def test_no_command_minds_what_it_is_sent(stage: Stage) -> None:
    commands = sorted(
        (one for one in stage.hall.bot.tree.walk_commands() if isinstance(one, app_commands.Command)),
        key=lambda one: one.qualified_name,
    )

    @examples(400)
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from(commands))
        options = {
            option.display_name: data.draw(takes(stage, option))
            for option in chosen.parameters
            if option.required or data.draw(st.booleans())
        }
        who = data.draw(st.sampled_from(stage.people))
        since = len(stage.hall.env.http_requests)
        result = stage.run(command(stage.hall, who, chosen.qualified_name, **options))
        check(stage, result, since, (chosen.qualified_name, options))

    ask()
    stage.run(stage.hall.rounds())


def test_no_file_is_too_hostile_to_be_read(stage: Stage) -> None:
    @examples(100)
    @given(files())
    def take_in(file: tuple[str, bytes]) -> None:
        since = len(stage.hall.env.http_requests)
        result = stage.run(command(stage.hall, stage.hall.admin, "setup bank import", file=file))
        check(stage, result, since, (file[0], file[1][:2000]))

    take_in()


def test_everybody_may_open_the_menu_on_everybody(stage: Stage) -> None:
    for who in stage.people:
        for about in stage.people:
            since = len(stage.hall.env.http_requests)
            result = stage.run(who.context_menu(stage.hall.channel, LABEL, about))
            check(stage, result, since, (who.name, about.name))
            assert ("This is about you" in said(result)) == (who is about)


def test_what_is_typed_into_an_option_that_offers_choices(stage: Stage) -> None:
    offering = [
        (one.qualified_name, option.display_name)
        for one in stage.hall.bot.tree.walk_commands()
        if isinstance(one, app_commands.Command)
        for option in one.parameters
        if option.autocomplete
    ]

    @examples(100)
    @given(st.sampled_from(offering), TEXTS)
    def type_in(where: tuple[str, str], text: str) -> None:
        name, option = where
        kind = next(
            one.type
            for one in stage.hall.bot.tree.walk_commands()
            if isinstance(one, app_commands.Command) and one.qualified_name == name
            for one in one.parameters
            if one.display_name == option
        )
        if kind is AppCommandOptionType.integer:
            text = str(len(text))
        offered = stage.run(stage.hall.admin.autocomplete(stage.hall.channel, name, option, text))
        assert len(offered) <= 25, where

    type_in()


# --- the event loop


def cost(stage: Stage, sending: Callable[[], Awaitable[Any]]) -> float:
    """What something sent costs the loop's own thread, in seconds; the best of a few."""
    best = float("inf")
    for _ in range(3):
        before = time.thread_time()
        stage.run(sending())
        best = min(best, time.thread_time() - before)
    return best


def test_no_text_in_a_form_holds_the_loop_up(stage: Stage) -> None:
    slow = {}
    for control in stage.hall.bot.controls:
        if not issubclass(control, TicketModal):
            continue
        custom_id = f"{control.verb}:{'.'.join('1' for _ in fields(control.ticket))}"

        def sending(text: str, custom_id: str = custom_id) -> Awaitable[Any]:
            typed = {name: text if isinstance(value, str) else value for name, value in SENSIBLE.items()}
            sent = (stage.people[1], stage.homes[1], form(custom_id, **typed))
            return stage.hall.raw(sent, kind=SUBMIT)

        plain = cost(stage, partial(sending, "plain words"))
        for text in EVIL:
            if (more := cost(stage, partial(sending, text)) - plain) > STALL:
                slow[control.verb, text[:20]] = more
    assert slow == {}


def test_no_text_in_an_option_holds_the_loop_up(stage: Stage) -> None:
    slow = {}
    for one in stage.hall.bot.tree.walk_commands():
        if not isinstance(one, app_commands.Command):
            continue
        typed = [option for option in one.parameters if option.type is AppCommandOptionType.string]
        needed = {
            option.display_name: {
                AppCommandOptionType.integer: 1,
                AppCommandOptionType.user: stage.people[1],
                AppCommandOptionType.string: "9",
            }.get(option.type)
            for option in one.parameters
            if option.required
        }
        for option in typed:

            def sending(
                text: str, one: Any = one, option: Any = option, needed: Any = needed
            ) -> Awaitable[Any]:
                options = needed | {option.display_name: text}
                return command(stage.hall, stage.hall.admin, one.qualified_name, **options)

            plain = cost(stage, partial(sending, "9"))
            for text in EVIL:
                if (more := cost(stage, partial(sending, text)) - plain) > STALL:
                    slow[one.qualified_name, option.display_name, text[:20]] = more
    assert slow == {}
