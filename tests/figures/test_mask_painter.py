"""The mask painter: module, class, page, and page without JavaScript say the same."""

import re
from collections import deque
from itertools import pairwise

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from node import ask

from minigpt.errors import FigureError
from minigpt.figures import MaskPainter
from minigpt.figures.mask_painter import known_masks

rng = np.random.default_rng(8)
WORDS = "the dog slept as it was tired".split()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MASKS = {
    **known_masks(7),
    "sparse": rng.random((7, 7)) < 0.2,
    "dense": rng.random((7, 7)) < 0.5,
    "blind": np.zeros((7, 7), dtype=bool),
    "a ring": np.roll(np.eye(7, dtype=bool), 1, axis=0),
}


def painter(name, layers=1):
    return MaskPainter(WORDS, MASKS[name], layers)


def first_visits(mask):
    """For each row a search over words looked at, word by word: no product of tables."""
    T = len(mask)
    arrivals = np.zeros((T, T), dtype=int)
    for i in range(T):
        queue = deque([(i, 0)])
        while queue:
            m, layers = queue.popleft()
            for j in range(T):
                if mask[m][j] and not arrivals[i, j]:
                    arrivals[i, j] = layers + 1
                    queue.append((j, layers + 1))
    return arrivals


@pytest.mark.parametrize("name", MASKS)
def test_arrivals_are_those_of_the_module_and_of_a_search(name):
    expected = first_visits(MASKS[name])
    assert (painter(name).arrivals == expected).all()
    there = ask("mask_painter", "arrivalsOf(mask)", mask=MASKS[name].tolist())
    assert there == expected.tolist()


@pytest.mark.parametrize("T", [1, 2, 4, 7])
def test_the_presets_are_those_of_the_class(T):
    for name, mask in known_masks(T).items():
        assert ask("mask_painter", "known(name, T)", name=name, T=T) == mask.tolist()


def test_the_presets_are_those_of_the_library():
    import torch

    from minigpt.masks import causal_mask, padding_mask, prefix_mask, sliding_mask

    hidden = padding_mask(torch.tensor([5]), 7)[0, 0, 0].flip(0)
    theirs = [torch.ones(7, 7).bool(), causal_mask(7), sliding_mask(7, 3), prefix_mask(7, 3)]
    theirs.append(causal_mask(7) & hidden)
    for mask, other in zip(known_masks(7).values(), theirs, strict=True):
        assert mask.tolist() == other.tolist()


@pytest.mark.parametrize("name", ["window of 3", "sparse", "a ring"])
def test_a_way_leads_there_and_is_a_shortest_one(name):
    mask, arrivals = MASKS[name], first_visits(MASKS[name])
    expression = "at.map(([i, j]) => wayOf(mask, arrivals, i, j))"
    at = np.argwhere(arrivals).tolist()
    ways = ask("mask_painter", expression, mask=mask.tolist(), arrivals=arrivals.tolist(), at=at)
    for (i, j), way in zip(at, ways, strict=True):
        assert (way[0], way[-1], len(way)) == (j, i, arrivals[i, j] + 1)
        assert all(mask[b, a] for a, b in pairwise(way))


@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("name", ["causal", "sparse", "no mask"])
def test_the_caption_is_the_same_in_both(name, layers):
    figure = painter(name, layers)
    caption = ask("mask_painter", "captionOf(state)", state=figure.state)
    assert caption == figure.in_words.splitlines()[0]
    much = "1 layer" if layers == 1 else "3 layers"
    kind = "painted mask" if name == "sparse" else name
    assert caption.startswith(f"Who can hold what after {much}, {kind}; ")


def test_what_a_cell_says():
    def says(name, i, j, layers=1):
        state = painter(name, layers).state
        return ask("mask_painter", "readOut(state, i, j)", state=state, i=i, j=j)

    assert says("causal", 4, 6) == (
        "it can never hold anything of tired, however many layers there are."
    )
    assert says("causal", 6, 4) == "tired may look at it."
    way = "tired holds something of dog after 3 layers, {}: dog → slept → it → tired."
    assert says("window of 3", 6, 1) == way.format("not yet")
    assert says("window of 3", 6, 1, layers=3) == way.format("by now")
    assert says("blind", 2, 2) == "slept may look nowhere, and holds nothing."


