"""6.2a, in logarithms: `log_sum_exp`."""

import math

import numpy as np

from minigpt.exercises.chapter_06.hints import LOGS
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant

rng = np.random.default_rng(62)


def log_sum_exp(scores):
    top = scores.max(axis=-1, keepdims=True)
    top = np.where(np.isneginf(top), 0, top)
    return np.log(np.exp(scores - top).sum(axis=-1)) + top[..., 0]


def shifted(scores):
    """The row's largest score, or 0 for a row of nothing, and the log of what is left."""
    top = scores.max(axis=-1, keepdims=True)
    top = np.where(np.isneginf(top), 0, top)
    return top[..., 0], np.log(np.exp(scores - top).sum(axis=-1))


def nothing_is_nan(scores):
    top = scores.max(axis=-1)
    return top + np.log(np.exp(scores - top[..., None]).sum(axis=-1))


def half_kept(scores, keepdims=False):
    top = scores.max(axis=-1, keepdims=True)
    return top + np.log(np.exp(scores - top).sum(axis=-1, keepdims=keepdims))


def counted_twice(scores):
    top, _ = shifted(scores)
    return top + np.log1p(np.exp(scores - top[..., None]).sum(axis=-1))


SLIPS = (
    Slip(
        "as written",
        lambda scores: np.log(np.exp(scores).sum(axis=-1)),
        "Right for small scores. A score of 800 overflows before the logarithm can bring it back, "
        "and a row at −800 is lost on the way.",
    ),
    Slip(
        "the maximum not given back",
        lambda scores: shifted(scores)[1],
        "Safe, but too low by what was taken off. When all scores rise by 5, what should this do?",
    ),
    Slip(
        "the maximum not given back, and nan",
        lambda scores: np.log(np.exp(scores - scores.max(axis=-1, keepdims=True)).sum(axis=-1)),
        "Too low by what was taken off (and a row of $-\\infty$ alone becomes nan). When all scores "
        "rise by 5, what should this do?",
    ),
    Slip(
        "the maximum taken off again",
        lambda scores: shifted(scores)[1] - shifted(scores)[0],
        "The maximum was taken off a second time. What went down by it has to come up again.",
    ),
    Slip(
        "the scores cut off",
        lambda scores: np.log(np.exp(np.clip(scores, -700, 700)).sum(axis=-1)),
        "The scores are cut off where `exp` would overflow: 800 counts as 700, and a row at −800 "
        "as one at −700. A shift loses nothing.",
    ),
    Slip(
        "nan made 0",
        lambda scores: np.nan_to_num(nothing_is_nan(scores), neginf=-np.inf, posinf=np.inf),
        "A row of $-\\infty$ alone came out as nan, and was made 0. That is the value of a row "
        "whose exponentials sum to 1; here they sum to 0.",
    ),
    Slip(
        "the maximum alone",
        lambda scores: scores.max(axis=-1),
        "That is the largest score. The others add to it, if only a little: it is the *hard* "
        "maximum, and the soft one is wanted.",
    ),
    Slip(
        "the maximum multiplied back",
        lambda scores: shifted(scores)[0] * np.exp(shifted(scores)[1]),
        "The maximum is multiplied back onto the sum. Before the logarithm that would be the "
        "factor $e^{\\max}$; what is it after?",
    ),
    Slip(
        "the largest of all",
        lambda scores: scores.max() + np.log(np.exp(scores - scores.max()).sum(axis=-1)),
        "Every row is shifted by the largest score of the whole array. "
        "Rows far below it vanish; each needs its own shift.",
    ),
    Slip(
        "the first counted twice",
        counted_twice,
        "`log1p` adds 1 for the largest score, which is in the sum already.",
    ),
    Slip(
        "a mean in place of the sum",
        lambda scores: log_sum_exp(scores) - math.log(scores.shape[-1]),
        "Too low by the same amount in every row: the logarithm of a mean, where that of a sum "
        "is wanted.",
    ),
    Slip(
        "down the columns",
        lambda scores: log_sum_exp(np.moveaxis(scores, 0, -1)),
        "The sums run along the first axis. Counted from which end is a row's axis always the "
        "same?",
    ),
    Slip(
        "of everything",
        lambda scores: log_sum_exp(scores.reshape(-1)),
        "One number for the whole array. Every row along the last axis has one of its own.",
    ),
    Slip(
        "an axis of one kept",
        lambda scores: log_sum_exp(scores)[..., None],
        "The numbers are right, but the axis that was summed over is still there, with one entry "
        "in it. It was useful for the shift; is it wanted in the answer?",
    ),
    Slip(
        "an axis of one kept, and nan",
        lambda scores: half_kept(scores, keepdims=True),
        "The axis that was summed over is still there, with one entry in it; and a row of "
        "$-\\infty$ alone becomes nan.",
    ),
    Slip(
        "one axis kept, one lost",
        half_kept,
        "The maxima have kept their axis, the sums have lost it: column meets row, and a table "
        "comes out. What should the maxima look like when they are given back?",
    ),
    Slip(
        "keepdims forgotten",
        lambda scores: (
            scores.max(axis=-1) + np.log(np.exp(scores - scores.max(axis=-1)).sum(axis=-1))
        ),
        "Fine for a single row; with more of them it stops: the maxima have lost the axis that "
        "set each beside its own row.",
    ),
    Slip(
        "a row of nothing is nan",
        nothing_is_nan,
        "Right but for a row in which every score is $-\\infty$: infinity minus infinity is no "
        "number. What is the logarithm of a sum of zeros?",
    ),
    Slip(
        "the logarithms of the weights",
        lambda scores: scores - np.where(np.isneginf(t := log_sum_exp(scores)), 0, t)[..., None],
        "Those are the logarithms of the weights, one for every score. What was subtracted from "
        "each score of a row?",
    ),
    Slip(
        "the logarithms of the weights, as written",
        lambda scores: np.log(np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)),
        "Those are the logarithms of the weights, one for every score, and they overflow. Asked "
        "for is the other term of that formula, one number a row.",
    ),
    Slip(
        "in bits",
        lambda scores: log_sum_exp(scores) / math.log(2),
        "In bits it is right. Here the natural logarithm is wanted, in the unit of the scores.",
    ),
)


