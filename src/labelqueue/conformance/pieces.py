"""Pieces: the cases and the rounds of the search, each with findings of its own.

What is found is the same whoever goes through them, and how many at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from labelqueue.conformance.judging import Findings, judge_case
from labelqueue.conformance.search import rounds_of, search_round
from labelqueue.spec import REQUIREMENTS

if TYPE_CHECKING:
    from labelqueue.conformance.cases import Case
    from labelqueue.conformance.subjects.subject import Subject
    from labelqueue.spec import Profile

__all__ = ["Piece", "guarded", "pieces_of_cases", "pieces_of_search"]


@dataclass(frozen=True)
class Piece:
    """What a subject is taken through.

    Attributes:
        what: What it is, in words.
        about: The ids of the requirements about which it tells something.
        go_through: Takes a subject through it, and notes what is found; another process can be told it.
    """

    what: str
    about: Collection[str]
    go_through: Callable[[Subject, Findings], None]

    def findings_of(self, subject: Subject, profiles: frozenset[Profile]) -> Findings:
        """Take a subject through it.

        Args:
            subject: The subject.
            profiles: The profiles that are examined.

        Returns:
            What was found; an error of everything that it is about where the subject broke it.
        """
        findings = Findings(profiles)
        guarded(partial(self.go_through, subject, findings), self.about, self.what, findings)
        return findings


def pieces_of_cases(cases: Iterable[Case]) -> list[Piece]:
    """Make a piece of each case."""
    return [Piece(f"case {case.id}", case.requirements, partial(judge_case, case)) for case in cases]


def pieces_of_search(seed: int, programs: int) -> list[Piece]:
    """Make a piece of each round of the search; see `search`."""
    return [
        Piece("search", tuple(REQUIREMENTS), partial(search_round, seed, place, count))
        for place, count in rounds_of(programs)
    ]


def guarded(act: Callable[[], Any], about: Iterable[str], what: str, findings: Findings) -> Any:  # noqa: ANN401 - what `act` returns
    """Do something that a subject may break, as it may anything, the examination itself included.

    That is then the outcome of what was being examined, and the run goes on.

    Args:
        act: What is done.
        about: The ids of the requirements about which it would have told something.
        what: What it is, in words.
        findings: Where the error is noted.

    Returns:
        What it returned; `None` where it was broken.
    """
    try:
        return act()
    except Exception as error:  # noqa: BLE001 - see above
        message = f"{what}: {type(error).__name__}: {' '.join(str(error).split())[:300]}"
        for name in about:
            findings.errors.setdefault(name, message)
        return None
