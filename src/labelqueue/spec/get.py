"""Asking: what `get_pending` returns, and that it leaves no trace.

Asking is a read.  A page may be reloaded, two programs may look, a test may peep:
none of it uses anything up or moves anything.  And what a caller does with the
list is the caller's business.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from labelqueue.errors import shown
from labelqueue.spec.requirement import requirement
from labelqueue.spec.seen import ABSENT, Seen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labelqueue.spec.observation import Observation

__all__ = ["asking_changes_nothing", "lists_are_the_callers_own", "only_pending_of_that_user"]

_GET: Final = ("get_pending",)


def ids(answer: object) -> object:
    """Write an answer so that two can be compared: the requests' ids and statuses."""
    if isinstance(answer, list | tuple):
        return [(r.request_id, r.status) if isinstance(r, Seen) else shown(r) for r in answer]
    return shown(answer)


@requirement("GET-1", profile="core", source="both", on=_GET)
def only_pending_of_that_user(seen: Observation) -> Iterator[str]:
    """Only pending requests MUST be returned, each at most once, and with `user_id` only that user's, compared exactly; `""` is a user like any other.

    `if user_id:` takes the empty text for nobody; a comparison that folds case,
    strips blanks or looks for a part shows one person's time to another.
    """
    if not isinstance(seen.result, list):
        yield f"get_pending returned {shown(seen.result)}, expected a list of requests"
        return
    held = {request.request_id: request for request in seen.before}
    counts: Counter[object] = Counter()
    for request in seen.result:
        if not isinstance(request, Seen):
            yield f"get_pending returned {shown(request)} among the requests"
            continue
        counts[request.request_id] += 1
        now = held.get(request.request_id)
        if now is None:
            yield f"request {request.request_id} was returned and is not in all_items"
        elif not now.is_pending:
            yield f"request {request.request_id} was returned and is {now.status}"
        elif not request.is_pending:
            yield f"request {request.request_id} is pending and was returned as {shown(request.status)}"
        if seen.call.user_id is not None and request.user_id != seen.call.user_id:
            yield f"asked for user {seen.call.user_id!r}, a request of {request.user_id!r} came"
    yield from (f"request {i} was returned {n} times" for i, n in counts.items() if n > 1)
    # A user's request that is missing altogether is one that was not found as theirs.
    if seen.call.user_id is not None and not seen.result and seen.most:
        yield f"user {seen.call.user_id!r} has {len(seen.waiting)} pending requests, none came"


@requirement(
    "GET-2",
    profile="core",
    source="both",
    on=_GET,
    # Whether a file that others wrote has to be read is not for `core` to say.
    when=lambda seen: not seen.is_written_by_others or (bool(seen.written) and seen.refusal is None),
    holds_for_others=True,
)
def asking_changes_nothing(seen: Observation) -> Iterator[str]:
    """Asking MUST change nothing: the same call on the same day again returns the same requests, and nothing is written.

    A request is not used up by being shown.  Queues that mark what they served, or
    count it, lose asks whenever a client dies.
    """
    if seen.is_change:
        yield "all_items differs after asking"
    if seen.again is not None and ids(seen.again) != ids(seen.result):
        yield f"the same call again returned {shown(seen.again)}, and before {shown(seen.result)}"
    if seen.written:
        yield f"asking wrote {', '.join(seen.written)}"


@requirement(
    "GET-3",
    profile="core",
    source="both",
    on=("get_pending", "all_items"),
    when=lambda seen: seen.spoiled is not None,
)
def lists_are_the_callers_own(seen: Observation) -> Iterator[str]:
    """The list MUST be the caller's own: changing it does not reach the queue; so is `all_items`.

    A caller pops what it has handled.  If that list is the queue's own, requests
    vanish without a trace, and are gone from the store at the next save.  Nor is it
    the caller's own if a later call fills it anew.
    """
    assert seen.spoiled is not None
    if ids(seen.spoiled.result) != ids(seen.result):
        yield f"after the caller changed the list, {seen.call.do} returned another one"
    if (
        seen.spoiled.first is not ABSENT
        and isinstance(seen.result, list)
        and ids(seen.spoiled.first) != ids(seen.result[:1])
    ):
        yield "after the caller changed the list, get_pending returned another first one"
    if ids(seen.spoiled.items) != ids(seen.after):
        yield "after the caller changed the list, all_items returned another one"
    if seen.spoiled.is_refilled:
        yield "a later call changed the list that the caller has"
