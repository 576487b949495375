"""Answers to chapter 1 that are in no list; `test_odd_answers` judges RIGHT and WRONG.

The registry's own slips and variants are tried elsewhere, for every chapter alike.
"""

import math
from collections import Counter, defaultdict

import numpy as np
import pytest
import torch

from minigpt.exercises.judge import judge
from minigpt.exercises.registry import EXERCISES

# ---- 1.1


def bits_of(chances):
    return [sum(math.log2(1 / p) for p in story) for story in chances]


def graded(chances, per_story=None, per_word=None):
    total, words = sum(bits_of(chances)), sum(map(len, chances))
    first = total / len(chances) if per_story is None else per_story
    return first, 2 ** (total / words) if per_word is None else per_word


# ---- 1.2


def counted(stories, vocab_size, alpha):
    after = defaultdict(Counter)
    for story in stories:
        before = 0
        for word in story:
            after[before][word] += 1
            before = word
    return [
        [
            (after[i][j] + alpha) / (sum(after[i].values()) + alpha * vocab_size)
            for j in range(vocab_size)
        ]
        for i in range(vocab_size)
    ]


# ---- 1.3


def whole(bets):
    return bool(np.all(np.asarray(bets) >= 0)) and math.isclose(math.fsum(bets), 1, abs_tol=1e-7)


def audited(player, story, vocab_size, others=None, places=None):
    places = range(len(story)) if places is None else places
    rows = [player(story, i) for i in places]
    blind = all(
        np.allclose(rows[n], player(story[:i] + other, i))
        for n, i in enumerate(places)
        for other in (others or endings)(story[i:], vocab_size)
    )
    return all(map(whole, rows)), blind


def endings(rest, vocab_size):
    for word in range(vocab_size):
        yield [word] * (len(rest) + 1)
        yield []


# ---- 1.4


def settled(chances, n=400, start=None):
    weights = np.ones(len(chances)) / len(chances) if start is None else start
    for _ in range(n):
        weights = (weights[:, None] * chances / (weights @ chances)).mean(1)
    return weights


def by_gradient(chances):
    scores = np.zeros(len(chances))
    for _ in range(3000):
        weights = np.exp(scores) / np.exp(scores).sum()
        scores += 2 * ((weights[:, None] * chances / (weights @ chances)).mean(1) - weights)
    return weights


RIGHT = {
    "1.1": [
        graded,
        lambda chances: list(graded(chances)),
        lambda chances: tuple(map(torch.tensor, graded(chances))),
        lambda chances: (
            np.mean(bits_of(chances)),
            math.exp(-np.log(np.concatenate(chances)).mean()),
        ),
        lambda chances: graded(
            chances, per_word=4 ** (sum(bits_of(chances)) / 2 / sum(map(len, chances)))
        ),
    ],
    "1.2": [
        counted,
        lambda *args: np.array(counted(*args), dtype=np.float32),
        lambda *args: torch.tensor(counted(*args)),
        lambda *args: [np.array(row) for row in counted(*args)],
    ],
    "1.3": [
        audited,
        lambda *args: list(audited(*args)),
        lambda *args: tuple(map(np.bool_, audited(*args))),
        lambda *args: audited(*args, others=lambda rest, size: [[]]),
        lambda *args: audited(*args, others=lambda rest, size: [[w] * 9 for w in range(size)]),
        lambda player, story, size: audited(player, list(story), size)[:2],
    ],
    "1.4": [
        settled,
        by_gradient,
        lambda chances: settled(chances).tolist(),
        lambda chances: tuple(settled(chances)),
        lambda chances: np.float32(settled(chances)),
        lambda chances: torch.tensor(settled(chances, start=np.arange(1.0, len(chances) + 1))),
    ],
}

