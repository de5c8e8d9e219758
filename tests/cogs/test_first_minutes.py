"""The first two minutes: from the invite to the first question in a few presses, and a member's first rep in one."""

from datetime import UTC, datetime
from typing import Any

import discord
import pytest
from simcord.builders import ChannelHandle

from bot.client.cards import TEXT_LIMIT, shown
from bot.client.guilds import STUDY_CHANNEL, TOPIC
from bot.domain.calendar import cities, regions
from bot.domain.members import Person
from bot.storage.tables import Delivery, Fact, Rep, Schedule, Server
from bot.ui.setup import FirstQuestionButton
from tests.support.study import allow, invite, questions, rows, stamps
from tests.support.world import World, button, said

INTERACTIONS_AT_MOST = 6
FIRST = "Post the first question"


class Newcomer:
    """A server that has just invited Reps, and its admin; `locale` is what its Discord speaks."""

    def __init__(self, hall: World, locale: str = "de", *rooms: str) -> None:
        self.hall = hall
        self.guild = hall.env.create_guild("New server", preferred_locale=locale)
        self.rooms = [self.guild.create_text_channel(name) for name in rooms or ("general",)]
        role = self.guild.create_role("Admins", permissions=discord.Permissions(manage_guild=True))
        self.admin: Any = self.guild.add_member(hall.env.create_user("eva", global_name="Eva"), roles=[role])
        self.card: Any = None

    async def set_up(self) -> str:
        """Press the greeting's button; what the admin reads."""
        await invite(self.hall, self.guild)
        (greeting,) = self.rooms[0].history()
        begun = await self.admin.click(greeting, label="Set up")
        self.card = begun.response
        return said(begun)

    async def change(self, part: str) -> None:
        await self.admin.select(self.card, [part], custom_id="setup.change:")

    async def pick(self, verb: str, *values: Any) -> str:
        await self.admin.select(self.card, values, custom_id=f"setup.{verb}:")
        return self.read()

    async def post(self) -> str:
        told = said(await self.admin.click(self.card, label=FIRST))
        await self.hall.rounds()
        return told

    def read(self) -> str:
        return shown(self.card.components)

    def channels(self, name: str = STUDY_CHANNEL) -> list[Any]:
        backend = self.hall.env.backend
        found = [backend.channels[id] for id in self.guild._guild.channel_ids]
        return [ChannelHandle(self.hall.env, self.guild, one) for one in found if one.name == name]


def interactions(hall: World) -> int:
    """How often anybody pressed, chose, typed or sent something to the bot."""
    return sum(name == "INTERACTION_CREATE" for _, name, _ in hall.env.backend.transcript)


# --- counted


async def test_from_the_invite_to_the_first_question_and_the_first_rep(quiz: World) -> None:
    new = Newcomer(quiz)
    told = await new.set_up()
    assert "**Time zone:** Europe/Berlin. Is it **09:00** for you?" in told
    assert "a new #reps, which I create with the first question" in told
    assert "every day at 09:00 (Europe/Berlin)" in told
    assert "**Permissions:** all there." in told
    assert new.channels() == []
    told = await new.post()
    assert interactions(quiz) + 1 <= INTERACTIONS_AT_MOST  # the invite itself, and then two presses

    (reps,) = new.channels()
    assert f"appears in <#{reps.id}> within seconds" in told
    assert stamps(told)[0] == datetime(2026, 3, 3, 8, 0, tzinfo=UTC)  # nine in Berlin
    assert "To announce it, copy this" in told
    (question,) = questions(reps)
    bo: Any = new.guild.add_member(quiz.env.create_user("bo", global_name="Bo"))
    before = interactions(quiz)
    answered = said(await bo.click(question, label="A"))
    assert interactions(quiz) == before + 1
    assert "**+1 rep**" in answered
    assert len(await rows(quiz, Rep)) == 1


async def test_a_wrong_zone_is_put_right_by_region_and_city(quiz: World) -> None:
    new = Newcomer(quiz, "en-US")
    assert "**Time zone:** UTC." in await new.set_up()
    await quiz.restart()
    await new.change("zone")
    await new.pick("region", next(region for region in regions() if "Asia/Tokyo" in cities(region)))
    told = await new.pick("city", "Asia/Tokyo")
    assert "**Time zone:** Asia/Tokyo. Is it **17:00** for you?" in told
    assert "every day at 09:00 (Asia/Tokyo)" in told
    assert f"[{FIRST}]" in told
    await new.post()
    assert interactions(quiz) + 1 <= INTERACTIONS_AT_MOST
    (reps,) = new.channels()
    assert len(questions(reps)) == 1
    daily = next(one for one in await rows(quiz, Schedule) if one.kind == "question")
    assert (daily.channel_id, daily.next_due_at) == (reps.id, datetime(2026, 3, 3, 0, 0, tzinfo=UTC))


