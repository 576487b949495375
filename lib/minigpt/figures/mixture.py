"""Words as arrows, and how one of them mixes what it looks at."""

import html
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from traitlets import Bool, Int, List, Unicode, validate

from minigpt.attention import masked_softmax
from minigpt.errors import FigureError, problem
from minigpt.figures.base import Figure, Numbers, labels_of, number

FARTHEST = 100.0  # no number of an arrow lies farther from 0
MOST_ROUNDS = 1000


class Mixture(Figure):
    """Words as arrows of two numbers, (T, 2): one looks at all, and mixes what it finds.

    The tips can be moved; the star is the context of the looker, given by its place in the
    sentence, from 0. `shadows` drops every word onto the looker's line. After `rounds` rounds,
    in each of which all words become their contexts at once, the words are `arrows`. Setting
    `vectors`, `words`, `looker`, `shadows` or `rounds` redraws; the number of words stays.

    Raises: FigureError when the vectors do not fit the words, or there is no such looker.
    Source: this book, chapter 5.
    """

    module = "mixture"
    words = List(Unicode()).tag(sync=True)
    vectors = Numbers(2)
    looker = Int(0).tag(sync=True)
    shadows = Bool(False).tag(sync=True)
    rounds = Int(0).tag(sync=True)

    def __init__(self, words: list[str], vectors: Any, looker: int = 1, *, shadows: bool = False):
        self._T = len(words)
        if not words:
            raise FigureError(problem("at least one word", "none", "['word'] and vectors [[1, 0]]"))
        super().__init__(words=list(words), vectors=vectors, looker=looker, shadows=shadows)

    @property
    def arrows(self) -> Float[np.ndarray, "T 2"]:
        """The words after the rounds: every round mixes them all, by the three lines.

        Raises: nothing.
        Source: this book, chapter 5.
        """
        x = np.array(self.vectors)
        for _ in range(self.rounds):
            x = _shares(x @ x.T / np.sqrt(2)) @ x
        return x

    @property
    def scores(self) -> Float[np.ndarray, " T"]:
        """The dot product of the looker with every word, divided by the root of 2.

        Raises: nothing.
        Source: Vaswani et al. 2017, eq. 1.
        """
        x = self.arrows
        return x @ x[self.looker] / np.sqrt(2)

    @property
    def weights(self) -> Float[np.ndarray, " T"]:
        """The share that the looker takes of every word.

        Raises: nothing.
        Source: Vaswani et al. 2017, eq. 1.
        """
        return _shares(self.scores)

    @property
    def context(self) -> Float[np.ndarray, " 2"]:
        """The average of the words by those weights.

        Raises: nothing.
        Source: Vaswani et al. 2017, eq. 1.
        """
        return self.weights @ self.arrows

    @property
    def picture(self) -> str:
        """The arrows, the looker's context as a star, and dotted lines by weight.

        Raises: nothing.
        Source: this book.
        """
        scale = 160 / max(np.abs(self.vectors).max(), 0.1)
        places = np.array([*self.arrows, self.context, (0, 0)]) * (scale, -scale)
        *tips, star, _ = (200 + places).round(1)
        top, height = 160 + places[:, 1].min(), np.ptp(places[:, 1]) + 80
        box = f'viewBox="0 {top:.0f} 400 {height:.0f}" role="img"'
        said = html.escape(" ".join(self.in_words.splitlines()))
        marks = "\n".join(self._marks(tips, star))
        return f'<svg class="aw-paper" {box} aria-label="{said}">\n{marks}\n</svg>'

    def _marks(self, tips: list[np.ndarray], star: np.ndarray) -> Iterator[str]:
        colours = [sorted(set(self.words)).index(word) % 6 for word in self.words]
        labels = labels_of(self.words)
        labels[self.looker] += " looks"
        below = [tip[1] > 200 or j == self.looker for j, tip in enumerate(tips)]
        yield '<path class="aw-axis" d="M20 200H380M200 20V380"/>'
        yield f'<path class="aw-hull" d="{_reached(tips)}"/>'
        rows = zip(labels, colours, tips, below, self.weights, strict=True)
        for label, colour, tip, low, weight in rows:
            inside = _arrow(label, tip, 24 if low else -12) + _dots(tip, star, weight)
            yield f'<g class="aw-word-{colour}">{inside}</g>'
        turns = np.arange(10) * np.pi / 5
        rays = np.where(np.arange(10) % 2, 4.5, 11) * (np.sin(turns), -np.cos(turns))
        corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in star + rays.T)
        yield f'<polygon class="aw-star" points="{corners}"/>'

    @property
    def in_words(self) -> str:
        """A line for each word, and the mixture.

        Raises: nothing.
        Source: this book.
        """
        labels, looker = labels_of(self.words), labels_of(self.words)[self.looker]
        rows = zip(labels, self.arrows, self.scores, self.weights, strict=True)
        digits = 3 if self.rounds else 2
        lines = [
            f"{looker} takes {number(weight)} of {label} {pair(vector, digits)}, "
            f"score {number(score)}."
            for label, vector, score, weight in rows
        ]
        star = f"Context of {looker}, the star: {pair(self.context, 3)}."
        return "\n".join([*self._after_rounds(), *lines, star])

    def _after_rounds(self) -> list[str]:
        x, after = self.arrows, f"After {self.rounds} round{'s' * (self.rounds != 1)}"
        apart = np.linalg.norm(x[:, None] - x, axis=-1).max()
        return [f"{after} the words are at most {number(apart)} apart."] if self.rounds else []

    @validate("words", "vectors")
    def _fits_the_words(self, proposal: dict) -> list:
        name, shape = proposal["trait"].name, np.shape(proposal["value"])
        needed = (self._T,) if name == "words" else (self._T, 2)
        if shape != needed:
            remedy = "one row of two numbers for each word; a new Mixture for other words"
            raise FigureError(problem(f"{name} of shape {needed}", f"{shape}", remedy))
        if name == "vectors" and np.abs(proposal["value"]).max() > FARTHEST:
            needed = f"vectors of numbers from −{FARTHEST:g} to {FARTHEST:g}"
            came = f"{np.abs(proposal['value']).max():g}"
            raise FigureError(problem(needed, came, "divide all of them by the same number"))
        return proposal["value"]

    @validate("looker")
    def _is_a_word(self, proposal: dict) -> int:
        if not 0 <= proposal["value"] < self._T:
            needed = f"a looker from 0 to {self._T - 1}, a word's place in the sentence"
            raise FigureError(problem(needed, str(proposal["value"]), "0, the first word"))
        return proposal["value"]

    @validate("rounds")
    def _not_too_many(self, proposal: dict) -> int:
        if not 0 <= proposal["value"] <= MOST_ROUNDS:
            needed = f"rounds from 0 to {MOST_ROUNDS}"
            raise FigureError(problem(needed, str(proposal["value"]), "3"))
        return proposal["value"]


