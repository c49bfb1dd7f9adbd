"""The report: everything that a run found, as `report.json`.

It is the only thing that a run makes; whatever people look at is rendered from it
by functions that do nothing else.  `conformance/schema/report.schema.json` says what
it may look like.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from labelqueue.conformance.cases import DATA
from labelqueue.conformance.invalid_file import InvalidFileError
from labelqueue.conformance.reports.verdict import EXIT_STATUS, Outcome, Verdict, exit_status
from labelqueue.conformance.subjects import wire
from labelqueue.spec import REQUIREMENTS
from labelqueue.spec.version import VERSION

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["InvalidReportError", "Report", "RequirementReport", "read_report", "report_of", "versions"]

_SCHEMA: Final = 1


class InvalidReportError(InvalidFileError):
    """A file is no report; `where` is the path within it."""


@dataclass(frozen=True)
class RequirementReport:
    """What was found about one requirement.

    Attributes:
        profile: The profile that it belongs to.
        outcome: The outcome.
        checks: How often it had something to say.
        sentence: Its normative sentence.
        reason: Why it is an error, a skip or known; `None` for other outcomes.
        failures: Of these, how many found a fault.
        shortest: The shortest failure as JSON: `case`, `message`, `step`,
            `expected`, `got`, `found_by`, and `history` where calls overlapped; `None`
            where nothing failed.
        others: Failures of other kinds, shortest first, in the same form.
    """

    profile: str
    outcome: Outcome
    checks: int
    sentence: str = ""
    reason: str | None = None
    failures: int = 0
    shortest: dict[str, Any] | None = None
    others: tuple[dict[str, Any], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Write it as JSON."""
        members: dict[str, Any] = {"profile": self.profile, "outcome": self.outcome, "checks": self.checks}
        members["sentence"] = self.sentence
        if self.reason is not None:
            members["reason"] = self.reason
        if self.shortest is not None:
            members |= {"failed": self.failures, "failures": [self.shortest, *self.others]}
        return members


def versions() -> dict[str, Any]:
    """Return the versions that tell what was examined by what.

    Returns:
        `kit`, the version of this package; `specification`; `wire`.
    """
    return {"kit": version("labelqueue"), "specification": VERSION, "wire": wire.VERSION}


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
        unmatched: Entries of the list of known failures that match no requirement.
        versions: Of the kit, the specification and the wire.
    """

    subject: dict[str, str]
    verdict: dict[str, Verdict]
    requirements: dict[str, RequirementReport]
    cases: int
    programs: int
    is_partial: bool
    seed: int
    seconds: float
    unmatched: tuple[str, ...] = ()
    versions: dict[str, Any] = field(default_factory=versions)

    @property
    def stale(self) -> tuple[str, ...]:
        """The entries of the list of known failures that are wrong: fixed ones, and those that match nothing."""
        return (*(name for name, found in self.requirements.items() if found.outcome == "fixed"), *self.unmatched)

    @property
    def exit_status(self) -> int:
        """What the command line exits with."""
        return EXIT_STATUS["not conformant"] if self.stale else exit_status(self.verdict)

    def to_json(self) -> dict[str, Any]:
        """Write the report as JSON."""
        return {
            "schema": _SCHEMA,
            **self.versions,
            "subject": self.subject,
            "verdict": self.verdict,
            "partial": self.is_partial,
            "requirements": {name: found.to_json() for name, found in self.requirements.items()},
            "unmatched": list(self.unmatched),
            "cases": self.cases,
            "programs": self.programs,
            "seed": self.seed,
            "seconds": round(self.seconds, 1),
        }

    def write(self, folder: Path) -> None:
        """Write `report.json` and, beside it, the shortest case of every failure; those of an earlier report go.

        Args:
            folder: Where to; it is created.
        """
        folder.mkdir(parents=True, exist_ok=True)
        # ASCII: what a subject was handed may hold what UTF-8 cannot carry (IN-12).
        text = json.dumps(self.to_json(), indent=2)
        (folder / "report.json").write_text(text + "\n", encoding="utf-8")
        for name in REQUIREMENTS:
            (folder / f"{name}.json").unlink(missing_ok=True)
        for name, found in self.requirements.items():
            if found.shortest is not None:
                case = json.dumps(found.shortest["case"], indent=2)
                (folder / f"{name}.json").write_text(case + "\n", encoding="utf-8")


@cache
def _validator() -> Any:  # noqa: ANN401 - jsonschema's own type
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - takes long to load

    schema = json.loads((DATA / "schema" / "report.schema.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema)


def report_of(members: Any, file: str) -> Report:  # noqa: ANN401 - any JSON
    """Read a report from its JSON.

    Args:
        members: The JSON.
        file: What to call it in an error.

    Raises:
        InvalidReportError: It breaks the schema.
    """
    from jsonschema.exceptions import best_match  # noqa: PLC0415 - takes long to load

    error = best_match(_validator().iter_errors(members))
    if error is not None:
        raise InvalidReportError(file, error.json_path.removeprefix("$"), error.message)
    return Report(
        subject=members["subject"],
        verdict=members["verdict"],
        requirements={name: _found_in(found) for name, found in members["requirements"].items()},
        cases=members["cases"],
        programs=members["programs"],
        is_partial=members["partial"],
        seed=members["seed"],
        seconds=members["seconds"],
        unmatched=tuple(members["unmatched"]),
        versions={name: members[name] for name in ("kit", "specification", "wire")},
    )


def _found_in(members: dict[str, Any]) -> RequirementReport:
    shortest, *others = members.get("failures", [None])
    return RequirementReport(
        profile=members["profile"],
        outcome=members["outcome"],
        checks=members["checks"],
        sentence=members["sentence"],
        reason=members.get("reason"),
        failures=members.get("failed", 0),
        shortest=shortest,
        others=tuple(others),
    )


def read_report(path: Path) -> Report:
    """Read `report.json`.

    Args:
        path: The file, or the folder that it lies in.

    Raises:
        InvalidReportError: It cannot be read, or is no report.
    """
    file = path / "report.json" if path.is_dir() else path
    try:
        members = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidReportError(str(file), "", f"cannot be read: {error}") from error
    return report_of(members, str(file))
