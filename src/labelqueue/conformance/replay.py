"""Replaying: one case against a subject, every step shown with what came back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from labelqueue.conformance.judging import Findings, judge_case
from labelqueue.conformance.reports.console import lines_of_steps
from labelqueue.conformance.subjects.clock import elsewhere
from labelqueue.spec import REQUIREMENTS

if TYPE_CHECKING:
    from labelqueue.conformance.cases import Case
    from labelqueue.conformance.subjects.subject import Subject

__all__ = ["replayed"]


def replayed(case: Case, subject: Subject) -> tuple[bool, Text]:
    """Take a subject through a case and write down what happened.

    Returns:
        Whether everything held, and the text to show.
    """
    findings = Findings(case.profiles)
    with elsewhere():
        judge_case(case, subject, findings, has_model=True)
    text = Text("\n".join(lines_of_steps(case.to_json(), len(case.steps) - 1)) + "\n")
    for name, failure in findings.failures.items():
        where = f"step {failure.step + 1}" if failure.step >= 0 else "opening"
        text.append(f"\n{name} ", style="bold red")
        text.append(REQUIREMENTS[name].sentence + "\n", style="bold")
        text.append(f"  {where}: {failure.message}\n", style="red")
    if not findings.failures:
        text.append(f"\n{subject.name}: every step holds", style="green")
    text.rstrip()
    return not findings.failures, text
