"""The attention map: a cell is read and painted, by mouse and keys; slider and masks."""

from collections.abc import Iterator

import numpy as np
from playwright.sync_api import Locator

from minigpt.figures import AttentionMap
from minigpt.figures.base import labels_of, number

from . import State, cells_of, drag, figure_of, texts


def make(state: State) -> AttentionMap:
    return AttentionMap(state["words"], state["scores"])


def act(home: Locator, state: State) -> Iterator[State]:
    T, figure = len(state["words"]), figure_of("attention_map", state)
    row = home.locator("tbody tr").nth(1).locator("td")
    row.nth(T - 1).hover()
    numbers = f"score {number(figure.scores[1][-1])}, weight {number(figure.weights[1][-1])}."
    names = labels_of(figure.words)
    assert texts(home, "[aria-live]") == [f"{names[1]} {figure.looking} {names[-1]}: {numbers}"]
    row.nth(2).click()
    mask = np.ones((T, T), dtype=bool)
    mask[1, 2] = False
    yield {"mask": mask.tolist(), "cursor": [1, 2]}
    row.nth(2).press("ArrowLeft")
    home.page.keyboard.press(" ")
    mask[1, 1] = False
    yield {"mask": mask.tolist(), "cursor": [1, 1]}
    slider = home.get_by_label("Temperature")
    slider.press("Home")
    yield {"temperature": 0.1}
    drag(slider, 20, 0)  # from the middle: the knob follows the mouse
    warm = float(f"{10 ** float(slider.input_value()):.3g}")
    assert warm > 1
    yield {"temperature": warm}
    home.get_by_label("causal mask").check()
    yield {"mask": np.tri(T, dtype=bool).tolist()}
    home.get_by_label("no mask").check()
    yield {"mask": np.ones((T, T), dtype=bool).tolist()}


def shown(home: Locator) -> list[list[str]]:
    return cells_of(home.locator("table"))


def due(figure: AttentionMap) -> list[list[str]]:
    written = np.where(figure.mask, np.vectorize(number)(figure.weights), "–")
    sums = [number(row.sum()) for row in figure.weights]
    return np.column_stack([written, sums]).tolist()
