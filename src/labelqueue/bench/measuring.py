"""Measuring: every operation of every subject at every size, in turns.

A subject is measured at a size as long as it seems to do every operation within
its time there; what it took at the size before says so, since no operation gets
faster in a larger queue.
"""

from __future__ import annotations

import gc
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from labelqueue.bench.figures import OPERATIONS, REFERENCES, Figure, Measurement
from labelqueue.bench.memory import grown_by_opening
from labelqueue.bench.subject import BenchSubject, rows_of
from labelqueue.bench.trial import Reference, Trial
from labelqueue.conformance.subjects.python_subject import in_one_line
from labelqueue.errors import SubjectError
from labelqueue.progress import Progress, unheard

__all__ = ["DEFAULT_SECONDS", "DEFAULT_SIZES", "measure"]

DEFAULT_SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
DEFAULT_SECONDS: Final = 20.0
_SHARE: Final = 0.1
_FEW, _MOST = 3, 31


def measure(
    subjects: Sequence[BenchSubject],
    *,
    sizes: Sequence[int] = DEFAULT_SIZES,
    seconds: float = DEFAULT_SECONDS,
    baseline: str | None = None,
    folder: Path | None = None,
    progress: Progress = unheard,
) -> Measurement:
    """Measure subjects side by side.

    Args:
        subjects: The subjects, of different names.
        sizes: How many requests the queues hold.
        seconds: How long a subject may take for one operation at one size; where it
            seems to take longer at the next size, it is left out there.
        baseline: The name of the subject that ratios refer to; the first unless given.
        folder: Where the stores are made, on the disk that is to be measured.
        progress: Told what is being done.

    Raises:
        SubjectError: A subject fails in an operation.
    """
    load = os.getloadavg()[0]
    playing = {subject.facts.name: subject for subject in subjects}
    left_out: dict[str, str] = {}
    figures: list[Figure] = []
    steps = len(sizes) * len(OPERATIONS)
    ordered = sorted(sizes)
    for place, size in enumerate(ordered):
        with tempfile.TemporaryDirectory(prefix="labelqueue-bench-", dir=folder) as room:
            for number, found in enumerate(_at(size, playing, Path(room), seconds)):
                figures.extend(found)
                progress(f"{size:,} requests", place * len(OPERATIONS) + number + 1, steps)
        following = ordered[place + 1] if place + 1 < len(ordered) else size
        for slow in _too_slow(figures, size, seconds * size / following):
            if playing.pop(slow.subject, None) is not None:
                left_out[slow.subject] = f"above {size:,}: {slow.operation} took {slow.value:.1f} s there"
    return Measurement(
        subjects=tuple(replace(each.facts, left_out=left_out.get(each.facts.name, "")) for each in subjects),
        figures=tuple(figures),
        baseline=baseline or subjects[0].facts.name,
        seconds=seconds,
        machine={
            "python": platform.python_version(),
            "system": platform.system(),
            "cores": os.cpu_count(),
            "load": [round(load, 2), round(os.getloadavg()[0], 2)],
        },
    )


def _too_slow(figures: Sequence[Figure], size: int, most_s: float) -> list[Figure]:
    return [
        each for each in figures if each.size == size and OPERATIONS[each.operation].unit == "s" and each.value > most_s
    ]


def _at(size: int, playing: Mapping[str, BenchSubject], room: Path, seconds: float) -> Iterator[list[Figure]]:
    """Measure one operation after the other at one size."""
    rows = rows_of(size)
    trials = {name: Trial(subject, rows, room / str(place)) for place, (name, subject) in enumerate(playing.items())}
    try:
        for operation, (_, unit) in OPERATIONS.items():
            if unit == "bytes":
                yield _memory(operation, size, playing, trials)
                continue
            calls = {name: getattr(trial, operation.replace("-", "_")) for name, trial in trials.items()}
            if operation in REFERENCES:
                calls |= _reference(operation, trials, room)
            samples = _in_turns(operation, calls, seconds)
            yield [Figure(name, operation, size, statistics.median(each), len(each)) for name, each in samples.items()]
    finally:
        for trial in trials.values():
            trial.end()


def _memory(
    operation: str, size: int, playing: Mapping[str, BenchSubject], trials: Mapping[str, Trial]
) -> list[Figure]:
    grown = {
        name: grown_by_opening(subject.memory_name, trials[name].path)
        for name, subject in playing.items()
        if subject.memory_name is not None
    }
    return [Figure(name, operation, size, float(each), 1) for name, each in grown.items() if each is not None]


def _reference(operation: str, trials: Mapping[str, Trial], room: Path) -> dict[str, Callable[[], float]]:
    """What is compared with an operation, where a subject keeps its queue as one JSON file."""
    for trial in trials.values():
        if trial.path.is_file() and _first_byte(trial.path) == b"[":
            call: Callable[[], float] = getattr(Reference(trial.path, room), operation)
            return {REFERENCES[operation]: call}
    return {}


def _first_byte(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(1)


def _in_turns(operation: str, calls: Mapping[str, Callable[[], float]], seconds: float) -> dict[str, list[float]]:
    """Let each take its turn, and another one as long as it has time left."""
    samples: dict[str, list[float]] = {name: [] for name in calls}
    spent = dict.fromkeys(calls, 0.0)
    gc.collect()
    for number in range(_MOST):
        for name, call in calls.items():
            if number and spent[name] * (1 + 1 / number) > (seconds if number < _FEW else seconds * _SHARE):
                continue
            begun = time.perf_counter()
            samples[name].append(_made(name, operation, call))
            spent[name] += time.perf_counter() - begun
    return samples


def _made(name: str, operation: str, call: Callable[[], float]) -> float:
    gc.freeze()  # or each would pay for the collector's walks over the queues of the others
    try:
        return call()
    except Exception as error:
        raise SubjectError(name, f"cannot be measured: {operation} ended in {in_one_line(error)}") from error
    finally:
        gc.unfreeze()
