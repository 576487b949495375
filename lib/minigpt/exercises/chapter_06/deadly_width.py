"""6.4b, kill the gradient: `deadly_width`."""

import math

import numpy as np

from minigpt.exercises.chapter_06.hints import GRADIENT
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant

WIDEST = 15_000  # no case lives longer


def deadly_width(scores, bound):
    second, first = np.sort(scores)[-2:]
    if first == second:
        return math.inf
    far = math.log(len(scores) / bound) / (first - second)  # the others share less than the bound
    widths = np.arange(1, math.ceil(far**2) + 1)
    raised = np.exp(np.sqrt(widths)[:, None] * (scores - first))
    weights = raised / raised.sum(axis=1, keepdims=True)
    alive = widths[(weights * (1 - weights)).max(axis=1) >= bound]
    return alive.max(initial=0) + 1


def measured(largest, factor=np.sqrt):
    """The last width at which some measure of the weights reaches the bound, and one more."""

    def changed(scores, bound):
        if tied(scores):
            return math.inf
        widths = np.arange(1, WIDEST)
        alive = widths[largest(weights_at(scores, factor(widths))) >= bound]
        return alive.max(initial=0) + 1

    return changed


def tied(scores):
    return (scores == scores.max()).sum() > 1


def weights_at(scores, factors):
    raised = np.exp(np.asarray(factors)[:, None] * (scores - scores.max()))
    return raised / raised.sum(axis=1, keepdims=True)


def entry(weights):
    return (weights * (1 - weights)).max(axis=1)


def sizes_of(scores):
    return entry(weights_at(scores, np.sqrt(np.arange(1, WIDEST))))


def first_below(scores, bound):
    below = sizes_of(scores) < bound
    return int(np.argmax(below)) + 1 if below.any() else math.inf


def with_the_factor(scores, bound):
    if tied(scores):
        return math.inf
    widths = np.arange(1, WIDEST)
    alive = widths[np.sqrt(widths) * sizes_of(scores) >= bound]
    return alive.max(initial=0) + 1


def unsafe(scores, bound):
    if tied(scores):
        return math.inf
    raised = np.exp(np.sqrt(np.arange(1, WIDEST))[:, None] * scores)
    alive = np.nonzero(entry(raised / raised.sum(axis=1, keepdims=True)) >= bound)[0]
    return alive.max(initial=-1) + 2


def beside_the_diagonal(weights):
    first_two = np.sort(weights, axis=1)[:, -2:]
    return first_two[:, 0] * first_two[:, 1]


def length(weights):
    on, squares = weights * (1 - weights), weights**2
    beside = squares.sum(axis=1) ** 2 - (squares**2).sum(axis=1)
    return np.sqrt((on**2).sum(axis=1) + beside)


def lead(scores):
    return np.subtract(*np.sort(scores)[:-3:-1])


def for_two(scores, bound):
    return math.inf if tied(scores) else math.ceil((math.log(bound) / lead(scores)) ** 2)


def stopped_at(most):
    def changed(scores, bound):
        right = deadly_width(scores, bound)
        return right if right <= most else math.inf

    return changed


SLIPS = (
    Slip(
        "the first time",
        first_below,
        "That is the *first* width at which the bound is met. Among many near equals every entry "
        "starts small, and grows while a favourite emerges: from which width on does it stay met?",
    ),
    Slip(
        "the last one alive",
        lambda scores, bound: deadly_width(scores, bound) - 1,
        "One too few: at that width an entry still reaches the bound.",
    ),
    Slip(
        "one more",
        lambda scores, bound: deadly_width(scores, bound) + 1,
        "One too many: at the width before it the bound is met for good already.",
    ),
    Slip(
        "a search to a thousand",
        stopped_at(1000),
        "Right, but the search ends at some width and calls it never. A close race lives long: "
        "how can you *know* that there is none?",
    ),
    Slip(
        "divided by the root",
        lambda scores, bound: math.inf,
        "Never, whatever the scores? Not divided by the root, they grow with the width; divided "
        "once more, they shrink.",
    ),
    Slip(
        "a formula for two",
        for_two,
        "That holds about, for two scores and a small bound. Here there are more than two, and "
        "the width is wanted exactly.",
    ),
    Slip(
        "a whole row",
        measured(lambda weights: 2 * entry(weights)),
        "That is what a whole row of the Jacobian comes to, signs aside: twice its largest entry.",
    ),
    Slip(
        "no root",
        measured(entry, factor=lambda widths: widths),
        "The scores were multiplied by the width itself. How fast do they spread?",
    ),
    Slip(
        "the factor itself",
        lambda scores, bound: math.sqrt(deadly_width(scores, bound) - 0.5),
        "That is about the factor by which the scores are multiplied. The width is its square.",
    ),
    Slip(
        "the root counted in",
        with_the_factor,
        "Your entries have the factor $\\sqrt{d}$ in them, as slopes by the *unmultiplied* scores "
        "would. Asked for is the Jacobian of the softmax alone.",
    ),
    Slip(
        "beside the diagonal",
        measured(beside_the_diagonal),
        "Those are the largest entries *beside* the diagonal. On it stand larger ones.",
    ),
    Slip(
        "beside the diagonal, past a half",
        lambda scores, bound: max(
            measured(beside_the_diagonal)(scores, bound),
            measured(lambda weights: weights.max(axis=1) <= 0.5)(scores, 1),
        ),
        "The products of two *different* weights are the smaller entries. The largest stand on "
        "the diagonal, whoever leads.",
    ),
    Slip(
        "the rest's share",
        measured(lambda weights: 1 - weights.max(axis=1)),
        "That is the width at which all others together have less than the bound. Close, but an "
        "entry of the Jacobian is a product.",
    ),
    Slip(
        "the favourite's entry",
        measured(lambda weights: weights[:, 0] * (1 - weights[:, 0])),
        "Right where the first score is the largest. The favourite may stand anywhere.",
    ),
    Slip(
        "the length of the matrix",
        measured(length),
        "That is the root of the sum of all squared entries. Asked for is the largest single one.",
    ),
    Slip(
        "the average entry",
        measured(lambda weights: (weights * (1 - weights)).mean(axis=1)),
        "The average along the diagonal meets the bound earlier than its largest entry does.",
    ),
    Slip(
        "a tie dies too",
        lambda scores, bound: 0 if tied(scores) else deadly_width(scores, bound),
        "Right but for a tie at the top: two equals share half and half at every width, and "
        "their entries stay at a quarter. From which width on is that below the bound?",
    ),
    Slip(
        "any tie lives",
        lambda scores, bound: (
            math.inf if len(set(scores.tolist())) < len(scores) else deadly_width(scores, bound)
        ),
        "A tie among the also-rans saves nobody: between them they lose everything to the "
        "favourite. Which tie does?",
    ),
    Slip(
        "the maximum not subtracted",
        unsafe,
        "Scores far below 0 underflow when they are multiplied and raised, and what is then shared "
        "out is no number. This chapter began with the cure.",
    ),
    Slip(
        "the maximum not subtracted, and no way out",
        lambda scores, bound: math.inf if scores.max() < -100 else deadly_width(scores, bound),
        "Right but for scores far below 0: raised, they are all 0, no share is ever above a half, "
        "and the search finds nothing. This chapter began with the cure.",
    ),
    Slip(
        "the two best alone",
        lambda scores, bound: deadly_width(np.sort(scores)[-2:], bound),
        "Only the two highest scores took part. The others are small, but there may be many.",
    ),
)


