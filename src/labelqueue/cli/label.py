"""The command `labelqueue label`: asks one request after another in the terminal.

It asks what `get_pending` returns, anew before every ask, so that what others
have answered meanwhile is not asked again.  Every answer is in the queue before
the next ask is shown: stopping at any moment loses nothing.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import typer

from labelqueue.cli.queue_argument import CapOption, JsonOption, LimitOption, QueueArgument, UserOption, named, opened
from labelqueue.cli.request_text import confidence, heading, predicted, why
from labelqueue.cli.screen import USAGE, console, errors_in_one_line, fail, indented, progress_bar, say_json, visible
from labelqueue.cli.show import explanation_as_json
from labelqueue.contract import DEFAULT_LABEL_MAX_ASKS_PER_DAY, DoneStatus
from labelqueue.explanation import explain_pending

if TYPE_CHECKING:
    from rich.progress import Progress

    from labelqueue.contract import LabelingQueue
    from labelqueue.request import LabelRequest

__all__ = ["label"]

_INTERRUPTED = 130
_KEYS: Final[dict[str, DoneStatus | None]] = {"l": "labeled", "s": "skipped", "n": None}
_STOP: Final = ("q", "\x1b")
_HINT: Final = "l labeled, s skip, n not now, q stop"


@dataclass(slots=True)
class _Session:
    """One sitting: what was answered so far."""

    queue: LabelingQueue
    user_id: str | None
    labeled: int = 0
    skipped: int = 0
    put_off: set[str] = field(default_factory=set)

    @property
    def asked(self) -> int:
        return self.labeled + self.skipped + len(self.put_off)

    def next_request(self) -> LabelRequest | None:
        """Return the most uncertain request that may be asked and was not put off."""
        return next((r for r in self.queue.get_pending(self.user_id) if r.request_id not in self.put_off), None)

    def answer(self, request: LabelRequest, status: DoneStatus | None) -> str:
        """Keep an answer; return in a word what became of it."""
        if status is None:
            self.put_off.add(request.request_id)
            return "later"
        if self.queue.mark_done(request.request_id, status) is None:
            return "is in the queue no more"
        if status == "labeled":
            self.labeled += 1
        else:
            self.skipped += 1
        return status


def label(
    queue: QueueArgument,
    user: UserOption = None,
    limit: LimitOption = None,
    max_asks_per_day: CapOption = DEFAULT_LABEL_MAX_ASKS_PER_DAY,
    *,
    as_json: JsonOption = False,
) -> None:
    """Ask one request after another: labeled, skip or not now, by one key each."""
    with errors_in_one_line():
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            fail("label asks in a terminal, and this is none; use the commands done and skip in scripts", USAGE)
        instance = opened(queue, max_asks_per_day)
        session = _Session(instance, user)
        most = len(instance.get_pending(user, limit))
        is_interrupted = most > 0 and _asked(session, most)
        explanation = explain_pending(instance, user, max_asks_per_day=max_asks_per_day)
    later = len(session.put_off)
    if as_json:
        counts = {"labeled": session.labeled, "skipped": session.skipped, "later": later}
        say_json({"queue": named(queue), **counts, "explanation": explanation_as_json(explanation)})
    else:
        console().print(f"{session.labeled} labeled, {session.skipped} skipped, {later} left for later")
        console().print(visible(str(explanation)))
    raise typer.Exit(_INTERRUPTED if is_interrupted else 0)


def _asked(session: _Session, most: int) -> bool:
    """Ask at most so many requests; return whether it was interrupted."""
    # A bar that moved by itself would write while the terminal is raw.
    with progress_bar(auto_refresh=False) as bar:
        task = bar.add_task("asks", total=most)
        _say(bar, _HINT)
        try:
            while session.asked < most and (request := session.next_request()) is not None:
                _say(bar, heading(request), style="bold")
                what = f"{why(request)}, predicted {predicted(request)}, confidence {confidence(request)}"
                bar.console.print(indented(what))
                bar.update(task, completed=session.asked, refresh=True)
                key = _key_of_ours(bar)
                if key in _STOP:
                    return False
                bar.console.print(indented(session.answer(request, _KEYS[key])))
        except KeyboardInterrupt:
            return True
    return False


def _key_of_ours(bar: Progress) -> str:
    while (key := _key()) not in {*_KEYS, *_STOP}:
        _say(bar, _HINT)
    return key


def _key() -> str:
    try:
        return typer.getchar()
    except EOFError:
        return _STOP[0]


def _say(bar: Progress, text: str, style: str = "") -> None:
    bar.console.print(text, style=style, markup=False, highlight=False, emoji=False)
