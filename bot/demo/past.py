"""The past: two weeks in the life of the server, lived through the bot in a few seconds."""

import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from bot.demo.cast import CAST, Server, ids_on, seen, walk_controls
from bot.demo.errands import RECITERS, ask_the_guides, join_rounds, raise_hand, settle_in, sign_off
from bot.demo.partner import Partner

DAYS = 14
# As long as the cast takes for anything it does in a room.
STEP = timedelta(seconds=110)
# On these days something is to be done about a group problem: it is posted, discussed and solved, the next is posted.
WORKED = (DAYS - 8, DAYS - 6, DAYS - 4, DAYS - 1)
SOLVERS = ("Bao", "Carmen", "Hana")
EXPLANATION = (
    "What helped me: say the definition aloud, then try the smallest example you can think of. "
    "If the rule survives three numbers on paper, you have understood it."
)


Act = Callable[[Callable[[], Awaitable[Any]]], Awaitable[Any]]
Pass = Callable[[datetime], Awaitable[None]]


class Past(Protocol):
    """Lives from two weeks ago until `now`."""

    async def __call__(
        self,
        server: Server,
        partner: Partner,
        *,
        act: Act,
        pass_to: Pass,
        now: datetime,
        zone: ZoneInfo,
        rng: random.Random,
    ) -> None: ...


async def live_two_weeks(
    server: Server,
    partner: Partner,
    *,
    act: Act,
    pass_to: Pass,
    now: datetime,
    zone: ZoneInfo,
    rng: random.Random,
) -> None:
    """Set the server up two weeks ago and let its people live: answers, practice, explanations, recitations, digests.

    One group problem is solved, another takes proposals. The guides are left something to do, and the next round is
    tomorrow. This morning Ada moved the question an hour later, so that today's stands below yesterday's reveal.
    """
    opened = now.astimezone(zone).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    usual = opened - timedelta(hours=1)

    async def set_up(at: datetime) -> None:
        ada = server.people["Ada"]
        options = {"zone": zone.key, "time": f"{at:%H}:00", "guides": server.guides}
        options |= {"moderators": server.moderators, "alerts": server.staff}
        await act(partial(ada.slash, server.channel, "setup start", channel=server.channel, **options))

    async def be(local: datetime, *, seconds: int = 5) -> None:
        await pass_to(local.astimezone(UTC) + timedelta(seconds=seconds))

    await set_up(usual)
    meets = usual + timedelta(hours=3)
    await act(partial(plan, server, "round", meets - timedelta(days=DAYS - 1)))
    await act(partial(join_rounds, server))
    solves = usual + timedelta(hours=8)
    for day in range(DAYS):
        # Wall-clock days: the question keeps its hour when the clocks change.
        at = usual - timedelta(days=DAYS - day)
        await be(at)
        await act(partial(live_a_day, server, rng))
        if day in (4, 9):
            await act(partial(explain, server, rng))
        await be(at, seconds=60)
        if day in (1, 8):
            moment = meets - timedelta(days=DAYS - day)
            await be(moment)
            await recite(server, partner, act=act, pass_to=pass_to, now=moment.astimezone(UTC), asks=day == 8)
        if day == DAYS - 3:
            await act(partial(settle_in, server))
        if day == WORKED[0]:
            # Two days to propose in, so that the question comes before the discussion.
            terms = {"channel": server.problems, "propose_hours": 48}
            await act(partial(plan, server, "problem", solves - timedelta(days=1), **terms))
        if day in WORKED:
            for minute in (1, 2):
                await be(solves - timedelta(days=DAYS - day), seconds=minute * int(STEP.total_seconds()))
                await partner.look(solving=SOLVERS)
        if day == WORKED[-2]:
            await act(partial(sign_off, server))
    await be(usual - timedelta(minutes=30))
    await set_up(opened)
    await be(usual, seconds=60)
    await act(partial(explain, server, rng))
    await act(partial(ask_the_guides, server))
    # Posted this late, it is revealed as long after tomorrow's, which leaves time to look at that.
    await be(opened, seconds=55)
    await act(partial(live_a_day, server, rng, share=0.5))
    await pass_to(now)


async def plan(server: Server, kind: str, first: datetime, **options: Any) -> None:
    """Have Ada plan something once a week."""
    when = {"time": f"{first:%H:%M}", "repeat": "weekly", "days": f"{first:%a}"}
    ada = server.people["Ada"]
    shown = seen(await ada.slash(server.channel, "setup schedule add", kind=kind, **when, **options))
    await ada.click(shown, label="Save")


async def recite(
    server: Server,
    partner: Partner,
    *,
    act: Act,
    pass_to: Pass,
    now: datetime,
    asks: bool,
) -> None:
    """The pairs of the round just posted open their rooms, and recite to each other; one may ask for a guide."""
    post = next(
        one for one in reversed(server.channel.history()) if any("round." in id for id in ids_on(one))
    )
    for name in RECITERS:
        await act(partial(server.people[name].click, post, label="Open my room"))
    if asks:
        await act(partial(raise_hand, server))
    for minute in range(1, 8):
        await partner.look(RECITERS)
        await partner.look(RECITERS)
        await pass_to(now + minute * STEP)


async def live_a_day(server: Server, rng: random.Random, *, share: float = 1.0) -> None:
    """Whoever feels like it answers; some practise a little more."""
    for role in CAST[1:]:
        if rng.random() < role.eager * share:
            await server.answer(role.name, right=rng.random() < role.skilled, rng=rng)
        if rng.random() < role.eager * share / 4:
            actor = server.people[role.name]
            shown = seen(await actor.slash(server.channel, "question random", kind="choice"))
            button = next(walk_controls(shown.components))["custom_id"]
            if button.startswith("practice.choose:"):
                await actor.click(shown, custom_id=button)


async def explain(server: Server, rng: random.Random) -> None:
    """Somebody explains the last revealed question, and others vote."""
    reveals = server.reveals()
    if not reveals:
        return
    author, *voters = rng.sample([role.name for role in CAST[2:]], 4)
    form = await server.people[author].click(reveals[-1], label="Explain it in your words")
    await server.people[author].submit_modal(form, {"text": EXPLANATION})
    for thread in server.channel.threads:
        for message in thread.history():
            vote = next((id for id in ids_on(message) if id.startswith("drop.vote:")), None)
            if vote is not None and thread.id == reveals[-1].id:
                for voter in voters:
                    await server.people[voter].click(message, custom_id=vote)
