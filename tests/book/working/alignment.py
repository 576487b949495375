"""The alignment: another word by a key and by mouse, and one head alone."""

from collections.abc import Iterator

from playwright.sync_api import Locator

from minigpt.figures import Alignment
from minigpt.figures.base import labels_of

from . import State, texts


def make(state: State) -> Alignment:
    return Alignment(state["source"], state["target"], state["weights"])


def act(home: Locator, state: State) -> Iterator[State]:
    words = labels_of(state["target"])
    home.get_by_label(words[state["chosen"]], exact=True).press("ArrowDown")
    yield {"chosen": (state["chosen"] + 1) % len(words)}
    home.get_by_text(words[-1], exact=True).click()
    yield {"chosen": len(words) - 1}
    home.get_by_label("weights of").select_option(index=1)
    yield {"head": 0}


def shown(home: Locator) -> list[str]:
    return texts(home, "p[aria-live]")


def due(figure: Alignment) -> list[str]:
    return [figure.in_words.splitlines()[figure.chosen]]
