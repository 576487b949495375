"""The cell tracer: what it prints can be checked with a pencil, and module and class agree."""

import json
import math
import re

import numpy as np
import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from node import ask
from torch.nn import functional as F

from minigpt.errors import FigureError
from minigpt.figures import CellTracer
from minigpt.figures.tracing import Tracing

rng = np.random.default_rng(7)
WORDS = "the cat sat on the mat".split()
X = [
    [0.5, 0.8, 0.1, 0.3],
    [1.0, 0.2, 0.5, 0.1],
    [0.3, 1.0, 0.2, 0.4],
    [0.6, 0.4, 0.7, 0.5],
    [0.5, 0.8, 0.1, 0.3],
    [0.8, 0.1, 0.9, 0.2],
]
W_Q = [[0.2, 0.1, 0.3], [0.4, 0.2, 0.1], [0.1, 0.5, 0.2], [0.3, 0.1, 0.4]]
W_K = [[0.3, 0.2, 0.1], [0.1, 0.4, 0.3], [0.2, 0.1, 0.5], [0.4, 0.3, 0.2]]
W_V = [[0.1, 0.3, 0.2], [0.2, 0.1, 0.4], [0.5, 0.2, 0.1], [0.3, 0.4, 0.3]]


def sentence(**traits):
    figure = CellTracer(WORDS, X, W_Q, W_K, W_V)
    for name, value in traits.items():
        setattr(figure, name, value)
    return figure


def made(T, d_model, d_head, d_v, scale=1.0, digits=17):
    """Words and matrices, every size its own."""
    shapes = [(T, d_model), (d_model, d_head), (d_model, d_head), (d_model, d_v)]
    arrays = [np.round(rng.normal(size=shape) * scale, digits) for shape in shapes]
    return ["a & b", *"bbcdefg"][:T], *arrays


CASES = {
    "the sentence": (WORDS, X, W_Q, W_K, W_V),
    "any numbers": made(5, 4, 3, 2),
    "a square root without a rest": made(3, 2, 4, 5, digits=1),
    "tenths": made(5, 3, 2, 4, digits=1),
    "eighths, on the edges of rounding": made(4, 2, 3, 1, scale=0.125, digits=3),
    "large scores": made(5, 4, 3, 2, scale=4),
    "zeros": (["a", "b"], np.zeros((2, 3)), np.ones((3, 4)), np.ones((3, 4)), np.ones((3, 1))),
    "alone": made(1, 3, 2, 4),
}
EVERY = [(name, scaled) for name in CASES for scaled in (True, False)]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COMPUTE = """(() => {
  const numbers = tracing(state);
  return cells.map((cell) => ({ ...trace(numbers, cell), shown: shown(numbers, cell) }));
})()"""


SMALLEST = """() => {
  const targets = document.querySelectorAll(".aw-controls label, .aw-cell, .aw-trace button");
  const boxes = [...targets].map((target) => target.getBoundingClientRect());
  return Math.min(...boxes.filter((b) => b.width).flatMap((b) => [b.width, b.height]));
}"""


MARKED = """() => [...document.querySelectorAll(".aw-matrix td")].flatMap((td, i) => {
  return td.className === "aw-cell" ? [] : [[i, td.className, td.dataset.mark ?? ""]];
})"""


def figure_of(case, scaled):
    figure = CellTracer(*CASES[case])
    figure.scaled = scaled
    return figure


def cells_of(figure):
    shapes = {name: np.shape(getattr(figure, name)) for name in ("x", "w_q", "w_k", "w_v")}
    shapes |= {name: getattr(figure, name).shape for name in "q k v scores weights context".split()}
    return [(name, *at) for name, shape in shapes.items() for at in np.ndindex(shape)]


def value_at(figure, cell):
    name, row, column = cell
    return np.asarray(getattr(figure, name))[row, column]