# --- the card


async def test_every_choice_is_saved_at_once_and_seen_on_the_card(quiz: World) -> None:
    new = Newcomer(quiz, "ja", "general", "study", "staff")
    guides, moderators = new.guild.create_role("Guides"), new.guild.create_role("Moderators")
    assert "**Time zone:** Asia/Tokyo." in await new.set_up()
    await quiz.restart()
    _, study, staff = new.rooms
    await new.change("channel")
    assert f"**Channel:** <#{study.id}>" in await new.pick("channel", study)
    await new.change("time")
    assert "every day at 18:00 (Asia/Tokyo)" in await new.pick("time", "18:00")
    await new.change("goal")
    assert "**Weekly goal:** 100 reps" in await new.pick("goal", "100")
    await new.change("people")
    assert f"**Guides:** <@&{guides.id}>" in await new.pick("guides", guides)
    assert f"**Moderators:** <@&{moderators.id}>" in await new.pick("moderators", moderators)
    assert f"**Alerts:** <#{staff.id}>" in await new.pick("alerts", staff)
    await new.admin.click(new.card, label="Done")
    assert f"[{FIRST}]" in new.read()
    await new.change("channel")
    await new.admin.click(new.card, label="A new #reps")
    assert "a new #reps, which I create" in new.read()
    await new.change("channel")
    await new.pick("channel", study)
    (server,) = await rows(quiz, Server)
    chosen = (server.guide_role_id, server.moderator_role_id, server.alert_channel_id, server.weekly_goal)
    assert chosen == (guides.id, moderators.id, staff.id, 100)
    assert {one.channel_id for one in await rows(quiz, Schedule)} == {study.id}

    await new.change("people")
    for verb, line in (("guides", "**Guides:** nobody"), ("moderators", "**Moderators:** nobody")):
        assert line in await new.pick(verb)
    assert "**Alerts:** in the channel for questions" in await new.pick("alerts")
    await new.admin.click(new.card, label="Done")
    await new.post()
    assert (len(questions(study)), new.channels()) == (1, [])


async def test_the_card_fits_and_runs_again_without_making_anything_new(quiz: World) -> None:
    new = Newcomer(quiz)
    await new.set_up()
    for part in ("channel", "time", "zone", "people", "goal"):
        await new.change(part)
        assert len(new.read()) < TEXT_LIMIT
        assert count(new.card.components) <= 40
        await new.admin.click(new.card, label="Done")
    again = said(await new.admin.slash(new.rooms[0], "setup start", time="7", zone="Europe/Paris"))
    assert "every day at 07:00 (Europe/Paris)" in again
    assert "a new #reps" in again
    assert [one.kind for one in await rows(quiz, Schedule)] == ["question", "digest"]


def count(components: Any) -> int:
    return sum(1 + count(one.get("components", ())) for one in components)


async def test_until_a_question_is_posted_nothing_is_due(quiz: World) -> None:
    new = Newcomer(quiz)
    await new.set_up()
    await quiz.skip(10 * 86_400)
    assert await rows(quiz, Delivery) == []
    ran = await new.admin.slash(new.rooms[0], "setup schedule run", number=1)
    assert "not set up on this server yet" in said(ran)
    await new.post()
    (reps,) = new.channels()
    assert len(questions(reps)) == 1


async def test_the_rules_of_conduct_and_the_privacy_line(quiz: World) -> None:
    new = Newcomer(quiz)
    told = await new.set_up()
    assert "`/me data` exports and deletes them" in told
    rules = await new.admin.click(new.card, label="Conduct rules")
    assert rules.ephemeral
    for word in ("kind", "honest", "Do not share", "do not record", "*Report or block*"):
        assert word in said(rules)


