"""The ledger: another token by the list, another line by a key and by mouse."""

from collections.abc import Iterator

from playwright.sync_api import Locator

from minigpt.figures import StreamLedger

from . import State, texts


def make(state: State) -> StreamLedger:
    names = ("words", "products", "candidates", "scores", "rest", "eps")
    return StreamLedger(*(state[name] for name in names))


def act(home: Locator, state: State) -> Iterator[State]:
    names = make(state).names
    home.get_by_label("ledger of").select_option(index=0)
    yield {"chosen": 0}
    home.get_by_label(names[state["line"]], exact=True).press("ArrowDown")
    yield {"line": (state["line"] + 1) % len(names)}
    home.get_by_text(names[-1], exact=True).click()
    yield {"line": len(names) - 1}


def shown(home: Locator) -> list[str]:
    return texts(home, "p[aria-live]")


def due(figure: StreamLedger) -> list[str]:
    return [figure.said(figure.line)]
