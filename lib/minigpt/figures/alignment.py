"""Two sentences, and which words of one were looked at to write each word of the other."""

import html
from typing import Any

import numpy as np
from jaxtyping import Float
from traitlets import Int, List, Unicode, validate

from minigpt.errors import FigureError, problem
from minigpt.figures.base import Figure, Numbers, labels_of, number

ROW = 32  # the height of a word


class Alignment(Figure):
    """The weights of a cross-attention, as lines from each target word to the source words.

    `weights` has shape (n_heads, T_q, T_k), T_q target words by T_k source words. `chosen` is the
    target word that is looked from, `head` one of the heads, or None for the mean of all.

    Raises: FigureError when the weights do not fit the words, or are no shares.
    Source: Bahdanau, Cho & Bengio 2015, figure 3; this book, chapter 11.
    """

    module = "alignment"
    source = List(Unicode()).tag(sync=True)
    target = List(Unicode()).tag(sync=True)
    weights = Numbers(3)
    chosen = Int(0).tag(sync=True)
    head = Int(None, allow_none=True).tag(sync=True)

    def __init__(self, source: list[str], target: list[str], weights: Any, **settings: Any):
        self._shape = (len(target), len(source))
        super().__init__(
            source=list(source), target=list(target), weights=np.asarray(weights), **settings
        )

    @property
    def table(self) -> Float[np.ndarray, "T_q T_k"]:
        """The weights of the head, or their mean over all heads.

        Raises: nothing.
        Source: this book.
        """
        weights = np.array(self.weights)
        return weights.mean(axis=0) if self.head is None else weights[self.head]

    @property
    def picture(self) -> str:
        """All lines, the chosen word's in colour.

        Raises: nothing.
        Source: this book.
        """
        said = html.escape(" ".join(self.in_words.splitlines()))
        longest = max(self._shape)
        box = f'viewBox="0 0 400 {ROW * longest}" role="img"'
        lines = [
            self._line(i, j) for i in sorted(range(self._shape[0]), key=self.chosen.__eq__)
            for j in range(self._shape[1])
        ]  # fmt: skip
        names = [
            *self._names(self.source, 120, "end"),
            *self._names(self.target, 280, "start"),
        ]
        marks = "\n".join([*lines, *names])
        return f'<svg class="aw-aligned" {box} aria-label="{said}">\n{marks}\n</svg>'

    def _line(self, i: int, j: int) -> str:
        kind = "aw-sight" if i == self.chosen else "aw-sight aw-other"
        ends = f'y1="{self._height(j, self.source):.0f}" y2="{self._height(i, self.target):.0f}"'
        return (
            f'<line class="{kind}" x1="128" x2="272" {ends} '
            f'stroke-width="{10 * self.table[i, j]:.2f}"/>'
        )

    def _names(self, words: list[str], x: int, anchor: str) -> list[str]:
        return [
            f'<text x="{x}" y="{self._height(n, words) + 5:.0f}" text-anchor="{anchor}">'
            f"{html.escape(word)}</text>"
            for n, word in enumerate(labels_of(words))
        ]

    def _height(self, n: int, words: list[str]) -> float:
        return ROW * (n + 0.5 + (max(self._shape) - len(words)) / 2)

    @property
    def in_words(self) -> str:
        """A line for each target word: the source words that make nine tenths of its looks.

        Raises: nothing.
        Source: this book.
        """
        source, target = labels_of(self.source), labels_of(self.target)
        lines = []
        for word, row in zip(target, self.table, strict=True):
            parts = [f"{source[j]} {number(row[j])}" for j in most_of(row)]
            lines.append(f"To write {word}, it looks at {', '.join(parts)}.")
        return "\n".join(lines)

    @validate("weights")
    def _fits_the_words(self, proposal: dict) -> list:
        weights = np.array(proposal["value"])
        needed = f"weights of shape (n_heads, {self._shape[0]}, {self._shape[1]})"
        if weights.shape[1:] != self._shape or not weights.size:
            raise FigureError(problem(needed, f"{weights.shape}", "a row for each target word"))
        if weights.min() < 0 or np.abs(weights.sum(axis=-1) - 1).max() > 1e-3:
            came = f"rows that sum to {weights.sum(axis=-1).min():.3f} and more"
            raise FigureError(problem("rows of shares of 1", came, "weights after the softmax"))
        return proposal["value"]

    @validate("chosen", "head")
    def _is_there(self, proposal: dict) -> int | None:
        name, value = proposal["trait"].name, proposal["value"]
        size = self._shape[0] if name == "chosen" else len(self.weights)
        if value is not None and not 0 <= value < max(size, 1):
            raise FigureError(problem(f"{name} from 0 to {size - 1}", str(value), "0"))
        return value


def most_of(row: Float[np.ndarray, " T_k"]) -> list[int]:
    """Places from the largest weight down, as many as make nine tenths.

    Raises: nothing.
    Source: this book.
    """
    order = np.argsort(-row, kind="stable")
    before = np.cumsum(row[order]) - row[order]
    return [int(j) for j, sum_before in zip(order, before, strict=True) if sum_before < 0.9]
