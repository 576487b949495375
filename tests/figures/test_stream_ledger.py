"""The stream's ledger: module, class and a model agree, and the page follows keys and mouse."""

import numpy as np
import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from node import ask

from minigpt.errors import FigureError
from minigpt.figures import StreamLedger
from minigpt.norms import rms_norm

WORDS = ["the", "queen", "saw", "the"]
VOCABULARY = [f"w{i}" for i in range(11)]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
EPS = 0.03


def parts(seed=12):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(5, 4, 6)), rng.normal(size=6), rng.normal(size=(11, 6))


def ledger(**settings):
    lines, weight, head = parts()
    return StreamLedger.of(WORDS, lines, head * weight, VOCABULARY, EPS, **settings)


def there(figure, expression):
    return ask("stream_ledger", expression, state=figure.state)


def close(one, other, atol=1e-12):
    np.testing.assert_allclose(one, other, rtol=0, atol=atol)


def near(one, other):
    """What `of` has worked out is kept to nine decimals."""
    close(one, other, atol=1e-7)


def test_the_numbers_are_those_of_the_vectors():
    lines, weight, head = parts()
    figure, stream = ledger(), lines.cumsum(axis=0)
    near(figure.sizes, np.sqrt((lines**2).mean(axis=-1)).T)
    near(figure.streams, np.sqrt((stream**2).mean(axis=-1)).T)
    for t in range(4):
        for i in range(1, 5):
            a, b = lines[i, t], stream[i - 1, t]
            expected = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
            assert figure.cosines[t, i] == pytest.approx(expected, abs=1e-7)
        end = stream[-1, t]
        near(figure.shares[t], lines[:, t] @ end / (end @ end))
    normed = rms_norm(torch.tensor(stream), torch.tensor(weight), EPS)
    chances = torch.softmax(normed @ torch.tensor(head).T, dim=-1).numpy()
    for t in range(4):
        ids = [VOCABULARY.index(name) for name in figure.candidates[t]]
        near(figure.chances[t], chances[:, t, ids])
        assert set(chances[:, t].argmax(axis=1)) <= set(ids)


@pytest.mark.parametrize("chosen", range(4))
def test_module_and_class_agree(chosen):
    figure = ledger(chosen=chosen)
    own = "state.products[state.chosen]"
    close(there(figure, f"sizesOf({own})"), figure.sizes[chosen])
    close(there(figure, f"streamsOf({own})"), figure.streams[chosen])
    close(there(figure, f"cosinesOf({own})"), figure.cosines[chosen])
    close(there(figure, f"ledgerShares({own})"), figure.shares[chosen])
    close(there(figure, "ledgerOf(state).map((line) => line.chances)"), figure.chances[chosen])
    said = there(figure, "ledgerOf(state).map((_, i, all) => lineSaid(all, i))")
    assert said == [figure.said(i) for i in range(5)]
    assert figure.in_words.splitlines()[1:] == said


def test_the_moves_are_the_largest_chances_before_or_after():
    figure = ledger()
    moves = there(figure, "movesOf(ledgerOf(state), 2, state.candidates[0])")
    then, now = figure.chances[0, 1], figure.chances[0, 2]
    order = np.argsort(-np.maximum(then, now), kind="stable")[:4]
    assert [move["token"] for move in moves] == [figure.candidates[0][k] for k in order]
    close([move["now"] for move in moves], now[order])
    close([move["then"] for move in moves], then[order])


def test_the_still_picture_is_the_chosen_words_table():
    figure = ledger(chosen=3)
    assert figure.picture.count("<tr>") == 6
    assert "the (4)" in figure.picture
    assert f"{figure.sizes[3, 2]:.2f}" in figure.picture


def test_what_does_not_fit_is_refused():
    state = ledger().state
    names = ("words", "products", "candidates", "scores", "rest")
    good = [state[name] for name in names]
    StreamLedger(*good)
    for place in range(5):
        with pytest.raises(FigureError):
            StreamLedger(*good[:place], good[place][:3], *good[place + 1 :])
    for setting in ({"chosen": 4}, {"chosen": -1}, {"line": 5}):
        with pytest.raises(FigureError):
            ledger(**setting)


def test_the_page_follows_keys_and_mouse(show):
    page, figure = show(ledger()), ledger()
    said = page.locator("p[aria-live]")
    assert said.inner_text() == figure.said(0)
    page.get_by_label("token", exact=True).press("ArrowDown")
    assert said.inner_text() == figure.said(1)
    page.get_by_text("MLP 2", exact=True).click()
    assert said.inner_text() == figure.said(4)
    page.get_by_label("ledger of").select_option(index=2)
    assert said.inner_text() == ledger(chosen=2).said(4)
    assert page.locator(".aw-moves tbody tr").count() == 4


@pytest.mark.parametrize("dark", [False, True])
def test_it_can_be_used_by_everyone_and_fits_a_telephone(show, dark):
    page = show(ledger(), dark=dark, width=320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    assert found.violations_count == 0, found.generate_report()
