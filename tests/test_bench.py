"""The benchmark: what it says of subjects whose speed is known, and what it writes."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from labelqueue import ActiveLabelingQueue, SubjectError
from labelqueue.bench import BenchSubject, Figure, Measurement, bench_subject, measure
from labelqueue.bench.figures import OPERATIONS, REFERENCES, Measured
from labelqueue.bench.picture import picture
from labelqueue.bench.subject import bench_program, rows_of
from labelqueue.bench.table import rendered, written
from labelqueue.cli import app
from labelqueue.conformance.models.durable import DurableQueue

CANONICAL = "labelqueue:ActiveLabelingQueue"
MODEL = "labelqueue.conformance.models.core:ModelQueue"
MEASUREMENT = Measurement(
    subjects=(
        Measured("fast", "1.0", "in this process", "yes"),
        Measured("slow", "", "as a program", "no", "above 1,000: mark took 30.0 s there"),
    ),
    figures=(
        Figure("fast", "mark", 1_000, 0.002, 9),
        Figure("slow", "mark", 1_000, 0.004, 9),
        Figure(REFERENCES["mark"], "mark", 1_000, 0.001, 9),
        Figure("fast", "mark", 10_000, 0.02, 9),
    ),
    baseline="fast",
    seconds=20.0,
    machine={"python": "3.11.0", "system": "Linux", "cores": 2, "load": [0.5, 1.5]},
)


class Clock:
    """A clock that goes on by a microsecond whenever somebody looks."""

    now = 0.0

    def perf_counter(self):
        self.now += 1e-6
        return self.now


class Fails(ActiveLabelingQueue):
    """Cannot be measured."""

    def mark_done(self, *_):
        raise OSError("no space")


def as_subject(name, make):
    return BenchSubject(Measured(name, "", "", ""), lambda path: make(path, 10**9), list_of_frame, None, lambda: None)


def list_of_frame(rows):
    return bench_subject(CANONICAL).batch(rows)


@pytest.fixture
def slow(monkeypatch):
    """Stop the clock of the benchmark, and return a subject that takes 0.3 s to mark and nothing else."""
    clock = Clock()
    monkeypatch.setattr("labelqueue.bench.trial.time", clock)
    monkeypatch.setattr("labelqueue.bench.measuring.time", clock)

    class WaitsWhenMarking(ActiveLabelingQueue):
        def mark_done(self, *arguments):
            clock.now += 0.3
            return super().mark_done(*arguments)

    return as_subject("waits", WaitsWhenMarking)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the command in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments):
        done = CliRunner().invoke(app, ["bench", *arguments], env={"COLUMNS": "200"})
        return done.exit_code, done.output

    return command


def test_every_operation_of_every_subject_is_measured(tmp_path):
    """There is a figure of each, positive, and one of the bytes alone where there is such a thing."""
    subjects = [as_subject("ours", ActiveLabelingQueue), as_subject("other", DurableQueue)]

    found = measure(subjects, sizes=[10], seconds=0.5, folder=tmp_path)

    timed = [name for name, operation in OPERATIONS.items() if operation.unit == "s"]
    expected = {(name, operation, 10) for name in ("ours", "other") for operation in timed}
    expected |= {(name, operation, 10) for operation, name in REFERENCES.items()}
    assert {figure[:3] for figure in found.figures} == expected
    assert min(figure.value for figure in found.figures) > 0
    assert list(tmp_path.iterdir()) == []


def test_who_is_slower_is_said_to_be(slow):
    """A subject that takes its time is measured to do so, in that operation, and less often than others."""
    found = measure([as_subject("ours", ActiveLabelingQueue), slow], sizes=[10], seconds=2)

    marks = {each.subject: (round(each.value, 3), each.samples) for each in found.figures if each.operation == "mark"}
    assert marks == {"ours": (0.0, 31), "waits": (0.3, 3), REFERENCES["mark"]: (0.0, 31)}
    assert found.value("waits", "get", 10) == pytest.approx(1e-6)


def test_who_would_take_too_long_is_left_out_of_larger_sizes(slow):
    """What an operation took says that it will take longer than allowed at the next size."""
    found = measure([as_subject("ours", ActiveLabelingQueue), slow], sizes=[10, 100], seconds=2)

    assert found.value("waits", "mark", 10) is not None
    assert found.value("waits", "get", 100) is None
    assert found.value("ours", "get", 100) is not None
    assert found.subjects[1].left_out == "above 10: mark took 0.3 s there"


def test_a_subject_that_fails_is_named():
    """What went wrong is said with the operation, and no figures are made up."""
    with pytest.raises(SubjectError, match=r"fails.* cannot be measured: mark ended in OSError: no space"):
        measure([as_subject("fails", Fails)], sizes=[10], seconds=0.5)


def test_all_rows_are_selected_and_none_is_a_duplicate(path):
    """A queue of a size holds as many requests, and a frame compared with a low threshold adds none."""
    subject = bench_subject(CANONICAL)
    queue = subject.open(path)

    added = [queue.enqueue_low_confidence(subject.batch(rows_of(500)), threshold) for threshold in (-1.0, 0.55, 0.55)]

    assert added == [0, 500, 0]


@pytest.mark.usefixtures("strace")
def test_whether_a_subject_flushes_is_seen():
    """The canonical queue does, the model does not."""
    assert [bench_subject(name).facts.flushes for name in (CANONICAL, MODEL)] == ["yes", "no"]


def test_a_program_is_measured_over_the_wire():
    """Its figures are there like those of any other."""
    subject = bench_program([sys.executable, "-m", "labelqueue.conformance.subjects.serve", MODEL], timeout_s=60)
    try:
        found = measure([subject], sizes=[10], seconds=0.5)
    finally:
        subject.stop()

    assert found.subjects[0].how == "as a program"
    assert found.value(MODEL, "mark", 10) > 0


def test_a_measurement_as_json_has_the_ratios():
    """Every figure says how many times the baseline's it is."""
    figures = MEASUREMENT.to_json()["figures"]

    assert [(each["subject"], each["size"], each["ratio"]) for each in figures] == [
        ("fast", 1_000, 1.0),
        ("slow", 1_000, 2.0),
        (REFERENCES["mark"], 1_000, 0.5),
        ("fast", 10_000, 1.0),
    ]


