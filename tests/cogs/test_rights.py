"""Who may do what: every act of admins and guides, by every kind of person, in commands and in replayed controls.

One line of ACTS is one act. Either it works and the trail says so, or one private sentence refuses and nothing at all
was written.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from discord import app_commands
from sqlalchemy import select, update

from bot.domain.errors import Refusal
from bot.storage.tables import AuditEntry, Base, GuideRequest, Rep, Schedule, Server
from tests.bank.builders import TEXTS
from tests.support.study import another_server, command, rows
from tests.support.world import PRESS, SUBMIT, World, button, lay_bank, said, words, world

DAY = 86_400
ADMINS = frozenset({"admin"})
GUIDES = ADMINS | {"guide by row", "guide by role"}
PEOPLE = (
    *("admin", "guide by row", "guide by role", "moderator", "member", "paused member", "left", "stranger"),
    *("member of another server", "admin of another server"),
)
APOLOGY = "Something went wrong on our side"
# Anyone's own: they ask a guide for something.
MEMBERS_OWN = {"guide.ask-answer", "guide.raise", "guide.raise-form"}


class Stage:
    """A server in use, with one of each kind of person, a revealed question and an old message of a guide."""

    def __init__(self, hall: World) -> None:
        self.hall = hall
        self.people: dict[str, Any] = {}
        self._made = 0

    async def set(self) -> None:
        hall = self.hall
        role, moderators = hall.guild.create_role("Guides"), hall.guild.create_role("Moderators")
        await hall.post_question()
        await hall.admin.slash(hall.channel, "setup start", guides=role)
        await hall.admin.slash(hall.channel, "setup schedule pause", number=1)
        named = update(Server).values(moderator_role_id=moderators.id)
        await hall.house.database.write(lambda db: db.execute(named) and None)
        other, self.other_channel, other_admin = another_server(hall)
        self.people = {
            "admin": hall.admin,
            "guide by row": hall.member("Row"),
            "guide by role": self._with_role("Role", role),
            "moderator": self._with_role("Mo", moderators),
            "member": await self.member(),
            "paused member": await self.member(),
            "left": await self.member(),
            "stranger": hall.member("Stranger"),
            "member of another server": other.add_member(hall.env.create_user("elsewhere")),
            "admin of another server": other_admin,
        }
        await hall.admin.slash(hall.channel, "guide people add", member=self.people["guide by row"])
        paused = {"member": self.people["paused member"], "reason": "Spam"}
        await hall.admin.slash(hall.channel, "guide people pause", **paused)
        leaving = await self.people["left"].slash(hall.channel, "me leave")
        await self.people["left"].click(leaving.response, label="Leave")
        await hall.skip(DAY + 60)
        (self.reveal,) = [one for one in hall.channel.history() if words(one).startswith("## Answer")]
        self.old = {
            who.guild.id: (await who.slash(channel, "guide queue")).response
            for who, channel in ((hall.admin, hall.channel), (other_admin, self.other_channel))
        }

    def _with_role(self, name: str, role: Any) -> Any:
        return self.hall.guild.add_member(self.hall.env.create_user(name.lower()), roles=[role])

    # --- what acts are about, made afresh for each

    async def anybody(self) -> Any:
        self._made += 1
        return self.hall.member(f"Fresh {self._made}")

    async def member(self) -> Any:
        who = await self.anybody()
        await who.slash(self.hall.channel, "me settings", track="ds")
        return who

    async def guide(self) -> Any:
        who = await self.anybody()
        await self.hall.admin.slash(self.hall.channel, "guide people add", member=who)
        return who

    async def paused(self) -> Any:
        who = await self.member()
        await self.hall.admin.slash(self.hall.channel, "guide people pause", member=who, reason="Spam")
        return who

    async def answer(self) -> int:
        """An answer somebody asked to have checked: its request."""
        who = await self.anybody()
        drawn = await who.slash(self.hall.channel, "question random", kind="open")
        locked = await self.hall.write(who, drawn.response, "Because")
        feedback = await who.select(locked.response, ["0", "1"])
        await who.click(feedback.response, label="Ask a guide to check")
        return await self._last(GuideRequest)

    async def hand(self) -> int:
        """A raised hand: its request."""
        who = await self.anybody()
        await who.submit_modal(await who.click(self.reveal, label="Ask a guide"), {"text": "Why?"})
        return await self._last(GuideRequest)

    async def rep(self) -> tuple[Any, int]:
        """A rep, and whose it is."""
        who = await self.anybody()
        drawn = await who.slash(self.hall.channel, "question random", kind="open")
        await self.hall.write(who, drawn.response, "Because")
        return who, await self._last(Rep)

    async def schedule(self) -> int:
        await self.hall.admin.slash(self.hall.channel, "setup schedule add", kind="digest", time="9")
        number = await self._last(Schedule)
        assert number < 1000
        return number

    async def _last(self, table: Any) -> int:
        return int((await rows(self.hall, table))[-1].id)

    # --- doing it

    async def sends(self, who: Any, name: str, **options: Any) -> Any:
        channel = self.hall.channel if who.guild.id == self.hall.guild.id else self.other_channel
        return await command(self.hall, who, name, channel=channel, **options)

    async def presses(self, who: Any, data: dict[str, Any], kind: int = PRESS) -> Any:
        (result,) = await self.hall.raw((who, self.old[who.guild.id], data), kind=kind)
        return result

    async def everything(self) -> dict[str, list[Any]]:
        """Every row of every table."""
        tables = Base.metadata.sorted_tables
        return await self.hall.house.database.read(
            lambda db: {table.name: [tuple(row) for row in db.execute(select(table))] for table in tables}
        )


Prepare = Callable[[Stage], Awaitable[Any]]


async def nothing(stage: Stage) -> None:
    return None


@dataclass(frozen=True)
class Act:
    """One thing an admin or a guide may do; `does` gets what `about` made."""

    name: str
    may: frozenset[str]
    does: Callable[[Stage, Any, Any], Awaitable[Any]]
    about: Prepare = nothing
    # What only shows something, and what is not a decision, leaves no line in the trail.
    audited: bool = True
    writes: bool = True


def sent(
    name: str,
    may: frozenset[str],
    about: Prepare = nothing,
    option: str = "",
    *,
    reads: bool = False,
    **rest: Any,
) -> Act:
    """A command; `option` takes what it is about."""

    async def does(stage: Stage, who: Any, subject: Any) -> Any:
        return await stage.sends(who, name, **({option: subject} if option else {}), **rest)

    return Act(name, may, does, about, audited=not reads, writes=not reads)


def pressed(
    verb: str,
    may: frozenset[str],
    about: Prepare = nothing,
    *,
    ticket: str = "{}",
    reads: bool = False,
    audited: bool = True,
    fields: Callable[[Any], dict[str, Any]] | None = None,
) -> Act:
    """A control on an old message, pressed or, with `fields`, sent as a form."""

    async def does(stage: Stage, who: Any, subject: Any) -> Any:
        named = subject[0].id if isinstance(subject, tuple) else subject
        custom_id = f"{verb}:{ticket.format(named) if about is not nothing else ticket}"
        if fields is None:
            return await stage.presses(who, button(custom_id))
        inputs = [
            {"type": 3, "custom_id": name, "values": value}
            if isinstance(value, list)
            else {"type": 4, "custom_id": name, "value": value}
            for name, value in fields(subject).items()
        ]
        parts = [{"type": 18, "component": one} for one in inputs]
        return await stage.presses(who, {"custom_id": custom_id, "components": parts}, SUBMIT)

    return Act(verb, may, does, about, audited=audited and not reads, writes=not reads)


WHY = {"reason": "Spam"}
ACTS = (
    sent("guide queue", GUIDES, reads=True),
    sent("guide audit", GUIDES, reads=True),
    sent("guide people list", GUIDES, reads=True),
    sent("guide people add", ADMINS, Stage.anybody, "member"),
    sent("guide people remove", ADMINS, Stage.guide, "member"),
    sent("guide people pause", GUIDES, Stage.member, "member", **WHY),
    sent("guide people resume", GUIDES, Stage.paused, "member", **WHY),
    sent("guide points list", GUIDES, Stage.member, "member", reads=True),
    sent("guide points void", GUIDES, lambda stage: first(stage.rep()), "member", reads=True),
    sent("guide streak repair", GUIDES, Stage.member, "member", day="2026-03-02", **WHY),
    sent("setup start", ADMINS),
    sent("setup schedule list", ADMINS, reads=True),
    sent("setup schedule add", ADMINS, kind="digest", time="9"),
    sent("setup schedule edit", ADMINS, Stage.schedule, "number", time="10"),
    sent("setup schedule pause", ADMINS, Stage.schedule, "number"),
    sent("setup schedule resume", ADMINS, Stage.schedule, "number"),
    sent("setup schedule run", ADMINS, Stage.schedule, "number"),
    sent("setup schedule remove", ADMINS, Stage.schedule, "number"),
    pressed("guide.queue", GUIDES, ticket="0", reads=True),
    pressed("guide.audit", GUIDES, ticket="0.0", reads=True),
    pressed("guide.open", GUIDES, Stage.answer, reads=True),
    pressed("guide.confirm", GUIDES, Stage.answer),
    pressed("guide.mark", GUIDES, Stage.answer, reads=True),
    pressed("guide.mark-form", GUIDES, Stage.answer, fields=lambda _: {"marks": ["0"], "comment": "So so"}),
    pressed("guide.take", GUIDES, Stage.hand, ticket="{}.0"),
    pressed("guide.done", GUIDES, Stage.hand, ticket="{}.0"),
    pressed("guide.void", GUIDES, Stage.rep, reads=True),
    pressed("guide.void-form", GUIDES, Stage.rep, fields=lambda rep: {"reps": [str(rep[1])], "reason": "No"}),
    pressed("setup.start", ADMINS, ticket=""),
    pressed("setup.first", ADMINS, ticket="", audited=False),
)


async def first(pair: Awaitable[tuple[Any, Any]]) -> Any:
    return (await pair)[0]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    bank = lay_bank(tmp_path / "bank", {"sql/why": TEXTS["open"]})
    async with world(f"sqlite+aiosqlite:///{tmp_path / 'reps.db'}", bank=bank) as hall:
        made = Stage(hall)
        await made.set()
        yield made


def refusal(result: Any) -> str:
    """The one private message a refused person got, in one line."""
    message = result.followups[-1] if result.followups else result.response
    assert message.ephemeral
    sentence = said(message)
    assert sentence
    assert len(sentence.splitlines()) == 1
    assert len(sentence) <= 300
    assert APOLOGY not in sentence
    assert result.modal is None
    return sentence


def refusals(kind: type[Refusal] = Refusal) -> Iterator[str]:
    """What refusals say that always say the same."""
    for child in kind.__subclasses__():
        yield from refusals(child)
        if child.words and "{" not in child.words:
            yield child.words


@pytest.mark.parametrize("person", PEOPLE)
async def test_it_works_and_is_in_the_trail_or_one_sentence_refuses_and_nothing_is_written(
    stage: Stage, person: str
) -> None:
    who = stage.people[person]
    for act in ACTS:
        if person == "admin of another server" and act.about in (nothing, Stage.anybody):
            continue  # it is about nobody who takes part here, so it is an act in their own server
        subject = await act.about(stage)
        before = await stage.everything()
        result = await act.does(stage, who, subject)
        after = await stage.everything()
        if person not in act.may:
            refusal(result)
            assert after == before, act.name
            continue
        assert not any(words in said(result) for words in (APOLOGY, *refusals())), act.name
        assert (after != before) == act.writes, act.name
        fresh = (await rows(stage.hall, AuditEntry))[len(before["audit"]) :]
        assert {one.actor_discord_id for one in fresh} == ({who.id} if act.audited else set()), act.name


async def test_no_act_is_forgotten(stage: Stage) -> None:
    bot = stage.hall.bot
    commands = {
        one.qualified_name
        for one in bot.tree.walk_commands()
        if isinstance(one, app_commands.Command) and one.qualified_name.startswith(("guide", "setup"))
    }
    verbs = {one.verb for one in bot.controls if one.verb.startswith(("guide.", "setup."))}
    assert {act.name for act in ACTS} == commands | verbs - MEMBERS_OWN


async def test_a_guide_who_is_one_no_longer_finds_old_controls_closed(stage: Stage) -> None:
    """Rights are looked up at each press: neither the row nor the role of yesterday counts."""
    row, role = stage.people["guide by row"], stage.people["guide by role"]
    request = await stage.hand()
    await stage.hall.admin.slash(stage.hall.channel, "guide people remove", member=row)
    await stage.hall.admin.slash(
        stage.hall.channel, "setup start", guides=stage.hall.guild.create_role("New")
    )
    for who in (row, role):
        assert refusal(await stage.presses(who, button(f"guide.take:{request}.0"))).startswith("Only guides")
