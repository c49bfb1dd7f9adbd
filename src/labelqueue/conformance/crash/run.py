"""The crash phase of a run: every scene failed and killed, and the power cut.

A store on a server is reached over a connection: that is cut instead of what writes
files, and whether the server flushes is what it says.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import ExitStack, closing
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final

from labelqueue.conformance.cases import Case
from labelqueue.conformance.crash.dying import kills_of
from labelqueue.conformance.crash.dying_in_flight import kills_in_flight
from labelqueue.conformance.crash.failing import CUT_SHORT, failures_of
from labelqueue.conformance.crash.power import power_cuts
from labelqueue.conformance.crash.program import Program
from labelqueue.conformance.crash.scenes import CORRECTION, LINKED, SCENES, Scene, Stage
from labelqueue.conformance.crash.server import commits_of, cuts_of
from labelqueue.conformance.crash.spares import Actors
from labelqueue.conformance.crash.tidying import tidying_scene
from labelqueue.conformance.judging import Failure, Findings, judge_observation
from labelqueue.conformance.steps import neutral
from labelqueue.conformance.subjects.subject import BrokenError, RefusedError
from labelqueue.conformance.tracing.strace import why_not
from labelqueue.errors import SubjectError
from labelqueue.spec import ABSENT, InconclusiveError, Interruption

if TYPE_CHECKING:
    from labelqueue.conformance.subjects.subject import Subject

__all__ = ["CONCERNED", "crash", "interruptions", "why_not_crashed"]

CONCERNED: Final = ("DUR-1", "DUR-2", "DUR-3", "DUR-4", "SHARE-4")
"""The requirements that are judged by crashes alone."""

_TELLS: Final[dict[str, set[str]]] = {
    "failure": {"DUR-1", "DUR-2"},
    "kill": {"DUR-3", "SHARE-4"},
    "power cut": {"DUR-4"},
}

_AT_CALLS: Final = ("failure", "kill")
"""What is done at every system call of a program that changes something.

Whoever hits none of them has seen next to nothing, and must not let it pass.
"""

_IN_FLIGHT: Final = 5
_MOST_REFUSED: Final = 3

_Progress = Callable[[str, int, int], None]


def crash(
    subject: Subject,
    findings: Findings,
    *,
    about: Collection[str] = CONCERNED,
    timeout_s: float,
    seed: int,
    times: int = 1,
    progress: _Progress,
) -> None:
    """Let calls fail, processes die and the power go, and note what is found.

    Args:
        subject: The subject.
        findings: Where to note.
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
            findings.profiles,
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
        unhit = set().union(*(_TELLS[kind] for kind in _AT_CALLS if kind not in kinds_at_calls))
        findings.inconclusive |= dict.fromkeys(unhit & set(concerned), "no system call of its could be hit")
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


