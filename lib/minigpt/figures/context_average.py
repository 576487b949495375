"""A word's neighbours, loud or silent, and where their average lies among its senses."""

import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from traitlets import Float as Number
from traitlets import Int, List, Unicode, validate

from minigpt.embeddings import WordVectors
from minigpt.errors import FigureError, problem
from minigpt.figures.base import Figure, Numbers, labels_of, number

NEAREST = 6  # words in the list
LINE = 17  # of a label on the paper


class ContextAverage(Figure):
    """The weighted average of a sentence's words, and which of three senses it is nearest to.

    `sentences` hold row numbers of `words`, and `weights` a weight from 0 to 1 for each of their
    places; `chosen` says which sentence is shown. `weightings` are names for `given`: weights for
    every sentence, to start from. Each word scores for every sense, and the average's scores are
    the average of theirs. Setting `weights` or `chosen` redraws.

    Raises: FigureError when there are not three senses, a word has no vector, or weights do not
        fit the sentences.
    Source: this book, chapter 4.
    """

    module = "context_average"
    words = List(Unicode()).tag(sync=True)
    vectors = Numbers(2)
    target = Unicode().tag(sync=True)
    senses = List(Unicode()).tag(sync=True)
    centroids = Numbers(2)
    sentences = List(List(Int())).tag(sync=True)
    weightings = List(Unicode()).tag(sync=True)
    given = List(List(List(Number()))).tag(sync=True)
    chosen = Int(0).tag(sync=True)
    weights = List(List(Number())).tag(sync=True)

    def __init__(
        self,
        vectors: WordVectors,
        sentences: Sequence[Sequence[str]],
        senses: Mapping[str, Float[np.ndarray, " d_model"]],
        weightings: Mapping[str, Sequence[Sequence[float]]],
        target: str = "bank",
        among: Sequence[str] = (),
    ):
        if len(senses) != 3:
            came = f"{len(senses)}: {', '.join(senses)}"
            raise FigureError(problem("three senses", came, "three: a plane has room for them"))
        words = sorted({target, *among, *(word for sentence in sentences for word in sentence)})
        if unknown := [word for word in words if word not in vectors]:
            raise FigureError(problem("words with a vector", unknown[0], "leave it out"))
        given = [[list(map(float, row)) for row in rows] for rows in weightings.values()]
        self._lengths = [len(sentence) for sentence in sentences]
        super().__init__(
            words=words,
            vectors=np.array([vectors.vector(word) for word in words]),
            target=target,
            senses=list(senses),
            centroids=np.array(list(senses.values())),
            sentences=[[words.index(word) for word in sentence] for sentence in sentences],
            weightings=list(weightings),
            given=given,
            weights=given[0],
        )

    @property
    def sentence(self) -> list[str]:
        """The words of the chosen sentence.

        Raises: nothing.
        Source: this book.
        """
        return [self.words[row] for row in self.sentences[self.chosen]]

    @property
    def shares(self) -> Float[np.ndarray, " T"] | None:
        """The weights as fractions of one whole; None when all of them are 0.

        Raises: nothing.
        Source: this book, chapter 4.
        """
        weights = np.array(self.weights[self.chosen])
        return weights / weights.sum() if weights.sum() > 0 else None

    @property
    def average(self) -> Float[np.ndarray, " d_model"] | None:
        """The average of the sentence's words by those shares.

        Raises: nothing.
        Source: this book, chapter 4.
        """
        shares, x = self.shares, np.array(self.vectors)[self.sentences[self.chosen]]
        return None if shares is None else shares @ x

    def scores_of(self, x: Float[np.ndarray, "... d_model"]) -> Float[np.ndarray, "... n_senses"]:
        """What a vector scores for every sense: the nearest centroid has the highest score.

        Raises: nothing.
        Source: this book, chapter 4.
        """
        centroids = np.array(self.centroids)
        return x @ centroids.T - (centroids**2).sum(axis=1) / 2

    @property
    def word_scores(self) -> Float[np.ndarray, "T n_senses"]:
        """What each word of the sentence scores for every sense.

        Raises: nothing.
        Source: this book, chapter 4.
        """
        return self.scores_of(np.array(self.vectors)[self.sentences[self.chosen]])

    @property
    def scores(self) -> Float[np.ndarray, " n_senses"] | None:
        """What the average scores: the average of the words' scores.

        Raises: nothing.
        Source: this book, chapter 4.
        """
        return None if self.average is None else self.scores_of(self.average)

    @property
    def neighbours(self) -> list[tuple[str, float]]:
        """The words nearest to the average by cosine, each with its cosine, but for the target.

        Raises: nothing.
        Source: this book, chapter 4.
        """
        if self.average is None:
            return []
        known = WordVectors(self.words, np.array(self.vectors))
        return known.nearest(self.average, NEAREST, exclude=[self.target])

    def on_paper(self, x: Float[np.ndarray, "... d_model"]) -> Float[np.ndarray, "... 2"]:
        """Where a vector falls on the plane through the three centroids, from their middle.

        The plane keeps what decides: of how much nearer one centroid is than another.

        Raises: nothing.
        Source: this book, chapter 4.
        """
        a, b, c = centroids = np.array(self.centroids)
        right = (b - a) / np.linalg.norm(b - a)
        up = c - a - (c - a) @ right * right
        plane = np.stack([right, up / np.linalg.norm(up)], axis=1)
        return (x - centroids.mean(axis=0)) @ plane

    @property
    def picture(self) -> str:
        """The words and their average on the plane through the senses, and the senses' borders.

        Raises: nothing.
        Source: this book.
        """
        said = html.escape(" ".join(self.in_words.splitlines()))
        box = f'viewBox="0 0 400 400" role="img" aria-label="{said}"'
        marks = "\n".join(self._marks())
        return f'<svg class="aw-paper aw-senses" {box}>\n{marks}\n</svg>'

    def _marks(self) -> Iterator[str]:
        x = np.array(self.vectors)[self.sentences[self.chosen]]
        words, middles = self.on_paper(x), self.on_paper(np.array(self.centroids))
        reach = np.abs([*words, *middles]).max() * 1.25

        def place(at: Any) -> np.ndarray:
            return (200 + np.array(at) * (170, -170) / reach).round(1)

        for end in borders(middles, 3 * reach):
            (x1, y1), (x2, y2) = map(place, end)
            yield f'<line class="aw-even" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'
        names = [*labels_of(self.sentence), *(sense.upper() for sense in self.senses)]
        spots = [place(at) for at in (*words, *middles)]
        kinds = ["" if weight > 0 else "aw-silent" for weight in self.weights[self.chosen]]
        kinds += [f"aw-sense aw-sense-{i}" for i in range(3)]
        star = None if self.average is None else place(self.on_paper(self.average))
        lows = dropped(names, spots, star)
        for name, (px, py), mark, low in zip(names, spots, kinds, lows, strict=True):
            yield f'<g class="{mark}"><circle cx="{px}" cy="{py}" r="4"/>'
            yield f'<text x="{px + 7:.1f}" y="{low}">{html.escape(name)}</text></g>'
        if star is not None:
            corners = " ".join(f"{px:.1f},{py:.1f}" for px, py in star + STAR)
            yield f'<polygon class="aw-star" points="{corners}"/>'

    @property
    def in_words(self) -> str:
        """The words with their shares and scores, the decision, and the nearest words.

        Raises: nothing.
        Source: this book.
        """
        heads = ", ".join(self.senses)
        if self.average is None:
            return f"{' '.join(self.sentence)}\nEvery weight is 0, and there is nothing to average."
        rows = zip(labels_of(self.sentence), self.shares, self.word_scores, strict=True)
        lines = [
            f"{word}: share {number(share, 2)}, scores {listed(scores)}."
            for word, share, scores in rows
        ]
        near = ", ".join(f"{word} {number(cosine, 2)}" for word, cosine in self.neighbours)
        title = f"{' '.join(self.sentence)} (scores for {heads})"
        return "\n".join([title, *lines, self.verdict, f"Nearest words: {near}."])

    @property
    def verdict(self) -> str:
        """Which sense wins, and by how much.

        Raises: nothing.
        Source: this book.
        """
        best, second = np.argsort(-self.scores, kind="stable")[:2]
        lead = number(self.scores[best] - self.scores[second], 2)
        return (
            f"The average scores {listed(self.scores)}: "
            f"{self.senses[best]} leads {self.senses[second]} by {lead}."
        )

    @validate("chosen")
    def _is_a_sentence(self, proposal: dict) -> int:
        if not 0 <= proposal["value"] < len(self._lengths):
            needed = f"a sentence from 0 to {len(self._lengths) - 1}"
            raise FigureError(problem(needed, str(proposal["value"]), "0, the first one"))
        return proposal["value"]

    @validate("weights", "given")
    def _fits_the_sentences(self, proposal: dict) -> list:
        name, value = proposal["trait"].name, proposal["value"]
        for rows in [value] if name == "weights" else value:
            lengths, flat = [len(row) for row in rows], [w for row in rows for w in row]
            if lengths != self._lengths or not all(0 <= w <= 1 for w in flat):
                needed = f"{name} from 0 to 1, for sentences of {self._lengths} words"
                came = (
                    f"{lengths} of them, from {min(flat, default=0):g} to {max(flat, default=0):g}"
                )
                raise FigureError(problem(needed, came, "a row of weights for each sentence"))
        return value


