"""The architecture: imports point down, and the judge knows no implementation."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import labelqueue

ROOT = Path(labelqueue.__file__).parent
PARTS = {"batch", "canonical", "chunks", "document", "file", "frame", "ledger", "loading", "lock", "rows"}
# Bottom first: a module may import what stands in its own line or in one above it.
LAYERS = [
    {"lazy", "progress"},
    {"arguments", "instant", "contract", "errors", "request"},
    {"explanation", "bucket", "exchange"},
    PARTS,
    {"queue", "sql"},
    {"spec"},
    {"conformance"},
    {"check", "bench"},
    {"cli"},
    {"__init__", "__main__"},
]
IMPLEMENTATION = {*PARTS, "queue", "sql"}
MODULES = sorted(path for path in ROOT.rglob("*.py") if "taskclf_address" not in path.parts)


def top(module):
    """The layer that a module of the package belongs to."""
    return module.split(".")[1] if "." in module else "__init__"


def imported(path):
    """Every module of the package that a file imports, with what it takes from it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "labelqueue":
            yield from ([node.module] if node.module != "labelqueue" else [f"labelqueue.{a.name}" for a in node.names])
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.split(".")[0] == "labelqueue")


def layer(name):
    return next(place for place, names in enumerate(LAYERS) if name in names)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path):
    """No module imports from a layer above its own."""
    own = path.relative_to(ROOT).parts[0].removesuffix(".py")
    above = [name for name in imported(path) if layer(top(name)) > layer(own) and own != "__init__"]

    assert above == []


@pytest.mark.parametrize(
    "path", [p for p in MODULES if {"spec", "conformance"} & set(p.parts)], ids=lambda path: str(path.relative_to(ROOT))
)
def test_the_judge_knows_no_implementation(path):
    """Neither the specification nor the kit imports any part of the canonical queue."""
    assert [name for name in imported(path) if top(name) in IMPLEMENTATION | {"ActiveLabelingQueue"}] == []


def test_importing_the_package_is_light():
    """All of the package's face loads pydantic, and none of the libraries that only some need."""
    heavy = [
        "filelock",
        "pandas",
        "numpy",
        "narwhals",
        "polars",
        "pyarrow",
        "hypothesis",
        "pytest",
        "sqlalchemy",
        "rich",
        "typer",
        "jsonschema",
    ]
    program = f"import sys; from labelqueue import *; print([name for name in {heavy!r} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_importing_loads_what_is_asked_for():
    """`import labelqueue` alone, and its errors, load not even pydantic."""
    program = "import sys, labelqueue; labelqueue.InvalidInputError; print('pydantic' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


def test_the_face_of_the_package_is_there():
    """Every name is offered, shown and found; another is an attribute that is not there."""
    names = labelqueue.__all__

    assert [name for name in names if not hasattr(labelqueue, name)] == []
    assert set(names) <= set(dir(labelqueue))
    assert set(names) == set(labelqueue._WHERE)
    with pytest.raises(AttributeError, match="module 'labelqueue' has no attribute 'Absent'"):
        labelqueue.Absent  # noqa: B018 - looking is what fails


def is_folder_alone(module):
    """Whether a package says what its modules are, and holds nothing itself."""
    path = ROOT.joinpath(*module.name.split(".")[1:], "__init__.py")
    return module.ispkg and len(ast.parse(path.read_text(encoding="utf-8")).body) == 1


# Mutants are reached through the shelf, and the address is a module of two names.
OFFERING = sorted(
    module.name
    for module in pkgutil.walk_packages([str(ROOT)], "labelqueue.")
    if "mutants." not in module.name and "taskclf_address" not in module.name and not is_folder_alone(module)
)


@pytest.mark.parametrize("name", OFFERING)
def test_all_is_sorted_and_there(name):
    """Every module that others import from says what it offers, in order, and offers it."""
    module = importlib.import_module(name)
    names = module.__all__

    assert sorted(names, key=lambda n: (not n.isupper(), not n[0].isupper(), n)) == list(names)
    assert [n for n in names if not hasattr(module, n)] == []


def test_mutation_testing_changes_all_of_the_canonical_queue():
    """Every module that only the queue is made of is listed; names, errors and the contract's words are not."""
    listed = tomllib.loads((Path(__file__).parent / "mutation.toml").read_text(encoding="utf-8"))
    named = {Path(path).stem for path in listed["cosmic-ray"]["module-path"]}

    assert named == {*PARTS, "arguments", "instant", "queue", "request"}
