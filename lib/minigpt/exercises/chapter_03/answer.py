"""3.3a, queen without cheating: `answer`."""

import numpy as np

from minigpt.exercises.chapter_03.hints import QUEEN
from minigpt.exercises.chapter_03.spaces import between, crowd, opposed, stretched, unit
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def answer(table, a, b, c, exclude):
    units = table / np.linalg.norm(table, axis=1, keepdims=True)
    cosines = units @ (units[b] - units[a] + units[c])
    if exclude:
        cosines[[a, b, c]] = -np.inf
    return cosines.argmax()


def ranked(cosines, out, worst=-np.inf):
    cosines = np.array(cosines, dtype=float)
    cosines[list(out)] = worst
    return int(cosines.argmax())


def target(x, a, b, c):
    return x[b] - x[a] + x[c]


def answering(of=unit, aim=target, score=lambda table, t: unit(table) @ t, out=None, worst=-np.inf):
    """An answer with one thing changed."""

    def changed(table, a, b, c, exclude):
        left_out = ((a, b, c) if exclude else ()) if out is None else out(a, b, c, exclude)
        return ranked(score(table, aim(of(table), a, b, c)), left_out, worst)

    return changed


def renumbered(table, a, b, c, exclude):
    kept = np.delete(unit(table), [a, b, c], axis=0) if exclude else unit(table)
    return int((kept @ target(unit(table), a, b, c)).argmax())


def distances(table, t):
    return -np.linalg.norm(table - t, axis=1)


def columns(x):
    return x / np.linalg.norm(x, axis=0)


SLIPS = (
    Slip(
        "renumbered",
        renumbered,
        "With the inputs taken out of the table, the rows after them move up. Whose number is it "
        "that you return?",
    ),
    Slip(
        "zero for those left out",
        answering(worst=0.0),
        "Leaving out by a cosine of 0 works until all the others are negative; then an input "
        "wins with 0. What lies below every cosine?",
    ),
    Slip(
        "-1 for those left out",
        answering(worst=-1.0),
        "No cosine falls below -1. But these are products with a target whose length has not been "
        "divided out: they can, and then an input wins.",
    ),
    Slip(
        "no sign",
        answering(score=lambda table, t: np.abs(unit(table) @ t)),
        "The signs are gone, so that a word opposite to the target counts as near.",
    ),
    Slip(
        "lengths in a row",
        lambda table, *rest: table / np.linalg.norm(table, axis=1),
        "Every row is to be divided by its own length, and the lengths lie in a row themselves. "
        "What keeps them in a column, one beside each word?",
    ),
    Slip(
        "-1 times the cosine",
        answering(score=lambda table, t: -unit(table) @ t),
        "That is the farthest word, not the nearest.",
    ),
    Slip(
        "only b left out",
        answering(out=lambda a, b, c, exclude: (b,) if exclude else ()),
        "Of the three inputs only `b` is left out. *Woman* may not be the answer either.",
    ),
    Slip(
        "a may win",
        answering(out=lambda a, b, c, exclude: (b, c) if exclude else ()),
        "`b` and `c` are left out, `a` is not: there are three inputs.",
    ),
    Slip(
        "c may win",
        answering(out=lambda a, b, c, exclude: (a, b) if exclude else ()),
        "`a` and `b` are left out, `c` is not: there are three inputs.",
    ),
    Slip(
        "always left out",
        answering(out=lambda a, b, c, exclude: (a, b, c)),
        "The inputs are left out even where `exclude` is False: that is the famous answer, not "
        "the nearest word.",
    ),
    Slip(
        "never left out",
        answering(out=lambda a, b, c, exclude: ()),
        "The inputs may win even where `exclude` is True.",
    ),
    Slip(
        "the wrong way round",
        answering(aim=lambda x, a, b, c: x[a] - x[b] + x[c]),
        "Signs: `a` is to `b` as `c` is to the answer. Which of *man* and *king* is taken away?",
    ),
    Slip(
        "all three added",
        answering(aim=lambda x, a, b, c: x[a] + x[b] + x[c]),
        "All three are added up. One of them is to be taken away.",
    ),
    Slip(
        "the step from c to b",
        answering(aim=lambda x, a, b, c: x[a] + x[b] - x[c]),
        "Signs: the step from `a` to `c` is to be repeated from `b`. Yours goes the other way.",
    ),
    Slip(
        "added before they are scaled",
        answering(of=lambda table: table),
        "The three are added at their full lengths, so that a long vector outvotes the others. "
        "What is done to every vector first?",
    ),
    Slip(
        "dot products instead of cosines",
        answering(score=lambda table, t: table @ t),
        "The target is right, and then long vectors win because they are long. Which length "
        "should the compared ones have?",
    ),
    Slip(
        "no lengths at all",
        answering(of=lambda table: table, score=lambda table, t: table @ t),
        "Neither the three nor the others have been brought to length 1, each by its own. Without an "
        "axis, `np.linalg.norm` gives a single length for the whole table.",
    ),
    Slip(
        "distances in the raw table",
        answering(of=lambda table: table, score=distances),
        "That is the smallest distance between vectors of whatever length. Directions are to be "
        "compared.",
    ),
    Slip(
        "distance of a unit target to raw vectors",
        answering(score=distances),
        "The target is made from vectors of length 1, and held against vectors of any length.",
    ),
    Slip(
        "columns scaled",
        answering(of=columns, score=lambda table, t: columns(table) @ t),
        "The columns have length 1, the words do not. Along which axis lies a word?",
    ),
    Slip(
        "b alone",
        answering(aim=lambda x, a, b, c: x[b]),
        "That is the word nearest to `b`, with no arithmetic at all: the rival that the sum has "
        "to beat, not the sum.",
    ),
    Slip(
        "the cosine, not the row",
        lambda table, a, b, c, exclude: np.delete(
            unit(table) @ target(unit(table), a, b, c), [a, b, c] if exclude else []
        ).max(),
        "That is how near the nearest word comes. Wanted is which word it is: its row.",
    ),
)


