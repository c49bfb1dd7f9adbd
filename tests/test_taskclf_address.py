"""The address that users of taskclf know: ours alone, theirs wherever taskclf is installed."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import zipfile

import pytest

WHERE = "from taskclf.labels.queue import ActiveLabelingQueue as Q, LabelRequest; print(Q.__module__)"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory, pytestconfig):
    """The wheel of this checkout, built without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [
            sys.executable,
            "-m",
            "build",
            "--wheel",
            "--no-isolation",
            "--outdir",
            str(folder),
            str(pytestconfig.rootpath),
        ],
        check=True,
        capture_output=True,
    )
    [found] = folder.glob("*.whl")
    return found


@pytest.fixture
def site(wheel, tmp_path):
    """A folder into which the wheel was installed, as `site-packages` would hold it."""
    folder = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def stand_in(folder):
    """Put a regular package of that name into a folder, as taskclf would be."""
    package = folder / "taskclf" / "labels"
    package.mkdir(parents=True)
    (folder / "taskclf" / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "queue.py").write_text("class ActiveLabelingQueue: ...\nclass LabelRequest: ...\n")


def module_in(site, *path):
    """Import from the address where only these folders, and the dependencies, are on the path."""
    program = "; ".join(
        [
            "import site, sys",
            f"sys.path[:0] = {[str(folder) for folder in path]!r}",
            f"site.addsitedir({str(site)!r})",
            f"sys.path.append({sysconfig.get_paths()['purelib']!r})",
            WHERE,
        ]
    )
    done = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_address_is_there_after_an_editable_installation():
    """In the environment of these tests the address leads to the canonical queue."""
    done = subprocess.run([sys.executable, "-c", WHERE], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "labelqueue.queue"


def test_the_address_is_there_after_installing_the_wheel(site):
    """Installed alone, the wheel answers at the address."""
    assert module_in(site) == "labelqueue.queue"


def test_the_wheel_ships_no_file_of_taskclf(wheel):
    """Nothing of the wheel lies where taskclf's own files lie."""
    names = zipfile.ZipFile(wheel).namelist()

    assert [name for name in names if name.startswith("taskclf/")] == []
    assert "labelqueue.pth" in names
    assert "labelqueue/py.typed" in names
    assert "labelqueue/conformance/data/schema/case.schema.json" in names


def test_an_installed_taskclf_wins_beside_us(site):
    """A regular package of that name in the same folder is the one that is imported."""
    stand_in(site)

    assert module_in(site) == "taskclf.labels.queue"


def test_an_installed_taskclf_wins_before_us(site, tmp_path):
    """So is one in a folder earlier on the path."""
    stand_in(tmp_path / "earlier")

    assert module_in(site, tmp_path / "earlier") == "taskclf.labels.queue"


def test_an_installed_taskclf_wins_behind_us(site, tmp_path):
    """So is one in a folder later on the path than ours."""
    stand_in(tmp_path / "later")
    (site / "zz_later.pth").write_text(f"{tmp_path / 'later'}\n")

    assert module_in(site) == "taskclf.labels.queue"
