"""3.1b, lookup is a matmul: `table_gradient`."""

import warnings

import numpy as np

from minigpt.exercises.chapter_03.hints import LOOKUP
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant

rng = np.random.default_rng(3)


def table_gradient(ids, d_x, vocab_size):
    d_table = np.zeros((vocab_size, d_x.shape[-1]))
    for place in np.ndindex(ids.shape):
        d_table[ids[place]] += d_x[place]
    return d_table


def ones(ids, vocab_size):
    return np.eye(vocab_size)[ids]


def last_wins(ids, d_x, vocab_size):
    d_table = np.zeros((vocab_size, d_x.shape[-1]))
    d_table[ids] += d_x
    return d_table


def averaged(ids, d_x, vocab_size):
    times = np.maximum(ones(ids, vocab_size).reshape(-1, vocab_size).sum(axis=0), 1)
    return table_gradient(ids, d_x, vocab_size) / times[:, None]


def sentence_by_sentence(ids, d_x, vocab_size):
    if ids.ndim == 1:
        return table_gradient(ids, d_x, vocab_size)
    return np.stack([table_gradient(*pair, vocab_size) for pair in zip(ids, d_x, strict=True)])


def by_zip(ids, d_x, vocab_size):
    d_table = np.zeros((vocab_size, d_x.shape[-1]))
    for i, d_row in zip(ids, d_x, strict=True):
        d_table[i] += d_row
    return d_table


