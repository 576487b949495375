"""Skip-gram with negative sampling: learn vectors by telling real neighbours from noise.

Every word has two vectors. As a centre it has the one that we keep; as a neighbour it has
another, which is thrown away at the end. Training raises the dot product of a centre with
the words that stood near it, and lowers it with words drawn at random.

`skipgram_gradients` is one step, written plainly. `batch_gradients` is the same for many
centres at once, and a test holds them equal.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from jaxtyping import Float, Float32, Int, Int64
from torch import Tensor

from minigpt.embeddings.vectors import WordVectors
from minigpt.errors import EmbeddingError, problem

BATCH = 256  # centres a step
CHUNK = 256 * BATCH  # centres for which random numbers are drawn at once
MAX_RATE = 0.5  # of all of a word's pairs in one step together
NOISE_POWER = 0.75
GAP = -1  # stands between sentences, so that no window reaches across


def skipgram_gradients(
    center: Float[np.ndarray, " d_model"],
    context: Float[np.ndarray, " d_model"],
    negatives: Float[np.ndarray, "n_negatives d_model"],
) -> tuple[
    Float[np.ndarray, " d_model"],
    Float[np.ndarray, " d_model"],
    Float[np.ndarray, "n_negatives d_model"],
]:
    """Return the loss's gradients for one pair: by the centre, its context, the negatives.

    The loss, in nats, is -log sigmoid(context . center), and for each negative
    -log sigmoid(-negative . center). Its derivative by each dot product is an error between
    -1 and 1: the sigmoid, minus 1 for the real neighbour.

    Raises: nothing.
    Source: Mikolov et al. 2013b, "Distributed Representations of Words and Phrases",
        eq. 4 (with the sign turned, to be a loss). Built in chapter 3.
    """
    context_error = _sigmoid(context @ center) - 1.0
    negative_errors = _sigmoid(negatives @ center)
    d_center = context_error * context + negative_errors @ negatives
    return d_center, context_error * center, np.outer(negative_errors, center)


def _sigmoid(score: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    return 0.5 * (1.0 + np.tanh(0.5 * score))  # the same function, and it cannot overflow


def batch_gradients(
    centers: Float[Tensor, "B d_model"],
    others: Float[Tensor, "B n_others d_model"],
    labels: Float[Tensor, " n_others"],
    pairs: Float[Tensor, "B n_others"],
) -> tuple[Float[Tensor, "B d_model"], Float[Tensor, "B n_others d_model"]]:
    """Return the summed gradients of B centres at once, by the centres and by the others.

    A centre's others are its contexts (label 1) and its negatives (label 0), which all its
    contexts share. `pairs` counts how many pairs each takes part in: 1 for a context, the
    number of contexts for a negative, 0 for a place that is empty.

    Raises: nothing.
    Source: Mikolov et al. 2013b, eq. 4; sharing negatives in a window after Ji et al. 2016,
        "Parallelizing Word2Vec in Shared and Distributed Memory".
    """
    scores = (centers[:, None] @ others.transpose(1, 2)).squeeze(1)
    errors = (torch.sigmoid(scores) - labels) * pairs
    return torch.einsum("bn,bnd->bd", errors, others), errors[:, :, None] * centers[:, None]


def train_skipgram(
    sentences: Sequence[Sequence[str]],
    d_model: int = 32,
    window: int = 4,
    negatives: int = 5,
    epochs: int = 5,
    lr: float = 0.05,
    min_count: int = 1,
    subsample: float | None = None,
    seed: int = 0,
) -> WordVectors:
    """Train word vectors of shape (n_words, d_model) by skip-gram with negative sampling.

    A centre's window reaches 1 to `window` words to each side, drawn anew each time, so
    near words count more. Noise words are drawn in proportion to count ** 0.75. `lr` falls
    linearly to zero. Words rarer than `min_count` are left out; with `subsample`, frequent
    words (of frequency f) are kept with probability sqrt(subsample / f). The words of the
    result are in order of falling frequency. The same seed gives the same vectors.

    Raises: EmbeddingError when a setting makes no sense, or fewer than 2 words are left.
    Source: Mikolov et al. 2013b, sections 2.2 and 2.3; MAX_RATE is this book's.
    """
    _check_settings(
        d_model=d_model, window=window, negatives=negatives, epochs=epochs, lr=lr,
        min_count=min_count, subsample=1.0 if subsample is None else subsample,
    )  # fmt: skip
    words, counts = _vocabulary(sentences, min_count)
    text = _number(sentences, words, window)
    keep = _keep_probabilities(counts, subsample)
    noise = counts**NOISE_POWER / (counts**NOISE_POWER).sum()
    rng = np.random.default_rng(seed)
    start = rng.uniform(-0.5 / d_model, 0.5 / d_model, (len(words), d_model))
    inputs = torch.from_numpy(start.astype(np.float32))
    outputs = torch.zeros(len(words), d_model)
    labels = torch.tensor([1.0] * (2 * window) + [0.0] * negatives)
    for epoch in range(epochs):
        thinned = text[(text == GAP) | (rng.random(len(text)) < keep[text])]
        for done, batch in _batches(thinned, window, negatives, noise, rng):
            rate = lr * (1.0 - (epoch + done) / epochs)
            _step(inputs, outputs, labels, rate, *batch)
    return WordVectors(words, inputs.numpy())


def _step(
    inputs: Float[Tensor, "n_words d_model"],
    outputs: Float[Tensor, "n_words d_model"],
    labels: Float[Tensor, " n_others"],
    rate: float,
    centers: Int64[Tensor, " B"],
    others: Int64[Tensor, "B n_others"],
    pairs: Float32[Tensor, "B n_others"],
) -> None:
    """Take one step of gradient descent, in place."""
    flat = others.flatten()
    rows = outputs.index_select(0, flat).unflatten(0, others.shape)
    d_centers, d_others = batch_gradients(inputs.index_select(0, centers), rows, labels, pairs)
    d_centers *= -_rates(centers, pairs @ labels, rate, len(inputs))
    d_others *= -_rates(others, pairs, rate, len(outputs))
    inputs.index_add_(0, centers, d_centers)  # its alpha= would be four times slower
    outputs.index_add_(0, flat, d_others.flatten(0, 1))


def _rates(
    rows: Int64[Tensor, "*places"], pairs: Float32[Tensor, "*places"], rate: float, n_rows: int
) -> Float32[Tensor, "*places 1"]:
    """Return the learning rate for each row: `rate`, or less where a row is very busy.

    One after the other, the hundreds of pairs of a frequent word correct each other. Added
    up in one step they overshoot, and the vectors blow up. So the rates of all of a word's
    pairs in a step come to MAX_RATE at most.
    """
    totals = torch.bincount(rows.flatten(), pairs.flatten(), n_rows)[rows].float()
    return (MAX_RATE / totals).clamp(max=rate).unsqueeze(-1)


def _batches(
    text: Int[np.ndarray, " n_places"],
    window: int,
    negatives: int,
    noise: Float[np.ndarray, " n_words"],
    rng: np.random.Generator,
) -> Iterator[tuple[float, tuple[Tensor, Tensor, Tensor]]]:
    """Yield every place of the text once as a centre, in random order, BATCH at a time."""
    places = rng.permutation(np.flatnonzero(text != GAP))
    offsets = np.array([o for o in range(-window, window + 1) if o != 0])
    for chunk in range(0, len(places), CHUNK):
        here = places[chunk : chunk + CHUNK]
        contexts = text[here[:, None] + offsets]
        reach = rng.integers(1, window + 1, size=(len(here), 1))
        real = (contexts != GAP) & (np.abs(offsets) <= reach)
        drawn = _draw(noise, len(here) * negatives, rng).reshape(-1, negatives)
        others = np.concatenate([np.where(real, contexts, 0), drawn], axis=1)
        shared = np.repeat(real.sum(axis=1, keepdims=True), negatives, axis=1)
        pairs = np.concatenate([real, shared], axis=1).astype(np.float32)
        arrays = tuple(torch.from_numpy(array) for array in (text[here], others, pairs))
        for first in range(0, len(here), BATCH):
            done = (chunk + first) / len(places)
            yield done, tuple(array[first : first + BATCH] for array in arrays)


def _draw(
    noise: Float[np.ndarray, " n_words"], n: int, rng: np.random.Generator
) -> Int64[np.ndarray, " n"]:
    """Draw n words: how often each comes, then in which order. Faster than one at a time."""
    return rng.permutation(np.repeat(np.arange(len(noise)), rng.multinomial(n, noise)))


def _vocabulary(
    sentences: Sequence[Sequence[str]], min_count: int
) -> tuple[list[str], Float[np.ndarray, " n_words"]]:
    counts = Counter(word for sentence in sentences for word in sentence)
    kept = sorted(
        (word for word, count in counts.items() if count >= min_count),
        key=lambda word: (-counts[word], word),
    )
    if len(kept) < 2:
        raise EmbeddingError(
            problem(
                f"training needs at least 2 different words that occur {min_count} times or more",
                f"{len(kept)} among {len(counts)} different words",
                "more text or a smaller min_count; sentences are lists of words, not strings",
            )
        )
    return kept, np.array([counts[word] for word in kept], dtype=np.float64)


def _number(
    sentences: Sequence[Sequence[str]], words: list[str], window: int
) -> Int64[np.ndarray, " n_places"]:
    """Write all sentences as one row of word numbers, with a gap around each."""
    number = {word: i for i, word in enumerate(words)}
    gap = [GAP] * window
    row = list(gap)
    for sentence in sentences:
        row.extend(number[word] for word in sentence if word in number)
        row.extend(gap)
    return np.array(row, dtype=np.int64)


def _keep_probabilities(
    counts: Float[np.ndarray, " n_words"], subsample: float | None
) -> Float[np.ndarray, " n_words"]:
    if subsample is None:
        return np.ones_like(counts)
    return np.minimum(1.0, np.sqrt(subsample / (counts / counts.sum())))


def _check_settings(**settings: float) -> None:
    for name, value in settings.items():
        if not value > 0:
            raise EmbeddingError(problem(f"{name} is above 0", f"{name}={value}", f"{name}=1"))
