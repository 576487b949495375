"""The rotation dial: both move on, the query alone by a key and the key by mouse, another way."""

from collections.abc import Iterator

from playwright.sync_api import Locator

from minigpt.figures import RotationDial
from minigpt.figures.base import number

from . import State, drag, texts


def make(state: State) -> RotationDial:
    return RotationDial(state["q"], state["k"])


def act(home: Locator, state: State) -> Iterator[State]:
    home.get_by_role("button", name="Both on by 10").click()
    yield {"i": state["i"] + 10, "j": state["j"] + 10}
    home.get_by_label("place of the query").press("ArrowLeft")
    yield {"i": state["i"] + 9}
    key = home.get_by_label("place of the key")
    drag(key, 15, 0)
    yield {"j": int(key.input_value())}
    home.get_by_label("places are").select_option(index=1)
    yield {"way": "added"}


def shown(home: Locator) -> str:
    (said,) = texts(home, "p[aria-live]")
    return said.split(" = ")[-1]


def due(figure: RotationDial) -> str:
    return f"{number(figure.score)}."
