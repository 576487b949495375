"""3.4b, find the direction: `held_out`."""

import numpy as np

from minigpt.exercises.chapter_03.direction import EXERCISE as FIRST
from minigpt.exercises.chapter_03.direction import differences, direction
from minigpt.exercises.chapter_03.hints import DIRECTION
from minigpt.exercises.chapter_03.spaces import unit
from minigpt.exercises.exercise import Exercise, Slip, Variant


def held_out(table, pairs):
    units = table / np.linalg.norm(table, axis=1, keepdims=True)
    steps = units[pairs[:, 1]] - units[pairs[:, 0]]
    means = steps.sum(axis=0) - steps  # their lengths will cancel
    lengths = np.linalg.norm(steps, axis=1) * np.linalg.norm(means, axis=1)
    return (steps * means).sum(axis=1) / lengths


def compared(others=lambda pairs, i: np.delete(pairs, i, axis=0), of=unit, own=unit, to=unit):
    """Every pair against the direction of some pairs, with one thing changed."""

    def changed(table, pairs):
        x = of(table)
        steps = own(differences(x, pairs))
        means = [to(differences(x, others(pairs, i)).mean(axis=0)) for i in range(len(pairs))]
        return np.array([a @ b for a, b in zip(steps, means, strict=True)])

    return changed


def as_it_is(x):
    return x


def flattened(table, pairs):
    return [direction(table, np.delete(pairs, i)) for i in range(len(pairs))]


def taken_from_the_mean(table, pairs):
    steps = differences(unit(table), pairs)
    return (unit(steps) * unit(steps.mean(axis=0) - steps)).sum(axis=1)


def each_scaled(table, pairs):
    steps = unit(differences(unit(table), pairs))
    return (steps * unit(steps.sum(axis=0) - steps)).sum(axis=1)


def a_word_taken_out(table, pairs):
    steps = unit(differences(unit(table), pairs))
    ways = [direction(np.delete(table, i, axis=0), pairs) for i in range(len(pairs))]
    return (steps * np.array(ways)).sum(axis=1)


