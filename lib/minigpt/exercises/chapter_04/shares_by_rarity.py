"""4.3, when averaging fails: `shares_by_rarity`."""

import numpy as np

from minigpt.exercises.chapter_04.hints import RARITY
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant
from minigpt.exercises.invariants import never_negative, rows_sum_to_one


def shares_by_rarity(tokens, counts, a):
    p = counts[tokens] / counts.sum()
    weights = a / (a + p)
    return weights / weights.sum()


def frequency(tokens, counts):
    return counts[tokens] / counts.sum()


def made_whole(weights):
    return weights / weights.sum()


def rarity(p, a):
    return a / (a + p)


def times(tokens):
    """How often each token of the sentence stands in it."""
    return (tokens[:, None] == tokens).sum(axis=1)


def inverse_logarithm(tokens, counts, a):
    return made_whole(-np.log(np.maximum(counts[tokens], 1) / counts.sum()))


SLIPS = (
    Slip(
        "counts for frequencies",
        lambda tokens, counts, a: made_whole(rarity(counts[tokens], a)),
        "A count stands where a frequency belongs, so the shares depend on how long the text was. "
        "Count it twice over: should they change?",
    ),
    Slip(
        "upside down",
        lambda tokens, counts, a: made_whole(1 - rarity(frequency(tokens, counts), a)),
        "Upside down: here the frequent words are the loud ones, and an uncounted word is mute.",
    ),
    Slip(
        "not made whole",
        lambda tokens, counts, a: rarity(frequency(tokens, counts), a),
        "These are the weights, and they are right, but not yet shares: they do not sum to 1.",
    ),
    Slip(
        "divided by how many",
        lambda tokens, counts, a: rarity(frequency(tokens, counts), a) / len(tokens),
        "Divided by the number of words, as if all weighed 1. By what must weights be divided to "
        "become fractions of one whole?",
    ),
    Slip(
        "made whole over the vocabulary",
        lambda tokens, counts, a: made_whole(rarity(counts / counts.sum(), a))[tokens],
        "The weights of all words there are sum to 1. Those of this sentence should.",
    ),
    Slip(
        "a share for every known word",
        lambda tokens, counts, a: made_whole(rarity(counts / counts.sum(), a)),
        "A share for each word of the vocabulary. Which of them stand in the sentence, and in "
        "what order?",
    ),
    Slip(
        "each word once",
        lambda tokens, counts, a: made_whole(rarity(frequency(np.unique(tokens), counts), a)),
        "A word that stands twice has lost one of its shares. One is wanted for each place in the "
        "sentence, in order.",
    ),
    Slip(
        "twins share",
        lambda tokens, counts, a: made_whole(rarity(frequency(tokens, counts), a) / times(tokens)),
        "A word that stands twice has its weight divided between the two places. A plain average "
        "counts both in full, and so should this one.",
    ),
    Slip(
        "an uncounted word is mute",
        lambda tokens, counts, a: made_whole(
            np.where(counts[tokens] > 0, rarity(frequency(tokens, counts), a), 0)
        ),
        "A word that was never counted gets nothing here. Its frequency is 0: put that into the "
        "formula.",
    ),
    Slip(
        "the total of the sentence",
        lambda tokens, counts, a: made_whole(rarity(made_whole(counts[tokens]), a)),
        "The counts are divided by what the words of this sentence come to. A frequency is meant "
        "among all the text that was counted.",
    ),
    Slip(
        "counted in the sentence",
        lambda tokens, counts, a: made_whole(rarity(times(tokens) / len(tokens), a)),
        "You count within the sentence, where nearly every word comes once. Which words are "
        "frequent, only `counts` can say.",
    ),
    Slip(
        "the number of different words",
        lambda tokens, counts, a: made_whole(rarity(counts[tokens] / len(counts), a)),
        "The counts are divided by how many different words there are. How many words were "
        "counted in all?",
    ),
    Slip(
        "the largest count",
        lambda tokens, counts, a: made_whole(rarity(counts[tokens] / counts.max(), a)),
        "The counts are divided by the largest of them. A frequency is a share of the whole text.",
    ),
    Slip(
        "labels for amounts",
        lambda tokens, counts, a: made_whole(rarity(tokens / counts.sum(), a)),
        "The row numbers were used as if they were counts. They are labels: look up what was "
        "counted for each.",
    ),
    Slip(
        "softmax",
        lambda tokens, counts, a: made_whole(np.exp(rarity(frequency(tokens, counts), a))),
        "The weights went through a softmax. They are positive already, and need only be "
        "divided by their sum.",
    ),
    Slip(
        "a logarithm",
        inverse_logarithm,
        "That is the logarithm of one over the frequency, which search engines use. It is a "
        "weighting too, but not this one.",
    ),
    Slip(
        "one over the frequency",
        lambda tokens, counts, a: made_whole(1 / frequency(tokens, counts)),
        "One over the frequency has no bound: the rarest word takes nearly everything. What does "
        "the `a` in the formula do about it?",
    ),
    Slip(
        "brackets left out",
        lambda tokens, counts, a: made_whole(a / a + frequency(tokens, counts)),
        "Without brackets the first `a` is divided by the second, and the frequency is added to "
        "that 1. What is the whole of the denominator?",
    ),
    Slip(
        "an a of its own",
        lambda tokens, counts, a: made_whole(rarity(frequency(tokens, counts), 1e-3)),
        "The thousandth of the page has been written in. The `a` is handed to the function, and "
        "changes from call to call.",
    ),
    Slip(
        "places for rows",
        lambda tokens, counts, a: made_whole(rarity(counts[: len(tokens)] / counts.sum(), a)),
        "Looked up are rows 0, 1, 2 and so on, as the words stand in the sentence. In which row a "
        "word is counted, `tokens` says.",
    ),
    Slip(
        "all alike",
        lambda tokens, counts, a: np.full(len(tokens), 1 / len(tokens)),
        "All shares are alike, so nothing of the counts has arrived. Does a `//` or an `int` make "
        "0 of every frequency?",
    ),
    Slip(
        "labels made whole",
        lambda tokens, counts, a: made_whole(rarity(tokens / tokens.sum(), a)),
        "The row numbers themselves were divided by their sum. A row number is a label: what was "
        "counted in that row?",
    ),
    Slip(
        "one added to each count",
        lambda tokens, counts, a: made_whole(
            rarity((counts[tokens] + 1) / (counts.sum() + len(counts)), a)
        ),
        "One was added to every count, as is often done against zeros. Here the `a` sees to that, "
        "and a frequency of 0 may stay.",
    ),
    Slip(
        "one minus the frequency",
        lambda tokens, counts, a: made_whole(1 - frequency(tokens, counts)),
        "One minus the frequency hardly tells words apart, for even the commonest makes but a "
        "tenth of a text. Where is `a`?",
    ),
)


