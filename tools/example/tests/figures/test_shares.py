"""The figure of chapter 99: module and class give the same shares, and a key moves them."""

import numpy as np
from node import ask

from minigpt.figures import Shares


def bakery():
    return Shares(["baker", "miller", "smith"], [6, 3, 1])


def test_module_and_class_agree():
    there = ask("shares", "sharesOf(amounts)", amounts=bakery().amounts)
    np.testing.assert_allclose(there, bakery().shares, rtol=0, atol=1e-12)
    np.testing.assert_allclose(bakery().shares, [0.6, 0.3, 0.1], rtol=0, atol=1e-12)


def test_the_page_shows_it_and_a_key_moves_it(show):
    page = show(bakery())
    assert page.locator("p").inner_text() == bakery().in_words
    page.get_by_label("smith").press("ArrowRight")
    assert page.locator("p").inner_text() == Shares(bakery().labels, [6, 3, 2]).in_words
