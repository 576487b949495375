"""7.1, one query by hand: `one_query`."""

import math

import numpy as np

from minigpt.exercises.chapter_07 import cases
from minigpt.exercises.chapter_07.hints import ONE_QUERY
from minigpt.exercises.chapter_07.scores import (
    NO_ROOT,
    ROOT_D_MODEL,
    ROOT_D_V,
    ROOT_T,
    UNSCALED,
    softmax,
)
from minigpt.exercises.exercise import Exercise, Slip, Variant


def one_query(i, x, w_q, w_k, w_v):
    query = x[i] @ w_q
    scores = x @ w_k @ query / math.sqrt(len(query))
    raised = np.exp(scores - scores.max())
    return raised / raised.sum() @ (x @ w_v)


def single(
    score=lambda q, k, i: k @ q[i],
    width=lambda d_model, d_head, d_v: math.sqrt(d_head),
    share=softmax,
    give=lambda x, k, v: v,
):
    """One query, and one step of it changed."""

    def changed(i, x, w_q, w_k, w_v):
        q, k, v = x @ w_q, x @ w_k, x @ w_v
        scores = score(q, k, i) / width(*w_q.shape, w_v.shape[1])
        return share(scores) @ give(x, k, v)

    return changed


def as_in_chapter_5(i, x, w_q, w_k, w_v):
    return softmax(x @ x[i] / math.sqrt(x.shape[1])) @ (x @ w_v)


def divided_late(i, x, w_q, w_k, w_v):
    return softmax(x @ w_k @ (x[i] @ w_q)) / math.sqrt(w_q.shape[1]) @ (x @ w_v)


def by_length(of):
    """Divide by a function of how long the query is as an arrow, not of how many numbers it has."""

    def changed(i, x, w_q, w_k, w_v):
        query = x[i] @ w_q
        return softmax(x @ w_k @ query / of(np.linalg.norm(query))) @ (x @ w_v)

    return changed


def by_everyone(share):
    """The shares of all words in one table, and from it, by `share`, those of word i."""

    def changed(i, x, w_q, w_k, w_v):
        scores = x @ w_q @ (x @ w_k).T / math.sqrt(w_q.shape[1])
        return share(scores, i) @ (x @ w_v)

    return changed


def without_itself(i, x, w_q, w_k, w_v):
    others = np.delete(x, i, axis=0)
    scores = others @ w_k @ (x[i] @ w_q) / math.sqrt(w_q.shape[1])
    return softmax(scores) @ (others @ w_v)


