"""The queue on SQLite and PostgreSQL: what the kit cannot know of it."""

from __future__ import annotations

import copy
import math
import multiprocessing
import os
import pickle
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import create_engine, make_url, text

from labelqueue import ActiveLabelingQueue, InvalidInputError, InvalidRowsError, LabelingQueue
from labelqueue.sql import SqlLabelingQueue, remove_queue
from labelqueue.sql.statements import ASK, ASK_USER

START = datetime(2026, 1, 10, 9, tzinfo=UTC)


def bucket(user_id="ada", minutes=0, **values):
    start = START + timedelta(minutes=minutes)
    return {"user_id": user_id, "bucket_start_ts": start, "bucket_end_ts": start + timedelta(minutes=15), **values}


def engine_of(url, **options):
    return create_engine(make_url(url), **options)


def test_it_is_a_labeling_queue(url):
    """It offers the four methods and the property of the contract."""
    assert isinstance(SqlLabelingQueue(url), LabelingQueue)


def test_queues_of_one_database_are_apart(url):
    """What is enqueued under one name is not seen under another, and each has a cap of its own."""
    ours = SqlLabelingQueue(url, 1, name="ours")
    theirs = SqlLabelingQueue(url, 1, name="theirs")
    ours.enqueue_drift([bucket()])
    theirs.enqueue_drift([bucket(), bucket(minutes=15)])
    ours.mark_done(ours.all_items[0].request_id)

    assert [len(ours.all_items), len(theirs.all_items)] == [1, 2]
    assert [len(ours.get_pending()), len(theirs.get_pending())] == [0, 1]
    assert theirs.mark_done(ours.all_items[0].request_id) is None


@pytest.mark.parametrize(
    ("url_or_engine", "message"),
    [
        ("queue.json", "url_or_engine='queue.json' is not a database URL"),
        ("mysql://a@b/c", "url_or_engine=mysql://a@b/c is not SQLite or PostgreSQL (psycopg)"),
        (
            "postgresql+asyncpg://a:b@c/d",
            "url_or_engine=postgresql+asyncpg://a:***@c/d is not SQLite or PostgreSQL (psycopg)",
        ),
        ("sqlite://", "url_or_engine='sqlite://' names no file"),
        ("sqlite:///:memory:", "url_or_engine='sqlite:///:memory:' names no file"),
    ],
)
def test_a_url_of_another_kind_is_refused(url_or_engine, message):
    """The constructor says what is wrong with the URL, and shows no password."""
    with pytest.raises(InvalidInputError) as caught:
        SqlLabelingQueue(url_or_engine)

    assert str(caught.value) == message + "; write sqlite:///PATH or postgresql://USER@HOST/DATABASE."


@pytest.mark.parametrize("name", ["", "a" * 201, "a\0b", "\ud800", None, 7])
def test_a_name_that_is_none_is_refused(name):
    """A queue's name is 1 to 200 characters of text."""
    with pytest.raises(InvalidInputError, match="is not 1 to 200 characters of text; name the queue"):
        SqlLabelingQueue("sqlite:///queue.db", name=name)


@pytest.mark.parametrize("cap", [-1, True, 1.5, "20", None])
def test_a_cap_that_is_none_is_refused_as_by_the_files_queue(cap, path):
    """The same cap is refused with the same words."""
    with pytest.raises(InvalidInputError) as ours:
        SqlLabelingQueue("sqlite:///queue.db", cap)
    with pytest.raises(InvalidInputError) as theirs:
        ActiveLabelingQueue(path, cap)

    assert ours.value == theirs.value


def test_bad_rows_are_refused_as_by_the_files_queue(url, path):
    """The same frame is refused with the same words, and nothing is stored."""
    frame = pd.DataFrame([bucket(confidence=0.1, predicted_label="a"), bucket(user_id=7, confidence=0.2)])
    with pytest.raises(InvalidRowsError) as ours:
        SqlLabelingQueue(url).enqueue_low_confidence(frame)
    with pytest.raises(InvalidRowsError) as theirs:
        ActiveLabelingQueue(path).enqueue_low_confidence(frame)

    assert ours.value == theirs.value
    assert SqlLabelingQueue(url).all_items == []


@pytest.mark.parametrize(
    "user_id", ["", "a\0b", "a\\0b", "\\", "\0", "\\\\0", "é", "😀", "ADA", "ada ", "a" * 5000, "\\sha256:", "€" * 400]
)
def test_every_text_is_a_user_of_its_own(url, user_id):
    """A user's text comes back as it was, is found by it, blocks only itself, and so does a label's."""
    queue = SqlLabelingQueue(url)
    others = ["ada", "a\0c", "a" * 5001, "\\sha256:0"]
    queue.enqueue_drift([bucket(other) for other in others])

    assert queue.enqueue_drift([bucket(user_id, predicted_label=user_id), bucket(user_id)]) == 1
    [request] = queue.get_pending(user_id)
    assert (request.user_id, request.predicted_label) == (user_id, user_id)
    assert [r.user_id for r in queue.all_items] == [*others, user_id]


