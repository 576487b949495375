"""The softmax sculptor: a score is typed and stepped, the width and the temperature are moved."""

from collections.abc import Iterator

from playwright.sync_api import Locator

from minigpt.figures import SoftmaxSculptor
from minigpt.figures.base import number
from minigpt.figures.softmax_sculptor import fine

from . import State, cells_of, drag, texts


def make(state: State) -> SoftmaxSculptor:
    return SoftmaxSculptor(state["labels"], state["scores"])


def act(home: Locator, state: State) -> Iterator[State]:
    score = home.get_by_label(f"score of {state['labels'][1]}").nth(1)
    score.fill("1.75")
    scores = [state["scores"][0], 1.75, *state["scores"][2:]]
    yield {"scores": scores}
    home.get_by_label("slope of").select_option(index=1)
    yield {"chosen": 1}
    if state["d"] is not None:
        home.get_by_label("divide by √d").uncheck()
        yield {"scaled": False}
        home.get_by_label("numbers in a vector").press("ArrowRight")
        yield {"d": 2 * state["d"]}
    slider = home.get_by_label("temperature")
    slider.press("Home")
    yield {"temperature": 0.1}
    drag(slider, 20, 0)  # from the middle: the knob follows the mouse
    warm = float(f"{10 ** float(slider.input_value()):.2g}")
    assert warm > 1
    yield {"temperature": warm}
    home.get_by_role("button", name="Reset").click()
    yield state


def shown(home: Locator) -> tuple:
    said = [text.split("equal options. ")[1] for text in texts(home, "[aria-live]")]
    return [cells[1:] for cells in cells_of(home.locator("table"))], said


def due(figure: SoftmaxSculptor) -> tuple:
    pairs = zip(figure.weights, figure.gradient, strict=True)
    rows = [[number(weight), fine(slope)] for weight, slope in pairs]
    most, steepest = max(figure.weights), max(abs(figure.gradient))
    names = [n for n, w in zip(figure.labels, figure.weights, strict=True) if most - w < 1e-9]
    said = f"Largest weight {number(most)}, of {' and '.join(names)}; "
    said += f"largest slope {fine(steepest)}."
    if figure.d is not None:
        said += f" The Jacobian's largest entry is {fine(figure.size)}."
    return rows, [said]
