"""What Linux tells of a process: it is stopped once each of its threads is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from labelqueue.conformance.subjects.process_state import is_stopped, state_in

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


def test_a_process_that_is_gone_is_stopped():
    """Nothing of it moves any more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()

    assert is_stopped(process.pid)
