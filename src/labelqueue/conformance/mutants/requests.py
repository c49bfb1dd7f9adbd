"""Mutants of REQ: ids, times and values of a request."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from labelqueue.conformance.models.core import ModelQueue, ModelRequest
from labelqueue.conformance.mutants.mutant import mutant


@mutant("REQ-1")
class FurtherField(ModelQueue):
    """A request carries a field of the implementation's own."""

    def request(self, row: Mapping[str, Any], reason: str, now: datetime) -> Any:
        @dataclass(frozen=True)
        class Served(ModelRequest):
            served: int = 0

        return Served(**asdict(super().request(row, reason, now)))


@mutant("REQ-1")
class MarkedWithAMoment(ModelQueue):
    """A request that is marked is given the moment as well."""

    def marked(self, request: Any, status: str) -> Any:
        marked = super().marked(request, status)
        vars(marked)["done_at"] = self.now()
        return marked


@mutant("REQ-1")
class TimesComeBackAsText(ModelQueue):
    """Times are not read back from the text that they were stored as."""

    def loaded(self, values: dict[str, Any]) -> Any:
        return ModelRequest(**values)


@mutant("REQ-2")
class IdOfTheBucket(ModelQueue):
    """The id is derived from user and start, so that it comes back with the bucket."""

    def new_id(self, row: Mapping[str, Any]) -> str:
        return str(uuid5(NAMESPACE_URL, f"{row['user_id']}/{self.instant(row['bucket_start_ts'])}"))


@mutant("REQ-2")
class IdCountsFromOne(ModelQueue):
    """The id is a counter that starts again in every process."""

    counted = 0

    def new_id(self, row: Mapping[str, Any]) -> str:  # noqa: ARG002
        self.counted += 1
        return str(UUID(int=self.counted))


@mutant("REQ-2")
class IdOfTheProgramsGenerator(ModelQueue):
    """The id is of the generator that the program may seed, and that many seed with the same number at each start."""

    def new_id(self, row: Mapping[str, Any]) -> str:  # noqa: ARG002
        return str(UUID(int=random.getrandbits(128), version=4))


@mutant("REQ-2")
class IdWithoutHyphens(ModelQueue):
    """The id is the UUID's hexadecimal digits alone."""

    def new_id(self, row: Mapping[str, Any]) -> str:  # noqa: ARG002
        return uuid4().hex


@mutant("REQ-3")
class NaiveIsLocal(ModelQueue):
    """A naive time is taken for the machine's local one."""

    def to_utc(self, moment: datetime) -> datetime:
        return moment.astimezone(UTC)


@mutant("REQ-3")
class OffsetDropped(ModelQueue):
    """An offset is cut off instead of converted."""

    def to_utc(self, moment: datetime) -> datetime:
        return moment.replace(tzinfo=UTC)


@mutant("REQ-3")
class OffsetKept(ModelQueue):
    """An aware time is kept at the offset at which it came."""

    def to_utc(self, moment: datetime) -> datetime:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


@mutant("REQ-3")
class WholeMilliseconds(ModelQueue):
    """Times are kept to the millisecond."""

    def to_utc(self, moment: datetime) -> datetime:
        utc = super().to_utc(moment)
        return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


@mutant("REQ-3")
class DigitsAreMicroseconds(ModelQueue):
    """The digits of a fraction are read as a number of microseconds, however many there are."""

    def instant(self, value: Any) -> datetime:
        if isinstance(value, str):
            value = re.sub(r"(?<=\.)\d+", lambda digits: f"{int(digits[0]):06}", value)
        return super().instant(value)


@mutant("REQ-4")
class UpsertsTheConfidence(ModelQueue):
    """A duplicate brings the pending request's confidence up to date."""

    def is_taken(self, request: Any, added: list[Any]) -> bool:
        for place, other in enumerate(self.items):
            if self.blocks(other) and self.key(other) == self.key(request):
                self.items[place] = replace(other, confidence=request.confidence)
        return super().is_taken(request, added)


@mutant("REQ-4")
class MarkingTouchesCreatedAt(ModelQueue):
    """Marking done sets `created_at` to the moment of the answer."""

    def marked(self, request: Any, status: str) -> Any:
        return replace(request, status=status, created_at=self.now())


@mutant("REQ-4")
class UnknownShownAsZero(ModelQueue):
    """An unknown confidence is handed out as 0.0."""

    def cut(self, requests: list[Any], limit: int | None) -> list[Any]:
        return [replace(r, confidence=r.confidence or 0.0) for r in super().cut(requests, limit)]
