"""12.3, who wrote most, second part: `credits`."""

import numpy as np

from minigpt.exercises.chapter_12.hints import LEDGER
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def credits(pieces, weight, word, eps):
    total = pieces.sum(axis=0)
    size = np.sqrt((total * total).mean(axis=-1) + eps)
    return (pieces * (weight * word)).sum(axis=-1) / size


def rms(x, eps):
    return np.sqrt((x**2).mean(axis=-1) + eps)


def changed(
    size=lambda pieces, eps: rms(pieces.sum(axis=0), eps),
    gain=lambda weight: weight,
    said=lambda pieces, read: pieces @ read,
):
    """All of it, with one step changed."""
    return lambda pieces, weight, word, eps: said(pieces, gain(weight) * word) / size(pieces, eps)


def by_the_lens(pieces, weight, word, eps):
    """What the logit gains with each line, each stage normalised by itself."""
    sums = pieces.cumsum(axis=0)
    logits = sums @ (weight * word) / rms(sums, eps)
    return np.diff(logits, axis=0, prepend=0)


def after_each(pieces, weight, word, eps):
    """The logit as the lens reads it after each line."""
    sums = pieces.cumsum(axis=0)
    return sums @ (weight * word) / rms(sums, eps)


def by_shares(pieces, weight, word, eps):
    total = pieces.sum(axis=0)
    share = (pieces * total).sum(axis=-1) / (total**2).sum(axis=-1)
    return share * credits(pieces, weight, word, eps).sum(axis=0)


def without_the_mean(pieces, weight, word, eps):
    return credits(pieces - pieces.mean(axis=-1, keepdims=True), weight, word, eps)


def gain_first(pieces, weight, word, eps):
    return credits(pieces * weight, np.ones_like(weight), word, eps)


def up_to(pieces, weight, word, eps):
    return credits(pieces, weight, word, eps).cumsum(axis=0)


SLIPS = (
    Slip(
        "each by its own size",
        changed(size=lambda pieces, eps: rms(pieces, eps)),
        "Every line is normalised by its own size. The model divides once, the sum of all, so a "
        "short line stays short.",
    ),
    Slip(
        "each moment by its size",
        by_the_lens,
        "You compare the logit before and after each line, with the stream's size at that moment. "
        "Here all lines are divided by one size, the last.",
    ),
    Slip(
        "the logit after each line",
        after_each,
        "That is the logit as it would stand after each line, were the model to end there. What "
        "does each line bring to the one at the end?",
    ),
    Slip(
        "shares of the logit",
        by_shares,
        "The logit is divided by the shares of the first part. A line can reach far along the "
        "stream and say nothing about this one token.",
    ),
    Slip(
        "the mean taken out",
        without_the_mean,
        "The lines have lost their means, as before a LayerNorm. This model's norm is RMSNorm.",
    ),
    Slip(
        "the gain first",
        gain_first,
        "The gain is brought in before the norm, so the size is that of other numbers than the "
        "stream's. Normalise first.",
    ),
    Slip(
        "the running size",
        changed(size=lambda pieces, eps: rms(pieces.cumsum(axis=0), eps)),
        "Each line is divided by the stream's size when it was written. The norm that the head "
        "reads comes at the end, and divides by what it finds there.",
    ),
    Slip(
        "no norm",
        changed(size=lambda pieces, eps: 1.0),
        "Nothing is normalised. The sum over the lines is to be the logit that the model gives.",
    ),
    Slip(
        "no gain",
        changed(gain=lambda weight: 1.0),
        "`weight`, the final norm's gain, has had nothing to do.",
    ),
    Slip(
        "no eps",
        changed(size=lambda pieces, eps: rms(pieces.sum(axis=0), 0)),
        "`eps` has had nothing to do.",
    ),
    Slip(
        "eps outside the root",
        changed(size=lambda pieces, eps: rms(pieces.sum(axis=0), 0) + eps),
        "`eps` stands outside the root.",
    ),
    Slip(
        "by the length",
        changed(size=lambda pieces, eps: np.sqrt((pieces.sum(axis=0) ** 2).sum(axis=-1) + eps)),
        "The total is divided by its length. The norm divides by the root of the *mean* square.",
    ),
    Slip(
        "no root",
        changed(size=lambda pieces, eps: rms(pieces.sum(axis=0), eps) ** 2),
        "The total is divided by its mean square. A root is missing.",
    ),
    Slip(
        "by LayerNorm",
        changed(size=lambda pieces, eps: np.sqrt(pieces.sum(axis=0).var(axis=-1) + eps)),
        "The divisor is a standard deviation. This model's norm is RMSNorm, which takes no mean "
        "out.",
    ),
    Slip(
        "added up",
        up_to,
        "Those are running sums: what all lines up to each one bring. What does each bring alone?",
    ),
    Slip(
        "the logit alone",
        lambda *args: credits(*args).sum(axis=0),
        "That is the logit itself, all lines together. It is to be divided among them.",
    ),
    Slip(
        "words first",
        lambda *args: credits(*args).T,
        "The credits are right, and lie on their side: a row for each line is wanted, a column for "
        "each place.",
    ),
    Slip(
        "one size for all",
        changed(size=lambda pieces, eps: np.sqrt((pieces.sum(axis=0) ** 2).mean() + eps)),
        "All places share one size. Each is normalised by itself.",
    ),
    Slip(
        "as shares",
        lambda *args: credits(*args) / credits(*args).sum(axis=0),
        "They are made to sum to 1. Here they are to sum to the logit.",
    ),
    Slip(
        "keepdims kept",
        changed(
            size=lambda pieces, eps: np.sqrt(
                (pieces.sum(axis=0) ** 2).mean(axis=-1, keepdims=True) + eps
            )
        ),
        "The sizes have an axis too many for what they divide. Which of the two has lost its last "
        "axis already?",
    ),
    Slip(
        "PyTorch's dim",
        lambda pieces, weight, word, eps: pieces / pieces.sum(dim=0),
        "`dim` is what PyTorch calls it. NumPy, whose arrays come in, says `axis`.",
    ),
)


