"""A disk that is full, short writes, permissions taken away, and programs that edit the file meanwhile."""

from __future__ import annotations

import errno
import json
import os
import pickle
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from hands_program import bucket
from labelqueue import ActiveLabelingQueue, UnconfirmedChangeError, UnreadableStoreError

# Run as a program of its own, since limits, mounts and users are those of a process.
BEFORE = (
    "import os, resource, sys; sys.path.insert(0, sys.argv[1])\nfrom hands_program import bucket\n"
    "from labelqueue import ActiveLabelingQueue\nfrom pathlib import Path\npath = Path(sys.argv[2])\n"
)


def run(program, path):
    done = subprocess.run(
        [sys.executable, "-c", BEFORE + program, str(Path(__file__).parent), str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.split()


@pytest.fixture
def queue(path):
    queue = ActiveLabelingQueue(path, 1000)
    queue.enqueue_drift([bucket("ada", n) for n in range(3)])
    return queue


FULL = """
queue = ActiveLabelingQueue(path)
queue.enqueue_drift([bucket("ada", n) for n in range(3)])
$LIMIT
before, number = path.read_bytes(), None
try:
    queue.enqueue_drift([bucket("bob", n) for n in range(2000)])
except OSError as error:
    number = error.errno
print(number, path.read_bytes() == before, len(queue.all_items), sorted(p.name for p in path.parent.iterdir()))
$UNLIMIT
print(queue.enqueue_drift([bucket("bob", n) for n in range(2000)]), len(ActiveLabelingQueue(path).all_items))
"""
LEFT = ["['queue.json',", "'queue.json.lock']"]


def test_a_short_write_is_no_success(path):
    """A file that may not grow beyond a limit is written in part; the cause surfaces, and nothing has changed."""
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))"
    unlimit = "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))"

    out = run(FULL.replace("$LIMIT", limit).replace("$UNLIMIT", unlimit), path)

    assert out == [str(errno.EFBIG), "True", "3", *LEFT, "2000", "2003"]


@pytest.mark.skipif(os.geteuid() != 0 or not sys.platform.startswith("linux"), reason="only root of Linux may mount")
def test_a_full_disk_is_no_success(tmp_path):
    """Without space the cause surfaces, nothing has changed, and the retry works once there is some."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200k", "none", str(tmp_path)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        unlimit = f"os.system('mount -o remount,size=20m {tmp_path}')"

        out = run(FULL.replace("$LIMIT", "").replace("$UNLIMIT", unlimit), tmp_path / "queue.json")
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)

    assert out == [str(errno.ENOSPC), "True", "3", *LEFT, "2000", "2003"]


# The first change loads the lock, which another user may not be allowed to read.
PERMISSIONS = """
queue = ActiveLabelingQueue(path)
queue.enqueue_drift([bucket("ada", 0)])
first = queue.all_items[0].request_id
$TAKEN.chmod(0o555 if path.parent == $TAKEN else 0)
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
for call in (lambda: len(queue.get_pending()), lambda: queue.mark_done(first).status):
    try:
        print(call())
    except PermissionError as error:
        print("PermissionError")
"""


@pytest.fixture
def open_folders():
    """A folder that every user may reach, whatever the folders of the tests allow."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_reading_needs_no_lock_and_no_right_to_write(open_folders):
    """In a folder that may only be read, reads answer, and a change says why it cannot be made."""
    out = run(PERMISSIONS.replace("$TAKEN", "path.parent"), open_folders / "queue.json")
    open_folders.chmod(0o755)

    assert out == ["1", "PermissionError"]


def test_permissions_taken_away_between_calls(open_folders):
    """What may not be read any more is not answered from memory, and not changed."""
    path = open_folders / "queue.json"

    out = run(PERMISSIONS.replace("$TAKEN", "path"), path)
    path.chmod(0o644)

    assert out == ["PermissionError", "PermissionError"]
    assert json.loads(path.read_bytes())[0]["status"] == "pending"


