"""The request: one ask that a human label a bucket.

Serves REQ-1 to REQ-4.  The model holds values and nothing else; what may happen
to a request is the business of the queue.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from labelqueue.contract import Reason, Status
from labelqueue.instant import instant_from

__all__ = ["LabelRequest"]

_Instant = Annotated[datetime, BeforeValidator(instant_from)]


class LabelRequest(BaseModel):
    """One ask that a human label a bucket, frozen.

    Timestamps are aware UTC however they came in.
    Members of a queue file that are not in this list are kept beside the nine
    fields (`model_extra`) and are written back ([FILE-5][]); requests that the
    queue itself makes have none.

    Requirements:
        [REQ-1][], [REQ-2][], [REQ-3][], [REQ-4][]

    Examples:
        >>> request = LabelRequest(
        ...     request_id="8404cad7-47d4-4b22-b364-a726a3573615",
        ...     user_id="ada",
        ...     bucket_start_ts="2026-01-01T09:00:00+01:00",
        ...     bucket_end_ts="2026-01-01T09:15:00+01:00",
        ...     reason="drift",
        ...     created_at="2026-01-01T12:00:00Z",
        ... )
        >>> request.bucket_start_ts.isoformat(), request.status
        ('2026-01-01T08:00:00+00:00', 'pending')
    """

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)

    request_id: str = Field(description="A UUID, unique in the queue.")
    user_id: str = Field(description="Whose bucket needs a label.")
    bucket_start_ts: _Instant = Field(description="Start of the bucket, aware UTC.")
    bucket_end_ts: _Instant = Field(description="End of the bucket, aware UTC, exclusive.")
    reason: Reason = Field(description="Why the bucket was enqueued.")
    confidence: float | None = Field(
        default=None,
        description="Model confidence when enqueued, finite; `None` when unknown.",
    )
    predicted_label: str | None = Field(
        default=None,
        description="Model prediction when enqueued; `None` when unknown.",
    )
    created_at: _Instant = Field(description="When the request was made, aware UTC.")
    status: Status = Field(default="pending", description="Lifecycle state.")
