"""The queue in JavaScript: it conforms, shares a file with ours, and its faults can be replayed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading

import pytest

from labelqueue import ActiveLabelingQueue
from labelqueue.conformance import program_named, run
from labelqueue.conformance.cases import DATA
from labelqueue.conformance.subjects.clock import ZONE
from lacking import lacks

ADAPTER = DATA / "adapters" / "node"
WRITERS = 3
CHANGES = 12
MOST = 60

# Each writer goes on until it has made its changes and has seen those of every other,
# so that none has finished before all have begun, whatever the machine is doing.
# One that dies is not waited for longer than MOST changes.
PYTHON_WRITER = """
import sys
from labelqueue import ActiveLabelingQueue

path, me, changes, most, *others = sys.argv[1:]
queue = ActiveLabelingQueue(path)
print("ready", flush=True)
sys.stdin.readline()
made = 0
while made < int(changes) or (made < int(most) and not {*others} <= {request.user_id for request in queue.all_items}):
    start, end = f"2026-01-10T09:00:00.{made:06}Z", "2026-01-10T10:00:00Z"
    both = [{"user_id": user, "bucket_start_ts": start, "bucket_end_ts": end} for user in (me, "shared")]
    added = queue.enqueue_drift(both)
    mine = next(r for r in queue.all_items if r.user_id == me and r.status == "pending")
    marked = queue.mark_done(mine.request_id)
    made += 1
    print(marked.request_id, added, flush=True)
"""
NODE_WRITER = """
import { once } from 'node:events';
import { argv, stdin } from 'node:process';

