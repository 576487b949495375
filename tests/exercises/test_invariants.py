"""An invariant is silent on what keeps it, and names what breaks it."""

import numpy as np
import pytest

from minigpt.exercises.invariants import causal, never_negative, rows_sum_to_one

LOWER = np.tril(np.ones((2, 4, 4)))


def broken(invariant, weights):
    return invariant("weights")((), {"weights": np.asarray(weights, dtype=float)})


@pytest.mark.parametrize(
    ("invariant", "kept"),
    [
        (rows_sum_to_one, [[0.2, 0.8], [0.5, 0.501]]),
        (rows_sum_to_one, np.full((2, 3, 4), 0.25)),
        (rows_sum_to_one, [0.1, 0.9]),
        (never_negative, [[0.0, 0.5], [-1e-9, 3.0]]),
        (causal, LOWER),
        (causal, np.tril(np.ones((3, 5)), 2)),
        (causal, np.zeros((3, 3))),
    ],
)
def test_what_keeps_it_is_not_mentioned(invariant, kept):
    assert broken(invariant, kept) is None


@pytest.mark.parametrize(
    ("invariant", "spoiled", "words"),
    [
        (rows_sum_to_one, [[0.5, 0.5], [0.3, 0.9]], "A row of weights sums to 1.2, not to 1."),
        (rows_sum_to_one, [[0.5, 0.9], [0.5, 0.1]], "A row of weights sums to 1.4, not to 1."),
        (never_negative, [[1.25, -0.25]], "An entry of weights is negative: -0.25."),
        (
            causal,
            LOWER + 0.5 * (np.arange(4) == 3) * (np.arange(4)[:, None] == 1),
            "The future leaks: in weights, position 1 looks at position 3.",
        ),
        (
            causal,
            np.tril(np.ones((3, 5)), 3),
            "The future leaks: in weights, position 0 looks at position 3.",
        ),
    ],
)
def test_what_breaks_it_is_said(invariant, spoiled, words):
    assert broken(invariant, spoiled) == words
