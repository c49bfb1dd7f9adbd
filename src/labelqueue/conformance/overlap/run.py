"""The overlap phase of a run: clients take turns, work at once, and are stopped in the middle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from labelqueue.conformance.cases import Case
from labelqueue.conformance.judging import Failure, Findings, judge_observation
from labelqueue.conformance.overlap.timeline import shortened, to_json
from labelqueue.conformance.subjects.subject import BrokenError, RefusedError
from labelqueue.errors import SubjectError
from labelqueue.spec import REQUIREMENTS, History, Seen

if TYPE_CHECKING:
    from labelqueue.conformance.subjects.subject import Subject

__all__ = ["CONCERNED", "Way", "overlap"]

CONCERNED: Final = ("SHARE-1", "SHARE-2", "SHARE-3")
"""The requirements that are judged by histories."""

Way = Callable[..., Iterator[History]]
"""Makes histories of a subject: `of_processes`, `of_threads`."""


def overlap(subject: Subject, findings: Findings, way: Way, **how: Any) -> None:  # noqa: ANN401 - as the way takes it
    """Let several clients share a store, and note what their histories show.

    Args:
        subject: The subject.
        findings: Where to note.
        way: `of_processes` or `of_threads`.
        how: What that takes beside the subject.
    """
    if not subject.command:
        reason = "it has no name by which it could be started as a program"
        findings.skips |= dict.fromkeys(CONCERNED, reason)
        return
    try:
        for history in way(subject, **how):
            _note(history, findings)
    except (BrokenError, RefusedError, SubjectError, OSError) as error:
        for name in CONCERNED:
            findings.errors.setdefault(name, f"overlap: {error}")


def _note(history: History, findings: Findings) -> None:
    for name, _ in judge_observation(history, findings):
        requirement = REQUIREMENTS[name]
        short = shortened(history, requirement)
        [message, *_] = requirement.judge(short) or [""]
        case = Case(
            id="overlap",
            requirements=(name,),
            why="Found by clients that share a store.",
            steps=({"do": "overlap", "how": history.how, "clients": len({e.client for e in history.events})},),
        )
        final = history.final if isinstance(history.final, str) else [_word(request) for request in history.final]
        findings.add(Failure(name, message, case, 0, None, final, found_by="overlap", history=to_json(short)))


def _word(request: Seen) -> str:
    return f"{request.user_id} at {request.key[1].strftime('%H:%M')} {request.status}"
