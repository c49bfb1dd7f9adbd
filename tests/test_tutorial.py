"""The tutorial, followed word for word."""

from __future__ import annotations

import pages


def test_your_first_queue(tmp_path):
    """A newcomer sees what the page shows, from the first command to the last."""
    shown, real = pages.follow(pages.page("tutorial/your-first-queue.md"), tmp_path / "first", today=True)

    assert "\n".join(real) == "\n".join(shown)
    assert len(shown) == 7


def test_conform_your_own_queue(tmp_path):
    """A newcomer sees each failure as it is shown, and at the end a queue that conforms to core."""
    shown, real = pages.follow(pages.page("tutorial/conform-your-own-queue.md"), tmp_path / "own")

    assert "\n".join(real) == "\n".join(shown)
    assert len(shown) == 13
    assert "core: conformant" in real[-2].splitlines()


def test_what_is_installed_is_what_the_readme_says():
    """The tutorial's first command is the README's, without the examination."""
    command = "python3 -m venv .venv && .venv/bin/pip install -e '.[kit]'"

    assert command in pages.page("tutorial/your-first-queue.md")
    assert command in (pages.ROOT / "README.md").read_text(encoding="utf-8")
