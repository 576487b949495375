"""Answers to chapter 6 that are in no list; `test_odd_answers` judges RIGHT and WRONG.

The registry's own slips and variants are tried elsewhere, for every chapter alike.
"""

import math

import numpy as np
import torch

from minigpt.attention import masked_softmax
from minigpt.exercises.registry import EXERCISES

INF = math.inf

# ---- 6.1


def sm(scores, axis=-1):
    top = np.max(scores, axis=axis, keepdims=True)
    raised = np.exp(scores - np.where(np.isinf(top), 0, top))
    total = raised.sum(axis=axis, keepdims=True)
    return np.divide(raised, total, out=np.zeros_like(raised), where=total > 0)


def by_the_library(scores, axis):
    rows = torch.from_numpy(np.moveaxis(scores, axis, -1))
    return masked_softmax(rows, rows > -INF).movedim(-1, axis)


def by_differences(scores, axis):  # one over the sum of all the others' leads
    rows = np.moveaxis(scores, axis, -1)
    leads = rows[..., None, :] - rows[..., :, None]
    return np.moveaxis(np.nan_to_num(1 / np.exp(leads).sum(axis=-1)), -1, axis)


def twice_shifted(scores, axis):
    shifted = scores - np.nan_to_num(scores.max(axis, keepdims=True), neginf=0)
    shifted = shifted - np.nan_to_num(shifted.max(axis, keepdims=True), neginf=0)
    raised = np.exp(shifted)
    return raised / np.maximum(raised.sum(axis, keepdims=True), 1e-300)


def on_a_copy(scores, axis):
    scores = scores.copy()
    scores -= np.nan_to_num(scores.max(axis=axis, keepdims=True), neginf=0.0)
    np.exp(scores, out=scores)
    scores /= np.clip(scores.sum(axis=axis, keepdims=True), 1e-30, None)
    return scores


# ---- 6.2


def lse(scores):
    return np.logaddexp.reduce(scores, axis=-1)


def lse_in_halves(scores):
    if scores.shape[-1] == 1:
        return scores[..., 0]
    middle = scores.shape[-1] // 2
    left, right = lse_in_halves(scores[..., :middle]), lse_in_halves(scores[..., middle:])
    high, low = np.maximum(left, right), np.minimum(left, right)
    return high + np.log1p(np.exp(np.where(np.isinf(low), -INF, low - high)))


def bits_by_base_two(scores, targets):
    in_bits = scores * math.log2(math.e)
    top = in_bits.max(axis=1)
    total = top + np.log2(np.exp2(in_bits - top[:, None]).sum(axis=1))
    return total - np.take_along_axis(in_bits, targets[:, None], axis=1)[:, 0]


def bits_of(scores, targets):
    return (lse(scores) - scores[range(len(targets)), targets]) / np.log(2)


# ---- 6.3


def second(mean, var):
    return var + mean**2


def divisor_by_roots(mean_q, cov_q, cov_k):
    """Through matrices whose squares are the covariances."""
    root_q, root_k = np.linalg.cholesky(cov_q), np.linalg.cholesky(cov_k)
    spread = np.concatenate([root_q, mean_q[:, None]], axis=1)
    return np.linalg.norm(spread.T @ root_k)


# ---- 6.4


def back(w, g):
    return w * (g - np.sum(w * g, -1, keepdims=True))


def back_by_pairs(w, g):
    out = np.zeros_like(w)
    n = w.shape[-1]
    for i in range(n):
        for j in range(n):
            out[..., j] += g[..., i] * w[..., i] * ((i == j) - w[..., j])
    return out


def back_by_nudging(w, g):
    scores, out = np.log(w), np.zeros_like(w)
    for j in range(w.shape[-1]):
        step = 1e-5 * np.eye(w.shape[-1])[j]
        out[..., j] = ((sm(scores + step) - sm(scores - step)) * g).sum(-1) / 2e-5
    return out


def size(scores, factor):
    w = sm(factor * np.asarray(scores))
    return (w * (1 - w)).max()


def width(scores, bound):
    """Downwards, from far out."""
    if np.sum(scores == np.max(scores)) > 1:
        return INF
    d = 14_000
    while d > 1 and size(scores, math.sqrt(d - 1)) < bound:
        d -= 1
    return d


def settled(scores, d, bound):
    w = sm(math.sqrt(d) * scores).max()
    return w > 0.5 and w * (1 - w) < bound


def width_by_doubling(scores, bound):
    if sorted(scores)[-1] == sorted(scores)[-2]:
        return math.inf

    high = 1
    while not settled(scores, high, bound):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if settled(scores, middle, bound) else (middle, high)
    return high


