"""A mutant: a queue with exactly one mistake, and the requirement that it violates.

The mistakes are those that a good engineer makes on a Friday.  Each is a few
lines on top of the kit's model, says in words what it is, and names the
requirement before it is ever run: a kit that does not find it is broken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from labelqueue.conformance.models.core import ModelQueue
from labelqueue.conformance.models.file import JsonQueue
from labelqueue.spec import REQUIREMENTS, Profile

__all__ = ["MUTANTS", "Mutant", "mutant"]


@dataclass(frozen=True)
class Mutant:
    """A queue with one mistake.

    Attributes:
        id: Its name: the mistake in few words.
        requirement: The requirement that it violates.
        mistake: The mistake in words.
        make: The queue's class.
        also: Other requirements that it violates as plainly.
    """

    id: str
    requirement: str
    mistake: str
    make: type[ModelQueue]
    also: tuple[str, ...] = ()

    @property
    def profiles(self) -> frozenset[Profile]:
        """The profiles that are examined to find it: `core`, its requirement's, and `file` where it is over a file."""
        of_store: set[Profile] = {"file"} if issubclass(self.make, JsonQueue) else set()
        return frozenset({"core", REQUIREMENTS[self.requirement].profile, *of_store})

    @property
    def address(self) -> str:
        """The name by which a subject is found: `package.module:Name`."""
        return f"{self.make.__module__}:{self.make.__qualname__}"


MUTANTS: Final[dict[str, Mutant]] = {}
"""Every mutant by its id."""


def mutant(requirement: str, *also: str) -> Callable[[type[ModelQueue]], type[ModelQueue]]:
    """Enter a class into `MUTANTS`; its docstring is the mistake, its name the id.

    Args:
        requirement: The requirement that it violates.
        also: Others that it violates as plainly.
    """

    def enter(make: type[ModelQueue]) -> type[ModelQueue]:
        words = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in make.__name__)
        name = words.removeprefix("-")
        mistake = " ".join((make.__doc__ or "").split())
        MUTANTS[name] = Mutant(name, requirement, mistake, make, also)
        return make

    return enter
