"""Where text comes from: the built-in corpus, a local file, or a named download.

Two kinds of source differ in what may be cut:

*text*     one long string. The first 90 % of its characters are for training, the last
           10 % for validation; the cut falls wherever it falls.
*stories*  a list of whole stories. The last 10 % of the stories are for validation, and
           every story is kept whole and set between END tokens.
"""

import difflib
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from minigpt import corpus
from minigpt.data.downloads import DOWNLOADS, download
from minigpt.data.text_files import check_text_file, read_text
from minigpt.errors import DataError, problem
from minigpt.tokenizer import END, Tokenizer

Split = Literal["train", "val"]
SPLITS = ("train", "val")
KINGDOM_STORIES = 20_000
KINGDOM_SEED = 0


class Source(ABC):
    """Named text in two splits, "train" and "val".

    Source: this book.
    """

    name: str

    @abstractmethod
    def chunks(self, split: Split) -> Iterator[str]:
        """Yield pieces of text which, joined, are the whole split.

        Raises: DataError for a split other than "train" and "val".
        Source: this book.
        """

    @abstractmethod
    def tokens(self, tokenizer: Tokenizer, split: Split) -> Iterator[int]:
        """Yield the split's token ids, one at a time.

        Raises: DataError for an unknown split; TokenizerError where the tokenizer does.
        Source: this book.
        """


class TextSource(Source):
    """One long text, in a UTF-8 file that is never held in memory as a whole.

    The cut at 90 % counts characters, which UTF-8 stores in one to four bytes each. So
    the file is decoded once when it is opened, to count and to check it, and once more,
    from its beginning, whenever a split is read. Line endings stay as they are.

    Raises: DataError when there is no such file, when it is a directory or unreadable, empty,
        too short to split, or not UTF-8.
    Source: this book.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.name = self.path.name
        check_text_file(self.path)
        self.n_characters = sum(len(text) for text in read_text(self.path))
        self._cut = self.n_characters * 9 // 10
        if self._cut == 0:
            raise DataError(
                problem(
                    "a text needs at least 2 characters, to train on one and validate on another",
                    f"{self.n_characters} in {self.path}",
                    "a longer text",
                )
            )

    def chunks(self, split: Split) -> Iterator[str]:
        """Yield the split's text in pieces of about a megabyte.

        Raises: DataError for an unknown split, or when the file has changed for the worse.
        Source: this book.
        """
        _check_split(split)
        start, stop = (0, self._cut) if split == "train" else (self._cut, self.n_characters)
        position = 0
        for text in read_text(self.path):
            piece = text[max(start - position, 0) : max(stop - position, 0)]
            if piece:
                yield piece
            position += len(text)
            if position >= stop:
                return

    def tokens(self, tokenizer: Tokenizer, split: Split) -> Iterator[int]:
        """Yield the token ids of the split's text; no END is added.

        Raises: DataError for an unknown split; TokenizerError where the tokenizer does.
        Source: this book.
        """
        return tokenizer.encode_stream(self.chunks(split))


class StorySource(Source):
    """A list of whole stories, of which the last tenth is for validation.

    Raises: DataError with fewer than two stories.
    Source: this book.
    """

    def __init__(self, stories: list[str], name: str) -> None:
        if len(stories) < 2:
            raise DataError(
                problem(
                    "at least 2 stories are needed, to train on one and validate on another",
                    str(len(stories)),
                    "more stories, as in 'kingdom:1000'",
                )
            )
        self.name = name
        cut = len(stories) * 9 // 10
        self._stories = {"train": stories[:cut], "val": stories[cut:]}

    def stories(self, split: Split) -> list[str]:
        """Return the split's stories, whole, in their order.

        Raises: DataError for a split other than "train" and "val".
        Source: this book.
        """
        _check_split(split)
        return self._stories[split]

    def chunks(self, split: Split) -> Iterator[str]:
        """Yield the split's stories, each with a newline after it.

        Raises: DataError for an unknown split.
        Source: this book.
        """
        return (story + "\n" for story in self.stories(split))

    def tokens(self, tokenizer: Tokenizer, split: Split) -> Iterator[int]:
        """Yield END, story, END, story, ..., END: every story is closed on both sides.

        Raises: DataError for an unknown split; TokenizerError when the tokenizer has no
            END token.
        Source: this book.
        """
        end = tokenizer.special_id(END)
        yield end
        for story in self.stories(split):
            yield from tokenizer.encode(story)
            yield end


def open_data(spec: str | Path) -> Source:
    """Open the built-in corpus, a named download, or a local UTF-8 text file.

    `spec` is "kingdom" (20,000 stories), "kingdom:5000" (another number), the name of a
    download in `DOWNLOADS`, or a path. A name wins over a file of the same name; write
    "./kingdom" for the file.

    Example: `open_data("kingdom:100").stories("val")` is a list of 10 stories.

    Raises: DataError when the spec names nothing that exists, or nothing readable;
        DownloadError when a download fails.
    Source: this book.
    """
    if not isinstance(spec, str | Path):
        raise DataError(problem("data is a name or a path", repr(spec), "'kingdom'"))
    spec = str(spec)
    name, colon, count = spec.partition(":")
    if name == "kingdom":
        n = _story_count(count) if colon else KINGDOM_STORIES
        return StorySource(corpus.stories(n, seed=KINGDOM_SEED), spec)
    if spec in DOWNLOADS:
        return _open_download(spec)
    if _looks_like_a_name(spec):
        raise _unknown_name(spec)
    return TextSource(spec)


def _story_count(count: str) -> int:
    if not (count.isascii() and count.isdigit() and int(count[:9]) == int(count)):
        raise DataError(
            problem(
                "the number of stories after 'kingdom:' is written in one to nine digits",
                repr(count),
                f"'kingdom:{KINGDOM_STORIES}'",
            )
        )
    return int(count)


def _open_download(name: str) -> TextSource:
    if DOWNLOADS[name].kind != "text":
        texts = [other for other, entry in DOWNLOADS.items() if entry.kind == "text"]
        raise DataError(
            problem(
                "training data is text",
                f"{name!r}, which holds {DOWNLOADS[name].kind}",
                f"one of {', '.join(texts)}",
            )
        )
    source = TextSource(download(name))
    source.name = name
    return source


def _looks_like_a_name(spec: str) -> bool:
    # os.path knows no errors: what cannot be looked at is for TextSource to name.
    return not os.path.exists(spec) and not any(mark in spec for mark in "./\\")


def _unknown_name(spec: str) -> DataError:
    names = ["kingdom", *DOWNLOADS]
    close = difflib.get_close_matches(spec, names, n=1)
    hint = f"{close[0]!r}" if close else "one of these names, or a path to a text file"
    return DataError(problem(f"data is one of {', '.join(names)}, or a file", repr(spec), hint))


def _check_split(split: str) -> None:
    if split not in SPLITS:
        raise DataError(problem("a split is 'train' or 'val'", repr(split), "split='train'"))
