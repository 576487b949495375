"""Chapter 5, three lines: what its exercises ask for, and how people go wrong.

First come the functions, then the entry that names them. The reference stands by itself, for
its source is mutated in the tests; slips and variants may lean on anything. torch is imported
where it is needed, so that a check starts at once.
"""

import math

import numpy as np

from minigpt.exercises.exercise import Case, Exercise, Hint, Slip, Variant
from minigpt.exercises.invariants import rows_sum_to_one

rng = np.random.default_rng(5)


# 5.1. The three lines


def attend(x):
    scores = x @ np.swapaxes(x, -1, -2) / math.sqrt(x.shape[-1])
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = raised / raised.sum(axis=-1, keepdims=True)
    return weights @ x, weights


def softmax(scores, axis=-1):
    raised = np.exp(scores)
    return raised / raised.sum(axis=axis, keepdims=True)


def scores_of(x):
    return x @ x.mT / math.sqrt(x.shape[-1])


def by_letters(x):
    weights = softmax(np.einsum("...ic,...jc->...ij", x, x) / math.sqrt(x.shape[-1]))
    return np.einsum("...ij,...jc->...ic", weights, x), weights


def by_loops(x):
    if x.ndim > 2:
        pairs = [by_loops(sentence) for sentence in x]
        return np.stack([context for context, _ in pairs]), np.stack([w for _, w in pairs])
    weights = np.array([[math.exp(a @ b / math.sqrt(len(a))) for b in x] for a in x])
    weights = np.array([row / sum(row) for row in weights])
    return np.array([sum(w * b for w, b in zip(row, x, strict=True)) for row in weights]), weights


def by_torch(x):
    import torch

    x = torch.tensor(x, requires_grad=True)
    weights = torch.softmax(x @ x.mT / math.sqrt(x.shape[-1]), dim=-1)
    return weights @ x, weights


def in_single_precision(x):
    return attend(x.astype(np.float32))


def every_axis_turned(x):
    weights = softmax(x @ x.T / math.sqrt(x.shape[-1]))
    return weights @ x, weights


def down_the_columns(x):
    weights = softmax(scores_of(x), axis=-2)
    return weights @ x, weights


def over_the_whole_table(x):
    weights = softmax(scores_of(x), axis=(-1, -2))
    return weights @ x, weights


def counted_from_the_front(x):
    weights = softmax(scores_of(x), axis=1)
    return weights @ x, weights


def without_keepdims(x):
    raised = np.exp(scores_of(x))
    weights = raised / raised.sum(axis=-1)
    return weights @ x, weights


def without_the_root(x):
    weights = softmax(x @ x.mT)
    return weights @ x, weights


def divided_by_d(x):
    weights = softmax(x @ x.mT / x.shape[-1])
    return weights @ x, weights


def divided_by_root_t(x):
    weights = softmax(x @ x.mT / math.sqrt(x.shape[-2]))
    return weights @ x, weights


def without_exp(x):
    weights = scores_of(x) / scores_of(x).sum(axis=-1, keepdims=True)
    return weights @ x, weights


def scores_for_weights(x):
    return softmax(scores_of(x)) @ x, scores_of(x)


def mixed_down_the_columns(x):
    weights = softmax(scores_of(x))
    return weights.mT @ x, weights


def the_other_order(x):
    context, weights = attend(x)
    return weights, context


three_lines = Exercise(
    id="5.1",
    title="The three lines",
    name="attend",
    minutes=15,
    difficulty="Within reach",
    reference=attend,
    returns=("context", "weights"),
    cases=(
        Case((rng.normal(size=(7, 3)),), ("T d",)),
        Case((rng.normal(size=(2, 7, 3)),), ("B T d",)),
        Case((2 * rng.normal(size=(4, 2, 5, 3)),), ("A B T d",)),
    ),
    slips=(
        Slip(
            ".T",
            every_axis_turned,
            "One sentence passes, a batch does not: `.T` turns round *all* axes. "
            "Which two have to change places?",
        ),
        Slip(
            "softmax down the columns",
            down_the_columns,
            "The columns of the weights sum to 1, the rows do not. "
            "A row holds the shares of the word that looks.",
        ),
        Slip(
            "softmax over the whole table",
            over_the_whole_table,
            "All weights of a sentence together sum to 1. "
            "Each word that looks hands out a whole of its own.",
        ),
        Slip(
            "softmax over axis 1",
            counted_from_the_front,
            "One sentence passes, a batch does not: your softmax runs over the words that look. "
            "Which way of counting axes does not mind a new one in front?",
        ),
        Slip(
            "keepdims forgotten",
            without_keepdims,
            "The rows do not sum to 1. The sums have lost an axis: which entries do they divide, "
            "those of their row or those of their column?",
        ),
        Slip(
            "no division by the root",
            without_the_root,
            "The rows sum to 1, but the weights are too sharp. "
            "Something is to keep wide vectors from scoring high.",
        ),
        Slip(
            "divided by d",
            divided_by_d,
            "The rows sum to 1, but the weights are too flat. "
            "How fast does a sum of random products spread as it gets longer?",
        ),
        Slip(
            "divided by the root of T",
            divided_by_root_t,
            "The scores are divided by the wrong width. "
            "Is it longer sentences or longer vectors that score too high?",
        ),
        Slip(
            "no exp",
            without_exp,
            "The rows sum to 1, yet some weights are negative. "
            "What makes every score positive before the shares are taken?",
        ),
        Slip(
            "scores in place of weights",
            scores_for_weights,
            "The context is right, but what comes with it are the scores. "
            "The shares into which they are turned are wanted.",
        ),
        Slip(
            "weights transposed in the mixture",
            mixed_down_the_columns,
            "The weights are right, but the mixture takes them down the columns. "
            "Whose shares should mix the context of a word?",
        ),
        Slip(
            "weights first",
            the_other_order,
            "Both are right, but they come in the other order: first the context, then the weights.",
        ),
    ),
    right=(
        Variant("loops", by_loops),
        Variant("einsum", by_letters),
        Variant("torch, with gradients", by_torch),
        Variant("float32", in_single_precision),
    ),
    hints=(
        Hint(
            "what the batch changes",
            "Write down the shape of every array in the three lines, once for $(T, d)$ and once "
            "for $(B, T, d)$. The new axis is in front and should take no part in anything.",
        ),
        Hint(
            "which operations mind",
            "`@` already treats all axes but the last two as a batch. Two other operations on the "
            "page name an axis, or move one: a transpose and a sum.",
        ),
        Hint(
            "a plan",
            "Count axes from the end and never from the front. `x.T` turns round all axes; `x.mT` "
            "swaps the last two and leaves the rest. The sum in the softmax has to run over the "
            'last axis, keep it as an axis of size one, and say so with a number that means "last" '
            "for any number of axes.",
        ),
    ),
    notice="The same function takes any number of axes in front, since nothing in it counts them.",
    invariants=(rows_sum_to_one("weights"),),
)

EXERCISES = (three_lines,)
