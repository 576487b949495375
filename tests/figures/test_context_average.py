"""The context average: module, class, definition and page say the same; words are switched by keys."""

import itertools
import math

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from node import ask

from minigpt.embeddings import WordVectors
from minigpt.errors import FigureError
from minigpt.figures import ContextAverage
from minigpt.figures.context_average import borders, dropped

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NAMES = ["bank", "coin", "duck", "hawk", "river", "the", "tower"]
X = np.random.default_rng(4).normal(size=(7, 5)).round(1)
SENSES = dict(zip(["water", "money", "air"], X[[4, 1, 3]] + X[5] / 2, strict=True))
SENTENCES = [["the", "duck", "bank", "the", "river"], ["coin", "bank"], ["the", "bank", "tower"]]
EQUAL = [[1, 1, 0, 1, 1], [1, 0], [1, 0, 1]]
LOUD = [[0.1, 0.5, 0.3, 0.1, 1], [0.7, 0.2], [0, 0, 0]]


def shores(**traits):
    weightings = {"equal": EQUAL, "loud": LOUD}
    figure = ContextAverage(WordVectors(NAMES, X), SENTENCES, SENSES, weightings, among=["hawk"])
    for name, value in traits.items():
        setattr(figure, name, value)
    return figure


def by_definition(chosen, weights):
    """Average, scores by distance, and nearest words: loops, no library."""
    rows = [X[NAMES.index(word)] for word in SENTENCES[chosen]]
    total = sum(weights)
    average = [sum(w * x[c] for w, x in zip(weights, rows, strict=True)) / total for c in range(5)]
    apart = [sum((a - b) ** 2 for a, b in zip(average, c, strict=True)) for c in SENSES.values()]
    square = sum(a * a for a in average)
    scores = [(square - gap) / 2 for gap in apart]  # the nearer the higher

    def cosine(word):
        x = X[NAMES.index(word)]
        return float(np.dot(x, average) / math.sqrt(square) / math.sqrt(np.dot(x, x)))

    near = sorted(((word, cosine(word)) for word in NAMES if word != "bank"), key=lambda p: -p[1])
    return average, scores, near[:6]


def close(got, expected):
    np.testing.assert_allclose(np.array(got, float), np.array(expected, float), rtol=0, atol=1e-12)


@pytest.mark.parametrize("chosen", [0, 1])
@pytest.mark.parametrize("weights", [EQUAL, LOUD], ids=["equal", "loud"])
def test_module_class_and_definition_agree(chosen, weights):
    figure = shores(chosen=chosen, weights=weights)
    there = ask("averaging", "averagedOf(state)", state=figure.state)
    average, scores, near = by_definition(chosen, weights[chosen])
    for here in ((figure.average, figure.scores), (there["average"], there["scores"])):
        close(here[0], average)
        close(here[1], scores)
    for found in (figure.neighbours, there["near"]):
        assert [word for word, _ in found] == [word for word, _ in near]
        close([cosine for _, cosine in found], [cosine for _, cosine in near])
    close(there["wordScores"], figure.word_scores)
    close(there["shares"], figure.shares)
    said = ask("averaging", "verdictOf(state, averagedOf(state))", state=figure.state)
    assert said == figure.verdict


def test_an_average_scores_the_average_of_the_scores():
    figure = shores(weights=LOUD)
    close(figure.shares @ figure.word_scores, figure.scores)


def test_with_all_weights_zero_there_is_no_average():
    figure = shores(chosen=2, weights=LOUD)
    there = ask("averaging", "averagedOf(state)", state=figure.state)
    assert (figure.average, figure.scores, figure.neighbours) == (None, None, [])
    assert (there["average"], there["scores"], there["near"]) == (None, None, [])
    assert "nothing to average" in figure.in_words
    assert "aw-star" not in figure.picture


def test_the_plane_keeps_which_sense_is_nearer():
    figure = shores()
    middles, points = figure.on_paper(np.array(figure.centroids)), figure.on_paper(X)
    for x, point in zip(X, points, strict=True):
        flat = ((point - middles) ** 2).sum(axis=1)
        full = ((x - np.array(figure.centroids)) ** 2).sum(axis=1)
        close(flat - flat[0], full - full[0])
    plane = "vectors.map((x) => onPlane(x, planeOf(centroids)))"
    there = ask("averaging", plane, vectors=X.tolist(), centroids=figure.centroids)
    close(there, points)


def test_on_a_border_two_senses_tie_and_the_third_is_farther():
    draws = np.random.default_rng(4)
    for middles in draws.normal(size=(20, 3, 2)):
        lines = borders(middles, 2.5)
        close(ask("averaging", "bordersOf(middles, 2.5)", middles=middles.tolist()), lines)
        for i, (start, end) in enumerate(lines):
            far = np.linalg.norm(end - middles, axis=1)
            close(np.ptp(np.linalg.norm(start - middles, axis=1)), 0)
            close(far[i], far[(i + 1) % 3])
            assert far[(i + 2) % 3] > far[i]


