"""The crash phase of a run: every scene failed and killed, and the power cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

from labelqueue.conformance.cases import Case
from labelqueue.conformance.crash.dying import Spares, kills_in_flight, kills_of
from labelqueue.conformance.crash.failing import failures_of
from labelqueue.conformance.crash.power import power_cuts
from labelqueue.conformance.crash.scenes import SCENES, Program, Stage
from labelqueue.conformance.crash.strace import why_not
from labelqueue.conformance.judging import Failure, Findings, judge_observation
from labelqueue.conformance.steps import neutral
from labelqueue.conformance.subject import BrokenError, RefusedError
from labelqueue.errors import SubjectError
from labelqueue.spec import ABSENT, InconclusiveError, Interruption

if TYPE_CHECKING:
    from labelqueue.conformance.subject import Subject

__all__ = ["CONCERNED", "crash"]

CONCERNED: Final = ("DUR-1", "DUR-2", "DUR-3", "DUR-4", "SHARE-4")
"""The requirements that are judged by crashes alone."""

_BY_SYSTEM_CALL: Final = ("DUR-1", "DUR-2", "DUR-4")

_Progress = Callable[[str, int, int], None]


def crash(subject: Subject, findings: Findings, *, timeout_s: float, progress: _Progress) -> None:
    """Let calls fail, processes die and the power go, and note what is found.

    Args:
        subject: The subject.
        findings: Where to note.
        timeout_s: How long an answer may take, in seconds.
        progress: Told what is being done.
    """
    reason = _reason_not_to(subject)
    if reason is not None:
        findings.skips |= dict.fromkeys(CONCERNED, reason)
        return
    is_path = subject.claims.store == "path"
    if not is_path:
        findings.skips |= dict.fromkeys(_BY_SYSTEM_CALL, "its store is no path, and cannot be watched")

    def start() -> Program:
        return Program(subject.command, timeout_s, has_clock=subject.claims.clock)

    try:
        with Spares(start) as spares:
            (_crash if is_path else _crash_in_flight)(spares, findings, progress)
    except InconclusiveError as error:
        findings.inconclusive["DUR-4"] = str(error)
    except (BrokenError, RefusedError, SubjectError, OSError) as error:
        # Not a finding about a call: preparing the store, or strace itself, went wrong.
        for name in CONCERNED:
            findings.errors.setdefault(name, f"crashes: {error}")


def _reason_not_to(subject: Subject) -> str | None:
    if not subject.command:
        return "it has no name by which it could be started as a program"
    if not subject.claims.crash:
        return "it does not claim that it may be killed"
    return why_not() if subject.claims.store == "path" else None


def _crash_in_flight(spares: Spares, findings: Findings, progress: _Progress) -> None:
    with ExitStack() as stack:
        reader = spares.take()
        stack.callback(reader.end)
        for number, scene in enumerate(SCENES):
            progress("crashes", number, len(SCENES))
            _note(kills_in_flight(scene, spares, reader), None, findings)
        progress("crashes", len(SCENES), len(SCENES))


def _crash(spares: Spares, findings: Findings, progress: _Progress) -> None:
    total = 2 * len(SCENES) + 1
    with ExitStack() as stack:
        reader, actor = spares.take(), spares.take()
        stack.callback(reader.end)
        stack.callback(actor.end)
        for number, scene in enumerate(SCENES):
            progress("crashes", 2 * number, total)
            stage = stack.enter_context(Stage(scene))
            stage.prepare(reader)
            if not actor.is_alive:
                actor = spares.take()
                stack.callback(actor.end)
            _note(failures_of(stage, actor, reader), stage, findings)
            progress("crashes", 2 * number + 1, total)
            _note(kills_of(stage, spares, reader), stage, findings)
        progress("crashes", total - 1, total)
        if not actor.is_alive:
            actor = spares.take()
            stack.callback(actor.end)
        _note(power_cuts(actor, reader), None, findings)
        progress("crashes", total, total)


def _note(interruptions: Iterator[Interruption], stage: Stage | None, findings: Findings) -> None:
    for interruption in interruptions:
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
