"""Byte-level byte-pair encoding: every text has ids, and every id its bytes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from minigpt.errors import TokenizerError, problem
from minigpt.tokenizer.alphabet import BYTE_ORDER, from_printable, to_printable
from minigpt.tokenizer.base import END, Tokenizer, check_specials
from minigpt.tokenizer.files import entry, naming, read_json, read_text
from minigpt.tokenizer.merging import Pair, merge_fast
from minigpt.tokenizer.pieces import slices, split_stream
from minigpt.tokenizer.training import count_pieces, train_merges

_BYTES = [bytes([byte]) for byte in range(256)]


class BPETokenizer(Tokenizer):
    """Byte-pair encoding as in GPT-2: cut into pieces, then merge by rank inside each.

    `merges` are the pairs in order of rank, and `vocabulary` maps each token's bytes to its
    id. `BPETokenizer.train` learns them; `from_merges` numbers the tokens as GPT-2 does:
    bytes, merges, special tokens.

    Raises: TokenizerError when the merges do not make exactly the vocabulary, each token
        once and from tokens made before it; or when ids are wrong.
    Source: Sennrich et al. 2016; on bytes, Radford et al. 2019, section 2.2.
    """

    kind = "bpe"

    def __init__(
        self,
        vocabulary: Mapping[bytes, int],
        merges: Sequence[Pair],
        specials: Mapping[str, int],
    ) -> None:
        _check_merges(vocabulary, merges)
        super().__init__(vocabulary, specials)
        self.vocabulary = dict(vocabulary)
        self.merges = [tuple(pair) for pair in merges]
        self._ids_of = _PieceIds(self.merges, self.vocabulary)

    @classmethod
    def train(
        cls,
        text: str | Iterable[str],
        vocab_size: int,
        specials: Sequence[str] = (END,),
    ) -> "BPETokenizer":
        """Learn a vocabulary of `vocab_size` tokens, 256 bytes and the specials included.

        `text` is a str, or chunks of one, cut anywhere: the result is the same. Special
        tokens have no part in it; their text is counted as any other. A text that runs
        out of pairs to merge gives a smaller vocabulary. Ties: see `train_merges`.

        Raises: TokenizerError when the text is empty or malformed, `vocab_size` is no
            int or leaves no room for bytes and specials, or the specials are malformed.
        Source: Sennrich et al. 2016, algorithm 1. Built in chapter 2.
        """
        smallest = 256 + len(check_specials(specials))
        if not isinstance(vocab_size, int) or vocab_size < smallest:
            needed = f"vocab_size is an int of at least {smallest}: 256 bytes and the specials"
            raise TokenizerError(problem(needed, repr(vocab_size), f"vocab_size={smallest + 256}"))
        return cls.from_merges(train_merges(count_pieces(text), vocab_size - smallest), specials)

    @classmethod
    def from_merges(
        cls, merges: Sequence[Pair], specials: Sequence[str] = (END,)
    ) -> "BPETokenizer":
        """Number the tokens as GPT-2 does: bytes in `BYTE_ORDER`, then merges, then specials.

        Raises: TokenizerError when a merge's parts are not made before it, when a token
            is made twice, or when the specials are malformed.
        Source: Radford et al. 2019, published vocabulary.
        """
        tokens = [*(_BYTES[byte] for byte in BYTE_ORDER), *(left + right for left, right in merges)]
        vocabulary = {token: number for number, token in enumerate(tokens)}
        numbered = enumerate(check_specials(specials), start=len(tokens))
        return cls(vocabulary, merges, {special: number for number, special in numbered})

    @classmethod
    def from_gpt2_files(
        cls, vocab_json: str | Path, merges_txt: str | Path, specials: Sequence[str] = (END,)
    ) -> "BPETokenizer":
        """Read a published vocabulary: vocab.json (or encoder.json) and merges.txt (vocab.bpe).

        Ids stay as published, in whatever order they are. `specials` names the entries
        that no merge makes.

        Raises: TokenizerError when a file is missing, damaged, or does not fit the other.
        Source: Radford et al. 2019, published code (encoder.py).
        """
        ids, pairs = read_json(vocab_json), _read_merges(merges_txt)
        with naming(f"{vocab_json}, {merges_txt}"):
            ids = entry({"vocabulary": ids}, "vocabulary", dict)
            for special in check_specials(specials):
                if special not in ids:
                    needed = "each special token in the vocabulary"
                    raise TokenizerError(problem(needed, f"no {special!r}", "specials=()"))
            numbers = {special: ids.pop(special) for special in specials}
            return cls.from_dict({"vocabulary": ids, "merges": pairs, "specials": numbers})

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "BPETokenizer":
        """Make the tokenizer that `to_dict` described.

        Raises: TokenizerError when an entry is missing or makes no sense.
        Source: this book.
        """
        ids = entry(data, "vocabulary", dict)
        vocabulary = {from_printable(token): number for token, number in ids.items()}
        merges = [_read_pair(pair) for pair in entry(data, "merges", list)]
        return cls(vocabulary, merges, entry(data, "specials", dict))

    def _contents(self) -> dict[str, Any]:
        return {
            "vocabulary": {to_printable(token): i for token, i in self.vocabulary.items()},
            "merges": [[to_printable(part) for part in pair] for pair in self.merges],
            "specials": dict(self.specials),
        }

    def _encode_ordinary(self, text: str, start: int) -> list[int]:
        return list(self.encode_stream(slices(text)))

    def encode_stream(self, chunks: Iterable[str]) -> Iterator[int]:
        """Yield the ids of `encode("".join(chunks))`, wherever the chunks are cut.

        Held in memory: one chunk, and the piece that the next one may still change (see
        `split_stream`).

        Raises: TokenizerError where `encode` does, with the index in the whole text.
        Source: this book.
        """
        pieces = chain.from_iterable(split_stream(chunks))
        return chain.from_iterable(map(self._ids_of.__getitem__, pieces))


class _PieceIds(dict[str, tuple[int, ...]]):
    """The ids of pieces met before; the common ones come again and again.

    Bounded: it starts afresh when full, and does not keep long pieces.
    """

    MOST_PIECES, LONGEST_PIECE = 1 << 17, 64

    def __init__(self, merges: Sequence[Pair], vocabulary: Mapping[bytes, int]) -> None:
        numbers = {byte: number for number, byte in enumerate(_BYTES)}
        self.made: dict[tuple[int, int], int] = {}
        for left, right in merges:
            self.made[numbers[left], numbers[right]] = numbers[left + right] = len(numbers)
        self.ids = [vocabulary[token] for token in numbers]

    def __missing__(self, piece: str) -> tuple[int, ...]:
        ids = tuple(map(self.ids.__getitem__, merge_fast(piece.encode(), self.made)))
        if len(self) >= self.MOST_PIECES:
            self.clear()
        if len(piece) <= self.LONGEST_PIECE:
            self[piece] = ids
        return ids


def _check_merges(vocabulary: Mapping[bytes, int], merges: Sequence[Pair]) -> None:
    made = set(_BYTES)
    for rank, (left, right) in enumerate(merges):
        came = None
        if not {left, right} <= made:
            came = f"merge {rank} of {left!r} and {right!r} before both are there"
        elif left + right in made:
            came = f"merge {rank} of {left!r} and {right!r}, which is there already"
        if came:
            needed = "each merge makes a new token from bytes or from earlier merges"
            raise TokenizerError(problem(needed, came, "the merges in the order of their making"))
        made.add(left + right)
    if differing := made ^ vocabulary.keys():
        token = min(differing)
        extra = token in vocabulary
        came = f"{token!r} with an id but no merge" if extra else f"no id for {token!r}"
        needed = "a vocabulary of all 256 bytes and all merges, and no more"
        remedy = "files that belong together, whole, and every special token named in specials"
        raise TokenizerError(problem(needed, came, remedy))


def _read_merges(path: str | Path) -> list[list[str]]:
    lines = read_text(path).split("\n")
    if lines[0].startswith("#version"):  # only there: "# #" is a merge like any other
        del lines[0]
    return [line.split(" ") for line in lines if line]


def _read_pair(pair: Any) -> Pair:
    if isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair):
        return from_printable(pair[0]), from_printable(pair[1])
    remedy = "the file as it was written, with one merge a line in merges.txt"
    raise TokenizerError(problem("a merge is two tokens", f"{pair!r:.40}", remedy))
