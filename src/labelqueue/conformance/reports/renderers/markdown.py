"""Markdown: the report as the summary of a CI run.

Text from a subject is made harmless: it may hold pipes, backticks and HTML.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from labelqueue.conformance.overlap.timeline import lines_of
from labelqueue.conformance.reports.console import lines_of_steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from labelqueue.conformance.reports.report import Report, RequirementReport

__all__ = ["escaped", "lines_of_failure", "markdown"]

_MARKS: Final = {"conformant": "✅", "not conformant, as known": "⚠️", "not conformant": "❌", "no verdict": "❔"}
_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>|#~&])")
_LONGEST: Final = 2000


def markdown(report: Report) -> str:
    """Write a report as Markdown.

    Returns:
        A table of verdicts, then what did not pass, each failure with its steps.
    """
    subject, seen = report.subject, report.versions
    name = f"{subject['name']} {subject['version']}".strip()
    lines = [
        f"## labelqueue: {escaped(name)}",
        "",
        "| profile | verdict | requirements | not passed |",
        "|---|---|---|---|",
        *(_row(report, profile) for profile in report.verdict),
        "",
    ]
    if report.stale:
        lines += [f"Take off the list of known failures: {escaped(', '.join(report.stale))}.", ""]
    for requirement, found in report.requirements.items():
        if found.outcome not in ("pass", "untested") or (found.outcome == "untested" and not report.is_partial):
            lines += [*_found(requirement, found), ""]
    if report.is_partial:
        lines += ["Only a part was run, so that there is no verdict of conformity.", ""]
    lines.append(
        f"{report.cases} cases, {report.programs} searched programs, seed {report.seed}, {report.seconds:.1f} s; "
        f"kit {seen['kit']}, specification {seen['specification']}, wire {seen['wire']}."
    )
    return "\n".join(lines) + "\n"


def _row(report: Report, profile: str) -> str:
    outcomes = {name: found.outcome for name, found in report.requirements.items() if found.profile == profile}
    wrong = [f"{name} ({outcome})" for name, outcome in outcomes.items() if outcome not in ("pass", "inapplicable")]
    verdict = report.verdict[profile]
    return f"| {profile} | {_MARKS[verdict]} {verdict} | {len(outcomes)} | {', '.join(wrong) or 'none'} |"


def _found(name: str, found: RequirementReport) -> Iterator[str]:
    yield f"### {name}: {found.outcome}"
    yield ""
    yield escaped(found.sentence)
    if found.reason is not None:
        yield ""
        yield f"Reason: {escaped(found.reason)}"
    if found.shortest is not None:
        yield ""
        yield from lines_of_failure(found.shortest)


def lines_of_failure(failure: Mapping[str, Any]) -> Iterator[str]:
    """Write a failure as lines of Markdown: what is wrong, and the steps that show it, in a fence."""
    yield f"**{escaped(failure['message'])}**"
    lines = list(lines_of_steps(failure["case"], failure["step"]))
    if failure["expected"] is not None:
        lines.append(f"expected {_cut(json.dumps(failure['expected'], ensure_ascii=False))}")
    lines.append(f"got      {_cut(json.dumps(failure['got'], ensure_ascii=False))}")
    lines.extend(lines_of(failure.get("history", ())))
    text = "\n".join(lines)
    # A fence that is longer than any run of backticks within.
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    yield ""
    yield f"{fence}text"
    yield text
    yield fence


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def escaped(text: str) -> str:
    r"""Write text so that Markdown shows it as it is, on one line.

    Examples:
        >>> print(escaped("a_b\n<c>"))
        a\_b \<c\>
    """
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
