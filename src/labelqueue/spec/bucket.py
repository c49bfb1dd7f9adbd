"""The bucket: a row of a frame, or a mapping, as the caller handed it in, read by the rules for input.

Values come in the neutral form of a step: text, numbers, datetimes, `None` or
`Missing` for what is missing.  A bucket knows which rules it offends (IN), and whether
only the `input` profile says how to read it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final, NamedTuple

from labelqueue.spec.seen import utc

__all__ = ["Bucket", "Missing", "Offence", "Other", "has_lone_surrogate", "is_missing", "is_number"]

_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?")


class Offence(NamedTuple):
    """A rule that a call offends.

    Attributes:
        rule: The requirement, such as `IN-5`.
        place: The row, from 0, or `None` where it is about the whole call.
        column: The column, key or argument.
        value: What stands there.
    """

    rule: str
    place: int | None
    column: str
    value: Any


@dataclass(frozen=True, repr=False)
class Missing:
    """What a data library has for a missing value.

    Attributes:
        kind: Its name there: `NaT`, `NA`.
    """

    kind: str

    def __repr__(self) -> str:
        """Write it as its library does."""
        return self.kind


@dataclass(frozen=True)
class Other:
    """A value of a kind that belongs nowhere in a queue, and that its language or a library has.

    Attributes:
        kind: What it is: `bytes`, `date`, `duration_s`, `bool` (of a data library), `complex`.
        value: Its value as JSON.
    """

    kind: str
    value: Any = field(hash=False)

    def __repr__(self) -> str:
        """Write it as its kind, and its value."""
        return f"{self.kind}({self.value!r})"


def has_lone_surrogate(value: object) -> bool:
    """Whether a text holds what UTF-8 cannot carry."""
    return isinstance(value, str) and not value.isascii() and re.search("[\ud800-\udfff]", value) is not None


def is_number(value: object) -> bool:
    """Whether a value is a finite number that a double can hold."""
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # of an integer with hundreds of digits
        return False


def is_missing(value: object) -> bool:
    """Whether a value stands for "there is none"."""
    return value is None or isinstance(value, Missing) or (isinstance(value, float) and math.isnan(value))


def _moment(value: object) -> datetime | None:
    """Read a timestamp as it is written, or `None` where it is none."""
    if isinstance(value, str) and _ISO.fullmatch(value):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return None
    return value if isinstance(value, datetime) else None


@dataclass(frozen=True)
class Bucket:
    """A row of a frame, or a mapping, as the caller handed it in.

    Attributes:
        values: The values by column or key, in neutral form.
        is_row: Whether it is a row of a frame.
        is_finer: Whether a time in it is finer than a microsecond.

    Examples:
        >>> Bucket({"user_id": "ada", "confidence": 0.5}, is_row=True).is_selected(0.5)
        False
    """

    values: Mapping[str, Any] = field(hash=False)
    is_row: bool
    is_finer: bool = False

    @property
    def keys(self) -> frozenset[str]:
        """The columns or keys that it has."""
        return frozenset(self.values)

    @property
    def user_id(self) -> str:
        """Whose bucket it is."""
        user_id: str = self.values["user_id"]
        return user_id

    @cached_property
    def start(self) -> datetime:
        """The start as an instant, aware UTC; only of a bucket that offends nothing."""
        return utc(_moment(self.values["bucket_start_ts"]))  # type: ignore[arg-type]

    @cached_property
    def end(self) -> datetime:
        """The end as an instant, aware UTC; only of a bucket that offends nothing."""
        return utc(_moment(self.values["bucket_end_ts"]))  # type: ignore[arg-type]

    @cached_property
    def wall_start(self) -> datetime:
        """The start as it was written, without its offset."""
        return _moment(self.values["bucket_start_ts"]).replace(tzinfo=None)  # type: ignore[union-attr]

    @property
    def confidence(self) -> float | None:
        """The confidence; `None` where it is unknown."""
        value: float | None = self.values.get("confidence")
        return None if is_missing(value) else value

    @property
    def predicted_label(self) -> str | None:
        """The label as it must be stored; `None` where it is unknown."""
        value = self.values.get("predicted_label")
        return None if is_missing(value) else str(value)

    @property
    def key(self) -> tuple[str, datetime]:
        """User and start instant."""
        return self.user_id, self.start

    @property
    def is_beyond_core(self) -> bool:
        """Whether it is valid, but only the `input` profile says how to read it."""
        if self.is_finer:
            return True
        if any(has_lone_surrogate(value) for value in self.values.values()):
            return True
        if not self.is_row:
            return any(is_missing(value) and value is not None for value in self.values.values())
        label = self.values.get("predicted_label")
        return is_missing(self.values.get("confidence")) or not isinstance(label, str)

    def is_selected(self, threshold: float) -> bool:
        """Whether it is below the threshold, or its confidence unknown."""
        return self.confidence is None or self.confidence < threshold

    def offends_by_confidence(self) -> bool:
        """Whether the confidence is neither a finite number nor missing."""
        value = self.values.get("confidence")
        return not is_missing(value) and not is_number(value)

    def offences(self, place: int) -> Iterator[Offence]:
        """Every rule that it offends, were it selected; the confidence aside."""
        user_id, label = self.values["user_id"], self.values.get("predicted_label")
        if not isinstance(user_id, str):
            yield Offence("IN-3", place, "user_id", user_id)
        moments = {name: _moment(self.values[name]) for name in ("bucket_start_ts", "bucket_end_ts")}
        for name, moment in moments.items():
            if moment is None:
                yield Offence("IN-3", place, name, self.values[name])
        start, end = moments.values()
        if start is not None and end is not None and utc(end) <= utc(start):
            yield Offence("IN-3", place, "bucket_end_ts", self.values["bucket_end_ts"])
        if not self.is_row and not is_missing(label) and not isinstance(label, str):
            yield Offence("IN-7", place, "predicted_label", label)
        for name, value in (("user_id", user_id), ("predicted_label", label)):
            if has_lone_surrogate(value):
                yield Offence("IN-12", place, name, value)