def test_a_folder_that_cannot_be_flushed_is_told(queue, path, monkeypatch):
    """When only the last flush fails, the change stands in memory and file, and the error says so and why."""
    first, flush = queue.all_items[0].request_id, os.fsync

    def flush_files_alone(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EIO, "Input/output error")
        flush(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", flush_files_alone)
        with pytest.raises(UnconfirmedChangeError) as caught:
            queue.mark_done(first)

    assert str(caught.value) == (
        f"{path}: the change took effect, but may not survive a power cut: Input/output error (errno 5); "
        "mend the cause and call again."
    )
    assert (caught.value.errno, caught.value.__cause__.errno) == (errno.EIO, errno.EIO)
    assert pickle.loads(pickle.dumps(caught.value)) == caught.value
    assert queue.all_items == ActiveLabelingQueue(path).all_items
    assert [r.status for r in queue.all_items] == ["labeled", "pending", "pending"]


def test_a_deleted_file_is_an_empty_queue_that_goes_on(queue, path):
    """Once the file is gone, so are its requests; the next change makes a new one."""
    path.unlink()

    assert (queue.all_items, queue.enqueue_drift([bucket("ada", 0)]), len(queue.all_items)) == ([], 1, 1)


def test_a_deleted_folder_is_made_again(queue, path):
    """Once the folder is gone, sidecar and all, the next change makes it again."""
    for file in path.parent.iterdir():
        file.unlink()
    path.parent.rmdir()

    assert (queue.get_pending(), queue.enqueue_drift([bucket("ada", 0)])) == ([], 1)


def test_a_truncated_file_is_refused_until_it_is_mended(queue, path):
    """What is no queue is refused by reads and changes, left as it is, and read again once it is mended."""
    content = path.read_bytes()
    with path.open("r+b") as file:
        file.truncate(100)

    for call in (queue.get_pending, lambda: queue.enqueue_drift([bucket("bob", 0)]), lambda: queue.all_items):
        with pytest.raises(UnreadableStoreError):
            call()

    assert path.read_bytes() == content[:100]
    path.write_bytes(content)
    assert (len(queue.all_items), queue.enqueue_drift([bucket("bob", 0)])) == (3, 1)


def edited(content, user_id):
    return content.replace(b'"ada"', json.dumps(user_id).encode())


@pytest.mark.parametrize("in_place", [True, False])
def test_edits_of_the_same_length_are_seen_at_once(queue, path, in_place):
    """A hundred edits of the same length, as fast as they go, are each seen by the next call."""
    seen = []
    for n in range(100):
        name = f"{n:03}"
        content = path.read_bytes().replace(json.dumps(queue.all_items[0].user_id).encode(), json.dumps(name).encode())
        if in_place:
            path.write_bytes(content)
        else:
            beside = path.with_name("beside")
            beside.write_bytes(content)
            beside.replace(path)
        seen.append({r.user_id for r in queue.all_items})

    assert seen == [{f"{n:03}"} for n in range(100)]


def test_an_edit_that_keeps_the_time_is_seen(queue, path):
    """An edit in place of the same length that sets the modification time back is seen, too."""
    status = path.stat()
    path.write_bytes(edited(path.read_bytes(), "bob"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    assert {r.user_id for r in queue.all_items} == {"bob"}


def test_a_clock_that_runs_backwards_changes_nothing(queue, path, clock):
    """With a clock that goes back at every call, changes by others are seen, and places are kept."""
    other = ActiveLabelingQueue(path)
    for n in range(10):
        clock.shift(-3600)
        queue.enqueue_drift([bucket("bob", n)])
        os.utime(path, (1_700_000_000 - 3600 * n,) * 2)
        assert other.all_items == queue.all_items

    assert [r.user_id for r in other.all_items] == ["ada"] * 3 + ["bob"] * 10


def test_a_file_replaced_during_a_change_is_not_mistaken_for_ours(queue, path, monkeypatch):
    """What another program, which knows no lock, puts in place right after ours is seen by the next call."""
    replace = Path.replace

    def replace_twice(self, target):
        replace(self, target)
        beside = path.with_name("beside")
        beside.write_bytes(edited(path.read_bytes(), "eve"))
        replace(beside, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace_twice)
        queue.mark_done(queue.all_items[0].request_id)

    assert [(r.user_id, r.status) for r in queue.all_items] == [
        ("eve", "labeled"),
        ("eve", "pending"),
        ("eve", "pending"),
    ]
