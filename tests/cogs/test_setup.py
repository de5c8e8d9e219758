"""Set-up from an invite to the first question, by admins who press and type, and by people who may not."""

from datetime import UTC, date, datetime, timedelta

import discord
import pytest
from simcord.backend.errors import SetupError
from simcord.builders import ChannelHandle
from simcord.interactions import OptionError

from bot.domain.permissions import NEEDED
from bot.storage.tables import AuditEntry, Delivery, Schedule, Server
from bot.ui.setup import CONTROLS, FirstQuestionButton
from tests.support.study import (
    another_server,
    ask,
    channel_denied,
    command,
    invite,
    plan,
    questions,
    remove,
    rows,
    stamps,
    thread,
)
from tests.support.world import World, button, choice, said, words

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
NOT_YOU = "Only people with the Manage Server permission can change the set-up. Ask one of your admins."


async def greeting(quiz: World) -> discord.Message:
    """Reps' first message in the study hall."""
    await invite(quiz, quiz.guild)
    found: discord.Message = quiz.channel.history()[-1]
    return found


# --- the greeting


async def test_an_invite_is_greeted_in_the_first_channel_reps_may_write_in(quiz: World) -> None:
    guild = quiz.env.create_guild("New server")
    mine = next(role for role in guild.roles.values() if role.name != "@everyone")
    secret, locked = (
        guild.create_text_channel(name, overwrites={mine: discord.PermissionOverwrite(**{denied: False})})
        for name, denied in (("secret", "view_channel"), ("announcements", "send_messages"))
    )
    lobby, late = guild.create_text_channel("lobby"), guild.create_text_channel("late")
    await invite(quiz, guild)
    assert [len(channel.history()) for channel in (secret, locked, lobby, late)] == [0, 0, 1, 0]
    message = lobby.history()[0]
    assert "Hello, I am Reps" in words(message)
    assert "[Set up]" in words(message)
    assert len(words(message)) < 600


async def test_the_system_channel_comes_first(quiz: World) -> None:
    guild = quiz.env.create_guild("New server")
    top, system = guild.create_text_channel("top"), guild.create_text_channel("welcome")
    guild._guild.system_channel_id = system.id
    await invite(quiz, guild)
    assert (len(top.history()), len(system.history())) == (0, 1)


async def test_a_server_with_no_open_channel_is_not_greeted(quiz: World) -> None:
    guild = quiz.env.create_guild("Closed server")
    mine = next(role for role in guild.roles.values() if role.name != "@everyone")
    closed = guild.create_text_channel(
        "closed", overwrites={mine: discord.PermissionOverwrite(send_messages=False)}
    )
    await invite(quiz, guild)
    assert closed.history() == []


async def test_only_admins_can_press_the_greetings_button(quiz: World) -> None:
    message = await greeting(quiz)
    refused = await quiz.member("Bo").click(message, label="Set up")
    assert refused.ephemeral
    assert said(refused) == NOT_YOU
    assert await rows(quiz, Schedule) == []
    assert await rows(quiz, AuditEntry) == []


# --- set-up with defaults


async def test_one_press_sets_up_with_defaults_that_only_the_admin_reads(quiz: World) -> None:
    bo = quiz.member("Bo")
    before = quiz.sees(bo)
    result = await quiz.admin.click(await greeting(quiz), label="Set up")
    told = said(result)
    assert result.ephemeral
    assert f"**Channel:** <#{quiz.channel.id}>" in told
    assert "**Time zone:** UTC. Is it **08:00** for you? Your own clock says <t:" in told
    assert "every day at 09:00 (UTC)" in told
    assert "every Monday at 09:00 (UTC)" in told
    assert "**Permissions:** all there." in told
    assert "[Post the first question]" in told
    assert stamps(told)[:4] == [quiz.now(), NINE, NINE + DAY, NINE + 2 * DAY]
    assert "Reps in" not in quiz.sees(bo).removeprefix(before)
    (server,) = await rows(quiz, Server)
    assert (server.zone, server.study_channel_id, server.weekly_goal) == ("UTC", quiz.channel.id, None)
    assert [one.kind for one in await rows(quiz, Schedule)] == ["question", "digest"]
    assert {entry.actor_discord_id for entry in await rows(quiz, AuditEntry)} == {quiz.admin.id}


