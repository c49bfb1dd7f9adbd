"""Judging: cases and programs taken through a subject, every step held against the specification.

What comes out are findings: by requirement, how often it had something to say and
every failure with the steps that led to it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final, get_args

from labelqueue.conformance.examination import Examination
from labelqueue.conformance.matchers import mismatches
from labelqueue.conformance.models.crosscheck import Beside, disagreement
from labelqueue.conformance.steps import neutral
from labelqueue.conformance.subjects.subject import BrokenError
from labelqueue.spec import (
    REQUIREMENTS,
    History,
    InconclusiveError,
    Interruption,
    Observation,
    Operation,
    Profile,
    Requirement,
)

if TYPE_CHECKING:
    from labelqueue.conformance.cases import Case
    from labelqueue.conformance.subjects.subject import Claims, Subject

__all__ = ["Failure", "Findings", "examination_of", "judge_case", "judge_observation", "judge_step"]


_MOST_KINDS: Final = 20
_LENGTH_OF_AN_ITEM: Final = 250
_PARTICULAR: Final = re.compile(
    r"/\S*/labelqueue-\w+|0x[0-9a-f]+|"
    rf"[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}|\d+|{'|'.join(get_args(Operation))}"
)


@dataclass(frozen=True)
class Failure:
    """A requirement that failed.

    Attributes:
        requirement: Its id.
        message: What is wrong.
        case: The steps that led to it, up to the step that showed it.
        step: The place of that step in the case, from 0; -1 for the opening.
        expected: What the case expected of the step, where a case did.
        got: What came back, as JSON.
        found_by: What found it: `case`, `search`, `crash` or `overlap`.
        history: The calls that overlapped, as JSON, where some did.
    """

    requirement: str
    message: str
    case: Case
    step: int
    expected: Any
    got: Any
    found_by: str = "case"
    history: tuple[dict[str, Any], ...] = ()

    @property
    def size(self) -> tuple[bool, int, int]:
        """How much there is to read: what was written by hand reads best, then steps, then rows."""
        rows = sum(
            len(step.get("rows", step.get("buckets", step.get("items", ())))) * step.get("times", 1)
            + len(step.get("text", "")) // _LENGTH_OF_AN_ITEM
            for step in self.case.steps
        )
        return self.found_by != "case", len(self.case.steps), rows

    @property
    def kind(self) -> str:
        """The message without numbers, ids, temporary folders and operations: failures of one kind are told once."""
        return _PARTICULAR.sub("…", self.message)


@dataclass
class Findings:
    """What was found so far.

    Attributes:
        profiles: The profiles that are examined; no other requirement is asked.
        checks: By requirement, how often it had something to say.
        failures: By requirement, the shortest failure.
        kinds: By requirement, the shortest failure of each kind, a few of them.
        failure_counts: By requirement, how many failures there were.
        errors: By requirement, why something about it could not be judged at all.
        inconclusive: By requirement, why something about it could not be told.
        skips: By requirement, why something about it was not tried.
        inapplicable: By requirement, why the contract does not ask it of such a queue.
        programs: How many programs the search made up.
    """

    profiles: frozenset[Profile] = frozenset({"core"})
    checks: Counter[str] = field(default_factory=Counter)
    failures: dict[str, Failure] = field(default_factory=dict)
    kinds: dict[str, dict[str, Failure]] = field(default_factory=dict)
    failure_counts: Counter[str] = field(default_factory=Counter)
    errors: dict[str, str] = field(default_factory=dict)
    inconclusive: dict[str, str] = field(default_factory=dict)
    skips: dict[str, str] = field(default_factory=dict)
    inapplicable: dict[str, str] = field(default_factory=dict)
    programs: int = 0

    def add(self, failure: Failure) -> None:
        """Count a failure, and keep it if it is the shortest of its requirement."""
        self.failure_counts[failure.requirement] += 1
        self._keep(failure)

    def _keep(self, failure: Failure) -> None:
        known = self.failures.get(failure.requirement)
        if known is None or failure.size < known.size:
            self.failures[failure.requirement] = failure
        kinds = self.kinds.setdefault(failure.requirement, {})
        known = kinds.get(failure.kind)
        if (known is None and len(kinds) < _MOST_KINDS) or (known is not None and failure.size < known.size):
            kinds[failure.kind] = failure

    def include(self, others: Findings) -> None:
        """Take in what was found elsewhere, as if it had been found here behind what was before."""
        self.checks.update(others.checks)
        self.failure_counts.update(others.failure_counts)
        for failure in others.failures.values():
            self._keep(failure)
        for kinds in others.kinds.values():
            for failure in kinds.values():
                self._keep(failure)
        self.programs += others.programs
        self.errors = others.errors | self.errors
        self.inconclusive = others.inconclusive | self.inconclusive
        self.skips = others.skips | self.skips
        self.inapplicable = others.inapplicable | self.inapplicable


@cache
def _requirements_of(profiles: frozenset[Profile]) -> tuple[Requirement, ...]:
    return tuple(rule for rule in REQUIREMENTS.values() if rule.profile in profiles)


def judge_observation(evidence: Observation | Interruption | History, findings: Findings) -> list[tuple[str, str]]:
    """Hold an observation, or other evidence, against every requirement of the profiles examined.

    Args:
        evidence: Any evidence.
        findings: Where the checks are counted; says which profiles are examined.

    Returns:
        Every violation: the requirement's id and what is wrong.
    """
    violations = []
    for requirement in _requirements_of(findings.profiles):
        try:
            problems = requirement.judge(evidence)
        except InconclusiveError as error:
            findings.inconclusive.setdefault(requirement.id, str(error))
            continue
        if problems is None:
            continue
        findings.checks[requirement.id] += 1
        if problems:
            violations.append((requirement.id, problems[0]))
    return violations


def judge_step(observation: Observation, findings: Findings, model: Beside | None) -> list[tuple[str, str]]:
    """As `judge_observation`; where no requirement objects, the model beside the subject, if there is one, may."""
    violations = judge_observation(observation, findings)
    # Whatever was found, the model goes along.
    second_opinion = None if model is None else disagreement(model, observation)
    return violations if violations or second_opinion is None else [second_opinion]


def answer_of(observation: Observation) -> Any:  # noqa: ANN401 - JSON
    """Write what came back from a call as JSON."""
    if observation.refusal is not None:
        return {"$error": observation.refusal.kind, "message": observation.refusal.message}
    return neutral(observation.result)


def judge_case(case: Case, subject: Subject, findings: Findings, *, has_model: bool = False) -> None:
    """Take a subject through a case, and note what fails.

    An expectation that does not hold fails the requirements that the case names;
    beyond that, every step is held against the whole specification.

    A case that needs what the subject does not claim is skipped, and a subject that
    does not answer properly is an error of the requirements that the case names.

    Args:
        case: The case.
        subject: The subject.
        findings: Where to note.
        has_model: Whether the model goes beside the subject, as in the search.
    """
    reason = _lacking(case, subject.claims)
    if reason is not None:
        findings.skips |= dict.fromkeys(case.requirements, reason)
        return
    try:
        _judge_case(case, subject, findings, Beside(None) if has_model else None)
    except BrokenError as error:
        findings.errors |= dict.fromkeys(case.requirements, f"case {case.id}: {error}")


def _lacking(case: Case, claims: Claims) -> str | None:
    """Say which claim of the subject's a case would need."""
    if "clock" in case.needs and not claims.clock:
        return "it claims no clock that can be set"
    if "file" in case.needs and ("file" not in claims.profiles or claims.store != "path"):
        return "it claims no file"
    return None


