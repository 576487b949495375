"""The context average: a word is switched off, another is made softer, and a weighting is taken."""

from collections.abc import Iterator

from playwright.sync_api import Locator

from minigpt.embeddings import WordVectors
from minigpt.figures import ContextAverage
from minigpt.figures.base import number

from . import State, cells_of, texts


def make(state: State) -> ContextAverage:
    words = state["words"]
    return ContextAverage(
        WordVectors(words, state["vectors"]),
        [[words[row] for row in sentence] for sentence in state["sentences"]],
        dict(zip(state["senses"], state["centroids"], strict=True)),
        dict(zip(state["weightings"], state["given"], strict=True)),
        state["target"],
        words,
    )


def act(home: Locator, state: State) -> Iterator[State]:
    chosen, weights = state["chosen"], [list(row) for row in state["weights"]]
    row = home.locator("tbody tr").first
    row.get_by_role("checkbox").uncheck()
    weights[chosen][0] = 0
    yield {"weights": weights}
    row.get_by_role("slider").press("End")
    weights[chosen][0] = 1
    yield {"weights": weights}
    home.get_by_role("button").last.click()
    weights[chosen] = state["given"][-1][chosen]
    yield {"weights": weights}
    home.get_by_label("sentence").select_option(index=len(state["sentences"]) - 1)
    yield {"chosen": len(state["sentences"]) - 1}


def shown(home: Locator) -> tuple:
    rows = [cells[1:] for cells in cells_of(home.locator("table"))]
    return rows, texts(home, "[aria-live]")


def due(figure: ContextAverage) -> tuple:
    pairs = zip(figure.shares, figure.word_scores, strict=True)
    rows = [[number(share, 2), *(number(s, 2) for s in scores)] for share, scores in pairs]
    return rows, [figure.verdict]
