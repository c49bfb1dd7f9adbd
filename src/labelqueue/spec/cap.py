"""The daily cap: how many asks a day are bearable.

A queue that asks without end is switched off.  So there is a budget per UTC
calendar day, and it is spent by *answers*, not by looking:

```text
remaining today = max(0, cap - requests that are done and were created today)
```

Serving is a pure read, and requests carry no completion time; that is why the
day of creation decides.  A request that was enqueued yesterday and is answered
today uses up nothing today.  At 00:00 UTC the budget is whole again, because
nothing has been created yet on the new day.

There is one budget for everybody: the cap guards against too many questions in
sum, and a call that filters by user draws from the same purse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from labelqueue.errors import shown
from labelqueue.spec.requirement import requirement
from labelqueue.spec.seen import utc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labelqueue.spec.observation import Observation

__all__ = [
    "cap_defaults_to_20",
    "cap_does_not_stop_answers",
    "cap_of_zero_only_stops_asking",
    "done_today_counts",
    "earlier_days_use_up_nothing",
    "limit_only_lowers",
    "offers_what_remains",
    "one_budget_for_all",
]

_GET: Final = ("get_pending",)


def _wrong_number(seen: Observation) -> Iterator[str]:
    if not isinstance(seen.result, list):
        yield f"get_pending returned {shown(seen.result)}, expected a list"
        return
    got = len(seen.result)
    if got != seen.most:
        limit = "" if seen.call.limit is None else f", limit {seen.call.limit}"
        yield (
            f"returned {got} requests, expected {seen.most}: {len(seen.waiting)} pending, "
            f"cap {seen.cap}, {len(seen.done_today)} done and created today{limit}"
        )


def _is_done_earlier(seen: Observation) -> bool:
    today = utc(seen.now).date()
    return any(not r.is_pending and r.created_on != today for r in seen.before)


@requirement("CAP-1", profile="core", source="both", on=_GET, when=lambda seen: seen.max_asks_per_day is None)
def cap_defaults_to_20(seen: Observation) -> Iterator[str]:
    """The cap MUST default to 20.

    Whoever leaves it out has decided for twenty asks a day.
    """
    yield from _wrong_number(seen)


@requirement("CAP-2", profile="core", source="code", on=_GET)
def offers_what_remains(seen: Observation) -> Iterator[str]:
    """`get_pending` MUST return the pending requests up to what remains today, no fewer and no more: the cap less the requests that are done and were created today, never below 0.

    Today is the UTC calendar date of the call, against the UTC date of
    `created_at`.  Usual mistakes: the machine's local date, the day on which the
    instance was made, and a negative remainder that slices from the end.
    """
    yield from _wrong_number(seen)


@requirement(
    "CAP-3",
    profile="core",
    source="code",
    on=_GET,
    when=lambda seen: bool(seen.done_today) or bool(seen.waiting),
)
def done_today_counts(seen: Observation) -> Iterator[str]:
    """Labeled and skipped MUST both count; pending ones MUST NOT, and asking again MUST NOT.

    A skipped ask was still an ask.  A queue that counts what it has shown punishes
    whoever reloads the page.
    """
    if not _is_done_earlier(seen):
        yield from _wrong_number(seen)
    if isinstance(seen.again, list) and isinstance(seen.result, list) and len(seen.again) != len(seen.result):
        yield f"asked again at once, {len(seen.again)} requests came instead of {len(seen.result)}"


def _is_shared(seen: Observation) -> bool:
    users = {r.user_id for r in seen.done_today} | {r.user_id for r in seen.waiting}
    reasons = {r.reason for r in seen.done_today} | {r.reason for r in seen.waiting}
    return bool(seen.done_today) and (len(users) > 1 or len(reasons) > 1)


@requirement("CAP-4", profile="core", source="code", on=_GET, when=_is_shared)
def one_budget_for_all(seen: Observation) -> Iterator[str]:
    """One budget MUST serve all users, both reasons, and a call filtered by user.

    What one user answered is gone for the others, too.
    """
    yield from _wrong_number(seen)


@requirement("CAP-5", profile="core", source="code", on=_GET, when=_is_done_earlier)
def earlier_days_use_up_nothing(seen: Observation) -> Iterator[str]:
    """A request created on an earlier day MUST use up nothing today, whenever it is marked done; at 00:00 UTC the budget MUST be whole again.

    The last microsecond of the old day and the first of the new one are different
    days; twenty-four hours ago is not a day boundary.
    """
    yield from _wrong_number(seen)


@requirement(
    "CAP-6",
    profile="core",
    source="both",
    on=_GET,
    when=lambda seen: bool(seen.waiting) and (seen.call.limit is not None or seen.most == len(seen.waiting)),
)
def limit_only_lowers(seen: Observation) -> Iterator[str]:
    """`limit` MUST lower the number further and never raise it; `None` is no further limit; 0 returns nothing.

    `if limit:` takes 0 for none, and a limit that replaces the remainder lifts the
    cap.
    """
    yield from _wrong_number(seen)


@requirement(
    "CAP-7",
    profile="core",
    source="decided",
    on=("enqueue_low_confidence", "enqueue_drift", "get_pending", "mark_done"),
    when=lambda seen: seen.cap == 0,
)
def cap_of_zero_only_stops_asking(seen: Observation) -> Iterator[str]:
    """A cap of 0 MUST return nothing and still let requests be enqueued and marked.

    It is how asking is paused without losing what comes in.  `cap or 20` and
    slices with a zero turn it into the opposite.
    """
    if seen.call.do == "get_pending":
        yield from _wrong_number(seen)
    elif seen.call.do == "mark_done":
        yield from _wrong_marking(seen)
    else:
        yield from (f"the bucket at {b.start.isoformat()} was not enqueued under a cap of 0" for b in seen.not_added)


def _wrong_marking(seen: Observation) -> Iterator[str]:
    status = seen.call.status_in_force
    if seen.target is not None and (seen.target_after is None or seen.target_after.status != status):
        yield f"mark_done did not mark the request {status}: returned {shown(seen.result)}"


@requirement(
    "CAP-8",
    profile="core",
    source="code",
    on=("get_pending", "mark_done"),
    when=lambda seen: (
        seen.other_caps if seen.call.do == "get_pending" else seen.target is not None and seen.remaining == 0
    ),
)
def cap_does_not_stop_answers(seen: Observation) -> Iterator[str]:
    """The cap MUST limit what is offered only: `mark_done` works beyond it; it belongs to the instance and MUST NOT be stored.

    An answer that a human has given is never refused.  Two programs with caps of
    their own may look at one store.
    """
    if seen.call.do == "mark_done":
        yield from _wrong_marking(seen)
    else:
        yield from _wrong_number(seen)
