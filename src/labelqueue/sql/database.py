"""The database: connections, transactions, and how often they are tried.

Isolation, and why it is enough:

- **Reading** is one statement outside a transaction.  Every statement sees one
  moment of the database: whatever was acknowledged before it began, and no part
  of anything else.
- **Changing** on PostgreSQL runs at READ COMMITTED, and its first statement locks
  the queue's row (`SELECT … FOR UPDATE`).  The statements after it see what the
  holder before committed, which a higher level would hide from them.
- **Changing** on SQLite begins with `BEGIN IMMEDIATE`, which takes the one write
  lock of the file at once: a transaction that reads first and wants to write
  then would be refused with no wait when two do so.

Durability (DUR-4) is not left to the settings of a role, a database or a URL:

- **PostgreSQL** flushes a commit before it answers, unless `synchronous_commit`
  is off; then it is switched on for the transactions of the queue, and for
  nothing else.  Every other value flushes at least on the server itself, and
  stays as it is set: `remote_apply` waits for more, and must not get less.
- **SQLite** keeps its default, a rollback journal: unlike the write-ahead log it
  writes nothing when one only reads, and leaves one file at rest.  With it
  `synchronous=EXTRA` is needed, since FULL does not flush the folder after the
  journal is removed, and a power cut could then roll an acknowledged change back.
"""

from __future__ import annotations

import os
import random
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, ExceptionContext, Select, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.sql.compiler import SQLCompiler

from labelqueue.errors import InvalidInputError, OutcomeUnknownError, StoreFailedError, shown
from labelqueue.sql.failure import failure_of, is_outcome_unknown, is_schema_missing, is_worth_another_try
from labelqueue.sql.schema import create_schema, has_schema

__all__ = ["Database"]

_DRIVERS: Final = {"sqlite": "pysqlite", "postgresql": "psycopg"}
_PAUSES_S: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
"""How long to wait before each further try, at most; then the failure is the caller's to see."""

_SECONDS_TO_CONNECT: Final = 10
_SECONDS_TO_WAIT_FOR_A_WRITER: Final = 30
_FLUSHING: Final = text(
    "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'"
)
"""Holds until the end of the transaction."""

_SEEN: Final = "labelqueue_schema_seen"

_T = TypeVar("_T")


