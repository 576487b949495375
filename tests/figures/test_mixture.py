"""The mixture: module, class and page say the same, and what chapter 5 claims can be replayed."""

import re
from itertools import combinations

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from node import ask

from minigpt.errors import FigureError
from minigpt.figures import Mixture

rng = np.random.default_rng(8)
X = np.array([[0.3, -0.1], [1, 0.5], [-0.4, 0.8], [0.8, 1.5]])
SENTENCES = {
    "the bird is red": (X, 1),
    "seven words that lie anywhere at all": (rng.normal(size=(7, 2)), 4),
    "far far away": (np.array([[100, -100], [-100, 100], [100, -99.99]]), 0),
    "all the same": (np.full((3, 2), 0.7), 2),
    "nothing is asked": (np.array([[0, 0], [1, 2], [-3, 0.5]]), 0),
    "alone": (np.array([[-5, 0.01]]), 0),
}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def bird(**traits):
    figure = Mixture("the bird is red".split(), X)
    for name, value in traits.items():
        setattr(figure, name, value)
    return figure


def brute_force(x, i):
    """Scores, weights and context of word i, by the definitions, word by word."""
    scores = [(x[i][0] * b[0] + x[i][1] * b[1]) / 2**0.5 for b in x]
    weights = [1 / sum(np.exp(other - score) for other in scores) for score in scores]
    context = [sum(w * b[c] for w, b in zip(weights, x, strict=True)) for c in (0, 1)]
    return np.array(scores), np.array(weights), np.array(context)


def close(got, expected):
    np.testing.assert_allclose(np.array(got, dtype=float), expected, rtol=0, atol=1e-12)


@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize("sentence", SENTENCES)
def test_module_class_and_definition_agree(sentence):
    x, looker = SENTENCES[sentence]
    figure = Mixture(sentence.split()[: len(x)], x, looker)
    there = ask("mixing", "mixtureOf(state)", state=figure.state)
    for name, expected in zip(
        ["scores", "weights", "context"], brute_force(x, looker), strict=True
    ):
        scale = max(1, np.abs(expected).max())  # scores here reach 14142
        close(np.array(getattr(figure, name)) / scale, expected / scale)
        close(np.array(there[name]) / scale, expected / scale)


def test_a_shadow_times_the_lookers_length_is_the_dot_product():
    x, looker = SENTENCES["seven words that lie anywhere at all"]
    state = {"vectors": x.tolist(), "looker": looker}
    shadows = ask("mixing", "mixtureOf(state).shadows", state=state)
    close(np.array(shadows) * np.linalg.norm(x[looker]), x @ x[looker])
    blind = {"vectors": [[0, 0], [1, 2]], "looker": 0}
    assert ask("mixing", "mixtureOf(state).shadows", state=blind) == [0, 0]


@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize("rounds", [0, 1, 2, 7, 60])
@pytest.mark.parametrize("sentence", [*SENTENCES, "four by four"])
def test_in_a_round_all_words_become_their_contexts_at_once(sentence, rounds):
    longer = 4 * X / np.linalg.norm(X, axis=1, keepdims=True)
    x, _ = SENTENCES.get(sentence, (longer, 0))
    figure = Mixture(list("abcdefg")[: len(x)], x, 0)
    figure.rounds = rounds
    expected = x.astype(float)
    for _ in range(rounds):
        expected = np.array([brute_force(expected, i)[2] for i in range(len(x))])
    scale = max(1, np.abs(x).max())
    close(figure.arrows / scale, expected / scale)
    there = ask("mixing", "historyOf(state)", state=figure.state)
    assert len(there) == rounds + 1
    assert there[0] == x.tolist()
    close(np.array(there[-1]) / scale, expected / scale)
    close(figure.context / scale, brute_force(expected, 0)[2] / scale)


