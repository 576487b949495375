"""The shape map: sliders by keys and by mouse."""

from collections.abc import Iterator

from playwright.sync_api import Locator

from minigpt.figures import ShapeMap
from minigpt.figures.base import number
from minigpt.figures.shape_map import CHOICES, short

from . import State, cells_of, drag, texts


def make(state: State) -> ShapeMap:
    return ShapeMap()


def act(home: Locator, state: State) -> Iterator[State]:
    def slider(name: str) -> Locator:
        return home.get_by_role("slider").nth(list(CHOICES).index(name))

    slider("T").press("End")
    yield {"T": CHOICES["T"][-1]}
    slider("d_model").press("Home")
    yield {"d_model": CHOICES["d_model"][0]}
    layers = slider("n_layers")
    drag(layers, 40, 0)
    yield {"n_layers": CHOICES["n_layers"][int(layers.input_value())]}
    slider("n_heads").press("Home")
    yield {"n_heads": 1}


def shown(home: Locator) -> tuple:
    return texts(home, "[aria-live]"), cells_of(home.locator("table"))


def due(figure: ShapeMap) -> tuple:
    cells = [
        [
            str(step.shape),
            f"{step.parameters:,}",
            short(step.flops),
            f"{number(100 * step.flops / figure.flops, 1)} %",
        ]
        for step in figure.steps
    ]
    return [figure.said], cells
