"""The figures: what was measured, of whom, at which size, as data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, NamedTuple

__all__ = ["OPERATIONS", "REFERENCES", "Figure", "Measured", "Measurement", "Operation"]


class Operation(NamedTuple):
    """Something that is measured.

    Attributes:
        words: What is done.
        unit: What its figures are.
    """

    words: str
    unit: Literal["s", "bytes"] = "s"


OPERATIONS: Final = {
    "enqueue": Operation("enqueue_low_confidence, every row into an empty queue"),
    "again": Operation("enqueue_low_confidence, the same rows again"),
    "none": Operation("enqueue_low_confidence, no row below the threshold"),
    "get": Operation("get_pending(limit=10)"),
    "get-user": Operation("get_pending(user, limit=10)"),
    "mark": Operation("mark_done"),
    "open": Operation("open"),
    "memory": Operation("memory after opening", "bytes"),
}
"""What is measured, by the name that it has in the JSON, in the order of the table."""

REFERENCES: Final = {
    "mark": "write, flush and replace the same bytes",
    "open": "json.loads of the same bytes",
}
"""What is done with the bytes of a queue file alone, without any queue, beside an operation."""


class Figure(NamedTuple):
    """One thing that was measured.

    Attributes:
        subject: Whose it is, or one of `REFERENCES`.
        operation: A name in `OPERATIONS`.
        size: How many requests the queue holds.
        value: The median, in the operation's unit.
        samples: How often it was measured.
    """

    subject: str
    operation: str
    size: int
    value: float
    samples: int


@dataclass(frozen=True)
class Measured:
    """A subject that was measured.

    Attributes:
        name: What the user called it.
        version: Its version, or empty.
        how: How it is reached, in words.
        flushes: Whether `mark_done` flushes what it writes: `yes`, `no`, or why nobody saw it.
        left_out: From which size on it was left out, and why; empty where it was not.
    """

    name: str
    version: str
    how: str
    flushes: str
    left_out: str = ""


@dataclass(frozen=True)
class Measurement:
    """A run of the benchmark.

    Attributes:
        subjects: The subjects, in the order of the command line.
        figures: What was measured.
        baseline: The subject that the others are compared with.
        seconds: How long a subject was given for one operation at one size.
        machine: What it ran on: `python`, `system`, `cores` and `load` before and after.
    """

    subjects: tuple[Measured, ...]
    figures: tuple[Figure, ...]
    baseline: str
    seconds: float
    machine: dict[str, Any]

    @property
    def sizes(self) -> list[int]:
        """The sizes that anything was measured at, ascending."""
        return sorted({figure.size for figure in self.figures})

    def value(self, subject: str, operation: str, size: int) -> float | None:
        """Return a figure, or `None` where it was not measured."""
        wanted = (subject, operation, size)
        return next((each.value for each in self.figures if each[:3] == wanted), None)

    def ratio(self, subject: str, operation: str, size: int) -> float | None:
        """Return how many times the baseline's figure this one is, or `None`."""
        ours, theirs = self.value(subject, operation, size), self.value(self.baseline, operation, size)
        return None if ours is None or not theirs else ours / theirs

    def to_json(self) -> dict[str, Any]:
        """Return the measurement as JSON can hold it, with the ratios."""
        return {
            "schema": 1,
            **asdict(self),
            "operations": {name: operation._asdict() for name, operation in OPERATIONS.items()},
            "figures": [
                each._asdict() | {"ratio": self.ratio(each.subject, each.operation, each.size)} for each in self.figures
            ],
        }
