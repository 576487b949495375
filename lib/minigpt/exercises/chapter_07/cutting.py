"""7.2: columns cut into queries, keys and values, and the ways in which the cuts go wrong."""

import numpy as np


def cut(qkv, d_head):
    return np.split(qkv, [d_head, 2 * d_head], axis=-1)


def thirds(qkv, d_head):
    n = qkv.shape[-1] // 3
    return qkv[..., :n], qkv[..., n : 2 * n], qkv[..., 2 * n :]


def values_second(qkv, d_head):
    q, v, k = np.split(qkv, [d_head, qkv.shape[-1] - d_head], axis=-1)
    return q, k, v


def values_first(qkv, d_head):
    n = qkv.shape[-1]
    v, q, k = np.split(qkv, [n - 2 * d_head, n - d_head], axis=-1)
    return q, k, v


def three_widths(qkv, d_head):
    return np.split(qkv, [d_head, d_head, qkv.shape[-1] - 2 * d_head], axis=-1)


# A name, a wrong cut, and what is said to it.
CUTS = (
    (
        "thirds, by np.split",
        lambda qkv, d_head: np.split(qkv, 3, axis=-1),
        "The columns cannot be cut into thirds: queries, keys and values need not be equally "
        "wide. Which of the three widths do you know?",
    ),
    (
        "thirds, by hand",
        thirds,
        "The cuts are in the wrong places. A third of all columns is the width of a query only "
        "if the values are as wide.",
    ),
    (
        "widths for places",
        lambda qkv, d_head: np.split(qkv, [d_head, d_head], axis=-1),
        "Two of your cuts are in the same place, and nothing lies between them. "
        "`np.split` takes the places to cut, counted from the first column, not the widths.",
    ),
    (
        "three widths",
        three_widths,
        "There are more than three parts to share among three names. `np.split` takes the places "
        "to cut, not the widths: how many cuts make three parts?",
    ),
    (
        "the axis forgotten",
        lambda qkv, d_head: np.split(qkv, [d_head, 2 * d_head]),
        "It is the batch that has been cut: left to itself, `np.split` takes the first axis. "
        "Along which one do query, key and value lie side by side?",
    ),
    (
        "words cut apart",
        lambda qkv, d_head: np.split(qkv, [d_head, 2 * d_head], axis=1),
        "It is the sentences that have been cut, some words here and some there. "
        "Along which axis do query, key and value lie side by side?",
    ),
    (
        "values as wide as keys",
        lambda qkv, d_head: [qkv[..., i * d_head : (i + 1) * d_head] for i in range(3)],
        "The values end too early or too late: they are all that is left, and need not be "
        "as wide as the keys.",
    ),
    (
        "values in the middle",
        values_second,
        "The three are taken in another order than that in which they stand side by side.",
    ),
    (
        "values cut first",
        values_first,
        "You take the values from the first columns. In which order do the three stand side by "
        "side?",
    ),
)
