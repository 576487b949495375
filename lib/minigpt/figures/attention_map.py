"""Who looks at whom: the weights, their temperature, and a mask to paint."""

import html
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from traitlets import Float as Number
from traitlets import Int, List, Unicode, validate

from minigpt.attention import masked_softmax
from minigpt.errors import FigureError, problem
from minigpt.figures.base import Figure, Numbers, labels_of, number, shade

COLDEST, HOTTEST = 0.1, 10.0


class AttentionMap(Figure):
    """The weights that every word gives to every word, (T, T), from scores of that shape.

    `temperature` divides the scores, from 0.1 to 10. `mask` is True where the row may look at
    the column. The scores are those of the softmax: scaled already, if they are to be. Setting
    `temperature`, `mask`, `scores` or `cursor`, [row, column], redraws; the sizes stay.

    Raises: FigureError when scores or mask do not fit the words.
    Source: this book.
    """

    module = "attention_map"
    words = List(Unicode()).tag(sync=True)
    scores = Numbers(2)
    looking = Unicode("looks at").tag(sync=True)
    temperature = Number(1.0).tag(sync=True)
    mask = Numbers(2, bool)
    cursor = List(Int(), [0, 0], minlen=2, maxlen=2).tag(sync=True)

    def __init__(self, words: list[str], scores: Any, *, looking: str = "looks at"):
        T = self._T = len(words)
        if not words:
            raise FigureError(problem("at least one word", "none", "['word'] and scores [[0]]"))
        mask = np.ones((T, T), dtype=bool)
        super().__init__(words=list(words), scores=scores, mask=mask, looking=looking)

    @property
    def weights(self) -> Float[np.ndarray, "T T"]:
        """The softmax of the scores, divided by the temperature, where the mask lets look.

        Raises: nothing.
        Source: Vaswani et al. 2017, section 3.2.3.
        """
        scores = torch.tensor(self.scores, dtype=torch.float64) / self.temperature
        return masked_softmax(scores, torch.tensor(self.mask)).numpy()

    @property
    def picture(self) -> str:
        """A table of the weights, shaded.

        Raises: nothing.
        Source: this book.
        """
        labels = [html.escape(label) for label in labels_of(self.words)]
        head = "".join(f'<th scope="col">{label}</th>' for label in [*labels, "sum"])
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
        """What each word looks at, a line each.

        Raises: nothing.
        Source: this book.
        """
        return "\n".join([self._caption, *map(self._line, range(len(self.words)))])

    @property
    def _caption(self) -> str:
        T = len(self.words)
        known = {"no mask": np.ones((T, T)), "causal mask": np.tri(T)}
        same = [name for name, mask in known.items() if (mask == self.mask).all()]
        setting = f"Temperature {number(self.temperature, 2)}, {(*same, 'painted mask')[0]}."
        return f"Each row is a word that looks; its weights say at whom. {setting}"

    def _line(self, i: int) -> str:
        labels = labels_of(self.words)
        label = labels[i]
        if not any(self.mask[i]):
            return f"{label} may look nowhere: all its weights are 0."
        pairs = zip(labels, self.weights[i], self.mask[i], strict=True)
        shares = (f"{other} {number(weight)}" for other, weight, may in pairs if may)
        return f"{label} {self.looking} {', '.join(shares)}."

    def _cells(self, i: int) -> str:
        pairs = zip(self.weights[i], self.mask[i], strict=True)
        cells = [
            f'<td class="aw-cell" style="{shade(weight)}">{number(weight)}</td>'
            if may
            else '<td class="aw-cell aw-hidden" aria-label="hidden">–</td>'
            for weight, may in pairs
        ]
        total = number(self.weights[i].sum()) if any(self.mask[i]) else "0: looks nowhere"
        return "".join([*cells, f'<td class="aw-sum">{total}</td>'])

    @validate("words", "scores", "mask")
    def _fits_the_words(self, proposal: dict) -> list:
        name, shape, T = proposal["trait"].name, np.shape(proposal["value"]), self._T
        needed = (T,) if name == "words" else (T, T)
        if shape != needed:
            remedy = "a new AttentionMap for more words or fewer"
            raise FigureError(problem(f"{name} of shape {needed}", f"{shape}", remedy))
        return proposal["value"]

    @validate("temperature")
    def _within_reach(self, proposal: dict) -> float:
        if not COLDEST <= proposal["value"] <= HOTTEST:
            needed = f"a temperature from {COLDEST} to {HOTTEST}"
            raise FigureError(problem(needed, str(proposal["value"]), "1, which changes nothing"))
        return proposal["value"]

    @validate("cursor")
    def _is_a_cell(self, proposal: dict) -> list[int]:
        if not all(0 <= n < self._T for n in proposal["value"]):
            needed = f"a cursor [row, column] with both from 0 to {self._T - 1}"
            raise FigureError(problem(needed, str(proposal["value"]), "[0, 0]"))
        return proposal["value"]
