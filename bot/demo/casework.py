"""What one of the cast does about a group problem: proposes, responds to others, and says what helped most."""

import re
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import TypeVar

import simcord

from bot.assembly import House
from bot.demo.cast import Server
from bot.demo.recital import Act, fill, newest
from bot.domain.errors import ProposalOpened, SolutionOut
from bot.domain.problems import Problem, Proposed
from bot.ui.problems import problem_marker, proposal_marker

# In this order they take up different parts of a problem.
PROPOSERS = ("Bao", "Carmen", "Hana", "Deniz", "Elif", "Farid")
OPENINGS = (
    "I would begin here:",
    "I am not sure of all of it, but this is how I would go about it.",
    "My first idea, to be taken apart:",
    "What seems most important to me:",
    "I looked at the data first, and then thought of this:",
    "Something simple before anything clever:",
)
RESPONSES = (
    "I had not seen it that way, thank you. What would you do about this: {}",
    "That convinces me up to one point. How do you avoid this: {}",
    "We begin alike and end differently. I would add a check against this: {}",
    "Which number would make you change your mind? I ask because of this: {}",
)
PART_LENGTH, GIST_LENGTH = 80, 500
CODE, MARKS = re.compile(r"```.*?```", re.DOTALL), re.compile(r"[*`]")


T = TypeVar("T")


class Casework:
    """What each of the cast can do about group problems."""

    def __init__(self, server: Server, house: House) -> None:
        self._server = server
        self._house = house

    async def acts(self, name: str, problem: Problem, *, after: float = 20) -> AsyncIterator[Act]:
        """What somebody can do about a problem as it stands."""
        actor, place = self._server.people[name], PROPOSERS.index(name)
        here = f"problem:{problem.id}:{name}"
        if problem.phase == "propose":
            if await self.proposed(name, problem) is False:
                propose = partial(self._propose, actor, name, problem)
                yield Act(f"{here}:propose", after + 15 * place, propose)
        elif problem.phase in ("discuss", "reveal"):
            others = [one async for one in self._others(name, problem)]
            room = self._server.room(problem.room)
            if problem.phase == "discuss":
                for number, one in enumerate(others[:2]):
                    if card := newest(room, proposal_marker(one)):
                        words = _response(2 * place + number, problem)
                        respond = partial(fill, actor, card, "Respond", {"text": words})
                        yield Act(
                            f"{here}:respond:{one.id}", after + 20 * (place + number), respond, once=True
                        )
            elif others and (card := newest(room, proposal_marker(_in_turn(others[:2], place)))):
                vote = partial(actor.click, card, label="This helped me most")
                yield Act(f"{here}:vote", after + 10 * place, vote, once=True)

    async def proposed(self, name: str, problem: Problem) -> bool | None:
        """Whether somebody has proposed something; None when it is too late to do so, or to tell."""
        try:
            written = await self._house.services.problems.written(self._server.person(name), problem.id)
        except ProposalOpened:
            return True
        except SolutionOut:
            return None
        return written is not None

    async def _propose(self, actor: simcord.MemberActor, name: str, problem: Problem) -> None:
        card = newest(self._server.room(problem.place), problem_marker(problem))
        await fill(actor, card, "Propose", {"text": self.idea(name, problem)})

    async def _others(self, name: str, problem: Problem) -> AsyncIterator[Proposed]:
        """What others proposed: first what none of the cast would have, then in turn from one's own on."""
        count, place = len(PROPOSERS), PROPOSERS.index(name)
        turns = {self.idea(one, problem): (at - place) % count for at, one in enumerate(PROPOSERS)}
        found = [one async for one in self._proposed(name, problem) if not one.mine]
        for one in sorted(found, key=lambda one: turns.get(one.text, -1)):
            yield one

    async def _proposed(self, name: str, problem: Problem) -> AsyncIterator[Proposed]:
        page, pages = 0, 1
        while page < pages:
            _, one, _, pages = await self._house.services.problems.read(
                self._server.person(name), problem.id, page
            )
            if one is not None:
                yield one
            page += 1

    # --- words

    def idea(self, name: str, problem: Problem) -> str:
        """What somebody would do: a part of the solution, and what could go wrong."""
        place = PROPOSERS.index(name)
        worry = _worry(problem, place)
        return f"{OPENINGS[place]}\n\n{self.gist(name, problem)}\n\nWhat could go wrong: {worry}"

    def gist(self, name: str, problem: Problem) -> str:
        """What somebody would do, in a few sentences."""
        plain = CODE.sub("", problem.question.draft["model_solution"])
        parts = (MARKS.sub("", one).strip() for one in plain.split("\n\n"))
        whole = [one for one in parts if len(one) >= PART_LENGTH and not one.endswith(":")]
        part: str = _in_turn(whole or [problem.question.draft["hints"][0]], PROPOSERS.index(name))
        return part if len(part) <= GIST_LENGTH else part[:GIST_LENGTH].rpartition(". ")[0] + "."


def _response(number: int, problem: Problem) -> str:
    worry = _worry(problem, number)
    return _in_turn(RESPONSES, number).format(worry[:1].lower() + worry[1:])


def _worry(problem: Problem, number: int) -> str:
    pitfalls: Sequence[str] = problem.question.draft["pitfalls"]
    return MARKS.sub("", _in_turn(pitfalls, number))


def _in_turn(lines: Sequence[T], number: int) -> T:
    return lines[number % len(lines)]
