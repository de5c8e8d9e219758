"""The client itself: what it asks of Discord, what it tells it, and that everything pressed still works later."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import discord
import pytest
from discord import app_commands
from simcord.actors import _dispatch_actor_interaction
from simcord.backend.errors import SetupError

from bot.assembly import GATEWAY_LOST, build_bot
from bot.bank.exchange import FORMAT
from bot.client.bot import INTENTS, StudyBot
from bot.client.controls import TicketModal
from bot.domain.safety import BLOCKS_SHOWN
from bot.jobs.clockwork import Clockwork, Duty
from bot.storage.tables import Item, Member
from tests.bank.builders import TEXTS, parsed
from tests.support.restarts import TOGETHER
from tests.support.study import answer, ask, command, invite, plan, questions, rows, week_of_answers
from tests.support.world import World, button, choice, choice_item, lay_bank, said, words, world

HOSTILE = "@everyone @here **x** <@&1>\u202e\u200b [a](http://b) `c` ||d||"
STALE = "This button belongs to something that is over."
APOLOGY = "Something went wrong on our side"
NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
QUESTION = {
    "question": "Which join keeps every row?",
    "right": "LEFT JOIN",
    "wrong": "INNER JOIN\nCROSS JOIN",
    "explanation": "It keeps every row.",
    "sources": "The manual",
}


def synced(hall: World) -> int:
    """How often Discord was told the commands."""
    return sum(entry.method == "PUT" and entry.path.endswith("/commands") for entry in hall.env.http_requests)


def controls_of(message: Any) -> Iterator[dict[str, Any]]:
    """Every button and select of a message, from top to bottom."""
    raw = message.components
    pending = [part if isinstance(part, dict) else part.to_dict() for part in raw]
    while pending:
        part = pending.pop(0)
        if part.get("custom_id"):
            yield part
        pending = [*part.get("components", ()), *pending]


def pressed(control: dict[str, Any], hall: World) -> dict[str, Any]:
    """The data of pressing it, or of choosing its first option, the study channel, or everyone's role."""
    match control["type"]:
        case 2:
            return button(control["custom_id"])
        case 3:
            return choice(control["custom_id"], control["options"][0]["value"])
        case 6:
            return choice(control["custom_id"], str(hall.guild.default_role.id))
    return choice(control["custom_id"], str(hall.channel.id))


# --- what it asks of Discord


def test_it_is_told_four_kinds_of_things_and_nothing_privileged() -> None:
    assert {name for name, wanted in INTENTS if wanted} >= {
        "guilds",
        "guild_messages",
        "voice_states",
        "guild_scheduled_events",
    }
    assert INTENTS.value == sum(
        getattr(discord.Intents, name).flag
        for name in ("guilds", "guild_messages", "voice_states", "guild_scheduled_events")
    )
    assert not (INTENTS.members or INTENTS.presences or INTENTS.message_content)


async def test_it_keeps_no_messages_and_no_members(quiz: World) -> None:
    bo = quiz.member("Bo")
    await quiz.admin.slash(quiz.channel, "setup start")
    await bo.send(quiz.channel, "hello")
    await answer(bo, await ask(quiz))
    assert list(quiz.bot.cached_messages) == []
    assert quiz.bot._connection.max_messages is None
    assert quiz.bot._connection.member_cache_flags == discord.MemberCacheFlags.none()
    guild = quiz.bot.get_guild(quiz.guild.id)
    assert guild is not None
    assert [member.id for member in guild.members] == [quiz.env.backend.bot_user.id]
    assert quiz.bot.allowed_mentions is not None
    assert quiz.bot.allowed_mentions.to_dict() == {"parse": []}


async def test_what_people_write_in_channels_is_not_looked_at(quiz: World) -> None:
    bo = quiz.member("Bo")
    before = len(quiz.env.http_requests)
    for text in ("!help", f"<@{quiz.env.backend.bot_user.id}> hello", "daily"):
        await bo.send(quiz.channel, text)
    assert len(quiz.env.http_requests) == before
    assert [message.author.id for message in quiz.channel.history()] == [bo.id] * 3


