"""6.4a, kill the gradient: `push_back`."""

import numpy as np

from minigpt.exercises.chapter_06.hints import GRADIENT
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant

rng = np.random.default_rng(65)


def push_back(weights, slopes):
    average = (weights * slopes).sum(axis=-1, keepdims=True)
    return weights * (slopes - average)


def softmax(scores):
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def minus(average):
    """The weights times the slopes, minus some other average of them."""
    return lambda weights, slopes: weights * (slopes - average(weights, slopes))


def one_matrix(weights, slopes):
    return (np.diag(weights) - np.outer(weights, weights)) @ slopes


SLIPS = (
    Slip(
        "the diagonal alone",
        lambda weights, slopes: weights * (1 - weights) * slopes,
        "Only the Jacobian's diagonal took part: each weight answers to its own score. But a "
        "score that rises takes from all the others too.",
    ),
    Slip(
        "times the weights",
        lambda weights, slopes: weights * slopes,
        "If all slopes are equal, this is not zero; yet raising a score cannot change what all "
        "weights together bring. What is to be taken off?",
    ),
    Slip(
        "the average of the whole array",
        minus(lambda w, g: (w * g).sum()),
        "Right for one row. With more of them the average runs over all rows at once.",
    ),
    Slip(
        "the plain mean",
        minus(lambda w, g: g.mean(axis=-1, keepdims=True)),
        "The plain mean was taken off. Whose opinion counts most in the average: everyone's alike?",
    ),
    Slip(
        "a mean of the products",
        minus(lambda w, g: (w * g).mean(axis=-1, keepdims=True)),
        "Slopes were weighted, and the mean divided by their number as well. The weights sum to 1 "
        "already.",
    ),
    Slip(
        "the sum of the slopes",
        minus(lambda w, g: g.sum(axis=-1, keepdims=True)),
        "The sum of the slopes was taken off, and no weights had a part in it.",
    ),
    Slip(
        "the factor in front forgotten",
        lambda weights, slopes: slopes - (weights * slopes).sum(axis=-1, keepdims=True),
        "The difference is right. But a score whose weight is nearly 0 hardly moves anything: "
        "a factor is missing.",
    ),
    Slip(
        "the sign",
        lambda weights, slopes: -push_back(weights, slopes),
        "All signs are turned round: where a score's own slope is above the average, the loss "
        "should rise with it.",
    ),
    Slip(
        "down the columns",
        minus(lambda w, g: (w * g).sum(axis=0, keepdims=True)),
        "The average runs along the first axis. The weights make a whole along the last.",
    ),
    Slip(
        "keepdims forgotten",
        minus(lambda w, g: (w * g).sum(axis=-1)),
        "One row passes; with more of them it stops: the averages have lost the axis that set "
        "each beside its row.",
    ),
    Slip(
        "a column in any case",
        minus(lambda w, g: (w * g).sum(axis=-1)[:, None]),
        "It stops at a single row: there the sum is one number, and has no axis to be a column "
        "along. How does a sum keep its axis, however many there are?",
    ),
    Slip(
        "a dot product",
        minus(lambda w, g: w @ g),
        "One row passes, where `@` is the weighted sum; of a batch it makes a matrix product, or "
        "an error. What says row by row?",
    ),
    Slip(
        "one matrix",
        one_matrix,
        "One row passes: the matrix of the chapter. For a batch `np.diag` and `np.outer` mean "
        "something else; and the matrix need not be built at all.",
    ),
    Slip(
        "softmax again",
        lambda weights, slopes: push_back(softmax(weights), slopes),
        "Another softmax was taken. What comes in are weights already.",
    ),
    Slip(
        "the weights forgotten in the difference",
        lambda weights, slopes: weights * (slopes - weights),
        "From each slope its weight was taken. That is close to the cross-entropy's formula; here "
        "the loss may be any, and its slopes are given.",
    ),
)


def by_matrices(weights, slopes):
    own = weights[..., :, None] * np.eye(weights.shape[-1])
    jacobian = own - weights[..., :, None] * weights[..., None, :]
    return (jacobian @ slopes[..., None])[..., 0]


def by_letters(weights, slopes):
    return weights * slopes - weights * np.einsum("...i,...i->...", weights, slopes)[..., None]


def by_loops(weights, slopes):
    if weights.ndim > 1:
        return [by_loops(w, g) for w, g in zip(weights, slopes, strict=True)]
    average = sum(w * g for w, g in zip(weights, slopes, strict=True))
    return [w * (g - average) for w, g in zip(weights, slopes, strict=True)]


def by_autograd(weights, slopes):
    import torch

    scores = torch.from_numpy(np.log(weights)).requires_grad_()
    torch.softmax(scores, dim=-1).backward(torch.from_numpy(slopes))
    return scores.grad


RIGHT = (
    Variant("matrices, in a batch", by_matrices),
    Variant("einsum", by_letters),
    Variant("loops", by_loops),
    Variant("torch's autograd", by_autograd),
)


def conserved(args, values):
    """The scores' slopes, (..., n), of a row sum to 0."""
    sums = np.abs(values["pushed"].sum(axis=-1))
    if sums.max() <= 1e-2:
        return None
    return "Raise all scores of a row alike and nothing moves: its slopes have to sum to 0."


def drawn(shape, axes):
    return Case((softmax(1.5 * rng.normal(size=shape)), rng.normal(size=shape) + 1), (axes, axes))


EXERCISE = Exercise(
    id="6.4a",
    title="Kill the gradient",
    name="push_back",
    minutes=40,
    difficulty="An evening's thought",
    reference=push_back,
    returns=("pushed",),
    cases=(drawn((4,), "n"), drawn((2, 5), "T n"), drawn((3, 2, 6), "B T n")),
    slips=SLIPS,
    right=RIGHT,
    hints=GRADIENT,
    notice="a row of n weights has a Jacobian of n × n entries, and you needed none of them. Every "
    "library's backward pass is this line.",
    invariants=(conserved,),
)
