"""Scores to be pushed about, and what the softmax makes of them."""

import html
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from traitlets import Bool, Int, List, Unicode, validate
from traitlets import Float as Number

from minigpt.attention import masked_softmax
from minigpt.errors import FigureError, problem
from minigpt.figures.base import Figure, Numbers, number
from minigpt.sampling import keep_top_k, keep_top_p

LIMITS = {
    "temperature": (0.1, 10.0),
    "d": (1, 4096),
    "top_k": (1, np.inf),
    "top_p": (0.01, 1.0),
}
FARTHEST = 1e6  # no score lies farther from 0


class SoftmaxSculptor(Figure):
    """A row of scores and its softmax: weights, entropy, and the slope of a chosen weight.

    `temperature` divides the scores. With `d` they are multiplied by its root first, as the dot
    products of vectors of d numbers spread, and divided by it again while `scaled` is True.
    Then, too, the module draws how the Jacobian fades with the width, divided and not divided.
    `top_k` and `top_p` cut what they cut in sampling, in that order. A setting that is left out
    has no slider. Setting any of them, `scores` or `chosen`, redraws.

    Raises: FigureError when the scores do not fit the labels, or a setting is out of range.
    Source: this book, chapters 6 and 16.
    """

    module = "softmax_sculptor"
    labels = List(Unicode()).tag(sync=True)
    scores = Numbers(1)
    temperature = Number(1.0).tag(sync=True)
    chosen = Int(0).tag(sync=True)
    d = Int(None, allow_none=True).tag(sync=True)
    scaled = Bool(True).tag(sync=True)
    top_k = Int(None, allow_none=True).tag(sync=True)
    top_p = Number(None, allow_none=True).tag(sync=True)

    def __init__(self, labels: list[str], scores: Any, **settings: Any):
        self._n = len(labels)
        if not labels:
            raise FigureError(problem("at least one label", "none", "['label'] and scores [0]"))
        super().__init__(labels=list(labels), scores=scores, **settings)

    @property
    def factor(self) -> float:
        """By what a score is multiplied on its way into the softmax.

        Raises: nothing.
        Source: Vaswani et al. 2017, section 3.2.1, footnote 4.
        """
        return (1 if self.d is None or self.scaled else self.d**0.5) / self.temperature

    @property
    def logits(self) -> Float[np.ndarray, " n"]:
        """What enters the softmax, -inf where a filter has cut.

        Raises: nothing.
        Source: this book, chapter 16.
        """
        logits = torch.tensor([self.scores], dtype=torch.float64) * self.factor
        if self.top_k is not None:
            logits = keep_top_k(logits, self.top_k)
        if self.top_p is not None:
            logits = keep_top_p(logits, self.top_p)
        return logits[0].numpy()

    @property
    def weights(self) -> Float[np.ndarray, " n"]:
        """The softmax.

        Raises: nothing.
        Source: this book, chapter 6.
        """
        return masked_softmax(torch.from_numpy(self.logits)).numpy()

    @property
    def entropy(self) -> float:
        """The entropy of the weights, in bits.

        Raises: nothing.
        Source: Shannon 1948, section 6.
        """
        some = self.weights[self.weights > 0]
        return float(-some @ np.log2(some)) + 0.0

    @property
    def gradient(self) -> Float[np.ndarray, " n"]:
        """How much the chosen weight moves for each unit that a score moves: the slopes.

        A row of the softmax's Jacobian, times the factor. The filters stay as they are.

        Raises: nothing.
        Source: this book, chapter 6.
        """
        own = np.arange(self._n) == self.chosen
        return self.factor * self.weights[self.chosen] * (own - self.weights)

    @property
    def size(self) -> float:
        """The largest entry of the softmax's Jacobian, without the factor: a quarter at most.

        Raises: nothing.
        Source: this book, chapter 6.
        """
        *rest, most = np.sort(self.weights)
        return float(most * sum(rest))

    @property
    def picture(self) -> str:
        """The weights as bars.

        Raises: nothing.
        Source: this book.
        """
        said = html.escape(" ".join(self.in_words.splitlines()))
        bars = "\n".join(map(self._bar, range(self._n)))
        box = f'viewBox="0 0 400 {26 * self._n}"'
        return f'<svg class="aw-bars" {box} role="img" aria-label="{said}">\n{bars}\n</svg>'

    def _bar(self, i: int) -> str:
        y, long = 26 * i, 220 * self.weights[i]
        label = html.escape(self.labels[i])
        return (
            f'<text x="96" y="{y + 18}" text-anchor="end">{label}</text>'
            f'<rect x="104" y="{y + 3}" width="{long:.1f}" height="20"/>'
            f'<text x="{long + 110:.1f}" y="{y + 18}">{self._weight(i)}</text>'
        )

    def _weight(self, i: int) -> str:
        return "cut" if np.isneginf(self.logits[i]) else number(self.weights[i])

    @property
    def in_words(self) -> str:
        """A line for each label, and what the weights are like as a whole.

        Raises: nothing.
        Source: this book.
        """
        lines = [
            f"{label}: score {number(self.scores[i], 2)}, weight {self._weight(i)}, "
            f"slope {fine(self.gradient[i])}."
            for i, label in enumerate(self.labels)
        ]
        return "\n".join([*lines, self._summary])

    @property
    def _summary(self) -> str:
        equal, steepest = 2**self.entropy, np.abs(self.gradient).max()
        size = "" if self.d is None else f" The Jacobian's largest entry is {fine(self.size)}."
        return (
            f"Entropy {number(self.entropy)} bits: as unsure as a choice among "
            f"{number(equal, 2)} equal options. The slopes are those of {self.labels[self.chosen]}; "
            f"the largest is {fine(steepest)}.{size}"
        )

    @validate("labels", "scores")
    def _fits_the_labels(self, proposal: dict) -> list:
        name, n = proposal["trait"].name, len(proposal["value"])
        if n != self._n:
            remedy = "one score for each label; a new SoftmaxSculptor for more or fewer"
            raise FigureError(problem(f"{self._n} {name}", f"{n}", remedy))
        if name == "scores" and np.abs(proposal["value"]).max() > FARTHEST:
            needed = f"scores from −{FARTHEST:g} to {FARTHEST:g}"
            came = f"{np.abs(proposal['value']).max():g}"
            raise FigureError(problem(needed, came, "subtract the largest from all of them"))
        return proposal["value"]

    @validate("temperature", "d", "top_k", "top_p")
    def _within_limits(self, proposal: dict) -> float | None:
        name, value = proposal["trait"].name, proposal["value"]
        low, high = LIMITS[name]
        if value is not None and not low <= value <= high:
            needed = f"{name} from {low} to {high}"
            raise FigureError(problem(needed, str(value), f"{name}={max(low, 1)}"))
        return value

    @validate("chosen")
    def _is_a_row(self, proposal: dict) -> int:
        if not 0 <= proposal["value"] < self._n:
            needed = f"a chosen row from 0 to {self._n - 1}"
            raise FigureError(problem(needed, str(proposal["value"]), "0, the first label"))
        return proposal["value"]


def fine(slope: float) -> str:
    """Write a slope in three decimals, or as a power of ten, as the module does.

    Raises: nothing.
    Source: this book.
    """
    if slope == 0 or abs(slope) >= 0.0005:
        return number(slope)
    digits, power = f"{slope:.1e}".split("e")
    return f"{digits}e{int(power)}".replace("-", "−")
