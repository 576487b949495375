"""The attention map: module, class, page, and page without JavaScript say the same."""

import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from node import ask

from minigpt.errors import FigureError
from minigpt.figures import AttentionMap
from minigpt.masks import causal_mask

rng = np.random.default_rng(3)
X = np.array([[0.3, -0.1], [1, 0.5], [-0.4, 0.8], [0.8, 1.5]])
SCORES = {
    "the bird is red": X @ X.T / np.sqrt(2),
    "a b c d e": rng.normal(size=(5, 5)),
    "all the same": np.ones((3, 3)),
    "two extremes": np.array([[1e3, -1e3], [-1e3, 999.9]]),
    "alone": np.array([[-5.0]]),
}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def bird(**traits):
    figure = AttentionMap("the bird is red".split(), SCORES["the bird is red"])
    for name, value in traits.items():
        setattr(figure, name, value)
    return figure


def brute_force(scores, temperature, mask):
    weights = np.zeros_like(scores)
    for i, row in enumerate(scores):
        seen = [j for j in range(len(row)) if mask[i][j]]
        for j in seen:
            others = [np.exp(row[k] / temperature - row[j] / temperature) for k in seen]
            weights[i, j] = 1 / np.sum(others)
    return weights


def masks(T):
    blind = rng.random((T, T)) < 0.6
    blind[T // 2] = False
    return {"none": np.ones((T, T), bool), "causal": np.tri(T, dtype=bool), "blind": blind}


@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize("temperature", [0.1, 1, 10])
@pytest.mark.parametrize("kind", ["none", "causal", "blind"])
@pytest.mark.parametrize("sentence", SCORES)
def test_the_weights_are_those_of_the_module_and_of_the_definition(sentence, kind, temperature):
    figure = AttentionMap(sentence.split()[: len(SCORES[sentence])], SCORES[sentence])
    figure.mask, figure.temperature = masks(len(figure.words))[kind], temperature
    expected = brute_force(SCORES[sentence], temperature, figure.mask)
    np.testing.assert_allclose(figure.weights, expected, rtol=0, atol=1e-12)
    there = ask("attention_map", "weightsOf(scores, temperature, mask)", **figure.state)
    np.testing.assert_allclose(np.array(there, float), expected, rtol=0, atol=1e-12)


def test_what_a_cell_says():
    def says(i, j, **traits):
        state = bird(**traits).state
        return ask("attention_map", "readOut(state, i, j)", state=state, i=i, j=j)

    assert says(1, 3) == "bird looks at red: score 1.096, weight 0.393."
    assert says(1, 3, mask=causal_mask(4)) == "bird may not look at red: score 1.096, weight 0.000."
    blind = [[True] * 4, [False] * 4, [True] * 4, [True] * 4]
    assert says(1, 3, mask=blind) == "bird may look nowhere: all its weights are 0."
    assert says(0, 2).startswith("the looks at is: score −0.141")


@pytest.mark.parametrize(
    ("mask", "name"),
    [
        (np.ones((4, 4), bool), "no mask"),
        (np.tri(4, dtype=bool), "causal mask"),
        (np.tri(4, k=-1, dtype=bool), "painted mask"),
    ],
)
def test_the_caption_is_the_same_in_both(mask, name):
    figure = bird(mask=mask, temperature=0.5)
    caption = ask("attention_map", "captionOf(state)", state=figure.state)
    assert caption == figure.in_words.splitlines()[0]
    assert caption.endswith(f"Temperature 0.50, {name}.")


@pytest.mark.parametrize(
    ("key", "start", "end"),
    [
        ("ArrowUp", [2, 1], [1, 1]),
        ("ArrowUp", [0, 1], [0, 1]),
        ("ArrowDown", [2, 1], [3, 1]),
        ("ArrowDown", [3, 1], [3, 1]),
        ("ArrowLeft", [2, 0], [2, 0]),
        ("ArrowRight", [2, 1], [2, 2]),
        ("Home", [2, 1], [2, 0]),
        ("End", [2, 1], [2, 3]),
        ("a", [2, 1], None),
    ],
)
def test_keys_lead_to_the_next_cell_and_never_out(key, start, end):
    expression = "moved(key, start, 4) ?? null"
    assert ask("painting", expression, key=key, start=start) == end


def test_painting_turns_one_cell_and_leaves_the_old_mask():
    mask = np.ones((3, 3), bool).tolist()
    after, before = ask("painting", "[painted(mask, [1, 2]), mask]", mask=mask)
    assert before == mask
    assert np.argwhere(~np.array(after)).tolist() == [[1, 2]]


def test_the_words_have_all_the_numbers_and_say_who_looks_nowhere():
    figure = bird(mask=[[True] * 4, [False] * 4, [True, False, True, True], [True] * 4])
    lines = figure.in_words.splitlines()[1:]
    assert lines[0] == "the looks at the 0.256, bird 0.284, is 0.207, red 0.254."
    assert lines[1] == "bird may look nowhere: all its weights are 0."
    assert "bird" not in lines[2]
    assert "0: looks nowhere" in figure.picture
    assert "nan" not in (figure.in_words + figure.picture).lower()


def test_other_words_for_looking():
    figure = AttentionMap(["ja", "oui"], np.eye(2), looking="listens to")
    assert "ja listens to ja 0.731" in figure.in_words
    said = ask("attention_map", "readOut(state, 0, 1)", state=figure.state)
    assert said.startswith("ja listens to oui")


BAD = [
    (lambda: AttentionMap([], []), "at least one word"),
    (lambda: AttentionMap(["a", "b"], np.eye(3)), r"scores of shape \(2, 2\), but got \(3, 3\)"),
    (lambda: AttentionMap(["a", "b"], [[1, 2], [3]]), "scores .* rows of different lengths"),
    (lambda: AttentionMap(["a", "b"], [[1, 2], [3, np.nan]]), r"with nan at \(1, 1\)"),
    (lambda: AttentionMap(["a", "b"], [[1, -np.inf], [3, 4]]), r"with -inf at \(0, 1\)"),
    (lambda: AttentionMap(["a", "b"], [["1", "2"], ["3", "4"]]), "finite numbers"),
    (lambda: AttentionMap(["a", "b"], [1, 2]), "2 axes"),
    (lambda: bird(words=["a"]), r"words of shape \(4,\), but got \(1,\)"),
    (lambda: bird(mask=np.eye(4)), "True and False, but got float64"),
    (lambda: bird(mask=np.eye(3) > 0), r"mask of shape \(4, 4\), but got \(3, 3\)"),
    (lambda: bird(temperature=0), "temperature from 0.1 to 10"),
    (lambda: bird(temperature=float("nan")), "temperature from 0.1 to 10"),
    (lambda: bird(cursor=[0, 4]), "cursor .* from 0 to 3"),
]


@pytest.mark.parametrize(("make", "message"), BAD)
def test_what_cannot_be_shown_is_refused(make, message):
    with pytest.raises(FigureError, match=message) as caught:
        make()
    assert " Try: " in str(caught.value)


def test_a_refused_value_leaves_the_figure_as_it_was():
    figure = bird(temperature=2)
    before = figure.state
    for name, value in {"temperature": 11, "scores": np.eye(3), "mask": [[True]]}.items():
        with pytest.raises(FigureError):
            setattr(figure, name, value)
    assert figure.state == before


def numbers(page, kind):
    table = page.locator(f"{kind} table.aw-map")
    return [re.findall(r"[\d.]+|–", row) for row in table.locator("tr").all_inner_texts()]


def test_with_javascript_the_table_is_the_same_and_moves(show):
    figure = bird(mask=np.tri(4, dtype=bool), temperature=2)
    still = numbers(show(figure, javascript=False), ".aw-static")
    page = show(figure)
    assert page.locator(".aw-static").count() == 0
    assert numbers(page, ".aw-figure") == still
    assert still[1:3] == [["1.000", "–", "–", "–", "1.000"], ["0.413", "0.587", "–", "–", "1.000"]]
    page.get_by_label("Temperature").press("Home")
    assert page.locator("p").first.inner_text().endswith("Temperature 0.10, causal mask.")
    assert numbers(page, ".aw-figure")[2] == ["0.001", "0.999", "–", "–", "1.000"]
    page.get_by_label("no mask").check()
    expected = [f"{w:.3f}" for w in bird(temperature=0.1).weights[1]]
    assert numbers(page, ".aw-figure")[2] == [*expected, "1.000"]


def test_by_keyboard_alone_a_row_is_blinded_and_read(show):
    page = show(bird())
    page.keyboard.press("Tab")
    for key in ["ArrowDown", " ", "ArrowRight", " ", "ArrowRight", " ", "End", " "]:
        page.keyboard.press(key)
    assert page.locator("[aria-live]").inner_text() == (
        "bird may look nowhere: all its weights are 0."
    )
    assert page.locator("tbody tr").nth(1).inner_text().split("\t")[1:] == [
        *["–"] * 4,
        "0: looks nowhere",
    ]
    assert page.locator(".aw-cell[tabindex='0']").count() == 1
    assert page.locator("p").first.inner_text().endswith("painted mask.")
    assert page.locator("input:checked").count() == 0
    page.get_by_label("causal mask").check()
    assert page.locator(".aw-hidden").count() == 6


def test_keys_move_the_focus_and_neither_the_page_nor_what_is_around_the_figure(show):
    page = show(*[bird() for _ in range(6)])
    page.evaluate("document.addEventListener('keydown', (e) => (window.heard = e.key))")
    page.locator("td.aw-cell").first.focus()
    for key in ["ArrowDown", "ArrowRight", " "]:
        page.keyboard.press(key)
    assert page.evaluate("[document.activeElement.textContent, scrollY]") == ["–", 0]
    assert page.evaluate("window.heard ?? 'nothing'") == "nothing"
    page.keyboard.press("Control+ArrowDown")
    assert page.evaluate("window.heard") == "ArrowDown"
    assert page.evaluate("document.activeElement.textContent") == "–"


def test_by_mouse_a_cell_is_read_and_painted(show):
    page = show(bird(), AttentionMap(["a", "b"], np.eye(2)))
    cell = page.locator("tbody tr").nth(1).locator("td.aw-cell").nth(3)
    cell.hover()
    said = page.locator("[aria-live]").first
    assert said.inner_text() == "bird looks at red: score 1.096, weight 0.393."
    cell.click()
    assert said.inner_text() == "bird may not look at red: score 1.096, weight 0.000."
    page.locator("td.aw-cell").first.hover()
    assert said.inner_text().startswith("the looks at the")
    page.mouse.move(0, 0)
    assert said.inner_text().startswith("bird may not look at red")  # the cursor went along
    assert page.locator("table").nth(1).locator(".aw-hidden").count() == 0
    cell.click()
    assert page.get_by_label("no mask").first.is_checked()


@pytest.mark.parametrize("javascript", [True, False])
def test_the_caption_is_one_line_where_there_is_room(show, javascript):
    caption = show(bird(), javascript=javascript).locator("p").first
    assert caption.bounding_box()["height"] < 30


def test_the_ring_around_a_cell_at_the_edge_is_seen_whole(show):
    page = show(bird())
    page.keyboard.press("Tab")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    cell = page.locator(":focus")
    ring = cell.evaluate("(node) => parseFloat(getComputedStyle(node).outlineWidth)")
    ends = [
        box["y"] + box["height"]
        for box in [cell.bounding_box(), page.locator(".aw-scroll").bounding_box()]
    ]
    assert ends[1] - ends[0] > ring > 2


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize(("dark", "width"), [(False, 320), (True, 1200)])
def test_everyone_can_use_it(show, dark, width, scripts):
    long = AttentionMap("the cat sat on the mat today".split(), rng.normal(size=(7, 7)))
    blind = bird(mask=[[True] * 4, [False] * 4, [True] * 4, [True] * 4], temperature=0.1)
    page = show(blind, long, dark=dark, width=width, scripts=scripts)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, options={"runOnly": RULES})
    assert found.violations_count == 0, found.generate_report()
    boxes = [
        cell.bounding_box() for cell in page.locator("label, input[type=range], .aw-cell").all()
    ]
    assert min(min(box["width"], box["height"]) for box in boxes) >= 24
