"""A stranger: a file for every request, and an intent of each change, flushed before any of them is touched.

An intent stays until the files that it names are known to be on the disk; who reads takes it for done.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import rules
from flushing import flush, make, write


class Queue:
    def __init__(self, queue_path, max_asks_per_day=20):
        self.path, self.cap = Path(queue_path), max_asks_per_day
        self.intents = self.path / "intents"

    def intended(self):
        """Return the whole lines of the intents, and how long they are."""
        content = self.intents.read_bytes() if self.intents.exists() else b""
        end = content.rfind(b"\n") + 1
        return [json.loads(line) for line in content[:end].splitlines()], end

    def known(self):
        """Return the requests by the names of their files, in order."""
        names = os.listdir(self.path) if self.path.exists() else []  # noqa: PTH208 - a pattern passes over errors
        texts = {name: json.loads((self.path / name).read_text()) for name in names if name.endswith(".json")}
        for change in self.intended()[0]:
            texts |= change
        return {name: rules.from_text(texts[name]) for name in sorted(texts)}

    def make(self):
        make(self.path)
        if not self.intents.exists():
            self.intents.touch()
            flush(self.path)

    def change(self, requests):
        """Store requests by the names of their files."""
        self.make()
        texts = {name: rules.to_text(values) for name, values in requests.items()}
        end = self.intended()[1]
        descriptor = os.open(self.intents, os.O_WRONLY | os.O_APPEND)
        try:
            os.ftruncate(descriptor, end)
            try:
                write(descriptor, json.dumps(texts).encode() + b"\n")
            except BaseException:
                os.ftruncate(descriptor, end)
                raise
            # From here on the change stands; whatever fails is done by the next change.
            try:
                with suppress(OSError):
                    self.do_what_is_intended()
                    os.ftruncate(descriptor, 0)
            except KeyboardInterrupt as interrupt:
                raise KeyboardInterrupt("the change stands all the same") from interrupt
        finally:
            os.close(descriptor)

    def do_what_is_intended(self):
        for change in self.intended()[0]:
            for name, values in change.items():
                new = self.path / f"{name}.new"
                with new.open("wb") as file:
                    write(file.fileno(), json.dumps(values).encode())
                new.replace(self.path / name)
        flush(self.path)

    def enqueue_low_confidence(self, predictions_df, threshold=0.55):
        return self.add(rules.selected(predictions_df, threshold), "low_confidence")

    def enqueue_drift(self, buckets):
        return self.add(buckets, "drift")

    def add(self, rows, reason):
        known = self.known()
        new = rules.added(known.values(), rows, reason)
        if new:
            self.change({f"{number:09}.json": values for number, values in enumerate(new, start=len(known))})
        return len(new)

    def mark_done(self, request_id, status="labeled"):
        for name, values in self.known().items():
            if values["request_id"] == request_id:
                marked = values | {"status": status}
                self.change({name: marked})
                return SimpleNamespace(**marked)
        return None

    def get_pending(self, user_id=None, limit=None):
        return [SimpleNamespace(**values) for values in rules.pending(self.known().values(), user_id, limit, self.cap)]

    @property
    def all_items(self):
        return [SimpleNamespace(**values) for values in self.known().values()]