def by_pairs(scores):
    return np.logaddexp.reduce(scores, axis=-1)


def one_after_another(scores):
    if scores.ndim > 1:
        return [one_after_another(row) for row in scores]
    top, total = -math.inf, 0.0
    for score in scores:  # the maximum so far, and the sum relative to it
        if score > top:
            top, total = score, total * math.exp(top - score) + 1
        elif score > -math.inf:
            total += math.exp(score - top)
    return top + math.log(total) if total else -math.inf


def by_torch(scores):
    import torch

    return torch.logsumexp(torch.from_numpy(scores), dim=-1)


RIGHT = (
    Variant("logaddexp", by_pairs),
    Variant("one score after another", one_after_another),
    Variant("torch", by_torch),
    Variant("float32", lambda scores: log_sum_exp(scores.astype(np.float32))),
)

mixed = np.array([[800.0, 799, -50], [-800, -801, -805], [0.5, -np.inf, 2], [-np.inf] * 3])
EXERCISE = Exercise(
    id="6.2a",
    title="In logarithms",
    name="log_sum_exp",
    minutes=25,
    difficulty="Middling",
    reference=log_sum_exp,
    returns=("totals",),
    cases=(
        Case((rng.normal(size=4),), ("n",)),
        Case((3 * rng.normal(size=(2, 5)),), ("T n",)),
        Case((2 * rng.normal(size=(3, 2, 6)),), ("B T n",)),
        Case((mixed,), ("T n",)),
        Case((np.array([-3e6, -3e6 - 1, -3e6 - 2]),), ("n",)),
    ),
    slips=SLIPS,
    right=RIGHT,
    hints=LOGS,
    notice="the answer lies between the largest score and that plus the logarithm of how many "
    "there are. It can also be had in one pass, a score at a time, which chapter 19 lives on.",
)
