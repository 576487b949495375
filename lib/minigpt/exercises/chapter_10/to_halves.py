"""10.4, mend the weights: `to_halves`."""

import numpy as np

from minigpt.exercises.chapter_10.hints import MEND
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def to_halves(w, n_heads):
    d_model, width = w.shape
    pairs = w.reshape(d_model, n_heads, width // n_heads // 2, 2)
    return np.swapaxes(pairs, 2, 3).reshape(d_model, width)


def the_way_back(w, n_heads):
    d_model, width = w.shape
    pairs = w.reshape(d_model, n_heads, 2, width // n_heads // 2)
    return np.swapaxes(pairs, 2, 3).reshape(d_model, width)


def across_heads(w, n_heads):
    return np.concatenate([w[:, 0::2], w[:, 1::2]], axis=1)


def of_rows(w, n_heads):
    order = to_halves(np.arange(w.shape[1])[None], n_heads)[0]
    return (
        w[order[order < len(w)]] if len(w) < w.shape[1] else np.vstack([w[order], w[len(order) :]])
    )


def backwards(w, n_heads):
    d_model, width = w.shape
    pairs = w.reshape(d_model, n_heads, width // n_heads // 2, 2)
    return np.swapaxes(pairs[..., ::-1], 2, 3).reshape(d_model, width)


def head_axis_last(w, n_heads):
    d_model, width = w.shape
    pairs = w.reshape(d_model, width // n_heads // 2, 2, n_heads)
    return np.swapaxes(pairs, 1, 2).reshape(d_model, width)


def reshaped(w, n_heads):
    d_model, width = w.shape
    return w.reshape(d_model, n_heads, 2, width // n_heads // 2).reshape(d_model, width)


def in_order(w, n_heads, order):
    """The columns of each head in the order that `order` makes of its pairs, heads first."""
    pairs = np.swapaxes(w.reshape(len(w), n_heads, -1, 2), 2, 3)
    return order(pairs).reshape(w.shape)


def as_torch_stores_them(w, n_heads):
    d_model, width = w.shape
    pairs = w.reshape(n_heads, width // n_heads // 2, 2, d_model)
    return np.swapaxes(pairs, 1, 2).reshape(d_model, width)


def first_head_alone(w, n_heads):
    d_head = w.shape[1] // n_heads
    return np.hstack([to_halves(w[:, :d_head], 1), w[:, d_head:]])


def head_of_the_rows(w, n_heads):
    d_head = len(w) // n_heads
    heads = [w[:, head * d_head : (head + 1) * d_head] for head in range(n_heads)]
    return np.hstack([part for head in heads for part in (head[:, ::2], head[:, 1::2])])


def one_head_kept(w, n_heads):
    return to_halves(w[:, : w.shape[1] // n_heads], 1)


SLIPS = (
    Slip(
        "the way back",
        the_way_back,
        "That is the way back: it takes weights made for halves and makes them fit neighbours. "
        "With 2 or 4 numbers a head nobody would notice; try 6 on paper.",
    ),
    Slip(
        "across the heads",
        across_heads,
        "Even and odd columns are parted, but over the whole width: numbers have moved from one "
        "head to another. Where does a head begin and end?",
    ),
    Slip(
        "second before first",
        backwards,
        "The second number of each pair comes before the first. Then every pair is mirrored, "
        "and turns the other way.",
    ),
    Slip(
        "slowest pair first",
        lambda w, n_heads: in_order(w, n_heads, lambda pairs: pairs[..., ::-1]),
        "The pairs come in the opposite order, so that each turns at the speed of another.",
    ),
    Slip(
        "heads exchanged",
        lambda w, n_heads: in_order(w, n_heads, lambda pairs: pairs[:, ::-1]),
        "Within each head all is well, but the heads have changed places.",
    ),
    Slip(
        "as torch stores them",
        as_torch_stores_them,
        "It is cut up as if a *row* made a number of the query, as `torch.nn.Linear` stores its "
        "weights. In `x @ w` it is a column.",
    ),
    Slip(
        "the first head alone",
        first_head_alone,
        "Only the first head is mended.",
    ),
    Slip(
        "one head kept",
        one_head_kept,
        "One head is mended and the others are gone. How many columns has the whole matrix?",
    ),
    Slip(
        "a head's width from the rows",
        head_of_the_rows,
        "The width of a head is taken from the number of rows. That is the width of a word; what "
        "do all heads together have?",
    ),
    Slip(
        "reshape alone",
        reshaped,
        "Nothing has moved: two reshapes in a row only count the same numbers otherwise. "
        "What makes two axes change places?",
    ),
    Slip(
        "heads taken for the last axis",
        head_axis_last,
        "The columns are cut as if the heads alternated from column to column. Here they lie one "
        "after the other, `d_head` columns each.",
    ),
    Slip(
        "rows moved",
        of_rows,
        "The rows have been moved. A row of the matrix belongs to one number of the *word*; what "
        "belongs to one number of the query?",
    ),
)


def by_loops(w, n_heads):
    d_head, order = w.shape[1] // n_heads, []
    for head in range(n_heads):
        order += [head * d_head + c for c in range(0, d_head, 2)]
        order += [head * d_head + c for c in range(1, d_head, 2)]
    return w[:, order]


def by_a_matrix(w, n_heads):
    d_head = w.shape[1] // n_heads
    moves = np.zeros((d_head, d_head))
    for c in range(d_head):
        moves[c, c // 2 + (c % 2) * (d_head // 2)] = 1
    return w @ np.kron(np.eye(n_heads), moves)


def head_by_head(w, n_heads):
    heads = np.split(w, n_heads, axis=1)
    return np.hstack([part for head in heads for part in (head[:, ::2], head[:, 1::2])])


def by_torch(w, n_heads):
    import torch

    pairs = torch.tensor(w).unflatten(1, (n_heads, -1, 2))
    return pairs.transpose(2, 3).flatten(1)


RIGHT = (
    Variant("a list of columns", by_loops),
    Variant("a matrix that moves columns", by_a_matrix),
    Variant("head by head", head_by_head),
    Variant("torch", by_torch),
)


def one_case(seed, d_model, n_heads, d_head):
    w = np.random.default_rng(seed).normal(size=(d_model, n_heads * d_head))
    return Case((w, n_heads), ("d_model width", None))


EXERCISE = Exercise(
    id="10.4",
    title="Mend the weights",
    name="to_halves",
    minutes=40,
    difficulty="An evening's thought",
    reference=to_halves,
    returns=("mended",),
    cases=(one_case(7, 5, 2, 6), one_case(8, 7, 3, 8)),
    slips=SLIPS,
    right=RIGHT,
    hints=MEND,
    notice="no number was computed. Two published models may hold the same knowledge and differ by "
    "the order of their columns.",
)
