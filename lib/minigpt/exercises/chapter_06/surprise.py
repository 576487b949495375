"""6.2b, in logarithms: `surprise`."""

import math

import numpy as np

from minigpt.exercises.chapter_06.hints import LOGS
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant

rng = np.random.default_rng(63)


def surprise(scores, targets):
    scores = scores - scores.max(axis=-1, keepdims=True)
    total = np.log(np.exp(scores).sum(axis=-1))
    return (total - scores[np.arange(len(targets)), targets]) / math.log(2)


def weights_of(scores):
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def own(array, targets):
    return array[np.arange(len(targets)), targets]


def total_of(scores):
    return np.logaddexp.reduce(scores, axis=-1)


SLIPS = (
    Slip(
        "the logarithm of the weights",
        lambda scores, targets: -np.log2(own(weights_of(scores), targets)),
        "Right until a weight underflows to 0: then the surprise is infinite, though it is "
        "some thousand bits. Can it be had without ever making the weight?",
    ),
    Slip(
        "a little something in the logarithm",
        lambda scores, targets: -np.log2(own(weights_of(scores), targets) + 1e-9),
        "Nothing is infinite now, but no surprise can be above 30 bits either: the little that "
        "was added to the weights is a ceiling. Can the weight be avoided altogether?",
    ),
    Slip(
        "a smaller something",
        lambda scores, targets: -np.log2(own(weights_of(scores), targets) + 1e-12),
        "Nothing is infinite now, but no surprise can be above 40 bits either: the little that "
        "was put under the weights is a ceiling. Can the weight be avoided altogether?",
    ),
    Slip(
        "a floor",
        lambda scores, targets: -np.log2(np.maximum(own(weights_of(scores), targets), 1e-300)),
        "A floor under the weights is a ceiling over the surprise: none can be above 997 bits. "
        "Can the weight be avoided altogether?",
    ),
    Slip(
        "lowered and not given back",
        lambda scores, targets: (
            (total_of(scores) - scores.max(axis=-1) - own(scores, targets)) / math.log(2)
        ),
        "One term is of the lowered scores, the other of the scores as they came. Lower both, or "
        "give back what was taken.",
    ),
    Slip(
        "given back to one term",
        lambda scores, targets: (
            (total_of(scores) + scores.max(axis=-1) - own(scores, targets)) / math.log(2)
        ),
        "The log-sum-exp is that of the scores as they came, and the target's score has been "
        "lowered: too much by the row's maximum. Lower both, or neither.",
    ),
    Slip(
        "one shift for all rows",
        lambda scores, targets: (
            (
                np.log(np.exp(scores - scores.max()).sum(axis=-1))
                + scores.max()
                - own(scores, targets)
            )
            / math.log(2)
        ),
        "Every row is shifted by the largest score of the whole table, and of a row far below it "
        "nothing is left. Each needs its own shift.",
    ),
    Slip(
        "the lead of the favourite",
        lambda scores, targets: (scores.max(axis=-1) - own(scores, targets)) / math.log(2),
        "That is how far the favourite is ahead. Close, where one score stands out; but the "
        "favourite itself would then never surprise.",
    ),
    Slip(
        "as written",
        lambda scores, targets: (
            (np.log(np.exp(scores).sum(axis=-1)) - own(scores, targets)) / math.log(2)
        ),
        "The right difference, but its first term overflows where scores are large. "
        "Your own first function would serve here.",
    ),
    Slip(
        "in natural logarithms",
        lambda scores, targets: total_of(scores) - own(scores, targets),
        "Right in natural logarithms, which are 0.69 of what they should be. Asked for are bits.",
    ),
    Slip(
        "multiplied by log 2",
        lambda scores, targets: (total_of(scores) - own(scores, targets)) * math.log(2),
        "There are more bits than natural units in a surprise: $e$ is more than 2. "
        "Yours have become fewer.",
    ),
    Slip(
        "bits minus a score",
        lambda scores, targets: total_of(scores) / math.log(2) - own(scores, targets),
        "One term is in bits, the other is not: the score itself is a natural logarithm too.",
    ),
    Slip(
        "the sign",
        lambda scores, targets: (own(scores, targets) - total_of(scores)) / math.log(2),
        "Those are the logarithms of the weights, and negative. A surprise is not.",
    ),
    Slip(
        "a column for each target",
        lambda scores, targets: (total_of(scores)[:, None] - scores[:, targets]) / math.log(2),
        "Every row has met every target: `[:, targets]` takes whole columns. "
        "Which rows go with which targets?",
    ),
    Slip(
        "whole rows",
        lambda scores, targets: (total_of(scores) - scores[targets]) / math.log(2),
        "It stops: `scores[targets]` takes whole rows, those with the targets' numbers. "
        "One entry from each row is wanted.",
    ),
    Slip(
        "the mean",
        lambda scores, targets: surprise(scores, targets).mean(),
        "That is the average over all rows. Wanted is a number for each.",
    ),
    Slip(
        "the sum",
        lambda scores, targets: surprise(scores, targets).sum(),
        "That is the sum over all rows. Wanted is a number for each.",
    ),
    Slip(
        "counted from one",
        lambda scores, targets: surprise(scores, targets - 1),
        "The targets are off by one. They count from 0, as NumPy does.",
    ),
    Slip(
        "the score alone",
        lambda scores, targets: -own(scores, targets) / math.log(2),
        "That is the target's own score. How surprising it is depends on the others of its row.",
    ),
    Slip(
        "the likeliest",
        lambda scores, targets: surprise(scores, scores.argmax(axis=-1)),
        "That is how surprising the *favourite* of each row would be. Asked for is the target.",
    ),
    Slip(
        "a share of the scores",
        lambda scores, targets: -np.log2(np.abs(own(scores, targets) / scores.sum(axis=-1))),
        "The scores themselves were shared out. What makes weights of scores?",
    ),
)


