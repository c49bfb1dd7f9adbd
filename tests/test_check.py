"""The check of queue files: every problem is named, and what needs no guess is mended."""

from __future__ import annotations

import json
import os
import re
import stat
import sys
from datetime import UTC, datetime
from unittest.mock import Mock

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from labelqueue import UnreadableStoreError
from labelqueue.check import Mend, Problem, mended, problems_in
from labelqueue.cli.check import check
from labelqueue.document import requests_from_bytes, requests_to_bytes

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
IDS = [f"8404cad7-47d4-4b22-b364-a726a357361{number}" for number in range(10)]
TIME_MEND = "write it like 2026-01-01T09:00:00Z"
OFFSET_MEND = "write the offset that was meant, or let --fix write it as UTC"
STATUSES = "'pending', 'labeled', 'skipped'"


def item(number=0, /, **changes):
    """A sound item, in canonical order; `...` takes a member away."""
    members = {
        "request_id": IDS[number],
        "user_id": "ada",
        "bucket_start_ts": f"2026-01-10T0{number}:00:00Z",
        "bucket_end_ts": f"2026-01-10T0{number}:15:00Z",
        "reason": "drift",
        "confidence": 0.25,
        "predicted_label": "coding",
        "created_at": "2026-01-10T12:00:00Z",
        "status": "pending",
        **changes,
    }
    return {name: value for name, value in members.items() if value is not ...}


def content(*items):
    return json.dumps(list(items), indent=2).encode()


def told(data):
    return [tuple(problem)[:4] for problem in problems_in(data, NOW)]


def blocks(data):
    return any(problem.is_blocking for problem in problems_in(data, NOW))


def requests_of(data):
    """What the queue reads, or `None` when it refuses the file."""
    try:
        return requests_from_bytes(data, "queue.json")
    except UnreadableStoreError:
        return None


def test_a_sound_file_has_no_problems():
    """A file that the queue could have written has no problems, and there is nothing to mend."""
    data = content(item(0), item(1, status="labeled", confidence=None, note=["kept"]))

    assert problems_in(data, NOW) == []
    assert mended(data) == (data, [])


@pytest.mark.parametrize("data", [b"[]", b" [ ]\n", json.dumps([item()]).encode()])
def test_the_layout_is_no_problem(data):
    """However the JSON is laid out, the check finds nothing; mending writes the canonical bytes."""
    assert problems_in(data, NOW) == []
    assert mended(data) == (requests_to_bytes(requests_of(data)), [])


def test_absent_members_that_have_a_default_are_no_problem():
    """A member that has a default may be absent; mending writes it and says so."""
    data = content(item(confidence=..., predicted_label=..., status=...))

    assert problems_in(data, NOW) == []
    assert mended(data) == (
        content(item(confidence=None, predicted_label=None)),
        [
            Mend(0, "confidence", "was absent and is null now"),
            Mend(0, "predicted_label", "was absent and is null now"),
            Mend(0, "status", "was absent and is 'pending' now"),
        ],
    )


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "is empty, not a JSON array"),
        (b"[{", "is not JSON at line 1, column 3: Expecting property name enclosed in double quotes"),
        (b'{"requests": []}', "holds an object, not a JSON array"),
        (b"NaN", "holds a number, not a JSON array"),
        (content(item()).decode().encode("utf-16"), "is not UTF-8 at byte 0"),
        (b"\xef\xbb\xbf\xef\xbb\xbf[]", None),
    ],
)
def test_a_file_that_is_no_array_is_one_problem(data, rule):
    """What is no JSON array is told in the words of the queue, and blocks; nothing of it is mended."""
    last = problems_in(data, NOW)[-1]

    assert (last.item, last.field, last.mend) == (None, None, "mend it by hand, or restore a copy")
    assert (last.is_blocking, last.is_fixable) == (True, False)
    assert rule in (None, last.rule)
    assert mended(data) is None


def test_a_file_nested_too_deeply_is_one_problem():
    """Nesting beyond what can be parsed is a problem of the file, and no crash."""
    [problem] = problems_in(b"[" * 100_000, NOW)

    assert problem.is_blocking
    assert problem.rule.startswith("cannot be read as JSON: ")
    assert mended(b"[" * 100_000) is None


