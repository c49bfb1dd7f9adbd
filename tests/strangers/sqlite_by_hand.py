"""A stranger: plain SQL on SQLite, requests as dataclasses, ids of version 1."""

from __future__ import annotations

import sqlite3
import uuid
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import door

FIELDS = "request_id, user_id, bucket_start_ts, bucket_end_ts, reason, confidence, predicted_label, created_at, status"
# Without types: a confidence in a column that is REAL would lose the sign of zero.
COLUMNS = FIELDS.replace("request_id", "request_id UNIQUE")
SCHEMA = (
    f"CREATE TABLE IF NOT EXISTS requests (place INTEGER PRIMARY KEY AUTOINCREMENT, {COLUMNS})",
    "CREATE UNIQUE INDEX IF NOT EXISTS waiting ON requests (user_id, bucket_start_ts) WHERE status = 'pending'",
)
ALL = f"SELECT {FIELDS} FROM requests"
INSERT = f"INSERT INTO requests ({FIELDS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'pending') ON CONFLICT DO NOTHING"
ORDER = "ORDER BY coalesce(confidence, 0.0), place"


@dataclass
class Request:
    request_id: str
    user_id: str
    bucket_start_ts: datetime
    bucket_end_ts: datetime
    reason: str
    confidence: float | None
    predicted_label: str | None
    created_at: datetime
    status: str


def stored(moment):
    return moment.isoformat(timespec="microseconds")


def request(row):
    values = list(row)
    for place in (2, 3, 7):
        values[place] = datetime.fromisoformat(values[place])
    return Request(*values)


class Queue:
    def __init__(self, queue_path, max_asks_per_day=20):
        self.path = Path(queue_path)
        self.cap = door.count("max_asks_per_day", max_asks_per_day)

    @contextmanager
    def writing(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.path, isolation_level=None, timeout=60)) as database:
            database.execute("PRAGMA synchronous = EXTRA")
            with self.transaction(database):
                yield database

    @contextmanager
    def transaction(self, database):
        changes = database.total_changes
        database.execute("BEGIN IMMEDIATE")
        try:
            for statement in SCHEMA:
                database.execute(statement)
            yield
            self.commit(database, changes)
        except BaseException as error:
            if database.in_transaction:
                database.execute("ROLLBACK")
            elif not isinstance(error, Exception):
                error.add_note("the change may have been made")
            raise

    def commit(self, database, changes):
        if database.total_changes == changes:
            database.execute("ROLLBACK")
            return
        try:
            database.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise OSError(f"{error}, at the end; the change may have been made all the same") from error

    def rows(self, *queries):
        """Answer queries from one state of the store."""
        if not self.path.exists():
            return [[] for _ in queries]
        with closing(sqlite3.connect(self.path, isolation_level=None, timeout=60)) as database:
            database.execute("BEGIN")
            if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'requests'").fetchall():
                return [[] for _ in queries]
            return [database.execute(query, parameters).fetchall() for query, parameters in queries]

    def enqueue_low_confidence(self, predictions_df, threshold=0.55):
        found = door.selected(predictions_df, threshold)
        return self.add([door.bucket(place, row, only_text=False) for place, row in found], "low_confidence")

    def enqueue_drift(self, buckets):
        for row in buckets:
            for name in ("user_id", "bucket_start_ts", "bucket_end_ts"):
                if name not in row:
                    raise ValueError(f"a mapping has no {name!r}")
        return self.add([door.bucket(place, row, only_text=True) for place, row in enumerate(buckets)], "drift")

    def add(self, found, reason):
        if not found:
            return 0
        now = stored(datetime.now(UTC))
        with self.writing() as database:
            return sum(
                database.execute(
                    INSERT,
                    (
                        str(uuid.uuid1()),
                        one["user_id"],
                        stored(one["bucket_start_ts"]),
                        stored(one["bucket_end_ts"]),
                        reason,
                        one["confidence"],
                        one["predicted_label"],
                        now,
                    ),
                ).rowcount
                for one in found
            )

    def get_pending(self, user_id=None, limit=None):
        most = self.cap if limit is None else door.count("limit", limit)
        if user_id is not None and not door.is_text(user_id):
            return []
        today = f"{datetime.now(UTC):%Y-%m-%d}%"
        used, pending = self.rows(
            ("SELECT count(*) FROM requests WHERE status <> 'pending' AND created_at LIKE ?", (today,)),
            (
                f"{ALL} WHERE status = 'pending' AND (? IS NULL OR user_id = ?) {ORDER}",
                (user_id, user_id),
            ),
        )
        remaining = self.cap - (used[0][0] if used else 0)
        return [request(row) for row in pending[: max(0, min(most, remaining))]]

    def mark_done(self, request_id, status="labeled"):
        if status not in ("labeled", "skipped"):
            raise ValueError(f"status={status!r} must be 'labeled' or 'skipped'")
        if not door.is_text(request_id):
            return None
        query = (f"{ALL} WHERE request_id = ?", (request_id,))
        [known] = self.rows(query)
        if not known:
            return None
        with self.writing() as database:
            database.execute("UPDATE requests SET status = ? WHERE request_id = ?", (status, request_id))
            [row] = database.execute(*query).fetchall()
        return request(row)

    @property
    def all_items(self):
        return [request(row) for row in self.rows((f"{ALL} ORDER BY place", ()))[0]]