def test_the_hollow_star_is_the_context_without_a_word():
    for j in range(4):
        there = ask("mixing", "contextWithout(state, j)", state=bird().state, j=j)
        raised = np.delete(np.exp(X @ X[1] / 2**0.5), j)
        close(there, raised / raised.sum() @ np.delete(X, j, axis=0))
    assert ask("mixing", "contextWithout(state, null)", state=bird().state) is None
    alone = {"vectors": [[1, 2]], "looker": 0}
    assert ask("mixing", "contextWithout(state, 0)", state=alone) is None


def outline(points):
    """The points farthest out in some direction, seen from 7200 of them."""
    angles = np.linspace(0, 2 * np.pi, 7200)
    farthest = (np.array(points) @ [np.cos(angles), np.sin(angles)]).argmax(axis=0)
    return {tuple(points[k]) for k in set(farthest.tolist())}


def test_the_hull_has_the_outermost_points_counterclockwise_and_the_context_inside():
    for seed in range(5):
        points = np.random.default_rng(seed).normal(size=(9, 2)).tolist()
        corners = ask("mixing", "hullOf(points)", points=points)
        assert {tuple(corner) for corner in corners} == outline(points)
        assert len(corners) == len({tuple(corner) for corner in corners})
        context = Mixture(list("abcdefghi"), points, seed).context
        edges = np.roll(corners, -1, axis=0) - corners
        gaps = context - np.array(corners)
        assert (edges[:, 0] * gaps[:, 1] - edges[:, 1] * gaps[:, 0] > 0).all()


@pytest.mark.parametrize(
    ("points", "corners"),
    [
        ([[1, 2]], [[1, 2]]),
        ([[1, 2], [0, 3]], [[0, 3], [1, 2]]),
        ([[0, 0], [2, 2], [1, 1]], [[0, 0], [2, 2]]),
        ([[0, 0], [1, 0], [1, 0], [0, 1]], [[0, 0], [1, 0], [0, 1]]),
    ],
)
def test_the_hull_of_little(points, corners):
    assert ask("mixing", "hullOf(points)", points=points) == corners


def test_the_still_picture_shades_all_that_averages_reach():
    path = re.search(r'class="aw-hull" d="([^"]*)"', bird().picture)[1]
    triangles = [np.array(re.findall(r"[\d.]+", part), float) for part in path.split("Z")[:-1]]
    a, b, c = np.reshape(triangles, (-1, 3, 2)).swapaxes(0, 1)
    assert len(a) == 4
    sides = np.linalg.det(np.stack([b - a, c - a], axis=1))
    assert (sides > 0).all()  # turned one way, or overlaps would cut holes
    for point in rng.dirichlet(np.ones(4), size=50) @ (X * (1, -1) * 160 / 1.5 + 200):
        inside = [
            np.linalg.det(np.stack([q - p, point - p], axis=1)) > -1
            for p, q in ((a, b), (b, c), (c, a))
        ]
        assert np.all(inside, axis=0).any()


def test_what_the_chapter_claims_holds_in_the_figure():
    sideways = X.copy()
    sideways[3] += 2 * np.array([-0.5, 1])  # at a right angle to bird
    close(bird(vectors=sideways).weights, bird().weights)
    assert np.abs(bird(vectors=sideways).context - bird().context).max() > 0.1
    assert bird(vectors=10 * X).weights[3] > 0.999
    even = X.copy()
    even[3] = [0.9, 0.7]  # its shadow ends where bird does
    assert np.ptp(bird(vectors=even).weights[[1, 3]]) < 1e-12
    turned = Mixture("red is bird the".split(), X[::-1], 2)
    close(turned.context, bird().context)


def test_dragged_numbers_have_two_decimals_and_stay_within_reach():
    assert ask("mixing", "tidied([0.123, -4.567])") == [0.12, -4.57]
    assert ask("mixing", "tidied([101, -1e9])") == [100, -100]
    assert ask("mixing", "tidied([2.3, -2.3], 2)") == [2, -2]
    assert ask("mixing", "tidied([-0.001, 0]).map((c) => Object.is(c, 0))") == [True, True]


