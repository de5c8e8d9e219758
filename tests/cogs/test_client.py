"""The client itself: what it asks of Discord, what it tells it, and that everything pressed still works later."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import discord
import pytest
from discord import app_commands
from simcord.actors import _dispatch_actor_interaction
from simcord.backend.errors import SetupError

from bot.assembly import GATEWAY_LOST, build_bot
from bot.client.bot import INTENTS, StudyBot
from bot.client.controls import TicketModal
from bot.jobs.clockwork import Clockwork, Duty
from tests.support.study import answer, ask, command, invite, questions, week_of_answers
from tests.support.world import World, button, choice, said

HOSTILE = "@everyone @here **x** <@&1>\u202e\u200b [a](http://b) `c` ||d||"
STALE = "This button belongs to something that is over."
APOLOGY = "Something went wrong on our side"
NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


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


def pressed(control: dict[str, Any]) -> dict[str, Any]:
    """The data of pressing it, or of choosing its first option."""
    if control["type"] == 2:
        return button(control["custom_id"])
    return choice(control["custom_id"], control["options"][0]["value"])


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
    assert set(told) == {"reps", "daily", "question", "leaderboard", "me", "setup", "guide"}
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
    ):
        result = await command(quiz, bo, name, **options)
        assert result.ephemeral
        assert APOLOGY not in said(result)


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


async def test_every_control_ever_shown_works_after_a_restart(quiz: World) -> None:
    bo, gus, hal, *group = [quiz.member(name) for name in ("Bo", "Gus", "Hal", "Cy", "Di", "Ed", "Flo")]
    await invite(quiz, quiz.guild)
    await quiz.admin.slash(quiz.channel, "setup start")
    await week_of_answers(quiz, *((who, 1) for who in (bo, *group)))
    asked: list[tuple[Any, str, dict[str, Any]]] = [
        *((bo, name, {}) for name in ("reps", "leaderboard", "me settings", "me leave", "question random")),
        (bo, "me data delete", {}),
        (bo, "question search", {"text": "question"}),
        (gus, "reps", {}),
        (gus, "daily", {}),
        (quiz.admin, "setup start", {}),
        (quiz.admin, "setup schedule add", {"kind": "question", "time": "12"}),
        (quiz.admin, "setup schedule remove", {"number": 2}),
    ]
    cards = [(who, (await who.slash(quiz.channel, name, **rest)).response) for who, name, rest in asked]
    cards.append((hal, (await answer(hal, questions(quiz.channel)[0])).response))
    await quiz.admin.slash(quiz.channel, "setup schedule run", number=2)
    await quiz.skip_to(NINE + timedelta(days=1, seconds=1))  # the reveal, and the next question
    cards += [(quiz.admin, message) for message in quiz.channel.history(viewer=quiz.member("Onlooker"))]

    await quiz.restart()
    shown: set[str] = set()
    for who, message in cards:
        for control in controls_of(message):
            if control.get("disabled"):
                continue
            verb = control["custom_id"].partition(":")[0]
            shown.add(verb)
            (result,) = await quiz.raw((who, message, pressed(control)))
            assert result.acknowledged, control["custom_id"]
            if result.modal is None:
                assert said(result).strip(), control["custom_id"]
                assert STALE not in said(result), control["custom_id"]
                assert APOLOGY not in said(result), control["custom_id"]
    everything = {one.verb for one in quiz.bot.controls if not issubclass(one, TicketModal)}
    # Shown only under other kinds of questions, and under explanations: tests/cogs/test_questions.py has those.
    elsewhere = {
        *("drop.select", "drop.write", "drop.vote", "practice.select", "practice.write"),
        *("answer.mark", "answer.none"),
        # Shown to guides, and under answers they can check: tests/cogs/test_guide.py.
        *(
            one.verb
            for one in quiz.bot.controls
            if one.verb.startswith("guide.") and one.verb != "guide.raise"
        ),
        # On the inner pages of the set-up card, pressed after a restart in tests/cogs/test_first_minutes.py.
        *("setup.back", "setup.channel", "setup.new", "setup.time", "setup.region", "setup.city"),
        *("setup.guides", "setup.moderators", "setup.alerts", "setup.goal"),
        # Pressed after a restart in tests/cogs/test_suggestions.py and test_bank_files.py.
        *("bank.import", "bank.discard", "item.retire", "item.edit", "item.close", "suggest.again"),
        *("suggest.review", "suggest.next", "suggest.next-report", "suggest.approve", "suggest.decline"),
        *("suggest.edit", "suggest.classify"),
    }
    assert everything - elsewhere == shown


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
