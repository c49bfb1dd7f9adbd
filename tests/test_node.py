"""The queue in JavaScript: it conforms, shares a file with ours, and its faults can be replayed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from labelqueue import ActiveLabelingQueue
from labelqueue.conformance import program_named, run
from labelqueue.conformance.cases import DATA

ADAPTER = DATA / "adapters" / "node"
WRITERS = 3
CHANGES = 12
MOST = 400

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
import { readSync } from 'node:fs';
import { argv } from 'node:process';

const [module, path, me, changes, most, ...others] = argv.slice(2);
const { ActiveLabelingQueue } = await import(module);
const queue = new ActiveLabelingQueue(path);
console.log('ready');
readSync(0, Buffer.alloc(1));
const users = () => new Set(queue.allItems.map((request) => request.user_id));
const isEnough = (made) => made >= Number(changes) && (made >= Number(most) || others.every((user) => users().has(user)));
for (let made = 0; !isEnough(made); made += 1) {
  const start = `2026-01-10T09:00:00.${String(made).padStart(6, '0')}Z`;
  const both = [me, 'shared'].map((user) => ({ user_id: user, bucket_start_ts: start, bucket_end_ts: '2026-01-10T10:00:00Z' }));
  const added = queue.enqueueDrift(both);
  const mine = queue.allItems.find((request) => request.user_id === me && request.status === 'pending');
  const marked = queue.markDone(mine.request_id);
  console.log(marked.request_id, added);
}
"""


@pytest.fixture
def node():
    """The command that runs Node; on the machine that decides about changes it must be there."""
    command = shutil.which("node")
    if command is None and os.environ.get("CI"):
        pytest.fail("node is missing: install nodejs (20 or later)")
    if command is None:
        pytest.skip("node is not installed")
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
        users = {f"{name}-{number}": start for number in range(WRITERS) for name, start in (("p", python), ("n", javascript))}
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

    assert {name: found.shortest or found.reason for name, found in report.requirements.items() if found.outcome != "pass"} == {}


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
