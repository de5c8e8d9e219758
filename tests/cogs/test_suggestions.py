"""Questions by the server: suggesting, a guide's review, and reporting what is wrong, by people who press and type."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import discord
import pytest
from sqlalchemy import select, update

from bot.services.suggestions import WAITING_AT_MOST
from bot.storage.tables import AuditEntry, Item, ItemReport, ItemTally, Member, Server, Suggestion
from tests.support.study import another_server, command, easy_bank, practise, rows
from tests.support.world import SUBMIT, World, button, choice, form, said, words, world

CHOICE = {
    "question": "Which join keeps all rows of the left table?",
    "right": "LEFT JOIN",
    "wrong": "INNER JOIN\nCROSS JOIN",
    "explanation": "It keeps them, with NULL where nothing fits.",
    "sources": "The manual, ch. 7",
}
NUMERIC = {
    "question": "How many rows has a CROSS JOIN of 3 and 4 rows?",
    "answer": "12 rows",
    "tolerance": "0",
    "explanation": "3 times 4.",
    "sources": "A book",
}
OPEN = {
    "question": "Why index a column?",
    "key_points": "Finds rows\nCosts writes\nCosts room",
    "model_answer": "Because it finds rows without reading all of them.",
    "sources": "A book",
}
PRIVACY = "With this you take part in Reps here."


class Hall:
    """A study hall with a guide, Gus, and a member, Bo."""

    def __init__(self, hall: World, guides: discord.Role) -> None:
        self.hall, self.role = hall, guides
        self.gus, self.bo = self.guide("Gus"), hall.member("Bo")

    def guide(self, name: str) -> Any:
        user = self.hall.env.create_user(name.lower(), global_name=name)
        return self.hall.guild.add_member(user, roles=[self.role])

    async def open(self, who: Any, kind: str = "choice") -> Any:
        return await who.slash(self.hall.channel, "question suggest", topic="sql", kind=kind)

    async def suggest(self, who: Any, fields: dict[str, str] = CHOICE, kind: str = "choice") -> Any:
        return await who.submit_modal(await self.open(who, kind), fields)

    async def listed(self, who: Any) -> str:
        return said(await who.slash(self.hall.channel, "question suggest"))

    async def press(self, who: Any, custom_id: str) -> Any:
        """Press a button that stands on no card of this test, as the queue's will."""
        (result,) = await self.hall.raw((who, self.greeting, button(custom_id)))
        return result

    async def review(self, who: Any) -> Any:
        """What waits first; the bot has started anew by the time anybody presses something on it."""
        card = await self.press(who, "suggest.review:")
        await self.hall.restart()
        return card

    @property
    def greeting(self) -> discord.Message:
        return self.hall.channel.history()[0]

    async def found(self, who: Any, text: str) -> str:
        return said(await who.slash(self.hall.channel, "question search", text=text))

    async def audited(self) -> list[tuple[str, str, str]]:
        query = select(AuditEntry.action, AuditEntry.target, AuditEntry.reason).order_by(AuditEntry.id)
        every = await self.hall.house.database.read(lambda db: [(*row,) for row in db.execute(query)])
        return [entry for entry in every if not entry[0].startswith(("setup", "schedule"))]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Hall]:
    async with world(
        f"sqlite+aiosqlite:///{tmp_path / 'reps.db'}", bank=easy_bank(tmp_path / "bank")
    ) as hall:
        role = hall.guild.create_role("Guides")
        await hall.admin.slash(hall.channel, "setup start", guides=role)
        await hall.post_question()
        yield Hall(hall, role)


def filled(result: Any) -> dict[str, Any]:
    """What an opened form holds already, by its fields."""
    fields = [label["component"] for label in result.modal["components"]]
    return {
        field["custom_id"]: field.get("value")
        or [one["value"] for one in field.get("options", ()) if one.get("default")]
        for field in fields
    }


async def send(who: Any, opened: Any, **changes: Any) -> Any:
    """Send an opened form with what it holds, but for the changes."""
    return await who.submit_modal(opened, filled(opened) | changes)


