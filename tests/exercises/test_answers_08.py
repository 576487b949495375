"""Answers to chapter 8 that are in no list; `test_odd_answers` judges RIGHT and WRONG.

The registry's own slips and variants are tried elsewhere, for every chapter alike.
"""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from minigpt.attention import attention
from minigpt.exercises.chapter_08 import functions
from minigpt.exercises.judge import judge
from minigpt.exercises.registry import EXERCISES
from minigpt.masks import causal_mask, sliding_mask


def softmax(scores, axis=-1):
    raised = np.exp(scores - np.max(scores, axis=axis, keepdims=True))
    return raised / raised.sum(axis=axis, keepdims=True)


def scaled(q, k):
    return q @ k.mT / math.sqrt(q.shape[-1])


def weighed(q, k, v, may):
    weights = softmax(np.where(may, scaled(q, k), -np.inf))
    return weights @ v, weights


# ---- 8.1


def by_the_library(q, k, v):
    return attention(*map(torch.from_numpy, (q, k, v)), causal_mask(q.shape[-2]))


def by_two_products(q, k, v):  # a running sum over the past; no table of T by T is divided
    raised = np.tril(np.exp(scaled(q, k)))
    total = raised.sum(-1, keepdims=True)
    return (raised @ v) / total, raised / total


def one_word_more_each_time(q, k, v):
    T, weights = q.shape[-2], np.zeros((*q.shape[:-1], q.shape[-2]))
    context = np.zeros(v.shape)
    for t in range(1, T + 1):
        part = softmax(scaled(q[..., t - 1 : t, :], k[..., :t, :]))
        weights[..., t - 1, :t] = part[..., 0, :]
        context[..., t - 1, :] = (part @ v[..., :t, :])[..., 0, :]
    return [context, weights]


def fused_and_weights(q, k, v):
    parts = map(torch.from_numpy, (q, k, v))
    context = functional.scaled_dot_product_attention(*parts, is_causal=True)
    return context, softmax(np.where(np.tri(q.shape[-2]) == 1, scaled(q, k), -1e30))


# ---- 8.2


def by_masked_array(scores, mask):
    shown = np.ma.masked_array(scores, ~np.broadcast_to(mask, scores.shape))
    raised = np.ma.exp(shown - shown.max(axis=-1, keepdims=True))
    weights = raised / raised.sum(axis=-1, keepdims=True)
    return np.ma.filled(weights, 0.0)


def by_where(scores, mask):
    shown = np.where(mask, scores, -np.inf)
    shown = shown - np.max(shown, axis=-1, keepdims=True, initial=-1e300)
    raised = np.exp(shown)
    total = raised.sum(-1, keepdims=True)
    return np.divide(raised, total, out=np.zeros_like(raised), where=total > 0)


def unshifted(scores, mask):
    raised = np.exp(np.where(mask, scores, -np.inf))
    return np.nan_to_num(raised / raised.sum(-1, keepdims=True))


def by_pairs(scores, mask):  # the share of j is one over the sum of e to every difference from it
    mask = np.broadcast_to(mask, scores.shape)
    gaps = np.where(mask[..., None, :], scores[..., None, :] - scores[..., :, None], -np.inf)
    return mask / np.maximum(np.exp(gaps).sum(-1), 1e-300) * (mask.any(-1)[..., None])


# ---- 8.3


def noise(shape, size, seed=1):
    return size * np.random.default_rng(seed).normal(size=shape)


def kept_rows(x, b, j):
    kept = np.ones(x.shape[:2], dtype=bool)
    kept[b, j:] = False
    return kept


def by_rows_kept(f, x):
    for b, j in np.ndindex(*x.shape[:2]):
        for size in (0.5, 20, 5e5):
            y = np.where(kept_rows(x, b, j)[..., None], x, noise(x.shape, size))
            if not np.allclose(f(x)[kept_rows(x, b, j)], f(y)[kept_rows(x, b, j)], atol=1e-7):
                return True
    return False


def by_reversed_loops(f, x):
    found = 0
    for j in reversed(range(x.shape[1])):
        for b in range(len(x)):
            for direction in (-1, 1):
                y = x.copy()
                y[b, j] = direction * 1e5 * np.sign(x[0, 0])
                gap = abs(f(y) - f(x)).sum(-1)
                found += gap[b, :j].sum() > 1e-6
                found += np.delete(gap, b, 0).sum() > 1e-6
    return found > 0