SLIPS = (
    Slip(
        "the pair has a say",
        compared(lambda pairs, i: pairs),
        "Every pair has helped to make the direction that it is compared with. On pairs of random "
        "words that gives cosines well above 0: who must stay away?",
    ),
    Slip(
        "only itself",
        compared(lambda pairs, i: pairs[[i]]),
        "Every pair is compared with its own direction, and agrees with itself entirely.",
    ),
    Slip(
        "only those before",
        compared(lambda pairs, i: pairs[:i] if i else pairs[1:]),
        "Each pair is compared with the pairs before it. Those after it belong to the others, too.",
    ),
    Slip(
        "only the next one",
        compared(lambda pairs, i: pairs[[(i + 1) % len(pairs)]]),
        "Each pair is compared with a single other. All the others together make its direction.",
    ),
    Slip(
        "the first one always left out",
        compared(lambda pairs, i: pairs[1:]),
        "It is always the first pair that is left out. Whose turn is it?",
    ),
    Slip(
        "two left out",
        compared(lambda pairs, i: np.delete(pairs, [i, (i + 1) % len(pairs)], axis=0)),
        "Two pairs are left out each time. Only the one that is judged should be.",
    ),
    Slip(
        "np.delete without an axis",
        lambda table, pairs: np.array(
            [
                unit(differences(unit(table), pairs)[i])
                @ direction(table, np.delete(pairs, i).reshape(-1, 2))
                for i in range(len(pairs))
            ]
        ),
        "`np.delete` without an axis takes one number out of the flattened array, and an odd "
        "number of words makes no pairs. What is to be taken out is a row.",
    ),
    Slip(
        "np.delete, and no pairs left",
        flattened,
        "`np.delete` without an axis returns one flat row of numbers, in which there are no pairs. "
        "What is to be taken out is a row.",
    ),
    Slip(
        "a word taken out",
        a_word_taken_out,
        "Row 0 of the *table* was taken out, then row 1: those are words, and the others move up. "
        "The pairs are rows of `pairs`.",
    ),
    Slip(
        "taken from the mean",
        taken_from_the_mean,
        "Each pair was subtracted from the mean of all. How large is a pair's share in that mean?",
    ),
    Slip(
        "each difference scaled",
        each_scaled,
        "Each difference was brought to length 1 before the others agreed on a direction. There "
        "they count as they are, as in part 1.",
    ),
    Slip(
        "turned round",
        lambda table, pairs: -held_out(table, pairs),
        "All the signs are turned round: own difference and direction were taken opposite ways.",
    ),
    Slip(
        "no sign",
        lambda table, pairs: np.abs(held_out(table, pairs)),
        "The signs are gone. A pair that goes against the others should be seen to.",
    ),
    Slip(
        "distances",
        lambda table, pairs: 1 - held_out(table, pairs),
        "That is 1 minus the cosine, a distance: it is small where a pair agrees.",
    ),
    Slip(
        "the first pair's",
        lambda table, pairs: held_out(table, pairs)[0],
        "One number came, the first pair's. Is the `return` inside the loop?",
    ),
    Slip(
        "all with all",
        lambda table, pairs: (
            unit(differences(unit(table), pairs)) @ unit(differences(unit(table), pairs)).T
        ),
        "Those are the cosines between any two differences. Each is to be compared with one "
        "direction, that of all the others together.",
    ),
    Slip(
        "how far, not how alike",
        compared(own=as_it_is),
        "That is how far each pair goes along the direction. A cosine does not know how long the "
        "difference is.",
    ),
    Slip(
        "nothing scaled",
        compared(own=as_it_is, to=as_it_is),
        "Dot products of two differences as long as they come: two lengths are still to be "
        "divided out.",
    ),
    Slip(
        "the direction not scaled",
        compared(to=as_it_is),
        "The cosines are too small by the length of the mean, which is below 1.",
    ),
    Slip(
        "full lengths",
        compared(of=as_it_is),
        "The words went in at their full lengths. What is done to every word first?",
    ),
    Slip(
        "the mean of the cosines",
        lambda table, pairs: held_out(table, pairs).mean(),
        "One number came, the mean. One for each pair is wanted, so that an outlier can be seen.",
    ),
    Slip(
        "yes or no",
        lambda table, pairs: held_out(table, pairs) > 0,
        "That says on which side of a right angle each pair lies. The cosines themselves are "
        "wanted.",
    ),
    Slip(
        "mean cosine with the others",
        lambda table, pairs: (
            (
                (
                    unit(differences(unit(table), pairs)) @ unit(differences(unit(table), pairs)).T
                ).sum(axis=1)
                - 1
            )
            / (len(pairs) - 1)
        ),
        "That is each pair's mean cosine with the other pairs, one by one. Here the others first "
        "agree on one direction.",
    ),
)


def by_direction(table, pairs):
    cosines = []
    for i, (first, second) in enumerate(pairs):
        way = direction(table, np.delete(pairs, i, axis=0))
        own = unit(table[second]) - unit(table[first])
        cosines.append(own @ way / np.linalg.norm(own))
    return cosines


def by_mask(table, pairs):
    steps = differences(unit(table), pairs)
    others = 1 - np.eye(len(pairs))
    return (unit(steps) * unit(others @ steps)).sum(axis=1)


def by_torch(table, pairs):
    import torch

    steps = torch.tensor(differences(unit(table), pairs))
    return torch.cosine_similarity(steps, steps.sum(dim=0) - steps, dim=1)


RIGHT = (
    Variant("a loop", by_direction),
    Variant("a mask of all others", by_mask),
    Variant("torch", by_torch),
    Variant("float32", lambda table, pairs: held_out(table.astype(np.float32), pairs)),
)


EXERCISE = Exercise(
    id="3.4b",
    title="Find the direction",
    name="held_out",
    minutes=40,
    difficulty="An evening's thought",
    reference=held_out,
    returns=("cosines",),
    cases=FIRST.cases,
    slips=SLIPS,
    right=RIGHT,
    hints=DIRECTION,
    notice="a direction is worth something when a pair that had no say in it follows it all the same.",
)
