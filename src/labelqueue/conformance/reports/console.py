"""The console: a report as people read it in a terminal.

Pure rendering: everything shown is in the report.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from labelqueue.conformance.overlap.timeline import lines_of
from labelqueue.spec import AREAS, REQUIREMENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from labelqueue.conformance.reports.report import Report, RequirementReport

__all__ = ["argument_in_words", "lines_of_steps", "rendered"]

_COLOURS: Final = {
    "pass": "green",
    "fail": "red",
    "known": "yellow",
    "fixed": "red",
    "error": "red",
    "untested": "yellow",
    "skip": "yellow",
    "inconclusive": "yellow",
    "inapplicable": "dim",
}
_VERDICT_COLOURS: Final = {
    "conformant": "bold green",
    "not conformant, as known": "bold yellow",
    "not conformant": "bold red",
    "no verdict": "bold yellow",
}
_MOST_BUCKETS: Final = 8
_MOST_LINES: Final = 40
_LONGEST: Final = 400


def rendered(report: Report, replays: Mapping[str, str]) -> RenderableType:
    """Render a report.

    Args:
        report: The report.
        replays: By requirement id, the command that replays its failure.

    Returns:
        A table by area, then every failure, then the verdict.
    """
    parts: list[RenderableType] = [_table(report)]
    for together in _failing(report):
        replay = next((replays[name] for name in together if name in replays), "")
        parts.append(_failure(together, replay))
    parts.extend(_reasons(report))
    if report.stale:
        parts.append(Text(f"\ntake off the list of known failures: {', '.join(report.stale)}", style="red"))
    parts.append(_verdict(report))
    return Group(*parts)


def _table(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("area", "requirements", "checks", "outcome"):
        table.add_column(column, justify="right" if column == "checks" else "left")
    for area in AREAS:
        title = (area.__doc__ or "").partition("\n")[0].rstrip(".")
        ids = {name for name, rule in REQUIREMENTS.items() if rule.module == area.__name__}
        found = {name: each for name, each in report.requirements.items() if name in ids}
        if not found:
            continue
        outcomes = Counter(f.outcome for f in found.values())
        words = Text(", ").join(
            Text(f"{count} {outcome}", style=_COLOURS[outcome]) for outcome, count in outcomes.items()
        )
        prefix = next(iter(found)).partition("-")[0]
        table.add_row(Text(prefix, style="bold"), title, str(sum(f.checks for f in found.values())), words)
    return table


def _reasons(report: Report) -> Iterator[Text]:
    """Say once why what was not judged was not judged, and name what it concerns."""
    concerned: dict[tuple[str, str], list[str]] = {}
    for name, found in report.requirements.items():
        if found.reason is not None:
            concerned.setdefault((found.outcome, found.reason), []).append(name)
    for (outcome, reason), names in concerned.items():
        yield Text(f"\n{outcome}: {', '.join(names)}\n  {reason}", style=_COLOURS[outcome])


def _failing(report: Report) -> Iterable[dict[str, RequirementReport]]:
    """Put requirements together that fail by the same step of the same case, so that its steps are told once."""
    groups: dict[tuple[str, str, str], dict[str, RequirementReport]] = {}
    for name, found in report.requirements.items():
        if found.outcome == "fail" and found.shortest is not None:
            shortest = found.shortest
            key = (shortest["message"], json.dumps(shortest["case"]["steps"]), json.dumps(shortest.get("history")))
            groups.setdefault(key, {})[name] = found
    return groups.values()


def _failure(together: Mapping[str, RequirementReport], replay: str) -> RenderableType:
    shortest = next(iter(together.values())).shortest or {}
    lines = Text("\n")
    for name, found in together.items():
        lines.append(f"{name} ", style="bold red")
        lines.append(found.sentence + "\n", style="bold")
    lines.append(_printable(shortest["message"]) + "\n", style="red")
    history = shortest.get("history")
    steps = () if history else _cut(list(lines_of_steps(shortest["case"], shortest["step"])))
    body = Text("\n".join(lines_of(history) if history else steps))
    # What came back may be right, and what was left behind wrong.
    if shortest["expected"] is not None and shortest["expected"] != shortest["got"]:
        body.append(f"\n   expected {_json(shortest['expected'])}", style="green")
    body.append(f"\n   {'at the end' if history else 'got     '} {_json(shortest['got'])}", style="red")
    for other in {each["message"]: each for found in together.values() for each in found.others}.values():
        body.append(f"\nalso: {_printable(other['message'])}", style="red")
        body.append(f" ({other['case']['id']}, step {other['step'] + 1})", style="dim")
    origin = f"case {shortest['case']['id']}" if shortest["found_by"] == "case" else f"found by {shortest['found_by']}"
    counts = [f"failed {found.failures} of {found.checks} checks" for found in together.values()]
    if len(together) > 1:
        counts = [f"{name} {count}" for name, count in zip(together, counts, strict=True)]
    body.append(f"\n{origin}; " + ",\n".join(counts), style="dim")
    parts: list[RenderableType] = [lines, Padding(body, (0, 0, 0, 2))]
    if replay:
        # Not wrapped: the line is there to be copied.
        parts.append(Text(f"  replay: {replay}", style="cyan", no_wrap=True, overflow="ignore"))
    return Group(*parts)


def _cut(lines: list[str]) -> list[str]:
    """Leave out the middle of what is too long for a screen; a replay shows all of it."""
    if len(lines) <= _MOST_LINES:
        return lines
    half = _MOST_LINES // 2
    return [*lines[:half], f"   … {len(lines) - 2 * half} lines more …", *lines[-half:]]


def lines_of_steps(case: Mapping[str, Any], last: int) -> Iterator[str]:
    """Write the steps of a case as lines.

    Args:
        case: The case in its file form.
        last: The place of the last step to show.
    """
    given = case.get("given", {})
    cap = given.get("max_asks_per_day", "left out")
    clock = "runs from" if given.get("clock") == "runs" else "stands at"
    yield f"given a queue with the cap {cap}, the clock {clock} {given.get('now', 'any moment')}"
    for place, step in enumerate(case["steps"][: last + 1]):
        buckets = step.get("rows", step.get("buckets"))
        arguments = {k: v for k, v in step.items() if k not in ("do", "expect", "rows", "buckets")}
        words = ", ".join(f"{name}={argument_in_words(value)}" for name, value in arguments.items())
        count = (
            ""
            if buckets is None
            else f"{len(buckets)} {'row' if 'rows' in step else 'bucket'}{'s' * (len(buckets) != 1)}"
        )
        yield f"{place + 1:>2} {step['do']}({', '.join(part for part in (count, words) if part)})"
        for bucket in (buckets or ())[:_MOST_BUCKETS]:
            yield "     " + ", ".join(f"{name}={argument_in_words(value)}" for name, value in bucket.items())
        if buckets and len(buckets) > _MOST_BUCKETS:
            yield f"     … and {len(buckets) - _MOST_BUCKETS} more"


def argument_in_words(value: Any) -> str:  # noqa: ANN401 - any JSON
    """Write an argument of a step: forms in words, everything else as JSON, cut where it is long."""
    if isinstance(value, dict):
        if "$datetime" in value:
            return f"{value.get('of', 'datetime')}({value['$datetime']})"
        if "$place" in value:
            return f"<id of request {value['$place']}{_changed(value)}>"
        if "$ref" in value:
            return f"<id bound as {value['$ref']}{_changed(value)}>"
    return _json(value)


def _changed(form: Mapping[str, Any]) -> str:
    part = f", first {form['first']} characters" if "first" in form else ""
    return part + (f", spelled {form['spelled']}" if "spelled" in form else "")


def _json(value: Any) -> str:  # noqa: ANN401 - any JSON
    text = _printable(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _printable(text: str) -> str:
    # A case may hold a lone surrogate, and so may an error about it; no terminal takes one.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _verdict(report: Report) -> Text:
    subject = report.subject
    version = f" {subject['version']}" if subject["version"] else ""
    text = Text(
        f"\n{subject['name']}{version}: {report.cases} case{'s' * (report.cases != 1)}, "
        f"{report.programs} searched programs, seed {report.seed}"
    )
    text.append(f", {report.seconds:.1f} s\n")
    for profile, verdict in report.verdict.items():
        text.append(f"{profile}: ")
        text.append(verdict, style=_VERDICT_COLOURS[verdict])
        outcomes = {n: f.outcome for n, f in report.requirements.items() if f.profile == profile}
        # What a part of a run did not come to is not why.
        fine = ("pass", "inapplicable", "untested") if report.is_partial else ("pass", "inapplicable")
        wrong = [name for name, outcome in outcomes.items() if outcome not in fine]
        if report.is_partial and verdict == "no verdict":
            text.append(" (only a part was run)")
        elif wrong:
            text.append(f" ({', '.join(wrong)})")
        text.append("\n")
    text.rstrip()
    return text