def by_loop(tokens, counts, a):
    total, weights = 0, []
    for count in counts:
        total += int(count)
    for token in tokens:
        weights.append(a * total / (a * total + counts[token]))
    whole = sum(weights)
    return [weight / whole for weight in weights]


def by_odds(tokens, counts, a):
    odds = 1 / (1 + frequency(tokens, counts) / a)
    return (odds / np.add.reduce(odds)).astype(np.float32)


def by_one_hot(tokens, counts, a):
    weights = np.eye(len(counts))[tokens] @ rarity(counts / counts.sum(), a)
    return weights / np.linalg.norm(weights, ord=1)


def by_torch(tokens, counts, a):
    import torch

    p = torch.tensor(counts)[torch.tensor(tokens)] / counts.sum()
    return torch.softmax(torch.log(a / (a + p)), dim=0)


RIGHT = (
    Variant("loop", by_loop),
    Variant("odds, float32", by_odds),
    Variant("one-hot rows", by_one_hot),
    Variant("a softmax of logarithms, torch", by_torch),
)

COUNTS = np.array([600, 45, 160, 24, 0, 150, 7, 500, 1])


def counted(tokens, counts, a):
    return Case((np.array(tokens), counts, a), ("T", "vocab_size", None))


EXERCISE = Exercise(
    id="4.3",
    title="When averaging fails",
    name="shares_by_rarity",
    minutes=20,
    difficulty="Middling",
    reference=shares_by_rarity,
    returns=("shares",),
    cases=(
        counted([0, 1, 2, 0, 3], COUNTS, 0.01),
        counted([7, 4, 6, 5, 0, 8, 1, 0], COUNTS, 0.003),
        counted([2, 5, 2, 1], 3 * COUNTS[:7], 0.05),
    ),
    slips=SLIPS,
    right=RIGHT,
    hints=RARITY,
    invariants=(rows_sum_to_one("shares"), never_negative("shares")),
    notice="the shares depend on the word and on nothing else: whoever asks gets the same ones.",
)
