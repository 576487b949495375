"""Long rows of token ids: in one array, or in memory-mapped shards on disk.

A shard directory holds `00000.bin`, `00001.bin`, ..., which are bare little-endian ids,
and `manifest.json`, which says how many there are of what. The manifest is written last
and in one move, so a directory with a manifest is whole.
"""

import json
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from jaxtyping import Integer, UInt

from minigpt.data.sources import Source, Split, StorySource
from minigpt.errors import DataError, problem
from minigpt.tokenizer import END, Tokenizer

FORMAT = "minigpt-tokens-1"
MANIFEST = "manifest.json"
READ_BYTES = 1 << 16


class TokenStream:
    """Several arrays of token ids, seen as one; they may be memory-mapped.

    Supports `len`, an index, and slices without a step. A slice that crosses a border is
    copied; one that does not is a view.

    Raises: DataError without arrays.
    Source: this book.
    """

    def __init__(self, arrays: Sequence[Integer[np.ndarray, " n_tokens"]]) -> None:
        if not arrays:
            raise DataError(problem("a stream needs at least one array", "none", "[tokens]"))
        self._arrays = list(arrays)
        self._ends = np.cumsum([len(array) for array in arrays])

    def __len__(self) -> int:
        """Return the number of tokens."""
        return int(self._ends[-1])

    def __getitem__(self, key: int | slice) -> Integer[np.ndarray, " n_tokens"] | np.integer:
        """Return one token, or those of a slice, as one array would."""
        if not isinstance(key, slice):
            return self._one(key)
        start, stop, step = key.indices(len(self))
        if step != 1:
            raise DataError(problem("a slice of a stream has no step", f"step {step}", "[a:b]"))
        pieces = list(self._pieces(start, max(start, stop)))
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)

    def _one(self, index: int) -> np.integer:
        if not -len(self) <= index < len(self):
            raise IndexError(f"token {index} of a stream of {len(self)}")
        index %= len(self)
        return self[index : index + 1][0]

    def _pieces(self, start: int, stop: int) -> Iterator[Integer[np.ndarray, " n_tokens"]]:
        """Yield the parts of [start, stop) shard by shard; at least one, perhaps empty."""
        shard = min(int(np.searchsorted(self._ends, start, side="right")), len(self._ends) - 1)
        while True:
            array, end = self._arrays[shard], int(self._ends[shard])
            begin = end - len(array)
            yield array[start - begin : min(stop, end) - begin]
            if stop <= end:
                return
            start, shard = end, shard + 1


def token_dtype(vocab_size: int) -> np.dtype:
    """Return the smallest type that holds every id: uint16 up to 65,536, else uint32.

    Raises: nothing.
    Source: this book.
    """
    return np.dtype("<u2") if vocab_size <= 1 << 16 else np.dtype("<u4")


def encode_source(
    source: Source, tokenizer: Tokenizer, split: Split
) -> UInt[np.ndarray, " n_tokens"]:
    """Encode one split of a source into memory.

    A text becomes its tokens; stories become END, story, END, story, ..., END.

    Returns: ids of shape (n_tokens,), uint16 where the vocabulary allows it, else uint32.
    Raises: DataError for an unknown split; TokenizerError where the tokenizer does.
    Source: this book.
    """
    return np.fromiter(source.tokens(tokenizer, split), dtype=token_dtype(tokenizer.vocab_size))


def encode_stories(
    source: StorySource, tokenizer: Tokenizer, split: Split
) -> list[UInt[np.ndarray, " n_tokens"]]:
    """Encode each story by itself, as END, story, END: what `story_windows` takes.

    Returns: one array of shape (n_tokens,) a story.
    Raises: DataError for an unknown split; TokenizerError when there is no END token.
    Source: this book.
    """
    end = tokenizer.special_id(END)
    dtype = token_dtype(tokenizer.vocab_size)
    return [
        np.array([end, *tokenizer.encode(story), end], dtype=dtype)
        for story in source.stories(split)
    ]


