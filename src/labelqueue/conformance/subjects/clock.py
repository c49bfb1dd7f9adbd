"""The clock that a subject in this process sees, stopped by time-machine.

A subject needs no parameter for it.  The machine's zone is set away from UTC as
well, so that a subject that reads local time is found out on every machine.
"""

from __future__ import annotations

import os
import random
import sys
import time
import zoneinfo
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["UMASK", "ZONE", "ProcessClock", "elsewhere"]

# 05:45 east of Greenwich: no whole hour, so that no other zone looks like it.
_NAME: Final = "Asia/Kathmandu"
# Needs no zone database, but is UTC to those who look for a name there, as Node and Go do.
_RULE: Final = "KIT-05:45"

ZONE: Final = _NAME if any(Path(folder, _NAME).exists() for folder in zoneinfo.TZPATH) else _RULE
"""The zone that subjects live in, as a value of the variable TZ."""


# No usual one, so that bits that somebody wrote down look like no umask's.
UMASK: Final = 0o027
"""The umask of subjects."""


@contextmanager
def elsewhere() -> Iterator[None]:
    """Let the process live in a zone that is not UTC, with a umask of few, and restore its own.

    So is its generator of random numbers, which a Python subject's opening seeds.
    """
    mask = os.umask(UMASK)
    numbers = random.getstate()
    try:
        with _in_another_zone():
            yield
    finally:
        random.setstate(numbers)
        os.umask(mask)


@contextmanager
def _in_another_zone() -> Iterator[None]:
    if not hasattr(time, "tzset"):  # Windows: the zone stays the machine's
        yield
        return
    before = os.environ.get("TZ")
    os.environ["TZ"] = ZONE
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()


class ProcessClock:
    """The clock of this process, which stands, or runs on from a given moment."""

    def __init__(self, now: datetime, *, runs: bool = False) -> None:
        """Set the clock; it is the process's clock from now until `stop`."""
        self._now = now
        self._runs = runs
        self._travel: Any = None
        self._go()

    @property
    def earliest(self) -> datetime:
        """The moment that the subject reads, aware UTC."""
        return datetime.now(UTC) if self._runs else self._now

    latest = earliest

    def set(self, now: datetime) -> None:
        """Put the clock to another moment."""
        self.stop()
        self._now = now
        self._go()

    def stop(self) -> None:
        """Give the process its own clock back."""
        if self._travel is not None:
            self._travel.stop()
            self._travel = None

    def _go(self) -> None:
        # A naive destination is read as UTC and leaves the process's zone alone.
        self._travel = _time_machine().travel(self._now.astimezone(UTC).replace(tzinfo=None), tick=self._runs)
        self._travel.start()
        time.time()  # a clock of time-machine runs from when it is read for the first time


def _time_machine() -> Any:  # noqa: ANN401 - a module
    """Load time-machine without pytest.

    It loads pytest where that is installed, which takes as long as all else that a
    served subject loads; and those are started hundreds of times in a run.
    """
    is_hidden = "pytest" not in sys.modules and "time_machine" not in sys.modules
    if is_hidden:
        vars(sys)["modules"]["pytest"] = None  # Python's way to say that there is none
    try:
        import time_machine  # noqa: PLC0415 - see above
    finally:
        if is_hidden:
            del sys.modules["pytest"]
    return time_machine
