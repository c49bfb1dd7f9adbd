"""Descriptors of a watched program: what each stands for, in each of its processes, and where in the file it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from labelqueue.conformance.crash.written_down import descriptors_in

if TYPE_CHECKING:
    from pathlib import Path

    from labelqueue.conformance.tracing.system_calls import SystemCall

__all__ = ["Descriptors", "Opened"]

_OF_A_DESCRIPTOR: Final = re.compile(r"/(?:proc/[^/]+|dev)/fd/(\d+)")


@dataclass
class Opened:
    """What a descriptor stands for, and the copies of it.

    Attributes:
        path: What was opened, if that was seen.
        offset: Where in the file it is; -1 where every write goes to the end.
        is_flushed: Whether every write is flushed at once.
    """

    path: Path | None = None
    offset: int = -1
    is_flushed: bool = False

    def go_on(self, length: int) -> None:
        """Move on by so many bytes."""
        if self.offset >= 0:
            self.offset += length


class Descriptors:
    """The descriptors of every thread; threads of one process share theirs, a new process gets a copy."""

    def __init__(self) -> None:
        """Know none."""
        self._first: dict[str, Opened] = {}
        self._of_thread: dict[int, dict[str, Opened]] = {}

    def open(self, call: SystemCall, path: Path, *, is_flushed: bool) -> Opened:
        """Take in that a call opened a path; what is opened stands at its beginning."""
        opened = self._all(call)[call.result] = Opened(path, 0, is_flushed)
        return opened

    def of(self, call: SystemCall, which: int = 0) -> Opened:
        """Return what a descriptor that a call names stands for: the first of them, unless told otherwise."""
        named = descriptors_in(call)
        return self._all(call).setdefault(named[which][0], Opened()) if which < len(named) else Opened()

    def seek(self, call: SystemCall) -> None:
        """Take in that a call moved a descriptor, one that was never seen before as well."""
        for number, _ in descriptors_in(call):
            opened = self._all(call).setdefault(number, Opened(offset=0))
            if opened.offset >= 0:
                opened.offset = int(call.result)

    def copy(self, call: SystemCall) -> None:
        """Take in that a call gave a descriptor another number as well."""
        self._all(call)[call.result] = self.of(call)

    def inherit(self, call: SystemCall) -> None:
        """Take in that a call started a thread or a process."""
        own = self._all(call)
        self._of_thread[int(call.result)] = own if "CLONE_FILES" in call.arguments else dict(own)

    def behind(self, call: SystemCall, path: Path) -> Path:
        """Return what a path such as `/proc/self/fd/3` stands for, or the path itself."""
        found = _OF_A_DESCRIPTOR.fullmatch(str(path))
        opened = self._all(call).get(found[1]) if found else None
        return (opened.path if opened else None) or path

    def _all(self, call: SystemCall) -> dict[str, Opened]:
        # A thread that was there before, or works before its start was recorded, is one of the first process.
        return self._of_thread.get(call.pid, self._first)
