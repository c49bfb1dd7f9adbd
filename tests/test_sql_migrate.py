"""Moving a queue between a file, SQLite and PostgreSQL: everything arrives, or nothing was moved."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelqueue import ActiveLabelingQueue, InvalidInputError, UnreadableStoreError
from labelqueue.document import requests_to_bytes
from labelqueue.request import LabelRequest
from labelqueue.sql import SqlLabelingQueue
from labelqueue.sql.migrate import MigrationError, migrate
from labelqueue.sql.statements import PAGE

START = datetime(2026, 1, 10, 9, tzinfo=UTC)


def bucket(minutes=0, user_id="ada", **values):
    start = START + timedelta(minutes=minutes)
    return {"user_id": user_id, "bucket_start_ts": start, "bucket_end_ts": start + timedelta(minutes=15), **values}


def request(number, **values):
    start = START + timedelta(microseconds=number)
    return {
        "request_id": f"id {number}",
        "user_id": "ada",
        "bucket_start_ts": start,
        "bucket_end_ts": start + timedelta(microseconds=1),
        "reason": "drift",
        "created_at": START,
        **values,
    }


def write(path, *requests):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(requests_to_bytes(LabelRequest(**each) for each in requests))
    return str(path)


def to_the_bit(items):
    return [(r, None if r.confidence is None else r.confidence.hex(), r.model_extra) for r in items]


def test_a_queue_moves_to_a_database_and_back(url, path, tmp_path):
    """Ids, order, times, states, confidence to the bit, texts and unknown members are those of the source."""
    source = write(
        path,
        request(0, confidence=-0.0, predicted_label="a\0\\", status="labeled"),
        request(1, user_id="x" * 5000, reason="low_confidence", confidence=5e-324),
        request(2, user_id="\0", note={"by": ["a colleague", None, 0.1, "\0"]}),
        request(2, request_id="a done one for the same bucket", status="skipped"),
    )

    assert migrate(source, url) == 4
    assert migrate(url, str(tmp_path / "back.json")) == 4
    moved = SqlLabelingQueue(url).all_items
    assert to_the_bit(moved) == to_the_bit(ActiveLabelingQueue(path).all_items)
    assert (tmp_path / "back.json").read_bytes() == path.read_bytes()


def test_a_queue_moves_from_one_database_to_the_other(tmp_path, postgres_url):
    """In more than one page, either way, under any name; both behave the same afterwards."""
    here, back = f"sqlite:///{tmp_path}/here.db", f"sqlite:///{tmp_path}/back.db"
    queue = SqlLabelingQueue(here)
    queue.enqueue_drift([bucket(n, confidence=n * 7919 % 101 / 101) for n in range(11_000)])
    queue.mark_done(queue.all_items[5].request_id)

    assert migrate(here, postgres_url, target_name="there") == 11_000
    assert migrate(postgres_url, back, source_name="there") == 11_000
    there = SqlLabelingQueue(postgres_url, name="there")
    assert there.all_items == queue.all_items == SqlLabelingQueue(back).all_items
    assert there.get_pending() == queue.get_pending()
    assert there.enqueue_drift([bucket(0), bucket(5), bucket(11_000)]) == 2


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    confidences=st.lists(st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)), max_size=5),
    texts=st.lists(st.text(max_size=8), min_size=5, max_size=5),
)
def test_any_values_survive_the_way_to_sqlite_and_back(tmp_path_factory, confidences, texts):
    """A file that came back is the same byte for byte."""
    folder = tmp_path_factory.mktemp("move")
    rows = [
        request(n, confidence=c, user_id=text, predicted_label=text)
        for n, (c, text) in enumerate(zip(confidences, texts, strict=False))
    ]
    source = write(folder / "queue.json", *rows)

    migrate(source, f"sqlite:///{folder}/queue.db")
    migrate(f"sqlite:///{folder}/queue.db", str(folder / "back.json"))

    assert (folder / "back.json").read_bytes() == (folder / "queue.json").read_bytes()


def test_a_target_that_holds_requests_is_refused(url, path, tmp_path):
    """Either kind; both sides stay as they were."""
    source = write(path, request(0), request(1))
    SqlLabelingQueue(url).enqueue_drift([bucket()])
    other = write(tmp_path / "other.json", request(7))
    before = SqlLabelingQueue(url).all_items

    with pytest.raises(InvalidInputError, match=r"target=.* holds requests already; name an empty one\."):
        migrate(source, url)
    with pytest.raises(InvalidInputError, match=r"target=.* holds requests already; name an empty one\."):
        migrate(url, other)
    assert SqlLabelingQueue(url).all_items == before
    assert [r.request_id for r in ActiveLabelingQueue(other).all_items] == ["id 7"]


def test_a_source_that_is_not_there_is_refused(url, tmp_path, monkeypatch):
    """A slip in the path or the name moves nothing, and creates nothing."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidInputError, match=r"source='none\.json' does not exist; name a queue file or a URL\."):
        migrate("none.json", url)
    with pytest.raises(InvalidInputError, match=r"source=.* holds no queue 'default'; name another URL or queue\."):
        migrate(url, str(tmp_path / "target.json"))
    assert list(tmp_path.rglob("*.json")) == []
    assert SqlLabelingQueue(url).all_items == []