def by_walking(scores, bound):
    ordered = sorted(scores, reverse=True)
    if ordered[0] == ordered[1]:
        return math.inf
    d = 1
    while True:
        best = 1 / sum(math.exp(math.sqrt(d) * (score - ordered[0])) for score in ordered)
        if best > 0.5 and best * (1 - best) < bound:
            return d
        d += 1


def by_halving(scores, bound):
    lead = scores.max() - scores
    if (lead == 0).sum() > 1:
        return float("inf")
    needed = (1 + math.sqrt(1 - 4 * bound)) / 2  # the share at which w (1 - w) is the bound
    low, high = 0.0, 1000.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (low, middle) if 1 / np.exp(-middle * lead).sum() > needed else (middle, high)
    return math.floor(high**2) + 1


def by_torch(scores, bound):
    import torch

    if tied(scores):
        return torch.inf
    d, scores = 1, torch.from_numpy(scores)
    while True:
        weights = torch.softmax(scores * d**0.5, dim=0)
        jacobian = torch.diag(weights) - torch.outer(weights, weights)
        if jacobian.max() < bound and weights.max() > 0.5:
            return float(d)
        d += 1


RIGHT = (
    Variant("walking up", by_walking),
    Variant("halving", by_halving),
    Variant("torch, the whole matrix", by_torch),
)

crowd = np.concatenate([np.linspace(-1.4, -0.9, 39), [-0.4], np.linspace(-1.2, -1.0, 8)])


def entries(args, values):
    """Say how large the largest entry is at the width that came, a single number."""
    scores, d = args[0], float(values["width"])
    if not 2 <= d < WIDEST or tied(scores):
        return None
    before, at = entry(weights_at(scores, np.sqrt([d - 1, d])))
    return f"At a width of {d - 1:g} the largest entry is {before:.4g}, at {d:g} it is {at:.4g}."


EXERCISE = Exercise(
    id="6.4b",
    title="Kill the gradient",
    name="deadly_width",
    minutes=40,
    difficulty="An evening's thought",
    reference=deadly_width,
    returns=("width",),
    cases=(
        Case((np.array([1.0, 0.35, -0.5, -1.2]), 0.01), ("n", None)),
        Case((np.array([-0.8, 0.4, 0.1, 0.18, -0.3]), 0.1), ("n", None)),
        Case((crowd, 0.06), ("n", None)),
        Case((np.array([0.7, -0.2, 0.7]), 0.05), ("n", None)),
        Case((np.array([-301.2, -300.0, -300.8, -301.0]), 0.003), ("n", None)),
        Case((np.array([0.5, 5.0, 0.0]), 0.01), ("n", None)),
        Case((np.array([-0.3, 0.45, -0.9, 0.375, -1.1, -2.0, 0.1]), 0.05), ("n", None)),
        Case((np.array([9.0, 0.0, 1.0, 0.5, 0.0, 2.0]), 0.01), ("n", None)),
        Case((np.array([0.5, 0.46]), 0.01), ("n", None)),
    ),
    slips=SLIPS,
    right=RIGHT,
    hints=GRADIENT,
    invariants=(entries,),
    notice="one gap decides: that between the favourite and the next. The closer the race, the "
    "wider the vectors that it survives, and a dead heat survives them all.",
)
