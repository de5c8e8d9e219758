"""What can go wrong with the memory itself; each error is one plain sentence or two.

StorageError
├── DatabaseUrlRefused    the address is not one Reps can use
├── DatabaseUnreachable   the file or the server cannot be opened
├── DatabaseBusy          another process holds the SQLite file
├── DatabaseClosed        asked after close()
├── NestedTransaction     a read or write asked for from inside another
├── FailureIgnored        a statement failed and the function went on as if it had not
├── WriteConflict         others kept changing the same rows; nothing was saved
└── BackupFailed          a copy could not be made, checked or put back
"""


class StorageError(Exception):
    """Any failure of the memory that is not a failed statement."""


class DatabaseUrlRefused(StorageError):
    """The database address is not one Reps can use."""


class DatabaseUnreachable(StorageError):
    """The file or the server at a good address cannot be opened."""


class DatabaseBusy(StorageError):
    """Another process holds this SQLite database, or kept it to itself for too long."""


class DatabaseClosed(StorageError):
    """The database was asked for something after it began to close."""

    def __init__(self) -> None:
        super().__init__("The database is closing, so nothing was read or saved.")


class NestedTransaction(StorageError):
    """A transaction was asked for from inside another one."""

    def __init__(self, inner: str, outer: str) -> None:
        super().__init__(f"A {inner} was asked for from inside a {outer}; finish the {outer} first.")


class FailureIgnored(StorageError):
    """A statement failed outside a savepoint and the function returned all the same; nothing was saved."""

    def __init__(self) -> None:
        super().__init__(
            "A statement failed and its error was caught, so nothing was saved: PostgreSQL has given the "
            "transaction up by then. Use ON CONFLICT, or put the statement in db.begin_nested()."
        )


class WriteConflict(StorageError):
    """Every try met someone else's change to the same rows, so nothing was saved."""

    def __init__(self, tries: int) -> None:
        super().__init__(
            f"Others were changing the same thing at the same moment ({tries} tries). "
            "Nothing was saved; please try again."
        )


class BackupFailed(StorageError):
    """A backup could not be made, checked or put back."""
