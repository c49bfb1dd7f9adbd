"""The specification, executable: every requirement of the contract as one object.

One module per area, in the contract's order; each opens with the theory of that
area.  `REQUIREMENTS` holds all of them by id, in order.

Examples:
    >>> from labelqueue.spec import REQUIREMENTS
    >>> REQUIREMENTS["DUP-5"].sentence
    'Another user, or another start however close, MUST be another key.'
"""

from __future__ import annotations

from types import ModuleType
from typing import Final

from labelqueue.spec import all as all_items
from labelqueue.spec import cap, done, drift, dup, dur, enq, file, get, inp, keep, req, share
from labelqueue.spec import ord as order
from labelqueue.spec.bucket import Bucket
from labelqueue.spec.call import Call, Operation
from labelqueue.spec.history import Event, History
from labelqueue.spec.interruption import Interruption, State
from labelqueue.spec.observation import Observation, Spoiled
from labelqueue.spec.refusal import Refusal
from labelqueue.spec.requirement import PROFILES, InconclusiveError, Profile, Requirement, Source
from labelqueue.spec.seen import ABSENT, Seen
from labelqueue.spec.version import VERSION

__all__ = [
    "ABSENT",
    "AREAS",
    "PROFILES",
    "REQUIREMENTS",
    "VERSION",
    "Bucket",
    "Call",
    "Event",
    "History",
    "InconclusiveError",
    "Interruption",
    "Observation",
    "Operation",
    "Profile",
    "Refusal",
    "Requirement",
    "Seen",
    "Source",
    "Spoiled",
    "State",
]

AREAS: Final[tuple[ModuleType, ...]] = (
    req,
    enq,
    drift,
    dup,
    order,
    cap,
    get,
    done,
    all_items,
    keep,
    inp,
    dur,
    share,
    file,
)
"""The modules of the requirements, in the contract's order."""


def _requirements_of(area: ModuleType) -> list[Requirement]:
    found = [value for value in vars(area).values() if isinstance(value, Requirement)]
    return sorted(found, key=lambda requirement: int(requirement.id.partition("-")[2]))


REQUIREMENTS: Final[dict[str, Requirement]] = {
    requirement.id: requirement for area in AREAS for requirement in _requirements_of(area)
}
"""Every requirement by its id, in the contract's order."""
