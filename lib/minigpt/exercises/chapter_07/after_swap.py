"""7.4a, swap Q and K: `after_swap`."""

import math

import numpy as np

from minigpt.exercises.chapter_07.hints import SWAP
from minigpt.exercises.chapter_07.scores import softmax
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant
from minigpt.exercises.invariants import rows_sum_to_one


def after_swap(scores):
    raised = np.exp(scores.T - scores.max())
    return raised / raised.sum(axis=1, keepdims=True)


def turned_and_mended(scores):
    weights = softmax(scores).T
    return weights / weights.sum(axis=-1, keepdims=True)


def without_keepdims(scores):
    raised = np.exp(scores.T)
    return raised / raised.sum(axis=1)


SLIPS = (
    Slip(
        "weights transposed",
        lambda scores: softmax(scores).T,
        "Those are the old weights, turned round: their columns sum to 1, their rows do not. "
        "What does the swap turn round, and who hands out a whole after that?",
    ),
    Slip(
        "nothing changes",
        lambda scores: softmax(scores),
        "Those are the weights before the swap. Is what *cat* asks of *sat* what *sat* asks of "
        "*cat*?",
    ),
    Slip(
        "softmax down the columns",
        lambda scores: softmax(scores, axis=0),
        "The right numbers in the wrong places: here the columns sum to 1. "
        "Who asks now, and who is asked?",
    ),
    Slip(
        "weights transposed and mended",
        turned_and_mended,
        "The rows sum to 1, but they were mended after the weights had been turned round. "
        "Each weight has been divided by its old row's sum already.",
    ),
    Slip(
        "no softmax",
        lambda scores: scores.T,
        "Those are the scores after the swap. Now the weights.",
    ),
    Slip(
        "sign changed",
        lambda scores: softmax(-scores),
        "Exchanging who asks and who is asked does not turn liking into dislike.",
    ),
    Slip(
        "keepdims forgotten",
        without_keepdims,
        "Each column is divided, not each row: a row of sums fits the table as well, and divides "
        "by the wrong one. In which direction should the sums stand?",
    ),
    Slip(
        "divided again",
        lambda scores: softmax(scores.T / math.sqrt(len(scores))),
        "The scores have been divided by the root already, and have not grown since.",
    ),
)


def swap_by_loops(scores):
    T = len(scores)
    columns = [[math.exp(scores[i][j]) for i in range(T)] for j in range(T)]
    return [[share / sum(column) for share in column] for column in columns]


def swap_by_columns(scores):
    raised = np.exp(scores)
    return (raised / raised.sum(axis=0)).T


def swap_by_torch(scores):
    import torch

    return torch.softmax(torch.tensor(scores), dim=0).T


RIGHT = (
    Variant("loops and lists", swap_by_loops),
    Variant("columns, then turned", swap_by_columns),
    Variant("torch", swap_by_torch),
)


def square(T, seed):
    return Case((2 * np.random.default_rng(seed).normal(size=(T, T)),), ("T T",))


EXERCISE = Exercise(
    id="7.4a",
    title="Swap Q and K",
    name="after_swap",
    minutes=40,
    difficulty="An evening's thought",
    reference=after_swap,
    returns=("weights",),
    cases=(square(5, 7), square(4, 8)),
    slips=SLIPS,
    right=RIGHT,
    hints=SWAP,
    notice="the scores are turned round, the weights are not: each is divided by another sum.",
    invariants=(rows_sum_to_one("weights"),),
)
