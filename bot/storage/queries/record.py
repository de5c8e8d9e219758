"""What one rep writes: its row, the running totals and the streak; every answer runs all of these."""

from typing import Any, get_args

from sqlalchemy import String, bindparam, func, select, true, union_all

from bot.domain.calendar import Period
from bot.storage.queries.prebuilt import Prebuilt, bare, given
from bot.storage.tables import Drop, Member, Rep, StreakRow, Total

# A streak's columns, in the order of the rule's own fields.
STREAK = ("current", "longest", "last_day", "last_credit_at", "freezes", "toward_freeze", "waiting_at")

_drops, _reps, _streaks = bare(Drop).c, bare(Rep).c, bare(StreakRow).c
STREAK_OF = Prebuilt(
    select(*(_streaks[name] for name in STREAK)).where(_streaks.member_id == bindparam("member_id"))
)
SAVE_STREAK = Prebuilt.insert(
    StreakRow,
    lambda insert: insert.values(given("member_id", *STREAK)).on_conflict_do_update(
        index_elements=["member_id"], set_={name: insert.excluded[name] for name in STREAK}
    ),
)
_SCORED_TODAY = (
    select(func.count())
    .where(
        _reps.member_id == bindparam("member_id"),
        _reps.server_day == bindparam("day"),
        _reps.activity == bindparam("activity"),
        _reps.points > 0,
        _reps.reps > 0,
        _reps.voided_at.is_(None),
    )
    .scalar_subquery()
)
# A row also for a member without a streak yet.
BEFORE = Prebuilt(
    select(_SCORED_TODAY, _streaks.member_id, *(_streaks[name] for name in STREAK))
    .join_from(bare(Member), bare(StreakRow), isouter=True)
    .where(bare(Member).c.id == bindparam("member_id"))
)
POSTED = Prebuilt(
    select(_drops.posted_at, _drops.late)
    .where(
        _drops.server_id == bindparam("server_id"),
        _drops.posted_at >= bindparam("since"),
        _drops.posted_at <= bindparam("until"),
    )
    .order_by(_drops.posted_at)
)
SAVE_REP = Prebuilt.insert(
    Rep,
    lambda insert: (
        insert.values(
            given("server_id", "member_id", "key", "activity", "reps", "points", "at", "server_day", "zone")
        )
        .on_conflict_do_nothing()
        .returning(_reps.id)
    ),
)


def _adding(insert: Any) -> Any:
    """One statement for the totals of every period, of the activity and of all together."""
    periods = union_all(
        *(select(bindparam(period, type_=String).label("key")) for period in get_args(Period))
    ).subquery()
    activities = union_all(
        *(select(bindparam(name, type_=String).label("name")) for name in ("any", "activity"))
    ).subquery()
    columns = insert.table.c
    each = ("server_id", "member_id", "reps", "points", "listed")
    return insert.from_select(
        [*each, "period", "activity"],
        # SQLite needs a WHERE to tell ON CONFLICT from a join's ON.
        select(
            *(bindparam(name, type_=columns[name].type) for name in each), periods.c.key, activities.c.name
        )
        .join_from(periods, activities, true())
        .where(true()),
    ).on_conflict_do_update(
        index_elements=["server_id", "period", "activity", "member_id"],
        set_={
            "reps": columns.reps + insert.excluded.reps,
            "points": columns.points + insert.excluded.points,
        },
    )


ADD_TO_TOTALS = Prebuilt.insert(Total, _adding)