async def test_one_more_press_plans_weekly_rounds_once(quiz: World) -> None:
    begun = await quiz.admin.click(await greeting(quiz), label="Set up")
    press = button("setup.rounds:")
    (refused,) = await quiz.raw((quiz.member("Bo"), await greeting(quiz), press))
    assert "Manage Server" in said(refused)
    first, second = await quiz.raw(*[(quiz.admin, begun.response, press)] * 2)
    for told in (said(first), said(second)):
        assert f"**3. Recitation round** in <#{quiz.channel.id}>, every Monday at 10:00 (UTC)" in told
        assert "[Pair members every week]" not in told
    assert [one.kind for one in await rows(quiz, Schedule)] == ["question", "digest", "round"]
    asked = await quiz.admin.slash(quiz.channel, "setup start")
    announced = said(await quiz.admin.click(asked.response, label="Post the first question"))
    assert "/recite join a partner for every round" in announced


async def test_pressing_the_greeting_again_later_moves_nothing(quiz: World) -> None:
    message = await greeting(quiz)
    study = quiz.guild.create_text_channel("study")
    await quiz.admin.slash(quiz.channel, "setup start", channel=study, time="10", goal=50)
    told = said(await quiz.admin.click(message, label="Set up"))
    assert f"**Channel:** <#{study.id}>" in told
    assert "every day at 10:00" in told
    assert "50 reps" in told
    assert {one.channel_id for one in await rows(quiz, Schedule)} == {study.id}


async def test_the_command_takes_every_choice_at_once_and_keeps_what_is_not_given(quiz: World) -> None:
    guides = quiz.guild.create_role("Guides")
    staff = quiz.guild.create_text_channel("staff")
    first = said(
        await quiz.admin.slash(
            quiz.channel,
            "setup start",
            zone="Europe/Berlin",
            time="18h45",
            guides=guides,
            alerts=staff,
            goal=120,
        )
    )
    assert "**Time zone:** Europe/Berlin. Is it **09:00** for you?" in first
    assert "every day at 18:45 (Europe/Berlin)" in first
    assert stamps(first)[1] == datetime(2026, 3, 2, 17, 45, tzinfo=UTC)
    assert f"**Guides:** <@&{guides.id}>" in first
    assert "**Weekly goal:** 120 reps" in first

    again = said(await quiz.admin.slash(quiz.channel, "setup start", goal=0))
    assert "**Weekly goal:** grows with the group" in again
    for kept in ("Europe/Berlin", "every day at 18:45", f"<@&{guides.id}>"):
        assert kept in again
    (server,) = await rows(quiz, Server)
    assert server.alert_channel_id == staff.id
    assert len(await rows(quiz, Schedule)) == 2


async def test_a_new_hour_and_zone_move_what_is_planned(quiz: World) -> None:
    await quiz.admin.slash(quiz.channel, "setup start")
    told = said(await quiz.admin.slash(quiz.channel, "setup start", zone="Asia/Tokyo", time="7"))
    assert "every day at 07:00 (Asia/Tokyo)" in told
    assert "every Monday at 09:00 (Asia/Tokyo)" in told
    assert stamps(told)[1] == datetime(2026, 3, 2, 22, 0, tzinfo=UTC)
    planned = await rows(quiz, Schedule)
    assert planned[0].next_due_at == datetime(2026, 3, 2, 22, 0, tzinfo=UTC)


async def test_a_new_channel_takes_along_only_what_was_posted_in_the_old_one(quiz: World) -> None:
    engineers, study = quiz.guild.create_text_channel("mle"), quiz.guild.create_text_channel("study")
    await quiz.admin.slash(quiz.channel, "setup start")
    await plan(quiz, kind="question", time="12", channel=engineers, track="mle")
    await quiz.admin.slash(quiz.channel, "setup start", time="10")
    assert [one.channel_id for one in await rows(quiz, Schedule)] == [
        quiz.channel.id,
        quiz.channel.id,
        engineers.id,
    ]
    await quiz.admin.slash(quiz.channel, "setup start", channel=study)
    assert [one.channel_id for one in await rows(quiz, Schedule)] == [study.id, study.id, engineers.id]


