"""The guess meter: module, class and definition say the same; and it is played with keys alone."""

import math

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from node import ask

from minigpt.errors import FigureError
from minigpt.figures import GuessMeter
from minigpt.figures.base import number
from minigpt.figures.guess_meter import KEPT

END = "\n"
WORDS = [END, "The", "a", "asked", "cook", "for", "king", "queen", "rang", "sang", "slept", "."]
STORIES = [
    ["The", "king", "asked", "for", "a", "cook", ".", END],
    ["a", "queen", "sang", ".", END],
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def halving(before):
    """A half on the word that stands next in the vocabulary, the rest spread evenly."""
    bets = np.full(len(WORDS), 0.5 / (len(WORDS) - 1))
    bets[(len(before) + 1) % len(WORDS)] = 0.5
    return bets


def knowing(before):
    """Certain of the first story, and of nothing else."""
    if STORIES[0][: len(before)] == before:
        return np.eye(len(WORDS))[WORDS.index(STORIES[0][len(before)])]
    return np.full(len(WORDS), 1 / len(WORDS))


def meter():
    return GuessMeter(STORIES, {"halving": halving, "knowing": knowing}, WORDS, 12.5)


def by_definition(shares):
    """What is bet on each word of the menu, and on one that is not on it: chips on a table."""
    if not sum(shares):
        return [1 / len(WORDS)] * len(shares)
    n_other = len(WORDS) - (len(shares) - 1)
    laid = [*shares[:-1], shares[-1] / n_other]
    return [0.05 / len(WORDS) + 0.95 * share / sum(shares) for share in laid]


SHARES = {
    "nothing": [0] * 9,
    "one word": [0, 0, 3, 0, 0, 0, 0, 0, 0],
    "several": [1, 0, 5, 2, 0, 0, 0, 0, 0],
    "any other": [0, 0, 0, 0, 0, 0, 0, 0, 2],
    "all": [1, 2, 3, 4, 5, 6, 7, 8, 9],
}


@pytest.mark.parametrize("shares", SHARES.values(), ids=SHARES)
def test_module_class_and_definition_agree_on_a_bet_and_it_is_a_whole(shares):
    figure = meter()
    figure.shares = shares
    there = ask("guess_meter", "betOf(shares, size)", shares=shares, size=len(WORDS))
    expected = by_definition(shares)
    np.testing.assert_allclose(figure.bet, expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(there, expected, rtol=0, atol=1e-12)
    n_other = len(WORDS) - 8
    assert sum(expected[:-1]) + n_other * expected[-1] == pytest.approx(1, abs=1e-12)
    assert KEPT == 0.05


def test_prices_and_totals_agree():
    figure = meter()
    figure.bets = list(SHARES.values())
    prices = ask("guess_meter", "pricesOf(state)", state=figure.state)
    np.testing.assert_allclose(figure.prices, prices, rtol=0, atol=1e-12)
    totals = ask("guess_meter", "totalsOf(state)", state=figure.state)
    np.testing.assert_allclose(figure.totals, totals, rtol=0, atol=1e-12)
    places = figure.rounds[0]
    own = [
        -math.log2(by_definition(shares)[place["came"]])
        for shares, place in zip(figure.bets, places, strict=False)
    ]
    np.testing.assert_allclose(figure.prices[0], own, atol=1e-12)
    paid = [-math.log2(halving(STORIES[0][:t])[WORDS.index(w)]) for t, w in enumerate(STORIES[0])]
    np.testing.assert_allclose(figure.prices[1], paid[:5], atol=1e-12)
    assert figure.prices[2].tolist() == [0] * 5
    assert meter().prices.shape == (3, 0)
    assert ask("guess_meter", "totalsOf(state)", state=meter().state) == [0, 0, 0]


def test_the_menu_depends_on_the_words_so_far_alone():
    other = [*STORIES[0][:3], "slept", ".", END]
    first, second = (
        GuessMeter([words], {"halving": halving}, WORDS, 1.0).rounds[0]
        for words in (STORIES[0], other)
    )
    assert [place["menu"] for place in first[:4]] == [place["menu"] for place in second[:4]]
    for place in first:
        assert len(place["menu"]) == 8
        assert place["menu"] == sorted(place["menu"], key=str.lower)


def test_what_is_not_on_the_menu_is_any_other():
    place = next(p for story in meter().rounds for p in story if p["word"] not in p["menu"])
    assert place["came"] == 8
    assert all(p["menu"][p["came"]] == p["word"] for p in meter().rounds[0] if p["came"] < 8)


def test_the_still_picture_tells_what_the_players_pay():
    figure = meter()
    lines = figure.in_words.splitlines()
    total = sum(
        -math.log2(halving(STORIES[0][:t])[WORDS.index(w)]) for t, w in enumerate(STORIES[0])
    )
    assert lines[0] == (
        f"What the story costs, in bits: halving {number(total, 1)}, knowing 0.0. Floor 12.50."
    )
    assert lines[2] == f"The: halving {number(1.0)}, knowing 0.000"
    assert lines[-1].startswith("(the end): halving")
    assert f'role="img" aria-label="{lines[0]}"' in figure.picture
    figure.bets = [[0] * 9]
    assert f"You have paid {number(math.log2(12))} bits so far." in figure.in_words


BAD = [
    (lambda: GuessMeter([], {"halving": halving}, WORDS, 1.0), "at least one story"),
    (lambda: GuessMeter(STORIES, {}, WORDS, 1.0), "at least one story and one player"),
    (lambda: setattr(meter(), "story", 2), "a story from 0 to 1"),
    (lambda: setattr(meter(), "shares", [1]), "9 shares, 0 or more"),
    (lambda: setattr(meter(), "shares", [-1] + [0] * 8), "9 shares, 0 or more"),
    (lambda: setattr(meter(), "bets", [[0] * 9] * 9), "8 bets at most, but got 9"),
    (lambda: setattr(meter(), "bets", [[0] * 3]), "9 shares"),
]


@pytest.mark.parametrize(("make", "message"), BAD)
def test_what_cannot_be_shown_is_refused(make, message):
    with pytest.raises(FigureError, match=message) as caught:
        make()
    assert " Try: " in str(caught.value)


def test_python_sees_what_is_done_in_the_figure():
    figure, seen = meter(), []
    figure.observe(lambda change: seen.append(change["name"]), ["bets", "shares"])
    figure.set_state({"bets": [SHARES["one word"]], "shares": SHARES["several"]})
    assert sorted(seen) == ["bets", "shares"]
    assert figure.totals.shape == (3,)


def score(page):
    rows = page.locator(".aw-score-table tbody tr").all()
    return [[cell.inner_text() for cell in row.locator("td").all()[:2]] for row in rows]


def test_by_keyboard_alone(show):
    page, figure = show(meter()), meter()
    for word in STORIES[0][:2]:
        place = figure.rounds[0][len(figure.bets)]
        shares = [int(name == word) for name in place["menu"]] + [0]
        page.get_by_role("button", name=f"{word}: one share more").press("Enter")
        figure.shares = shares
        chance = page.locator(".aw-menu tbody tr").nth(shares.index(1)).locator("td").nth(1)
        assert chance.inner_text() == number(figure.bet.max())
        page.get_by_role("button", name="Bet").press("Enter")
        figure.bets = [*figure.bets, shares]
        assert f"It was {word}. You paid" in page.locator("[aria-live]").inner_text()
        paid = [[number(row[-1], 2), number(row.sum(), 2)] for row in figure.prices]
        assert score(page) == paid
    assert page.locator(".aw-told").inner_text() == "The king ___"


def test_a_share_is_taken_back_and_all_are_cleared(show):
    page = show(meter())
    more = page.get_by_role("button", name="The: one share more")
    less = page.get_by_role("button", name="The: one share less")
    count = page.locator(".aw-count").nth(meter().rounds[0][0]["menu"].index("The"))
    assert less.get_attribute("aria-disabled") == "true"
    less.press("Enter")
    assert count.inner_text() == "0"
    more.click()
    more.click()
    less.click()
    assert count.inner_text() == "1"
    page.get_by_role("button", name="Clear").click()
    assert count.inner_text() == "0"


def test_a_story_is_played_to_its_end_and_another_begun(show):
    page = show(meter())
    page.get_by_label("Story").select_option("2")
    for _ in STORIES[1]:
        page.get_by_role("button", name="Bet").click()
    assert page.locator(".aw-told").inner_text() == "a queen sang."
    assert not page.locator(".aw-menu").is_visible()
    said = page.locator("[aria-live]").inner_text()
    assert f"The story is over. You paid {number(5 * math.log2(12), 2)} bits" in said
    assert said.endswith("The floor is 12.50.")
    page.get_by_role("button", name="Bet").press("Enter")  # says that there is nothing to do
    assert page.locator(".aw-menu").count() == 1
    page.get_by_role("button", name="Start again").click()
    assert page.locator(".aw-menu").is_visible()
    assert score(page) == [["", "0.00"]] * 3


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [320, 1200])
def test_everyone_can_use_it(show, dark, width):
    page = show(meter(), dark=dark, width=width)
    page.get_by_role("button", name="Bet").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, options={"runOnly": RULES})
    assert found.violations_count == 0, found.generate_report()
    for target in page.locator("button, select").all():
        box = target.bounding_box()
        assert min(box["width"], box["height"]) >= 24, target
