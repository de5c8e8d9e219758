"""The partner: whoever looks for company in the demo finds some of the cast, who do their part a little later.

They act as any member does. They do nothing for whom the browser plays, nor among themselves.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

import simcord

from bot.assembly import House
from bot.demo.casework import PROPOSERS, Casework
from bot.demo.cast import CAST, Server, agreed, offers, seen
from bot.demo.interview import Interview
from bot.demo.recital import Act, Recital
from bot.demo.session import COMERS, Session
from bot.domain.errors import NoOpenProblem
from bot.domain.interviews.readouts import Status
from bot.domain.lobby import Waiting, Wish
from bot.domain.problems import Problem

# Who comes when somebody looks for a partner; in what a round or a name brings together, anybody answers.
COMPANY = ("Bao", "Carmen", "Hana", "Deniz")
LOOKS_EVERY = 1.0
# What changes nothing, such as a press that was refused, is not pressed for ever.
TRIES = 3
NOBODY = 0
BUSY = ("opening", "ready", "reciting", "rubric")
_log = logging.getLogger(__name__)


class Partner:
    """Looks at what waits for the cast, and lets them do it.

    `act` does something in the server when nobody else does; `played` tells whom the browser plays.
    """

    def __init__(
        self,
        server: Server,
        house: House,
        *,
        act: Callable[[Callable[[], Awaitable[Any]]], Awaitable[Any]],
        played: Callable[[], Collection[int]],
    ) -> None:
        self._server, self._house = server, house
        self._act, self._played = act, played
        self._recital = Recital(server, house.bank)
        self._interview = Interview(server, house)
        self._casework = Casework(server, house)
        self._session = Session(server, house, self._casework)
        self._newcomer = server.people[CAST[0].name].id
        # By whom each thing came about: the cast does its part in it, that person never does.
        self._hosts: dict[str, int] = {}
        self._looking = asyncio.Lock()
        self._open: set[str] = set()
        self._together: Counter[frozenset[int]] = Counter()
        # Since when each act has been possible, and how often it was done.
        self._since: dict[str, datetime] = {}
        self._done: Counter[str] = Counter()
        # Who came on their own account to wait for somebody: their card in the lobby, or their request.
        self._waits: dict[str, simcord.ResponseMessage] = {}
        self._asked: set[str] = set()

    async def live(self) -> None:
        """Look again and again."""
        while True:
            await asyncio.sleep(LOOKS_EVERY)
            try:
                await self.look()
            except Exception:
                _log.exception("nobody of the demo's cast could act")

    async def look(self, among: Collection[str] = (), *, solving: Collection[str] = ()) -> bool:
        """Let the cast do what they have had time enough for; whether there is anything for them to do.

        In the past nobody is played: then some recite `among` themselves, or are `solving` what is open.
        """
        async with self._looking:
            now, acts = self._house.clock.now(), await self._possible(among, solving)
            self._since = {one.key: self._since.get(one.key, now) for one in acts}
            waiting = [one for one in acts if self._done[one.key] < (1 if one.once else TRIES)]
            for one in sorted(waiting, key=lambda act: act.after):
                if (now - self._since[one.key]).total_seconds() >= one.after:
                    self._done[one.key] += 1
                    self._since[one.key] = now
                    await self._act(one.do)
            return bool(waiting)

    # --- what waits for whom

    async def _possible(self, among: Collection[str], solving: Collection[str]) -> list[Act]:
        played = [*self._played()]
        hosts = dict.fromkeys((*played, self._newcomer, *(self._hosts[key] for key in self._open)))
        acts: list[Act] = []
        found: dict[str, list[Act]] = {}
        wishes = []
        for name in among:
            await self._recitations(name, NOBODY, (), found)
        if not among and not solving:
            await self._meeting(hosts, played, found)
        if not among:
            await self._problems(hosts, played, found, solving)
        for name in self._names(() if among or solving else hosts):
            host = self._server.people[name].id
            place = await self._house.services.lobby.place(self._server.person(name))
            if isinstance(place, Waiting) and name not in self._waits:
                wishes.append((host, place))
            await self._recitations(name, host, played, found)
            await self._interviews(name, played, found)
        for host, place in wishes:
            companion = await self._companion(host, played)
            if companion is not None and companion not in self._waits:
                do = partial(self._enter, companion, place.wish)
                acts.append(Act(f"lobby:{host}:{place.since}:{place.wish}", 5, do))
        self._open = found.keys() & self._hosts.keys()
        acts += [act for these in found.values() for act in these]
        asks = any(act.key.startswith("ask:") for act in acts)
        return acts + await self._leave(bool(wishes), asks)

    async def _recitations(
        self,
        name: str,
        host: int,
        played: Collection[int],
        found: dict[str, list[Act]],
        only: Collection[int] | None = None,
    ) -> None:
        """Somebody's recitations; `only` those, where they begin nothing else."""
        services = self._house.services
        me = self._server.people[name].id
        for one in (await services.pairing.standing(self._server.person(name))).open:
            key = f"recitation:{one.id}"
            if key in found or not one.partners:
                continue
            if only is not None and key not in self._hosts and one.id not in only:
                continue
            if key not in self._hosts:
                self._together.update(frozenset((me, other)) for other in one.partners)
            acts = found[key] = list[Act]()
            for partner in self._answering(key, host, (me, *one.partners), played):
                if one.mode == "async":
                    exchange = await services.exchanges.of(self._server.person(partner), one.id)
                    acts += self._recital.apart(partner, exchange)
                    if exchange.open:
                        continue
                if (room := await services.recitations.standing(one.id)) is not None:
                    acts += self._recital.live(partner, room)

    async def _meeting(
        self, hosts: Collection[int], played: Collection[int], found: dict[str, list[Act]]
    ) -> None:
        """A meeting that somebody who is played began, or came to: some of the cast come too, and stay to its end."""
        services = self._house.services
        coming = await services.meetings.upcoming(self._server.person(CAST[0].name))
        meeting = await services.meeting_turns.standing(coming.id) if coming else None
        found["home"] = [*self._session.homeward(meeting)]
        if meeting is None:
            return
        key, people = f"meeting:{meeting.id}", [one.discord_id for one in meeting.present]
        host = self._hosts.get(key) or next((one for one in (meeting.led_by, *people) if one in hosts), None)
        if host is None:
            return
        self._hosts[key] = host
        acts = found[key] = list[Act]()
        if not meeting.running:
            return
        together = {group.recitation_id for group in meeting.groups}
        for name in self._answering(key, host, [self._server.people[one].id for one in COMERS], played):
            acts += [act async for act in self._session.acts(name, meeting)]
            await self._recitations(name, host, played, found, together)
        if meeting.problem_id is not None:
            # While the meeting goes on, that is where its problem is worked on.
            found[(key := f"problem:{meeting.problem_id}")] = []
            self._hosts[key] = host

    async def _problems(
        self,
        hosts: Collection[int],
        played: Collection[int],
        found: dict[str, list[Act]],
        solving: Collection[str],
    ) -> None:
        """Group problems to which somebody who is played has proposed something; or else, for some, all there are."""
        try:
            open_here = await self._house.services.problems.open_here(self._server.person(CAST[0].name))
        except NoOpenProblem:
            return
        for problem in open_here:
            key = f"problem:{problem.id}"
            host = None if solving or key in found else await self._proposer(key, hosts, problem)
            names: Iterable[str] = solving
            if host is not None:
                ids = [self._server.people[one].id for one in PROPOSERS]
                names = self._answering(key, host, ids, played)
            acts = found.setdefault(key, [])
            for name in names:
                acts += [act async for act in self._casework.acts(name, problem)]

    async def _proposer(self, key: str, hosts: Collection[int], problem: Problem) -> int | None:
        if key in self._hosts:
            return self._hosts[key]
        for name in self._names(hosts):
            if await self._casework.proposed(name, problem):
                return self._server.people[name].id
        return None

    async def _interviews(self, name: str, played: Collection[int], found: dict[str, list[Act]]) -> None:
        host = self._server.people[name].id
        status = await self._status(name)
        for mock in status.mocks if status else ():
            key = f"mock:{mock.id}"
            if key in found:
                continue
            acts = found[key] = list[Act]()
            if mock.state == "waiting" and name not in self._asked:
                companion = await self._companion(host, played)
                if companion is not None:
                    acts.append(Act(f"ask:{mock.id}:{companion}", 8, partial(self._request, companion)))
            for partner in self._answering(key, host, [seat.discord_id for seat in mock.seats], played):
                acts += await self._interview.acts(partner, mock)

    async def _status(self, name: str) -> Status | None:
        person = self._server.person(name)
        if not await self._house.services.members.takes_part(person):
            return None
        return await self._house.services.mock_requests.status(person)

    def _answering(
        self, key: str, host: int, people: Collection[int], played: Collection[int]
    ) -> Iterator[str]:
        """Who of those in something does their part by themselves."""
        besides = {self._hosts.setdefault(key, host), self._newcomer, *played}
        return self._names(one for one in people if one not in besides)

    def _names(self, ids: Any) -> Iterator[str]:
        names = {actor.id: name for name, actor in self._server.people.items()}
        return (names[one] for one in ids if one in names)

    async def _companion(self, host: int, played: Collection[int]) -> str | None:
        """Who comes: nobody who is busy, and rather somebody new."""
        free = []
        for name in COMPANY:
            actor = self._server.people[name]
            if actor.id == host or actor.id in played:
                continue
            standing = await self._house.services.pairing.standing(self._server.person(name))
            if not any(one.phase in BUSY for one in standing.open):
                free.append((self._together[frozenset((host, actor.id))], name))
        return min(free, key=lambda one: one[0])[1] if free else None

    # --- coming and going

    async def _enter(self, name: str, wish: Wish) -> None:
        actor, topic = self._server.people[name], {"topic": wish.topic} if wish.topic else {}
        shown = seen(await actor.slash(self._server.channel, "recite now", style=wish.medium, **topic))
        shown = await agreed(actor, shown)
        if wish.mode == "async" and offers(shown, "Do it async"):
            shown = seen(await actor.click(shown, label="Do it async"))
        self._waits[name] = shown

    async def _request(self, name: str) -> None:
        actor = self._server.people[name]
        shown = seen(await actor.slash(self._server.channel, "mock request", type="statistics"))
        await agreed(actor, shown)
        self._asked.add(name)

    async def _leave(self, awaited: bool, asks: bool) -> list[Act]:
        """Whoever came for somebody who is not there any more goes again."""
        acts: list[Act] = []
        for name, card in [*self._waits.items()]:
            place = await self._house.services.lobby.place(self._server.person(name))
            if not isinstance(place, Waiting):
                del self._waits[name]
            elif not awaited and offers(card, "Leave the queue"):
                press = partial(self._server.people[name].click, card, label="Leave the queue")
                acts.append(Act(f"leave:{name}:{place.since}", 5, press))
        for name in [*self._asked]:
            status = await self._status(name)
            waiting = [mock.id for mock in status.mocks if mock.state == "waiting"] if status else []
            if not waiting:
                self._asked.remove(name)
            elif not asks:
                cancel = partial(self._server.people[name].slash, self._server.channel, "mock cancel")
                acts.append(Act(f"leave:{name}:{waiting[0]}", 5, cancel))
        return acts
