"""What both kinds of tokenizer share: special tokens, decoding, saving."""

import codecs
import json
import operator
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from minigpt.errors import TokenizerError, problem
from minigpt.tokenizer.files import write_atomically
from minigpt.tokenizer.pieces import check_text

END = "<|endoftext|>"
FORMAT, VERSION = "minigpt tokenizer", 1


def check_specials(specials: Sequence[str]) -> tuple[str, ...]:
    """Return the special tokens' texts, once they are known to be texts and distinct.

    Raises: TokenizerError for a single str, an empty special, a duplicate, or no str.
    Source: this book.
    """
    if isinstance(specials, str):
        remedy = f"specials=({specials!r},)"
        raise TokenizerError(problem("specials are a tuple of texts", "one str", remedy))
    for special in specials:
        check_text(special)
        if not special:
            remedy = f"a text that stands out, such as {END!r}"
            raise TokenizerError(problem("a special token has a text", "an empty one", remedy))
        if list(specials).count(special) > 1:
            came = f"{special!r} more than once"
            raise TokenizerError(problem("special tokens differ", came, "naming each once"))
    return tuple(specials)


class Tokenizer(ABC):
    """Text to ids and back, for any vocabulary whose tokens are bytes.

    `specials` maps the text of each special token to its id. A special token is never
    made from ordinary text unless `encode` is told so. The ids of `vocabulary` and
    `specials` together are 0, 1, 2, ..., each once.

    Raises: TokenizerError when an id is missing, used twice, or no int, or when a
        special token is empty or no text.
    Source: this book.
    """

    kind: ClassVar[str]

    def __init__(self, vocabulary: Mapping[bytes, int], specials: Mapping[str, int]) -> None:
        check_specials(tuple(specials))
        tokens = [*vocabulary.items(), *((s.encode(), i) for s, i in specials.items())]
        self.specials = dict(specials)
        self._tokens = _by_id(tokens)
        longest_first = sorted(specials, key=len, reverse=True)
        self._special_pattern = re.compile(f"({'|'.join(map(re.escape, longest_first))})")

    def __repr__(self) -> str:
        return f"{type(self).__name__}(vocab_size={self.vocab_size})"

    @property
    def vocab_size(self) -> int:
        """The number of ids, special tokens included: they are 0 to vocab_size - 1.

        Raises: nothing.
        Source: this book.
        """
        return len(self._tokens)

    def special_id(self, special: str) -> int:
        """Return the id of a special token, given its text.

        Raises: TokenizerError when the tokenizer has no such special token.
        Source: this book.
        """
        if special in self.specials:
            return self.specials[special]
        needed = f"a special token of this tokenizer, which has {list(self.specials)}"
        raise TokenizerError(
            problem(needed, repr(special), f"specials=({special!r},) on making it")
        )

    def encode(self, text: str, specials: bool = False) -> list[int]:
        """Return the ids of a text.

        The text of a special token is ordinary text, as whatever a user types should be,
        unless `specials` is true: then it becomes its one id (the longest text wins where
        two begin in the same place), and the text between is encoded on its own.

        Raises: TokenizerError when `text` is no str, holds a lone surrogate, or (with a
            CharTokenizer) an unknown character.
        Source: this book; `specials` as tiktoken's `allowed_special`.
        """
        check_text(text)
        if not (specials and self.specials):
            return self._encode_ordinary(text, 0)
        ids: list[int] = []
        start = 0
        for n, part in enumerate(self._special_pattern.split(text)):
            special = n % 2 == 1  # split() puts what the pattern found in the odd places
            ids += [self.specials[part]] if special else self._encode_ordinary(part, start)
            start += len(part)
        return ids

    @abstractmethod
    def _encode_ordinary(self, text: str, start: int) -> list[int]:
        """Encode text without special tokens, which begins at `start` of the whole text."""

    @abstractmethod
    def encode_stream(self, chunks: Iterable[str]) -> Iterator[int]:
        """Yield the ids of `encode("".join(chunks))`, wherever the chunks are cut.

        Raises: TokenizerError where `encode` does, with the index in the whole text.
        Source: this book.
        """

    def token_bytes(self, token: int) -> bytes:
        """Return the bytes that one id stands for.

        Raises: TokenizerError when `token` is no id of this tokenizer.
        Source: this book.
        """
        try:
            number = operator.index(token)
            if number >= 0:
                return self._tokens[number]
        except (IndexError, TypeError):
            pass
        needed = f"an id is an int from 0 to {self.vocab_size - 1}"
        remedy = "the tokenizer that made the ids, and tensor.tolist() for a tensor of them"
        raise TokenizerError(problem(needed, f"{token!r:.40}", remedy))

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of some ids.

        Ids may end in the middle of a character, or form bytes that no text has; each
        such stretch becomes U+FFFD, the replacement character "�". The ids of a
        whole text give that text back.

        Raises: TokenizerError when `ids` is no sequence of this tokenizer's ids.
        Source: this book.
        """
        return b"".join(self._bytes_of(ids)).decode(errors="replace")

    def _bytes_of(self, ids: Iterable[int]) -> Iterator[bytes]:
        if not isinstance(ids, Iterable):
            came = f"{ids!r:.40}"
            raise TokenizerError(problem("ids come in a list", came, f"decode([{came}])"))
        return map(self.token_bytes, ids)

    def decode_stream(self, ids: Iterable[int]) -> Iterator[str]:
        """Yield the text of ids as they come; joined, it is `decode(ids)`.

        A character (a code point) comes out when its last byte has come, never half of
        it. What is still incomplete when the ids end becomes U+FFFD.

        Raises: TokenizerError at the first that is no id of this tokenizer.
        Source: this book.
        """
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        for part in self._bytes_of(ids):
            if text := decoder.decode(part):
                yield text
        if text := decoder.decode(b"", final=True):
            yield text

    def to_dict(self) -> dict[str, Any]:
        """Return what `save` writes: strings, numbers, lists and dictionaries only.

        Raises: nothing.
        Source: this book.
        """
        return {"format": FORMAT, "version": VERSION, "kind": self.kind, **self._contents()}

    @abstractmethod
    def _contents(self) -> dict[str, Any]:
        """Return what this kind's `from_dict` reads."""

    def save(self, path: str | Path) -> None:
        """Write the tokenizer to a JSON file; `load_tokenizer` reads it.

        Raises: TokenizerError when the file cannot be written; an older one is kept.
        Source: this book.
        """
        write_atomically(path, json.dumps(self.to_dict(), ensure_ascii=False) + "\n")


def _by_id(tokens: list[tuple[bytes, int]]) -> list[bytes]:
    placed: dict[int, bytes] = {}
    for token, number in tokens:
        came = None
        if type(number) is not int or not 0 <= number < len(tokens):
            came = f"{number!r:.40} for {token!r}"
        elif number in placed:
            came = f"{number} for both {placed[number]!r} and {token!r}"
        if came:
            needed = f"{len(tokens)} tokens have the ids 0 to {len(tokens) - 1}, each once"
            raise TokenizerError(problem(needed, came, "numbering them without gaps"))
        placed[number] = token
    return [placed[number] for number in range(len(tokens))]
