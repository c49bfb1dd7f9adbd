"""The comparison of two reports: what became worse, what became better, what is new.

Examples:
    >>> from labelqueue.conformance.models.core import ModelQueue
    >>> from labelqueue.conformance import PythonSubject, run
    >>> report = run(PythonSubject("the model", ModelQueue), only="DONE-2", programs=0)
    >>> compared(report, report).changes
    ()
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from labelqueue.conformance.reports.report import Report

__all__ = ["Change", "Comparison", "compared"]

Direction = Literal["worse", "better", "other"]

_ABSENT: Final = "absent"

# How far from a pass.  What is known fails all the same.
_RANKS: Final = {
    "pass": 0,
    "fixed": 0,
    "inapplicable": 0,
    "skip": 1,
    "inconclusive": 1,
    "untested": 1,
    "error": 2,
    "known": 2,
    "fail": 2,
}


@dataclass(frozen=True)
class Change:
    """One difference.

    Attributes:
        what: A requirement's id, a profile's verdict, or a version.
        old: As it was; `absent` where it was not there.
        new: As it is; `absent` where it is gone.
        direction: Whether that is worse, better, or neither.
    """

    what: str
    old: str
    new: str
    direction: Direction


@dataclass(frozen=True)
class Comparison:
    """What differs between two reports.

    Attributes:
        changes: The differences, what is worse first.
    """

    changes: tuple[Change, ...]

    @property
    def is_worse(self) -> bool:
        """Whether anything became worse."""
        return any(change.direction == "worse" for change in self.changes)


def compared(old: Report, new: Report) -> Comparison:
    """Compare two reports.

    Args:
        old: The earlier one.
        new: The later one.

    Returns:
        The differences: versions, verdicts, then requirements by id.  What was not
        examined the second time is neither better nor worse.
    """
    versions = _differences({k: str(v) for k, v in old.versions.items()}, {k: str(v) for k, v in new.versions.items()})
    changes = [Change(name, one, other, "other") for name, one, other in versions]
    verdicts = _differences(dict(old.verdict), dict(new.verdict))
    changes += [Change(f"verdict of {name}", one, other, _of_verdicts(one, other)) for name, one, other in verdicts]
    outcomes = _differences(_outcomes(old), _outcomes(new))
    changes += [Change(name, one, other, _of_outcomes(one, other)) for name, one, other in outcomes]
    return Comparison(tuple(sorted(changes, key=lambda change: ("worse", "better", "other").index(change.direction))))


def _outcomes(report: Report) -> dict[str, str]:
    return {name: found.outcome for name, found in report.requirements.items()}


def _differences(old: dict[str, str], new: dict[str, str]) -> list[tuple[str, str, str]]:
    names = dict.fromkeys([*old, *new])
    pairs = [(name, old.get(name, _ABSENT), new.get(name, _ABSENT)) for name in names]
    return [(name, one, other) for name, one, other in pairs if one != other]


def _of_outcomes(old: str, new: str) -> Direction:
    if new == _ABSENT:
        return "other"
    before, after = _RANKS.get(old, 1), _RANKS[new]
    return "worse" if after > before else "better" if after < before else "other"


def _of_verdicts(old: str, new: str) -> Direction:
    if _ABSENT in (old, new):
        return "other"
    return "better" if new == "conformant" else "worse" if old == "conformant" else "other"
