"""Many hands over one file: processes, threads, forks, copies, and other spellings of its path."""

from __future__ import annotations

import copy
import fcntl
import json
import multiprocessing
import os
import pickle
import random
import subprocess
import sys
import threading
import time
from datetime import datetime
from pathlib import Path

import pytest

from hands_program import bucket
from labelqueue import ActiveLabelingQueue, StoreBusyError

PROGRAM = Path(__file__).with_name("hands_program.py")
SECONDS = float(os.environ.get("LABELQUEUE_TEST_KILL_SECONDS", "5"))


def start(path, name, rounds, output):
    return subprocess.Popen([sys.executable, str(PROGRAM), str(path), name, str(rounds)], stdout=output)


def acknowledged(files):
    """What the programs told, but for a last line that a kill cut off."""
    return [line for file in files for line in file.read_text().split("\n")[:-1]]


def lost(path, lines):
    """What was acknowledged, and is not in the file."""
    items = ActiveLabelingQueue(path).all_items
    labeled = {f"labeled {r.request_id}" for r in items if r.status == "labeled"}
    minutes = {r.request_id: (r.bucket_start_ts - datetime.fromisoformat("2026-01-01T00:00Z")) for r in items}
    enqueued = {f"enqueued {r.user_id} {int(minutes[r.request_id].total_seconds() // 60)}" for r in items}
    return sorted(set(lines) - labeled - enqueued)


def test_processes_lose_nothing(path, tmp_path):
    """Four processes over one file do all that they would do alone, and nothing twice."""
    files = [tmp_path / f"out-{n}" for n in range(4)]
    outputs = [file.open("wb") for file in files]
    processes = [start(path, f"w{n}", 25, output) for n, output in enumerate(outputs)]
    ends = [process.wait() for process in processes]
    for output in outputs:
        output.close()

    assert ends == [0, 0, 0, 0]
    assert len(acknowledged(files)) == 4 * 25 * 2
    assert lost(path, acknowledged(files)) == []
    assert len(ActiveLabelingQueue(path).all_items) == 4 * 25


def test_killed_processes_lose_nothing(path, tmp_path, record_property):
    """Eight processes are killed at random moments and started again; every acknowledged label is there."""
    chance = random.Random(1)
    files, living, kills = [], {}, 0
    deadline = None  # the time counts from the moment at which the processes are at work
    try:
        while deadline is None or time.monotonic() < deadline:
            for seat in range(8):
                if seat not in living:
                    files.append(tmp_path / f"out-{len(files)}")
                    with files[-1].open("wb") as output:
                        living[seat] = start(path, f"w{len(files)}", 0, output)
            time.sleep(chance.uniform(0, 0.3))
            if deadline is None and len(acknowledged(files)) > 8:
                deadline = time.monotonic() + SECONDS
            if deadline is not None:
                victim = living.pop(chance.choice(list(living)))
                victim.kill()
                victim.wait()
                kills += 1
    finally:
        for process in living.values():
            process.kill()
            process.wait()

    lines = acknowledged(files)
    record_property("kills", kills)
    record_property("acknowledged", len(lines))
    assert len(lines) > 8
    assert lost(path, lines) == []
    ActiveLabelingQueue(path).enqueue_drift([bucket("last", 0)])
    assert [p.name for p in path.parent.iterdir() if p.suffix == ".tmp"] == []


