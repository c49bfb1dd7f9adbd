"""Matchers: what a hand-written case expects, compared with what came.

An expectation is plain JSON and must be equal, with few exceptions:

| form | matches |
|---|---|
| `{"$any": true}` | anything |
| `{"$bind": NAME}` | any text, which `{"$ref": NAME}` means from then on |
| `{"$ref": NAME}` | the text that was bound |
| `{"$length": N}` | a list of N |
| `{…, "$rest": true}` | an object that has at least these members |
| `{"$error": KIND}` | a refusal of that kind, or of any with `"any"` |
| `{"$float": "nan"}` | that float; also `inf` and `-inf` |
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from labelqueue.spec.seen import differ

__all__ = ["mismatches"]

_ROOT: Final = "the answer"


def mismatches(expected: Any, got: Any, bound: dict[str, str], where: str = _ROOT) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Say where a result differs from what was expected.

    Args:
        expected: Plain JSON with matchers.
        got: The result as plain JSON (`steps.neutral`); a refusal as `{"$error": kind}`.
        bound: What names mean; new ones are added.
        where: The path of `got` within the result.

    Yields:
        One clause per difference, such as "the answer/0/confidence: expected 0.2, got 0.3".
    """
    if isinstance(expected, Mapping):
        form = next((name for name in expected if name in _FORMS), None)
        if form is not None:
            yield from _FORMS[form](expected, got, bound, where)
        else:
            yield from _members(expected, got, bound, where)
    elif isinstance(expected, list):
        if not isinstance(got, list):
            yield _difference(where, expected, got)
        elif len(expected) != len(got):
            yield f"{where}: expected length {len(expected)}, got {len(got)}"
        else:
            for place, (one, other) in enumerate(zip(expected, got, strict=True)):
                yield from mismatches(one, other, bound, f"{where}/{place}")
    elif isinstance(expected, bool) is not isinstance(got, bool) or differ(expected, got):
        # In Python, True equals 1; in JSON it does not.  Of numbers, the sign of zero counts.
        yield _difference(where, expected, got)


_Form = Callable[[Mapping[str, Any], Any, dict[str, str], str], Iterator[str]]


def _any(_expected: Mapping[str, Any], _got: object, _bound: dict[str, str], _where: str) -> Iterator[str]:
    return iter(())


def _length(expected: Mapping[str, Any], got: object, _bound: dict[str, str], where: str) -> Iterator[str]:
    length = len(got) if isinstance(got, list) else repr(got)
    if length != expected["$length"]:
        yield f"{where}: expected length {expected['$length']}, got {length}"


def _bind(expected: Mapping[str, Any], got: object, bound: dict[str, str], where: str) -> Iterator[str]:
    if isinstance(got, str):
        bound[expected["$bind"]] = got
    else:
        yield _difference(where, "a text", got)


def _ref(expected: Mapping[str, Any], got: object, bound: dict[str, str], where: str) -> Iterator[str]:
    return mismatches(bound.get(expected["$ref"]), got, bound, where)


def _error(expected: Mapping[str, Any], got: object, _bound: dict[str, str], where: str) -> Iterator[str]:
    kind = got.get("$error") if isinstance(got, Mapping) else None
    if kind is None or expected["$error"] not in ("any", kind):
        yield _difference(where, dict(expected), got)


def _float(expected: Mapping[str, Any], got: object, _bound: dict[str, str], where: str) -> Iterator[str]:
    if got != expected:
        yield _difference(where, dict(expected), got)


_FORMS: Final[dict[str, _Form]] = {
    "$any": _any,
    "$length": _length,
    "$bind": _bind,
    "$ref": _ref,
    "$error": _error,
    "$float": _float,
}


def _members(expected: Mapping[str, Any], got: object, bound: dict[str, str], where: str) -> Iterator[str]:
    if not isinstance(got, Mapping) or "$error" in got:
        yield _difference(where, dict(expected), got)
        return
    for name, value in expected.items():
        if name == "$rest":
            continue
        if name not in got:
            yield f"{where}/{name}: expected {value!r}, got nothing"
        else:
            yield from mismatches(value, got[name], bound, f"{where}/{name}")
    if "$rest" not in expected:
        yield from (f"{where}/{name}: not expected" for name in got if name not in expected)


def _difference(where: str, expected: object, got: object) -> str:
    return f"{where}: expected {expected!r}, got {got!r}"
