"""Every number of one attention: choose one, and see the numbers that made it."""

import html
from numbers import Integral
from typing import Any

import numpy as np
from jaxtyping import Float
from traitlets import Bool, List, Unicode, validate

from minigpt.errors import FigureError, problem
from minigpt.figures.base import Figure, Numbers
from minigpt.figures.tracing import Cell, Trace, Tracing

# In the order of their making; the style puts a product right of its left factor and below
# its right one, where row and column meet.
PRODUCTS = ("x", "w_q", "q", "w_k", "k", "w_v", "v")
MIXING = ("scores", "weights", "context")


class CellTracer(Figure):
    """One attention by hand: from x (T, d_model) to the context (T, d_v), every number traced.

    w_q and w_k are (d_model, d_head), w_v is (d_model, d_v). `scaled` divides the scores by
    the root of d_head. `cell` is the chosen number: a matrix by its name, a row and a column,
    counted from 0 as in the arrays; the figure, like the prose, counts from 1.

    Raises: FigureError when words and matrices do not fit, or there is no such cell.
    Source: Vaswani et al. 2017, eq. 1; the layout of products is Falk's.
    """

    module = "cell_tracer"
    words = List(Unicode()).tag(sync=True)
    x, w_q, w_k, w_v = (Numbers(2) for _ in range(4))
    scaled = Bool(True).tag(sync=True)
    cell = List().tag(sync=True)

    def __init__(self, words: list[str], x: Any, w_q: Any, w_k: Any, w_v: Any):
        last = len(words) - 1
        state = {"x": x, "w_q": w_q, "w_k": w_k, "w_v": w_v, "cell": ["scores", last, last]}
        super().__init__(words=list(words), **state)

    @property
    def q(self) -> Float[np.ndarray, "T d_head"]:
        """The queries, x @ w_q.

        Raises: nothing.
        Source: Vaswani et al. 2017, section 3.2.
        """
        return self._matrix("q")

    @property
    def k(self) -> Float[np.ndarray, "T d_head"]:
        """The keys, x @ w_k.

        Raises: nothing.
        Source: Vaswani et al. 2017, section 3.2.
        """
        return self._matrix("k")

    @property
    def v(self) -> Float[np.ndarray, "T d_v"]:
        """The values, x @ w_v.

        Raises: nothing.
        Source: Vaswani et al. 2017, section 3.2.
        """
        return self._matrix("v")

    @property
    def scores(self) -> Float[np.ndarray, "T T"]:
        """Every query's dot product with every key, divided by the root of d_head if `scaled`.

        Raises: nothing.
        Source: Vaswani et al. 2017, eq. 1.
        """
        return self._matrix("scores")

    @property
    def weights(self) -> Float[np.ndarray, "T T"]:
        """The softmax of the scores: every row sums to 1.

        Raises: nothing.
        Source: Vaswani et al. 2017, eq. 1.
        """
        return self._matrix("weights")

    @property
    def context(self) -> Float[np.ndarray, "T d_v"]:
        """What every word takes away: the values, mixed by its weights.

        Raises: nothing.
        Source: Vaswani et al. 2017, eq. 1.
        """
        return self._matrix("context")

    def trace(self, matrix: str, row: int, column: int) -> Trace:
        """Say how a number came about, as the figure does; rows and columns count from 0.

        Raises: FigureError when there is no such number.
        Source: this book.
        """
        cell, tracing = (matrix, row, column), self._tracing
        _check_cell(cell, tracing)
        return tracing.trace(cell)

    @property
    def picture(self) -> str:
        """All matrices as tables, with the chosen number and what made it marked.

        Raises: nothing.
        Source: this book.
        """
        tracing, marks = self._tracing, self._marks
        products, mixing = (
            "\n".join(_table(tracing, name, marks) for name in names)
            for names in (PRODUCTS, MIXING)
        )
        return (
            f'<div class="aw-tracer">\n<div class="aw-products">\n{products}\n</div>\n'
            f'<div class="aw-mixing">\n{mixing}\n</div>\n</div>'
        )

    @property
    def still(self) -> str:
        """The tables and the chosen number's line.

        Raises: nothing.
        Source: this book.
        """
        trace = self.trace(*self.cell)
        words = f"<p>{html.escape(trace.how)}</p>\n<p>{html.escape(trace.text)}</p>"
        return f'{self.picture}\n<div class="aw-trace">\n{words}\n</div>'

    @property
    def in_words(self) -> str:
        """The chosen number's line, and every matrix.

        Raises: nothing.
        Source: this book.
        """
        tracing, trace = self._tracing, self.trace(*self.cell)
        matrices = (line for name in (*PRODUCTS, *MIXING) for line in _lines(tracing, name))
        return "\n".join([trace.how, trace.text, *matrices])

    @property
    def _tracing(self) -> Tracing:
        return Tracing(self.words, self.x, self.w_q, self.w_k, self.w_v, self.scaled)

    def _matrix(self, name: str) -> np.ndarray:
        return self._tracing.matrices[name]

    @property
    def _marks(self) -> dict[Cell, str]:
        """The attributes of the cells that stand out: the chosen one and what made it."""
        marks = {tuple(self.cell): 'class="aw-cell aw-chosen"'}
        for i, pair in enumerate(self.trace(*self.cell).terms):
            for factor, side in zip(pair, ("left", "right"), strict=False):
                letter = chr(ord("a") + i % 26)
                marks[factor] = f'class="aw-cell aw-{side}" data-mark="{letter}"'
        return marks

    @validate("words", "x", "w_q", "w_k", "w_v", "cell")
    def _fits(self, proposal: dict) -> Any:
        name, value = proposal["trait"].name, proposal["value"]
        state = self.state | {name: value}
        cell = state.pop("cell")
        _check_shapes(state)
        _check_cell(tuple(cell), Tracing(**state))
        # NumPy's integers are welcome, and are no JSON
        return [cell[0], *map(int, cell[1:])] if name == "cell" else value


