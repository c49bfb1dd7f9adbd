"""Watching a process by strace: what is counted is the same every time."""

import subprocess
import sys

import pytest

from labelqueue.conformance.crash.strace import attached

pytestmark = pytest.mark.usefixtures("strace")

_ECHO = "import sys\nfor line in sys.stdin.buffer: print(line, flush=True)"
_TIMES = 30


def test_the_reading_of_a_request_is_counted_every_time():
    """Were it counted sometimes only, a call that is to fail would be another one than was recorded."""
    program = [sys.executable, "-c", _ECHO]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            for _ in range(_TIMES):
                with attached(process.pid) as record:
                    process.stdin.write(b"a request\n")
                    process.stdin.flush()
                    process.stdout.readline()
                reading = next(call for call in record.calls if call.name == "read")
                assert reading.arguments.startswith("0<pipe:")
                assert reading.result == str(len(b"a request\n"))
        finally:
            process.kill()
