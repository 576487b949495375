"""The reshape tracer: numbers chosen by mouse and keys, a wrong way, the mask, another size."""

from collections.abc import Iterator

from playwright.sync_api import Locator

from minigpt.figures import ReshapeTracer
from minigpt.figures.reshaping import STAGES, WAYS

from . import State, cells_of, texts


def make(state: State) -> ReshapeTracer:
    return ReshapeTracer(*(state[name] for name in ("T", "n_heads", "d_head", "B")))


def act(home: Locator, state: State) -> Iterator[State]:
    def cell(stage: str, position: int) -> Locator:
        return home.locator(f".aw-at-{stage}-stage td").nth(position)

    cell("x", 5).click()
    yield {"cell": ["x", 5]}
    cell("x", 5).press("ArrowUp")
    home.page.keyboard.press("Enter")
    yield {"cell": ["x", 5 - state["n_heads"] * state["d_head"]]}
    cell("output", 2).click()
    yield {"cell": ["output", 2]}
    home.get_by_label("way").select_option(label=WAYS["merge"])
    yield {"way": "merge"}
    home.get_by_role("checkbox").check()
    yield {"causal": True}
    home.get_by_label("words").select_option(label="4")
    yield {"T": 4}
    home.get_by_label("way").select_option(label=WAYS["right"])
    yield {"way": "right"}
    home.get_by_role("checkbox").uncheck()
    yield {"causal": False}
    home.get_by_label("words").select_option(label=str(state["T"]))
    yield {"T": state["T"]}


def shown(home: Locator) -> tuple:
    stages = (home.locator(f".aw-at-{stage}-stage") for stage in STAGES)
    cells = [[cells_of(table) for table in stage.locator("table").all()] for stage in stages]
    return texts(home, "[aria-live]"), texts(home, "code"), cells


def due(figure: ReshapeTracer) -> tuple:
    way = figure.reshaping
    cells = []
    for stage in STAGES:
        written = [f"{value:.1f}".removesuffix(".0") for value in way.values[stage]]
        tables, rows, width = way.inside if stage in ("heads", "context") else way.shape
        lines = [written[i : i + width] for i in range(0, len(written), width)]
        cells.append([lines[i * rows : (i + 1) * rows] for i in range(tables)])
    return [way.how(*figure.cell)], [way.caption(stage) for stage in STAGES], cells
