"""The alignment: module and class say the same, and the page follows keys, mouse and head."""

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from node import ask

from minigpt.errors import FigureError
from minigpt.figures import Alignment
from minigpt.figures.alignment import most_of

SOURCE, TARGET = ["the", "small", "red", "house"], ["la", "petite", "maison", "rouge", "la"]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def some(n_heads=2, seed=11):
    raised = np.exp(2 * np.random.default_rng(seed).normal(size=(n_heads, 5, 4)))
    return raised / raised.sum(axis=-1, keepdims=True)


def lines(**settings):
    return Alignment(SOURCE, TARGET, some(), **settings)


def there(figure, expression):
    return ask("alignment", expression, state=figure.state)


@pytest.mark.parametrize("head", [None, 0, 1])
def test_module_and_class_agree(head):
    figure = lines(head=head)
    np.testing.assert_allclose(there(figure, "tableOf(state)"), figure.table, rtol=0, atol=1e-12)
    expected = some().mean(axis=0) if head is None else some()[head]
    np.testing.assert_allclose(figure.table, expected, rtol=0, atol=1e-12)
    for i, said in enumerate(figure.in_words.splitlines()):
        figure.chosen = i
        assert there(figure, "saidOf(state)") == said
        assert there(figure, "mostOf(tableOf(state)[state.chosen])") == most_of(figure.table[i])


def test_nine_tenths_are_said_and_no_more():
    assert most_of(np.array([0.05, 0.6, 0.35])) == [1, 2]
    assert most_of(np.array([0.25, 0.25, 0.25, 0.25])) == [0, 1, 2, 3]
    assert most_of(np.array([0.0, 1.0])) == [1]


def test_the_shorter_sentence_stands_in_the_middle():
    heights = [there(lines(), f"heightOf({i}, 4, 5)") for i in range(4)]
    assert heights == [32, 64, 96, 128]
    assert there(lines(), "heightOf(4, 5, 5)") == 144


def test_the_still_picture_has_a_line_for_each_weight():
    figure = lines(chosen=1)
    assert figure.picture.count("<line") == 20
    assert figure.picture.count('class="aw-sight"') == 4
    assert "la (1)" in figure.picture
    widths = [f'stroke-width="{10 * weight:.2f}"' for weight in figure.table[1]]
    assert all(width in figure.picture for width in widths)


def test_weights_that_do_not_fit_are_refused():
    for wrong in (some()[0], some()[:, :4], some()[:, :, :3], some() * 2, -some()):
        with pytest.raises(FigureError):
            Alignment(SOURCE, TARGET, wrong)
    for setting in ({"chosen": 5}, {"chosen": -1}, {"head": 2}):
        with pytest.raises(FigureError):
            lines(**setting)


def test_the_page_follows_keys_mouse_and_head(show):
    page = show(lines())
    said = page.locator("p[aria-live]")
    assert said.inner_text() == lines().in_words.splitlines()[0]
    page.get_by_label("la (1)").press("ArrowDown")
    assert said.inner_text() == lines().in_words.splitlines()[1]
    page.get_by_text("rouge").click()
    assert said.inner_text() == lines().in_words.splitlines()[3]
    page.get_by_label("weights of").select_option(index=2)
    assert said.inner_text() == lines(head=1).in_words.splitlines()[3]
    assert page.locator("line:not(.aw-other)").count() == 4


def test_two_on_one_page_do_not_share_a_choice(show):
    page = show(lines(), lines(chosen=2))
    page.get_by_label("rouge").first.check()
    assert page.locator("p[aria-live]").last.inner_text() == lines().in_words.splitlines()[2]


@pytest.mark.parametrize("dark", [False, True])
def test_it_can_be_used_by_everyone_and_fits_a_telephone(show, dark):
    page = show(lines(), dark=dark, width=320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    assert found.violations_count == 0, found.generate_report()