def _check_shapes(state: dict[str, Any]) -> None:
    T, x = len(state["words"]), np.shape(state["x"])
    if T == 0 or x[0] != T or x[1] == 0:
        needed = "a row of x for each word, at least one, of at least one number"
        raise FigureError(problem(needed, f"{T} words and x {x}", "x = embeddings[tokens]"))
    shapes = {name: np.shape(state[name]) for name in ("w_q", "w_k", "w_v")}
    tall = all(shape[0] == x[1] and shape[1] > 0 for shape in shapes.values())
    if not tall or shapes["w_q"] != shapes["w_k"]:
        needed = f"w_q, w_k and w_v with {x[1]} rows each, and w_k as wide as w_q"
        came = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise FigureError(problem(needed, came, "a transpose, where rows and columns are swapped"))


def _check_cell(cell: tuple, tracing: Tracing) -> None:
    names = [*PRODUCTS, *MIXING]
    if len(cell) == 3 and cell[0] in names:
        shape = tracing.matrices[cell[0]].shape
        if all(
            isinstance(at, Integral) and 0 <= at < n for at, n in zip(cell[1:], shape, strict=True)
        ):
            return
    needed = f"a matrix, one of {', '.join(names)}, a row and a column in it, counted from 0"
    raise FigureError(problem(needed, str(cell), '["scores", 0, 0]'))


def _caption(tracing: Tracing, name: str) -> str:
    root = f" / √{tracing.matrices['q'].shape[1]}" if tracing.scaled else ""
    made = {"scores": f"q @ k.T{root}", "weights": "softmax(scores)", "context": "weights @ v"}
    made |= {product: f"x @ w_{product}" for product in "qkv"}
    return f"{name} = {made[name]}" if name in made else name


def _rows(tracing: Tracing, name: str) -> list[tuple[str, list[Cell]]]:
    """A matrix's rows: the name of each, and its cells."""
    rows, columns = tracing.matrices[name].shape
    return [
        (tracing.row_name(name, i), [(name, i, j) for j in range(columns)]) for i in range(rows)
    ]


def _lines(tracing: Tracing, name: str) -> list[str]:
    """A matrix as plain text, after an empty line."""
    rows = _rows(tracing, name)
    wide = max(len(label) for label, _ in rows)
    text = [f"{label:>{wide}}  {'  '.join(map(tracing.shown, cells))}" for label, cells in rows]
    return ["", _caption(tracing, name), *text]


def _table(tracing: Tracing, name: str, marks: dict[Cell, str]) -> str:
    plain = 'class="aw-cell"'
    columns = range(tracing.matrices[name].shape[1])
    names = (html.escape(tracing.column_name(name, j)) for j in columns)
    heads = "".join(f'<th scope="col">{column}</th>' for column in names)
    body = (
        f'<tr><th scope="row">{html.escape(label)}</th>'
        + "".join(f"<td {marks.get(cell, plain)}>{tracing.shown(cell)}</td>" for cell in cells)
        + "</tr>"
        for label, cells in _rows(tracing, name)
    )
    return (
        f'<div class="aw-scroll aw-at-{name}"><table class="aw-matrix">'
        f"<caption><code>{_caption(tracing, name)}</code></caption>\n"
        f"<thead><tr><td></td>{heads}</tr></thead>\n<tbody>{''.join(body)}</tbody></table></div>"
    )
