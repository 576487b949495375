"""Players to be audited: honest ones, and one for each way of cheating."""

import numpy as np

rng = np.random.default_rng(13)


def table(vocab_size):
    """Honest bets on what comes after each word: whole numbers of 64ths, one or more.

    So each row, shape (vocab_size,), sums to 1 exactly, in whatever order it is added up.
    """
    chips = rng.multinomial(64 - vocab_size, np.ones(vocab_size) / vocab_size, size=vocab_size)
    return (1 + chips) / 64


def at(story, i):
    """The word at place i, or 0, an end, where there is none."""
    return story[i] if 0 <= i < len(story) else 0


def bigram(vocab_size):
    rows = table(vocab_size)
    return lambda story, i: rows[at(story, i - 1)]


def rounded(vocab_size):
    """Honest, with the last digits that floating point leaves."""
    rows = table(vocab_size) * (1 + 1e-12)
    return lambda story, i: rows[at(story, i - 1)]


def reading_from_the_start(vocab_size):
    rows = table(vocab_size)
    return lambda story, i: rows[sum(story[:i]) % vocab_size]


def with_zeros(vocab_size):
    rows = np.eye(vocab_size)[::-1] / 2 + np.eye(vocab_size) / 2
    return lambda story, i: rows[at(story, i - 1)]


def too_much_somewhere(vocab_size, word):
    """After one word, and only there, the bets make more than a whole."""
    rows = table(vocab_size)
    rows[word] *= 1.25
    return lambda story, i: rows[at(story, i - 1)]


def too_little(vocab_size):
    rows = 0.9 * table(vocab_size)
    return lambda story, i: rows[at(story, i - 1)]


def up_and_down(vocab_size):
    """A tenth too much and a tenth too little in turn: right on average."""
    rows = table(vocab_size)
    return lambda story, i: rows[at(story, i - 1)] * (0.9 if i % 2 else 1.1)


def below_zero(vocab_size):
    rows = table(vocab_size)
    rows[:, 1] += rows[:, 2] + 0.1
    rows[:, 2] = -0.1
    return lambda story, i: rows[at(story, i - 1)]


def peeking(vocab_size, ahead):
    """Sees the word that is `ahead` places after the one it bets on, among others."""
    rows = table(vocab_size)
    return lambda story, i: rows[(at(story, i - 1) + at(story, i + ahead)) % vocab_size]


def peeking_at_first(vocab_size):
    """Sees the word that it bets on at the first place, and is honest from then on."""
    rows = table(vocab_size)
    return lambda story, i: rows[at(story, i - 1) if i else at(story, 0)]


def counting(vocab_size):
    """Reads no word ahead, but knows how many there are."""
    rows = table(vocab_size)
    return lambda story, i: rows[(len(story) - i) % vocab_size]


def shameless(vocab_size):
    """Puts a whole on the word that comes, and a half on the next."""

    def bets(story, i):
        chances = np.zeros(vocab_size)
        chances[at(story, i)] += 1
        chances[at(story, i + 1)] += 0.5
        return chances

    return bets
