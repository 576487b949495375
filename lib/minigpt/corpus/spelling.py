"""Between a line of text and its words: one spelling for each story, and only one.

A word here is a word ("king", "half-asleep") or one punctuation mark. Words are separated
by one space; a mark clings to the word before it, an opening quotation mark to the word
after it.
"""

import re
from collections.abc import Iterable, Iterator

WORD = re.compile(r"[A-Za-z]+(?:['-][A-Za-z]+)*|[^A-Za-z\s]")
CLINGS = frozenset(".,;:!?")
QUOTE = '"'


def gaps(words: Iterable[str]) -> Iterator[str]:
    """Say for each word what stands before it: a space or nothing.

    Raises: nothing.
    Source: this book.
    """
    inside_quotes, no_gap = False, True
    for word in words:
        closes = word == QUOTE and inside_quotes
        yield "" if no_gap or closes or word in CLINGS else " "
        if word == QUOTE:
            inside_quotes = not inside_quotes
        no_gap = word == QUOTE and inside_quotes


def join(words: list[str]) -> str:
    """Write words as one line: ["A", "king", "."] becomes "A king.".

    Raises: nothing.
    Source: this book.
    """
    return "".join(gap + word for gap, word in zip(gaps(words), words, strict=True))


def split(text: str) -> list[str]:
    """Cut a line into words: the inverse of `join` for every story.

    Raises: nothing.
    Source: this book.
    """
    return WORD.findall(text)


def scan(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield each word with where it begins and ends, as long as the spacing is right.

    Raises: nothing.
    Source: this book.
    """
    found = list(WORD.finditer(text))
    place = 0
    for gap, match in zip(gaps(match[0] for match in found), found, strict=True):
        if text[place : match.start()] != gap:
            return
        place = match.end()
        yield match[0], match.start(), place
