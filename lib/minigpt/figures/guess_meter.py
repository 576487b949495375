"""Stories to be guessed word by word, and what each guess costs: the reader against players."""

import html
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float
from traitlets import Float as Number
from traitlets import Int, List, Unicode, validate

from minigpt.corpus.spelling import join
from minigpt.errors import FigureError, problem
from minigpt.figures.base import Figure, number

MENU = 8  # words to bet on by name
SELDOM = 1e-3  # what a likely word of an earlier place counts, to those of this one
KEPT = 0.05  # of the reader's bet: always spread over all words
WIDTH, HEIGHT, LEFT, BOTTOM = 400, 230, 40, 30
DASHES = ["2 3", "7 3", "none", "12 3 2 3"]

Player = Callable[[list[str]], Any]  # from the words so far to bets on all words


class GuessMeter(Figure):
    """A reader's bets on the next word, beside those of players, and all their prices in bits.

    A player is a function from the words so far to an array with a bet for each word of
    `vocabulary`; each story is a list of words, its end included. The menu at a place are the
    words that the players together find likeliest there, filled up with those that they found
    likely before, in alphabetical order: it depends on nothing but the words so far. `shares` are the reader's for the menu, and last for any other
    word; `bets` are the shares laid so far. Setting `story`, `shares` or `bets` redraws.

    Raises: FigureError when bets are no bets, or do not fit the story.
    Source: this book, chapter 1; the game is that of Shannon 1951.
    """

    module = "guess_meter"
    rounds = List().tag(sync=True)
    names = List(Unicode()).tag(sync=True)
    vocab_size = Int().tag(sync=True)
    floor = Number().tag(sync=True)
    story = Int(0).tag(sync=True)
    shares = List(Int()).tag(sync=True)
    bets = List(List(Int())).tag(sync=True)

    def __init__(
        self,
        stories: list[list[str]],
        players: dict[str, Player],
        vocabulary: list[str],
        floor: float,
    ):
        if not stories or not players:
            raise FigureError(problem("at least one story and one player", "none", "one of each"))
        rounds = [_round(words, list(players.values()), vocabulary) for words in stories]
        super().__init__(
            rounds=rounds,
            names=list(players),
            vocab_size=len(vocabulary),
            floor=floor,
            shares=[0] * (len(rounds[0][0]["menu"]) + 1),
        )

    @property
    def bet(self) -> Float[np.ndarray, " menu_and_other"]:
        """The reader's probability of each word on the menu, and last of any one other word.

        Raises: nothing.
        Source: this book, chapter 1.
        """
        return self._bet(self.shares)

    @property
    def prices(self) -> Float[np.ndarray, "everyone places"]:
        """In bits, what the reader and each player paid at each place played so far.

        Raises: nothing.
        Source: Shannon 1948.
        """
        played = self.rounds[self.story][: len(self.bets)]
        pairs = zip(played, self.bets, strict=True)
        own = [self._bet(shares)[place["came"]] for place, shares in pairs]
        chances = [[p, *place["chances"]] for p, place in zip(own, played, strict=True)]
        everyone = len(self.names) + 1
        return 0.0 - np.log2(np.reshape(chances, (len(played), everyone))).T

    @property
    def totals(self) -> Float[np.ndarray, " everyone"]:
        """In bits, what the reader and each player paid so far.

        Raises: nothing.
        Source: this book, chapter 1.
        """
        return self.prices.sum(axis=1)

    def _bet(self, shares: list[int]) -> Float[np.ndarray, " menu_and_other"]:
        n_other = self.vocab_size - (len(shares) - 1)
        spread = np.array(shares, float) / np.array([1] * (len(shares) - 1) + [n_other])
        if not any(shares):
            return np.full(len(shares), 1 / self.vocab_size)
        return (1 - KEPT) * spread / sum(shares) + KEPT / self.vocab_size

    @property
    def _whole(self) -> Float[np.ndarray, "players places"]:
        """What the players pay for the whole story, place by place."""
        chances = [place["chances"] for place in self.rounds[self.story]]
        return 0.0 - np.log2(chances).T

    @property
    def picture(self) -> str:
        """What the players have paid in all, rising from word to word.

        Raises: nothing.
        Source: this book.
        """
        sums = self._whole.cumsum(axis=1)
        top = 10 * np.ceil(max(sums.max(), self.floor) / 10 + 0.5)
        n = sums.shape[1]
        xs = LEFT + (np.arange(n + 1)) * (WIDTH - LEFT - 90) / n
        down = (HEIGHT - BOTTOM - 10) / top

        def y(bits: float) -> float:
            return HEIGHT - BOTTOM - bits * down

        parts = [_line([LEFT, xs[-1]], [y(0)] * 2, "aw-axis", "none")]
        parts.append(_line([LEFT, xs[-1]], [y(self.floor)] * 2, "aw-floor", "4 4"))
        heights = _apart([y(row[-1]) for row in sums] + [y(self.floor)])
        labels = [
            f"{name} {number(row[-1], 1)}" for name, row in zip(self.names, sums, strict=True)
        ]
        for text, at in zip([*labels, f"floor {number(self.floor, 1)}"], heights, strict=True):
            parts.append(f'<text x="{xs[-1] + 6:.1f}" y="{at + 5:.1f}">{html.escape(text)}</text>')
        for row, dashes in zip(sums, DASHES, strict=False):
            parts.append(_line(xs, [y(0), *(y(bits) for bits in row)], "aw-total", dashes))
        parts.append(f'<text x="{LEFT}" y="{HEIGHT - 8}">word by word, {n} in all</text>')
        parts.append('<text x="4" y="14">bits</text>')
        return (
            f'<svg class="aw-totals" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'aria-label="{html.escape(self._sentence)}">\n' + "\n".join(parts) + "\n</svg>"
        )

    @property
    def _sentence(self) -> str:
        sums = self._whole.sum(axis=1)
        paid = [f"{name} {number(total, 1)}" for name, total in zip(self.names, sums, strict=True)]
        return f"What the story costs, in bits: {', '.join(paid)}. Floor {number(self.floor, 2)}."

    @property
    def in_words(self) -> str:
        """Every word of the story with the players' prices, and the totals.

        Raises: nothing.
        Source: this book.
        """
        places = self.rounds[self.story]
        every = zip(places, self._whole.T, strict=True)
        lines = [
            f"{place['word']}: " + ", ".join(f"{n} {number(b)}" for n, b in self._named(prices))
            for place, prices in every
        ]
        mine = [f"You have paid {number(self.totals[0])} bits so far."] if self.bets else []
        return "\n".join([self._sentence, *mine, "Word by word:", *lines])

    def _named(self, prices: Float[np.ndarray, " players"]) -> zip:
        return zip(self.names, prices, strict=True)

    @validate("story")
    def _is_a_story(self, proposal: dict) -> int:
        if not 0 <= proposal["value"] < len(self.rounds):
            needed = f"a story from 0 to {len(self.rounds) - 1}"
            raise FigureError(problem(needed, str(proposal["value"]), "0, the first"))
        return proposal["value"]

    @validate("shares")
    def _are_shares(self, proposal: dict) -> list[int]:
        return self._checked(proposal["value"])

    @validate("bets")
    def _fit_the_story(self, proposal: dict) -> list[list[int]]:
        bets, places = proposal["value"], len(self.rounds[self.story])
        if len(bets) > places:
            raise FigureError(problem(f"{places} bets at most", str(len(bets)), "[] to start anew"))
        return [self._checked(shares) for shares in bets]

    def _checked(self, shares: list[int]) -> list[int]:
        size = len(self.rounds[0][0]["menu"]) + 1
        if len(shares) != size or min(shares) < 0:
            raise FigureError(problem(f"{size} shares, 0 or more", str(shares), f"{[0] * size}"))
        return shares