RIGHT = {
    "6.1": [sm, by_the_library, by_differences, twice_shifted, on_a_copy],
    "6.2a": [
        lse,
        lse_in_halves,
        lambda s: torch.tensor(s).logsumexp(-1),
        lambda s: lse(s).tolist(),
    ],
    "6.2b": [
        bits_of,
        bits_by_base_two,
        lambda s, t: np.diag(lse(s)[:, None] - s[:, t]) / np.log(2),
        lambda s, t: [(lse(row) - row[i]) / math.log(2) for row, i in zip(s, t, strict=True)],
    ],
    "6.3a": [
        lambda mq, vq, mk, vk: (second(mq, vq) * second(mk, vk) - (mq * mk) ** 2).sum(),
        lambda mq, vq, mk, vk: np.dot(vq, second(mk, vk)) + np.dot(mq * mq, vk),
        lambda mq, vq, mk, vk: np.trace(np.diag(vq * vk + mq**2 * vk + mk**2 * vq)),
    ],
    "6.3b": [
        divisor_by_roots,
        lambda m, a, b: (np.einsum("ij,ji", a, b) + m @ b @ m) ** 0.5,
        lambda m, a, b: np.sqrt(np.trace((a + np.outer(m, m)) @ b)),
        lambda m, a, b: np.sqrt(((a + m * m[:, None]) * b.T).sum()),
    ],
    "6.4a": [back, back_by_pairs, back_by_nudging, lambda w, g: back(w, g).astype(np.float32)],
    "6.4b": [width, width_by_doubling, lambda s, b: np.float64(width(s, b))],
}