# --- commands


async def test_commands_are_told_once_and_again_only_when_they_change(quiz: World) -> None:
    assert synced(quiz) == 1
    await quiz.restart()
    await quiz.restart()
    quiz.bot.dispatch("ready")
    quiz.bot.dispatch("resumed")
    await quiz.env.settle()
    assert synced(quiz) == 1

    @app_commands.command(name="new", description="Something new")
    async def new(interaction: discord.Interaction) -> None: ...

    quiz.bot.tree.add_command(new)
    quiz.bot.dispatch("ready")
    await quiz.env.settle()
    assert synced(quiz) == 1
    assert await quiz.bot.sync_commands()
    assert synced(quiz) == 2
    assert not await quiz.bot.sync_commands()
    await quiz.restart()  # the old commands again
    assert synced(quiz) == 3


async def test_only_setup_is_hidden_from_members_and_nothing_works_in_dms(quiz: World) -> None:
    told = {
        found["name"]: found
        for found in quiz.env.backend.visible_commands(user_id=quiz.admin.id, channel_id=quiz.channel.id)
    }
    wanted = {
        "reps",
        "daily",
        "question",
        "recite",
        "mock",
        "problem",
        "meeting",
        "leaderboard",
        "me",
        "setup",
        "guide",
    }
    assert set(told) == wanted
    manage = discord.Permissions(manage_guild=True).value
    assert {name: found.get("default_member_permissions") for name, found in told.items()} == {
        name: manage if name == "setup" else None for name in told
    }
    bo = quiz.env.create_user("bo")
    assert bo.available_commands() == ()
    with pytest.raises(SetupError):
        await bo.slash("reps")


async def test_every_command_answers_privately_whoever_asks(quiz: World) -> None:
    members_and_what_they_know = (quiz.member("Bo"), quiz.admin)

    async def all_commands(who: Any) -> int:
        names = [name for name in who.available_commands(quiz.channel) if not name.startswith("setup")]
        for name in names:
            result = await who.slash(quiz.channel, name, **filled(quiz, name))
            assert result.acknowledged, name
            assert result.ephemeral or result.modal, name
            assert said(result).strip() or result.modal, name
            assert APOLOGY not in said(result), name
        return len(names)

    for who in members_and_what_they_know:
        assert await all_commands(who) >= 9
    await quiz.admin.slash(quiz.channel, "setup start")
    await answer(members_and_what_they_know[0], await ask(quiz))
    seen = [message.id for message in quiz.channel.history(viewer=quiz.member("Onlooker"))]
    for who in members_and_what_they_know:
        await all_commands(who)
    for name in quiz.admin.available_commands(quiz.channel):
        if name.startswith("setup"):
            result = await quiz.admin.slash(quiz.channel, name, **filled(quiz, name))
            assert result.acknowledged and result.ephemeral, name
            assert APOLOGY not in said(result), name
    onlooker = quiz.member("Onlooker again")
    await quiz.env.settle()
    # All that became public is the question that `/setup schedule run` posted.
    left = [one for one in quiz.channel.history(viewer=onlooker) if one.id not in seen]
    assert len(left) <= 1
    assert all("[A]" in said_of(one) for one in left)


def filled(hall: World, name: str) -> dict[str, Any]:
    """Something for every option a command insists on."""
    root, *path = name.split()
    node: Any = hall.env.backend.find_command(root, hall.guild.id, type=1)
    for part in path:
        node = next(option for option in node["options"] if option["name"] == part)
    needed = [option for option in node.get("options", ()) if option.get("required")]
    return {
        option["name"]: option["choices"][0]["value"]
        if option.get("choices")
        else {3: "9", 4: 1, 6: hall.admin, 11: ("9.json", b"9")}[option["type"]]
        for option in needed
    }


def said_of(message: discord.Message) -> str:
    return " ".join(f"[{control.get('label')}]" for control in controls_of(message))


