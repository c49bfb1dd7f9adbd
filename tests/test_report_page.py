"""The report's page in a real browser: phone, keyboard, no colour, no network."""

from __future__ import annotations

import json

import pytest

from contrast import CONTRAST
from labelqueue.conformance.reports.renderers import html, write_text
from labelqueue.conformance.reports.report import report_of
from reports import report


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Where the page lies."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_text(path, html(report_of(json.loads(json.dumps(report())), "x")))
    return path.as_uri()


@pytest.fixture
def page(browser, address):
    """The page on a screen; what it asked for and complained about is noted."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.asked, opened.complaints = [], []
    opened.on("request", lambda request: opened.asked.append(request.url))
    opened.on("console", lambda message: opened.complaints.append(message.text))
    opened.on("pageerror", lambda error: opened.complaints.append(str(error)))
    opened.goto(address)
    yield opened
    opened.close()


def shown(page):
    return page.locator(".requirement:visible").evaluate_all("all => all.map(one => one.id)")


def test_it_is_whole_without_a_network(page, address):
    """Nothing but the file itself is loaded, and the browser has nothing to complain about."""
    assert [url for url in page.asked if not url.startswith("data:")] == [address]
    assert page.complaints == []
    assert page.title() == "mine:<Queue> · labelqueue report"


def test_it_filters_by_outcome_and_area(page):
    """Unticked outcomes and other areas disappear, and the number that is shown is said."""
    page.get_by_role("checkbox", name="pass").uncheck()
    page.get_by_role("combobox", name="Area").select_option("CAP")

    assert shown(page) == ["CAP-3", "CAP-4", "CAP-5"]
    assert page.locator("output").inner_text() == "3 of 10 shown"


def test_it_can_be_used_by_keyboard(page):
    """Tab reaches the filter and the requirements; space and return work them."""
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert "REQ-1" not in shown(page)
    page.keyboard.press("Space")
    page.locator("#REQ-1 summary").focus()
    page.keyboard.press("Enter")

    assert page.locator("#REQ-1").get_attribute("open") is not None
    assert page.locator("#REQ-1 .body").is_visible()


def test_a_failure_shows_expected_beside_got(page):
    """The steps are a table; the last one has what was expected beside what came back."""
    cells = page.locator("#CAP-3 .steps tr.last td").all_inner_texts()
    boxes = [cell.bounding_box() for cell in page.locator("#CAP-3 .steps tr.last td").all()]

    assert [cell.replace("\n", "").replace(" ", "") for cell in cells] == [
        "3",
        "get_pending()",
        "[]",
        '[{"user_id":"<script>alert(1)</script>"}]',
    ]
    assert boxes[2]["y"] == boxes[3]["y"]
    assert boxes[2]["x"] < boxes[3]["x"]


def test_a_history_is_drawn_and_told(page):
    """Each call is a box in the lane of its client, and a line in words."""
    assert page.locator("#SHARE-3 svg rect").count() == 3
    assert page.locator("#SHARE-3 .calls tbody tr").all_inner_texts() == [
        "1\tprocess 1\tenqueue_drift(ada 09:00)\t1",
        "2\tprocess 2\tenqueue_drift(ada 09:00)\t1",
        "3\tprocess 1\tmark_done(<id of request 0>)\tnever returned",
    ]


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_the_screen(browser, address, width, scheme):
    """Nothing is wider than the screen, and text stands out from its ground, whatever the scheme."""
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.goto(address)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")

    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(CONTRAST) >= 4.5
    page.close()


def test_outcomes_are_words_and_not_only_colours(page):
    """Each outcome is written beside its mark."""
    assert page.locator("#REQ-1 .outcome").inner_text() == "✓ pass"
    assert page.locator("#CAP-3 .outcome").inner_text() == "✗ fail"
    assert page.locator(".verdicts li").first.inner_text() == "core\n✗ not conformant"


def test_without_scripts_everything_is_there(browser, address):
    """Where scripts are off there is no filter, and every requirement is shown."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)

    assert page.locator("form").is_hidden()
    assert page.locator(".requirement:visible").count() == 10
    context.close()