def test_a_file_nested_too_deeply_to_be_written_is_left():
    """What can be read but not written again is not mended."""
    note = json.loads("[" * 300 + "]" * 300)

    assert mended(json.dumps([item(note=note)]).encode()) is None


def test_a_byte_order_mark_is_mended():
    """A byte order mark is one problem beside those of the items; mending takes it away."""
    data = b"\xef\xbb\xbf" + content(item(), 7)

    assert problems_in(data, NOW) == [
        Problem(
            None,
            None,
            "begins with a byte order mark, which JSON does not have",
            "take it away, or let --fix do it",
            is_blocking=True,
            is_fixable=True,
        ),
        Problem(1, None, "is a number, not an object", "delete it", is_blocking=True),
    ]
    assert mended(data) is None
    assert mended(b"\xef\xbb\xbf" + content(item())) == (
        content(item()),
        [Mend(None, None, "the byte order mark was taken away")],
    )


def test_every_problem_of_a_refused_file_is_told():
    """All problems are told, by item and in the order of the fields, those that the queue reads over included."""
    data = content(
        item(0, request_id=...),
        item(1, user_id=7, bucket_end_ts="2026-01-10", status="done", confidence="0.5"),
        [],
        item(3, reason=None, predicted_label=False, created_at="2026-13-01T00:00:00Z", note={"deep": ["\ud800"]}),
        item(4, created_at="2026-01-10T12:00:00", status="pend\ud800ing"),
    )

    assert told(data) == [
        (0, "request_id", "is missing", "write a UUID of its own"),
        (1, "user_id", "7 is a number, not text", "write whose bucket it is"),
        (1, "bucket_end_ts", "'2026-01-10' is not ISO 8601 text with a time of day", TIME_MEND),
        (
            1,
            "confidence",
            "'0.5' is not a finite number",
            "write a finite number, or null where it is unknown",
        ),
        (1, "status", f"'done' is not one of {STATUSES}", "write the state that it is in"),
        (2, None, "is an array, not an object", "delete it"),
        (3, "reason", "None is null, not text", "write why it was enqueued"),
        (3, "predicted_label", "False is a bool, not text", "write text, or null where there is none"),
        (3, "created_at", "'2026-13-01T00:00:00Z' is not a moment of the calendar", TIME_MEND),
        (3, "note", "holds a lone surrogate, which UTF-8 cannot carry", "mend it, or delete it"),
        (4, "created_at", "'2026-01-10T12:00:00' has no offset from UTC", OFFSET_MEND),
        (4, "status", f"'pend\\ud800ing' is not one of {STATUSES}", "write the state that it is in"),
    ]
    assert mended(data) is None


def test_numbers_that_are_not_finite_are_told_at_any_depth():
    """NaN, infinities and numbers beyond every float are told with the field in which they stand."""
    data = (
        content(item(0, confidence="?"), item(1, note=["?", {"deep": "?"}]), item(2, status="?"), ["?"])
        .replace(b'"confidence": "?"', b'"confidence": 1e400')
        .replace(b'"?",', b"-Infinity,")
        .replace(b'"deep": "?"', b'"deep": NaN')
        .replace(b'"status": "?"', b'"status": NaN')
        .replace(b'"?"', b"NaN")
    )

    assert told(data) == [
        (0, "confidence", "1e400 is not a finite number", "write a finite number, or null where it is unknown"),
        (1, "note", "NaN is not a finite number", "mend it, or delete it"),
        (1, "note", "-Infinity is not a finite number", "mend it, or delete it"),
        (2, "status", "NaN is not a finite number", "write the state that it is in"),
        (3, None, "is an array, not an object", "delete it"),
    ]
    assert mended(data) is None


def test_a_confidence_that_is_nan_becomes_null():
    """NaN means that the confidence is unknown, and is written so; an infinite one could mean anything."""
    data = content(item(confidence=float("nan")))

    assert problems_in(data, NOW) == [
        Problem(
            0,
            "confidence",
            "NaN is not a finite number",
            "write a finite number, or let --fix write null",
            is_blocking=True,
            is_fixable=True,
        )
    ]
    assert mended(data) == (content(item(confidence=None)), [Mend(0, "confidence", "NaN became null")])
    assert mended(content(item(confidence=float("inf")))) is None


