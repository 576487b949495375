"""The mask painter: a preset, more layers, a cell painted by mouse and by keys."""

from collections.abc import Iterator

import numpy as np
from playwright.sync_api import Locator

from minigpt.figures import MaskPainter
from minigpt.figures.base import labels_of
from minigpt.figures.mask_painter import known_masks

from . import State, cells_of, figure_of, texts


def make(state: State) -> MaskPainter:
    return MaskPainter(state["words"], state["mask"])


def act(home: Locator, state: State) -> Iterator[State]:
    T, figure = len(state["words"]), figure_of("mask_painter", state)
    row = home.locator("tbody tr").nth(1).locator("td")
    row.nth(T - 1).hover()
    names = labels_of(figure.words)
    never = f"{names[1]} can never hold anything of {names[-1]}, however many layers there are."
    assert texts(home, "[aria-live]") == [never]
    for name, mask in known_masks(T).items():
        radio = home.get_by_label(name, exact=True)
        if not radio.is_checked():
            radio.check()
            yield {"mask": mask.tolist()}
    layers = home.get_by_label("Layers")
    layers.press("Home")
    layers.press("ArrowRight")
    yield {"layers": 2}
    home.get_by_label("causal", exact=True).check()
    mask = np.tri(T, dtype=bool)
    yield {"mask": mask.tolist()}
    row.nth(T - 1).click()
    mask[1, T - 1] = True
    yield {"mask": mask.tolist(), "cursor": [1, T - 1]}
    row.nth(T - 1).press("ArrowLeft")
    home.page.keyboard.press(" ")
    mask[1, T - 2] = True
    yield {"mask": mask.tolist(), "cursor": [1, T - 2]}


def shown(home: Locator) -> list[list[str]]:
    return cells_of(home.locator("table"))


def due(figure: MaskPainter) -> list[list[str]]:
    arrivals = figure.arrivals
    held = (arrivals > 0) & (arrivals <= figure.layers)
    written = np.where(held, arrivals.astype(str), "–")
    sums = [f"{row.sum()} of {len(held)}" for row in held]
    return np.column_stack([written, sums]).tolist()