WRONG = {
    "1.1": [
        lambda chances: graded(chances)[0],
        lambda chances: graded(chances, per_word=math.log2(graded(chances)[1])),
        lambda chances: graded(chances, per_word=10 ** math.log2(graded(chances)[1])),
        lambda chances: graded(chances[::-1], per_word=len(chances)),
        lambda chances: graded(chances[:1]),
        lambda chances: graded([np.append(story, 0.5) for story in chances]),
        lambda chances: tuple(np.round(graded(chances), 2)),
        lambda chances: graded(chances, per_story=max(bits_of(chances))),
        lambda chances: graded(chances, per_story=np.median(bits_of(chances))),
        lambda chances: np.log2(chances).sum(),
    ],
    "1.2": [
        lambda *args: np.array(counted(*args)).T,
        lambda stories, size, alpha: counted(stories, size, 1),
        lambda stories, size, alpha: counted(stories, size, alpha / size),
        lambda stories, size, alpha: counted([story[::-1] for story in stories], size, alpha),
        lambda stories, size, alpha: counted(stories[:-1], size, alpha),
        lambda *args: np.log(counted(*args)),
        lambda *args: np.array(counted(*args))[1:, 1:],
        lambda *args: dict(enumerate(counted(*args))),
        lambda *args: np.cumsum(counted(*args), axis=1),
    ],
    "1.3": [
        lambda *args: True,
        lambda *args: (True, True),
        lambda *args: (False, False),
        lambda *args: audited(*args, places=[0]),
        lambda *args: audited(*args, others=lambda rest, size: [rest]),
        lambda *args: audited(*args, others=lambda rest, size: [[0] * len(rest)]),
        lambda *args: audited(*args, others=lambda rest, size: [*rest, 0]),
        lambda *args: (audited(*args)[0], np.array([True])),
        lambda player, story, size: (
            all(map(whole, [player(story, 1)])),
            audited(player, story, size)[1],
        ),
        lambda *args: tuple(map(int, audited(*args))),
        lambda *args: ("yes", "no"),
    ],
    "1.4": [
        lambda chances: settled(chances, 2),
        lambda chances: settled(chances)[::-1],
        lambda chances: settled(chances) * 1.01,
        lambda chances: settled(chances) - 0.001,
        lambda chances: settled(1 - 0.9 * chances),
        lambda chances: np.eye(len(chances))[0],
        lambda chances: settled(chances)[:, None],
        lambda chances: settled(chances**2),
        lambda chances: np.exp(settled(chances)) / np.exp(settled(chances)).sum(),
        lambda chances: chances.std(1) / chances.std(1).sum(),
        lambda chances: [2, *[-1 / (len(chances) - 1)] * (len(chances) - 1)],
    ],
}


SAID = [
    ("1.1", lambda chances: (graded(chances)[0], 2.0 ** graded(chances)[0]), "more than a float"),
    ("1.2", lambda *args: np.array(counted(*args)).T, "lie on their side"),
    ("1.2", lambda stories, size, alpha: counted(stories, size, 1), "whatever `alpha` is"),
    (
        "1.2",
        lambda stories, size, alpha: counted([[*s, 0] for s in stories], size, alpha),
        "an end comes after the end",
    ),
    ("1.3", lambda *args: (True, True), "bets more than a whole after one word"),
    ("1.3", lambda *args: (audited(*args)[0], True), "looks at the word it bets on"),
    (
        "1.3",
        lambda *args: audited(*args, others=lambda rest, size: [[None] * len(rest)]),
        "falls over your `None`",
    ),
    ("1.4", lambda chances: settled(chances, 10), "after 10 rounds"),
    ("1.4", lambda chances: settled(chances, 25), "after 25 rounds"),
    ("1.4", lambda chances: np.eye(len(chances))[-1], "Nearly all the weight"),
]


@pytest.mark.parametrize(("id", "answer", "said"), SAID)
def test_a_typical_mistake_is_told_what_it_is(id, answer, said):
    assert said in str(judge(EXERCISES[id], answer))


def test_the_honest_players_are_honest_and_the_others_are_not():
    """By the cases' own names, whatever the reference says."""
    whole_and_blind = [audited(*case.args) for case in EXERCISES["1.3"].cases]
    true, false = True, False
    assert whole_and_blind == [
        (true, true),  # a bigram
        (false, true),  # too much after one word
        (false, true),  # after another
        (false, true),  # after a third
        (true, false),  # sees the word itself
        (true, false),  # sees the next but one
        (true, false),  # sees the first word only
        (true, true),  # rounded
        (true, true),  # remembers all
        (true, true),  # bets nothing on some words
        (false, true),  # less than nothing
        (false, true),  # too little
        (false, true),  # too much and too little in turn
        (true, false),  # counts the words to come
        (false, false),  # everything at once
    ]
