"""The reshape tracer: module, class, NumPy's own reshapes and the page say the same."""

import itertools
import json

import numpy as np
import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from node import ask

from minigpt.attention import attention, merge_heads, split_heads
from minigpt.errors import FigureError
from minigpt.figures import ReshapeTracer
from minigpt.figures.reshaping import STAGES, WAYS

SIZES = [(3, 2, 2, 1), (4, 3, 2, 2), (2, 3, 1, 1), (4, 1, 3, 2), (3, 1, 1, 1), (4, 2, 3, 1)]
EVERY = list(itertools.product(SIZES, WAYS, [False, True]))
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COMPUTE = """(() => {
  const way = reshaping(state);
  const cells = STAGES.flatMap((stage) => way.split.map((_, at) => [stage, at]));
  return {
    values: way.values,
    captions: STAGES.map((stage) => captionOf(way, stage)),
    reach: cells.map((cell) => reach(way, ...cell)),
    how: cells.map((cell) => how(way, ...cell)),
    marks: cells.map((cell) => STAGES.map((stage) => marks(way, cell, stage))),
    tables: STAGES.map((stage) => tablesOf(way, stage)),
  };
})()"""
SMALLEST = """() => {
  const targets = document.querySelectorAll(".aw-controls label, select, .aw-cell");
  const boxes = [...targets].map((target) => target.getBoundingClientRect());
  return Math.min(...boxes.flatMap((box) => [box.width, box.height]));
}"""


def tracer(sizes=(3, 2, 2, 1), **traits):
    figure = ReshapeTracer(*sizes)
    for name, value in traits.items():
        setattr(figure, name, value)
    return figure


def cells_of(figure):
    N = figure.B * figure.T * figure.n_heads * figure.d_head
    return [(stage, at) for stage in STAGES for at in range(N)]


@pytest.mark.parametrize(("sizes", "way", "causal"), EVERY)
def test_the_module_says_the_same_of_every_number(sizes, way, causal):
    figure = tracer(sizes, way=way, causal=causal)
    there, ours = ask("reshaping", COMPUTE, state=figure.state), figure.reshaping
    for stage in STAGES:
        np.testing.assert_allclose(there["values"][stage], ours.values[stage], rtol=0, atol=1e-12)
    assert there["captions"] == [ours.caption(stage) for stage in STAGES]
    for i, cell in enumerate(cells_of(figure)):
        assert there["reach"][i] == ours.reach(*cell)
        assert there["how"][i] == ours.how(*cell)
        figure.cell = cell
        assert there["marks"][i] == [figure._marks(stage) for stage in STAGES]
    for stage, tables in zip(STAGES, there["tables"], strict=True):
        rows = [[(row["name"], row["positions"]) for row in table["rows"]] for table in tables]
        titles = [table["title"] for table in tables]
        assert list(zip(titles, rows, strict=True)) == figure._rows(stage)


@pytest.mark.parametrize(("sizes", "way", "causal"), EVERY)
def test_the_lines_of_code_do_what_is_shown(sizes, way, causal):
    way = tracer(sizes, way=way, causal=causal).reshaping
    x = way.values["x"].reshape(way.shape)
    heads = eval(way.caption("heads").split(" = ")[1], {"x": x})
    np.testing.assert_array_equal(heads.ravel(), way.values["heads"])
    rows = heads.shape[2]
    scores = np.where(np.tri(rows), 0.0, -np.inf) if causal else np.zeros((rows, rows))
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    context = shares @ heads
    np.testing.assert_allclose(context.ravel(), way.values["context"], atol=1e-12)
    output = eval(way.caption("output").split(" = ")[1], {"context": context})
    np.testing.assert_allclose(output.ravel(), way.values["output"], atol=1e-12)
    assert output.shape == way.shape


@pytest.mark.parametrize("sizes", SIZES)
def test_the_right_way_is_the_librarys(sizes):
    way = tracer(sizes).reshaping
    x = torch.tensor(way.values["x"].reshape(way.shape), dtype=torch.float64)
    v = split_heads(x, way.n_heads)
    context, _ = attention(torch.zeros_like(v), torch.zeros_like(v), v)
    np.testing.assert_allclose(merge_heads(context).ravel(), way.values["output"], atol=1e-12)


@pytest.mark.parametrize(("sizes", "way", "causal"), EVERY)
def test_what_lights_up_is_what_moves(sizes, way, causal):
    """Nudge each number of x: the numbers of the output that change are those said to."""
    way = tracer(sizes, way=way, causal=causal).reshaping
    for at in range(way.split.size):
        nudge = np.zeros(way.split.size)
        nudge[at] = 1
        heads = nudge[way.split].reshape(way.inside)
        shares = np.tri(way.inside[1]) if causal else np.ones((way.inside[1],) * 2)
        moved = np.flatnonzero((shares @ heads).ravel()[way.merge]).tolist()
        assert way.reach("x", at)["output"] == moved
        assert all(at in way.reach("output", place)["x"] for place in moved)


def test_the_words_for_a_number_and_for_a_mixture():
    figure = tracer(cell=["x", 6])
    assert figure.reshaping.how(*figure.cell) == (
        "23 is number 3 of word 2. The split puts it into head 2, row 2, column 1; attention mixes "
        "it into 3 rows there. After the merge it is in number 3 of word 1, number 3 of word 2, "
        "number 3 of word 3. As it should be."
    )
    figure = tracer(way="merge", causal=True, cell=["output", 2])
    assert figure.reshaping.how(*figure.cell) == (
        "Number 3 of word 1 of the output, 16, is made of 11, 21. It should be 13."
    )
    assert "word 1:  11  12  16  17\n" in figure.in_words
    assert "head 2\nrow 1:  13  14\n" in figure.in_words
    two = tracer((3, 2, 2, 2), cell=["context", 13])
    assert "Number 2 of word 1 of text 2 of the output, 222, is made of" in two.in_words


