"""A mask to paint, and who can know of whom after some layers of it."""

import html
from typing import Any

import numpy as np
from jaxtyping import Int
from traitlets import Int as Whole
from traitlets import List, Unicode, validate

from minigpt.errors import FigureError, problem
from minigpt.figures.base import Figure, Numbers, labels_of, shade

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


class MaskPainter(Figure):
    """What each word can hold of each other, (T, T), after `layers` layers of one mask.

    `mask` is True where the row may look at the column; a layer replaces every word by a mixture
    of those it may look at. Setting `mask`, `layers` (1 to T) or `cursor`, [row, column], redraws;
    the sizes stay.

    Raises: FigureError when the mask does not fit the words.
    Source: this book.
    """

    module = "mask_painter"
    words = List(Unicode()).tag(sync=True)
    mask = Numbers(2, bool)
    layers = Whole(1).tag(sync=True)
    cursor = List(Whole(), [0, 0], minlen=2, maxlen=2).tag(sync=True)

    def __init__(self, words: list[str], mask: Any, layers: int = 1):
        self._T = len(words)
        if not words:
            raise FigureError(problem("at least one word", "none", "['word'] and mask [[True]]"))
        super().__init__(words=list(words), mask=mask, layers=layers)

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
    def picture(self) -> str:
        """A table of the layers, shaded.

        Raises: nothing.
        Source: this book.
        """
        labels = [html.escape(label) for label in labels_of(self.words)]
        head = "".join(f'<th scope="col">{label}</th>' for label in [*labels, "holds"])
        rows = [
            f'<tr><th scope="row">{label}</th>{self._cells(i)}</tr>'
            for i, label in enumerate(labels)
        ]
        return "\n".join(
            [
                f'<p>{self._caption}</p>\n<div class="aw-scroll" tabindex="0"><table class="aw-map">',
                f"<thead><tr><td></td>{head}</tr></thead>",
                *["<tbody>", *rows, "</tbody></table></div>"],
            ]
        )

    @property
    def still(self) -> str:
        """The picture alone: it is made of words and numbers.

        Raises: nothing.
        Source: this book.
        """
        return self.picture

    @property
    def in_words(self) -> str:
        """What each word can hold, a line each.

        Raises: nothing.
        Source: this book.
        """
        return "\n".join([self._caption, *map(self._line, range(self._T))])

    @property
    def _caption(self) -> str:
        same = [name for name, mask in known_masks(self._T).items() if (mask == self.mask).all()]
        much = "1 layer" if self.layers == 1 else f"{self.layers} layers"
        return (
            f"Who can hold what after {much}, {(*same, 'painted mask')[0]}; "
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

    @validate("words", "mask")
    def _fits_the_words(self, proposal: dict) -> list:
        name, shape, T = proposal["trait"].name, np.shape(proposal["value"]), self._T
        needed = (T,) if name == "words" else (T, T)
        if shape != needed:
            remedy = "a new MaskPainter for more words or fewer"
            raise FigureError(problem(f"{name} of shape {needed}", f"{shape}", remedy))
        return proposal["value"]

    @validate("layers")
    def _is_within_reach(self, proposal: dict) -> int:
        if not 1 <= proposal["value"] <= self._T:
            needed = f"from 1 to {self._T} layers, as many as there are words"
            raise FigureError(problem(needed, str(proposal["value"]), "layers=1"))
        return proposal["value"]

    @validate("cursor")
    def _is_a_cell(self, proposal: dict) -> list[int]:
        if not all(0 <= n < self._T for n in proposal["value"]):
            needed = f"a cursor [row, column] with both from 0 to {self._T - 1}"
            raise FigureError(problem(needed, str(proposal["value"]), "[0, 0]"))
        return proposal["value"]