def examination_of(case: Case, subject: Subject) -> Examination:
    """Make the examination of a subject under the circumstances that a case gives."""
    return Examination(
        subject,
        now=case.now,
        max_asks_per_day=case.max_asks_per_day,
        runs=case.runs,
        watch="watch" in case.needs,
        has_folder=case.has_folder,
        reads_beside=case.reads_beside,
    )


def _judge_case(case: Case, subject: Subject, findings: Findings, model: Beside | None) -> None:
    with examination_of(case, subject) as examination:
        _note(examination.open(), case, -1, findings, model)
        for place, step in enumerate(case.steps):
            observation = examination.take(step)
            violated = _note(observation, case, place, findings, model)
            if "expect" not in step:
                continue
            got = answer_of(observation)
            wrong = list(mismatches(step["expect"], got, examination.bound))
            for requirement in case.requirements:
                findings.checks[requirement] += 1
                if wrong and requirement not in violated:
                    findings.add(Failure(requirement, wrong[0], _until(case, place), place, step["expect"], got))


def _note(observation: Observation, case: Case, place: int, findings: Findings, model: Beside | None) -> set[str]:
    violations = judge_step(observation, findings, model)
    expected = case.steps[place].get("expect") if place >= 0 else None
    for requirement, message in violations:
        findings.add(Failure(requirement, message, _until(case, place), place, expected, answer_of(observation)))
    return {requirement for requirement, _ in violations}


def _until(case: Case, place: int) -> Case:
    return replace(case, steps=case.steps[: place + 1])
