"""Word by word: what a model computes anew with the cache and without it."""

import html
from dataclasses import dataclass

from traitlets import Int, List, Unicode, validate

from minigpt.errors import FigureError, problem
from minigpt.figures.base import Figure, labels_of, number
from minigpt.generate import window_start

CELL, NAMES, GAP, TALL = 15, 74, 14, 60  # sizes in the picture; TALL is that of the film
FEWEST, MOST = 2, 10


@dataclass(frozen=True)
class Frame:
    """One frame: `n` words are there, those from `start` are seen, `kept` of them are cached.

    Source: this book, chapter 17.
    """

    n: int
    start: int
    kept: int

    @property
    def seen(self) -> int:
        """How many words the model sees.

        Raises: nothing.
        Source: this book.
        """
        return self.n - self.start

    def fed(self, cached: bool) -> int:
        """How many words go through the model.

        Raises: nothing.
        Source: this book.
        """
        return self.seen - (self.kept if cached else 0)

    def scores(self, cached: bool) -> int:
        """How many scores are computed: the rows of the words that go through, up to the diagonal.

        Raises: nothing.
        Source: this book.
        """
        kept = self.kept if cached else 0
        return (self.seen * (self.seen + 1) - kept * (kept + 1)) // 2


class CacheFilmstrip(Figure):
    """A film with a frame a word, from the prompt's end to the text's.

    `words` is the text, `prompt` says how many of them are given, `context` how many the model
    can see at once (past that, half a context is dropped, as `window_start` has it). `length` is
    how many are there in the frame that is shown, at least the prompt.

    Raises: FigureError for a text too long or too short, and for numbers out of range.
    Source: this book, chapter 17.
    """

    module = "cache_filmstrip"
    words = List(Unicode()).tag(sync=True)
    prompt = Int(1).tag(sync=True)
    context = Int(2).tag(sync=True)
    length = Int(1).tag(sync=True)

    def __init__(self, words: list[str], prompt: int = 1, context: int | None = None, **settings):
        size = len(words) if context is None else context
        super().__init__(words=list(words), prompt=prompt, context=size, **settings)

    @property
    def film(self) -> list[Frame]:
        """All frames, from the prompt on.

        Raises: nothing.
        Source: this book.
        """
        frames: list[Frame] = []
        for n in range(self.prompt, len(self.words) + 1):
            start = window_start(n, self.context)
            same = bool(frames) and frames[-1].start == start
            frames.append(Frame(n, start, frames[-1].seen if same else 0))
        return frames

    @property
    def frame(self) -> Frame:
        """The frame that is shown.

        Raises: nothing.
        Source: this book.
        """
        return self.film[max(self.length - self.prompt, 0)]

    @property
    def panels(self) -> list[list[str]]:
        """Without the cache, then with it: a text for each word.

        Its first letter is the word's key and value (n: new, k: kept, a point: not there), the
        others its row of scores, n where one is computed.

        Raises: nothing.
        Source: this book.
        """
        return [self._panel(cached) for cached in (False, True)]

    def _panel(self, cached: bool) -> list[str]:
        frame, size = self.frame, len(self.words)
        first = frame.n - frame.fed(cached)
        rows = []
        for i in range(size):
            new, there = first <= i < frame.n, frame.start <= i < frame.n
            own = "n" if new else "k" if there else "."
            rows.append(own + "".join(".n"[new and frame.start <= j <= i] for j in range(size)))
        return rows

    @property
    def in_words(self) -> str:
        """What is computed in this frame, and what was up to it.

        Raises: nothing.
        Source: this book.
        """
        frame, film = self.frame, [one for one in self.film if one.n <= self.frame.n]
        fed, scores = (
            [sum(getattr(one, what)(cached) for one in film) for cached in (False, True)]
            for what in ("fed", "scores")
        )
        dropped = f", {frame.start} of them dropped" if frame.start else ""
        return "\n".join(
            [
                f"Words there: {frame.n}{dropped}. Without the cache: through the model "
                f"{frame.fed(False)}, scores {frame.scores(False)}.",
                f"With the cache: kept {frame.kept}, through the model {frame.fed(True)}, "
                f"scores {frame.scores(True)}.",
                f"So far: through the model {fed[0]} and {fed[1]} "
                f"({number(fed[0] / fed[1], 2)} times less), scores {scores[0]} and {scores[1]} "
                f"({number(scores[0] / scores[1], 2)} times less).",
            ]
        )

    @property
    def picture(self) -> str:
        """Both tables of the frame, and the whole film below.

        Raises: nothing.
        Source: this book.
        """
        size = len(self.words)
        wide = (size + 1) * CELL
        height = 18 + size * CELL + 26 + TALL
        parts = []
        for p, (title, rows) in enumerate(zip(TITLES, self.panels, strict=True)):
            x = NAMES + p * (wide + GAP)
            parts.append(f'<text x="{x}" y="12">{title}</text>')
            parts += [
                f'<rect class="{KINDS[mark]}" x="{x + j * CELL + 3 * (j > 0)}" '
                f'y="{18 + i * CELL}" width="{CELL - 2}" height="{CELL - 2}"/>'
                for i, row in enumerate(rows)
                for j, mark in enumerate(row)
                if j <= i + 1
            ]
        parts += [
            f'<text x="{NAMES - 6}" y="{29 + i * CELL}" text-anchor="end">{html.escape(word)}</text>'
            for i, word in enumerate(labels_of(self.words))
        ]
        parts += self._strip(18 + size * CELL + 26)
        box = f'viewBox="0 0 {NAMES + 2 * wide + GAP + 6} {height}" role="img"'
        said = html.escape(" ".join(self.in_words.splitlines()))
        marks = "\n".join(parts)
        return f'<svg class="aw-film" {box} aria-label="{said}">\n{marks}\n</svg>'

    def _strip(self, top: int) -> list[str]:
        film = self.film
        most = max(one.scores(False) for one in film)
        step = 2 * (len(self.words) + 1) * CELL / len(film)
        bars = [f'<text x="{NAMES - 6}" y="{top + TALL - 4}" text-anchor="end">scores</text>']
        for i, one in enumerate(film):
            for cached in (False, True):
                high = (TALL - 4) * one.scores(cached) / most
                kind = "aw-shown" if one.n == self.frame.n else "aw-frame"
                x = NAMES + i * step + cached * step * 0.4
                bars.append(
                    f'<rect class="{kind} aw-{"with" if cached else "without"}" x="{x:.2f}" '
                    f'y="{top + TALL - high:.2f}" width="{step * 0.35:.2f}" height="{high:.2f}"/>'
                )
        return bars

    @validate("words")
    def _is_a_text(self, proposal: dict) -> list:
        size = len(proposal["value"])
        if not FEWEST <= size <= MOST:
            needed = f"a text of {FEWEST} to {MOST} words"
            raise FigureError(problem(needed, f"{size} words", "a shorter sentence"))
        return proposal["value"]

    @validate("prompt", "context", "length")
    def _is_in_range(self, proposal: dict) -> int:
        name, value = proposal["trait"].name, proposal["value"]
        if self.words and not 1 <= value <= len(self.words):
            needed = f"{name} from 1 to {len(self.words)}"
            raise FigureError(problem(needed, str(value), f"{name}={len(self.words)}"))
        return value


TITLES = "without", "with the cache"
KINDS = {"n": "aw-new", "k": "aw-kept", ".": "aw-none"}
