"""The loss reading: another run, a step by key and by mouse, an answer."""

from collections.abc import Iterator

from playwright.sync_api import Locator

from minigpt.figures import LossReading
from minigpt.figures.base import number

from . import State, drag, texts


def make(state: State) -> LossReading:
    runs = {run["name"]: run for run in state["runs"]}
    levels = dict(
        zip(("even", "single", "pair", "floor"), (n["nats"] for n in state["lines"]), strict=True)
    )
    return LossReading(
        {"runs": runs, "levels": levels, "targets": state["per_story"], "stories": 1}
    )


def act(home: Locator, state: State) -> Iterator[State]:
    home.get_by_label("run").select_option(index=4)
    yield {"run": 4}
    step = home.get_by_role("slider")
    step.press("ArrowLeft")
    yield {"step": state["step"] - 5}
    drag(step, -20, 0)
    yield {"step": int(step.input_value())}
    home.get_by_label("what is wrong").select_option(index=2)
    yield {"faults": [0, 0, 0, 0, 2, 0]}


def shown(home: Locator) -> str:
    return texts(home, "p[aria-live]")[0].split("held out ")[1].split(" nats")[0]


def due(figure: LossReading) -> str:
    return number(figure.reading["held"], 2)
