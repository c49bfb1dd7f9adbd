"""The four properties that the queue is known by, each as one Hypothesis test.

The expectations are written here, from the contract's words, and use nothing of
the kit.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine
from hypothesis import given
from hypothesis import strategies as st

from labelqueue import ActiveLabelingQueue

EPOCH = datetime(2026, 1, 10, 9, tzinfo=UTC)
TODAY = datetime(2026, 1, 15, 12, tzinfo=UTC)
ZONES = st.sampled_from(["+00:00", "+05:45", "-03:30"])

starts = st.integers(0, 5).map(lambda n: EPOCH + timedelta(minutes=15 * n))
confidences = st.one_of(st.none(), st.sampled_from([0.0, -0.0, 0.3, 0.55]), st.floats(-1, 1))


@st.composite
def buckets(draw):
    zone = datetime.fromisoformat("2026-01-01T00:00:00" + draw(ZONES)).tzinfo
    start = draw(starts).astimezone(zone)
    return {
        "user_id": draw(st.sampled_from(["ada", "grace"])),
        "bucket_start_ts": draw(st.sampled_from([start, start.isoformat()])),
        "bucket_end_ts": start + timedelta(minutes=draw(st.integers(1, 30))),
        "confidence": draw(confidences),
    }


batches = st.lists(st.lists(buckets(), max_size=6), max_size=4)


def opened(folder, cap=1000):
    return ActiveLabelingQueue(Path(folder) / "queue.json", cap)


@given(
    batches=batches, marks=st.lists(st.tuples(st.integers(0, 20), st.sampled_from(["labeled", "skipped"])), max_size=8)
)
def test_pending_dedupe(batches, marks):
    """No user and start instant is pending twice, whatever is enqueued and marked; done ones do not block."""
    with tempfile.TemporaryDirectory() as folder:
        queue = opened(folder)
        pending = set()
        for batch, (place, status) in zip(batches, [*marks, *[(0, "labeled")] * len(batches)], strict=False):
            keys = {(b["user_id"], datetime.fromisoformat(str(b["bucket_start_ts"]))) for b in batch}
            assert queue.enqueue_drift(batch) == len(keys - pending)
            pending |= keys
            if queue.all_items:
                marked = queue.mark_done(queue.all_items[place % len(queue.all_items)].request_id, status)
                still = [r for r in queue.all_items if r.status == "pending"]
                pending = {(r.user_id, r.bucket_start_ts) for r in still}
                assert len(pending) == len(still)
                assert marked.status == status


@given(batches=batches, limit=st.one_of(st.none(), st.integers(0, 10)), user_id=st.sampled_from([None, "ada", "grace"]))
def test_confidence_ordering(batches, limit, user_id):
    """What is returned is the beginning of all pending ones by confidence, unknown as 0.0, ties in enqueue order."""
    with tempfile.TemporaryDirectory() as folder:
        queue = opened(folder)
        for batch in batches:
            queue.enqueue_drift(batch)

        expected = [r for r in queue.all_items if user_id in (None, r.user_id)]
        expected.sort(key=lambda r: 0.0 if r.confidence is None else r.confidence)
        assert queue.get_pending(user_id, limit) == expected[:limit]


@given(
    cap=st.integers(0, 6),
    days=st.lists(st.tuples(st.integers(1, 4), st.integers(0, 4), st.sampled_from(["labeled", "skipped"])), max_size=4),
)
def test_daily_cap(cap, days):
    """Each day offers the cap less what is done and was created on that day, never below 0."""
    with tempfile.TemporaryDirectory() as folder, time_machine.travel(TODAY, tick=False) as clock:
        queue = opened(folder, cap)
        for day, (created, answered, status) in enumerate(days):
            clock.move_to(TODAY + timedelta(days=day))
            queue.enqueue_drift(
                [
                    {"user_id": f"day {day}", "bucket_start_ts": EPOCH + timedelta(minutes=n), "bucket_end_ts": TODAY}
                    for n in range(created)
                ]
            )
            own = [r for r in queue.all_items if r.user_id == f"day {day}"][:answered]
            for request in own:
                queue.mark_done(request.request_id, status)
            waiting = sum(r.status == "pending" for r in queue.all_items)
            assert len(queue.get_pending()) == min(waiting, max(0, cap - len(own)))


@given(batches=batches, place=st.integers(0, 30))
def test_atomic_persistence(batches, place):
    """After every call the file holds the change as a whole: another instance reads just what this one holds."""
    with tempfile.TemporaryDirectory() as folder:
        queue = opened(folder)
        for batch in batches:
            queue.enqueue_drift(batch)
            assert opened(folder).all_items == queue.all_items
            assert {f.name for f in Path(folder).iterdir()} <= {"queue.json", "queue.json.lock"}
        if queue.all_items:
            queue.mark_done(queue.all_items[place % len(queue.all_items)].request_id)
            assert opened(folder).all_items == queue.all_items
            assert opened(folder).get_pending() == queue.get_pending()
