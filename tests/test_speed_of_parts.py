"""The parts of the queue, measured one by one: `pytest tests/test_speed_of_parts.py --benchmark-enable`.

Without that option every case runs once, over a small queue, as a test of what it
returns.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from labelqueue import ActiveLabelingQueue
from labelqueue.batch import Batch, new_requests
from labelqueue.canonical import columns_in, text_of, time_of
from labelqueue.chunks import Chunks, chunks_in
from labelqueue.document import requests_from_bytes
from labelqueue.file import QueueFile, Replacement
from labelqueue.frame import batch_from_frame
from labelqueue.loading import ledger_from_bytes

START = datetime(2026, 1, 10, 9, tzinfo=UTC)


@pytest.fixture
def count(request):
    return 100_000 if request.config.getoption("--benchmark-enable") else 300


@pytest.fixture
def frame(count):
    starts = pd.date_range(START, periods=count, freq="15min")
    return pd.DataFrame({
        "user_id": [f"user {number % 50}" for number in range(count)],
        "bucket_start_ts": starts,
        "bucket_end_ts": starts + pd.Timedelta("15min"),
        "confidence": [number * 7919 % 1000 / 1999 for number in range(count)],
        "predicted_label": "writing",
    })  # fmt: skip


@pytest.fixture
def batch(count):
    times = [time_of(START + timedelta(minutes=15 * number)) for number in range(count + 1)]
    confidences = [number * 7919 % 1000 / 1999 for number in range(count)]
    users = [f"user {number % 50}" for number in range(count)]
    return Batch(users, times[:-1], times[1:], confidences, ["writing"] * count)


@pytest.fixture
def content(batch):
    texts, _ = new_requests(batch, "drift", START)
    return b"".join(Chunks().extended(texts).parts())


@pytest.fixture
def ledger(content):
    return ledger_from_bytes(content, "q.json")


@pytest.fixture
def queue(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    return ActiveLabelingQueue(path)


def test_reading_a_frame(benchmark, frame, count):
    """A frame becomes a batch, column by column."""
    assert len(benchmark(batch_from_frame, frame, 0.55).user_ids) == count


def test_making_requests(benchmark, batch, count):
    """A batch becomes the texts of new requests."""
    assert len(benchmark(new_requests, batch, "drift", START)[0]) == count


def test_finding_duplicates(benchmark, batch, ledger):
    """Every key is looked for among those that are pending."""
    assert benchmark(ledger.unclaimed, batch.keys()) == []


def test_reading_a_canonical_file(benchmark, content, count):
    """The bytes of a file become columns, every item checked."""
    columns = benchmark(lambda: list(map(columns_in, chunks_in(content))))

    assert sum(len(each.request_ids) for each in columns) == count


def test_reading_any_file(benchmark, content, count):
    """The bytes of a file become requests by way of JSON."""
    assert len(benchmark(requests_from_bytes, content, "q.json")) == count


def test_loading(benchmark, content, count):
    """The bytes of a file become a ledger."""
    assert len(benchmark(ledger_from_bytes, content, "q.json")) == count


def test_replacing_one_text(benchmark, ledger, count):
    """One request is rendered anew among all."""
    place = count // 2
    text = text_of(ledger.at(place))

    assert benchmark(ledger.chunks.replaced, place, text).text(place) == text


def test_writing_a_file(benchmark, ledger, tmp_path, content):
    """All bytes go to the disk, are flushed and put in place."""

    def write():
        replacement = Replacement(tmp_path / "q.json")
        replacement.write(ledger.chunks.parts())
        replacement.publish()

    benchmark(write)

    assert (tmp_path / "q.json").read_bytes() == content


def test_looking_at_a_file(benchmark, path, content):
    """A file that is as it was is looked at, and not read."""
    path.parent.mkdir()
    file = QueueFile(path)
    file.replace(content)
    version, _ = file.read_unless(None)
    version = version._replace(is_settled=True)

    assert benchmark(file.read_unless, version) is None


def test_asking_a_ledger(benchmark, ledger):
    """The first of the order of asking are read from the index."""
    ledger.pending(None, 10)

    assert len(benchmark(ledger.pending, None, 10)) == 10


def test_get_pending(benchmark, queue):
    """The whole call, with its look at the file."""
    assert len(benchmark(queue.get_pending, limit=10)) == 10


def test_mark_done(benchmark, queue, ledger):
    """The whole call, durably."""
    request = ledger.at(0)

    assert benchmark(queue.mark_done, request.request_id).status == "labeled"
