"""Who guides a group problem: the named and the holders of a role in turn, whoever leaves, and nobody at all."""

from typing import Any

import pytest

from bot.storage.tables import Problem, Proposal
from bot.ui.problems.guiding import panel_card
from tests.support.problems import DAY, Evening
from tests.support.study import command, plan, rows
from tests.support.world import World, said, words

ASKED = "No guide has this one yet."


def with_role(hall: World, role: Any, name: str) -> Any:
    """Somebody who holds a role."""
    return hall.guild.add_member(hall.env.create_user(name, global_name=name), roles=[role])


async def daily(evening: Evening, days: int) -> list[int | None]:
    """Let so many problems come by schedule, one a day at ten; who guides each."""
    before = len(await rows(evening.hall, Problem))
    for _ in range(days):
        await evening.hall.skip(DAY)
        await evening.settle()
    return [one.guided_by for one in await rows(evening.hall, Problem)][before:]


async def test_a_roles_holders_take_turns_once_they_have_acted_and_only_while_they_may(
    evening: Evening,
) -> None:
    hall = evening.hall
    role = hall.guild.create_role("Guides")
    await hall.admin.slash(hall.channel, "setup start", channel=hall.channel, guides=role)
    gil, ria, sol = (with_role(hall, role, name) for name in ("Gil", "Ria", "Sol"))
    bo = hall.member("Bo")
    await plan(hall, kind="problem", time="10", repeat="daily", propose_hours=2, discuss_hours=2)
    # Nobody has acted, so Discord's list of holders is closed to us: the role is asked.
    await hall.skip(2 * 3600 + 60)
    await evening.settle()
    evening.card_channel = hall.channel
    shown = words(evening.card)
    assert f"{ASKED} Any <@&{role.id}> can take it: *For guides*." in shown
    assert said(await bo.click(evening.card, label="For guides")).startswith("Only guides can do this.")
    await evening.guide(gil, "I guide this")
    await evening.settle()
    assert f"Guide: <@{gil.id}>." in words(evening.card)
    # Ria acts on something else; Sol never does, and the admin, who planned it, does not hold the role.
    await bo.slash(hall.channel, "me settings", track="ds")
    await command(hall, ria, "guide people pause", member=bo, reason="Spam")
    assert await daily(evening, 3) == [ria.id, gil.id, ria.id]
    # Whoever loses the role, or leaves, is not asked again.
    hall.env.backend.remove_member_role(hall.guild.id, ria.id, role.id)
    assert await daily(evening, 1) == [gil.id]
    hall.env.backend.remove_member(hall.guild.id, gil.id)
    assert await daily(evening, 1) == [None]
    # Named, Sol needs no role and no act.
    await hall.admin.slash(hall.channel, "guide people add", member=sol)
    assert await daily(evening, 1) == [sol.id]


async def test_a_guide_who_is_none_any_more_leaves_the_problem_to_whoever_takes_it(evening: Evening) -> None:
    hall = evening.hall
    gil, ria, bo = (hall.member(name) for name in ("Gil", "Ria", "Bo"))
    for who in (gil, ria):
        await hall.admin.slash(hall.channel, "guide people add", member=who)
    await evening.post(topic="sql")
    await evening.propose(bo, "Of Bo")
    await evening.guide(gil, "I guide this")
    await evening.settle()
    assert f"Guide: <@{gil.id}>." in words(evening.card)
    await hall.admin.slash(hall.channel, "guide people remove", member=gil)
    await evening.settle()
    assert ASKED in words(evening.card)
    assert "*For guides*" not in words(evening.card)
    await evening.guide(ria, "I guide this")
    await evening.guide(ria, "Open the discussion")
    panel = await ria.click(evening.card, label="For guides")
    asked = await ria.click(panel.response, label="Sign off…")
    await ria.submit_modal(asked, {"proposals": [], "comment": "Well done by all"})
    await evening.settle()
    assert "The guide says: Well done by all" in words(evening.card)
    # With their data gone, neither name nor word of theirs stays on the card.
    deleting = await ria.slash(hall.channel, "me data delete")
    await ria.submit_modal(await ria.click(deleting.response, label="Delete everything"), {"word": "DELETE"})
    await evening.settle()
    assert ASKED in words(evening.card)
    assert "Well done by all" not in words(evening.card)
    assert str(ria.id) not in words(evening.card)
    # The phases go on by themselves to the end.
    for hours in (48, 24):
        await evening.later(hours)
    assert "so the model solution stands in for a guide's word" in "".join(evening.said_there())
    assert "**Closed.**" in words(evening.card)
    assert "No guide" not in words(evening.card)


async def test_a_guide_signs_off_sixty_proposals_page_by_page(evening: Evening) -> None:
    hall = evening.hall
    await hall.admin.slash(hall.channel, "guide people add", member=(gil := hall.member("Gil")))
    await evening.post(topic="sql")
    (problem,) = await rows(hall, Problem)
    problems = hall.house.services.problems
    people = [person_of(hall, number) for number in range(60)]
    for who in people:
        await problems.propose(who, problem.id, f"As {who.name} sees it")
    await evening.later(24)
    panel = await gil.click(evening.card, label="For guides")
    assert "*Sign off…* has proposals 1 to 25 of 60" in said(panel)
    assert "[Back]" not in said(panel)
    signed: list[int] = []
    for page, (first, last) in enumerate(((1, 25), (26, 50), (51, 60))):
        if page:
            panel = await gil.click(panel.response, label="More")
        assert f"has proposals {first} to {last} of 60" in said(panel)
        asked = await gil.click(panel.response, label="Sign off…")
        offered = [one["value"] for one in asked.modal["components"][0]["component"]["options"]]
        assert len(offered) == last - first + 1
        signed += map(int, offered[-2:])
        panel = await gil.submit_modal(asked, {"proposals": offered[-2:], "comment": ""})
        # It shows the page it came from, without those that are done.
        again = await gil.click(panel.response, label="Sign off…")
        left = [one["value"] for one in again.modal["components"][0]["component"]["options"]]
        assert left == offered[:-2]
    assert "[More]" not in said(panel)
    assert sorted(one.id for one in await rows(hall, Proposal) if one.signed_off_at) == sorted(signed)


def person_of(hall: World, number: int) -> Any:
    from bot.domain.members import Person

    return Person(hall.guild.id, 10**6 + number, f"Member {number:02}", "Study hall")


@pytest.mark.parametrize("page", [-1, 0, 99])
async def test_a_page_that_is_not_there_is_the_nearest_that_is(evening: Evening, page: int) -> None:
    await evening.post(topic="sql")
    (row,) = await rows(evening.hall, Problem)
    who = person_of(evening.hall, 1)
    problem = await evening.hall.house.services.problems.show(who, row.id)
    assert "*Sign off…* has" not in panel_card(problem, page=page).words()
