"""The index: every requirement and every case with a hash, so that a change cannot go unseen.

`conformance/index.json` is of what is there, `conformance/released.json` of what was
there when the specification was last released.  A requirement's hash is that of its
profile and its sentence; a case's is that of its file, byte for byte, as `sha256sum`
computes it.

`python -m labelqueue.conformance.published.index` makes the present index the released one, in
the checkout in the current folder.  It refuses while a step of the version is missing,
unless `--unreleased` says that the version in `released.json` was never published.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any, Final

from labelqueue.conformance.cases import DATA
from labelqueue.spec import REQUIREMENTS, VERSION

__all__ = ["changes", "index", "main", "missing_step", "text_of_index"]

_RELEASED: Final = Path("conformance/released.json")


def index() -> dict[str, Any]:
    """Make the index of what is there.

    Returns:
        `specification`, its version; `requirements` and `cases`, each hash by id.
    """
    return {
        "specification": VERSION,
        "requirements": {r.id: _hash(f"{r.profile}\n{r.sentence}\n".encode()) for r in REQUIREMENTS.values()},
        "cases": {
            f"{path.parent.name}-{path.stem}": _hash(path.read_bytes())
            for path in sorted((DATA / "cases").glob("*/*.json"))
        },
    }


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def text_of_index() -> str:
    """Write the index as its file."""
    return json.dumps(index(), indent=1) + "\n"


def changes(released: dict[str, Any], present: dict[str, Any]) -> dict[str, str]:
    """Say which part of the version each difference asks to be stepped.

    Args:
        released: The index of the last release.
        present: The index of what is there.

    Returns:
        `major` or `minor`, by what differs.

    Examples:
        >>> old = {"requirements": {"ORD-1": "a"}, "cases": {"ord-x": "b"}}
        >>> changes(old, {"requirements": {"ORD-1": "a", "ORD-9": "c"}, "cases": {}})
        {'requirement ORD-9 is new': 'minor', 'case ord-x is gone': 'minor'}
    """
    found = {}
    for name, value in released["requirements"].items():
        if present["requirements"].get(name) != value:
            found[f"requirement {name} {_became(name, present['requirements'])}"] = "major"
    for name in present["requirements"].keys() - released["requirements"].keys():
        found[f"requirement {name} is new"] = "minor"
    for name, value in released["cases"].items():
        if present["cases"].get(name) != value:
            found[f"case {name} {_became(name, present['cases'])}"] = "minor"
    return found


def _became(name: str, present: dict[str, str]) -> str:
    return "changed" if name in present else "is gone"


def missing_step(released: dict[str, Any], present: dict[str, Any]) -> list[str]:
    """Say what changed without the step of the version that it needs.

    Args:
        released: The index of the last release.
        present: The index of what is there.

    Returns:
        What changed, with the part to step; empty where the version was stepped enough.

    Examples:
        >>> old = {"specification": "0.1", "requirements": {"ORD-1": "a"}, "cases": {}}
        >>> missing_step(old, {"specification": "0.2", "requirements": {"ORD-1": "b"}, "cases": {}})
        ['requirement ORD-1 changed: step major']
        >>> missing_step(old, {"specification": "1.0", "requirements": {"ORD-1": "b"}, "cases": {}})
        []
    """
    before, now = (tuple(map(int, each["specification"].split("."))) for each in (released, present))
    enough = {"major": now[0] > before[0], "minor": now > before}
    return [f"{what}: step {part}" for what, part in changes(released, present).items() if not enough[part]]


def main() -> None:
    """Make the present index the released one."""
    released = json.loads(_RELEASED.read_text(encoding="utf-8"))
    missing = missing_step(released, index())
    if missing and sys.argv[1:] != ["--unreleased"]:
        sys.exit("\n".join(["labelqueue.spec.version.VERSION needs a step:", *missing]))
    _RELEASED.write_text(text_of_index(), encoding="utf-8")


if __name__ == "__main__":
    main()