def test_the_still_picture_has_the_numbers_in_words():
    figure = shores()
    lines = figure.in_words.splitlines()
    assert lines[0] == "the duck bank the river (scores for water, money, air)"
    assert lines[1].startswith("the (1): share 0.25, scores ")
    assert lines[3].startswith("bank: share 0.00, scores ")
    assert lines[6] == figure.verdict
    assert " leads " in lines[6]
    assert lines[7].startswith("Nearest words: ")
    assert figure.picture.count("<circle") == 5 + 3
    assert figure.picture.count("aw-even") == 3


BAD = [
    (lambda: ContextAverage(WordVectors(NAMES, X), SENTENCES, {"a": X[0]}, {}), "three senses"),
    (
        lambda: ContextAverage(WordVectors(NAMES, X), [["owl"]], SENSES, {"equal": [[1]]}),
        "words with a vector, but got owl",
    ),
    (lambda: shores(chosen=3), "a sentence from 0 to 2"),
    (lambda: shores(weights=EQUAL[:2]), "weights from 0 to 1, for sentences of"),
    (lambda: shores(weights=[[1, 1, 1, 1, 2], *EQUAL[1:]]), "from 0 to 2"),
    (lambda: shores(weights=[[1, 1, 1, 1, -1], *EQUAL[1:]]), "from -1 to 1"),
    (lambda: shores(given=[LOUD, EQUAL[:1]]), "given from 0 to 1"),
]


@pytest.mark.parametrize(("make", "message"), BAD)
def test_what_cannot_be_shown_is_refused(make, message):
    with pytest.raises(FigureError, match=message) as caught:
        make()
    assert " Try: " in str(caught.value)


def test_python_sees_what_is_done_in_the_figure():
    figure, seen = shores(), []
    figure.observe(lambda change: seen.append(change["name"]), ["weights", "chosen"])
    figure.set_state({"weights": LOUD, "chosen": 1})
    assert sorted(seen) == ["chosen", "weights"]
    close(figure.scores, by_definition(1, LOUD[1])[1])


def scored(page):
    return [float(t.replace("−", "-")) for t in page.locator("tfoot td").all_inner_texts()[2:]]


def test_with_javascript_the_numbers_are_those_of_the_still_picture(show):
    page = show(shores())
    assert page.locator(".aw-static").count() == 0
    assert page.locator("[aria-live]").inner_text() == shores().verdict
    assert page.locator("tbody tr").count() == 5
    still = show(shores(), javascript=False)
    assert still.locator("svg[role=img]").is_visible()


def test_by_keyboard_alone(show):
    page = show(shores())
    page.get_by_label("river", exact=True).press(" ")
    np.testing.assert_allclose(scored(page), by_definition(0, [1, 1, 0, 1, 0])[1], atol=0.006)
    assert page.locator(".aw-hollow").count() == 1
    page.get_by_label("weight of bank").press("ArrowRight")
    np.testing.assert_allclose(scored(page), by_definition(0, [1, 1, 0.05, 1, 0])[1], atol=0.006)
    assert page.get_by_label("bank", exact=True).is_checked()
    page.get_by_role("button", name="loud").press("Enter")
    np.testing.assert_allclose(scored(page), by_definition(0, LOUD[0])[1], atol=0.006)
    page.get_by_label("sentence").select_option(index=1)
    np.testing.assert_allclose(scored(page), by_definition(1, EQUAL[1])[1], atol=0.006)
    assert page.locator("tbody tr").count() == 2
    page.get_by_label("coin", exact=True).press(" ")
    assert "nothing to average" in page.locator("[aria-live]").inner_text()
    assert page.locator(".aw-star:not(.aw-hollow)").count() == 0


@pytest.mark.parametrize(("dark", "width"), itertools.product([False, True], [320, 1200]))
def test_everyone_can_use_it(show, dark, width):
    page = show(shores(), shores(chosen=1), dark=dark, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, options={"runOnly": RULES})
    assert found.violations_count == 0, found.generate_report()
    for target in page.locator("tbody label, input[type=range], select, button").all():
        box = target.bounding_box()
        assert min(box["width"], box["height"]) >= 24, target


def test_names_make_way_for_the_star():
    star, beside, far = np.array([200.0, 200.0]), np.array([195.0, 201.0]), np.array([50.0, 200.0])
    alone = dropped(["MONEY", "far"], [beside, far], None)
    moved = dropped(["MONEY", "far"], [beside, far], star)
    assert moved[0] >= alone[0] + 10
    assert moved[1] == alone[1]
    names = [{"tip": [beside[0], beside[1]], "text": "MONEY"}, {"tip": [50, 200], "text": "far"}]
    free = ask("paper", "spotsOf(names)", names=names)
    taken = [{"x": free[0]["x"], "y": free[0]["y"] - 3, "width": 26}]
    there = ask("paper", "spotsOf(names, taken)", names=names, taken=taken)
    assert there[0]["y"] == taken[0]["y"] + 17
    assert there[1] == free[1]