async def test_a_command_from_a_direct_message_is_refused_kindly(quiz: World) -> None:
    bo = quiz.env.create_user("bo")
    found = quiz.env.backend.find_command("reps", None, type=1)
    data = {"id": found["id"], "name": "reps", "type": 1, "options": []}
    result = await _dispatch_actor_interaction(bo, 2, bo.dm_channel, data)
    assert said(result) == (
        "Reps works inside a server, not in direct messages. Use this command in your study channel."
    )


async def test_forced_values_nobody_offered_break_nothing(quiz: World) -> None:
    bo = quiz.member("Bo")
    for name, options in (
        ("leaderboard", {"activity": "chess"}),
        ("question random", {"topic": "astrology"}),
        ("question search", {"text": "%"}),
        ("question suggest", {"topic": "sql", "kind": "riddle"}),
        ("me settings", {"shown": "purple"}),
        ("me settings", {"track": "law"}),
    ):
        result = await command(quiz, bo, name, **options)
        assert result.ephemeral
        assert APOLOGY not in said(result)
    assert await rows(quiz, Member) == []


# --- pings


async def test_nothing_reps_sends_may_ping_anybody(quiz: World) -> None:
    people = [quiz.member(name) for name in (HOSTILE, "@everyone", "Cy", "Di", "Ed")]
    await invite(quiz, quiz.guild)
    begun = await quiz.admin.slash(quiz.channel, "setup start")
    await quiz.admin.click(begun.response, label="Post the first question")
    await week_of_answers(quiz, *((who, 1) for who in people))
    for who in people[:2]:
        for name in ("reps", "leaderboard", "me stats", "me settings", "daily"):
            await who.slash(quiz.channel, name)
    await quiz.admin.slash(quiz.channel, "setup schedule run", number=2)
    await quiz.rounds()
    await quiz.skip_to(NINE + timedelta(days=2))
    sent = [
        payload.get("data", payload)
        for entry in quiz.env.http_requests
        if entry.method in ("POST", "PATCH") and (payload := body_of(entry)) is not None
    ]
    sent = [payload for payload in sent if "components" in payload]
    assert len(sent) > 20
    for payload in sent:
        assert payload["allowed_mentions"].get("parse", []) == []
        assert payload["allowed_mentions"].get("users", []) == []
        assert payload["allowed_mentions"].get("roles", []) == []
    for message in quiz.channel.history():
        assert not message.mention_everyone
        assert message.mentions == []
        assert message.role_mentions == []


def body_of(entry: Any) -> dict[str, Any] | None:
    """What a request said, whether or not files came with it."""
    body = entry.json
    return body if isinstance(body, dict) else None


# --- after a restart


class Shown:
    """Every private card anybody was shown, and who can press on it."""

    def __init__(self, hall: World) -> None:
        self.hall = hall
        self.cards: list[tuple[Any, Any]] = []

    def keep(self, who: Any, result: Any) -> Any:
        """Note a card to press on later; the card."""
        assert result.response is not None, result
        self.cards.append((who, result.response))
        return result.response

    async def asked(self, who: Any, name: str, **options: Any) -> Any:
        return self.keep(who, await who.slash(self.hall.channel, name, **options))

    async def pressed(self, who: Any, message: Any, label: str) -> Any:
        return self.keep(who, await who.click(message, label=label))

    async def chosen(self, who: Any, message: Any, verb: str, *values: Any) -> Any:
        return self.keep(who, await who.select(message, list(values), custom_id=verb or None))

    async def sent(self, who: Any, message: Any, label: str, **fields: Any) -> Any:
        """Open a form, fill it in and send it."""
        opened = await who.click(message, label=label)
        return self.keep(who, await who.submit_modal(opened, fields))


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[World]:
    """A study hall whose bank has choices with buttons; about GPUs, one with a select, and open questions."""
    choices = {f"sql/item-{number}": choice_item("+Right", "Wrong") for number in range(12)}
    many_options = choice_item("+Right", *(f"Wrong {number}" for number in range(5)), title="Many")
    about_gpus = {"gpu/many": many_options, "gpu/why": TEXTS["open"]}
    items = choices | {name: text.replace("both", "mle") for name, text in about_gpus.items()}
    url = f"sqlite+aiosqlite:///{tmp_path / 'reps.db'}"
    async with world(url, bank=lay_bank(tmp_path / "bank", items)) as made:
        yield made


