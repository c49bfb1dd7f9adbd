"""The machine: steps that Hypothesis makes up, taken by the subject and the model at once, every one judged.

A state machine acts on the subject and on the kit's model at once: buckets from a
small universe, a clock that is moved across midnight, reopenings.  Where the
`input` profile is examined, bad input comes among it; where `file` is, other
programs change the file.

What is drawn never depends on what the subject did: Hypothesis takes that for a fault of
ours where the subject does not do the same each time.

The machine collects instead of stopping at the first failure, since requirements
judge each call by what was there before it; so one run finds every requirement
that fails.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import TYPE_CHECKING, Any, Final, Literal

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
)

from labelqueue.conformance.cases import DEFAULT_NOW, Case
from labelqueue.conformance.examination import Examination
from labelqueue.conformance.judging import Failure, Findings, answer_of, examination_of, judge_step
from labelqueue.conformance.models.crosscheck import GENERAL, Beside
from labelqueue.conformance.search.bad_input import HandsInBadInput
from labelqueue.conformance.search.buckets import USERS, USERS_OF_FILES, buckets, types
from labelqueue.conformance.search.coincidences import MakesCoincidences
from labelqueue.conformance.search.outside_changes import ChangesTheFile
from labelqueue.conformance.steps import moment_of, text_of
from labelqueue.conformance.subjects.subject import BrokenError

if TYPE_CHECKING:
    from collections.abc import Callable

    from labelqueue.conformance.subjects.subject import Subject
    from labelqueue.spec import Observation, Seen

__all__ = ["Collector", "Eye", "FoundError", "machine_of"]

Eye = Literal["watch", "runs", "beside"] | None
"""A program is watched by a reader of the store, has a clock that runs, or is asked nothing beside its steps."""

_OF: Final = st.sampled_from((None, None, 0, 1, "nobody", None))
_LIMITS: Final = st.sampled_from((None, None, 1, 2, 0, 5, None))
_NOON: Final = 12.0
_MORE: Final = {"input": HandsInBadInput, "file": ChangesTheFile}


class FoundError(BaseException):
    """A requirement that is looked for failed.

    It is no `Exception`, which Hypothesis would take for a failure, and run the program once more.
    """


@dataclass
class Collector:
    """What a machine works on and where it notes what it finds; it has no other way to be told.

    Attributes:
        subject: The subject.
        findings: Where to note.
        targets: The requirements of which the first that fails ends it all; none where all that fails is noted.
        program_done: Called after every program.
        eye: How the next programs are run.
    """

    subject: Subject
    findings: Findings
    targets: frozenset[str]
    program_done: Callable[[], None]
    eye: Eye = None


def machine_of(collector: Collector) -> type[RuleBasedStateMachine]:  # noqa: C901 - one class, one rule per step
    """Return the machine that works on a subject, with the rules of the profiles that are examined."""
    known_users = USERS_OF_FILES if "file" in collector.findings.profiles else USERS

    class QueueMachine(RuleBasedStateMachine):
        """The subject and the model, side by side."""

        def __init__(self) -> None:
            super().__init__()
            self.examination: Examination | None = None
            self.steps: list[dict[str, Any]] = []
            self.is_broken = False

        @initialize(
            cap=st.sampled_from((2, 3, None, 1, None, 5, 0, 40)),
            hours=st.sampled_from((12.0, 23.5, 20.0, 0.0, 23.9999999)),
            users=st.sampled_from([order for pair in known_users for order in permutations(pair)]),
            has_folder=st.booleans(),
        )
        def open(self, cap: int | None, hours: float, users: tuple[str, ...], has_folder: bool) -> None:  # noqa: FBT001 - drawn
            # A clock that runs may not come near midnight, where a call would have two days.
            runs = collector.eye == "runs"
            hours = _NOON if runs else hours
            now = DEFAULT_NOW.replace(hour=0) + timedelta(hours=hours)
            self.users = users
            self.case = Case(
                id="found-by-search",
                requirements=(),
                why="Found by search.",
                steps=(),
                now=now,
                max_asks_per_day=cap,
                runs=runs,
                needs=frozenset({"watch"} if collector.eye == "watch" else ()),
                has_folder=has_folder,
                reads_beside=collector.eye == "beside",
            )
            self.examination = examination_of(self.case, collector.subject)
            self.examination.__enter__()
            self.has_clock = collector.subject.claims.clock
            self.is_python = collector.subject.language == "python"
            self.model = Beside(None)
            self.judge(self.examination.open())

        @rule(data=st.data(), threshold=st.sampled_from((None, None, 0.5, 0.0, 1.0, -0.1)))
        def enqueue_low_confidence(self, data: st.DataObject, threshold: float | None) -> None:
            rows = data.draw(buckets(self.users, is_row=True, most=5))
            if rows and data.draw(st.integers(0, 3)) == 0:
                further = [{"note": data.draw(st.sampled_from((None, "x"))), "Confidence": 0.0} for _ in rows]
                rows = [row | columns for row, columns in zip(rows, further, strict=True)]
            step: dict[str, Any] = {"do": "enqueue_low_confidence", "rows": rows}
            if threshold is not None:
                step["threshold"] = threshold
            if rows and data.draw(st.integers(0, 3)) == 0:
                step["columns"] = data.draw(st.permutations(list(rows[0])))
            if rows and data.draw(st.integers(0, 3)) == 0:
                step["index"] = data.draw(st.lists(st.integers(0, 2), min_size=len(rows), max_size=len(rows)))
            if rows and data.draw(st.integers(0, 2)) == 0:
                step["types"] = data.draw(types(rows))
            self.take(step)

        @rule(data=st.data())
        def enqueue_drift(self, data: st.DataObject) -> None:
            step: dict[str, Any] = {
                "do": "enqueue_drift",
                "buckets": data.draw(buckets(self.users, is_row=False, most=4)),
            }
            if data.draw(st.integers(0, 3)) == 0:
                step["views"] = True
            self.take(step)

        @rule(data=st.data())
        def get_pending(self, data: st.DataObject) -> None:
            self.take(self.asking(data))

        @rule(place=st.integers(0, 30), status=st.sampled_from((None, "labeled", "skipped")))
        def mark_done(self, place: int, status: str | None) -> None:
            if not self.items:
                return
            place %= len(self.items)
            self.take({"do": "mark_done", "request_id": {"$place": place}} | ({"status": status} if status else {}))

        @rule(
            step=st.sampled_from(
                (
                    {"do": "all_items"},
                    {"do": "mark_done", "request_id": "nonexistent"},
                    {"do": "mark_done", "request_id": ""},
                    {"do": "mark_done", "request_id": "2f7e7a7e-58a8-4e7d-9d0a-5a5c7a3b1c11", "status": "skipped"},
                )
            )
        )
        def look(self, step: dict[str, Any]) -> None:
            self.take(dict(step))

        @rule(data=st.data(), cap=st.sampled_from((..., ..., ..., ..., 0, 1, 4, None)))
        def reopen(self, data: st.DataObject, cap: Any) -> None:  # noqa: ANN401 - an ellipsis keeps the cap
            if self.is_python and cap is not ...:
                self.take({"do": "reopen", "max_asks_per_day": cap, "beside": True})
                self.take({"do": "get_pending"})
            self.take({"do": "reopen"} if cap is ... else {"do": "reopen", "max_asks_per_day": cap})
            self.take(self.asking(data))

        @rule(
            data=st.data(),
            ahead=st.sampled_from(
                (timedelta(days=1), timedelta(hours=8), timedelta(microseconds=1), timedelta(hours=1))
            ),
            to_midnight=st.sampled_from(
                (None, timedelta(0), timedelta(microseconds=-1), timedelta(microseconds=1), None)
            ),
        )
        def clock(self, data: st.DataObject, ahead: timedelta, to_midnight: timedelta | None) -> None:
            if not self.has_clock or self.case.runs:
                return
            now = self.now
            if to_midnight is None:
                now += ahead
            else:
                midnight = datetime(now.year, now.month, now.day, tzinfo=UTC) + timedelta(days=1)
                now = midnight + to_midnight
            self.take({"do": "clock", "now": text_of(now)})
            self.take(self.asking(data))

        def asking(self, data: st.DataObject) -> dict[str, Any]:
            of = data.draw(_OF)
            limit = data.draw(_LIMITS)
            step: dict[str, Any] = {"do": "get_pending"}
            if of is not None:
                step["user_id"] = self.users[of] if isinstance(of, int) else of
            if limit is not None:
                step["limit"] = limit
            return step

        @property
        def items(self) -> tuple[Seen, ...]:
            assert self.examination is not None
            return self.examination.items

        @property
        def now(self) -> datetime:
            for step in reversed(self.steps):
                if step["do"] == "clock":
                    return moment_of(step["now"])
            return self.case.now

        def take(self, step: dict[str, Any]) -> None:
            assert self.examination is not None
            if self.is_broken:
                return
            self.steps.append(step)
            try:
                observation = self.examination.take(step)
            except BrokenError as error:
                # Nothing more can be learned from this queue; the next program opens another.
                self.is_broken = True
                general = GENERAL.get(step["do"], "ALL-1")
                collector.findings.errors.setdefault(general, f"search: {error}")
                return
            self.judge(observation)

        def judge(self, observation: Observation) -> None:
            for requirement, message in judge_step(observation, collector.findings, self.model):
                failure = Failure(
                    requirement,
                    message,
                    replace(self.case, requirements=(requirement,), steps=tuple(self.steps)),
                    len(self.steps) - 1,
                    None,
                    answer_of(observation),
                    found_by="search",
                )
                if not collector.targets:
                    collector.findings.add(failure)
                elif requirement in collector.targets:
                    collector.findings.failures[requirement] = failure
                    raise FoundError(requirement)

        def teardown(self) -> None:
            collector.program_done()
            if self.examination is not None:
                self.examination.__exit__()

    more = [rules for profile, rules in _MORE.items() if profile in collector.findings.profiles]
    return type("QueueMachine", (QueueMachine, MakesCoincidences, *more), {})