def mean_of_its_places(ids, d_x, vocab_size):
    with np.errstate(invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.array([d_x[ids == word].mean(axis=0) for word in range(vocab_size)])


def at_the_place(ids, d_x, vocab_size):
    d_table = np.zeros((vocab_size, d_x.shape[-1]))
    for place in np.ndindex(ids.shape):
        d_table[place] += d_x[place]
    return d_table


def first_one_stays(ids, d_x, vocab_size):
    d_table = np.zeros((vocab_size, d_x.shape[-1]))
    for word in np.unique(ids):
        d_table[word] = d_x[ids == word][0]
    return d_table


def second_size(ids, d_x, vocab_size):
    d_table = np.zeros((vocab_size, d_x.shape[1]))
    np.add.at(d_table, ids, d_x)
    return d_table


def once_a_sentence(ids, d_x, vocab_size):
    if ids.ndim == 1:
        return last_wins(ids, d_x, vocab_size)
    return sum(last_wins(*pair, vocab_size) for pair in zip(ids, d_x, strict=True))


SLIPS = (
    Slip(
        "the last one wins",
        last_wins,
        "A word that occurs twice has received once: with `ids` as the index, `=` and `+=` write "
        "each row a single time. Both places moved the same row of the table.",
    ),
    Slip(
        "once a sentence",
        once_a_sentence,
        "Within a sentence a word that occurs twice receives once. Sentences are added up; "
        "places in a sentence should be, too.",
    ),
    Slip(
        "one sentence only",
        by_zip,
        "One sentence passes, a batch does not: a loop over `ids` hands out whole "
        "sentences there, and one that has a word twice still writes its row once.",
    ),
    Slip(
        "the product of one sentence",
        lambda ids, d_x, vocab_size: ones(ids, vocab_size).T @ d_x,
        "One sentence passes, a batch stops: `.T` turns round all axes. All sentences share the "
        "one table: what becomes of the axis of the batch?",
    ),
    Slip(
        "a table a sentence",
        sentence_by_sentence,
        "A batch gets a table for each sentence. There is only one table, and all sentences move "
        "it.",
    ),
    Slip(
        "averaged",
        averaged,
        "A word's gradients are averaged over its places. A change of its row is felt at each "
        "place: do the effects average, or add?",
    ),
    Slip(
        "the mean of its places",
        mean_of_its_places,
        "Of a word that does not occur there is no mean; of one that occurs twice it is too "
        "small. Do the effects of its places average, or add?",
    ),
    Slip(
        "divided by all",
        lambda ids, d_x, vocab_size: table_gradient(ids, d_x, vocab_size) / ids.size,
        "All of it is too small by the number of places. Whether the loss is a mean has been seen "
        "to in `d_x`.",
    ),
    Slip(
        "the first one stays",
        first_one_stays,
        "A word that occurs twice has received what its first place brings. The others moved the "
        "same row of the table.",
    ),
    Slip(
        "by places",
        at_the_place,
        "What place 0 brings was added to row 0, and so on. Which row of the table was looked up "
        "at a place?",
    ),
    Slip(
        "words among the places",
        lambda ids, d_x, vocab_size: d_x[ids],
        "An id was used to find a row of `d_x`, or of something as long; but there the rows are "
        "places of the sentence. What has a row for every word of the vocabulary?",
    ),
    Slip(
        "the second size",
        second_size,
        "One sentence passes, a batch stops: the width of a row is the *last* size of `d_x`, and "
        "with a batch that is no longer the second.",
    ),
    Slip(
        "downhill",
        lambda ids, d_x, vocab_size: -table_gradient(ids, d_x, vocab_size),
        "The sign is that of a step downhill. Here the gradient itself is wanted.",
    ),
    Slip(
        "looked up again",
        lambda ids, d_x, vocab_size: ones(ids, vocab_size) @ table_gradient(ids, d_x, vocab_size),
        "That has a row for each word of the sentence. The gradient of the table has the shape "
        "of the table.",
    ),
    Slip(
        "turned round",
        lambda ids, d_x, vocab_size: table_gradient(ids, d_x, vocab_size).T,
        "The numbers are right and lie on their side: a row of the table is a word.",
    ),
    Slip(
        "only as far as the largest id",
        lambda ids, d_x, vocab_size: table_gradient(ids, d_x, ids.max() + 1),
        "It has as many rows as the largest id here asks for. Words that do not occur have a "
        "gradient, too: which?",
    ),
    Slip(
        "how often, not how much",
        lambda ids, d_x, vocab_size: np.tile(
            ones(ids, vocab_size).reshape(-1, vocab_size).sum(axis=0)[:, None], d_x.shape[-1]
        ),
        "That counts how often each word occurs. What does each occurrence bring along?",
    ),
)


def added_at(ids, d_x, vocab_size):
    d_table = np.zeros((vocab_size, d_x.shape[-1]))
    np.add.at(d_table, ids, d_x)
    return d_table


def by_letters(ids, d_x, vocab_size):
    flat = d_x.reshape(-1, d_x.shape[-1])
    return np.einsum("nv,nd->vd", ones(ids.ravel(), vocab_size), flat)


def by_columns(ids, d_x, vocab_size):
    flat = d_x.reshape(-1, d_x.shape[-1])
    return np.transpose([np.bincount(ids.ravel(), column, vocab_size) for column in flat.T])


def by_torch(ids, d_x, vocab_size):
    import torch

    table = torch.zeros(vocab_size, d_x.shape[-1], requires_grad=True, dtype=torch.float64)
    torch.nn.functional.embedding(torch.tensor(ids), table).backward(torch.tensor(d_x))
    return table.grad


RIGHT = (
    Variant("np.add.at", added_at),
    Variant("einsum with one-hot rows", by_letters),
    Variant("bincount, column by column", by_columns),
    Variant("torch's backward", by_torch),
)

EXERCISE = Exercise(
    id="3.1b",
    title="Lookup is a matmul",
    name="table_gradient",
    minutes=20,
    difficulty="Within reach",
    reference=table_gradient,
    returns=("d_table",),
    cases=(
        Case((np.array([4, 0, 4, 1]), rng.normal(size=(4, 3)), 6), ("T", "T d_model", None)),
        Case(
            (np.array([[1, 0, 3, 1], [3, 3, 2, 3]]), rng.normal(size=(2, 4, 5)), 7),
            ("B T", "B T d_model", None),
        ),
        Case(
            (
                np.array([[5, 2, 0, 5], [1, 1, 5, 3], [7, 7, 7, 0]]),
                rng.normal(size=(3, 4, 2)),
                9,
            ),
            ("B T", "B T d_model", None),
        ),
    ),
    slips=SLIPS,
    right=RIGHT,
    hints=LOOKUP,
    notice="words that do not occur have a gradient of zero: a step of training moves few rows of "
    "a large table.",
)
