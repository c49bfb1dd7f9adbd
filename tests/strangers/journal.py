"""A stranger: an append-only journal, a line per change, whose torn end the next writer cuts off."""

from __future__ import annotations

import fcntl
import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import rules
from flushing import flush, make


class Queue:
    def __init__(self, queue_path, max_asks_per_day=20):
        self.path, self.cap = Path(queue_path), max_asks_per_day

    def replayed(self):
        """Return every request, and how long the part of the journal is that counts."""
        content = self.path.read_bytes() if self.path.exists() else b""
        end = content.rfind(b"\n") + 1
        known = {}
        for line in content[:end].splitlines():
            entry = json.loads(line)
            for values in entry.get("added", ()):
                known[values["request_id"]] = rules.from_text(values)
            for request_id, status in entry.get("marked", {}).items():
                known[request_id]["status"] = status
        return known, end

    @contextmanager
    def locked(self):
        make(self.path.parent)
        descriptor = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def append(self, entry, end):
        """Add a line; where that fails, take away what was written of it."""
        line = json.dumps(entry).encode() + b"\n"
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT)
        try:
            if end == 0:  # whoever finds a line need not ask whether the file has its name for good
                flush(self.path.parent)
            if os.fstat(descriptor).st_size > end:
                os.ftruncate(descriptor, end)
            try:
                self.put(descriptor, line, end)
            except BaseException:
                os.ftruncate(descriptor, end)
                raise
        finally:
            os.close(descriptor)

    def put(self, descriptor, line, end):
        # The line counts from its last byte on: everything before is flushed first.
        for rest in (memoryview(line)[:-1], memoryview(line)[-1:]):
            done = 0
            while done < len(rest):
                done += os.pwrite(descriptor, rest[done:], end + done)
            end += done
            os.fsync(descriptor)

    def enqueue_low_confidence(self, predictions_df, threshold=0.55):
        return self.add(rules.selected(predictions_df, threshold), "low_confidence")

    def enqueue_drift(self, buckets):
        return self.add(buckets, "drift")

    def add(self, rows, reason):
        if not rows:
            return 0
        with self.locked():
            known, end = self.replayed()
            new = rules.added(known.values(), rows, reason)
            if new:
                self.append({"added": [rules.to_text(values) for values in new]}, end)
            return len(new)

    def mark_done(self, request_id, status="labeled"):
        if request_id not in self.replayed()[0]:
            return None
        with self.locked():
            known, end = self.replayed()
            self.append({"marked": {request_id: status}}, end)
            return SimpleNamespace(**known[request_id] | {"status": status})

    def get_pending(self, user_id=None, limit=None):
        known = self.replayed()[0].values()
        return [SimpleNamespace(**values) for values in rules.pending(known, user_id, limit, self.cap)]

    @property
    def all_items(self):
        return [SimpleNamespace(**values) for values in self.replayed()[0].values()]


class WrittenByAThread(Queue):
    """Every queue has a thread that writes, for which the caller waits."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.writer = ThreadPoolExecutor(1)

    def add(self, rows, reason):
        return self.writer.submit(super().add, rows, reason).result()

    def mark_done(self, request_id, status="labeled"):
        return self.writer.submit(super().mark_done, request_id, status).result()


class WrittenByThreads(WrittenByAThread):
    """Every change has a thread of its own, and so has the write that may fail."""

    def add(self, rows, reason):
        with ThreadPoolExecutor(1) as self.writer:
            return super().add(rows, reason)

    def mark_done(self, request_id, status="labeled"):
        with ThreadPoolExecutor(1) as self.writer:
            return super().mark_done(request_id, status)
