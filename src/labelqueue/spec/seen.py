"""A request as it was seen from outside: nine values, as they came.

Nothing is coerced here, so that a requirement can say that a value is of the
wrong kind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from math import copysign
from operator import attrgetter
from typing import Any, Final

from labelqueue.errors import shown

__all__ = ["ABSENT", "FIELDS", "Seen", "differ", "utc"]

FIELDS: Final = (
    "request_id",
    "user_id",
    "bucket_start_ts",
    "bucket_end_ts",
    "reason",
    "confidence",
    "predicted_label",
    "created_at",
    "status",
)


_IS_OF_KIND: Final[dict[str, Callable[[Any], bool]]] = {
    "request_id": lambda value: isinstance(value, str),
    "user_id": lambda value: isinstance(value, str),
    "bucket_start_ts": lambda value: isinstance(value, datetime),
    "bucket_end_ts": lambda value: isinstance(value, datetime),
    "reason": lambda value: value in ("low_confidence", "drift"),
    # Languages without integers of their own may answer 0 for 0.0.
    "confidence": lambda value: value is None or type(value) is int or isinstance(value, float),
    "predicted_label": lambda value: value is None or isinstance(value, str),
    "created_at": lambda value: isinstance(value, datetime),
    "status": lambda value: value in ("pending", "labeled", "skipped"),
}


class _Absent:
    """What stands for a field that a request does not have, or an argument left out."""

    def __repr__(self) -> str:
        return "(absent)"


ABSENT: Final = _Absent()
"""What stands for a field that a request does not have, or for an argument left out."""


def utc(moment: datetime) -> datetime:
    """Return the instant as aware UTC; a naive one means UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def differ(one: Any, other: Any) -> bool:  # noqa: ANN401 - any values
    """Whether two values are not the same; of equal numbers, 0.0 and -0.0 are not.

    Examples:
        >>> differ(0.0, -0.0), differ(0.0, 0), differ("a", "a")
        (True, False, False)
    """
    return bool(one != other or (one == 0 and copysign(1, one) != copysign(1, other)))


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it was seen: nine values as they came, or `ABSENT`.

    Nothing is coerced, so that a requirement can say that a value is of the
    wrong kind; `further` names members that a request does not have.
    """

    request_id: Any
    user_id: Any
    bucket_start_ts: Any
    bucket_end_ts: Any
    reason: Any
    confidence: Any
    predicted_label: Any
    created_at: Any
    status: Any
    further: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, datetime]:
        """User and start instant: what the queue tells buckets apart by (DUP-2)."""
        return self.user_id, utc(self.bucket_start_ts)

    @property
    def rank(self) -> float:
        """Where it stands in the order of asking: its confidence, unknown as 0.0 (ORD-2)."""
        return 0.0 if self.confidence is None else self.confidence

    @property
    def is_pending(self) -> bool:
        """Whether it still waits for an answer."""
        return bool(self.status == "pending")

    @property
    def created_on(self) -> Any:  # noqa: ANN401 - a date, when created_at is a datetime
        """The UTC calendar day on which it was made."""
        return utc(self.created_at).date()

    @property
    def problems_of_form(self) -> list[str]:
        """Say which fields are missing, too many, or hold a value of another kind."""
        problems = [
            f"field {field} of a request is {shown(getattr(self, field))}"
            for field in FIELDS
            if not _IS_OF_KIND[field](getattr(self, field))
        ]
        problems.extend(f"a request has a further field {name}" for name in self.further)
        return problems

    def value(self, field: str) -> object:
        """The value of a field, written so that equal means the same to the bit."""
        value = getattr(self, field)
        if field == "confidence" and type(value) is int:  # another way to write the same number
            value = float(value)
        return repr(float(value)) if isinstance(value, float) else value

    def differs_from(self, other: Seen, *, but: tuple[str, ...] = ()) -> list[str]:
        """Name the fields whose values differ, to the bit."""
        return [
            field
            for field, one, two in zip(FIELDS, _values_of(self), _values_of(other), strict=True)
            # Of equal values only numbers may differ, such as 0.0 and -0.0.
            if (one != two or isinstance(one, (int, float)))
            and field not in but
            and self.value(field) != other.value(field)
        ]


_values_of: Final[Callable[[Seen], tuple[Any, ...]]] = attrgetter(*FIELDS)
