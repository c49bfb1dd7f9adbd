r"""Known failures: requirements that a subject fails for a reason that its authors wrote down.

They live in a TOML file, one table per requirement, each with its reason:

```toml
[CAP-3]
reason = "Skipped asks are free in our product; decided in 2025, see our issue 12."
```

A known failure keeps a run green, and its profile is still not conformant, in
words.  What the list says must stay true: an entry that passes now, or that matches
nothing, fails the run.

Examples:
    >>> path = folder / "known.toml"
    >>> _ = path.write_text('[CAP-3]\nreason = "Skipped asks are free."\n')
    >>> read_known(path)
    {'CAP-3': 'Skipped asks are free.'}
"""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

from labelqueue.conformance.invalid_file import InvalidFileError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from labelqueue.conformance.reports.report import Report

__all__ = ["InvalidKnownError", "known_in", "read_known"]


class InvalidKnownError(InvalidFileError):
    """A file of known failures is none; `where` is the entry, and the rule says how to mend it."""

    def __str__(self) -> str:
        """Say where and what."""
        return f"{self.file}{f', entry {self.where}' if self.where else ''}: {self.rule}"


def read_known(path: Path) -> dict[str, str]:
    r"""Read a file of known failures.

    Args:
        path: The TOML file.

    Returns:
        The reason by requirement id.

    Raises:
        InvalidKnownError: It cannot be read, or an entry has no reason.

    Examples:
        >>> path = folder / "known.toml"
        >>> _ = path.write_text('["IN-8"]\nreason = "Limits are checked by the caller; issue 12."\n')
        >>> read_known(path)
        {'IN-8': 'Limits are checked by the caller; issue 12.'}
    """
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidKnownError(str(path), "", f"cannot be read: {error}") from error
    return {name: _reason_of(entry, name, str(path)) for name, entry in entries.items()}


def _reason_of(entry: Any, name: str, file: str) -> str:  # noqa: ANN401 - any TOML
    if not isinstance(entry, dict) or set(entry) != {"reason"} or not isinstance(entry["reason"], str):
        raise InvalidKnownError(file, name, f'is no entry; write [{name}] and below it reason = "…"')
    if not entry["reason"].strip():
        raise InvalidKnownError(file, name, "has no reason; say in a sentence why the failure is accepted")
    return str(entry["reason"])


def known_in(report: Report, reasons: Mapping[str, str]) -> str:
    r"""Write the file of known failures that a report asks for.

    Args:
        report: A report.
        reasons: The reasons that were given so far; those of failures that are still
            there are kept, and so are those of requirements that this run left out.

    Returns:
        The TOML, one entry per requirement that failed.  A new entry has an empty
        reason, with which the file is refused until somebody writes one.

    Examples:
        >>> from labelqueue.conformance.models.core import ModelQueue
        >>> from labelqueue.conformance import PythonSubject, run
        >>> report = run(PythonSubject("the model", ModelQueue), only="DONE-2", programs=0)
        >>> known_in(report, {})
        '# Known failures of the model; an entry needs a reason.\n'
    """
    outside = [name for name in reasons if name not in report.requirements and name not in report.unmatched]
    lines = [f"# Known failures of {' '.join(report.subject['name'].split())}; an entry needs a reason.\n"]
    for name, found in report.requirements.items():
        if found.outcome in ("fail", "known"):
            lines.append(_entry(name, f"# {found.sentence}\n", reasons.get(name, "")))
    lines.extend(_entry(name, "", reasons[name]) for name in outside)
    return "".join(lines)


def _entry(name: str, comment: str, reason: str) -> str:
    # What JSON writes between quotes, TOML reads.
    return f"\n[{name}]\n{comment}reason = {json.dumps(reason, ensure_ascii=False)}\n"