def test_long_users_that_do_not_compress_are_users(url):
    """A user id of any length is stored and found, where an index of PostgreSQL takes 2,700 bytes."""
    queue = SqlLabelingQueue(url)
    users = ["".join(chr(33 + (n * n * 7919 + k) % 90) for n in range(20_000)) for k in range(2)]

    assert queue.enqueue_drift([bucket(users[0]), bucket(users[1]), bucket(users[0])]) == 2
    assert [[r.user_id for r in queue.get_pending(user)] for user in users] == [[users[0]], [users[1]]]


def test_what_nobody_can_have_stored_matches_nothing(url):
    """A lone surrogate, or what is no text at all, is neither a user nor an id."""
    queue = SqlLabelingQueue(url)
    queue.enqueue_drift([bucket("?"), bucket("")])

    assert [queue.get_pending(user) for user in ("\ud800", "a\udfff", 7, b"?")] == [[], [], [], []]
    assert [queue.mark_done(each) for each in ("\ud800", 7, None, "", "a\0")] == [None] * 5


def test_confidence_is_kept_to_the_bit(url):
    """-0.0, subnormal, smallest and largest numbers come back as they were."""
    queue = SqlLabelingQueue(url)
    values = [-0.0, 0.0, 5e-324, -5e-324, 0.1, 1 / 3, 1.7976931348623157e308, -1.7976931348623157e308, 1.0, 2.0**53]
    queue.enqueue_drift([bucket(minutes=n, confidence=value) for n, value in enumerate(values)])

    assert [r.confidence.hex() for r in queue.all_items] == [value.hex() for value in values]


def test_unknown_zero_and_minus_zero_are_level(url):
    """They are asked about in enqueue order, after every negative and before every positive."""
    queue = SqlLabelingQueue(url)
    values = [5e-324, None, -0.0, 0.0, None, -0.0, -5e-324]
    queue.enqueue_drift([bucket(minutes=n, confidence=value) for n, value in enumerate(values)])

    got = [r.confidence for r in queue.get_pending()]
    assert got == [-5e-324, None, 0.0, 0.0, None, 0.0, 5e-324]
    assert [None if c is None else math.copysign(1, c) for c in got[1:6]] == [None, -1, 1, None, -1]


def test_times_of_every_year_are_kept_to_the_microsecond(url):
    """The first and the last instant of the calendar come back as they were, as aware UTC."""
    first, last = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    queue = SqlLabelingQueue(url)
    queue.enqueue_drift([{"user_id": "ada", "bucket_start_ts": first, "bucket_end_ts": last}])

    [request] = queue.all_items
    assert (request.bucket_start_ts, request.bucket_end_ts) == (first, last)
    assert request.bucket_end_ts.tzinfo is UTC


def test_caps_and_limits_beyond_every_database_are_no_further_limit(url):
    """Python's integers have no end, and neither has a cap."""
    queue = SqlLabelingQueue(url, 10**40)
    queue.enqueue_drift([bucket(), bucket(minutes=1)])

    assert len(queue.get_pending(limit=10**30)) == 2


def test_an_engine_serves_as_well_as_a_url(url):
    """Whatever its isolation level; both see the same queue."""
    SqlLabelingQueue(url).enqueue_drift([bucket()])
    engine = engine_of(url, isolation_level="SERIALIZABLE")
    queue = SqlLabelingQueue(engine)

    assert queue.enqueue_drift([bucket(), bucket(minutes=15)]) == 1
    assert queue.mark_done(queue.get_pending()[0].request_id).status == "labeled"
    assert queue.all_items == SqlLabelingQueue(url).all_items
    engine.dispose()


def test_copies_and_pickles_are_the_same_queue(url):
    """A copy, a deep copy and a pickle have the same store, name and cap."""
    queue = SqlLabelingQueue(url, 7, name="ours")
    queue.enqueue_drift([bucket()])
    others = [copy.copy(queue), copy.deepcopy(queue), pickle.loads(pickle.dumps(queue))]

    assert [(o.all_items, o.max_asks_per_day, o.name) for o in others] == [(queue.all_items, 7, "ours")] * 3


def test_a_queue_made_from_an_engine_refuses_to_be_pickled(tmp_path):
    """The error says why, and what can be pickled."""
    queue = SqlLabelingQueue(engine_of(f"sqlite:///{tmp_path}/queue.db"))

    with pytest.raises(TypeError, match="was made from an engine and cannot be pickled; make it from a URL"):
        pickle.dumps(queue)


def _add_in_a_child(queue, minutes):
    queue.enqueue_drift([bucket(minutes=minutes)])
    os._exit(0 if len(queue.all_items) == 2 else 1)


def test_a_fork_makes_connections_of_its_own(url):
    """Parent and child use the queue after a fork, and neither disturbs the other."""
    queue = SqlLabelingQueue(url)
    queue.enqueue_drift([bucket()])
    child = multiprocessing.get_context("fork").Process(target=_add_in_a_child, args=(queue, 15))

    child.start()
    child.join()

    assert child.exitcode == 0
    assert len(queue.all_items) == 2
    assert queue.enqueue_drift([bucket(minutes=30)]) == 1


