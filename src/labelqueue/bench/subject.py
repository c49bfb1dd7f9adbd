"""The subjects of the benchmark: whatever can be named, called in the same way.

A Python class and a queue on a database are called directly; a program is asked
over the wire, whose way there and back is a part of its figures.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from labelqueue.bench.figures import Measured
from labelqueue.conformance.steps import text_of
from labelqueue.conformance.subjects.program import ProgramSubject, program_named
from labelqueue.conformance.subjects.python_subject import subject_named
from labelqueue.conformance.tracing.strace import attached, why_not

if TYPE_CHECKING:
    from labelqueue.conformance.subjects.subject import Handle, Subject

__all__ = ["CAP", "BenchSubject", "Rows", "bench_program", "bench_subject", "rows_of"]

CAP: Final = 10**9
"""The cap of every queue that is measured: nothing is held back by it."""

Rows = Sequence[dict[str, Any]]
"""The rows of a frame, one mapping each, times as datetimes."""

_FLUSHES: Final = frozenset({"fsync", "fdatasync", "sync", "syncfs", "msync", "sync_file_range"})
_START: Final = datetime(2026, 1, 1, tzinfo=UTC)
_TIMES: Final = ("bucket_start_ts", "bucket_end_ts")


@dataclass(frozen=True)
class BenchSubject:
    """A subject to be measured.

    Attributes:
        facts: What is said of it.
        open: Opens a queue over a store.
        batch: Makes of rows what `enqueue_low_confidence` takes.
        memory_name: The name by which another process finds it, where its store is a file.
        stop: Ends what was started, and removes what is left.
    """

    facts: Measured
    open: Callable[[Path], Any]
    batch: Callable[[Rows], Any]
    memory_name: str | None
    stop: Callable[[], None]


def rows_of(size: int) -> Rows:
    """Return rows for a queue of a size: fifty users, a bucket each quarter of an hour, all below the threshold."""
    length = timedelta(minutes=15)
    return [
        {
            "user_id": f"user {number % 50}",
            "bucket_start_ts": _START + number * length,
            "bucket_end_ts": _START + (number + 1) * length,
            # A model's confidences have all their digits, and no order.
            "confidence": 0.5 * (number * 0.6180339887498949 % 1.0),
            "predicted_label": ("writing", "coding", "reading")[number % 3],
        }
        for number in range(size)
    ]


def bench_subject(name: str) -> BenchSubject:
    """Find the subject that a name such as `package.module:Name`, or a database URL, means.

    Raises:
        SubjectError: There is none.
    """
    import pandas as pd  # noqa: PLC0415 - loads longer than all else

    subject = subject_named(name)
    return BenchSubject(
        _facts(subject),
        lambda path: subject.make(path, CAP),
        pd.DataFrame,
        name if "://" not in name else None,
        subject.stop,
    )


def bench_program(command: Sequence[str], *, timeout_s: float) -> BenchSubject:
    """Start a program that speaks the wire as a subject.

    Raises:
        SubjectError: It cannot be started.
    """
    subject = program_named(command, timeout_s=timeout_s)

    def batch(rows: Rows) -> Rows:
        return [row | {name: text_of(row[name]) for name in _TIMES} for row in rows]

    return BenchSubject(_facts(subject), lambda path: _ByWire(subject.open(path, CAP)), batch, None, subject.stop)


class _ByWire:
    """The calls of a queue, made as steps."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def enqueue_low_confidence(self, rows: Rows, threshold: float = 0.55) -> Any:  # noqa: ANN401 - what it answers
        step = {"do": "enqueue_low_confidence", "rows": rows, "threshold": threshold}
        return self._handle.perform(step).value

    def get_pending(self, user_id: str | None = None, limit: int | None = None) -> Any:  # noqa: ANN401 - as above
        return self._handle.perform({"do": "get_pending", "user_id": user_id, "limit": limit}).value

    def mark_done(self, request_id: str) -> Any:  # noqa: ANN401 - as above
        return self._handle.perform({"do": "mark_done", "request_id": request_id}).value

    def close(self) -> None:
        self._handle.close()


def _facts(subject: Subject) -> Measured:
    return Measured(subject.name, subject.version, subject.how, _flushes(subject))


def _flushes(subject: Subject) -> str:
    """Say whether `mark_done` flushes what it writes, as the system sees it."""
    if subject.claims.store != "path":
        return "the server's business"
    reason = why_not()
    if reason is not None:
        return reason
    program = ProgramSubject(subject.command, 10.0)
    try:
        with tempfile.TemporaryDirectory(prefix="labelqueue-") as folder:
            conversation = program.take_conversation()
            conversation.ask("open", {"store": f"{folder}/queue.json"})
            bucket = {name: each if name not in _TIMES else text_of(each) for name, each in rows_of(1)[0].items()}
            conversation.ask("enqueue_drift", {"buckets": [bucket]})
            [request] = conversation.ask("get_pending", {})
            with attached(conversation.pid) as record:
                conversation.ask("mark_done", {"request_id": request["request_id"]})
    finally:
        program.stop()
    return "yes" if any(call.name in _FLUSHES for call in record.calls) else "no"
