"""4.1, dot against cosine: `overtakes`."""

import math

import numpy as np

from minigpt.exercises.chapter_04.hints import OVERTAKES
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def overtakes(query, vectors):
    dots = vectors @ query
    cosines = dots / np.linalg.norm(vectors, axis=1)
    return (dots[:, None] > dots) & (cosines[:, None] < cosines)


def lengths(vectors):
    return np.linalg.norm(vectors, axis=1)


def by(second, first=lambda query, vectors: vectors @ query):
    """The table of who is above by the first number and below by the second."""

    def table(query, vectors):
        a, b = first(query, vectors), second(query, vectors)
        return (a[:, None] > a) & (b[:, None] < b)

    return table


def cosines(query, vectors):
    return vectors @ query / lengths(vectors) / np.linalg.norm(query)


def places(numbers):
    return np.argsort(numbers, kind="stable")


def ranks(numbers):
    return places(places(numbers))


def only_half(query, vectors):
    return np.triu(overtakes(query, vectors))


def by_descending(query, vectors):
    """Each place in a list of words, best first, read as if it were a word's own place."""
    a, b = places(-(vectors @ query)), places(-cosines(query, vectors))
    return (a[:, None] < a) & (b[:, None] > b)


def joined_by_and(query, vectors):
    a, b = vectors @ query, cosines(query, vectors)
    return (a[:, None] > a) and (b[:, None] < b)


def brackets_left_out(query, vectors):
    a, b = vectors @ query, cosines(query, vectors)
    return a[:, None] > a & (b[:, None] < b)


def with_itself(query, vectors):
    a, b = vectors @ query, cosines(query, vectors)
    return np.less(a, a) & np.less(b, b)


def columns_of_lengths(query, vectors):
    a = vectors @ query
    b = a / np.linalg.norm(vectors, axis=1, keepdims=True)
    return (a[:, None] > a) & (b[:, None] < b)


def ties_counted(query, vectors):
    dots, cosine = vectors @ query, vectors @ query / lengths(vectors)
    return (dots[:, None] >= dots) & (cosine[:, None] <= cosine)


SLIPS = (
    Slip(
        "divided by the same for all",
        by(lambda query, vectors: vectors @ query / np.linalg.norm(query)),
        "Not one word overtakes another. If every dot product is divided by the same number, "
        "the ranking stays: whose lengths are missing?",
    ),
    Slip(
        "keepdims forgotten",
        by(lambda query, vectors: vectors / lengths(vectors) @ query),
        "A table of words is divided by a row of lengths, one a word, and NumPy lays the row "
        "along the wrong side. How do you make a column of it?",
    ),
    Slip(
        "lengths down the columns",
        by(lambda query, vectors: vectors / np.linalg.norm(vectors, axis=0) @ query),
        "It runs, but these are the lengths of the columns. A word lies along a row.",
    ),
    Slip(
        "lengths down the columns, dots divided",
        by(lambda query, vectors: vectors @ query / np.linalg.norm(vectors, axis=0)),
        "There are as many lengths as a word has numbers. One for each word is wanted: which "
        "axis do you add up?",
    ),
    Slip(
        "the square of the length",
        by(lambda query, vectors: vectors @ query / (vectors**2).sum(axis=1)),
        "Divided by the square of the length, short words win: the root is missing.",
    ),
    Slip(
        "lengths as sums of sizes",
        by(lambda query, vectors: vectors @ query / np.abs(vectors).sum(axis=1)),
        "That adds up the sizes of a word's numbers. An arrow's length has squares in it, and a "
        "root over them.",
    ),
    Slip(
        "roles exchanged",
        by(lambda query, vectors: vectors @ query, first=cosines),
        "Turned round: that is where the *cosine* puts the row's word above the column's.",
    ),
    Slip(
        "either way",
        lambda query, vectors: overtakes(query, vectors) | overtakes(query, vectors).T,
        "Each pair is marked twice, in both directions. Which of the two words does the dot "
        "product prefer?",
    ),
    Slip(
        "half of the table",
        only_half,
        "Only pairs whose first word stands first in the list are looked at. The other half of "
        "the table has some too.",
    ),
    Slip(
        "argsort taken for ranks",
        by(
            lambda query, vectors: places(cosines(query, vectors)),
            lambda query, vectors: places(vectors @ query),
        ),
        "`argsort` says *which word* comes first, second and so on. You compare these words' "
        "numbers as if they were ranks.",
    ),
    Slip(
        "argsort taken for ranks, best first",
        by_descending,
        "At place 0 of what `argsort` gives stands the *name* of the first word, not the place of "
        "word 0. The table asks about word $i$ and word $j$.",
    ),
    Slip(
        "joined by and",
        joined_by_and,
        "`and` wants one True or False on each side, and has a table. Between tables, entry by "
        "entry, it is `&`.",
    ),
    Slip(
        "brackets left out",
        brackets_left_out,
        "`&` comes before `<` and `>`, so it takes hold of numbers in the middle. Each comparison "
        "wants brackets of its own.",
    ),
    Slip(
        "each with itself",
        with_itself,
        "Two rows are compared place by place, so each word meets itself alone. For all pairs one "
        "of the two rows has to stand up as a column.",
    ),
    Slip(
        "multiplied and not summed",
        by(
            lambda query, vectors: vectors * query / lengths(vectors)[:, None],
            lambda query, vectors: vectors * query,
        ),
        "`*` multiplies number by number and stops there. A dot product adds up what it gets.",
    ),
    Slip(
        "the product the other way round",
        lambda query, vectors: query @ vectors,
        "The words lie along the rows of `vectors`, and `query @ vectors` goes down its columns. "
        "Their lengths, $n$ and $d$, do not fit.",
    ),
    Slip(
        "lengths that stand up",
        columns_of_lengths,
        "The dot products lie in a row and the lengths stand in a column, so every one is divided "
        "by every other. Here both should be one number a word, in a row.",
    ),
    Slip(
        "ties counted",
        ties_counted,
        "Every word overtakes itself. What is equal has overtaken nobody: above and below, both "
        "strictly.",
    ),
    Slip(
        "sizes of the cosines",
        by(lambda query, vectors: np.abs(cosines(query, vectors))),
        "A word that points the other way counts as near. A cosine has a sign.",
    ),
    Slip(
        "angles taken for cosines",
        by(lambda query, vectors: np.arccos(np.clip(cosines(query, vectors), -1, 1))),
        "That marks the pairs on which the two agree. Is a larger angle a better or a worse place?",
    ),
    Slip(
        "distance for cosine",
        by(lambda query, vectors: -lengths(vectors - query)),
        "The second ranking is by distance, and long arrows are far from everything. The cosine "
        "asks for the direction alone.",
    ),
    Slip(
        "how many",
        lambda query, vectors: overtakes(query, vectors).sum(),
        "That is how many pairs there are. Which ones are they?",
    ),
    Slip(
        "the pairs",
        lambda query, vectors: np.argwhere(overtakes(query, vectors)),
        "Those are the pairs, and they are right. Asked for is the whole table, of True and False.",
    ),
    Slip(
        "which words",
        lambda query, vectors: overtakes(query, vectors).any(axis=1),
        "One answer a word: that it overtakes somebody. Whom?",
    ),
)


