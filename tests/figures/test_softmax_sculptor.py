"""The softmax sculptor: module, class, definition and page say the same, at the extremes too."""

import itertools

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from node import ask

from minigpt.errors import FigureError
from minigpt.figures import SoftmaxSculptor

rng = np.random.default_rng(6)
ROWS = {
    "plain": [2, 1, 0.5, -1],
    "random": rng.normal(size=7).tolist(),
    "extremes": [1000, -1000, 999],
    "ties": [0, 0, 0, 0, -1],
    "all the same": [-1000, -1000, -1000],
    "four equal": [2, 2, 2, 2],
    "alone": [3.3],
}
SETTINGS = {
    "bare": {},
    "cold": {"temperature": 0.1},
    "hot": {"temperature": 10.0, "chosen": 0},
    "wide": {"d": 64, "scaled": False},
    "wide and scaled": {"d": 64, "scaled": True, "temperature": 2.0},
    "filtered": {"top_k": 2, "top_p": 0.7, "temperature": 1.5},
    "not wide": {"scaled": False},
    "nucleus": {"top_p": 0.3},
    "to the edge": {"top_p": 0.5},
    "hardly filtered": {"top_k": 100, "top_p": 1.0},
}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def animals(**settings):
    return SoftmaxSculptor(["cat", "dog", "fox", "owl"], ROWS["plain"], **settings)


def by_definition(scores, temperature=1.0, d=None, scaled=True, top_k=None, top_p=None, **_):
    """The weights, one option after the other, likeliest first; no vectors, no library."""
    logits = [s / temperature * (1 if d is None or scaled else d**0.5) for s in scores]
    order = sorted(range(len(scores)), key=lambda i: -logits[i])  # ties in the order they stand
    if top_k is not None:
        lowest = logits[order[min(top_k, len(order)) - 1]]
        order = [i for i in order if logits[i] >= lowest]
    if top_p is not None:
        raised = [np.exp(logits[i] - logits[order[0]]) for i in order]
        mass = [0, *itertools.accumulate(raised)]
        order = [i for n, i in enumerate(order) if n == 0 or mass[n] / mass[-1] < top_p]
    weights = np.zeros(len(scores))
    for i in order:
        weights[i] = 1 / sum(np.exp(logits[j] - logits[i]) for j in order)
    return weights


def close(got, expected, scale=1.0):
    np.testing.assert_allclose(np.array(got, float) / scale, expected / scale, rtol=0, atol=1e-12)


@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("scores", ROWS.values(), ids=ROWS)
def test_module_class_and_definition_agree(scores, settings):
    settings = {"chosen": len(scores) - 1, **settings}
    figure = SoftmaxSculptor([f"option {i}" for i in range(len(scores))], scores, **settings)
    weights = by_definition(scores, **settings)
    some = weights[weights > 0]
    factor = figure.factor
    jacobian = np.diag(weights) - np.outer(weights, weights)
    bits = np.sum(some * np.log2(1 / some))
    expected = [weights, bits, factor * jacobian[figure.chosen], np.abs(jacobian).max()]
    here = [figure.weights, figure.entropy, figure.gradient, figure.size]
    asked = "{ ...sculpted(state), size: sizeOf(state) }"
    made = ask("softmax_sculptor", asked, state=figure.state)
    there = [made[name] for name in ("weights", "bits", "slopes", "size")]
    for one, other, right in zip(here, there, expected, strict=True):
        close(one, right, max(1, factor))
        close(other, right, max(1, factor))


def test_a_slope_is_how_far_the_weight_moves():
    for settings in SETTINGS.values():
        figure = animals(**{**settings, "chosen": 1})
        slopes, step = figure.gradient, 1e-6
        for j in range(4):
            moved = []
            for sign in (1, -1):
                figure.scores = [s + sign * step * (i == j) for i, s in enumerate(ROWS["plain"])]
                moved.append(figure.weights[1])
            assert (moved[0] - moved[1]) / (2 * step) == pytest.approx(slopes[j], abs=1e-7)


def test_the_jacobian_fades_with_the_width_unless_it_is_divided():
    figure, widths = animals(d=64, temperature=2.0), [1, 3, 64, 4096]
    for scaled in (True, False):
        asked = "sizesAt(state, widths, scaled)"
        sizes = ask("softmax_sculptor", asked, state=figure.state, widths=widths, scaled=scaled)
        expected = []
        for d in widths:
            weights = by_definition(ROWS["plain"], 2.0, d, scaled)
            expected.append((weights * (1 - weights)).max())
        close(sizes, np.array(expected))
    tie = animals(d=4096, scaled=False)
    tie.scores = [2, 2, 0, -1]
    assert tie.size == 0.25
    tie.scores = [2, 1, 0, -1]  # e to the -64th, though 1 minus the largest weight is 0 in floats
    assert tie.size == pytest.approx(np.exp(-64), rel=1e-9)
    asked = ask("softmax_sculptor", "sizeOf(state)", state=tie.state)
    assert asked == pytest.approx(np.exp(-64), rel=1e-9)
    tie.scores = [2, 2, 0, -1]
    assert "The Jacobian's largest entry is 0.250." in tie.in_words
    assert "Jacobian" not in animals().in_words


