"""The commands over a queue: what they say, what they change, and what they exit with."""

from __future__ import annotations

import json
import os
import pkgutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pandas as pd
import pytest
from typer.testing import CliRunner

import labelqueue.cli
from labelqueue import ActiveLabelingQueue, LabelRequest
from labelqueue.cli import COMMANDS, app
from labelqueue.document import requests_to_bytes

IDS = [f"{number}404cad7-47d4-4b22-b364-a726a3573615" for number in range(8)]
ROWS = """\
user_id,bucket_start_ts,bucket_end_ts,confidence,predicted_label,note
007,2026-01-15T09:00Z,2026-01-15T09:15Z,0.30000000000000004,NA,x
007,2026-01-15T09:00Z,2026-01-15T09:30Z,0.1,coding,
NA,2026-01-15T09:00Z,2026-01-15T09:15Z,nan,,
ada,2026-01-15T09:00Z,2026-01-15T09:15Z,0.55,coding,
"""
ENQUEUED = [("007", 0.30000000000000004, "NA"), ("NA", None, None)]


def request(number, **changes):
    start = datetime(2026, 1, 15, 8, tzinfo=UTC) + timedelta(hours=number)
    values = {
        "request_id": IDS[number],
        "user_id": "ada",
        "bucket_start_ts": start,
        "bucket_end_ts": start + timedelta(minutes=15),
        "reason": "low_confidence",
        "confidence": number / 10,
        "predicted_label": "coding",
        "created_at": "2026-01-15T10:00:00Z",
    }
    return LabelRequest(**(values | changes))


@pytest.fixture
def store(tmp_path):
    """A queue file with three requests, one of which was labeled today."""
    path = tmp_path / "queue.json"
    requests = [
        request(0, status="labeled"),
        request(2, reason="drift", confidence=None, predicted_label=None, user_id="grace"),
        request(1),
    ]
    path.write_bytes(requests_to_bytes(requests))
    return path


@pytest.fixture
def run(monkeypatch, tmp_path, clock):
    """Run a command in an empty folder, with the clock stopped and a screen of a known width."""
    del clock
    monkeypatch.chdir(tmp_path)

    def command(*arguments, columns=100):
        return CliRunner().invoke(app, [str(each) for each in arguments], env={"COLUMNS": str(columns)})

    return command


def statuses(path):
    return [each.status for each in ActiveLabelingQueue(path).all_items]


def test_show_lists_what_may_be_asked_and_says_why_not_more(run, store):
    """The most uncertain come first, one line each, and then the budget."""
    done = run("show", store)

    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == (
        "id        who    when (UTC)              why             predicted  confidence\n"
        "2404cad7  grace  2026-01-15 10:00-10:15  drift           -                   -\n"
        "1404cad7  ada    2026-01-15 09:00-09:15  low confidence  coding            0.1\n"
        "\n"
        "2 of 2 pending requests may be asked now: there are no more.\n"
        "cap 20, used today 1, remaining 19, whole again 2026-01-16 00:00 UTC\n"
    )


def test_show_on_a_narrow_screen(run, store):
    """Where the table has no room, every request has lines of its own, and nothing is cut."""
    done = run("show", store, "--user", "ada", "--max-asks-per-day", "2", columns=40)

    assert done.stdout == (
        "1404cad7  ada\n"
        "  2026-01-15 09:00-09:15 UTC\n"
        "  low confidence, coding 0.1\n"
        "\n"
        "1 of 1 pending requests of ada may be \n"
        "asked now: there are no more of this \n"
        "user, and 1 of others.\n"
        "cap 2, used today 1, remaining 1, whole \n"
        "again 2026-01-16 00:00 UTC\n"
    )


def test_show_within_the_cap(run, store):
    """The cap is an option, and bounds what is shown."""
    done = run("show", store, "--max-asks-per-day", "2")

    assert "1404cad7" not in done.stdout
    assert "1 of 2 pending requests may be asked now: the cap of 2 a day has 1 left until" in done.stdout


