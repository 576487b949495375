"""The cell tracer: numbers are chosen by mouse, by keys and in the line; the root is dropped."""

from collections.abc import Iterator

from playwright.sync_api import Locator

from minigpt.figures import CellTracer

from . import State, cells_of, texts


def make(state: State) -> CellTracer:
    return CellTracer(*(state[name] for name in ("words", "x", "w_q", "w_k", "w_v")))


def act(home: Locator, state: State) -> Iterator[State]:
    def cell(name: str, row: int, column: int) -> Locator:
        return home.locator(f".aw-at-{name} tbody tr").nth(row).locator("td").nth(column)

    cell("weights", 1, 2).click()
    yield {"cell": ["weights", 1, 2]}
    cell("weights", 1, 2).press("ArrowRight")
    home.page.keyboard.press("Enter")
    yield {"cell": ["weights", 1, 3]}
    home.locator(".aw-line button").nth(1).click()
    yield {"cell": ["scores", 1, 0]}  # the sum begins at the first word
    home.get_by_role("checkbox").first.uncheck()
    yield {"scaled": False}
    home.get_by_role("checkbox").first.check()
    yield {"scaled": True}


def shown(home: Locator) -> tuple:
    tables = map(cells_of, home.locator("table").all())
    cells = dict(zip(texts(home, "caption"), tables, strict=True))
    return cells, texts(home, ".aw-line"), texts(home, ".aw-chosen")


def due(figure: CellTracer) -> tuple:
    _, *matrices = (block.splitlines() for block in figure.in_words.split("\n\n"))
    cells = {name: [row.strip().split("  ")[1:] for row in rows] for name, *rows in matrices}
    line = figure.trace(*figure.cell).text
    return cells, [line], [line.split()[-1]]
