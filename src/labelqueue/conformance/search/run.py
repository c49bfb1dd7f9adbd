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
from hypothesis.internal.conjecture import providers
from hypothesis.stateful import run_state_machine_as_test

from labelqueue.conformance.judging import Findings
from labelqueue.conformance.search.machine import Collector, Eye, FoundError, machine_of
from labelqueue.conformance.subjects.python_subject import PythonSubject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from labelqueue.conformance.subjects.subject import Subject
    from labelqueue.spec import Profile

__all__ = ["PROGRAMS", "ROUNDS", "finds", "nothing_kept", "search"]

PROGRAMS: Final = 80
"""How many programs a search makes up, unless told otherwise."""

_ROUND: Final = 10
_STEPS: Final = 25

ROUNDS: Final = range(PROGRAMS // _ROUND)
"""The rounds of a search."""

_MOST_REMEMBERED: Final = 1024
_MOST_STOPPED: Final = 2
_EYES: Final[tuple[Eye, ...]] = (None, "watch", "beside", None, "runs", None, "beside", None)
"""How the programs of a round are run, one round after another."""


def _settings(programs: int) -> settings:
    return settings(
        max_examples=programs,
        stateful_step_count=_STEPS,
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
    is_ended: Callable[[], bool] = lambda: False,
    program_done: Callable[[], None] = lambda: None,
) -> None:
    """Let Hypothesis make up programs, and note every requirement that fails.

    Args:
        subject: The subject.
        findings: Where to note.
        seed: The same seed makes the same programs.
        examples: How many programs.
        is_ended: Asked after every few programs whether no more are wanted.
        program_done: Called after every program.
    """
    collector = Collector(subject, findings, frozenset(), program_done)
    with _alike_everywhere():
        for place, start in enumerate(range(0, examples, _ROUND)):
            _round(collector, seed, place, min(_ROUND, examples - start), is_ended)


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


def _round(
    collector: Collector, seed: int, place: int, count: int, is_ended: Callable[[], bool] = lambda: False
) -> None:
    run = with_seed(seed + place)(machine_of(collector))
    for eye, programs in _parts(collector.subject, place, count):
        if is_ended():
            return
        collector.eye = eye
        run_state_machine_as_test(run, settings=_settings(programs))


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
    rounds: Iterable[int] = ROUNDS,
) -> int | None:
    """Search until one of some requirements fails.

    Args:
        subject: The subject.
        requirements: Their ids.
        seed: As in the search.
        profiles: As in the search.
        rounds: Which rounds of the search to run; none needs another one.

    Returns:
        The round in which one failed, or `None`.
    """
    findings = Findings(profiles)
    targets = frozenset(requirements)
    collector = Collector(subject, findings, targets, lambda: None)
    for place in rounds:
        with contextlib.suppress(FoundError), _alike_everywhere():
            _round(collector, seed, place, _ROUND)
        if not targets.isdisjoint(findings.failures):
            return place
    return None