def test_the_words_say_what_each_holds():
    lines = painter("window of 3", 2).in_words.splitlines()[1:]
    assert lines[0] == "the holds the (1)."
    assert lines[4] == "it holds the (2), dog (2), slept (1), as (1), it (1)."
    assert painter("causal, two of padding").in_words.splitlines()[1] == "the holds nothing."


BAD = [
    (lambda: MaskPainter([], []), "at least one word"),
    (lambda: MaskPainter(["a"], [[1.0]]), "True and False, but got float64"),
    (lambda: MaskPainter(["a", "b"], [[True]]), r"mask of shape \(2, 2\), but got \(1, 1\)"),
    (lambda: painter("causal", 0), "from 1 to 7 layers"),
    (lambda: painter("causal", 8), "from 1 to 7 layers"),
    (lambda: setattr(painter("causal"), "words", ["a"]), r"words of shape \(7,\)"),
    (lambda: setattr(painter("causal"), "cursor", [0, 7]), "cursor .* from 0 to 6"),
]


@pytest.mark.parametrize(("make", "message"), BAD)
def test_what_cannot_be_shown_is_refused(make, message):
    with pytest.raises(FigureError, match=message) as caught:
        make()
    assert " Try: " in str(caught.value)


def cells(page, kind):
    rows = page.locator(f"{kind} table.aw-map tbody tr").all()
    return [row.locator("td").all_inner_texts() for row in rows]


def test_with_javascript_the_table_is_the_same_and_moves(show):
    figure = painter("window of 3", 2)
    still = cells(show(figure, javascript=False), ".aw-static")
    page = show(figure)
    assert page.locator(".aw-static").count() == 0
    assert cells(page, ".aw-figure") == still
    assert still[4] == ["2", "2", "1", "1", "1", "–", "–", "5 of 7"]
    page.get_by_label("Layers").press("End")
    assert cells(page, ".aw-figure")[6] == ["3", "3", "2", "2", "1", "1", "1", "7 of 7"]
    page.get_by_label("prefix of 3").check()
    assert cells(page, ".aw-figure")[0] == ["1", "1", "1", "–", "–", "–", "–", "3 of 7"]
    assert page.locator(".aw-hidden").count() == 4 * 3 + 3 + 2 + 1


def test_by_keyboard_alone_the_future_is_opened(show):
    page = show(painter("causal", 2))
    page.keyboard.press("Tab")
    for key in ["ArrowDown", "End", " "]:
        page.keyboard.press(key)
    assert page.locator("[aria-live]").inner_text() == "dog may look at tired."
    assert page.locator("p").first.inner_text().startswith("Who can hold what after 2 layers,")
    assert "painted mask" in page.locator("p").first.inner_text()
    assert page.locator("input:checked").count() == 0
    assert cells(page, ".aw-figure")[4] == ["1", "1", "1", "1", "1", "–", "2", "6 of 7"]
    assert page.locator(".aw-cell[tabindex='0']").count() == 1


def test_by_mouse_a_cell_is_read_and_painted(show):
    page = show(painter("causal"), painter("no mask"))
    cell = page.locator("tbody tr").nth(4).locator("td.aw-cell").nth(6)
    cell.hover()
    said = page.locator("[aria-live]").first
    assert said.inner_text().startswith("it can never hold anything of tired")
    cell.click()
    assert said.inner_text() == "it may look at tired."
    assert page.locator("table").nth(1).locator(".aw-hidden").count() == 0


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize(("dark", "width"), [(False, 320), (True, 1200)])
def test_everyone_can_use_it(show, dark, width, scripts):
    page = show(
        painter("window of 3", 3), painter("blind"), dark=dark, width=width, scripts=scripts
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, options={"runOnly": RULES})
    assert found.violations_count == 0, found.generate_report()
    parts = page.locator("label, input[type=range], .aw-cell").all()
    boxes = [part.bounding_box() for part in parts]
    assert min(min(box["width"], box["height"]) for box in boxes) >= 24
    assert re.search(r"\d of 7", page.locator("table").first.inner_text())
