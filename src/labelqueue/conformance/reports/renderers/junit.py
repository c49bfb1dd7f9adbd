"""JUnit: the report as the XML that CI services read, one test case per requirement.

A skip is a skip and never a pass; a known failure is a skip that says so, since the
form has no word for it; what stayed untested in a whole run is an error.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from labelqueue.conformance.overlap.timeline import lines_of
from labelqueue.conformance.reports.console import lines_of_steps

if TYPE_CHECKING:
    from labelqueue.conformance.reports.report import Report, RequirementReport

__all__ = ["junit"]

_ELEMENTS: Final = {
    "fail": "failure",
    "fixed": "failure",
    "error": "error",
    "known": "skipped",
    "skip": "skipped",
    "inconclusive": "skipped",
    "inapplicable": "skipped",
    "untested": "error",
}
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Report) -> str:
    """Write a report as JUnit XML.

    Returns:
        A `testsuites` element with one `testsuite` per profile, the requirements as
        its test cases.
    """
    root = Element("testsuites", name=_clean(report.subject["name"]), time=f"{report.seconds:.1f}")
    for profile, verdict in report.verdict.items():
        suite = SubElement(root, "testsuite", name=f"labelqueue {profile}")
        properties = SubElement(suite, "properties")
        for name, value in {"verdict": verdict, **report.versions, "seed": report.seed}.items():
            SubElement(properties, "property", name=name, value=str(value))
        for name, found in report.requirements.items():
            if found.profile == profile:
                _add(suite, name, found, is_partial=report.is_partial)
        _count(suite)
    if report.unmatched:
        _add_unmatched(root, report.unmatched)
    _count(root)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _add(suite: Element, name: str, found: RequirementReport, *, is_partial: bool) -> None:
    case = SubElement(suite, "testcase", name=name, classname=f"labelqueue.{found.profile}", time="0")
    if found.outcome == "pass":
        return
    is_left_out = is_partial and found.outcome == "untested"
    element = SubElement(case, "skipped" if is_left_out else _ELEMENTS[found.outcome])
    element.set("message", _clean(_message(found)))
    if element.tag != "skipped":
        element.set("type", found.outcome)
    element.text = _clean("\n".join(_details(found)))


def _message(found: RequirementReport) -> str:
    if found.outcome == "known":
        return f"known failure: {found.reason}"
    if found.outcome == "fixed":
        return "passes now; take it off the list of known failures"
    if found.shortest is not None:
        return str(found.shortest["message"])
    return found.reason or found.outcome


def _details(found: RequirementReport) -> list[str]:
    shortest = found.shortest
    if shortest is None:
        return [found.sentence]
    lines = [found.sentence, shortest["message"], *lines_of_steps(shortest["case"], shortest["step"])]
    if shortest["expected"] is not None:
        lines.append(f"expected: {json.dumps(shortest['expected'], ensure_ascii=False)}")
    lines.append(f"got: {json.dumps(shortest['got'], ensure_ascii=False)}")
    return [*lines, *lines_of(shortest.get("history", ()))]


def _add_unmatched(root: Element, names: tuple[str, ...]) -> None:
    suite = SubElement(root, "testsuite", name="labelqueue known failures")
    message = "matches no requirement; take it off the list of known failures"
    for name in names:
        case = SubElement(suite, "testcase", name=_clean(name), classname="labelqueue.known", time="0")
        SubElement(case, "failure", message=message, type="unmatched")
    _count(suite)


def _count(element: Element) -> None:
    element.set("tests", str(len(list(element.iter("testcase")))))
    for name, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        element.set(attribute, str(len(list(element.iter(name)))))


def _clean(text: str) -> str:
    """Write what XML has no character for as an escape."""
    return _NO_XML.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
