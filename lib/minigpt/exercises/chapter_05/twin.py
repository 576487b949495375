"""5.3b, permute the words: `twin`."""

import numpy as np

from minigpt.exercises.chapter_05.arrows import said
from minigpt.exercises.chapter_05.hints import PERMUTE
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant

rng = np.random.default_rng(5)


def twin(x):
    y, push = x.copy(), np.ones(x.shape[-1])
    y[0] += push
    y[1] -= push
    return y


def aliased(x):
    y = x
    y[0] += 1
    y[1] -= 1
    return y


def level(x):
    y = x.copy()
    y[:, 0] += 1
    y[:, 1] -= 1
    return y


def pushed(x):
    y = x.copy()
    y[0] += 1
    return y


SLIPS = (
    Slip(
        "x itself changed",
        aliased,
        "A twin it is, but `x` has become the same: `y = x` gives one array two names.",
    ),
    Slip("x", lambda x: x.copy(), "These are the words of `x`, not others."),
    Slip(
        "a reordering",
        lambda x: x[::-1],
        "A reordering: the mean cannot see it, but the words are the same. What else can the "
        "mean not see?",
    ),
    Slip(
        "each word's own mean",
        level,
        "Each word keeps the mean of its own numbers. The mean *word* is taken down the columns.",
    ),
    Slip(
        "one word pushed",
        pushed,
        "One word was pushed, and it takes the mean along. What has another word to do?",
    ),
    Slip(
        "every word pushed",
        lambda x: x + 1,
        "All words were pushed the same way, and the mean went with them.",
    ),
    Slip(
        "mirrored at the origin",
        lambda x: -x,
        "Turning all the arrows around turns the mean around. About which point can they be "
        "turned without moving it?",
    ),
    Slip(
        "twice the words",
        lambda x: np.concatenate([x, x]),
        "The mean cannot see that, true enough; but the words are the same, twice. "
        "As many are wanted as `x` has.",
    ),
    Slip(
        "the mean alone",
        lambda x: x.mean(axis=0),
        "That is the mean itself, one word. As many are wanted as `x` has.",
    ),
)


def crossed(x):
    y = x.copy()
    y[[0, 1], 0] = x[[1, 0], 0]
    return y


def mirrored_by_torch(x):
    import torch

    x = torch.from_numpy(x)
    return 2 * x.mean(dim=0) - x


RIGHT = (
    Variant("mirrored at the mean, torch", mirrored_by_torch),
    Variant("every word the mean", lambda x: np.repeat(x.mean(axis=0)[None], len(x), axis=0)),
    Variant("two numbers of a column exchanged", crossed),
    Variant("twice as far from the mean", lambda x: (2 * x - x.mean(axis=0)).astype(np.float32)),
)


def not_a_twin(args, y):
    """Say what keeps y, shape (T, d), from being a twin of x."""
    (x,) = args
    gap = np.abs(y.mean(axis=0) - x.mean(axis=0)).max()
    if gap > 1e-6:
        return (
            f"The mean of your words is {said(y.mean(axis=0))}, that of `x` {said(x.mean(axis=0))}."
        )
    nearest = np.linalg.norm(y[:, None] - x, axis=-1).min(axis=-1)
    if nearest.max() < 1e-4:
        return "Your words are those of `x`. At least one other word is wanted."
    return None


EXERCISE = Exercise(
    id="5.3b",
    title="Permute the words",
    name="twin",
    minutes=30,
    difficulty="An evening's thought",
    reference=twin,
    returns=("words",),
    cases=tuple(Case((rng.normal(size=size),), ("T d",)) for size in ((5, 3), (4, 2))),
    slips=SLIPS,
    right=RIGHT,
    hints=PERMUTE,
    judge_by=not_a_twin,
    notice="the three lines tell these twins apart: their weights depend on who stands near whom.",
)
