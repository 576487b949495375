"""2.4a, shuffle the ids: `relabel`."""

import numpy as np

from minigpt.exercises.chapter_02.hints import SHUFFLE
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def relabel(ids, table, new_id):
    return new_id[ids], table[np.argsort(new_id)]


def overwritten(ids, table, new_id):
    for i in range(len(table)):
        table[new_id[i]] = table[i]
    return new_id[ids], table


def one_after_another(ids, table, new_id):
    labels = ids.copy()
    for old, new in enumerate(new_id):
        labels[labels == old] = new
    return labels, table[np.argsort(new_id)]


def looked_up(ids, table, new_id):
    back = np.argsort(new_id)
    return table[ids], table[back]


SLIPS = (
    Slip(
        "rows read instead of put",
        lambda ids, table, new_id: (new_id[ids], table[new_id]),
        "The IDs are right. The rows went the other way: reading row `new_id[i]` into place i is "
        "not putting row i in place `new_id[i]`, unless all labels trade places in pairs.",
    ),
    Slip(
        "ids turned back",
        lambda ids, table, new_id: (np.argsort(new_id)[ids], table[np.argsort(new_id)]),
        "The table is right, and the IDs went the other way: they have got the old label of their "
        "new one.",
    ),
    Slip(
        "both turned back",
        lambda ids, table, new_id: (np.argsort(new_id)[ids], table[new_id]),
        "Ids and table fit each other, but by the labels that undo the ones you were given. "
        "`new_id[i]` is the new label of token i.",
    ),
    Slip(
        "the table left",
        lambda ids, table, new_id: (new_id[ids], table),
        "The tokens have new labels and the table has not heard of it: every token now receives "
        "somebody else's vector.",
    ),
    Slip(
        "the ids left",
        lambda ids, table, new_id: (ids, table[np.argsort(new_id)]),
        "The table has been reordered, and the text still asks by the old labels.",
    ),
    Slip(
        "nothing moved",
        lambda ids, table, new_id: (ids, table),
        "Nothing has changed its place. That gives the right vectors, but not under the new "
        "labels.",
    ),
    Slip(
        "overwritten on the way",
        overwritten,
        "It fills the table that it is still reading from: a row that has been overwritten is "
        "lost. Put the rows into an empty one.",
    ),
    Slip(
        "one after another",
        one_after_another,
        "The labels are changed one after another, in the IDs that are still being read: some "
        "tokens get a new label twice.",
    ),
    Slip(
        "the vectors",
        looked_up,
        "The first value holds the vectors of the text. Its IDs are wanted, under the new labels.",
    ),
    Slip(
        "the table first",
        lambda ids, table, new_id: relabel(ids, table, new_id)[::-1],
        "The table came first. Return the ids, and then the table.",
    ),
)


def by_putting(ids, table, new_id):
    moved = np.empty_like(table)
    moved[new_id] = table
    return new_id[ids], moved


def by_loops(ids, table, new_id):
    rows = {int(new): table[old] for old, new in enumerate(new_id)}
    return [[new_id[i] for i in row] for row in ids], [rows[new] for new in sorted(rows)]


def by_one_hot(ids, table, new_id):
    P = np.eye(len(new_id))[new_id]  # row i has its 1 at the new label of token i
    return (P[ids] @ np.arange(len(new_id))).astype(int), P.T @ table


def by_torch(ids, table, new_id):
    import torch

    labels = torch.from_numpy(new_id)
    return labels[torch.from_numpy(ids)], torch.from_numpy(table)[labels.argsort()]


RIGHT = (
    Variant("putting", by_putting),
    Variant("loops and a dictionary", by_loops),
    Variant("a permutation matrix", by_one_hot),
    Variant("torch", by_torch),
)


def shuffled(seed, B, T, vocab_size, d_model):
    """A text, a table, and labels among which no token keeps its own or trades it in a pair."""
    draws = np.random.default_rng(seed)
    circle = draws.permutation(vocab_size)
    new_id = np.empty(vocab_size, dtype=int)
    new_id[circle] = np.roll(circle, 1)
    ids = draws.integers(vocab_size, size=(B, T))
    table = draws.normal(size=(vocab_size, d_model))
    return Case((ids, table, new_id), ("B T", "vocab_size d_model", "vocab_size"))


EXERCISE = Exercise(
    id="2.4a",
    title="Shuffle the IDs",
    name="relabel",
    minutes=30,
    difficulty="An evening's thought",
    reference=relabel,
    returns=("ids", "table"),
    cases=(shuffled(2, 2, 5, 7, 3), shuffled(4, 3, 6, 5, 4)),
    slips=SLIPS,
    right=RIGHT,
    hints=SHUFFLE,
    notice="`table[ids]` is what it was, number for number. The model behind the table never saw a "
    "label.",
)
