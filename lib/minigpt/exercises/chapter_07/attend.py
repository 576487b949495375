"""7.2, all queries at once: `attend`."""

import math

import numpy as np

from minigpt.exercises.chapter_07 import cases
from minigpt.exercises.chapter_07.cutting import CUTS, cut
from minigpt.exercises.chapter_07.hints import ALL_QUERIES
from minigpt.exercises.chapter_07.scores import (
    NO_ROOT,
    ROOT_D_MODEL,
    ROOT_D_QKV,
    ROOT_D_V,
    ROOT_T,
    UNSCALED,
    softmax,
)
from minigpt.exercises.exercise import Exercise, Slip, Variant
from minigpt.exercises.invariants import never_negative, rows_sum_to_one


def attend(x, w_qkv, d_head):
    qkv = x @ w_qkv
    q, k, v = qkv[..., :d_head], qkv[..., d_head : 2 * d_head], qkv[..., 2 * d_head :]
    scores = q @ k.mT / math.sqrt(d_head)
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = raised / raised.sum(axis=-1, keepdims=True)
    return weights @ v, weights


def lines(
    cut=cut,
    score=lambda q, k: q @ k.mT,
    width=lambda x, d_head, v: math.sqrt(d_head),
    share=softmax,
    mix=lambda weights, x, k, v: weights @ v,
):
    """All queries, and one step of it changed."""

    def changed(x, w_qkv, d_head):
        q, k, v = cut(x @ w_qkv, d_head)
        weights = share(score(q, k) / width(x, d_head, v))
        return mix(weights, x, k, v), weights

    return changed


def unseen_later(q, k):
    return np.where(np.tri(k.shape[1], dtype=bool), q @ k.mT, -np.inf)


def without_keepdims(scores):
    raised = np.exp(scores)
    return raised / raised.sum(axis=-1)


def scores_for_weights(x, w_qkv, d_head):
    q, k, _ = cut(x @ w_qkv, d_head)
    return attend(x, w_qkv, d_head)[0], q @ k.mT / math.sqrt(d_head)


NOT_BY_ROWS = "The rows of the weights do not sum to 1{}"

SLIPS = (
    *(Slip(name, lines(wrong), message) for name, wrong, message in CUTS),
    Slip(
        "queries among themselves",
        lines(score=lambda q, k: q @ q.mT),
        "The questions are held against each other. What do the words offer to be found by?",
    ),
    Slip(
        "keys ask queries",
        lines(score=lambda q, k: k @ q.mT),
        "The tables of scores come out turned round: who asks, and who is asked? "
        "Look at the order in your product, and at that in which the three stand side by side.",
    ),
    Slip("no division by the root", lines(width=lambda *_: 1), UNSCALED),
    Slip("the root of d_model", lines(width=lambda x, *_: math.sqrt(x.shape[-1])), ROOT_D_MODEL),
    Slip("the root of d_v", lines(width=lambda x, d_head, v: math.sqrt(v.shape[-1])), ROOT_D_V),
    Slip(
        "the root of all three widths",
        lines(width=lambda x, d_head, v: math.sqrt(2 * d_head + v.shape[-1])),
        ROOT_D_QKV,
    ),
    Slip(
        "the root of T",
        lines(width=lambda x, d_head, v: math.sqrt(x.shape[1])),
        ROOT_T,
    ),
    Slip("divided by d_head", lines(width=lambda x, d_head, v: d_head), NO_ROOT),
    Slip(
        "keys not turned, or turned by .T",
        lines(score=lambda q, k: q @ k.T),
        "Queries and keys do not fit together. Two axes of the keys should change places, and no "
        "others (`.T` would turn round *all* of them).",
    ),
    Slip(
        "the matrix first",
        lambda x, w_qkv, d_head: w_qkv @ x,
        "Words and matrix do not fit together in that order. A word is a row here: on which side "
        "of the matrix does it stand?",
    ),
    Slip(
        "values first",
        lines(mix=lambda weights, x, k, v: v @ weights),
        "Values and weights do not fit together in that order. There is one share for each row "
        "of the values: on which side do the shares stand?",
    ),
    Slip(
        "reshape in place of .mT",
        lines(score=lambda q, k: q @ k.reshape(len(k), k.shape[2], k.shape[1])),
        "The keys have the right shape, but `reshape` only deals the numbers out anew, in the order "
        "in which they stood. What turns a table round?",
    ),
    Slip(
        "causal mask",
        lines(score=unseen_later),
        "Words that come later get nothing. That is chapter 8's mask; here all are asked.",
    ),
    Slip(
        "softmax down the columns",
        lines(share=lambda scores: softmax(scores, axis=-2)),
        NOT_BY_ROWS.format(", the columns do. Who hands out a whole: who asks, or who is asked?"),
    ),
    Slip(
        "softmax over each table",
        lines(share=lambda scores: softmax(scores, axis=(-1, -2))),
        NOT_BY_ROWS.format(", all weights of a sentence together do. Who hands out a whole?"),
    ),
    Slip(
        "softmax over the batch",
        lines(share=lambda scores: softmax(scores, axis=0)),
        NOT_BY_ROWS.format(
            ": the shares are taken across the batch. What has one sentence to do with another?"
        ),
    ),
    Slip(
        "keepdims forgotten",
        lines(share=without_keepdims),
        "The sums have lost an axis, so they do not line up with the rows that they divide.",
    ),
    Slip(
        "no exp",
        lines(share=lambda scores: scores / scores.sum(axis=-1, keepdims=True)),
        "The rows sum to 1, yet some weights are negative. "
        "What makes every score positive before the shares are taken?",
    ),
    Slip(
        "keys handed over",
        lines(mix=lambda weights, x, k, v: weights @ k),
        "The weights are right, but it is the keys that are mixed by them. "
        "By a key a word is found; what does it hand over?",
    ),
    Slip(
        "words handed over",
        lines(mix=lambda weights, x, k, v: weights @ x),
        "The weights are right, but it is the words themselves that are mixed, as in "
        "chapter 5. A part of the matrix has nothing to do yet.",
    ),
    Slip(
        "scores in place of weights",
        scores_for_weights,
        "The context is right, but what comes with it are the scores. "
        "The shares into which they are turned are wanted.",
    ),
    Slip(
        "weights transposed in the mixture",
        lines(mix=lambda weights, x, k, v: weights.mT @ v),
        "The weights are right, but the mixture takes them down the columns. "
        "Whose shares should mix the context of a word?",
    ),
    Slip(
        "context alone",
        lambda *args: attend(*args)[0],
        "One array came. A context and the weights that made it are wanted.",
    ),
    Slip(
        "weights first",
        lambda *args: attend(*args)[::-1],
        "Both are right, but they come in the other order: first the context, then the weights.",
    ),
)


