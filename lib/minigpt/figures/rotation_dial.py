"""A query and a key at their places: each pair of their numbers a hand on a dial, and the score."""

import html
from typing import Any

import numpy as np
from jaxtyping import Float
from traitlets import Float as Number
from traitlets import Int, Unicode, validate

from minigpt.errors import FigureError, problem
from minigpt.figures.base import Figure, Numbers, number

LAST = 40  # places are 0 to 40
WAYS = ("turned", "added")


class RotationDial(Figure):
    """One query and one key, and what their places do to their score.

    `way` is "turned", where each pair of numbers is rotated by its angle, or "added", where the
    sine and cosine of the angle are added. Pair c moves on by base ** (-2c / d_head) radians a
    place. Setting `i`, `j`, the places of query and key, or `way` redraws.

    Raises: FigureError when query and key do not pair up, or a place or a way is out of range.
    Source: Su et al. 2021 (RoFormer), section 3.2; this book, chapter 10.
    """

    module = "rotation_dial"
    q = Numbers(1)
    k = Numbers(1)
    i = Int(0).tag(sync=True)
    j = Int(0).tag(sync=True)
    base = Number(100.0).tag(sync=True)
    way = Unicode("turned").tag(sync=True)

    def __init__(self, q: Any, k: Any, **settings: Any):
        self._shape = np.shape(q)
        super().__init__(q=q, k=k, **settings)

    @property
    def speeds(self) -> Float[np.ndarray, " d_head/2"]:
        """Radians a place, pair by pair.

        Raises: nothing.
        Source: Su et al. 2021 (RoFormer), section 3.2.2.
        """
        return self.base ** (-np.arange(0, len(self.q), 2) / len(self.q))

    @property
    def placed(self) -> Float[np.ndarray, "2 d_head/2 2"]:
        """The pairs of the query at place `i`, and of the key at place `j`.

        Raises: nothing.
        Source: Su et al. 2021 (RoFormer), eq. 34; Vaswani et al. 2017, section 3.5.
        """
        return np.stack([self._at(self.q, self.i), self._at(self.k, self.j)])

    def _at(self, x: list[float], place: int) -> Float[np.ndarray, "d_head/2 2"]:
        pairs, angles = np.reshape(x, (-1, 2)), place * self.speeds
        cos, sin = np.cos(angles), np.sin(angles)
        if self.way == "added":
            return pairs + np.stack([sin, cos], axis=-1)
        a, b = pairs.T
        return np.stack([a * cos - b * sin, a * sin + b * cos], axis=-1)

    @property
    def products(self) -> Float[np.ndarray, " d_head/2"]:
        """What each pair adds to the score.

        Raises: nothing.
        Source: this book.
        """
        return (self.placed[0] * self.placed[1]).sum(axis=-1)

    @property
    def score(self) -> float:
        """The dot product of query and key at their places, not divided by any root.

        Raises: nothing.
        Source: this book.
        """
        return float(self.products.sum())

    @property
    def picture(self) -> str:
        """The dials, side by side.

        Raises: nothing.
        Source: this book.
        """
        said = html.escape(" ".join(self.in_words.splitlines()))
        dials = "\n".join(map(self._dial, range(len(self.speeds))))
        box = f'viewBox="0 0 {400 * len(self.speeds)} 400" role="img"'
        return f'<svg class="aw-dials-still" {box} aria-label="{said}">\n{dials}\n</svg>'

    def _dial(self, c: int) -> str:
        pairs = np.reshape([self.q, self.k], (2, -1, 2))
        unit = 130 / (np.linalg.norm(pairs, axis=-1).max() + (self.way == "added"))
        hands = []
        for name, tip in zip("qk", self.placed[:, c], strict=True):
            x, y = (200, 200) + unit * tip * (1, -1)
            right, below = (200, 212) + (unit + 30 / max(np.hypot(*tip), 0.1)) * tip * (1, -1)
            hands.append(
                f'<g class="aw-hand-{name}"><line class="aw-shaft" x1="200" y1="200" x2="{x:.1f}" '
                f'y2="{y:.1f}"/><circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="currentColor"/>'
                f'<text x="{right:.1f}" y="{below:.1f}" text-anchor="middle">{name}</text></g>'
            )
        rim = f'<circle class="aw-round" cx="200" cy="200" r="{unit:.1f}"/>'
        return f'<g transform="translate({400 * c} 0)">{rim}{"".join(hands)}</g>'

    @property
    def in_words(self) -> str:
        """A line for each pair, and the score.

        Raises: nothing.
        Source: this book.
        """
        q, k = self.placed
        lines = [
            f"Pair {c}, {number(speed, 2)} radians a place: q {_pair(a)}, k {_pair(b)}, "
            f"product {number(product)}."
            for c, (speed, a, b, product) in enumerate(
                zip(self.speeds, q, k, self.products, strict=True), start=1
            )
        ]
        where = f"The query stands at {self.i}, the key at {self.j}; places are {self.way}."
        return "\n".join([where, *lines, f"Score {number(self.score)}."])

    @validate("q", "k")
    def _pairs_up(self, proposal: dict) -> list:
        came = np.shape(proposal["value"])
        if came != self._shape or not came[0] or came[0] % 2:
            needed = "q and k of the same even number of numbers"
            came = f"q {self._shape}, {proposal['trait'].name} {came}"
            raise FigureError(problem(needed, came, "[1, 0, 1, 0]"))
        return proposal["value"]

    @validate("i", "j")
    def _is_a_place(self, proposal: dict) -> int:
        if not 0 <= proposal["value"] <= LAST:
            raise FigureError(problem(f"a place from 0 to {LAST}", str(proposal["value"]), "5"))
        return proposal["value"]

    @validate("way")
    def _is_a_way(self, proposal: dict) -> str:
        if proposal["value"] not in WAYS:
            needed = "way 'turned' or 'added'"
            raise FigureError(problem(needed, repr(proposal["value"]), "'turned'"))
        return proposal["value"]

    @validate("base")
    def _is_a_base(self, proposal: dict) -> float:
        if not 1 <= proposal["value"] <= 1e9:
            raise FigureError(problem("a base from 1 to 1e9", f"{proposal['value']:g}", "100"))
        return proposal["value"]


def _pair(pair: np.ndarray) -> str:
    return f"({number(pair[0], 2)}, {number(pair[1], 2)})"