@pytest.mark.parametrize("case", CASES)
def test_the_matrices_are_those_of_pytorch(case):
    x, *w = (torch.tensor(np.array(m), dtype=torch.float64) for m in CASES[case][1:])
    q, k, v = (x @ matrix for matrix in w)
    for scaled, scale in [(True, None), (False, 1.0)]:
        figure = figure_of(case, scaled)
        expected = F.scaled_dot_product_attention(q[None], k[None], v[None], scale=scale)[0]
        np.testing.assert_allclose(figure.context, expected, rtol=0, atol=1e-12)
        np.testing.assert_allclose(figure.weights.sum(axis=1), 1, rtol=0, atol=1e-12)
        width = math.sqrt(k.shape[1]) if scaled else 1
        for i, j in np.ndindex(figure.scores.shape):
            assert figure.scores[i, j] == pytest.approx(float(q[i] @ k[j]) / width, abs=1e-12)
    for mine, theirs in ((figure.q, q), (figure.k, k), (figure.v, v)):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("case", "scaled"), EVERY)
def test_the_module_says_the_same_of_every_number(case, scaled):
    figure = figure_of(case, scaled)
    cells = cells_of(figure)
    there = ask("tracing", COMPUTE, state=figure.state, cells=cells)
    tracing = Tracing(**{name: v for name, v in figure.state.items() if name != "cell"})
    for cell, theirs in zip(cells, there, strict=True):
        ours = figure.trace(*cell)
        assert theirs["value"] == pytest.approx(ours.value, abs=1e-12)
        assert (theirs["text"], theirs["how"]) == (ours.text, ours.how)
        assert theirs["terms"] == [[list(factor) for factor in pair] for pair in ours.terms]
        assert theirs["shown"] == tracing.shown(cell)


@pytest.mark.parametrize(("case", "scaled"), EVERY)
def test_the_terms_make_the_number(case, scaled):
    figure = figure_of(case, scaled)
    for cell in cells_of(figure):
        trace, value = figure.trace(*cell), value_at(figure, cell)
        parts = [[value_at(figure, factor) for factor in pair] for pair in trace.terms]
        assert trace.value == value
        if cell[0] == "weights":
            powers = np.exp(np.array(parts)[:, 0] - np.max(parts))
            assert value == pytest.approx(powers[cell[2]] / powers.sum(), abs=1e-12)
        elif parts:
            total = sum(left * right for left, right in parts)
            width = math.sqrt(figure.q.shape[1]) if cell[0] == "scores" and scaled else 1
            assert value == pytest.approx(total / width, abs=1e-12)
        else:
            assert cell[0] in ("x", "w_q", "w_k", "w_v")


def by_pencil(expression):
    """The value of what stands between two signs, from the printed digits alone."""
    code = expression.replace("×", "*").replace("−", "-")
    code = re.sub(r"√(\d+)", r"math.sqrt(\1)", code).replace("exp", "math.exp")
    assert re.fullmatch(r"[\d.+\-*/() ]+|(?:math\.(?:exp|sqrt)|[\d.+\-*/() ])+", code), code
    return eval(code)


def half_up(value, places):
    return math.floor(abs(value) * 10**places + 0.5 + 1e-9) / 10**places * math.copysign(1, value)


@pytest.mark.parametrize(("case", "scaled"), EVERY)
def test_a_reader_with_a_pencil_comes_to_the_printed_number(case, scaled):
    figure = figure_of(case, scaled)
    for cell in cells_of(figure):
        trace = figure.trace(*cell)
        name, *steps = re.split(r" (=|≈) ", trace.text)
        assert name.startswith(f"{cell[0]}[")
        values = [by_pencil(step) for step in steps[1::2]]
        end = steps[-1]
        for value in values:
            places = min(len(end.split(".")[1]), 3)
            assert half_up(value, places) == pytest.approx(half_up(values[-1], places)), trace.text
        for sign, before, after in zip(steps[2::2], values, values[1:], strict=False):
            assert sign == "≈" or before == pytest.approx(after, abs=1e-9), trace.text
        if steps[0] == "=":
            assert values[0] == pytest.approx(trace.value, abs=1e-9), trace.text
        assert abs(values[-1] - trace.value) < 0.5e-3 + 1e-9


