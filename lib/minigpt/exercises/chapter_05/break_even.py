"""5.2a, who wins? `break_even`."""

import math

import numpy as np

from minigpt.exercises.chapter_05.arrows import length, said
from minigpt.exercises.chapter_05.hints import WHO_WINS
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def break_even(a, b):
    return (a @ a) / (a @ b)


SLIPS = (
    Slip(
        "equally long",
        lambda a, b: length(a) / length(b),
        "That makes the arrows equally long. Do their shadows on `a`'s line end at one place?",
    ),
    Slip(
        "upside down",
        lambda a, b: (a @ b) / (a @ a),
        "Upside down: that fits `a` to the shadow of `b`. Which of the two is stretched?",
    ),
    Slip(
        "the shadow on b's line",
        lambda a, b: (a @ b) / (b @ b),
        "That is measured on `b`'s line. Whose line decides of whom `a` takes more?",
    ),
    Slip(
        "b looks",
        lambda a, b: (b @ b) / (a @ b),
        "With that factor for `a`, `b` would be undecided. Here it is `a` that looks.",
    ),
    Slip(
        "without the sign",
        lambda a, b: (a @ a) / abs(a @ b),
        "Right where `b` leans the same way as `a`, wrong where it leans away. "
        "What has to happen to such a `b` before any stretching helps?",
    ),
    Slip(
        "one over the cosine",
        lambda a, b: length(a) * length(b) / (a @ b),
        "That is one over the cosine: right if `b` were as long as `a`. It has its own length.",
    ),
    Slip(
        "the length, not its square",
        lambda a, b: length(a) / (a @ b),
        "A length over a dot product: two lengths belong in each. How far does `a` agree with "
        "itself?",
    ),
    Slip(
        "ratio of the shares",
        lambda a, b: math.exp((a @ a - a @ b) / math.sqrt(len(a))),
        "By that factor the share is to grow. It is the arrow that is multiplied, before the "
        "exponential.",
    ),
    Slip(
        "ratio of the exponentials",
        lambda a, b: math.exp(a @ a) / math.exp(a @ b),
        "A quotient of exponentials, as if shares were multiplied. The arrow is, before the "
        "exponential: when do the two exponents agree?",
    ),
    Slip(
        "difference of the agreements",
        lambda a, b: a @ a - a @ b,
        "That is missing from the agreement. It is to be made up by multiplying, not by adding.",
    ),
    Slip(
        "squares of the lengths",
        lambda a, b: (a @ a) / (b @ b),
        "Each arrow's agreement with itself was compared. What does `a` see of `b`?",
    ),
    Slip(
        "the root on one side",
        lambda a, b: (a @ a) / (a @ b) / math.sqrt(len(a)),
        "Right but for a root of $d$. Both scores are divided by it; what is left of it in their "
        "quotient?",
    ),
    Slip(
        "the root on the other side",
        lambda a, b: (a @ a) / (a @ b) * math.sqrt(len(a)),
        "Too large by a root of $d$. If one score is divided by it, so is the other.",
    ),
    Slip(
        "two coordinates",
        lambda a, b: (a[0] ** 2 + a[1] ** 2) / (a[0] * b[0] + a[1] * b[1]),
        "Right for two numbers an arrow, wrong for three: the rest is left out. Which product "
        "takes them all?",
    ),
    Slip(
        "coordinate by coordinate",
        lambda a, b: (a * a) / (a * b),
        "Two numbers, one for each coordinate. A dot product adds up before anything is divided.",
    ),
    Slip(
        "the stretched arrow",
        lambda a, b: b * (a @ a) / (a @ b),
        "That is the stretched arrow, and it is right. Asked for is the number alone.",
    ),
)


def by_shadows(a, b):
    along = a / length(a)
    return length(a) / sum(along * b)


def by_angle(a, b):
    angle = 2 * math.asin(length(a / length(a) - b / length(b)) / 2)
    return length(a) / (length(b) * math.cos(angle))


def factor_by_torch(a, b):
    import torch

    a, b = torch.from_numpy(a), torch.from_numpy(b)
    return torch.dot(a, a) / torch.dot(a, b)


RIGHT = (
    Variant("shadows", by_shadows),
    Variant("the angle", by_angle),
    Variant("torch", factor_by_torch),
    Variant("an array of no axes, float32", lambda a, b: np.float32(break_even(a, b))),
)


def undecided(args, values):
    """With the right factor, a, shape (d,), agrees with b as far as with itself."""
    a, b = args
    agreement, own = values["factor"] * (a @ b), a @ a
    if math.isclose(agreement, own, rel_tol=1e-2):
        return None
    return (
        f"For a = {said(a)} and b = {said(b)}, a agrees with the new b to the extent of "
        f"{agreement:.4g}, and with itself of {own:.4g}."
    )


EXERCISE = Exercise(
    id="5.2a",
    title="Who wins?",
    name="break_even",
    minutes=20,
    difficulty="Middling",
    reference=break_even,
    returns=("factor",),
    cases=tuple(
        Case((np.array(a), np.array(b)), ("d", "d"))
        for a, b in (
            ([1.0, 0.5], [0.8, 1.5]),
            ([0.3, -1.1], [2.0, -0.4]),
            ([-0.7, 0.2], [0.5, 0.9]),
            ([2.0, 1.5], [-0.1, 0.4]),
            ([0.6, -0.2, 0.5], [0.9, 0.7, -1.2]),
        )
    ),
    slips=SLIPS,
    right=RIGHT,
    hints=WHO_WINS,
    invariants=(undecided,),
    notice="only the shadow counts. Where `b` leans away from `a` the factor is negative, and at a "
    "right angle there is none.",
)