TURNS = np.arange(10) * np.pi / 5
STAR = np.where(np.arange(10) % 2, 4.5, 11)[:, None] * np.stack([np.sin(TURNS), -np.cos(TURNS)], 1)


def listed(scores: Any) -> str:
    """Write three scores as the module does.

    Raises: nothing.
    Source: this book.
    """
    return ", ".join(number(score, 2) for score in scores)


def borders(middles: Float[np.ndarray, "3 2"], far: float) -> list[Float[np.ndarray, "2 2"]]:
    """The three lines on which two of the middles are equally near and the third is farther.

    They begin where all three are equally near.

    Raises: nothing.
    Source: this book.
    """
    a, b, c = middles
    squares = (middles**2).sum(axis=1)
    start = np.linalg.solve(2 * np.stack([b - a, c - a]), squares[1:] - squares[0])
    lines = []
    for i in range(3):
        one, other, third = middles[i], middles[(i + 1) % 3], middles[(i + 2) % 3]
        along = np.array([one[1] - other[1], other[0] - one[0]])
        along = along * np.sign(along @ (one - third)) / np.linalg.norm(along)
        lines.append(np.array([start, start + far * along]))
    return lines


def dropped(
    names: list[str], spots: list[Float[np.ndarray, " 2"]], star: Float[np.ndarray, " 2"] | None
) -> list[float]:
    """How low each label stands: beside its dot, or lower where another or the star is in the way.

    Raises: nothing.
    Source: this book.
    """
    low: dict[int, float] = {}
    placed = [] if star is None else [(star[1] + 6, star[0] - 13, 26)]
    for i in sorted(range(len(names)), key=lambda i: spots[i][1]):
        y, x, width = spots[i][1] + 5, spots[i][0], 8 * len(names[i])
        for other, start, length in sorted(placed):
            if x < start + length and start < x + width and abs(y - other) < LINE:
                y = other + LINE
        placed.append((y, x, width))
        low[i] = y
    return [round(float(low[i]), 1) for i in range(len(names))]
