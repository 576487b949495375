"""The neuron switch: all on, a neuron off by a key, another by mouse, all on again."""

from collections.abc import Iterator

from playwright.sync_api import Locator

from minigpt.figures import NeuronSwitch

from . import State, texts

TRAITS = ("subjects", "kinds", "words", "neurons", "answers", "stream", "hidden", "writes", "head")


def make(state: State) -> NeuronSwitch:
    return NeuronSwitch(**{name: state[name] for name in TRAITS})


def act(home: Locator, state: State) -> Iterator[State]:
    first, last = state["neurons"][0], state["neurons"][-1]
    home.get_by_role("button", name="all on").click()
    yield {"off": []}
    home.get_by_label(first, exact=True).press("Space")
    yield {"off": [0]}
    home.get_by_text(last, exact=True).click()
    yield {"off": [0, len(state["neurons"]) - 1]}
    home.get_by_role("button", name="all on").press("Enter")
    yield {"off": []}


def shown(home: Locator) -> list[str]:
    return texts(home, "p[aria-live]")


def due(figure: NeuronSwitch) -> list[str]:
    return [figure.in_words.splitlines()[0]]