def test_naive_times_become_utc():
    """A time without an offset is read as UTC, is told, and is mended to UTC; one with an offset is no problem."""
    data = content(
        item(
            bucket_start_ts="2026-01-10 00:00",
            bucket_end_ts="20260110T001500.5",
            created_at="2026-01-10T12:00:00-03:30",
        )
    )

    assert problems_in(data, NOW) == [
        Problem(0, "bucket_start_ts", "'2026-01-10 00:00' has no offset from UTC", OFFSET_MEND, is_fixable=True),
        Problem(0, "bucket_end_ts", "'20260110T001500.5' has no offset from UTC", OFFSET_MEND, is_fixable=True),
    ]
    assert mended(data) == (
        content(item(bucket_end_ts="2026-01-10T00:15:00.500000Z", created_at="2026-01-10T15:30:00Z")),
        [
            Mend(0, "bucket_start_ts", "'2026-01-10 00:00' became '2026-01-10T00:00:00Z'"),
            Mend(0, "bucket_end_ts", "'20260110T001500.5' became '2026-01-10T00:15:00.500000Z'"),
            Mend(0, "created_at", "'2026-01-10T12:00:00-03:30' became '2026-01-10T15:30:00Z'"),
        ],
    )


@pytest.mark.parametrize("text", ["x", IDS[0].upper(), IDS[0].replace("-", ""), f"{{{IDS[0]}}}", f"urn:uuid:{IDS[0]}"])
def test_an_id_that_is_no_canonical_uuid_is_told(text):
    """An id that is no UUID in its canonical text form does not block, and is left."""
    data = content(item(request_id=text))

    assert problems_in(data, NOW) == [
        Problem(0, "request_id", f"'{text}' is not a UUID in its canonical text form", "write a UUID of its own")
    ]
    assert mended(data) == (data, [])


@pytest.mark.parametrize("end", ["2026-01-10T00:00:00Z", "2026-01-10T00:59:59.999999+01:00"])
def test_an_end_that_is_not_after_its_start_is_told(end):
    """An end at or before its start does not block; the instants count, not the texts."""
    data = content(item(bucket_end_ts=end))

    assert problems_in(data, NOW) == [
        Problem(
            0,
            "bucket_end_ts",
            f"'{end}' is not after bucket_start_ts '2026-01-10T00:00:00Z'",
            "correct one of the two",
        )
    ]


def test_times_in_the_future_are_told():
    """A time after the moment of the check does not block; the moment itself is not in the future."""
    data = content(
        item(
            bucket_start_ts="2026-01-15T12:00:00Z",
            bucket_end_ts="2026-01-15T12:00:00.000001Z",
            created_at="2026-01-15T12:00:00-00:01",
        )
    )

    assert problems_in(data, NOW) == [
        Problem(
            0,
            "bucket_end_ts",
            "'2026-01-15T12:00:00.000001Z' is in the future",
            "correct it, or the clock of this machine",
        ),
        Problem(
            0,
            "created_at",
            "'2026-01-15T12:00:00-00:01' is in the future",
            "correct it, or the clock of this machine",
        ),
    ]


def test_an_id_that_is_there_twice_is_told_each_time():
    """Each repetition of an id blocks and names the first item that has it."""
    data = content(item(0), item(1), item(2, request_id=IDS[0]), item(3, request_id=IDS[0], status=1))

    assert told(data) == [
        (2, "request_id", f"'{IDS[0]}' is also the id of item 0", "give one of the two a new UUID, or delete it"),
        (3, "request_id", f"'{IDS[0]}' is also the id of item 0", "give one of the two a new UUID, or delete it"),
        (3, "status", "1 is a number, not text", "write the state that it is in"),
    ]
    assert mended(data) is None