async def members_cards(shown: Shown, bo: Any) -> None:
    """Settings and their pages, the week, notices, data."""
    for name in ("reps", "leaderboard", "me leave", "me data delete", "question random"):
        await shown.asked(bo, name)
    await shown.asked(bo, "question search", text="title")
    await shown.asked(bo, "me settings")
    for label in ("Languages and level", "When you can meet", "Notices"):
        await shown.pressed(bo, await shown.asked(bo, "me settings"), label)
    await shown.chosen(bo, shown.cards[-1][1], "notice.quiet-from:", "22")
    week = await shown.asked(bo, "me availability")
    await bo.click(week, label="Weekday evenings, 18–21")
    await shown.chosen(bo, await shown.asked(bo, "me availability"), "availability.day:", "1")


async def questions_cards(shown: Shown, bo: Any, new: Any) -> Any:
    """Questions with a select and with a form, open ones locked, marked and asked about."""
    hall = shown.hall
    await shown.asked(new, "question random", topic="gpu", kind="open")
    await shown.asked(new, "question random", topic="gpu", kind="choice")
    await plan(hall, kind="question", time="12", topic="gpu")
    for _ in range(2):
        await hall.admin.slash(hall.channel, "setup schedule run", number=3)
        await hall.rounds()
    written = next(one for one in hall.channel.history() if "[Answer]" in said_of(one))
    for who in (bo, new, hall.admin):
        locked = await hall.write(who, written, "Because")
        shown.keep(who, locked)
        if who is not new:
            feedback = await shown.chosen(who, locked.response, "", "0")
            await shown.pressed(who, feedback, "Ask a guide to check")


async def discussion_cards(shown: Shown, bo: Any, cy: Any, gus: Any) -> None:
    """Explanations, raised hands, reports and blocks; what moderators and guides see of them."""
    hall = shown.hall
    reveals = [one for one in hall.channel.history() if words(one).startswith("## Answer")]
    for reveal in reveals:
        await shown.sent(bo, reveal, "Explain it in your words", text="So and so")
        await shown.pressed(cy, reveal, "Explanations")
        for who in (bo, cy):
            await shown.sent(who, reveal, "Ask a guide", text="Why?")
    thread = hall.channel.threads[0]
    shown.cards += [(cy, message) for message in thread.history()]
    about = await shown.pressed(cy, thread.history()[-1], "Report or block")
    await shown.sent(cy, about, "Report", reason=["spam"])
    menu = await cy.context_menu(hall.channel, "Report or block", gus)
    await shown.sent(cy, shown.keep(cy, menu), "Report", reason=["other"])
    for who in [hall.member(f"P{number}") for number in range(BLOCKS_SHOWN + 1)]:
        await hall.raw((cy, about, button(f"safety.block:member.{who.id}")))
    await shown.asked(cy, "me blocks")
    await hall.rounds()