def by_distance(table, a, b, c, exclude):
    x = unit(table)
    order = np.linalg.norm(x - target(x, a, b, c), axis=1).argsort()
    return next(row for row in order if not (exclude and row in (a, b, c)))


def by_library(table, a, b, c, exclude):
    from minigpt.embeddings import WordVectors

    names = [str(row) for row in range(len(table))]
    found = WordVectors(names, table).analogy(str(a), str(b), str(c), exclude, n=1)
    return int(found[0][0])


def by_loops(table, a, b, c, exclude):
    x = [row / np.sqrt(row @ row) for row in table]
    t = x[b] - x[a] + x[c]
    allowed = [row for row in range(len(x)) if not exclude or row not in {a, b, c}]
    return max(allowed, key=lambda row: x[row] @ t / np.sqrt(t @ t))


def by_torch(table, a, b, c, exclude):
    import torch

    x = torch.nn.functional.normalize(torch.tensor(table), dim=-1)
    cosines = x @ (x[b] - x[a] + x[c])
    if exclude:
        cosines[[a, b, c]] = -10
    return torch.topk(cosines, 1).indices[0]


RIGHT = (
    Variant("by distance, among unit vectors", by_distance),
    Variant("loops, with the target's length", by_loops),
    Variant("the library", by_library),
    Variant("torch", by_torch),
)


def which_is_nearer(args, values):
    """Say how near the named word comes, and how near another."""
    table, a, b, c, exclude = args
    row, units = values["row"], unit(table)
    if row.shape or row != int(row) or not 0 <= row < len(table):
        return f"One row of the table is wanted, a whole number from 0 to {len(table) - 1}."
    if exclude and row in (a, b, c):
        return f"Row {int(row)} is one of the three inputs, which are to be left out here."
    cosines = unit(units[b] - units[a] + units[c]) @ units.T
    near, right = cosines[int(row)], cosines[answer(*args)]
    return f"Its cosine with the target is {near:.3f}, that of the other {right:.3f}."


CASES = (
    *((crowd(seed, 9, 4), 5, 2, 7, exclude) for seed in (1, 2) for exclude in (True, False)),
    *((crowd(seed, 7, 3), 0, 4, 1, exclude) for seed in (3, 4) for exclude in (True, False)),
    *((crowd(seed, 11, 5), 8, 3, 6, exclude) for seed in (5, 6, 7, 8) for exclude in (True, False)),
    (between(), 1, 4, 0, True),
    (stretched(), 3, 0, 2, True),
    (opposed(), 3, 0, 2, True),
    (opposed(), 3, 0, 2, False),
)

EXERCISE = Exercise(
    id="3.3a",
    title="Queen without cheating",
    name="answer",
    minutes=25,
    difficulty="Middling",
    reference=answer,
    returns=("row",),
    cases=tuple(Case(args, ("n_words d_model", None, None, None, None)) for args in CASES),
    slips=SLIPS,
    right=RIGHT,
    hints=QUEEN,
    invariants=(which_is_nearer,),
    notice="the length of the target changes no order, so it need not be divided out; the lengths "
    "of the words do.",
)
