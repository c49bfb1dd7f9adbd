"""The page of the mutants that outlive the kit speaks of the code as it is, and counts what it lists."""

from __future__ import annotations

import re
from collections import Counter

import pytest

PAGE = "docs/conformance/survivors.md"
LISTED = re.compile(r"^`(\w+)\.py`.*?\n\n```diff\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
ROW = re.compile(r"^\| `?(\w+)`? \| (\d+) \| (\d+) \| (\d+) \|$", flags=re.MULTILINE)


@pytest.fixture(scope="module")
def text(pytestconfig):
    return (pytestconfig.rootpath / PAGE).read_text(encoding="utf-8")


def lines_of(block, sign):
    return [line[1:] for line in block.splitlines() if line.startswith(sign)]


def test_what_a_mutant_was_made_of_is_in_the_code(text, pytestconfig):
    """Each original line stands in its module, so that a changed line shows what has to be measured anew."""
    strange = []
    for module, block in LISTED.findall(text):
        source = (pytestconfig.rootpath / f"src/labelqueue/{module}.py").read_text(encoding="utf-8")
        strange += [(module, line) for line in lines_of(block, "-") if f"{line}\n" not in source]

    assert strange == []


def test_the_table_counts_what_is_listed(text):
    """The mutants that lived are those that are listed, in each module and in all."""
    listed = Counter()
    for module, block in LISTED.findall(text):
        listed[module] += len(lines_of(block, "+"))
    *rows, (total, *sums) = [(name, *map(int, numbers)) for name, *numbers in ROW.findall(text)]

    assert {name: lived for name, _, _, lived in rows if lived} == listed
    assert all(mutants == killed + lived for _, mutants, killed, lived in rows)
    assert (total, sums) == ("all", [sum(row[place] for row in rows) for place in (1, 2, 3)])


def test_each_part_counts_what_it_lists(text):
    """The number below a heading is that of the mutants in its part."""
    parts = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    said = [int(re.search(r"^(\d+) mutants?\.", part, flags=re.MULTILINE)[1]) for part in parts]

    assert parts
    assert said == [sum(len(lines_of(block, "+")) for _, block in LISTED.findall(part)) for part in parts]