async def guides_cards(shown: Shown, bo: Any, gus: Any) -> None:
    """The queue and all it leads to, suggestions, reported questions, points, the trail."""
    hall = shown.hall
    for number in range(3):
        fields = QUESTION | {"question": f"Number {number}?"}
        opened = await bo.slash(hall.channel, "question suggest", topic="sql")
        await bo.submit_modal(opened, fields)
    opened = await bo.slash(hall.channel, "question suggest", topic="sql")
    shown.keep(bo, await bo.submit_modal(opened, QUESTION | {"wrong": "\u2060"}))
    queue = await shown.asked(gus, "guide queue")
    check = next(one["custom_id"] for one in controls_of(queue) if one["custom_id"].startswith("guide.open:"))
    shown.keep(gus, await gus.click(queue, custom_id=check))
    review = await shown.pressed(gus, queue, "Review the questions")
    await gus.click(review, label="Approve")
    item = (await rows(hall, Item))[-1]
    found = await shown.asked(bo, "question search", text="number")
    drawn = await shown.chosen(bo, found, "practice.open:", str(item.id))
    feedback = await shown.pressed(bo, drawn, "A")
    await shown.sent(bo, feedback, "Something wrong with this question?", reason="It is.")
    left = await shown.pressed(gus, queue, "Review the questions")
    for _ in range(2):
        left = await shown.pressed(gus, left, "Next")
    assert "about a question" in said(left)
    await shown.asked(gus, "guide points void", member=bo)


async def admins_cards(shown: Shown) -> None:
    """The set-up card and its pages, schedules, reports, a file to import."""
    admin = shown.hall.admin
    await shown.asked(admin, "setup start")
    for part in ("channel", "time", "zone", "people", "goal"):
        page = await shown.chosen(admin, await shown.asked(admin, "setup start"), "setup.change:", part)
        if part == "zone":
            await shown.chosen(admin, page, "setup.region:", "Atlantic")
    await shown.asked(admin, "setup schedule add", kind="question", time="12")
    await shown.asked(admin, "setup schedule remove", number=2)
    draft = parsed(TEXTS["choice"]).model_dump(mode="json") | {"id": "own", "title": "Own"}
    file = json.dumps({**FORMAT, "items": [draft]}).encode()
    await shown.asked(admin, "setup bank import", file=("own.json", file))
    queue = await shown.asked(admin, "guide queue")
    await shown.pressed(admin, queue, "Read the reports")
    await shown.asked(admin, "guide audit")
    for _ in range(2):
        await ask(shown.hall, 3)


async def test_every_control_ever_shown_works_after_a_restart(shelf: World) -> None:
    hall, shown = shelf, Shown(shelf)
    bo, gus, new, cy, *group = [hall.member(name) for name in ("Bo", "Gus", "New", "Cy", "Di", "Ed", "Flo")]
    await invite(hall, hall.guild)
    await hall.admin.slash(hall.channel, "setup start", alerts=hall.channel)
    await hall.admin.slash(hall.channel, "guide people add", member=gus)
    await week_of_answers(hall, *((who, 1) for who in (bo, cy, *group)))
    await hall.admin.slash(hall.channel, "setup schedule run", number=2)
    await members_cards(shown, bo)
    await questions_cards(shown, bo, new)
    await hall.skip_to(NINE + timedelta(days=1, seconds=1))  # the reveals, and the next question
    for name in ("daily", "reps"):
        await shown.asked(new, name)
    shown.keep(new, await answer(new, questions(hall.channel)[-1]))
    await discussion_cards(shown, bo, cy, gus)
    await guides_cards(shown, bo, gus)
    await admins_cards(shown)
    shown.cards += [(hall.admin, message) for message in hall.channel.history(viewer=hall.member("Onlooker"))]

    await hall.restart()
    seen: set[str] = set()
    for who, message in shown.cards:
        # From the last to the first, since the first buttons are those that settle what a card is about.
        for control in reversed([*controls_of(message)]):
            if control.get("disabled"):
                continue
            verb = control["custom_id"].partition(":")[0]
            seen.add(verb)
            (result,) = await hall.raw((who, message, pressed(control, hall)))
            assert result.acknowledged, control["custom_id"]
            if result.modal is None:
                assert said(result).strip(), control["custom_id"]
                assert STALE not in said(result), control["custom_id"]
                assert APOLOGY not in said(result), control["custom_id"]
    everything = {one.verb for one in hall.bot.controls if not issubclass(one, TicketModal)}
    # Under a direct message, pressed after a restart in tests/cogs/test_notices.py; a preview of many pairs.
    # What people do together is pressed in tests/cogs/test_restarts.py.
    elsewhere = {"notice.stop", "guide.pairs", "me.project-forget"}
    elsewhere |= {verb for verb in everything if verb.partition(".")[0] in TOGETHER}
    assert everything - elsewhere == seen - elsewhere


