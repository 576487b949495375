"""9.3, how scores become shares: the ways in which that goes wrong, each under its name."""

import math

import numpy as np

from minigpt.exercises.chapter_09.steps import lines, softmax
from minigpt.exercises.exercise import Slip


def without_keepdims(scores):
    raised = np.exp(scores)
    return raised / raised.sum(axis=-1)


def masked(scores):
    return softmax(np.where(np.tri(scores.shape[-1], dtype=bool), scores, -np.inf))


def over_each_table(scores):
    raised = np.exp(scores)
    return raised / raised.sum(axis=(-2, -1), keepdims=True)


def over_all(scores):
    raised = np.exp(scores)
    return raised / raised.sum()


def divided_late(weights, q, k, v):
    return weights / math.sqrt(q.shape[-1]) @ v


SLIPS = (
    Slip(
        "the root of d_model",
        lines(root=lambda q, x, n: math.sqrt(x.shape[-1])),
        "The scores are divided by the root of how wide the words are. "
        "How many products are added up in one score?",
    ),
    Slip(
        "the root of all heads' width",
        lines(root=lambda q, x, n: math.sqrt(q.shape[-1] * n)),
        "The scores are divided by the root of all heads' widths together. "
        "A score adds up the products of one head.",
    ),
    Slip(
        "the root of how many",
        lines(root=lambda q, x, n: math.sqrt(n)),
        "The scores are divided by the root of how many heads there are. How wide is one?",
    ),
    Slip(
        "no root",
        lines(root=lambda q, x, n: 1),
        "The weights are too sharp: the scores go into the softmax as they are.",
    ),
    Slip(
        "divided by the width",
        lines(root=lambda q, x, n: q.shape[-1]),
        "The weights are too flat: the scores are divided by the width itself.",
    ),
    Slip(
        "softmax down the columns",
        lines(share=lambda scores: softmax(scores, axis=-2)),
        "The columns of each table of weights sum to 1, the rows do not. Who hands out a whole?",
    ),
    Slip(
        "softmax over the heads",
        lines(share=lambda scores: softmax(scores, axis=1)),
        "The shares are taken across the heads, so that what one head sees another cannot. "
        "Each has a softmax of its own.",
    ),
    Slip(
        "keepdims forgotten",
        lines(share=without_keepdims),
        "The sums have lost an axis, so they do not line up with the rows that they divide.",
    ),
    Slip(
        "a mask",
        lines(share=masked),
        "Words look at nothing that comes after them. That is chapter 8's mask; here all are seen.",
    ),
    Slip(
        ".T",
        lines(score=lambda q, k: q @ k.T),
        "Queries and keys do not fit together: `.T` turns round *all* axes of the keys, "
        "batch and heads among them.",
    ),
    Slip(
        "the root of the number of words",
        lines(root=lambda q, x, n: math.sqrt(x.shape[1])),
        "The scores are divided by the root of how many words there are. One score knows of two "
        "words only: how many products does it add up?",
    ),
    Slip(
        "times the root",
        lines(root=lambda q, x, n: 1 / math.sqrt(q.shape[-1])),
        "The scores are multiplied by the root. It is there to keep them small.",
    ),
    Slip(
        "divided after the softmax",
        lines(root=lambda q, x, n: 1, mix=divided_late),
        "It is the weights that are divided by the root, so they no longer sum to 1. What should "
        "be divided, and when?",
    ),
    Slip(
        "no softmax",
        lines(share=lambda scores: scores),
        "The scores themselves mix the values, and some are negative. What makes shares of scores?",
    ),
    Slip(
        "one whole for a table",
        lines(share=over_each_table),
        "Each head's table sums to 1 as a whole. Every row is to sum to 1 by itself.",
    ),
    Slip(
        "one whole for all",
        lines(share=over_all),
        "All texts, heads and words share a single whole. Every row is to sum to 1 by itself.",
    ),
    Slip(
        "queries with queries",
        lines(score=lambda q, k: q @ q.mT),
        "Queries are compared with queries. The keys have had nothing to do yet.",
    ),
    Slip(
        "keys with keys",
        lines(score=lambda q, k: k @ k.mT),
        "Keys are compared with keys. The queries have had nothing to do yet.",
    ),
)