# --- suggesting


async def test_a_suggestion_is_shown_as_members_will_see_it_and_approved_is_asked(place: Hall) -> None:
    handed = await place.suggest(place.bo)
    text = said(handed)
    assert handed.response.ephemeral
    assert text.startswith("## Thank you! A guide will look at it")
    assert "### Which join keeps all rows of the left table?\n-# SQL · easy · choice" in text
    for option in (
        "INNER JOIN",
        "LEFT JOIN",
        "CROSS JOIN",
        "**The right answer**",
        "-# Read on: The manual, ch. 7",
    ):
        assert option in text
    assert text.count(PRIVACY) == 1
    assert "waits for a guide" in await place.listed(place.bo)
    assert "I found no question" in await place.found(place.bo, "join")

    card = await place.review(place.gus)
    assert card.response.ephemeral
    assert "## Suggested by Bo" in said(card)
    assert "1 suggestion waiting" in said(card)
    assert "**The right answer**" in said(card)
    done = said(await place.gus.click(card.response, label="Approve"))
    assert done == (
        "**Which join keeps all rows of the left table?** is in this server's bank now.\n"
        "Nothing waits: no suggestion and no report."
    )
    assert "approved: it is asked here now" in await place.listed(place.bo)
    assert "Which join keeps" in await place.found(place.bo, "join")
    (row,) = await rows(place.hall, Suggestion)
    assert await place.audited() == [("suggestion.approved", f"suggestion:{row.id}", "")]
    item = (await rows(place.hall, Item))[-1]
    assert (row.state, row.decided_by, row.item_id, item.server_id) == (
        "approved",
        place.gus.id,
        item.id,
        row.server_id,
    )
    assert item.slug == f"{row.server_id}:suggestion-{row.id}"


async def test_an_approved_question_is_answered_like_any_other_and_only_here(place: Hall) -> None:
    hall = place.hall
    await place.suggest(place.bo, NUMERIC, "numeric")
    card = await place.review(place.gus)
    await place.gus.click(card.response, label="Approve")
    found = await place.bo.slash(hall.channel, "question search", text="cross")
    item = (await rows(hall, Item))[-1]
    opened = await place.bo.select(found.response, [str(item.id)])
    form_of = await place.bo.click(opened.response, label="Answer")
    assert said(await place.bo.submit_modal(form_of, {"answer": "12"})).startswith("## Right")
    _, channel, stranger = another_server(hall)
    assert "I found no question" in said(await stranger.slash(channel, "question search", text="cross"))


async def test_what_cannot_be_a_question_comes_back_with_all_that_was_typed(place: Hall) -> None:
    hostile = "See https://example.org\n```\n@everyone <@1> # x"
    first = await place.suggest(place.bo, CHOICE | {"explanation": hostile, "wrong": "\u2060"})
    text = said(first)
    assert text.startswith("**Wrong options**: There are 1 entries; at least 2 are needed.")
    assert "See https://example.org\n` ` `\n@everyone <@1> # x" in text
    assert first.response.ephemeral
    assert await place.listed(place.bo) == await place.listed(place.hall.member("Cy"))
    await place.hall.restart()

    again = await place.bo.click(first.response, label="Try again")
    assert filled(again) == CHOICE | {"explanation": hostile, "wrong": []}
    second = await send(place.bo, again, wrong=CHOICE["wrong"])
    assert said(second).startswith("**Explanation**: A card shows no links")
    again = await place.bo.click(second.response, label="Try again")
    third = await send(place.bo, again, explanation="So.")
    assert said(third).startswith("## Thank you!")
    # The first form is done with, and its button says so.
    assert said(await place.bo.click(first.response, label="Try again")).startswith(
        "That suggestion is decided or gone."
    )
    assert [row.state for row in await rows(place.hall, Suggestion)] == ["waiting"]