class Database:
    """One database, reached through a pool of connections.

    Safe to share between threads, and after a fork: a child makes connections of
    its own.

    Attributes:
        name: The URL without its password, for messages.
        url: The URL that it was made from; `None` where it came as an engine.
    """

    def __init__(self, url_or_engine: str | URL | Engine) -> None:
        """Choose the driver; nothing is opened.

        Raises:
            InvalidInputError: It is no URL of SQLite or PostgreSQL.
        """
        if isinstance(url_or_engine, Engine):
            self.url = None
            self._engine = url_or_engine
        else:
            self.url = _checked_url(url_or_engine)
            self._engine = _engine_for(self.url)
        self.name = (self.url or self._engine.url).render_as_string(hide_password=True)
        self._path = _path_of(self.url or self._engine.url)
        self._is_sqlite = self._engine.dialect.name == "sqlite"
        if self._engine.dialect.name not in _DRIVERS:
            raise _refused(self.name, "is not SQLite or PostgreSQL")
        # Whatever the level of an engine that was handed in.
        level = {} if self._is_sqlite else {"isolation_level": "AUTOCOMMIT"}
        self._reading = self._engine.execution_options(**level)
        level = {} if self._is_sqlite else {"isolation_level": "READ COMMITTED"}
        self._writing = self._engine.execution_options(**level)
        self._process = os.getpid()
        self._own_connections()
        self._compiled: dict[Select[Any], SQLCompiler] = {}

    def rows(self, statement: Select[Any], values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """Read the rows that one statement selects.

        Args:
            statement: A statement of this package, always the same object, so that
                it is compiled once.
            values: Its parameters.

        Returns:
            All rows; none where there are no tables, or no file, yet (KEEP-3).

        Raises:
            NewerSchemaError: The tables are those of a newer release.
            StoreFailedError: The database failed.
        """

        def attempt() -> Sequence[Sequence[Any]]:
            if self._path is not None and not os.path.exists(self._path):  # noqa: PTH110 - in half the time
                return []
            found = self._rows_from_driver(statement, values)
            return self._rows_from_core(statement, values) if found is None else found

        return self._tried(attempt)

    def _rows_from_core(self, statement: Select[Any], values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        with self._reading.connect() as connection:
            if not connection.info.get(_SEEN):
                if not has_schema(connection, self.name):
                    return []
                connection.info[_SEEN] = True
            return connection.execute(statement, values).all()

    def _rows_from_driver(self, statement: Select[Any], values: Mapping[str, Any]) -> Sequence[Sequence[Any]] | None:
        """Do the same in half the time; `None` where anything is unusual, which is Core's to tell."""
        driver_error = self._engine.dialect.loaded_dbapi.Error
        try:
            pooled = self._engine.raw_connection()
        except driver_error:
            return None
        try:
            if not pooled.info.get(_SEEN):
                return None
            return self._rows_of(pooled.driver_connection, statement, values)
        except driver_error:
            pooled.invalidate()
            return None
        finally:
            pooled.close()

    def _rows_of(self, connection: Any, statement: Select[Any], values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:  # noqa: ANN401 - a driver's
        compiled = self._compiled.get(statement)
        if compiled is None:
            compiled = self._compiled[statement] = statement.compile(dialect=self._engine.dialect)
        given = compiled.construct_params(dict(values))
        rows: Sequence[Sequence[Any]]
        if self._is_sqlite:
            rows = connection.execute(compiled.string, [given[name] for name in compiled.positiontup or ()]).fetchall()
        else:
            connection.autocommit = True
            rows = connection.execute(compiled.string, given).fetchall()
            connection.autocommit = False
        return rows

    def write(self, work: Callable[[Connection], _T]) -> _T:
        """Do something that changes the database, as one transaction, all or nothing.

        The tables are created where they are missing.

        Args:
            work: Executes statements, and returns what came of them.  It is called
                again when the transaction had to be given up.

        Raises:
            NewerSchemaError: The tables are those of a newer release.
            StoreFailedError: The database failed; nothing was changed.
            OutcomeUnknownError: The answer to the commit was lost; the change may
                or may not stand.
            OSError: The folder or the file could not be created.
        """

        def attempt() -> _T:
            if self._path is not None:
                _create_empty(self._path)
            with self._writing.connect() as connection:
                if self._is_sqlite:
                    connection.exec_driver_sql("PRAGMA synchronous=EXTRA")
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                else:
                    connection.execute(_FLUSHING)
                if not connection.info.get(_SEEN):
                    create_schema(connection, self.name)
                result = work(connection)
                self._commit(connection)
                connection.info[_SEEN] = True
                return result

        return self._tried(attempt)

    def shares_file_with(self, other: Database) -> bool:
        """Tell whether both are one file of SQLite."""
        return self._path is not None and other._path is not None and self._path.resolve() == other._path.resolve()

    def close(self) -> None:
        """Close the connections that are not in use; the next call opens others."""
        self._engine.dispose()

    def _own_connections(self) -> None:
        """Close the connections of an engine of ours when nobody has this object any more."""
        if self.url is not None:
            weakref.finalize(self, _dispose, self._engine, os.getpid())

    def _commit(self, connection: Connection) -> None:
        try:
            connection.commit()
        except DBAPIError as error:
            if is_outcome_unknown(error):
                raise OutcomeUnknownError(self.name, " ".join(str(error.orig).split())) from error
            raise
        except BaseException as error:
            # An interrupt, for one: it may have come before the commit or after.
            error.add_note(f"{self.name}: the change of this call may or may not stand.")
            raise

    def _tried(self, attempt: Callable[[], _T]) -> _T:
        try:
            return self._tried_in_this_process(attempt)
        except StoreFailedError as error:
            if self._is_sqlite and isinstance(error.__cause__, DBAPIError):
                # A connection that was opened while the file could only be read stays so.
                self._engine.dispose()
            raise

    def _tried_in_this_process(self, attempt: Callable[[], _T]) -> _T:
        if self._process != os.getpid():
            # A fork: what the pool holds is the parent's, and must not be closed here.
            self._engine.dispose(close=False)
            self._process = os.getpid()
            self._own_connections()
        for pause_s in _PAUSES_S:
            try:
                return attempt()
            except DBAPIError as error:
                if is_schema_missing(error):
                    self._engine.dispose()
                elif not is_worth_another_try(error):
                    raise failure_of(error, self.name) from error
            except SQLAlchemyError as error:
                raise failure_of(error, self.name) from error
            # At random, so that those who were in each other's way part.
            time.sleep(pause_s * random.random())  # noqa: S311 - no secret
        try:
            return attempt()
        except SQLAlchemyError as error:
            raise failure_of(error, self.name) from error


def _dispose(engine: Engine, process: int) -> None:
    # In a forked child the finalizer of the parent has nothing to close.
    if process == os.getpid():
        engine.dispose()


def _checked_url(url: str | URL) -> URL:
    try:
        checked = make_url(url)
    except ArgumentError:
        raise _refused(shown(url), "is not a database URL") from None
    engine, _, driver = checked.drivername.partition("+")
    if engine not in _DRIVERS or driver not in ("", _DRIVERS[engine]):
        raise _refused(checked.render_as_string(hide_password=True), "is not SQLite or PostgreSQL (psycopg)")
    if engine == "sqlite" and (not checked.database or checked.database == ":memory:" or "uri" in checked.query):
        raise _refused(shown(str(url)), "names no file")
    return checked.set(drivername=f"{engine}+{_DRIVERS[engine]}")


def _refused(value: str, rule: str) -> InvalidInputError:
    return InvalidInputError("url_or_engine", value, rule, "write sqlite:///PATH or postgresql://USER@HOST/DATABASE")


def _engine_for(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        arguments: dict[str, Any] = {} if "connect_timeout" in url.query else {"connect_timeout": _SECONDS_TO_CONNECT}
        try:
            return create_engine(url, connect_args=arguments)
        except (ModuleNotFoundError, NoSuchModuleError) as error:
            raise ModuleNotFoundError("psycopg is not installed; run: pip install 'labelqueue[postgres]'") from error
    # Absolute, so that the queue stays where it is when the process changes folder;
    # `rw`, so that only the first change creates the file (KEEP-3).
    path = os.path.abspath(url.database or "")  # noqa: PTH100 - resolve() would follow a link that may change
    query = {"timeout": str(_SECONDS_TO_WAIT_FOR_A_WRITER), **url.query, "mode": "rw", "uri": "true"}
    engine = create_engine(url.set(database=f"file:{quote(path)}", query=query))
    _follow_replacement(engine, Path(path))
    event.listen(engine, "handle_error", _keep_connection)
    return engine


def _keep_connection(context: ExceptionContext) -> None:
    """Let an interrupted transaction be rolled back.

    Its connection would be closed instead, and SQLite keeps the lock of one that is closed
    for as long as anything, such as a traceback, holds a statement of it.
    """
    if not isinstance(context.original_exception, Exception):
        context.is_disconnect = False


def _follow_replacement(engine: Engine, path: Path) -> None:
    """Let no connection outlive its file: writing to one that was replaced would lose the change."""

    def identity() -> tuple[int, int]:
        status = os.stat(path)  # noqa: PTH116 - in half the time, at every call
        return status.st_dev, status.st_ino

    @event.listens_for(engine, "connect")
    def remember(_connection: object, record: Any) -> None:  # noqa: ANN401 - SQLAlchemy's record
        record.info["file"] = identity()

    @event.listens_for(engine, "checkout")
    def compare(_connection: object, record: Any, _proxy: object) -> None:  # noqa: ANN401 - as above
        if record.info["file"] != identity():
            raise DisconnectionError


def _path_of(url: URL) -> Path | None:
    """Return the path of SQLite's file, where the URL names one plainly."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:" or "uri" in url.query:
        return None
    return Path(os.path.abspath(url.database))  # noqa: PTH100 - as in `_engine_for`


def _create_empty(path: Path) -> None:
    """Create the file and its folders where they are missing, and flush their names.

    SQLite flushes the file's own name when it writes its first journal beside it.
    """
    if path.exists():
        return
    missing = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    for folder in missing:
        descriptor = os.open(folder.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