def test_one_file_cannot_be_both(tmp_path):
    """Two queues of one file of SQLite would wait for each other."""
    url = f"sqlite:///{tmp_path}/queue.db"
    SqlLabelingQueue(url).enqueue_drift([bucket()])

    with pytest.raises(InvalidInputError, match="is the file of the source; name another file"):
        migrate(url, f"sqlite:///{tmp_path}/../{tmp_path.name}/queue.db", target_name="other")


@pytest.mark.parametrize(
    ("second", "problem"),
    [
        (request(0, request_id="twice"), "field 'bucket_start_ts': this bucket of user 'ada' is pending twice"),
        (request(1, bucket_end_ts=START), "field 'bucket_end_ts': the end is not after the start"),
        (request(1, request_id="x" * 1001), "field 'request_id': the id is longer than 1000 bytes"),
    ],
    ids=["pending twice", "interval", "long id"],
)  # fmt: skip
def test_what_a_database_refuses_is_named_beforehand(url, path, second, problem):
    """A file may hold it; the error says which item, and nothing is moved."""
    source = write(path, request(0), second)

    with pytest.raises(UnreadableStoreError) as caught:
        migrate(source, url)

    assert str(caught.value) == f"source item 1, {problem}; mend it first; the file was not changed."
    assert SqlLabelingQueue(url).all_items == []


def test_a_source_that_changes_meanwhile_is_found_out(postgres_url, tmp_path):
    """What was moved is compared with the source as it is then; nothing stands in the target."""
    source = SqlLabelingQueue(postgres_url)
    source.enqueue_drift([bucket(0), bucket(1)])
    target = f"sqlite:///{tmp_path}/queue.db"

    def change(what, _done, _total):
        if what == "moving":
            source.mark_done(source.all_items[1].request_id)

    with pytest.raises(MigrationError, match=r"request 1 is LabelRequest.*nothing was moved; close the programs"):
        migrate(postgres_url, target, progress=change)
    assert SqlLabelingQueue(target).all_items == []


def test_what_did_not_arrive_is_found_out(path, tmp_path, monkeypatch):
    """The check reads the target: a database that loses a row, or a bit, does not get away with it."""
    source = write(path, request(0, confidence=0.0), request(1))
    monkeypatch.setattr("labelqueue.sql.migrate.PAGE", PAGE.where(PAGE.selected_columns.place != 1))

    with pytest.raises(MigrationError, match=r"request 1 is LabelRequest.* in the source and None in the target"):
        migrate(source, f"sqlite:///{tmp_path}/queue.db")
    assert SqlLabelingQueue(f"sqlite:///{tmp_path}/queue.db").all_items == []


def test_the_progress_is_told(path, tmp_path):
    """What is being done, how much of it is done, and how much there is."""
    told = []

    migrate(
        write(path, request(0), request(1)), f"sqlite:///{tmp_path}/queue.db", progress=lambda *each: told.append(each)
    )

    assert told == [("moving", 2, 2), ("checking", 2, 2)]


def labelqueue(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "labelqueue", *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def test_the_command_moves_a_queue(path, tmp_path):
    """It says how many were moved; a second time it refuses, in one line."""
    source, target = write(path, request(0), request(1)), f"sqlite:///{tmp_path}/queue.db"

    done = labelqueue("migrate", source, target, "--target-name", "ours")
    again = labelqueue("migrate", source, target, "--target-name", "ours")

    moved = "2 requests moved; ids, order, times and states are equal on both sides.\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, moved, "")
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr.count("\n") == 1
    assert "holds requests already; name an empty one." in again.stderr
    assert len(json.loads(path.read_text())) == len(SqlLabelingQueue(target, name="ours").all_items) == 2
