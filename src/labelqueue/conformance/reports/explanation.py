"""The explanation of a requirement or a case, as people read it in a terminal."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from rich.text import Text

from labelqueue.conformance.cases import Case, hand_written
from labelqueue.conformance.mutants import MUTANTS
from labelqueue.conformance.published.pages import SOURCES
from labelqueue.conformance.reports.console import lines_of_steps
from labelqueue.errors import LabelQueueError
from labelqueue.spec import REQUIREMENTS, Requirement

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["UnknownIdError", "explained"]


class UnknownIdError(LabelQueueError):
    """There is no requirement and no case of that id.

    Attributes:
        id: What was asked for.
        near: Ids that look like it.
    """

    def __init__(self, id: str, near: tuple[str, ...]) -> None:  # noqa: A002 - the word for it
        """Keep the data."""
        self.id = id
        self.near = near
        super().__init__(id, near)

    def __str__(self) -> str:
        """Say so, and what was perhaps meant."""
        meant = f"did you mean {' or '.join(self.near)}?" if self.near else "labelqueue list shows all requirements"
        return f"{self.id!r} is no requirement and no case; {meant}"


def explained(id: str) -> Text:  # noqa: A002 - the word for it
    """Explain a requirement or a case.

    Args:
        id: The id, in any case of letters.

    Raises:
        UnknownIdError: There is none.
    """
    cases = {case.id: case for case in hand_written()}
    if id.upper() in REQUIREMENTS:
        return _requirement(REQUIREMENTS[id.upper()])
    if id.lower() in cases:
        return _case(cases[id.lower()])
    names = {name.lower(): name for name in [*REQUIREMENTS, *cases]}
    raise UnknownIdError(id, tuple(names[near] for near in get_close_matches(id.lower(), names)))


def _requirement(requirement: Requirement) -> Text:
    text = Text()
    text.append(f"{requirement.id}  ", style="bold cyan")
    text.append(f"profile {requirement.profile}, source: {SOURCES[requirement.source]}\n", style="dim")
    text.append(f"{requirement.sentence}\n", style="bold")
    text.append(f"\n{requirement.why}\n")
    cases = [(case.id, case.why) for case in hand_written() if requirement.id in case.requirements]
    mutants = [(each.id, each.mistake) for each in MUTANTS.values() if each.requirement == requirement.id]
    text.append("".join(_listed("cases", cases)))
    text.append("".join(_listed("mutants that it must kill", mutants)))
    text.rstrip()
    return text


def _listed(title: str, pairs: list[tuple[str, str]]) -> Iterator[str]:
    if pairs:
        yield f"\n{title}:\n"
    for name, words in pairs:
        yield f"  {name}\n    {words}\n"


def _case(case: Case) -> Text:
    text = Text()
    text.append(f"{case.id}\n", style="bold cyan")
    text.append(f"{case.why}\n\n", style="bold")
    for name in case.requirements:
        text.append(f"{name} {REQUIREMENTS[name].sentence}\n")
    text.append("\n" + "\n".join(lines_of_steps(case.to_json(), len(case.steps) - 1)))
    if case.needs:
        text.append(f"\n\nneeds: {', '.join(sorted(case.needs))}", style="dim")
    return text
