"""12.4, rid of LayerNorm, second part: `centre`."""

import numpy as np

from minigpt.exercises.chapter_12.hints import FOLDING
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def centre(w, b):
    return w - w.mean(axis=1)[:, None], b - b.mean()


def answer(matrix=lambda w: w - w.mean(axis=1, keepdims=True), shift=lambda b: b - b.mean()):
    return lambda w, b: (matrix(w), shift(b))


def standard(x):
    return (x - x.mean(axis=-1, keepdims=True)) / x.std(axis=-1, keepdims=True)


SLIPS = (
    Slip(
        "the columns' means",
        answer(lambda w: w - w.mean(axis=0)),
        "Each column's mean is taken out, so each number that comes out is centred over what comes "
        "in. What is to have mean 0 is one word that comes out: which numbers stand side by side in "
        "it?",
    ),
    Slip(
        "one mean",
        answer(lambda w: w - w.mean()),
        "One mean is taken from the whole matrix. Its rows still have means of their own, and each "
        "can be switched on alone.",
    ),
    Slip(
        "the bias as it was",
        answer(shift=lambda b: b),
        "The matrix is centred and the bias is not, so every word that comes out has the bias's "
        "mean.",
    ),
    Slip(
        "no bias",
        answer(shift=lambda b: 0 * b),
        "The bias is gone, and not its mean alone.",
    ),
    Slip(
        "the matrix as it was",
        answer(lambda w: w),
        "The bias is centred; the matrix still writes means of its own.",
    ),
    Slip(
        "to a standard size",
        answer(standard, standard),
        "Rows are also divided by their spread. Means are to go; the differences between numbers are "
        "to stay as they were.",
    ),
    Slip(
        "keepdims forgotten",
        answer(lambda w: w - w.mean(axis=1)),
        "The means have lost an axis, so they do not line up with the rows that they belong to.",
    ),
    Slip(
        "rows and columns",
        answer(lambda w: w - w.mean(axis=1, keepdims=True) - w.mean(axis=0) + w.mean()),
        "The columns' means are taken out as well, which changes what the layer says.",
    ),
    Slip(
        "the sum of the bias",
        answer(lambda w: w - w.mean(axis=1, keepdims=True), lambda b: b - b.sum()),
        "From the bias its sum is taken, and not its mean.",
    ),
    Slip(
        "sums",
        answer(lambda w: w - w.sum(axis=1, keepdims=True), lambda b: b - b.sum()),
        "Sums are taken out, where means should be.",
    ),
    Slip(
        "the means themselves",
        lambda w, b: (w.mean(axis=1, keepdims=True) + 0 * w, b.mean() + 0 * b),
        "Those are the means, and it is what is left without them that is wanted.",
    ),
    Slip(
        "PyTorch's dim",
        lambda w, b: (w - w.mean(dim=1, keepdim=True), b - b.mean()),
        "`dim` and `keepdim` are PyTorch's names. NumPy's matrix has `axis` and `keepdims`.",
    ),
)


def by_projection(w, b):
    d = len(b)
    away = np.eye(d) - np.ones((d, d)) / d
    return w @ away, b @ away


def by_loops(w, b):
    def without_mean(row):
        return [number - sum(row) / len(row) for number in row]

    return [without_mean(row) for row in w], without_mean(b)


def by_torch(w, b):
    import torch

    w, b = torch.tensor(w), torch.tensor(b)
    return w - w.mean(-1, keepdim=True), b.sub(b.mean())


def stacked(w, b):
    rows = np.vstack([w, b])
    rows = rows - rows.mean(axis=-1, keepdims=True)
    return rows[:-1], rows[-1]


RIGHT = (
    Variant("a projection", by_projection),
    Variant("loops", by_loops),
    Variant("torch", by_torch),
    Variant("the bias as one more row", stacked),
)

rng = np.random.default_rng(126)


def layer(d_in, d_model):
    args = (rng.normal(size=(d_in, d_model)) + 0.3, rng.normal(size=d_model) + 0.5)
    return Case(args, ("d_in d_model", "d_model"))


EXERCISE = Exercise(
    id="12.4b",
    title="Rid of LayerNorm",
    name="centre",
    minutes=60,
    difficulty="An evening's thought",
    reference=centre,
    returns=("w", "b"),
    cases=(layer(3, 5), layer(4, 2)),
    slips=SLIPS,
    right=RIGHT,
    hints=FOLDING,
    notice="when nobody writes a mean, none has to be taken out: LayerNorm is then RMSNorm.",
)
