"""The stage with a small bot of its own: what it borrows from SimCord, its clock, its pages, its index."""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self
from zoneinfo import ZoneInfo

import aiohttp
import discord
import pytest
import simcord
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from discord import app_commands, ui
from discord.ext import commands
from PIL import Image

from bot.demo.drawing import Drawing, Moment, Person, Room, Scene, distance
from bot.demo.stage import PRIVATE, Stage, StageClock
from tests.demo.browser import Browser, Page, chromium

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class Count(ui.DynamicItem[ui.Button[ui.LayoutView]], template=r"count:(?P<n>\d+)"):
    def __init__(self, n: int) -> None:
        self.n = n
        super().__init__(ui.Button(label=f"Pressed {n}", custom_id=f"count:{n}"))

    @classmethod
    async def from_custom_id(cls, _: Any, item: Any, match: re.Match[str]) -> Self:
        return cls(int(match["n"]))

    async def callback(self, interaction: discord.Interaction) -> None:
        await interaction.response.edit_message(view=card(self.n + 1))


class Ask(ui.DynamicItem[ui.Button[ui.LayoutView]], template="ask"):
    def __init__(self) -> None:
        super().__init__(ui.Button(label="Answer", custom_id="ask"))

    @classmethod
    async def from_custom_id(cls, _: Any, item: Any, match: re.Match[str]) -> Self:
        return cls()

    async def callback(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Answer())


class Answer(ui.Modal, title="Your answer"):
    words: ui.Label[Self] = ui.Label(text="In your words", component=ui.TextInput())

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        assert isinstance(self.words.component, ui.TextInput)
        await interaction.followup.send(f"You said: {self.words.component.value}", ephemeral=True)


def card(presses: int) -> ui.LayoutView:
    row: ui.ActionRow[ui.LayoutView] = ui.ActionRow()
    row.add_item(Count(presses)).add_item(Ask())
    return ui.LayoutView(timeout=None).add_item(ui.Container(ui.TextDisplay("### What is a p-value?"), row))


class Toy(commands.Bot):
    """A bot with a command of each kind, a drop every day at eleven and a post whenever it is told."""

    def __init__(self, clock: StageClock) -> None:
        super().__init__("!", intents=discord.Intents.all())
        self.clock = clock
        self.due = START + timedelta(hours=3)
        self.home = 0
        self.posts = 0
        self.caught_up = 0
        self.held: asyncio.Event | None = None

    async def setup_hook(self) -> None:
        self.add_dynamic_items(Count, Ask)
        everything: tuple[app_commands.Command[Any, ..., None], ...] = (echo, board, chart, split, hold)
        for command in everything:
            self.tree.add_command(command)
        await self.tree.sync()

    @property
    def room(self) -> discord.TextChannel:
        room = self.get_channel(self.home)
        assert isinstance(room, discord.TextChannel)
        return room

    async def post(self) -> None:
        self.posts += 1
        await self.room.send(f"Post {self.posts}")

    async def catch_up(self) -> None:
        self.caught_up += 1
        if self.clock.now() >= self.due:
            await self.room.send(f"Drop {self.due.day}, opened <t:{int(START.timestamp())}:R>")
            self.due += timedelta(days=1)

    async def next_moment(self) -> Moment | None:
        return Moment(self.due, "daily question")

    async def next_due(self) -> datetime | None:
        return self.due


@app_commands.command(description="Say it back, to you only")
async def echo(interaction: discord.Interaction, what: str) -> None:
    await interaction.response.defer(ephemeral=True)
    await interaction.followup.send(f"echo {what}", ephemeral=True)


@app_commands.command(description="Put up the card")
async def board(interaction: discord.Interaction) -> None:
    await interaction.response.send_message(view=card(0))


@app_commands.command(description="A picture")
async def chart(interaction: discord.Interaction) -> None:
    png = io.BytesIO()
    Image.new("RGB", (64, 32), "#fa3").save(png, "PNG")
    png.seek(0)
    await interaction.response.send_message(file=discord.File(png, "chart.png"))


@app_commands.command(description="Open a thread")
async def split(interaction: discord.Interaction, name: str) -> None:
    assert isinstance(interaction.channel, discord.TextChannel)
    thread = await interaction.channel.create_thread(name=name, type=discord.ChannelType.public_thread)
    await interaction.response.send_message(f"See {thread.mention}")


