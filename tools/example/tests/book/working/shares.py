"""The shares: a slider is moved by a key, and one by mouse."""

from collections.abc import Iterator

from playwright.sync_api import Locator

from minigpt.figures import Shares

from . import State, drag, texts


def make(state: State) -> Shares:
    return Shares(state["labels"], state["amounts"])


def act(home: Locator, state: State) -> Iterator[State]:
    first, *others = state["amounts"]
    home.get_by_label(state["labels"][0]).press("ArrowRight")
    yield {"amounts": [first + 1, *others]}
    last = home.get_by_label(state["labels"][-1])
    drag(last, 15, 0)
    yield {"amounts": [first + 1, *others[:-1], float(last.input_value())]}


def shown(home: Locator) -> list[str]:
    return texts(home, "[aria-live]")


def due(figure: Shares) -> list[str]:
    return [figure.in_words]