const [module, path, me, changes, most, ...others] = argv.slice(2);
const { ActiveLabelingQueue } = await import(module);
const queue = new ActiveLabelingQueue(path);
console.log('ready');
await once(stdin, 'data');
stdin.destroy();
const isSeen = (user) => queue.allItems.some((request) => request.user_id === user);
const isEnough = (made) => made >= Number(changes) && (made >= Number(most) || others.every(isSeen));
for (let made = 0; !isEnough(made); made += 1) {
  const start = `2026-01-10T09:00:00.${String(made).padStart(6, '0')}Z`;
  const bucket = { bucket_start_ts: start, bucket_end_ts: '2026-01-10T10:00:00Z' };
  const added = queue.enqueueDrift([me, 'shared'].map((user) => ({ user_id: user, ...bucket })));
  const mine = queue.allItems.find((request) => request.user_id === me && request.status === 'pending');
  const marked = queue.markDone(mine.request_id);
  console.log(marked.request_id, added);
}
"""


@pytest.fixture
def node():
    """The command that runs Node; on the machine that decides about changes it must be there."""
    command = shutil.which("node")
    if command is None:
        lacks("node is missing: install nodejs (20 or later)")
    return command


@pytest.fixture
def faulty(tmp_path):
    """Copy the implementation with a fault in it."""

    def make(file, right, wrong):
        folder = tmp_path / "faulty"
        shutil.copytree(ADAPTER, folder)
        text = (folder / file).read_text(encoding="utf-8")
        assert text.count(right) == 1
        (folder / file).write_text(text.replace(right, wrong), encoding="utf-8")
        return str(folder / "adapter.mjs")

    return make


@pytest.fixture
def write_at_once(tmp_path, node):
    """Let several writers in each language loose on one queue file, and wait for them."""
    (tmp_path / "writer.mjs").write_text(NODE_WRITER, encoding="utf-8")
    python = (sys.executable, "-c", PYTHON_WRITER)
    javascript = (node, str(tmp_path / "writer.mjs"), (ADAPTER / "queue.mjs").as_uri())
    started = []

    def write(path):
        users = {
            f"{name}-{number}": start for number in range(WRITERS) for name, start in (("p", python), ("n", javascript))
        }
        for user, command in users.items():
            others = [other for other in users if other != user]
            arguments = [*command, str(path), user, str(CHANGES), str(MOST), *others]
            started.append(subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        assert [writer.stdout.readline() for writer in started] == ["ready\n"] * len(started)
        said = [[] for _ in started]
        readers = [
            threading.Thread(target=lambda w=writer, lines=lines: lines.extend(w.communicate("go\n")[0].splitlines()))
            for writer, lines in zip(started, said, strict=True)
        ]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        assert [writer.returncode for writer in started] == [0] * len(started)
        return [line.split() for lines in said for line in lines]

    yield write
    for writer in started:
        writer.kill()
        writer.wait()


def run_labelqueue(*arguments):
    command = [sys.executable, "-m", "labelqueue", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"COLUMNS": "200"})
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("only", ["cap-*", "dup-*", "in-*", "file-*", "keep-*"])
def test_the_queue_in_javascript_conforms(node, only):
    """Every case of these areas passes on it, and its claims leave none of them out."""
    subject = program_named((node, str(ADAPTER / "adapter.mjs")), timeout_s=60)

    try:
        report = run(subject, only=only)
    finally:
        subject.stop()

    assert {
        name: found.shortest or found.reason for name, found in report.requirements.items() if found.outcome != "pass"
    } == {}


def test_it_claims_every_profile(node):
    """It leaves nothing out."""
    subject = program_named((node, str(ADAPTER / "adapter.mjs")), timeout_s=60)
    subject.stop()

    assert (subject.language, sorted(subject.claims.profiles)) == (
        "JavaScript",
        ["core", "durable", "file", "input", "shared"],
    )
    assert (subject.claims.clock, subject.claims.crash, subject.claims.store) == (True, True, "path")


def test_both_languages_write_one_queue_at_once_and_nothing_is_lost(path, write_at_once):
    """What either was told is done is done, and a bucket that all of them enqueue is pending once."""
    path.parent.mkdir()

    acknowledged = write_at_once(path)

    items = ActiveLabelingQueue(path).all_items
    labeled = [request.request_id for request in items if request.status == "labeled"]
    shared = [request.bucket_start_ts for request in items if request.user_id == "shared"]
    assert sorted(labeled) == sorted(request_id for request_id, _ in acknowledged)
    assert len(items) == sum(int(added) for _, added in acknowledged)
    assert len(items) == len({request.request_id for request in items})
    assert len(shared) == len(set(shared))
    assert len(labeled) >= 2 * WRITERS * CHANGES
    assert sorted(file.name for file in path.parent.iterdir()) == ["queue.json", "queue.json.lock"]


ODD_FILE = r"""[{"request_id": "00000000-0000-4000-8000-000000000001", "user_id": "日本 \ud83d\udc0d\u007f",
 "bucket_start_ts": "2026-01-10T10:00:00.5+01:00", "bucket_end_ts": "2026-01-10 10:00:00", "reason": "drift",
 "created_at": "2026-01-14T08:00:00.1234567Z", "confidence": CONFIDENCE, "2": 12345678901234567890,
 "1": [1.50, -0, -0.0, 1.5E3, 1e22, {}, [], {"x": [null, true]}], "note": "\"\\ \/ \u2028 \t \b",
 "__proto__": {"a": 1}, "note": "last"}]"""


@pytest.mark.parametrize(
    "confidence",
    ["0.1", "1e-07", "-0.0", "-0", "1", "123456789012345680", "1e16", "1E15", "5e-324", "0.0001", "0.00001"],
)
def test_both_languages_write_the_same_bytes(node, tmp_path, confidence):
    """After the same change the same file is there, numbers, further members and odd texts included."""
    content = ODD_FILE.replace("CONFIDENCE", confidence)
    ours, theirs = tmp_path / "ours.json", tmp_path / "theirs.json"
    ours.write_text(content, encoding="utf-8")
    theirs.write_text(content, encoding="utf-8")
    script = (
        "const { ActiveLabelingQueue } = await import(process.argv[1]);"
        "new ActiveLabelingQueue(process.argv[2]).markDone('00000000-0000-4000-8000-000000000001');"
    )

    ActiveLabelingQueue(ours).mark_done("00000000-0000-4000-8000-000000000001")
    subprocess.run(
        [node, "--input-type=module", "-e", script, (ADAPTER / "queue.mjs").as_uri(), str(theirs)], check=True
    )

    assert theirs.read_bytes() == ours.read_bytes()


def test_a_fault_is_found_shrunk_saved_and_replayed(node, faulty, tmp_path):
    """What the search finds in another language fails the same way again, and passes where the fault is not."""
    right = "Number.isFinite(value)) return value;"
    # Numbers below zero are kept to fifteen digits: no case written by hand has one with more.
    wrong = "Number.isFinite(value)) return value < 0 ? Number(value.toPrecision(15)) : value;"
    program = faulty("rows.mjs", right, wrong)
    saved = tmp_path / "report" / "DRIFT-1.json"

    status, _ = run_labelqueue(
        "conform", "-x", "--only", "DRIFT-1", "--timeout", 60, "--report", saved.parent, "--", node, program
    )
    again, said = run_labelqueue("replay", saved, "--", node, program)
    elsewhere, praise = run_labelqueue("replay", saved)

    report = json.loads((saved.parent / "report.json").read_text(encoding="utf-8"))
    [failure, *_] = report["requirements"]["DRIFT-1"]["failures"]
    case = json.loads(saved.read_text(encoding="utf-8"))
    assert (status, failure["found_by"], [step["do"] for step in case["steps"]]) == (1, "search", ["enqueue_drift"])
    assert len(case["steps"][0]["buckets"]) == 1
    assert (again, "DRIFT-1" in said, "confidence of the new request is" in said) == (1, True, True)
    assert (elsewhere, "every step holds" in praise) == (0, True)


def test_node_knows_the_zone_of_subjects(node):
    """Who reads local time there is not in UTC by luck: Node takes a rule without a name for UTC."""
    if "/" not in ZONE:
        lacks("a zone database is missing: install tzdata")
    show = "process.stdout.write(String(new Date().getTimezoneOffset()))"
    said = subprocess.run([node, "-e", show], env={"TZ": ZONE}, capture_output=True, text=True, check=True).stdout

    assert said == "-345"  # minutes
