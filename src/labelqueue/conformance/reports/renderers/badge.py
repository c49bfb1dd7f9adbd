"""The badge: the verdict in a few words, as an SVG for a README.

It names the profiles that are conformant, and no number: there are no percentages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from labelqueue.conformance.reports.report import Report

__all__ = ["badge"]

_LABEL: Final = "labelqueue"
_GOOD, _AMBER, _BAD, _GREY = "#1a7f37", "#8a6100", "#b3261e", "#57606a"
_CHARACTER: Final = 6.6  # the average width in a font of 11 pixels; textLength does the rest
_PADDING: Final = 10


def badge(report: Report) -> str:
    """Draw the badge of a report.

    Returns:
        An SVG of 20 pixels' height: `core, input conformant` where some profile is,
        else the worst verdict.
    """
    words, colour = _words(report)
    left, right = _width(_LABEL), _width(words)
    title = escape(f"{_LABEL}: {words}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" aria-label="{title}">\n'
        f"<title>{title}</title>\n"
        f'<rect width="{left + right}" height="20" rx="3" fill="#24292f"/>\n'
        f'<path fill="{colour}" d="M{left} 0h{right - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1 -3 3h-{right - 3}z"/>\n'
        f'<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">\n'
        f"{_text(_LABEL, 0, left)}\n{_text(words, left, right)}\n</g>\n</svg>\n"
    )


def _words(report: Report) -> tuple[str, str]:
    verdicts = report.verdict
    good = [profile for profile, verdict in verdicts.items() if verdict == "conformant"]
    bad = [profile for profile, verdict in verdicts.items() if verdict.startswith("not conformant")]
    if "core" in good:
        # Core comes first: without it the others mean little.
        return f"{', '.join(good)} conformant", _AMBER if bad else _GOOD
    return ("not conformant", _BAD) if bad else ("no verdict", _GREY)


def _width(text: str) -> int:
    return round(len(text) * _CHARACTER) + 2 * _PADDING


def _text(text: str, start: int, width: int) -> str:
    return f'<text x="{start + _PADDING}" y="14" textLength="{width - 2 * _PADDING}">{escape(text)}</text>'
