"""The kit's model over one JSON file that others may read and write: naive, whole at every call.

It cross-checks the cases of the `file` profile, and the mutants of FILE are a few
lines on top of it.  It reads with the specification's own reader and remembers
nothing between two calls.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from labelqueue.conformance.models.core import ModelRequest
from labelqueue.conformance.models.input import InputQueue, Row
from labelqueue.spec.queue_file import NoQueueFileError, items_of
from labelqueue.spec.seen import FIELDS

__all__ = ["JsonQueue"]

_TIMES: Final = ("bucket_start_ts", "bucket_end_ts", "created_at")
_DEFAULTS: Final = {"confidence": None, "predicted_label": None, "status": "pending"}


class JsonQueue(InputQueue):
    """A queue over a JSON array in a file."""

    path: Path

    def __init__(self, queue_path: Path, max_asks_per_day: Any = 20) -> None:  # noqa: ANN401
        """Read the file, if there is one."""
        self.unknown: dict[str, dict[str, Any]] = {}
        super().__init__(queue_path, max_asks_per_day)

    def enqueue_low_confidence(self, predictions_df: Any, threshold: Any = 0.55) -> int:  # noqa: ANN401
        """Look at the file first."""
        self.look()
        return super().enqueue_low_confidence(predictions_df, threshold)

    def enqueue_drift(self, buckets: Sequence[Row]) -> int:
        """Look at the file first."""
        self.look()
        return super().enqueue_drift(buckets)

    def get_pending(self, user_id: str | None = None, limit: Any = None) -> list[Any]:  # noqa: ANN401
        """Look at the file first."""
        self.look()
        return super().get_pending(user_id, limit)

    def mark_done(self, request_id: str, status: Any = "labeled") -> Any:  # noqa: ANN401
        """Look at the file first."""
        self.look()
        return super().mark_done(request_id, status)

    @property
    def all_items(self) -> list[Any]:
        """Look at the file first."""
        self.look()
        return list(self.items)

    def look(self) -> None:
        """See the file as it now is."""
        self.items = self.load() if self.path.exists() else []

    # Reading.

    def load(self) -> list[Any]:
        """Read the file."""
        items = self.parsed(self.read())
        self.unknown = {item["request_id"]: self.unknown_in(item) for item in items}
        return [self.loaded(item) for item in items]

    def read(self) -> bytes:
        """All that the file holds."""
        return self.path.read_bytes()

    def parsed(self, content: bytes) -> list[dict[str, Any]]:
        """Read bytes as a queue file; an error names the file, the item and the field."""
        try:
            return items_of(content)
        except NoQueueFileError as error:
            raise ValueError(f"{self.path}: {error}") from error

    def loaded(self, values: dict[str, Any]) -> Any:  # noqa: ANN401
        """A request from its object."""
        known = _DEFAULTS | {name: values[name] for name in FIELDS if name in values}
        return ModelRequest(**known | {name: self.loaded_time(known[name]) for name in _TIMES})

    def loaded_time(self, text: str) -> datetime:
        """A time from its text."""
        return self.to_utc(datetime.fromisoformat(text))

    def unknown_in(self, item: dict[str, Any]) -> dict[str, Any]:
        """The members that a queue does not know."""
        return {name: value for name, value in item.items() if name not in FIELDS}

    # Writing.

    def save(self) -> None:
        """Replace the file as a whole: its target, with its permission bits."""
        target = self.path.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(target.name + ".new")
        temporary.write_bytes(self.content())
        if target.exists():
            temporary.chmod(target.stat().st_mode)
        os.replace(temporary, target)  # noqa: PTH105 - the one call that matters, by its name

    def content(self) -> bytes:
        """The bytes of the file."""
        return json.dumps([self.item(request) for request in self.items], indent=2).encode("ascii")

    def item(self, request: Any) -> dict[str, Any]:  # noqa: ANN401
        """The object of a request."""
        values = {field.name: getattr(request, field.name) for field in fields(request)}
        times = {name: self.stored_time(values[name]) for name in _TIMES}
        return values | times | self.unknown.get(request.request_id, {})

    def stored_time(self, moment: datetime) -> str:
        """A time as text."""
        return moment.isoformat().replace("+00:00", "Z")
