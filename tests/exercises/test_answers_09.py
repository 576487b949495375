"""Answers to chapter 9 that are in no list; `test_odd_answers` judges RIGHT and WRONG.

The registry's own slips and variants are tried elsewhere, for every chapter alike.
"""

import math

import numpy as np
import torch

from minigpt.attention import attention, merge_heads, split_heads
from minigpt.exercises.registry import EXERCISES


def tensors(function):
    """The library's, which takes tensors."""
    return lambda x, *rest: function(torch.from_numpy(x), *rest)


# ---- 9.1


def split_by_filling(x, n_heads):
    B, T, d_model = x.shape
    heads = np.empty((B, n_heads, T, d_model // n_heads))
    for b, t, c in np.ndindex(x.shape):
        h, within = divmod(c, d_model // n_heads)
        heads[b, h, t, within] = x[b, t, c]
    return heads


def split_from_the_back(x, n_heads):
    return np.rollaxis(x.reshape(x.shape[0], x.shape[1], n_heads, -1), 2, 1)


def split_by_strides(x, n_heads):
    B, T, d_model = x.shape
    d_head = d_model // n_heads
    b, t, c = x.strides
    return np.lib.stride_tricks.as_strided(x, (B, n_heads, T, d_head), (b, c * d_head, t, c))


def merge_by_adding(heads):  # each head in its slice, zeros elsewhere
    B, n_heads, T, d_head = heads.shape
    merged = np.zeros((B, T, n_heads * d_head))
    for h in range(n_heads):
        merged[:, :, h * d_head : (h + 1) * d_head] += heads[:, h]
    return merged


# ---- 9.2


def unscramble_by_the_library(merged, n_heads):
    B, T, width = merged.shape
    return merge_heads(torch.from_numpy(merged).view(B, n_heads, T, width // n_heads))


def unscramble_in_order(merged, n_heads):
    """Numbers laid out head by head, word by word, are sorted by word, then head."""
    B, T, width = merged.shape
    d_head = width // n_heads
    h, t, c = np.unravel_index(np.arange(T * width), (n_heads, T, d_head))
    order = np.lexsort((c, h, t))
    return merged.reshape(B, -1)[:, order].reshape(B, T, width)


def regroup_by_a_permutation(w, n_heads):
    permutation = np.eye(w.shape[1])[np.argsort(np.arange(w.shape[1]) % n_heads, kind="stable")]
    return w @ permutation.T


# ---- 9.3


def whole(x, w_qkv, b_qkv, w_o, b_o, n_heads, **changes):
    q, k, v = torch.tensor(x @ w_qkv + b_qkv).tensor_split(3, dim=-1)
    q, k, v = (split_heads(part, n_heads) for part in (q, k, v))
    context, _ = attention(q * changes.get("louder", 1), k, v)
    return merge_heads(context).numpy() @ w_o + b_o


def whole_with_a_column_of_ones(x, w_qkv, b_qkv, w_o, b_o, n_heads):
    ones = np.ones((*x.shape[:2], 1))
    w = np.vstack([w_qkv, b_qkv])
    return whole(np.concatenate([x, ones], -1), w, 0, w_o, b_o, n_heads)


def whole_by_pytorch(x, w_qkv, b_qkv, w_o, b_o, n_heads):
    q, k, v = np.split(x @ w_qkv + b_qkv, 3, axis=-1)
    module = torch.nn.MultiheadAttention(len(w_o), n_heads, batch_first=True).double()
    one, none = torch.eye(len(w_o)), torch.zeros(len(w_o))
    with torch.no_grad():
        module.in_proj_weight.copy_(one.repeat(3, 1))
        module.out_proj.weight.copy_(one)
        module.in_proj_bias.copy_(none.repeat(3))
        module.out_proj.bias.copy_(none)
    context, _ = module(*(torch.from_numpy(part) for part in (q, k, v)))
    return context @ torch.tensor(w_o) + torch.tensor(b_o)


def whole_without_the_keys_bias(x, w_qkv, b_qkv, w_o, b_o, n_heads):
    b_qkv = b_qkv * np.repeat([1, 0, 1], len(w_o))  # softmax does not see it (chapter 7)
    return whole(x, w_qkv, b_qkv, w_o, b_o, n_heads)


# ---- 9.4


def fit(context, w_o, gone, rows=None):
    d_head = context.shape[-1]
    merged = context.swapaxes(1, 2).reshape(-1, len(w_o))
    quiet = merged.copy()
    quiet[:, gone * d_head : (gone + 1) * d_head] = 0
    return np.linalg.lstsq(quiet[:rows], (merged @ w_o)[:rows], rcond=None)[0]


def fit_by_descent(context, w_o, gone):
    merged = context.swapaxes(1, 2).reshape(-1, len(w_o))
    quiet = merged * (np.arange(len(w_o)) // context.shape[-1] != gone)
    u, s, _ = np.linalg.svd(quiet, full_matrices=False)
    u = u[:, s > 1e-9]
    nearest = u @ (u.T @ merged @ w_o)
    return np.linalg.pinv(quiet, rcond=1e-12) @ nearest


def fit_columns_one_by_one(context, w_o, gone):
    columns = [fit(context, w_o[:, [c]], gone) for c in range(w_o.shape[1])]
    return np.hstack(columns).tolist()


RIGHT = {
    "9.1a": [
        split_by_filling,
        split_from_the_back,
        split_by_strides,
        tensors(split_heads),
        lambda x, n: x.astype(np.float32).reshape(*x.shape[:2], n, -1).transpose(0, 2, 1, 3),
        lambda x, n: [np.split(text, n, axis=1) for text in x],
        lambda x, n: x.reshape(x.shape[0], x.shape[1], n, -1).transpose(0, 2, 1, 3).tolist(),
    ],
    "9.1b": [
        merge_by_adding,
        tensors(merge_heads),
        lambda heads: [np.hstack(list(text)) for text in heads],
        lambda heads: np.einsum("bhtd->bthd", heads).reshape(len(heads), heads.shape[2], -1),
        lambda heads: np.float32(merge_by_adding(heads)),
        lambda heads: merge_by_adding(heads).tolist(),
    ],
    "9.2a": [
        unscramble_by_the_library,
        unscramble_in_order,
        lambda merged, n: [unscramble_in_order(text[None], n)[0] for text in merged],
        lambda merged, n: torch.tensor(unscramble_in_order(merged, n), requires_grad=True),
    ],
    "9.2b": [
        regroup_by_a_permutation,
        lambda w, n: np.concatenate([w[:, c::n] for c in range(n)], axis=1),
        lambda w, n: merge_heads(torch.tensor(w).view(len(w), -1, n).permute(0, 2, 1)[:, :, None])[
            :, 0
        ],
        lambda w, n: w.T.reshape(-1, n, len(w)).swapaxes(0, 1).reshape(-1, len(w)).T,
    ],
    "9.3": [
        whole,
        whole_with_a_column_of_ones,
        whole_by_pytorch,
        whole_without_the_keys_bias,
        lambda *args: whole(*args).tolist(),
        lambda *args: np.float32(whole(*args)),
        lambda x, *rest: np.concatenate([whole(text[None], *rest) for text in x]),
    ],
    "9.4a": [
        lambda context, w_o: np.einsum(
            "bhte,hed->bhtd", context, np.array(np.split(w_o, context.shape[1]))
        ),
        lambda context, w_o: np.stack(
            [
                context[:, h] @ part
                for h, part in enumerate(np.vsplit(w_o, context.shape[1]))
            ],
            axis=1,
        ),
        lambda context, w_o: [
            [head @ part for head, part in zip(text, np.split(w_o, len(text)), strict=True)]
            for text in context
        ],
    ],
    "9.4b": [
        fit,
        fit_by_descent,
        fit_columns_one_by_one,
        lambda *args: torch.tensor(fit(*args)),
    ],
}  # fmt: skip

WRONG = {
    "9.1a": [
        lambda x, n: x,
        lambda x, n: x.reshape(*x.shape[:2], n, -1).transpose(2, 0, 1, 3)[::-1],
        lambda x, n: x.reshape(*x.shape[:2], n, -1).transpose(0, 2, 1, 3)[..., ::-1],
        lambda x, n: x[..., : x.shape[-1] // n][:, None].repeat(n, axis=1),
        lambda x, n: x.swapaxes(1, 2).reshape(len(x), n, x.shape[1], -1),
        lambda x, n: split_by_filling(x, n).astype(int),
        lambda x, n: split_by_filling(x, n)[0],
    ],
    "9.1b": [
        lambda heads: heads,
        lambda heads: heads.reshape(len(heads), -1),
        lambda heads: heads[:, 0],
        lambda heads: heads.swapaxes(1, 3).reshape(len(heads), heads.shape[2], -1),
        lambda heads: np.concatenate(list(heads.swapaxes(0, 1)), axis=0),
        lambda heads: merge_by_adding(heads)[..., ::-1],
    ],
    "9.2a": [
        lambda merged, n: merged.reshape(len(merged), n, merged.shape[1], -1)[:, ::-1].reshape(
            merged.shape
        ),
        lambda merged, n: merged[:, ::-1],
        lambda merged, n: np.sort(merged, axis=-1),
        lambda merged, n: unscramble_in_order(merged, n)[:1],
        lambda merged, n: merged.reshape(len(merged), merged.shape[1], n, -1).swapaxes(2, 3).reshape(
            merged.shape
        ),
    ],
    "9.2b": [
        lambda w, n: w[:, ::-1],
        lambda w, n: w.T,
        lambda w, n: np.sort(w, axis=1),
        lambda w, n: np.roll(w, n, axis=1),
        lambda w, n: w[:, np.argsort(np.arange(w.shape[1]) % (w.shape[1] // n), kind="stable")],
    ],
    "9.3": [
        lambda *args: whole(*args, louder=1.01),
        lambda *args: whole(*args, louder=-1),
        lambda x, w, b, w_o, b_o, n: whole(x, w, b, w_o, -b_o, n),
        lambda x, w, b, w_o, b_o, n: whole(x, w, -b, w_o, b_o, n),
        lambda x, w, b, w_o, b_o, n: whole(x, w, b[::-1], w_o, b_o, n),
        lambda x, w, b, w_o, b_o, n: whole(x, w, b, w_o[::-1], b_o, n),
        lambda x, w, b, w_o, b_o, n: whole(x, w, b * np.repeat([1, 1, 0], len(w_o)), w_o, b_o, n),
        lambda x, w, b, w_o, b_o, n: whole(x, w, b * np.repeat([0, 1, 1], len(w_o)), w_o, b_o, n),
        lambda x, w, b, w_o, b_o, n: whole(x[:1].repeat(len(x), axis=0), w, b, w_o, b_o, n),
        lambda *args: whole(*args).mean(axis=1),
        lambda *args: whole(*args).astype(int),
        lambda *args: whole(*args)[0],
        lambda *args: (whole(*args), None),
    ],
    "9.4a": [
        lambda context, w_o: context @ np.split(w_o, context.shape[1])[-1],
        lambda context, w_o: np.tile(
            context.mean(axis=1, keepdims=True) @ np.split(w_o, context.shape[1])[0],
            (1, context.shape[1], 1, 1),
        ),
        lambda context, w_o: np.abs(context @ np.split(w_o, context.shape[1])[0]),
        lambda context, w_o: np.linalg.norm(context, axis=-1),
    ],
    "9.4b": [
        lambda context, w_o, gone: fit(context, w_o, gone, rows=-3),
        lambda context, w_o, gone: fit(context, w_o, 0),
        lambda context, w_o, gone: np.zeros_like(w_o),
        lambda context, w_o, gone: fit(context, w_o, gone) + 1e-3,
        lambda context, w_o, gone: np.round(fit(context, w_o, gone), 2),
        lambda context, w_o, gone: -fit(context, w_o, gone),
        lambda context, w_o, gone: fit(context, np.ones_like(w_o), gone),
    ],
}  # fmt: skip


def test_the_references_are_the_librarys():
    for id, theirs in [("9.1a", split_heads), ("9.1b", merge_heads)]:
        for case in EXERCISES[id].cases:
            expected = theirs(torch.from_numpy(case.args[0]), *case.args[1:])
            np.testing.assert_array_equal(EXERCISES[id].reference(*case.args), expected)


def test_what_is_unscrambled_is_what_a_right_merge_gives():
    for case in EXERCISES["9.2a"].cases:
        merged, n_heads = case.args
        B, T, width = merged.shape
        heads = torch.from_numpy(merged).view(B, n_heads, T, width // n_heads)
        mended = EXERCISES["9.2a"].reference(merged, n_heads)
        np.testing.assert_array_equal(mended, merge_heads(heads))


def test_regrouped_columns_give_the_same_heads():
    for case in EXERCISES["9.2b"].cases:
        w, n_heads = case.args
        x = np.random.default_rng(2).normal(size=(2, 5, len(w)))
        cards = (x @ w).reshape(2, 5, -1, n_heads).transpose(0, 3, 1, 2)
        mended = split_heads(torch.from_numpy(x @ EXERCISES["9.2b"].reference(w, n_heads)), n_heads)
        np.testing.assert_allclose(mended, cards, atol=1e-12)


def test_no_refit_comes_nearer():
    """Any step away from the answer makes the sum of squares larger."""
    for case in EXERCISES["9.4b"].cases:
        context, w_o, gone = case.args
        merged = context.swapaxes(1, 2).reshape(-1, len(w_o))
        stays = np.arange(len(w_o)) // context.shape[-1] != gone

        def off(fitted, merged=merged, w_o=w_o):
            return np.square(merged @ (fitted - w_o)).sum()

        best = EXERCISES["9.4b"].reference(*case.args)
        assert not best[~stays].any()
        assert math.sqrt(off(best) / off(w_o * stays[:, None])) < 0.6
        for seed in range(20):
            step = np.random.default_rng(seed).normal(size=w_o.shape) * stays[:, None]
            assert off(best + 1e-3 * step) > off(best)