LINES = {
    ("q", 1, 1): "q[cat, 2] = 1.0×0.1 + 0.2×0.2 + 0.5×0.5 + 0.1×0.1 = 0.40",
    ("scores", 5, 0): "scores[mat, the (1)] = (0.35×0.37 + 0.57×0.52 + 0.51×0.40) / √3"
    " ≈ 0.6299 / 1.732 ≈ 0.364",
    ("weights", 5, 5): "weights[mat, mat] ≈ exp(0.395) / (exp(0.364) + exp(0.338) + exp(0.426)"
    " + exp(0.463) + exp(0.364) + exp(0.395)) ≈ 1.484 / (1.439 + 1.402 + 1.531 + 1.589 + 1.439"
    " + 1.484) = 1.484 / 8.884 ≈ 0.167",
    ("context", 5, 2): "context[mat, 3] ≈ 0.162×0.52 + 0.158×0.36 + 0.172×0.60 + 0.179×0.50"
    " + 0.162×0.52 + 0.167×0.35 ≈ 0.477",
    ("x", 4, 3): "x[the (5), 4] = 0.3",
    ("w_k", 3, 0): "w_k[4, 1] = 0.4",
}
HOW = {
    ("v", 3, 2): "Row on of x times column 3 of w_v.",
    ("scores", 5, 0): "Row mat of q times row the (1) of k, divided by the square root of 3.",
    ("weights", 1, 2): "Softmax of row cat of scores: the share that cat takes of sat.",
    ("context", 1, 0): "Row cat of weights times column 1 of v.",
    ("x", 0, 1): "Given: the embedding of the (1), number 2.",
    ("w_q", 1, 2): "Given: row 2, column 3 of w_q.",
}


@pytest.mark.parametrize(("cell", "line"), LINES.items())
def test_what_a_line_looks_like(cell, line):
    assert sentence().trace(*cell).text == line


@pytest.mark.parametrize(("cell", "how"), HOW.items())
def test_which_row_meets_which_column(cell, how):
    assert sentence().trace(*cell).how == how


def test_without_the_root_the_scores_are_exact():
    figure = sentence(scaled=False)
    line = "scores[mat, on] = 0.35×0.56 + 0.57×0.50 + 0.51×0.63 = 0.8023 ≈ 0.802"
    assert figure.trace("scores", 5, 3).text == line
    assert figure.trace("scores", 5, 5).text.endswith(" = 0.6840")
    assert figure.trace("scores", 5, 5).how == "Row mat of q times row mat of k."
    assert figure.trace("weights", 5, 3).text.startswith("weights[mat, on] = exp(0.8023) / (")


def test_negative_factors_stand_in_brackets_and_halves_go_up():
    figure = CellTracer(["a"], [[-0.5]], [[0.25]], [[0.5]], [[-1]])
    assert figure.trace("q", 0, 0).text == "q[a, 1] = (−0.5)×0.25 = −0.125"
    assert figure.trace("v", 0, 0).text == "v[a, 1] = (−0.5)×(−1.0) = 0.5"
    figure.w_q = [[0.025]]
    assert figure.trace("q", 0, 0).text == "q[a, 1] = (−0.5)×0.025 = −0.0125 ≈ −0.013"


def test_large_scores_are_shifted_before_the_exponential():
    figure = CellTracer(["a", "b"], [[10], [20]], [[1]], [[1]], [[1]])
    assert figure.trace("weights", 0, 1).text == (
        "weights[a, b] = exp(200.0 − 200.0) / (exp(100.0 − 200.0) + exp(200.0 − 200.0))"
        " ≈ 1.000 / (0.000 + 1.000) = 1.000 / 1.000 = 1.0"
    )


FOLLOW = "follow(tracing(state), trail, cell)"


@pytest.mark.parametrize(
    ("trail", "cell", "expected"),
    [
        ([], ["q", 0, 0], [["q", 0, 0]]),
        ([["q", 1, 2]], ["x", 1, 3], [["q", 1, 2], ["x", 1, 3]]),
        ([["q", 1, 2]], ["w_q", 0, 2], [["q", 1, 2], ["w_q", 0, 2]]),
        ([["q", 1, 2]], ["x", 2, 3], [["x", 2, 3]]),
        ([["scores", 1, 2]], ["k", 2, 0], [["scores", 1, 2], ["k", 2, 0]]),
        ([["scores", 1, 2]], ["k", 1, 0], [["k", 1, 0]]),
        ([["context", 5, 0], ["weights", 5, 3]], ["context", 5, 0], [["context", 5, 0]]),
        ([["weights", 5, 3]], ["scores", 5, 0], [["weights", 5, 3], ["scores", 5, 0]]),
    ],
)
def test_an_operand_goes_on_and_another_number_starts_anew(trail, cell, expected):
    assert ask("tracing", FOLLOW, state=sentence().state, trail=trail, cell=cell) == expected


