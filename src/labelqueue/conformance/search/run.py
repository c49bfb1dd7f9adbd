"""A run of the search: rounds of a few programs, each round in its own way.

A search is made of rounds of a few programs, each with a seed of its own: Hypothesis
goes on from what it made before, so that one long round keeps to what its first
programs happened to be.
"""

from __future__ import annotations

import contextlib
import tempfile
from typing import TYPE_CHECKING, Final
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import seed as with_seed
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.errors import FlakyFailure
from hypothesis.internal.conjecture import providers
from hypothesis.stateful import run_state_machine_as_test

from labelqueue.conformance.judging import Findings
from labelqueue.conformance.search.machine import Collector, Eye, FoundError, machine_of
from labelqueue.conformance.subjects.python_subject import PythonSubject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from labelqueue.conformance.subjects.subject import Subject
    from labelqueue.spec import Profile

__all__ = ["PROGRAMS", "finds", "nothing_kept", "search"]

PROGRAMS: Final = 80
"""How many programs a search makes up, unless told otherwise."""

_ROUND: Final = 10
_MOST_REMEMBERED: Final = 1024
_MOST_STOPPED: Final = 2
_EYES: Final[tuple[Eye, ...]] = (None, "watch", "beside", None, "runs", None, "beside", None)
"""How the programs of a round are run, one round after another."""


def _settings(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=False,
        phases=(Phase.generate,),
        verbosity=Verbosity.quiet,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )


@contextlib.contextmanager
def nothing_kept() -> Iterator[None]:
    """Let Hypothesis write nothing into the current folder."""
    with tempfile.TemporaryDirectory(prefix="labelqueue-") as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)


def search(
    subject: Subject,
    findings: Findings,
    *,
    seed: int,
    examples: int = PROGRAMS,
    steps: int = 25,
    is_ended: Callable[[], bool] = lambda: False,
    program_done: Callable[[], None] = lambda: None,
) -> None:
    """Let Hypothesis make up programs, and note every requirement that fails.

    Args:
        subject: The subject.
        findings: Where to note.
        seed: The same seed makes the same programs.
        examples: How many programs.
        steps: How many steps a program has at most.
        is_ended: Asked after every few programs whether no more are wanted.
        program_done: Called after every program.
    """
    _run(Collector(subject, findings, frozenset(), program_done), seed, examples, steps, is_ended)


def _run(
    collector: Collector, seed: int, examples: int, steps: int, is_ended: Callable[[], bool] = lambda: False
) -> None:
    with _alike_everywhere():
        _rounds(collector, seed, examples, steps, is_ended)


@contextlib.contextmanager
def _alike_everywhere() -> Iterator[None]:
    """Let Hypothesis draw no constants out of the modules that happen to be loaded.

    The same seed would make other programs in a checkout than in an installation, and
    others again beside other tests.
    """
    if not hasattr(providers.HypothesisProvider, "_local_constants"):
        yield  # a release that draws none
        return
    # Hypothesis remembers for all of a process which constants are permitted.
    forgotten = type(providers.CONSTANTS_CACHE)(_MOST_REMEMBERED)
    with (
        patch.object(providers.HypothesisProvider, "_local_constants", type(providers.GLOBAL_CONSTANTS)()),
        patch.object(providers, "CONSTANTS_CACHE", forgotten),
    ):
        yield


def _rounds(collector: Collector, seed: int, examples: int, steps: int, is_ended: Callable[[], bool]) -> None:
    machine = machine_of(collector)
    for place, start in enumerate(range(0, examples, _ROUND)):
        run = with_seed(seed + place)(machine)
        for eye, count in _parts(collector.subject, place, min(_ROUND, examples - start)):
            if is_ended():
                return
            collector.eye = eye
            run_state_machine_as_test(run, settings=_settings(count, steps))


def _parts(subject: Subject, place: int, count: int) -> list[tuple[Eye, int]]:
    """How a round is run: a program of another language is stopped to be watched, which takes long."""
    eye = _EYES[place % len(_EYES)]
    if eye != "watch" or isinstance(subject, PythonSubject) or count <= _MOST_STOPPED:
        return [(eye, count)]
    return [(eye, _MOST_STOPPED), (None, count - _MOST_STOPPED)]


def finds(
    subject: Subject,
    requirements: Iterable[str],
    *,
    seed: int,
    profiles: frozenset[Profile] = frozenset({"core"}),
    examples: int = PROGRAMS,
    steps: int = 25,
) -> bool:
    """Search until one of some requirements fails.

    Args:
        subject: The subject.
        requirements: Their ids.
        seed: As in the search.
        profiles: As in the search.
        examples: As in the search.
        steps: As in the search.

    Returns:
        Whether one failed.
    """
    findings = Findings(profiles)
    targets = frozenset(requirements)
    collector = Collector(subject, findings, targets, lambda: None)
    with contextlib.suppress(FoundError, FlakyFailure):
        _run(collector, seed, examples, steps)
    return not targets.isdisjoint(findings.failures)
