"""Faults of a network, a server and a disk: a clear error, nothing half done, and the next call works."""

from __future__ import annotations

import contextlib
import socket
import sqlite3
import tempfile
import threading
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event, make_url, text

import postgres
from labelqueue import OutcomeUnknownError, StoreFailedError
from labelqueue.sql import SqlLabelingQueue

START = datetime(2026, 1, 10, 9, tzinfo=UTC)
COMMIT = b"COMMIT\0"  # a transaction begins with READ COMMITTED


def bucket(minutes=0, **values):
    start = START + timedelta(minutes=minutes)
    return {"user_id": "ada", "bucket_start_ts": start, "bucket_end_ts": start + timedelta(minutes=15), **values}


def with_options(url, options):
    return (
        make_url(url)
        .set(drivername="postgresql+psycopg")
        .update_query_dict({"options": options})
        .render_as_string(hide_password=False)
    )


@pytest.fixture
def own_url(postgres_server):
    """A database of the server that the tests may stop, also where the environment names another."""
    with postgres.database(postgres_server.url, f"labelqueue_{uuid.uuid4().hex}") as url:
        yield url


class Proxy:
    """Stands between a queue and the server, and cuts the connection at a moment that the test chooses.

    `cut_before(COMMIT)` cuts when the queue sends that, which the server then
    never sees; `cut_after` cuts when the server has answered it.
    """

    def __init__(self, url, folder):
        self._target = str(Path(make_url(url).query["host"]) / ".s.PGSQL.5432")
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / ".s.PGSQL.5432"))
        self._listening.listen()
        self._before = self._after = None
        self._times = 0
        self._serving = []
        self.url = str(make_url(url).update_query_dict({"host": str(folder)}))
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def cut_before(self, content, times=1):
        self._before, self._times = content, times

    def cut_after(self, content):
        self._after, self._times = content, 1

    def _accept(self):
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            self._serving.append(threading.Thread(target=self._serve, args=(client,), daemon=True))
            self._serving[-1].start()

    def _serve(self, client):
        # Either side may be gone at any moment; then both are closed.
        with client, socket.socket(socket.AF_UNIX) as server, contextlib.suppress(OSError):
            server.connect(self._target)
            answered = threading.Event()
            back = threading.Thread(target=self._bring_back, args=(server, client, answered), daemon=True)
            back.start()
            with contextlib.suppress(OSError):
                self._pass_on(client, server, answered)
            if not answered.is_set():
                with contextlib.suppress(OSError):
                    # Ends both directions, so that the other thread ends, too.
                    server.shutdown(socket.SHUT_RDWR)
            back.join()

    def _pass_on(self, client, server, answered):
        while sent := self._received(client):
            if self._times and self._before and self._before in sent:
                self._times -= 1
                return
            if self._times and self._after and self._after in sent:
                self._times -= 1
                answered.set()
            server.sendall(sent)

    def _bring_back(self, server, client, answered):
        with contextlib.suppress(OSError):
            while got := self._received(server):
                if answered.is_set():
                    # The answer to what was to be the last: nobody hears it.
                    client.shutdown(socket.SHUT_RDWR)
                    return
                client.sendall(got)
            client.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def _received(connection):
        try:
            return connection.recv(65536)
        except OSError:
            return b""

    def end(self):
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()


@pytest.fixture
def proxy(own_url):
    # A socket's path is short, pytest's folders are not.
    with tempfile.TemporaryDirectory(prefix="lq-proxy-", dir="/tmp") as folder:
        proxy = Proxy(own_url, Path(folder))
        yield proxy
        proxy.end()


def terminate_others(url):
    engine = create_engine(make_url(url))
    with engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        )
    engine.dispose()


def test_connections_that_the_server_ended_do_not_disturb(postgres_url):
    """The next call of each kind works, over a connection of its own."""
    queue = SqlLabelingQueue(postgres_url)
    queue.enqueue_drift([bucket()])

    terminate_others(postgres_url)
    [request] = queue.get_pending()
    terminate_others(postgres_url)
    assert queue.enqueue_drift([bucket(), bucket(15)]) == 1
    terminate_others(postgres_url)
    assert queue.mark_done(request.request_id).status == "labeled"


