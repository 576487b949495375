"""9.2b, the scrambled heads: `regroup`."""

import numpy as np

from minigpt.exercises.chapter_09.hints import SCRAMBLED
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def regroup(w, n_heads):
    d_model, width = w.shape
    columns = w.reshape(d_model, width // n_heads, n_heads)
    return columns.swapaxes(1, 2).reshape(d_model, width)


SLIPS = (
    Slip(
        "the other way",
        lambda w, n_heads: w.reshape(len(w), n_heads, -1).swapaxes(1, 2).reshape(w.shape),
        "This goes the other way: it would make every `n_heads`-th column out of neighbours. "
        "Which columns did head 0 use in training, and where does it look for them now?",
    ),
    Slip(
        "nothing moved",
        lambda w, n_heads: w.reshape(len(w), -1, n_heads).reshape(w.shape),
        "No column has moved. A `reshape` and another one undo each other.",
    ),
    Slip(
        "the rows",
        lambda w, n_heads: np.concatenate([w[h::n_heads] for h in range(n_heads)]),
        "The rows are regrouped. A row belongs to a number of the word that comes in; what goes "
        "to a head is made by the columns.",
    ),
    Slip(
        "heads in reverse",
        lambda w, n_heads: np.hstack([w[:, h::n_heads] for h in reversed(range(n_heads))]),
        "Each head has its columns, but the heads stand in the reverse order, and so would what "
        "`w_o` gets.",
    ),
    Slip(
        "one head only",
        lambda w, n_heads: w[:, ::n_heads],
        "Those are the columns of head 0. The others need theirs, too.",
    ),
    Slip(
        "not joined",
        lambda w, n_heads: w.reshape(len(w), -1, n_heads).swapaxes(1, 2),
        "The columns are sorted by heads, but there are three axes now. A matrix is wanted, of "
        "the shape that came.",
    ),
    Slip(
        "rows mixed in",
        lambda w, n_heads: w.reshape(-1, n_heads).T.reshape(w.shape),
        "Numbers have gone from one row into another. Only the columns change places, the same "
        "way in every row.",
    ),
    Slip(
        "turned on its side",
        lambda w, n_heads: w.reshape(len(w), -1, n_heads).T.reshape(w.shape),
        "`.T` turned all three axes round, and rows went with the columns.",
    ),
)


def by_order(w, n_heads):
    order = sorted(range(w.shape[1]), key=lambda column: column % n_heads)
    return w[:, order]


def by_torch(w, n_heads):
    import torch

    return torch.tensor(w).unflatten(1, (-1, n_heads)).transpose(1, 2).flatten(1)


RIGHT = (
    Variant("every n-th column", lambda w, n: np.hstack([w[:, h::n] for h in range(n)])),
    Variant("sorted by head", by_order),
    Variant("torch", by_torch),
)


def matrix(d_model, n_heads, d_head, seed):
    w = np.random.default_rng(seed).normal(size=(d_model, n_heads * d_head))
    return Case((w, n_heads), ("d_model d_inner", None))


EXERCISE = Exercise(
    id="9.2b",
    title="The scrambled heads",
    name="regroup",
    minutes=25,
    difficulty="Middling",
    reference=regroup,
    returns=("w",),
    cases=(matrix(7, 3, 4, 9), matrix(6, 5, 2, 10)),
    slips=SLIPS,
    right=RIGHT,
    hints=SCRAMBLED,
    notice="sorted columns, the same numbers: which order is right depends on who will read them.",
)
