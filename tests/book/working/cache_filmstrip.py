"""The film of the cache: a frame by a key, another prompt, another context."""

from collections.abc import Iterator

from playwright.sync_api import Locator

from minigpt.figures import CacheFilmstrip

from . import State


def make(state: State) -> CacheFilmstrip:
    return CacheFilmstrip(state["words"], state["prompt"], state["context"])


def act(home: Locator, state: State) -> Iterator[State]:
    home.get_by_role("slider").press("End")
    yield {"length": len(state["words"])}
    home.get_by_role("slider").press("ArrowLeft")
    yield {"length": len(state["words"]) - 1}
    home.get_by_label("prompt").select_option(label="2")
    yield {"prompt": 2}
    home.get_by_label("context").select_option(label="4")
    yield {"context": 4}


def shown(home: Locator) -> list[str]:
    return home.locator("p[aria-live]").inner_text().splitlines()


def due(figure: CacheFilmstrip) -> list[str]:
    return figure.in_words.splitlines()
