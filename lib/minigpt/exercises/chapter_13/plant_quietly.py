"""13.3b, plant a fact, and leave the others: `plant_quietly`."""

import numpy as np

from minigpt.exercises.chapter_13.hints import PLANT
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def plant_quietly(w_out, key, wanted, keys, care):
    cost = np.eye(len(key)) + care * keys.T @ keys
    direction = np.linalg.solve(cost, key)
    return w_out + np.outer(wanted - w_out @ key, direction) / (direction @ key)


def lines(
    cost=lambda key, keys, care: np.eye(len(key)) + care * keys.T @ keys,
    turn=np.linalg.solve,
    by=lambda direction, key: direction @ key,
    missing=lambda w, key, wanted: wanted - w @ key,
):
    """The three lines, and one step of them changed."""

    def changed(w_out, key, wanted, keys, care):
        direction = turn(cost(key, keys, care), key)
        return w_out + np.outer(missing(w_out, key, wanted), direction) / by(direction, key)

    return changed


SLIPS = (
    Slip(
        "the others not looked at",
        lambda w, key, wanted, keys, care: w + np.outer(wanted - w @ key, key) / (key @ key),
        "That is the first function again: `keys` and `care` have nothing to do yet.",
    ),
    Slip(
        "without the identity",
        lines(
            cost=lambda key, keys, care: care * keys.T @ keys,
            turn=lambda c, key: np.linalg.pinv(c) @ key,
        ),
        "The identity is missing in $C$. Where nobody else has a key, any change is then free, "
        "however large, or none can be solved for.",
    ),
    Slip(
        "multiplied in place of solved",
        lines(turn=lambda c, key: c @ key),
        "You multiply by $C$, which turns the direction towards the others' keys. It should turn "
        "away from them.",
    ),
    Slip(
        "divided by the key's square",
        lines(by=lambda direction, key: key @ key),
        "The direction is right and the size is not: what is $d$ times the key now?",
    ),
    Slip(
        "divided by the direction's square",
        lines(by=lambda direction, key: direction @ direction),
        "You divide by $d$ times $d$. It is the key that will be multiplied by your change.",
    ),
    Slip(
        "not divided",
        lines(by=lambda direction, key: 1),
        "The direction is right and its size is not: $d$ times the key has to be 1.",
    ),
    Slip(
        "the key kept in the change",
        lambda w, key, wanted, keys, care: (
            w
            + np.outer(wanted - w @ key, key)
            / (np.linalg.solve(np.eye(len(key)) + care * keys.T @ keys, key) @ key)
        ),
        "Your $d$ is in the divisor, but what is added still lies along the key.",
    ),
    Slip(
        "the change alone",
        lambda w, key, wanted, keys, care: plant_quietly(w, key, wanted, keys, care) - w,
        "That is the change. The matrix that has it is wanted.",
    ),
    Slip(
        "the others not disturbed at all",
        lambda w, key, wanted, keys, care: (
            w
            + np.outer(wanted - w @ key, key - np.linalg.pinv(keys) @ keys @ key)
            / ((key - np.linalg.pinv(keys) @ keys @ key) @ key)
        ),
        "That is the page's second $d$, at right angles to every other key, whatever `care` is. "
        "Here a large change has its price, too.",
    ),
    Slip(
        "care forgotten",
        lines(cost=lambda key, keys, care: np.eye(len(key)) + keys.T @ keys),
        "`care` has nothing to do yet: it says how much the others' keys count.",
    ),
    Slip(
        "care on the identity",
        lines(cost=lambda key, keys, care: care * np.eye(len(key)) + keys.T @ keys),
        "`care` multiplies the identity, so a greater one cares less for the others.",
    ),
    Slip(
        "a mean",
        lines(cost=lambda key, keys, care: np.eye(len(key)) + care * keys.T @ keys / len(keys)),
        "You take the mean over the other facts. The exercise says their sum.",
    ),
    Slip(
        "all that is wanted added",
        lines(missing=lambda w, key, wanted: wanted),
        "What is wanted comes on top of what the key gives already.",
    ),
    Slip(
        "keys turned",
        lambda w, key, wanted, keys, care: plant_quietly(w, key, wanted, keys.T, care),
        "$C$ has a row for each of the other facts, where it needs one for each neuron. Which way "
        "round must `keys` be multiplied by itself?",
    ),
    Slip(
        "the keys' mean taken away",
        lambda w, key, wanted, keys, care: (
            w
            + np.outer(wanted - w @ key, key - keys.mean(axis=0))
            / ((key - keys.mean(axis=0)) @ key)
        ),
        "You take the others' mean key away from this one. They are to be left alone each by "
        "itself, not on average.",
    ),
)


def by_inverse(w_out, key, wanted, keys, care):
    total = np.identity(len(key))
    for other in keys:
        total = total + care * np.outer(other, other)
    d = np.linalg.inv(total) @ key
    d = d / (key @ d)
    return w_out + (wanted - w_out @ key)[:, None] * d


def by_least_squares(w_out, key, wanted, keys, care):
    """Stretch the neurons' space until every change costs the same; plant there as before."""
    root = np.linalg.cholesky(np.eye(len(key)) + care * keys.T @ keys)
    stretched = np.linalg.solve(root, key)
    change = np.outer(wanted - w_out @ key, stretched) / (stretched @ stretched)
    return w_out + np.linalg.solve(root.T, change.T).T


def by_torch(w_out, key, wanted, keys, care):
    import torch

    w, key, wanted, keys = (torch.as_tensor(one) for one in (w_out, key, wanted, keys))
    d = torch.linalg.solve(torch.eye(len(key), dtype=w.dtype) + care * keys.T @ keys, key)
    return w + torch.outer(wanted - w @ key, d / (d @ key))


RIGHT = (
    Variant("inverse, a fact at a time", by_inverse),
    Variant("in a stretched space", by_least_squares),
    Variant("torch", by_torch),
)

rng = np.random.default_rng(134)


def some(d_model, d_ff, n_facts, care):
    w_out, wanted = rng.normal(size=(d_model, d_ff)), rng.normal(size=d_model)
    key = np.maximum(rng.normal(size=d_ff) + 0.3, 0) ** 2
    keys = np.maximum(rng.normal(size=(n_facts, d_ff)), 0) ** 2
    axes = ("d_model d_ff", "d_ff", "d_model", "n_facts d_ff", None)
    return Case((w_out, key, wanted, keys, care), axes)


EXERCISE = Exercise(
    id="13.3b",
    title="Plant a fact",
    name="plant_quietly",
    minutes=40,
    difficulty="Middling",
    reference=plant_quietly,
    returns=("w_out",),
    cases=(some(5, 7, 3, 2.5), some(3, 8, 6, 0.5)),
    slips=SLIPS,
    right=RIGHT,
    hints=PLANT,
    notice="the greater `care`, the farther the matrix moves, and the less the others feel of it.",
)