@app_commands.command(description="Answer when told to")
async def hold(interaction: discord.Interaction) -> None:
    assert isinstance(interaction.client, Toy) and interaction.client.held is not None
    await interaction.client.held.wait()
    await interaction.response.send_message("held no more", ephemeral=True)


@dataclass
class Theatre:
    """A stage, its bot, and the server they play in."""

    stage: Stage
    bot: Toy
    clock: StageClock
    guild: simcord.GuildHandle
    daily: simcord.ChannelHandle
    staff: simcord.ChannelHandle
    problems: simcord.ChannelHandle
    voice: simcord.ChannelHandle
    mina: simcord.MemberActor
    olu: simcord.MemberActor
    resets: list[bool]
    url: str

    async def close(self) -> None:
        await self.stage.close()
        await self.bot.close()


async def play(*, name: str = "Toy", port: int = 0) -> Theatre:
    clock = StageClock(START)
    bot = Toy(clock)
    resets: list[bool] = []
    stage = Stage(
        bot,
        clock=clock,
        catch_up=bot.catch_up,
        next_moment=bot.next_moment,
        next_due=bot.next_due,
        name=name,
        tips=["Press the big button."],
        port=port,
        reset=lambda: resets.append(True),
    )
    guild = stage.env.create_guild("Study group")
    study = guild.create_category("Study")
    daily = guild.create_text_channel("daily", category=study)
    voice = guild.create_voice_channel("Reading room", category=study)
    closed = discord.PermissionOverwrite(view_channel=False)
    staff = guild.create_text_channel("staff", overwrites={guild.default_role: closed})
    problems = guild.create_forum_channel("problems")
    admin = guild.create_role("Admin", permissions=discord.Permissions.all())
    mina = guild.add_member(stage.env.create_user("mina", global_name="Mina"))
    olu = guild.add_member(stage.env.create_user("olu", global_name="Olu <admin>"), roles=[admin])
    stage.introduce(mina, "Member, three weeks in")
    stage.introduce(olu, "Admin")
    bot.home = daily.id
    try:
        url = await stage.open()
    except BaseException:
        await bot.close()
        raise
    return Theatre(stage, bot, clock, guild, daily, staff, problems, voice, mina, olu, resets, url)


@pytest.fixture
async def theatre() -> AsyncIterator[Theatre]:
    it = await play()
    try:
        yield it
    finally:
        await it.close()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@dataclass
class Visitor:
    """A room's page as a browser knows it, without the browser."""

    http: aiohttp.ClientSession
    base: str
    headers: dict[str, str]
    state: dict[str, Any]
    sequence: int = 0

    @classmethod
    async def enter(cls, it: Theatre, http: aiohttp.ClientSession, room: int | str) -> "Visitor":
        async with http.get(f"{it.url}room/{room}", allow_redirects=False) as answer:
            base, _, capability = answer.headers["Location"].partition("#")
        headers = {"X-Simcord-Capability": capability}
        async with http.post(f"{base}api/pages", json={}, headers=headers) as answer:
            state = await answer.json()
        return cls(http, base, headers | {"X-Simcord-Context": state["context"]["id"]}, state)

    async def look(self) -> dict[str, Any]:
        async with self.http.get(f"{self.base}api/state", headers=self.headers) as answer:
            self.state = await answer.json()
            return self.state

    async def do(self, kind: str, **body: Any) -> dict[str, Any]:
        """Act on the page as it was at the last look."""
        self.sequence += 1
        envelope = {
            "protocol_version": 3,
            "sequence": self.sequence,
            "request_id": str(self.sequence),
            "generation": self.state["context"]["generation"],
            "bot_generation": self.state["botGeneration"],
            "published_revision": self.state["publishedRevision"],
            "kind": kind,
        }
        async with self.http.post(
            f"{self.base}api/action", json=envelope | body, headers=self.headers
        ) as answer:
            receipt: dict[str, Any] = await answer.json()
            return receipt


def words(state: dict[str, Any]) -> str:
    return str(state["messages"])


@pytest.mark.parametrize("name", PRIVATE)
async def test_simcord_still_has(name: str) -> None:
    async with simcord.run(discord.Client(intents=discord.Intents.default())) as env:
        guild = env.create_guild()
        room = guild.create_text_channel("room")
        async with env.preview(room, viewers=[guild.add_member(env.create_user("mina"))]) as preview:
            attrgetter(name)(SimpleNamespace(env=env, preview=preview))


