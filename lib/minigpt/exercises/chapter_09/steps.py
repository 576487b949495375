"""9.3, multi-head attention, step by step: every slip is all of it with one step changed."""

import math

import numpy as np


def softmax(scores, axis=-1):
    raised = np.exp(scores)
    return raised / raised.sum(axis=axis, keepdims=True)


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
