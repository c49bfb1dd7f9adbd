"""A state machine that makes every call on a queue and on the kit's naive model of one, and compares."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import time_machine
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from labelqueue.conformance.models.core import ModelQueue

FIELDS = ("user_id", "bucket_start_ts", "bucket_end_ts", "reason", "predicted_label", "created_at", "status")
NOW = datetime(2026, 1, 15, 23, 30, tzinfo=UTC)
START = datetime(2026, 1, 10, 9, tzinfo=UTC)

users = st.one_of(
    st.sampled_from(["ada", "Ada", "", "a\0", "\\0", 'a"\\', "é\x7f\n", "},\n  {", "x" * 3000]), st.text(max_size=3)
)
confidences = st.one_of(
    st.sampled_from([None, 0.0, -0.0, 0.3, 1e-5, 5e-324, 1e16]), st.floats(allow_nan=False, allow_infinity=False)
)


@st.composite
def buckets(draw):
    start = START + timedelta(microseconds=draw(st.integers(0, 3)), seconds=draw(st.integers(0, 1)))
    end = start + timedelta(microseconds=draw(st.integers(1, 2)))
    label = draw(st.one_of(st.none(), st.text(max_size=3)))
    return {"user_id": draw(users), "bucket_start_ts": start, "bucket_end_ts": end,
            "confidence": draw(confidences), "predicted_label": label}  # fmt: skip


class BesideTheModel(RuleBasedStateMachine):
    """Every call is made on both; what they return and hold is compared at once.

    The ids differ, and are matched by their place in enqueue order.
    """

    @initialize(cap=st.integers(0, 6))
    def open(self, cap):
        self.cap = cap
        self.model = ModelQueue(None, cap)
        self.queue = self.opened_anew()
        self.now = NOW

    def opened_anew(self):
        """Open the queue, with the cap, over what is stored."""
        raise NotImplementedError

    def on_both(self, call, expected=None):
        with time_machine.travel(self.now, tick=False):
            return call(self.queue), (expected or call)(self.model)

    def seen(self, requests, everything):
        places = {request.request_id: place for place, request in enumerate(everything)}
        return [
            (
                places[r.request_id],
                None if r.confidence is None else r.confidence.hex(),
                *(getattr(r, field) for field in FIELDS),
            )
            for r in requests
        ]

    @rule(rows=st.lists(buckets(), max_size=8))
    def enqueue_drift(self, rows):
        ours, expected = self.on_both(lambda queue: queue.enqueue_drift(rows))
        assert ours == expected

    @rule(user_id=st.one_of(st.none(), users), limit=st.one_of(st.none(), st.integers(0, 4)))
    def get_pending(self, user_id, limit):
        ours, expected = self.on_both(lambda queue: queue.get_pending(user_id, limit))
        assert self.seen(ours, self.queue.all_items) == self.seen(expected, self.model.all_items)

    @rule(place=st.integers(0, 100), status=st.sampled_from(["labeled", "skipped"]))
    def mark_done(self, place, status):
        if self.model.items:
            place %= len(self.model.items)
            ours, expected = self.on_both(lambda queue: queue.mark_done(queue.all_items[place].request_id, status))
            assert self.seen([ours], self.queue.all_items) == self.seen([expected], self.model.all_items)

    @rule(minutes=st.integers(1, 60))
    def wait(self, minutes):
        self.now += timedelta(minutes=minutes)

    @rule()
    def reopen(self):
        self.queue = self.opened_anew()

    @invariant()
    def hold_the_same(self):
        ours, expected = self.queue.all_items, self.model.all_items
        assert self.seen(ours, ours) == self.seen(expected, expected)
        assert len({request.request_id for request in ours}) == len(ours)
