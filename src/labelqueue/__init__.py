"""The active labeling queue: canonical queue, specification as code, conformance kit.

This package's face is small: the request, the queue, the protocol that every
queue offers, two functions over any of them, two defaults and the errors.  The rules are in `labelqueue.spec`,
the kit is in `labelqueue.conformance`; neither is loaded by `import labelqueue`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from labelqueue.lazy import lazily

if TYPE_CHECKING:
    from labelqueue.bucket import mark_bucket_done
    from labelqueue.contract import (
        DEFAULT_LABEL_CONFIDENCE_THRESHOLD,
        DEFAULT_LABEL_MAX_ASKS_PER_DAY,
        LabelingQueue,
    )
    from labelqueue.errors import (
        InvalidInputError,
        InvalidRowsError,
        LabelQueueError,
        NewerSchemaError,
        OutcomeUnknownError,
        RowProblem,
        StoreBusyError,
        StoreFailedError,
        SubjectError,
        UnconfirmedChangeError,
        UnreadableStoreError,
    )
    from labelqueue.explanation import PendingExplanation, explain_pending
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
    "NewerSchemaError",
    "OutcomeUnknownError",
    "PendingExplanation",
    "RowProblem",
    "StoreBusyError",
    "StoreFailedError",
    "SubjectError",
    "UnconfirmedChangeError",
    "UnreadableStoreError",
    "explain_pending",
    "mark_bucket_done",
]

# Loaded when they are asked for: a program that may need a queue starts at once,
# and one that has an error to catch needs no model for it.
_WHERE: Final = {
    "DEFAULT_LABEL_CONFIDENCE_THRESHOLD": "contract",
    "DEFAULT_LABEL_MAX_ASKS_PER_DAY": "contract",
    "ActiveLabelingQueue": "queue",
    "InvalidInputError": "errors",
    "InvalidRowsError": "errors",
    "LabelQueueError": "errors",
    "LabelRequest": "request",
    "LabelingQueue": "contract",
    "NewerSchemaError": "errors",
    "OutcomeUnknownError": "errors",
    "PendingExplanation": "explanation",
    "RowProblem": "errors",
    "StoreBusyError": "errors",
    "StoreFailedError": "errors",
    "SubjectError": "errors",
    "UnconfirmedChangeError": "errors",
    "UnreadableStoreError": "errors",
    "explain_pending": "explanation",
    "mark_bucket_done": "bucket",
}

__getattr__ = lazily(__name__, _WHERE)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