async def test_an_unfinished_form_is_its_writers_alone_and_swept_after_a_day(place: Hall) -> None:
    cy = place.hall.member("Cy")
    left = await place.suggest(place.bo, CHOICE | {"question": "# Big"})
    (row,) = await rows(place.hall, Suggestion)
    (stolen,) = await place.hall.raw((cy, place.greeting, button(f"suggest.again:{row.id}")))
    assert said(stolen).startswith("That suggestion is decided or gone.")
    await place.hall.skip(timedelta(days=1, minutes=5).total_seconds())
    assert await rows(place.hall, Suggestion) == []
    assert said(await place.bo.click(left.response, label="Try again")).startswith(
        "That suggestion is decided"
    )


async def test_at_most_five_wait_and_the_sixth_is_not_lost(place: Hall) -> None:
    late = await place.open(place.bo)
    for number in range(WAITING_AT_MOST):
        await place.suggest(place.bo, CHOICE | {"question": f"Number {number}?"})
    assert said(await place.open(place.bo)).startswith("You have 5 suggestions waiting")
    kept = await place.bo.submit_modal(late, CHOICE)
    assert said(kept).startswith("**Suggestions**: You have 5 suggestions waiting")
    card = await place.review(place.gus)
    await place.gus.submit_modal(await place.gus.click(card.response, label="Decline"), {"reason": "No."})
    again = await place.bo.click(kept.response, label="Try again")
    assert said(await send(place.bo, again)).startswith("## Thank you!")
    states = [row.state for row in await rows(place.hall, Suggestion)]
    assert sorted(states) == ["declined", *["waiting"] * WAITING_AT_MOST]


async def test_a_form_sent_many_times_at_once_waits_once(place: Hall) -> None:
    sent = form("suggest.form:choice.sql", **CHOICE)
    results = await place.hall.raw(*((place.bo, place.greeting, sent) for _ in range(10)), kind=SUBMIT)
    assert all(said(result).startswith("## Thank you!") for result in results)
    assert len(await rows(place.hall, Suggestion)) == 1


async def test_an_unknown_topic_is_told_before_anything_is_typed(place: Hall) -> None:
    told = await place.bo.slash(place.hall.channel, "question suggest", topic="cooking")
    assert said(told).startswith("The bank has no topic “cooking”.")
    assert [
        one["name"]
        for one in await place.bo.autocomplete(place.hall.channel, "question suggest", "topic", "gp")
    ] == ["GPUs"]


async def test_hostile_text_is_shown_and_does_nothing(place: Hall) -> None:
    odd = "**a** ~~b~~ ||c|| \u202e\u200b@every­one"
    await place.suggest(place.bo, CHOICE | {"wrong": f"{odd}\n[x] y", "sources": "[a](b) <@1>"})
    text = said(await place.review(place.gus))
    assert "\\*\\*a\\*\\* \\~\\~b\\~\\~ \\|\\|c\\|\\|" in text
    assert "\\[a\\]\\(b\\) \\<\\@1\\>" in text
    assert "\u202e" not in text
    assert "\u200b" not in text


# --- review


async def test_only_guides_review(place: Hall) -> None:
    await place.suggest(place.bo)
    (row,) = await rows(place.hall, Suggestion)
    card = await place.review(place.gus)
    buttons = [one["custom_id"] for one in card.response.components[0]["components"][-1]["components"]]
    for custom_id in ("suggest.review:", *buttons):
        result = await place.press(place.bo, custom_id)
        if result.modal is not None:
            assert custom_id.startswith("suggest.decline:")
            (result,) = await place.hall.raw(
                (place.bo, place.greeting, form(f"suggest.decline-form:{row.id}", reason="x")), kind=SUBMIT
            )
        assert said(result).startswith("Only guides can do this.")
    _, channel, stranger = another_server(place.hall)
    theirs = (await stranger.slash(channel, "reps")).response
    for custom_id in buttons[:3]:
        (result,) = await place.hall.raw((stranger, theirs, button(custom_id)))
        assert said(result).startswith("That suggestion is decided or gone.")
    assert [one.state for one in await rows(place.hall, Suggestion)] == ["waiting"]