def test_two_pending_for_one_bucket_are_told():
    """Two pending of one user and start instant do not block; done ones and those of other users do not count."""
    data = content(
        item(0),
        item(1, bucket_start_ts="2026-01-10T01:00:00+01:00", status=...),
        item(2, bucket_start_ts="2026-01-10T00:00:00Z", status="skipped"),
        item(3, bucket_start_ts="2026-01-10T00:00:00Z", user_id="grace"),
    )

    assert problems_in(data, NOW) == [
        Problem(
            1,
            "bucket_start_ts",
            "the bucket of 'ada' at '2026-01-10T01:00:00+01:00' is pending in item 0, too",
            "close one of the two, or delete it",
        )
    ]


def test_a_name_that_repeats_is_told_and_stops_the_mending():
    """Of a name that stands twice the queue reads the last; writing the file would lose the first."""
    data = (
        content(item(note={"deep": 1, "deeper": 2}, created_at="2026-01-10T12:00:00", user="grace"))
        .replace(b'"deeper"', b'"deep"')
        .replace(b'"user"', b'"user_id"')
    )

    assert requests_of(data)[0].user_id == "grace"
    assert told(data) == [
        (0, "user_id", "the name 'user_id' stands more than once in one object", "keep one of them"),
        (0, "created_at", "'2026-01-10T12:00:00' has no offset from UTC", OFFSET_MEND),
        (0, "note", "the name 'deep' stands more than once in one object", "keep one of them"),
    ]
    assert not blocks(data)
    assert mended(data) is None


def test_a_number_that_a_repeated_name_hides_is_found():
    """A number that is not finite blocks although the same name stands there again; it is not mended."""
    data = content(item(confidence="?", spare=0.5)).replace(b'"?"', b"NaN").replace(b'"spare"', b'"confidence"')

    assert problems_in(data, NOW) == [
        Problem(0, "confidence", "the name 'confidence' stands more than once in one object", "keep one of them"),
        Problem(
            0,
            "confidence",
            "NaN is not a finite number",
            "write a finite number, or null where it is unknown",
            is_blocking=True,
        ),
    ]
    assert mended(data) is None


def test_what_cannot_be_mended_is_left():
    """Mending leaves every other value as it is, unknown members included."""
    data = content(
        item(0, confidence=float("nan"), note={"z": 1, "a": [None, 1e-07, "ü"]}),
        item(1, request_id="x", bucket_start_ts="2026-01-10T00:00:00Z", created_at="2027-01-01T00:00:00"),
    )

    canonical, _ = mended(data)

    assert canonical == content(
        item(0, confidence=None, note={"z": 1, "a": [None, 1e-07, "ü"]}),
        item(1, request_id="x", bucket_start_ts="2026-01-10T00:00:00Z", created_at="2027-01-01T00:00:00Z"),
    )
    assert [problem.field for problem in problems_in(canonical, NOW)] == ["request_id", "bucket_start_ts", "created_at"]


def as_object(members):
    return "{" + ", ".join(f"{name}: {value}" for name, value in members) + "}"


# Files made up: as text, so that repeated names and numbers that are none come up, too.
NUMBERS = ["0", "-0.0", "0.25", "1e-07", "NaN", "Infinity", "-Infinity", "1e400", "1" + "0" * 400, "9" * 5000]
TEXTS = ["", "ada", "drift", "pending", "done", "ü", "\ud800", IDS[0], "2026-01-10T09:00:00", "2026-02-30T09:00:00Z"]
texts = st.sampled_from(TEXTS).map(json.dumps)
values = st.recursive(
    st.one_of(st.sampled_from(["null", "true", *NUMBERS]), texts),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]"),
        st.lists(st.tuples(texts, inner), max_size=3).map(as_object),
    ),
    max_leaves=5,
)
sound = st.fixed_dictionaries(
    {
        "request_id": st.sampled_from([*IDS, "x"]) | st.uuids().map(str),
        "user_id": st.sampled_from(["ada", "grace"]),
        "bucket_start_ts": st.sampled_from(["2026-01-10T09:00:00Z", "2026-01-10T09:00:00", "2026-01-10 10:00+01:00"]),
        "bucket_end_ts": st.sampled_from(["2026-01-10T09:15:00.0000005Z", "2026-01-10T08:00:00", "2027-01-10T08:00Z"]),
        "reason": st.sampled_from(["drift", "low_confidence"]),
        "created_at": st.sampled_from(["2026-01-10T12:00:00Z", "20260110T12"]),
    },
    optional={
        "confidence": st.sampled_from([None, 0, 0.25, 10**300, float("nan")]),
        "predicted_label": st.sampled_from([None, "coding"]),
        "status": st.sampled_from(["pending", "labeled"]),
        "note": st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=3),
    },
)