async def test_a_study_channel_that_is_gone_gives_way_to_where_the_admin_is(quiz: World) -> None:
    study = quiz.guild.create_text_channel("study")
    await quiz.admin.slash(quiz.channel, "setup start", channel=study)
    quiz.env.backend.delete_channel(study.id)
    await quiz.env.settle()
    told = said(await quiz.admin.slash(quiz.channel, "setup start"))
    assert f"**Channel:** <#{quiz.channel.id}>" in told


async def test_a_servers_name_is_only_a_name(quiz: World) -> None:
    _, channel, admin = another_server(quiz, "**@everyone** <@1>\u202e # `x`")
    told = said(await admin.slash(channel, "setup start"))
    assert "## Reps in \\*\\*\\@everyone\\*\\* \\<\\@1\\> \\# \\`x\\`" in told


# --- what is typed wrong


async def test_zones_are_offered_by_city_with_the_time_there(quiz: World) -> None:
    offered = await quiz.admin.autocomplete(quiz.channel, "setup start", "zone", "new y")
    assert offered[0] == {"name": "America/New York, now 03:00", "value": "America/New_York"}
    many = await quiz.admin.autocomplete(quiz.channel, "setup start", "zone", "")
    assert len(many) == 25
    assert await quiz.admin.autocomplete(quiz.channel, "setup start", "zone", "Atlantis") == []


async def test_what_cannot_be_read_saves_nothing(quiz: World) -> None:
    for options, expected in (
        ({"zone": "Atlantis"}, "I don't know the time zone “Atlantis”"),
        ({"zone": "../../etc/passwd"}, "I don't know the time zone"),
        ({"time": "25:00"}, "could not read “25:00” as a time of day; write it as 09:00 or 18:30"),
        ({"time": "noon"}, "could not read “noon” as a time of day"),
        ({"time": "9", "zone": "9"}, "I don't know the time zone “9”"),
    ):
        result = await quiz.admin.slash(quiz.channel, "setup start", **options)
        assert result.ephemeral
        assert expected in said(result)
    assert await rows(quiz, Schedule) == []


async def test_a_channel_of_another_kind_is_refused(quiz: World) -> None:
    voice = quiz.guild.create_voice_channel("Voice")
    forum = quiz.guild.create_forum_channel("forum")
    backend = quiz.env.backend
    post = ChannelHandle(quiz.env, quiz.guild, backend.create_thread(forum.id, "post", quiz.admin.id))
    for place in (voice, thread(quiz), post):
        result = await quiz.admin.slash(place, "setup schedule add", kind="question", time="9")
        assert "only in a text channel" in said(result)
    for place in (voice, forum):
        with pytest.raises(OptionError):
            await quiz.admin.slash(quiz.channel, "setup start", channel=place)
    assert await rows(quiz, Schedule) == []


async def test_what_is_missing_where_the_questions_go_is_shown_on_the_card(quiz: World) -> None:
    for name in NEEDED:
        place = channel_denied(quiz, "closed", name)
        begun = await quiz.admin.slash(quiz.channel, "setup start", channel=place)
        told = said(begun)
        assert f"**Missing in <#{place.id}>**" in told
        assert f"• **{name.replace('_', ' ').title()}**: " in told
        assert "To grant: channel settings → Permissions → add Reps → switch on" in told
        refused = said(await quiz.admin.click(begun.response, label="Post the first question"))
        assert f"In <#{place.id}> I am missing: " in refused
    assert await rows(quiz, Delivery) == []


async def test_a_lesser_permission_is_shown_with_what_breaks_and_can_be_granted_later(quiz: World) -> None:
    place = channel_denied(quiz, "closed", "create_public_threads", "send_messages_in_threads")
    told = said(await quiz.admin.slash(quiz.channel, "setup start", channel=place))
    assert "• **Create Public Threads**: reveals have no discussion thread" in told
    assert "• **Send Messages in Threads**: explanations cannot go into discussions" in told
    assert "[Post the first question]" in told
    quiz.env.backend.get_channel(place.id).overwrites.clear()
    quiz.env.backend.announce_channel_update(place.id)
    await quiz.env.settle()
    assert "**Permissions:** all there." in said(await quiz.admin.slash(quiz.channel, "setup start"))


