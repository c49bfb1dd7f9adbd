"""The phases of a run: cases, search and threads that overlap; crashes and processes that overlap meanwhile.

Whatever a subject breaks is the outcome of what was being examined, and the run goes
on, to its end or until the first failure.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any, Final, TypedDict

from labelqueue.conformance import crash, overlap
from labelqueue.conformance.judging import Findings, judge_case
from labelqueue.conformance.search import search
from labelqueue.conformance.search.shrinking import shrunk
from labelqueue.spec import REQUIREMENTS

if TYPE_CHECKING:
    from collections.abc import Iterable

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


class _OverError(Exception):
    """The run has ended early."""


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

    Crashes and processes that overlap are other processes' business, for which this one mostly waits.

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
    aside = Findings(findings.profiles)
    is_alone, is_over = Event(), Event()

    def is_ended() -> bool:
        found = {*findings.failures, *findings.errors, *aside.failures, *aside.errors}
        return borne is not None and not found.intersection(ids) <= set(borne)

    def tell(what: str, done: int, total: int) -> None:
        if is_over.is_set() or is_ended():
            raise _OverError
        if is_alone.is_set():
            progress(what, done, total)

    go_through_cases = partial(_cases, subject, cases, findings, is_ended, progress)
    if borne is not None:
        go_through_cases()  # alone, since crashes that have begun cannot be ended at once
    with ThreadPoolExecutor(1) as thread:
        others = thread.submit(_of_processes, subject, aside, set(ids), how, tell)
        try:
            if borne is None:
                go_through_cases()
            # Where all of them have failed by now, the search has nothing to tell.
            if programs and not findings.failures.keys() >= set(ids):
                _search(subject, findings, is_ended, wanted=ids, seed=seed, programs=programs, progress=progress)
            if not is_ended():
                _overlaps(subject, findings, set(ids), how, progress, overlap.of_threads)
            is_alone.set()
            others.result()
        except _OverError:
            pass
        finally:
            is_over.set()
    findings.include(aside)
    return not is_ended()


def _cases(
    subject: Subject,
    cases: Collection[Case],
    findings: Findings,
    is_ended: Callable[[], bool],
    progress: Progress,
) -> None:
    for place, case in enumerate(cases):
        if is_ended():
            return
        progress("cases", place, len(cases))
        _guarded(partial(judge_case, case, subject, findings), case.requirements, f"case {case.id}", findings)
    progress("cases", len(cases), len(cases))


def _search(
    subject: Subject,
    findings: Findings,
    is_ended: Callable[[], bool],
    *,
    wanted: Collection[str],
    seed: int,
    programs: int,
    progress: Progress,
) -> None:
    def count() -> None:
        findings.programs = min(findings.programs + 1, programs)  # Hypothesis may make up one more
        progress("search", findings.programs, programs)

    progress("search", 0, programs)
    found = set(findings.failures)
    _guarded(
        lambda: search(
            subject,
            findings,
            seed=seed,
            examples=programs,
            is_ended=is_ended,
            program_done=count,
        ),
        REQUIREMENTS,
        "search",
        findings,
    )
    new = [name for name in wanted if name in findings.failures and name not in found]
    for place, name in enumerate(new[:_MOST_SHRUNK]):
        progress("shrinking", place, min(len(new), _MOST_SHRUNK))
        act = partial(shrunk, findings.failures[name], subject, findings.profiles)
        findings.failures[name] = _guarded(act, [name], f"shrinking {name}", findings) or findings.failures[name]


def _of_processes(subject: Subject, findings: Findings, about: set[str], how: _Hardship, progress: Progress) -> None:
    if about & set(crash.CONCERNED):
        act = partial(crash.crash, subject, findings, about=about, progress=progress, **how)
        _guarded(act, crash.CONCERNED, "crashes", findings)
    _overlaps(subject, findings, about, how, progress, overlap.of_processes)


def _overlaps(
    subject: Subject, findings: Findings, about: set[str], how: _Hardship, progress: Progress, way: overlap.Way
) -> None:
    if about & set(overlap.CONCERNED):
        act = partial(overlap.overlap, subject, findings, way, progress=progress, **how)
        _guarded(act, overlap.CONCERNED, "overlap", findings)


def _guarded(act: Callable[[], Any], about: Iterable[str], what: str, findings: Findings) -> Any:  # noqa: ANN401 - what `act` returns
    # A subject may break anything, the examination itself included; that is then
    # the outcome of what was being examined, and the run goes on.
    try:
        return act()
    except _OverError:
        raise
    except Exception as error:  # noqa: BLE001 - see above
        message = f"{what}: {type(error).__name__}: {' '.join(str(error).split())[:300]}"
        for name in about:
            findings.errors.setdefault(name, message)
        return None
