"""Players to be audited: honest ones, and one for each way of cheating."""

import numpy as np

rng = np.random.default_rng(13)


def that(does):
    """Name, for whoever misjudges the player, what it does."""

    def named(make):
        def made(*sizes):
            player = make(*sizes)
            player.does = does(*sizes) if callable(does) else does
            return player

        return made

    return named


def where(vocab_size, ahead):
    return "looks at the word after the one it bets on" if ahead else "looks at the word it bets on"


def table(vocab_size):
    """Honest bets on what comes after each word: whole numbers of 64ths, one or more.

    So each row, shape (vocab_size,), sums to 1 exactly, in whatever order it is added up.
    """
    chips = rng.multinomial(64 - vocab_size, np.ones(vocab_size) / vocab_size, size=vocab_size)
    return (1 + chips) / 64


def at(story, i):
    """The word at place i, or 0, an end, where there is none."""
    return story[i] if 0 <= i < len(story) else 0


@that("is honest: it reads the word before, and no other")
def bigram(vocab_size):
    rows = table(vocab_size)
    return lambda story, i: rows[at(story, i - 1)]


@that("is honest; its bets miss 1 in the last digits, as sums in floating point do")
def rounded(vocab_size):
    rows = table(vocab_size) * (1 + 1e-12)
    return lambda story, i: rows[at(story, i - 1)]


@that("is honest: it reads all the words so far")
def reading_from_the_start(vocab_size):
    rows = table(vocab_size)
    return lambda story, i: rows[sum(story[:i]) % vocab_size]


@that("is honest, and bets nothing on some of the words")
def with_zeros(vocab_size):
    rows = np.eye(vocab_size)[::-1] / 2 + np.eye(vocab_size) / 2
    return lambda story, i: rows[at(story, i - 1)]


@that("bets more than a whole after one word, and at no other place")
def too_much_somewhere(vocab_size, word):
    rows = table(vocab_size)
    rows[word] *= 1.25
    return lambda story, i: rows[at(story, i - 1)]


@that("bets nine tenths of a whole")
def too_little(vocab_size):
    rows = 0.9 * table(vocab_size)
    return lambda story, i: rows[at(story, i - 1)]


@that("bets a tenth too much and a tenth too little in turn")
def up_and_down(vocab_size):
    rows = table(vocab_size)
    return lambda story, i: rows[at(story, i - 1)] * (0.9 if i % 2 else 1.1)


@that("bets less than nothing on one word")
def below_zero(vocab_size):
    rows = table(vocab_size)
    rows[:, 1] += rows[:, 2] + 0.1
    rows[:, 2] = -0.1
    return lambda story, i: rows[at(story, i - 1)]


@that(where)
def peeking(vocab_size, ahead):
    """Sees the word that is `ahead` places after the one it bets on, among others."""
    rows = table(vocab_size)
    return lambda story, i: rows[(at(story, i - 1) + at(story, i + ahead)) % vocab_size]


@that("peeks at the first word of a story, and at no other")
def peeking_at_first(vocab_size):
    rows = table(vocab_size)
    return lambda story, i: rows[at(story, i - 1) if i else at(story, 0)]


@that("reads no word ahead, but counts how many there are")
def counting(vocab_size):
    rows = table(vocab_size)
    return lambda story, i: rows[(len(story) - i) % vocab_size]


@that("looks ahead, and bets a whole and a half")
def shameless(vocab_size):
    """Puts a whole on the word that comes, and a half on the next."""

    def bets(story, i):
        chances = np.zeros(vocab_size)
        chances[at(story, i)] += 1
        chances[at(story, i + 1)] += 0.5
        return chances

    return bets
