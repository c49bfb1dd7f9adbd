"""The cross-check: the kit's own model does what the subject was asked to do.

The requirements are the judge; the model is a second opinion, for what no
requirement has an eye for.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from labelqueue.conformance.models.core import ModelQueue
from labelqueue.spec import Observation, Seen

__all__ = ["GENERAL", "Beside", "disagreement"]

GENERAL: Final = {
    "enqueue_low_confidence": "ENQ-3",
    "enqueue_drift": "DRIFT-1",
    "get_pending": "CAP-2",
    "mark_done": "DONE-1",
    "reopen": "KEEP-1",
}
"""The requirement that an operation as a whole falls under, where no other speaks."""


class Beside(ModelQueue):
    """The model beside a subject: its clock is the subject's, wherever that is."""

    moment: datetime

    def now(self) -> datetime:
        """The moment of the subject's call."""
        return self.moment


def _is_sound(request: Seen) -> bool:
    """Whether there is what the order, the day and the bucket of a request are made of."""
    return (
        isinstance(request.bucket_start_ts, datetime)
        and isinstance(request.created_at, datetime)
        and isinstance(request.user_id, str)
        and isinstance(request.confidence, int | float | None)
    )


def disagreement(model: Beside, seen: Observation) -> tuple[str, str] | None:
    """Do with the model what was done with the subject, and compare.

    The model takes over the ids that the subject gave, place by place.

    Returns:
        The general requirement of the operation and what differs, or `None`.
    """
    call = seen.call
    if call.is_beyond_core or call.do == "store" or seen.is_tainted or not all(map(_is_sound, model.items)):
        # The model knows `core` alone, and can do nothing with a time that is a text.
        model.items = list(seen.after)
        return None
    model.cap, model.moment = seen.cap, seen.now
    rows = [
        {
            "user_id": bucket.user_id,
            "bucket_start_ts": bucket.start,
            "bucket_end_ts": bucket.end,
            "confidence": bucket.confidence,
            "predicted_label": bucket.predicted_label,
        }
        for bucket in call.buckets
    ]
    expected: Any = None
    if call.do == "enqueue_low_confidence":
        expected = model.enqueue_low_confidence(rows, seen.threshold)
    elif call.do == "enqueue_drift":
        expected = model.enqueue_drift(rows)
    elif call.do == "get_pending":
        expected = [request.request_id for request in model.get_pending(call.user_id, call.limit)]
    elif call.do == "mark_done":
        marked = model.mark_done(call.request_id or "", call.status if isinstance(call.status, str) else "labeled")
        expected = None if marked is None else marked.status
    else:
        return None
    got = seen.result
    if call.do == "get_pending":
        got = [request.request_id for request in seen.returned]
    elif isinstance(got, Seen):
        got = got.status
    items = [(r.user_id, r.bucket_start_ts, r.status) for r in model.items]
    agree = expected == got and items == [(r.user_id, r.bucket_start_ts, r.status) for r in seen.after]
    # From here on the two go together, whatever happened.
    model.items = list(seen.after)
    return None if agree else (GENERAL[call.do], f"the model answers {expected!r}, the subject {got!r}")
