"""12.4, rid of LayerNorm, first part: `fold`."""

import numpy as np

from minigpt.exercises.chapter_12.hints import FOLDING
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def fold(w, b, weight, bias):
    return weight[:, None] * w, bias @ w + b


def answer(matrix, shift):
    return lambda w, b, weight, bias: (matrix(w, weight), shift(w, b, weight, bias))


def scaled(w, weight):
    return weight[:, None] * w


def sent(w, b, weight, bias):
    return bias @ w + b


SLIPS = (
    Slip(
        "sent through the new matrix",
        answer(scaled, lambda w, b, weight, bias: (weight * bias) @ w + b),
        "The shift goes through the matrix that is scaled already. The norm scales first and "
        "shifts afterwards, so the shift itself is never scaled.",
    ),
    Slip(
        "the shift left out",
        answer(scaled, lambda w, b, weight, bias: b),
        "The norm's `bias` has had nothing to do. When what comes in is all zeros, what should come "
        "out?",
    ),
    Slip(
        "the layer's bias left out",
        answer(scaled, lambda w, b, weight, bias: bias @ w),
        "The shift has been sent through, but the layer had a bias of its own, `b`.",
    ),
    Slip(
        "the gain added",
        answer(scaled, lambda w, b, weight, bias: (bias + weight) @ w + b),
        "The gain is added to the shift. A gain multiplies what comes in, and when that is 0 there "
        "is nothing to multiply.",
    ),
    Slip(
        "biases added",
        answer(scaled, lambda w, b, weight, bias: b + bias),
        "The two biases are added as they are, but one lies before the matrix and one after it: "
        "they are not even of one length.",
    ),
    Slip(
        "the columns scaled",
        answer(lambda w, weight: w * weight, sent),
        "The gains are laid along the columns. Column by column is how numbers come *out*; the gain "
        "belongs to those that go in.",
    ),
    Slip(
        "turned round",
        answer(lambda w, weight: w.T * weight, sent),
        "The matrix has been turned round. Here words stand on the left, as rows.",
    ),
    Slip(
        "the shift from the wrong side",
        answer(scaled, lambda w, b, weight, bias: w @ bias + b),
        "The shift is on the wrong side of the matrix: it comes in where the words come in.",
    ),
    Slip(
        "divided",
        answer(lambda w, weight: w / weight[:, None], sent),
        "The matrix is divided by the gain, as if the norm were to keep it. The new matrix is to do "
        "what both did.",
    ),
    Slip(
        "multiplied together",
        answer(lambda w, weight: weight @ w, sent),
        "The gain went through the matrix like a word, and a single row came out. It is to scale "
        "the matrix's rows.",
    ),
    Slip(
        "nothing folded",
        answer(lambda w, weight: w, sent),
        "The shift is folded in; the gain has had nothing to do.",
    ),
    Slip(
        "exchanged",
        lambda *args: fold(*args)[::-1],
        "The two have changed places: the matrix comes first.",
    ),
)


def by_trying(w, b, weight, bias):
    """Send zeros through, then one number at a time."""
    then = [(row * weight + bias) @ w + b for row in np.eye(len(w))]
    nothing = (np.zeros(len(w)) * weight + bias) @ w + b
    return np.array(then) - nothing, nothing


def by_torch(w, b, weight, bias):
    import torch

    w, b, weight, bias = map(torch.tensor, (w, b, weight, bias))
    return torch.diag(weight) @ w, torch.addmv(b, w.T, bias)


def by_loops(w, b, weight, bias):
    new = np.array([gain * row for gain, row in zip(weight, w, strict=True)])
    return new, sum(shift * row for shift, row in zip(bias, w, strict=True)) + b


RIGHT = (
    Variant("by trying", by_trying),
    Variant("torch", by_torch),
    Variant("loops", by_loops),
    Variant("turned and turned back", answer(lambda w, weight: (w.T * weight).T, sent)),
)

rng = np.random.default_rng(125)


def layer(d_in, d_out):
    sizes = ((d_in, d_out), d_out, d_in, d_in)
    args = tuple(rng.normal(size=size) for size in sizes)
    return Case(args, ("d_in d_out", "d_out", "d_in", "d_in"))


EXERCISE = Exercise(
    id="12.4a",
    title="Rid of LayerNorm",
    name="fold",
    minutes=60,
    difficulty="An evening's thought",
    reference=fold,
    returns=("w", "b"),
    cases=(layer(3, 5), layer(4, 2)),
    slips=SLIPS,
    right=RIGHT,
    hints=FOLDING,
    notice="a gain and a shift cost nothing when a model is used: they can always be folded away.",
)