def test_show_as_json(run, store):
    """For programs there are the whole requests and the explanation."""
    first = ActiveLabelingQueue(store).get_pending(limit=1)

    done = run("show", store, "--limit", 1, "--json")

    assert json.loads(done.stdout) == {
        "queue": str(store),
        "requests": [each.model_dump(mode="json") for each in first],
        "explanation": {
            "user_id": None,
            "limit": 1,
            "pending": 2,
            "pending_of_all": 2,
            "cap": 20,
            "used_today": 1,
            "remaining": 19,
            "returned": 1,
            "bound": "limit",
            "whole_again_at": "2026-01-16T00:00:00Z",
        },
    }  # fmt: skip


def test_a_terminal_obeys_nothing_that_a_request_says(run, store):
    """Control characters in a queue are shown as escapes."""
    store.write_bytes(requests_to_bytes([request(1, user_id="a\x1b[2Jda\n", predicted_label="\x07")]))

    for_wide, for_narrow = run("show", store), run("show", store, columns=40)

    assert "a\\x1b[2Jda\\n" in for_wide.stdout
    assert "a\\x1b[2Jda\\n" in for_narrow.stdout
    assert "\x1b" not in for_wide.stdout + for_narrow.stdout
    assert "\\x07" in for_wide.stdout


def test_short_ids_tell_requests_apart(run, store):
    """Where two ids begin alike, more of them is shown."""
    alike = "1404cad7-4666-4b22-b364-a726a3573615"
    store.write_bytes(requests_to_bytes([request(1), request(2, request_id=alike)]))

    done = run("show", store)

    assert [line.split()[0] for line in done.stdout.splitlines()[1:3]] == ["1404cad7-47", "1404cad7-46"]
    assert run("done", store, "1404cad7-46").exit_code == 0


@pytest.mark.parametrize(
    "command", [("show",), ("stats",), ("done", "8"), ("skip", "8"), ("export-tasks", "--format", "csv")]
)
def test_a_slip_in_the_path_is_noticed(run, tmp_path, command):
    """Commands that need a queue say that there is none, and create none."""
    name, *rest = command

    done = run(name, "absent.json", *rest)

    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        "labelqueue: absent.json: there is no queue; check the name, or let `labelqueue enqueue` create it\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_queue_is_one_line(run, tmp_path):
    """A file that is no queue is refused in one line and left as it is."""
    (tmp_path / "notes.json").write_text("hello")

    done = run("show", "notes.json")

    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("labelqueue: notes.json: ")
    assert done.stderr.count("\n") == 1
    assert (tmp_path / "notes.json").read_text() == "hello"


def test_a_folder_is_no_queue(run, tmp_path):
    """What the operating system refuses is said in one line, too."""
    done = run("show", ".")

    assert (done.exit_code, done.stderr) == (2, f"labelqueue: {tmp_path}: Is a directory\n")


def test_enqueue_creates_the_queue(run, tmp_path):
    """Text stays text, no digit is lost, and what is at the threshold is not added."""
    (tmp_path / "frame.csv").write_text(ROWS)

    done = run("enqueue", "new/queue.json", "frame.csv")

    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "2 added, 1 already pending, 1 at or above 0.55\n"
    added = ActiveLabelingQueue(tmp_path / "new" / "queue.json").all_items
    assert [(each.user_id, each.confidence, each.predicted_label) for each in added] == ENQUEUED


def test_a_dry_run_says_the_same_and_changes_nothing(run, store):
    """The numbers are those of the real run after it; the queue's file stays as it was."""
    store.with_name("frame.csv").write_text(ROWS.replace("007", "ada"))
    before = store.read_bytes()

    dry = run("enqueue", store, "frame.csv", "--dry-run", "--threshold", "0.6")
    untouched = store.read_bytes()
    wet = run("enqueue", store, "frame.csv", "--threshold", "0.6", "--json")

    assert dry.stdout == "1 would be added, 3 already pending, 0 at or above 0.6\n"
    assert untouched == before
    assert json.loads(wet.stdout) == {
        "queue": str(store), "rows": 4, "added": 1, "duplicates": 3, "above": 0, "dry_run": False
    }  # fmt: skip


def test_a_dry_run_creates_nothing(run, tmp_path):
    """A queue that does not exist is an empty one to a dry run, and does not exist after it."""
    (tmp_path / "frame.csv").write_text(ROWS)

    done = run("enqueue", "queue.json", "frame.csv", "--dry-run")

    assert done.stdout == "2 would be added, 1 already pending, 1 at or above 0.55\n"
    assert [each.name for each in tmp_path.iterdir()] == ["frame.csv"]