def test_ten_times_and_back():
    ten = ask("mixing", "stretched(x, 10)", x=X.tolist())
    assert ten == [[3, -1], [10, 5], [-4, 8], [8, 15]]
    assert ask("mixing", "stretched(x, 0.1)", x=ten) == X.tolist()
    assert ask("mixing", "stretched(x, 10)", x=ten) is None
    assert ask("mixing", "stretched([[0.1, 0], [0, -0.4]], 0.1)") is None


def test_a_word_keeps_its_colour_wherever_it_stands():
    colours = ask("mixing", "coloursOf(words)", words="the bird is red the".split())
    assert colours == [f"aw-word-{n}" for n in (3, 0, 1, 2, 3)]
    assert re.findall(r"aw-word-\d", bird().picture) == colours[:4]


@pytest.mark.parametrize(
    ("most", "before", "after"),
    [
        *[(1.5, 0, 2), (2, 0, 4), (2, 2, 4), (2, 4, 4), (15, 2, 20), (100, 0, 200), (0, 0, 0.2)],
        *[(1.9, 4, 4), (1.3, 4, 2), (4, 4, 10), (4, 10, 10), (3.4, 10, 4)],
    ],
)
def test_the_paper_grows_at_need_and_shrinks_late(most, before, after):
    got = ask("paper", "reachOf([[0, -most], [most / 2, 0]], before)", most=most, before=before)
    assert got == pytest.approx(after)


def test_a_place_on_the_paper_and_back():
    assert ask("paper", "onPaper([1, 0.5], 2)") == [285, 157.5]
    close(ask("paper", "vectorAt(onPaper([-1.3, 0.7], 4), 4)"), [-1.3, 0.7])


def said(expression, held=None, **traits):
    figure = bird(**traits)
    state = {**figure.state, "labels": figure.words}
    text = ask("mixing", f"{expression}", state=state, held=held)
    return text.replace("\u00a0", " ")


def test_the_sum_is_written_out():
    assert said("writtenOut(state, mixtureOf(state))") == (
        "context of bird = 0.157 × (0.30, −0.10) + 0.318 × (1.00, 0.50)"
        " + 0.131 × (−0.40, 0.80) + 0.393 × (0.80, 1.50) = (0.627, 0.839)"
    )


def test_who_takes_most_and_what_a_word_changes():
    expression = "saidOf(state, mixtureOf(state), held)"
    assert said(expression) == "bird takes most of red: 0.393."
    without = "Without red the context would be (0.515, 0.410), the hollow star."
    assert said(expression, held=3) == (
        f"bird takes most of red: 0.393. {without} On the dashed line red would tie with bird."
    )
    assert said(expression, held=1).endswith("the hollow star.")
    even = [*X[:3].tolist(), [0.9, 0.7]]
    assert said(expression, vectors=even).startswith("bird takes most of bird and red: 0.3")
    assert said(expression, vectors=even).endswith(" each.")
    alike = (0.001 * X + X[0]).tolist()  # 0.2500 and 0.2501 are not told apart
    assert said(expression, vectors=alike).endswith("as much of one as of another: 0.250 each.")
    tie = f"{without} A tie: bird takes as much of red as of itself."
    assert said(expression, held=3, vectors=even).endswith(tie)
    assert "A tie" not in said(expression, held=0, vectors=(30 * X).tolist())  # 0 and nearly 0


def test_after_rounds_it_is_said_how_far_apart_the_words_still_are():
    expression = "saidOf({ ...state, vectors: x }, mixtureOf({ ...state, vectors: x }), null)"
    takes = ["most of red: 0.295", "as much of one as of another: 0.250 each"]
    for rounds, after, of_whom in [
        (1, "After 1 round ", takes[0]),
        (3, "After 3 rounds ", takes[1]),
    ]:
        figure = bird(rounds=rounds)
        gaps = [np.hypot(*(a - b)) for a in figure.arrows for b in figure.arrows]
        begin = f"{after}the words are at most {max(gaps):.3f} apart"
        state = {**figure.state, "labels": figure.words}
        there = ask("mixing", expression, state=state, x=figure.arrows.tolist())
        assert there == f"{begin}; bird takes {of_whom}."
        assert figure.in_words.splitlines()[0] == f"{begin}."
    assert "takes 0.250 of is (0.540, 0.866)" in figure.in_words


