"""Kills: which requirements tell that a mutant is wrong, by hand-written cases, by search and by force.

Force is for what a call after another cannot show: calls that fail, processes that
die, power that goes, clients that overlap.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from labelqueue.conformance import crash, overlap
from labelqueue.conformance.cases import cases_about
from labelqueue.conformance.judging import Findings, judge_case, judge_observation
from labelqueue.conformance.search import ROUNDS, finds
from labelqueue.conformance.subjects.clock import elsewhere
from labelqueue.conformance.subjects.python_subject import PythonSubject, subject_named
from labelqueue.spec import REQUIREMENTS, Observation

if TYPE_CHECKING:
    from labelqueue.conformance.cases import Case
    from labelqueue.conformance.mutants.mutant import Mutant
    from labelqueue.spec import History, Interruption

__all__ = [
    "CRASHES",
    "SEED",
    "found_in_round",
    "is_forced",
    "kills_by_cases",
    "kills_by_force",
    "ways_of_force",
]

SEED: Final = 20260115
"""The seed of the searches and histories, unless told otherwise."""

CRASHES: Final = "crashes"
"""The way of force that is no overlap."""

_LARGE: Final = 100
"""Above how many buckets and steps a case is large."""


def is_forced(mutant: Mutant) -> bool:
    """Whether a mutant is found by force alone: by crashes and overlap."""
    return REQUIREMENTS[mutant.requirement].sees is not Observation


def kills_by_cases(mutant: Mutant, *, spares_large: bool = False) -> set[str]:
    """Run the hand-written cases of the requirement that a mutant violates.

    Args:
        mutant: The mutant.
        spares_large: Whether cases of hundreds of buckets or steps, which take most of the time, are left out
            where smaller ones have shown the mistake.

    Returns:
        The requirements that failed.
    """
    findings = _findings(mutant)
    subject = PythonSubject(name=mutant.id, make=mutant.make)
    with elsewhere():
        cases = cases_about([REQUIREMENTS[mutant.requirement]], mutant.profiles)
        for case in sorted(cases, key=_size) if spares_large else cases:
            if not (spares_large and _size(case) > _LARGE and mutant.requirement in findings.failures):
                judge_case(case, subject, findings)
    return set(findings.failures)


def _size(case: Case) -> int:
    return sum(step.get("times", 1) + len(step.get("rows", step.get("buckets", ()))) for step in case.steps)


def found_in_round(mutant: Mutant, *, seed: int = SEED, rounds: Iterable[int] = ROUNDS) -> int | None:
    """Let the search, and nothing else, look for the mistake.

    Args:
        mutant: The mutant.
        seed: Where the programs come from.
        rounds: Which rounds of the search to run, one after another.

    Returns:
        The round in which a requirement failed that the mutant names, or `None`.
    """
    subject = PythonSubject(name=mutant.id, make=mutant.make)
    names = (mutant.requirement, *mutant.also)
    with elsewhere():
        return finds(subject, names, seed=seed, profiles=mutant.profiles, rounds=rounds)


def ways_of_force(mutant: Mutant) -> Sequence[str]:
    """Name the ways in which a mutant can be forced to show its mistake."""
    return [CRASHES] if mutant.requirement in crash.CONCERNED else [*overlap.PROCESS_WAYS, *overlap.THREAD_WAYS]


def kills_by_force(mutant: Mutant, *, seed: int = SEED, ways: Collection[str] | None = None) -> set[str]:
    """Interrupt a mutant and let clients overlap on it, until the requirement that it violates fails.

    Args:
        mutant: The mutant.
        seed: Where the clients' ideas come from.
        ways: In which of `ways_of_force`; `None` for all of them.

    Returns:
        The requirements that failed until then.
    """
    findings = _findings(mutant)
    killed: set[str] = set()
    with elsewhere():
        for evidence in _evidence(mutant, seed, ways):
            killed |= {name for name, _ in judge_observation(evidence, findings)}
            if mutant.requirement in killed:
                break
    return killed


def _evidence(mutant: Mutant, seed: int, ways: Collection[str] | None) -> Iterator[Interruption | History]:
    subject = subject_named(mutant.address)
    if mutant.requirement in crash.CONCERNED:
        about = [mutant.requirement]
        yield from (found for _, found in crash.interruptions(subject, mutant.profiles, about=about))
    else:
        yield from overlap.of_processes(subject, mutant.profiles, seed=seed, ways=ways)
        yield from overlap.of_threads(subject, mutant.profiles, seed=seed, ways=ways)


def _findings(mutant: Mutant) -> Findings:
    return Findings(mutant.profiles)
