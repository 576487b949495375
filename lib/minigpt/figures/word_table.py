"""A table with a row for each word that looks and a column for each that is looked at."""

import html

import numpy as np
from traitlets import Int, List, Unicode, validate

from minigpt.errors import FigureError, problem
from minigpt.figures.base import Figure, Numbers, labels_of


class WordTable(Figure):
    """Words, a mask (T, T) to paint, and a cursor, [row, column]; what a cell shows is the heir's.

    An heir names its last column in `last` and writes `_caption`, `_cells(i)` for a row of the
    table, and `_line(i)` for the same in words.

    Raises: FigureError when something does not fit the words.
    Source: this book.
    """

    last = ""
    words = List(Unicode()).tag(sync=True)
    mask = Numbers(2, bool)
    cursor = List(Int(), [0, 0], minlen=2, maxlen=2).tag(sync=True)

    def __init__(self, words: list[str], **state: object):
        self._T = len(words)
        if not words:
            raise FigureError(problem("at least one word", "none", "['word'] and a table [[...]]"))
        super().__init__(words=list(words), **state)

    @property
    def picture(self) -> str:
        """The table, shaded.

        Raises: nothing.
        Source: this book.
        """
        labels = [html.escape(label) for label in labels_of(self.words)]
        head = "".join(f'<th scope="col">{label}</th>' for label in [*labels, self.last])
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
        """The caption, and a line for each word that looks.

        Raises: nothing.
        Source: this book.
        """
        return "\n".join([self._caption, *map(self._line, range(self._T))])

    def _mask_name(self, known: dict[str, np.ndarray]) -> str:
        same = [name for name, mask in known.items() if np.array_equal(mask, self.mask)]
        return (*same, "painted mask")[0]

    @validate("words", "mask")
    def _fits_the_words(self, proposal: dict) -> list:
        name, shape, T = proposal["trait"].name, np.shape(proposal["value"]), self._T
        needed = (T,) if name == "words" else (T, T)
        if shape != needed:
            remedy = f"a new {type(self).__name__} for more words or fewer"
            raise FigureError(problem(f"{name} of shape {needed}", f"{shape}", remedy))
        return proposal["value"]

    @validate("cursor")
    def _is_a_cell(self, proposal: dict) -> list[int]:
        if not all(0 <= n < self._T for n in proposal["value"]):
            needed = f"a cursor [row, column] with both from 0 to {self._T - 1}"
            raise FigureError(problem(needed, str(proposal["value"]), "[0, 0]"))
        return proposal["value"]
