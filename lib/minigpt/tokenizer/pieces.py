"""GPT-2's cut of a text into pieces, within which merges happen and across which none do.

A piece is a run of letters, of digits, or of other signs, each with at most one space
before it; or a contraction's ending; or white space. Which characters are letters is
decided by the Unicode version of the `regex` package.
"""

from collections.abc import Iterable, Iterator

import regex

from minigpt.errors import TokenizerError, problem

PATTERN = regex.compile(
    r"'s|'t|'re|'ve|'m|'ll|'d"  # can't -> can, 't
    r"| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+"
    r"|\s+(?!\S)|\s+"  # a run of white space leaves its last space to the word behind it
)
_UNFINISHED = ("'r", "'v", "'l")  # one more letter may make 're, 've, 'll
_SLICE = 1 << 18  # characters; bounds the list of pieces, not the length of a piece


def check_text(text: str, start: int = 0) -> None:
    """Refuse what has no UTF-8 form; `start` is where `text` begins in the whole text.

    Raises: TokenizerError when `text` is no str or holds half of a surrogate pair.
    Source: this book.
    """
    if not isinstance(text, str):
        came = f"{type(text).__name__}: {text!r:.40}"
        raise TokenizerError(problem("text is a str", came, "bytes.decode() for bytes"))
    try:
        text.encode()
    except UnicodeEncodeError as error:
        came = f"the lone surrogate {text[error.start]!r} at index {start + error.start}"
        remedy = "reading the file as UTF-8, or text.encode('utf-8', 'replace').decode()"
        raise TokenizerError(problem("text that UTF-8 can encode", came, remedy)) from None


def checked(chunks: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Yield each chunk with the index at which it begins in the whole text.

    Raises: TokenizerError when a chunk is no str or holds a lone surrogate.
    Source: this book.
    """
    if not isinstance(chunks, Iterable):
        check_text(chunks)
    start = 0
    for chunk in chunks:
        check_text(chunk, start)
        yield start, chunk
        start += len(chunk)


def slices(text: str) -> Iterator[str]:
    """Cut a long text into slices of 2**18 characters, for `split_stream`.

    Raises: nothing.
    Source: this book.
    """
    return (text[start : start + _SLICE] for start in range(0, len(text), _SLICE))


def split_stream(chunks: Iterable[str]) -> Iterator[list[str]]:
    """Yield lists of pieces; together they are `PATTERN.findall("".join(chunks))`.

    Only what a later character could still change is held back. That is the last piece,
    because any run may go on; and an apostrophe before a final r, v or l, because 're,
    've and 'll are pieces. To keep the time linear, a held piece is looked at again only
    when as much text as it holds has come. So memory is bounded by the longest chunk and
    twice the longest piece: a million letters without a break are held until they end.

    Raises: TokenizerError when a chunk is no str or holds a lone surrogate.
    Source: this book.
    """
    held, fresh = "", ""
    for _, chunk in checked(chunks):
        fresh += chunk
        if len(fresh) > len(held):
            pieces = PATTERN.findall(held + fresh)
            unsettled = 2 if "".join(pieces[-2:]) in _UNFINISHED else 1
            held, fresh = "".join(pieces[-unsettled:]), ""
            yield pieces[:-unsettled]
    yield PATTERN.findall(held + fresh)
