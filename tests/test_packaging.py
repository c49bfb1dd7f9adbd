"""What is packed: the source distribution, the wheel that is built from it, and what tells about them."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile

import pytest
import yaml

import labelqueue


@pytest.fixture(scope="module")
def packed(tmp_path_factory, pytestconfig):
    """The source distribution, and the wheel that is built from it, made without the network."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, pytestconfig.rootpath]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def metadata(packed):
    """What the wheel says of itself, line by line."""
    with zipfile.ZipFile(next(packed.glob("*.whl"))) as wheel:
        name = next(each for each in wheel.namelist() if each.endswith(".dist-info/METADATA"))
        return wheel.read(name).decode("utf-8").splitlines()


def files_in(root, *folders):
    """Every file of some folders of the checkout, but for what Python compiled."""
    paths = [path for folder in folders for path in (root / folder).rglob("*") if path.is_file()]
    return {path.relative_to(root).as_posix() for path in paths if "__pycache__" not in path.parts}


def test_the_wheel_has_everything(packed, pytestconfig):
    """The package, its data, its types, its template and the plugin are in the wheel; the tests are not."""
    names = set(zipfile.ZipFile(next(packed.glob("*.whl"))).namelist())
    sources = {name.removeprefix("src/") for name in files_in(pytestconfig.rootpath, "src")}
    data = {
        f"labelqueue/{name.replace('conformance', 'conformance/data', 1)}"
        for name in files_in(pytestconfig.rootpath, "conformance")
    }

    # The path to the address stands at the top, where Python looks for it.
    assert sources - {"labelqueue/taskclf_address/labelqueue.pth"} <= names
    assert data <= names
    assert {"labelqueue/py.typed", "labelqueue_pytest/py.typed", "labelqueue.pth"} <= names
    assert [name for name in names if name.startswith(("tests/", "docs/"))] == []


def test_the_source_distribution_can_be_worked_on(packed, pytestconfig):
    """Tests, pages and what tells how to contribute are in it."""
    with tarfile.open(next(packed.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    single = {"README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "CITATION.cff", "mkdocs.yml", "pyproject.toml"}
    assert single | files_in(pytestconfig.rootpath, "tests", "docs", "src", "conformance", ".github") <= names


def test_what_the_wheel_says_of_itself(metadata):
    """Name, licence, Python, readme and extras are told."""
    assert {
        "Name: labelqueue",
        "License-Expression: MIT",
        "Requires-Python: >=3.11",
        "Description-Content-Type: text/markdown",
        "Author: The labelqueue authors",
    } <= set(metadata)
    assert {line.partition(": ")[2] for line in metadata if line.startswith("Provides-Extra: ")} >= {
        "kit", "sql", "postgres", "parquet",
    }  # fmt: skip


def test_no_version_is_locked(metadata):
    """Every dependency has a lower and an upper bound, and none a single version."""
    required = [line.partition(": ")[2] for line in metadata if line.startswith("Requires-Dist: ")]
    others = [line for line in required if not line.startswith("labelqueue[")]

    assert [line for line in others if not re.search(r"<\d", line) or not re.search(r">=\d", line)] == []


def test_the_citation_is_of_this_version(pytestconfig):
    """`CITATION.cff` names the version, the licence and the title of the package."""
    root = pytestconfig.rootpath
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    citation = yaml.safe_load((root / "CITATION.cff").read_text("utf-8"))

    assert [citation[name] for name in ("cff-version", "type", "title", "version", "license")] == [
        "1.2.0", "software", project["name"], project["version"], project["license"],
    ]  # fmt: skip
    assert citation["authors"] == project["authors"]


def test_contributing_leads_somewhere(pytestconfig):
    """Every page and file that CONTRIBUTING.md and the templates name is there."""
    root = pytestconfig.rootpath
    text = (root / "CONTRIBUTING.md").read_text("utf-8")
    named = re.findall(r"\]\(([^)#]+)\)|`((?:src|tests|docs|conformance)/[\w/.-]+)`", text)
    titles = re.findall(r"\*(A requirement is disputed)\*", text)
    templates = [path.read_text("utf-8") for path in sorted((root / ".github" / "ISSUE_TEMPLATE").glob("*.md"))]

    assert [each for pair in named for each in pair if each and not (root / each).exists()] == []
    assert len(templates) == 3
    assert [title for title in titles if not any(f"name: {title}\n" in each for each in templates)] == []


def test_python_m_is_the_command(tmp_path):
    """`python -m labelqueue` is the command line, from any folder."""
    done = subprocess.run(
        [sys.executable, "-m", "labelqueue", "list"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0
    assert "CAP-3" in done.stdout
    assert labelqueue.__doc__
