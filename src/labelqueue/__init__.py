"""The active labeling queue: canonical queue, specification as code, conformance kit.

This package's face is small: the request, the queue, the protocol that every
queue offers, two defaults and the errors.  The rules are in `labelqueue.spec`,
the kit is in `labelqueue.conformance`; neither is loaded by `import labelqueue`.
"""

from __future__ import annotations

from labelqueue.contract import (
    DEFAULT_LABEL_CONFIDENCE_THRESHOLD,
    DEFAULT_LABEL_MAX_ASKS_PER_DAY,
    LabelingQueue,
)
from labelqueue.errors import (
    InvalidInputError,
    InvalidRowsError,
    LabelQueueError,
    RowProblem,
    StoreBusyError,
    SubjectError,
    UnconfirmedChangeError,
    UnreadableStoreError,
)
from labelqueue.queue import ActiveLabelingQueue
from labelqueue.request import LabelRequest

__all__ = [
    "DEFAULT_LABEL_CONFIDENCE_THRESHOLD",
    "DEFAULT_LABEL_MAX_ASKS_PER_DAY",
    "ActiveLabelingQueue",
    "InvalidInputError",
    "InvalidRowsError",
    "LabelQueueError",
    "LabelRequest",
    "LabelingQueue",
    "RowProblem",
    "StoreBusyError",
    "SubjectError",
    "UnconfirmedChangeError",
    "UnreadableStoreError",
]
