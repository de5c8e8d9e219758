"""The demo as text: the main path of Reps walked in a few seconds, on the real bot and a real database."""

import random
import re
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import discord
import simcord

from bot.assembly import House, build_bot, open_house
from bot.client.bot import StudyBot
from bot.client.cards import shown
from bot.config import DATA
from bot.demo.cast import Server, agreed, ids_on, seen, walk_controls
from bot.demo.errands import HAND
from bot.demo.partner import Partner
from bot.demo.past import SOLVERS, STEP
from bot.demo.stage import StageClock
from bot.domain.texts import shortened

MONDAY = datetime(2026, 3, 2, 7, 50, tzinfo=UTC)
SEED = 2
MARKUP = re.compile(r"<(@&|@|#|t:)(\d+)(?::\w)?>")
RIGHT = ("Bao", "Carmen", "Grace", "Hana")
WRONG = ("Farid", "Ivo")


async def walk(say: Callable[[str], None]) -> None:
    """Walk from set-up to a recitation, a group problem and a meeting, as each person sees it."""
    clock = StageClock(MONDAY)
    with tempfile.TemporaryDirectory(prefix="reps-demo-") as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'reps.db'}"
        async with open_house(url, bank_dir=DATA / "bank", clock=clock, rng=random.Random(SEED)) as house:
            bot = build_bot(house, tick=None, shard_count=1)
            env = simcord.Env(bot, check_errors=False)
            env.backend.clock = clock
            env.backend.bot_user.name = "Reps"
            await env.start()
            try:
                with env.time_context():
                    await _Walk(house, bot, env, clock, say).whole()
            finally:
                await env.shutdown()
                await bot.close()