async def test_the_bot_and_discord_share_one_clock(theatre: Theatre) -> None:
    later = START + timedelta(days=3)
    await theatre.stage.skip_to(later)
    message = await theatre.stage.act(lambda: theatre.mina.send(theatre.daily, "three days on"))
    assert timedelta(0) <= message.created_at - later < timedelta(minutes=1)
    assert theatre.clock.now() >= later


async def test_the_clock_never_goes_back(theatre: Theatre) -> None:
    with pytest.raises(ValueError, match="forward only"):
        await theatre.stage.skip_to(START - timedelta(seconds=1))


async def test_the_clock_runs_by_itself(theatre: Theatre) -> None:
    expired = asyncio.Event()

    class Brief(ui.View):
        async def on_timeout(self) -> None:
            expired.set()

    async def on_message(message: discord.Message) -> None:
        if not message.author.bot:
            await message.reply(view=Brief(timeout=0.6).add_item(ui.Button(label="Quick")))

    theatre.bot.add_listener(on_message)
    await theatre.stage.act(lambda: theatre.mina.send(theatre.daily, "be brief"))
    async with asyncio.timeout(5):
        await expired.wait()
    assert theatre.clock.now() - START >= timedelta(seconds=0.6)


async def test_a_long_skip_runs_the_duties_once_and_no_timers(theatre: Theatre) -> None:
    woken: list[str] = []

    async def on_message(message: discord.Message) -> None:
        asyncio.get_running_loop().call_later(3600, woken.append, "timer")

    theatre.bot.add_listener(on_message)
    await theatre.stage.act(lambda: theatre.mina.send(theatre.daily, "set a timer"))
    await theatre.stage.skip_to(START + timedelta(days=30))
    assert theatre.bot.caught_up == 1
    assert woken == []


async def test_a_skip_goes_to_the_next_moment(theatre: Theatre) -> None:
    moment = await theatre.stage.skip()
    assert moment == Moment(START + timedelta(hours=3), "daily question")
    last = theatre.daily.last_message
    assert last is not None
    assert last.content.startswith("Drop 2")


async def test_what_is_due_on_the_way_comes_at_its_hour(theatre: Theatre) -> None:
    await theatre.stage.pass_to(START + timedelta(days=2, hours=4))
    posts = [(message.content[:6], message.created_at.hour) for message in theatre.daily.history()]
    assert posts == [("Drop 2", 11), ("Drop 3", 11), ("Drop 4", 11)]
    assert theatre.clock.now() >= START + timedelta(days=2, hours=4)


async def test_what_is_started_apart_holds_nobody_up(theatre: Theatre) -> None:
    fired: list[str] = []
    loop = asyncio.get_running_loop()
    handles: list[asyncio.TimerHandle] = []

    async def on_message(message: discord.Message) -> None:  # the bot's own doing, which is waited for
        handles.append(theatre.stage.apart(lambda: loop.call_later(2, fired.append, "apart")))

    theatre.bot.add_listener(on_message)
    await theatre.stage.act(lambda: theatre.mina.send(theatre.daily, "go"))
    assert (len(handles), fired) == (1, [])
    handles[0].cancel()


async def test_an_action_waits_its_turn_instead_of_being_refused(
    theatre: Theatre, http: aiohttp.ClientSession
) -> None:
    visitor = await Visitor.enter(theatre, http, theatre.daily.id)
    theatre.bot.held = asyncio.Event()
    holding = asyncio.create_task(
        theatre.stage.act(lambda: theatre.olu.slash(theatre.daily, "hold"))  # the server is busy until told
    )
    pressing = asyncio.create_task(visitor.do("send_message", content="me too"))
    done, _ = await asyncio.wait([pressing], timeout=0.3)
    assert not done
    theatre.bot.held.set()
    await holding
    assert (await pressing)["settlement"] == "settled"
    assert "me too" in words(await visitor.look())


async def test_an_action_counts_on_a_page_that_changed_meanwhile(
    theatre: Theatre, http: aiohttp.ClientSession
) -> None:
    visitor = await Visitor.enter(theatre, http, theatre.daily.id)
    for n in range(3):  # three posts land, and are shown, between the look and the press
        await theatre.stage.act(theatre.bot.post)
        await theatre.stage.skip_to(theatre.clock.now() + timedelta(seconds=n))
    receipt = await visitor.do("send_message", content="still here")
    assert (receipt["rejected"], receipt["settlement"]) == (False, "settled")