def test_a_connection_that_is_cut_before_the_commit_costs_nothing(proxy, own_url):
    """The transaction is made again over another connection, and happens once."""
    queue = SqlLabelingQueue(proxy.url)
    queue.enqueue_drift([bucket()])

    proxy.cut_before(b"INSERT INTO labelqueue_requests")
    assert queue.enqueue_drift([bucket(15), bucket(30)]) == 2
    proxy.cut_before(b"UPDATE labelqueue_requests")
    assert queue.mark_done(queue.all_items[0].request_id, "skipped").status == "skipped"
    proxy.cut_before(b"SELECT")
    assert [r.status for r in queue.all_items] == ["skipped", "pending", "pending"]
    assert SqlLabelingQueue(own_url).all_items == queue.all_items


def test_a_connection_that_is_always_cut_fails_the_call(proxy, own_url):
    """The error says so after a bounded number of tries; nothing is added, and the next call works."""
    queue = SqlLabelingQueue(proxy.url)
    queue.enqueue_drift([bucket()])

    proxy.cut_before(b"INSERT INTO labelqueue_requests", times=1000)
    with pytest.raises(
        StoreFailedError, match=r"the server cannot be reached .*; nothing was changed; start it or mend"
    ):
        queue.enqueue_drift([bucket(15)])
    proxy.cut_before(None)

    assert len(SqlLabelingQueue(own_url).all_items) == 1
    assert queue.enqueue_drift([bucket(15)]) == 1


def test_a_commit_that_never_arrived_may_or_may_not_stand(proxy, own_url):
    """The error says that nobody knows; here it does not stand, and calling again makes the change."""
    queue = SqlLabelingQueue(proxy.url)
    queue.enqueue_drift([bucket()])

    proxy.cut_before(COMMIT)
    with pytest.raises(OutcomeUnknownError, match=r"the answer to the commit was lost .*may or may not stand"):
        queue.enqueue_drift([bucket(15), bucket(30)])
    assert len(SqlLabelingQueue(own_url).all_items) == 1
    assert queue.enqueue_drift([bucket(15), bucket(30)]) == 2


def test_a_commit_whose_answer_was_lost_may_or_may_not_stand(proxy, own_url):
    """The error says that nobody knows; here it stands, as a whole, and calling again does nothing twice."""
    queue = SqlLabelingQueue(proxy.url)
    queue.enqueue_drift([bucket()])
    [request] = queue.all_items

    proxy.cut_after(COMMIT)
    with pytest.raises(OutcomeUnknownError):
        queue.enqueue_drift([bucket(15), bucket(30)])
    assert len(SqlLabelingQueue(own_url).all_items) == 3
    assert queue.enqueue_drift([bucket(15), bucket(30)]) == 0
    proxy.cut_after(COMMIT)
    with pytest.raises(OutcomeUnknownError):
        queue.mark_done(request.request_id)
    assert queue.mark_done(request.request_id).status == "labeled"


@pytest.mark.parametrize("how", ["stop", "crash"])
def test_a_server_that_is_down_fails_the_call_and_works_when_it_is_up(postgres_server, own_url, how):
    """Whether it was stopped or died; what was acknowledged is there afterwards."""
    queue = SqlLabelingQueue(own_url)
    queue.enqueue_drift([bucket()])

    postgres_server.tell(how)
    with pytest.raises(StoreFailedError, match="the server cannot be reached"):
        queue.enqueue_drift([bucket(15)])
    with pytest.raises(StoreFailedError, match="the server cannot be reached"):
        queue.get_pending()
    postgres_server.tell("start")

    assert len(queue.get_pending()) == 1
    assert queue.enqueue_drift([bucket(15)]) == 1


def test_a_statement_that_takes_too_long_fails_the_call(postgres_url):
    """Here it waits for a writer that does not end; nothing is added, and the next call works."""
    queue = SqlLabelingQueue(with_options(postgres_url, "-c statement_timeout=100"))
    queue.enqueue_drift([bucket()])
    engine = create_engine(make_url(postgres_url))

    with engine.begin() as connection:
        connection.execute(text("SELECT * FROM labelqueue_queues FOR UPDATE"))
        with pytest.raises(
            StoreFailedError, match=r"a statement took longer than the database allows .*statement_timeout"
        ):
            queue.enqueue_drift([bucket(15)])
        assert len(queue.get_pending()) == 1
    engine.dispose()
    assert queue.enqueue_drift([bucket(15)]) == 1


