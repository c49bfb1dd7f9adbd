"""The tables: made once, versioned, and keeping the rules whoever writes to them."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, inspect, make_url, text
from sqlalchemy.exc import IntegrityError

from labelqueue import NewerSchemaError
from labelqueue.sql import SqlLabelingQueue
from labelqueue.sql.schema import VERSION

START = datetime(2026, 1, 10, 9, tzinfo=UTC)
COLUMNS = "queue_id, place, request_id, user_id, bucket_start_us, bucket_end_us, reason, confidence, created_us, status"
SOUND = {
    "place": 1,
    "request_id": "'other'",
    "user_id": "'grace'",
    "bucket_start_us": 0,
    "bucket_end_us": 1,
    "reason": "'drift'",
    "confidence": "0.5",
    "created_us": 0,
    "status": "'pending'",
}


def bucket(minutes=0):
    start = START + timedelta(minutes=minutes)
    return {"user_id": "ada", "bucket_start_ts": start, "bucket_end_ts": start + timedelta(minutes=15)}


@pytest.fixture
def engine(url):
    SqlLabelingQueue(url).enqueue_drift([bucket()])
    engine = create_engine(make_url(url))
    yield engine
    engine.dispose()


def insert_by_hand(engine, **values):
    row = {**SOUND, **values}
    names = ", ".join(row)
    cells = ", ".join(str(value) for value in row.values())
    with engine.begin() as connection:
        queue_id = connection.scalar(text("SELECT queue_id FROM labelqueue_queues"))
        connection.execute(text(f"INSERT INTO labelqueue_requests (queue_id, {names}) VALUES ({queue_id}, {cells})"))


def test_a_row_that_keeps_the_rules_is_taken(url, engine):
    """What another program inserts is seen, so that the refusals below are the rules' own."""
    insert_by_hand(engine)

    assert [r.user_id for r in SqlLabelingQueue(url).get_pending()] == ["ada", "grace"]


@pytest.mark.parametrize(
    "values",
    [
        {"reason": "'boredom'"},
        {"status": "'done'"},
        {"bucket_end_us": 0},
        {"request_id": "(SELECT request_id FROM labelqueue_requests)"},
        {"user_id": "'ada'", "bucket_start_us": "(SELECT bucket_start_us FROM labelqueue_requests)",
         "bucket_end_us": "(SELECT bucket_end_us FROM labelqueue_requests)"},
        {"place": 0},
        {"user_id": "NULL"},
        {"confidence": "9e999"},
        {"confidence": "-9e999"},
    ],
    ids=["reason", "status", "interval", "id twice", "pending twice", "place twice", "no user", "inf", "-inf"],
)  # fmt: skip
def test_a_row_that_breaks_a_rule_is_refused_by_the_database(engine, values):
    """Whoever writes it: duplicates, reason, status, interval, order and confidence are the database's to keep."""
    infinite = {"9e999": "'Infinity'", "-9e999": "'-Infinity'"} if engine.dialect.name == "postgresql" else {}
    values = {name: infinite.get(value, value) for name, value in values.items()}

    with pytest.raises(IntegrityError):
        insert_by_hand(engine, **values)


def test_postgresql_refuses_a_confidence_that_is_no_number(postgres_url):
    """NaN, which is above every number there."""
    SqlLabelingQueue(postgres_url).enqueue_drift([bucket()])
    engine = create_engine(make_url(postgres_url))

    with pytest.raises(IntegrityError):
        insert_by_hand(engine, confidence="'NaN'")
    engine.dispose()


def test_a_newer_schema_is_refused(url, engine):
    """Every call says which version there is and which is known, and changes nothing."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE labelqueue_schema SET version = 99"))
    queue = SqlLabelingQueue(url)
    expected = (
        f"{queue._database.name}: its tables have schema version 99, and this release of labelqueue knows "
        f"version {VERSION}; use the release that made them. Nothing was changed."
    )

    for call in (lambda: queue.enqueue_drift([bucket(15)]), queue.get_pending, lambda: queue.all_items):
        with pytest.raises(NewerSchemaError) as caught:
            call()
        assert str(caught.value) == expected
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM labelqueue_requests")) == 1


def test_reading_creates_no_tables(postgres_url):
    """Opening and reading an empty database leave it empty."""
    queue = SqlLabelingQueue(postgres_url)

    assert (queue.all_items, queue.get_pending("ada"), queue.mark_done("x")) == ([], [], None)
    engine = create_engine(make_url(postgres_url))
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_many_create_the_tables_at_once(url):
    """Each of those who come first makes its change; the tables are made once."""
    queues = [SqlLabelingQueue(url, name=f"queue {n % 3}") for n in range(8)]
    together = threading.Barrier(len(queues))
    added = []

    def add(queue, minutes):
        together.wait()
        added.append(queue.enqueue_drift([bucket(minutes)]))

    threads = [threading.Thread(target=add, args=(queue, n)) for n, queue in enumerate(queues)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert added == [1] * 8
    assert sorted(len(SqlLabelingQueue(url, name=f"queue {n}").all_items) for n in range(3)) == [2, 3, 3]


def test_tables_that_were_dropped_are_made_again(url, engine):
    """An instance that had seen them finds an empty queue, and its next change makes them."""
    queue = SqlLabelingQueue(url)
    assert len(queue.all_items) == 1
    with engine.begin() as connection:
        for table in ("labelqueue_requests", "labelqueue_queues", "labelqueue_schema"):
            connection.execute(text(f"DROP TABLE {table}"))

    assert queue.all_items == []
    assert queue.enqueue_drift([bucket(), bucket(15)]) == 2