async def test_pages_change_when_the_bot_posts_and_only_then(
    theatre: Theatre, http: aiohttp.ClientSession
) -> None:
    daily = await Visitor.enter(theatre, http, theatre.daily.id)
    staff = await Visitor.enter(theatre, http, theatre.staff.id)
    before = staff.state["publishedRevision"]
    await theatre.stage.act(theatre.bot.post)
    async with asyncio.timeout(5):
        while "Post 1" not in words(await daily.look()):
            pass
    assert (await staff.look())["publishedRevision"] == before


async def test_a_page_opens_at_the_newest_message_whoever_wrote_it(
    theatre: Theatre, http: aiohttp.ClientSession
) -> None:
    await theatre.stage.act(theatre.bot.post)
    await Visitor.enter(theatre, http, theatre.daily.id)
    for _ in range(30):
        await theatre.stage.act(lambda: theatre.mina.send(theatre.daily, "a thought"))
    late = await Visitor.enter(theatre, http, theatre.daily.id)
    assert len(late.state["timeline"]) == 31
    assert late.state["targetId"] is None  # else the browser goes to that message


async def test_the_record_of_traffic_is_kept_short(theatre: Theatre) -> None:
    async def talk() -> None:
        for _ in range(300):
            await theatre.bot.post()

    await theatre.stage.act(talk)
    await theatre.stage.skip_to(theatre.clock.now())
    backend = theatre.stage.env.backend
    assert max(len(backend.transcript), len(backend.http_requests)) <= 200


async def test_a_page_someone_ended_opens_again(theatre: Theatre, http: aiohttp.ClientSession) -> None:
    visitor = await Visitor.enter(theatre, http, theatre.daily.id)
    assert (await visitor.do("close"))["settlement"] == "settled"
    again = await Visitor.enter(theatre, http, theatre.daily.id)
    assert (await again.do("send_message", content="back"))["settlement"] == "settled"