def _round(words: list[str], players: list[Player], vocabulary: list[str]) -> list[dict]:
    """The places of a story: the text so far, the menu, what came, and each player's chance of it."""
    places, size = [], min(MENU, len(vocabulary) - 1)
    earlier = np.zeros(len(vocabulary))  # fills a menu when few words are likely
    for i, word in enumerate(words):
        bets = np.array([player(words[:i]) for player in players])
        likely = bets.mean(axis=0)
        best = (likely + earlier).argsort(kind="stable")[::-1][:size]
        earlier += SELDOM * likely
        menu = sorted((vocabulary[j] for j in best), key=lambda w: (w.lower(), w))
        places.append(
            {
                "before": join(words[:i]),
                "word": _shown(word),
                "menu": [_shown(other) for other in menu],
                "came": menu.index(word) if word in menu else size,
                "chances": bets[:, vocabulary.index(word)].tolist(),
            }
        )
    return places


def _shown(word: str) -> str:
    return "(the end)" if word == "\n" else word


def _apart(heights: list[float], least: float = 17) -> list[float]:
    """Heights of labels, in their order, moved so that none covers another."""
    order = sorted(range(len(heights)), key=lambda i: -heights[i])
    moved, lowest = list(heights), np.inf
    for i in order:
        moved[i] = lowest = min(heights[i], lowest - least)
    return moved


def _line(xs: Any, ys: Any, kind: str, dashes: str) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))
    return f'<polyline class="{kind}" points="{points}" stroke-dasharray="{dashes}" />'
