"""8.4b, where can it know: `layers_needed`."""

import math

from minigpt.exercises.chapter_08.hints import REACH
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def layers_needed(i, j, window):
    if i == j:
        return 0
    if j > i or window == 1:
        return math.inf
    return math.ceil((i - j) / (window - 1))


def guarded(steps):
    """Right for what never comes, and `steps` for the rest."""

    def changed(i, j, window):
        if i == j:
            return 0
        return math.inf if j > i or window == 1 else steps(i, j, window)

    return changed


def no_never(i, j, window):
    return math.ceil((i - j) / (window - 1))


def no_future(i, j, window):
    if window == 1:
        return 0 if i == j else math.inf
    return math.ceil((i - j) / (window - 1))


def both_ways(i, j, window):
    if window == 1:
        return 0 if i == j else math.inf
    return math.ceil(abs(i - j) / (window - 1))


def at_least_one(i, j, window):
    return max(1, layers_needed(i, j, window))


ITSELF = "A word holds itself before the first layer, whatever the window."

SLIPS = (
    Slip(
        "a step of window words",
        guarded(lambda i, j, window: math.ceil((i - j) / window)),
        "The window counts the word itself: looking at three words carries you back by two.",
    ),
    Slip(
        "rounded down",
        guarded(lambda i, j, window: (i - j) // (window - 1)),
        "Where the last step is a short one, it is missing. It still takes a layer.",
    ),
    Slip(
        "not rounded",
        guarded(lambda i, j, window: (i - j) / (window - 1)),
        "There are no parts of a layer.",
    ),
    Slip(
        "rounded to the nearest",
        guarded(lambda i, j, window: round((i - j) / (window - 1))),
        "A step that is less than half of the window still takes a layer.",
    ),
    Slip(
        "one too many",
        guarded(lambda i, j, window: (i - j) // (window - 1) + 1),
        "Where the steps come out even, yours has a layer too many.",
    ),
    Slip(
        "no never",
        no_never,
        "A window of 1 stops it: nothing can be divided by 0. Whom does such a word look at, "
        "however many layers there are?",
    ),
    Slip(
        "the future in negative time",
        no_future,
        "For a word of the future yours gives a number of 0 or less. "
        "How many layers does it take to look ahead?",
    ),
    Slip(
        "the future as near as the past",
        both_ways,
        "The future comes out as near as the past, but the window looks back only.",
    ),
    Slip(
        "as if it began at word 0",
        guarded(lambda i, j, window: math.ceil(i / (window - 1))),
        "That is how many it takes to reach the first word. Where does this way end?",
    ),
    Slip(
        "a layer for oneself",
        at_least_one,
        "A word holds itself before the first layer. How many has that taken?",
    ),
    Slip(
        "a window of 1 never",
        lambda i, j, window: math.inf if window == 1 else layers_needed(i, j, window),
        ITSELF,
    ),
    Slip(
        "the future alone never",
        lambda i, j, window: math.inf if j > i else no_never(i, j, window),
        "The future is seen to, and a window of 1 stops it: nothing can be divided by 0. "
        "That is the other kind of never.",
    ),
    Slip(
        "i and j exchanged",
        lambda i, j, window: layers_needed(j, i, window),
        "You have exchanged the two: word i is the one that is to know, word j the one that is "
        "known of.",
    ),
)


def step_by_step(i, j, window):
    far, layers = i, 0
    while far > j:
        nearest = max(far - (window - 1), 0)
        if nearest == far:
            return math.inf
        far, layers = nearest, layers + 1
    return layers if i >= j else float("inf")


def by_tables(i, j, window):
    import numpy as np

    T = max(i, j) + 1
    mask = np.tri(T, dtype=bool) & ~np.tri(T, k=-window, dtype=bool)
    reach = np.eye(T, dtype=bool)
    for layers in range(T + 1):
        if reach[i, j]:
            return layers
        reach = mask @ reach
    return np.inf


def by_remainder(i, j, window):
    if j > i or (window == 1 and i != j):
        return math.inf
    return -((j - i) // max(window - 1, 1))


RIGHT = (
    Variant("step by step", step_by_step),
    Variant("from the tables", by_tables),
    Variant("a division rounded up", by_remainder),
    Variant("as a float", lambda i, j, window: float(layers_needed(i, j, window))),
)


def misstep(args, values):
    """Say which part of the rule a wrong number of layers, shape (), does not know."""
    (i, j, window), came = args, values["layers"].item()
    if i == j:
        return ITSELF
    if j > i:
        return "How many layers does it take to look ahead? `np.inf` says never."
    if window == 1:
        return "With a window of 1 nobody looks at anyone else, in any layer: `np.inf` says never."
    if came == math.ceil((i - j) / window):
        return f"A window of {window} counts the word itself: how far back does it carry?"
    return f"The way is {i - j} words long. How far does one layer carry?"


CALLS = (
    (10, 1, 4),
    (9, 0, 3),
    (10, 0, 4),
    (10, 0, 2),
    (40, 3, 3),
    (2, 1, 50),
    (14, 2, 6),
    (11, 0, 5),
    (5, 5, 4),
    (3, 7, 4),
    (6, 2, 1),
    (4, 4, 1),
    (7, 3, 2),
)

EXERCISE = Exercise(
    id="8.4b",
    title='Where can "it" know?',
    name="layers_needed",
    minutes=45,
    difficulty="An evening's thought",
    reference=layers_needed,
    returns=("layers",),
    cases=tuple(Case(args, (None, None, None)) for args in CALLS),
    slips=SLIPS,
    right=RIGHT,
    hints=REACH,
    invariants=(misstep,),
    notice="reach grows by one window less one word a layer: depth buys distance, and never time.",
)
