"""The order of asking: most uncertain first.

A human's attention is the scarce thing, so it goes where the model knows least.
The order is total and has no hidden parts:

1. by *rank*, the confidence; an unknown one ranks as 0.0;
2. among equal ranks, by place: what was enqueued first is asked about first.

Whatever is returned is the beginning of this order.  Filters come before the
cut: first the user, then the order, then limit and cap.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from labelqueue.spec.requirement import requirement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from labelqueue.spec.observation import Observation
    from labelqueue.spec.seen import Seen

__all__ = [
    "lowest_confidence_first",
    "nothing_else_orders",
    "returned_is_a_prefix",
    "ties_keep_enqueue_order",
    "unknown_ranks_as_zero",
]

_GET: Final = ("get_pending",)


def _name(request: Seen) -> str:
    return f"{request.user_id!r} {request.bucket_start_ts.isoformat()} ({request.confidence!r})"


def _waits_with(trait: Callable[[Seen], object]) -> Callable[[Observation], bool]:
    def holds(seen: Observation) -> bool:
        return seen.most > 0 and len(seen.waiting) > 1 and any(trait(request) for request in seen.waiting)

    return holds


def _inversions(seen: Observation) -> Iterator[tuple[Seen, Seen]]:
    """Neighbours in the answer that stand the wrong way round."""
    place = {request.request_id: place for place, request in enumerate(seen.before)}
    for first, second in pairwise(seen.returned):
        if first.request_id in place and second.request_id in place:
            left = first.rank, place[first.request_id]
            right = second.rank, place[second.request_id]
            if left > right:
                yield first, second


@requirement(
    "ORD-1", profile="core", source="both", on=_GET, when=_waits_with(lambda request: request.confidence is not None)
)
def lowest_confidence_first(seen: Observation) -> Iterator[str]:
    """`get_pending` MUST return requests by confidence, lowest first.

    By the number: texts put 1e-07 behind 0.5, and a rounding makes ties of what is
    no tie.
    """
    for first, second in _inversions(seen):
        if first.rank > second.rank:
            yield f"{_name(first)} came before {_name(second)}"


@requirement(
    "ORD-2",
    profile="core",
    source="code",
    on=_GET,
    when=_waits_with(lambda request: request.confidence is None or request.confidence <= 0),
)
def unknown_ranks_as_zero(seen: Observation) -> Iterator[str]:
    """`None` MUST rank as 0.0: after negatives, level with 0.0 and -0.0.

    Nothing is known, so it is asked about early, but a model that says less than
    nothing goes first.  Usual mistakes: `None` first of all, last of all, or before
    its equals.
    """
    for first, second in _inversions(seen):
        if any(r.confidence is None or r.confidence <= 0 for r in (first, second)):
            yield f"{_name(first)} came before {_name(second)}"
    place = {request.request_id: place for place, request in enumerate(seen.waiting)}
    for request in _left_out(seen):
        if request.confidence is None or request.confidence <= 0:
            yield f"{_name(request)} is number {place[request.request_id] + 1} in the order and was left out"


def _left_out(seen: Observation) -> list[Seen]:
    """The requests that belong into an answer of this length and are not in it."""
    returned = {request.request_id for request in seen.returned}
    return [r for r in seen.waiting[: len(seen.returned)] if r.request_id not in returned]


@requirement("ORD-3", profile="core", source="code", on=_GET, when=lambda seen: bool(seen.most) and _has_ties(seen))
def ties_keep_enqueue_order(seen: Observation) -> Iterator[str]:
    """Equal ranks MUST keep the order in which they were enqueued.

    Otherwise a request can be overtaken for ever.  Ties broken by id, by bucket or
    by user look right in a small test and are not.
    """
    for first, second in _inversions(seen):
        if first.rank == second.rank:
            yield f"{_name(first)} came before {_name(second)}, which was enqueued earlier"
    ranks = {request.rank for request in seen.returned}
    for request in _left_out(seen):
        if request.rank in ranks:
            yield f"{_name(request)} was left out for one that was enqueued later"


def _has_ties(seen: Observation) -> bool:
    ranks = [request.rank for request in seen.waiting]
    return len(set(ranks)) < len(ranks)


@requirement("ORD-4", profile="core", source="both", on=_GET, when=lambda seen: 0 < seen.most < len(seen.waiting))
def returned_is_a_prefix(seen: Observation) -> Iterator[str]:
    """The cut (limit, cap) MUST be taken after ordering: what is returned is a prefix of the whole order.

    Cutting first returns the oldest, or those of other users, and the most
    uncertain are never asked about.
    """
    for request in _left_out(seen):
        yield f"{_name(request)} belongs into the answer and was left out"


@requirement("ORD-5", profile="core", source="both", on=_GET, when=lambda seen: bool(seen.most) and _is_varied(seen))
def nothing_else_orders(seen: Observation) -> Iterator[str]:
    """Neither reason nor age nor user MUST change the order, and marking a request done MUST leave the order of the rest.

    Drift is not more urgent than doubt, nor yesterday than today.  An index that
    moves its last entry into a gap reorders what remains.
    """
    for first, second in _inversions(seen):
        differing = [
            word
            for word, a, b in (
                ("reason", first.reason, second.reason),
                ("user", first.user_id, second.user_id),
                ("age", first.created_at, second.created_at),
                ("bucket", first.bucket_start_ts, second.bucket_start_ts),
            )
            if a != b
        ]
        yield f"{_name(first)} came before {_name(second)}; they differ in {', '.join(differing)}"
    for request in _left_out(seen):
        yield f"{_name(request)} was passed over"


def _is_varied(seen: Observation) -> bool:
    traits = {(r.reason, r.user_id, r.created_at, r.bucket_start_ts) for r in seen.waiting}
    return len(traits) > 1