def test_the_words_say_every_number_and_the_picture_says_the_words():
    figure = bird(looker=2)
    assert figure.in_words.splitlines()[3:] == [
        "is takes 0.339 of red (0.80, 1.50), score 0.622.",
        "Context of is, the star: (0.373, 0.841).",
    ]
    assert 'aria-label="is takes 0.158 of the (0.30, −0.10)' in figure.picture
    assert "&lt;s&gt;" in Mixture(["<s>", "a"], X[:2]).picture


BAD = [
    (lambda: Mixture([], []), "at least one word"),
    (lambda: Mixture(["a", "b"], X), r"vectors of shape \(2, 2\), but got \(4, 2\)"),
    (lambda: Mixture(["a", "b"], np.ones((2, 3))), r"but got \(2, 3\)"),
    (lambda: bird(vectors=[[1, 2], [3, np.nan], [1, 1], [0, 0]]), "nan at"),
    (lambda: bird(vectors=100.1 * np.ones((4, 2))), "from −100 to 100, but got 100.1"),
    (lambda: bird(words=["a"]), r"words of shape \(4,\), but got \(1,\)"),
    (lambda: bird(looker=4), "looker from 0 to 3"),
    (lambda: bird(rounds=-1), "rounds from 0 to 1000, but got -1"),
    (lambda: bird(rounds=1001), "rounds from 0 to 1000"),
    (lambda: Mixture(["a", "b"], X[:2], -1), "looker from 0 to 1"),
]


@pytest.mark.parametrize(("make", "message"), BAD)
def test_what_cannot_be_shown_is_refused(make, message):
    with pytest.raises(FigureError, match=message) as caught:
        make()
    assert " Try: " in str(caught.value)


def test_python_sees_what_is_done_in_the_figure():
    figure, seen = bird(), []
    figure.observe(lambda change: seen.append(change["new"]), "vectors")
    figure.set_state({"vectors": X[::-1].tolist(), "words": figure.words[::-1], "looker": 2})
    assert seen == [X[::-1].tolist()]
    close(figure.context, bird().context)


def weights(page):
    return [row.inner_text().split("\t")[-1] for row in page.locator("tbody tr").all()]


def values(page, word):
    boxes = page.locator("tbody tr").filter(has_text=re.compile(f"^{word}")).locator("input")
    return [float(box.input_value()) for box in boxes.all()]


def test_with_javascript_the_numbers_are_those_of_the_still_picture(show):
    page = show(bird())
    assert page.locator(".aw-static").count() == 0
    assert weights(page) == ["0.157", "0.318", "0.131", "0.393"]
    assert page.locator(".aw-sides p").nth(1).inner_text().endswith("(0.627,\u00a00.839)")
    still = show(bird(), javascript=False)
    assert still.locator("svg[role=img]").is_visible()
    assert "bird takes 0.393 of red" in still.locator(".aw-static p").inner_text()


def test_by_keyboard_alone(show):
    page = show(bird())
    for _ in range(4):
        page.keyboard.press("Tab")
    for key in ["ArrowLeft", "ArrowLeft", "ArrowDown", "Shift+ArrowUp", "Shift+ArrowRight"]:
        page.keyboard.press(key)
    assert values(page, "red") == [0.61, 1.41]
    assert page.locator(":focus").get_attribute("aria-valuetext").startswith("0.61, 1.41; weight ")
    assert "Without red" in page.locator("[aria-live]").inner_text()
    expected = bird(vectors=[*X[:3].tolist(), [0.61, 1.41]]).weights
    assert weights(page) == [f"{weight:.3f}" for weight in expected]


