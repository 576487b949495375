"""The analogy plane: three words are chosen, the switch thrown, time moved, the view changed."""

from collections.abc import Iterator

from playwright.sync_api import Locator

from minigpt.figures import AnalogyPlane
from minigpt.figures.analogy_plane import SHOWN
from minigpt.figures.base import number

from . import State, texts


def make(state: State) -> AnalogyPlane:
    names = ("words", "groups", "vectors", "moments")
    return AnalogyPlane(*(state[name] for name in names))


def act(home: Locator, state: State) -> Iterator[State]:
    view, time = home.get_by_label("See"), home.get_by_label("Training")
    if state["view"] == "sum":
        home.get_by_label("exclude the inputs").check()
        yield {"exclude": True}
        home.get_by_label("c, which is added").select_option(index=3)
        yield {"c": 3}
        home.get_by_label("b, from which the step is taken").select_option(index=4)
        yield {"b": 4}
    time.press("ArrowLeft")
    yield {"moment": state["moment"] - 1}
    time.press("Home")
    yield {"moment": 0}
    other = {"sum": "map", "map": "sum"}[state["view"]]
    view.select_option(f"the {other}")
    yield {"view": other}
    if other == "map":
        home.get_by_label("Neighbours of").select_option(index=2)
        yield {"b": 2}


def shown(home: Locator) -> tuple:
    return (
        texts(home, "tbody th"),
        texts(home, "tbody td:first-of-type"),
        texts(home, "[aria-live]"),
    )


def due(figure: AnalogyPlane) -> tuple:
    rows = figure.ranking[:SHOWN]
    cosines = [number(figure.cosines[row]) for row in rows]
    return [figure.words[row] for row in rows], cosines, [figure.in_words.splitlines()[0]]
