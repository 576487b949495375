"""9.1b, split and merge: `merge_heads`."""

import numpy as np

from minigpt.exercises.chapter_09.hints import SPLIT_AND_MERGE
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def merge_heads(heads):
    B, n_heads, T, d_head = heads.shape
    return heads.swapaxes(1, 2).reshape(B, T, n_heads * d_head)


def flat(array, words):
    return array.reshape(len(array), words, -1)


def one_sentence(heads):
    n_heads, T, d_head = heads.shape
    return heads.swapaxes(0, 1).reshape(T, n_heads * d_head)


SLIPS = (
    Slip(
        "reshape alone",
        lambda heads: flat(heads, heads.shape[2]),
        "The shape is right and the numbers are in the wrong places: word 0 has got what head 0 "
        "says of several words. It should have what every head says of word 0.",
    ),
    Slip(
        "every n-th number",
        lambda heads: flat(heads.transpose(0, 2, 3, 1), heads.shape[2]),
        "The heads are shuffled into one another like cards. Each head's numbers should stay "
        "side by side.",
    ),
    Slip(
        "the wrong pair exchanged",
        lambda heads: flat(heads.swapaxes(2, 3), heads.shape[2]),
        "Two axes change places before the `reshape`, but not those two. Which two should be "
        "neighbours when they are made into one?",
    ),
    Slip(
        "not joined",
        lambda heads: heads.swapaxes(1, 2),
        "The words are back in their place, but their slices are still apart.",
    ),
    Slip(
        "added up",
        lambda heads: heads.sum(axis=1),
        "The heads are added up. They should stand side by side, so that none of them is lost.",
    ),
    Slip(
        "averaged",
        lambda heads: heads.mean(axis=1),
        "The heads are averaged. They should stand side by side, so that none of them is lost.",
    ),
    Slip(
        "heads below one another",
        lambda heads: np.concatenate([heads[:, h] for h in range(heads.shape[1])], axis=1),
        "The heads are laid below one another, so there are `n_heads` times as many words. "
        "Along which axis do slices of one word belong?",
    ),
    Slip(
        "the texts side by side",
        lambda heads: np.concatenate(list(heads), axis=-1),
        "Going through the first axis gives the texts of the batch, and those are now side by "
        "side. Which axis is that of the heads?",
    ),
    Slip(
        "texts joined",
        lambda heads: heads.swapaxes(1, 2).reshape(len(heads) * heads.shape[2], -1),
        "The words of all texts have come into one long list. The first axis should stay.",
    ),
    Slip(
        "one sentence only",
        one_sentence,
        "There are four axes: the batch, the heads, the words, and a head's numbers.",
    ),
    Slip(
        "transpose as in PyTorch",
        lambda heads: flat(heads.transpose(1, 2), heads.shape[2]),
        "PyTorch's `transpose` exchanges two axes. NumPy's wants all of them, in their new order.",
    ),
    Slip(
        "words and heads mistaken",
        lambda heads: flat(heads.swapaxes(1, 2), heads.shape[1]),
        "As many rows came as there are heads. In what comes in, axis 1 is that of the heads and "
        "axis 2 that of the words.",
    ),
    Slip(
        "widths added",
        lambda heads: heads.swapaxes(1, 2).reshape(
            len(heads), heads.shape[2], heads.shape[1] + heads.shape[3]
        ),
        "Some heads side by side are as wide as one of them, times how many there are. "
        "You added the two.",
    ),
    Slip(
        "last head first",
        lambda heads: flat(heads[:, ::-1].swapaxes(1, 2), heads.shape[2]),
        "The heads stand in the reverse order. Head 0 comes first.",
    ),
)


def by_loops(heads):
    B, n_heads, T, _ = heads.shape
    return [
        [np.concatenate([heads[b, h, t] for h in range(n_heads)]) for t in range(T)]
        for b in range(B)
    ]


def by_torch(heads):
    import torch

    return torch.tensor(heads).transpose(1, 2).flatten(2)


RIGHT = (
    Variant("loops", by_loops),
    Variant("np.concatenate", lambda heads: np.concatenate(list(heads.swapaxes(0, 1)), axis=-1)),
    Variant("np.dstack", lambda heads: np.dstack([heads[:, h] for h in range(heads.shape[1])])),
    Variant("torch", by_torch),
)


def batch(B, n_heads, T, d_head, seed):
    heads = np.random.default_rng(seed).normal(size=(B, n_heads, T, d_head))
    return Case((heads,), ("B n_heads T d_head",))


EXERCISE = Exercise(
    id="9.1b",
    title="Split and merge",
    name="merge_heads",
    minutes=15,
    difficulty="Within reach",
    reference=merge_heads,
    returns=("merged",),
    cases=(batch(2, 3, 5, 4, 9), batch(3, 5, 7, 2, 10)),
    slips=SLIPS,
    right=RIGHT,
    hints=SPLIT_AND_MERGE,
    notice="the moves of the split, undone in the reverse order, as one takes off shoes and socks.",
)