SLIPS = (
    Slip(
        "keys handed over",
        single(give=lambda x, k, v: k),
        "The weights are right, but it is the keys that are mixed by them. "
        "By a key a word is found; what does it hand over?",
    ),
    Slip(
        "words handed over",
        single(give=lambda x, k, v: x),
        "The weights are right, but it is the words themselves that are mixed, as in "
        "chapter 5. One of the three matrices has nothing to do yet.",
    ),
    Slip("no division by the root", single(width=lambda *sizes: 1), UNSCALED),
    Slip(
        "the root of d_model",
        single(width=lambda d_model, *_: math.sqrt(d_model)),
        ROOT_D_MODEL,
    ),
    Slip("the root of d_v", single(width=lambda *sizes: math.sqrt(sizes[-1])), ROOT_D_V),
    Slip("divided by d_head", single(width=lambda d_model, d_head, d_v: d_head), NO_ROOT),
    Slip(
        "the root of T",
        lambda i, x, *ws: single(width=lambda *sizes: math.sqrt(len(x)))(i, x, *ws),
        ROOT_T,
    ),
    Slip(
        "the query's length",
        by_length(lambda length: length),
        "The scores are divided by how long the query is as an arrow. "
        "Not its length is meant: how many products are added up in a score?",
    ),
    Slip(
        "the root of the query's length",
        by_length(math.sqrt),
        "The root is of how long the query is as an arrow. "
        "Not its length is meant: how many products are added up in a score?",
    ),
    Slip(
        "the width of the page",
        single(width=lambda *sizes: math.sqrt(3)),
        "Right where queries are three wide, as they are on the page. Here they may be wider or "
        "narrower: where can you read off how wide?",
    ),
    Slip(
        "divided after the softmax",
        divided_late,
        "The root comes too late: it makes the shares smaller, so that together they are less "
        "than a whole. What grows too large in wide vectors, the shares or the scores?",
    ),
    Slip(
        "no softmax",
        single(share=lambda scores: scores),
        "The values are mixed by the scores themselves. What makes shares of one whole out of "
        "scores?",
    ),
    Slip(
        "asks with its key",
        single(lambda q, k, i: q @ k[i]),
        "The roles are exchanged: word `i` is being asked by all the others. "
        "Which matrix makes the question of the word that asks?",
    ),
    Slip(
        "asks the others' queries",
        single(lambda q, k, i: q @ q[i]),
        "The question is held against the others' questions. What do they offer to be found by?",
    ),
    Slip(
        "asks with a key",
        single(lambda q, k, i: k @ k[i]),
        "Keys are held against a key, so that likeness wins again. Where is the question?",
    ),
    Slip(
        "scores as in chapter 5",
        as_in_chapter_5,
        "The scores are those of chapter 5: words against words. "
        "Two of the three matrices have nothing to do yet.",
    ),
    Slip(
        "no exp",
        single(share=lambda scores: scores / scores.sum()),
        "The scores themselves are shared out, so some of the shares are negative. "
        "What makes every score positive first?",
    ),
    Slip(
        "not shared out",
        single(share=np.exp),
        "The amounts are positive, but together they are not one whole.",
    ),
    Slip(
        "softmax down the columns",
        by_everyone(lambda scores, i: softmax(scores, axis=0)[i]),
        "The shares of word `i` are not one whole: each has been divided by the sum of another "
        "word's column. Who hands out a whole, who asks or who is asked?",
    ),
    Slip(
        "a column of the weights",
        by_everyone(lambda scores, i: softmax(scores)[:, i]),
        "Those are the shares that word `i` is given by all the others, a column of the table. "
        "Which shares does it hand out itself?",
    ),
    Slip(
        "the winner takes all",
        single(share=lambda scores: scores == scores.max()),
        "Only the winner's value comes back. The others have smaller shares, but not none.",
    ),
    Slip(
        "plain mean",
        lambda i, x, w_q, w_k, w_v: (x @ w_v).mean(axis=0),
        "This is the plain mean of the values, whoever asks. What was the question for?",
    ),
    Slip(
        "its own value",
        lambda i, x, w_q, w_k, w_v: x[i] @ w_v,
        "This is what word `i` has to hand over. What does it take away from the others?",
    ),
    Slip(
        "counted from one",
        lambda i, *arrays: one_query(i - 1, *arrays),
        "This is the context of the word before. Python counts from 0.",
    ),
    Slip(
        "without itself",
        without_itself,
        "Word `i` is left out of its own average. Is it not one of those that are asked?",
    ),
    Slip(
        "nobody later",
        lambda i, x, *ws: one_query(i, x[: i + 1], *ws),
        "Words after word `i` get nothing. That is chapter 8's mask; here all are asked.",
    ),
    Slip(
        "the matrix first",
        lambda i, x, w_q, w_k, w_v: w_q @ x[i],
        "Word and matrix do not fit together in that order. A word is a row here: on which side "
        "of its matrix does it stand?",
    ),
    Slip(
        "keys not turned",
        lambda i, x, w_q, w_k, w_v: x[i] @ w_q @ (x @ w_k),
        "Query and keys do not fit together. A key is a row, and each row is to meet the query: "
        "which of the two goes first, or what has to be turned round?",
    ),
    Slip(
        "values first",
        lambda i, x, w_q, w_k, w_v: x @ w_v @ np.ones(len(x)),
        "Values and weights do not fit together in that order. There is one share for each row "
        "of the values: on which side do the shares stand?",
    ),
    Slip(
        "every context",
        lambda i, x, *ws: np.array([one_query(j, x, *ws) for j in range(len(x))]),
        "Right for every word, but one was wanted: that of word `i` alone.",
    ),
    Slip(
        "weights alone",
        single(give=lambda x, k, v: np.eye(len(x))),
        "Those are the weights, and they are right. Now share out the values by them.",
    ),
)


def one_by_loops(i, x, w_q, w_k, w_v):
    query = [sum(a * b for a, b in zip(x[i], column, strict=True)) for column in w_q.T]
    shares = []
    for word in x:
        key = [sum(a * b for a, b in zip(word, column, strict=True)) for column in w_k.T]
        score = sum(a * b for a, b in zip(query, key, strict=True))
        shares.append(math.exp(score / len(query) ** 0.5))
    values = [share / sum(shares) * (word @ w_v) for share, word in zip(shares, x, strict=True)]
    return sum(values)


def one_by_table(i, x, w_q, w_k, w_v):
    scores = x[i] @ (w_q @ w_k.T) @ x.T / math.sqrt(w_k.shape[1])
    return (softmax(scores) @ x) @ w_v


def one_by_torch(i, x, w_q, w_k, w_v):
    import torch

    q, k, v = (torch.tensor(x, requires_grad=True) @ torch.from_numpy(w) for w in (w_q, w_k, w_v))
    return torch.nn.functional.scaled_dot_product_attention(q, k, v)[i]


RIGHT = (
    Variant("loops", one_by_loops),
    Variant("one table, values last", one_by_table),
    Variant("torch, with gradients", one_by_torch),
)

EXERCISE = Exercise(
    id="7.1",
    title="One query by hand",
    name="one_query",
    minutes=15,
    difficulty="Within reach",
    reference=one_query,
    returns=("context",),
    cases=cases.ONE_QUERY,
    slips=SLIPS,
    right=RIGHT,
    hints=ONE_QUERY,
    notice="nothing but the query belongs to word `i`: keys and values are the same whoever asks.",
)
