"""Cases: hand-written examples of requirements, in a neutral form.

They lie under `conformance/cases/<area>/<slug>.json` in the repository, and beside
this module in an installed kit; `conformance/schema/case.schema.json` says what a
case may look like.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from labelqueue.conformance.invalid_file import InvalidFileError
from labelqueue.conformance.steps import text_of
from labelqueue.spec import REQUIREMENTS, Profile, Requirement

__all__ = ["DATA", "Case", "InvalidCaseError", "case_of", "cases_about", "hand_written", "load_case"]

_INSTALLED: Final = Path(__file__).parent / "data"
DATA: Final = _INSTALLED if _INSTALLED.is_dir() else Path(__file__).parents[3] / "conformance"
"""The language-neutral part of the kit: cases and schemas."""

# A binary fraction, so that a float holds it and whoever drops what is finer than a microsecond reads the same.
DEFAULT_NOW: Final = datetime(2026, 1, 15, 12, 0, 0, 140625, tzinfo=UTC)
"""Where the clock stands when a case does not say."""


class InvalidCaseError(InvalidFileError):
    """A case file is no case; `where` is the path within it."""


@dataclass(frozen=True)
class Case:
    """One case.

    Attributes:
        id: Unique among all cases; what the case shows, in words.
        requirements: The requirements that fail when an expectation does.
        why: What goes wrong in implementations, in a sentence.
        steps: The steps, with what is expected of each.
        now: Where the clock stands at first, aware.
        max_asks_per_day: The cap; `None` leaves it out.
        needs: What a subject has to be able to do: `clock`, `watch`, `path`, `file`; or `python`
            where its values are those of Python, in which 7.0 is not 7.
        runs: Whether the clock runs on.
        has_folder: Whether the folder of the store is there beforehand, empty.
        reads_beside: Whether what is there is read through another handle, so that
            this one is asked nothing but the steps.

    Examples:
        >>> case = load_case(DATA / "cases" / "cap" / "counts-skipped.json")
        >>> case.requirements, len(case.steps), case.max_asks_per_day
        (('CAP-3',), 5, 2)
    """

    id: str
    requirements: tuple[str, ...]
    why: str
    steps: tuple[dict[str, Any], ...]
    now: datetime = DEFAULT_NOW
    max_asks_per_day: int | None = None
    needs: frozenset[str] = frozenset()
    runs: bool = False
    has_folder: bool = False
    reads_beside: bool = False

    @property
    def profiles(self) -> frozenset[Profile]:
        """The profiles that its requirements belong to, and `core`."""
        return frozenset({"core", *(REQUIREMENTS[name].profile for name in self.requirements)})

    def to_json(self) -> dict[str, Any]:
        """Write the case in its file form."""
        given: dict[str, Any] = {"now": text_of(self.now)}
        if self.max_asks_per_day is not None:
            given["max_asks_per_day"] = self.max_asks_per_day
        if self.runs:
            given["clock"] = "runs"
        if self.has_folder:
            given["folder"] = "exists"
        if self.reads_beside:
            given["reader"] = "beside"
        case: dict[str, Any] = {"id": self.id, "requirements": list(self.requirements)}
        if self.needs:
            case["needs"] = sorted(self.needs)
        return case | {"why": self.why, "given": given, "steps": list(self.steps)}


@cache
def _validator() -> Any:  # noqa: ANN401 - jsonschema's own type
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - takes long to load

    schema = json.loads((DATA / "schema" / "case.schema.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema)


def case_of(members: Any, file: str) -> Case:  # noqa: ANN401 - any JSON
    """Read a case from its file form.

    Raises:
        InvalidCaseError: It is no case.
    """
    from jsonschema.exceptions import best_match  # noqa: PLC0415 - takes long to load

    error = best_match(_validator().iter_errors(members))
    if error is not None:
        raise InvalidCaseError(file, error.json_path.removeprefix("$"), error.message)
    unknown = [name for name in members["requirements"] if name not in REQUIREMENTS]
    if unknown:
        raise InvalidCaseError(file, "/requirements", f"{unknown[0]} is no requirement")
    return _valid_case(members)


def _valid_case(members: dict[str, Any]) -> Case:
    given = members.get("given", {})
    return Case(
        id=members["id"],
        requirements=tuple(members["requirements"]),
        why=members["why"],
        steps=tuple(members["steps"]),
        now=datetime.fromisoformat(given["now"]) if "now" in given else DEFAULT_NOW,
        max_asks_per_day=given.get("max_asks_per_day"),
        needs=frozenset(members.get("needs", ())),
        runs=given.get("clock") == "runs",
        has_folder=given.get("folder") == "exists",
        reads_beside=given.get("reader") == "beside",
    )


def load_case(path: Path) -> Case:
    """Read a case file.

    Raises:
        InvalidCaseError: It cannot be read, or is no case.

    Examples:
        >>> load_case(DATA / "cases" / "cap" / "counts-skipped.json").id
        'cap-counts-skipped'
    """
    try:
        members = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidCaseError(str(path), "", f"cannot be read: {error}") from error
    return case_of(members, str(path))


@cache
def hand_written() -> tuple[Case, ...]:
    """Return all cases that come with the kit, by area and name."""
    # Not held against the schema: that takes longer than all else at the start, and a test does it.
    paths = sorted((DATA / "cases").glob("*/*.json"))
    return tuple(_valid_case(json.loads(path.read_text(encoding="utf-8"))) for path in paths)


def cases_about(
    requirements: Iterable[Requirement], profiles: Collection[str], language: str = "python", store: str = "path"
) -> tuple[Case, ...]:
    """Return the hand-written cases of some requirements.

    Args:
        requirements: The requirements.
        profiles: The profiles that are examined.  Cases that need a file, of whatever
            requirement, say nothing about a queue that is not examined for `file`.
        language: What the subject is written in.  Cases about values of Python's say
            nothing about queues in other languages.
        store: What the store is.  A server may be unable to hold what cases for a path ask.
    """
    ids = {requirement.id for requirement in requirements}
    return tuple(
        case
        for case in hand_written()
        if ids & set(case.requirements)
        and ("path" not in case.needs or store == "path")
        and ("file" not in case.needs or "file" in profiles)
        and ("python" not in case.needs or language == "python")
    )
