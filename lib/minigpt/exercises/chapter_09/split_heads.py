"""9.1a, split and merge: `split_heads`."""

import numpy as np

from minigpt.exercises.chapter_09.hints import SPLIT_AND_MERGE
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def split_heads(x, n_heads):
    B, T, d_model = x.shape
    return x.reshape(B, T, n_heads, d_model // n_heads).swapaxes(1, 2)


def cut(x, n_heads):
    """Shape (B, T, n_heads, d_head): the axis is cut, nothing has moved."""
    return x.reshape(*x.shape[:2], n_heads, -1)


def one_sentence(x, n_heads):
    T, d_model = x.shape
    return x.reshape(T, n_heads, d_model // n_heads).swapaxes(0, 1)


def a_float(x, n_heads):
    B, T, d_model = x.shape
    return x.reshape(B, T, n_heads, d_model / n_heads).swapaxes(1, 2)


SLIPS = (
    Slip(
        "reshape alone",
        lambda x, n_heads: x.reshape(len(x), n_heads, x.shape[1], -1),
        "The shape is right and the numbers are in the wrong places: a head has got all numbers "
        "of some words, where it should have some numbers of all words. What moves numbers?",
    ),
    Slip(
        "never swapped",
        cut,
        "Each word's slices still stand together, so words and heads are in the wrong order: "
        "attention would take the heads for words.",
    ),
    Slip(
        "every n-th number",
        lambda x, n_heads: x.reshape(*x.shape[:2], -1, n_heads).transpose(0, 3, 1, 2),
        "Head 0 gets every `n_heads`-th number of a word. It should get the first ones, side "
        "by side.",
    ),
    Slip(
        "the number for the width",
        lambda x, n_heads: x.reshape(*x.shape[:2], -1, n_heads).swapaxes(1, 2),
        "Your heads are `n_heads` numbers wide. `n_heads` says how many there are.",
    ),
    Slip(
        "widths and heads exchanged",
        lambda x, n_heads: cut(x, n_heads).swapaxes(2, 3),
        "Two axes changed places, but not those two: the words stay where they were.",
    ),
    Slip(
        "words last",
        lambda x, n_heads: cut(x, n_heads).transpose(0, 2, 3, 1),
        "The heads are in front, but each lies on its side. In every head the words are rows.",
    ),
    Slip(
        "heads before the batch",
        lambda x, n_heads: np.moveaxis(cut(x, n_heads), 2, 0),
        "The heads stand before the batch. Each head is right; the first axis should be that of "
        "the texts.",
    ),
    Slip(
        "batch and words exchanged",
        lambda x, n_heads: cut(x, n_heads).swapaxes(0, 1),
        "The texts of the batch and the words have changed places. With an axis in front, every "
        "axis has a number more than in the chapter.",
    ),
    Slip(
        "turned all round",
        lambda x, n_heads: cut(x, n_heads).T,
        "`.T` turns round all axes. Two should change places, and no others.",
    ),
    Slip(
        "one sentence only",
        one_sentence,
        "There are three axes: the batch, the words, and their numbers.",
    ),
    Slip(
        "a width that is no whole number",
        a_float,
        "A division with `/` is a decimal number even when nothing is left over, and no axis "
        "is 4.0 long.",
    ),
    Slip(
        "transpose as in PyTorch",
        lambda x, n_heads: cut(x, n_heads).transpose(1, 2),
        "PyTorch's `transpose` exchanges two axes. NumPy's wants all of them, in their new order.",
    ),
    Slip(
        "view as in PyTorch",
        lambda x, n_heads: x.view(*x.shape[:2], n_heads, -1),
        "These are NumPy's arrays, and their `view` is something else than PyTorch's. "
        "What is its name here?",
    ),
    Slip(
        "words cut",
        lambda x, n_heads: np.stack(np.split(x, n_heads, axis=1), axis=1),
        "You cut the words into groups, one for each head. What should be cut is what each word "
        "has.",
    ),
    Slip(
        "the whole width for all",
        lambda x, n_heads: np.repeat(x[:, None], n_heads, axis=1),
        "Every head gets all numbers of every word. Each should get a slice of its own.",
    ),
)


def by_slices(x, n_heads):
    d_head = x.shape[-1] // n_heads
    return [[text[:, h * d_head : (h + 1) * d_head] for h in range(n_heads)] for text in x]


def by_torch(x, n_heads):
    import torch

    return torch.tensor(x).unflatten(-1, (n_heads, -1)).transpose(1, 2)


def by_letters(x, n_heads):
    return np.einsum("bthd->bhtd", cut(x, n_heads))


RIGHT = (
    Variant("slices, as lists", by_slices),
    Variant("np.split", lambda x, n_heads: np.stack(np.split(x, n_heads, axis=-1), axis=1)),
    Variant("einsum", by_letters),
    Variant("torch", by_torch),
)


def batch(B, T, n_heads, d_head, seed):
    x = np.random.default_rng(seed).normal(size=(B, T, n_heads * d_head))
    return Case((x, n_heads), ("B T d_model", None))


EXERCISE = Exercise(
    id="9.1a",
    title="Split and merge",
    name="split_heads",
    minutes=15,
    difficulty="Within reach",
    reference=split_heads,
    returns=("heads",),
    cases=(batch(2, 5, 3, 4, 9), batch(3, 7, 5, 2, 10)),
    slips=SLIPS,
    right=RIGHT,
    hints=SPLIT_AND_MERGE,
    notice="one `reshape` and one `swapaxes`: the first moves nothing, the second moves nearly all.",
)
