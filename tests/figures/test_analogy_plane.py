"""The analogy plane: module, class and definition agree, and the page is worked by keys alone."""

import itertools
import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from node import ask

from minigpt.embeddings import WordVectors
from minigpt.errors import FigureError
from minigpt.figures import AnalogyPlane

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WORDS = "man king woman queen prince princess bread soup cat".split()
GROUPS = [0, 1, 0, 1, 1, 1, 2, 2, 3]
MOMENTS = ["step 0", "step 50", "step 100"]


def vectors(seed=3, width=5):
    """Random at first; at the end a parallelogram, at which `king` is nearer halfway."""
    rng = np.random.default_rng(seed)
    first = rng.normal(size=(len(WORDS), width))
    last = first.copy()
    royal, female = np.eye(width)[:2]
    for row, what in enumerate([0, royal, female, royal + female]):
        last[row] = np.eye(width)[2] + what
    near = last.copy()
    near[2] = near[0] + 0.1 * female
    near[3] = near[1] + 0.3 * np.eye(width)[3]  # like king, and no further towards woman
    return np.stack([first, near, last])


def plane(**traits):
    figure = AnalogyPlane(WORDS, GROUPS, vectors(), MOMENTS, ("king", "man", "woman"))
    for name, value in traits.items():
        setattr(figure, name, value)
    return figure


def close(got, expected):
    np.testing.assert_allclose(np.array(got, dtype=float), expected, rtol=0, atol=1e-12)


STATES = [
    {"moment": moment, "view": view, "a": a, "b": b, "c": c, "exclude": exclude}
    for moment, view, (a, b, c, exclude) in itertools.product(
        range(3),
        ["sum", "map"],
        [(0, 1, 2, False), (0, 1, 2, True), (8, 3, 6, True), (4, 5, 4, False), (7, 7, 2, True)],
    )
]


@pytest.mark.parametrize("state", STATES, ids=str)
def test_module_and_class_agree(state):
    figure = plane(**state)
    there = ask(
        "analogies",
        "[spaceOf(s), targetOf(s), cosinesOf(s), placesOf(s), pointsOf(s)].concat("
        "[rankingOf(s), nearestOf(s, true), nearestOf(s, false), saidAbout(s)])",
        s=figure.state,
    )
    close(there[0], figure.space)
    close(there[1], figure.target)
    close(there[2], figure.cosines)
    close(there[3], figure.places)
    close(np.array(there[4]) / 400, figure.points / 400)
    assert there[5] == figure.ranking
    assert there[6:8] == [figure.nearest(True), figure.nearest(False)]
    assert there[8] == figure.in_words.splitlines()[0]
    spots = ask("analogies", "namesAt(p, w)", p=there[4][: len(WORDS)], w=WORDS)
    close(np.array(spots) / 400, figure.spots / 400)


@pytest.mark.parametrize("moment", range(3))
@pytest.mark.parametrize("asked", [(0, 1, 2), (8, 3, 6), (2, 5, 1)])
def test_the_ranking_is_the_librarys(moment, asked):
    a, b, c = asked
    figure, library = plane(moment=moment, a=a, b=b, c=c), WordVectors(WORDS, vectors()[moment])
    names = [WORDS[row] for row in asked]
    expected = library.analogy(*names, exclude_inputs=False, n=len(WORDS))
    assert [(WORDS[row]) for row in figure.ranking] == [word for word, _ in expected]
    close(figure.cosines[figure.ranking], [cosine for _, cosine in expected])
    assert WORDS[figure.nearest(True)] == library.analogy(*names, n=1)[0][0]
    figure.view = "map"
    near = library.nearest(names[1], n=3)
    assert [WORDS[row] for row in figure.ranking[:3]] == [word for word, _ in near]


def test_halfway_king_is_nearest_and_queen_with_the_inputs_left_out():
    said = plane(moment=1).in_words
    assert said.startswith("step 50: nearest to king − man + woman, of all words: king 0.995.")
    assert "The three inputs left out: queen 0.973." in said
    assert "of all words: queen 0.975." in plane(moment=2).in_words


