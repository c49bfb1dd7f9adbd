"""A stranger: SQLite with a write-ahead log and one connection that is kept, so that the store is several files."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager

import sqlite_by_hand
from flushing import make


class Queue(sqlite_by_hand.Queue):
    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.kept, self.turn = None, threading.RLock()

    def connected(self):
        if self.kept is None:
            make(self.path.parent)
            self.kept = sqlite3.connect(self.path, isolation_level=None, timeout=60, check_same_thread=False)
            self.kept.execute("PRAGMA synchronous = EXTRA")
            self.begin_log(self.kept)
        return self.kept

    def begin_log(self, database):
        """Only one connection may do it, and nobody waits for that."""
        while database.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            try:
                database.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    raise

    @contextmanager
    def writing(self):
        with self.turn:
            database = self.connected()
            try:
                with self.transaction(database):
                    yield database
            except BaseException:
                database.close()
                self.kept = None
                raise

    def rows(self, *queries):
        """Answer queries from one state of the store."""
        if not self.path.exists():
            return [[] for _ in queries]
        with self.turn:
            database = self.connected()
            database.execute("BEGIN")
            try:
                if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'requests'").fetchall():
                    return [[] for _ in queries]
                return [database.execute(query, parameters).fetchall() for query, parameters in queries]
            finally:
                database.execute("COMMIT")
