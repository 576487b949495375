"""9.3, multi-head attention whole: `multi_head`."""

import math

import numpy as np

from minigpt.exercises.chapter_09.hints import MULTI_HEAD
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def multi_head(x, w_qkv, b_qkv, w_o, b_o, n_heads):
    B, T, wide = len(x), x.shape[1], len(w_o)
    parts = np.split(x @ w_qkv + b_qkv, 3, axis=-1)
    cut = [part.reshape(B, T, n_heads, wide // n_heads) for part in parts]
    q, k, v = (part.swapaxes(1, 2) for part in cut)
    scores = q @ k.mT / math.sqrt(wide // n_heads)
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = raised / raised.sum(axis=-1, keepdims=True)
    merged = (weights @ v).swapaxes(1, 2).reshape(B, T, wide)
    return merged @ w_o + b_o


def softmax(scores, axis=-1):
    raised = np.exp(scores)
    return raised / raised.sum(axis=axis, keepdims=True)


def without_keepdims(scores):
    raised = np.exp(scores)
    return raised / raised.sum(axis=-1)


def cut(y, n_heads):
    """Shape (B, T, n_heads, d_head): the axis is cut, nothing has moved."""
    return y.reshape(*y.shape[:2], n_heads, -1)


def split(y, n_heads):
    return cut(y, n_heads).swapaxes(1, 2)


def merge(context):
    return context.swapaxes(1, 2).reshape(len(context), context.shape[2], -1)


def flat(context, T):
    return context.reshape(len(context), T, -1)


def lines(
    thirds=lambda qkv, n_heads: np.split(qkv, 3, axis=-1),
    split=split,
    score=lambda q, k: q @ k.mT,
    root=lambda q, x, n_heads: math.sqrt(q.shape[-1]),
    share=softmax,
    mix=lambda weights, q, k, v: weights @ v,
    merge=lambda context, T: merge(context),
    finish=lambda merged, w_o, b_o, n_heads: merged @ w_o + b_o,
    project=lambda x, w, b: x @ w + b,
):
    """All of it, and one step changed."""

    def changed(x, w_qkv, b_qkv, w_o, b_o, n_heads):
        parts = thirds(project(x, w_qkv, b_qkv), n_heads)
        q, k, v = (split(part, n_heads) for part in parts)
        weights = share(score(q, k) / root(q, x, n_heads))
        context = mix(weights, q, k, v)
        return finish(merge(context, x.shape[1]), w_o, b_o, n_heads)

    return changed


def a_head_at_a_time(qkv, n_heads):
    """For each head its three, as some models store them."""
    parts = qkv.reshape(*qkv.shape[:2], n_heads, 3, -1)
    return (parts[..., i, :].reshape(*qkv.shape[:2], -1) for i in range(3))


WIDTH = {3: 7, 4: 5}  # d_model, in the two cases, by n_heads


def masked(scores):
    return softmax(np.where(np.tri(scores.shape[-1], dtype=bool), scores, -np.inf))


def in_another_order(*order):
    return lines(lambda qkv, _: [np.split(qkv, 3, axis=-1)[i] for i in order])


SLIPS = (
    Slip(
        "split by reshape alone",
        lines(split=lambda y, n: y.reshape(len(y), n, y.shape[1], -1)),
        "The heads are split by a `reshape` alone, so a head holds all numbers of some words. "
        "Most words never meet.",
    ),
    Slip(
        "merged by reshape alone",
        lines(merge=flat),
        "The attention is right, and then the words' numbers get mixed up. What moves the words "
        "back in front of the heads before they are joined?",
    ),
    Slip(
        "split and merged by reshape alone",
        lines(split=lambda y, n: y.reshape(len(y), n, y.shape[1], -1), merge=flat),
        "Split and merge are both a `reshape` alone. They undo each other, so nothing shows at "
        "the ends; but in between most words never meet.",
    ),
    Slip(
        "never swapped",
        lines(split=cut, merge=flat),
        "No word looks at another: words and heads were never exchanged, so each word's heads "
        "attend to one another.",
    ),
    Slip(
        "every n-th number",
        lines(split=lambda y, n: y.reshape(*y.shape[:2], -1, n).transpose(0, 3, 1, 2)),
        "Head 0 gets every `n_heads`-th number. A head is made of neighbouring columns.",
    ),
    Slip(
        "a width that does not fit",
        lines(split=lambda y, n: y.reshape(*y.shape[:2], n, WIDTH[n] // n)),
        "You take a head to be `d_model // n_heads` wide. What the first product makes need not be "
        "as wide as a word: how wide is a third of it?",
    ),
    Slip(
        "merged to the shape of x",
        lines(
            merge=lambda context, T: context.swapaxes(1, 2).reshape(
                len(context), T, WIDTH[context.shape[1]]
            )
        ),
        "The heads side by side need not be as wide as the words, so they do not go into the shape "
        "of `x`. It is `w_o` that brings them back to it.",
    ),
    Slip(
        "cut at d_model",
        lambda x, w_qkv, b_qkv, w_o, b_o, n_heads: lines(
            lambda qkv, _: np.split(qkv, [x.shape[-1], 2 * x.shape[-1]], axis=-1),
            split=lambda y, n: split(y, n),
        )(x, w_qkv, b_qkv, w_o, b_o, n_heads),
        "The cuts are made after `d_model` columns. Queries, keys and values are as wide as all "
        "heads together, and that need not be the same.",
    ),
    Slip(
        "the batch cut into three",
        lines(lambda qkv, _: np.split(qkv, 3)),
        "It is the batch that you cut into three. Along which axis do the three stand side by side?",
    ),
    Slip(
        "one head",
        lines(split=lambda y, n: y[:, None]),
        "This is attention with one head as wide as all of them. `n_heads` has nothing to do yet.",
    ),
    Slip(
        "three for each head",
        lines(a_head_at_a_time),
        "You take the three of head 0, then the three of head 1. In `w_qkv` stand all queries, "
        "then all keys, then all values.",
    ),
    Slip(
        "keys first",
        in_another_order(1, 0, 2),
        "Queries and keys have changed places: the first third makes the queries.",
    ),
    Slip(
        "values in the middle",
        in_another_order(0, 2, 1),
        "Keys and values have changed places: the last third makes the values.",
    ),
    Slip(
        "values first",
        in_another_order(1, 2, 0),
        "The three are taken in another order than that in which they stand side by side: it is "
        "queries, keys, values.",
    ),
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
        "keys handed over",
        lines(mix=lambda weights, q, k, v: weights @ k),
        "The weights are right, but it is the keys that are mixed by them.",
    ),
    Slip(
        "the first bias forgotten",
        lines(project=lambda x, w, b: x @ w),
        "`b_qkv` has nothing to do yet. It is added before anything is cut.",
    ),
    Slip(
        "the second bias forgotten",
        lines(finish=lambda merged, w_o, b_o, n: merged @ w_o),
        "Right but for the same few numbers at every word: `b_o` has nothing to do yet.",
    ),
    Slip(
        "the second bias for each head",
        lines(finish=lambda merged, w_o, b_o, n: merged @ w_o + n * b_o),
        "`b_o` is added once for every head. It belongs to the sum of them.",
    ),
    Slip(
        "no w_o",
        lines(finish=lambda merged, w_o, b_o, n: merged),
        "Those are the merged contexts. One matrix is left that has had nothing to do.",
    ),
    Slip(
        "w_o turned round",
        lines(finish=lambda merged, w_o, b_o, n: merged @ w_o.T + b_o),
        "`w_o` is turned round, as one does with PyTorch's. This one has a row for each number "
        "that goes in, as the other matrix has.",
    ),
    Slip(
        "w_qkv turned round",
        lines(project=lambda x, w, b: x @ w.T + b),
        "`w_qkv` is turned round, as one does with PyTorch's. This one has a row for each number "
        "of a word.",
    ),
    Slip(
        "added to the word",
        lambda x, *rest: x + multi_head(x, *rest),
        "The words themselves are added. That is chapter 12's step; here only what the heads say "
        "is wanted.",
    ),
    Slip(
        "heads added up",
        lines(merge=lambda context, T: context.sum(axis=1)),
        "The heads are added up and not laid side by side, so they no longer fit `w_o`, which has "
        "a slice of rows for each.",
    ),
)


def by_loops(x, w_qkv, b_qkv, w_o, b_o, n_heads):
    d_head = len(w_o) // n_heads
    every = []
    for text in x:
        total = np.zeros((len(text), w_o.shape[1]))
        for h in range(n_heads):
            own = [slice(i * len(w_o) + h * d_head, i * len(w_o) + (h + 1) * d_head)
                   for i in range(3)]  # fmt: skip
            q, k, v = (text @ w_qkv[:, part] + b_qkv[part] for part in own)
            weights = softmax(q @ k.T / d_head**0.5)
            total = total + weights @ v @ w_o[own[0]]
        every.append(total + b_o)
    return every


def by_letters(x, w_qkv, b_qkv, w_o, b_o, n_heads):
    w = w_qkv.reshape(len(w_qkv), 3, n_heads, -1)
    q, k, v = np.einsum("btd,dshe->sbhte", x, w) + b_qkv.reshape(3, 1, n_heads, 1, -1)
    weights = softmax(np.einsum("bhie,bhje->bhij", q, k) / math.sqrt(q.shape[-1]))
    w_o = w_o.reshape(n_heads, -1, w_o.shape[-1])
    return np.einsum("bhij,bhje,hed->bid", weights, v, w_o, optimize=True) + b_o


def by_torch(x, w_qkv, b_qkv, w_o, b_o, n_heads):
    import torch
    from torch.nn.functional import linear, scaled_dot_product_attention

    x, w_qkv, b_qkv, w_o, b_o = map(torch.tensor, (x, w_qkv, b_qkv, w_o, b_o))
    parts = linear(x, w_qkv.T, b_qkv).chunk(3, dim=-1)
    q, k, v = (part.unflatten(-1, (n_heads, -1)).transpose(1, 2) for part in parts)
    return scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2) @ w_o + b_o


RIGHT = (
    Variant("loops over texts and heads", by_loops),
    Variant("einsum", by_letters),
    Variant("torch", by_torch),
    Variant("four lines", lines()),
)

rng = np.random.default_rng(9)


def batch(B, T, d_model, n_heads, d_head):
    wide = n_heads * d_head
    x, w_qkv, b_qkv = (rng.normal(size=s) for s in [(B, T, d_model), (d_model, 3 * wide), 3 * wide])
    w_o, b_o = rng.normal(size=(wide, d_model)), rng.normal(size=d_model)
    axes = ("B T d_model", "d_model d_qkv", "d_qkv", "d_inner d_model", "d_model", None)
    return Case((x, 0.6 * w_qkv, b_qkv, w_o, b_o, n_heads), axes)


EXERCISE = Exercise(
    id="9.3",
    title="Multi-head attention, whole",
    name="multi_head",
    minutes=35,
    difficulty="Middling",
    reference=multi_head,
    returns=("output",),
    cases=(batch(2, 5, 7, 3, 4), batch(3, 7, 5, 4, 2)),
    slips=SLIPS,
    right=RIGHT,
    hints=MULTI_HEAD,
    notice="the heads' widths need not add up to the words' width: `w_o` brings them back to it.",
)
