"""The distribution sculptor: module, class and the library's sampler agree; the order matters."""

import itertools

import numpy as np
import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from node import ask

from minigpt.errors import FigureError
from minigpt.figures import DistributionSculptor
from minigpt.sampling import Sampler

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
rng = np.random.default_rng(16)
LOGITS = -np.sort(-2 * rng.normal(size=(2, 60)), axis=1)
RIGHT = rng.random((2, 60)) < 0.4
LABELS = [[f"one {i}" for i in range(5)], [f"two {i}" for i in range(7)]]
PAPER = np.log([[0.4, 0.3, 0.2, 0.08, 0.02]])


def sculptor(**settings):
    return DistributionSculptor(["one", "two"], LABELS, LOGITS, RIGHT, **settings)


def paper(**settings):
    words = [["bread", "soup", "cheese", "mice"]]
    right = [[True, True, False, True, False]]
    return DistributionSculptor(["they had"], words, PAPER, right, **settings)


def there(figure, expression):
    return ask("distribution_sculptor", expression, state=figure.state)


SETTINGS = [
    {},
    {"temperature": 0.3, "top_k": 9},
    {"temperature": 2.5, "top_p": 0.8, "place": 1},
    {"min_p": 0.1, "top_p": 0.7, "top_k": 6, "temperature": 1.7},
]


@pytest.mark.parametrize(("settings", "order"), list(itertools.product(SETTINGS, range(3))))
def test_module_and_class_agree(settings, order):
    figure = sculptor(order=order, **settings)
    np.testing.assert_allclose(
        there(figure, "sharesOf(state)"), figure.sculpted, rtol=0, atol=1e-12
    )
    np.testing.assert_allclose(there(figure, "countsOf(state)"), figure.counts, rtol=0, atol=1e-12)
    assert there(figure, "wordsOf(state)") == figure.summary
    rows = there(figure, "rowsOf(state)")
    assert [row["label"] for row in rows] == [row[0] for row in figure._rows]
    shares = [row[1:3] for row in figure._rows]
    np.testing.assert_allclose([row["shares"] for row in rows], shares, rtol=0, atol=1e-12)
    np.testing.assert_allclose(np.sum(shares, axis=0), 1)


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_first_order_is_the_librarys(settings):
    figure = sculptor(**settings)
    chosen = {
        name: settings[name]
        for name in ("temperature", "top_k", "top_p", "min_p")
        if name in settings
    }
    logits = torch.tensor(LOGITS[[figure.place]])
    expected = Sampler(**chosen).distribution(logits, torch.zeros(1, 1, dtype=torch.int64))
    np.testing.assert_allclose(figure.sculpted[1], expected[0].numpy(), rtol=0, atol=1e-12)


def test_on_paper():
    assert paper(top_k=2).sculpted[1].tolist() == pytest.approx([4 / 7, 3 / 7, 0, 0, 0])
    assert paper(top_p=0.8).counts[:3] == [3, 2, pytest.approx(2 / 9)]
    assert paper(top_k=3, top_p=0.75).counts[0] == 2
    assert paper(top_k=3, top_p=0.75, order=2).counts[0] == 3
    assert paper(temperature=2, top_p=0.65).counts[0] == 3
    assert paper(temperature=2, top_p=0.65, order=1).counts[0] == 2
    assert paper().summary == (
        "5 of 5 tokens stay: 3 right ones of 3, and 2 wrong ones, whose share is 0.220. 40 draws like "
        "this are all right with 0.00. Entropy 1.92 bits."
    )
    assert "cheese: 0.200, then 0.222 wrong." in paper(top_p=0.8).in_words
    assert "1 others" in paper().picture


BAD = [
    (lambda: DistributionSculptor(["a"], [["b"]], LOGITS, RIGHT), "a row of logits"),
    (lambda: sculptor(place=2), "a place from 0 to 1"),
    (lambda: sculptor(temperature=0), "temperature from 0.1 to 10"),
    (lambda: sculptor(top_k=0), "top_k from 1"),
    (lambda: sculptor(top_p=0), "top_p from 0.01"),
    (lambda: sculptor(min_p=1.5), "min_p from 0.0 to 1.0"),
    (lambda: sculptor(order=3), "order from 0 to 2"),
]


@pytest.mark.parametrize(("make", "message"), BAD)
def test_what_cannot_be_shown_is_refused(make, message):
    with pytest.raises(FigureError, match=message) as caught:
        make()
    assert " Try: " in str(caught.value)


def cells(page, column):
    rows = page.locator("tbody tr").all()
    return [row.locator("td, th").nth(column).inner_text() for row in rows]


def test_by_keyboard_alone(show):
    page = show(paper())
    assert page.locator(".aw-static").count() == 0
    assert cells(page, 1) == ["0.400", "0.300", "0.200 wrong", "0.080", "0.020"]
    page.get_by_role("slider", name="min-p").press("End")
    assert cells(page, 2) == ["0.444", "0.333", "0.222 wrong", "cut", "cut"]
    page.get_by_role("slider", name="top-k").press("Home")
    assert cells(page, 2)[:2] == ["1.000", "cut"]
    said = page.locator("[aria-live]").inner_text()
    assert said == paper(min_p=0.5, top_k=1).summary
    page.get_by_role("button", name="Reset").press("Enter")
    assert cells(page, 2) == cells(page, 1)
    page.get_by_role("slider", name="temperature").press("ArrowRight")
    page.get_by_role("combobox", name="order").select_option(index=1)
    assert page.locator("[aria-live]").inner_text() == paper(temperature=1.1, order=1).summary


def test_without_javascript(show):
    still = show(paper(), javascript=False)
    assert still.locator("svg[role=img]").is_visible()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [320, 1200])
def test_everyone_can_use_it(show, dark, width):
    page = show(sculptor(min_p=0.1), paper(), dark=dark, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, options={"runOnly": RULES})
    assert found.violations_count == 0, found.generate_report()
    for target in page.locator("input, select, button").all():
        box = target.bounding_box()
        assert min(box["width"], box["height"]) >= 24, target
