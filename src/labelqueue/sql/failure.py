"""The failure: what went wrong with a database, told in the words of the caller.

The drivers' errors are many; what matters to a caller is few: was anything
changed, may it have been, what is the cause, what mends it.  The driver's own
error is kept as the cause (`__cause__`).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from labelqueue.errors import StoreFailedError

__all__ = ["failure_of", "is_outcome_unknown", "is_schema_missing", "is_worth_another_try"]

_SERIALIZATION_FAILURE: Final = "40001"
_DEADLOCK_DETECTED: Final = "40P01"
_UNDEFINED_TABLE: Final = "42P01"

_AGAIN: Final = "mend that and call again"
# By PostgreSQL's code or its class (the first two characters), or SQLite's name:
# what is wrong, and what mends it.
_KNOWN: Final = {
    "57014": ("a statement took longer than the database allows", "call again, or raise its statement_timeout"),
    "55P03": ("a lock was not free in time", "call again, or raise its lock_timeout"),
    "25006": ("the database can be read only", "connect to one that can be written, or lift its read-only setting"),
    "57": ("the server is stopping or starting", "call again once it is up"),
    "08": ("the server cannot be reached", "start it or mend the URL, and call again"),
    "53": ("the server is out of room", "free some and call again"),
    "28": ("the server does not let this user in", "mend the user or the password in the URL"),
    "42501": ("the user may not do this", "grant the right and call again"),
    "SQLITE_BUSY": ("another program holds the database", "call again, or raise `timeout` in the URL"),
    "SQLITE_READONLY": ("the database can be read only", "make the file and its folder writable"),
    "SQLITE_FULL": ("the disk is full", "free some room and call again"),
    "SQLITE_CANTOPEN": ("the file cannot be opened", "look at its path and permissions"),
    "SQLITE_NOTADB": ("the file is no SQLite database", "name another file; this one was left as it is"),
    "SQLITE_CORRUPT": ("the database file is damaged", "restore it from a copy"),
    "SQLITE_IOERR": ("the disk failed", "look at the disk and call again"),
}


def failure_of(error: SQLAlchemyError, store: str) -> StoreFailedError:
    """Return the error to raise in place of a driver's: nothing was changed.

    Args:
        error: What the driver raised, as SQLAlchemy wraps it.
        store: The database, as it may be shown (no password).
    """
    if isinstance(error, PoolExhausted):
        return StoreFailedError(
            store, "every connection is in use", _in_one_line(error), "call again, or allow more (pool_size)"
        )
    if not isinstance(error, DBAPIError):
        return StoreFailedError(store, "the call failed", _in_one_line(error), _AGAIN)
    code = _code_of(error)
    unreached = error.connection_invalidated or (code is None and not hasattr(error.orig, "sqlite_errorname"))
    what, mend = _KNOWN["08"] if unreached else _known(code or "")
    return StoreFailedError(store, what, _in_one_line(error.orig or error), mend)


def is_worth_another_try(error: DBAPIError) -> bool:
    """Tell whether a transaction that was not committed may simply be tried again.

    So it is where the database broke off one of several that were in each
    other's way, and where a connection died under it, such as one that was idle
    in the pool while the server was started again.
    """
    return error.connection_invalidated or _code_of(error) in {_SERIALIZATION_FAILURE, _DEADLOCK_DETECTED}


def is_schema_missing(error: DBAPIError) -> bool:
    """Tell whether the tables went away since this connection saw them."""
    return _code_of(error) == _UNDEFINED_TABLE or "no such table: labelqueue_" in str(error.orig)


def is_outcome_unknown(error: DBAPIError) -> bool:
    """Tell whether a commit that failed with this error may have happened.

    So it is when the connection broke before the answer came, and when SQLite
    could not flush: the change may be on the disk already.  An answer of the
    server that refuses is certain.
    """
    code = _code_of(error) or ""
    return error.connection_invalidated or code.startswith("SQLITE_IOERR") or not code


def _code_of(error: DBAPIError) -> str | None:
    code: str | None = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
    return code


def _known(code: str) -> tuple[str, str]:
    for known in (code, code[:2]):
        if known in _KNOWN:
            return _KNOWN[known]
    for known, words in _KNOWN.items():
        if code.startswith(f"{known}_"):
            return words
    return "the database refused the call", _AGAIN


def _in_one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
