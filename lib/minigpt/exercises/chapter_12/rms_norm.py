"""12.1, a standard size, second part: `rms_norm`."""

import numpy as np

from minigpt.exercises.chapter_12.hints import NORMS
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def rms_norm(x, weight, eps):
    square = (x**2).mean(axis=-1, keepdims=True)
    return x / np.sqrt(square + eps) * weight


def changed(
    size=lambda x: (x**2).mean(axis=-1, keepdims=True),
    divisor=lambda square, eps: np.sqrt(square + eps),
    learned=lambda normed, weight: normed * weight,
):
    """All of it, with one step changed."""
    return lambda x, weight, eps: learned(x / divisor(size(x), eps), weight)


def along(axis):
    return changed(size=lambda x: (x**2).mean(axis=axis, keepdims=True))


SLIPS = (
    Slip(
        "eps outside the root",
        changed(divisor=lambda square, eps: np.sqrt(square) + eps),
        "`eps` stands outside the root. Do (1, 1, 7, 7) with an `eps` of 11: the divisor should be "
        "6.",
    ),
    Slip(
        "eps left out",
        changed(divisor=lambda square, eps: np.sqrt(square)),
        "`eps` has had nothing to do. What becomes of a word that is all zeros?",
    ),
    Slip(
        "eps of its own, 1e-5",
        changed(divisor=lambda square, eps: np.sqrt(square + 1e-5)),
        "A number of your own, 0.00001, stands where the `eps` that is handed in should.",
    ),
    Slip(
        "eps of its own, 1e-6",
        changed(divisor=lambda square, eps: np.sqrt(square + 1e-6)),
        "A number of your own, 0.000001, stands where the `eps` that is handed in should.",
    ),
    Slip(
        "eps squared",
        changed(divisor=lambda square, eps: np.sqrt(square + eps**2)),
        "`eps` is squared before it is added. It is a square already.",
    ),
    Slip(
        "length, and eps outside",
        changed(
            size=lambda x: (x**2).sum(axis=-1, keepdims=True),
            divisor=lambda total, eps: np.sqrt(total) + eps,
        ),
        "The words are divided by their length, and `eps` stands outside the root. It is the root "
        "of a *mean* of squares that is wanted.",
    ),
    Slip(
        "divided by the length",
        changed(size=lambda x: (x**2).sum(axis=-1, keepdims=True)),
        "The squares are summed, where their mean is wanted: every word comes out with length 1, "
        "and so with smaller numbers the wider it is.",
    ),
    Slip(
        "no root",
        changed(divisor=lambda square, eps: square + eps),
        "The words are divided by their mean square. Twice as large a word then comes out half as "
        "large: which step is missing?",
    ),
    Slip(
        "the mean of the sizes",
        changed(
            size=lambda x: np.abs(x).mean(axis=-1, keepdims=True),
            divisor=lambda size, eps: size + eps,
        ),
        "The words are divided by the mean of their sizes, signs dropped. Squares first, then the "
        "mean, then the root.",
    ),
    Slip(
        "the mean, squared",
        changed(size=lambda x: x.mean(axis=-1, keepdims=True) ** 2),
        "The mean is taken first, and then squared, so that a word whose numbers cancel counts as "
        "nothing. Read the name from its end: root, mean, square.",
    ),
    Slip(
        "LayerNorm",
        lambda x, weight, eps: changed()(x - x.mean(axis=-1, keepdims=True), weight, eps),
        "That is LayerNorm: the mean has been taken out. RMSNorm leaves it in.",
    ),
    Slip(
        "divided by the standard deviation",
        changed(size=lambda x: x.var(axis=-1, keepdims=True)),
        "The divisor is a standard deviation, which measures from the mean. RMSNorm measures from "
        "zero.",
    ),
    Slip(
        "over the words",
        along(-2),
        "Squares are averaged over the words of a text, number by number. Each word is to have a "
        "size of its own.",
    ),
    Slip(
        "over the batch",
        along(0),
        "Squares are averaged over the texts of the batch. Each word stands alone.",
    ),
    Slip(
        "one size for a text",
        along((-2, -1)),
        "A text shares one size. Each word needs its own.",
    ),
    Slip(
        "one size for all",
        along(None),
        "The whole batch shares one size. Each word needs its own.",
    ),
    Slip(
        "keepdims forgotten",
        changed(size=lambda x: (x**2).mean(axis=-1)),
        "The mean squares have lost an axis, so they do not line up with the words that they "
        "divide.",
    ),
    Slip(
        "no weight",
        changed(learned=lambda normed, weight: normed),
        "The size is right. `weight` has had nothing to do.",
    ),
    Slip(
        "weighted first",
        lambda x, weight, eps: changed()(x * weight, 1.0, eps),
        "The weight is brought in before the words are normalised, and the norm then undoes a part "
        "of it.",
    ),
    Slip(
        "one plus the weight",
        changed(learned=lambda normed, weight: normed * (1 + weight)),
        "You multiply by 1 + `weight`, as some models store it. This one is the factor itself.",
    ),
    Slip(
        "the chapter's own",
        lambda x, weight, eps: x.square().mean(dim=-1, keepdim=True) * weight,
        "NumPy's arrays have no method `square`: the chapter's lines are PyTorch's. Either translate "
        "them, or make a tensor of `x` first.",
    ),
)


def by_loops(x, weight, eps):
    rows = [[word / (sum(word * word) / len(word) + eps) ** 0.5 for word in text] for text in x]
    return np.array(rows) * weight


def by_torch(x, weight, eps):
    import torch

    return torch.nn.functional.rms_norm(torch.tensor(x), weight.shape, torch.tensor(weight), eps)


def by_letters(x, weight, eps):
    square = np.einsum("btd,btd->bt", x, x) / x.shape[-1]
    return np.einsum("btd,bt,d->btd", x, (square + eps) ** -0.5, weight)


RIGHT = (
    Variant("loops", by_loops),
    Variant("torch's own", by_torch),
    Variant("einsum", by_letters),
    Variant(
        "by the length",
        lambda x, weight, eps: (
            weight
            * x
            * np.sqrt(x.shape[-1])
            / np.sqrt(np.linalg.norm(x, axis=-1, keepdims=True) ** 2 + x.shape[-1] * eps)
        ),
    ),
)

rng = np.random.default_rng(122)


def batch(B, T, d, eps):
    x = rng.normal(size=(B, T, d)) + rng.normal(size=(B, T, 1))
    x[0, 0] = 0.01 * x[0, 0]  # so small that eps decides
    return Case((x, rng.normal(size=d), eps), ("B T d", "d", None))


EXERCISE = Exercise(
    id="12.1b",
    title="A standard size",
    name="rms_norm",
    minutes=15,
    difficulty="Within reach",
    reference=rms_norm,
    returns=("normed",),
    cases=(batch(3, 2, 5, 0.2), batch(2, 5, 4, 0.04)),
    slips=SLIPS,
    right=RIGHT,
    hints=NORMS,
    notice="one root and one mean less than LayerNorm, and nothing in it can shift a word.",
)