async def test_a_room_may_be_framed_by_its_index_alone(theatre: Theatre, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{theatre.url}room/{theatre.daily.id}") as answer:
        assert f"frame-ancestors {theatre.url.rstrip('/')} " in answer.headers["Content-Security-Policy"]
        assert "X-Frame-Options" not in answer.headers
    async with http.get(theatre.url) as answer:
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


async def test_the_index_lists_rooms_people_and_the_next_moment(
    theatre: Theatre, http: aiohttp.ClientSession
) -> None:
    async with http.get(theatre.url) as answer:
        page = await answer.text()
    for wanted in (
        "daily",
        "Reading room",
        "problems",
        "Messages with Toy",
        "Member, three weeks in",
        "Olu &lt;admin&gt;",
        "daily question, Mon 11:00 (in ",
        "Press the big button.",
        "Delete the demo’s data",
    ):
        assert wanted in page
    assert "<admin>" not in page


async def test_the_index_tells_of_new_threads_and_new_messages(
    theatre: Theatre, http: aiohttp.ClientSession
) -> None:
    async def rooms() -> str:
        async with http.get(f"{theatre.url}live") as answer:
            return str((await answer.json())["sections"]["rooms"])

    assert "Pair one" not in await rooms()
    await theatre.stage.act(lambda: theatre.mina.slash(theatre.daily, "split", name="Pair one"))
    assert "Pair one" in await rooms()
    assert "2 new" in await rooms()
    await Visitor.enter(theatre, http, theatre.daily.id)
    assert "2 new" not in await rooms()


async def test_a_private_room_opens_as_someone_who_can_read_it(
    theatre: Theatre, http: aiohttp.ClientSession
) -> None:
    async with http.get(f"{theatre.url}?as={theatre.mina.id}") as answer:
        assert "private</small>" in await answer.text()
    visitor = await Visitor.enter(theatre, http, theatre.staff.id)
    assert visitor.state["viewerId"] == str(theatre.olu.id)


async def test_every_kind_of_room_opens(theatre: Theatre, http: aiohttp.ClientSession) -> None:
    async def furnish() -> None:
        forum, user = theatre.bot.get_channel(theatre.problems.id), theatre.bot.get_user(theatre.mina.id)
        assert isinstance(forum, discord.ForumChannel) and user is not None
        await forum.create_thread(name="Two sum", content="In a post")
        await user.send("In a direct message")
        kind = discord.ChannelType.private_thread
        pair = await theatre.bot.room.create_thread(name="Pair", type=kind, invitable=False)
        await pair.send("In a private thread")

    await theatre.stage.act(furnish)
    async with http.get(theatre.url) as answer:
        rooms = re.findall(r'data-room="(\d+)"', await answer.text())
    seen = "".join([words((await Visitor.enter(theatre, http, room)).state) for room in rooms])
    assert len(rooms) == 6  # two text rooms, one for voice, a post, a private thread, Mina's messages
    for place in ("post", "direct message", "private thread"):
        assert f"In a {place}" in seen


async def test_a_taken_port_is_told_and_leaves_nothing_behind(theatre: Theatre) -> None:
    port = int(theatre.url.rstrip("/").rpartition(":")[2])
    await theatre.close()
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", port):
        with pytest.raises(OSError, match="address already in use"):
            await play(port=port)
    again = await play(port=port)
    await again.close()


async def test_the_person_chosen_is_the_one_a_room_opens_as(
    theatre: Theatre, http: aiohttp.ClientSession
) -> None:
    visitor = await Visitor.enter(theatre, http, f"{theatre.daily.id}?as={theatre.olu.id}")
    assert visitor.state["viewerId"] == str(theatre.olu.id)
    assert {v["name"] for v in visitor.state["viewers"]} == {"Mina", "Olu <admin>"}


async def token(theatre: Theatre, http: aiohttp.ClientSession) -> str:
    async with http.get(theatre.url) as answer:
        found = re.search(r'name="token" value="([^"]+)"', await answer.text())
    assert found
    return found[1]


async def test_forms_work_without_scripts(theatre: Theatre, http: aiohttp.ClientSession) -> None:
    form = {"token": await token(theatre, http), "as": str(theatre.mina.id), "room": str(theatre.daily.id)}
    someone = form | {"person": str(theatre.mina.id)}
    async with http.post(f"{theatre.url}join", data=someone | {"to": str(theatre.voice.id)}) as answer:
        assert str(answer.url) == f"{theatre.url}?as={theatre.mina.id}&room={theatre.daily.id}"
        assert "Mina leaves" in await answer.text()
    assert theatre.guild.voice_states()[theatre.mina.id].channel_id == theatre.voice.id
    async with http.post(f"{theatre.url}leave", data=someone) as answer:
        assert "Mina leaves" not in await answer.text()
    assert theatre.mina.id not in theatre.guild.voice_states()
    async with http.post(f"{theatre.url}skip", data=form) as answer:
        assert "Tue 11:00" in await answer.text()
    async with http.post(f"{theatre.url}reset", data=form):
        assert theatre.resets == [True]


async def test_other_pages_can_do_nothing(theatre: Theatre, http: aiohttp.ClientSession) -> None:
    async with http.post(f"{theatre.url}skip") as answer:
        assert answer.status == 403
    async with http.post(f"{theatre.url}skip", data={"token": "guessed"}) as answer:
        assert answer.status == 403
    async with http.get(theatre.url, headers={"Host": "elsewhere.example"}) as answer:
        assert answer.status == 403
    assert theatre.bot.caught_up == 0


@pytest.mark.parametrize("place", ["room/1", "room/none", "face/1.png"])
async def test_what_is_not_there_is_said_so(
    theatre: Theatre, http: aiohttp.ClientSession, place: str
) -> None:
    async with http.get(theatre.url + place) as answer:
        assert answer.status == 404
        assert "no such" in await answer.text()


async def test_nobody_joins_a_room_that_is_not_for_voice(
    theatre: Theatre, http: aiohttp.ClientSession
) -> None:
    form = {
        "token": await token(theatre, http),
        "person": str(theatre.mina.id),
        "to": str(theatre.daily.id),
    }
    async with http.post(f"{theatre.url}join", data=form) as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    ("gap", "said"),
    [
        (timedelta(seconds=-5), "in 0 s"),
        (timedelta(seconds=59), "in 59 s"),
        (timedelta(minutes=12, seconds=40), "in 12 min"),
        (timedelta(hours=3), "in 3 h"),
        (timedelta(hours=3, minutes=20), "in 3 h 20 min"),
        (timedelta(hours=47), "in 47 h"),
        (timedelta(days=9), "in 9 days"),
    ],
)
def test_a_gap_in_words(gap: timedelta, said: str) -> None:
    assert distance(gap) == said