def test_what_is_too_small_for_the_paper_lies_under_its_edge():
    places = ask("fading", "[0.25, 1e-4, 1e-8, 1e-30, 0].map(down)")
    assert places[1:3] == pytest.approx([94, 174])
    assert places[0] < 30
    assert places[3] == places[4] == pytest.approx(178)


def test_dividing_by_the_root_of_d_saves_the_slopes():
    wide, scaled = animals(d=1024, scaled=False), animals(d=1024, scaled=True)
    assert np.abs(wide.gradient).max() < 1e-10
    close(scaled.gradient, animals().gradient)


def test_a_number_added_to_all_scores_moves_nothing():
    close(SoftmaxSculptor(list("abcd"), np.add(ROWS["plain"], 900)).weights, animals().weights)


def test_nothing_known_and_all_known():
    assert SoftmaxSculptor(list("abcd"), [7] * 4).entropy == 2
    assert SoftmaxSculptor(list("abc"), ROWS["extremes"], temperature=0.1).entropy < 1e-3
    alone = SoftmaxSculptor(["a"], [5])
    assert str(alone.entropy) == "0.0"
    assert "Entropy 0.000 bits" in alone.in_words


def test_the_filters_cut_in_the_order_of_the_library():
    figure = SoftmaxSculptor(list("abc"), np.log([0.4, 0.35, 0.25]), top_p=0.5, top_k=2)
    assert np.isneginf(figure.logits).tolist() == [False, True, True]  # 0.4 of 0.75 is 0.53
    cut = ask("softmax_sculptor", "logitsOf(state).map((l) => l === -Infinity)", state=figure.state)
    assert cut == [False, True, True]
    assert "b: score −1.05, weight cut, slope 0.000." in figure.in_words
    assert ">cut</text>" in figure.picture


def formula(**settings):
    return ask("softmax_sculptor", "formulaOf(state)", state=animals(**settings).state)


def test_the_formula_says_what_is_done():
    assert formula() == "weights = softmax(scores ÷ 1.00)"
    assert formula(d=64, temperature=0.5) == "weights = softmax(scores × √64 ÷ √64 ÷ 0.50)"
    assert formula(d=64, scaled=False) == "weights = softmax(scores × √64 ÷ 1.00)"
    assert formula(top_k=3, top_p=0.9) == (
        "weights = softmax(scores ÷ 1.00), then the 3 highest, "
        "then the likeliest, up to 0.90 of the whole"
    )


def test_the_words_say_every_number_and_the_picture_says_the_words():
    lines = animals(chosen=1).in_words.splitlines()
    assert lines[0] == "cat: score 2.00, weight 0.609, slope −0.137."
    assert lines[-1] == (
        "Entropy 1.463 bits: as unsure as a choice among 2.76 equal options. "
        "The slopes are those of dog; the largest is 0.174."
    )
    assert 'role="img" aria-label="cat: score 2.00, weight 0.609' in animals().picture
    assert "&lt;s&gt;" in SoftmaxSculptor(["<s>"], [0]).picture


def test_a_slope_that_vanishes_is_still_to_be_seen():
    values = [0, 0.25, 0.0005, 0.00049, -3.42e-7, 9.96e-5, 1e-100, -0.137]
    expected = ["0.000", "0.250", "0.001", "4.9e−4", "−3.4e−7", "1.0e−4", "1.0e−100", "−0.137"]
    assert ask("fading", "values.map(fine)", values=values) == expected
    figure = animals(d=1024, scaled=False)
    slopes = ask("softmax_sculptor", "sculpted(state).slopes", state=figure.state)
    seen = ask("fading", "slopes.map(fine)", slopes=slopes)
    assert [line.split("slope ")[1] for line in figure.in_words.splitlines()[:4]] == [
        f"{slope}." for slope in seen
    ]


BAD = [
    (lambda: SoftmaxSculptor([], []), "at least one label"),
    (lambda: SoftmaxSculptor(["a", "b"], [1, 2, 3]), "2 scores, but got 3"),
    (lambda: SoftmaxSculptor(["a", "b"], [1, np.nan]), "nan at"),
    (lambda: SoftmaxSculptor(["a"], [2e6]), "scores from −1e\\+06 to 1e\\+06"),
    (lambda: animals(temperature=0), "temperature from 0.1 to 10"),
    (lambda: animals(temperature=float("nan")), "temperature from 0.1 to 10"),
    (lambda: animals(d=0), "d from 1 to 4096"),
    (lambda: animals(top_k=0), "top_k from 1"),
    (lambda: animals(top_p=1.01), "top_p from 0.01 to 1"),
    (lambda: animals(chosen=4), "chosen row from 0 to 3"),
    (lambda: animals(chosen=-1), "chosen row from 0 to 3"),
    (lambda: setattr(animals(), "labels", ["a"]), "4 labels, but got 1"),
]


