"""The search: Hypothesis makes up programs of calls, and each call is observed and judged.

`machine` is the state machine; `buckets`, `bad_input`, `coincidences` and
`outside_changes` are what it draws; `shrinking` makes short what it found.
"""

from __future__ import annotations

from labelqueue.conformance.search.run import PROGRAMS, ROUNDS, finds, nothing_kept, rounds_of, search, search_round

__all__ = ["PROGRAMS", "ROUNDS", "finds", "nothing_kept", "rounds_of", "search", "search_round"]
