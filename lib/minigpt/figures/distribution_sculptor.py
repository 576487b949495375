"""A model's next-token distribution, and what temperature and filters leave of it."""

import html
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool as Truths
from jaxtyping import Float
from traitlets import Float as Number
from traitlets import Int, List, Unicode, validate

from minigpt.errors import FigureError, problem
from minigpt.figures.base import Figure, Numbers, number
from minigpt.sampling import keep_min_p, keep_top_k, keep_top_p

ORDERS = (
    ("temperature", "top_k", "top_p", "min_p"),
    ("top_k", "top_p", "min_p", "temperature"),
    ("temperature", "top_p", "top_k", "min_p"),
)
LIMITS = {
    "temperature": (0.1, 10.0),
    "top_k": (1, np.inf),
    "top_p": (0.01, 1.0),
    "min_p": (0.0, 1.0),
    "order": (0, len(ORDERS) - 1),
}
FILTERS = {
    "temperature": torch.div,
    "top_k": keep_top_k,
    "top_p": keep_top_p,
    "min_p": keep_min_p,
}
DRAWS = 40  # about as many as a story of the corpus takes


class DistributionSculptor(Figure):
    """What may follow a text, before the filters and after them.

    For each of `places`, a text, the logits of all tokens, the likeliest first, (places,
    vocab_size); which of them are `right` to follow; and names of the first few, `labels`. The
    settings are those of `minigpt.sampling.Sampler`; `order` chooses one of ORDERS.

    Raises: FigureError when labels, logits and truths do not fit, or a setting is out of range.
    Source: this book, chapter 16.
    """

    module = "distribution_sculptor"
    places = List(Unicode()).tag(sync=True)
    labels = List(List(Unicode())).tag(sync=True)
    logits = Numbers(2)
    right = Numbers(2, bool)
    place = Int(0).tag(sync=True)
    temperature = Number(1.0).tag(sync=True)
    top_k = Int(1_000_000).tag(sync=True)
    top_p = Number(1.0).tag(sync=True)
    min_p = Number(0.0).tag(sync=True)
    order = Int(0).tag(sync=True)

    def __init__(self, places: list[str], labels: list, logits: Any, right: Any, **settings: Any):
        shapes = np.shape(logits), np.shape(right)
        fits = shapes[0] == shapes[1] and len(shapes[0]) == 2 and shapes[0][0] == len(places)
        if not fits or len(labels) != len(places):
            needed = "a row of logits, of truths and of labels for each place"
            came = f"{len(places)} places, {len(labels)} rows of labels, logits and right {shapes}"
            raise FigureError(problem(needed, came, "logits of shape (places, vocab_size)"))
        settings = {"top_k": shapes[0][1], **settings}
        self._n = shapes[0]
        super().__init__(places=places, labels=labels, logits=logits, right=right, **settings)

    @property
    def sculpted(self) -> Float[np.ndarray, "2 vocab_size"]:
        """The probabilities as they came, and after all steps.

        Raises: nothing.
        Source: this book, chapter 16.
        """
        before = logits = torch.tensor([self.logits[self.place]], dtype=torch.float64)
        for name in ORDERS[self.order]:
            setting = getattr(self, name)
            if (name, setting) != ("top_p", 1):  # all of it, and no rounding error less
                logits = FILTERS[name](logits, setting)
        return torch.cat([before, logits]).softmax(-1).numpy()

    @property
    def fits(self) -> Truths[np.ndarray, " vocab_size"]:
        """Which tokens are right at the place.

        Raises: nothing.
        Source: this book.
        """
        return np.array(self.right[self.place])

    @property
    def counts(self) -> list[float]:
        """How many tokens stay, how many of the right ones do; wrong share; entropy in bits.

        Raises: nothing.
        Source: this book, chapter 16.
        """
        after = self.sculpted[1]
        some = after[after > 0]
        kept = [len(some), int(np.sum(self.fits & (after > 0)))]
        return [*kept, float(after[~self.fits].sum()), float(-some @ np.log2(some)) + 0.0]

    @property
    def picture(self) -> str:
        """The shares after all steps, as bars.

        Raises: nothing.
        Source: this book.
        """
        rows = self._rows
        most = max(after for _, _, after, _ in rows)
        bars = [
            f'<text x="126" y="{26 * i + 18}" text-anchor="end">{html.escape(label)}</text>'
            f'<rect x="134" y="{26 * i + 3}" width="{150 * after / most:.1f}" height="20"/>'
            f'<text x="{150 * after / most + 140:.1f}" y="{26 * i + 18}">{number(after)}{mark}</text>'
            for i, (label, _, after, mark) in enumerate(rows)
        ]
        said = html.escape(" ".join(self.in_words.splitlines()))
        box = f'viewBox="0 0 400 {26 * len(rows)}" role="img" aria-label="{said}"'
        lines = "\n".join(bars)
        return f'<svg class="aw-bars" {box}>\n{lines}\n</svg>'

    @property
    def _rows(self) -> list[tuple[str, float, float, str]]:
        """Label, share before, share after, and a mark; last, all the tokens without a label."""
        before, after = self.sculpted
        labels, fits = self.labels[self.place], self.fits
        n = len(labels)
        marks = ["" if good else " wrong" for good in fits[:n]]
        rows = list(zip(labels, before.tolist(), after.tolist(), marks, strict=False))
        return [*rows, (f"{self._n[1] - n} others", before[n:].sum(), after[n:].sum(), "")]

    @property
    def in_words(self) -> str:
        """A line for the text, each token, and the whole.

        Raises: nothing.
        Source: this book.
        """
        lines = [
            f"{label}: {number(before)}, then {number(after)}{mark}."
            for label, before, after, mark in self._rows
        ]
        return "\n".join([f"What follows “{self.places[self.place]}”.", *lines, self.summary])

    @property
    def summary(self) -> str:
        """What stays, what is lost, and what would become of a story.

        Raises: nothing.
        Source: this book.
        """
        kept, good, wrong, bits = self.counts
        return (
            f"{kept} of {self._n[1]} tokens stay: {good} right ones of {self.fits.sum()}, and "
            f"{kept - good} wrong ones, whose share is {number(wrong)}. {DRAWS} draws like this are "
            f"all right with {number((1 - wrong) ** DRAWS, 2)}. Entropy {number(bits, 2)} bits."
        )

    @validate("place")
    def _is_a_place(self, proposal: dict) -> int:
        if not 0 <= proposal["value"] < self._n[0]:
            needed = f"a place from 0 to {self._n[0] - 1}"
            raise FigureError(problem(needed, str(proposal["value"]), "0, the first"))
        return proposal["value"]

    @validate("temperature", "top_k", "top_p", "min_p", "order")
    def _within_limits(self, proposal: dict) -> float:
        name, value = proposal["trait"].name, proposal["value"]
        low, high = LIMITS[name]
        if not low <= value <= high:
            raise FigureError(problem(f"{name} from {low} to {high}", str(value), f"{name}={low}"))
        return value