def centre(grip):
    box = grip.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_tip_is_dragged_and_the_paper_does_not_jump_meanwhile(show):
    page = show(bird())
    tip = page.get_by_role("slider", name="tip of red")
    unit = page.locator("svg.aw-paper").bounding_box()["width"] * 170 / 400 / 2
    x, y = centre(tip)
    page.mouse.move(x + 5, y - 5)  # not quite the middle: the tip keeps its distance
    page.mouse.down()
    page.mouse.move(x + 5 - 1.6 * unit, y - 5 + 3 * unit, steps=4)
    assert values(page, "red") == pytest.approx([-0.8, -1.5], abs=0.011)
    page.mouse.move(x + 900, y - 5)
    assert values(page, "red") == pytest.approx([2, 1.5], abs=0.011)  # the frame ends at 2
    page.mouse.move(x + 5 - 0.4 * unit, y - 5 + 1.3 * unit)
    page.mouse.up()
    page.mouse.move(x, y)
    assert values(page, "red") == pytest.approx([0.4, 0.2], abs=0.02)  # let go is let go
    assert all(value == round(value, 2) for value in values(page, "red"))


def test_the_paper_shrinks_only_when_the_tip_is_let_go(show):
    page = show(bird(vectors=[*X[:3].tolist(), [0, 3.8]]))
    x, y = centre(page.get_by_role("slider", name="tip of red"))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + page.locator("svg.aw-paper").bounding_box()["width"] * 0.35)
    assert values(page, "red")[1] < 0.6
    assert page.locator(".aw-tick").last.text_content() == "−4"
    page.mouse.up()
    assert page.locator(".aw-tick").last.text_content() == "−2"


def test_at_the_edge_there_is_more_paper(show):
    page = show(bird())
    for reach in (2, 4, 10):
        x, y = centre(page.get_by_role("slider", name="tip of red"))
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 900, y)
        page.mouse.up()
        assert values(page, "red")[0] == reach


def test_a_finger_drags_a_tip_and_elsewhere_scrolls_the_page(show):
    page = show(bird(), width=390)
    page.add_style_tag(content="body { height: 3000px }")
    session = page.context.new_cdp_session(page)

    def swipe(x, y, dx, dy):
        kinds = ["touchStart", *["touchMove"] * 8]
        for step, kind in enumerate(kinds):
            touch = {"x": x + dx * step / 8, "y": y + dy * step / 8}
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [touch]})
            page.wait_for_timeout(30)
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.wait_for_timeout(100)

    unit = page.locator("svg.aw-paper").bounding_box()["width"] * 170 / 400 / 2
    swipe(*centre(page.get_by_role("slider", name="tip of red")), -0.5 * unit, unit)
    assert values(page, "red") == pytest.approx([0.3, 0.5], abs=0.02)
    assert page.evaluate("scrollY") == 0
    x, y = centre(page.get_by_role("slider", name="tip of the"))
    swipe(x + unit, y + unit, 0, -unit)
    assert page.evaluate("scrollY") > 0


def test_of_two_tips_under_a_finger_the_nearer_is_taken(show):
    figure = bird(vectors=[*X[:3].tolist(), [1.06, 0.5]])  # red's grip covers bird's
    page = show(figure)
    x, y = centre(page.get_by_role("slider", name="tip of bird"))
    page.mouse.move(x - 1, y)
    page.mouse.down()
    page.mouse.move(x - 41, y)
    page.mouse.up()
    assert values(page, "red") == [1.06, 0.5]
    assert values(page, "bird")[0] < 0.8


