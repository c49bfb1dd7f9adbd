"""HTML: the report as one page that is whole without a network.

The page is readable on a phone, by keyboard, in print, and without colour or scripts;
the script does nothing but filter.
"""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from labelqueue.conformance.reports.console import argument_in_words
from labelqueue.conformance.reports.renderers.timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jinja2 import Template

    from labelqueue.conformance.reports.report import Report

__all__ = ["html"]

_MARKS: Final = {
    "pass": "✓",
    "fail": "✗",
    "known": "≈",
    "fixed": "↑",
    "error": "!",
    "inconclusive": "?",
    "skip": "»",
    "untested": "∅",
    "inapplicable": "·",
}
_MEANINGS: Final = {
    "pass": "tried, and held",
    "fail": "a fault was found",
    "known": "fails, as the list of known failures says",
    "fixed": "on the list of known failures, and passes now",
    "error": "could not be judged",
    "inconclusive": "neither could be shown",
    "skip": "not tried, since the subject does not claim what it needs",
    "untested": "never had anything to say",
    "inapplicable": "not asked of such a queue",
}


def html(report: Report) -> str:
    """Write a report as a page.

    Returns:
        One HTML document with its style, its script and its drawings within.
    """
    outcomes: Counter[str] = Counter(found.outcome for found in report.requirements.values())
    return _template().render(
        report=report,
        outcomes={outcome: outcomes[outcome] for outcome in _MARKS if outcomes[outcome]},
        areas=list(dict.fromkeys(name.partition("-")[0] for name in report.requirements)),
        marks=_MARKS,
        meanings=_MEANINGS,
    )


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - loaded where a page is made

    loader = PackageLoader("labelqueue.conformance.reports.renderers", "")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters |= {
        "steps": _steps,
        "given": _given,
        "pretty": _pretty,
        "marked": _marked,
        "timeline": timeline,
    }
    return environment.get_template("report.html.j2")


def _given(case: Mapping[str, Any]) -> str:
    given = case.get("given", {})
    clock = "runs from" if given.get("clock") == "runs" else "stands at"
    cap = given.get("max_asks_per_day", "left out")
    return f"A queue over a new store, the cap {cap}; the clock {clock} {given.get('now', 'any moment')}."


def _steps(failure: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Make a row of each step: its number, what is called with what, and what is expected of it."""
    for place, step in enumerate(failure["case"]["steps"][: failure["step"] + 1]):
        words = {name: value for name, value in step.items() if name not in ("do", "expect", "rows", "buckets")}
        yield {
            "number": place + 1,
            "do": step["do"],
            "arguments": ", ".join(f"{name}={argument_in_words(value)}" for name, value in words.items()),
            "buckets": [
                ", ".join(f"{name}={argument_in_words(value)}" for name, value in bucket.items())
                for bucket in step.get("rows", step.get("buckets", ()))
            ],
            "expect": _pretty(step["expect"]) if "expect" in step else None,
            "is_last": place == failure["step"],
        }


def _marked(sentence: str) -> str:
    """Write what stands between backticks as code, and everything as text."""
    from markupsafe import Markup, escape  # noqa: PLC0415 - comes with jinja2

    parts = sentence.split("`")
    marked = [Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts)]
    return Markup("").join(marked)


def _pretty(value: Any) -> str:  # noqa: ANN401 - any JSON
    return json.dumps(value, indent=2, ensure_ascii=False)
