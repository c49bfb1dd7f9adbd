"""The parent of forks: a process that has loaded what the kit needs to serve a Python subject, and forks.

`python -m labelqueue.conformance.subjects.parent DESCRIPTOR`: it is told what to do over
a socket, and ends when that is closed, with the process of the kit.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import socket
import sys
import time
import warnings
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd  # noqa: F401 - loaded for the forks
import pydantic

from labelqueue.conformance.subjects import serve
from labelqueue.conformance.subjects.forks import LONGEST

__all__ = ["main"]


def main() -> None:
    """Fork whenever the kit asks for it, until the kit is gone."""
    pydantic.create_model("Loaded")  # which loads the rest of it
    os.register_at_fork(after_in_child=np.random.seed)  # `random` sees to itself
    with socket.socket(fileno=int(sys.argv[1])) as kit:
        request = _wanted(kit)
    if request is not None:
        _become(request)
        _serve()


def _wanted(kit: socket.socket) -> dict[str, Any] | None:
    """Answer the kit; returns in every fork what is wanted of it, and nothing in the parent at its end."""
    ended: dict[int, int] = {}
    while True:
        content, descriptors, _, _ = socket.recv_fds(kit, LONGEST, 3)
        if not content:
            return None
        request: dict[str, Any] = json.loads(content)
        if "status_of" in request:
            pid = request["status_of"]
            with suppress(ChildProcessError):  # who asks again was interrupted
                ended[pid] = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            _answer(kit, request, status=ended[pid])
            continue
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            pid = os.fork()  # whatever threads numpy has see to themselves
        if pid == 0:
            for place, descriptor in enumerate(descriptors):
                os.dup2(descriptor, place)
        for descriptor in descriptors:
            os.close(descriptor)
        if pid == 0:
            return request
        _answer(kit, request, pid=pid)


def _answer(kit: socket.socket, request: dict[str, Any], **answer: int) -> None:
    kit.sendall(json.dumps({"question": request["question"], **answer}).encode())


def _become(request: dict[str, Any]) -> None:
    """Make the process what it would be, had it been started by a command."""
    os.setsid()
    os.umask(request["umask"])
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    sys.path[0] = request["folder"]
    sys.argv = [sys.argv[0], request["serve"]]


def _serve() -> None:
    """Serve the subject, and end without taking the interpreter apart, which takes longer than all else."""
    atexit.register(_leave)  # the last to be called: whatever the subject registers comes later, and so before it
    try:
        serve.main()
    except BaseException:
        atexit.unregister(_leave)
        raise


def _leave() -> None:
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