async def test_a_declined_suggestion_tells_its_writer_why(place: Hall) -> None:
    await place.suggest(place.bo, OPEN, "open")
    card = await place.review(place.gus)
    assert "1. Finds rows\n2. Costs writes\n3. Costs room\n**A strong answer**" in said(card)
    opened = await place.gus.click(card.response, label="Decline")
    empty = await place.gus.submit_modal(opened, {"reason": " \u200b "})
    assert said(empty).startswith("A reason is needed")
    opened = await place.gus.click(card.response, label="Decline")
    done = said(await place.gus.submit_modal(opened, {"reason": "We *have* this."}))
    assert done.startswith("**Why index a column?** is declined.")
    listed = await place.listed(place.bo)
    assert "**Why index a column?** declined (<t:" in listed
    assert "-# We \\*have\\* this." in listed
    assert "declined (" not in await place.listed(place.gus)
    (row,) = await rows(place.hall, Suggestion)
    assert await place.audited() == [("suggestion.declined", f"suggestion:{row.id}", "We *have* this.")]
    assert said(await place.gus.click(card.response, label="Approve")).startswith(
        "That suggestion is decided"
    )


async def test_an_edit_is_checked_like_the_form_and_what_was_seen_is_what_is_approved(place: Hall) -> None:
    await place.suggest(place.bo)
    before = await place.review(place.gus)
    opened = await place.gus.click(before.response, label="Edit")
    assert filled(opened) == CHOICE
    wrong = await send(place.gus, opened, right="LEFT JOIN\nleft  join")
    assert said(wrong).startswith("-# Nothing was changed.")
    assert "**Right options, line 2**: This option says the same" in said(wrong)
    opened = await place.gus.click(before.response, label="Edit")
    edited = await send(place.gus, opened, right="LEFT OUTER JOIN")
    assert said(edited).startswith("Saved, and still waiting for your word.")

    opened = await place.gus.click(edited.response, label="Title and level")
    assert filled(opened) == {
        "title": "Which join keeps all rows of the left table?",
        "difficulty": ["2"],
        "track": ["both"],
    }
    levelled = await place.gus.submit_modal(
        opened, {"title": "All of the left", "difficulty": ["4"], "track": ["ds"]}
    )
    assert "### All of the left\n-# SQL · hard · choice" in said(levelled)
    # Somebody else still has the first card before them.
    hal = place.guide("Hal")
    (stale,) = [
        one["custom_id"]
        for one in before.response.components[0]["components"][-1]["components"]
        if one["label"] == "Approve"
    ]
    assert said(await place.press(hal, stale)).startswith("Somebody changed this suggestion")
    assert said(await place.gus.click(levelled.response, label="Approve")).startswith(
        "**All of the left** is in"
    )
    item = (await rows(place.hall, Item))[-1]
    assert (item.title, item.difficulty, item.track) == ("All of the left", 4, "ds")
    assert [action for action, _, _ in await place.audited()] == [
        "suggestion.edit",
        "suggestion.edit",
        "suggestion.approved",
    ]


async def test_two_guides_who_approve_at_once_make_one_item(place: Hall) -> None:
    await place.suggest(place.bo)
    hal = place.guide("Hal")
    card = await place.review(place.gus)
    (id,) = [
        one["custom_id"]
        for one in card.response.components[0]["components"][-1]["components"]
        if one["label"] == "Approve"
    ]
    results = await place.hall.raw(
        *((who, place.greeting, button(id)) for who in (place.gus, hal) for _ in range(5))
    )
    assert sorted(said(result)[:10] for result in results)[:2] == ["**Which jo", "That sugge"]
    assert len([item for item in await rows(place.hall, Item) if item.server_id]) == 1


