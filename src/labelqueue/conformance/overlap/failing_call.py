"""A failing call: one system call of a client fails, of the one that is stopped or of another."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from labelqueue.conformance.tracing.points import Point

if TYPE_CHECKING:
    from pathlib import Path

    from labelqueue.conformance.tracing.strace import Record

__all__ = ["FailingCall"]


class FailingCall(NamedTuple):
    """What is made to fail.

    Attributes:
        point: The system call.
        error: With which error, by its name.
    """

    point: Point
    error: str

    def told_of(self, client: str) -> str:
        """Write it in words, of a client."""
        return f"a failure of {client}'s with {self.error} at {self.point}"

    @property
    def injection(self) -> str:
        """What strace is told."""
        return f"{self.point.name}:error={self.error}:when={self.point.number}"

    def may_be_stopped_at(self, point: Point) -> bool:
        """Whether strace can stop the call there as well: it takes one order for all system calls of a name."""
        return point.name != self.point.name or point.number == self.point.number

    def injections_with(self, stop: str) -> list[str]:
        """What strace is told where it stops the call as well."""
        name, _, rest = stop.partition(":")
        return [f"{name}:error={self.error}:{rest}"] if name == self.point.name else [stop, self.injection]

    def is_in(self, record: Record, store: Path) -> bool:
        """Whether it was this that failed, and not a system call that is none of the store's."""
        hits = [call for call in record.injected() if call.name == self.point.name]
        return bool(hits) and all(str(store.parents[1]) in hit.arguments for hit in hits)