def test_typed_far_away_red_takes_everything(show):
    page = show(bird())
    page.get_by_label("red, first number").fill("8")
    page.get_by_label("red, second number").fill("15")
    assert weights(page) == ["0.000", "0.000", "0.000", "1.000"]
    page.get_by_label("red, second number").fill("")  # half typed is not typed
    assert weights(page) == ["0.000", "0.000", "0.000", "1.000"]
    page.get_by_label("red, first number").fill("1e9")
    page.keyboard.press("Tab")
    assert values(page, "red") == [100, 15]


def test_ten_times_as_long_is_a_lookup_and_reset_brings_the_beginning_back(show):
    page = show(bird())
    page.get_by_role("button", name="All × 10").click()
    assert weights(page) == ["0.000", "0.000", "0.000", "1.000"]
    assert page.get_by_role("button", name="All × 10").is_disabled()
    page.get_by_role("button", name="Reset").click()
    assert weights(page) == ["0.157", "0.318", "0.131", "0.393"]


def table(page):
    return [values(page, word) for word in ("the", "bird", "is", "red")]


def rounded(figure):
    return np.round(figure.arrows, 3).tolist()


def test_repeated_until_all_words_are_one_and_reset(show):
    page = show(bird())
    page.emulate_media(reduced_motion="reduce")
    for rounds in (1, 2, 3):
        page.get_by_role("button", name="Repeat").click()
        after = bird(rounds=rounds)
        assert table(page) == rounded(after)
        assert weights(page) == [f"{weight:.3f}" for weight in after.weights]
        assert page.locator("[aria-live]").inner_text().startswith(f"After {rounds} round")
    page.get_by_role("button", name="Reverse").click()
    assert table(page) == rounded(after)
    tips = page.locator("circle[role=slider]").all()
    assert len({tip.get_attribute("aria-valuetext") for tip in tips}) == 1
    page.get_by_role("button", name="Reset").click()
    assert table(page) == X.tolist()
    assert page.locator("[aria-live]").inner_text() == "bird takes most of red: 0.393."


def test_what_shrinks_is_not_looked_at_more_closely(show):
    page = show(Mixture(list("abcd"), [[1, 0.5], [-1, -0.5], [0.5, -1], [-0.5, 1]]))
    for _ in range(4):
        page.get_by_role("button", name="Repeat").click()
    assert max(map(abs, values(page, "a"))) < 0.3
    assert page.locator(".aw-tick").last.text_content() == "−2"


def test_what_is_moved_after_a_round_is_where_it_stood(show):
    page = show(bird())
    page.get_by_role("button", name="Repeat").click()
    page.get_by_label("tip of red").press("ArrowRight")
    expected = [*rounded(bird(rounds=1))[:3], [0.74, 1.06]]
    assert table(page) == expected
    assert page.locator("[aria-live]").inner_text().startswith("bird takes")
    page.get_by_role("button", name="Repeat").click()
    page.get_by_role("button", name="All × 10").click()
    grown = bird(vectors=[*bird(rounds=1).arrows[:3].tolist(), [0.74, 1.06]], rounds=1)
    np.testing.assert_allclose(table(page), 10 * grown.arrows, atol=0.0006)


WATCH = """() => {
  const star = () => document.querySelector(".aw-star:last-child").getAttribute("points");
  window.stars = new Set([star()]);
  new MutationObserver(() => window.stars.add(star()))
    .observe(document.querySelector("svg.aw-paper"), { childList: true, subtree: true });
}"""


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_the_words_glide_unless_the_reader_wants_no_motion(show, motion):
    page = show(bird())
    page.emulate_media(reduced_motion=motion)
    page.evaluate(WATCH)
    page.get_by_role("button", name="Repeat").click()
    at = [200 + 85 * bird(rounds=1).context[0], 200 - 85 * bird(rounds=1).context[1] - 11]
    arrived = "([x, y]) => [...window.stars].some((points) => {"
    arrived += " const [a, b] = points.split(/[ ,]/).map(Number);"
    arrived += " return Math.hypot(a - x, b - y) < 1e-6; })"
    page.wait_for_function(arrived, arg=at)
    seen = page.evaluate("window.stars.size")
    assert seen == 2 if motion == "reduce" else seen > 2