def write_shards(
    tokens: Iterable[int], directory: str | Path, vocab_size: int, shard_tokens: int = 1 << 24
) -> None:
    """Write token ids to disk, `shard_tokens` a file; no more than one shard is in memory.

    Raises: DataError when there are no tokens, a token is not in the vocabulary, or the
        directory already holds a finished stream.
    Source: this book.
    """
    directory = Path(directory)
    if (directory / MANIFEST).exists():
        raise DataError(
            problem(
                "shards are written to a new directory",
                f"{directory}, which holds some",
                "another directory, or deleting this one",
            )
        )
    directory.mkdir(parents=True, exist_ok=True)
    shards = list(_write_each(iter(tokens), directory, vocab_size, shard_tokens))
    if not shards:
        raise DataError(problem("a stream needs tokens", "none", "a text that is not empty"))
    dtype = token_dtype(vocab_size).str
    _write_manifest(
        directory / MANIFEST,
        {"format": FORMAT, "dtype": dtype, "vocab_size": vocab_size, "shards": shards},
    )


def _write_each(
    tokens: Iterator[int], directory: Path, vocab_size: int, shard_tokens: int
) -> Iterator[dict[str, int]]:
    """Write the shards and yield each one's entry for the manifest."""
    dtype = token_dtype(vocab_size)
    number = 0
    while len(ids := _take(tokens, shard_tokens, dtype, vocab_size)):
        _shard_path(directory, number).write_bytes(ids.data)
        yield {"tokens": len(ids), "crc32": zlib.crc32(ids.data)}
        number += 1


def _take(
    tokens: Iterator[int], count: int, dtype: np.dtype, vocab_size: int
) -> UInt[np.ndarray, " n_tokens"]:
    """Collect up to `count` ids; one beyond the vocabulary would come back as another."""
    try:
        ids = np.fromiter(islice(tokens, count), dtype=dtype)
        largest = int(ids.max(initial=0))
    except OverflowError as error:
        raise _outside(vocab_size, str(error)) from error
    if largest >= vocab_size:
        raise _outside(vocab_size, str(largest))
    return ids


def _outside(vocab_size: int, came: str) -> DataError:
    return DataError(
        problem(f"ids are 0 to {vocab_size - 1}", came, "the vocab_size of the tokenizer used")
    )


def _shard_path(directory: Path, number: int) -> Path:
    return directory / f"{number:05d}.bin"


def _write_manifest(path: Path, manifest: dict) -> None:
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    os.replace(unfinished, path)


def open_shards(directory: str | Path) -> TokenStream:
    """Open what `write_shards` wrote, memory-mapped: only what is sliced is read.

    Every shard's length and checksum are compared with the manifest first, which reads
    each file once, at about a second a gigabyte.

    Raises: DataError when there is no manifest, or a shard is missing, cut short or
        damaged.
    Source: this book.
    """
    directory = Path(directory)
    manifest = _read_manifest(directory / MANIFEST)
    dtype = np.dtype(manifest["dtype"])
    return TokenStream(
        [
            _open_shard(_shard_path(directory, number), dtype, entry)
            for number, entry in enumerate(manifest["shards"])
        ]
    )


def _read_manifest(path: Path) -> dict:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        whole = manifest["format"] == FORMAT and manifest["dtype"] in ("<u2", "<u4")
        entries = manifest["shards"]
        whole = whole and entries and all(e.keys() == {"tokens", "crc32"} for e in entries)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise _unfinished(path) from error
    if not whole:
        raise _unfinished(path)
    return manifest


def _unfinished(path: Path) -> DataError:
    return DataError(
        problem(
            f"a directory of tokens has a {MANIFEST} that write_shards made",
            f"{path}, missing or unreadable",
            "writing the shards again",
        )
    )


def _open_shard(
    path: Path, dtype: np.dtype, entry: dict[str, int]
) -> UInt[np.ndarray, " n_tokens"]:
    size = path.stat().st_size if path.is_file() else 0
    if size != entry["tokens"] * dtype.itemsize or _crc32(path) != entry["crc32"]:
        raise DataError(
            problem(
                f"{path} must hold the {entry['tokens']} tokens that were written",
                f"{size} bytes, cut short or damaged" if size else "no such file",
                "writing the shards again",
            )
        )
    return np.memmap(path, dtype=dtype, mode="r")


def _crc32(path: Path) -> int:
    crc = 0
    with path.open("rb") as file:
        while block := file.read(READ_BYTES):
            crc = zlib.crc32(block, crc)
    return crc
