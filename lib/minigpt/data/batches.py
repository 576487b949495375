"""From a stream of tokens to tensors: random windows to train on, all windows to evaluate.

Everywhere the targets are the tokens, one position later: the answer to `tokens[b, t]` is
`targets[b, t]`, which is the stream's next token. The shift happens here and nowhere else.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

import numpy as np
import torch
from jaxtyping import Int64, Integer
from torch import Tensor

from minigpt.data.streams import TokenStream
from minigpt.errors import DataError, problem

IGNORE = -100  # torch's cross_entropy leaves out targets of this value

Pair = tuple[Int64[Tensor, "B T"], Int64[Tensor, "B T"]]


class Batches:
    """Windows at random places of a stream, drawn with replacement, the same for a seed.

    Batch number k depends on the seed and on k alone, so the state is two numbers and a
    restored sampler goes on bit for bit. With several processes each draws the places of
    all of them and keeps its own share: the ranks' batches, put one after the other, are
    the batch of a single process with `world_size * batch_size` rows. `tokens` has shape
    (n_tokens,), and `batch_size` is the number of rows of this rank. With a `marker`, every
    window begins at such a token: at the END before a story, say, so that no row starts in
    the middle of one.

    Raises: DataError when the stream is shorter than context_length + 1 tokens, a number
        makes no sense, or no marker has a whole window after it.
    Source: this book.
    """

    def __init__(
        self,
        tokens: TokenStream | Integer[np.ndarray, " n_tokens"],
        batch_size: int,
        context_length: int,
        seed: int,
        rank: int = 0,
        world_size: int = 1,
        marker: int | None = None,
    ) -> None:
        _check_sizes(batch_size=batch_size, context_length=context_length, world_size=world_size)
        if not 0 <= rank < world_size:
            raise DataError(
                problem(f"rank is 0 to {world_size - 1} here", f"rank={rank}", "rank=0")
            )
        _check_length(len(tokens), context_length)
        self._tokens = tokens
        self._context_length = context_length
        self._n_rows = batch_size * world_size
        self._mine = slice(rank * batch_size, (rank + 1) * batch_size)
        self._seed = seed
        self._step = 0
        every = range(len(tokens) - context_length)
        self._places = every if marker is None else _marked(tokens, marker, context_length)

    def next(self) -> Pair:
        """Return the next batch: tokens and targets, each int64 of shape (B, T).

        Raises: nothing.
        Source: this book.
        """
        draw = np.random.default_rng([self._seed, self._step])
        chosen = draw.integers(len(self._places), size=self._n_rows)[self._mine].tolist()
        self._step += 1
        length = self._context_length + 1
        places = [self._places[number] for number in chosen]
        rows = [self._tokens[start : start + length] for start in places]
        return _shift(np.stack(rows).astype(np.int64))

    def state(self) -> dict[str, int]:
        """Return what `restore` needs, as plain numbers that JSON can hold.

        Raises: nothing.
        Source: this book.
        """
        return {"seed": self._seed, "step": self._step, **self._shape()}

    def restore(self, state: dict[str, int]) -> None:
        """Go on from where `state` was taken. The number of ranks may have changed.

        Raises: DataError when the state was taken with other data or other sizes.
        Source: this book.
        """
        theirs = {key: state.get(key) for key in self._shape()}
        if theirs != self._shape() or not {"seed", "step"} <= state.keys():
            raise DataError(
                problem(
                    f"the saved sampler must fit this one, {self._shape()}",
                    str(state),
                    "the data, batch size and context length of the first run",
                )
            )
        self._seed, self._step = state["seed"], state["step"]

    def _shape(self) -> dict[str, int]:
        return {
            "n_tokens": len(self._tokens),
            "n_rows": self._n_rows,
            "context_length": self._context_length,
        }


def windows(tokens: Iterable[int], context_length: int, batch_size: int) -> Iterator[Pair]:
    """Cut a stream into windows so that every target comes exactly once, in order.

    Yields (tokens, targets), each int64 (B, T). The stream's first token is the only one
    that is never a target. The last window is filled up with token 0, and its targets
    with IGNORE; the last batch may have fewer rows. No more of the stream than a batch is
    in memory.

    Raises: DataError when the stream has fewer than 2 tokens, or a size is not positive.
    Source: this book.
    """
    _check_sizes(batch_size=batch_size, context_length=context_length)
    stream = iter(tokens)
    first = list(islice(stream, 2))
    _check_length(len(first), 1)
    return _windows(chain(first, stream), context_length, batch_size)


def _windows(stream: Iterator[int], context_length: int, batch_size: int) -> Iterator[Pair]:
    last = next(stream)
    while len(row := np.fromiter(islice(stream, batch_size * context_length), np.int64)):
        fill = (0, -len(row) % context_length)
        inputs = np.pad(np.concatenate([[last], row[:-1]]), fill)
        targets = np.pad(row, fill, constant_values=IGNORE)
        last, shape = row[-1], (-1, context_length)
        yield torch.from_numpy(inputs.reshape(shape)), torch.from_numpy(targets.reshape(shape))


def story_windows(
    encoded_stories: Sequence[Integer[np.ndarray, " n_tokens"]],
    context_length: int,
    batch_size: int,
) -> tuple[Iterator[Pair], int]:
    """Lay out one story a row, for the loss of whole stories.

    Each story comes as END, story, END (see `encode_stories`). Rows are as wide as the
    longest story that fits, filled up with token 0 and targets IGNORE.

    Returns: the batches (tokens, targets), each int64 (B, T) with T at most
        context_length; and the number of stories left out because they do not fit.
    Raises: DataError when no story fits, or a size is not positive.
    Source: this book.
    """
    _check_sizes(batch_size=batch_size, context_length=context_length)
    fitting = [story for story in encoded_stories if 2 <= len(story) <= context_length + 1]
    if not fitting:
        raise DataError(
            problem(
                f"at least one story must fit into {context_length} + 1 tokens",
                f"{len(encoded_stories)} stories, none of which does",
                "a larger context_length, or a tokenizer with longer tokens, such as bpe",
            )
        )
    return _story_windows(fitting, batch_size), len(encoded_stories) - len(fitting)


def _story_windows(
    stories: list[Integer[np.ndarray, " n_tokens"]], batch_size: int
) -> Iterator[Pair]:
    width = max(map(len, stories))
    for first in range(0, len(stories), batch_size):
        batch = stories[first : first + batch_size]
        rows = np.zeros((len(batch), width), dtype=np.int64)
        real = np.arange(width) < np.array([len(story) for story in batch])[:, None]
        rows[real] = np.concatenate(batch)
        tokens, targets = _shift(rows)
        yield tokens, targets.masked_fill(torch.from_numpy(~real[:, 1:]), IGNORE)


def _shift(rows: Int64[np.ndarray, "B T_plus_1"]) -> Pair:
    """Split rows of T + 1 tokens into T tokens and the T that follow them."""
    return torch.from_numpy(rows[:, :-1].copy()), torch.from_numpy(rows[:, 1:].copy())


def _marked(
    tokens: TokenStream | Integer[np.ndarray, " n_tokens"], marker: int, context_length: int
) -> Int64[np.ndarray, " n_starts"]:
    """Find the places of the marker that have a whole window after them."""
    starts = np.flatnonzero(tokens[: len(tokens) - context_length] == marker)
    if not len(starts):
        needed = f"token {marker} with {context_length} tokens after it"
        raise DataError(problem(needed, "none", "more text or a smaller context_length"))
    return starts


def _check_sizes(**sizes: int) -> None:
    for name, size in sizes.items():
        if size < 1:
            raise DataError(problem(f"{name} is at least 1", f"{name}={size}", f"{name}=1"))


def _check_length(n_tokens: int, context_length: int) -> None:
    if n_tokens < context_length + 1:
        raise DataError(
            problem(
                f"needs at least context_length + 1 = {context_length + 1} tokens",
                f"{n_tokens}",
                "a longer text or a smaller context_length",
            )
        )