def test_old_threads_fold_away() -> None:
    mina = Person(1, "Mina", "")
    threads = tuple(Room(n, f"Pair {n}", "thread") for n in range(10, 19))
    scene = Scene(START, None, mina, [mina], [("Rooms", [Room(2, "daily", "text", threads=threads)])])
    sections = Drawing(scene, None, ZoneInfo("UTC"), "token").sections()
    assert "3 older" in sections["rooms"]
    assert "Nothing is scheduled" in sections["skip"]


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    async with chromium(tmp_path / "profile") as running:
        yield running


async def slash(page: Page, command: str, *options: str | Toy) -> None:
    """Type a slash command as one would, its options in pieces; a bot among them is waited for to post."""
    await page.click("#channel-composer [data-control-key^=composer]")
    await page.type(f"/{command}")
    await page.until("document.querySelector('.command-entry.is-active')")
    await page.press("Enter")
    await page.until("document.querySelector('[data-command-mode=true]')")
    for option in options:
        if isinstance(option, Toy):
            await page.text(f"Post {option.posts + 1}")
        else:
            await page.until("document.activeElement.matches('.command-option-input')")
            await page.type(option)
    await page.press("Enter")
    await settled(page)


async def settled(page: Page) -> None:
    await page.until(
        "window.simcordPreview.lastAction?.settlement === 'settled' && !window.simcordPreview.pendingAction"
    )


async def test_the_demo_in_a_browser_while_the_bot_keeps_posting(browser: Browser, theatre: Theatre) -> None:
    scheduler = AsyncIOScheduler(timezone=UTC)
    scheduler.add_job(theatre.bot.post, "interval", seconds=1)
    theatre.stage.apart(scheduler.start)
    try:
        index = await browser.open(theatre.url)
        await index.until("document.querySelector('a.room[aria-current]')")
        room = await browser.open(f"{theatre.url}room/{theatre.daily.id}")
        await room.until("window.simcordPreview?.ready")

        await slash(room, "echo", "hel", theatre.bot, "lo")
        await room.text("echo hello")
        await slash(room, "board")
        for n in range(40):
            await room.click("button", words=f"Pressed {n}")
            await room.text(f"Pressed {n + 1}")
        await room.click("button", words="Answer")
        await room.click("#modal-root input")
        await room.type("a prob")
        await room.text(f"Post {theatre.bot.posts + 1}")
        await room.type("ability")
        await room.click("#modal-root button", words="Submit")
        await room.text("You said: a probability")
        await slash(room, "chart")
        await room.until(
            "[...document.querySelectorAll('.channel-message img')].some((i) => i.naturalWidth === 64)"
        )

        await slash(room, "split", "Pair one")
        await index.text("Pair one")
        await index.click("#skip")
        await index.text("Now: daily question")
        await room.text("Drop 2, opened 3 hours ago")
        await index.click("#skip")
        await room.front()
        await room.text("Drop 2, opened yesterday")

        await index.click("[id^=join]", words="Join as Mina")
        await index.until("document.querySelector('[aria-label=\"Mina leaves\"]')")
        assert theatre.bot.posts > 3
    finally:
        scheduler.shutdown(wait=False)
    frames = (await index.call("Page.getFrameTree"))["frameTree"]["childFrames"]
    assert frames[0]["frame"]["url"].startswith("http://127.0.0.1:")
    assert browser.problems == []


async def test_a_room_opens_at_its_end_and_follows_it(browser: Browser, theatre: Theatre) -> None:
    for _ in range(45):
        await theatre.stage.act(theatre.bot.post)
    room = await browser.open(f"{theatre.url}room/{theatre.daily.id}")
    at_end = "(({scrollHeight, scrollTop, clientHeight}) => scrollHeight - scrollTop - clientHeight < 2)"
    timeline = "document.getElementById('channel-timeline')"
    await room.until(f"document.body.innerText.includes('Post 45') && {at_end}({timeline})")
    await theatre.stage.act(theatre.bot.post)
    await room.until(f"document.body.innerText.includes('Post 46') && {at_end}({timeline})")
    assert await room.eval("getComputedStyle(document.getElementById('messages-sidebar')).display") == "none"


async def test_the_index_finds_the_demo_that_started_again(browser: Browser) -> None:
    first = await play(name="Before")
    try:
        index = await browser.open(first.url)
        await index.text("Before – the demo")
    finally:
        await first.close()
    await index.text("The demo does not answer.")
    second = await play(name="After", port=int(first.url.rstrip("/").rpartition(":")[2]))
    try:
        await index.text("After – the demo")
    finally:
        await second.close()