def by_loops(query, vectors):
    def dot(a, b):
        return sum(p * q for p, q in zip(a, b, strict=True))

    def cosine(a):
        return dot(query, a) / math.sqrt(dot(a, a))

    rows = [list(row) for row in vectors]
    return [[dot(query, a) > dot(query, b) and cosine(a) < cosine(b) for b in rows] for a in rows]


def by_angles(query, vectors):
    angle, dots = np.arccos(cosines(query, vectors)), vectors @ query
    return np.greater.outer(dots, dots) & np.greater.outer(angle, angle)


def by_torch(query, vectors):
    import torch

    q, v = torch.tensor(query), torch.tensor(vectors)
    dots, cosine = v @ q, torch.nn.functional.cosine_similarity(v, q[None], dim=1)
    return (dots.unsqueeze(1) > dots) & (cosine.unsqueeze(1) < cosine)


def by_ranks(query, vectors):
    by_dot, by_cosine = ranks(vectors @ query), ranks(cosines(query, vectors))
    apart = np.subtract.outer(by_dot, by_dot), np.subtract.outer(by_cosine, by_cosine)
    return (np.sign(apart[0]) == 1) & (np.sign(apart[1]) == -1)


RIGHT = (
    Variant("loops and lists", by_loops),
    Variant("angles", by_angles),
    Variant("torch", by_torch),
    Variant("ranks", by_ranks),
)


def near_case(n, d, seed):
    """Words in all directions and of all lengths. No ties: rounding would decide them."""
    draws = np.random.default_rng(seed)
    vectors = draws.normal(size=(n, d)) * draws.uniform(0.5, 3, size=(n, 1))
    return Case((draws.normal(size=d), vectors), ("d", "n_words d"))


EXERCISE = Exercise(
    id="4.1",
    title="Dot against cosine",
    name="overtakes",
    minutes=15,
    difficulty="Within reach",
    reference=overtakes,
    returns=("table",),
    cases=(near_case(6, 4, 58), near_case(9, 2, 28), near_case(5, 7, 44)),
    slips=SLIPS,
    right=RIGHT,
    hints=OVERTAKES,
    notice="length helps a word that agrees with the query, and harms one that disagrees: twice a "
    "negative number is less.",
)
