"""Safety: blocks, which always win, and reports to the moderators."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.errors import (
    AboutYourself,
    ReportAboutYou,
    ReportClosed,
    ReportUnknown,
    SubjectGone,
    TooManyReports,
)
from bot.domain.guides import Pile
from bot.domain.members import Person
from bot.domain.safety import (
    OPEN_REPORTS_PER_DAY,
    REPORT_TEXT_LIMIT,
    REPORTS_KEPT,
    SAME_REPORT_WITHIN,
    Blocked,
    Reported,
    ReportShown,
    Subject,
    gathered,
)
from bot.domain.texts import cleaned
from bot.services import members
from bot.services.audit import note
from bot.services.rights import require_moderator
from bot.services.safety.blocks import blocked_by, blocked_pairs, blocks_of, page_of
from bot.services.timers import set_timer
from bot.storage.database import Database
from bot.storage.tables import Block, Report, Server, Timer
from bot.storage.upsert import insert_into

__all__ = ["TELL", "Kind", "Safety", "blocked_by", "blocked_pairs", "person", "reported"]

TELL = "report.tell"
Remove = Callable[[Session, int], None]
# What becomes of something two people are in the middle of when one, by our id, blocks the other, by Discord's.
Part = Callable[[Session, int, int, datetime], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of subject is found in the asker's own server, and removed where that is Reps's to do."""

    find: Callable[[Session, Person, int], Subject | None]
    remove: Remove | None = None