def test_threads_share_an_instance(path):
    """Threads that write and read through one instance lose nothing, and never see half a change."""
    queue = ActiveLabelingQueue(path, 1000)
    barrier = threading.Barrier(4)
    seen, errors = [], []

    def write(name):
        barrier.wait()
        for number in range(20):
            queue.enqueue_drift([bucket(name, number), bucket(name, number + 500)])

    def read():
        barrier.wait()
        for _ in range(300):
            try:
                seen.append(len(queue.get_pending()))
                seen.append(len(queue.all_items))
            except Exception as error:  # noqa: BLE001 - any would be a fault
                errors.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in "ab"]
    threads += [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert [n for n in seen if n % 2] == []
    assert len(queue.all_items) == len(ActiveLabelingQueue(path).all_items) == 80


def test_spellings_of_one_path_are_one_lock(tmp_path, monkeypatch):
    """A relative path, a link to the file, a link to its folder and a chdir in between make no second queue."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "link.json").symlink_to("real/queue.json")
    monkeypatch.chdir(tmp_path / "real")
    queues = [
        ActiveLabelingQueue(Path("queue.json")),
        ActiveLabelingQueue(Path("../real/queue.json")),
        ActiveLabelingQueue(tmp_path / "link" / "queue.json"),
        ActiveLabelingQueue(tmp_path / "link.json"),
    ]
    monkeypatch.chdir(tmp_path)

    added = [queue.enqueue_drift([bucket("ada", n)]) for n, queue in enumerate(queues)]

    assert added == [1, 1, 1, 1]
    assert [len(queue.all_items) for queue in queues] == [4, 4, 4, 4]
    assert sorted(p.name for p in tmp_path.rglob("*.lock")) == ["queue.json.lock"]


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda queue: pickle.loads(pickle.dumps(queue))],
    ids=["copy", "deep", "pickle"],
)
def test_a_copy_is_another_handle(path, copied, monkeypatch):
    """A copy, however it is made, works on the same file with the same cap."""
    path.parent.mkdir()
    monkeypatch.chdir(path.parent)
    queue = ActiveLabelingQueue(Path("queue.json"), 7)
    queue.enqueue_drift([bucket("ada", 0)])
    other = copied(queue)
    monkeypatch.chdir("/")

    other.enqueue_drift([bucket("ada", 1)])
    queue.mark_done(queue.all_items[0].request_id)

    assert other.max_asks_per_day == 7
    assert [r.status for r in other.all_items] == [r.status for r in queue.all_items] == ["labeled", "pending"]


def holding_program(path):
    """A process that takes the lock as any language can, says so, and keeps it."""
    program = (
        "import fcntl, sys, time; f = open(sys.argv[1], 'a'); fcntl.flock(f, fcntl.LOCK_EX);"
        " print('held', flush=True); time.sleep(600)"
    )
    process = subprocess.Popen([sys.executable, "-c", program, f"{path}.lock"], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    return process


def test_a_busy_store_is_told(path, monkeypatch):
    """Who waits too long is told by whom the lock is held; reads go on, and the holder's death frees it."""
    queue = ActiveLabelingQueue(path)
    queue.enqueue_drift([bucket("ada", 0)])
    monkeypatch.setattr("labelqueue.lock.LOCK_TIMEOUT_S", 0.2)
    with holding_program(path) as process:
        with pytest.raises(StoreBusyError) as caught:
            queue.enqueue_drift([bucket("ada", 1)])
        reading = len(queue.get_pending()), len(ActiveLabelingQueue(path).all_items)
        nothing_to_do = queue.enqueue_drift([bucket("ada", 0)]), queue.mark_done("nobody")
        process.kill()

    assert str(caught.value) == (
        f"{path}: process {process.pid} holds the lock {path}.lock, which was not free for 0.2 s; "
        "nothing was changed; call again, or end the process that holds it."
    )
    assert (reading, nothing_to_do) == ((1, 1), (0, None))
    assert pickle.loads(pickle.dumps(caught.value)) == caught.value
    monkeypatch.setattr("labelqueue.lock.LOCK_TIMEOUT_S", 60.0)
    assert queue.enqueue_drift([bucket("ada", 1)]) == 1


def test_threads_wait_for_one_another_no_longer(path, monkeypatch):
    """A thread that holds the lock for too long is told of, too."""
    queue = ActiveLabelingQueue(path)
    queue.enqueue_drift([bucket("ada", 0)])
    monkeypatch.setattr("labelqueue.lock.LOCK_TIMEOUT_S", 0.2)
    entered, leave = threading.Event(), threading.Event()

    def slow_write(*_):
        entered.set()
        leave.wait(60)
        raise ValueError("not written after all")

    def write():
        with pytest.raises(ValueError, match="not written"):
            queue.enqueue_drift([bucket("ada", 1)])

    with monkeypatch.context() as patch:
        patch.setattr("labelqueue.chunks.Chunks.parts", slow_write)
        thread = threading.Thread(target=write)
        thread.start()
        entered.wait(60)
        with pytest.raises(StoreBusyError) as caught:
            ActiveLabelingQueue(path).enqueue_drift([bucket("ada", 2)])
        leave.set()
        thread.join()

    assert caught.value.holder == os.getpid()
    assert len(queue.all_items) == 1


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_fork_while_a_thread_writes(path):
    """A child that is forked while another thread holds every lock can read and write through the same instance."""
    queue = ActiveLabelingQueue(path)
    queue.enqueue_drift([bucket("ada", 0)])
    entered, leave = threading.Event(), threading.Event()
    publish = ActiveLabelingQueue._publish

    def slow_publish(*arguments):
        entered.set()
        leave.wait(60)
        publish(*arguments)

    ActiveLabelingQueue._publish = slow_publish
    thread = threading.Thread(target=queue.enqueue_drift, args=([bucket("ada", 1)],))
    thread.start()
    entered.wait(60)
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()

    def child():
        ActiveLabelingQueue._publish = publish
        answers.put(len(queue.all_items))
        answers.put(queue.enqueue_drift([bucket("ada", 2)]))

    try:
        process = context.Process(target=child)
        process.start()
        before = answers.get()
        leave.set()
        added = answers.get()
    finally:
        ActiveLabelingQueue._publish = publish
    thread.join()
    process.join()

    assert (before, added, process.exitcode) == (1, 1, 0)
    assert len(queue.all_items) == 3


def test_a_sidecar_that_was_removed_keeps_nobody_out(path):
    """A lock on a sidecar that is not at its path any more is not taken for the lock."""
    queue = ActiveLabelingQueue(path)
    queue.enqueue_drift([bucket("ada", 0)])
    sidecar = Path(f"{path}.lock")
    with sidecar.open("a") as old:
        fcntl.flock(old, fcntl.LOCK_EX)
        sidecar.unlink()

        assert queue.enqueue_drift([bucket("ada", 1)]) == 1

    assert sidecar.exists()


def test_a_dead_writers_temporary_is_cleaned_up(path):
    """The next writer removes what a dead one left behind, and nothing that only looks alike."""
    queue = ActiveLabelingQueue(path)
    queue.enqueue_drift([bucket("ada", 0)])
    alike = [".queue.json.tmp", ".queue.json.old.0123456789abcdef.tmp", "queue.json.0123456789abcdef.tmp"]
    for name in [".queue.json.0123456789abcdef.tmp", *alike]:
        (path.parent / name).write_text("[")

    queue.mark_done(queue.all_items[0].request_id)

    assert sorted(p.name for p in path.parent.iterdir()) == sorted(["queue.json", "queue.json.lock", *alike])


def test_reading_and_doing_nothing_create_nothing(path):
    """KEEP-3 and KEEP-4: neither the folder nor the sidecar appears before something changes."""
    queue = ActiveLabelingQueue(path)
    answers = queue.get_pending(), queue.all_items, queue.mark_done("nobody"), queue.enqueue_drift([])

    assert answers == ([], [], None, 0)
    assert not path.parent.exists()


def test_the_file_is_whole_json_all_the_time(path):
    """A reader that knows no lock finds whole JSON at every moment while others write."""
    ActiveLabelingQueue(path).enqueue_drift([bucket("ada", 0)])
    writer = threading.Thread(
        target=lambda: [ActiveLabelingQueue(path).enqueue_drift([bucket("bob", n)]) for n in range(40)]
    )
    writer.start()
    lengths = []
    while writer.is_alive():
        lengths.append(len(json.loads(path.read_bytes())))
    writer.join()

    assert lengths == sorted(lengths)
    assert len(json.loads(path.read_bytes())) == 41
