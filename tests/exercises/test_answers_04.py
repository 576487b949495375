"""Answers to chapter 4 that are in no list; `test_odd_answers` judges RIGHT and WRONG.

The registry's own slips and variants are tried elsewhere, for every chapter alike.
"""

import math
from itertools import combinations

import numpy as np
import torch

from minigpt.embeddings import WordVectors
from minigpt.exercises.chapter_04.fewest_out import fewest_out, flipped
from minigpt.exercises.registry import EXERCISES

# ---- 4.1


def overtakes_by_the_library(query, vectors):
    names = [str(i) for i in range(len(vectors))]
    near = [int(name) for name, _ in WordVectors(names, vectors).nearest(query, n=len(names))]
    far = list(np.argsort(vectors @ query)[::-1])
    every = range(len(names))
    return [
        [far.index(i) < far.index(j) and near.index(i) > near.index(j) for j in every]
        for i in every
    ]


def overtakes_by_units(query, vectors):
    units = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    dots, cosines = vectors @ query, units @ (query / np.linalg.norm(query))
    return np.greater(dots[:, None], dots[None, :]) * np.less(cosines[:, None], cosines[None, :])


def overtakes_in_einsum(query, vectors):
    dots = np.einsum("nd,d->n", vectors, query)
    squares = np.einsum("nd,nd->n", vectors, vectors)
    signed = np.sign(dots) * dots**2 / squares  # ranks as the cosine does
    return (dots[:, None] - dots > 0) & (signed[:, None] - signed < 0)


# ---- 4.2


def average_by_convolution(x, place, window):
    kernel = np.ones(2 * window + 1)
    kernel[window] = 0
    padded = np.pad(x, [(window, window), (0, 0)])
    inside = np.pad(np.ones(len(x)), window)
    total = kernel @ padded[place : place + 2 * window + 1]
    return total / (kernel @ inside[place : place + 2 * window + 1])


def average_by_moving_on(x, place, window):
    mean, seen = np.zeros(x.shape[1]), 0
    for j in range(max(place - window, 0), min(place + window, len(x) - 1) + 1):
        if j == place:
            continue
        seen += 1
        mean = mean + (x[j] - mean) / seen
    return torch.tensor(mean)


def average_by_mask(x, place, window):
    near = [0 < abs(j - place) <= window for j in range(len(x))]
    return np.average(x, axis=0, weights=near)


# ---- 4.3


def shares_by_logarithms(tokens, counts, a):
    logs = -np.log1p(counts[tokens] / counts.sum() / a)
    raised = np.exp(logs - logs.max())
    return tuple(raised / raised.sum())


def shares_by_dictionary(tokens, counts, a):
    known = {int(t): a / (a + counts[t] / np.sum(counts)) for t in tokens}
    return np.array([known[t] for t in tokens.tolist()]) / sum(known[t] for t in tokens.tolist())


# ---- 4.4


def fewest_by_dropping_the_best_pair(scores):
    """All rivals at once, in one array."""
    order = np.sort(scores[:, [scores.sum(0).argmax()]] - scores, axis=0)
    led = np.cumsum(order, axis=0)  # of those that stay, the weakest first
    stay = [int(np.flatnonzero(column < 0).max(initial=-1)) + 1 for column in led.T]
    rival, n = int(np.argmax(stay)), max(stay)
    lead = scores[:, scores.sum(0).argmax()] - scores[:, rival]
    out = np.ones(len(scores), dtype=bool)
    out[np.argsort(lead)[:n]] = False
    return out


RIGHT = {
    "4.1": (overtakes_by_the_library, overtakes_by_units, overtakes_in_einsum),
    "4.2": (average_by_convolution, average_by_moving_on, average_by_mask),
    "4.3": (shares_by_logarithms, shares_by_dictionary),
    "4.4": (fewest_by_dropping_the_best_pair,),
}


def overtakes(query, vectors):
    return EXERCISES["4.1"].reference(query, vectors)


def lengths(vectors):
    return np.linalg.norm(vectors, axis=1)


WRONG = {
    "4.1": (
        lambda query, vectors: np.argsort(vectors @ query),
        lambda query, vectors: ~overtakes(query, vectors),
        lambda query, vectors: vectors @ query > vectors @ query / lengths(vectors),
        lambda query, vectors: overtakes(query, vectors - vectors.mean(axis=0)),
        lambda query, vectors: overtakes(query, np.abs(vectors)),
        lambda query, vectors: [[False] * len(vectors)] * len(vectors),
    ),
    "4.2": (
        lambda x, place, window: np.median(np.delete(x, place, axis=0), axis=0),
        lambda x, place, window: x[place],
        lambda x, place, window: x.mean(axis=0) - x[place] / len(x),
        lambda x, place, window: x[max(0, place - 1) : place + 2].mean(axis=0),
        lambda x, place, window: (x[max(place - 1, 0)] + x[min(place + 1, len(x) - 1)]) / 2,
        lambda x, place, window: np.zeros_like(x[0]),
    ),
    "4.3": (
        lambda tokens, counts, a: np.full(len(tokens), 1 / len(tokens)),
        lambda tokens, counts, a: a / (a + tokens / tokens.sum()),
        lambda tokens, counts, a: np.sort(EXERCISES["4.3"].reference(tokens, counts, a)),
        lambda tokens, counts, a: EXERCISES["4.3"].reference(tokens, counts, 0.01),
        lambda tokens, counts, a: EXERCISES["4.3"].reference(tokens, counts, 1 / a),
    ),
    "4.4": (
        lambda scores: scores[:, 0] > 0,
        lambda scores: np.arange(len(scores)) < 2,
        lambda scores: fewest_out(scores[:, :2]),
        lambda scores: scores.max(axis=1) == scores.max(),
        lambda scores: fewest_out(scores) | (np.arange(len(scores)) == 0),
    ),
}


def test_the_greedy_is_right_whatever_the_scores():
    """Against all sets there are, on many tables that have some answer."""
    draws, answered = np.random.default_rng(4), 0
    for _ in range(150):
        scores = draws.integers(-3, 5, size=(draws.integers(3, 7), draws.integers(2, 5))).astype(
            float
        )
        sums = np.sort(scores.sum(axis=0))
        places = range(len(scores))
        sizes = (
            k
            for k in places
            for some in combinations(places, k)
            if flipped(scores, np.isin(places, some))
        )
        fewest = next(sizes, None)
        if fewest is None or math.isclose(sums[-1], sums[-2]):
            continue
        out = fewest_out(scores)
        assert flipped(scores, out)
        assert out.sum() == fewest
        answered += 1
    assert answered > 50