class Safety:
    """Blocking and reporting, whatever it is about; a kind of subject is one entry of `kinds`."""

    def __init__(
        self, database: Database, clock: Clock, kinds: Mapping[str, Kind], partings: Iterable[Part] = ()
    ) -> None:
        self._database = database
        self._clock = clock
        self._kinds = kinds
        self._partings = tuple(partings)

    # --- everyone

    async def subject(self, who: Person, kind: str, subject_id: int) -> Subject:
        """What would be reported, or whose author blocked. Raises SubjectGone, AboutYourself."""
        return await self._database.read(lambda db: self._subject(db, who, kind, subject_id))

    async def report(self, who: Person, kind: str, subject_id: int, reason: str, text: str) -> Reported:
        """Tell the moderators, with what is there now as evidence; within a day a second report adds to the first.

        Raises SubjectGone, AboutYourself, and TooManyReports after ten open ones of a day.
        """
        now = self._clock.now()
        said = f"{reason}\n{cleaned(text)[:REPORT_TEXT_LIMIT]}"

        def work(db: Session) -> Reported:
            subject = self._subject(db, who, kind, subject_id)
            server = members.server_row(db, who, now)
            alerts = server.alert_channel_id is not None
            mine = db.scalars(
                select(Report).where(
                    Report.server_id == server.id,
                    Report.reporter_discord_id == who.discord_id,
                    Report.closed_at.is_(None),
                    Report.at > now - SAME_REPORT_WITHIN,
                )
            ).all()
            for report in mine:
                if (report.subject, report.about_discord_id) == (subject.key, subject.about_discord_id):
                    report.reason, report.evidence = said, gathered(report.evidence, subject.evidence)
                    return Reported(True, alerts)
            if len(mine) >= OPEN_REPORTS_PER_DAY:
                raise TooManyReports(OPEN_REPORTS_PER_DAY)
            report = Report(
                server_id=server.id,
                reporter_discord_id=who.discord_id,
                about_discord_id=subject.about_discord_id,
                subject=subject.key,
                reason=said,
                evidence=gathered("", subject.evidence),
                at=now,
            )
            db.add(report)
            db.flush()
            set_timer(
                db,
                key=_timer_key(report.id),
                kind=TELL,
                server_id=server.id,
                subject_id=report.id,
                due_at=now,
            )
            return Reported(False, alerts)

        return await self._database.write(work)

    async def block(self, who: Person, kind: str, subject_id: int) -> None:
        """Never be put together with somebody; whoever blocks takes part. Raises SubjectGone, AboutYourself."""
        now = self._clock.now()

        def work(db: Session) -> None:
            subject = self._subject(db, who, kind, subject_id)
            present = members.join(db, who, now)
            db.execute(
                insert_into(db, Block)
                .values(member_id=present.member_id, blocked_discord_id=subject.about_discord_id, at=now)
                .on_conflict_do_nothing()
            )
            for part in self._partings:
                part(db, present.member_id, subject.about_discord_id, now)

        await self._database.write(work)

    async def blocks(self, who: Person, page: int = 0) -> tuple[tuple[Blocked, ...], int, int]:
        """A page of whom this person blocks here, first blocked first; its number, and how many there are."""
        return await self._database.read(lambda db: page_of(db, who, page))

    async def unblock(self, who: Person, block_ids: Iterable[int]) -> None:
        """Take blocks back; those that are gone, or somebody else's, are left alone."""
        mine = blocks_of(who).where(Block.id.in_(block_ids)).with_only_columns(Block.id)
        await self._database.write(lambda db: db.execute(delete(Block).where(Block.id.in_(mine))))

    # --- moderators

    async def open(self, who: Person, report_id: int) -> ReportShown:
        """One report, open or closed. Raises ModeratorsOnly, ReportUnknown, ReportAboutYou."""
        return await self._database.read(lambda db: self._shown(db, who, _own(db, who, report_id)))

    async def next(self, who: Person, after: int = 0) -> ReportShown | None:
        """The oldest open report after another one, beginning again at the end. Raises ModeratorsOnly."""

        def work(db: Session) -> ReportShown | None:
            require_moderator(db, who)
            waiting = _readable(who).order_by(Report.id).limit(1)
            found = db.scalars(waiting.where(Report.id > after)).first() or db.scalars(waiting).first()
            return self._shown(db, who, found) if found else None

        return await self._database.read(work)

    async def close(self, who: Person, report_id: int, why: str) -> None:
        """Close a report, with a note for the record. Raises what `open` raises, and ReportClosed."""
        now = self._clock.now()

        def work(db: Session) -> None:
            report = _own(db, who, report_id)
            if report.closed_at is not None:
                raise ReportClosed(report.closed_at)
            report.closed_at, report.closed_by = now, who.discord_id
            note(db, report.server_id, who, "report.close", f"report:{report.id}", now, cleaned(why))

        await self._database.write(work)

    async def removable(self, who: Person, report_id: int) -> tuple[int, int] | None:
        """The channel and message of what a report is about, to be deleted before `remove`; None without a message.

        Raises what `open` raises, and SubjectGone.
        """
        return await self._database.read(lambda db: self._removable(db, who, report_id)[1].place)

    async def remove(self, who: Person, report_id: int) -> None:
        """Remove what a report is about; its evidence stays. Raises what `open` raises, and SubjectGone."""
        now = self._clock.now()

        def work(db: Session) -> None:
            report, subject, remove = self._removable(db, who, report_id)
            remove(db, subject.id)
            note(db, report.server_id, who, "report.remove", subject.key, now, f"report:{report.id}")

        await self._database.write(work)

    # --- time

    async def alert_channel(self, report_id: int) -> int | None:
        """Where the moderators are to hear of a report; None when nowhere, or when it is closed by now."""
        return await self._database.read(
            lambda db: db.scalar(
                select(Server.alert_channel_id)
                .join(Report, Report.server_id == Server.id)
                .where(Report.id == report_id, Report.closed_at.is_(None))
            )
        )

    async def forget(self) -> None:
        """Erase reports, open or closed, before they are 90 days old: evidence, texts, and who they name."""
        now = self._clock.now()

        def work(db: Session) -> None:
            over = db.scalars(
                delete(Report).where(Report.at <= now - REPORTS_KEPT).returning(Report.id)
            ).all()
            # With their timers: a number may come again, and the moderators must hear of that report too.
            if over:
                db.execute(delete(Timer).where(Timer.key.in_(map(_timer_key, over))))

        await self._database.write(work)

    # --- within a transaction

    def _subject(self, db: Session, who: Person, kind: str, subject_id: int) -> Subject:
        found = self._kinds[kind].find(db, who, subject_id) if kind in self._kinds else None
        if found is None:
            raise SubjectGone
        if found.about_discord_id == who.discord_id:
            raise AboutYourself
        return found

    def _found(self, db: Session, who: Person, report: Report) -> tuple[Subject | None, Remove | None]:
        name, _, subject_id = report.subject.partition(":")
        kind = self._kinds.get(name)
        found = kind.find(db, who, int(subject_id)) if kind else None
        # Its number may have come again, for something of somebody else's.
        if kind is None or found is None or found.about_discord_id != report.about_discord_id:
            return None, None
        return found, kind.remove

    def _removable(self, db: Session, who: Person, report_id: int) -> tuple[Report, Subject, Remove]:
        report = _own(db, who, report_id)
        subject, remove = self._found(db, who, report)
        if subject is None or remove is None:
            raise SubjectGone
        return report, subject, remove

    def _shown(self, db: Session, who: Person, report: Report) -> ReportShown:
        subject, remove = self._found(db, who, report)
        reason, _, text = report.reason.partition("\n")
        count = _readable(who).with_only_columns(func.count())
        return ReportShown(
            id=report.id,
            subject=report.subject,
            reason=reason,
            text=text,
            evidence=report.evidence,
            at=report.at,
            reporter_discord_id=report.reporter_discord_id,
            about_discord_id=report.about_discord_id,
            link=(who.guild_id, *subject.place) if subject and subject.place else None,
            removable=subject is not None and remove is not None,
            closed_at=report.closed_at,
            closed_by=report.closed_by,
            number=db.scalar(count.where(Report.id <= report.id)) or 0,
            waiting=db.scalar(count) or 0,
        )


def reported(db: Session, who: Person) -> Pile:
    """The open reports this moderator may read."""
    found = _readable(who).with_only_columns(func.count(), func.min(Report.at))
    return Pile(*db.execute(found).one())


def person(db: Session, who: Person, discord_id: int) -> Subject:
    """Somebody as such, whether or not they take part; Discord alone knows whether they are in the server."""
    return Subject("member", discord_id, discord_id)


def _own(db: Session, who: Person, report_id: int) -> Report:
    require_moderator(db, who)
    report = db.scalars(
        select(Report)
        .join(Server, Server.id == Report.server_id)
        .where(Report.id == report_id, Server.discord_id == who.guild_id)
    ).first()
    if report is None:
        raise ReportUnknown
    if report.about_discord_id == who.discord_id and not who.manages_server:
        raise ReportAboutYou
    return report


def _readable(who: Person) -> Select[Report]:
    """The open reports this moderator may read: one about a moderator is for the others."""
    waiting = (
        select(Report)
        .join(Server, Server.id == Report.server_id)
        .where(Server.discord_id == who.guild_id, Report.closed_at.is_(None))
    )
    if who.manages_server:
        return waiting
    return waiting.where(Report.about_discord_id.is_distinct_from(who.discord_id))


def _timer_key(report_id: int) -> str:
    return f"report:{report_id}"