async def test_what_is_forged_saves_nothing(quiz: World) -> None:
    new = Newcomer(quiz)
    await new.set_up()
    voice = new.guild.create_voice_channel("Voice")
    before = await rows(quiz, Server)
    forged = {
        "setup.change": "everything",
        "setup.channel": str(voice.id),
        "setup.alerts": str(quiz.channel.id),  # of another server
        "setup.guides": str(new.guild.id),  # everyone
        "setup.moderators": "nobody",
        "setup.time": "25:00",
        "setup.region": "Atlantis",
        "setup.city": "Atlantis/Town",
        "setup.goal": "-5",
    }
    for verb, value in forged.items():
        data = {"custom_id": f"{verb}:", "component_type": 3, "values": [value]}
        (result,) = await quiz.raw((new.admin, new.card, data))
        assert "Something went wrong" not in said(result)
    (after,) = await rows(quiz, Server)
    kept = ("zone", "study_channel_id", "guide_role_id", "alert_channel_id", "weekly_goal")
    assert [getattr(after, name) for name in kept] == [getattr(before[0], name) for name in kept]


# --- the new channel


async def test_a_channel_of_that_name_is_taken_instead_of_a_second_one(quiz: World) -> None:
    new = Newcomer(quiz, "de", "general", "reps")
    assert f"**Channel:** <#{new.rooms[1].id}>" in await new.set_up()
    await new.post()
    assert len(new.channels()) == 1
    assert len(questions(new.rooms[1])) == 1


async def test_without_the_right_to_make_one_it_is_the_channel_where_the_admin_is(quiz: World) -> None:
    new = Newcomer(quiz)
    await allow(quiz, new.guild, manage_channels=False)
    told = await new.set_up()
    assert f"**Channel:** <#{new.rooms[0].id}> (I may not create one here)" in told
    await new.post()
    assert (len(questions(new.rooms[0])), new.channels()) == (1, [])


async def test_a_right_taken_away_meanwhile_is_named_and_nothing_hangs(quiz: World) -> None:
    new = Newcomer(quiz)
    await new.set_up()
    await allow(quiz, new.guild, manage_channels=False)
    told = said(await new.admin.click(new.card, label=FIRST))
    assert told.startswith("I could not create #reps")
    assert "**Manage Channels**" in told
    assert [fact.name for fact in await rows(quiz, Fact) if str(new.guild.id) in fact.name] == []
    await new.change("channel")
    await new.pick("channel", new.rooms[0])
    await new.post()
    assert len(questions(new.rooms[0])) == 1


async def test_pressed_many_times_at_once_it_makes_one_channel_and_one_question(quiz: World) -> None:
    new = Newcomer(quiz)
    await new.set_up()
    press = button(FirstQuestionButton.custom_id_for(FirstQuestionButton.ticket()))
    pressed = [said(one) for one in await quiz.raw(*[(new.admin, new.card, press)] * 4)]
    assert sum("On its way" in told for told in pressed) >= 1
    assert all("On its way" in told or "being created right now" in told for told in pressed)
    await new.post()
    (reps,) = new.channels()
    assert len(questions(reps)) == 1


@pytest.mark.parametrize("made", [False, True])
async def test_a_crash_while_it_is_made_leaves_no_second_one(quiz: World, made: bool) -> None:
    new = Newcomer(quiz)
    await new.set_up()
    who = (await rows(quiz, Server))[0]
    admin = Person(new.guild.id, new.admin.id, "Eva", who.name, True)
    assert await quiz.house.services.setup.making(admin) is not None
    if made:
        new.guild.create_text_channel(STUDY_CHANNEL, topic=TOPIC)
    assert "being created right now" in said(await new.admin.click(new.card, label=FIRST))
    await quiz.skip(61)
    assert "On its way" in await new.post()
    (reps,) = new.channels()
    assert len(questions(reps)) == 1


async def test_the_channel_chosen_is_gone_when_the_question_should_go_out(quiz: World) -> None:
    new = Newcomer(quiz, "de", "general", "study")
    await new.set_up()
    await new.change("channel")
    await new.pick("channel", new.rooms[1])
    quiz.env.backend.delete_channel(new.rooms[1].id)
    await quiz.env.settle()
    assert said(await new.admin.click(new.card, label=FIRST)).startswith("The channel for questions is gone.")
    await new.change("channel")
    await new.admin.click(new.card, label="A new #reps")
    assert "a new #reps, which I create" in new.read()
    await new.post()
    (reps,) = new.channels()
    assert len(questions(reps)) == 1
