"""A tokenizer trained merge by merge, by a reader who may choose otherwise."""

import html
import re
from collections import Counter
from itertools import pairwise
from typing import Any

from traitlets import Bool, List, Unicode, validate

from minigpt.errors import FigureError, problem
from minigpt.figures.base import Figure
from minigpt.tokenizer import PATTERN, merge_pair
from minigpt.tokenizer.merging import Pair

STEPS = 8  # in the still picture
UNSHOWN = re.compile("[\x00-\x1f\x7f-\xa0]")

Pieces = list[list[bytes]]


class MergeStepper(Figure):
    """Byte-pair encoding of a short text, one merge a press: the most frequent pair, or another.

    `texts` are offered, and `text` is what stands there now. With `cut` no merge crosses the
    borders of words, as in GPT-2. `merges` has the pairs merged so far; a token is written as a
    text of its bytes, a character for each ("\\xc3\\xa9" is é), and `pairs_made` gives bytes, as
    `BPETokenizer.from_merges` takes them.

    Raises: FigureError when there is no text, or a merge is no pair of tokens.
    Source: Sennrich et al. 2016, algorithm 1.
    """

    module = "merge_stepper"
    texts = List(Unicode()).tag(sync=True)
    text = Unicode().tag(sync=True)
    cut = Bool(True).tag(sync=True)
    merges = List().tag(sync=True)

    def __init__(self, texts: list[str], **state: Any):
        if not texts:
            raise FigureError(problem("at least one text", "none", '["the bird heard the herd"]'))
        super().__init__(texts=list(texts), **{"text": texts[0], **state})

    @property
    def pairs_made(self) -> list[Pair]:
        """The merges so far, as pairs of bytes.

        Raises: nothing.
        Source: this book.
        """
        return [(left.encode("latin-1"), right.encode("latin-1")) for left, right in self.merges]

    @property
    def pieces(self) -> Pieces:
        """The text cut into pieces, and each of them into its tokens.

        Raises: nothing.
        Source: Sennrich et al. 2016, section 3.2.
        """
        return self._after(self.pairs_made)

    @property
    def counts(self) -> list[tuple[bytes, bytes, int]]:
        """Every pair that stands in the text, the most frequent first; of equals, the smaller ids.

        Raises: nothing.
        Source: Sennrich et al. 2016, algorithm 1.
        """
        return self._counts(self.pairs_made)

    @property
    def vocabulary(self) -> list[bytes]:
        """The tokens by id: the 256 bytes, then what the merges have made.

        Raises: nothing.
        Source: Sennrich et al. 2016, section 3.2.
        """
        return _vocabulary(self.pairs_made)

    @property
    def standing(self) -> str:
        """One line: bytes, merges, tokens, vocabulary; and what the most frequent pairs give.

        Raises: nothing.
        Source: this book.
        """
        n, size = len(self.merges), _size(self.pieces)
        shown = [_count(len(self.text.encode()), "byte"), _count(n, "merge"), _count(size, "token")]
        line = f"{', '.join(shown)}; {len(self.vocabulary)} in the vocabulary."
        if not n:
            return line
        greedy = _size(self._after(self._trained(n)))
        usual = "This text's most frequent pairs give"
        beaten = "You have beaten the most frequent pairs: they give"
        return f"{line} {beaten if size < greedy else usual} {greedy}."

    @property
    def picture(self) -> str:
        """The merges as a table: those made, and then those that training would make.

        Raises: nothing.
        Source: this book.
        """
        rows = "\n".join(
            f'<tr><th scope="row">{n}</th><td>{html.escape(pair)}</td><td>{times}</td>'
            f"<td>{size}</td><td>{html.escape(text)}</td></tr>"
            for n, pair, times, size, text in self._steps
        )
        heads = "".join(
            f'<th scope="col">{name}</th>' for name in ("merge", "pair", "times", "tokens", "text")
        )
        return (
            '<div class="aw-scroll"><table class="aw-steps">\n'
            f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>"
        )

    @property
    def still(self) -> str:
        """The table, and the line on where things stand.

        Raises: nothing.
        Source: this book.
        """
        return f"{self.picture}\n<p>{html.escape(self.standing)}</p>"

    @property
    def in_words(self) -> str:
        """Where things stand, and each step.

        Raises: nothing.
        Source: this book.
        """
        steps = [
            f"{n}. {pair}, {times}x: {size} tokens, {text}" if n else f"{size} tokens, {text}"
            for n, pair, times, size, text in self._steps
        ]
        return "\n".join([self.standing, *steps])

    @property
    def _steps(self) -> list[tuple]:
        """The number, pair, count, tokens and text of each merge, made or to be made."""
        made = self.pairs_made
        merges = self._trained(max(STEPS, len(made)), made)
        steps = []
        for n in range(len(merges) + 1):
            pieces, pair, times = self._after(merges[:n]), "", ""
            if n:
                counts = {(left, right): k for left, right, k in self._counts(merges[: n - 1])}
                pair, times = " + ".join(map(shown, merges[n - 1])), counts.get(merges[n - 1], 0)
            text = " ".join(shown(part) for parts in pieces for part in parts)
            steps.append((n, pair, times, _size(pieces), text))
        return steps

    def _after(self, merges: list[Pair]) -> Pieces:
        texts = PATTERN.findall(self.text) if self.cut else [self.text]
        pieces = [[bytes([byte]) for byte in text.encode()] for text in texts if text]
        for pair in merges:
            pieces = [merge_pair(parts, pair) for parts in pieces]
        return pieces

    def _counts(self, merges: list[Pair]) -> list[tuple[bytes, bytes, int]]:
        ids = {token: i for i, token in enumerate(_vocabulary(merges))}
        counts = Counter(pair for parts in self._after(merges) for pair in pairwise(parts))
        ordered = sorted(counts, key=lambda p: (-counts[p], ids[p[0]], ids[p[1]]))
        return [(*pair, counts[pair]) for pair in ordered]

    def _trained(self, number: int, merges: list[Pair] | None = None) -> list[Pair]:
        made = list(merges or [])
        while len(made) < number and (counts := self._counts(made)):
            made.append(counts[0][:2])
        return made

    @validate("merges")
    def _are_pairs(self, proposal: dict) -> list[list[str]]:
        known = {chr(byte) for byte in range(256)}
        for pair in proposal["value"]:
            if len(pair) != 2 or not set(pair) <= known:
                needed = "each merge a pair of tokens that are there: bytes, or made before it"
                raise FigureError(problem(needed, repr(pair), '[["h", "e"], ["t", "he"]]'))
            known.add("".join(pair))
        return [list(pair) for pair in proposal["value"]]


def shown(token: bytes) -> str:
    """Write a token: its text, a space as a dot; or its bytes in hexadecimal where they are none.

    Raises: nothing.
    Source: this book.
    """
    try:
        text = token.decode()
    except UnicodeDecodeError:
        return token.hex(" ").upper()
    return token.hex(" ").upper() if UNSHOWN.search(text) else text.replace(" ", "·")


def _vocabulary(merges: list[Pair]) -> list[bytes]:
    made = [left + right for left, right in merges]
    return list(dict.fromkeys([*(bytes([byte]) for byte in range(256)), *made]))


def _size(pieces: Pieces) -> int:
    return sum(map(len, pieces))


def _count(n: int, word: str) -> str:
    return f"{n} {word}{'' if n == 1 else 's'}"
