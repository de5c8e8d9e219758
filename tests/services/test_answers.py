"""Answering on both engines: many at once, what is graded, kept, refused, drawn and taken back."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.assembly import House, open_house
from bot.domain.calendar import Recurrence
from bot.domain.drops import Filters, OpenDrop, Verdict
from bot.domain.errors import (
    AnswerClosed,
    AnsweredAlready,
    AnswerNotYours,
    AnswerUnreadable,
    EmptyText,
    MarkedAlready,
    NothingFound,
    NothingToUndo,
    OpenAsDaily,
    OutOfDate,
    QuestionsExhausted,
    QuestionUnknown,
)
from bot.domain.members import Person
from bot.services.answers import Chosen, Submission, Written
from bot.storage.tables import (
    Answer,
    Drop,
    Explanation,
    ExplanationVote,
    Item,
    Member,
    Rep,
    StreakRow,
    Total,
)
from tests.bank.builders import TEXTS
from tests.support.clock import TurnedClock
from tests.support.world import choice_item, lay_bank

GUILD, CHANNEL = 7, 100
ADMIN = Person(guild_id=GUILD, discord_id=1, name="Ada", guild_name="Study hall", manages_server=True)
MANY = 50


class Study:
    """A house with one server, and questions put out as the duties do it."""

    def __init__(self, house: House, clock: TurnedClock) -> None:
        self.house, self.clock, self.services = house, clock, house.services
        self._runs = 0

    def person(self, number: int, guild: int = GUILD) -> Person:
        return Person(guild_id=guild, discord_id=1000 + number, name=f"P{number}", guild_name="Study hall")

    async def ask(self, kind: str) -> OpenDrop:
        """Have the bank's only question of a kind asked now."""
        services, self._runs = self.services, self._runs + 1
        setup = await services.setup.start(ADMIN, channel_id=CHANNEL)
        (schedule,) = [one for one in setup.schedules if one.kind == "question"]
        options = Filters(kinds=(kind,)).as_json()
        draft = await services.schedules.draft_change(ADMIN, schedule.id, options=options)
        await services.schedules.save(ADMIN, draft.id)
        await services.schedules.run(ADMIN, schedule.id, self._runs)
        # The daily ones that came due meanwhile stay in line; this one was run by hand.
        (due,) = [one for one in await services.deliveries.claim("deliveries") if one.local_date is None]
        drop = await services.drops.prepare(due)
        assert await services.drops.posted(due, drop, 5000 + self._runs)
        return drop

    async def count(self, *tables: Any) -> list[int]:
        """How many rows these tables hold."""

        def work(db: Any) -> list[int]:
            return [db.scalar(select(func.count()).select_from(table)) for table in tables]

        return await self.house.database.read(work)

    async def totals(self) -> tuple[int, int]:
        """Reps and points of everyone, by the running totals and, the same, by the record."""

        def work(db: Any) -> list[tuple[int, int]]:
            sums = (
                select(func.coalesce(func.sum(table.reps), 0), func.coalesce(func.sum(table.points), 0))
                for table in (Total, Rep)
            )
            first, second = sums
            first = first.where(Total.period == "all", Total.activity == "any")
            return [tuple(db.execute(one).one()) for one in (first, second)]

        running, recorded = await self.house.database.read(work)
        assert running == recorded
        return running


@pytest.fixture
async def study(database_url: str, tmp_path: Path) -> AsyncIterator[Study]:
    """One question of each answerable kind, on each engine."""
    items = {f"sql/a-{kind}": TEXTS[kind] for kind in ("numeric", "open", "code", "sql")}
    bank = lay_bank(tmp_path / "bank", items | {"sql/a-choice": choice_item("Wrong", "+Right", "Odd")})
    clock = TurnedClock()
    async with open_house(database_url, bank_dir=bank, clock=clock, rng=random.Random(7)) as house:
        yield Study(house, clock)


async def together(*deeds: Awaitable[Any]) -> tuple[list[Any], list[BaseException]]:
    """Do all at once: what came back, and what was raised."""
    results = await asyncio.gather(*deeds, return_exceptions=True)
    raised = [one for one in results if isinstance(one, BaseException)]
    return [one for one in results if not isinstance(one, BaseException)], raised


# --- many at once (I4)


