"""The shelf of mutants.

The modules are those of the specification's areas, put together where they are
small.  What kills them is in `labelqueue.conformance.mutants.kills`: a mutant is started as
a program hundreds of times, and needs none of that.
"""

from __future__ import annotations

from labelqueue.conformance.mutants import (
    adding_lines,
    asking,
    bad_arguments,
    bad_batches,
    bad_values,
    budget,
    columns,
    dead_holders,
    duplicates,
    dying,
    enqueueing,
    failing,
    file_changes,
    file_reading,
    file_writing,
    flushing,
    leaving_behind,
    locked_too_short,
    locking,
    marking,
    remembering,
    requests,
    sharing,
    storing,
    taking_back,
    waiting,
)
from labelqueue.conformance.mutants.mutant import MUTANTS, Mutant

__all__ = [
    "MUTANTS",
    "Mutant",
    "adding_lines",
    "asking",
    "bad_arguments",
    "bad_batches",
    "bad_values",
    "budget",
    "columns",
    "dead_holders",
    "duplicates",
    "dying",
    "enqueueing",
    "failing",
    "file_changes",
    "file_reading",
    "file_writing",
    "flushing",
    "leaving_behind",
    "locked_too_short",
    "locking",
    "marking",
    "remembering",
    "requests",
    "sharing",
    "storing",
    "taking_back",
    "waiting",
]
