"""The guess meter: shares are laid with mouse and keys, a word comes, another story is begun."""

from collections.abc import Iterator

import numpy as np
from playwright.sync_api import Locator

from minigpt.figures import GuessMeter
from minigpt.figures.base import number

from . import State, texts


def make(state: State) -> GuessMeter:
    words = [str(i) for i in range(len(state["shares"]))]
    players = {name: lambda before: np.ones(len(words)) / len(words) for name in state["names"]}
    figure = GuessMeter([words], players, words, 1.0)
    figure.rounds, figure.names = state["rounds"], state["names"]
    figure.vocab_size = state["vocab_size"]
    return figure


def act(home: Locator, state: State) -> Iterator[State]:
    none = [0] * len(state["shares"])
    more = home.get_by_role("button", name="one share more")
    more.nth(2).click()
    more.nth(2).press("Enter")
    more.last.click()
    laid = [*none[:2], 2, *none[3:-1], 1]
    yield {"shares": laid}
    home.get_by_role("button", name="one share less").nth(2).click()
    laid = [*none[:2], 1, *none[3:-1], 1]
    yield {"shares": laid}
    bet = home.get_by_role("button", name="Bet")
    bet.press("Enter")
    yield {"shares": none, "bets": [laid]}
    bet.click()
    yield {"bets": [laid, none]}
    home.get_by_label("Story").select_option(index=1)
    yield {"story": 1, "bets": []}
    home.get_by_role("button", name="Bet").click()
    yield {"bets": [none]}


def shown(home: Locator) -> tuple:
    bets = texts(home, ".aw-menu tbody td:nth-child(3)")
    paid = texts(home, ".aw-score-table tbody td:nth-child(2)")
    totals = texts(home, ".aw-score-table tbody td:nth-child(3)")
    return bets, paid, totals


def due(figure: GuessMeter) -> tuple:
    last = [number(row[-1], 2) if len(row) else "" for row in figure.prices]
    return [number(p) for p in figure.bet], last, [number(bits, 2) for bits in figure.totals]
