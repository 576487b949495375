"""King - man + woman, in the plane of the three words; or all words on a map; and both in time."""

import html
from collections.abc import Iterator
from typing import Any

import numpy as np
from jaxtyping import Float
from traitlets import Bool, Enum, Int, List, Unicode, validate

from minigpt.errors import FigureError, problem
from minigpt.figures.base import Figure, Numbers, number

PAPER, ROOM = np.array([400, 320]), np.array([48, 32])  # a sheet, and its margins
LETTER, ROW = 7, 14  # of a name
SHOWN = 6


class AnalogyPlane(Figure):
    """Word vectors at several moments of their training, (n_moments, n_words, d_model).

    Only directions count. `view="sum"` shows b - a + c in the plane of the three words and
    ranks the words by their cosine with it; a, b and c are rows. With `exclude` the three may
    not win. `view="map"` shows all words in the plane in which the last moment spreads widest,
    and ranks the neighbours of b. `groups` colours the words. Setting a trait redraws.

    Raises: FigureError when vectors, words, groups and moments do not fit each other, or there
        is no such row or moment.
    Source: this book, chapter 3.
    """

    module = "analogy_plane"
    words = List(Unicode()).tag(sync=True)
    groups = List(Int()).tag(sync=True)
    vectors = Numbers(3)
    moments = List(Unicode()).tag(sync=True)
    axes = Numbers(2)
    moment = Int(0).tag(sync=True)
    view = Enum(["sum", "map"], "sum").tag(sync=True)
    a = Int(0).tag(sync=True)
    b = Int(1).tag(sync=True)
    c = Int(2).tag(sync=True)
    exclude = Bool(False).tag(sync=True)

    def __init__(
        self,
        words: list[str],
        groups: list[int],
        vectors: Any,
        moments: list[str],
        sum_of: tuple[str, str, str] | None = None,
        *,
        view: str = "sum",
        exclude: bool = False,
    ):
        self._sizes = (len(moments), len(words))
        self._check(words, groups, vectors)
        b, a, c = map(words.index, sum_of or words[:3])
        super().__init__(
            words=list(words),
            groups=list(groups),
            vectors=vectors,
            moments=list(moments),
            axes=_widest(_unit(np.array(vectors, dtype=float)[-1])).round(
                6
            ),  # beyond: the machine's own
            moment=len(moments) - 1,
            view=view,
            a=a,
            b=b,
            c=c,
            exclude=exclude,
        )

    @property
    def space(self) -> Float[np.ndarray, "n_words d_model"]:
        """All words at the moment, each of length 1.

        Raises: nothing.
        Source: this book.
        """
        return _unit(np.array(self.vectors)[self.moment])

    @property
    def target(self) -> Float[np.ndarray, " d_model"]:
        """What neighbours are sought of: b - a + c, or on the map the word b.

        Raises: nothing.
        Source: Mikolov et al. 2013, "Linguistic Regularities", section 4.
        """
        x = self.space
        return x[self.b] - x[self.a] + x[self.c] if self.view == "sum" else x[self.b]

    @property
    def cosines(self) -> Float[np.ndarray, " n_words"]:
        """Every word's cosine with the target.

        Raises: nothing.
        Source: this book.
        """
        return self.space @ _unit(self.target)

    @property
    def ranking(self) -> list[int]:
        """The rows by falling cosine; on the map without b.

        Raises: nothing.
        Source: this book.
        """
        rows = np.argsort(-self.cosines, kind="stable").tolist()
        return [row for row in rows if self.view == "sum" or row != self.b]

    def nearest(self, exclude: bool) -> int:
        """Return the row of the nearest word, of all or with the inputs left out.

        Raises: nothing.
        Source: Mikolov et al. 2013, "Efficient Estimation", section 4, leave the inputs out.
        """
        inputs = {self.a, self.b, self.c} if exclude and self.view == "sum" else set()
        return next(row for row in self.ranking if row not in inputs)

    @property
    def places(self) -> Float[np.ndarray, "n_places 2"]:
        """Where the words lie in the plane; in a sum the target comes last.

        Raises: nothing.
        Source: this book.
        """
        x = self.space
        if self.view == "map":
            return x @ np.array(self.axes).T
        side, first = x[self.c] - x[self.a], _unit(x[self.b] - x[self.a])
        second = _unit(side - (side @ first) * first)
        return (np.vstack([x, self.target]) - x[self.a]) @ np.transpose([first, second])

    @property
    def points(self) -> Float[np.ndarray, "n_places 2"]:
        """Their points on the sheet; the map is framed by its last moment.

        Raises: nothing.
        Source: this book.
        """
        places = self.places
        frame = places
        if self.view == "map":
            frame = _unit(np.array(self.vectors)[-1]) @ np.array(self.axes).T
        low, high = frame.min(axis=0), frame.max(axis=0)
        scale = ((PAPER - 2 * ROOM) / np.maximum(high - low, 1e-9)).min()
        return PAPER / 2 + scale * (places - (low + high) / 2) * [1, -1]

    @property
    def picture(self) -> str:
        """The words as points, and the sum as steps with the target as a star.

        Raises: nothing.
        Source: this book.
        """
        said = html.escape(" ".join(self.in_words.splitlines()))
        box = f'viewBox="0 0 {PAPER[0]} {PAPER[1]}" role="img" aria-label="{said}"'
        marks = "\n".join([*self._lines(), *self._names()])
        return f'<svg class="aw-paper aw-sheet" {box}>\n{marks}\n</svg>'

    def _lines(self) -> Iterator[str]:
        at = self.points.round(1)
        if self.view == "map":
            pairs = [(at[self.b], at[row], "aw-even") for row in self.ranking[: SHOWN - 1]]
        else:
            pairs = [
                (at[self.a], at[self.b], "aw-rule"),
                (at[self.c], at[-1], "aw-rule"),
                (at[self.a], at[self.c], "aw-shaft"),
                (at[self.b], at[-1], "aw-shaft"),
                (at[-1], at[self.nearest(self.exclude)], "aw-even"),
            ]
        for (x1, y1), (x2, y2), kind in pairs:
            yield f'<line class="{kind}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'
        if self.view == "sum":
            x, y = at[-1]
            yield f'<polygon class="aw-star" points="{x},{y - 9} {x + 9},{y} {x},{y + 9} {x - 9},{y}"/>'

    def _names(self) -> Iterator[str]:
        rows = zip(self.words, self.groups, self.points.round(1), self.spots.round(1), strict=False)
        for word, group, (cx, cy), (x, y) in rows:
            name = f'<text x="{x}" y="{y}">{html.escape(word)}</text>'
            yield f'<g class="aw-word-{group % 6}"><circle cx="{cx}" cy="{cy}" r="4"/>{name}</g>'

    @property
    def spots(self) -> Float[np.ndarray, "n_words 2"]:
        """Where each name begins: beside its point, and below other names that lie there.

        Raises: nothing.
        Source: this book.
        """
        widths = [LETTER * len(word) for word in self.words]
        spots, placed = self.points[: len(self.words)] + np.array([8, 4]), []
        for row in np.argsort(spots[:, 1], kind="stable"):
            if spots[row, 0] + widths[row] >= PAPER[0]:
                spots[row, 0] -= 16 + widths[row]
            while (other := self._upon(spots, row, placed, widths)) is not None:
                spots[row, 1] = spots[other, 1] + ROW
            placed.append(row)
        return spots

    def _upon(
        self, spots: np.ndarray, row: int, placed: list[int], widths: list[int]
    ) -> int | None:
        """The first name already placed on which this one would lie."""
        x, y = spots[row]
        for other in placed:
            from_x, from_y = spots[other]
            beside = x < from_x + widths[other] and from_x < x + widths[row]
            if beside and abs(y - from_y) < ROW - 1e-6:
                return other
        return None

    @property
    def in_words(self) -> str:
        """What is nearest, of all words and with the inputs left out; and the cosines.

        Raises: nothing.
        Source: this book.
        """
        asked, when = self.words[self.b], self.moments[self.moment]
        if self.view == "map":
            near = ", ".join(map(self._named, self.ranking[:3]))
            return f"{when}: nearest to {asked} are {near}."
        asked += f" − {self.words[self.a]} + {self.words[self.c]}"
        every, others = (self._named(self.nearest(exclude)) for exclude in (False, True))
        ranks = ", ".join(map(self._named, self.ranking[:SHOWN]))
        return (
            f"{when}: nearest to {asked}, of all words: {every}. "
            f"The three inputs left out: {others}.\nRanking: {ranks}."
        )

    def _named(self, row: int) -> str:
        return f"{self.words[row]} {number(self.cosines[row])}"

    def _check(self, words: list[str], groups: list[int], vectors: Any) -> None:
        shape = np.shape(vectors)
        if len(shape) != 3 or shape[:2] != self._sizes or len(words) < 4 or shape[2] < 2:
            needed = f"vectors of shape ({self._sizes[0]}, {self._sizes[1]}, d_model)"
            remedy = "for every moment a row for every word, of four words or more"
            raise FigureError(problem(needed, f"{shape}", remedy))
        if len(groups) != len(words) or len(set(words)) < len(words):
            needed, came = "different words, and a group for each", f"{len(groups)} groups"
            raise FigureError(problem(needed, f"{came} for {len(words)} words", "[0] * n_words"))

    @validate("vectors")
    def _fits(self, proposal: dict) -> list:
        self._check(
            ["?" + str(i) for i in range(self._sizes[1])], range(self._sizes[1]), proposal["value"]
        )
        return proposal["value"]

    @validate("a", "b", "c", "moment")
    def _exists(self, proposal: dict) -> int:
        name = proposal["trait"].name
        count = self._sizes[0] if name == "moment" else self._sizes[1]
        if not 0 <= proposal["value"] < count:
            needed = f"{name} from 0 to {count - 1}"
            raise FigureError(problem(needed, str(proposal["value"]), "0"))
        return proposal["value"]


def _unit(x: Float[np.ndarray, "... d_model"]) -> Float[np.ndarray, "... d_model"]:
    lengths = np.linalg.norm(x, axis=-1, keepdims=True)
    return np.where(lengths < 1e-12, 0, x / np.maximum(lengths, 1e-12))


def _widest(x: Float[np.ndarray, "n_words d_model"]) -> Float[np.ndarray, "2 d_model"]:
    """The two directions in which the words spread widest, each turned to its first word."""
    centred = x - x.mean(axis=0)
    axes = np.linalg.svd(centred)[2][:2]
    return axes * np.where(centred[0] @ axes.T < 0, -1, 1)[:, None]