def test_the_same_rows_as_json_lines_and_as_parquet(run, tmp_path):
    """Whichever the format, the same requests come out."""
    rows = [
        {"user_id": "007", "bucket_start_ts": "2026-01-15T09:00Z", "bucket_end_ts": "2026-01-15T09:15Z",
         "confidence": 0.1 + 0.2, "predicted_label": "NA"},
        {"user_id": "NA", "bucket_start_ts": "2026-01-15T09:00Z", "bucket_end_ts": "2026-01-15T09:15Z",
         "confidence": None, "predicted_label": None},
    ]  # fmt: skip
    (tmp_path / "frame.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    frame = pd.DataFrame(rows)
    frame["bucket_start_ts"] = pd.to_datetime(frame["bucket_start_ts"])
    frame.to_parquet(tmp_path / "frame.parquet")

    said = [run("enqueue", f"{kind}.json", f"frame.{kind}").stdout for kind in ("jsonl", "parquet")]

    assert said == ["2 added, 0 already pending, 0 at or above 0.55\n"] * 2
    stored = [ActiveLabelingQueue(tmp_path / f"{kind}.json").all_items for kind in ("jsonl", "parquet")]
    assert [[(r.user_id, r.confidence, r.predicted_label) for r in requests] for requests in stored] == [ENQUEUED] * 2
    assert stored[0][0].bucket_start_ts == stored[1][0].bucket_start_ts


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("f.csv", "user_id,confidence\nada,0.1\n",
         "f.csv: columns ['user_id', 'confidence'] has no column 'bucket_start_ts'; add it"),
        ("f.csv", "", "f.csv: cannot be read as CSV: No columns to parse from file"),
        ("f.csv", b"\xff\xfe", None),
        ("f.csv", ROWS.replace("0.55", "high").replace("nan", "inf"),
         ("f.csv row 2: confidence=inf is not a finite number; f.csv row 3: confidence='high' is not a finite number; "
          "nothing was added; mend or drop these rows and call again.")),
        ("f.jsonl", '{}\n{"a": \n', "f.jsonl: line 2 is not JSON: Expecting value: line 2 column 1 (char 7)"),
        ("f.jsonl", "[]\n", "f.jsonl: line 1 is not a JSON object"),
        ("f.parquet", "hello", None),
        ("f.xlsx", "hello", "f.xlsx: its name ends with none of .csv, .parquet, .jsonl, .ndjson"),
    ],
)  # fmt: skip
def test_a_frame_that_cannot_be_taken_is_one_line(run, tmp_path, name, content, message):
    """What is wrong with the frame is said in one line that names the file; nothing is created."""
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    done = run("enqueue", "queue.json", name)

    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"labelqueue: {name}")
    assert message is None or done.stderr == f"labelqueue: {message}\n"
    assert not (tmp_path / "queue.json").exists()


@pytest.mark.parametrize("name", ["absent.csv", "absent.parquet", "absent.jsonl"])
def test_an_absent_frame_is_one_line(run, name):
    """A frame that is not there is said so, whichever its kind."""
    done = run("enqueue", "queue.json", name)

    assert (done.exit_code, done.stderr) == (2, f"labelqueue: {name}: No such file or directory\n")


def test_a_row_that_is_longer_than_the_names_is_refused(run, tmp_path):
    """No field of a CSV file is dropped or taken for another column's."""
    (tmp_path / "frame.csv").write_text(ROWS.replace(",x\n", ",x,y\n"))

    done = run("enqueue", "queue.json", "frame.csv")

    assert done.exit_code == 2
    assert done.stderr.startswith("labelqueue: frame.csv: cannot be read as CSV: ")
    assert not (tmp_path / "queue.json").exists()


def test_a_bad_threshold_is_refused(run, tmp_path):
    """A threshold that is no finite number is refused in the queue's own words."""
    (tmp_path / "frame.csv").write_text(ROWS)

    done = run("enqueue", "queue.json", "frame.csv", "--threshold", "nan")

    assert (done.exit_code, done.stderr) == (
        2,
        "labelqueue: threshold=nan is not a finite number; hand in a float such as 0.55.\n",
    )