def test_a_word_that_is_held_meets_the_line_where_it_ties(show):
    page = show(bird())
    assert page.locator(".aw-even").count() == 0
    page.get_by_label("tip of bird").focus()
    assert page.locator(".aw-even").count() == 0
    page.get_by_label("tip of red").focus()
    assert page.locator(".aw-even").count() == 1
    for _ in range(6):
        assert "A tie" not in page.locator("[aria-live]").inner_text()
        page.keyboard.press("ArrowDown")
    assert "A tie: bird takes as much of red" in page.locator("[aria-live]").inner_text()
    x1, y1, x2, y2 = (
        float(page.locator(".aw-even").get_attribute(name)) for name in ("x1", "y1", "x2", "y2")
    )
    grip = page.get_by_label("tip of red")
    x, y = (float(grip.get_attribute(name)) for name in ("cx", "cy"))  # in the frame as outside
    assert (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1) == pytest.approx(0, abs=1e-6)


def test_names_do_not_lie_upon_each_other(show):
    page = show(bird())
    page.get_by_label("red, first number").fill("8")
    page.get_by_label("red, second number").fill("15")
    boxes = [name.bounding_box() for name in page.locator("svg.aw-paper text:not(.aw-tick)").all()]
    assert len(boxes) == 4
    for a, b in combinations(boxes, 2):
        beside = a["x"] >= b["x"] + b["width"] or b["x"] >= a["x"] + a["width"]
        assert beside or abs(a["y"] - b["y"]) > 16  # as high as the letters


@pytest.mark.parametrize("width", [320, 390, 624, 784, 836])
def test_no_column_is_cut_and_no_ring(show, width):
    page = show(bird(shadows=True), width=width)
    page.add_style_tag(content="body { font-family: sans-serif; margin: 0 }")
    box = page.get_by_label("red, second number")
    box.focus()
    inner, scroll = box.bounding_box(), page.locator(".aw-scroll")
    assert scroll.evaluate("(node) => node.scrollWidth <= node.clientWidth")
    around = scroll.bounding_box()
    assert around["y"] + around["height"] - inner["y"] - inner["height"] >= 4


def test_the_order_changes_nothing_but_the_order(show):
    page = show(bird())
    page.get_by_label("tip of red").focus()
    before = page.locator(".aw-star").all()
    places = [star.get_attribute("points") for star in before]
    page.get_by_role("button", name="Reverse").click()
    assert weights(page) == ["0.393", "0.131", "0.318", "0.157"]
    after = page.locator(".aw-star:not(.aw-hollow)").get_attribute("points")
    near = [float(n) for n in re.split("[ ,]", after)]
    assert near == pytest.approx([float(n) for n in re.split("[ ,]", places[-1])])
    assert page.get_by_label("Who looks").input_value() == "2"


def test_another_looker_and_the_shadows(show):
    page = show(bird())
    assert page.locator(".aw-half").count() == 0
    page.get_by_label("Who looks").select_option("red")
    page.get_by_label("shadows").check()
    assert page.locator(".aw-half").count() == 1
    rows = [row.inner_text().split("\t") for row in page.locator("tbody tr").all()]
    expected = X @ X[3] / np.linalg.norm(X[3])
    assert [row[-3] for row in rows] == [f"{shadow:.3f}" for shadow in expected]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [320, 1200])
def test_everyone_can_use_it(show, dark, width):
    six = Mixture(list("abcdef"), rng.normal(size=(6, 2)), 5, shadows=True)
    page = show(bird(), six, dark=dark, width=width)
    page.get_by_label("tip of red").focus()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, options={"runOnly": RULES})
    assert found.violations_count == 0, found.generate_report()
    for target in page.locator("circle[role=slider], input[type=number], select, button").all():
        box = target.bounding_box()
        assert min(box["width"], box["height"]) >= 24, target
