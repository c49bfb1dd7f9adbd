"""The suite: a conformance run as tests of pytest, one per case and one per requirement.

```python
# test_mine.py
from labelqueue.conformance.suite import suite

TestMine = suite("mine:MyQueue")
```

Each case is a test of its own, which takes milliseconds and can be chosen with `-k`.
The requirements are those of one whole run, search, crashes and overlap included,
which is made when the first of them is reached; so one test may take a minute.

Nothing in a suite can be overridden: it is no base class, and its attributes cannot be
set.  What is deselected is not examined, and leaves no verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

try:
    import pytest
except ModuleNotFoundError as error:  # pragma: no cover - the tests have pytest
    raise ModuleNotFoundError("pytest is not installed; run: pip install pytest", name="pytest") from error

from labelqueue.conformance.cases import Case, cases_about
from labelqueue.conformance.judging import Failure, Findings, judge_case
from labelqueue.conformance.reports.console import lines_of_steps
from labelqueue.conformance.reports.known import InvalidKnownError, read_known
from labelqueue.conformance.reports.renderers import write_renderings
from labelqueue.conformance.runner import DEFAULT_SEED, run
from labelqueue.conformance.subjects.clock import elsewhere
from labelqueue.conformance.subjects.program import program_named
from labelqueue.conformance.subjects.python_subject import PythonSubject, subject_named
from labelqueue.spec import PROFILES, REQUIREMENTS, Profile, Requirement
from labelqueue_pytest import SUITES

if TYPE_CHECKING:
    from labelqueue.conformance.reports.report import Report, RequirementReport
    from labelqueue.conformance.subjects.subject import Subject

__all__ = ["KnownFailureError", "suite"]


class KnownFailureError(Exception):
    """A requirement failed that the list of known failures names; a test that raises it is an expected failure."""


class _Sealed(type):
    """A class that stays as it was made, but for marks such as `pytest.mark.slow`."""

    def __setattr__(cls, name: str, value: object) -> None:
        """Refuse, but for marks."""
        if name != "pytestmark":
            _refuse(name)
        super().__setattr__(name, value)

    def __delattr__(cls, name: str) -> None:
        """Refuse."""
        _refuse(name)


def _refuse(name: str) -> NoReturn:
    raise TypeError(f"{name} of a suite cannot be changed: a suite examines all, or what -k selects")


class _Examinee:
    """The subject of a suite, started when it is needed, and the report on it, made once."""

    def __init__(self, make: Callable[[], Subject], requirements: tuple[Requirement, ...], **options: Any) -> None:  # noqa: ANN401 - those of `run`
        self._make = make
        self._options = options
        self._subject: Subject | None = None
        self._report: Report | None = None
        self._requirements = requirements
        self._ran: set[str] = set()

    def subject(self, request: pytest.FixtureRequest) -> Subject:
        if self._subject is None:
            self._subject = self._make()
        parent = request.node.getparent(pytest.Class)
        parent.addfinalizer(self._stop)
        return self._subject

    def report(self, request: pytest.FixtureRequest, requirement: Requirement) -> Report:
        config = request.config
        name = request.node.getparent(pytest.Class).name
        config.stash.setdefault(SUITES, {})[name] = self
        self._ran.add(requirement.id)
        if self._report is None:
            seed = config.getoption("--labelqueue-seed", None)
            self._report = run(self.subject(request), seed=DEFAULT_SEED if seed is None else seed, **self._options)
            folder = config.getoption("--labelqueue-report", None)
            if folder is not None:
                self._report.write(folder / name)
                write_renderings(self._report, folder / name)
        return self._report

    def lines(self) -> list[str]:
        if self._report is None:
            return ["no verdict: the run did not end"]
        left_out = [requirement.id for requirement in self._requirements if requirement.id not in self._ran]
        if left_out:
            return [f"no verdict: {len(left_out)} of {len(self._requirements)} requirements were deselected"]
        return [f"{profile}: {verdict}" for profile, verdict in self._report.verdict.items()]

    def _stop(self) -> None:
        if self._subject is not None:
            self._subject.stop()
            self._subject = None


def suite(
    subject: str | Callable[..., Any] | Sequence[str],
    *,
    profiles: Collection[Profile] | None = None,
    known: str | Path | Mapping[str, str] | None = None,
) -> type:
    """Make a class of tests for pytest.

    Args:
        subject: `package.module:Name`; or anything callable as `(queue_path,
            max_asks_per_day)`, which cannot be started as a program, so that crashes
            and other processes are skipped; or the command of a program, as a list.
        profiles: The profiles to examine beside `core`; `None` for all that it claims.
        known: The TOML file of known failures, or reasons by requirement id; each is an
            expected failure, strictly: one that passes fails the test.

    Returns:
        A class to be assigned to a name that pytest collects, such as `TestMine`.

    Raises:
        SubjectError: There is no such class.
        InvalidKnownError: The list is none, or names a requirement that is not examined.

    Examples:
        >>> TestModel = suite("labelqueue.conformance.models.core:ModelQueue", profiles=["input"])
        >>> [name for name in vars(TestModel) if name.startswith("test_")]
        ['test_case', 'test_requirement']
    """
    chosen: frozenset[Profile] = frozenset({"core", *(PROFILES if profiles is None else profiles)})
    requirements = tuple(rule for rule in REQUIREMENTS.values() if rule.profile in chosen)
    reasons = _reasons(known, {r.id for r in requirements} if profiles is None else set(REQUIREMENTS))
    examinee = _Examinee(_maker(subject), requirements, profiles=profiles, known=reasons)
    cases = cases_about(requirements, chosen)

    @pytest.mark.parametrize("case", cases, ids=[case.id for case in cases])
    def test_case(case: Case, request: pytest.FixtureRequest) -> None:
        """The subject does what the case expects, and keeps every requirement meanwhile."""
        _judge(case, examinee.subject(request), chosen, reasons)

    @pytest.mark.parametrize("requirement", [_parameter(rule, reasons) for rule in requirements])
    def test_requirement(requirement: Requirement, request: pytest.FixtureRequest) -> None:
        """The whole run found the requirement to hold."""
        report = examinee.report(request, requirement)
        _conclude(requirement, report.requirements.get(requirement.id))

    def no_subclass(cls: type, **_: object) -> None:
        raise TypeError(f"{cls.__name__} cannot be made from a suite: assign it, as in TestMine = suite(…)")

    members = {"test_case": staticmethod(test_case), "test_requirement": staticmethod(test_requirement)}
    return _Sealed("Suite", (), {"__doc__": "A conformance run.", "__init_subclass__": no_subclass, **members})


def _maker(subject: str | Callable[..., Any] | Sequence[str]) -> Callable[[], Subject]:
    if isinstance(subject, str):
        # Found now, so that a slip is told when tests are collected.
        found = subject_named(subject)
        return lambda: found
    if callable(subject):
        name = getattr(subject, "__qualname__", type(subject).__qualname__)
        return lambda: PythonSubject(name=name, make=subject)
    return lambda: program_named(subject)


def _reasons(known: str | Path | Mapping[str, str] | None, ids: set[str]) -> dict[str, str]:
    reasons = dict(known) if isinstance(known, Mapping) else {} if known is None else read_known(Path(known))
    for name, reason in reasons.items():
        if name not in ids:
            raise InvalidKnownError("known", name, "matches no requirement that is examined; take it off")
        if not reason.strip():
            raise InvalidKnownError("known", name, "has no reason; say in a sentence why the failure is accepted")
    return reasons


def _parameter(requirement: Requirement, reasons: Mapping[str, str]) -> Any:  # noqa: ANN401 - pytest's own type
    marks = []
    if requirement.id in reasons:
        marks.append(pytest.mark.xfail(reason=reasons[requirement.id], raises=KnownFailureError, strict=True))
    return pytest.param(requirement, id=requirement.id, marks=marks)


def _judge(case: Case, subject: Subject, chosen: frozenset[Profile], reasons: Mapping[str, str]) -> None:
    profiles = {REQUIREMENTS[name].profile for name in case.requirements}
    if not profiles & subject.claims.profiles:
        pytest.skip(f"the subject does not claim {', '.join(sorted(profiles))}")
    findings = Findings(chosen & subject.claims.profiles)
    with elsewhere():
        judge_case(case, subject, findings)
    failures = list(findings.failures.values())
    unknown = [failure for failure in failures if failure.requirement not in reasons]
    if unknown or findings.errors:
        pytest.fail("\n\n".join([*map(_told, unknown), *set(findings.errors.values())]), pytrace=False)
    if failures:
        pytest.xfail("; ".join(f"{failure.requirement}: {reasons[failure.requirement]}" for failure in failures))
    if findings.skips:
        pytest.skip("; ".join(set(findings.skips.values())))


def _told(failure: Failure) -> str:
    steps = "\n".join(lines_of_steps(failure.case.to_json(), failure.step))
    rule = REQUIREMENTS[failure.requirement]
    return f"{rule.id} {rule.sentence}\n{failure.message}\n{steps}\ngot {failure.got}"


def _conclude(requirement: Requirement, found: RequirementReport | None) -> None:
    if found is None:
        pytest.skip(f"the subject does not claim {requirement.profile}")
    if found.outcome == "known":
        raise KnownFailureError(found.reason)
    if found.outcome in ("skip", "inconclusive", "inapplicable"):
        pytest.skip(f"{found.outcome}: {found.reason}")
    if found.outcome not in ("pass", "fixed"):
        pytest.fail("\n".join(_told_of(requirement, found)), pytrace=False)


def _told_of(requirement: Requirement, found: RequirementReport) -> list[str]:
    lines = [f"{requirement.id} {requirement.sentence}"]
    shortest = found.shortest
    if shortest is None:
        return [*lines, f"{found.outcome}: {found.reason or 'it never had anything to say'}"]
    lines += [shortest["message"], *lines_of_steps(shortest["case"], shortest["step"])]
    if shortest["expected"] is not None:
        lines.append(f"expected {shortest['expected']}")
    return [*lines, f"got {shortest['got']}", f"found by {shortest['found_by']}"]