ORIGINS = "originsOf(tracing(state), cell)"
GIVEN = ("x", "w_q", "w_k", "w_v")


@pytest.mark.parametrize("name", ["q", "k", "v", "scores", "weights", "context"])
def test_what_had_a_hand_in_a_number_moves_it_when_nudged(name):
    words, *arrays = made(4, 3, 2, 5)
    figure = CellTracer(words, *arrays)
    cell = (name, 2, 1)
    moving = set()
    for given, array in zip(GIVEN, arrays, strict=True):
        for at in np.ndindex(array.shape):
            nudged = array.copy()
            nudged[at] += 0.1
            other = CellTracer(words, *arrays)
            setattr(other, given, nudged)
            if abs(value_at(other, cell) - value_at(figure, cell)) > 1e-9:
                moving.add((given, *at))
    origins = {tuple(of) for of in ask("tracing", ORIGINS, state=figure.state, cell=cell)}
    assert {of for of in origins if of[0] in GIVEN} == moving
    assert cell in origins


def test_the_still_tables_mark_the_number_and_what_made_it():
    still = sentence(cell=["context", 5, 0]).still
    assert re.findall(r'aw-left" data-mark="(.)">(.*?)<', still) == [
        *[("a", "0.162"), ("b", "0.158"), ("c", "0.172"), ("d", "0.179")],
        *[("e", "0.162"), ("f", "0.167")],
    ]
    assert [v for _, v in re.findall(r'aw-right" data-mark="(.)">(.*?)<', still)] == (
        "0.35 0.42 0.45 0.64 0.35 0.61".split()
    )
    assert re.findall(r'aw-chosen">(.*?)<', still) == ["0.474"]
    assert still.count("<table") == 10
    assert sentence(cell=["context", 5, 0]).trace("context", 5, 0).text in still


def test_the_words_hold_every_matrix():
    words = sentence().in_words
    assert "    cat  0.36  0.40  0.46\n" in words
    assert "scores = q @ k.T / √3\n" in words
    assert "weights = softmax(scores)\nthe (1)  0.161" in words
    assert "scores = q @ k.T\n" in sentence(scaled=False).in_words
    assert "<" not in words


def test_words_are_escaped():
    figure = figure_of("any numbers", True)
    assert "a &amp; b" in figure.picture
    assert "a & b" not in figure.picture


BAD = [
    (lambda: CellTracer([], [], W_Q, W_K, W_V), "x with 2 axes"),
    (lambda: CellTracer(WORDS[:2], X, W_Q, W_K, W_V), r"2 words and x \(6, 4\)"),
    (lambda: CellTracer(WORDS, np.transpose(X), W_Q, W_K, W_V), r"6 words and x \(4, 6\)"),
    (lambda: CellTracer(WORDS, X, np.transpose(W_Q), W_K, W_V), r"w_q \(3, 4\)"),
    (lambda: CellTracer(WORDS, X, W_Q, np.array(W_K)[:, :2], W_V), r"w_k \(4, 2\)"),
    (lambda: CellTracer(WORDS, X, W_Q, W_K, np.zeros((4, 0))), r"w_v \(4, 0\)"),
    (lambda: sentence(cell=["scores", 6, 0]), "a matrix, one of x, w_q, .* but got .*6, 0"),
    (lambda: sentence(cell=["scores", -1, 0]), "counted from 0"),
    (lambda: sentence(cell=["dots", 0, 0]), "a matrix, one of"),
    (lambda: sentence(cell=["q", 0]), "a row and a column"),
    (lambda: sentence(cell=["q", 0, 1.0]), "a row and a column"),
    (lambda: sentence(x=np.ones((6, 3))), r"w_q, w_k and w_v with 3 rows"),
    (lambda: sentence().trace("q", 0, 3), r"'q', 0, 3"),
]


