"""1.1, perplexity by hand: `grade`."""

import math

import numpy as np

from minigpt.exercises.exercise import Case, Exercise, Hint, Slip, Variant

rng = np.random.default_rng(1)


def grade(chances):
    prices = [-np.log2(story).sum() for story in chances]
    n_words = sum(len(story) for story in chances)
    return sum(prices) / len(chances), 2 ** (sum(prices) / n_words)


def words_of(chances):
    return np.concatenate(chances)


def total(chances, log=np.log2):
    return -log(words_of(chances)).sum()


def natural(chances):
    nats = total(chances, np.log)
    return nats / len(chances), 2 ** (nats / len(words_of(chances)))


def natural_throughout(chances):
    nats = total(chances, np.log)
    return nats / len(chances), math.exp(nats / len(words_of(chances)))


def sign_lost(chances):
    bits = -total(chances)
    return bits / len(chances), 2 ** (bits / len(words_of(chances)))


def story_by_story(chances):
    perplexities = [2 ** (-np.log2(story).mean()) for story in chances]
    return grade(chances)[0], np.mean(perplexities)


def mean_of_means(chances):
    means = [-np.log2(story).mean() for story in chances]
    return grade(chances)[0], 2 ** np.mean(means)


def by_products(chances):
    bits = sum(-np.log2(np.prod(story)) for story in chances)
    return bits / len(chances), 2 ** (bits / len(words_of(chances)))


def by_products_and_math(chances):
    bits = sum(-math.log2(math.prod(story)) for story in chances)
    return bits / len(chances), 2 ** (bits / len(words_of(chances)))


def math_of_an_array(chances):
    bits = sum(-math.log2(story) for story in chances)
    return bits / len(chances), 2 ** (bits / len(words_of(chances)))


def means_all_through(chances):
    means = np.array([-np.log2(story).mean() for story in chances])
    return means.mean(), (2**means).mean()


def one_array(chances):
    bits = -np.log2(np.array(chances)).sum()
    return bits / len(chances), 2 ** (bits / np.array(chances).size)


def without_the_end(chances):
    return grade([story[:-1] for story in chances])


SLIPS = (
    Slip(
        "nats",
        natural,
        "Your prices are in nats: `np.log` counts in powers of e, and your perplexity in powers "
        "of 2. Which logarithm counts halvings?",
    ),
    Slip(
        "nats, and e",
        natural_throughout,
        "The perplexity is right, for e undoes the natural logarithm as 2 undoes the other. But "
        "what you call bits are nats.",
    ),
    Slip(
        "the sign lost",
        sign_lost,
        "A negative price: the logarithm of a number below 1 is negative. What is paid for a "
        "probability of 1/8?",
    ),
    Slip(
        "the mean of perplexities",
        story_by_story,
        "You average the stories' perplexities. A perplexity is a power: one bad story would "
        "outweigh many good ones, so average before you raise.",
    ),
    Slip(
        "the mean of means",
        mean_of_means,
        "Each story counts alike in your perplexity, the short as much as the long. Per word "
        "means that each word counts alike.",
    ),
    Slip(
        "by products",
        by_products,
        "The short stories are right, the long one costs infinitely much: a product of thousands "
        "of probabilities is 0 in floating point. In what form do they not shrink?",
    ),
    Slip(
        "by products, and math",
        by_products_and_math,
        "On the long story the logarithm fails: the product of its probabilities has become 0, and 0 "
        "has none. What, other than probabilities, could be added up?",
    ),
    Slip(
        "math.log2 of an array",
        math_of_an_array,
        "`math.log2` takes one number, and each story is an array of them. Which library has "
        "logarithms of arrays?",
    ),
    Slip(
        "means all through",
        means_all_through,
        "Both your numbers are means of means: of a word's price, story by story. What does a whole "
        "story cost, and how many words are there in all?",
    ),
    Slip(
        "one array of all",
        one_array,
        "The stories differ in length, so they are no rectangular array. Price them one by one, "
        "or put them end to end.",
    ),
    Slip(
        "the end left out",
        without_the_end,
        "The last probability of each story is missing. To say that the story ends *here* is a "
        "prediction too.",
    ),
    Slip(
        "bits per word",
        lambda chances: (np.log2(grade(chances)[1]), grade(chances)[1]),
        "Your first number is bits per *word*. Per story, one divides by something else.",
    ),
    Slip(
        "a story's mean",
        lambda chances: (b := np.mean([-np.log2(story).mean() for story in chances]), 2**b),
        "Your first number is a mean over words. A story costs the *sum* of what its words cost.",
    ),
    Slip(
        "e to the bits",
        lambda chances: (grade(chances)[0], math.exp(np.log2(grade(chances)[1]))),
        "A bit is a halving, and you raise e to the bits. What halving takes away, powers of which "
        "number bring back?",
    ),
    Slip(
        "all bits",
        lambda chances: (total(chances), grade(chances)[1]),
        "Your first number is what all the stories cost together, not one.",
    ),
    Slip(
        "perplexity of a story",
        lambda chances: (grade(chances)[0], 2.0 ** grade(chances)[0]),
        "You raise 2 to the bits of a whole story: among so many equal *stories* the player "
        "chooses. Perplexity is told per word.",
    ),
    Slip(
        "the mean of 1/p",
        lambda chances: (grade(chances)[0], (1 / words_of(chances)).mean()),
        "You average one over the probabilities, which is another mean: a single word of "
        "probability 0.001 would count for 1000. Average the bits.",
    ),
    Slip(
        "one over the mean",
        lambda chances: (grade(chances)[0], 1 / words_of(chances).mean()),
        "You average the probabilities. But they multiply: what adds up, and so may be averaged, "
        "is their logarithms.",
    ),
    Slip(
        "exchanged",
        lambda chances: grade(chances)[::-1],
        "Both numbers are right and stand in each other's place: first the bits per story.",
    ),
)