async def test_one_member_fifty_times_at_once(study: Study) -> None:
    drop = await study.ask("choice")
    bo, answers = study.person(1), study.services.answers
    done, refused = await together(*(answers.to_drop(bo, drop.id, Chosen((n % 3,))) for n in range(MANY)))
    assert len(done) == 1
    assert {type(error) for error in refused} == {AnsweredAlready}
    assert await study.count(Answer, Rep, Member, StreakRow) == [1, 1, 1, 1]
    assert await study.totals() == (1, 1 + bool(done[0].right))


async def test_fifty_members_at_once(study: Study) -> None:
    drop = await study.ask("choice")
    answers = study.services.answers
    done, refused = await together(
        *(answers.to_drop(study.person(n), drop.id, Chosen((n % 2,))) for n in range(MANY))
    )
    assert refused == []
    assert all(verdict.joined_now and verdict.reps == 1 for verdict in done)
    assert await study.count(Answer, Rep, Member, StreakRow) == [MANY] * 4
    assert await study.totals() == (MANY, MANY + MANY // 2)


async def test_reveal_counts_exactly_what_was_accepted(study: Study) -> None:
    drop = await study.ask("choice")
    answers, drops = study.services.answers, study.services.drops
    deeds: list[Awaitable[Any]] = [
        answers.to_drop(study.person(n), drop.id, Chosen((1,))) for n in range(MANY)
    ]
    deeds.insert(MANY // 2, drops.close(drop.id))
    done, refused = await together(*deeds)
    (reveal,) = [one for one in done if not isinstance(one, Verdict)]
    assert {type(error) for error in refused} <= {AnswerClosed}
    assert reveal.answered == reveal.right == len(done) - 1
    assert await study.count(Answer, Rep) == [reveal.answered] * 2


async def test_marking_twenty_times_at_once_gives_one_bonus(study: Study) -> None:
    drop = await study.ask("open")
    bo, answers = study.person(1), study.services.answers
    locked = await answers.to_drop(bo, drop.id, Written("Something"))
    done, refused = await together(*(answers.mark(bo, locked.answer_id, (0, 1)) for _ in range(20)))
    assert [(verdict.right, verdict.points) for verdict in done] == [(True, 1)]
    assert {type(error) for error in refused} == {MarkedAlready}
    assert await study.totals() == (1, 2)


async def test_practice_answered_twenty_times_at_once_is_one_rep(study: Study) -> None:
    bo, answers = study.person(1), study.services.answers
    draw = await answers.draw(bo, filters=Filters(kinds=("choice",)))
    done, refused = await together(
        *(answers.to_draw(bo, draw.answer_id, Chosen((n % 3,))) for n in range(20))
    )
    assert len(done) == 1
    assert {type(error) for error in refused} == {AnsweredAlready}
    assert await study.totals() == (1, 0)


async def test_joining_many_times_at_once_is_one_member_told_once(study: Study) -> None:
    bo, services = study.person(1), study.services
    draws, refused = await together(*(services.answers.draw(bo) for _ in range(20)))
    assert refused == []
    assert sum(draw.joined_now for draw in draws) == 1
    assert await study.count(Member) == [1]


async def test_undoing_many_times_at_once_undoes_once(study: Study) -> None:
    drop = await study.ask("choice")
    bo = study.person(1)
    await study.services.answers.to_drop(bo, drop.id, Chosen((1,)))
    done, refused = await together(*(study.services.members.undo_joining(bo) for _ in range(10)))
    assert done == [None]
    assert {type(error) for error in refused} == {NothingToUndo}
    assert await study.count(Member, Answer, Rep, Total, StreakRow) == [0] * 5


async def test_explaining_and_voting_many_times_at_once(study: Study) -> None:
    drop = await study.ask("choice")
    await study.services.drops.close(drop.id)
    explanations = study.services.explanations
    written, refused = await together(
        *(explanations.write(study.person(1), drop.id, f"Try {n}") for n in range(20))
    )
    assert refused == []
    assert len({explained.id for explained, _ in written}) == 1
    (mine,) = await explanations.read(ADMIN, drop.id)
    voters = [study.person(n) for n in range(2, 12)]
    _, refused = await together(
        *(explanations.vote(who, drop.id, mine.id) for who in voters for _ in range(3))
    )
    assert refused == []
    assert await study.count(Explanation, ExplanationVote) == [1, 10]


# --- what is graded, kept and refused


async def test_submission_that_does_not_fit_is_out_of_date(study: Study) -> None:
    unfit: dict[str, list[Submission]] = {
        "choice": [Chosen(()), Chosen((3,)), Chosen((-1,)), Written("B")],
        "numeric": [Chosen((0,))],
        "open": [Chosen((0,))],
    }
    for kind, submissions in unfit.items():
        drop = await study.ask(kind)
        for submission in submissions:
            with pytest.raises(OutOfDate):
                await study.services.answers.to_drop(study.person(1), drop.id, submission)
    assert await study.count(Answer, Member, Rep) == [0, 0, 0]


async def test_texts_are_cleaned_and_kept_to_their_limit(study: Study) -> None:
    answers = study.services.answers
    drop = await study.ask("open")
    for nothing in ("", " \n\t\r ", "\x00\u200b\u202e\ufeff"):
        with pytest.raises(EmptyText):
            await answers.to_drop(study.person(1), drop.id, Written(nothing))
    long = await answers.to_drop(study.person(1), drop.id, Written("a" * 5000))
    assert long.text == "a" * 4000
    hostile = await answers.to_drop(study.person(2), drop.id, Written(" e\u0301\x00\u202eb\ud800\r\nc "))
    assert hostile.text == "\u00e9b\nc"
    again = await answers.of_drop(study.person(2), drop.id)
    assert again is not None
    assert again.text == hostile.text


async def test_unreadable_number_writes_nothing_and_a_readable_one_still_counts(study: Study) -> None:
    answers, bo = study.services.answers, study.person(1)
    drop = await study.ask("numeric")
    for typed in ("", "abc", "1.5 kg", "9" * 5000, "\x00", "1/0"):
        with pytest.raises(AnswerUnreadable):
            await answers.to_drop(bo, drop.id, Written(typed))
    assert await study.count(Answer, Member, Rep) == [0, 0, 0]
    verdict = await answers.to_drop(bo, drop.id, Written("0,0015\u00a0s"))
    assert (verdict.right, verdict.text) == (True, "0,0015\u00a0s")


async def test_code_waits_for_its_marks(study: Study) -> None:
    answers, bo = study.services.answers, study.person(1)
    await answers.draw(study.person(2))
    for kind in ("code", "sql"):
        drop = await study.ask(kind)
        locked = await answers.to_drop(bo, drop.id, Written("SELECT 1"))
        assert (locked.right, locked.points) == (None, 1)
        with pytest.raises(OutOfDate):
            await answers.mark(bo, locked.answer_id, (99,))
        with pytest.raises(AnswerNotYours):
            await answers.mark(study.person(2), locked.answer_id, (0,))
        assert (await answers.mark(bo, locked.answer_id, (0, 0))).marks == (0,)


async def test_graded_answer_takes_no_marks(study: Study) -> None:
    answers, bo = study.services.answers, study.person(1)
    drop = await study.ask("choice")
    verdict = await answers.to_drop(bo, drop.id, Chosen((0,)))
    with pytest.raises(MarkedAlready):
        await answers.mark(bo, verdict.answer_id, (0,))
    with pytest.raises(AnsweredAlready):
        await answers.to_draw(bo, verdict.answer_id, Chosen((1,)))
    with pytest.raises(AnsweredAlready):
        await answers.may_write_draw(bo, verdict.answer_id)
    with pytest.raises(AnsweredAlready):
        await answers.may_write(bo, drop.id)


async def test_another_servers_people_are_turned_away(study: Study) -> None:
    answers, stranger = study.services.answers, study.person(1, guild=8)
    drop = await study.ask("numeric")
    mine = await answers.draw(study.person(1))
    with pytest.raises(OutOfDate):
        await answers.to_drop(stranger, drop.id, Written("1.5"))
    with pytest.raises(OutOfDate):
        await answers.may_write(stranger, drop.id)
    with pytest.raises(AnswerNotYours):
        await answers.to_draw(stranger, mine.answer_id, Chosen((1,)))
    assert await answers.of_drop(stranger, drop.id) is None


# --- drawing


async def test_questions_open_or_on_their_way_are_not_drawn_and_missed_ones_are(study: Study) -> None:
    services, newcomer = study.services, study.person(1)
    only = Filters(kinds=("choice",))
    drop = await study.ask("choice")
    with pytest.raises(QuestionsExhausted):
        await services.answers.draw(newcomer, filters=only)
    with pytest.raises(QuestionUnknown):
        await services.answers.draw(newcomer, item_id=drop.question.item_id)
    assert await study.count(Member) == [0]
    elsewhere = await services.answers.draw(study.person(1, guild=8), filters=only)
    assert elsewhere.question.item_id == drop.question.item_id
    await services.drops.close(drop.id)
    assert (await services.answers.draw(newcomer, filters=only)).joined_now

    (schedule,) = [one for one in await services.schedules.list(ADMIN) if one.kind == "question"]
    await services.schedules.run(ADMIN, schedule.id, 99)
    (due,) = await services.deliveries.claim("deliveries")
    await services.drops.prepare(due)
    with pytest.raises(QuestionsExhausted):
        await services.answers.draw(newcomer, filters=only)
    await services.deliveries.miss("deliveries", due, "the channel is gone")
    await services.answers.draw(newcomer, filters=only)
    assert await study.count(Drop) == [2]


async def test_retired_and_unknown_items_cannot_be_opened(study: Study) -> None:
    services, bo = study.services, study.person(1)

    def retire(db: Any) -> int:
        item = db.scalars(select(Item).where(Item.kind == "choice")).one()
        item.retired_at = study.clock.now()
        return int(item.id)

    retired = await study.house.database.write(retire)
    for item_id in (retired, 999_999, -1):
        with pytest.raises(QuestionUnknown):
            await services.answers.draw(bo, item_id=item_id)
    with pytest.raises(QuestionsExhausted):
        await services.answers.draw(bo, filters=Filters(kinds=("choice",)))


async def test_search_takes_any_text(study: Study) -> None:
    for text in ("", " ", "\x00", "%", "_", "\\", "'; DROP TABLE items; --", "é" * 100):
        with pytest.raises(NothingFound):
            await study.services.questions.search(study.person(1), text)


# --- what it brings, over time


async def test_streak_grows_by_days_and_practice_counts_for_it(study: Study) -> None:
    answers, bo = study.services.answers, study.person(1)
    days = []
    for kind in ("choice", "numeric", "open"):
        drop = await study.ask(kind)
        given: Submission = Chosen((1,)) if kind == "choice" else Written("1.5")
        verdict = await answers.to_drop(bo, drop.id, given)
        assert verdict.streak is not None
        days.append(verdict.streak.current)
        await study.services.drops.close(drop.id)
        study.clock.turn(timedelta(days=1))
    assert days == [1, 2, 3]
    await study.ask("code")
    draw = await answers.draw(bo, filters=Filters(kinds=("choice",)))
    practised = await answers.to_draw(bo, draw.answer_id, Chosen((1,)))
    assert practised.streak is not None
    assert (practised.reps, practised.points, practised.streak.current) == (1, 0, 4)


# --- what a reviewer found


async def test_the_twenty_sixth_explanation_is_kept_too(study: Study) -> None:
    drop = await study.ask("choice")
    await study.services.drops.close(drop.id)
    for number in range(30):
        mine, _ = await study.services.explanations.write(study.person(number), drop.id, f"Try {number}")
        assert mine.text == f"Try {number}"
    assert len(await study.services.explanations.read(ADMIN, drop.id)) == 30


async def test_practice_drawn_before_does_not_spoil_the_daily_question(study: Study) -> None:
    bo, answers = study.person(1), study.services.answers
    draw = await answers.draw(bo, filters=Filters(kinds=("choice",)))
    drop = await study.ask("choice")
    assert drop.question.item_id == draw.question.item_id
    with pytest.raises(OpenAsDaily):
        await answers.to_draw(bo, draw.answer_id, Chosen((1,)))
    with pytest.raises(OpenAsDaily):
        await answers.may_write_draw(bo, draw.answer_id)
    await answers.to_drop(bo, drop.id, Chosen((1,)))


async def test_what_came_due_before_an_edit_still_goes_out(study: Study) -> None:
    setup = await study.services.setup.start(ADMIN, channel_id=CHANNEL)
    schedule = next(one for one in setup.schedules if one.kind == "question")
    study.clock.turn_to(schedule.upcoming[0] + timedelta(seconds=5))
    evening = Recurrence.daily(time(20))
    draft = await study.services.schedules.draft_change(ADMIN, schedule.id, recurrence=evening)
    later = await study.services.schedules.save(ADMIN, draft.id)
    (due,) = await study.services.deliveries.claim("deliveries")
    assert due.due_at == schedule.upcoming[0]
    # And no second one is promised for that day.
    assert [moment.day - schedule.upcoming[0].day for moment in later.upcoming] == [1, 2, 3]
