"""Queues on databases as subjects of the kit, which hands them a path."""

from __future__ import annotations

import os
from functools import cache
from uuid import uuid4

from sqlalchemy import create_engine, make_url

from labelqueue.sql import SqlLabelingQueue

URL_VARIABLE = "LABELQUEUE_SUBJECT_URL"


def on_sqlite(queue_path, *cap):
    """The path is the database's file."""
    return SqlLabelingQueue(f"sqlite:///{queue_path}", *cap)


@cache
def _engine(url):
    return create_engine(make_url(url).set(drivername="postgresql+psycopg"))


class OnPostgreSQL(SqlLabelingQueue):
    """The path is a file that names the queue of the database, and appears with its first request."""

    def __init__(self, queue_path, *cap):
        self.path = queue_path
        name = queue_path.read_text() if queue_path.exists() else str(uuid4())
        super().__init__(_engine(os.environ[URL_VARIABLE]), *cap, name=name)

    def _enqueue(self, buckets, reason):
        added = super()._enqueue(buckets, reason)
        if added and not self.path.exists():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            beside = self.path.with_name("beside")
            beside.write_text(self.name)
            beside.replace(self.path)
        return added
