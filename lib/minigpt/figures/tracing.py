"""Which numbers made a number, and the line that says so: what a reader with a pencil can check.

`tracing.mjs` says the same, word for word.
"""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from minigpt.attention import masked_softmax
from minigpt.figures.base import labels_of, number

Cell = tuple[str, int, int]  # a matrix, a row and a column, counted from 0
Written = tuple[str, bool]  # a line's middle, and whether its printed numbers add up

# A product's two factors; of k it takes rows, of the others columns.
FACTORS = {
    "q": ("x", "w_q"),
    "k": ("x", "w_k"),
    "v": ("x", "w_v"),
    "scores": ("q", "k"),
    "context": ("weights", "v"),
}
ROUNDED = 3  # decimals, where a number goes on for ever
WRITTEN_OUT = 4  # the most decimals of a matrix that is written in full
MOST_DECIMALS = 12
LARGE = 10  # scores beyond this are shifted before exp, as every library does


@dataclass(frozen=True)
class Trace:
    """How one number came about.

    `terms` are the cells that it was made of: pairs that are multiplied, or the scores that
    share a softmax; none for a number that is given. `how` says it in words; `text` is the
    line, every number of it printed, that gives what it says.

    Source: this book.
    """

    value: float
    terms: tuple[tuple[Cell, ...], ...]
    how: str
    text: str


class Tracing:
    """One attention without a mask, all its matrices, and where each of their numbers is from.

    x is (T, d_model), w_q and w_k are (d_model, d_head), w_v (d_model, d_v).

    Raises: nothing; the shapes fit.
    Source: Vaswani et al. 2017, eq. 1.
    """

    def __init__(self, words: list[str], x: Any, w_q: Any, w_k: Any, w_v: Any, scaled: bool):
        given = {"x": x, "w_q": w_q, "w_k": w_k, "w_v": w_v}
        m = {name: np.asarray(values, dtype=np.float64) for name, values in given.items()}
        q, k, v = (m["x"] @ m[name] for name in ("w_q", "w_k", "w_v"))
        dots, root = q @ k.T, math.sqrt(q.shape[1])
        scores = dots / root if scaled else dots
        weights = masked_softmax(torch.tensor(scores)).numpy()
        m |= {"q": q, "k": k, "v": v, "dots": dots, "root": np.array([[root]]), "scores": scores}
        self.matrices = m | {"weights": weights, "context": weights @ v}
        self.labels, self.scaled = labels_of(words), scaled
        self.places = {name: _places(matrix) for name, matrix in self.matrices.items()}

    def trace(self, cell: Cell) -> Trace:
        """Say how a number came about.

        Raises: nothing.
        Source: this book.
        """
        name, row, column = cell
        value = float(self.matrices[name][row, column])
        return Trace(value, tuple(self._terms(cell)), self._how(cell), self._line(cell))

    def shown(self, cell: Cell) -> str:
        """Write a number as its table shows it.

        Raises: nothing.
        Source: this book.
        """
        return _fixed(self._value(cell), min(self.places[cell[0]] or ROUNDED, ROUNDED))

    def row_name(self, name: str, row: int) -> str:
        """Name a row: by its word, or counting from 1.

        Raises: nothing.
        Source: this book.
        """
        return str(row + 1) if name.startswith("w_") else self.labels[row]

    def column_name(self, name: str, column: int) -> str:
        """Name a column: by its word, or counting from 1.

        Raises: nothing.
        Source: this book.
        """
        return self.labels[column] if name in ("scores", "weights") else str(column + 1)

    def cell_name(self, cell: Cell) -> str:
        """Name a number: `q[cat, 2]`.

        Raises: nothing.
        Source: this book.
        """
        name, row, column = cell
        return f"{name}[{self.row_name(name, row)}, {self.column_name(name, column)}]"

    def _value(self, cell: Cell) -> float:
        name, row, column = cell
        return float(self.matrices[name][row, column])

    def _printed(self, cell: Cell, digits: int) -> str:
        return _fixed(self._value(cell), self.places[cell[0]] or digits)

    def _terms(self, cell: Cell) -> Iterator[tuple[Cell, ...]]:
        name, row, column = cell
        if name == "weights":
            yield from ((("scores", row, j),) for j in range(len(self.labels)))
        elif name in FACTORS:
            left, right = FACTORS[name]
            for i in range(self.matrices[left].shape[1]):
                other = (right, column, i) if name == "scores" else (right, i, column)
                yield (left, row, i), other

    def _line(self, cell: Cell) -> str:
        """As few decimals as let every step, computed from what is printed, give its end."""
        name, goal, short = self.cell_name(cell), self._printed(cell, ROUNDED), self.shown(cell)
        writers = {"weights": self._write_share} | dict.fromkeys(FACTORS, self._write_sum)
        write = writers.get(cell[0], self._write_given)
        rest = "" if _value_of(short) == _value_of(goal) else f" ≈ {short}"
        return f"{name}{_first_right(write, cell)}{goal}{rest}"

    def _write_given(self, cell: Cell, digits: int) -> Written:
        return _sign(self.places[cell[0]]), True

    def _write_sum(self, cell: Cell, digits: int) -> Written:
        name, goal = cell[0], self._printed(cell, ROUNDED)
        pairs = [[self._printed(factor, digits) for factor in pair] for pair in self._terms(cell)]
        total = sum(_value_of(left) * _value_of(right) for left, right in pairs)
        parts = " + ".join(f"{_bracketed(left)}×{_bracketed(right)}" for left, right in pairs)
        first, last = _sign(*(self.places[f] for f in FACTORS[name])), _sign(self.places[name])
        if name != "scores" or not self.scaled:
            return f"{first}{parts}{last}", _rounds(total, goal)
        text, right = self._divided(total, goal, digits)
        return f"{first}({parts}){text}{last}", right

    def _divided(self, total: float, goal: str, digits: int) -> Written:
        """A score's way from the sum to its quotient by the root."""
        dot = _fixed(total, self.places["dots"] or digits)
        root = self._printed(("root", 0, 0), digits)
        width, equal = self.matrices["q"].shape[1], _sign(self.places["dots"], self.places["root"])
        steps = [total / math.sqrt(width), _value_of(dot) / _value_of(root)]
        text = f" / √{width}{equal}{_bracketed(dot)} / {root}"
        return text, all(_rounds(step, goal) for step in steps)

    def _write_share(self, cell: Cell, digits: int) -> Written:
        scores = [self._printed(score, digits) for (score,) in self._terms(cell)]
        less, raised = _exponentials([_value_of(score) for score in scores])
        shift = f" − {_bracketed(_fixed(less, self.places['scores'] or digits))}" if less else ""
        exps = [f"exp({score}{shift})" for score in scores]
        powers = [_fixed(power, digits) for power in raised]
        total, share = sum(map(_value_of, powers)), powers[cell[2]]
        text = (
            f"{_sign(self.places['scores'])}{exps[cell[2]]} / ({' + '.join(exps)})"
            f" ≈ {share} / ({' + '.join(powers)})"
            f" = {share} / {_fixed(total, digits)}{_sign(self.places['weights'])}"
        )
        steps = [raised[cell[2]] / sum(raised), _value_of(share) / (total or math.nan)]
        return text, all(_rounds(step, self._printed(cell, ROUNDED)) for step in steps)

    def _how(self, cell: Cell) -> str:
        name, (i, j) = cell[0], (self.row_name(*cell[:2]), self.column_name(cell[0], cell[2]))
        width = self.matrices["q"].shape[1]
        root = f", divided by the square root of {width}" if self.scaled else ""
        if name == "weights":
            return f"Softmax of row {i} of scores: the share that {i} takes of {j}."
        if name == "scores":
            return f"Row {i} of q times row {j} of k{root}."
        if name in FACTORS:
            return f"Row {i} of {FACTORS[name][0]} times column {j} of {FACTORS[name][1]}."
        if name == "x":
            return f"Given: the embedding of {i}, number {j}."
        return f"Given: row {i}, column {j} of {name}."