def by_loops(pieces, weight, word, eps):
    n, T, d_model = pieces.shape
    out = np.empty((n, T))
    for t in range(T):
        total = sum(pieces[i, t] for i in range(n))
        size = (sum(number**2 for number in total) / d_model + eps) ** 0.5
        for i in range(n):
            out[i, t] = sum(pieces[i, t] / size * weight * word)
    return out


def by_torch(pieces, weight, word, eps):
    import torch

    pieces, weight, word = map(torch.tensor, (pieces, weight, word))
    scale = torch.rsqrt(pieces.sum(0).square().mean(-1) + eps)
    return torch.einsum("ntd,t,d,d->nt", pieces, scale, weight, word)


def by_leaving_out(pieces, weight, word, eps):
    """The logit with everything, less what is left of it without this line."""
    total = pieces.sum(axis=0)
    size = np.sqrt((total**2).mean(axis=-1, keepdims=True) + eps)
    whole = (total / size * weight) @ word
    return [whole - ((total - piece) / size * weight) @ word for piece in pieces]


RIGHT = (
    Variant("loops", by_loops),
    Variant("torch", by_torch),
    Variant("by leaving out", by_leaving_out),
    Variant("in one product", changed()),
)

rng = np.random.default_rng(124)


def lines(n, T, d_model, eps):
    pieces = rng.normal(size=(n, T, d_model)) + 0.2
    args = (pieces, rng.normal(size=d_model), rng.normal(size=d_model), eps)
    return Case(args, ("n T d_model", "d_model", "d_model", None))


EXERCISE = Exercise(
    id="12.3b",
    title="Who wrote it?",
    name="credits",
    minutes=35,
    difficulty="Middling",
    reference=credits,
    returns=("credit",),
    cases=(lines(4, 3, 7, 0.4), lines(3, 5, 4, 0.07)),
    slips=SLIPS,
    right=RIGHT,
    hints=LEDGER,
    notice="the norm is not linear, but at one place it is a division by one number, and that can "
    "be shared out.",
)
