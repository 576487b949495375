"""Who looks at whom: the weights, their temperature, and a mask to paint."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from traitlets import Float as Number
from traitlets import Unicode, validate

from minigpt.attention import masked_softmax
from minigpt.errors import FigureError, problem
from minigpt.figures.base import Numbers, labels_of, number, shade
from minigpt.figures.word_table import WordTable

COLDEST, HOTTEST = 0.1, 10.0


class AttentionMap(WordTable):
    """The weights that every word gives to every word, (T, T), from scores of that shape.

    `temperature` divides the scores, from 0.1 to 10. `mask` is True where the row may look at
    the column. The scores are those of the softmax: scaled already, if they are to be. Setting
    `temperature`, `mask`, `scores` or `cursor`, [row, column], redraws; the sizes stay.

    Raises: FigureError when scores or mask do not fit the words.
    Source: this book.
    """

    module = "attention_map"
    last = "sum"
    scores = Numbers(2)
    looking = Unicode("looks at").tag(sync=True)
    temperature = Number(1.0).tag(sync=True)

    def __init__(self, words: list[str], scores: Any, *, looking: str = "looks at"):
        mask = np.ones((len(words), len(words)), dtype=bool)
        super().__init__(words, scores=scores, mask=mask, looking=looking)

    @property
    def weights(self) -> Float[np.ndarray, "T T"]:
        """The softmax of the scores, divided by the temperature, where the mask lets look.

        Raises: nothing.
        Source: Vaswani et al. 2017, section 3.2.3.
        """
        scores = torch.tensor(self.scores, dtype=torch.float64) / self.temperature
        return masked_softmax(scores, torch.tensor(self.mask)).numpy()

    @property
    def _caption(self) -> str:
        known = {"no mask": np.ones((self._T, self._T)), "causal mask": np.tri(self._T)}
        setting = f"Temperature {number(self.temperature, 2)}, {self._mask_name(known)}."
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

    @validate("scores")
    def _scores_fit(self, proposal: dict) -> list:
        return self._fits_the_words(proposal)

    @validate("temperature")
    def _within_reach(self, proposal: dict) -> float:
        if not COLDEST <= proposal["value"] <= HOTTEST:
            needed = f"a temperature from {COLDEST} to {HOTTEST}"
            raise FigureError(problem(needed, str(proposal["value"]), "1, which changes nothing"))
        return proposal["value"]