def test_the_shown_name_has_no_password():
    """`repr` names the database, the cap and the queue."""
    queue = SqlLabelingQueue("postgresql://ada:secret@host/labels", name="ours")

    assert repr(queue) == "SqlLabelingQueue('postgresql+psycopg://ada:***@host/labels', 20, name='ours')"


def test_removing_a_queue_leaves_the_others(url):
    """With the last one go the tables; what is not there is no error; the name may be used anew."""
    ours, theirs = SqlLabelingQueue(url, name="ours"), SqlLabelingQueue(url, name="theirs")
    ours.enqueue_drift([bucket()])
    theirs.enqueue_drift([bucket()])

    remove_queue(url, "ours")
    remove_queue(url, "ours")
    assert (ours.all_items, len(theirs.all_items)) == ([], 1)
    remove_queue(url, "theirs")
    assert theirs.all_items == []
    assert ours.enqueue_drift([bucket()]) == 1


def test_a_sqlite_file_stays_where_it_was_named(tmp_path, monkeypatch):
    """A relative path is that of the folder in which the queue was made; any name is a file's name."""
    monkeypatch.chdir(tmp_path)
    queue = SqlLabelingQueue("sqlite:///labels/a b%3F.db")
    monkeypatch.chdir("/")
    queue.enqueue_drift([bucket()])

    assert sorted(p.name for p in (tmp_path / "labels").iterdir()) == ["a b?.db"]


def test_a_sqlite_file_that_was_replaced_is_seen_as_it_now_is(tmp_path):
    """No connection outlives its file: what is written afterwards is in the new one."""
    path = tmp_path / "queue.db"
    queue = SqlLabelingQueue(f"sqlite:///{path}")
    queue.enqueue_drift([bucket()])
    path.unlink()

    assert queue.all_items == []
    assert queue.enqueue_drift([bucket(minutes=15), bucket(minutes=30)]) == 2
    assert len(SqlLabelingQueue(f"sqlite:///{path}").all_items) == 2


@pytest.mark.parametrize("statement", [ASK, ASK_USER], ids=["all users", "one user"])
def test_sqlite_asks_by_an_index_in_order(tmp_path, statement):
    """The pending ones come from an index in the order of asking; nothing but the answer is sorted."""
    queue = SqlLabelingQueue(f"sqlite:///{tmp_path}/queue.db")
    queue.enqueue_drift([bucket()])
    engine = engine_of(f"sqlite:///{tmp_path}/queue.db")
    values = {"name": "default", "cap": 20, "most": 20, "today_us": 0, "tomorrow_us": 1, "user_key": "ada"}
    compiled = statement.compile(dialect=engine.dialect)
    given = compiled.construct_params({name: values[name] for name in compiled.params if name in values})
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(
            f"EXPLAIN QUERY PLAN {compiled}", tuple(given[name] for name in compiled.positiontup)
        ).all()
    engine.dispose()

    inner = plan[: [row[3].startswith("SCAN") for row in plan].index(True)]
    name = "labelqueue_asking" if statement is ASK else "labelqueue_asking_user"
    assert any(f"SEARCH labelqueue_requests USING INDEX {name} (" in row[3] for row in inner)
    assert any("USING INDEX labelqueue_done (" in row[3] for row in plan)
    assert not any("TEMP B-TREE" in row[3] for row in inner)


@pytest.mark.parametrize("user", [None, "user 3"])
def test_postgresql_asks_by_an_index_in_order(postgres_url, user):
    """The pending ones come from an index in the order of asking; nothing is sorted."""
    queue = SqlLabelingQueue(postgres_url)
    rows = [bucket(f"user {n % 7}", minutes=n, confidence=n * 7919 % 1000 / 1000) for n in range(5000)]
    queue.enqueue_drift(rows)
    engine = engine_of(postgres_url)
    values = {"name": "default", "cap": 20, "most": 20, "today_us": 0, "tomorrow_us": 1}
    statement = ASK if user is None else ASK_USER
    compiled = str(statement.compile(dialect=engine.dialect))
    with engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        plan = connection.exec_driver_sql(f"EXPLAIN {compiled}", {**values, "user_key": user}).scalars().all()
    engine.dispose()

    name = "labelqueue_asking" if user is None else "labelqueue_asking_user"
    assert any(f"Index Scan using {name} on" in line for line in plan)
    assert not any("Sort" in line or "Seq Scan on labelqueue_requests" in line for line in plan), "\n".join(plan)


def test_the_folder_is_created_by_the_first_change_alone(tmp_path):
    """Opening and reading create nothing; a journal stays from no change; one file is at rest."""
    folder = tmp_path / "a" / "b"
    queue = SqlLabelingQueue(f"sqlite:///{folder}/queue.db")

    assert (queue.all_items, queue.get_pending(), queue.mark_done("x")) == ([], [], None)
    assert queue.enqueue_drift([]) == 0
    assert not (tmp_path / "a").exists()
    queue.enqueue_drift([bucket()])
    queue.mark_done(queue.get_pending()[0].request_id)
    assert [p.name for p in Path(folder).iterdir()] == ["queue.db"]