@pytest.mark.parametrize(("make", "message"), BAD)
def test_what_cannot_be_shown_is_refused(make, message):
    with pytest.raises(FigureError, match=message) as caught:
        make()
    assert " Try: " in str(caught.value)


def test_an_argmax_can_be_traced():
    figure = sentence()
    best = figure.weights[5].argmax()
    assert figure.trace("weights", 5, best).text.startswith("weights[mat, on]")
    figure.cell = ("weights", 5, best)
    assert json.dumps(figure.cell) == '["weights", 5, 3]'


def test_all_words_and_matrices_can_change_together():
    figure = sentence()
    words, x, w_q, w_k, w_v = CASES["any numbers"]
    with figure.hold_trait_notifications():
        figure.cell = ["q", 0, 0]
        figure.words, figure.x, figure.w_q, figure.w_k, figure.w_v = words, x, w_q, w_k, w_v
    assert figure.context.shape == (5, 2)


def tables(page):
    return [table.inner_text().split() for table in page.locator("table").all()]


def cell_at(page, name, row, column):
    return page.locator(f".aw-at-{name} tbody tr").nth(row).locator("td").nth(column)


def said(page):
    return page.locator("[aria-live]").first.text_content()


@pytest.mark.parametrize("cell", [["context", 5, 0], ["weights", 1, 3], ["scores", 2, 4]])
def test_with_javascript_the_tables_are_the_same(show, cell):
    figure = sentence(cell=cell)
    page = show(figure, javascript=False)
    still, marked = tables(page), page.evaluate(MARKED)
    assert len(still) == 10
    assert len(marked) > 6
    page = show(figure)
    assert tables(page) == still
    assert page.evaluate(MARKED) == marked
    assert page.locator(".aw-line").inner_text() == figure.trace(*cell).text


def test_a_number_is_traced_down_to_x_and_back(show):
    page, figure = show(sentence(), sentence()), sentence()
    cell_at(page, "context", 5, 0).click()
    way = [("context", 5, 0)]
    for button, cell in [(6, ("weights", 5, 3)), (0, ("scores", 5, 3)), (2, ("q", 5, 1))]:
        page.locator(".aw-line").first.locator("button").nth(button).click()
        way.append(cell)
        trace = figure.trace(*cell)
        assert said(page) == f"{trace.how} {trace.text}"
        assert page.locator(".aw-chosen").first.inner_text() == trace.text.split()[-1]
    cell_at(page, "x", 5, 2).click()
    trail = page.locator(".aw-trail").first
    expected = "context[mat, 1] weights[mat, on] scores[mat, on] q[mat, 2] x[mat, 3]"
    assert " ".join(trail.locator("button").all_inner_texts()) == expected
    assert said(page) == "Given: the embedding of mat, number 3. x[mat, 3] = 0.9"
    trail.get_by_text("weights[mat, on]").click()
    assert said(page).startswith("Softmax of row mat")
    assert trail.locator("button").count() == 2
    cell_at(page, "k", 0, 0).click()  # no part of that weight: a new way
    assert not trail.is_visible()
    other = page.locator(".aw-line").nth(1).inner_text()
    assert other == figure.trace("scores", 5, 5).text  # the other figure stays as it was


def focused(page):
    return page.evaluate("document.activeElement.textContent")


def test_by_keyboard_alone(show):
    page = show(sentence(cell=["context", 5, 0]))
    page.keyboard.press("Tab")  # the root's switch
    page.keyboard.press("Tab")  # all the way back
    page.keyboard.press("Tab")
    assert focused(page) == "0.5"  # x has nothing to do with it: its first number
    for _ in range(6):
        page.keyboard.press("Tab")
    assert focused(page) == "0.35"  # v's first factor
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert focused(page) == "0.162"  # and that of weights
    for key in ["End", "ArrowLeft", "ArrowLeft", "ArrowUp", "ArrowDown", "ArrowDown", "Enter"]:
        page.keyboard.press(key)
    assert said(page) == " ".join([(trace := sentence().trace("weights", 5, 3)).how, trace.text])
    assert focused(page) == "0.179"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press(" ")
    assert said(page).startswith("Row mat of q times row the (1) of k")
    for _ in range(5):
        page.keyboard.press("Tab")  # weights, context, and the way here: three buttons
    for key in ["Tab", "ArrowRight", "Enter"]:
        page.keyboard.press(key)
    assert said(page).startswith("Row the (1) of x times column 1 of w_k.")
    assert focused(page) == "0.5"  # in the new line


