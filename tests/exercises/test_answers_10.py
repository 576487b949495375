"""Answers to chapter 10 that are in no list; `test_odd_answers` judges RIGHT and WRONG.

The registry's own slips and variants are tried elsewhere, for every chapter alike.
"""

import numpy as np
import torch

from minigpt.exercises.judge import judge
from minigpt.exercises.registry import EXERCISES
from minigpt.positions import sinusoidal


def angles(T, d, base):
    return np.outer(np.arange(T), base ** -(np.arange(d // 2) * 2 / d))


def turned(x, positions, base, way=1):
    turns = np.exp(
        way * 1j * np.outer(positions, base ** (-np.arange(0, x.shape[-1], 2) / x.shape[-1]))
    )
    pairs = np.ascontiguousarray(x).view(complex) * turns
    return pairs.view(float)


def order(n_heads, d_head):
    return np.arange(n_heads * d_head).reshape(n_heads, -1, 2).swapaxes(1, 2).ravel()


RIGHT = {
    "10.1": [
        lambda T, d, base: np.float32(sinusoidal(torch.arange(T), d, base)),
        lambda T, d, base: [
            [
                np.sin(t * base ** (-c / d)) if c % 2 == 0 else np.cos(t * base ** (-(c - 1) / d))
                for c in range(d)
            ]
            for t in range(T)
        ],
        lambda T, d, base: (
            np.exp(1j * angles(T, d, base))[..., None].view(float)[..., ::-1].reshape(T, d)
        ),
    ],
    "10.2": [
        turned,
        lambda x, positions, base: turned(x, positions, base).astype(np.float32),
        lambda x, positions, base: np.stack([turned(head, positions, base) for head in x]),
    ],
    "10.3": [
        lambda score, T: (
            not any(
                abs(score(i, j) - score(i - 1, j - 1)) > 1e-7
                for i in range(1, T)
                for j in range(1, T)
            )
        ),
        lambda score, T: np.all(
            [
                np.allclose(
                    [score(i, i + n) for i in range(max(0, -n), min(T, T - n))],
                    score(max(0, -n), max(0, n)),
                )
                for n in range(1 - T, T)
            ]
        ),
    ],
    "10.4": [
        lambda w, n_heads: w[:, order(n_heads, w.shape[1] // n_heads)],
        lambda w, n_heads: torch.tensor(w).reshape(len(w), n_heads, -1, 2).mT.reshape(w.shape),
        lambda w, n_heads: np.einsum("mhpt->mhtp", w.reshape(len(w), n_heads, -1, 2)).reshape(
            w.shape
        ),
    ],
}

WRONG = {
    "10.1": [
        lambda T, d, base: angles(T, d, base),
        lambda T, d, base: np.repeat(np.cos(angles(T, d, base)), 2, axis=1),
        lambda T, d, base: sinusoidal(torch.arange(T), d, base + 1),
        lambda T, d, base: sinusoidal(torch.arange(T), d, base)[:, ::2],
        lambda T, d, base: np.sin(np.outer(np.arange(T), np.arange(d))),
        lambda T, d, base: np.round(sinusoidal(torch.arange(T), d, base), 2),
    ],
    "10.2": [
        lambda x, positions, base: x,
        lambda x, positions, base: turned(x, positions[::-1], base),
        lambda x, positions, base: turned(x, positions - positions[0], base),
        lambda x, positions, base: turned(x, positions, 10_000.0),
        lambda x, positions, base: turned(x, positions, base, way=-1),
        lambda x, positions, base: turned(x, positions, base)[:, :1],
        lambda x, positions, base: np.round(turned(x, positions, base), 2),
    ],
    "10.3": [
        lambda score, T: True,
        lambda score, T: False,
        lambda score, T: np.isclose(score(1, 0), score(T - 1, T - 2)),
        lambda score, T: all(np.isclose(score(i, 0), score(T - 1, T - 1 - i)) for i in range(T)),
        lambda score, T: np.ptp([score(i, j) for i in range(T) for j in range(T)]) < 1e-9,
        lambda score, T: all(
            np.isclose(score(i, j), score(i % 2, j % 2)) for i in range(T) for j in range(T)
        ),
    ],
    "10.4": [
        lambda w, n_heads: w,
        lambda w, n_heads: w[:, ::-1],
        lambda w, n_heads: w[:, np.argsort(order(n_heads, w.shape[1] // n_heads))],
        lambda w, n_heads: w[:, order(n_heads, w.shape[1] // n_heads)].T,
        lambda w, n_heads: w.reshape(len(w), n_heads, 2, -1).mT.reshape(w.shape),
        lambda w, n_heads: w[:, np.tile(order(1, w.shape[1] // n_heads), n_heads)],
    ],
}


def test_a_length_that_changes_is_said():
    verdict = judge(EXERCISES["10.2"], lambda x, positions, base: 2 * turned(x, positions, base))
    assert "long afterwards" in str(verdict)
