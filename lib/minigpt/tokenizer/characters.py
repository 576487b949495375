"""One id per character."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from minigpt.errors import TokenizerError, problem
from minigpt.tokenizer.base import END, Tokenizer, check_specials
from minigpt.tokenizer.files import entry
from minigpt.tokenizer.pieces import check_text, checked


class CharTokenizer(Tokenizer):
    """Ids for the characters of one text: sorted by code point, special tokens after them.

    Example: `CharTokenizer.from_text("hello")` has e, h, l, o as 0 to 3 and END as 4. A
    model that counts its parameters tightly leaves the special tokens out: `specials=()`.
    The characters may be given in any order.

    Raises: TokenizerError when there are none, one comes twice, or something is no single
        character; and for special tokens that are empty, equal, or no text.
    Source: Karpathy's char-rnn; this book.
    """

    kind = "characters"

    def __init__(self, characters: Iterable[str], specials: Sequence[str] = (END,)) -> None:
        self.characters = tuple(characters)
        _check_characters(self.characters)
        self.characters = tuple(sorted(self.characters))
        self._ids = {character: number for number, character in enumerate(self.characters)}
        vocabulary = {character.encode(): number for character, number in self._ids.items()}
        numbered = enumerate(check_specials(specials), start=len(vocabulary))
        super().__init__(vocabulary, {special: number for number, special in numbered})

    @classmethod
    def from_text(cls, text: str, specials: Sequence[str] = (END,)) -> "CharTokenizer":
        """Make a tokenizer that knows each character of `text`.

        Raises: TokenizerError when `text` is empty, no str, or holds a lone surrogate.
        Source: this book.
        """
        check_text(text)
        return cls(set(text), specials)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "CharTokenizer":
        """Make the tokenizer that `to_dict` described.

        Raises: TokenizerError when an entry is missing or makes no sense.
        Source: this book.
        """
        return cls(entry(data, "characters", str), entry(data, "specials", list))

    def _contents(self) -> dict[str, Any]:
        return {"characters": "".join(self.characters), "specials": list(self.specials)}

    def _encode_ordinary(self, text: str, start: int) -> list[int]:
        try:
            return list(map(self._ids.__getitem__, text))
        except KeyError as error:
            character = error.args[0]
        needed = f"one of the {len(self._ids)} characters that the tokenizer was built from"
        came = f"{character!r} (U+{ord(character):04X}) at index {start + text.index(character)}"
        remedy = "building it from a text that has it, or BPETokenizer, which knows every text"
        raise TokenizerError(problem(needed, came, remedy))

    def encode_stream(self, chunks: Iterable[str]) -> Iterator[int]:
        """Yield the ids of `encode("".join(chunks))`; nothing is held back.

        Raises: TokenizerError where `encode` does, with the index in the whole text.
        Source: this book.
        """
        for start, chunk in checked(chunks):
            yield from self._encode_ordinary(chunk, start)


def _check_characters(characters: Sequence[str]) -> None:
    if not characters:
        raise TokenizerError(problem("at least one character", "none", "a text that has some"))
    for character in characters:
        check_text(character)
        if len(character) != 1:
            remedy = "one string of all characters"
            raise TokenizerError(problem("single characters", repr(character), remedy))
    if len(set(characters)) < len(characters):
        twice = next(c for c in characters if characters.count(c) > 1)
        remedy = "CharTokenizer.from_text(text) for a whole text"
        raise TokenizerError(problem("each character once", f"{twice!r} again", remedy))
