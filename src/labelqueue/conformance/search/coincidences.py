"""Coincidences for the search: what chance alone hardly ever makes.

Many that wait, ranks that are level, the same time on clocks of different zones, the
beginning of an id, the same day of another month: each is one step or two, so that
the search need not hope for it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import rule

from labelqueue.conformance.search.rules import Rules
from labelqueue.conformance.steps import text_of
from labelqueue.contract import DEFAULT_LABEL_MAX_ASKS_PER_DAY

if TYPE_CHECKING:
    from labelqueue.conformance.cases import Case
    from labelqueue.spec import Seen

__all__ = ["MakesCoincidences"]

_FIRST: Final = datetime(2026, 1, 4, 6, tzinfo=UTC)
_NEARLY_AN_ID: Final[tuple[dict[str, Any], ...]] = (
    {"first": 1},
    {"first": 8},
    {"first": 35},
    {"spelled": "upper"},
    {"spelled": "hex"},
    {"spelled": "between blanks"},
)
_LEVEL: Final = (None, 0.0, -0.0, ..., -0.2)
"""Confidences that rank level, and one that does not; an ellipsis is left out."""


class MakesCoincidences(Rules):
    """The rule of the search that brings about what is rare."""

    case: Case
    has_clock: bool

    @property
    def now(self) -> datetime:
        """Where the clock stands; the search knows."""
        raise NotImplementedError

    @property
    def items(self) -> tuple[Seen, ...]:
        """What the queue holds; the search knows."""
        raise NotImplementedError

    def asking(self, data: st.DataObject) -> dict[str, Any]:
        """Make up a `get_pending`; the search does."""
        raise NotImplementedError

    @rule(data=st.data(), kind=st.sampled_from(("many", "level", "wall clock", "part", "wait", "wait", "level")))
    def bring_about_something_rare(self, data: st.DataObject, kind: str) -> None:
        """One of the coincidences."""
        if kind == "many":
            self._enqueue_many(data)
        elif kind == "level":
            confidences = data.draw(st.lists(st.sampled_from(_LEVEL), min_size=2, max_size=4))
            buckets = [self._bucket(data, place, confidence) for place, confidence in enumerate(confidences)]
            self._enqueue_and_ask(data, buckets)
        elif kind == "wall clock":
            self._read_the_same_time_elsewhere(data)
        elif kind == "part":
            place, change = data.draw(st.integers(0, 3)), data.draw(st.sampled_from(_NEARLY_AN_ID))
            self.take({"do": "mark_done", "request_id": {"$place": place} | change})
            self._return(data)
        else:
            self._wait(data)

    def _enqueue_many(self, data: st.DataObject) -> None:
        count = data.draw(st.sampled_from((22, 30, 7)))
        step = data.draw(st.sampled_from((7, 11)))
        # The confidences go up and down, so that those of one user are all over the order.
        self._enqueue_and_ask(data, [self._bucket(data, place, (place * step % count) / 64) for place in range(count)])
        for asked in ({}, {"user_id": self.users[0]}, {"user_id": self.users[1]}):
            self.take({"do": "get_pending"} | asked)
        if count > DEFAULT_LABEL_MAX_ASKS_PER_DAY:
            for cap in (None, self.case.max_asks_per_day):
                self.take({"do": "reopen", "max_asks_per_day": cap})
                self.take({"do": "get_pending"})

    def _bucket(self, data: st.DataObject, place: int, confidence: Any) -> dict[str, Any]:  # noqa: ANN401 - see _LEVEL
        start = _FIRST + timedelta(minutes=15 * place, hours=data.draw(st.integers(0, 2)) if place == 0 else 0)
        bucket = {
            "user_id": self.users[place * place % 3 % 2],
            "bucket_start_ts": start.isoformat(),
            "bucket_end_ts": (start + timedelta(hours=9)).isoformat(),
        }
        return bucket if confidence is ... else bucket | {"confidence": confidence}

    def _read_the_same_time_elsewhere(self, data: st.DataObject) -> None:
        end = "2026-01-12T00:00:00Z"
        zones = data.draw(st.permutations(("Z", "+05:45", "-03:30")))[:2]
        hour = data.draw(st.integers(10, 14))
        starts = [f"2026-01-10T{hour}:00:00{zone}" for zone in zones]
        buckets = [{"user_id": self.users[0], "bucket_start_ts": start, "bucket_end_ts": end} for start in starts]
        self._enqueue_and_ask(data, buckets)

    def _wait(self, data: st.DataObject) -> None:
        """Answer one, and ask again on the same day of another month, or right after midnight."""
        is_timed = self.has_clock and not self.case.runs
        if is_timed and data.draw(st.booleans()):
            self._set_clock(self.now.replace(hour=23, minute=59, second=59, microsecond=500_000))
        self._enqueue_and_ask(data, [self._bucket(data, place, None) for place in range(3)])
        self.take({"do": "mark_done", "request_id": {"$place": data.draw(st.integers(0, 2))}})
        if data.draw(st.booleans()):
            self.take({"do": "reopen", "max_asks_per_day": 2})
        self.take({"do": "get_pending"})
        if not is_timed:
            return
        now = self.now + timedelta(days=31)
        if data.draw(st.booleans()):
            now = self.now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        self._set_clock(now)
        self.take({"do": "get_pending"})

    def _return(self, data: st.DataObject) -> None:
        """Enqueue a bucket again once it is done, and then mark one that was done before."""
        bucket = self._bucket(data, 0, None)
        for _ in range(2):
            self.take({"do": "enqueue_drift", "buckets": [bucket]})
            self._mark_of(bucket, -1)
        self.take({"do": "enqueue_drift", "buckets": [bucket]})
        self._mark_of(bucket, data.draw(st.sampled_from((0, 1, -1))))
        self._enqueue_and_ask(data, [bucket])

    def _mark_of(self, bucket: dict[str, Any], which: int) -> None:
        """Mark one of the requests for a bucket, by its place among them, if there is any."""
        key = bucket["user_id"], datetime.fromisoformat(bucket["bucket_start_ts"])
        sound = [(place, request) for place, request in enumerate(self.items) if not request.problems_of_form]
        places = [place for place, request in sound if request.key == key]
        if places:
            self.take({"do": "mark_done", "request_id": {"$place": places[min(which, len(places) - 1)]}})

    def _set_clock(self, now: datetime) -> None:
        self.take({"do": "clock", "now": text_of(now)})

    def _enqueue_and_ask(self, data: st.DataObject, buckets: list[dict[str, Any]]) -> None:
        self.take({"do": "enqueue_drift", "buckets": buckets})
        self.take(self.asking(data))
