"""What a reader meets on every page with a figure, with no network but the site itself.

With BOOK_SCREENSHOTS set to a folder, every page is also pictured there, in every look.
"""

import functools
import http.server
import re
import threading

import pytest
from axe_playwright_python.sync_playwright import Axe
from working import figure_of, kinds, picture, stored_states

from tools.stored import ROOT, notebook_paths, read

LOOKS = {
    "wide": {"width": 1200},
    "dark": {"width": 1200, "dark": True},
    "390": {"width": 390},
    "320 dark": {"width": 320, "dark": True},
}
QUICKLY = {"preload": False, "resultTypes": ["violations"]}  # what is in order is not described


def states_of(path):
    """The kinds and states of a notebook's figures, as they are stored."""
    outputs = (output for cell in read(path).cells for output in cell.get("outputs", []))
    return [
        s for output in outputs for s in stored_states(output.get("data", {}).get("text/html", ""))
    ]


NOTEBOOKS = {str(p.relative_to(ROOT).with_suffix("")): states_of(p) for p in notebook_paths()}
PAGES = {page: states for page, states in NOTEBOOKS.items() if states}
TEXTS = ["intro", "bibliography", *(f"appendices/{p.stem}" for p in ROOT.glob("appendices/*.md"))]


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files, and says nothing."""

    def log_message(self, *_):
        """Not a word."""


@pytest.fixture(scope="module")
def address(site):
    serve = functools.partial(Quiet, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def visit(browser, address):
    """`visit(page)` opens it; nobody else may be asked for anything, and nothing may complain."""
    foreign, complaints = [], []

    def refuse(route):
        foreign.append(route.request.url)
        route.abort()

    def hear(message):
        if message.type in ("error", "warning"):
            complaints.append(f"{message.text} {message.location['url']}")

    def open_page(name, width=1200, dark=False, javascript=True):
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            java_script_enabled=javascript,
        )
        context.route(re.compile(f"^(?!{re.escape(address)})"), refuse)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("console", hear)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{address}{name}.html")
        return page

    yield open_page
    for context in browser.contexts:
        context.close()
    assert foreign == []
    assert complaints == []


def homes(page):
    return page.locator("figure.aw-figure").all()


def test_all_kinds_on_pages_are_worked_here():
    assert {kind for states in PAGES.values() for kind, _ in states} <= set(kinds())


@pytest.mark.parametrize("name", PAGES)
def test_what_is_done_in_a_figure_changes_its_numbers_as_the_class_says(visit, name):
    page = visit(name)
    there = [home.get_attribute("data-figure") for home in homes(page)]
    assert there == [kind for kind, _ in PAGES[name]]
    assert page.locator(".aw-static").count() == 0
    for home, (kind, state) in zip(homes(page), PAGES[name], strict=True):
        work(home, kind, state)


def work(home, kind, state):
    figure = kinds()[kind]
    seen = [figure.shown(home)]
    assert seen == [figure.due(figure_of(kind, state))]
    for changed in figure.act(home, state):
        state = state | changed
        seen.append(figure.shown(home))
        assert seen[-1] == figure.due(figure_of(kind, state)), changed
    assert len({str(numbers) for numbers in seen}) > 2


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_in_every_look_a_worked_page_stays_in_order(visit, name, look):
    page = visit(name, **LOOKS[look])
    for home, (kind, state) in zip(homes(page), PAGES[name], strict=True):
        for _ in kinds()[kind].act(home, state):
            assert home.evaluate("(figure) => figure.scrollWidth <= figure.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= LOOKS[look]["width"]
    theme = page.evaluate("document.documentElement.dataset.theme")
    assert theme == ("dark" if LOOKS[look].get("dark") else "light")
    found = Axe().run(page, context=".aw-figure", options=QUICKLY)
    serious = [v for v in found.response["violations"] if v["impact"] in ("serious", "critical")]
    assert serious == []
    picture(page, f"{name} {look}", full_page=True)


@pytest.mark.parametrize("name", PAGES)
def test_without_javascript_each_figure_is_a_picture_and_its_numbers(visit, name):
    page = visit(name, javascript=False)
    for home, (kind, state) in zip(homes(page), PAGES[name], strict=True):
        still = home.locator("svg[role=img], table, details").first
        assert still.bounding_box()["height"] > 20
        words = figure_of(kind, state).in_words
        numbers = set(re.findall(r"−?\d+(?:\.\d+)?", words))
        assert numbers <= set(re.findall(r"−?\d+(?:\.\d+)?", home.inner_text()))
        assert numbers or kind == "quiz"
    assert page.evaluate("document.documentElement.scrollWidth") <= 1200
    picture(page, f"{name} without JavaScript", full_page=True)


def test_a_page_without_a_figure_fits_a_telephone_too(visit):
    for name in [*TEXTS, *(NOTEBOOKS.keys() - PAGES.keys())]:
        page = visit(name, width=320)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, name
        page.context.close()
