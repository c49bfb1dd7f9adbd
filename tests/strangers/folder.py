"""A stranger: a folder of many files, of which one names those that count."""

from __future__ import annotations

import fcntl
import json
import os
import uuid
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from types import SimpleNamespace

import rules


class Queue:
    def __init__(self, queue_path, max_asks_per_day=20):
        self.path, self.cap = Path(queue_path), max_asks_per_day

    def names(self):
        head = self.path / "head"
        return json.loads(head.read_text()) if head.exists() else []

    def batches(self):
        texts = [(self.path / name).read_text() for name in self.names()]
        return [list(map(rules.from_text, json.loads(text))) for text in texts]

    def known(self):
        return list(chain.from_iterable(self.batches()))

    @contextmanager
    def locked(self):
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def written(self, batch):
        name = f"{uuid.uuid4().hex}.json"
        (self.path / name).write_text(json.dumps(list(map(rules.to_text, batch))))
        return name

    def point_to(self, names):
        new = self.path / "head.new"
        new.write_text(json.dumps(names))
        os.replace(new, self.path / "head")  # noqa: PTH105 - a stranger's way

    def enqueue_low_confidence(self, predictions_df, threshold=0.55):
        return self.add(rules.selected(predictions_df, threshold), "low_confidence")

    def enqueue_drift(self, buckets):
        return self.add(buckets, "drift")

    def add(self, rows, reason):
        if not rows or (self.path.exists() and not rules.added(self.known(), rows, reason)):
            return 0
        with self.locked():
            new = rules.added(self.known(), rows, reason)
            self.point_to([*self.names(), self.written(new)])
            return len(new)

    def mark_done(self, request_id, status="labeled"):
        if all(values["request_id"] != request_id for values in self.known()):
            return None
        with self.locked():
            names = self.names()
            for number, batch in enumerate(self.batches()):
                for place, values in enumerate(batch):
                    if values["request_id"] == request_id:
                        batch[place] = values | {"status": status}
                        names[number] = self.written(batch)
                        self.point_to(names)
                        return SimpleNamespace(**batch[place])
            return None

    def get_pending(self, user_id=None, limit=None):
        return [SimpleNamespace(**values) for values in rules.pending(self.known(), user_id, limit, self.cap)]

    @property
    def all_items(self):
        return [SimpleNamespace(**values) for values in self.known()]