def test_the_sum_is_a_parallelogram_in_its_plane_and_keeps_its_lengths():
    figure = plane(a=8, b=3, c=6, moment=0)
    places, x = figure.places, figure.space
    close(places[8], [0, 0])
    close(places[3] + places[6], places[-1])
    close(np.linalg.norm(places[3] - places[6]), np.linalg.norm(x[3] - x[6]))
    close(places[3][1], 0)


def test_the_map_spreads_the_last_moment_widest_and_all_fits_on_the_sheet():
    figure = plane(view="map")
    axes, centred = np.array(figure.axes), figure.space - figure.space.mean(axis=0)
    np.testing.assert_allclose(axes @ axes.T, np.eye(2), atol=1e-5)
    spread = ((centred @ axes.T) ** 2).sum()
    rng = np.random.default_rng(0)
    for _ in range(100):
        other = np.linalg.qr(rng.normal(size=(5, 2)))[0]
        assert ((centred @ other) ** 2).sum() <= spread + 1e-4
    for view in ("map", "sum"):
        figure.view = view
        assert (figure.points >= 31).all() and (figure.points <= [369, 289]).all()


def test_no_two_names_lie_upon_each_other():
    points = [[200, 100], [201, 101], [205, 99], [390, 50], [202, 120], [30, 101]]
    names = ["prince", "princess", "king", "grandmother", "duke", "cat"]
    spots = np.array(ask("analogies", "namesAt(p, n)", p=points, n=names))
    boxes = [(x, x + 7 * len(name), y) for (x, y), name in zip(spots, names, strict=True)]
    for (l1, r1, y1), (l2, r2, y2) in itertools.combinations(boxes, 2):
        assert r1 <= l2 or r2 <= l1 or abs(y1 - y2) >= 14 - 1e-6
    assert all(right <= 400 for _, right, _ in boxes)


def test_a_word_without_a_direction_is_like_nothing():
    still = vectors()
    still[2, 6] = 0
    figure = AnalogyPlane(WORDS, GROUPS, still, MOMENTS)
    assert figure.cosines[6] == 0
    there = ask("analogies", "cosinesOf(s)", s=figure.state)
    close(there, figure.cosines)


def test_picture_and_words():
    figure = plane(exclude=True, moment=1)
    assert figure.picture.count("<circle") == len(WORDS)
    assert 'aria-label="step 50: nearest to king − man + woman' in figure.picture
    assert (
        "&lt;s&gt;"
        in AnalogyPlane(["<s>", "a", "b", "c"], [0] * 4, vectors()[:, :4], MOMENTS).picture
    )
    assert plane(view="map").picture.count('class="aw-even"') == 5


BAD = [
    (lambda: AnalogyPlane(WORDS, GROUPS, vectors()[:2], MOMENTS), r"shape \(3, 9, d_model\)"),
    (lambda: AnalogyPlane(WORDS[:3], GROUPS[:3], vectors()[:, :3], MOMENTS), "four words or more"),
    (lambda: AnalogyPlane(WORDS, GROUPS[:2], vectors(), MOMENTS), "2 groups for 9 words"),
    (lambda: AnalogyPlane(["a"] * 9, GROUPS, vectors(), MOMENTS), "different words"),
    (lambda: plane(vectors=vectors()[:, :5]), r"but got \(3, 5, 5\)"),
    (lambda: plane(vectors=np.full((3, 9, 5), np.nan)), "finite"),
    (lambda: plane(a=9), "a from 0 to 8"),
    (lambda: plane(moment=-1), "moment from 0 to 2"),
]


@pytest.mark.parametrize(("make", "message"), BAD)
def test_what_cannot_be_shown_is_refused(make, message):
    with pytest.raises(FigureError, match=message) as caught:
        make()
    assert " Try: " in str(caught.value)