def test_done_and_skip_take_a_beginning_of_the_id(run, store):
    """One request changes, and the answer says whose it is and what it was before."""
    labeled = run("done", store, "2")
    skipped = run("skip", store, IDS[1], "--json")

    assert labeled.stdout == "grace, 2026-01-15 10:00-10:15 UTC: pending -> labeled\n"
    assert json.loads(skipped.stdout) == {
        "request": request(1, status="skipped").model_dump(mode="json"),
        "was": "pending",
    }
    assert statuses(store) == ["labeled", "labeled", "skipped"]


def test_marking_again(run, store):
    """What was done already may be marked again; the newer status stands."""
    again, otherwise = run("done", store, "0"), run("skip", store, "0")

    assert again.stdout == "ada, 2026-01-15 08:00-08:15 UTC: was labeled already\n"
    assert otherwise.stdout == "ada, 2026-01-15 08:00-08:15 UTC: labeled -> skipped\n"


def test_an_id_that_is_whole_is_no_beginning(run, store):
    """In a file of others one id may begin another; the whole one is the one that is meant."""
    store.write_bytes(requests_to_bytes([request(1, request_id="a"), request(2, request_id="ab")]))

    done = run("done", store, "a")

    assert done.exit_code == 0
    assert statuses(store) == ["labeled", "pending"]


@pytest.mark.parametrize(
    ("beginning", "status", "message"),
    [
        ("9", 1, "queue.json: no request has an id that begins with '9'; nothing was changed"),
        ("", 1, "queue.json: no request has an id that begins with ''; nothing was changed"),
        ("1404", 2, "queue.json: 2 ids begin with 1404: 1404cad7-47, 1404cad7-46; write more of it"),
    ],
)
def test_an_id_that_names_no_one_request(run, store, beginning, status, message):
    """An unknown and an ambiguous beginning are told apart by the exit status; nothing is changed."""
    requests = [request(1), request(2, request_id="1404cad7-4666-4b22-b364-a726a3573615")]
    store.write_bytes(requests_to_bytes(requests))

    done = run("done", "queue.json", beginning)

    assert (done.exit_code, done.stdout, done.stderr) == (status, "", f"labelqueue: {message}\n")
    assert statuses(store) == ["pending", "pending"]


def test_stats_counts_and_plots(run, store):
    """By user, reason and day, each with the statuses; then the two plots."""
    done = run("stats", store, columns=60)

    assert done.exit_code == 0
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert lines[:14] == [
        "3 requests",
        "                pending labeled skipped all",
        "by user",
        " ada                  1       1       0   2",
        " grace                1       0       0   1",
        "by reason",
        " low confidence       1       1       0   2",
        " drift                1       0       0   1",
        "by day",
        " 2026-01-15           2       1       0   3",
        "all                   2       1       0   3",
        "",
        "asks made per day (UTC)",
        "2026-01-15 3 " + "█" * 47,
    ]
    assert lines[15:19] == [
        "confidence when enqueued",
        "0 to 0.1   1 " + "█" * 47,
        "0.1 to 0.2 1 " + "█" * 47,
        "0.2 to 0.3 0",
    ]
    assert lines[-1] == "unknown    1 " + "█" * 47


def test_stats_as_json(run, store):
    """For programs there are the same numbers; any finite confidence has its span."""
    extreme = [request(3, confidence=-1.7e308), request(4, confidence=1.7e308), request(5, confidence=0.0)]
    store.write_bytes(requests_to_bytes(extreme))

    told = json.loads(run("stats", store, "--json").stdout)

    spans = told["confidence"].pop("bins")
    assert told == {
        "queue": str(store),
        "requests": 3,
        "status": {"pending": 3, "labeled": 0, "skipped": 0},
        "user": {"ada": {"pending": 3, "labeled": 0, "skipped": 0}},
        "reason": {"low_confidence": {"pending": 3, "labeled": 0, "skipped": 0}},
        "day": {"2026-01-15": {"pending": 3, "labeled": 0, "skipped": 0}},
        "confidence": {"unknown": 0},
    }
    assert [each["requests"] for each in spans] == [1, 0, 0, 0, 0, 1, 0, 0, 0, 1]
    assert (spans[0]["low"], spans[-1]["high"]) == (-1.7e308, 1.7e308)


