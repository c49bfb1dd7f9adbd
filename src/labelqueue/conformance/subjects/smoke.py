"""Smoke: the first conversation with a program, a few steps long, said aloud.

It answers the question of whoever brings up a program: does it speak at all, and
what must I change?  Unlike a run it stops at the first thing that is wrong, and it
also holds every result against its schema.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from labelqueue.conformance.cases import DEFAULT_NOW
from labelqueue.conformance.steps import text_of
from labelqueue.conformance.subjects.conversation import Conversation
from labelqueue.conformance.subjects.subject import BrokenError, RefusedError
from labelqueue.conformance.subjects.wire import VERSION, problems_of
from labelqueue.errors import shown

__all__ = ["Said", "smoked"]

_BUCKET: Final = {
    "user_id": "ada",
    "bucket_start_ts": "2026-01-10T09:00:00Z",
    "bucket_end_ts": "2026-01-10T09:15:00Z",
}
_ROWS: Final = [
    {**_BUCKET, "confidence": 0.3, "predicted_label": "coding"},
    {**_BUCKET, "bucket_start_ts": "2026-01-10T09:05:00Z", "confidence": 0.9, "predicted_label": "writing"},
]


class Said(NamedTuple):
    """One line of the conversation, or about it.

    Attributes:
        who: `kit`, `program`, `stderr`, `wrong` (what is wrong) or `mend` (what to change).
        text: The line.
    """

    who: str
    text: str


class _WrongError(Exception):
    def __init__(self, rule: str, mend: str = "") -> None:
        super().__init__(rule)
        self.mend = mend


class _Step(NamedTuple):
    method: str
    params: dict[str, Any]
    expected: Any
    mend: str


def smoked(command: Sequence[str], say: Callable[[Said], None], *, timeout_s: float = 10.0) -> bool:
    """Talk to a program.

    Args:
        command: What starts it.
        say: Told every line as soon as it is there.
        timeout_s: How long an answer may take, in seconds.

    Returns:
        Whether everything was as it must be.

    Raises:
        SubjectError: The program cannot be started.
    """
    conversation = Conversation(command, timeout_s=timeout_s, record=True)
    try:
        with tempfile.TemporaryDirectory(prefix="labelqueue-") as folder:
            _talk(conversation, Path(folder) / "store" / "queue.json", say)
    except _WrongError as wrong:
        say(Said("wrong", str(wrong)))
        if wrong.mend:
            say(Said("mend", wrong.mend))
        return False
    finally:
        conversation.end()
    say(Said("mend", "it speaks the wire; examine it with: labelqueue conform -- …"))
    return True


def _talk(conversation: Conversation, store: Path, say: Callable[[Said], None]) -> None:
    hello = _ask(conversation, "hello", {"wire": VERSION}, say)
    claims = hello["claims"]
    for step in _steps(str(store), has_clock=bool(claims.get("clock"))):
        result = _ask(conversation, step.method, step.params, say)
        if result != step.expected:
            raise _WrongError(f"{step.method} answered {shown(result)}, expected {shown(step.expected)}", step.mend)
    pending = _ask(conversation, "get_pending", {}, say)
    if len(pending) != 1 or pending[0]["confidence"] != 0.3:  # noqa: PLR2004 - the row above
        raise _WrongError("get_pending must return the one request that was added", "return pending requests")
    marked = _ask(conversation, "mark_done", {"request_id": pending[0]["request_id"]}, say)
    if marked is None or marked["status"] != "labeled":
        raise _WrongError("mark_done must return the request as it now is", "return it with the status labeled")
    _ask(conversation, "close", {}, say)
    _ask(conversation, "open", {"store": str(store)}, say)
    items = _ask(conversation, "all_items", {}, say)
    if items != [marked]:
        raise _WrongError("opened again, the store must hold the request as it was", "write it before you answer")


def _steps(store: str, *, has_clock: bool) -> Iterator[_Step]:
    yield _Step("open", {"store": store, "max_asks_per_day": 20}, None, "answer open with null")
    if has_clock:
        yield _Step("set_clock", {"now": text_of(DEFAULT_NOW)}, None, "answer set_clock with null")
    yield _Step("all_items", {}, [], "a store that does not exist yet is an empty queue (KEEP-3)")
    added = "return how many requests were added (ENQ-6); only confidences below 0.55 are selected (ENQ-1)"
    yield _Step("enqueue_low_confidence", {"rows": _ROWS}, 1, added)
    yield _Step("enqueue_drift", {"buckets": [_BUCKET]}, 0, "the bucket is pending already (DUP-1)")


def _ask(conversation: Conversation, method: str, params: dict[str, Any], say: Callable[[Said], None]) -> Any:  # noqa: ANN401 - any JSON
    assert conversation.said is not None
    known = len(conversation.said)
    try:
        result = conversation.ask(method, params)
    except BrokenError as error:
        _tell(conversation, known, say)
        if error.stderr:
            say(Said("stderr", error.stderr))
        rule, _, mend = error.rule.rpartition("; ")
        raise _WrongError(rule or error.rule, mend if rule else "") from error
    except RefusedError as error:
        _tell(conversation, known, say)
        raise _WrongError(f"{method} {error.refusal.message}", "everything asked for here is valid") from error
    _tell(conversation, known, say)
    problems = problems_of(result, f"{method}.result")
    if problems:
        where, rule = problems[0]
        raise _WrongError(f"the result of {method} breaks its schema{f' at {where}' if where else ''}: {rule}", "")
    return result


def _tell(conversation: Conversation, known: int, say: Callable[[Said], None]) -> None:
    for who, line in (conversation.said or [])[known:]:
        say(Said(who, line.decode("utf-8", "replace")))
