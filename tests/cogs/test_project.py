"""/me project, and the walk through it that probes it by stage and by listed tool."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.storage.tables import Member, MockSeat, OwnProject
from tests.support.interviews import MINUTE, Duo, duo
from tests.support.study import rows
from tests.support.world import button, said

PROJECT = {
    "problem": "Which parcels come late",
    "data": "Two million rows, **dirty**",
    "model": "Boosting",
    "tools": "pandas, PySpark (3.5)",
    "result": "Calls fell by 18 %",
}
FORM = """---
kind: probes
title: {title}
track: both
difficulty: 2
{about}
sources:
  - "A book, ch. 1"
---

## When
{title} is spoken of.

## Probes
- {title}, first?
  - {title} point one
- {title}, second?
  - {title} point two
- {title}, third?
  - {title} point three
"""


def probes(title: str, about: str) -> str:
    return FORM.format(title=title, about=about)


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Duo]:
    async with duo(
        tmp_path,
        sql__data=probes("The data", "stage: data"),
        sql__model=probes("The choice", "stage: model"),
        sql__spark=probes("Spark", "tools: [spark, pyspark]"),
        sql__torch=probes("Torch", "tools: [pytorch]"),
    ) as made:
        yield made


async def test_a_project_is_written_changed_and_forgotten_and_only_its_owner_sees_it(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    opened = await ana.slash(hall.channel, "me project")
    saved = said(await ana.submit_modal(opened, PROJECT))
    assert "## Your project is saved" in saved
    # What people write is shown as they wrote it.
    assert "Two million rows, \\*\\*dirty\\*\\*" in saved
    assert "Two million rows" not in hall.sees(bo)
    again = await ana.slash(hall.channel, "me project")
    values = {
        one["component"]["custom_id"]: one["component"].get("value") for one in again.modal["components"]
    }
    assert values == PROJECT
    await ana.submit_modal(again, PROJECT | {"problem": "Which parcels are lost"})
    (row,) = await rows(hall, OwnProject)
    assert (row.problem, row.data) == ("Which parcels are lost", "Two million rows, **dirty**")
    empty = await ana.submit_modal(await ana.slash(hall.channel, "me project"), dict.fromkeys(PROJECT, " "))
    assert "There was nothing in the form" in said(empty)
    shown = await ana.submit_modal(await ana.slash(hall.channel, "me project"), PROJECT)
    assert "forgotten" in said(await ana.click(shown.response, label="Forget it"))
    assert await rows(hall, OwnProject) == []


async def test_whoever_writes_a_project_takes_part_and_looking_joins_nobody(two: Duo) -> None:
    hall = two.hall
    cy = hall.member("Cy")
    opened = await cy.slash(hall.channel, "me project")
    assert cy.id not in {row.discord_id for row in await rows(hall, Member)}
    await cy.submit_modal(opened, PROJECT)
    assert cy.id in {row.discord_id for row in await rows(hall, Member)}


async def test_a_form_open_across_a_restart_still_saves(two: Duo) -> None:
    hall, ana = two.hall, two.ana
    opened = await ana.slash(hall.channel, "me project")
    await hall.restart()
    await ana.submit_modal(opened, PROJECT)
    assert len(await rows(hall, OwnProject)) == 1


async def test_a_walk_through_shows_the_project_and_its_probes_to_the_interviewer_in_that_half_only(
    two: Duo,
) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    for who, project in ((ana, PROJECT), (bo, PROJECT | {"problem": "Bo's secret", "tools": "PyTorch"})):
        await who.submit_modal(await who.slash(hall.channel, "me project"), project)
    assert "Write your project down with `/me project`" in said(await two.request(ana, "project-walkthrough"))
    assert "/me project" not in said(await two.request(bo, "coding"))
    await hall.rounds()
    await hall.skip_to(await two.agree())
    await two.start(ana)
    page = await two.press(bo, "Script for the interviewer")
    titles = []
    texts = []
    for _ in range(9):
        texts.append(said(page))
        titles.append(said(page).split("\n")[0])
        if "[Next stage]" not in texts[-1]:
            break
        page = await bo.click(page.response, label="Next stage")
    assert titles == [
        "## Opening (1 of 7)",
        "## Their project (2 of 7)",
        "## Project walkthrough the data (3 of 7)",
        "## Probes\\: data (4 of 7)",
        "## Project walkthrough the model (5 of 7)",
        "## Probes\\: model (6 of 7)",
        "## Probes\\: spark, pyspark (7 of 7)",
    ]
    assert "**Problem**\nWhich parcels come late" in texts[1]
    assert "Two million rows, \\*\\*dirty\\*\\*" in texts[1]
    assert "**The data, first?**\n- The data point one" in texts[3]
    assert "Spark, third?" in texts[6]
    assert "Torch" not in "".join(texts)
    assert "Spark, third?" not in two.sees(ana)

    await hall.skip(30 * MINUTE)
    await two.start(bo)
    page = await two.press(ana, "Script for the interviewer")
    for _ in range(9):
        assert "secret" not in said(page)
        assert "Torch" not in said(page)
        if "[Next stage]" not in said(page):
            break
        page = await ana.click(page.response, label="Next stage")
    assert "Coding the model (3 of 3)" in said(page)
    # Bo's script is not Bo's to read, and Ana's project not any more.
    for place, words in ((1, "for the interviewer alone"), (0, "open while its half runs")):
        forged = button(f"mock.script:{(await two.mock()).id}.{place}.1")
        (refused,) = await hall.raw((bo, two.cards()[-1], forged))
        assert words in said(refused)
    assert [len(row.probes) for row in await rows(hall, MockSeat) if row.item_id] == [3, 0]


async def test_without_a_project_a_walk_through_still_has_its_probes_by_stage(two: Duo) -> None:
    hall, ana, bo = two.hall, two.ana, two.bo
    await two.pair(ana="project-walkthrough")
    await hall.skip_to(await two.agree())
    await two.start(ana)
    page = await two.press(bo, "Script for the interviewer")
    assert "(1 of 5)" in said(page)
