"""Small tables of word vectors for the checks, of lengths that differ much."""

import numpy as np


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def crowd(seed, n_words, d_model):
    rng = np.random.default_rng(seed)
    lengths = np.exp(rng.uniform(-1.5, 1.5, (n_words, 1)))
    return lengths * unit(rng.normal(size=(n_words, d_model)) + 0.4)


def opposed():
    """Every word but the inputs, which are rows 3, 0 and 2, points away from their target."""
    inputs = {0: [2.0, 0.3, 0.1], 2: [1.0, 0.8, -0.2], 3: [3.0, 0.5, 0.9]}
    rng = np.random.default_rng(3)
    table = unit(-np.abs(rng.normal(size=(8, 3))) * [1, 1, 0] + [0, 0, 0.1])
    for row, vector in inputs.items():
        table[row] = vector
    return table


def stretched():
    """As `opposed`, and the first input too: the target is long, and all products below -1."""
    table = opposed()
    table[3] *= -1
    return table


def between():
    """The inputs are rows 1, 4 and 0; the first lies between the others, and at their target."""
    table = crowd(9, 6, 2) * [-1, 1]
    for row, degrees in {1: 10, 4: 35, 0: -11}.items():
        angle = np.radians(degrees)
        table[row] = (1 + row) * np.array([np.cos(angle), np.sin(angle)])
    return table