def test_the_switch_takes_the_root_away_and_back(show):
    page = show(sentence())
    switch = page.get_by_label("divide the scores by √3")
    switch.uncheck()
    assert cell_at(page, "scores", 5, 5).inner_text() == "0.684"
    assert cell_at(page, "context", 5, 1).inner_text() == "0.446"
    assert page.locator(".aw-line").inner_text() == (
        sentence(scaled=False).trace("scores", 5, 5).text
    )
    switch.check()
    assert cell_at(page, "scores", 5, 5).inner_text() == "0.395"


COUNTS = [(("scores", 5, 3), 32), (("weights", 5, 3), 48), (("context", 5, 0), 52)]


@pytest.mark.parametrize(("cell", "count"), COUNTS)
def test_all_the_way_back_lights_and_counts_what_had_a_hand_in_it(show, cell, count):
    page = show(sentence(cell=cell))
    count_lit = "document.querySelectorAll(':is(.aw-at-x, [class*=aw-at-w_]) .aw-origin').length"
    assert page.evaluate(count_lit) == 0
    switch = page.get_by_label("all the way back")
    switch.check()
    assert page.evaluate(count_lit) == count
    words = f"All the way back, {count} of the 60 given numbers have a hand in it."
    assert words in page.locator(".aw-trace").inner_text()
    assert words in said(page)
    switch.uncheck()
    assert page.evaluate(count_lit) == 0
    assert "given numbers" not in said(page)


def test_on_a_telephone_the_line_does_not_cover_what_was_chosen(show):
    page = show(sentence(cell=["x", 0, 0]), width=390)
    panel = page.locator(".aw-trace")
    for name, row in [("scores", 2), ("weights", 5), ("q", 0), ("context", 4)]:
        cell = cell_at(page, name, row, 1)
        low = panel.bounding_box()["y"] - cell.bounding_box()["y"] - 30
        page.evaluate("(by) => scrollBy(0, by)", -low)  # right above the line
        cell.click()
        box = cell.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= panel.bounding_box()["y"] + 1


@pytest.mark.parametrize(("width", "dark"), [(320, True), (390, False), (1200, True)])
def test_everyone_can_use_it(show, width, dark):
    page = show(sentence(cell=["context", 5, 2]), dark=dark, width=width)
    cell_at(page, "weights", 5, 3).click()
    page.get_by_label("all the way back").check()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, options={"runOnly": RULES})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate(SMALLEST) >= 24


def test_on_a_telephone_the_line_stays_in_sight_and_hides_no_focus(show):
    page = show(sentence(), width=390)
    line = page.locator(".aw-trace")
    assert page.evaluate("document.documentElement.scrollHeight") > 1200
    assert line.bounding_box()["y"] + line.bounding_box()["height"] <= 800
    for _ in range(11):
        page.keyboard.press("Tab")
        cell = page.locator(":focus").bounding_box()
        assert cell["y"] + cell["height"] <= line.bounding_box()["y"]
    page.emulate_media(media="print")
    page.evaluate("scrollTo(0, 0)")
    assert line.bounding_box()["y"] > 800


@pytest.mark.parametrize("name", ["q", "k", "v"])
def test_where_there_is_room_row_and_column_meet_in_the_product(show, name):
    page = show(sentence(), width=900)
    product = cell_at(page, name, 3, 1).bounding_box()
    left, above = (cell_at(page, *at).bounding_box() for at in (("x", 3, 0), (f"w_{name}", 0, 1)))
    assert abs(product["y"] - left["y"]) < 1
    assert abs(product["x"] + product["width"] - above["x"] - above["width"]) < 1
    assert left["x"] < product["x"] and above["y"] < product["y"]