async def test_nobody_approves_their_own_unless_nobody_else_could(place: Hall) -> None:
    hall = place.hall
    await place.suggest(place.gus)
    await place.suggest(hall.admin, NUMERIC, "numeric")
    first = await place.review(place.gus)
    refused = "This is your own suggestion, so another guide decides about it."
    assert said(await place.gus.click(first.response, label="Approve")).startswith(refused)
    second = await place.gus.click(first.response, label="Next")
    assert "## Suggested by Ada" in said(second)
    again = await place.gus.click(second.response, label="Next")
    assert "## Suggested by Gus" in said(again)

    other = await hall.admin.click((await place.review(hall.admin)).response, label="Next")
    assert said(await hall.admin.click(other.response, label="Approve")).startswith(refused)
    await hall.house.database.write(lambda db: db.execute(update(Server).values(guide_role_id=None)))
    assert "is in this server's bank now" in said(await hall.admin.click(other.response, label="Approve"))


# --- reports


async def report(place: Hall, who: Any, reason: str) -> tuple[int, str]:
    """Answer a question to practise, and say from its feedback what is wrong; the item's id and what is told."""
    answered = await practise(who, place.hall.channel)
    opened = await who.click(answered.response, label="Something wrong with this question?")
    told = said(await who.submit_modal(opened, {"reason": reason}))
    return int(opened.modal["custom_id"].partition(":")[2]), told


async def test_a_report_reaches_the_guides_with_the_share_of_right_answers(place: Hall) -> None:
    cy = place.hall.member("Cy")
    item_id, told = await report(place, place.bo, "B is *right* too")
    assert told == "Thank you. A guide of this server will look at it."
    await report_item(place, place.bo, item_id, "I mean A")
    await place.hall.house.database.write(lambda db: db.add(ItemTally(item_id=item_id, answered=4, right=1)))
    text = said(await place.review(place.gus))
    assert text.startswith(
        "## 1 report about a question\n-# Of the bank that comes with Reps · 40 % of 5 answers right"
    )
    assert "**Bo** (<t:" in text
    assert "I mean A" in text
    assert "B is" not in text
    assert "**The right answer**" in text
    assert "[Retire it]" not in text
    assert "Only guides" in said(await place.review(cy))


async def report_item(place: Hall, who: Any, item_id: int, reason: str) -> Any:
    (result,) = await place.hall.raw(
        (who, place.greeting, form(f"item.report-form:{item_id}", reason=reason)), kind=SUBMIT
    )
    return result


async def test_the_command_reports_the_last_answered_question_or_the_one_picked(place: Hall) -> None:
    hall = place.hall
    assert said(await place.bo.slash(hall.channel, "question report")).startswith(
        "You can report a question that you have"
    )
    first, second = [await practise(place.bo, hall.channel) for _ in range(2)]
    titles = [said(one) for one in (first, second)]
    assert titles
    offered = await place.bo.autocomplete(hall.channel, "question report", "question", "question")
    assert len(offered) == 2
    last, before = offered
    opened = await place.bo.slash(hall.channel, "question report")
    assert opened.modal["title"] == f"Report: {last['name']}"
    picked = await place.bo.slash(hall.channel, "question report", question=before["value"])
    assert picked.modal["title"] == f"Report: {before['name']}"
    await place.bo.submit_modal(picked, {"reason": "Odd"})
    assert [row.item_id for row in await rows(hall, ItemReport)] == [int(before["value"])]
    cy = hall.member("Cy")
    await practise(cy, hall.channel)
    foreign = await report_item(place, cy, 99_999, "Odd")
    assert said(foreign).startswith("You can report a question that you have answered.")
    assert said(await command(hall, cy, "question report", question="99999")).startswith("You can report")
    stranger = await report_item(place, hall.member("Di"), int(last["value"]), "Odd")
    assert said(stranger).startswith("You are not taking part")


