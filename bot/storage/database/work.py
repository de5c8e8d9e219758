"""A transaction is a function over a session: how one is carried out, the same on both engines."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Literal, TypeAlias, TypeVar

from sqlalchemy import Connection, Engine, ExceptionContext, event
from sqlalchemy.orm import Session

from .errors import FailureIgnored, NestedTransaction

T = TypeVar("T")
Kind = Literal["read", "write"]
Work: TypeAlias = Callable[[Session], T]

_SPOILT = "reps_spoilt"
_inside: ContextVar[Kind | None] = ContextVar("reps_transaction", default=None)


class WorkSession(Session):
    """The session a work function gets; ending the transaction is not the function's to do."""

    def commit(self) -> None:
        raise RuntimeError("A function given to read() or write() never commits: returning does.")

    def rollback(self) -> None:
        raise RuntimeError("A function given to read() or write() never rolls back: raising does.")


def refuse_nesting(kind: Kind) -> None:
    """Raise NestedTransaction where a read or write is already being carried out in this context."""
    if outer := _inside.get():
        raise NestedTransaction(kind, outer)


def watch_failures(engine: Engine) -> None:
    """Let `carry_out` notice statements that failed on this engine.

    PostgreSQL answers COMMIT after a failed statement with a quiet ROLLBACK, and SQLite commits what is left:
    neither may pass for a success.
    """

    @event.listens_for(engine, "handle_error")
    def spoil(context: ExceptionContext) -> None:
        connection = context.connection
        # Inside a savepoint of the function's own, undoing that savepoint mends it.
        if connection is not None and not connection.invalidated and not connection.in_nested_transaction():
            connection.info[_SPOILT] = True


def carry_out(kind: Kind, work: Work[T], connection: Connection) -> T:
    """Run `work` in a transaction of its own and return its result once that is committed.

    What it raises is raised again with the transaction rolled back; StopIteration, which a future cannot
    carry to its caller, as RuntimeError.
    """
    mark = _inside.set(kind)
    connection.info.pop(_SPOILT, None)
    try:
        with (
            connection.begin(),
            WorkSession(connection, expire_on_commit=False, join_transaction_mode="rollback_only") as session,
        ):
            result = work(session)
            if _SPOILT in connection.info:
                raise FailureIgnored
            session.flush()
    except StopIteration as error:
        raise RuntimeError("A transaction's function raised StopIteration.") from error
    else:
        return result
    finally:
        _inside.reset(mark)
