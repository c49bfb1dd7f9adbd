"""A stranger: a folder of two files that are written over in turn; of those that are whole, the later one counts."""

from __future__ import annotations

import contextlib
import json
import os
import zlib
from pathlib import Path
from types import SimpleNamespace

import rules
from flushing import flush, make, write


class Queue:
    def __init__(self, queue_path, max_asks_per_day=20):
        self.path, self.cap = Path(queue_path), max_asks_per_day

    def slot(self, change):
        return self.path / ("even", "odd")[change % 2]

    def in_slot(self, change):
        """Return the number of a change and what is there behind it; nothing is there before the first."""
        try:
            content = self.slot(change).read_bytes()
        except FileNotFoundError:
            return 0, []
        return self.whole(content)

    def whole(self, content):
        checksum, _, body = content.partition(b"\n")
        return json.loads(body) if checksum == b"%d" % zlib.crc32(body) else (0, [])

    def last(self):
        change, texts = max((self.in_slot(0), self.in_slot(1)), key=lambda found: found[0])
        return change, list(map(rules.from_text, texts))

    def store(self, change, requests):
        if not self.path.exists():
            make(self.path)
        body = json.dumps([change, list(map(rules.to_text, requests))]).encode()
        descriptor = os.open(self.slot(change), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        try:
            try:
                flush(self.path)
                write(descriptor, b"%d\n%s" % (zlib.crc32(body), body))
            except BaseException as error:
                # What may be whole already must not count any more.
                try:
                    os.ftruncate(descriptor, 0)
                    os.fsync(descriptor)
                except OSError:
                    error.add_note("the change may stand")
                raise
        finally:
            os.close(descriptor)

    def enqueue_low_confidence(self, predictions_df, threshold=0.55):
        return self.add(rules.selected(predictions_df, threshold), "low_confidence")

    def enqueue_drift(self, buckets):
        return self.add(buckets, "drift")

    def add(self, rows, reason):
        change, known = self.last()
        new = rules.added(known, rows, reason)
        if new:
            self.store(change + 1, known + new)
        return len(new)

    def mark_done(self, request_id, status="labeled"):
        change, known = self.last()
        for place, values in enumerate(known):
            if values["request_id"] == request_id:
                known[place] = values | {"status": status}
                self.store(change + 1, known)
                return SimpleNamespace(**known[place])
        return None

    def get_pending(self, user_id=None, limit=None):
        return [SimpleNamespace(**values) for values in rules.pending(self.last()[1], user_id, limit, self.cap)]

    @property
    def all_items(self):
        return [SimpleNamespace(**values) for values in self.last()[1]]


class TakesTheOther(Queue):
    """A slot that cannot be read counts for none."""

    def in_slot(self, change):
        with contextlib.suppress(OSError):
            return super().in_slot(change)
        return 0, []


class StumblesOverHalf(Queue):
    """A slot is taken for whole, or for a fault of the disk, where it is not empty."""

    def whole(self, content):
        return json.loads(content.partition(b"\n")[2]) if content else (0, [])


class Beside(Queue):
    """Lies beside the path that it was given, at which there is nothing."""

    def __init__(self, queue_path, max_asks_per_day=20):
        super().__init__(f"{queue_path}.d", max_asks_per_day)
