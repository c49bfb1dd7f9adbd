"""The benchmark of the queue on databases: what it says; how long anything takes is nobody's to assert."""

from __future__ import annotations

import re
from itertools import count

import pytest

from labelqueue.conformance.tracing.strace import why_not
from labelqueue.sql import SqlLabelingQueue
from labelqueue.sql.benchmark import (
    Figure,
    Flushes,
    flushes_of,
    measure_beside_driver,
    measure_other_queues,
    measure_writers,
    settings_of,
    turns,
    writers,
)
from labelqueue.sql.benchmark.__main__ import main
from labelqueue.sql.benchmark.other_queues import QUEUES

OTHERS = [
    ("ours", "persist-queue (unique, acknowledging)"),
    ("ours, write-ahead log", "persist-queue (unique, acknowledging)"),
    ("ours", "litequeue"),
    ("ours, write-ahead log, flushed at checkpoints", "litequeue"),
    ("ours, write-ahead log", "litequeue, told to flush"),
]


def test_turns_are_taken_in_another_order_each_round(monkeypatch):
    """Everybody is first as often as the others, and the median of each one's own calls is returned."""
    clock = count()
    order = []
    monkeypatch.setattr(turns.time, "perf_counter", lambda: float(next(clock)))

    def longer():
        order.append("b")
        next(clock)

    medians = turns.medians_in_turns([lambda: order.append("a")] * 3, [longer] * 3)

    assert order == ["a", "b", "b", "a", "a", "b"]
    assert medians == [1.0, 2.0]


def test_it_is_measured_beside_the_driver(url):
    """Each figure says what was done and who the other is; both queues hold the rows, and the few that stay pending."""
    figures = list(measure_beside_driver(url, 60, times=4))

    assert [(each.what, each.other) for each in figures] == [
        ("enqueue 60 rows", "the driver's executemany"),
        ("get_pending(limit=20), 60 pending", "the driver's tuples"),
        ("get_pending(limit=20), 60 pending", "the driver's tuples, made requests"),
        ("mark_done", "the driver's select, update and commit"),
        ("get_pending(limit=20), 30 done", "the driver's tuples"),
        ("get_pending(limit=20), 30 done", "the driver's tuples, made requests"),
    ]
    assert min(each.ours_s for each in figures) > 0 < min(each.other_s for each in figures)
    ours, again, theirs = (SqlLabelingQueue(url, name=name).all_items for name in ("default", "again", "the driver's"))
    assert (len(ours), len(again), len(theirs)) == (61, 61, 121)
    assert values_of(theirs[:61]) == values_of(ours)
    assert [each.status for each in ours] == ["pending"] * 30 + ["labeled"] * 31


def values_of(requests):
    return [each.model_dump(exclude={"request_id", "created_at"}) for each in requests]


def test_the_driver_marks_and_asks_as_the_queue_does(url):
    """Its statements have the same effect, so that what is compared is the same work."""
    queue = SqlLabelingQueue(url)
    queue.enqueue_drift([turns.bucket(n) for n in range(30)])
    driver = writers.Driver(url)
    ids = [request.request_id for request in queue.get_pending(limit=20)]

    assert [row[2] for row in driver.ask(20)] == ids
    driver.mark(ids[0])
    assert driver.insert("default", driver.records([turns.bucket(n) for n in range(25, 35)])) == 5
    driver.close()

    assert [request.request_id for request in queue.all_items if request.status == "labeled"] == [ids[0]]
    assert [request.user_id for request in queue.all_items[30:]] == [turns.bucket(n)["user_id"] for n in range(30, 35)]


def test_writers_overlap(url):
    """Ours and the driver's dedupe exactly, nothing reaches a caller, and each round has a queue of its own."""
    writing = measure_writers(url, writers=2, batches=3, rounds=2)

    assert (writing.is_exact, writing.errors) == (True, [])
    assert writing.ours > 0 < writing.others
    names = ("writers 0", "writers 1")
    assert [len(SqlLabelingQueue(url, name=name).all_items) > 50 for name in names] == [True, True]


