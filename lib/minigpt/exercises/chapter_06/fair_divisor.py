"""6.3b, the variance lab: `fair_divisor`."""

import math

import numpy as np

from minigpt.exercises.chapter_06.hints import VARIANCE
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant

rng = np.random.default_rng(64)


def fair_divisor(mean_q, cov_q, cov_k):
    return math.sqrt(np.sum(cov_k * (cov_q + np.outer(mean_q, mean_q))))


def diagonals(mean_q, cov_q, cov_k):
    return np.diag(cov_q) + mean_q**2, np.diag(cov_k)


SLIPS = (
    Slip(
        "the root of d",
        lambda mean_q, cov_q, cov_k: math.sqrt(len(mean_q)),
        "That is the root of the width: right if components are independent, with mean 0 and "
        "variance 1. These are not.",
    ),
    Slip(
        "the variance",
        lambda *three: fair_divisor(*three) ** 2,
        "That is the variance within a row. Divided by it, the scores would come out too narrow: "
        "what does dividing by $c$ do to a variance?",
    ),
    Slip(
        "the mean forgotten",
        lambda mean_q, cov_q, cov_k: math.sqrt((cov_q * cov_k).sum()),
        "Right where the queries' mean is 0. A query that keeps to one side still multiplies "
        "whatever the keys do there.",
    ),
    Slip(
        "covariances forgotten",
        lambda *three: math.sqrt(np.dot(*diagonals(*three))),
        "Only the diagonals took part. Where two components of a key go together, and those of "
        "the query too, their products add up instead of cancelling.",
    ),
    Slip(
        "covariances forgotten, but not for the mean",
        lambda mean_q, cov_q, cov_k: math.sqrt(
            np.diag(cov_q) @ np.diag(cov_k) + mean_q @ cov_k @ mean_q
        ),
        "With the mean every entry of `cov_k` took part, with the queries' covariances only the "
        "diagonal. The mean of $q_1 q_2$ has two parts.",
    ),
    Slip(
        "the mean in every direction",
        lambda mean_q, cov_q, cov_k: math.sqrt(
            (cov_q * cov_k).sum() + mean_q @ mean_q * np.trace(cov_k)
        ),
        "The mean takes part by its length alone, as if keys varied alike in every direction. "
        "How far do they vary in the one in which it points?",
    ),
    Slip(
        "the mean on the diagonal",
        lambda mean_q, cov_q, cov_k: math.sqrt((cov_k * (cov_q + np.diag(mean_q**2))).sum()),
        "The mean enters the squares, but not the mixed products: what is the mean of $q_1 q_2$ "
        "when both have means?",
    ),
    Slip(
        "the length of the mean",
        lambda mean_q, cov_q, cov_k: math.sqrt((cov_k * (cov_q + mean_q @ mean_q)).sum()),
        "`mean_q @ mean_q` is one number, and was added everywhere. Which product of two means "
        "belongs to row $i$ and column $j$?",
    ),
    Slip(
        "a row of means",
        lambda mean_q, cov_q, cov_k: math.sqrt(max((cov_k * (cov_q + mean_q**2)).sum(), 0)),
        "The squares of the means were added to every row of the matrix alike. Which product of "
        "two means belongs to row $i$ and column $j$?",
    ),
    Slip(
        "a matrix product, all entries",
        lambda mean_q, cov_q, cov_k: math.sqrt(
            max((cov_k @ (cov_q + np.outer(mean_q, mean_q))).sum(), 0)
        ),
        "After a matrix product you added up all entries. In the double sum the same $i$ and $j$ "
        "stand in both factors: which entries of the product are those?",
    ),
    Slip(
        "traces multiplied",
        lambda mean_q, cov_q, cov_k: math.sqrt(
            (np.trace(cov_q) + mean_q @ mean_q) * np.trace(cov_k)
        ),
        "Two traces multiplied: every component meets every other. In a dot product each meets "
        "its own partner.",
    ),
    Slip(
        "the average component",
        lambda *three: fair_divisor(*three) / math.sqrt(len(three[0])),
        "Too small by the root of $d$: a dot product adds its terms up and does not average them.",
    ),
    Slip(
        "the square of the covariance",
        lambda mean_q, cov_q, cov_k: np.linalg.norm(cov_q @ cov_k),
        "That is the length of a matrix product. Hold one query fast: what is the variance of "
        "$q_1 k_1 + q_2 k_2$?",
    ),
    Slip(
        "one over it",
        lambda *three: 1 / fair_divisor(*three),
        "Upside down: by that the scores would have to be multiplied.",
    ),
)


def by_trace(mean_q, cov_q, cov_k):
    return np.sqrt(np.trace(cov_k @ cov_q) + mean_q @ cov_k @ mean_q)


def by_loops(mean_q, cov_q, cov_k):
    total = 0.0
    for i in range(len(mean_q)):
        for j in range(len(mean_q)):
            total += cov_k[i, j] * (cov_q[i, j] + mean_q[i] * mean_q[j])
    return total**0.5


def by_typical_queries(mean_q, cov_q, cov_k):
    """2 d queries of just this mean and covariance: the average over them is exact."""
    steps = np.linalg.cholesky(cov_q).T * math.sqrt(len(mean_q))
    queries = np.concatenate([mean_q + steps, mean_q - steps])
    return math.sqrt(np.mean([q @ cov_k @ q for q in queries]))


def by_torch(*three):
    import torch

    mean_q, cov_q, cov_k = map(torch.from_numpy, three)
    return torch.einsum("ij,ij->", cov_k, cov_q + mean_q[:, None] * mean_q).sqrt()


RIGHT = (
    Variant("a trace and a form", by_trace),
    Variant("loops", by_loops),
    Variant("2 d typical queries", by_typical_queries),
    Variant("torch", by_torch),
)


def covariance(d):
    mixing = rng.normal(size=(d, d)) + 0.5
    return mixing @ mixing.T / d


def drawn(d, mean=1.0):
    three = mean * rng.normal(size=d), covariance(d), covariance(d)
    return Case(three, ("d", "d d", "d d"))


def varies(args, values):
    """Say how a row's scores, (T,), would vary, divided by this; or that it looks measured."""
    left = (fair_divisor(*args) / values["divisor"]) ** 2
    if math.isclose(left, 1, rel_tol=0.01):
        return "That is close. If it was measured on random draws: a formula is asked for."
    return f"Divided by yours, scores would vary within a row by {left:.4g} on average, not by 1."


EXERCISE = Exercise(
    id="6.3b",
    title="The variance lab",
    name="fair_divisor",
    minutes=30,
    difficulty="Middling",
    reference=fair_divisor,
    returns=("divisor",),
    cases=(drawn(2), drawn(3, mean=0.0), drawn(5, mean=1.5)),
    slips=SLIPS,
    right=RIGHT,
    hints=VARIANCE,
    invariants=(varies,),
    notice="the keys' means were not even asked for: they move a whole row at once. With "
    "identities for covariances and no mean this is $\\sqrt{d}$.",
)