def test_stats_of_many_users(run, store):
    """Only the users with the most requests are named, and the others counted."""
    many = [request(n % 8, request_id=f"{n}", user_id=f"user {n % 16:02}") for n in range(17)]
    store.write_bytes(requests_to_bytes(many))

    done = run("stats", store)

    assert " user 00 " in done.stdout.splitlines()[3]
    assert " and 2 more" in [line.rstrip() for line in done.stdout.splitlines()]


def test_stats_of_nothing(run, store):
    """An empty queue has nothing to plot."""
    store.write_bytes(b"[]")

    assert run("stats", store).stdout == "0 requests\n"


def test_export_writes_what_may_be_asked(run, store):
    """Standard output holds the tasks alone; why there are no more is said beside them."""
    done = run("export-tasks", store, "--format", "csv", "--max-asks-per-day", "2")

    assert [line.partition(",")[0] for line in done.stdout.splitlines()] == ["request_id", IDS[2]]
    assert done.stderr == (
        "1 task; 1 of 2 pending requests may be asked now: the cap of 2 a day has 1 left until 2026-01-16 00:00 UTC.\n"
    )


def test_export_overwrites_nothing(run, store, tmp_path):
    """A file is written when it is new, and refused when it is there: it may hold answers, or be the queue."""
    before = store.read_bytes()

    written = run("export-tasks", store, "--format", "argilla", "--out", "tasks.json", "--json")
    refused = run("export-tasks", store, "--format", "argilla", "--out", store)

    assert [each["id"] for each in json.loads((tmp_path / "tasks.json").read_text())] == [IDS[2], IDS[1]]
    assert json.loads(written.stdout)["tasks"] == 2
    assert refused.exit_code == 2
    assert refused.stderr == f"labelqueue: {store}: exists already, and may hold answers; name a new file\n"
    assert store.read_bytes() == before


def answers(*rows):
    return "request_id,label,status\n" + "".join(f"{row}\n" for row in rows)


def test_import_marks_done_and_says_what_became_of_every_answer(run, store):
    """Answers close their requests; what is done, unanswered, unknown or without an id is counted and left."""
    rows = [
        f"{IDS[2]},coding,",
        f"{IDS[1]},,pending",
        f"{IDS[0]},,skipped",
        f"{IDS[2]},,skipped",
        f"{IDS[7]},x,",
        ",x,",
    ]
    store.with_name("answers.csv").write_text(answers(*rows))

    done = run("import-labels", store, "answers.csv", "--format", "csv")

    assert (done.exit_code, done.stderr) == (1, "")
    assert done.stdout == (
        "marked labeled: 1\n"
        "marked skipped: 0\n"
        "done already, left as they are: 2\n"
        "not answered yet: 1\n"
        "without a request id: 1\n"
        "not in this queue: 1\n"
        f"  {IDS[7]}\n"
    )
    assert statuses(store) == ["labeled", "labeled", "pending"]


def test_import_as_json_tells_the_labels(run, store):
    """For programs there are the labels, which the queue itself does not keep."""
    store.with_name("answers.csv").write_text(answers(f"{IDS[2]},coding,", f"{IDS[1]},,skipped"))

    done = run("import-labels", store, "answers.csv", "--format", "csv", "--json")

    assert done.exit_code == 0
    assert json.loads(done.stdout) == {
        "queue": str(store),
        "marked": [
            {"request_id": IDS[2], "status": "labeled", "label": "coding"},
            {"request_id": IDS[1], "status": "skipped", "label": None},
        ],
        "already_done": [],
        "unanswered": [],
        "unknown": [],
        "without_id": 0,
    }