def test_marking_waits_for_its_turn(postgres_url):
    """An enqueue that left a bucket out may still be uncommitted, and comes before the mark (SHARE-3)."""
    queue = SqlLabelingQueue(with_options(postgres_url, "-c statement_timeout=100"))
    queue.enqueue_drift([bucket()])
    [request] = queue.get_pending()
    engine = create_engine(make_url(postgres_url))

    with engine.begin() as connection:
        connection.execute(text("SELECT * FROM labelqueue_queues FOR UPDATE"))
        with pytest.raises(StoreFailedError, match="statement_timeout"):
            queue.mark_done(request.request_id)
        assert queue.all_items == [request]
    engine.dispose()
    assert queue.mark_done(request.request_id).status == "labeled"


def test_transactions_in_each_others_way_are_tried_again(postgres_url):
    """A deadlock with another program's transaction does not reach the caller."""
    SqlLabelingQueue(postgres_url).enqueue_drift([bucket()])
    theirs = create_engine(with_options(postgres_url, "-c deadlock_timeout=60s"))
    ours = create_engine(with_options(postgres_url, "-c deadlock_timeout=20ms"))
    threads, tries = [], []

    with theirs.connect() as connection:
        connection.execute(text("UPDATE labelqueue_requests SET status = 'labeled'"))

        def wait_for_the_queue():
            connection.execute(text("SELECT * FROM labelqueue_queues FOR UPDATE"))
            connection.commit()

        @event.listens_for(ours, "before_cursor_execute")
        def close_the_circle(_connection, _cursor, statement, *_):
            # Ours holds the queue and is about to wait for the request that theirs
            # holds; before that, theirs begins to wait for the queue.
            if statement.startswith("INSERT INTO labelqueue_requests"):
                tries.append(statement)
                if not threads:
                    threads.append(threading.Thread(target=wait_for_the_queue))
                    threads[0].start()
                    wait_until_somebody_waits(postgres_url)

        added = SqlLabelingQueue(ours).enqueue_drift([bucket()])
        threads[0].join()
    theirs.dispose()
    ours.dispose()

    assert (added, len(tries)) == (1, 2)
    assert [r.status for r in SqlLabelingQueue(postgres_url).all_items] == ["labeled", "pending"]


def wait_until_somebody_waits(url):
    engine = create_engine(make_url(url))
    with engine.connect() as connection:
        while not connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
            pass
    engine.dispose()


def test_a_pool_that_is_exhausted_fails_the_call(url):
    """The error says that every connection is in use; the next call works when one is free."""
    SqlLabelingQueue(url).enqueue_drift([bucket()])
    engine = create_engine(make_url(url), pool_size=1, max_overflow=0, pool_timeout=0.05)
    queue = SqlLabelingQueue(engine)

    with engine.connect():
        with pytest.raises(
            StoreFailedError, match=r"every connection is in use .*; nothing was changed; call again, or"
        ):
            queue.enqueue_drift([bucket(15)])
        with pytest.raises(StoreFailedError, match="every connection is in use"):
            queue.get_pending()
    assert queue.enqueue_drift([bucket(15)]) == 1
    engine.dispose()


def read_only(url, tmp_path):
    if url.startswith("sqlite"):
        return create_engine(f"sqlite:///file:{tmp_path}/labels/queue.db?mode=ro&uri=true")
    return create_engine(with_options(url, "-c default_transaction_read_only=on"))


def test_a_database_that_can_only_be_read_is_read(url, tmp_path):
    """A change fails with an error that says so; what changes nothing works."""
    SqlLabelingQueue(url).enqueue_drift([bucket()])
    engine = read_only(url, tmp_path)
    queue = SqlLabelingQueue(engine)

    [request] = queue.get_pending()
    with pytest.raises(StoreFailedError, match="the database can be read only"):
        queue.enqueue_drift([bucket(15)])
    with pytest.raises(StoreFailedError, match="the database can be read only"):
        queue.mark_done(request.request_id)
    assert queue.mark_done("unknown") is None
    assert queue.all_items == [request]
    engine.dispose()


def test_a_user_who_may_not_write_is_told(postgres_url):
    """The right that is missing is the database's to name."""
    SqlLabelingQueue(postgres_url).enqueue_drift([bucket()])
    engine = create_engine(make_url(postgres_url))
    with engine.begin() as connection:
        connection.execute(text("CREATE ROLE labelqueue_reader LOGIN"))
        connection.execute(text("GRANT SELECT ON ALL TABLES IN SCHEMA public TO labelqueue_reader"))
    reader = make_url(postgres_url).set(username="labelqueue_reader")
    queue = SqlLabelingQueue(reader)

    assert len(queue.get_pending()) == 1
    with pytest.raises(StoreFailedError, match=r"the user may not do this .*permission denied.*grant the right"):
        queue.enqueue_drift([bucket(15)])
    with engine.begin() as connection:
        connection.execute(text("DROP OWNED BY labelqueue_reader"))
        connection.execute(text("DROP ROLE labelqueue_reader"))
    engine.dispose()


