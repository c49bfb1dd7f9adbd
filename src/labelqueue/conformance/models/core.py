"""The kit's own model of a queue: naive, over a plain list, read at a glance.

It is written apart from every implementation and shares nothing with one.  It
cross-checks what the hand-written cases expect, it goes beside every subject in
the search, and the mutants are a few lines on top of it; hence the small methods,
each of which holds one rule.

It keeps its list in a file as well, one line of JSON per request, so that it is a
subject like any other.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

__all__ = ["ModelQueue", "ModelRequest"]

_TIMES: Final = ("bucket_start_ts", "bucket_end_ts", "created_at")


@dataclass(frozen=True)
class ModelRequest:
    """A request of the model."""

    request_id: str
    user_id: str
    bucket_start_ts: datetime
    bucket_end_ts: datetime
    reason: str
    confidence: float | None
    predicted_label: str | None
    created_at: datetime
    status: str = "pending"


class ModelQueue:
    """A queue in the words of the contract, one rule per method.

    Args:
        queue_path: The file; `None` keeps the list in memory alone.
        max_asks_per_day: The cap.
    """

    default_threshold = 0.55

    def __init__(self, queue_path: Path | None, max_asks_per_day: int = 20) -> None:
        """Read the file, if there is one."""
        self.path = queue_path
        self.cap = max_asks_per_day
        self.items: list[Any] = []
        if queue_path is not None and queue_path.exists():
            self.items = self.load()

    # The public face.

    def enqueue_low_confidence(self, predictions_df: Any, threshold: float | None = None) -> int:  # noqa: ANN401
        """Add the rows of a pandas frame, or of a list of mappings, that are below the threshold."""
        if threshold is None:
            threshold = self.default_threshold
        return self.enqueue([r for r in self.rows(predictions_df) if self.is_below(r, threshold)], "low_confidence")

    def enqueue_drift(self, buckets: Sequence[Mapping[str, Any]]) -> int:
        """Add every mapping."""
        return self.enqueue(list(buckets), "drift")

    def get_pending(self, user_id: str | None = None, limit: int | None = None) -> list[Any]:
        """Return the beginning of the order of asking."""
        return self.cut(self.ordered(self.of_user(self.pending(), user_id)), limit)

    def mark_done(self, request_id: str, status: str = "labeled") -> Any:  # noqa: ANN401 - a request or None
        """Set the status of one request."""
        for place, request in enumerate(self.items):
            if request.request_id == request_id:
                self.items[place] = self.marked(request, status)
                self.save()
                return self.items[place]
        return None

    @property
    def all_items(self) -> list[Any]:
        """Every request."""
        return list(self.items)

    # The rules, one by one.

    def rows(self, frame: Any) -> list[Mapping[str, Any]]:  # noqa: ANN401 - a frame or a list
        """Take a frame apart."""
        return list(frame) if isinstance(frame, list) else frame.to_dict("records")

    def is_below(self, row: Mapping[str, Any], threshold: float) -> bool:
        """Whether a row is selected."""
        return bool(row["confidence"] < threshold)

    def enqueue(self, rows: list[Mapping[str, Any]], reason: str) -> int:
        """Add rows, but for duplicates."""
        now = self.now()
        added: list[Any] = []
        for row in rows:
            request = self.request(row, reason, now)
            if not self.is_taken(request, added):
                added.append(request)
        if added:
            self.items = self.with_added(added)
            self.save()
        return len(added)

    def with_added(self, added: list[Any]) -> list[Any]:
        """Where new requests go."""
        return [*self.items, *added]

    def is_taken(self, request: Any, added: list[Any]) -> bool:  # noqa: ANN401 - a request
        """Whether the bucket is pending already."""
        key = self.key(request)
        return any(self.key(other) == key and self.blocks(other) for other in chain(self.items, added))

    def blocks(self, request: Any) -> bool:  # noqa: ANN401 - a request
        """Whether a request keeps its bucket from being enqueued."""
        return bool(request.status == "pending")

    def key(self, request: Any) -> Any:  # noqa: ANN401 - a request, anything comparable
        """What tells buckets apart."""
        return request.user_id, request.bucket_start_ts

    def request(self, row: Mapping[str, Any], reason: str, now: datetime) -> Any:  # noqa: ANN401 - a request
        """Make a request of a row."""
        return ModelRequest(
            request_id=self.new_id(row),
            user_id=row["user_id"],
            bucket_start_ts=self.instant(row["bucket_start_ts"]),
            bucket_end_ts=self.instant(row["bucket_end_ts"]),
            reason=reason,
            confidence=self.confidence(row),
            predicted_label=self.label(row),
            created_at=now,
        )

    def new_id(self, row: Mapping[str, Any]) -> str:  # noqa: ARG002 - a mutant reads the row
        """An id that nothing else has."""
        return str(uuid4())

    def confidence(self, row: Mapping[str, Any]) -> float | None:
        """The confidence of a row."""
        return row.get("confidence")

    def label(self, row: Mapping[str, Any]) -> str | None:
        """The label of a row."""
        return row.get("predicted_label")

    def instant(self, value: Any) -> datetime:  # noqa: ANN401 - a timestamp of any kind
        """Read a timestamp as aware UTC."""
        if type(value).__name__ == "datetime64":
            value = value.astype("datetime64[us]").item()
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        if hasattr(value, "to_pydatetime"):
            value = value.to_pydatetime()
        return self.to_utc(value)

    def to_utc(self, moment: datetime) -> datetime:
        """Naive means UTC; another offset is converted."""
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)

    def pending(self) -> list[Any]:
        """The requests that wait."""
        return [request for request in self.items if request.status == "pending"]

    def of_user(self, requests: list[Any], user_id: str | None) -> list[Any]:
        """Those of a user."""
        return [request for request in requests if user_id is None or request.user_id == user_id]

    def ordered(self, requests: list[Any]) -> list[Any]:
        """The order of asking."""
        return sorted(requests, key=self.rank)

    def rank(self, request: Any) -> Any:  # noqa: ANN401 - a request, anything comparable
        """What the order goes by."""
        return 0.0 if request.confidence is None else request.confidence

    def cut(self, requests: list[Any], limit: int | None) -> list[Any]:
        """As many as the day and the limit allow."""
        most = self.remaining()
        return requests[: most if limit is None else min(most, limit)]

    def remaining(self) -> int:
        """What is left of the cap today."""
        return max(0, self.cap - sum(1 for request in self.items if self.counts(request)))

    def counts(self, request: Any) -> bool:  # noqa: ANN401 - a request
        """Whether a request has used up an ask of today."""
        return request.status != "pending" and self.day(request.created_at) == self.today()

    def day(self, moment: datetime) -> date:
        """The calendar day of a moment."""
        return moment.date()

    def today(self) -> date:
        """The calendar day of now."""
        return self.now().date()

    def now(self) -> datetime:
        """The moment of the call."""
        return datetime.now(UTC)

    def marked(self, request: Any, status: str) -> Any:  # noqa: ANN401 - a request
        """A request with another status."""
        return replace(request, status=status)

    # The file.

    def save(self) -> None:
        """Replace the file as a whole."""
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_name(self.path.name + ".new")
        temporary.write_text("".join(self.lines()), encoding="utf-8")
        os.replace(temporary, self.path)  # noqa: PTH105 - the one call that matters, by its name

    def lines(self) -> Iterator[str]:
        """The requests as text."""
        for request in self.items:
            values = {field.name: getattr(request, field.name) for field in fields(request)}
            yield json.dumps(values | {name: self.stored_time(values[name]) for name in _TIMES}) + "\n"

    def stored_time(self, moment: datetime) -> str:
        """A time as text."""
        return moment.isoformat()

    def load(self) -> list[Any]:
        """Read the file."""
        assert self.path is not None
        return [self.loaded(json.loads(line)) for line in self.path.read_text(encoding="utf-8").splitlines()]

    def loaded(self, values: dict[str, Any]) -> Any:  # noqa: ANN401 - a request
        """A request from its text."""
        return ModelRequest(**values | {name: datetime.fromisoformat(values[name]) for name in _TIMES})
