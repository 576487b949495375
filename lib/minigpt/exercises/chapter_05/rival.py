"""5.2b, who wins? `rival`."""

import math

import numpy as np

from minigpt.exercises.chapter_05.arrows import length, said
from minigpt.exercises.chapter_05.hints import WHO_WINS
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def rival(a):
    s = 1.1 * a
    return s + 2 * np.array([-s[1], s[0]])


def across(a):
    return np.array([-a[1], a[0]])


RADIANS = "NumPy's and Python's angles are in radians, and 60 of them are nine turns and a half."


def turned(a, angle):
    return math.cos(angle) * a + math.sin(angle) * across(a)


SLIPS = (
    Slip(
        "turned, not stretched",
        lambda a: turned(a, math.pi / 3),
        "At 60 degrees and as long as `a`: its shadow is half of `a`. Among equals everyone "
        "prefers themselves.",
    ),
    Slip(
        "turned and doubled",
        lambda a: 2 * turned(a, math.pi / 3),
        "60 degrees, and a tie: the shadow ends at the very tip of `a`. Where has it to end for "
        "more than a tie?",
    ),
    Slip(
        "at a right angle",
        across,
        "At a right angle, an arrow of any length casts no shadow on `a`'s line.",
    ),
    Slip(
        "sideways from the tip",
        lambda a: a + 2 * across(a),
        "A tie: walking sideways from the tip of `a` leaves the shadow where it was. "
        "It has to end a little further.",
    ),
    Slip(
        "sideways only once",
        lambda a: 1.1 * (a + across(a)),
        "The shadow is long enough, but as far sideways as along makes 45 degrees.",
    ),
    Slip(
        "the tangent upside down",
        lambda a: 1.1 * (a + across(a) / math.sqrt(3)),
        "The shadow is long enough, but the angle is 30 degrees. Which of the two ways is the "
        "longer one at 60?",
    ),
    Slip(
        "60 radians",
        lambda a: 3 * turned(a, 60),
        RADIANS,
    ),
    Slip(
        "longer, in the same direction",
        lambda a: 2 * a,
        "`a` would take more of it, but it points the same way. How far can you walk sideways "
        "without changing the shadow?",
    ),
    Slip(
        "only for one arrow",
        lambda a: np.array([0.0, 2.75]),
        "That is a rival of *bird*, whatever `a` is.",
    ),
)


def rotated_by_torch(a):
    import torch

    turn = torch.tensor(math.radians(75))
    matrix = torch.stack([turn.cos(), -turn.sin(), turn.sin(), turn.cos()]).reshape(2, 2)
    return 5 * matrix @ torch.tensor(a, dtype=torch.float32)


RIGHT = (
    Variant("to the right", lambda a: 1.1 * a - 3 * across(a)),
    Variant("turned by 75 degrees, torch", rotated_by_torch),
    Variant("60 degrees sharp, in a list", lambda a: list(2.1 * turned(a, math.pi / 3))),
    Variant("almost at a right angle", lambda a: 200 * turned(a, math.radians(89.6))),
    Variant("by lengths", lambda a: 1e-6 * a + a + 1.75 * across(a)),
)


def not_a_rival(args, b):
    """Say what keeps b, shape (2,), from being a rival of a."""
    (a,) = args
    shadow, sideways, needed = a @ b / length(a), across(a) @ b / length(a), length(a)
    if shadow and math.isclose(abs(sideways / shadow), math.tan(60), rel_tol=1e-9):
        return RADIANS
    if shadow < needed * (1 - 1e-6):
        return (
            f"For a = {said(a)}, your b = {said(b)} ends its shadow at {shadow:.3f} on a's line. "
            f"a itself reaches {needed:.3f}."
        )
    if shadow <= needed * (1 + 1e-9):
        return f"For a = {said(a)}, b = {said(b)} makes a tie: a takes as much of itself."
    angle = math.degrees(math.acos(min(1.0, shadow / length(b))))
    if angle < 59.95:
        return f"For a = {said(a)}, your b = {said(b)} is {angle:.1f} degrees away, not 60."
    return None


EXERCISE = Exercise(
    id="5.2b",
    title="Who wins?",
    name="rival",
    minutes=20,
    difficulty="Middling",
    reference=rival,
    returns=("b",),
    cases=tuple(Case((np.array(a),), ("d",)) for a in ([1.0, 0.5], [-2.0, 0.3], [0.0, -0.7])),
    slips=SLIPS,
    right=RIGHT,
    hints=WHO_WINS,
    judge_by=not_a_rival,
    notice="any angle below 90 degrees will do: however far `b` turns away from `a`, length buys "
    "its shadow back.",
)
