"""Strangers: requests as named tuples and with slots, ids of other versions, work in another order, slow answers."""

from __future__ import annotations

import json
import os
import time
import uuid
from pathlib import Path
from typing import NamedTuple

import rules
from journal import Queue as Journal

FIELDS = (
    "request_id",
    "user_id",
    "bucket_start_ts",
    "bucket_end_ts",
    "reason",
    "confidence",
    "predicted_label",
    "created_at",
    "status",
)


class Ask(NamedTuple):
    """A request; its fields stand in another order than the contract's."""

    status: str
    created_at: object
    request_id: str
    user_id: str
    bucket_start_ts: object
    bucket_end_ts: object
    confidence: object
    predicted_label: object
    reason: str


class Slotted:
    """A request with slots, equal to itself alone."""

    __slots__ = FIELDS

    def __init__(self, **values):
        for name, value in values.items():
            setattr(self, name, value)


def version_7():
    """An id that begins with the time, as RFC 9562 has it."""
    number = (time.time_ns() // 1_000_000) << 80 | uuid.uuid4().int & ((1 << 80) - 1)
    number = number & ~(0xF << 76) | 7 << 76
    return str(uuid.UUID(int=number & ~(3 << 62) | 2 << 62))


class Lazy:
    """Writes before it remembers, forgets what it remembers, and builds its index when it is asked."""

    shape = Ask
    new_id = staticmethod(version_7)

    def __init__(self, queue_path, max_asks_per_day=20):
        self.path, self.cap = Path(queue_path), max_asks_per_day
        self._known = None
        self._index = None

    @property
    def known(self):
        if self._known is None:
            text = self.path.read_text() if self.path.exists() else "[]"
            self._known = [rules.from_text(values) for values in json.loads(text)]
        return self._known

    def store(self, known):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.parent / f".{uuid.uuid4().hex}"
        temporary.write_text(json.dumps([rules.to_text(values) for values in known]))
        os.rename(temporary, self.path)  # noqa: PTH104 - a stranger's way
        self._known = self._index = None

    def enqueue_low_confidence(self, predictions_df, threshold=0.55):
        return self.add(rules.selected(predictions_df, threshold), "low_confidence")

    def enqueue_drift(self, buckets):
        return self.add(buckets, "drift")

    def add(self, rows, reason):
        new = rules.added(self.known, rows, reason, self.new_id)
        if new:
            self.store([*self.known, *new])
        return len(new)

    def mark_done(self, request_id, status="labeled"):
        if self._index is None:
            self._index = {values["request_id"]: place for place, values in enumerate(self.known)}
        place = self._index.get(request_id)
        if place is None:
            return None
        values = self.known[place] | {"status": status}
        if values != self.known[place]:
            self.store([*self.known[:place], values, *self.known[place + 1 :]])
        return self.shape(**values)

    def get_pending(self, user_id=None, limit=None):
        return [self.shape(**values) for values in rules.pending(self.known, user_id, limit, self.cap)]

    @property
    def all_items(self):
        return [self.shape(**values) for values in self.known]


class Slots(Lazy):
    """Requests with slots, ids of version 1."""

    shape = Slotted
    new_id = staticmethod(lambda: str(uuid.uuid1()))


class Slow(Journal):
    """Takes its time for everything."""

    def replayed(self):
        time.sleep(0.002)
        return super().replayed()
