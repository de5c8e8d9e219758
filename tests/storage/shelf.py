"""Small tables of the storage tests' own, so that they say nothing about the bot's."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Integer, func, insert, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from bot.storage.types import UtcDateTime


class Base(DeclarativeBase):
    """The base of the tests' tables."""


class Counter(Base):
    """A number that many want to raise."""

    __tablename__ = "counters"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(default=0)


class Note(Base):
    """A word that may be written once."""

    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    word: Mapped[str] = mapped_column(unique=True)
    at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class Reply(Base):
    """A row whose note is looked for only at COMMIT, so that a COMMIT can be made to fail."""

    __tablename__ = "replies"

    id: Mapped[int] = mapped_column(primary_key=True)
    note_id: Mapped[int] = mapped_column(ForeignKey("notes.id", deferrable=True, initially="DEFERRED"))


def create(db: Session) -> None:
    """Make the tables and two counters at nought."""
    Base.metadata.create_all(db.connection())
    db.execute(insert(Counter), [{"id": 1, "value": 0}, {"id": 2, "value": 0}])


def increment(db: Session) -> int:
    """Raise the first counter the unsafe way: read, then write what was read plus one."""
    counter = db.get_one(Counter, 1)
    counter.value += 1
    return counter.value


def value(db: Session, number: int = 1) -> int:
    """What a counter stands at."""
    return db.scalars(select(Counter.value).where(Counter.id == number)).one()


def set_value(db: Session, new: int, number: int = 1) -> None:
    """Put a counter at a value."""
    db.execute(update(Counter).where(Counter.id == number).values(value=new))


def note(db: Session, word: str) -> int:
    """Write a word down and return its row's number."""
    row = Note(word=word)
    db.add(row)
    db.flush()
    return row.id


def words(db: Session) -> list[str]:
    """Every word written, in order."""
    return list(db.scalars(select(Note.word).order_by(Note.id)))


def orphan(db: Session) -> None:
    """Refer to a note that does not exist: every statement succeeds, COMMIT does not."""
    db.execute(insert(Reply).values(id=db.scalar(select(func.count()).select_from(Reply)), note_id=404))