def test_python_sees_what_is_done_in_the_figure():
    figure, seen = plane(), []
    figure.observe(lambda change: seen.append(change["new"]), "exclude")
    figure.set_state({"exclude": True, "moment": 1})
    assert seen == [True] and figure.moment == 1


# ---- in the page


def table(page):
    return [row.inner_text().split("\t") for row in page.locator("tbody tr").all()]


def said(page):
    return page.locator("[aria-live]").inner_text()


def test_the_switch_takes_the_inputs_out_of_the_running(show):
    page = show(plane(moment=1))
    assert page.locator(".aw-static").count() == 0
    first, second = table(page)[:2]
    assert first == ["king", "0.995", "★ nearest"] and second[0] == "queen"
    page.get_by_label("exclude the inputs").check()
    first, second = table(page)[:2]
    assert first == ["king", "0.995", "left out"]
    assert second == ["queen", "0.973", "★ nearest"]
    assert page.locator("s").all_inner_texts() == ["king", "woman", "man"]
    still = show(plane(moment=1), javascript=False)
    assert still.locator("svg[role=img]").is_visible()
    assert "of all words: king 0.995" in still.locator(".aw-static p").inner_text()


def test_by_keyboard_alone(show):
    page = show(plane())
    page.keyboard.press("Tab")
    page.keyboard.type("prin")  # b becomes prince
    assert "prince − man + woman" in said(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("q")
    assert "prince − man + queen" in said(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.get_by_label("exclude the inputs").is_checked()
    page.get_by_label("Training").focus()
    page.keyboard.press("ArrowLeft")
    assert said(page).startswith("step 50: ")
    page.keyboard.press("Home")
    assert said(page).startswith("step 0: ")
    expected = plane(moment=0, b=4, c=3).in_words.splitlines()[0]
    assert said(page) == expected


def test_the_map_has_neighbours_and_no_sum(show):
    page = show(plane())
    page.get_by_label("See").select_option("the map")
    assert not page.get_by_label("exclude the inputs").is_visible()
    assert page.locator("select:visible").count() == 2
    page.get_by_label("Neighbours of").select_option("queen")
    assert said(page) == plane(view="map", b=3).in_words
    page.get_by_label("See").select_option("the sum")
    assert "queen − man + woman" in said(page)


def test_play_goes_through_the_training_and_ends(show):
    page = show(plane())
    play = page.get_by_role("button")
    play.click()
    assert said(page).startswith("step 0: ") and play.inner_text() == "Stop"
    page.wait_for_function("document.querySelector('[aria-live]').innerText.startsWith('step 100')")
    page.wait_for_function("document.querySelector('button').innerText === 'Play'")
    play.click()
    play.click()
    assert play.inner_text() == "Play"
    stopped = said(page)
    page.wait_for_timeout(900)
    assert said(page) == stopped


def test_the_points_glide_to_where_they_belong(show):
    page = show(plane())
    page.get_by_label("Training").press("Home")
    page.wait_for_timeout(600)
    points = page.locator("svg circle").all()
    at = [[float(dot.get_attribute(axis)) for axis in ("cx", "cy")] for dot in points]
    np.testing.assert_allclose(at, plane(moment=0).points[: len(WORDS)], atol=1e-6)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [320, 1200])
def test_everyone_can_use_it(show, dark, width):
    page = show(plane(exclude=True, moment=1), plane(view="map"), dark=dark, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, options={"runOnly": RULES})
    assert found.violations_count == 0, found.generate_report()
    for target in page.locator("select:visible, button, input[type=range]").all():
        box = target.bounding_box()
        assert min(box["width"], box["height"]) >= 24, target


def test_a_page_may_hold_it_twice(show):
    page = show(plane(), plane())
    page.get_by_label("exclude the inputs").first.check()
    assert not page.get_by_label("exclude the inputs").last.is_checked()
    ids = re.findall(r'\bid="', page.content())
    assert ids == []