WRONG = {
    "6.1": [
        lambda s, axis: sm(s),
        lambda s, axis: sm(s, axis).astype(int),
        lambda s, axis: sm(s, axis).T,
        lambda s, axis: sm(-s, axis),
        lambda s, axis: np.round(sm(s, axis), 3),
        lambda s, axis: sm(s, axis) + 1e-4,
        lambda s, axis: sm(np.maximum(s, -50), axis),
        lambda s, axis: sm(np.minimum(s, 50), axis),
        lambda s, axis: torch.softmax(torch.from_numpy(s), dim=axis),
        lambda s, axis: np.exp(s - s.max(axis, keepdims=True)) / s.shape[axis],
        lambda s, axis: np.exp2(s) / np.exp2(s).sum(axis, keepdims=True),
        lambda s, axis: sm(s / np.abs(s[np.isfinite(s)]).max(), axis),
        lambda s, axis: sm(s, axis).sum(axis),
        lambda s, axis: s / s.sum(axis, keepdims=True),
    ],
    "6.2a": [
        lambda s: lse(s) + 1,
        lambda s: lse(s)[0],
        lambda s: np.exp(lse(s)),
        lambda s: np.log(np.exp(np.minimum(s, 700)).sum(-1)),
        lambda s: np.log(np.exp(s).sum(-1) + 1e-9),
        lambda s: lse(np.nan_to_num(s)),
        lambda s: np.logaddexp(s[..., 0], s[..., 1]),
        lambda s: np.log2(np.exp2(s - s.max(-1, keepdims=True)).sum(-1)) + s.max(-1),
        lambda s: s.max(-1) + np.log(s.shape[-1]),
        lambda s: s.max(-1) * np.log(np.exp(s / s.max(-1, keepdims=True)).sum(-1)),
        lambda s: np.sum(np.log(np.exp(s)), -1),
        lambda s: s.mean(-1),
    ],
    "6.2b": [
        lambda s, t: bits_of(s, t).sum(),
        lambda s, t: bits_of(s, t) ** 2,
        lambda s, t: bits_of(s - s.max(), t).clip(max=1000),
        lambda s, t: np.nan_to_num(-np.log2(sm(s)[range(len(t)), t]), posinf=1e3),
        lambda s, t: -np.log2(sm(s).max(-1)),
        lambda s, t: 1 - sm(s)[range(len(t)), t],
        lambda s, t: np.exp2(bits_of(s, t)),
        lambda s, t: (s.max(-1) - s[range(len(t)), t]) / np.log(2),
        lambda s, t: bits_of(s, t[::-1]),
        lambda s, t: bits_of(s, t) / np.log(2),
        lambda s, t: -np.log2(np.clip(sm(s)[range(len(t)), t], 1e-12, None)),
        lambda s, t: (lse(s.T)[:, None] - s.T)[0] / np.log(2),
    ],
    "6.3a": [
        lambda mq, vq, mk, vk: (vq * vk + mq**2 * vk).sum(),
        lambda mq, vq, mk, vk: (vq * vk + (mq**2 + mk**2)).sum(),
        lambda mq, vq, mk, vk: (mq * mk).sum(),
        lambda mq, vq, mk, vk: ((vq + mq) * (vk + mk)).sum(),
        lambda mq, vq, mk, vk: np.var(mq * mk + vq * vk),
        lambda mq, vq, mk, vk: (vq + vk + vq * vk).sum(),
        lambda mq, vq, mk, vk: (second(mq, vq) * second(mk, vk)).sum() - (mq @ mk),
        lambda mq, vq, mk, vk: (np.sqrt(vq * vk) + mq**2 * vk + mk**2 * vq).sum(),
        lambda mq, vq, mk, vk: (vq * vk).sum() * len(mq),
        lambda mq, vq, mk, vk: (vq * vk + mq**2 * vk + mk**2 * vq + mq**2 * mk**2).mean(),
        lambda mq, vq, mk, vk: simulated(mq, vq, mk, vk),
        lambda mq, vq, mk, vk: 0.0,
    ],
    "6.3b": [
        lambda m, a, b: np.sqrt(np.trace(a) * np.trace(b)),
        lambda m, a, b: np.sqrt(np.abs(np.linalg.det(a @ b))),
        lambda m, a, b: np.sqrt((a * b).sum() + m @ m),
        lambda m, a, b: np.sqrt((a * b).sum() + (m @ a @ m)),
        lambda m, a, b: np.sqrt(np.trace(a @ b)) + np.sqrt(m @ b @ m),
        lambda m, a, b: np.sqrt(np.diag(b) @ (np.diag(a) + m)),
        lambda m, a, b: (a * b).sum() + m @ b @ m,
        lambda m, a, b: np.sqrt(len(m) * np.mean(b * (a + np.outer(m, m)))),
        lambda m, a, b: np.sqrt(np.linalg.norm(a * b)),
        lambda m, a, b: a * b,
        lambda m, a, b: np.sqrt((np.linalg.inv(b) * (a + np.outer(m, m))).sum() ** 2),
        lambda m, a, b: 1.0,
    ],
    "6.4a": [
        lambda w, g: back(w, g) + w,
        lambda w, g: w * g - w * g.mean(),
        lambda w, g: w * (g - g.max(-1, keepdims=True)),
        lambda w, g: (w * (g - (w * g).sum(-1, keepdims=True))).sum(-1),
        lambda w, g: w - g,
        lambda w, g: (1 - w) * g,
        lambda w, g: w * w * g,
        lambda w, g: g / w,
        lambda w, g: back(w[..., ::-1], g),
        lambda w, g: back(g, w),
        lambda w, g: w * (g - np.mean(w * g, -1, keepdims=True)),
        lambda w, g: np.outer(w, g),
        lambda w, g: np.einsum("...i,...j->...ij", w, g),
    ],
    "6.4b": [
        lambda s, b: width(s, b) + 1,
        lambda s, b: width(s, b / 2),
        lambda s, b: width(s, 2 * b),
        lambda s, b: width(s / 2, b),
        lambda s, b: width(-s, b),
        lambda s, b: (math.log(1 / b) / (np.sort(s)[-1] - np.sort(s)[-2])) ** 2,
        lambda s, b: math.ceil((math.log(1 / b) / max(np.diff(np.sort(s))[-1], 1e-9)) ** 2),
        lambda s, b: width(s[:3], b),
        lambda s, b: next((d for d in range(1, 4000) if size(s, d**0.5) < b), INF),
        lambda s, b: next((d for d in range(1, 4000) if sm(d**0.5 * s).max() > 1 - b), INF),
        lambda s, b: sum(size(s, d**0.5) >= b for d in range(1, 4000)) + 1,
        lambda s, b: next((d for d in range(1, 1001) if settled(s, d, b)), INF),
        lambda s, b: next((d for d in range(1, 201) if settled(s, d, b)), INF),
        lambda s, b: next((d for d in range(1, 4000) if settled(s, 1 / d, b)), INF),
        lambda s, b: width(s, b) if np.unique(s).size == s.size else None,
        lambda s, b: bool(width(s, b)),
    ],
}


def simulated(mq, vq, mk, vk):
    rng = np.random.default_rng(0)
    q = mq + np.sqrt(vq) * rng.normal(size=(10_000, len(mq)))
    k = mk + np.sqrt(vk) * rng.normal(size=(10_000, len(mk)))
    return (q * k).sum(axis=1).var()


def test_no_deadly_width_lies_near_the_edge():
    """Whoever rounds a little otherwise finds the same whole numbers."""
    for case in EXERCISES["6.4b"].cases:
        scores, bound = case.args
        right = EXERCISES["6.4b"].reference(scores, bound)
        for near in (0.99999, 1.00001):
            assert width(scores, near * bound) == right
