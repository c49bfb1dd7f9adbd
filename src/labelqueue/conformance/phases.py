"""The phases of a run: cases, search and threads that overlap; crashes and processes that overlap meanwhile.

Whatever a subject breaks is the outcome of what was being examined, and the run goes
on, to its end or until the first failure.
"""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Final, TypedDict

from labelqueue.conformance import crash, overlap
from labelqueue.conformance.judging import Findings
from labelqueue.conformance.pieces import Piece, guarded, pieces_of_cases, pieces_of_search
from labelqueue.conformance.search.shrinking import shrunk
from labelqueue.conformance.workers import Examine, is_slow, nobody_else, workers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from labelqueue.conformance.cases import Case
    from labelqueue.conformance.subjects.subject import Subject
    from labelqueue.progress import Progress

__all__ = ["go_through"]

_MOST_SHRUNK: Final = 8


class _Hardship(TypedDict):
    profiles: Collection[str]
    timeout_s: float
    seed: int
    times: int


class _OverError(BaseException):
    """The run has ended early; no `Exception`, which would be a finding."""


def go_through(  # noqa: PLR0913 - all but the first four are keyword-only
    subject: Subject,
    ids: Collection[str],
    cases: Collection[Case],
    findings: Findings,
    *,
    borne: Collection[str] | None,
    profiles: Collection[str],
    seed: int,
    programs: int,
    times: int,
    timeout_s: float,
    progress: Progress,
) -> bool:
    """Go through the cases, the search and what overlaps, and let crashes happen meanwhile.

    Crashes and processes that overlap are other processes' business, for which this one mostly waits; so
    is everything that a subject does which is slow itself.

    Args:
        subject: The subject.
        ids: The requirements to find out about.
        cases: The cases to go through.
        findings: Where to note.
        borne: The requirements whose failures do not end it; `None` if none does.
        profiles: The profiles that are examined, whichever requirements it is about.
        seed: As in `run`.
        programs: As in `run`.
        times: As in `run`.
        timeout_s: As in `run`.
        progress: Told what is being done.

    Returns:
        Whether all of it was done.
    """
    how: _Hardship = {"profiles": profiles, "timeout_s": timeout_s, "seed": seed, "times": times}
    run = _Run(subject, set(ids), findings, borne, progress)
    go_through_cases = partial(run.go_through_pieces, "cases", pieces_of_cases(cases))
    is_waited_for = is_slow(subject)
    with (workers if is_waited_for else nobody_else)(subject, findings.profiles) as run.examine:
        if borne is not None:
            go_through_cases()  # alone, since crashes that have begun cannot be ended at once
        with run.beside(how, len(_BESIDE) if is_waited_for else 1):
            if borne is None:
                go_through_cases()
            # Where all of them have failed by now, the search has nothing to tell.
            if programs and not findings.failures.keys() >= run.about:
                known = set(findings.failures)
                run.go_through_pieces("search", pieces_of_search(seed, programs))
                _shrink(subject, findings, [name for name in ids if name not in known], progress)
            if not run.is_ended():
                _overlaps(overlap.of_threads, subject, findings, run.about, how, progress)
    return not run.is_ended()


@dataclass
class _Run:
    """What is found, and whether that ends it.

    Attributes:
        examine: Takes pieces, and returns what was found by each.
    """

    subject: Subject
    about: set[str]
    findings: Findings
    borne: Collection[str] | None
    progress: Progress
    examine: Examine = field(init=False)

    def __post_init__(self) -> None:
        self._asides = [Findings(self.findings.profiles) for _ in _BESIDE]
        self._is_alone, self._is_over = Event(), Event()

    def is_ended(self) -> bool:
        """Whether something failed that ends it."""
        found = {name for each in (self.findings, *self._asides) for name in (*each.failures, *each.errors)}
        return self.borne is not None and not found.intersection(self.about) <= set(self.borne)

    def go_through_pieces(self, what: str, pieces: Sequence[Piece]) -> None:
        """Go through pieces, in their order, unless it is ended."""
        self.progress(what, 0, len(pieces))
        for done, found in enumerate(self.examine(pieces) if not self.is_ended() else (), start=1):
            self.findings.include(found)
            self.progress(what, done, len(pieces))
            if self.is_ended():
                return

    @contextmanager
    def beside(self, how: _Hardship, at_once: int) -> Iterator[None]:
        """Let go on beside the context what does, so many at once, and include what that finds in the end."""
        with ThreadPoolExecutor(at_once) as threads:
            others = [
                threads.submit(act, self.subject, aside, self.about, how, self._tell)
                for act, aside in zip(_BESIDE, self._asides, strict=True)
            ]
            try:
                yield
                self._is_alone.set()
                for other in others:
                    other.result()
            except _OverError:
                pass
            finally:
                self._is_over.set()
        for aside in self._asides:
            self.findings.include(aside)

    def _tell(self, what: str, done: int, total: int) -> None:
        if self._is_over.is_set() or self.is_ended():
            raise _OverError
        if self._is_alone.is_set():
            self.progress(what, done, total)


def _shrink(subject: Subject, findings: Findings, wanted: Iterable[str], progress: Progress) -> None:
    new = [name for name in wanted if name in findings.failures]
    for place, name in enumerate(new[:_MOST_SHRUNK]):
        progress("shrinking", place, min(len(new), _MOST_SHRUNK))
        act = partial(shrunk, findings.failures[name], subject, findings.profiles)
        findings.failures[name] = guarded(act, [name], f"shrinking {name}", findings) or findings.failures[name]


def _crashes(subject: Subject, findings: Findings, about: set[str], how: _Hardship, progress: Progress) -> None:
    if about & set(crash.CONCERNED):
        act = partial(crash.crash, subject, findings, about=about, progress=progress, **how)
        guarded(act, crash.CONCERNED, "crashes", findings)


def _overlaps(
    way: overlap.Way, subject: Subject, findings: Findings, about: set[str], how: _Hardship, progress: Progress
) -> None:
    if about & set(overlap.CONCERNED):
        act = partial(overlap.overlap, subject, findings, way, progress=progress, **how)
        guarded(act, overlap.CONCERNED, "overlap", findings)


def _overlaps_of_processes(
    subject: Subject, findings: Findings, about: set[str], how: _Hardship, progress: Progress
) -> None:
    _overlaps(overlap.of_processes, subject, findings, about, how, progress)


_BESIDE: Final = (_crashes, _overlaps_of_processes)
"""What goes on beside the cases and the search."""
