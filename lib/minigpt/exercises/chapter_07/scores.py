"""Scores made into shares, and what is said where something else than the root divided them."""

import numpy as np


def softmax(scores, axis=-1):
    raised = np.exp(scores - scores.max())
    return raised / raised.sum(axis=axis, keepdims=True)


ROOT_D_MODEL = (
    "The scores are divided by the root of how wide the words are. "
    "How wide are the two that are multiplied?"
)
ROOT_D_V = (
    "The scores are divided by the root of how wide the values are, and no value takes part in a "
    "score. How many products are added up in one?"
)
ROOT_T = (
    "The scores are divided by the root of how many words there are. "
    "Is it longer sentences or wider queries that score too high?"
)
ROOT_D_QKV = (
    "The scores are divided by the root of how wide all three are together, side by side. "
    "How wide are the two that are multiplied?"
)
UNSCALED = (
    "The weights are too sharp: the scores go into the softmax as they are. "
    "What keeps wide queries and keys from scoring high?"
)
NO_ROOT = "The weights are too flat: the scores are divided by the width itself."