def _places(matrix: np.ndarray) -> int | None:
    """The decimals that a matrix needs to be written in full; None if that is too many."""
    for digits in range(1, WRITTEN_OUT + 1):
        grown = matrix * 10**digits
        if (np.abs(grown - np.round(grown)) < 1e-9).all():
            return digits
    return None


def _fixed(value: float, digits: int) -> str:
    """A half is rounded away from zero, also one that is held as 0.12499999999999999."""
    return number(value + math.copysign(10 ** -(digits + 6), value), digits)


def _exponentials(scores: list[float]) -> tuple[float, list[float]]:
    """The exponentials of scores; of large ones less the largest."""
    less = max(scores) if max(map(abs, scores)) > LARGE else 0.0
    return less, [math.exp(score - less) for score in scores]


def _first_right(write: Callable[[Cell, int], Written], cell: Cell) -> str:
    for digits in range(ROUNDED, MOST_DECIMALS + 1):
        text, right = write(cell, digits)
        if right:
            break
    return text


def _value_of(text: str) -> float:
    return float(text.replace("−", "-"))


def _bracketed(text: str) -> str:
    return f"({text})" if text.startswith("−") else text


def _rounds(value: float, text: str) -> bool:
    return _fixed(value, len(re.split(r"\.", text)[1])) == text


def _sign(*places: int | None) -> str:
    return " = " if all(places) else " ≈ "
