"""A run: a subject taken through the cases and the search, and what came of it.

Examples:
    >>> from labelqueue.conformance import run, subject_named
    >>> report = run(subject_named("labelqueue:ActiveLabelingQueue"), only="DONE-2", programs=0)
    >>> report.requirements["DONE-2"].outcome, report.verdict
    ('pass', {'core': 'no verdict'})
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from labelqueue.conformance.cases import Case, cases_about
from labelqueue.conformance.interrupts import heeded
from labelqueue.conformance.judging import Failure, Findings
from labelqueue.conformance.phases import go_through
from labelqueue.conformance.reports.report import Report, RequirementReport
from labelqueue.conformance.reports.verdict import Outcome, verdict_of
from labelqueue.conformance.search import PROGRAMS
from labelqueue.conformance.subjects.clock import elsewhere
from labelqueue.conformance.subjects.probe import probe
from labelqueue.conformance.subjects.subject import Subject
from labelqueue.errors import LabelQueueError
from labelqueue.progress import Progress, unheard
from labelqueue.spec import PROFILES, REQUIREMENTS, Observation, Profile, Requirement

__all__ = ["DEFAULT_SEED", "SelectionError", "run"]

DEFAULT_SEED = 20260115
"""The seed of the search: the same programs everywhere, unless told otherwise."""

_MOST_OTHERS = 8


class SelectionError(LabelQueueError):
    """`--only` selects nothing.

    Attributes:
        pattern: The pattern.
        profiles: The profiles, none of them examined, whose requirements it would select.
    """

    def __init__(self, pattern: str, profiles: Collection[Profile] = ()) -> None:
        """Keep the pattern, and where what it selects belongs."""
        self.pattern = pattern
        self.profiles = tuple(profiles)
        super().__init__(pattern, self.profiles)

    def __str__(self) -> str:
        """Say so, and what could be selected."""
        if self.profiles:
            options = " ".join(f"--profile {profile}" for profile in self.profiles)
            return f"--only {self.pattern!r} selects nothing of what is examined, but something with {options}"
        text = f"--only {self.pattern!r} selects no requirement (such as 'CAP-*') and no case (such as 'cap-limit-*')"
        return f"{text}; for several, repeat --only" if "," in self.pattern else text


@dataclass(frozen=True)
class _Selection:
    requirements: tuple[Requirement, ...]
    cases: tuple[Case, ...]
    is_searched: bool
    is_partial: bool


def run(  # noqa: PLR0913 - all but the subject are keyword-only
    subject: Subject,
    *,
    profiles: Collection[Profile] | None = None,
    only: str | Collection[str] | None = None,
    seed: int = DEFAULT_SEED,
    programs: int = PROGRAMS,
    times: int = 1,
    timeout_s: float = 10.0,
    known: Mapping[str, str] | None = None,
    until_first: bool = False,
    progress: Progress = unheard,
) -> Report:
    """Examine a subject.

    Args:
        subject: The subject.
        profiles: The profiles to examine it by, beside `core`, which cannot be left
            out; `None` for all that it claims.
        only: A pattern for requirement ids or case ids, or several, in letters of any
            case; what none of them selects is not run, and there is no verdict of
            conformity.
        seed: The seed of the search; the same seed makes the same programs.
        programs: How many programs the search makes up; none where all that is examined
            has failed before.
        times: How many times as much is tried of what is left to chance: programs,
            kills in the middle of a call, clients that overlap.
        timeout_s: How long a program may take for an answer, in seconds.
        known: The reasons of known failures, by requirement id.
        until_first: Whether to end soon after the first failure that is not known;
            what was not tried until then has no verdict.
        progress: Told what is being done.

    Returns:
        The report; nothing is written.

    Raises:
        SelectionError: `only`, or one of several, selects nothing.
        SubjectError: The subject cannot be opened, or is no queue.

    Examples:
        >>> from labelqueue.conformance import subject_named
        >>> report = run(subject_named("labelqueue:ActiveLabelingQueue"), only="DONE-2", programs=0)
        >>> report.requirements["DONE-2"].outcome, report.verdict
        ('pass', {'core': 'no verdict'})
    """
    start = time.perf_counter()
    examined = frozenset[Profile]({"core", *(subject.claims.profiles if profiles is None else profiles)})
    selection = _select(examined, only, subject.language, subject.claims.store)
    findings = Findings(frozenset({"core", *(requirement.profile for requirement in selection.requirements)}))
    known = {} if known is None else known
    is_whole = True
    with elsewhere(), heeded():
        reason = probe(subject)
        if reason is None:
            is_whole = go_through(
                subject,
                [requirement.id for requirement in selection.requirements],
                selection.cases,
                findings,
                borne=known if until_first else None,
                profiles=examined,
                seed=seed,
                programs=programs * times if selection.is_searched else 0,
                times=times,
                timeout_s=timeout_s,
                progress=progress,
            )
        else:
            findings.errors.update(dict.fromkeys((r.id for r in selection.requirements), reason))
    is_partial = selection.is_partial or programs < PROGRAMS or not is_whole
    requirements = {r.id: _report_on(r, findings) for r in selection.requirements}
    requirements = {n: _as_known(found, known.get(n), is_partial=is_partial) for n, found in requirements.items()}
    chosen = REQUIREMENTS if only is not None or profiles is not None else requirements
    return Report(
        subject={
            "name": subject.name,
            "version": subject.version,
            "language": subject.language,
            "how": subject.how,
        },
        verdict={
            profile: verdict_of(
                {name: found.outcome for name, found in requirements.items() if found.profile == profile},
                is_partial=is_partial,
            )
            for profile in PROFILES
            if any(r.profile == profile for r in selection.requirements)
        },
        requirements=requirements,
        cases=len(selection.cases),
        programs=findings.programs,
        is_partial=is_partial,
        seed=seed,
        seconds=time.perf_counter() - start,
        unmatched=tuple(name for name in known if name not in chosen),
    )


def _select(profiles: Collection[str], only: str | Collection[str] | None, language: str, store: str) -> _Selection:
    requirements = tuple(r for r in REQUIREMENTS.values() if r.profile in profiles)
    cases = cases_about(requirements, profiles, language, store)
    if only is None:
        return _Selection(requirements, cases, is_searched=True, is_partial=False)
    by_id: set[str] = set()
    by_case: set[str] = set()
    for pattern in [only] if isinstance(only, str) else only:
        # As it is written first: `cap-*` are the cases of that name, and `CAP-*` the requirements.
        for of_requirements, of_cases in ((pattern, pattern), (pattern.upper(), pattern.lower())):
            ids = {r.id for r in requirements if fnmatchcase(r.id, of_requirements)}
            named = set() if ids else {case.id for case in cases if fnmatchcase(case.id, of_cases)}
            if ids or named:
                break
        else:
            others = {r.profile for r in REQUIREMENTS.values() if fnmatchcase(r.id, pattern.upper())}
            raise SelectionError(pattern, [profile for profile in PROFILES if profile in others])
        by_id |= ids
        by_case |= named
    ids = by_id.union(*(case.requirements for case in cases if case.id in by_case))
    return _Selection(
        tuple(r for r in requirements if r.id in ids),
        tuple(case for case in cases if case.id in by_case or by_id & set(case.requirements)),
        # A search makes observations of single calls, and nothing else.
        is_searched=any(REQUIREMENTS[name].sees is Observation for name in by_id),
        is_partial=True,
    )


def _report_on(requirement: Requirement, findings: Findings) -> RequirementReport:
    checks = findings.checks[requirement.id]
    failure = findings.failures.get(requirement.id)
    reasons: list[tuple[Outcome, str | None]] = [
        ("error", findings.errors.get(requirement.id)),
        ("inconclusive", findings.inconclusive.get(requirement.id)),
        ("skip", findings.skips.get(requirement.id)),
        ("inapplicable", findings.inapplicable.get(requirement.id)),
    ]
    outcome, reason = next((each for each in reasons if each[1] is not None), ("pass" if checks else "untested", None))
    if failure is not None:
        outcome, reason = "fail", None
    return RequirementReport(
        profile=requirement.profile,
        outcome=outcome,
        checks=checks,
        reason=reason,
        sentence=requirement.sentence,
        failures=findings.failure_counts[requirement.id],
        shortest=None if failure is None else _failure_to_json(failure),
        others=tuple(map(_failure_to_json, _of_other_kinds(failure, findings))),
    )


def _of_other_kinds(failure: Failure | None, findings: Findings) -> list[Failure]:
    if failure is None:
        return []
    others = [each for each in findings.kinds[failure.requirement].values() if each.kind != failure.kind]
    # What a requirement says is clearer than where a case expected something else.
    return sorted(others, key=lambda each: (each.message.startswith("/"), each.size))[:_MOST_OTHERS]


def _as_known(found: RequirementReport, reason: str | None, *, is_partial: bool) -> RequirementReport:
    if reason is not None and found.outcome == "fail":
        return replace(found, outcome="known", reason=reason)
    # A part may leave out just what fails, so that only a whole run says what is fixed.
    if reason is not None and found.outcome == "pass" and not is_partial:
        return replace(found, outcome="fixed", reason=reason)
    return found


def _failure_to_json(failure: Failure) -> dict[str, Any]:
    case = replace(failure.case, requirements=(failure.requirement,))
    return {
        "case": case.to_json(),
        "message": failure.message,
        "step": failure.step,
        "expected": failure.expected,
        "got": failure.got,
        "found_by": failure.found_by,
    } | ({"history": list(failure.history)} if failure.history else {})
