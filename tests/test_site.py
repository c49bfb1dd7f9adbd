"""The built site: every link leads somewhere, and a real browser has nothing to complain about."""

from __future__ import annotations

import fcntl
import functools
import inspect
import os
import subprocess
import sys
import threading
import zlib
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest
import yaml

import labelqueue
import labelqueue.conformance
import labelqueue.spec
import labelqueue.sql
from contrast import CONTRAST
from labelqueue.spec import REQUIREMENTS

PHONE, DESK = 390, 1280
VOID = {"href": ("a", "link", "area"), "src": ("img", "script", "source", "iframe")}
LOADED = ("link", "img", "script", "source", "iframe")


class Page(HTMLParser):
    """The anchors and links of a page."""

    def __init__(self, path):
        super().__init__()
        self.anchors, self.links, self.loaded = {""}, [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.anchors |= {found[name] for name in ("id", "name") if found.get(name)}
        for name, tags in VOID.items():
            if tag in tags and found.get(name):
                self.links.append(found[name])
                self.loaded += [found[name]] if tag in LOADED else []


@pytest.fixture(scope="session")
def site(tmp_path_factory, pytestconfig):
    """The site, built strictly, and once for all workers: a bad link or anchor in Markdown ends it."""
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared
    folder, built = shared / "site", shared / "site-is-built"
    with (shared / "site-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not built.exists():
            done = subprocess.run(
                [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
                cwd=pytestconfig.rootpath,
                env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            built.touch()
    return folder


@pytest.fixture(scope="session")
def pages(site):
    """Every page by its address."""
    return {path.relative_to(site).as_posix(): Page(path) for path in sorted(site.rglob("*.html"))}


class Quiet(SimpleHTTPRequestHandler):
    """Serves files, and says nothing."""

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address(site):
    """Where the site is served."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=site))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def opened(browser, address):
    """Open pages; what they ask for elsewhere and complain about is noted."""
    windows = []

    def open_(name, width=DESK, scheme="light"):
        page = browser.new_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
        windows.append(page)
        page.asked, page.complaints = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(address + name)
        return page

    yield open_
    for page in windows:
        page.close()


def elsewhere(page, address):
    return [url for url in page.asked if not url.startswith((address, "data:", "blob:"))]


def dead_links(pages, site):
    for name, page in pages.items():
        for link in page.links:
            whole, anchor = urldefrag(urljoin(f"http://site/{name}", link))
            parts = urlsplit(whole)
            if parts.netloc != "site" or parts.scheme != "http":
                continue
            target = unquote(parts.path).lstrip("/") or "index.html"
            if (target not in pages and not (site / target).is_file()) or (
                target in pages and unquote(anchor) not in pages[target].anchors
            ):
                yield name, link


def test_every_internal_link_and_anchor_is_there(pages, site):
    """Links in raw HTML, in what is generated from docstrings, and in the navigation lead somewhere."""
    assert len(pages) > 40
    assert list(dead_links(pages, site)) == []


def test_nothing_is_loaded_from_elsewhere(pages):
    """No script, style, image or frame has an address of its own host."""
    assert [(name, url) for name, page in pages.items() for url in page.loaded if urlsplit(url).netloc] == []


def test_every_page_is_in_the_navigation(pages, site):
    """A page that nobody can come to is not there, and `llms.txt` has each of them once."""
    listed = [line.partition("](")[2].partition(")")[0] for line in (site / "llms.txt").read_text("utf-8").splitlines()]

    assert sorted(name for name in listed if name) == sorted(pages.keys() - {"404.html"})


@pytest.mark.parametrize("package", [labelqueue, labelqueue.sql, labelqueue.spec, labelqueue.conformance])
def test_every_public_name_is_in_the_reference(site, package):
    """What a package exports is on a page of the reference, where it can be linked to."""
    inventory = zlib.decompress((site / "objects.inv").read_bytes().split(b"\n", 4)[4]).decode()
    places = {line.split()[0]: line.split()[3] for line in inventory.splitlines() if line.startswith("labelqueue")}
    documented = {name.rpartition(".")[2] for name, place in places.items() if place.startswith("reference/")}

    assert [name for name in package.__all__ if name not in documented] == []


def calls_of(package):
    """Every function that a package exports, and every method of the queues among its classes."""
    for name in package.__all__:
        thing = getattr(package, name)
        if inspect.isfunction(thing):
            yield name, thing
        elif name in ("ActiveLabelingQueue", "SqlLabelingQueue"):
            yield from ((f"{name}.{each}", call) for each, call in inspect.getmembers(thing, inspect.isfunction))


@pytest.mark.parametrize(
    ("name", "call"),
    [
        (name, call)
        for package in (labelqueue, labelqueue.sql)
        for name, call in calls_of(package)
        if not name.rpartition(".")[2].startswith("_")
    ],
)
def test_a_call_is_described_whole(name, call):
    """Its arguments, what it returns and raises, and an example that runs stand in its docstring."""
    text = inspect.getdoc(call) or ""
    returns = inspect.signature(call).return_annotation not in (None, "None")
    expected = ["Args:", "Raises:", "Examples:", ">>> "] + ["Returns:"] * returns

    assert [part for part in expected if part not in text] == [], name


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_a_requirement_is_whole(site, name):
    """It has an anchor, source, cases or the reason for none, and mutants, and its row on the matrix leads there."""
    path = f"specification/{REQUIREMENTS[name].module.rpartition('.')[2]}.html"
    section = (site / path).read_text("utf-8").partition(f'<h2 id="{name}">')[2].partition("<h2 id=")[0]
    expected = ["MUST", "Source code in", "Profile: ", "Source: ", "ases", "Mutants that this requirement must kill"]

    assert [part for part in expected if part not in section] == []
    assert f'href="../{path}#{name}"' in (site / "conformance" / "index.html").read_text("utf-8")


@pytest.mark.parametrize("name", ["CAP-3", "IN-4", "SHARE-3"])
def test_search_finds_a_requirement_by_its_id(opened, address, name):
    """Its section is the first that is listed, and nothing is asked of anybody else."""
    page = opened("index.html")
    page.locator(".md-search__input").click()
    page.keyboard.type(name)
    # The list changes with every key: it is waited for, and a wrong one ends the test.
    page.wait_for_function(FIRST_SECTION_IS, arg=f"#{name}")

    assert elsewhere(page, address) == []
    assert page.complaints == []


def test_search_bears_every_digit(opened):
    """Lunr loses its way in some lists of numbers; a page with many of them is then left out of the search."""
    page = opened("index.html")
    page.locator(".md-search__input").click()
    for digit in "123456789":
        page.fill(".md-search__input", "")
        page.keyboard.type(digit)
        page.wait_for_function("document.querySelectorAll('.md-search-result__link').length > 0")

    assert page.complaints == []


def test_light_and_dark(opened):
    """The system's choice is followed, and the button changes it."""
    dark, light = opened("index.html", scheme="dark"), opened("index.html", scheme="light")
    schemes = [page.locator("body").get_attribute("data-md-color-scheme") for page in (dark, light)]
    light.locator("label[title='Switch to dark']").click()

    assert schemes == ["slate", "default"]
    assert light.locator("body").get_attribute("data-md-color-scheme") == "slate"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["index.html", "conformance/index.html", "specification/cap.html"])
def test_text_stands_out(opened, name, scheme):
    """What is to be read has a contrast of at least 4.5 with its ground, whatever the scheme."""
    page = opened(name, PHONE, scheme)
    page.add_style_tag(content=".headerlink, .md-clipboard, .md-code__nav { display: none !important }")

    assert page.evaluate(CONTRAST.replace("body *", "article *")) >= 4.5


def test_no_page_scrolls_sideways(opened, address, pages):
    """Neither a page nor a table on it is wider than a phone or a screen, and no page complains or asks elsewhere."""
    from playwright.sync_api import TimeoutError as NeverError  # noqa: PLC0415 - there where a browser is

    page = opened("index.html")
    # Every page makes the index of its search, which takes longer than all else and shows nothing.
    page.route("**/search_index.json", lambda route: route.fulfill(json=NOTHING_TO_FIND))
    wide = []
    for name in sorted(pages.keys() - {"404.html"}):
        page.goto(address + name)
        for width in (PHONE, DESK):
            page.set_viewport_size({"width": width, "height": 844})
            try:  # the page is laid out anew for the width, at its own pace
                page.wait_for_function(f"!({WIDER})()", timeout=10_000)
            except NeverError:
                wide.append((name, width))

    assert wide == []
    assert elsewhere(page, address) == []
    assert page.complaints == []


FIRST_SECTION_IS = """(anchor) => {
  const links = [...document.querySelectorAll('.md-search-result__link')].map((one) => one.href);
  return (links.find((link) => link.includes('#')) || '').endsWith(anchor);
}"""


NOTHING_TO_FIND = {"config": {"lang": ["en"], "separator": " ", "pipeline": [], "fields": {}}, "docs": []}
WIDER = """() => {
  const root = document.documentElement;
  const tables = [...document.querySelectorAll('.md-typeset__scrollwrap')];
  return root.scrollWidth > root.clientWidth || tables.some((one) => one.scrollWidth > one.clientWidth + 1);
}"""


def test_the_navigation_names_what_there_is(pytestconfig):
    """The sections are those that a reader looks for."""
    text = (pytestconfig.rootpath / "mkdocs.yml").read_text(encoding="utf-8")
    sections = [name for entry in yaml.safe_load(text)["nav"] for name in entry]

    assert sections == [
        "Home", "Tutorial", "How to", "Specification", "Conformance", "Explanation", "Reference", "Changelog",
    ]  # fmt: skip
