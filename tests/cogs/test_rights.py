"""Who may do what: every act of admins and guides, by every kind of person, in commands and in replayed controls.

One line of ACTS is one act. Either it works and the trail says so, or one private sentence refuses and nothing at all
was written.
"""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from discord import app_commands
from sqlalchemy import select, update

from bot.bank.exchange import FORMAT
from bot.domain.calendar import regions
from bot.domain.errors import Refusal
from bot.services.meetings.gathering import RUNNING
from bot.storage.tables import (
    AuditEntry,
    Base,
    Explanation,
    GuideRequest,
    Item,
    Meeting,
    Problem,
    Rep,
    Report,
    Schedule,
    ScheduleDraft,
    Suggestion,
)
from tests.bank.builders import TEXTS, parsed
from tests.support import together
from tests.support.concepts import concept_item
from tests.support.problems import problem_item
from tests.support.study import another_server, command, plan, rows
from tests.support.world import PRESS, SUBMIT, World, button, choice, lay_bank, said, words, world

DAY = 86_400
ADMINS = frozenset({"admin"})
GUIDES = ADMINS | {"guide by row", "guide by role"}
MODERATORS = ADMINS | {"moderator"}
PEOPLE = (
    *("admin", "guide by row", "guide by role", "moderator", "member", "paused member", "left", "stranger"),
    *("member of another server", "admin of another server"),
)
APOLOGY = "Something went wrong on our side"
NOUNS = ("guide", "setup", "schedule", "suggest", "item", "bank", "report", "problem", "meeting")
# In rooms where members recite, a guide's part.
IN_ROOMS = {"recite.guide", "recite.enter", "recite.note", "recite.note-form", "recite.sign"}
# Anyone's own: they ask a guide for something, suggest a question, report one, read the rules, and take part in a
# group problem or a meeting, which they may begin as well.
MEMBERS_OWN = {
    *("guide.ask-answer", "guide.raise", "guide.raise-form", "suggest.form", "suggest.again"),
    *("item.report", "item.report-form", "setup.conduct"),
    *("problem open", "problem.propose", "problem.propose-form", "problem.read", "problem.page"),
    *("problem.people", "problem.data", "problem.respond", "problem.respond-form", "problem.helped"),
    *("problem.response-helped", "problem.hint", "problem.next-hint"),
    *("problem.check", "problem.mark", "problem.solution"),
    *("meeting start", "meeting.here", "meeting.agree", "meeting.mine", "meeting.go", "meeting.done"),
    *("meeting.pass", "meeting.useful"),
}
TOMORROW = {"date": "2026-03-09", "time": "18:30"}
QUESTION = {"right": "Yes", "wrong": "No\nNever", "explanation": "So it is.", "sources": "A book"}