async def test_a_role_everyone_has_makes_nobody_a_guide_or_moderator(quiz: World) -> None:
    for option in ("guides", "moderators"):
        told = said(await quiz.admin.slash(quiz.channel, "setup start", **{option: quiz.guild.default_role}))
        assert told.startswith("That role belongs to everyone here.")
    assert await rows(quiz, Server) == []


# --- who may not


async def test_members_do_not_even_see_setup(quiz: World) -> None:
    bo = quiz.member("Bo")
    assert not [name for name in bo.available_commands(quiz.channel) if name.startswith("setup")]
    assert "setup start" in quiz.admin.available_commands(quiz.channel)
    with pytest.raises(SetupError, match="not visible"):
        await bo.slash(quiz.channel, "setup start")


async def test_forced_commands_and_replayed_buttons_are_refused(quiz: World) -> None:
    bo, message = quiz.member("Bo"), await greeting(quiz)
    await quiz.admin.slash(quiz.channel, "setup start")
    before = [one.next_due_at for one in await rows(quiz, Schedule)]
    role, ids = (
        str(quiz.guild.create_role("Mine").id),
        {one.verb: one.custom_id_for(one.ticket()) for one in CONTROLS},
    )
    picked = {
        "setup.change": "channel",
        "setup.channel": str(quiz.channel.id),
        "setup.time": "12:00",
        "setup.region": "Australia",
        "setup.city": "Australia/Sydney",
        "setup.guides": role,
        "setup.moderators": role,
        "setup.alerts": str(quiz.channel.id),
        "setup.goal": "500",
    }
    forced = [
        await command(quiz, bo, "setup start", time="12"),
        await command(quiz, bo, "setup schedule list"),
        await command(quiz, bo, "setup schedule add", kind="question", time="12"),
        await command(quiz, bo, "setup schedule edit", number=1, time="12"),
        *[
            await command(quiz, bo, f"setup schedule {verb}", number=1)
            for verb in ("pause", "resume", "run", "remove")
        ],
        *await quiz.raw(
            *(
                (bo, message, choice(custom_id, picked[verb]) if verb in picked else button(custom_id))
                for verb, custom_id in ids.items()
                # Everyone may read the rules of conduct.
                if verb != "setup.conduct"
            )
        ),
    ]
    for result in forced:
        # A press on a card is acknowledged on it, and refused beside it.
        told = result.followups[-1] if result.followups else result
        assert told.ephemeral
        assert said(told) == NOT_YOU
    await quiz.rounds()
    assert questions(quiz.channel) == []
    assert [one.next_due_at for one in await rows(quiz, Schedule)] == before
    (server,) = await rows(quiz, Server)
    assert (server.guide_role_id, server.moderator_role_id, server.alert_channel_id) == (None, None, None)


# --- the first question


async def test_the_first_question_comes_with_the_next_ones_time_and_words_to_announce_it(quiz: World) -> None:
    begun = await quiz.admin.slash(quiz.channel, "setup start")
    result = await quiz.admin.click(begun.response, label="Post the first question")
    told = said(result)
    assert result.ephemeral
    assert f"appears in <#{quiz.channel.id}> within seconds" in told
    assert stamps(told) == [NINE, NINE]
    assert "To announce it, copy this" in told
    await quiz.env.settle()
    assert len(questions(quiz.channel)) == 1


async def test_one_button_posts_one_question_however_often_it_is_pressed(quiz: World) -> None:
    begun = await quiz.admin.slash(quiz.channel, "setup start")
    first = FirstQuestionButton.custom_id_for(FirstQuestionButton.ticket())
    pressed = await quiz.raw(*[(quiz.admin, begun.response, button(first))] * 3)
    assert all("On its way" in said(one) for one in pressed)
    await quiz.admin.click(begun.response, label="Post the first question")
    await quiz.rounds()
    assert len(questions(quiz.channel)) == 1
    trail = said(await quiz.admin.slash(quiz.channel, "guide audit"))
    assert trail.count(f"<@{quiz.admin.id}> had schedule 1 post the first question") == 1
    # A fresh card is a fresh wish.
    again = await quiz.admin.slash(quiz.channel, "setup start")
    await quiz.admin.click(again.response, label="Post the first question")
    await quiz.rounds()
    assert len(questions(quiz.channel)) == 2
    assert len({one.key for one in await rows(quiz, Delivery)}) == 2


