"""Enqueueing drift: buckets that drift detection flagged.

When the world has moved away from what the model was trained on, its confidence
is no guide; what drift detection flags is asked about whatever the confidence.
So there is no threshold here, and a confidence or a label may be unknown.
Otherwise a drift bucket is enqueued like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from labelqueue.spec.enq import wrong_moment, wrong_number, wrong_places, wrong_requests
from labelqueue.spec.requirement import requirement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labelqueue.spec.bucket import Bucket
    from labelqueue.spec.observation import Observation

__all__ = ["confidence_and_label_may_be_absent", "drift_has_no_threshold", "otherwise_as_low_confidence"]

_DRIFT: Final = ("enqueue_drift",)


def _lacks_a_key(bucket: Bucket) -> bool:
    return not {"confidence", "predicted_label"} <= bucket.keys


@requirement("DRIFT-1", profile="core", source="both", on=_DRIFT, when=lambda seen: bool(seen.expected))
def drift_has_no_threshold(seen: Observation) -> Iterator[str]:
    """Every mapping that is no duplicate MUST become one pending request with reason `drift`; there is no threshold.

    A confident prediction on drifted data is the most dangerous one.
    Implementations that share code with the other path filter these away.
    """
    yield from wrong_requests(seen, "drift")


@requirement(
    "DRIFT-2",
    profile="core",
    source="both",
    on=_DRIFT,
    when=lambda seen: any(map(_lacks_a_key, seen.expected)),
)
def confidence_and_label_may_be_absent(seen: Observation) -> Iterator[str]:
    """`confidence` and `predicted_label` MAY be absent, and MUST then be `None`.

    Unknown is not zero: a made-up 0.0, an empty text or NaN would be stored as if
    the model had said it.
    """
    yield from (
        f"a mapping without the key became no request: {b.start.isoformat()}" for b in seen.not_added if _lacks_a_key(b)
    )
    for bucket, request in seen.pairs:
        for field in ("confidence", "predicted_label"):
            if field not in bucket.keys and getattr(request, field) is not None:
                yield f"{field} was absent and became {getattr(request, field)!r}, expected None"


@requirement("DRIFT-3", profile="core", source="both", on=_DRIFT)
def otherwise_as_low_confidence(seen: Observation) -> Iterator[str]:
    """Drift MUST otherwise be as ENQ-3 to ENQ-7: values, moment, order, number; mappings handed in MUST NOT be changed and MAY have further keys.

    Two code paths drift apart: usually it is this one that forgets to count, to
    keep order, or to copy the mapping before it fills in what is absent.
    """
    yield from wrong_requests(seen, "drift")
    yield from wrong_moment(seen)
    yield from wrong_places(seen)
    yield from wrong_number(seen)
    if seen.changed_argument is not None:
        yield f"what was handed in was changed: {seen.changed_argument}"