class Stage:
    """A server in use, with one of each kind of person, a revealed question and an old message of a guide."""

    def __init__(self, hall: World) -> None:
        self.hall = hall
        self.people: dict[str, Any] = {}
        self._made = 0
        self._recited: int | None = None

    async def set(self) -> None:
        hall = self.hall
        self.roles = [hall.guild.create_role("Guides"), hall.guild.create_role("Moderators")]
        role, moderators = self.roles
        await hall.post_question()
        await hall.admin.slash(hall.channel, "setup start", guides=role, moderators=moderators)
        await hall.admin.slash(hall.channel, "setup schedule pause", number=1)
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

    async def recited(self) -> int:
        """A recitation in whose room one of the two has recited; the same for all who look in."""
        if self._recited is None:
            bo, cy = await self.member(), await self.member()
            room = await together.live(self.hall, bo, cy)
            await room.recite(bo, cy)
            self._recited = room.id
        return self._recited

    async def draft(self) -> int:
        """A schedule that was looked at and not saved: its draft."""
        await self.hall.admin.slash(self.hall.channel, "setup schedule add", kind="digest", time="9")
        return await self._last(ScheduleDraft)

    async def schedule(self) -> int:
        await plan(self.hall, kind="digest", time="9")
        number = await self._last(Schedule)
        assert number < 1000
        return number

    async def pairable(self) -> int:
        """A server with recitation rounds: a seed for one."""
        await plan(self.hall, kind="round", time="9")
        return 7

    async def suggestion(self) -> int:
        who = await self.anybody()
        asked = await who.slash(self.hall.channel, "question suggest", topic="sql")
        await who.submit_modal(asked, QUESTION | {"question": f"Is it so, {who.name}?"})
        return await self._last(Suggestion)

    async def seen(self) -> str:
        """A suggestion with what a guide saw of it."""
        id = await self.suggestion()
        shown = await self.presses(self.hall.admin, button(f"suggest.next:{id - 1}"))
        return self._on(shown, "suggest.approve:")

    async def own(self) -> int:
        """One of the server's own questions, which somebody answered and reported."""
        await self.presses(self.hall.admin, button(f"suggest.approve:{await self.seen()}"))
        item = (await rows(self.hall, Item))[-1]
        who = await self.anybody()
        found = await who.slash(self.hall.channel, "question search", text=item.title)
        opened = await who.select(found.response, [str(item.id)])
        await who.click(opened.response, label="A")
        await who.submit_modal(
            await who.slash(self.hall.channel, "question report"), {"reason": "It is not so"}
        )
        return int(item.id)

    async def file(self) -> str:
        """A file of questions that an admin has looked at."""
        looked = await self.sends(self.hall.admin, "setup bank import", file=await self.upload())
        return self._on(looked, "bank.import:")

    async def report(self) -> int:
        """A report about an explanation."""
        writer, who = await self.anybody(), await self.anybody()
        opened = await writer.click(self.reveal, label="Explain it in your words")
        await writer.submit_modal(opened, {"text": "It is so."})
        about = await self._last(Explanation)
        told = sent_form(f"safety.report-form:explanation.{about}", {"reason": ["spam"], "text": "Look"})
        await self.hall.raw((who, self.reveal, told), kind=SUBMIT)
        return await self._last(Report)

    async def preview(self) -> int:
        """A group problem a guide looks at."""
        await self.hall.admin.slash(self.hall.channel, "problem post")
        return await self._last(Problem)

    async def problem(self) -> int:
        """A group problem that is out."""
        id = await self.preview()
        await self.presses(self.hall.admin, button(f"problem.publish:{id}"))
        await self.hall.rounds()
        return id

    async def unguided(self) -> int:
        """A group problem whose guide's data was erased."""
        id = await self.problem()
        guided = update(Problem).where(Problem.id == id).values(guided_by=0)
        await self.hall.house.database.write(lambda db: db.execute(guided) and None)
        return id

    async def discussed(self) -> int:
        """A group problem under discussion."""
        id = await self.problem()
        await self.presses(self.hall.admin, button(f"problem.move-on:{id}.propose"))
        await self.hall.rounds()
        return id

    async def planned(self) -> int:
        """A meeting that somebody has planned."""
        await self.sends(self.hall.admin, "meeting schedule", **TOMORROW)
        return await self._last(Meeting)

    async def met(self) -> str:
        """A meeting that somebody has just begun, and the step at which it is."""
        for meeting in await rows(self.hall, Meeting):
            if meeting.phase in RUNNING:
                await self.presses(self.hall.admin, button(f"meeting.end:{meeting.id}.{meeting.step}"))
        await self.sends(await self.member(), "meeting start")
        return f"{await self._last(Meeting)}.1"

    async def stopped(self) -> str:
        """A meeting whose clock has been stopped."""
        ticket = await self.met()
        await self.presses(self.hall.admin, button(f"meeting.pause:{ticket}"))
        return f"{ticket.removesuffix('1')}2"

    async def panel(self) -> str:
        """A meeting to lead."""
        return (await self.met()).partition(".")[0]

    async def upload(self) -> tuple[str, bytes]:
        """A new file with one question."""
        self._made += 1
        body = parsed(TEXTS["choice"]).model_dump(mode="json") | {"id": f"own-{self._made}"}
        return "own.json", json.dumps({**FORMAT, "items": [body]}).encode()

    def _on(self, result: Any, verb: str) -> str:
        """The ticket of a button on a private card."""
        found = re.findall(rf"{verb}([^']*)", str(result.response.components))
        assert len(found) == 1
        return str(found[0])

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


def sent_form(custom_id: str, fields: dict[str, Any]) -> dict[str, Any]:
    """The data of a sent form; a list is what was chosen in a select."""
    inputs = [
        {"type": 3, "custom_id": name, "values": value}
        if isinstance(value, list)
        else {"type": 4, "custom_id": name, "value": value}
        for name, value in fields.items()
    ]
    return {"custom_id": custom_id, "components": [{"type": 18, "component": one} for one in inputs]}


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
    audited: bool = True,
    **rest: Any,
) -> Act:
    """A command; `option` takes what it is about."""

    async def does(stage: Stage, who: Any, subject: Any) -> Any:
        return await stage.sends(who, name, **({option: subject} if option else {}), **rest)

    return Act(name, may, does, about, audited=audited and not reads, writes=not reads)


