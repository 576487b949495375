"""Amounts, and what part of the whole each of them is."""

import html
from typing import Any

import numpy as np
from jaxtyping import Float
from traitlets import List, Unicode

from minigpt.figures.base import Figure, Numbers, number


class Shares(Figure):
    """Amounts that can be moved, and what part of the whole each of them is.

    Raises: FigureError when the amounts are no row of numbers.
    Source: this book.
    """

    module = "shares"
    labels = List(Unicode()).tag(sync=True)
    amounts = Numbers(1)

    def __init__(self, labels: list[str], amounts: Any):
        super().__init__(labels=labels, amounts=amounts)

    @property
    def shares(self) -> Float[np.ndarray, " n"]:
        """Each amount over the sum of all.

        Raises: nothing.
        Source: this book.
        """
        return np.array(self.amounts) / sum(self.amounts)

    @property
    def picture(self) -> str:
        """A bar for each share.

        Raises: nothing.
        Source: this book.
        """
        said, box = html.escape(self.in_words), f"0 0 400 {20 * len(self.amounts)}"
        bars = [
            f'<rect y="{20 * i}" width="{400 * share:.0f}" height="16"/>'
            for i, share in enumerate(self.shares)
        ]
        return f'<svg viewBox="{box}" role="img" aria-label="{said}">{"".join(bars)}</svg>'

    @property
    def in_words(self) -> str:
        """The shares, each after its label.

        Raises: nothing.
        Source: this book.
        """
        pairs = zip(self.labels, self.shares, strict=True)
        return ", ".join(f"{label} {number(share)}" for label, share in pairs)
