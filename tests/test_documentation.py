"""What the documentation shows, runs."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import labelqueue

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
        ".ci", ".gitignore", ".hypothesis", ".pre-commit-hooks.yaml", ".venv", "CHANGELOG.md", "LICENSE", "README.md",
        "conformance", "docs", "mkdocs.yml", "pyproject.toml", "src", "tests",
    }  # fmt: skip

    assert found <= expected
