"""The wire: messages between the kit and a program, one JSON-RPC 2.0 message per line.

The kit asks, the program answers, one after another.  This module makes requests
and reads answers; it starts nothing.  What a message may look like is published as
`conformance/schema/wire.schema.json`, and every answer is held against it.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Final

from labelqueue.conformance.cases import DATA
from labelqueue.conformance.steps import Step
from labelqueue.conformance.subjects.subject import BrokenError, RefusedError
from labelqueue.errors import shown
from labelqueue.spec import Refusal

__all__ = [
    "INVALID_PARAMS",
    "OPERATIONS",
    "UNREADABLE_STORE",
    "VERSION",
    "line_of",
    "params_of",
    "problems_of",
    "result_of",
]

VERSION: Final = 1
"""The version of the wire, which both sides say in `hello`."""

INVALID_PARAMS: Final = -32602
"""The error code of a refusal of bad input."""

UNREADABLE_STORE: Final = -32001
"""The error code of a store that is no queue."""

OPERATIONS: Final = ("enqueue_low_confidence", "enqueue_drift", "get_pending", "mark_done", "all_items")
"""The operations of the contract, which are methods of the wire."""

_KINDS: Final = {INVALID_PARAMS: "invalid_input", UNREADABLE_STORE: "unreadable_store"}
_ONLY_MESSAGES: Final = "print one message per line to standard output and nothing else; logs go to standard error"
_MENDS: Final = {
    "jsonrpc": 'write "jsonrpc": "2.0" into every answer',
    "id": "answer with the id of the request, as the number that it was",
    "result": 'answer with exactly one of "result" and "error"; "result": null where there is nothing to say',
    "error": 'write an error as {"code": integer, "message": text}',
}


def line_of(number: int, method: str, params: dict[str, Any]) -> bytes:
    """Write a request as a line."""
    message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    # ASCII: a lone surrogate, which some cases hand in, then goes through as an escape.
    return json.dumps(message, allow_nan=False).encode("ascii") + b"\n"


def params_of(step: Step) -> dict[str, Any]:
    """Return the parameters of the operation that a resolved step asks for."""
    return {name: value for name, value in step.items() if name not in ("do", "expect", "views", "types")}


def result_of(line: bytes, number: int, method: str) -> Any:  # noqa: ANN401 - any JSON
    """Read the line that answers a request.

    Args:
        line: The line, without its end.
        number: The id of the request.
        method: What was asked.

    Returns:
        The result.  Whether it is of the right kind is for requirements to judge.

    Raises:
        RefusedError: The answer is an error.
        BrokenError: The line is no answer to this request.
    """

    def broken(rule: str, mend: str) -> BrokenError:
        return BrokenError(
            f"answered {method} with the line {shown(line.decode('utf-8', 'replace'))}, which {rule}; {mend}"
        )

    try:
        message = json.loads(line.decode("utf-8"))
    except ValueError as error:
        raise broken("is not JSON in UTF-8", _ONLY_MESSAGES) from error
    if not _is_answer(message):
        if isinstance(message, dict) and "method" in message:
            raise broken("is a request", _MENDS["result"])
        member, rule = problems_of(message, "answer")[0]
        raise broken(f"breaks the schema of an answer: {rule}", _MENDS.get(member, _MENDS["result"]))
    if message["id"] != number:
        raise broken(f"has the id {message['id']!r} where the request has {number}", _MENDS["id"])
    if "error" in message:
        code, text = message["error"]["code"], message["error"]["message"]
        raise RefusedError(Refusal(_KINDS.get(code, "other"), f"answered error {code}: {text}"))
    return message["result"]


def _is_answer(message: Any) -> bool:  # noqa: ANN401 - any JSON
    """Say in short what the schema says of an answer; it is asked for every line."""
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0" or len(message) != 3:  # noqa: PLR2004 - with id and one more
        return False
    if type(message.get("id", ...)) not in (int, type(None)):
        return False
    if "result" in message:
        return True
    error = message.get("error")
    return isinstance(error, dict) and type(error.get("code")) is int and isinstance(error.get("message"), str)


def problems_of(message: Any, kind: str) -> list[tuple[str, str]]:  # noqa: ANN401 - any JSON
    """Hold a message, or a result, against its schema.

    Args:
        message: Any JSON.
        kind: The name of a definition in the schema: `answer`, `request`, or a
            method followed by `.params` or `.result`.

    Returns:
        Each problem: the member that it is about, or empty, and the rule.
    """
    found = []
    for error in _validator(kind).iter_errors(message):
        member = str(error.path[0]) if error.path else next((n for n in _MENDS if repr(n) in error.message), "")
        found.append((member, error.message if len(error.message) < 200 else error.message[:199] + "…"))  # noqa: PLR2004
    return found


@cache
def _validator(kind: str) -> Any:  # noqa: ANN401 - jsonschema's own type
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - takes long to load

    schema = json.loads((DATA / "schema" / "wire.schema.json").read_text(encoding="utf-8"))
    return Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": schema["$defs"]})
