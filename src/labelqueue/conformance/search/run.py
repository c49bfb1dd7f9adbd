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
    from collections.abc import Iterable, Iterator

    from labelqueue.conformance.subjects.subject import Subject
    from labelqueue.spec import Profile

__all__ = ["PROGRAMS", "ROUNDS", "finds", "nothing_kept", "rounds_of", "search", "search_round"]

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


def rounds_of(programs: int) -> list[tuple[int, int]]:
    """Return the rounds of a search of so many programs: the place of each, from 0, and how many it makes up."""
    return [(place, min(_ROUND, programs - start)) for place, start in enumerate(range(0, programs, _ROUND))]


def search(subject: Subject, findings: Findings, *, seed: int, examples: int = PROGRAMS) -> None:
    """Let Hypothesis make up programs, and note every requirement that fails.

    Args:
        subject: The subject.
        findings: Where to note.
        seed: The same seed makes the same programs.
        examples: How many programs.
    """
    for place, count in rounds_of(examples):
        search_round(seed, place, count, subject, findings)


def search_round(seed: int, place: int, count: int, subject: Subject, findings: Findings) -> None:
    """Let Hypothesis make up the programs of one round, which are the same whatever rounds there were before.

    Args:
        seed: As in `search`.
        place: The place of the round, from 0.
        count: How many programs.
        subject: The subject.
        findings: Where to note.
    """
    most = findings.programs + count

    def note() -> None:
        findings.programs = min(findings.programs + 1, most)  # Hypothesis may make up one more

    with _alike_everywhere():
        _round(Collector(subject, findings, frozenset(), note), seed, place, count)


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


def _round(collector: Collector, seed: int, place: int, count: int) -> None:
    run = with_seed(seed + place)(machine_of(collector))
    for eye, programs in _parts(collector.subject, place, count):
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
