"""2.4b, shuffle the ids: `relabel_counts`."""

import numpy as np

from minigpt.exercises.chapter_02.hints import SHUFFLE
from minigpt.exercises.chapter_02.relabel import shuffled
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def relabel_counts(counts, new_id):
    back = np.argsort(new_id)
    return counts[back][:, back]


def put_in_a_copy(counts, new_id):
    moved = np.zeros_like(counts)
    moved[new_id][:, new_id] = counts
    return moved


def put_at_pairs(counts, new_id):
    moved = np.zeros_like(counts)
    moved[new_id, new_id] = counts
    return moved


SLIPS = (
    Slip(
        "rows only",
        lambda counts, new_id: counts[np.argsort(new_id)],
        "The rows have their new labels, and the columns still have the old ones. Both axes "
        "stand for tokens.",
    ),
    Slip(
        "columns only",
        lambda counts, new_id: counts[:, np.argsort(new_id)],
        "The columns have their new labels, and the rows still have the old ones. Both axes "
        "stand for tokens.",
    ),
    Slip(
        "read instead of put",
        lambda counts, new_id: counts[new_id][:, new_id],
        "Both axes went the other way: place i has got what stood at `new_id[i]`. A swap of two "
        "labels would not show it, a circle of three does.",
    ),
    Slip(
        "one axis each way",
        lambda counts, new_id: counts[np.argsort(new_id)][:, new_id],
        "One axis went one way and the other one the other way. The same labels belong to both.",
    ),
    Slip(
        "the columns read",
        lambda counts, new_id: counts[new_id][:, np.argsort(new_id)],
        "The columns are right, the rows went the other way. The same labels belong to both.",
    ),
    Slip(
        "both at once",
        lambda counts, new_id: counts[np.argsort(new_id), np.argsort(new_id)],
        "Two lists of indices in one pair of brackets are read as pairs: those are the counts of "
        "each token after itself. Take one axis, then the other.",
    ),
    Slip(
        "rows twice",
        lambda counts, new_id: counts[np.argsort(new_id)][np.argsort(new_id)],
        "The rows have moved twice, and the columns not at all. A second pair of brackets begins "
        "with the rows again.",
    ),
    Slip(
        "put in a copy",
        put_in_a_copy,
        "Nothing has been put anywhere. The first pair of brackets makes a copy, and what the "
        "second one puts goes into that.",
    ),
    Slip(
        "put at pairs",
        put_at_pairs,
        "Two lists of indices in one pair of brackets are read as pairs, and these are the places "
        "on the diagonal. A whole table has no room there.",
    ),
    Slip(
        "nothing moved",
        lambda counts, new_id: counts,
        "Nothing has changed its place.",
    ),
    Slip(
        "turned over",
        lambda counts, new_id: relabel_counts(counts, new_id).T,
        "Rows and columns have changed roles: the row was the token that comes first.",
    ),
    Slip(
        "sorted",
        lambda counts, new_id: np.sort(np.sort(counts, axis=0), axis=1),
        "The counts themselves have been sorted. Only the labels should move.",
    ),
)


def by_putting(counts, new_id):
    moved = np.empty_like(counts)
    moved[np.ix_(new_id, new_id)] = counts
    return moved


def by_loops(counts, new_id):
    moved = np.zeros(counts.shape)
    for i, row in enumerate(counts):
        for j, count in enumerate(row):
            moved[new_id[i], new_id[j]] = count
    return moved


def by_matrix(counts, new_id):
    P = np.eye(len(new_id))[np.argsort(new_id)]
    return P @ counts @ P.T


RIGHT = (
    Variant("putting", by_putting),
    Variant("loops", by_loops),
    Variant("permutation matrices", by_matrix),
)


def counted(seed, vocab_size):
    """A table of counts, lopsided, and labels that move in a circle."""
    new_id = shuffled(seed, 2, 3, vocab_size, 4).args[2]
    counts = np.random.default_rng(seed).integers(1, 99, size=(vocab_size, vocab_size))
    return Case((counts, new_id), ("vocab_size vocab_size", "vocab_size"))


EXERCISE = Exercise(
    id="2.4b",
    title="Shuffle the IDs",
    name="relabel_counts",
    minutes=30,
    difficulty="An evening's thought",
    reference=relabel_counts,
    returns=("counts",),
    cases=(counted(3, 5), counted(6, 7)),
    slips=SLIPS,
    right=RIGHT,
    hints=SHUFFLE,
    notice="everything that is indexed by a token moves with the labels: the table at the entrance, "
    "the scores at the exit, the counts, the tokenizer. Then nothing else has to.",
)
