"""The schema: three tables, and the rules that they keep whoever writes to them.

- No bucket is pending twice: a unique index over the pending requests alone
  (DUP-1).
- Reason, status, interval and confidence hold what the contract allows.
- Enqueue order is `place`, the next number of its queue.  It is exact: writers
  of one queue take turns by a lock on the queue's row, so that no reader sees a
  later place before an earlier one appears.
- Two indexes hold the pending requests in the order of asking, for all users and
  for each; a third holds the done ones by creation, for the daily budget.

Instants are whole microseconds since 1970 (UTC), in columns that end in `_us`:
SQLite has no type for them, and PostgreSQL's goes through the time zone of the
session; an integer is exact on both and orders as time does.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
    insert,
    inspect,
    literal_column,
    select,
    text,
)
from sqlalchemy.types import TypeEngine, UserDefinedType

from labelqueue.errors import NewerSchemaError

__all__ = ["IS_PENDING", "RANK", "VERSION", "create_schema", "drop_schema", "has_schema", "queues", "requests"]

VERSION: Final = 1
"""The version of the schema that this release reads and writes."""

# Any number does that other programs do not lock by: two processes that create
# the tables at once take turns by it.  Without it PostgreSQL's own catalogue
# refuses one of them, `IF NOT EXISTS` or not.
_CREATION_LOCK: Final = 0x1ABE1_0DE


class _Unconverted(UserDefinedType[float]):
    """SQLite's column without conversion: as REAL it would store -0.0 as the integer 0."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:  # noqa: ANN401 - SQLAlchemy's own signature
        return "BLOB"


# Bytes decide what is equal, whatever the collation of the database is.
_Text = Text().with_variant(Text(collation="C"), "postgresql")
_Confidence: TypeEngine[float] = Double().with_variant(_Unconverted(), "sqlite")

metadata = MetaData()

_versions = Table("labelqueue_schema", metadata, Column("version", Integer, primary_key=True, autoincrement=False))

queues = Table(
    "labelqueue_queues",
    metadata,
    Column("queue_id", Integer, primary_key=True),
    Column("name", _Text, nullable=False),
    UniqueConstraint("name", name="labelqueue_queues_name"),
)

requests = Table(
    "labelqueue_requests",
    metadata,
    Column("queue_id", Integer, ForeignKey(queues.c.queue_id), primary_key=True, autoincrement=False),
    Column("place", BigInteger, primary_key=True, autoincrement=False),
    Column("request_id", _Text, nullable=False),
    Column("user_id", _Text, nullable=False),
    Column("long_user_id", _Text),
    Column("bucket_start_us", BigInteger, nullable=False),
    Column("bucket_end_us", BigInteger, nullable=False),
    Column("reason", _Text, nullable=False),
    Column("confidence", _Confidence),
    Column("predicted_label", _Text),
    Column("created_us", BigInteger, nullable=False),
    Column("status", _Text, nullable=False),
    Column("further", _Text),
    CheckConstraint("reason IN ('low_confidence', 'drift')", name="labelqueue_reason"),
    CheckConstraint("status IN ('pending', 'labeled', 'skipped')", name="labelqueue_status"),
    CheckConstraint("bucket_end_us > bucket_start_us", name="labelqueue_interval"),
    # Finite: NaN is above every number on PostgreSQL, and no number on SQLite.
    CheckConstraint(
        "confidence >= -1.7976931348623157e308 AND confidence <= 1.7976931348623157e308", name="labelqueue_confidence"
    ),
    UniqueConstraint("queue_id", "request_id", name="labelqueue_requests_id"),
    sqlite_with_rowid=False,
)

IS_PENDING: Final = requests.c.status == literal_column("'pending'")
"""Written into the statement, since a partial index serves only what names its condition."""

RANK: Final = func.coalesce(requests.c.confidence, literal_column("0.0"))
"""An unknown confidence ranks as 0.0 (ORD-2); -0.0 is level with it on both engines."""

_PENDING: Final[dict[str, Any]] = {"sqlite_where": IS_PENDING, "postgresql_where": IS_PENDING}
_DONE: Final[dict[str, Any]] = {"sqlite_where": ~IS_PENDING, "postgresql_where": ~IS_PENDING}
Index(
    "labelqueue_pending_bucket",
    requests.c.queue_id,
    requests.c.user_id,
    requests.c.bucket_start_us,
    unique=True,
    **_PENDING,
)
Index("labelqueue_asking", requests.c.queue_id, RANK, requests.c.place, **_PENDING)
Index("labelqueue_asking_user", requests.c.queue_id, requests.c.user_id, RANK, requests.c.place, **_PENDING)
Index("labelqueue_done", requests.c.queue_id, requests.c.created_us, **_DONE)


def has_schema(connection: Connection, store: str) -> bool:
    """Tell whether the tables are there, in the version that this release knows.

    Raises:
        NewerSchemaError: They are there in another version; nothing is changed.
    """
    if not inspect(connection).has_table(_versions.name):
        return False
    version = connection.scalar(select(func.max(_versions.c.version)))
    if version != VERSION:
        raise NewerSchemaError(store, version, VERSION)
    return True


def create_schema(connection: Connection, store: str) -> None:
    """Create the tables where they are missing, within the caller's transaction.

    Any number of processes may do so at once; one of them creates, the others
    wait and find what is there.

    Raises:
        NewerSchemaError: They are there in another version; nothing is changed.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CREATION_LOCK})
    if not has_schema(connection, store):
        metadata.create_all(connection, checkfirst=False)
        connection.execute(insert(_versions).values(version=VERSION))


def drop_schema(connection: Connection) -> None:
    """Drop the tables, and every queue in them, within the caller's transaction."""
    metadata.drop_all(connection)