@pytest.mark.parametrize(("make", "message"), BAD)
def test_what_cannot_be_shown_is_refused(make, message):
    with pytest.raises(FigureError, match=message) as caught:
        make()
    assert " Try: " in str(caught.value)


def test_python_sees_what_is_done_in_the_figure():
    figure, seen = animals(), []
    figure.observe(lambda change: seen.append(change["name"]), ["scores", "temperature"])
    figure.set_state({"scores": [0, 0, 0, 0], "temperature": 0.5})
    assert sorted(seen) == ["scores", "temperature"]
    assert figure.weights.tolist() == [0.25] * 4


def cells(page, column):
    rows = page.locator("tbody tr").all()
    return [row.locator("td, th").nth(column).inner_text() for row in rows]


def test_with_javascript_the_numbers_are_those_of_the_still_picture(show):
    page = show(animals())
    assert page.locator(".aw-static").count() == 0
    assert cells(page, 2) == ["0.609", "0.224", "0.136", "0.030"]
    assert cells(page, 3) == ["0.238", "−0.137", "−0.083", "−0.018"]
    said = page.locator("[aria-live]").inner_text()
    assert "among 2.76 equal options. Largest weight 0.609, of cat; largest slope 0.238." in said
    assert page.get_by_label("top-k").count() == page.get_by_label("divide").count() == 0
    assert page.locator(".aw-fading").count() == 0
    still = show(animals(), javascript=False)
    assert still.locator("svg[role=img]").is_visible()


def test_by_keyboard_alone(show):
    page = show(animals(d=256))
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert page.get_by_label("score of cat").nth(1).input_value() == "2.1"
    expected = by_definition([2.1, 1, 0.5, -1])
    assert cells(page, 2) == [f"{weight:.3f}" for weight in expected]
    said = page.locator(":focus").get_attribute("aria-valuetext")
    assert said == f"2.10; weight {expected[0]:.3f}"
    page.get_by_label("divide by √d").press(" ")
    assert cells(page, 2) == ["1.000", "0.000", "0.000", "0.000"]
    assert cells(page, 3)[0].endswith("e−7")
    dot = page.locator(".aw-fading circle")
    assert page.locator(".aw-fading").get_attribute("aria-label").startswith("The Jacobian's")
    x, y = (float(dot.get_attribute(name)) for name in ("cx", "cy"))
    assert x == pytest.approx(52 + 322 * 8 / 12)  # 256 is 2 to the 8th, 4096 to the 12th
    assert y > 160
    page.get_by_label("numbers in a vector").press("Home")
    assert cells(page, 2) == [f"{weight:.3f}" for weight in expected]
    page.get_by_label("temperature").press("End")
    warm = by_definition([2.1, 1, 0.5, -1], 10)
    assert cells(page, 2) == [f"{weight:.3f}" for weight in warm]


def test_typed_scores_of_a_thousand_and_a_hundred_more_for_all(show):
    page = show(animals())
    page.get_by_role("button", name="All + 100").click()
    assert cells(page, 2) == ["0.609", "0.224", "0.136", "0.030"]
    page.get_by_label("score of owl").nth(1).fill("1000")
    page.get_by_label("score of cat").nth(1).fill("-1000")
    assert cells(page, 2) == ["0.000", "0.000", "0.000", "1.000"]
    assert page.get_by_label("score of owl").nth(0).input_value() == "1000"
    page.get_by_role("button", name="Reset").click()
    assert cells(page, 2) == ["0.609", "0.224", "0.136", "0.030"]


def test_filters_cut_and_another_row_is_chosen(show):
    page = show(animals(top_k=4, top_p=1.0))
    page.get_by_label("top-k").press("ArrowLeft")
    assert cells(page, 2)[3] == "cut"
    page.get_by_label("top-p").fill("0.75")
    assert cells(page, 2)[2:] == ["cut", "cut"]
    page.get_by_label("slope of").select_option("dog")
    assert page.locator("thead th").last.inner_text() == "slope of dog"
    expected = SoftmaxSculptor(["cat", "dog"], [2, 1], chosen=1).gradient
    assert cells(page, 3)[:2] == [f"{slope:.3f}".replace("-", "−") for slope in expected]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [320, 1200])
def test_everyone_can_use_it(show, dark, width):
    page = show(animals(d=64, chosen=1), animals(top_k=2, top_p=0.9), dark=dark, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, options={"runOnly": RULES})
    assert found.violations_count == 0, found.generate_report()
    for target in page.locator("input:not([type=checkbox]), select, button").all():
        box = target.bounding_box()
        assert min(box["width"], box["height"]) >= 24, target
