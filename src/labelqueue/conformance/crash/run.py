"""The crash phase of a run: every scene failed and killed, and the power cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from labelqueue.conformance.cases import Case
from labelqueue.conformance.crash.interrupting import CONCERNED, TELLS, interruptions
from labelqueue.conformance.crash.trials import CUT_SHORT
from labelqueue.conformance.judging import Failure, Findings, judge_observation
from labelqueue.conformance.steps import neutral
from labelqueue.conformance.subjects.subject import BrokenError, RefusedError
from labelqueue.conformance.tracing.strace import why_not
from labelqueue.errors import SubjectError
from labelqueue.spec import ABSENT, InconclusiveError, Interruption

if TYPE_CHECKING:
    from collections.abc import Collection

    from labelqueue.conformance.crash.scenes import Stage
    from labelqueue.conformance.subjects.subject import Subject
    from labelqueue.progress import Progress

__all__ = ["crash", "why_not_crashed"]

_AT_CALLS: Final = ("failure", "kill")
"""What is done at every system call of a program that changes something.

Whoever hits none of them has seen next to nothing, and must not let it pass.
"""


def crash(  # noqa: PLR0913 - all but the first two are keyword-only
    subject: Subject,
    findings: Findings,
    *,
    profiles: Collection[str],
    about: Collection[str] = CONCERNED,
    timeout_s: float,
    seed: int,
    times: int = 1,
    progress: Progress,
) -> None:
    """Let calls fail, processes die and the power go, and note what is found.

    Args:
        subject: The subject.
        findings: Where to note.
        profiles: The profiles that are examined.
        about: The requirements to find out about; what tells nothing about them is left out.
        timeout_s: How long an answer may take, in seconds.
        seed: Where the moments of kills in the middle of a call come from.
        times: How many times as many of those as usual.
        progress: Told what is being done.
    """
    concerned = [name for name in CONCERNED if name in about]
    reason = why_not_crashed(subject)
    if reason is not None:
        findings.skips |= dict.fromkeys(concerned, reason)
        return
    is_failed = False
    kinds_at_calls: set[str] = set()
    try:
        for stage, interruption in interruptions(
            subject,
            profiles,
            about=about,
            timeout_s=timeout_s,
            seed=seed,
            times=times,
            progress=progress,
        ):
            is_failed = is_failed or interruption.kind == "failure"
            if _is_at_a_call(stage, interruption):
                kinds_at_calls.add(interruption.kind)
            _note(interruption, stage, findings)
    except InconclusiveError as error:
        findings.inconclusive["DUR-4"] = str(error)
    except (BrokenError, RefusedError, SubjectError, OSError) as error:
        # Not a finding about a call: preparing the store, or strace itself, went wrong.
        for name in concerned:
            findings.errors.setdefault(name, f"crashes: {error}")
        return
    if subject.claims.store == "path":
        told = set().union(*(TELLS[kind] for kind in TELLS if kind in kinds_at_calls or kind not in _AT_CALLS))
        findings.inconclusive |= dict.fromkeys(set(concerned) - told, "no system call of its could be hit")
    _say_why_unseen(subject, findings, concerned, is_failed=is_failed)


def _is_at_a_call(stage: Stage | None, interruption: Interruption) -> bool:
    """Whether it was a certain system call that failed, or before which the process was killed."""
    return stage is not None and interruption.cause != CUT_SHORT


def _say_why_unseen(subject: Subject, findings: Findings, concerned: Collection[str], *, is_failed: bool) -> None:
    """Say of what was not judged whether it is not asked, or could not be seen."""
    unseen = {name for name in concerned if not findings.checks[name]}
    if "DUR-2" in unseen and (is_failed or subject.claims.store == "name"):
        findings.inapplicable["DUR-2"] = "its store is not one file"
    if subject.claims.store == "name":
        whys = {
            "DUR-1": why_not() or "its store is no path, and nothing was sent over a connection that could be cut",
            "DUR-4": "its store is no path, and cannot be watched",
        }
        findings.skips |= {name: why for name, why in whys.items() if name in unseen}


def why_not_crashed(subject: Subject) -> str | None:
    """Say why a subject cannot be interrupted, or `None` where it can."""
    if not subject.command:
        return "it has no name by which it could be started as a program"
    if not subject.claims.crash:
        return "it does not claim that it may be killed"
    return why_not() if subject.claims.store == "path" else None


def _note(interruption: Interruption, stage: Stage | None, findings: Findings) -> None:
    for requirement, message in judge_observation(interruption, findings):
        steps: tuple[Any, ...] = (*stage.scene.before, stage.step) if stage is not None else ()
        case = Case(
            id=f"crash-{interruption.kind.replace(' ', '-')}",
            requirements=(requirement,),
            why="Found by crashes.",
            steps=(*steps, {"do": "crash", "how": interruption.how}),
        )
        findings.add(
            Failure(requirement, message, case, len(case.steps) - 1, None, _got(interruption), found_by="crash")
        )


def _got(interruption: Interruption) -> object:
    if interruption.refusal is not None:
        return {"$error": interruption.refusal.kind, "message": interruption.refusal.message}
    found = interruption.stored if interruption.result is ABSENT else interruption.result
    return neutral(found)
