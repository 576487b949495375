"""3.4a, find the direction: `direction`."""

import numpy as np

from minigpt.exercises.chapter_03.hints import DIRECTION
from minigpt.exercises.chapter_03.spaces import crowd, unit
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def direction(table, pairs):
    units = table / np.linalg.norm(table, axis=1, keepdims=True)
    mean = (units[pairs[:, 1]] - units[pairs[:, 0]]).mean(axis=0)
    return mean / np.linalg.norm(mean)


def differences(x, pairs):
    return x[pairs[:, 1]] - x[pairs[:, 0]]


def pca(table, pairs):
    both = unit(table)[pairs.ravel()]
    return np.linalg.svd(both - both.mean(axis=0))[2][0]


def unpacked(table, pairs):
    first, second = pairs
    return unit((unit(table)[second] - unit(table)[first]).mean(axis=0))


def mean_of_all_numbers(table, pairs):
    mean = differences(unit(table), pairs).mean()
    return mean / np.linalg.norm(mean)


def read_as_two_rows(table, pairs):
    first, second = pairs[0], pairs[1]
    return unit((unit(table)[second] - unit(table)[first]).mean(axis=0))


SLIPS = (
    Slip(
        "first minus second",
        lambda table, pairs: -direction(table, pairs),
        "It points the wrong way: from the second words to the first.",
    ),
    Slip(
        "no length at the end",
        lambda table, pairs: differences(unit(table), pairs).mean(axis=0),
        "It points the right way, but its length is not 1. The mean of arrows of length 1 is "
        "shorter than they are.",
    ),
    Slip(
        "the sum",
        lambda table, pairs: differences(unit(table), pairs).sum(axis=0),
        "It points the right way, but it grows with the number of pairs. A direction has length 1.",
    ),
    Slip(
        "full lengths",
        lambda table, pairs: unit(differences(table, pairs).mean(axis=0)),
        "The words went in at their full lengths, so that the pair with the longest vectors "
        "decides. What is done to every word first?",
    ),
    Slip(
        "each difference scaled",
        lambda table, pairs: unit(unit(differences(unit(table), pairs)).mean(axis=0)),
        "Each difference was brought to length 1 as well. Then a pair that hardly differs says as "
        "much as one that differs clearly; here they count as they are.",
    ),
    Slip(
        "the first pair alone",
        lambda table, pairs: unit(differences(unit(table), pairs[:1])[0]),
        "That is the first pair's difference. All of them should have a say.",
    ),
    Slip(
        "the second words alone",
        lambda table, pairs: unit(unit(table)[pairs[:, 1]].mean(axis=0)),
        "That is the mean of the second words: it has all that queens and aunts share with "
        "everybody. What has to be taken away?",
    ),
    Slip(
        "means scaled before the difference",
        lambda table, pairs: unit(
            unit(unit(table)[pairs[:, 1]].mean(axis=0))
            - unit(unit(table)[pairs[:, 0]].mean(axis=0))
        ),
        "The two means were brought to length 1 before they were subtracted. Scale the words, and "
        "then nothing until the end.",
    ),
    Slip(
        "midpoints",
        lambda table, pairs: unit(
            (unit(table)[pairs[:, 1]] + unit(table)[pairs[:, 0]]).mean(axis=0)
        ),
        "The words of a pair were added. Their sum is what they share; what tells them apart?",
    ),
    Slip(
        "averaged across",
        lambda table, pairs: unit(differences(unit(table), pairs).mean(axis=1)),
        "The average went along the numbers of each pair, instead of down the pairs.",
    ),
    Slip(
        "rows for columns",
        read_as_two_rows,
        "`pairs[0]` is the first pair, not all the first words. A pair is a row.",
    ),
    Slip(
        "unpacked",
        unpacked,
        "`pairs` hands out its rows, a pair each, and there are more than two. The first words "
        "are a column.",
    ),
    Slip(
        "lengths in a row",
        lambda table, pairs: table / np.linalg.norm(table, axis=1),
        "Every row is to be divided by its own length, and the lengths lie in a row themselves. "
        "What keeps them in a column, one beside each word?",
    ),
    Slip(
        "columns scaled",
        lambda table, pairs: unit(
            differences(table / np.linalg.norm(table, axis=0), pairs).mean(axis=0)
        ),
        "The columns have length 1, the words do not. Along which axis lies a word?",
    ),
    Slip(
        "one mean for all",
        mean_of_all_numbers,
        "The mean went over all numbers of all pairs, and one number is left. Down which axis "
        "are the pairs?",
    ),
    Slip(
        "the differences",
        lambda table, pairs: differences(unit(table), pairs),
        "Those are the differences, one for each pair. What do they have in common?",
    ),
    Slip(
        "the longest of the differences",
        lambda table, pairs: np.linalg.svd(differences(unit(table), pairs))[2][0],
        "That is the axis along which the differences are longest, forwards or backwards: it "
        "does not know which word of a pair comes first. Their mean does.",
    ),
    Slip(
        "one row a pair",
        lambda table, pairs: unit(differences(unit(table), pairs)),
        "That is one direction for each pair. A single one for all is wanted.",
    ),
    Slip(
        "the widest direction",
        pca,
        "That is the direction in which these words lie farthest apart, whatever it means, and "
        "its sign is an accident. The pairs say which differences are meant.",
    ),
)


def by_loops(table, pairs):
    total = 0
    for first, second in pairs:
        a, b = table[first], table[second]
        total = total + b / np.sqrt((b * b).sum()) - a / np.sqrt((a * a).sum())
    return total / np.sqrt((total * total).sum())


def by_torch(table, pairs):
    import torch

    normalize = torch.nn.functional.normalize
    x, rows = normalize(torch.tensor(table, dtype=torch.float32), dim=1), torch.tensor(pairs)
    return normalize((x[rows[:, 1]] - x[rows[:, 0]]).sum(dim=0), dim=0)


RIGHT = (
    Variant("loops and a sum", by_loops),
    Variant(
        "the difference of the means",
        lambda t, p: unit(unit(t)[p[:, 1]].mean(0) - unit(t)[p[:, 0]].mean(0)),
    ),
    Variant("np.diff", lambda t, p: unit(np.diff(unit(t)[p], axis=1).sum(axis=(0, 1)))),
    Variant("torch, float32", by_torch),
)


def too_long(args, values):
    """The direction, shape (d_model,), has length 1."""
    length = np.linalg.norm(values["direction"])
    return f"Its length is {length:.4g}, not 1." if abs(length - 1) > 1e-2 else None


PAIRS = (
    np.array([[0, 5], [7, 2], [3, 8], [1, 6]]),
    np.array([[4, 1], [2, 6], [0, 8]]),
    np.array([[9, 0], [3, 1], [5, 2], [4, 8], [6, 10], [2, 7]]),
)
TABLES = (crowd(21, 11, 5), crowd(22, 9, 6), crowd(23, 13, 3))

EXERCISE = Exercise(
    id="3.4a",
    title="Find the direction",
    name="direction",
    minutes=40,
    difficulty="An evening's thought",
    reference=direction,
    returns=("direction",),
    cases=tuple(
        Case(args, ("n_words d_model", "n_pairs two")) for args in zip(TABLES, PAIRS, strict=True)
    ),
    slips=SLIPS,
    right=RIGHT,
    hints=DIRECTION,
    notice="what the words of a pair share cancels in their difference; what is peculiar to one "
    "pair fades in the mean.",
    invariants=(too_long,),
)
