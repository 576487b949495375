"""Where numbers go: through split, attention and merge, done right and done wrong."""

import html
from collections.abc import Iterable
from numbers import Integral

import numpy as np
from traitlets import Bool, Int, List, Unicode, observe, validate

from minigpt.errors import FigureError, problem
from minigpt.figures.base import Figure
from minigpt.figures.reshaping import STAGES, WAYS, Reshaping, short

LIMITS = {"B": (1, 2), "T": (2, 4), "n_heads": (1, 3), "d_head": (1, 3)}


class ReshapeTracer(Figure):
    """Numbers 11, 12, … (of word 1) on their way through the heads, as `Reshaping` has it.

    `cell` is the chosen number: a stage (x, heads, context or output), and a position in it,
    counted through from 0. `way` is one of WAYS.

    Raises: FigureError for sizes that are too large, and for no such way or number.
    Source: this book.
    """

    module = "reshape_tracer"
    B = Int(1).tag(sync=True)
    T = Int(3).tag(sync=True)
    n_heads = Int(2).tag(sync=True)
    d_head = Int(2).tag(sync=True)
    way = Unicode("right").tag(sync=True)
    causal = Bool(False).tag(sync=True)
    cell = List(["x", 0]).tag(sync=True)

    def __init__(self, T: int = 3, n_heads: int = 2, d_head: int = 2, B: int = 1):
        super().__init__(T=T, n_heads=n_heads, d_head=d_head, B=B)

    @property
    def reshaping(self) -> Reshaping:
        """The numbers of all stages, and the ways between them.

        Raises: nothing.
        Source: this book.
        """
        return Reshaping(**{name: value for name, value in self.state.items() if name != "cell"})

    @property
    def picture(self) -> str:
        """All stages as tables, with the chosen number's way marked.

        Raises: nothing.
        Source: this book.
        """
        stages = []
        for stage in STAGES:
            tables = "\n".join(self._tables(stage))
            caption = html.escape(self.reshaping.caption(stage))
            stages.append(
                f'<div class="aw-at-{stage}-stage">\n<p><code>{caption}</code></p>\n'
                f'<div class="aw-heads aw-scroll">\n{tables}\n</div>\n</div>'
            )
        return '<div class="aw-reshaping">\n' + "\n".join(stages) + "\n</div>"

    @property
    def still(self) -> str:
        """What becomes of the chosen number, and the tables.

        Raises: nothing.
        Source: this book.
        """
        how = html.escape(self.reshaping.how(*self.cell))
        return f'<div class="aw-trace aw-fate"><p>{how}</p></div>\n{self.picture}'

    @property
    def in_words(self) -> str:
        """What becomes of the chosen number, and every stage's numbers.

        Raises: nothing.
        Source: this book.
        """
        lines = [self.reshaping.how(*self.cell)]
        for stage in STAGES:
            lines += ["", self.reshaping.caption(stage)]
            for title, rows in self._rows(stage):
                lines += [title] * bool(title)
                lines += [
                    f"{name}:  {'  '.join(map(self._shown(stage), row))}" for name, row in rows
                ]
        return "\n".join(lines)

    def _shown(self, stage: str):
        values = self.reshaping.values[stage]
        return lambda position: short(values[position])

    def _rows(self, stage: str) -> list[tuple[str, list[tuple[str, list[int]]]]]:
        """The tables of a stage: a title, and the rows, each with its name and its positions."""
        way, inside = self.reshaping, stage in ("heads", "context")
        shape = way.inside if inside else way.shape
        titles = [way.title(i) if inside else f"text {i + 1}" for i in range(shape[0])]
        row = "row" if inside else "word"
        return [
            (
                title if inside or self.B > 1 else "",
                [(f"{row} {i}", line.tolist()) for i, line in enumerate(table, start=1)],
            )
            for title, table in zip(titles, np.arange(np.prod(shape)).reshape(shape), strict=True)
        ]

    def _tables(self, stage: str) -> Iterable[str]:
        shown, marks = self._shown(stage), self._marks(stage)
        for title, rows in self._rows(stage):
            body = "".join(
                f'<tr><th scope="row">{name}</th>'
                + "".join(f'<td class="{marks[at]}">{shown(at)}</td>' for at in row)
                + "</tr>"
                for name, row in rows
            )
            caption = f"<caption>{title}</caption>" if title else ""
            yield f'<table class="aw-matrix">{caption}<tbody>{body}</tbody></table>'

    def _marks(self, stage: str) -> list[str]:
        """The classes of a stage's cells: what is chosen, on its way, or missed; and whose it is."""
        way, (chosen, at) = self.reshaping, self.cell
        lit, other = way.reach(chosen, at)[stage], way.ends(chosen, at)[2]
        due = set(way.due(chosen, at)) - set(lit) if stage == other else set()
        words = np.arange(np.prod(way.shape)) // way.shape[2] % self.T + 1
        if stage == "heads":
            words = words[way.split]
        return [
            "aw-cell"
            + (f" aw-of-{words[i]}" if stage in ("x", "heads") else "")
            + (" aw-left" if i in lit else "")
            + (" aw-due" if i in due else "")
            + (" aw-chosen" if (stage, i) == (chosen, at) else "")
            for i in range(words.size)
        ]

    @observe("B", "T", "n_heads", "d_head")
    def _keep_the_cell(self, change: dict) -> None:
        if self.cell[1] >= np.prod(self.reshaping.shape):
            self.cell = ["x", 0]

    @validate("B", "T", "n_heads", "d_head")
    def _is_small(self, proposal: dict) -> int:
        name, value = proposal["trait"].name, proposal["value"]
        low, high = LIMITS[name]
        if not low <= value <= high:
            needed = f"{name} from {low} to {high}"
            raise FigureError(problem(needed, str(value), f"{name}={high}"))
        return value

    @validate("way")
    def _is_known(self, proposal: dict) -> str:
        if proposal["value"] not in WAYS:
            known = f"one of {', '.join(WAYS)}"
            raise FigureError(problem(known, proposal["value"], 'way="right"'))
        return proposal["value"]

    @validate("cell")
    def _is_there(self, proposal: dict) -> list:
        cell, last = proposal["value"], int(np.prod(self.reshaping.shape)) - 1
        whole = len(cell) == 2 and cell[0] in STAGES and isinstance(cell[1], Integral)
        if not whole or not 0 <= cell[1] <= last:
            needed = f"a stage, one of {', '.join(STAGES)}, and a position from 0 to {last}"
            raise FigureError(problem(needed, str(cell), '["x", 0]'))
        return [cell[0], int(cell[1])]
