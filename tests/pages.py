"""A reader of the documentation who follows a page word for word, from an empty folder.

What is shown in a block of a language with a title is a file, and is written; a title
such as `mine.py: get_pending` replaces that method, as the text around it asks.  The
lines of a `console` block that begin with `$ ` are run, one after another, and what
they print is compared with the lines below them.  Blocks without `$ ` are for the
reader's machine (installing), or are only shown.

What differs from run to run is told by `VOLATILE`: ids, seconds, and how many checks and
cases the kit has.  Everything else has to be the same, letter for letter, but for spaces
at the ends of lines.  Where a page speaks of today, the programs run on `TODAY`.
"""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import labelqueue

TODAY = "2026-01-15T12:00:00Z"
ROOT = Path(labelqueue.__file__).parents[2]
BLOCK = re.compile(r'^```(\w+)(?: title="(.+?)")?\n(.*?)^```$', flags=re.DOTALL | re.MULTILINE)
VOLATILE = {
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}": "<id>",
    r"^[0-9a-f]{8}(?= )": "<id>",
    r"\d+(?= cases?, \d+ searched programs)": "<number>",
    r"\d+\.\d+ ?s$": "<seconds>",
    r"(?<=failed )\d+ of \d+(?= checks)": "<number> of <number>",
    r" +\d+(?=  \d+ (pass|fail))": " <number>",
}
_CLOCK = f"import time_machine\ntime_machine.travel({TODAY!r}, tick=False).start()\n"


def page(name):
    """The text of a page of the documentation."""
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def follow(text, folder, *, today=False):
    """Do what a page says; return what it shows and what there really is, command by command."""
    shown, real = [], []
    variables = environment(folder, today=today)
    for language, title, block in BLOCK.findall(text):
        if title:
            write(folder, title, block)
        elif language == "console":
            for command, output in commands(block):
                shown.append(steady(f"$ {command}\n{output}"))
                real.append(steady(f"$ {command}\n{said(command, folder, variables)}"))
    return shown, real


def commands(block):
    """Each command of a console block with the lines that are shown below it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def write(folder, title, block):
    """Write a file, or the method of the file's class that the title names."""
    name, _, method = title.partition(": ")
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(replaced(path.read_text("utf-8"), method, block) if method else block, encoding="utf-8")


def replaced(program, method, block):
    """Put a method in the place of the one of that name, or at the end of the class."""
    lines = program.splitlines(keepends=True)
    kind = next(each for each in ast.parse(program).body if isinstance(each, ast.ClassDef))
    old = next((each for each in kind.body if getattr(each, "name", None) == method), None)
    if old is None:
        return program.rstrip("\n") + "\n\n" + block
    return "".join([*lines[: old.lineno - 1], block, *lines[old.end_lineno :]])


def said(command, folder, variables):
    """What a command prints, on standard output and standard error."""
    done = subprocess.run(shlex.split(command), cwd=folder, env=variables, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def steady(text):
    """Write in the same words what differs from run to run."""
    for pattern, word in VOLATILE.items():
        text = re.sub(pattern, word, text, flags=re.MULTILINE)
    return "\n".join(line.rstrip() for line in text.splitlines()).rstrip("\n")


def environment(folder, *, today=False):
    """What a reader has in the environment: this Python first, no colours, and a clock where it matters."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    variables = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "PYTHONPATH"}}
    variables |= {
        "TMPDIR": str(folder.parent),
        "PATH": path,
        "NO_COLOR": "1",
        "PYTHONIOENCODING": "utf-8",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    if today:
        clock = folder.with_name(f"{folder.name}-clock")
        clock.mkdir()
        (clock / "sitecustomize.py").write_text(_CLOCK, encoding="utf-8")
        variables["PYTHONPATH"] = str(clock)
    return variables