def all_by_loops(x, w_qkv, d_head):
    w_q, w_k, w_v = w_qkv[:, :d_head], w_qkv[:, d_head : 2 * d_head], w_qkv[:, 2 * d_head :]
    weights = []
    for text in x:
        keys = [word @ w_k for word in text]
        rows = [[math.exp(word @ w_q @ k / d_head**0.5) for k in keys] for word in text]
        weights.append([[share / sum(row) for share in row] for row in rows])
    return [np.array(w) @ text @ w_v for w, text in zip(weights, x, strict=True)], weights


def all_by_letters(x, w_qkv, d_head):
    q, k, v = cut(np.einsum("btd,de->bte", x, w_qkv), d_head)
    weights = softmax(np.einsum("bie,bje->bij", q, k) / np.sqrt(d_head))
    return np.einsum("bij,bjv->biv", weights, v), weights


def all_by_torch(x, w_qkv, d_head):
    import torch

    q, k, v = (torch.tensor(part, requires_grad=True) for part in cut(x @ w_qkv, d_head))
    weights = torch.softmax(q @ k.transpose(1, 2) * d_head**-0.5, dim=2)
    return weights @ v, weights


RIGHT = (
    Variant("loops and lists", all_by_loops),
    Variant("einsum", all_by_letters),
    Variant("torch, with gradients", all_by_torch),
    Variant(
        "float32",
        lambda x, w_qkv, d_head: attend(x.astype(np.float32), w_qkv.astype(np.float32), d_head),
    ),
)


def other_mixture(args, values):
    """Tell a context, shape (B, T, d_v), that is not what the weights make of the values."""
    x, w_qkv, d_head = args
    v = x @ w_qkv[:, 2 * d_head :]
    if np.allclose(values["weights"] @ v, values["context"], atol=1e-2):
        return None
    return "The context is not what your weights make of the values. What do they mix, and how?"


EXERCISE = Exercise(
    id="7.2",
    title="All queries at once",
    name="attend",
    minutes=20,
    difficulty="Middling",
    reference=attend,
    returns=("context", "weights"),
    cases=cases.ALL_QUERIES,
    slips=SLIPS,
    right=RIGHT,
    hints=ALL_QUERIES,
    notice="this is how GPT-2 stores its three matrices, with all of a layer's heads side by side.",
    invariants=(rows_sum_to_one("weights"), never_negative("weights"), other_mixture),
)