async def test_a_control_of_long_ago_says_that_it_is_over(quiz: World) -> None:
    bo = quiz.member("Bo")
    home = await bo.slash(quiz.channel, "reps")
    for custom_id in ("round.join:3", "nonsense", "", ":", "home.daily", "home.daily:1", "drop.choose:x.y"):
        (result,) = await quiz.raw((bo, home.response, button(custom_id)))
        assert STALE in said(result), custom_id
        assert result.ephemeral


# --- the gateway, and stopping


async def test_five_minutes_without_the_gateway_are_too_long(quiz: World) -> None:
    assert not quiz.bot.silent_too_long()
    quiz.bot.dispatch("shard_disconnect", 0)
    await quiz.env.settle()
    await quiz.env.advance_time(299)
    quiz.bot.dispatch("shard_disconnect", 0)  # another failed try does not begin the count anew
    await quiz.env.settle()
    assert not quiz.bot.silent_too_long()
    await quiz.env.advance_time(2)
    assert quiz.bot.silent_too_long()
    quiz.bot.dispatch("shard_resumed", 0)
    await quiz.env.settle()
    assert not quiz.bot.silent_too_long()


async def test_closing_lets_the_round_under_way_finish_and_begins_no_other(quiz: World) -> None:
    begun, go_on, done = asyncio.Event(), asyncio.Event(), []

    async def slow() -> None:
        begun.set()
        await go_on.wait()
        done.append(quiz.now())

    async with build_bot(quiz.house, tick=None, shard_count=1) as bot:
        often = Duty("slow", timedelta(milliseconds=10), slow)
        bot.clockwork = Clockwork(quiz.house.services.duties, (often,))
        bot.clockwork.start()
        await begun.wait()
        closing = asyncio.ensure_future(bot.close())
        for _ in range(5):
            await asyncio.sleep(0)
        assert not closing.done()
        go_on.set()
        await closing
        assert done
        assert bot.is_closed()
        begun.clear()
        bot.wake()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(begun.wait(), 0.1)


async def test_a_round_may_close_the_bot_it_runs_in(quiz: World) -> None:
    for started in (True, False):
        closed = asyncio.Event()
        async with build_bot(quiz.house, tick=None, shard_count=1) as bot:

            async def close(bot: StudyBot = bot, closed: asyncio.Event = closed) -> None:
                await bot.close()
                closed.set()

            bot.clockwork = Clockwork(
                quiz.house.services.duties, (Duty("close", timedelta(milliseconds=10), close),)
            )
            if started:
                bot.clockwork.start()
            else:
                bot.wake()
            await asyncio.wait_for(closed.wait(), 5)
            assert bot.is_closed()


async def test_a_gateway_lost_for_too_long_ends_the_bot_with_its_exit_code(quiz: World) -> None:
    async with build_bot(quiz.house, tick=timedelta(hours=1), shard_count=1) as bot:
        clockwork = bot.clockwork
        assert isinstance(clockwork, Clockwork)
        gateway = next(duty for duty in clockwork.rounds if duty.name == "gateway")
        await clockwork.run(gateway)
        assert (bot.lost.is_set(), bot.exit_code) == (False, 0)
        await quiz.env.advance_time(301)
        await asyncio.wait_for(clockwork.run(gateway), 5)
        assert (bot.lost.is_set(), bot.exit_code) == (True, GATEWAY_LOST)


async def test_a_restart_in_the_middle_of_the_day_posts_nothing_twice(quiz: World) -> None:
    await quiz.admin.slash(quiz.channel, "setup start")
    await quiz.skip_to(NINE)
    await quiz.restart()
    await quiz.skip_to(NINE + timedelta(hours=2))
    assert len(questions(quiz.channel)) == 1
