"""Pairs: the calls of two clients that are made to overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from labelqueue.conformance.crash.scenes import CROWD

if TYPE_CHECKING:
    from labelqueue.conformance.crash.scenes import Scene
    from labelqueue.conformance.steps import Step

__all__ = [
    "FAILING",
    "LATE",
    "LINKED",
    "LOOK",
    "LOOKED_AT",
    "MANY",
    "PAIRS",
    "PARTS",
    "PREPARED",
    "READINGS",
    "SEEN_IN_ORDER",
    "TIMED",
    "UNLOCKED",
    "Pair",
    "while_tidying",
]


def _bucket(minute: int) -> dict[str, Any]:
    start, end = f"2026-01-10T09:{minute:02}:00Z", f"2026-01-10T10:{minute:02}:00Z"
    return {"user_id": "ada", "bucket_start_ts": start, "bucket_end_ts": end}


def _drift(*minutes: int) -> Step:
    return {"do": "enqueue_drift", "buckets": [_bucket(minute) for minute in minutes]}


def _low(*minutes: int) -> Step:
    rows = [{**_bucket(minute), "confidence": 0.25, "predicted_label": "coding"} for minute in minutes]
    return {"do": "enqueue_low_confidence", "rows": rows}


def _mark(place: int, status: str = "labeled") -> Step:
    return {"do": "mark_done", "request_id": {"$place": place}, "status": status}


MANY: Final[Step] = {"do": "enqueue_drift", "buckets": CROWD}
"""A large batch."""


class Pair(NamedTuple):
    """Two calls that overlap.

    Attributes:
        first: The call that is stopped in the middle.
        second: The call that is made meanwhile.
        cap: The cap of everybody.
        own: What the first client changes before all others, where it is a process.
        earlier: A call that the second client makes before, or another one where both are
            threads of one instance, so that the first has to read the store anew, or `None`.
        then: A call that the second client makes behind its first one.
        is_first: Whether nothing is there before.
        is_settled: Whether some time goes by behind the earlier call, so that the store may be remembered.
        is_anywhere: Whether a thread is held before any function of C, and not only
            before those that touch files.
        is_linked: Whether the second client knows the store by the name of a link.
        is_late: Whether the second client opens the store anew meanwhile.
    """

    first: Step
    second: Step
    cap: int = 20
    own: tuple[Step, ...] = ()
    earlier: Step | None = None
    then: Step | None = None
    is_first: bool = False
    is_settled: bool = False
    is_anywhere: bool = False
    is_linked: bool = False
    is_late: bool = False


PREPARED: Final = (_drift(0), _drift(1))
"""What is done before: two requests are pending."""

PAIRS: Final = (
    Pair(_drift(0, 2), _mark(0)),
    Pair(_mark(0), _drift(2)),
    Pair(_drift(3), _drift(3)),
    Pair(_drift(2), _drift(4), is_first=True),
    Pair(_mark(0), _mark(0, "skipped")),
    Pair(_mark(0), _mark(1, "skipped")),
    # What is pending and what is left today, of two moments: whichever is read first, and
    # also where the second is read only since the file is another one.
    Pair({"do": "get_pending"}, _mark(0), cap=1, earlier=_drift(2)),
    Pair({"do": "get_pending"}, _mark(0), cap=2, earlier=_drift(2)),
    # What was seen to be done may be marked otherwise.
    Pair({"do": "all_items"}, _mark(0, "skipped"), earlier=_mark(0)),
    # Who adds row by row lets others in between, and finds their bucket there.
    Pair(_low(3, 5), _drift(5, 7)),
)
"""The calls that are made to overlap."""

TIMED: Final = Pair(_drift(2), _drift(4, 5))
"""The calls that overlap while the clock runs, so that the one that began first has the earlier `created_at`."""

PARTS: Final = Pair({"do": "all_items"}, _mark(0), earlier=MANY, then=_drift(7), is_settled=True)
"""Two changes at both ends of a store that may be read in parts, by whom it may be remembered."""

SEEN_IN_ORDER: Final = (
    Pair({"do": "all_items"}, _mark(0), then=_mark(1)),
    Pair({"do": "all_items"}, _drift(7), then=_mark(0)),
)
"""Two changes, one behind the other, of what may be read one by one: who sees the second must see the first."""

READINGS: Final = Pair({"do": "all_items"}, {"do": "all_items"}, earlier=_drift(2, 3), is_anywhere=True)
"""Two readings that overlap after somebody else made a change: who adds what is new to a memory may add it twice."""

LATE: Final = Pair(_drift(2), _mark(0), is_late=True)
"""The calls that overlap where the second client has just begun: who cleans up on opening may hit somebody alive."""

LINKED: Final = Pair(_drift(2), _drift(4), is_linked=True)
"""The calls that overlap where the store is a file, which a link names as well."""

LOOK: Final = Pair(
    {"do": "enqueue_drift", "buckets": [_bucket(0), _bucket(2), *CROWD]}, {"do": "all_items"}, own=(_drift(6),)
)
"""A look at what somebody is changing, who has changed it before: what one has seen, others must see as well.

The change is a large one, which somebody may make in parts.
"""

LOOKED_AT: Final = Pair({"do": "all_items"}, _drift(2))
"""A change of what somebody is looking at: it may have to wait until they have seen enough."""

UNLOCKED: Final = Pair(_drift(2), _drift(4))
"""The calls that overlap where the second one cannot lock the store; it takes the way of the first."""

FAILING: Final = (
    # Who takes back what was written behind its own last change takes the other's with it.
    Pair(_drift(2), _drift(4, 5), own=(_drift(6),), earlier=_drift(3)),
    Pair(_mark(0), _drift(4)),
    LOOK,
    Pair(_drift(2), _drift(4), is_first=True),
)
"""The calls that overlap where the first one fails."""


def while_tidying(scene: Scene) -> Pair:
    """Let a change overlap with the one behind which a store is tidied up.

    Args:
        scene: All changes of the first client, from `PREPARED` on.
    """
    return Pair(scene.step, _drift(4), own=scene.before[len(PREPARED) :])
