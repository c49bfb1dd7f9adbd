"""Mutants of adapters: programs that speak the wire wrongly, over a queue that is right.

They are for authors of runners: a runner must come to an end with each of them, and
call none conformant.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Final, cast

__all__ = ["ADAPTERS", "Adapter"]

_FOURTH: Final = 4


@dataclass(frozen=True)
class Adapter:
    """An adapter with one mistake.

    Attributes:
        id: Its name.
        mistake: The mistake in words.
        answers: Takes the stream of answers, and returns the one that makes the mistake.
    """

    id: str
    mistake: str
    answers: Callable[[BinaryIO], BinaryIO]


class _Answers:
    """A stream of answers, one line at a time; right as it stands."""

    def __init__(self, answers: BinaryIO) -> None:
        self._answers = answers
        self.count = 0

    def write(self, line: bytes) -> None:
        self.count += 1
        self._answers.write(self.changed(line))

    def flush(self) -> None:
        self._answers.flush()

    def changed(self, line: bytes) -> bytes:
        return line


ADAPTERS: Final[dict[str, Adapter]] = {}
"""Every mutant of an adapter by its id."""


def _adapter(make: type[_Answers]) -> type[_Answers]:
    words = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in make.__name__.lstrip("_"))
    name = words.removeprefix("-")
    mistake = " ".join((make.__doc__ or "").split())
    ADAPTERS[name] = Adapter(name, mistake, lambda answers: cast("BinaryIO", make(answers)))
    return make


@_adapter
class _NeverAnswers(_Answers):
    """It says hello, and then nothing more."""

    def changed(self, line: bytes) -> bytes:
        return line if self.count == 1 else b""


@_adapter
class _AnswersTwice(_Answers):
    """Every call is answered twice."""

    def changed(self, line: bytes) -> bytes:
        return line if self.count == 1 else line + line


@_adapter
class _PrintsRubbish(_Answers):
    """What was printed to find a fault stands between the answers."""

    def changed(self, line: bytes) -> bytes:
        return line if self.count == 1 else b"saving the queue ...\n" + line


@_adapter
class _DiesOnTheThirdCall(_Answers):
    """It dies at the third call after hello."""

    def changed(self, line: bytes) -> bytes:
        if self.count == _FOURTH:
            os._exit(1)
        return line


@_adapter
class _ClaimsNothing(_Answers):
    """It claims no profile, no clock, no path and no crash."""

    def changed(self, line: bytes) -> bytes:
        answer = json.loads(line)
        if self.count == 1:
            answer["result"]["claims"] = {"profiles": []}
        return json.dumps(answer).encode("ascii") + b"\n"


@_adapter
class _AnswersAnotherId(_Answers):
    """The answer has the number of another call."""

    def changed(self, line: bytes) -> bytes:
        answer = json.loads(line)
        return json.dumps(answer if self.count == 1 else answer | {"id": 0}).encode("ascii") + b"\n"


@_adapter
class _RefusesEverything(_Answers):
    """Every call is refused as bad input."""

    def changed(self, line: bytes) -> bytes:
        answer = json.loads(line)
        if self.count > 1:
            answer.pop("result", None)
            answer["error"] = {"code": -32602, "message": "no"}
        return json.dumps(answer).encode("ascii") + b"\n"