def test_a_sqlite_file_that_another_holds_fails_the_call(tmp_path):
    """After the time-out of the URL; the next call works."""
    queue = SqlLabelingQueue(f"sqlite:///{tmp_path}/queue.db?timeout=0.05")
    queue.enqueue_drift([bucket()])
    holder = sqlite3.connect(tmp_path / "queue.db")
    holder.execute("BEGIN EXCLUSIVE")

    with pytest.raises(StoreFailedError) as caught:
        queue.enqueue_drift([bucket(15)])
    with pytest.raises(StoreFailedError, match="another program holds the database"):
        queue.get_pending()
    holder.close()

    assert str(caught.value) == (
        f"sqlite+pysqlite:///{tmp_path}/queue.db?timeout=0.05: another program holds the database "
        "(database is locked); nothing was changed; call again, or raise `timeout` in the URL."
    )
    assert queue.enqueue_drift([bucket(15)]) == 1


def test_a_disk_that_is_full_fails_the_call(tmp_path):
    """Nothing of the batch is stored, and a smaller one that fits is."""
    SqlLabelingQueue(f"sqlite:///{tmp_path}/queue.db").enqueue_drift([bucket()])
    engine = create_engine(f"sqlite:///{tmp_path}/queue.db")

    @event.listens_for(engine, "connect")
    def leave_little_room(connection, _record):
        connection.execute("PRAGMA max_page_count=24")

    queue = SqlLabelingQueue(engine)
    with pytest.raises(
        StoreFailedError, match=r"the disk is full .*; nothing was changed; free some room and call again"
    ):
        queue.enqueue_drift([bucket(n) for n in range(1, 2000)])
    assert len(queue.all_items) == 1
    assert queue.enqueue_drift([bucket(1)]) == 1
    engine.dispose()


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path):
    """Every call says so, and the file is the same byte for byte."""
    path = tmp_path / "queue.db"
    path.write_bytes(b"[" + b" " * 5000 + b"]")
    queue = SqlLabelingQueue(f"sqlite:///{path}")

    with pytest.raises(StoreFailedError, match="the file is no SQLite database"):
        queue.get_pending()
    with pytest.raises(StoreFailedError, match="the file is no SQLite database"):
        queue.enqueue_drift([bucket()])
    assert path.read_bytes() == b"[" + b" " * 5000 + b"]"


def test_an_interrupt_at_the_commit_says_that_the_change_may_stand(url, monkeypatch):
    """The interrupt itself reaches the caller, with a note; the next call works."""
    engine = create_engine(make_url(url))
    queue = SqlLabelingQueue(engine)
    queue.enqueue_drift([bucket()])

    def interrupted(_connection):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(engine.dialect, "do_commit", interrupted)
        with pytest.raises(KeyboardInterrupt) as caught:
            queue.enqueue_drift([bucket(15)])

    assert caught.value.__notes__ == [f"{queue._database.name}: the change of this call may or may not stand."]
    assert queue.enqueue_drift([bucket(15)]) == 1
    engine.dispose()


def test_an_interrupted_change_is_rolled_back_at_once(tmp_path):
    """Others can go on, also while somebody keeps the traceback, and with it the statement."""
    url = f"sqlite:///{tmp_path / 'queue.db'}?timeout=0.1"
    queue, other = SqlLabelingQueue(url), SqlLabelingQueue(url)
    queue.enqueue_drift([bucket()])
    [request] = queue.all_items

    def interrupt(_connection, _cursor, statement, *_):
        if statement.startswith("UPDATE"):
            raise KeyboardInterrupt

    event.listen(Engine, "after_cursor_execute", interrupt)
    try:
        with pytest.raises(KeyboardInterrupt) as caught:
            queue.mark_done(request.request_id)
    finally:
        event.remove(Engine, "after_cursor_execute", interrupt)

    assert other.all_items == [request]
    assert other.enqueue_drift([bucket(15)]) == 1
    assert caught.tb is not None
