"""A mask to paint, and who can know of whom after some layers of it."""

from typing import Any

import numpy as np
from jaxtyping import Int
from traitlets import Int as Whole
from traitlets import validate

from minigpt.errors import FigureError, problem
from minigpt.figures.base import labels_of, shade
from minigpt.figures.word_table import WordTable

WINDOW = PREFIX = 3
PADDING = 2


def known_masks(T: int) -> dict[str, Int[np.ndarray, "T T"]]:
    """Give the masks that have a name, by their names.

    Raises: nothing.
    Source: this book.
    """
    i, j = np.indices((T, T))
    return {
        "no mask": i >= 0,
        "causal": j <= i,
        f"window of {WINDOW}": (j <= i) & (j > i - WINDOW),
        f"prefix of {PREFIX}": (j <= i) | (j < PREFIX),
        "causal, two of padding": (j <= i) & (j >= PADDING),
    }


class MaskPainter(WordTable):
    """What each word can hold of each other, (T, T), after `layers` layers of one mask.

    `mask` is True where the row may look at the column; a layer replaces every word by a mixture
    of those it may look at. Setting `mask`, `layers` (1 to T) or `cursor`, [row, column], redraws;
    the sizes stay.

    Raises: FigureError when the mask does not fit the words.
    Source: this book.
    """

    module = "mask_painter"
    last = "holds"
    layers = Whole(1).tag(sync=True)

    def __init__(self, words: list[str], mask: Any, layers: int = 1):
        super().__init__(words, mask=mask, layers=layers)

    @property
    def arrivals(self) -> Int[np.ndarray, "T T"]:
        """After how many layers the row first holds something of the column; 0: never.

        Raises: nothing.
        Source: this book.
        """
        mask = np.array(self.mask)
        first, reach = np.zeros(mask.shape, dtype=int), np.eye(self._T, dtype=bool)
        for layer in range(1, self._T + 1):
            reach = mask @ reach
            first[reach & (first == 0)] = layer
        return first

    @property
    def _caption(self) -> str:
        much = "1 layer" if self.layers == 1 else f"{self.layers} layers"
        return (
            f"Who can hold what after {much}, {self._mask_name(known_masks(self._T))}; "
            "the number is the first such layer."
        )

    def _held(self, i: int) -> list[bool]:
        return [0 < first <= self.layers for first in self.arrivals[i]]

    def _line(self, i: int) -> str:
        labels = labels_of(self.words)
        pairs = zip(labels, self.arrivals[i], self._held(i), strict=True)
        held = [f"{label} ({first})" for label, first, is_held in pairs if is_held]
        return f"{labels[i]} holds {', '.join(held) if held else 'nothing'}."

    def _cells(self, i: int) -> str:
        cells = [
            f'<td class="aw-cell" style="{shade(1 / first)}">{first}</td>'
            if held
            else f'<td class="aw-cell{"" if may else " aw-hidden"}" aria-label="nothing">–</td>'
            for first, held, may in zip(self.arrivals[i], self._held(i), self.mask[i], strict=True)
        ]
        return "".join([*cells, f'<td class="aw-sum">{sum(self._held(i))} of {self._T}</td>'])

    @validate("layers")
    def _is_within_reach(self, proposal: dict) -> int:
        if not 1 <= proposal["value"] <= self._T:
            needed = f"from 1 to {self._T} layers, as many as there are words"
            raise FigureError(problem(needed, str(proposal["value"]), "layers=1"))
        return proposal["value"]