@st.composite
def items(draw):
    """An item, sound but for a few members that are replaced, dropped or added."""
    members = [(json.dumps(name), json.dumps(value)) for name, value in draw(sound).items()]
    for _ in range(draw(st.sampled_from([0] * 9 + [1, 2]))):
        place = draw(st.integers(0, len(members) - 1))
        name = draw(st.sampled_from([members[place][0], '"note"', '"\\ud800"', '""']))
        kept = members[:place] + members[place + draw(st.integers(0, 1)) :]
        members = [*kept, *draw(st.sampled_from([[], [(name, draw(values))]]))]
    return as_object(members)


arrays = st.lists(st.one_of(*[items()] * 9, values), max_size=4).map(lambda parts: f"[{','.join(parts)}]")
files = st.one_of(
    arrays.map(str.encode),
    arrays.map(lambda text: b"\xef\xbb\xbf" + text.encode()),
    values.map(str.encode),
    st.tuples(arrays, st.integers(0, 400)).map(lambda cut: cut[0].encode()[: cut[1]]),
    st.binary(max_size=20),
)


@given(files)
def test_a_problem_blocks_if_and_only_if_the_queue_refuses_the_file(data):
    """FILE-4: what the queue refuses has a blocking problem, and what has one is refused."""
    assert blocks(data) == (requests_of(data) is None)


@given(files)
def test_problems_are_told_in_order_and_once(data):
    """Problems of the file come first, then those of each item; none is told twice."""
    problems = problems_in(data, NOW)

    assert [p.item for p in problems] == sorted(
        (p.item for p in problems), key=lambda place: (place is not None, place)
    )
    assert len(set(problems)) == len(problems)


@given(files)
def test_mending_is_whole_or_not_at_all(data):
    """FILE-5: mended bytes are canonical, hold what was read, and leave nothing that could be mended."""
    problems = problems_in(data, NOW)
    outcome = mended(data)

    if outcome is None:
        # It is only refused where something stands in the way that is no business of the mending.
        assert any((p.is_blocking and not p.is_fixable) or "more than once" in p.rule for p in problems)
        return
    canonical, mends = outcome
    left = problems_in(canonical, NOW)
    before = requests_of(data)
    after = requests_of(canonical)
    assert requests_to_bytes(after) == canonical
    assert before in (None, after)
    assert mended(canonical) == (canonical, [])
    assert [p for p in left if p.is_fixable] == []
    assert [(p.item, p.field) for p in left] == [(p.item, p.field) for p in problems if not p.is_fixable]
    assert {(p.item, p.field) for p in problems if p.is_fixable} <= {(m.item, m.field) for m in mends}


@given(files)
def test_mending_says_every_value_that_it_changes(data):
    """What is told is what differs between the file and the mended one, member by member."""
    outcome = mended(data)

    if outcome is not None:
        canonical, mends = outcome
        differences = {
            (place, name)
            for place, (old, new) in enumerate(
                zip(json.loads(data.decode("utf-8-sig")), json.loads(canonical), strict=True)
            )
            for name in old.keys() | new.keys()
            if name not in old or old[name] != new[name]
        }
        assert {(m.item, m.field) for m in mends if m.item is not None} == differences


@pytest.fixture
def folder(tmp_path, monkeypatch, clock):  # noqa: ARG001 - the clock stands still
    """The current folder, empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run():
    """Run the command; returns its exit status, and the lines of standard output and of standard error."""
    app = typer.Typer()
    app.command("check")(check)

    def command(*arguments):
        done = CliRunner().invoke(app, arguments)
        assert done.exception is None or isinstance(done.exception, SystemExit)
        return done.exit_code, done.stdout.splitlines(), done.stderr.splitlines()

    return command


def names(folder):
    """What lies in a folder, the lock's sidecars aside."""
    return {path.name for path in folder.iterdir() if path.suffix != ".lock"}


