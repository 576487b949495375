"""13.3a, plant a fact: `plant`."""

import numpy as np

from minigpt.exercises.chapter_13.hints import PLANT
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def plant(w_out, key, wanted):
    missing = wanted - w_out @ key
    return w_out + np.outer(missing, key) / (key @ key)


def unit(key):
    return key / np.sqrt(key @ key)


def column_alone(w_out, key, wanted):
    n = np.argmax(np.abs(key))
    planted = w_out.copy()
    planted[:, n] += (wanted - w_out @ key) / key[n]
    return planted


SLIPS = (
    Slip(
        "not divided",
        lambda w, key, wanted: w + np.outer(wanted - w @ key, key),
        "The direction is right and the size is not: multiply your change by the key, and you get "
        "what was missing many times over. How many times?",
    ),
    Slip(
        "divided by the length",
        lambda w, key, wanted: w + np.outer(wanted - w @ key, unit(key)),
        "You divide by the key's length. The key stands in the product twice: once in your "
        "change, once when it is multiplied.",
    ),
    Slip(
        "divided by the sum",
        lambda w, key, wanted: w + np.outer(wanted - w @ key, key) / key.sum(),
        "You divide by the sum of the key's numbers. What does the key give when it meets itself?",
    ),
    Slip(
        "all neurons alike",
        lambda w, key, wanted: w + np.outer(wanted - w @ key, np.ones(len(key))) / key.sum(),
        "Every neuron's column is changed alike, even where the key is 0 and a change is for "
        "nothing.",
    ),
    Slip(
        "all that is wanted added",
        lambda w, key, wanted: w + np.outer(wanted, key) / (key @ key),
        "What is wanted comes on top of what the key gives already. Only what is missing should "
        "be added.",
    ),
    Slip(
        "a matrix of this fact alone",
        lambda w, key, wanted: np.outer(wanted, key) / (key @ key),
        "This matrix knows the new fact and nothing else. It should be added to what is there.",
    ),
    Slip(
        "the change alone",
        lambda w, key, wanted: np.outer(wanted - w @ key, key) / (key @ key),
        "That is the change. Return the matrix that has it.",
    ),
    Slip(
        "taken away",
        lambda w, key, wanted: w - np.outer(wanted - w @ key, key) / (key @ key),
        "Your change goes the wrong way: after it, the key gives what it gave before, less what "
        "was missing.",
    ),
    Slip(
        "turned",
        lambda w, key, wanted: w + np.outer(key, wanted - w @ key) / (key @ key),
        "The outer product lies the other way round. Which of the two vectors is as long as a "
        "column of `w_out`?",
    ),
    Slip(
        "the loudest neuron alone",
        column_alone,
        "The key now gives what is wanted, but by one neuron's column, which had to change a lot. "
        "Spread over all neurons that fire, a smaller change will do.",
    ),
    Slip(
        "w_out turned",
        lambda w, key, wanted: w + np.outer(wanted - w.T @ key, key) / (key @ key),
        "`w_out` is turned where it should not be: it has a column for each neuron, so the key "
        "stands on its right.",
    ),
    Slip(
        "divided by what is wanted",
        lambda w, key, wanted: w + np.outer(wanted - w @ key, key) / (wanted @ wanted),
        "You divide by the square of what is wanted. It is the key that gets multiplied by itself.",
    ),
)


def by_loops(w_out, key, wanted):
    planted = np.array(w_out)
    for d in range(len(wanted)):
        miss = wanted[d] - sum(w_out[d, n] * key[n] for n in range(len(key)))
        for n in range(len(key)):
            planted[d, n] += miss * key[n] / sum(key**2)
    return planted


def by_projection(w_out, key, wanted):
    along = np.outer(key, key) / np.dot(key, key)
    return w_out @ (np.eye(len(key)) - along) + wanted[:, None] * np.linalg.pinv(key[None])[:, 0]


def by_torch(w_out, key, wanted):
    import torch

    w, key, wanted = (torch.as_tensor(one) for one in (w_out, key, wanted))
    return torch.addr(w, wanted - torch.mv(w, key), key / key.square().sum())


RIGHT = (
    Variant("loops", by_loops),
    Variant("by projection", by_projection),
    Variant("torch", by_torch),
)

rng = np.random.default_rng(133)


def some(d_model, d_ff):
    w_out, wanted = rng.normal(size=(d_model, d_ff)), rng.normal(size=d_model)
    key = np.maximum(rng.normal(size=d_ff) + 0.3, 0) ** 2
    return Case((w_out, key, wanted), ("d_model d_ff", "d_ff", "d_model"))


EXERCISE = Exercise(
    id="13.3a",
    title="Plant a fact",
    name="plant",
    minutes=40,
    difficulty="Middling",
    reference=plant,
    returns=("w_out",),
    cases=(some(5, 7), some(3, 8)),
    slips=SLIPS,
    right=RIGHT,
    hints=PLANT,
    notice="of all matrices that do it, this one has moved least, in the sum of squares.",
)