def test_the_picture_has_a_line_for_every_subject_and_one_for_the_bytes_alone():
    """It is sound XML, with the names, a point for every figure, and one line that is dashed, beside the legend's."""
    root = ET.fromstring(picture(MEASUREMENT))  # noqa: S314 - our own

    texts = [each.text for each in root.iter() if each.tag.endswith("text")]
    assert {"fast", "slow", "mark_done", "1,000", "10,000", "1 ms", "100 ms"} <= set(texts)
    assert sum(each.tag.endswith("circle") for each in root.iter()) == len(MEASUREMENT.figures)
    assert sum("stroke-dasharray" in each.attrib for each in root.iter()) == 2


def test_the_picture_takes_a_single_size():
    """One figure alone makes a panel, too."""
    single = replace(MEASUREMENT, figures=MEASUREMENT.figures[:1])

    assert ET.fromstring(picture(single)) is not None  # noqa: S314 - our own


def test_the_table_has_medians_and_ratios(capsys):
    """What was not measured is left empty, and who was left out is said."""
    from rich.console import Console  # noqa: PLC0415 - writes where it is made

    Console(width=140).print(rendered(MEASUREMENT))

    text = capsys.readouterr().out
    assert "2 ms" in text
    assert "4 ms 2x" in text
    assert "1 ms 0.5x" in text
    assert "slow, as a program; flushes: no; left out above 1,000: mark took 30.0 s there" in text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0, "s", "0 µs"),
        (9.99e-6, "s", "9.99 µs"),
        (0.1234, "s", "123 ms"),
        (61.5, "s", "61.5 s"),
        (2e9, "bytes", "2 GB"),
    ],
)
def test_figures_have_three_digits_and_a_unit_that_fits(value, unit, text):
    """From microseconds to seconds, and from kilobytes to gigabytes."""
    assert written(value, unit) == text


def test_the_command_writes_what_it_is_told_to(run, tmp_path):
    """The table is shown; JSON and picture are files."""
    status, text = run("--sizes", "10", "--seconds", "0.5", "--json", "a.json", "--picture", "a.svg")

    assert status == 0
    assert f"{CANONICAL}" in text
    found = json.loads((tmp_path / "a.json").read_text())
    assert found["schema"] == 1
    assert {each["size"] for each in found["figures"]} == {10}
    assert "memory" in {each["operation"] for each in found["figures"]}
    assert (tmp_path / "a.svg").read_text().startswith("<svg")


def test_the_command_refuses_what_cannot_be_measured(run):
    """Sizes that are none, a baseline that takes no part, and a subject that is not there."""
    assert run("--sizes", "many")[0] == 2
    assert run("--sizes", "0")[0] == 2
    assert run("--baseline", "other")[0] == 2
    assert run("labelqueue:Absent")[0] == 3