# ---- 8.4


def by_floyd(masks):
    reach = [[i == j for j in range(masks.shape[-1])] for i in range(masks.shape[-1])]
    for mask in masks:
        T = range(len(mask))
        reach = [[any(mask[i][m] and reach[m][j] for m in T) for j in T] for i in T]
    return torch.tensor(reach)


def by_reduce(masks):
    product = masks[-1]
    for mask in masks[-2::-1]:
        product = np.einsum("im,mj->ij", product.astype(float), mask.astype(float)) > 0
    return product


def by_floats(masks):
    return np.linalg.multi_dot([*masks[::-1].astype(float), np.eye(masks.shape[-1])]) != 0


def layers_by_mask(i, j, window):
    T, layers = max(i, j) + 1, 0
    holds = np.arange(T) == j
    while not holds[i]:
        if layers > T:
            return np.inf
        holds, layers = sliding_mask(T, window).numpy() @ holds, layers + 1
    return layers


def by_number(q, k, v, number):
    weights = softmax(np.where(np.tri(q.shape[-2]) > 0, scaled(q, k), number))
    return weights @ v, weights


def by_redivision(q, k, v):
    weights = np.tril(softmax(scaled(q, k)))
    weights = weights / weights.sum(-1, keepdims=True)
    return weights @ v, weights


