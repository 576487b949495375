"""1.2, count bigrams: `bigram_table`."""

from collections import Counter
from itertools import pairwise

import numpy as np

from minigpt.exercises.exercise import Case, Exercise, Hint, Slip, Variant
from minigpt.exercises.invariants import never_negative, rows_sum_to_one


def bigram_table(stories, vocab_size, alpha):
    counts = np.full((vocab_size, vocab_size), float(alpha))
    for story in stories:
        before = 0
        for word in story:
            counts[before, word] += 1
            before = word
    return counts / counts.sum(axis=1, keepdims=True)


def pairs(stories):
    return [pair for story in stories for pair in zip([0, *story], story, strict=False)]


def counted(some_pairs, vocab_size):
    counts = np.zeros((vocab_size, vocab_size))
    for before, word in some_pairs:
        counts[before, word] += 1
    return counts


def rows_of(counts):
    return counts / counts.sum(axis=1, keepdims=True)


def table(pairs_of=pairs, share=rows_of):
    """The right table, with other pairs counted or otherwise shared out."""
    return lambda stories, vocab_size, alpha: share(counted(pairs_of(stories), vocab_size) + alpha)


def smoothed(share):
    """The right counts, smoothed and shared out in another way."""
    return lambda stories, vocab_size, alpha: share(counted(pairs(stories), vocab_size), alpha)


def within(stories):
    return [pair for story in stories for pair in pairwise(story)]


def in_one_stream(stories):
    stream = [word for story in stories for word in story]
    return list(pairwise(stream))


def as_large_as_needed(stories, vocab_size, alpha):
    size = max(max(story) for story in stories) + 1
    return bigram_table(stories, size, alpha)


def whole_counts(stories, vocab_size, alpha):
    counts = np.zeros((vocab_size, vocab_size), dtype=int)
    counts += alpha
    return rows_of(counts)


SLIPS = (
    Slip(
        "rows and columns exchanged",
        table(lambda stories: [(word, before) for before, word in pairs(stories)]),
        "Your row says what came *before* a word. A row belongs to the word before, and shares "
        "out what comes after it.",
    ),
    Slip(
        "columns sum to 1",
        table(share=lambda counts: counts / counts.sum(axis=0)),
        "Columns are divided by sums, and not rows. Is it the wrong axis, or a sum that has not "
        "stayed a column?",
    ),
    Slip(
        "one whole for the table",
        table(share=lambda counts: counts / counts.sum()),
        "The whole table sums to 1: the probability of seeing a pair. A bet is made when the first "
        "word is known, so each row is a whole of its own.",
    ),
    Slip(
        "not divided",
        table(share=lambda counts: counts),
        "These are the counts, smoothed. What makes them shares?",
    ),
    Slip(
        "no smoothing",
        smoothed(lambda counts, alpha: rows_of(counts)),
        "Nothing is smoothed: pairs that were never seen have probability 0, and a word that was "
        "never seen has a row of 0/0.",
    ),
    Slip(
        "alpha above the line only",
        smoothed(lambda counts, alpha: (counts + alpha) / counts.sum(axis=1, keepdims=True)),
        "The rows sum to more than 1: `alpha` is added to the counts, and the sum does not know of "
        "it.",
    ),
    Slip(
        "one alpha for a row",
        smoothed(
            lambda counts, alpha: (counts + alpha) / (counts.sum(axis=1, keepdims=True) + alpha)
        ),
        "The rows sum to more than 1. How many times does a row receive `alpha`, and how often is it "
        "in your sum?",
    ),
    Slip(
        "alpha for the words seen",
        lambda stories, vocab_size, alpha: (
            (counted(pairs(stories), vocab_size) + alpha)
            / (
                counted(pairs(stories), vocab_size).sum(axis=1, keepdims=True)
                + alpha * len({word for story in stories for word in story})
            )
        ),
        "The rows sum to more than 1: your sum has an `alpha` for each word that was seen, and the row "
        "has one for each word that there is.",
    ),
    Slip(
        "alpha after the division",
        smoothed(lambda counts, alpha: np.nan_to_num(rows_of(counts)) + alpha),
        "You add `alpha` to shares that are a whole already. Add it to the counts, as if every pair "
        "had been seen that often.",
    ),
    Slip(
        "alpha for seen pairs",
        smoothed(lambda counts, alpha: np.nan_to_num(rows_of(counts + alpha * (counts > 0)))),
        "Only pairs that were seen get `alpha`, and they are not the ones that need it.",
    ),
    Slip(
        "the start left out",
        table(within),
        "The first word of a story is predicted too. What stands before it, now that token 0 ends "
        "the story before?",
    ),
    Slip(
        "one long stream",
        table(in_one_stream),
        "All is right but the very first word of all. Put end to end, a story follows the end of "
        "the story before; what does the first one follow?",
    ),
    Slip(
        "the end left out",
        table(lambda stories: pairs([story[:-1] for story in stories])),
        "No story of yours ever ends: the step from the last word to token 0 is not counted.",
    ),
    Slip(
        "each pair once",
        table(lambda stories: set(pairs(stories))),
        "A pair that was seen three times counts once. Is it a set that you fill, or an array that you "
        "index with whole arrays, where `+=` writes each place a single time?",
    ),
    Slip(
        "as large as needed",
        as_large_as_needed,
        "Your table ends at the largest token that was seen. The words beyond it exist all the "
        "same, and have a row and a column each.",
    ),
    Slip(
        "the word alone",
        smoothed(
            lambda counts, alpha: np.tile(
                (counts.sum(axis=0) + alpha) / (counts + alpha).sum(), (len(counts), 1)
            )
        ),
        "All rows are the same: you count words, whatever stands before them.",
    ),
    Slip(
        "two words back",
        table(
            lambda stories: [
                pair for story in stories for pair in zip([0, 0, *story], story, strict=False)
            ]
        ),
        "You pair each word with the last but one. How many ends stand before a story?",
    ),
    Slip(
        "whole numbers",
        whole_counts,
        "A table of whole numbers has no room for an `alpha` below 1. Which dtype have zeros, if "
        "nothing is said?",
    ),
)


