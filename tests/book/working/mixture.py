"""The mixture: a tip is dragged, stepped and typed; another looks; all is repeated."""

from collections.abc import Iterator

import numpy as np
from playwright.sync_api import Locator

from minigpt.figures import Mixture
from minigpt.figures.base import labels_of, number
from minigpt.figures.mixture import pair

from . import State, cells_of, drag, texts


def make(state: State) -> Mixture:
    return Mixture(state["words"], state["vectors"])


def typed(home: Locator) -> list[list[float]]:
    boxes = home.locator("tbody input")
    return np.reshape([float(box.input_value()) for box in boxes.all()], (-1, 2)).tolist()


def act(home: Locator, state: State) -> Iterator[State]:
    last = home.get_by_role("slider", name=f"tip of {labels_of(state['words'])[-1]}")
    drag(last, -40, 25)
    moved = typed(home)
    assert moved[:-1] == state["vectors"][:-1]
    assert moved[-1][0] < state["vectors"][-1][0]
    assert moved[-1][1] < state["vectors"][-1][1]
    yield {"vectors": moved}
    last.press("ArrowUp")
    moved = [*moved[:-1], [moved[-1][0], round(moved[-1][1] + 0.1, 2)]]
    yield {"vectors": moved}
    home.get_by_label(f"{labels_of(state['words'])[0]}, first number").fill("-1.25")
    moved = [[-1.25, moved[0][1]], *moved[1:]]
    yield {"vectors": moved}
    home.get_by_label("Who looks").select_option(index=0)
    yield {"looker": 0}
    home.get_by_label("shadows").check()
    yield {"shadows": True}
    home.get_by_role("button", name="Repeat").click()
    yield {"rounds": 1}
    home.get_by_role("button", name="Reset").click()
    yield state


def shown(home: Locator) -> tuple:
    rows = [cells[-2:] for cells in cells_of(home.locator("table"))]
    (written_out,) = [text for text in texts(home, "p") if text.startswith("context of")]
    return typed(home), rows, written_out.split(" = ")[-1]


def due(figure: Mixture) -> tuple:
    pairs = zip(figure.scores, figure.weights, strict=True)
    rows = [[number(score), number(weight)] for score, weight in pairs]
    return np.round(figure.arrows, 3).tolist(), rows, pair(figure.context, 3)
