"""Serving: a Python subject made into a program that speaks the wire.

`labelqueue serve package.module:Name`, or `python -m labelqueue.conformance.subjects.serve`
with the same name.  It reads a request per line and answers each with one line;
standard output is the wire's alone, so what the subject prints goes to standard
error.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from labelqueue.conformance.reports.verdict import EXIT_STATUS
from labelqueue.conformance.steps import neutral
from labelqueue.conformance.subjects.patience import Patience
from labelqueue.conformance.subjects.python_subject import in_one_line, subject_named
from labelqueue.conformance.subjects.subject import RefusedError
from labelqueue.conformance.subjects.wire import INVALID_PARAMS, OPERATIONS, VERSION
from labelqueue.errors import SubjectError

if TYPE_CHECKING:
    from collections.abc import Callable

    from labelqueue.conformance.subjects.python_subject import PythonHandle, PythonSubject
    from labelqueue.conformance.subjects.subject import Clock

__all__ = ["main", "serve", "serve_here"]

_PARSE_ERROR: Final = -32700
_INVALID_REQUEST: Final = -32600
_METHOD_NOT_FOUND: Final = -32601
_OTHER: Final = -32000


class _WireError(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class _Server:
    """What the methods of the wire do with one subject."""

    def __init__(self, subject: PythonSubject) -> None:
        # Whoever asks knows how long to wait, and ends this program where it does not answer.
        # Of several processes, no two have the same luck.
        self._subject = replace(subject, patience=Patience(None), is_seeded=False)
        self._handle: PythonHandle | None = None
        self._clock: Clock | None = None

    def answer(self, method: str, params: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON
        if method in OPERATIONS:
            if self._handle is None:
                raise _WireError(_INVALID_REQUEST, f"{method} before open")
            return neutral(self._handle.perform({"do": method, **params}).value)
        if method not in ("hello", "open", "close", "set_clock", "bye"):
            raise _WireError(_METHOD_NOT_FOUND, f"there is no method {method!r}")
        return getattr(self, f"_{method}")(**params)

    def _hello(self, wire: int, **_: object) -> dict[str, Any]:
        if wire != VERSION:
            raise _WireError(_INVALID_REQUEST, f"this program speaks version {VERSION} of the wire, not {wire!r}")
        claims = self._subject.claims
        return {
            "wire": VERSION,
            "name": self._subject.name,
            "version": self._subject.version,
            "language": self._subject.language,
            "claims": {
                "profiles": sorted(claims.profiles),
                "clock": claims.clock,
                "crash": claims.crash,
                "store": claims.store,
            },
        }

    def _open(self, store: str, max_asks_per_day: Any = None) -> None:  # noqa: ANN401 - also caps that are none
        self._close()
        self._handle = self._subject.open(Path(store), max_asks_per_day)

    def _close(self) -> None:
        if self._handle is not None:
            self._handle.close()
            self._handle = None

    def _set_clock(self, now: str | None, *, runs: bool = False) -> None:
        if self._clock is not None:
            self._clock.stop()
            self._clock = None
        if now is not None:
            self._clock = self._subject.clock(datetime.fromisoformat(now).astimezone(UTC), runs=runs)

    def _bye(self) -> None:
        self._close()


def serve(subject: PythonSubject, requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until there are no more, or `bye` was answered; an interrupt ends the call that is being made.

    Args:
        subject: The subject.
        requests: Where requests come from, a line each.
        answers: Where answers go, a line each.
    """
    server = _Server(subject)
    for line in requests:
        number, method = None, None
        answer: dict[str, Any]
        try:
            number, method, params = _request(line)
            answer = {"result": server.answer(method, params)}
        except RefusedError as error:
            code = INVALID_PARAMS if error.refusal.kind == "invalid_input" else _OTHER
            answer = {"error": {"code": code, "message": error.refusal.message}}
        except _WireError as error:
            answer = {"error": {"code": error.code, "message": str(error)}}
        except KeyboardInterrupt as error:
            answer = {"error": {"code": _OTHER, "message": f"raised {in_one_line(error)}"}}
        except TypeError as error:
            # Parameters of the wire's own methods that are not there, or too many.
            answer = {"error": {"code": _INVALID_REQUEST, "message": f"{method}: {error}"}}
        answers.write(json.dumps({"jsonrpc": "2.0", "id": number, **answer}).encode("ascii") + b"\n")
        answers.flush()
        if method == "bye":
            return


def _request(line: bytes) -> tuple[int | None, str, dict[str, Any]]:
    try:
        message = json.loads(line)
    except ValueError as error:
        raise _WireError(_PARSE_ERROR, f"the line is not JSON: {error}") from error
    is_sound = isinstance(message, dict) and message.get("jsonrpc") == "2.0" and isinstance(message.get("method"), str)
    if not is_sound or not isinstance(message.get("params", {}), dict):
        raise _WireError(_INVALID_REQUEST, "a request has jsonrpc, id, method and params, an object")
    return message.get("id"), message["method"], message.get("params", {})


def serve_here(name: str, answers: Callable[[BinaryIO], BinaryIO] = lambda stream: stream) -> None:
    """Serve a subject on standard input and output.

    Args:
        name: What it is called, such as `package.module:Name`.
        answers: Takes the stream of answers, and returns the one to write to.

    Raises:
        SubjectError: There is no such subject.
    """
    sys.path.insert(0, "")  # a subject may be a file in this folder
    # Whoever starts programs in the background has them ignore interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # What the subject prints must not come between the answers.
    wire = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(subject_named(name), sys.stdin.buffer, answers(wire))


def main() -> None:
    """Serve the subject that the command line names."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and the name
        sys.exit("usage: python -m labelqueue.conformance.subjects.serve package.module:Name")
    try:
        serve_here(sys.argv[1])
    except SubjectError as error:
        print(f"labelqueue: {error}", file=sys.stderr)  # noqa: T201 - this is a program
        sys.exit(EXIT_STATUS["no subject"])


if __name__ == "__main__":
    main()
