"""What the checks of 8.3 hand over as f; the first line of documentation says what it does.

Each takes x, (B, T, d), of any sizes, and returns as many rows.
"""

import math

import numpy as np


def softmax(scores, axis=-1):
    raised = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return raised / raised.sum(axis=axis, keepdims=True)


def scores_of(x):
    return x @ np.swapaxes(x, -1, -2) / math.sqrt(x.shape[-1])


def seen(x, mask):
    with np.errstate(invalid="ignore"):
        return softmax(np.where(mask, scores_of(x), -np.inf)) @ x


# ---- honest


def causal(x):
    """Causal attention."""
    return seen(x, np.tri(x.shape[-2], dtype=bool))


def two_layers(x):
    """Two layers of causal attention."""
    return causal(causal(x))


def sliding(x):
    """A sliding window of two words."""
    T = x.shape[-2]
    return seen(x, np.tri(T, dtype=bool) & ~np.tri(T, k=-2, dtype=bool))


def alone(x):
    """Every word by itself, x + 2."""
    return x + 2


def running(x):
    """The mean of all words so far."""
    return np.cumsum(x, axis=-2) / np.arange(1, x.shape[-2] + 1)[:, None]


def rounding(x):
    """Causal attention, with a rounding error that depends on all of x."""
    return causal(x) * (1 + 1e-13 * np.sin(x.sum()))


def place(x):
    """Every word by itself, plus a number for its place."""
    return x + np.arange(x.shape[-2])[:, None]


# ---- leaky


def everyone(x):
    """Attention without a mask."""
    return softmax(scores_of(x)) @ x


def zero_after(x):
    """Weights of the future set to 0 after the softmax."""
    return np.tril(softmax(scores_of(x))) @ x


def one_ahead(x):
    """A mask whose diagonal is off by one."""
    return seen(x, np.tri(x.shape[-2], k=1, dtype=bool))


def added(x):
    """Minus 10,000 added to the scores of the future."""
    later = np.triu(np.full((x.shape[-2],) * 2, -1e4), 1)
    return softmax(scores_of(x) + later) @ x


def one_pair(i, j, column=0):
    def f(x):
        y = causal(x)
        y[..., i, column] += 0.1 * np.tanh(x[..., j, column])
        return y

    f.__doc__ = f"Causal, but that row {i} takes number {column} of row {j} in."
    return f


def faint(x):
    """Causal, but that a thousandth of the last row is added to the first."""
    y = causal(x)
    y[..., 0, :] += 1e-3 * np.tanh(x[..., -1, :])
    return y


def long_sentence(x):
    """Causal, but with all sentences of the batch strung together."""
    return causal(x.reshape(1, -1, x.shape[-1])).reshape(x.shape)


def centred(x):
    """Causal, after the batch's mean was taken from every place."""
    return causal(x - x.mean(axis=0))


def over_the_batch(x):
    """Causal, with a softmax across the sentences."""
    shown = np.where(np.tri(x.shape[-2], dtype=bool), scores_of(x), -1e300)
    return softmax(shown, 0) @ x


def neighbour(x):
    """Causal, but that the last sentence takes in a little of the first."""
    y = causal(x)
    y[-1] += 0.1 * np.tanh(x[0])
    return y


def last_unmasked(x):
    """Causal in all sentences but the last, which has no mask."""
    y = causal(x)
    y[-1] = everyone(x[-1])
    return y


HONEST = (causal, two_layers, sliding, alone, running, rounding, place)
LEAKY = (
    everyone,
    zero_after,
    one_ahead,
    added,
    one_pair(0, -1),
    one_pair(-2, -1),
    one_pair(0, 1),
    one_pair(1, 3, 2),
    one_pair(2, 3, -1),
    faint,
    long_sentence,
    centred,
    over_the_batch,
    neighbour,
    last_unmasked,
)