RIGHT = {
    "8.1": [
        by_the_library,
        by_two_products,
        one_word_more_each_time,
        fused_and_weights,
        lambda q, k, v: weighed(q, k, v, ~np.triu(np.ones((q.shape[-2],) * 2, bool), 1)),
        lambda q, k, v: weighed(q, k, v, np.subtract.outer(*[np.arange(q.shape[-2])] * 2) >= 0),
    ],
    "8.2a": [
        lambda fill: [fill - 0.7, fill - 0.7, 0],
        lambda fill: torch.tensor([fill * 3, fill * 3, 5.0], dtype=torch.float64),
        lambda fill: (-1e200, -1e200, 1e200),
        lambda fill: np.array([fill - 1e6, fill - 0.2, 7]),
    ],
    "8.2b": [
        by_masked_array,
        by_where,
        by_pairs,
        lambda scores, mask: by_where(torch.tensor(scores).float().numpy(), mask),
        lambda scores, mask: softmax(np.where(mask, scores, scores.min() - 1000)) * mask,
    ],
    "8.3": [by_rows_kept, by_reversed_loops],
    "8.4a": [by_floyd, by_reduce, by_floats],
    "8.4b": [layers_by_mask],
}
WRONG = {
    "8.1": [
        lambda q, k, v: weighed(q, k, v, np.tri(q.shape[-2], k=2) > 0),
        lambda q, k, v: weighed(q[..., ::-1, :], k, v, np.tri(q.shape[-2]) > 0),
        lambda q, k, v: weighed(q, k, v, np.eye(q.shape[-2]) > 0),
        lambda q, k, v: weighed(q, k, v, np.arange(q.shape[-2]) < 1),
        lambda q, k, v: (weighed(q, k, v, True)[0], weighed(q, k, v, np.tri(q.shape[-2]) > 0)[1]),
        lambda q, k, v: weighed(q, k, v, np.tri(q.shape[-2]) > 0)[0] * 2,
        lambda q, k, v: (v, np.eye(q.shape[-2])),
        lambda q, k, v: by_redivision(q, k, v),
        lambda q, k, v: by_number(q, k, v, -100),
        lambda q, k, v: by_number(q, k, v, -50),
    ],
    "8.2a": [
        lambda fill: [fill, fill, fill],
        lambda fill: [0, 0, 0],
        lambda fill: [fill - 100, fill - 100],
        lambda fill: [fill - 0.69, fill - 0.69, 0],
        lambda fill: [-20000, -20000, 0],
        lambda fill: [fill / 2, fill / 2, 0],
        lambda fill: [np.nan, np.nan, 0],
    ],
    "8.2b": [
        lambda scores, mask: np.where(mask, softmax(scores), 0),
        lambda scores, mask: softmax(np.where(mask, scores, scores.min() - 50)),
        lambda scores, mask: softmax(np.clip(np.where(mask, scores, -1e9), -1e3, 1e3)),
        lambda scores, mask: np.broadcast_to(mask, scores.shape) / mask.sum(-1, keepdims=True),
        lambda scores, mask: by_where(scores / np.sqrt(scores.shape[-1]), mask),
        lambda scores, mask: by_where(scores, mask).T,
        lambda scores, mask: by_where(scores, mask).round(2),
        lambda scores, mask: softmax(np.where(mask, scores, -1e9)) * mask,
    ],
    "8.3": [
        lambda f, x: True,
        lambda f, x: False,
        lambda f, x: f is functions.causal,
        lambda f, x: not np.allclose(f(x), f(x)),
        lambda f, x: not np.allclose(f(x[:, ::-1])[:, 0], f(x)[:, 0]),
        lambda f, x: f(x) - x,
        lambda f, x: not np.allclose(f(x + noise(x.shape, 1))[:, :-1], f(x)[:, :-1]),
        lambda f, x: by_rows_kept(lambda y: f(y)[:, :, :1], x[:, :3]),
    ],
    "8.4a": [
        lambda masks: masks.sum(0) > 1,
        lambda masks: by_reduce(masks[:1]),
        lambda masks: by_reduce(np.swapaxes(masks, 1, 2)),
        lambda masks: by_reduce(masks) | masks[-1],
        lambda masks: by_reduce(masks) | np.eye(masks.shape[-1], dtype=bool),
        lambda masks: by_reduce(masks).astype(int),
        lambda masks: ~by_reduce(masks),
        lambda masks: np.tri(masks.shape[-1], dtype=bool),
    ],
    "8.4b": [
        lambda i, j, window: i - j,
        lambda i, j, window: math.inf,
        lambda i, j, window: -(-(i - j) // window) if i >= j else math.inf,
        lambda i, j, window: layers_by_mask(j, i, window),
        lambda i, j, window: 1 if 0 <= i - j < window else math.inf,
        lambda i, j, window: None if j > i else layers_by_mask(i, j, window),
        lambda i, j, window: layers_by_mask(i, j, window + 1),
    ],
}


@pytest.mark.parametrize("f", [*functions.HONEST, *functions.LEAKY])
def test_what_is_called_honest_is(f):
    """Torch-free and loop by loop: a million tries to move a row that must not move."""
    x = noise((3, 4, 3), 1, seed=5)
    stirred, before = False, f(x)
    for b, j in np.ndindex(3, 4):
        for size in (0.1, 1, 30, 1e3, 1e4, 1e6):
            y = x.copy()
            y[b, j] = noise(3, size, seed=int(10 * size) + j)
            after, kept = f(y), kept_rows(x, b, j)
            stirred |= not np.abs(after[kept] - before[kept]).max() < 1e-7
    assert stirred == (f in functions.LEAKY)


@pytest.mark.parametrize(
    ("id", "answer", "words"),
    [
        ("8.1", lambda q, k, v: weighed(q, k, v, np.tri(q.shape[-2], k=2) > 0), "The future leaks"),
        ("8.2a", lambda fill: [fill - 0.6, fill - 0.6, 0], "the hidden word gets 0.4767"),
        (
            "8.2b",
            lambda scores, mask: by_where(scores, mask) / 2,
            "visible scores that are all very high, and yours sums to 0.5",
        ),
        ("8.1", lambda q, k, v: by_number(q, k, v, -70), "What lies below every score?"),
        (
            "8.2b",
            lambda scores, mask: unshifted(scores, mask),
            "visible scores that are all very high",
        ),
        ("8.2a", lambda fill: [0, fill - 9, 0], "lies above one of the visible scores"),
        (
            "8.4b",
            lambda i, j, window: -(-(i - j) // window),
            "A window of 3 counts the word itself",
        ),
        ("8.4b", lambda i, j, window: i - j, "How far does one layer carry?"),
        ("8.3", lambda f, x: True, "It says yes to every function"),
        ("8.3", lambda f, x: False, "Attention without a mask. You say it does not leak"),
        ("8.4a", lambda masks: masks.sum(0) > 1, "after these 2 layers word"),
    ],
)
def test_what_no_slip_names_is_said_in_words(id, answer, words):
    assert words.lower() in str(judge(EXERCISES[id], answer)).lower()