def in_loops(chances):
    bits, n_words = 0.0, 0
    for story in chances:
        for p in story:
            bits += math.log2(1 / p)
            n_words += 1
    return [bits / len(chances), math.pow(2, bits / n_words)]


def by_geometric_mean(chances):
    every = np.log(np.hstack(chances))
    bits = -every.sum() / math.log(2)
    return np.float32(bits / len(chances)), 1 / np.exp(every.mean())


def in_torch(chances):
    import torch

    every = torch.cat([torch.as_tensor(np.array(story)) for story in chances])
    return -every.log2().sum() / len(chances), torch.exp2(-every.log2().mean())


RIGHT = (
    Variant("loops", in_loops),
    Variant("one over the geometric mean", by_geometric_mean),
    Variant("torch", in_torch),
    Variant(
        "perplexity from the bits per story",
        lambda chances: (
            b := np.mean([np.log2(1 / np.array(story)).sum() for story in chances]),
            2 ** (b * len(chances) / sum(map(len, chances))),
        ),
    ),
)


def stories(*lengths):
    return [rng.uniform(0.02, 1.0, size=length) for length in lengths]


EXERCISE = Exercise(
    id="1.1",
    title="Perplexity by hand",
    name="grade",
    minutes=15,
    difficulty="Within reach",
    reference=grade,
    returns=("bits_per_story", "perplexity"),
    cases=(
        Case(([np.array([0.5, 0.125, 0.25]), np.array([0.5, 1.0])],), (None,)),
        Case((stories(7, 2, 12, 4, 3),), (None,)),
        Case((stories(5, 2900),), (None,)),
    ),
    slips=SLIPS,
    right=RIGHT,
    hints=(
        Hint(
            "on paper first",
            "Price the stories (1/2, 1/8, 1/4) and (1/2, 1) with a pencil: how many halvings is each "
            "word? How many are all of them together?",
        ),
        Hint(
            "two ways to divide",
            "There is one total, in bits. Divide it once by the number of stories, and once by the "
            "number of words. Only the second goes into a power.",
        ),
        Hint(
            "a plan",
            "For each story add up minus `np.log2` of its probabilities, then add up the stories. "
            "The stories are arrays of different lengths, so count their words one by one. "
            "Perplexity is 2 to the power of the bits per word.",
        ),
    ),
    notice="bits are added and perplexities never are: whatever is to be averaged, average it "
    "before the power.",
)
