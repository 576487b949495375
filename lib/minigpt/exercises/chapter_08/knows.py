"""8.4a, where can it know: `knows`."""

import numpy as np

from minigpt.exercises.chapter_08.hints import REACH
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant

rng = np.random.default_rng(84)


def knows(masks):
    reach = np.eye(masks.shape[-1], dtype=bool)
    for mask in masks:
        reach = mask.astype(int) @ reach.astype(int) > 0
    return reach


def counted(masks):
    ways = np.eye(masks.shape[-1])
    for mask in masks:
        ways = mask @ ways
    return ways


def first_alone(masks):
    reach = masks[0]
    for _ in masks[1:]:
        reach = reach @ masks[0]
    return reach


def first_twice(masks):
    reach = masks[0]
    for mask in masks:
        reach = mask @ reach
    return reach


def one_layer_short(masks):
    return knows(masks[:-1])


def kept(masks):
    return knows(masks | np.eye(masks.shape[-1], dtype=bool))


def multiplied(start, product=np.matmul):
    """Start from a table, and multiply it by each mask."""

    def changed(masks):
        reach = start(masks.shape[-1]).astype(int)
        for mask in masks:
            reach = product(mask.astype(int), reach)
        return reach > 0

    return changed


def one_way(masks):
    return counted(masks) == 1


def written_over(masks):
    reach = np.eye(masks.shape[-1], dtype=bool)
    for mask in masks:
        for i in range(len(mask)):
            reach[i] = mask[i] @ reach
    return reach


SLIPS = (
    Slip(
        "all masks at once",
        lambda masks: np.all(masks, axis=0),
        "That asks whom a word may look at in every layer. "
        "What it knows may have come by another word.",
    ),
    Slip(
        "some mask",
        lambda masks: np.any(masks, axis=0),
        "That asks whom a word may look at in some layer. "
        "What it knows may have come by another word, and may have been lost again.",
    ),
    Slip(
        "the last layer alone",
        lambda masks: masks[-1],
        "That is whom the last layer looks at. What had these words taken in before?",
    ),
    Slip(
        "the layers in the other order",
        lambda masks: knows(masks[::-1]),
        "The layers stand in the wrong order: what the first one fetches is what the second finds. "
        "On which side of the product does a later layer belong?",
    ),
    Slip(
        "rows for columns",
        lambda masks: knows(masks).T,
        "The table is turned round. A row is the word that knows.",
    ),
    Slip(
        "multiplied entry by entry",
        multiplied(np.eye, np.multiply),
        "Entry times entry asks of one pair at a time. Who is in between, with whom word i speaks "
        "and who has spoken with word j?",
    ),
    Slip(
        "begun with everyone",
        multiplied(lambda T: np.ones((T, T))),
        "You begin with a table in which everyone knows all. What does a word hold before the "
        "first layer?",
    ),
    Slip(
        "begun with nobody",
        multiplied(lambda T: np.zeros((T, T))),
        "You begin with a table in which nobody knows anything, and so it stays. What does a word "
        "hold before the first layer?",
    ),
    Slip(
        "the masks turned round",
        lambda masks: knows(masks.mT),
        "Your masks are turned round: a row is the word that looks, a column whom it looks at.",
    ),
    Slip(
        "a single way",
        one_way,
        "Where there are two ways or more, yours says that there is none.",
    ),
    Slip(
        "the first layer alone",
        lambda masks: masks[0],
        "That is whom the first layer looks at. What do the others pass on?",
    ),
    Slip(
        "rows written over",
        written_over,
        "Within a layer all words look at once. Yours lets a later row see what an earlier one "
        "has taken in a moment ago.",
    ),
    Slip(
        "the number of ways",
        counted,
        "Those are numbers of ways, where True or False is wanted: is there one, or none?",
    ),
    Slip(
        "the first layer over and over",
        first_alone,
        "The first layer's mask is used for all layers. Each has its own.",
    ),
    Slip(
        "the first layer twice",
        first_twice,
        "One layer too many: the first is there at the start, and then again.",
    ),
    Slip(
        "one layer short",
        one_layer_short,
        "One layer is left out. How many products do as many layers take?",
    ),
    Slip(
        "what a word had is kept",
        kept,
        "Here a word that may not look at itself loses what it had. "
        "You let everyone look at themselves in every layer.",
    ),
)


def by_sets(masks):
    T = masks.shape[-1]
    known = [{i} for i in range(T)]
    for mask in masks:
        known = [set().union(*(known[m] for m in np.flatnonzero(mask[i]))) for i in range(T)]
    return [[j in known[i] for j in range(T)] for i in range(T)]


def asked_backwards(masks):
    def has(i, j, layer):
        if layer == 0:
            return i == j
        looked_at = np.flatnonzero(masks[layer - 1, i])
        return any(has(m, j, layer - 1) for m in looked_at)

    T = masks.shape[-1]
    return np.array([[has(i, j, len(masks)) for j in range(T)] for i in range(T)])


def by_attention(masks):
    """Average random words whom one may look at; NaN spreads to whoever could have known."""
    T = masks.shape[-1]
    reach = np.zeros((T, T), dtype=bool)
    for j in range(T):
        x = np.zeros(T)
        x[j] = np.inf
        for mask in masks:
            x = np.array([np.max(x[mask[i]], initial=0) for i in range(T)])
        reach[:, j] = np.isinf(x)
    return reach


def by_powers_in_torch(masks):
    import torch

    before = torch.eye(masks.shape[-1], dtype=torch.double)
    return torch.linalg.multi_dot([*torch.tensor(masks[::-1].copy()).double(), before]) > 0


RIGHT = (
    Variant("sets", by_sets),
    Variant("asked backwards", asked_backwards),
    Variant("spread as infinity", by_attention),
    Variant("multi_dot, torch", by_powers_in_torch),
)


def window(T, width):
    return np.tri(T, dtype=bool) & ~np.tri(T, k=-width, dtype=bool)


def drawn(n_layers, T, share):
    return rng.random((n_layers, T, T)) < share


CASES = (
    np.stack([window(7, 3)] * 2),
    np.stack([window(6, 2), np.tri(6, dtype=bool), np.tri(6, k=-1, dtype=bool)]),
    drawn(2, 5, 0.35),
    drawn(4, 6, 0.25),
)


def misread(args, values):
    """Say of one word what it knows after all, or cannot; reach has shape (T, T)."""
    wrong = np.argwhere((values["reach"] > 0) != knows(args[0]))
    if not len(wrong):
        return None
    i, j = wrong[0]
    can = "can" if knows(args[0])[i, j] else "cannot"
    return f"After these {len(args[0])} layers word {i} {can} hold something of word {j}."


EXERCISE = Exercise(
    id="8.4a",
    title='Where can "it" know?',
    name="knows",
    minutes=45,
    difficulty="An evening's thought",
    reference=knows,
    returns=("reach",),
    cases=tuple(Case((masks,), ("n_layers T T",)) for masks in CASES),
    slips=SLIPS,
    right=RIGHT,
    hints=REACH,
    notice="causal times causal is causal, so depth never opens a way into the future.",
    invariants=(misread,),
)
