"""The shelf of mutants, and what kills them.

The modules are those of the specification's areas, put together where they are
small.
"""

from __future__ import annotations

from labelqueue.conformance.cases import hand_written
from labelqueue.conformance.clock import elsewhere
from labelqueue.conformance.judging import Findings, judge_case
from labelqueue.conformance.mutants import (
    asking,
    bad_arguments,
    bad_batches,
    budget,
    duplicates,
    enqueueing,
    file_reading,
    file_writing,
    marking,
    requests,
    storing,
)
from labelqueue.conformance.mutants.mutant import MUTANTS, Mutant
from labelqueue.conformance.python_subject import PythonSubject
from labelqueue.spec import REQUIREMENTS

__all__ = [
    "MUTANTS",
    "Mutant",
    "asking",
    "bad_arguments",
    "bad_batches",
    "budget",
    "duplicates",
    "enqueueing",
    "file_reading",
    "file_writing",
    "kills",
    "marking",
    "requests",
    "storing",
]


def kills(mutant: Mutant) -> set[str]:
    """Run the hand-written cases of the requirement that a mutant violates.

    Returns:
        The requirements that failed.
    """
    findings = Findings(frozenset({"core", REQUIREMENTS[mutant.requirement].profile}))
    subject = PythonSubject(name=mutant.id, make=mutant.make)
    with elsewhere():
        for case in hand_written():
            if mutant.requirement in case.requirements:
                judge_case(case, subject, findings)
    return set(findings.failures)