def pressed(
    verb: str,
    may: frozenset[str],
    about: Prepare = nothing,
    *,
    ticket: str = "{}",
    reads: bool = False,
    audited: bool = True,
    fields: Callable[[Any], dict[str, Any]] | None = None,
    values: Callable[[Stage], list[str]] | None = None,
) -> Act:
    """A control on an old message: pressed, chosen from with `values`, or sent as a form with `fields`."""

    async def does(stage: Stage, who: Any, subject: Any) -> Any:
        named = subject[0].id if isinstance(subject, tuple) else subject
        custom_id = f"{verb}:{ticket.format(named) if about is not nothing else ticket}"
        if values is not None:
            return await stage.presses(who, choice(custom_id, *values(stage)))
        if fields is None:
            return await stage.presses(who, button(custom_id))
        return await stage.presses(who, sent_form(custom_id, fields(subject)), SUBMIT)

    return Act(verb, may, does, about, audited=audited and not reads, writes=not reads)


WHY = {"reason": "Spam"}
ACTS = (
    sent("guide queue", GUIDES | MODERATORS, reads=True),
    sent("guide audit", GUIDES, reads=True),
    sent("guide people list", GUIDES, reads=True),
    sent("guide people add", ADMINS, Stage.anybody, "member"),
    sent("guide people remove", ADMINS, Stage.guide, "member"),
    sent("guide people pause", GUIDES, Stage.member, "member", **WHY),
    sent("guide people resume", GUIDES, Stage.paused, "member", **WHY),
    sent("guide points list", GUIDES, Stage.member, "member", reads=True),
    sent("guide points void", GUIDES, lambda stage: first(stage.rep()), "member", reads=True),
    sent("guide streak repair", GUIDES, Stage.member, "member", day="2026-03-02", **WHY),
    sent("guide pairs preview", GUIDES, reads=True, seed=7),
    # Before another act plans rounds: there are some already then, and nothing is to be done.
    pressed("setup.rounds", ADMINS, ticket=""),
    sent("guide pairs run", GUIDES, Stage.pairable, "seed"),
    sent("setup start", ADMINS),
    sent("setup schedule list", ADMINS, reads=True),
    sent("setup check", ADMINS, reads=True),
    sent("setup schedule add", ADMINS, audited=False, kind="digest", time="9"),
    sent("setup schedule edit", ADMINS, Stage.schedule, "number", audited=False, time="10"),
    sent("setup schedule pause", ADMINS, Stage.schedule, "number"),
    sent("setup schedule resume", ADMINS, Stage.schedule, "number"),
    sent("setup schedule run", ADMINS, Stage.schedule, "number"),
    sent("setup schedule remove", ADMINS, Stage.schedule, "number", reads=True),
    sent("setup bank export", ADMINS, reads=True),
    sent("setup bank import", ADMINS, Stage.upload, "file", audited=False),
    pressed("guide.queue", GUIDES | MODERATORS, ticket="0", reads=True),
    pressed("guide.audit", GUIDES, ticket="0.0", reads=True),
    pressed("guide.pairs", GUIDES, ticket="7.0", reads=True),
    pressed("guide.open", GUIDES, Stage.answer, reads=True),
    pressed("guide.confirm", GUIDES, Stage.answer),
    pressed("guide.mark", GUIDES, Stage.answer, reads=True),
    pressed("guide.mark-form", GUIDES, Stage.answer, fields=lambda _: {"marks": ["0"], "comment": "So so"}),
    pressed("guide.take", GUIDES, Stage.hand, ticket="{}.0"),
    pressed("guide.done", GUIDES, Stage.hand, ticket="{}.0"),
    pressed("guide.void", GUIDES, Stage.rep, reads=True),
    pressed("guide.void-form", GUIDES, Stage.rep, fields=lambda rep: {"reps": [str(rep[1])], "reason": "No"}),
    pressed("recite.guide", GUIDES, Stage.recited, ticket="{}.0", reads=True),
    pressed("recite.enter", GUIDES, Stage.recited),
    pressed("recite.note", GUIDES, Stage.recited, reads=True),
    pressed("recite.note-form", GUIDES, Stage.recited, fields=lambda _: {"text": "Well explained"}),
    pressed("recite.sign", GUIDES, Stage.recited),
    pressed("setup.start", ADMINS, ticket=""),
    pressed("setup.first", ADMINS, ticket=""),
    pressed("setup.change", ADMINS, ticket="", reads=True, values=lambda _: ["time"]),
    pressed("setup.back", ADMINS, ticket="", reads=True),
    pressed("setup.region", ADMINS, ticket="", reads=True, values=lambda _: [regions()[0]]),
    pressed("setup.city", ADMINS, ticket="", values=lambda _: ["Europe/Berlin"]),
    pressed("setup.time", ADMINS, ticket="", values=lambda _: ["10:00"]),
    pressed("setup.goal", ADMINS, ticket="", values=lambda _: ["50"]),
    pressed("setup.guides", ADMINS, ticket="", values=lambda stage: [str(stage.roles[0].id)]),
    pressed("setup.moderators", ADMINS, ticket="", values=lambda stage: [str(stage.roles[1].id)]),
    pressed("setup.alerts", ADMINS, ticket="", values=lambda stage: [str(stage.hall.channel.id)]),
    pressed("setup.channel", ADMINS, ticket="", values=lambda stage: [str(stage.hall.channel.id)]),
    pressed("schedule.save", ADMINS, Stage.draft),
    pressed("schedule.discard", ADMINS, Stage.draft, audited=False),
    pressed("schedule.remove", ADMINS, Stage.schedule),
    pressed("suggest.review", GUIDES, ticket="", reads=True),
    pressed("suggest.next", GUIDES, ticket="0", reads=True),
    pressed("suggest.next-report", GUIDES, ticket="0", reads=True),
    pressed("suggest.approve", GUIDES, Stage.seen),
    pressed("suggest.decline", GUIDES, Stage.suggestion, reads=True),
    pressed("suggest.decline-form", GUIDES, Stage.suggestion, fields=lambda _: {"reason": "No"}),
    pressed("suggest.edit", GUIDES, Stage.suggestion, reads=True),
    pressed(
        "suggest.edit-form", GUIDES, Stage.suggestion, fields=lambda _: QUESTION | {"question": "Is it?"}
    ),
    pressed("suggest.classify", GUIDES, Stage.suggestion, reads=True),
    pressed(
        "suggest.classify-form",
        GUIDES,
        Stage.suggestion,
        fields=lambda _: {"title": "It is", "difficulty": ["4"], "track": ["ds"]},
    ),
    pressed("item.retire", GUIDES, Stage.own),
    pressed("item.edit", GUIDES, Stage.own, reads=True),
    pressed("item.edit-form", GUIDES, Stage.own, fields=lambda _: QUESTION | {"question": "Was it so?"}),
    pressed("item.close", GUIDES, Stage.own, reads=True),
    pressed("item.close-form", GUIDES, Stage.own, fields=lambda _: {"reason": "It is so"}),
    pressed("bank.import", ADMINS, Stage.file),
    pressed("bank.discard", ADMINS, Stage.file, audited=False),
    pressed("report.list", MODERATORS, ticket="0", reads=True),
    pressed("report.open", MODERATORS, Stage.report, reads=True),
    pressed("report.close", MODERATORS, Stage.report, reads=True),
    pressed("report.close-form", MODERATORS, Stage.report, fields=lambda _: {"note": "Spoke to them"}),
    pressed("report.remove", MODERATORS, Stage.report),
    sent("problem post", GUIDES, audited=False),
    pressed("problem.publish", GUIDES, Stage.preview),
    pressed("problem.another", GUIDES, Stage.preview, audited=False),
    pressed("problem.guide", GUIDES, Stage.problem, reads=True),
    pressed("problem.take", GUIDES, Stage.unguided),
    pressed("problem.move-on", GUIDES, Stage.problem, ticket="{}.propose"),
    pressed("problem.extend", GUIDES, Stage.problem, ticket="{}.propose"),
    pressed("problem.guide-page", GUIDES, Stage.discussed, ticket="{}.0", reads=True),
    pressed("problem.sign-off", GUIDES, Stage.discussed, ticket="{}.0", reads=True),
    pressed(
        "problem.sign-off-form",
        GUIDES,
        Stage.discussed,
        ticket="{}.0",
        fields=lambda _: {"comment": "Well argued"},
    ),
    sent("meeting schedule", GUIDES, **TOMORROW),
    pressed("meeting.call-off", GUIDES, Stage.planned),
    pressed("meeting.lead", GUIDES, Stage.panel, reads=True),
    pressed("meeting.pause", GUIDES, Stage.met),
    pressed("meeting.resume", GUIDES, Stage.stopped),
    pressed("meeting.extend", GUIDES, Stage.met),
    pressed("meeting.skip", GUIDES, Stage.met),
    pressed("meeting.end", GUIDES, Stage.met),
    # Last: what comes after a channel that is still to be made is another matter.
    pressed("setup.new", ADMINS, ticket=""),
)


async def first(pair: Awaitable[tuple[Any, Any]]) -> Any:
    return (await pair)[0]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    concepts = {f"sql/{name.lower()}": concept_item(name) for name in ("Joins", "Windows")}
    problems = {"sql/two-clinics": problem_item(), "sql/more": problem_item("More")}
    bank = lay_bank(tmp_path / "bank", {"sql/why": TEXTS["open"]} | concepts | problems)
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
        if person == "admin of another server" and act.about in (nothing, Stage.anybody, Stage.upload):
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
        if isinstance(one, app_commands.Command) and one.qualified_name.split()[0] in NOUNS
    }
    verbs = {one.verb for one in bot.controls if one.verb.partition(".")[0] in NOUNS} | IN_ROOMS
    assert commands | verbs >= MEMBERS_OWN
    assert {act.name for act in ACTS} == (commands | verbs) - MEMBERS_OWN


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
