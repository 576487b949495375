"""11.1, ask another sentence: `cross_attend`."""

import math

import numpy as np

from minigpt.exercises.chapter_11.hints import ACROSS
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant
from minigpt.exercises.invariants import never_negative, rows_sum_to_one


def cross_attend(x, source, w_q, w_k, w_v):
    q, k, v = x @ w_q, source @ w_k, source @ w_v
    scores = q @ k.T / math.sqrt(w_q.shape[1])
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights = raised / raised.sum(axis=1, keepdims=True)
    return weights @ v, weights


def softmax(scores, axis=-1):
    raised = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return raised / raised.sum(axis=axis, keepdims=True)


def lines(
    q=lambda x, source: x,
    k=lambda x, source: source,
    v=lambda x, source: source,
    score=lambda q, k: q @ k.T,
    root=lambda x, w_q, w_v: math.sqrt(w_q.shape[1]),
    share=softmax,
):
    def changed(x, source, w_q, w_k, w_v):
        asked, keys = q(x, source) @ w_q, k(x, source) @ w_k
        weights = share(score(asked, keys) / root(x, w_q, w_v))
        return weights @ (v(x, source) @ w_v), weights

    return changed


def of_x(x, source):
    return x


def of_source(x, source):
    return source


def without_keepdims(scores):
    raised = np.exp(scores)
    return raised / raised.sum(axis=-1)


SLIPS = (
    Slip(
        "x among itself",
        lines(k=of_x, v=of_x),
        "That is self-attention: `x` asks itself, and `source` is never looked at.",
    ),
    Slip(
        "source among itself",
        lines(q=of_source),
        "The source asks itself, and `x` plays no part. Whose row is it that you want to fill?",
    ),
    Slip(
        "the other way round",
        lines(q=of_source, k=of_x, v=of_x),
        "The source asks and `x` answers: you have a row for each source word. Who is to be "
        "rewritten?",
    ),
    Slip(
        "values from x",
        lines(v=of_x),
        "The weights have a column for each source word, and the values a row for each word of "
        "`x`: they do not fit. Who hands something over, those who ask or those who are asked?",
    ),
    Slip(
        "keys from x",
        lines(k=of_x),
        "What meets the values has a column for each word of `x`, and the values have a row for "
        "each source word. Do the keys come from `x`, or is the table turned round?",
    ),
    Slip(
        "softmax down the columns",
        lines(share=lambda scores: softmax(scores, axis=0)),
        "The columns sum to 1, the rows do not. Each word of `x` has one whole to share out, over "
        "which axis?",
    ),
    Slip(
        "keepdims forgotten",
        lines(share=without_keepdims),
        "The sums do not stand beside their rows, and the table is no square that would hide it: "
        "the division fails. What keeps the summed axis in place?",
    ),
    Slip(
        "the root of d_model",
        lines(root=lambda x, w_q, w_v: math.sqrt(x.shape[1])),
        "The root is of the width of the words. How many products are added up in one score?",
    ),
    Slip(
        "the root of d_v",
        lines(root=lambda x, w_q, w_v: math.sqrt(w_v.shape[1])),
        "The root is of how wide the values are, and no value takes part in a score.",
    ),
    Slip(
        "no root",
        lines(root=lambda x, w_q, w_v: 1.0),
        "The weights are too sharp: the scores go into the softmax as they are.",
    ),
    Slip(
        "divided by d_head",
        lines(root=lambda x, w_q, w_v: w_q.shape[1]),
        "The scores are divided by the width itself. Its root was wanted.",
    ),
    Slip(
        "W_Q and W_K exchanged",
        lambda x, source, w_q, w_k, w_v: lines()(x, source, w_k, w_q, w_v),
        "W_Q and W_K have changed places: those who ask get the keys' matrix. With matrices of one "
        "shape, only the numbers tell.",
    ),
    Slip(
        "a triangle across",
        lines(share=lambda scores: softmax(np.where(np.tri(*scores.shape), scores, -np.inf))),
        "There is a triangle on it: the first word of `x` sees one source word, the second two. All "
        "of the source is there already, so what would it hide?",
    ),
    Slip(
        "weights first",
        lambda *args: cross_attend(*args)[::-1],
        "The two are there, the other way round: the context comes first, then the weights.",
    ),
    Slip(
        "keys not turned",
        lines(score=lambda q, k: q @ k),
        "Queries and keys do not multiply as they are. Row against row is wanted, so one of the "
        "two has to be turned round.",
    ),
)


def by_loops(x, source, w_q, w_k, w_v):
    weights = np.zeros((len(x), len(source)))
    for i, word in enumerate(x):
        for j, other in enumerate(source):
            weights[i, j] = math.exp((word @ w_q) @ (other @ w_k) / w_k.shape[-1] ** 0.5)
        weights[i] /= weights[i].sum()
    return [
        sum(w * (other @ w_v) for w, other in zip(row, source, strict=True)) for row in weights
    ], weights


def by_einsum(x, source, w_q, w_k, w_v):
    scores = np.einsum("id,dh,eh,je->ij", x, w_q, w_k, source) / math.sqrt(w_q.shape[1])
    weights = softmax(scores)
    return np.einsum("ij,jd,dv->iv", weights, source, w_v), weights


def by_the_library(x, source, w_q, w_k, w_v):
    import torch

    from minigpt.attention import attention

    return attention(*(torch.from_numpy(y) for y in (x @ w_q, source @ w_k, source @ w_v)))


def mixed_first(x, source, w_q, w_k, w_v):
    weights = softmax((x @ w_q) @ (source @ w_k / math.sqrt(w_q.shape[1])).T)
    return (weights @ source) @ w_v, weights


RIGHT = (
    Variant("loops", by_loops),
    Variant("einsum", by_einsum),
    Variant("the library's", by_the_library),
    Variant("words mixed before the values", mixed_first),
)


def one_case(seed, T_q, T_k, d_model, d_head, d_v):
    rng = np.random.default_rng(seed)
    shapes = (T_q, d_model), (T_k, d_model), (d_model, d_head), (d_model, d_head), (d_model, d_v)
    axes = ("T_q d_model", "T_k d_model", "d_model d_head", "d_model d_head", "d_model d_v")
    return Case(tuple(rng.normal(size=shape) for shape in shapes), axes)


EXERCISE = Exercise(
    id="11.1",
    title="Ask another sentence",
    name="cross_attend",
    minutes=15,
    difficulty="Within reach",
    reference=cross_attend,
    returns=("context", "weights"),
    cases=(one_case(7, 3, 6, 5, 4, 2), one_case(8, 7, 2, 6, 3, 5)),
    slips=SLIPS,
    right=RIGHT,
    hints=ACROSS,
    invariants=(rows_sum_to_one("weights"), never_negative("weights")),
    notice="it is the same attention. Only the names of two arrays have changed, and the table is no "
    "longer square.",
)