def by_loops(scores, targets):
    bits = []
    for row, target in zip(scores, targets, strict=True):
        others = sum(math.exp(min(score - max(row), 0)) for score in row)
        bits.append((max(row) + math.log(others) - row[target]) / math.log(2))
    return bits


def by_torch(scores, targets):
    import torch

    scores, targets = torch.from_numpy(scores), torch.from_numpy(targets)
    return torch.nn.functional.cross_entropy(scores, targets, reduction="none") / math.log(2)


def by_differences(scores, targets):
    lead = scores - own(scores, targets)[:, None]  # how far each is ahead of the target
    return np.logaddexp2.reduce(lead / math.log(2), axis=-1)


RIGHT = (
    Variant("loops", by_loops),
    Variant("torch's cross_entropy", by_torch),
    Variant("by differences, in base 2", by_differences),
    Variant(
        "wished for",
        lambda scores, targets: (
            (total_of(scores) - (scores * np.eye(scores.shape[1])[targets]).sum(axis=1))
            / math.log(2)
        ),
    ),
)

spread = np.array([[900.0, 0, -3, 2], [-800, -801, -950, -802], [40, -60, 3, 1]])
EXERCISE = Exercise(
    id="6.2b",
    title="In logarithms",
    name="surprise",
    minutes=25,
    difficulty="Middling",
    reference=surprise,
    returns=("bits",),
    cases=(
        Case((2 * rng.normal(size=(5, 3)), np.array([2, 0, 1, 1, 2])), ("T n", "T")),
        Case((3 * rng.normal(size=(4, 6)), np.array([0, 5, 3, 4])), ("T n", "T")),
        Case((spread, np.array([1, 2, 1])), ("T n", "T")),
    ),
    slips=SLIPS,
    right=RIGHT,
    hints=LOGS,
    notice="no weight was ever made, so none could underflow. This is why PyTorch's "
    "`cross_entropy` wants scores and not weights.",
)
