"""The verdict: from findings to outcomes, from outcomes to a word per profile.

A profile is `conformant` only when every one of its requirements was tried and
held.  There are no percentages: a queue that loses one label in a hundred is not
99 % conformant.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

__all__ = ["EXIT_STATUS", "Outcome", "Verdict", "exit_status", "verdict_of"]

Outcome = Literal["pass", "fail", "known", "fixed", "error", "inconclusive", "skip", "untested", "inapplicable"]
Verdict = Literal["conformant", "not conformant, as known", "not conformant", "no verdict"]

EXIT_STATUS: Final = {
    "conformant": 0,
    "not conformant, as known": 0,
    "not conformant": 1,
    "usage": 2,
    "no subject": 3,
    "no verdict": 4,
}
"""What the command line exits with."""


def verdict_of(outcomes: Mapping[str, Outcome], *, is_partial: bool) -> Verdict:
    """Judge a profile by the outcomes of its requirements.

    Args:
        outcomes: The outcome of every requirement of the profile, by id.
        is_partial: Whether something was deselected; a partial run can find a
            fault, but it never finds conformity.

    Returns:
        `not conformant` when something failed, erred, or stayed untested in a
        whole run; `not conformant, as known` when nothing failed but what is known
        to, and everything else was tried and held; else `no verdict` when something
        was skipped, inconclusive or deselected; else `conformant`.  What is fixed
        holds; that the list of known failures is wrong is the run's matter.  What is
        inapplicable, since the contract does not ask it of such a queue, counts for
        nothing.

    Examples:
        >>> verdict_of({"ALL-1": "pass"}, is_partial=False)
        'conformant'
        >>> verdict_of({"ALL-1": "pass"}, is_partial=True)
        'no verdict'
        >>> verdict_of({"ALL-1": "pass", "ORD-1": "untested"}, is_partial=False)
        'not conformant'
        >>> verdict_of({"ALL-1": "pass", "ORD-1": "skip"}, is_partial=False)
        'no verdict'
        >>> verdict_of({"ALL-1": "pass", "DUR-2": "inapplicable"}, is_partial=False)
        'conformant'
        >>> verdict_of({"ALL-1": "pass", "ORD-1": "known"}, is_partial=False)
        'not conformant, as known'
    """
    found = {*outcomes.values()} - {"inapplicable"}
    is_tried = bool(found) and not is_partial and not found & {"skip", "inconclusive"}
    if found & {"fail", "error"} or (is_tried and "untested" in found):
        return "not conformant"
    if "known" in found:
        return "not conformant, as known" if is_tried else "not conformant"
    return "conformant" if is_tried else "no verdict"


def exit_status(verdicts: Mapping[str, Verdict]) -> int:
    """Return what the command line exits with: the worst of the verdicts.

    Examples:
        >>> exit_status({"core": "conformant", "input": "not conformant"})
        1
    """
    for worst in ("not conformant", "no verdict"):
        if worst in verdicts.values():
            return EXIT_STATUS[worst]
    return EXIT_STATUS["conformant"] if verdicts else EXIT_STATUS["no verdict"]