@pytest.mark.parametrize(("tool", "kind"), [("label-studio", "annotations"), ("argilla", "responses")])
def test_there_and_back(run, store, tool, kind):
    """A task that was exported, answered and imported closes the request that it came from."""
    tasks = json.loads(run("export-tasks", store, "--format", tool).stdout)
    result = {"type": "choices", "value": {"choices": ["coding"]}}
    given = {"annotations": [{"result": [result]}], "responses": {"label": [{"value": "coding"}]}}
    tasks[0][kind] = given[kind]
    store.with_name("answers.json").write_text(json.dumps(tasks))

    done = run("import-labels", store, "answers.json", "--format", tool)

    assert done.stdout == "marked labeled: 1\nmarked skipped: 0\nnot answered yet: 1\n"
    assert statuses(store) == ["labeled", "labeled", "pending"]


def test_a_bad_file_of_answers_marks_nothing(run, store):
    """The file is read whole first, so that one bad row leaves all requests as they are."""
    store.with_name("answers.csv").write_text(answers(f"{IDS[2]},coding,", f"{IDS[1]},,done"))

    done = run("import-labels", store, "answers.csv", "--format", "csv")

    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        "labelqueue: answers.csv: row 1, column 'status': 'done' is not 'labeled', 'skipped' or 'pending'; "
        "nothing was marked\n"
    )
    assert statuses(store) == ["labeled", "pending", "pending"]


def test_an_import_that_stops_half_way_says_so(run, store, monkeypatch):
    """When a write fails in the middle, what was marked is told, and the same command goes on with the rest."""
    store.with_name("answers.csv").write_text(answers(f"{IDS[2]},coding,", f"{IDS[1]},,skipped"))
    mark_done, calls = ActiveLabelingQueue.mark_done, []

    def fails_the_second_time(self, *arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise OSError(28, "No space left on device", str(store))
        return mark_done(self, *arguments)

    monkeypatch.setattr(ActiveLabelingQueue, "mark_done", fails_the_second_time)

    stopped = run("import-labels", store, "answers.csv", "--format", "csv")
    again = run("import-labels", store, "answers.csv", "--format", "csv")

    assert (stopped.exit_code, stopped.stdout) == (2, "")
    assert stopped.stderr == (
        "labelqueue: stopped after 1 request had been marked; the others are as they were, "
        "and the same command goes on with them\n"
        f"labelqueue: {store}: No space left on device\n"
    )
    assert again.stdout == "marked labeled: 0\nmarked skipped: 1\ndone already, left as they are: 1\n"
    assert statuses(store) == ["labeled", "labeled", "skipped"]


def test_label_needs_a_terminal(run, store):
    """Without a terminal nobody can be asked, and that is said in one line."""
    done = run("label", store)

    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        "labelqueue: label asks in a terminal, and this is none; use the commands done and skip in scripts\n"
    )


def test_looking_at_a_queue_loads_only_what_it_needs(store):
    """The commands over a queue start without the kit and without data frames."""
    heavy = ["hypothesis", "jsonschema", "time_machine", "pytest", "pandas", "numpy", "narwhals", "sqlalchemy",
             "labelqueue.spec", "labelqueue.conformance"]  # fmt: skip
    program = (
        "import sys; from labelqueue.cli import app\n"
        f"app(['show', {str(store)!r}], standalone_mode=False)\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


def test_every_command_is_in_the_help():
    """A module of the command line that offers a function of its own name is a command."""
    names = [module.name for module in pkgutil.iter_modules(labelqueue.cli.__path__)]
    commands = {name for name in names if name in import_module(f"labelqueue.cli.{name}").__all__}

    assert commands == {name.replace("-", "_") for name in COMMANDS}


def test_a_missing_library_is_named_with_its_mend():
    """A command whose libraries are not installed says what to install."""
    program = "import sys; sys.modules['hypothesis'] = None; from labelqueue.cli import app; app(['conform'])"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "labelqueue: hypothesis is not installed; run: pip install 'labelqueue[kit]'\n"


@pytest.mark.parametrize(
    ("words", "completions"),
    [("labelqueue sk", "skip"), ("labelqueue export-tasks q.json --format lab", "label-studio")],
)
def test_the_shell_completes(words, completions):
    """The shell is told commands and the values of options."""
    environment = {
        **os.environ,
        "_LABELQUEUE_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }

    done = subprocess.run(
        [sys.executable, "-c", "from labelqueue.cli import app; app(prog_name='labelqueue')"],
        capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip

    assert done.stdout.split() == [completions]
