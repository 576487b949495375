"""9.2a, the scrambled heads: `unscramble`."""

import numpy as np

from minigpt.exercises.chapter_09.hints import SCRAMBLED
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def unscramble(merged, n_heads):
    B, T, d_model = merged.shape
    heads = merged.reshape(B, n_heads, T, d_model // n_heads)
    return heads.swapaxes(1, 2).reshape(B, T, d_model)


def through(merged, *shape, axes=(0, 2, 1, 3)):
    """By way of another shape, and of axes in another order."""
    B, T, d_model = merged.shape
    return merged.reshape(B, *shape).transpose(axes).reshape(B, T, d_model)


def before(merged, n_heads):
    """The heads, as they were before the wrong merge."""
    B, T, _ = merged.shape
    return merged.reshape(B, n_heads, T, -1)


SLIPS = (
    Slip(
        "scrambled again",
        lambda merged, n_heads: through(merged, merged.shape[1], n_heads, -1),
        "This is scrambled twice over: it does once more what went wrong before. "
        "What shape had the numbers right before the wrong step?",
    ),
    Slip(
        "nothing moved",
        lambda merged, n_heads: merged.copy(),
        "All numbers are where they were. A split and its own merge undo each other, and so do "
        "two of `reshape`.",
    ),
    Slip(
        "not merged",
        before,
        "Those are the heads, and they are right again. Now merge them, this time well.",
    ),
    Slip(
        "not joined",
        lambda merged, n_heads: before(merged, n_heads).swapaxes(1, 2),
        "Every number has found its word, but the slices of a word are still apart.",
    ),
    Slip(
        "widths exchanged",
        lambda merged, n_heads: through(merged, n_heads, merged.shape[1], -1, axes=(0, 1, 3, 2)),
        "The heads are found, and then words and widths change places. Which two axes should?",
    ),
    Slip(
        "shuffled into one another",
        lambda merged, n_heads: through(merged, n_heads, merged.shape[1], -1, axes=(0, 2, 3, 1)),
        "Every word has its numbers, but the heads are shuffled into one another. "
        "Each head's should be side by side.",
    ),
    Slip(
        "the number for the width",
        lambda merged, n_heads: through(merged, -1, merged.shape[1], n_heads),
        "You take the heads to be `n_heads` numbers wide. `n_heads` says how many there are.",
    ),
    Slip(
        "turned on its side",
        lambda merged, n_heads: through(merged, merged.shape[1], -1, axes=(0, 2, 1)),
        "Numbers of a head that stood side by side are torn apart. The wrong merge kept each "
        "head's numbers for a word together.",
    ),
)


def by_slices(merged, n_heads):
    return [np.hstack(np.split(text.reshape(-1, merged.shape[2] // n_heads), n_heads))
            for text in merged]  # fmt: skip


def by_torch(merged, n_heads):
    import torch

    return torch.tensor(merged).view(before(merged, n_heads).shape).transpose(1, 2).flatten(2)


def by_places(merged, n_heads):
    places = np.arange(merged[0].size).reshape(n_heads, merged.shape[1], -1)
    right = np.concatenate(list(places), axis=1)
    return merged.reshape(len(merged), -1)[:, right]


RIGHT = (
    Variant("slices below one another", by_slices),
    Variant("places first", by_places),
    Variant("torch", by_torch),
)


def scrambled(B, T, n_heads, d_head, seed):
    heads = np.random.default_rng(seed).normal(size=(B, n_heads, T, d_head))
    return Case((heads.reshape(B, T, n_heads * d_head), n_heads), ("B T d_model", None))


EXERCISE = Exercise(
    id="9.2a",
    title="The scrambled heads",
    name="unscramble",
    minutes=25,
    difficulty="Middling",
    reference=unscramble,
    returns=("mended",),
    cases=(scrambled(2, 5, 3, 4, 9), scrambled(3, 7, 5, 2, 10)),
    slips=SLIPS,
    right=RIGHT,
    hints=SCRAMBLED,
    notice="no number was lost, so the mistake can be undone; what was *trained* on it cannot.",
)
