"""6.3a, the variance lab: `score_variance`."""

import math

import numpy as np

from minigpt.exercises.chapter_06.hints import VARIANCE
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant

rng = np.random.default_rng(63)


def score_variance(mean_q, var_q, mean_k, var_k):
    return (var_q * var_k + mean_q**2 * var_k + mean_k**2 * var_q).sum()


def second_moments(mean_q, var_q, mean_k, var_k):
    return (var_q + mean_q**2) * (var_k + mean_k**2)


SLIPS = (
    Slip(
        "means forgotten",
        lambda mean_q, var_q, mean_k, var_k: (var_q * var_k).sum(),
        "Right where all means are 0. A query that keeps to one side lets every key's swing "
        "through, and the other way round.",
    ),
    Slip(
        "the width",
        lambda mean_q, var_q, mean_k, var_k: len(mean_q),
        "That is the width, as in the chapter. It had unit variances there, and no means.",
    ),
    Slip(
        "the mean square",
        lambda *four: second_moments(*four).sum(),
        "Those are the mean squares of the products. A variance is counted from the mean: "
        "what is to be taken off each?",
    ),
    Slip(
        "the square of the summed mean",
        lambda mean_q, var_q, mean_k, var_k: (
            second_moments(mean_q, var_q, mean_k, var_k).sum() - (mean_q @ mean_k) ** 2
        ),
        "The mean squares of the single products, minus the square of the mean of their *sum*: "
        "two different things. Finish one component before adding up.",
    ),
    Slip(
        "the spread",
        lambda *four: math.sqrt(score_variance(*four)),
        "That is the spread, the root of the variance. Wanted is the variance.",
    ),
    Slip(
        "a mean in place of the sum",
        lambda *four: score_variance(*four) / len(four[0]),
        "That is the variance of an average product. A dot product adds them up.",
    ),
    Slip(
        "one for each component",
        lambda mean_q, var_q, mean_k, var_k: var_q * var_k + mean_q**2 * var_k + mean_k**2 * var_q,
        "One variance for each component, and they are right. How do the variances of "
        "independent terms make that of their sum?",
    ),
    Slip(
        "means not squared",
        lambda mean_q, var_q, mean_k, var_k: (
            var_q * var_k + mean_q * var_k + mean_k * var_q
        ).sum(),
        "A negative mean would make the variance smaller. Is it the side that counts, or how far?",
    ),
    Slip(
        "variances squared",
        lambda mean_q, var_q, mean_k, var_k: score_variance(mean_q, var_q**2, mean_k, var_k**2),
        "The variances are squared, as if they were spreads. They are variances already.",
    ),
    Slip(
        "the two changed over",
        lambda mean_q, var_q, mean_k, var_k: (
            var_q * var_k + mean_q**2 * var_q + mean_k**2 * var_k
        ).sum(),
        "Each mean meets its own variance. If the query stands still at 3, whose swing does it "
        "enlarge?",
    ),
    Slip(
        "only what a row sees",
        lambda mean_q, var_q, mean_k, var_k: ((var_q + mean_q**2) * var_k).sum(),
        "That is how much the scores of *one* query vary from key to key, on average. Here both "
        "are drawn anew each time.",
    ),
    Slip(
        "only the keys' means",
        lambda mean_q, var_q, mean_k, var_k: ((var_k + mean_k**2) * var_q).sum(),
        "The keys' means take part and the queries' do not. Queries and keys play the same part "
        "here: changed over, they should give the same number.",
    ),
    Slip(
        "the squared mean with a plus",
        lambda *four: (second_moments(*four) + (four[0] * four[2]) ** 2).sum(),
        "The squared mean of the product was added. A variance is *smaller* than the mean square.",
    ),
    Slip(
        "means by themselves",
        lambda mean_q, var_q, mean_k, var_k: (var_q * var_k + (mean_q * mean_k) ** 2).sum(),
        "The two means were multiplied with each other. Two numbers that stand still have a "
        "product that stands still; what does a mean enlarge?",
    ),
    Slip(
        "added up too early",
        lambda mean_q, var_q, mean_k, var_k: (
            var_q.sum() * var_k.sum()
            + (mean_q**2).sum() * var_k.sum()
            + (mean_k**2).sum() * var_q.sum()
        ),
        "Each list was added up before they met, so every component meets every other. In a dot "
        "product each meets its own partner only.",
    ),
    Slip(
        "variances added",
        lambda mean_q, var_q, mean_k, var_k: (var_q + var_k).sum(),
        "Those are the variances of sums $q + k$. The two are multiplied.",
    ),
    Slip(
        "the squared mean added again",
        lambda mean_q, var_q, mean_k, var_k: (
            score_variance(mean_q, var_q, mean_k, var_k) - (mean_q**2 * mean_k**2).sum()
        ),
        "Something is taken off twice. The mean square has four terms when it is multiplied out, "
        "and the square of the mean takes off one of them.",
    ),
)