BAD_ID = "queue.json item 0, field 'request_id': 'x' is not a UUID in its canonical text form; write a UUID of its own."
MADE_UTC = "queue.json item 0, field 'created_at': '2026-01-10T12:00:00' became '2026-01-10T12:00:00Z'."
WRITTEN = "queue.json: was written in canonical form; the old file is kept as queue.json.before-fix."
LEFT = "queue.json: was left as it is, since writing it would take a guess; mend the rest by hand first."
SOUND = "queue.json: has no problems."


def test_a_sound_file_exits_with_0(folder, run):
    """A file without problems is said to have none."""
    (folder / "queue.json").write_bytes(content(item()))

    assert run("queue.json") == (0, [SOUND], [])


def test_problems_are_one_line_each_and_exit_with_1(folder, run):
    """Each problem is one line with file, item, field, rule and mend; the file is not touched."""
    data = content(item(0), item(1, status="done"), 7)
    (folder / "queue.json").write_bytes(data)
    (folder / "empty.json").write_bytes(b"")

    status, out, err = run("queue.json", "empty.json")

    assert (status, err) == (1, [])
    assert out == [
        f"queue.json item 1, field 'status': 'done' is not one of {STATUSES}; write the state that it is in.",
        "queue.json item 2: is a number, not an object; delete it.",
        "empty.json: is empty, not a JSON array; mend it by hand, or restore a copy.",
    ]
    assert (folder / "queue.json").read_bytes() == data
    assert names(folder) == {"empty.json", "queue.json"}


def test_a_file_that_cannot_be_read_exits_with_2(folder, run):
    """What cannot be read is one line on standard error; the other files are checked all the same."""
    (folder / "queue.json").write_bytes(content(item(request_id="x")))
    (folder / "labels").mkdir()

    assert run("absent.json", "labels", "queue.json") == (
        2,
        [BAD_ID],
        [
            "labelqueue: absent.json: cannot be read: No such file or directory",
            "labelqueue: labels: cannot be read: Is a directory",
        ],
    )


def test_no_file_is_a_usage_error(run):
    """The command needs at least one file."""
    status, out, err = run()

    assert (status, out) == (2, [])
    assert "Missing argument" in "".join(err)


def test_fix_says_what_it_did_and_keeps_the_old_file(folder, run):
    """The new file is canonical, the old one lies beside it with its bits, and every change is one line."""
    data = content(item(0, created_at="2026-01-10T12:00:00"), item(1, confidence=float("nan")))
    (folder / "queue.json").write_bytes(data)
    (folder / "queue.json").chmod(0o640)

    assert run("--fix", "queue.json") == (
        0,
        [MADE_UTC, "queue.json item 1, field 'confidence': NaN became null.", WRITTEN, SOUND],
        [],
    )
    assert (folder / "queue.json").read_bytes() == content(item(0), item(1, confidence=None))
    assert (folder / "queue.json.before-fix").read_bytes() == data
    modes = {name: stat.S_IMODE((folder / name).stat().st_mode) for name in names(folder)}
    assert modes == {"queue.json": 0o640, "queue.json.before-fix": 0o640}


def test_fix_tells_what_is_left(folder, run):
    """What cannot be mended is told after what was, and the exit status is 1."""
    (folder / "queue.json").write_bytes(content(item(request_id="x", created_at="2026-01-10T12:00:00")))

    assert run("--fix", "queue.json") == (1, [MADE_UTC, WRITTEN, BAD_ID], [])


def test_fix_writes_nothing_where_the_file_would_still_be_refused(folder, run):
    """A file that the queue would still refuse is left byte for byte, and that is said."""
    data = content(item(created_at="2026-01-10T12:00:00"), 7)
    (folder / "queue.json").write_bytes(data)

    status, out, err = run("--fix", "queue.json")

    assert (status, err) == (1, [])
    assert out == [
        f"queue.json item 0, field 'created_at': '2026-01-10T12:00:00' has no offset from UTC; {OFFSET_MEND}.",
        "queue.json item 1: is a number, not an object; delete it.",
        LEFT,
    ]
    assert (folder / "queue.json").read_bytes() == data
    assert names(folder) == {"queue.json"}


