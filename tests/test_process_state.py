"""What Linux tells of a process: it is stopped once each of its threads is."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from labelqueue.conformance.tracing.process_state import is_at_work, is_stopped, state_in

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of threads")

# Many threads that never rest: some run for a moment longer than the first.
BUSY = """
import hashlib, threading
def work():
    while True:
        hashlib.sha256(bytes(1_000_000))
for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
print(flush=True)
threading.Event().wait()
"""
TIMES = 50


def test_a_process_is_stopped_once_every_thread_is():
    """Whoever looks at files then sees nothing move."""
    with subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE) as process:
        try:
            process.stdout.readline()
            tasks = Path(f"/proc/{process.pid}/task")
            for _ in range(TIMES):
                os.kill(process.pid, signal.SIGSTOP)
                while not is_stopped(process.pid):
                    pass
                assert {state_in(task / "stat") for task in tasks.iterdir()} == {"T"}
                os.kill(process.pid, signal.SIGCONT)
                while is_stopped(process.pid):
                    pass
        finally:
            process.kill()


def test_whoever_waits_for_a_lock_is_not_at_work(tmp_path):
    """It sleeps until the lock is free, however long others keep it from the processor before."""
    lock = tmp_path / "lock"
    program = f"import fcntl; file = open({str(lock)!r}, 'w'); print(flush=True); fcntl.flock(file, fcntl.LOCK_EX)"
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            while is_at_work(process.pid):
                pass
            fcntl.flock(held, fcntl.LOCK_UN)


def test_whoever_computes_is_at_work():
    """Also while it has no processor."""
    with subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE) as process:
        try:
            process.stdout.readline()
            assert all(is_at_work(process.pid) for _ in range(TIMES))
        finally:
            process.kill()
            process.wait()

    assert not is_at_work(process.pid)


def test_a_process_that_is_gone_is_stopped():
    """Nothing of it moves any more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()

    assert is_stopped(process.pid)