def test_what_reaches_a_writer_is_told(tmp_path, monkeypatch):
    """It ends that writer, and is in the answer with what had been added."""
    monkeypatch.setattr(writers, "SqlLabelingQueue", Failing)
    work = writers._Work(f"sqlite:///{tmp_path}/queue.db", "writers 0", batches=2, keys=100, is_ours=True)
    answers = Answers()

    writers._write(0, work, Free(), answers)

    [(begun, ended, added, error)] = answers
    assert (begun <= ended, added, error) == (True, 0, "OSError('no space')")


class Answers(list):
    put = list.append


class Free:
    def wait(self, _timeout):
        pass


class Failing(SqlLabelingQueue):
    def enqueue_drift(self, buckets):
        if len(buckets) > 1:
            raise OSError("no space")
        return 0


def test_other_queues_are_measured_beside_ours(tmp_path):
    """Each of both calls, with ours as it is and with the one of ours that is as durable."""
    figures = list(measure_other_queues(tmp_path, times=3))

    assert [(each.what, each.ours, each.other) for each in figures] == [
        (what, ours, other) for what in ("put one", "take one and acknowledge") for ours, other in OTHERS
    ]
    assert min(each.ours_s for each in figures) > 0 < min(each.other_s for each in figures)


@pytest.mark.parametrize(
    ("name", "settings", "flushes"),
    [
        ("ours", "journal_mode=delete, synchronous=EXTRA", Flushes(5, 5)),
        ("ours, write-ahead log", "journal_mode=wal, synchronous=EXTRA", Flushes(1, 1)),
        ("ours, write-ahead log, flushed at checkpoints", "journal_mode=wal, synchronous=NORMAL", Flushes(0, 0)),
        ("persist-queue (unique, acknowledging)", "journal_mode=wal, synchronous=FULL", Flushes(1, 2)),
        ("litequeue", "journal_mode=wal, synchronous=NORMAL", Flushes(0, 0)),
        ("litequeue, told to flush", "journal_mode=wal, synchronous=FULL", Flushes(1, 2)),
    ],
)
def test_each_queue_says_how_durable_it_is(tmp_path, name, settings, flushes):
    """By the settings of its own connection, and by the flushes that it makes."""
    (tmp_path / "settings").mkdir()
    (tmp_path / "flushes").mkdir()

    assert settings_of(name, tmp_path / "settings") == settings
    assert flushes_of(name, tmp_path / "flushes", times=4) == (None if why_not() else flushes)


def test_without_strace_nothing_is_counted(tmp_path, monkeypatch):
    """The settings are all that is known then."""
    monkeypatch.setenv("PATH", "")

    assert flushes_of("litequeue", tmp_path) is None


def test_the_command_prints_a_table(tmp_path, capsys, monkeypatch):
    """Times and ratios, the writers, the other queues, and the durability of each."""
    monkeypatch.setattr("labelqueue.sql.benchmark.__main__.measure_beside_driver", beside_driver)
    monkeypatch.setattr("labelqueue.sql.benchmark.__main__.measure_other_queues", lambda *_: beside_driver("", 1))
    monkeypatch.setattr(
        "labelqueue.sql.benchmark.__main__.measure_writers",
        lambda _: writers.Writing(40.4, 50.6, is_exact=True, errors=[]),
    )
    monkeypatch.setattr("labelqueue.sql.benchmark.__main__.flushes_of", lambda *_: Flushes(1, 2.5))

    main([f"sqlite:///{tmp_path}/queue.db", "7"])

    first, *lines = capsys.readouterr().out.splitlines()
    assert first == (
        "enqueue 7 rows                            2.000 ms      4.000 ms    0.50  ours / the driver's executemany"
    )
    assert lines[:3] == [
        "8 writers, batches of 50: 40 a second, the driver's 51",
        "exact: yes; errors: none",
        first.replace("7 rows", "1 rows"),
    ]
    assert [line.partition(": journal_mode=")[0] for line in lines[3:]] == list(QUEUES)
    assert all(line.endswith("; 1 flushes a put, 2.5 a take") for line in lines[3:])


def beside_driver(_url, number):
    yield Figure(f"enqueue {number} rows", 0.002, 0.004, "the driver's executemany")


def test_the_command_says_how_it_is_called():
    """With neither a URL nor more than a number."""
    with pytest.raises(SystemExit, match=re.escape("usage: python -m labelqueue.sql.benchmark URL [REQUESTS]")):
        main([])