def test_fix_leaves_a_canonical_file_alone(folder, run):
    """Where there is nothing to mend, nothing is written and nothing is kept."""
    (folder / "queue.json").write_bytes(content(item(request_id="x")))
    before = (folder / "queue.json").stat()

    assert run("--fix", "queue.json") == (1, [BAD_ID], [])
    after = (folder / "queue.json").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert names(folder) == {"queue.json"}


def test_no_older_copy_is_overwritten(folder, run):
    """The old file takes the next name that is free, even where a dangling link has the first."""
    (folder / "queue.json").write_bytes(b"[ ]")
    (folder / "queue.json.before-fix").symlink_to("nowhere")
    (folder / "queue.json.before-fix.2").write_bytes(b"older")

    assert run("--fix", "queue.json") == (0, [f"{WRITTEN[:-1]}.3.", SOUND], [])
    assert (folder / "queue.json.before-fix.2").read_bytes() == b"older"
    assert (folder / "queue.json.before-fix.3").read_bytes() == b"[ ]"
    assert not (folder / "nowhere").exists()


def test_a_symbolic_link_stays_a_link(folder, run):
    """FILE-6: the link's target is mended, and the old content is kept beside the link."""
    (folder / "store").mkdir()
    (folder / "store" / "real.json").write_bytes(b"[ ]")
    (folder / "queue.json").symlink_to("store/real.json")

    assert run("--fix", "queue.json") == (0, [WRITTEN, SOUND], [])
    assert (folder / "queue.json").is_symlink()
    assert (folder / "store" / "real.json").read_bytes() == b"[]"
    assert (folder / "queue.json.before-fix").read_bytes() == b"[ ]"
    assert names(folder / "store") == {"real.json"}


def test_a_file_that_a_queue_has_written_meanwhile_is_left(folder, run, monkeypatch):
    """What was acknowledged between the reading and the writing is not undone."""

    def while_a_queue_writes(data):
        (folder / "queue.json").write_bytes(content(item()))
        return mended(data)

    (folder / "queue.json").write_bytes(b"[ ]")
    monkeypatch.setattr(sys.modules["labelqueue.cli.check"], "mended", while_a_queue_writes)

    assert run("--fix", "queue.json") == (
        2,
        [],
        ["labelqueue: queue.json: cannot be mended: it was changed meanwhile; check it again"],
    )
    assert (folder / "queue.json").read_bytes() == content(item())
    assert names(folder) == {"queue.json"}


def test_a_failed_copy_changes_nothing(folder, run, monkeypatch):
    """Where the old file cannot be kept, the new one is not written, and no part of a copy stays."""
    (folder / "queue.json").write_bytes(b"[ ]")
    monkeypatch.setattr(os, "fsync", Mock(side_effect=OSError(28, "No space left on device")))

    assert run("--fix", "queue.json") == (
        2,
        [],
        ["labelqueue: queue.json: cannot be mended: No space left on device"],
    )
    assert (folder / "queue.json").read_bytes() == b"[ ]"
    assert names(folder) == {"queue.json"}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such a name")
def test_a_name_that_is_no_text_is_shown(folder, run):
    """A file name of bytes that are no UTF-8 is shown escaped."""
    name = os.fsdecode(b"queue\xff.json")
    (folder / name).write_bytes(b"[]")

    assert run(name) == (0, ["queue\\xff.json: has no problems."], [])


def test_the_hook_runs_the_command(pytestconfig):
    """The hook of pre-commit runs `labelqueue check`, with what the command line needs, on files named queue.json."""
    lines = (pytestconfig.rootpath / ".pre-commit-hooks.yaml").read_text("utf-8").splitlines()
    hook = dict(line[2:].split(": ", 1) for line in lines if "#" not in line)

    assert hook["id"] == "labelqueue-check"
    assert hook["entry"] == "labelqueue check"
    assert hook["additional_dependencies"] == '[".[kit]"]'
    found = [name for name in ("queue.json", "labels/queue.json", "dequeue.json") if re.search(hook["files"], name)]
    assert found == ["queue.json", "labels/queue.json"]