async def test_nothing_is_promised_that_nobody_scheduled(quiz: World) -> None:
    message = await greeting(quiz)
    first = button(FirstQuestionButton.custom_id_for(FirstQuestionButton.ticket()))
    (early,) = await quiz.raw((quiz.admin, message, first))
    assert "not set up on this server yet" in said(early)
    begun = await quiz.admin.slash(quiz.channel, "setup start")
    asked = await quiz.admin.slash(quiz.channel, "setup schedule remove", number=1)
    await quiz.admin.click(asked.response, label="Remove")
    told = said(await quiz.admin.click(begun.response, label="Post the first question"))
    assert "no such schedule" in told
    await quiz.rounds()
    assert questions(quiz.channel) == []


# --- moving the hour


async def test_an_hour_moved_on_a_day_already_posted_does_not_post_twice(quiz: World) -> None:
    await quiz.admin.slash(quiz.channel, "setup start")
    await quiz.skip_to(NINE)
    assert len(questions(quiz.channel)) == 1
    await quiz.admin.slash(quiz.channel, "setup start", time="12:00")
    await quiz.skip_to(NINE + timedelta(hours=4))
    assert len(questions(quiz.channel)) == 1
    await quiz.skip_to(NINE + DAY + timedelta(hours=3))
    dates = [one.local_date for one in await rows(quiz, Delivery)]
    assert dates == [date(2026, 3, 2), date(2026, 3, 3)]


# --- removed and invited again


async def test_a_removed_server_rests_and_goes_on_when_invited_again(quiz: World) -> None:
    await quiz.admin.slash(quiz.channel, "setup start")
    await remove(quiz, quiz.guild)
    await quiz.skip_to(NINE + 2 * DAY)
    assert await rows(quiz, Delivery) == []
    assert questions(quiz.channel) == []
    await invite(quiz, quiz.guild)
    await quiz.rounds()
    assert questions(quiz.channel) == []  # what fell in between is not made up
    await quiz.skip_to(NINE + 3 * DAY)
    assert [one.local_date for one in await rows(quiz, Delivery)] == [date(2026, 3, 5)]
    assert len(questions(quiz.channel)) == 1


async def test_an_invite_while_reps_was_down_is_noticed_at_start(quiz: World) -> None:
    await quiz.admin.slash(quiz.channel, "setup start")
    await remove(quiz, quiz.guild)
    await quiz.restart()
    await quiz.skip_to(NINE)
    assert len(questions(quiz.channel)) == 1


async def test_setting_up_again_wakes_what_rested(quiz: World) -> None:
    await quiz.admin.slash(quiz.channel, "setup start")
    await quiz.house.services.setup.gone(quiz.guild.id)
    await quiz.admin.slash(quiz.channel, "setup start")
    await quiz.skip_to(NINE)
    assert len(questions(quiz.channel)) == 1


# --- misses


async def test_a_question_that_cannot_go_out_is_told_to_the_staff_once(quiz: World) -> None:
    staff, study = quiz.guild.create_text_channel("staff"), quiz.guild.create_text_channel("study")
    await quiz.admin.slash(quiz.channel, "setup start", channel=study, alerts=staff)
    quiz.env.backend.delete_channel(study.id)
    await quiz.env.settle()
    await quiz.skip_to(NINE)
    await quiz.skip(120)
    (told,) = [words(message) for message in staff.history()]
    assert "Daily question not posted" in told
    assert stamps(told) == [NINE]
    assert "is gone" in told
    assert "**Last miss:**" in said(await quiz.admin.slash(quiz.channel, "setup start"))
    await ask(quiz)
    assert len(questions(quiz.channel)) == 1