def by_moments(mean_q, var_q, mean_k, var_k):
    mean_square = (var_q + mean_q**2) * (var_k + mean_k**2)
    return np.sum(mean_square - (mean_q * mean_k) ** 2)


def by_loop(mean_q, var_q, mean_k, var_k):
    total = 0.0
    for a, b, c, d in zip(mean_q, var_q, mean_k, var_k, strict=True):
        total += b * d + a * a * d + c * c * b
    return total


def by_dots(mean_q, var_q, mean_k, var_k):
    return [(var_q + mean_q**2) @ var_k + mean_k**2 @ var_q][0]


def by_coins(mean_q, var_q, mean_k, var_k):
    """Coins of these means and variances: all four outcomes of each product, exactly."""
    total = 0.0
    for a, b, c, d in zip(mean_q, np.sqrt(var_q), mean_k, np.sqrt(var_k), strict=True):
        total += np.var([(a + s * b) * (c + t * d) for s in (-1, 1) for t in (-1, 1)])
    return total


def by_torch(*four):
    import torch

    mean_q, var_q, mean_k, var_k = map(torch.from_numpy, four)
    return torch.dot(var_q + mean_q**2, var_k) + torch.dot(mean_k**2, var_q)


RIGHT = (
    Variant("mean square minus squared mean", by_moments),
    Variant("a loop", by_loop),
    Variant("dot products", by_dots),
    Variant("coins", by_coins),
    Variant("torch", by_torch),
)


def drawn(d, means=1.0):
    """Means, one of them negative, and variances that differ."""
    four = (means * rng.normal(size=d), rng.uniform(0.2, 2, d))
    four += (means * rng.normal(size=d), rng.uniform(0.2, 2, d))
    return Case(four, ("d",) * 4)


def first_product(args, values):
    """Say what one product of the shape (d,) varies by, or that a number looks measured."""
    mean_q, var_q, mean_k, var_k = args
    right = score_variance(*args)
    if math.isclose(values["variance"], right, rel_tol=0.05):
        return "That is close. If it was measured on random draws: a formula is asked for."
    if mean_q.any() or mean_k.any():
        return None
    return f"Here all means are 0. The first product alone varies by {var_q[0] * var_k[0]:.4g}."


EXERCISE = Exercise(
    id="6.3a",
    title="The variance lab",
    name="score_variance",
    minutes=30,
    difficulty="Middling",
    reference=score_variance,
    returns=("variance",),
    cases=(drawn(3, means=0.0), drawn(4), drawn(7, means=1.5)),
    slips=SLIPS,
    right=RIGHT,
    hints=VARIANCE,
    invariants=(first_product,),
    notice="with means of 0 and variances of 1 every component adds 1, and the width comes out. "
    "Of the last term, from the keys' means, softmax sees nothing: it is the same along a row.",
)
