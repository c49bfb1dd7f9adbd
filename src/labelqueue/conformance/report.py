"""The report: everything that a run found, as `report.json`.

It is the only thing that a run makes; whatever people look at is rendered from it
by functions that do nothing else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from labelqueue.conformance.verdict import Outcome, Verdict, exit_status

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Report", "RequirementReport"]

_SCHEMA: Final = 1


@dataclass(frozen=True)
class RequirementReport:
    """What was found about one requirement.

    Attributes:
        profile: The profile that it belongs to.
        outcome: The outcome.
        checks: How often it had something to say.
        reason: Why it is an error or a skip; `None` for other outcomes.
        failures: Of these, how many found a fault.
        others: Failures of other kinds, shortest first, in the same form.
        shortest: The shortest failure as JSON: `case`, `message`, `step`,
            `expected`, `got`, `found_by`; `None` where nothing failed.
    """

    profile: str
    outcome: Outcome
    checks: int
    reason: str | None = None
    failures: int = 0
    shortest: dict[str, Any] | None = None
    others: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Report:
    """Everything that a run found.

    Attributes:
        subject: Name, version, language and how it was reached.
        verdict: A word per profile.
        requirements: What was found, by requirement id.
        cases: How many hand-written cases were run.
        programs: How many programs the search made up.
        is_partial: Whether something was deselected.
        seed: The seed of the search.
        seconds: How long it took.
    """

    subject: dict[str, str]
    verdict: dict[str, Verdict]
    requirements: dict[str, RequirementReport]
    cases: int
    programs: int
    is_partial: bool
    seed: int
    seconds: float

    @property
    def exit_status(self) -> int:
        """What the command line exits with."""
        return exit_status(self.verdict)

    def to_json(self) -> dict[str, Any]:
        """Write the report as JSON."""
        requirements: dict[str, Any] = {}
        for name, found in self.requirements.items():
            requirements[name] = {"profile": found.profile, "outcome": found.outcome, "checks": found.checks}
            if found.reason is not None:
                requirements[name]["reason"] = found.reason
            if found.shortest is not None:
                requirements[name] |= {"failed": found.failures, "failures": [found.shortest, *found.others]}
        return {
            "schema": _SCHEMA,
            "kit": version("labelqueue"),
            "subject": self.subject,
            "verdict": self.verdict,
            "partial": self.is_partial,
            "requirements": requirements,
            "cases": self.cases,
            "programs": self.programs,
            "seed": self.seed,
            "seconds": round(self.seconds, 1),
        }

    def write(self, folder: Path) -> None:
        """Write `report.json` and, beside it, the shortest case of every failure.

        Args:
            folder: Where to; it is created.
        """
        folder.mkdir(parents=True, exist_ok=True)
        # ASCII: what a subject was handed may hold what UTF-8 cannot carry (IN-12).
        text = json.dumps(self.to_json(), indent=2)
        (folder / "report.json").write_text(text + "\n", encoding="utf-8")
        for name, found in self.requirements.items():
            if found.shortest is not None:
                case = json.dumps(found.shortest["case"], indent=2)
                (folder / f"{name}.json").write_text(case + "\n", encoding="utf-8")