class _Walk:
    def __init__(
        self, house: House, bot: StudyBot, env: simcord.Env, clock: StageClock, say: Callable[[str], None]
    ) -> None:
        self._bot, self._env, self._clock, self._say = bot, env, clock, say
        self._server = Server(env, house)
        self._house = house
        # For whom nobody else acts: the guide who leads the meeting.
        self._played: tuple[int, ...] = ()
        self._partner = Partner(self._server, house, act=lambda do: do(), played=lambda: self._played)
        self._rng = random.Random(SEED)

    async def whole(self) -> None:
        server, say = self._server, self._say
        self._title("Monday 07:50. Ada, an admin, sets Reps up")
        done = await server.people["Ada"].slash(server.channel, "setup start", **self._options())
        self._shows("Ada", done)
        await self._until(MONDAY + timedelta(minutes=10, seconds=5))
        self._title("Monday 08:00. The daily question arrives in #reps")
        self._posted(server.channel.history()[-1:])
        self._title("Bao answers right, Farid wrong; each sees only their own feedback")
        self._shows("Bao", await server.answer("Bao", right=True, rng=self._rng))
        self._shows("Farid", await server.answer("Farid", right=False, rng=self._rng))
        self._shows("Farid", await server.answer("Farid", right=True, rng=self._rng))
        for name in (*RIGHT[1:], *WRONG[1:]):
            await server.answer(name, right=name in RIGHT, rng=self._rng)
        say(f"  … and so do {', '.join((*RIGHT[1:], *WRONG[1:]))}.")
        opened = (await server.people["Deniz"].slash(server.channel, "daily")).response
        assert opened is not None
        say("  Deniz opens it with /daily and leaves it for later.")
        await self._until(MONDAY + timedelta(days=1, minutes=11))
        self._title("Tuesday 08:00. The next question, and Monday's is revealed")
        self._posted(server.channel.history()[1:])
        for thread in server.channel.threads:
            say(f"  A thread opens: {thread.name}")
        self._title("Deniz comes back to Monday's question, too late")
        self._shows("Deniz", await self._press_first(server.people["Deniz"], opened))
        self._title("Farid asks a guide, and Grace finds it in the guides' queue")
        form = await server.people["Farid"].click(server.reveals()[-1], label="Ask a guide")
        self._shows("Farid", await server.people["Farid"].submit_modal(form, {"text": HAND}))
        self._shows("Grace", await server.people["Grace"].slash(server.channel, "guide queue"))
        self._title("Carmen looks at the leaderboard")
        self._shows("Carmen", await server.people["Carmen"].slash(server.channel, "leaderboard"))

        await self._recite()
        await self._solve()
        await self._meet()

    async def _recite(self) -> None:
        server = self._server
        bao, carmen = server.people["Bao"], server.people["Carmen"]
        self._title("Bao has time to recite now, and Carmen comes")
        self._box("Bao sees, privately", shown((await self._recite_now(bao)).components))
        self._box("Carmen sees, privately", shown((await self._recite_now(carmen)).components))
        thread = await server.room_of("Bao")
        self._say(f"  A private thread opens for the two: {thread.name}")
        self._posted(thread.history(), f"both see in “{thread.name}”")
        seen_before = {one.id for one in thread.history()}
        self._title("Each recites to the other in about 90 seconds, and says what they heard")
        while not (
            done := [one for one in thread.history() if any("recite.read:" in id for id in ids_on(one))]
        ):
            for _ in range(2):
                await self._partner.look(("Bao", "Carmen"))
            await self._pass(STEP)
        for message in thread.history():
            if message.id not in seen_before and message.content:
                self._say(f"  {message.author.display_name}: {shortened(message.content, 90)}")
        self._posted(done, f"both see in “{thread.name}”")
        self._shows("Bao", await bao.click(done[-1], label="Read my feedback"))

    async def _solve(self) -> None:
        server = self._server
        grace = server.people["Grace"]
        self._title("Grace, a guide, posts a group problem in the forum #problems")
        look = seen(await grace.slash(server.channel, "problem post", channel=server.problems))
        await grace.click(look, label="Post")
        await self._pass(timedelta(seconds=5))
        (post,) = server.problems.threads
        self._posted(post.history(), "everyone sees in #problems")
        self._title("Three propose; until the discussion opens nobody else reads that")
        await self._together(solving=SOLVERS)
        self._shows(
            "Farid", await server.people["Farid"].click(post.history()[0], label="Read the proposals")
        )
        for label, title in (
            ("Open the discussion", "Grace opens the discussion, and they respond to each other"),
            ("Show the solution", "Grace shows the solution, and they vote for what helped"),
            ("Close it", "Grace closes it"),
        ):
            self._title(title)
            before = {one.id for one in post.history()}
            panel = seen(await grace.click(post.history()[0], label="For guides"))
            await grace.click(panel, label=label)
            await self._together(solving=SOLVERS)
            self._posted((one for one in post.history() if one.id not in before), "all see", most=240)

    async def _meet(self) -> None:
        server, turns = self._server, self._house.services.meeting_turns
        grace = server.people["Grace"]
        self._title("Grace begins a meeting of 30 minutes, and five come")
        self._played = (grace.id,)
        before = {one.id for one in server.channel.history()}
        self._shows("Grace", await grace.slash(server.channel, "meeting start", minutes=30))
        await self._pass(timedelta(seconds=5))
        coming = await self._house.services.meetings.upcoming(server.person("Grace"))
        assert coming is not None
        while (meeting := await turns.standing(coming.id)) and meeting.running:
            await self._partner.look()
            await self._pass(timedelta(seconds=40))
            new = [one for one in server.channel.history() if one.id not in before]
            self._posted(new, most=900)
            before.update(one.id for one in new)

    async def _together(self, *, solving: Sequence[str]) -> None:
        """Let some do what they do about the problem, each in their time."""
        for _ in range(3):
            await self._partner.look(solving=solving)
            await self._pass(STEP)

    async def _recite_now(self, who: simcord.MemberActor) -> simcord.ResponseMessage:
        return await agreed(who, seen(await who.slash(self._server.channel, "recite now", style="typed")))

    def _options(self) -> dict[str, Any]:
        staff = {"guides": self._server.guides, "moderators": self._server.moderators}
        return {"time": "08:00", "zone": "UTC", "alerts": self._server.staff, **staff}

    async def _press_first(self, actor: simcord.MemberActor, message: simcord.ResponseMessage) -> Any:
        # Whatever kind the bank's first question is: a button for its answers or its form, else a select.
        control = next(walk_controls(message.components))
        if control["type"] == discord.ComponentType.string_select.value:
            return await actor.select(message, ["0"])
        return await actor.click(message, custom_id=control["custom_id"])

    async def _pass(self, time: timedelta) -> None:
        await self._until(self._clock.now() + time)

    async def _until(self, moment: datetime) -> None:
        self._clock.jump(moment)
        await self._env.advance_time(0)
        assert self._bot.clockwork is not None
        await self._bot.clockwork.run_all()
        await self._env.settle()

    def _title(self, words: str) -> None:
        self._say(f"\n── {words}")

    def _shows(self, name: str, result: Any) -> None:
        for message in filter(None, (result.response, *result.followups)):
            self._box(f"{name} sees, privately", shown(message.components))

    def _posted(self, messages: Any, where: str = "everyone sees in #reps", most: int = 4000) -> None:
        for message in messages:
            if not message.components:
                continue  # Discord's own line that a thread was started
            self._box(where, shortened(shown([one.to_dict() for one in message.components]), most))

    def _box(self, who: str, words: str) -> None:
        self._say(f"  [{who}]")
        for line in MARKUP.sub(self._plain, words).splitlines():
            self._say(f"  │ {line}")

    def _plain(self, found: re.Match[str]) -> str:
        """A mention or a moment as a reader of text wants it."""
        kind, number = found[1], int(found[2])
        if kind == "t:":
            return f"{datetime.fromtimestamp(number, UTC):%a %d %b %H:%M}"
        server = self._server
        rooms = (server.channel, server.staff, server.problems, *server.channel.threads)
        names = {one.id: one.name for one in rooms} | {who.id: name for name, who in server.people.items()}
        names |= {role.id: role.name for role in (server.guides, server.moderators)}
        return kind[0] + (names.get(number) or found[2])
