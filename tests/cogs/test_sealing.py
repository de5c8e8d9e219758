"""Nothing sealed is seen early: after each step, by everybody, whatever they press (I6)."""

from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest

from bot.storage.tables import Item, Member, Problem, Proposal, Recitation, Reciter
from tests.support import together
from tests.support.circle import MARKS
from tests.support.gatherings import Hall, hall_of
from tests.support.problems import Evening, problem_bank
from tests.support.study import rows
from tests.support.witness import Witnesses
from tests.support.world import world

SOLUTION, PITFALL, STRONG = "Sealed: compare", "Adding the groups up.", "Names the confounder."
HINTS = ("Look at the groups.", "Weigh them.", "Ask what was left out.")
OUT = (SOLUTION, PITFALL, STRONG)
MINE, THEIRS = "The secret of one", "The secret of the other"
HERE = {"owner", "stranger", "guide", "silent", "first", "second"}
BOTH = {"first", "second"}


@pytest.fixture
async def evening(tmp_path: Path) -> AsyncIterator[Evening]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'reps.db'}"
    async with world(url, bank=problem_bank(tmp_path / "bank")) as hall:
        yield Evening(hall)


@pytest.fixture
async def text(tmp_path: Path) -> AsyncIterator[Hall]:
    async with hall_of(tmp_path, voice=False) as made:
        yield made


def read(texts: Iterable[str], by: Iterable[str] = ()) -> dict[str, set[str]]:
    """These texts, each read by the same people."""
    return {one: {*by} for one in texts}


async def pressed_by_all(people: Witnesses) -> None:
    """Everybody presses all that shows something of problems."""
    for problem in await rows(people.hall, Problem):
        ways = [
            f"problem.{verb}:{problem.id}" for verb in ("propose", "data", "guide", "solution", "sign-off")
        ]
        ways += [f"problem.{verb}:{problem.id}.0" for verb in ("page", "people")]
        ways += [f"problem.page:{problem.id}.1", f"problem.read:{problem.id}.card"]
        await people.press(*ways, f"problem.check:{problem.id}.card")
    for proposal in await rows(people.hall, Proposal):
        await people.press(f"problem.respond:{proposal.id}")


async def test_of_a_group_problem_everybody_sees_what_is_theirs_to_see_and_no_sooner(
    evening: Evening,
) -> None:
    people = Witnesses(evening.hall)
    await people.gather()

    async def read_by(*texts: str) -> dict[str, set[str]]:
        await evening.settle()
        await pressed_by_all(people)
        return people.have_read(*texts)

    nobody = read((*OUT, *HINTS))
    await evening.post(topic="sql")
    assert await read_by(*OUT, *HINTS, "Which clinic is better?") == nobody | {
        "Which clinic is better?": HERE
    }

    # Who has proposed reads the others', and nobody else does: not the guide, nor who may read every thread.
    await evening.propose(people.first, MINE)
    assert await read_by(MINE, *OUT, *HINTS) == nobody | {MINE: {"first"}}
    await evening.propose(people.second, THEIRS)
    assert await read_by(MINE, THEIRS, *OUT, *HINTS) == nobody | {MINE: BOTH, THEIRS: BOTH}

    # A hint is for whoever asks, and no more than they asked for.
    hint = await people.silent.click(evening.card, label="Hint")
    await people.silent.click(hint.response, label="Next hint")
    hinted = nobody | {HINTS[0]: {"silent"}, HINTS[1]: {"silent"}}
    assert await read_by(MINE, *OUT, *HINTS) == hinted | {MINE: BOTH}

    await evening.guide(people.guide, "Open the discussion")
    assert await read_by(MINE, THEIRS, *OUT, *HINTS) == hinted | {MINE: HERE, THEIRS: HERE}
    await evening.respond(people.first, evening.opened(THEIRS), "A response of one")
    assert await read_by("A response of one", *OUT, *HINTS) == hinted | {"A response of one": HERE}

    await evening.guide(people.guide, "Show the solution")
    shown = hinted | read(OUT, HERE)
    assert await read_by(*OUT, *HINTS) == shown
    await evening.guide(people.guide, "Close it")
    assert await read_by(*OUT, *HINTS) == shown


async def concepts(hall: Hall) -> dict[str, tuple[str, ...]]:
    """What is sealed of each person's concept, by the name of whoever recites it."""
    people = {row.id: row.display_name.lower() for row in await rows(hall.hall, Member)}
    titles = {row.id: row.title for row in await rows(hall.hall, Item)}
    return {
        people[row.member_id]: (
            f"{titles[row.item_id]} point 1",
            f"The model answer to {titles[row.item_id]}.",
            f"It depends on {titles[row.item_id]}.",
        )
        for row in await rows(hall.hall, Reciter)
        if row.item_id is not None
    }


async def test_in_a_meeting_key_points_are_the_listeners_and_proposals_wait(text: Hall) -> None:
    people = Witnesses(text.hall)
    await people.gather()
    text.people = [people.first, people.second]
    await together.agree(text.hall, people.first, people.second, people.silent)

    async def read_by(*texts: str) -> dict[str, set[str]]:
        await text.hall.skip(10)
        meeting = await text.meeting()
        await people.press(f"meeting.mine:{meeting.id}.{meeting.place}", f"meeting.lead:{meeting.id}")
        for row in await rows(text.hall, Recitation):
            await people.press(*(f"recite.{verb}:{row.id}" for verb in ("listen", "mark", "read", "note")))
            await people.press(f"recite.more:{row.id}.{row.step}")
        await pressed_by_all(people)
        return people.have_read(*texts)

    await text.start(people.first)
    await text.come(people.first, people.second)
    await text.until("recite")
    sealed, (room,) = await concepts(text), text.rooms()
    reciter, listener = text.people
    if f"<@{listener.id}> recites" in text.said_in(room)[-1]:
        reciter, listener = listener, reciter
    one, other = reciter.name, listener.name
    of_one, of_other = sealed[one], sealed[other]
    # Whoever listens now reads what is to be heard; whoever recites, and everyone else, does not.
    listened = read(of_one, {other})
    assert await read_by(*of_one, *of_other) == read(of_other) | listened
    await text.take_turn(room, marks=False)
    assert await read_by(*of_one, *of_other) == read(of_other) | listened
    form = await listener.click(text.messages("recite.more:", room)[-1], label="Give feedback")
    await listener.submit_modal(form, MARKS)
    assert await read_by(*of_one, *of_other) == listened | read(of_other, {one})
    # Once both gave their feedback, each sees which points of their own concept were heard.
    await text.take_turn(room)
    assert await read_by(of_one[0], of_other[0]) == read((of_one[0], of_other[0]), BOTH)
    unsaid = [*of_one[1:], *of_other[1:]]

    await text.until("think")
    await text.propose(people.first, MINE)
    nobody = read((*OUT, *HINTS))
    assert await read_by(MINE, *OUT, *HINTS) == nobody | {MINE: {"first"}}
    await text.propose(people.second, THEIRS)
    assert await read_by(MINE, THEIRS, *OUT, *HINTS) == nobody | {MINE: BOTH, THEIRS: BOTH}
    await text.until("speak")
    assert await read_by(MINE, THEIRS, *OUT, *HINTS) == nobody | {MINE: HERE, THEIRS: HERE}
    await text.until("reveal")
    assert await read_by(*OUT, *HINTS) == nobody | read(OUT, HERE)
    await text.until("over")
    assert await read_by(*unsaid) == read(of_one[1:], {other}) | read(of_other[1:], {one})
