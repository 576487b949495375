"""Answers to chapter 11 that are in no list; `test_odd_answers` judges RIGHT and WRONG.

The registry's own slips and variants are tried elsewhere, for every chapter alike.
"""

import numpy as np
import torch
from torch.nn import functional


def across(x, source, w_q, w_k, w_v, scale=1.0, values=None):
    scores = (x @ w_q) @ (source @ w_k).T / w_q.shape[1] ** 0.5 * scale
    weights = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
    return weights @ (source if values is None else values) @ w_v, weights


def by_pytorch(x, source, w_q, w_k, w_v):
    q, k, v = (torch.from_numpy(y)[None] for y in (x @ w_q, source @ w_k, source @ w_v))
    eye = torch.eye(len(source), dtype=q.dtype)[None]
    context = functional.scaled_dot_product_attention(q, k, v)[0]
    return context, functional.scaled_dot_product_attention(q, k, eye)[0]


def masks(lengths, T_q, T_k, encoder_rows=None):
    real = np.array([[j < n for j in range(T_k)] for n in lengths])
    return (
        np.stack([np.tile(row, (T_k, 1)) for row in real]),
        np.tril(np.ones((T_q, T_q))).astype(bool),
        np.stack([np.tile(row, (T_q, 1)) for row in real]),
    )


def taught(rows, start, end, pad):
    seen = torch.full((len(rows), max(map(len, rows)) + 1), pad)
    due = torch.full_like(seen, -100)
    for n, row in enumerate(rows):
        for t, token in enumerate(row):
            seen[n, t + 1], due[n, t] = token, token
        seen[n, 0], due[n, len(row)] = start, end
    return seen, due


def probed(x, labels, new_x, new_labels):
    mean, spread = x.mean(axis=0), x.std(axis=0)
    a = np.c_[(x - mean) / spread, np.ones(len(x))]
    new_a = np.c_[(new_x - mean) / spread, np.ones(len(new_x))]
    return ((new_a @ (np.linalg.pinv(a) @ labels) > 0.5) == new_labels).mean()


RIGHT = {
    "11.1": [
        by_pytorch,
        lambda *args: tuple(y.astype(np.float32) for y in across(*args)),
        lambda x, s, *ws: tuple(
            np.stack(y)
            for y in zip(
                *((c[0], w[0]) for c, w in (across(word[None], s, *ws) for word in x)), strict=True
            )
        ),
    ],
    "11.2": [
        masks,
        lambda *args: list(masks(*args)),
        lambda *args: tuple(map(torch.tensor, masks(*args))),
    ],
    "11.3": [taught, lambda *args: tuple(y.numpy().astype(np.int32) for y in taught(*args))],
    "11.4": [probed, lambda *args: np.float32(probed(*args)), lambda *args: [probed(*args)][0]],
}

WRONG = {
    "11.1": [
        lambda *args: across(*args)[::-1],
        lambda *args: across(*args)[0],
        lambda *args: across(*args, scale=-1),
        lambda *args: across(*args, scale=0),
        lambda *args: tuple(y.T for y in across(*args)),
        lambda *args: across(*args, values=args[1][::-1]),
        lambda *args: tuple(np.round(y, 2) for y in across(*args)),
    ],
    "11.2": [
        lambda *args: masks(*args)[::-1],
        lambda *args: tuple(y.astype(float) for y in masks(*args)[:2]),
        lambda lengths, T_q, T_k: masks([T_k] * len(lengths), T_q, T_k),
        lambda lengths, T_q, T_k: masks(lengths[::-1], T_q, T_k),
        lambda *args: (masks(*args)[0][0], *masks(*args)[1:]),
        lambda *args: (*masks(*args)[:2], ~masks(*args)[2]),
    ],
    "11.3": [
        lambda *args: taught(*args)[::-1],
        lambda rows, start, end, pad: taught(rows, end, start, pad),
        lambda rows, start, end, pad: taught(rows, 1, 2, 0),
        lambda *args: tuple(y[:, :-1] for y in taught(*args)),
        lambda rows, start, end, pad: taught([row[::-1] for row in rows], start, end, pad),
    ],
    "11.4": [
        lambda *args: 0.5,
        lambda *args: 1.0,
        lambda x, labels, new_x, new_labels: max(new_labels.mean(), 1 - new_labels.mean()),
        lambda x, labels, new_x, new_labels: probed(new_x, new_labels, x, labels),
        lambda x, labels, new_x, new_labels: probed(x[:, :3], labels, new_x[:, :3], new_labels),
        lambda x, labels, new_x, new_labels: probed(x[:20], labels[:20], new_x, new_labels),
    ],
}  # fmt: skip