def pair(vector: Any, digits: int) -> str:
    """Write a vector of shape (2,) as the module does.

    Raises: nothing.
    Source: this book.
    """
    return f"({', '.join(number(c, digits) for c in vector)})"


def _shares(scores: np.ndarray) -> np.ndarray:
    return masked_softmax(torch.from_numpy(scores)).numpy()


def _reached(tips: list[np.ndarray]) -> str:
    """All that averages of the tips reach: every triangle of them, turned one way to be one area."""
    triples = (np.array(triple) for triple in combinations(tips, 3))
    turned = (t if np.linalg.det(t[1:] - t[0]) > 0 else t[::-1] for t in triples)
    return "".join(f"M{'L'.join(f'{x},{y}' for x, y in triple)}Z" for triple in turned)


def _arrow(label: str, tip: np.ndarray, drop: float) -> str:
    x, y = tip
    at = f'x="{x}" y="{y + drop:.1f}" text-anchor="middle"'
    return (
        f'<line class="aw-shaft" x1="200" y1="200" x2="{x}" y2="{y}"/>'
        f'<circle cx="{x}" cy="{y}" r="6"/><text {at}>{html.escape(label)}</text>'
    )


def _dots(tip: np.ndarray, star: np.ndarray, weight: float) -> str:
    ends = f'x1="{tip[0]}" y1="{tip[1]}" x2="{star[0]}" y2="{star[1]}"'
    gaps = f'stroke-width="{1.5 + 9 * weight:.1f}" stroke-dasharray="0 {4 + 13 * weight:.1f}"'
    return f'<line class="aw-dots" {ends} {gaps}/>'
