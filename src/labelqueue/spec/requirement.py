"""The requirement: one rule of the contract as one object.

Its docstring is the normative text: the first sentence carries MUST, MUST NOT or
MAY (RFC 2119), what follows says why and what implementations get wrong.  Its
body is the check.  Prose and check cannot drift apart, because they are the same
object.

A requirement says three things about an observation:

- nothing, where the observation is not of its kind (`judge` returns `None`);
- that it holds (an empty list);
- what is wrong (one sentence per violation).

The difference between the first two is what makes `untested` possible: a
requirement that never had anything to say was not passed, it was not tried.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from labelqueue.spec.call import Operation
from labelqueue.spec.observation import Observation
from labelqueue.spec.seen import Seen

__all__ = ["PROFILES", "InconclusiveError", "Profile", "Requirement", "Source", "requirement"]

Profile = Literal["core", "input", "durable", "shared", "file"]
"""A profile: what belongs together when somebody claims to conform."""

Source = Literal["text", "code", "both", "decided"]
"""Where a rule comes from: the original's text, its code, both, or a decision of this project."""

PROFILES: Final[tuple[Profile, ...]] = ("core", "input", "durable", "shared", "file")
"""Every profile, in the contract's order; `core` cannot be left out."""

_Check = Callable[[Any], Iterable[str]]
_When = Callable[[Any], bool]


class InconclusiveError(Exception):
    """A check cannot tell within reasonable bounds.

    Examples:
        >>> str(InconclusiveError("the history has too many calls that never returned"))
        'the history has too many calls that never returned'
    """


@dataclass(frozen=True)
class Requirement:
    """One rule of the contract: id, profile, source, normative text and check.

    Attributes:
        id: The id in the contract, such as `ORD-2`; never renumbered or reused.
        profile: The profile that it belongs to.
        source: Where it comes from: the original's `text`, its `code`, `both`,
            or `decided` where neither says.
        sentence: The normative sentence.
        why: Why the rule is so, and what implementations usually get wrong.
        on: The operations that it speaks about.
        sees: The kind of evidence that it judges: an `Observation` of one call, an
            `Interruption`, or a `History` of several clients.

    Examples:
        >>> from labelqueue.spec import REQUIREMENTS
        >>> REQUIREMENTS["CAP-1"].sentence, REQUIREMENTS["CAP-1"].area
        ('The cap MUST default to 20.', 'CAP')
    """

    id: str
    profile: Profile
    source: Source
    sentence: str
    why: str
    on: frozenset[Operation]
    name: str
    module: str
    sees: type
    _check: _Check = field(repr=False, compare=False)
    _when: _When = field(repr=False, compare=False)
    _looks_at_refusals: bool = field(repr=False, compare=False)
    _holds_for_others: bool = field(repr=False, compare=False)
    _holds_for_input: bool = field(repr=False, compare=False)

    @property
    def area(self) -> str:
        """The area of the contract, such as `ORD`."""
        return self.id.partition("-")[0]

    def judge(self, evidence: object) -> list[str] | None:
        """Say what is wrong, nothing wrong (an empty list), or nothing at all (`None`).

        Args:
            evidence: Evidence of any kind, about whatever operation.

        Returns:
            One sentence per violation; `None` when the requirement does not speak
            about this evidence.

        Raises:
            InconclusiveError: It cannot be told within reasonable bounds.
        """
        if not isinstance(evidence, self.sees):
            return None
        if isinstance(evidence, Observation):
            return self._judge_observation(evidence)
        return list(self._check(evidence)) if self._when(evidence) else None

    def _judge_observation(self, observation: Observation) -> list[str] | None:
        if not self._speaks_about(observation):
            return None
        try:
            if not self._when(observation):
                return None
            if observation.refusal is not None and not self._looks_at_refusals:
                return [f"{observation.call.do} {observation.refusal.message}"]
            return list(self._check(observation))
        except (AttributeError, TypeError):
            # A request of which a field is missing or of another type cannot be
            # compared.  REQ-1 names it; here it is only not judged.
            if all(_is_well_formed(request) for request in _all_seen(observation)):
                raise
            return None

    def _speaks_about(self, observation: Observation) -> bool:
        # Looking at what others wrote is no call, and cannot be upset by what came before.
        is_tainted = observation.is_tainted and observation.call.do != "store"
        if self._holds_for_others and observation.is_written_by_others:
            is_tainted = False
        is_beyond = observation.call.is_beyond_core
        if self._holds_for_input and observation.refusal is None:
            is_beyond = False
        if self.profile == "core" and (is_tainted or is_beyond):
            return False
        if self.profile == "input" and observation.is_store_broken:
            return False
        return observation.call.do in self.on


def requirement(  # noqa: PLR0913 - all keyword-only
    id: str,  # noqa: A002 - the word that the contract uses
    *,
    profile: Profile,
    source: Source,
    on: Iterable[Operation],
    sees: type = Observation,
    when: _When = lambda _: True,
    looks_at_refusals: bool = False,
    holds_for_others: bool = False,
    holds_for_input: bool = False,
) -> Callable[[_Check], Requirement]:
    """Make a requirement of a check and its docstring.

    Args:
        id: The id in the contract.
        profile: The profile that it belongs to.
        source: Where the rule comes from.
        on: The operations whose evidence it judges.
        sees: The kind of evidence.
        when: Whether it has something to say about an observation; it is asked
            before the result is looked at.
        looks_at_refusals: Whether the check wants to see refused calls; else a
            refusal is a violation, since the input was valid.
        holds_for_others: Whether a requirement of `core` speaks as well about a sound
            file that others wrote.
        holds_for_input: Whether a requirement of `core` speaks as well about a call that only
            the `input` profile says how to read, where that was accepted.
    """

    def make(check: _Check) -> Requirement:
        text = inspect.getdoc(check) or ""
        sentence, _, why = text.partition("\n\n")
        return Requirement(
            id=id,
            profile=profile,
            source=source,
            sentence=re.sub(r"\s+", " ", sentence).strip(),
            why=why.strip(),
            on=frozenset(on),
            name=check.__name__,
            module=check.__module__,
            sees=sees,
            _check=check,
            _when=when,
            _looks_at_refusals=looks_at_refusals,
            _holds_for_others=holds_for_others,
            _holds_for_input=holds_for_input,
        )

    return make


def _all_seen(observation: Observation) -> list[object]:
    seen: list[object] = [*observation.before, *observation.after]
    result = observation.result
    seen.extend(result if isinstance(result, list) else [result] if isinstance(result, Seen) else [])
    for reading in (observation.stored, observation.pending_before, observation.pending_after):
        seen.extend(reading if isinstance(reading, tuple | list) else [])
    return seen


def _is_well_formed(request: object) -> bool:
    return isinstance(request, Seen) and not request.problems_of_form