async def test_what_three_members_report_is_not_asked_until_a_guide_has_looked(place: Hall) -> None:
    hall = place.hall
    item_id, _ = await report(place, place.bo, "Wrong")
    title = (await rows(hall, Item))[item_id - 1].title
    for name in ("Cy", "Di"):
        who = hall.member(name)
        assert title in await place.found(who, title)
        found = await who.slash(hall.channel, "question search", text=title)
        opened = await who.select(found.response, [str(item_id)])
        await who.click(opened.response, label="A")
        await report_item(place, who, item_id, "Wrong")
    assert f"**1.** {title}\n" not in await place.found(place.bo, title)
    card = await place.review(place.gus)
    assert "## 3 reports" in said(card)
    assert "It is not asked here until somebody closes these reports." in said(card)
    opened = await place.gus.click(card.response, label="Close the reports")
    done = await place.gus.submit_modal(opened, {"reason": "It is right."})
    assert said(done).startswith("Closed: the question is asked here as before.")
    assert title in await place.found(place.bo, title)
    assert await place.audited() == [("item.reports", f"item:{item_id}", "It is right.")]
    # A new word opens it again.
    await report_item(place, place.bo, item_id, "Still wrong")
    assert "## 1 report about" in said(await place.review(place.gus))


async def test_a_guide_mends_or_retires_the_servers_own_question(place: Hall) -> None:
    hall = place.hall
    for fields in (CHOICE, CHOICE | {"question": "Which join drops them?"}):
        await place.suggest(place.bo, fields)
        card = await place.review(place.gus)
        await place.gus.click(card.response, label="Approve")
    for item in (await rows(hall, Item))[-2:]:
        found = await place.bo.slash(hall.channel, "question search", text="join")
        opened = await place.bo.select(found.response, [str(item.id)])
        await place.bo.click(opened.response, label="A")
        await report_item(place, place.bo, item.id, "Unclear")
    kept, gone = (await rows(hall, Item))[-2:]
    card = await place.review(place.gus)
    assert "-# Your server’s own · " in said(card)
    on = await place.gus.click(card.response, label="Next")
    assert "### Which join drops them?" in said(on)
    assert said(await place.gus.click(on.response, label="Next")) == said(card)
    assert said(await place.press(place.bo, f"item.retire:{kept.id}")).startswith("Only guides")
    opened = await place.gus.click(card.response, label="Edit")
    assert filled(opened) == CHOICE
    after = await send(place.gus, opened, question="Which join keeps every left row?")
    assert said(after).startswith("Saved: it is asked like this from now on, and its reports are closed.")
    assert "Which join drops them?" in said(after)
    done = await place.gus.click(after.response, label="Retire it")
    assert said(done).endswith("Nothing waits: no suggestion and no report.")
    assert "Which join drops them" not in await place.found(place.bo, "join")
    assert [one.retired_at is not None for one in (await rows(hall, Item))[-2:]] == [False, True]
    shipped = (await rows(hall, Item))[0]
    assert said(await place.press(place.gus, f"item.retire:{shipped.id}")).startswith(
        "That question is not one of"
    )
    assert [action for action, _, _ in await place.audited()][2:] == ["item.edit", "item.retire"]
    assert gone.slug.endswith("suggestion-2")


async def test_the_button_under_the_feedback_is_there_for_posted_questions_too(place: Hall) -> None:
    question = next(one for one in place.hall.channel.history() if "[A]" in words(one))
    answered = await place.bo.click(question, label="A")
    assert "[Something wrong with this question?]" in said(answered)
    members = await rows(place.hall, Member)
    assert [member.display_name for member in members] == ["Bo"]
    (picked,) = await place.hall.raw((place.bo, question, choice("suggest.review:", "1")))
    assert "Only guides" in said(picked)


async def test_a_suggestion_whose_topic_is_gone_waits_until_it_is_mended(place: Hall) -> None:
    await place.suggest(place.bo)
    card = await place.review(place.gus)
    (row,) = await rows(place.hall, Suggestion)
    body = row.body | {"topic": "gone"}
    await place.hall.house.database.write(lambda db: db.execute(update(Suggestion).values(body=body)))
    card = await place.review(place.gus)
    told = said(await place.gus.click(card.response, label="Approve"))
    assert told == "**topic**: The bank has no topic of this name."
    assert [one.state for one in await rows(place.hall, Suggestion)] == ["waiting"]
    assert await place.audited() == []
