"""The picture: a measurement as one SVG, time against size, both by powers of ten.

A panel for every operation, a line for every subject; what the bytes of the file
take without any queue is a dashed line.
"""

from __future__ import annotations

from math import ceil, floor, log10
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from labelqueue.bench.figures import OPERATIONS, REFERENCES
from labelqueue.bench.table import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labelqueue.bench.figures import Measurement

__all__ = ["picture"]

# Okabe and Ito's colours, which the colour-blind can tell apart.
_COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
_GREY: Final = "#6e7781"
_WIDTH, _HEIGHT = 380, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 30, 34, 34
_LINE: Final = 18
_FONT: Final = 'font-family="sans-serif" font-size="11" fill="#24292f"'


def picture(measurement: Measurement) -> str:
    """Draw a measurement.

    Returns:
        An SVG of two columns of panels below the names of the subjects; it needs
        nothing else, and says the same about the same measurement.
    """
    names = [subject.name for subject in measurement.subjects]
    legend = _LINE * (len(names) + 1) + 8
    shown = [name for name in OPERATIONS if any(each.operation == name for each in measurement.figures)]
    height = legend + _HEIGHT * ceil(len(shown) / 2)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * _WIDTH} {height}" role="img" {_FONT}>',
        f"<title>{escape('Time against size: ' + ', '.join(names))}</title>",
        f'<rect width="{2 * _WIDTH}" height="{height}" fill="#fff"/>',
    ]
    for place, name in enumerate([*names, "dashed: the bytes of the file alone, without a queue"]):
        is_dashed = place == len(names)
        lines.append(_stroke([(12, 14 + _LINE * place), (36, 14 + _LINE * place)], *_style(place, is_dashed=is_dashed)))
        lines.append(_text(name, 44, 18 + _LINE * place))
    for place, operation in enumerate(shown):
        lines.append(f'<g transform="translate({_WIDTH * (place % 2)},{legend + _HEIGHT * (place // 2)})">')
        lines.extend(_panel(measurement, operation))
        lines.append("</g>")
    return "\n".join([*lines, "</svg>", ""])


def _panel(measurement: Measurement, operation: str) -> Iterator[str]:
    unit = OPERATIONS[operation].unit
    figures = [each for each in measurement.figures if each.operation == operation and each.value > 0]
    across = _Scale([each.size for each in figures], _LEFT, _WIDTH - _RIGHT)
    up = _Scale([each.value for each in figures], _HEIGHT - _BOTTOM, _TOP)
    yield _text(OPERATIONS[operation].words, _LEFT, 20, extra='font-weight="bold"')
    for power in across.powers:
        x = across.at(10.0**power)
        yield _stroke([(x, _TOP), (x, _HEIGHT - _BOTTOM)], "#d0d7de")
        yield _text(f"{10**power:,}", x, _HEIGHT - _BOTTOM + 16, extra='text-anchor="middle"')
    for power in up.powers:
        y = up.at(10.0**power)
        yield _stroke([(_LEFT, y), (_WIDTH - _RIGHT, y)], "#d0d7de")
        yield _text(written(10.0**power, unit), _LEFT - 6, y + 4, extra='text-anchor="end"')
    names = [subject.name for subject in measurement.subjects]
    for place, name in enumerate([*names, REFERENCES.get(operation)]):
        points = [(across.at(each.size), up.at(each.value)) for each in figures if each.subject == name]
        colour, width, dashes = _style(place, is_dashed=place == len(names))
        if points:
            yield _stroke(points, colour, width, dashes)
            yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>' for x, y in points)


class _Scale:
    """Where values stand on an axis that goes by powers of ten."""

    def __init__(self, values: list[float] | list[int], start: float, end: float) -> None:
        logs = [log10(value) for value in values]
        self._low, self._start = floor(min(logs)), start
        self._step = (end - start) / max(1, ceil(max(logs)) - self._low)
        self.powers = range(self._low, max(ceil(max(logs)), self._low + 1) + 1)

    def at(self, value: float) -> float:
        return self._start + self._step * (log10(value) - self._low)


def _style(place: int, *, is_dashed: bool) -> tuple[str, float, str]:
    return (_GREY, 1.5, "5 4") if is_dashed else (_COLOURS[place % len(_COLOURS)], 2, "")


def _stroke(points: list[tuple[float, float]], colour: str, width: float = 1, dashes: str = "") -> str:
    where = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<polyline points="{where}" fill="none" stroke="{colour}" stroke-width="{width}"{dashed}/>'


def _text(text: str, x: float, y: float, *, extra: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}"{f" {extra}" if extra else ""}>{escape(text)}</text>'