def interruptions(
    subject: Subject,
    profiles: Collection[str],
    *,
    about: Collection[str] = CONCERNED,
    timeout_s: float = 10.0,
    seed: int = 0,
    times: int = 1,
    progress: _Progress = lambda *_: None,
) -> Iterator[tuple[Stage | None, Interruption]]:
    """Interrupt calls in every way that tells something about some requirements.

    Args:
        subject: A subject that can be interrupted.
        profiles: The profiles that are examined: where `file` is among them, nothing beside the file is data.
        about: The requirements.
        timeout_s: As in `crash`.
        seed: As in `crash`.
        times: As in `crash`.
        progress: As in `crash`.

    Yields:
        The scene, where there is one, and what was found.

    Raises:
        InconclusiveError: The subject writes in a way that the model disk does not know.
        BrokenError: A process of it does not answer.
    """
    kinds = [kind for kind, names in _TELLS.items() if names & set(about)]
    if subject.claims.store == "name":
        yield from _of_server(subject, kinds, timeout_s, seed, times, progress)
        return
    start = partial(Program, subject, timeout_s)
    is_file = "file" in profiles
    with ExitStack() as stack:
        actors = Actors(start, stack)
        reader = actors.another()
        stages = _Stages(actors, reader, stack, is_file=is_file)
        hits = {"failure", "kill"} & set(kinds)
        total = (len(SCENES) + 1) * len(hits) + (is_file and "kill" in hits) + 1
        steps = iter(range(total))
        refused: Counter[str] = Counter()
        for stage in stages if hits else ():
            if "failure" in kinds and not stage.scene.is_linked:
                progress("crashes", next(steps), total)
                yield from _until_refused("failure", stage, failures_of(stage, actors.living, reader), refused)
            if "kill" in kinds:
                progress("crashes", next(steps), total)
                kills = kills_of(stage, start, actors.living(), reader, is_file=is_file, is_shared="shared" in profiles)
                yield from _until_refused("kill", stage, kills, refused)
        if "failure" in kinds:
            # The clock runs, so that what is remembered of a file may be as old as it says.
            with ExitStack() as untimed:
                others = Actors(partial(start, is_timed=False), untimed)
                stage = _prepared(CORRECTION, others.living(), stack)
                failures = failures_of(stage, others.living, others.another())
                yield from _until_refused("failure", stage, failures, refused)
        if "kill" in kinds and refused["kill"] < _MOST_REFUSED:
            moments = _moments(seed, times)
            yield from ((None, each) for each in kills_in_flight(SCENES[1], start, reader, moments))
        if "power cut" in kinds:
            progress("crashes", total - 1, total)
            for is_linked in (False, True)[: 1 + is_file]:
                cuts = power_cuts(actors.living(), reader, is_linked=is_linked)
                yield from ((None, each) for each in cuts)
            for stage in stages.tidying:
                yield from ((None, each) for each in power_cuts(actors.living(), reader, stage=stage))
    progress("crashes", total, total)


def _until_refused(
    kind: str, stage: Stage, found: Generator[Interruption, None, None], refused: Counter[str]
) -> Iterator[tuple[Stage, Interruption]]:
    """Go on until changes behind what happened were refused a few times: each may have waited for seconds."""
    with closing(found):  # so that nothing of it goes on once nobody asks for more, and the stage is gone
        for each in found if refused[kind] < _MOST_REFUSED else ():
            yield stage, each
            refused[kind] += any(isinstance(state, str) for state in (each.next, each.after_retry, each.marked))
            if refused[kind] >= _MOST_REFUSED:
                return


def _of_server(
    subject: Subject, kinds: Collection[str], timeout_s: float, seed: int, times: int, progress: _Progress
) -> Iterator[tuple[Stage | None, Interruption]]:
    """Interrupt calls on a store that nobody can watch."""
    start = partial(Program, subject, timeout_s)
    with ExitStack() as stack:
        actors = Actors(start, stack)
        reader = actors.another()
        for number, scene in enumerate(SCENES):
            progress("crashes", number, len(SCENES))
            if "failure" in kinds and why_not() is None:
                yield from cuts_of(scene, actors.living, reader)
            if "kill" in kinds:
                moments = _moments(seed + number, times)
                yield from ((None, each) for each in kills_in_flight(scene, start, reader, moments))
    if "power cut" in kinds and subject.unflushed is not None:
        yield from ((None, each) for each in commits_of(subject, subject.unflushed))
    progress("crashes", len(SCENES), len(SCENES))


def _moments(seed: int, times: int) -> list[float]:
    """Moments of a call, as parts of the time that it takes."""
    # Chance has to be cheap and the same everywhere, not safe from adversaries.
    chance = random.Random(seed)  # noqa: S311 - see above
    return [chance.random() for _ in range(_IN_FLIGHT * times)]


class _Stages:
    """The scenes, prepared; the one behind which a store is tidied up takes long to find, and comes last."""

    def __init__(self, actors: Actors, reader: Program, stack: ExitStack, *, is_file: bool) -> None:
        self._actors, self._reader, self._stack = actors, reader, stack
        self._scenes = (*SCENES, LINKED) if is_file else SCENES

    def __iter__(self) -> Iterator[Stage]:
        yield from (_prepared(scene, self._reader, self._stack) for scene in self._scenes)
        yield from self.tidying

    @cached_property
    def tidying(self) -> list[Stage]:
        found = tidying_scene(self._actors.living())
        return [] if found is None else [_prepared(found, self._reader, self._stack)]


def _prepared(scene: Scene, program: Program, stack: ExitStack) -> Stage:
    stage = stack.enter_context(Stage(scene))
    stage.prepare(program)
    return stage


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
