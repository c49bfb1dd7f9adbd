"""Mutants of CAP: how many asks a day has."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, ClassVar

from labelqueue.conformance.models.core import ModelQueue
from labelqueue.conformance.mutants.mutant import mutant


@mutant("CAP-1")
class CapOfTwentyFive(ModelQueue):
    """The cap defaults to 25."""

    def __init__(self, queue_path: Path | None, max_asks_per_day: int = 25) -> None:
        super().__init__(queue_path, max_asks_per_day)


@mutant("CAP-2")
class NegativeRemainder(ModelQueue):
    """A negative remainder slices from the end."""

    def remaining(self) -> int:
        return self.cap - sum(1 for request in self.items if self.counts(request))


@mutant("CAP-2", "CAP-3", "CAP-5")
class DayEndsAtItsLastSecond(ModelQueue):
    """The day is taken to end at 23:59:59, so that what was made within that second uses up nothing."""

    def counts(self, request: Any) -> bool:
        return super().counts(request) and request.created_at.time() <= time(23, 59, 59)


@mutant("CAP-2")
class LocalDay(ModelQueue):
    """The day is that of the machine's zone."""

    def day(self, moment: datetime) -> date:
        return moment.astimezone().date()

    def today(self) -> date:
        return self.now().astimezone().date()


@mutant("CAP-2")
class OneTooFew(ModelQueue):
    """The last ask of the day is held back."""

    def cut(self, requests: list[Any], limit: int | None) -> list[Any]:
        most = max(0, self.remaining() - 1)
        return requests[: most if limit is None else min(most, limit)]


@mutant("CAP-2")
class CountsTheNewestAlone(ModelQueue):
    """What is done today is looked for among the newest thirty."""

    def counts(self, request: Any) -> bool:
        return super().counts(request) and any(request is one for one in self.items[-30:])


@mutant("CAP-2")
class CountsWhenAllIsRead(ModelQueue):
    """How many were done today is counted when all is read, and remembered."""

    done_today: int | None = None

    def remaining(self) -> int:
        if self.done_today is None:
            self.done_today = sum(map(self.counts, self.items))
        return max(0, self.cap - self.done_today)

    @property
    def all_items(self) -> list[Any]:
        self.done_today = None
        return super().all_items


@mutant("CAP-2")
class DayOfConstruction(ModelQueue):
    """The day is the one on which the queue was opened."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.opened = super().today()

    def today(self) -> date:
        return self.opened


@mutant("CAP-3")
class SkippedIsFree(ModelQueue):
    """Only labeled requests count."""

    def counts(self, request: Any) -> bool:
        return super().counts(request) and request.status == "labeled"


@mutant("CAP-3")
class PendingCounts(ModelQueue):
    """Whatever was created today counts."""

    def counts(self, request: Any) -> bool:
        return bool(self.day(request.created_at) == self.today())


@mutant("CAP-3")
class ShownCounts(ModelQueue):
    """What was shown is counted as asked."""

    asked = 0

    def cut(self, requests: list[Any], limit: int | None) -> list[Any]:
        answer = super().cut(requests, limit)
        self.asked += len(answer)
        return answer

    def remaining(self) -> int:
        return max(0, super().remaining() - self.asked)


@mutant("CAP-4")
class BudgetPerUser(ModelQueue):
    """A call that is filtered by user counts that user's requests alone."""

    asking: str | None = None

    def of_user(self, requests: list[Any], user_id: str | None) -> list[Any]:
        self.asking = user_id
        return super().of_user(requests, user_id)

    def counts(self, request: Any) -> bool:
        return super().counts(request) and self.asking in (None, request.user_id)


@mutant("CAP-4")
class DriftIsFree(ModelQueue):
    """Drift does not count."""

    def counts(self, request: Any) -> bool:
        return super().counts(request) and request.reason != "drift"


@mutant("CAP-5")
class CountsTheLastDay(ModelQueue):
    """What was created within 24 hours counts."""

    def counts(self, request: Any) -> bool:
        return bool(request.status != "pending" and self.now() - request.created_at < timedelta(days=1))


@mutant("CAP-5")
class EveryDoneOneCounts(ModelQueue):
    """Requests of earlier days count, too."""

    def counts(self, request: Any) -> bool:
        return bool(request.status != "pending")


@mutant("CAP-5")
class DayOfTheMonth(ModelQueue):
    """Days are compared by their number in the month."""

    def counts(self, request: Any) -> bool:
        return bool(request.status != "pending" and request.created_at.day == self.now().day)


@mutant("CAP-6")
class LimitLiftsTheCap(ModelQueue):
    """A limit takes the place of the cap."""

    def cut(self, requests: list[Any], limit: int | None) -> list[Any]:
        return requests[: self.remaining() if limit is None else limit]


@mutant("CAP-6")
class LimitCountsWhatIsDone(ModelQueue):
    """What is done today is taken off the limit as well."""

    def cut(self, requests: list[Any], limit: int | None) -> list[Any]:
        used = self.cap - self.remaining()
        return super().cut(requests, None if limit is None else max(0, limit - used))


@mutant("CAP-6")
class LimitOfZeroIsNone(ModelQueue):
    """A limit of 0 is taken for none."""

    def cut(self, requests: list[Any], limit: int | None) -> list[Any]:
        return super().cut(requests, limit or None)


@mutant("CAP-7")
class CapOfZeroIsNone(ModelQueue):
    """A cap of 0 is taken for the default."""

    def __init__(self, queue_path: Path | None, max_asks_per_day: int = 20) -> None:
        super().__init__(queue_path, max_asks_per_day or 20)


@mutant("CAP-7")
class CapOfZeroRefusesRequests(ModelQueue):
    """A cap of 0 takes in nothing."""

    def enqueue(self, rows: list[Any], reason: str) -> int:
        return super().enqueue(rows, reason) if self.cap else 0


@mutant("CAP-8")
class CapStopsAnswers(ModelQueue):
    """An answer is refused when the day is used up."""

    def mark_done(self, request_id: str, status: str = "labeled") -> Any:
        return super().mark_done(request_id, status) if self.remaining() else None


@mutant("CAP-8")
class LastOpenedSetsTheCap(ModelQueue):
    """The cap is kept by path, so that whoever opens a store last sets it for all its instances."""

    caps: ClassVar[dict[Path, int]] = {}

    def __init__(self, queue_path: Path, max_asks_per_day: int = 20) -> None:
        super().__init__(queue_path, max_asks_per_day)
        self.caps[queue_path] = self.cap
        self.queue_path = queue_path

    def remaining(self) -> int:
        self.cap = self.caps[self.queue_path]
        return super().remaining()


@mutant("CAP-8")
class CapIsStored(ModelQueue):
    """The cap of the first instance is kept beside the store."""

    def __init__(self, queue_path: Path, max_asks_per_day: int = 20) -> None:
        super().__init__(queue_path, max_asks_per_day)
        self.kept = queue_path.with_suffix(".cap")
        if self.kept.exists():
            self.cap = json.loads(self.kept.read_text(encoding="utf-8"))

    def save(self) -> None:
        super().save()
        self.kept.write_text(json.dumps(self.cap), encoding="utf-8")
