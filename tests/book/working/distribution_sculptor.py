"""The distribution sculptor: another place, a colder draw, a cut by key and mouse, another order."""

from collections.abc import Iterator

from playwright.sync_api import Locator

from minigpt.figures import DistributionSculptor

from . import State, drag, texts


def make(state: State) -> DistributionSculptor:
    return DistributionSculptor(*(state[name] for name in ("places", "labels", "logits", "right")))


def act(home: Locator, state: State) -> Iterator[State]:
    home.get_by_role("combobox", name="after").select_option(index=1)
    yield {"place": 1}
    home.get_by_role("slider", name="top-k").press("Home")
    yield {"top_k": 1}
    home.get_by_role("button", name="Reset").click()
    yield state
    home.get_by_role("slider", name="min-p").press("ArrowRight")
    yield {"min_p": 0.02}
    nucleus = home.get_by_role("slider", name="top-p")
    drag(nucleus, 10, 0)
    yield {"top_p": float(nucleus.input_value())}
    home.get_by_role("combobox", name="order").select_option(index=1)
    yield {"order": 1}


def shown(home: Locator) -> str:
    (said,) = texts(home, "p[aria-live]")
    return said


def due(figure: DistributionSculptor) -> str:
    return figure.summary
