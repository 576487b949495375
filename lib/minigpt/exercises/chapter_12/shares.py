"""12.3, who wrote most, first part: `shares`."""

import numpy as np

from minigpt.exercises.chapter_12.hints import LEDGER
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def shares(pieces):
    total = pieces.sum(axis=0)
    along = (pieces * total).sum(axis=-1)
    return along / (total * total).sum(axis=-1)


def length(x):
    return np.linalg.norm(x, axis=-1)


def along(pieces):
    return (pieces * pieces.sum(axis=0)).sum(axis=-1)


def of_lengths(pieces):
    return length(pieces) / length(pieces).sum(axis=0)


def of_squares(pieces):
    return length(pieces) ** 2 / (length(pieces) ** 2).sum(axis=0)


def cosines(pieces):
    total = pieces.sum(axis=0)
    return along(pieces) / length(pieces) / length(total)


def running(pieces):
    """Each line against the stream that it has just been added to."""
    sums = pieces.cumsum(axis=0)
    return (pieces * sums).sum(axis=-1) / (sums * sums).sum(axis=-1)


def softmax(scores):
    raised = np.exp(scores)
    return raised / raised.sum(axis=0)


SLIPS = (
    Slip(
        "of the lengths",
        of_lengths,
        "Those are shares of the lengths added up. Two lines that cancel each other would get large "
        "shares of a total to which they have added nothing.",
    ),
    Slip(
        "of the squared lengths",
        of_squares,
        "Those are shares of the squared lengths added up, which are the total's only where all "
        "lines stand at right angles. How far does each go *in the total's direction*?",
    ),
    Slip(
        "lengths against the total",
        lambda pieces: length(pieces) / length(pieces.sum(axis=0)),
        "Each line's length is divided by the total's. These do not sum to 1, and no line can have "
        "taken anything away.",
    ),
    Slip(
        "squares against the total",
        lambda pieces: (length(pieces) / length(pieces.sum(axis=0))) ** 2,
        "Each line's squared length is divided by the total's. A line across the total's direction "
        "gets a share of it, which it should not.",
    ),
    Slip(
        "cosines",
        cosines,
        "Those are cosines with the total: how well a line agrees with it, and not how much it "
        "brings.",
    ),
    Slip(
        "divided once",
        lambda pieces: along(pieces) / length(pieces.sum(axis=0)),
        "That is how far each line goes in the total's direction, a length. As shares they are to "
        "sum to 1.",
    ),
    Slip(
        "not divided",
        along,
        "Those are the products with the total. As shares they are to sum to 1.",
    ),
    Slip(
        "signs dropped",
        lambda pieces: np.abs(along(pieces)) / np.abs(along(pieces)).sum(axis=0),
        "The signs are gone. A line that points away from the total has taken something, and the "
        "others have had to make good for it.",
    ),
    Slip(
        "signs dropped at the end",
        lambda pieces: np.abs(shares(pieces)),
        "All is right but the signs, which are gone, so these no longer sum to 1. What does a line "
        "do that points away from the total?",
    ),
    Slip(
        "the last line for the total",
        lambda pieces: (pieces * pieces[-1]).sum(axis=-1) / (pieces[-1] ** 2).sum(axis=-1),
        "Each line is compared with the last one. A line is what was *added*; the final stream is "
        "what they add up to.",
    ),
    Slip(
        "one total for all words",
        lambda pieces: (
            (pieces * pieces.sum(axis=(0, 1))).sum(axis=-1) / (pieces.sum(axis=(0, 1)) ** 2).sum()
        ),
        "Lines and words are all added up into one total. Each word ends in a stream of its own.",
    ),
    Slip(
        "against the running sum",
        running,
        "Each line is held against the stream as it was at that moment. Here all are held against "
        "what there is in the end.",
    ),
    Slip(
        "against the word",
        lambda pieces: (pieces * pieces[0]).sum(axis=-1) / (pieces[0] ** 2).sum(axis=-1),
        "Each line is compared with the first one. It is the total's direction that counts.",
    ),
    Slip(
        "softmax",
        lambda pieces: softmax(along(pieces)),
        "The softmax makes shares of anything, and hides what it made them of. These sum to 1 "
        "without it.",
    ),
    Slip(
        "all words as one",
        lambda pieces: along(pieces) / (pieces.sum(axis=0) ** 2).sum(),
        "All words share one whole. Each word has a ledger of its own.",
    ),
    Slip(
        "words added up",
        lambda pieces: (
            (pieces * pieces.sum(axis=1, keepdims=True)).sum(axis=-1)
            / (pieces.sum(axis=1, keepdims=True) ** 2).sum(axis=-1)
        ),
        "You add up the words, where it is the lines that are to be added up.",
    ),
    Slip(
        "the mean",
        lambda pieces: (
            (pieces * pieces.mean(axis=0)).sum(axis=-1) / (pieces.mean(axis=0) ** 2).sum(axis=-1)
        ),
        "The total is a mean of the lines, so the shares sum to how many lines there are.",
    ),
    Slip(
        "words first",
        lambda pieces: shares(pieces).T,
        "The shares are right, and lie on their side: a row for each line is wanted, a column for "
        "each word.",
    ),
    Slip(
        "number by number",
        lambda pieces: pieces / pieces.sum(axis=0),
        "Every number of the stream is shared out by itself. One share for each line and word is "
        "wanted.",
    ),
    Slip(
        "PyTorch's dim",
        lambda pieces: pieces / pieces.sum(dim=0),
        "`dim` is PyTorch's name, and what comes in is NumPy's. There it is called `axis`.",
    ),
)


def by_loops(pieces):
    n, T, _ = pieces.shape
    out = np.empty((n, T))
    for t in range(T):
        total = sum(pieces[i, t] for i in range(n))
        for i in range(n):
            out[i, t] = pieces[i, t] @ total / (total @ total)
    return out


def by_torch(pieces):
    import torch

    pieces = torch.tensor(pieces)
    total = pieces.sum(0)
    return torch.einsum("ntd,td->nt", pieces, total / total.square().sum(-1, keepdim=True))


def by_tables(pieces):
    gram = np.einsum("ntd,mtd->nmt", pieces, pieces)
    return gram.sum(axis=1) / gram.sum(axis=(0, 1))


def by_directions(pieces):
    total = pieces.sum(axis=0)
    size = np.linalg.norm(total, axis=-1, keepdims=True)
    return [(piece * total / size**2).sum(axis=-1) for piece in pieces]


RIGHT = (
    Variant("loops", by_loops),
    Variant("torch", by_torch),
    Variant("all products of two", by_tables),
    Variant("by directions", by_directions),
)

rng = np.random.default_rng(123)


def lines(n, T, d_model):
    return Case((rng.normal(size=(n, T, d_model)) + 0.2,), ("n T d_model",))


EXERCISE = Exercise(
    id="12.3a",
    title="Who wrote it?",
    name="shares",
    minutes=35,
    difficulty="Middling",
    reference=shares,
    returns=("share",),
    cases=(lines(4, 3, 7), lines(3, 5, 4)),
    slips=SLIPS,
    right=RIGHT,
    hints=LEDGER,
    notice="shares may be negative, and above 1; what they cannot do is fail to sum to 1.",
)
