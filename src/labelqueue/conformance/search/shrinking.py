"""Shrinking: what the search found, with everything left out that it does not need.

The steps that led to a failure are taken again and again, each time without some of
them, or without some of their rows, or of what those say; what still fails is kept.
So what comes out fails when it is replayed, and every step of it is there for a reason.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from labelqueue.conformance.judging import Failure, Findings, judge_case

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from labelqueue.conformance.cases import Case
    from labelqueue.conformance.subjects.subject import Subject
    from labelqueue.spec import Profile

__all__ = ["shrunk"]

_LISTS: Final = ("rows", "buckets", "items")
_NEEDED: Final = {"do", "now", "request_id", "user_id", "bucket_start_ts", "bucket_end_ts", *_LISTS}
_MOST_ATTEMPTS: Final = 400


def shrunk(failure: Failure, subject: Subject, profiles: frozenset[Profile]) -> Failure:
    """Leave out of a failure what it does not need.

    Args:
        failure: What the search found.
        subject: The subject.
        profiles: The profiles that are examined.

    Returns:
        A failure of the same requirement with fewer steps, rows and values, as far as
        a few hundred attempts get; the same failure where it does not come again.
    """
    shrinking = _Shrinking(failure, subject, profiles)
    # Asked alone it may fail earlier than it was found, as where it was found by another kind of look.
    if shrinking.fails(failure.case, is_cut=True):
        shrinking.leave_out_steps()
        for place in range(len(shrinking.case.steps)):
            shrinking.simplify(place)
        shrinking.leave_out_steps()
    return shrinking.smallest


class _Shrinking:
    """The smallest failure so far, and attempts to make it smaller."""

    def __init__(self, failure: Failure, subject: Subject, profiles: frozenset[Profile]) -> None:
        self.smallest = failure
        self._subject, self._profiles = subject, profiles
        self._left = _MOST_ATTEMPTS

    @property
    def case(self) -> Case:
        return self.smallest.case

    def fails(self, case: Case, *, is_cut: bool = False) -> bool:
        """Whether the requirement fails after the steps of a case, or, if it may be cut, some of them.

        What fails is then the smallest.
        """
        if self._left == 0:
            return False
        self._left -= 1
        findings = Findings(self._profiles)
        try:
            judge_case(case, self._subject, findings, has_model=True)
        except Exception:  # noqa: BLE001 - steps that mean nothing without those left out
            return False
        found = findings.failures.get(self.smallest.requirement)
        # Places of steps must stay what they are; what fails earlier fails without the last steps, too.
        if found is None or (len(found.case.steps) < len(case.steps) and not is_cut):
            return False
        self.smallest = replace(found, found_by=self.smallest.found_by)
        return True

    def leave_out_steps(self) -> None:
        _shorten(len(self.case.steps), lambda keep: self.fails(replace(self.case, steps=keep(self.case.steps))))

    def simplify(self, place: int) -> None:
        """Leave rows out of a step, and what the step and its rows need not say."""
        name = next((name for name in _LISTS if name in self.case.steps[place]), None)
        self._leave_out_members(place)
        if name is not None:
            rows = self.case.steps[place][name]
            _shorten(len(rows), lambda keep: self._fails_with_rows(place, name, keep(self.case.steps[place][name])))
            for number in range(len(self.case.steps[place][name])):
                self._leave_out_members_of_row(place, name, number)

    def _fails_with(self, place: int, step: Mapping[str, Any]) -> bool:
        steps = [*self.case.steps]
        steps[place] = dict(step)
        return self.fails(replace(self.case, steps=tuple(steps)))

    def _fails_with_rows(self, place: int, name: str, rows: Sequence[Any]) -> bool:
        return self._fails_with(place, {**self.case.steps[place], name: rows})

    def _leave_out_members(self, place: int) -> None:
        step = self.case.steps[place]
        needed = _NEEDED - {"user_id"} if step["do"] == "get_pending" else _NEEDED
        for left_out in sorted(step.keys() - needed):
            self._fails_with(place, _without(self.case.steps[place], left_out))

    def _leave_out_members_of_row(self, place: int, name: str, number: int) -> None:
        for left_out in sorted(self.case.steps[place][name][number].keys() - _NEEDED):
            rows = [*self.case.steps[place][name]]
            rows[number] = _without(rows[number], left_out)
            self._fails_with_rows(place, name, rows)


def _without(members: Mapping[str, Any], left_out: str) -> dict[str, Any]:
    return {name: value for name, value in members.items() if name != left_out}


def _shorten(length: int, attempt: Callable[[Callable[[Any], Any]], bool]) -> None:
    """Try to leave out a half of a list, then quarters, and so on to single members."""
    size = max(1, length // 2)
    while length and size:
        start = 0
        while start < length:
            end = min(start + size, length)

            def keep(whole: Any, start: int = start, end: int = end) -> Any:  # noqa: ANN401 - a list or a tuple
                return whole[:start] + whole[end:]

            if attempt(keep):
                length -= end - start
            else:
                start = end
        size //= 2