def by_counter(stories, vocab_size, alpha):
    seen = Counter(pairs(stories))
    rows = []
    for before in range(vocab_size):
        row = [seen[before, word] + alpha for word in range(vocab_size)]
        rows.append([count / sum(row) for count in row])
    return rows


def at_once(stories, vocab_size, alpha):
    counts = np.zeros((vocab_size, vocab_size))
    np.add.at(counts, tuple(np.array(pairs(stories)).T), 1)
    return (counts + alpha) / (counts.sum(1, keepdims=True) + alpha * vocab_size)


def by_one_hot(stories, vocab_size, alpha):
    one = np.eye(vocab_size)
    counts = alpha * np.ones_like(one)
    for story in stories:
        words = one[story]
        counts += np.vstack([one[:1], words[:-1]]).T @ words
    return np.einsum("ij,i->ij", counts, 1 / counts.sum(-1))


def in_torch(stories, vocab_size, alpha):
    import torch

    stream = torch.tensor([0] + [word for story in stories for word in story])
    flat = torch.bincount(stream[:-1] * vocab_size + stream[1:], minlength=vocab_size**2)
    counts = flat.view(vocab_size, vocab_size) + float(alpha)
    return counts / counts.sum(dim=1, keepdim=True)


RIGHT = (
    Variant("a Counter, row by row", by_counter),
    Variant("np.add.at, and the sum by formula", at_once),
    Variant("one-hot matrices", by_one_hot),
    Variant("one stream with an end before it, torch", in_torch),
)

EXERCISE = Exercise(
    id="1.2",
    title="Count bigrams",
    name="bigram_table",
    minutes=20,
    difficulty="Within reach",
    reference=bigram_table,
    returns=("table",),
    cases=(
        Case(([[1, 2, 1, 2, 3, 0], [4, 2, 0], [1, 2, 1, 0]], 7, 0.25), (None, None, None)),
        Case(([[3, 3, 3, 1, 0], [2, 3, 3, 0]], 6, 2), (None, None, None)),
        Case(([[1, 0], [5, 4, 1, 5, 4, 0], [5, 0], [2, 1, 5, 4, 0]], 9, 0.001), (None, None, None)),
    ),
    slips=SLIPS,
    right=RIGHT,
    hints=(
        Hint(
            "which pairs",
            "Write down the pairs of the story 1, 2, 3, 0. There are as many pairs as words that are "
            "predicted, and the first and the last of them have a 0.",
        ),
        Hint(
            "what the sum must know",
            "Smoothing acts as if each pair had been seen `alpha` times before you began to count. "
            "What is then the sum of a row of `vocab_size` words?",
        ),
        Hint(
            "a plan",
            "Begin with a table that is full of `alpha` instead of zeros. Walk through each story with "
            "the word before in hand, starting from 0, and add 1 in its row. At the end divide each "
            "row by its own sum, kept as a column.",
        ),
    ),
    invariants=(rows_sum_to_one("table"), never_negative("table")),
    notice="a word that was never seen has a row all the same: it shares itself out evenly, since "
    "nothing is known.",
)
