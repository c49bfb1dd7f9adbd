"""What the documentation shows, runs."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
import shlex
import sys
from pathlib import Path

import pytest
import typer

import labelqueue
import labelqueue.conformance
from labelqueue.cli import COMMANDS, app

COMMAND_LINE = typer.main.get_command(app)
PAGES = ["README.md", "conformance/README.md", "docs/**/*.md", "conformance/adapters/**/*.md"]

DOCUMENTED = sorted(
    m.name
    for m in pkgutil.walk_packages(labelqueue.__path__, "labelqueue.")
    if "taskclf_address" not in m.name and "__main__" not in m.name
)


def python_blocks(text):
    return re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)


@pytest.mark.parametrize("name", DOCUMENTED)
def test_examples_in_docstrings(name, tmp_path):
    """Every example in a docstring prints what it says; `folder` is an empty folder."""
    module = importlib.import_module(name)
    finder = doctest.DocTestFinder(exclude_empty=True)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for place, example in enumerate(finder.find(module, name)):
        folder = tmp_path / str(place)
        folder.mkdir()
        example.globs["folder"] = folder
        runner.run(example)

    assert runner.summarize(verbose=False).failed == 0


@pytest.mark.parametrize("name", ["README.md", "docs/index.md"])
def test_the_example_of_use_runs(name, pytestconfig, tmp_path, monkeypatch, capsys):
    """The first Python block of the page does what its comments say."""
    monkeypatch.chdir(tmp_path)
    block = python_blocks((pytestconfig.rootpath / name).read_text(encoding="utf-8"))[0]

    exec(compile(block, name, "exec"), {})  # noqa: S102 - the documentation's own example

    assert capsys.readouterr().out == "2\ngrace meeting 0.22\nada writing 0.41\n"
    assert (tmp_path / "labels" / "queue.json").exists()


def test_the_readme_conforms_in_five_lines(pytestconfig):
    """The class that the README shows has as many lines as it promises."""
    block = python_blocks((pytestconfig.rootpath / "README.md").read_text(encoding="utf-8"))[1]

    assert len(block.strip().splitlines()) <= 5


def test_the_readmes_suite_can_be_made(pytestconfig, tmp_path, monkeypatch):
    """The class that the README shows can be given to a suite of pytest as it says."""
    _, mine, test_file = python_blocks((pytestconfig.rootpath / "README.md").read_text(encoding="utf-8"))
    (tmp_path / "mine.py").write_text(mine, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    made = {}

    exec(compile(test_file, "README.md", "exec"), made)  # noqa: S102 - the documentation's own example

    del sys.modules["mine"]
    assert made["TestMine"].__doc__ == "A conformance run."


def test_the_example_of_a_run_runs(pytestconfig, capsys):
    """The Python block about the kit prints what its comment says."""
    [block] = python_blocks((pytestconfig.rootpath / "docs" / "reference" / "kit.md").read_text(encoding="utf-8"))

    exec(compile(block, "kit.md", "exec"), {})  # noqa: S102 - the documentation's own example

    assert capsys.readouterr().out == "pass {'core': 'no verdict'}\n"


def test_the_readmes_commands_are_those_of_the_continuous_run(pytestconfig):
    """What the README tells newcomers to install is what is tried before a change lands."""
    commands = re.findall(r"```console\n(python3 .*?)\n```", (pytestconfig.rootpath / "README.md").read_text("utf-8"))

    assert len(commands) == 2
    assert "pip install -e '.[dev]'" in commands[1]
    assert "install --quiet -e '.[dev]'" in (pytestconfig.rootpath / ".ci" / "run").read_text("utf-8")


def test_the_folder_holds_what_it_should(pytestconfig):
    """Nothing lies at the top that a newcomer would have to ask about."""
    ignored = {".git", "site", "dist", "build", "report"}
    found = {p.name for p in Path(pytestconfig.rootpath).iterdir() if p.name not in ignored and "cache" not in p.name}
    expected = {
        ".ci", ".github", ".gitignore", ".hypothesis", ".pre-commit-hooks.yaml", ".venv", "CHANGELOG.md",
        "CITATION.cff", "CONTRIBUTING.md", "LICENSE", "README.md", "conformance",
        "docs", "mkdocs.yml", "pyproject.toml", "src", "tests",
    }  # fmt: skip

    assert found <= expected


def section_of(command, pytestconfig):
    """What the reference says about a command; the options that stand at several commands stand above all."""
    page = (pytestconfig.rootpath / "docs" / "reference" / "command-line.md").read_text("utf-8")
    sections = re.split(r"^## ", page, flags=re.MULTILINE)
    return "".join(text for text in sections if re.match(rf"`labelqueue {command}[ `]", text))


def options_of(command):
    """The long names of the options of a command, and of the commands in it."""
    found = {name for each in command.params for name in each.opts if name.startswith("--")}
    inner = getattr(command, "commands", {}).values()
    return found.union(*map(options_of, inner)) - {"--help", "--install-completion", "--show-completion"}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_reference_has_every_command_and_option(name, pytestconfig):
    """Each command has its section, which names its options and no others."""
    section = section_of(name, pytestconfig)

    assert section
    assert set(re.findall(r"[` ](--[a-z-]+)", section)) == options_of(COMMAND_LINE.get_command(None, name))


def test_the_reference_has_no_command_that_is_gone(pytestconfig):
    """Every section is about a command that there is."""
    page = (pytestconfig.rootpath / "docs" / "reference" / "command-line.md").read_text("utf-8")

    assert set(re.findall(r"^## `labelqueue ([a-z-]+)", page, flags=re.MULTILINE)) == set(COMMANDS)


def shown_commands(root):
    """Every command of ours that a block of a page shows, with its page."""
    return [
        (f"{path.relative_to(root)}: {line}", shlex.split(line))
        for pattern in PAGES
        for path in sorted(root.glob(pattern))
        for block in re.findall(r"^```console\n(.*?)^```", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
        for line in re.findall(r"^(?:\$ )?labelqueue (.*)$", block, flags=re.MULTILINE)
    ]


def mistake_in(arguments):
    """What is wrong with a command line, which is read and not run; `None` where nothing is."""
    name, *rest = arguments
    try:
        COMMAND_LINE.get_command(None, name).make_context(name, rest, resilient_parsing=False)
    except Exception as error:  # noqa: BLE001 - of whatever class the mistake is, it is told
        return f"{type(error).__name__}: {error}"
    return None


def test_every_command_that_is_shown_can_be_given(pytestconfig):
    """No page shows a command or an option that there is not."""
    shown = shown_commands(pytestconfig.rootpath)

    assert {where: mistake for where, each in shown if (mistake := mistake_in(each))} == {}
    assert len(shown) >= 40
    assert "No such option" in str(mistake_in(["conform", "--frobnicate"]))


def test_every_public_name_of_the_kit_is_in_the_reference(pytestconfig):
    """What `labelqueue.conformance` exports is described in the reference, where it is defined."""
    reference = pytestconfig.rootpath / "docs" / "reference"
    text = "".join((reference / name).read_text("utf-8") for name in ("kit.md", "cases.md"))
    where = {name: getattr(labelqueue.conformance, name).__module__ for name in labelqueue.conformance.__all__}

    assert [name for name, module in where.items() if f"::: {module}.{name}\n" not in text + "\n"] == []
