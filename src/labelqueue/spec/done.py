"""Marking done: the human has answered.

The answer is the most expensive thing in the system.  Marking is therefore
simple, forgiving and exact: it works at any time, whatever the cap; it may be
repeated, and the newer status stands; and it touches one request and no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from labelqueue.errors import shown
from labelqueue.spec.requirement import requirement
from labelqueue.spec.seen import ABSENT, Seen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labelqueue.spec.observation import Observation

__all__ = ["marks_exactly_one", "newer_status_stands", "status_defaults_to_labeled", "unknown_id_is_none"]

_DONE: Final = ("mark_done",)


def _wrong_status(seen: Observation) -> Iterator[str]:
    status = seen.call.status_in_force
    if seen.target_after is None:
        yield "the marked request is gone from all_items"
    elif seen.target_after.status != status:
        yield f"the request is {shown(seen.target_after.status)} after mark_done, expected {status!r}"
    if not isinstance(seen.result, Seen):
        yield f"mark_done returned {shown(seen.result)}, expected the request as it now is"
    elif seen.result.status != status:
        yield f"mark_done returned the request as {shown(seen.result.status)}, expected {status!r}"


@requirement(
    "DONE-1",
    profile="core",
    source="both",
    on=_DONE,
    when=lambda seen: seen.target is not None or seen.is_change,
)
def marks_exactly_one(seen: Observation) -> Iterator[str]:
    """`mark_done` MUST set the status of exactly the request with that id, and return it as it now is; nothing else in the queue changes, the order of `all_items` included.

    Usual mistakes: closing every request of the bucket, moving the request to the
    end, and returning it as it was before.  A request whose id only begins like
    the one that was given is another one.
    """
    if seen.target is not None:
        yield from _wrong_status(seen)
    if isinstance(seen.result, Seen) and seen.target_after is not None:
        changed = seen.result.differs_from(seen.target_after)
        if changed:
            yield f"the returned request differs from all_items in {', '.join(changed)}"
    if [r.request_id for r in seen.before] != [r.request_id for r in seen.after]:
        yield "all_items has other requests, or another order, after mark_done"
    for old, new in zip(seen.before, seen.after, strict=False):
        is_target = old.request_id == seen.call.request_id
        changed = new.differs_from(old, but=("status",) if is_target else ())
        if old.request_id == new.request_id and changed:
            yield f"mark_done also changed {', '.join(changed)} of request {old.request_id}"


@requirement(
    "DONE-2",
    profile="core",
    source="both",
    on=_DONE,
    when=lambda seen: seen.call.status is ABSENT and seen.target is not None,
)
def status_defaults_to_labeled(seen: Observation) -> Iterator[str]:
    """`status` MUST default to `labeled`.

    Leaving it out says that the label is there.
    """
    yield from _wrong_status(seen)


@requirement("DONE-3", profile="core", source="both", on=_DONE, when=lambda seen: seen.target is None)
def unknown_id_is_none(seen: Observation) -> Iterator[str]:
    """An unknown id MUST return `None`; nothing changes and nothing is written.

    The request may belong to another queue, or to a store that was replaced; this
    is no error of the caller's.  The beginning of an id is not the id.
    """
    if seen.result is not None:
        yield f"mark_done returned {shown(seen.result)} for an unknown id, expected None"
    if seen.is_change:
        yield "all_items changed though no request has this id"
    if seen.written:
        yield f"marking an unknown id wrote {', '.join(seen.written)}"


@requirement(
    "DONE-4",
    profile="core",
    source="code",
    on=_DONE,
    when=lambda seen: seen.target is not None and not seen.target.is_pending,
)
def newer_status_stands(seen: Observation) -> Iterator[str]:
    """A request that is done MAY be marked again, and the newer status MUST stand.

    People change their minds: a skipped one gets its label after all.
    """
    yield from _wrong_status(seen)
