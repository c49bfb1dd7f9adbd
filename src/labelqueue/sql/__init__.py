"""The same queue on a database: SQLite for one machine, PostgreSQL for many.

One implementation on SQLAlchemy Core.  `queue` holds the rules as statements,
`schema` the tables, `record` a request as a row, `database` the transactions,
`failure` what may go wrong with them, and `migrate` the way in and out.
"""

from __future__ import annotations

try:
    import sqlalchemy  # noqa: F401 - looked for here, so that one line says what to install
except ModuleNotFoundError as error:  # pragma: no cover - the tests have it
    raise ModuleNotFoundError(
        "SQLAlchemy is not installed; run: pip install 'labelqueue[sql]', or 'labelqueue[postgres]'", name=error.name
    ) from error

from labelqueue.sql.queue import SqlLabelingQueue, remove_queue

__all__ = ["SqlLabelingQueue", "remove_queue"]
