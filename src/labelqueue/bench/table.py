"""The table: a measurement as people read it in a terminal.

Pure rendering: everything shown is in the measurement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from labelqueue.bench.figures import OPERATIONS, REFERENCES

if TYPE_CHECKING:
    from labelqueue.bench.figures import Measurement

__all__ = ["rendered", "written"]

_UNITS: Final = {
    "s": ((1e-6, "µs"), (1e-3, "ms"), (1.0, "s")),
    "bytes": ((1e3, "kB"), (1e6, "MB"), (1e9, "GB")),
}


def rendered(measurement: Measurement) -> RenderableType:
    """Render a measurement.

    Returns:
        A row for every operation and size: medians, and beside them how many times
        the baseline's figure each is; then what is known of each subject.
    """
    parts: list[RenderableType] = [_table(measurement)]
    for subject in measurement.subjects:
        version = f" {subject.version}" if subject.version else ""
        left_out = f"; left out {subject.left_out}" if subject.left_out else ""
        parts.append(Text(f"{subject.name}{version}, {subject.how}; flushes: {subject.flushes}{left_out}"))
    references = "; ".join(f"{OPERATIONS[name].words}: {each}" for name, each in REFERENCES.items())
    parts.append(Text(f"the bytes alone: {references}"))
    before, after = measurement.machine["load"]
    parts.append(Text(f"{measurement.machine['cores']} cores, load {before} before and {after} after", style="dim"))
    return Group(*parts)


def _table(measurement: Measurement) -> Table:
    names = [subject.name for subject in measurement.subjects]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("operation")
    for heading in ("requests", *names, "the bytes alone"):
        table.add_column(Text(heading, style="bold"), justify="right")
    for operation in OPERATIONS:
        for place, size in enumerate(measurement.sizes):
            words = Text(OPERATIONS[operation].words if place == 0 else "")
            cells = (_cell(measurement, name, operation, size) for name in (*names, REFERENCES.get(operation, "")))
            table.add_row(words, f"{size:,}", *cells)
    return table


def _cell(measurement: Measurement, name: str, operation: str, size: int) -> Text:
    value, ratio = measurement.value(name, operation, size), measurement.ratio(name, operation, size)
    if value is None:
        return Text("")
    text = Text(written(value, OPERATIONS[operation].unit))
    if ratio is not None and name != measurement.baseline:
        text.append(f" {_with_digits(ratio)}x", style="cyan")
    return text


def written(value: float, unit: str) -> str:
    """Write a figure with three digits and a unit that fits.

    Examples:
        >>> written(0.0123456, "s"), written(65_000_000, "bytes")
        ('12.3 ms', '65 MB')
    """
    factor, name = next((each for each in reversed(_UNITS[unit]) if abs(value) >= each[0]), _UNITS[unit][0])
    return f"{_with_digits(value / factor)} {name}"


def _with_digits(value: float) -> str:
    """Write a number with three digits at least, and none that says nothing."""
    text = f"{value:.{max(0, 3 - len(str(int(abs(value)))))}f}" if abs(value) >= 1 else f"{value:.2g}"
    return text.rstrip("0").rstrip(".") if "." in text else text
