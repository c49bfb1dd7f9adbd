"""Interrupting: every scene, failed and killed, and the power cut, in all the ways that tell something.

A store on a server is reached over a connection: that is cut instead of what writes
files, and whether the server flushes is what it says.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Generator, Iterator
from contextlib import ExitStack, closing
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final

from labelqueue.conformance.crash.dying import kills_of
from labelqueue.conformance.crash.dying_in_flight import kills_in_flight
from labelqueue.conformance.crash.failing import failures_of
from labelqueue.conformance.crash.orphaned import cuts_behind_the_dead
from labelqueue.conformance.crash.power import power_cuts
from labelqueue.conformance.crash.program import Program
from labelqueue.conformance.crash.scenes import CORRECTION, LINKED, SCENES, Scene, Stage
from labelqueue.conformance.crash.server import commits_of, cuts_of
from labelqueue.conformance.crash.spares import Actors
from labelqueue.conformance.crash.tidying import tidying_scene
from labelqueue.conformance.tracing.strace import why_not
from labelqueue.progress import Progress, unheard
from labelqueue.spec import InconclusiveError, Interruption

if TYPE_CHECKING:
    from collections.abc import Callable

    from labelqueue.conformance.subjects.subject import Subject

__all__ = ["CONCERNED", "TELLS", "interruptions"]

CONCERNED: Final = ("DUR-1", "DUR-2", "DUR-3", "DUR-4", "SHARE-4")
"""The requirements that are judged by crashes alone."""

TELLS: Final[dict[str, set[str]]] = {
    "failure": {"DUR-1", "DUR-2", "DUR-4"},
    "kill": {"DUR-3", "SHARE-4"},
    "power cut": {"DUR-4"},
}
"""What each kind of interruption tells something about."""

_IN_FLIGHT: Final = 5
_MOST_REFUSED: Final = 3


def interruptions(
    subject: Subject,
    profiles: Collection[str],
    *,
    about: Collection[str] = CONCERNED,
    timeout_s: float = 10.0,
    seed: int = 0,
    times: int = 1,
    progress: Progress = unheard,
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
    kinds = [kind for kind, names in TELLS.items() if names & set(about)]
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
        total = (len(SCENES) + 1 + is_file) * len(hits) + 1
        steps = iter(range(total))
        refused: Counter[str] = Counter()
        unknown: list[InconclusiveError] = []
        if "power cut" in kinds:
            progress("crashes", next(steps), total)
            first = _prepared(SCENES[0], reader, stack)
            yield from _as_far_as_known(_cuts(first, actors, reader, is_file=is_file), unknown)
        for stage in stages if hits else ():
            if "failure" in kinds:
                progress("crashes", next(steps), total)
                yield from _until_refused("failure", stage, failures_of(stage, actors.living, reader), refused)
            if "kill" in kinds:
                progress("crashes", next(steps), total)
                kills = kills_of(stage, start, actors.living(), reader, is_file=is_file, is_shared="shared" in profiles)
                yield from _until_refused("kill", stage, kills, refused)
        if "failure" in kinds:
            yield from _untimed_failures(partial(start, is_timed=False), stack, refused)
        if "kill" in kinds and refused["kill"] < _MOST_REFUSED:
            moments = _moments(seed, times)
            yield from ((None, each) for each in kills_in_flight(SCENES[1], start, reader, moments))
        for error in unknown:
            raise error
        for stage in stages.tidying if "power cut" in kinds else ():
            yield from ((None, each) for each in power_cuts(actors.living(), reader, stage=stage))
    progress("crashes", total, total)


def _cuts(first: Stage, actors: Actors, reader: Program, *, is_file: bool) -> Iterator[tuple[None, Interruption]]:
    """Cut the power, also where the store is a link, and behind the death of its maker."""
    for is_linked in (False, True)[: 1 + is_file]:
        cuts = power_cuts(actors.living(), reader, is_linked=is_linked)
        yield from ((None, each) for each in cuts)
    yield from ((None, each) for each in cuts_behind_the_dead(first, actors, reader))


def _as_far_as_known(
    found: Iterator[tuple[None, Interruption]], unknown: list[InconclusiveError]
) -> Iterator[tuple[None, Interruption]]:
    """Keep for the end what the model disk does not know: calls fail, and processes die, all the same."""
    try:
        yield from found
    except InconclusiveError as error:
        unknown.append(error)


def _untimed_failures(
    start: Callable[[], Program], stack: ExitStack, refused: Counter[str]
) -> Iterator[tuple[Stage, Interruption]]:
    """Let the clock run, so that what is remembered of a file may be as old as it says."""
    with ExitStack() as untimed:
        others = Actors(start, untimed)
        stage = _prepared(CORRECTION, others.living(), stack)
        failures = failures_of(stage, others.living, others.another())
        yield from _until_refused("failure", stage, failures, refused)


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
    subject: Subject, kinds: Collection[str], timeout_s: float, seed: int, times: int, progress: Progress
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