def test_each_wrong_way_is_wrong_in_its_own():
    def meets(way, causal=False):
        """For each word, the words whose numbers are in its output."""
        way = tracer((4, 2, 2, 1), way=way, causal=causal).reshaping
        found = [way.reach("output", at)["x"] for at in range(16)]
        return [sorted({x // 4 for at in range(4) for x in found[4 * t + at]}) for t in range(4)]

    everyone = [[0, 1, 2, 3]] * 4
    assert meets("right") == everyone
    assert meets("alone") == [[0, 1]] * 2 + [[2, 3]] * 2  # half the sentence never meets the other
    assert meets("never") == [[0], [1], [2], [3]]
    assert meets("merge") == meets("cards") == everyone
    assert meets("right", causal=True) == [[0], [0, 1], [0, 1, 2], [0, 1, 2, 3]]
    assert meets("merge", causal=True)[0] == [0, 1]  # the future leaks
    assert meets("cards", causal=True) == meets("right", causal=True)


def test_still_and_words():
    figure = tracer(way="alone", cell=["x", 6])
    still = figure.still
    assert still.count("<table") == 6
    assert still.count("aw-chosen") == 1
    assert 'class="aw-cell aw-of-2 aw-left aw-chosen">23<' in still
    assert still.count("aw-due") == 1  # word 1 never gets it
    assert figure.reshaping.how(*figure.cell) in still
    assert "<" not in figure.in_words


BAD = [
    (lambda: ReshapeTracer(T=5), "T from 2 to 4, but got 5"),
    (lambda: ReshapeTracer(n_heads=0), "n_heads from 1 to 3"),
    (lambda: tracer(B=3), "B from 1 to 2"),
    (lambda: tracer(d_head=4), "d_head from 1 to 3"),
    (lambda: tracer(way="left"), "one of right, alone, never, merge, cards"),
    (lambda: tracer(cell=["x", 12]), "a position from 0 to 11"),
    (lambda: tracer(cell=["x", -1]), "a position from 0 to 11"),
    (lambda: tracer(cell=["y", 0]), "one of x, heads, context, output"),
    (lambda: tracer(cell=["x"]), "a position from 0"),
    (lambda: tracer(cell=["x", 1.0]), "a position from 0"),
]


@pytest.mark.parametrize(("make", "message"), BAD)
def test_what_cannot_be_shown_is_refused(make, message):
    with pytest.raises(FigureError, match=message) as caught:
        make()
    assert " Try: " in str(caught.value)


def test_a_number_that_is_gone_gives_way_to_the_first():
    figure = tracer(cell=["output", np.int64(11)])
    json.dumps(figure.state)
    figure.T = 2
    assert figure.cell == ["x", 0]
    figure.cell, figure.T = ["x", 7], 4
    assert figure.cell == ["x", 7]


def at(page, stage, position):
    return page.locator(f".aw-at-{stage}-stage td").nth(position)


MARKED = """() => [...document.querySelectorAll(".aw-reshaping td")].map((td) => td.className)"""


@pytest.mark.parametrize("way", WAYS)
def test_with_javascript_the_tables_are_the_same(show, way):
    figure = tracer((4, 2, 2, 1), way=way, causal=True, cell=["x", 6])
    page = show(figure, javascript=False)
    still, marked = page.locator(".aw-reshaping").inner_text(), page.evaluate(MARKED)
    page = show(figure)
    assert page.locator(".aw-reshaping").inner_text() == still
    assert page.evaluate(MARKED) == marked
    assert page.locator("[aria-live]").inner_text() == figure.reshaping.how("x", 6)


def test_by_keyboard_alone(show):
    page, figure = show(tracer()), tracer()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")  # the next way: reshape alone
    for _ in range(6):  # past the mask and the sizes
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    figure.way, figure.cell = "alone", ["x", 5]
    assert page.locator("[aria-live]").inner_text() == figure.reshaping.how("x", 5)
    assert page.locator(":focus").inner_text() == "22"
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "22"  # in the heads, where it went
    for key in ["ArrowUp", "ArrowUp", "ArrowUp", "ArrowLeft", "End", " "]:
        page.keyboard.press(key)
    assert page.locator(".aw-chosen").inner_text() == "12"


def test_sizes_change_and_a_lost_number_gives_way(show):
    page = show(tracer(cell=["output", 11]))
    page.get_by_label("words").select_option(label="2")
    assert page.locator(".aw-at-x-stage td").count() == 8
    assert page.locator("[aria-live]").inner_text().startswith("11 is number 1 of word 1.")
    page.get_by_label("texts").select_option(label="2")
    assert at(page, "x", 15).inner_text() == "224"
    page.get_by_label("numbers a head").select_option(label="3")
    page.get_by_label("heads").first.select_option(label="3")
    assert page.locator(".aw-at-heads-stage table").count() == 6
    assert page.locator(".aw-at-context-stage td").count() == 36


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [320, 1200])
def test_everyone_can_use_it(show, dark, width):
    wrong = tracer((4, 3, 3, 2), way="merge", causal=True, cell=["x", 20])
    page = show(tracer(), wrong, dark=dark, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, options={"runOnly": RULES})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate(SMALLEST) >= 24
