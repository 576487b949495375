"""10.2, turn it: `rotate`."""

import numpy as np

from minigpt.exercises.chapter_10.hints import ROTATE
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def rotate(x, positions, base):
    d_head = x.shape[-1]
    angles = positions[:, None] * base ** (-np.arange(0, d_head, 2) / d_head)
    cos, sin = np.cos(angles), np.sin(angles)
    a, b = x[..., 0::2], x[..., 1::2]
    turned = np.zeros(x.shape)
    turned[..., 0::2] = a * cos - b * sin
    turned[..., 1::2] = a * sin + b * cos
    return turned


def angles_of(positions, d_head, base):
    return np.asarray(positions)[:, None] * base ** (-np.arange(0, d_head, 2) / d_head)


def by_angles(x, angles):
    a, b = x[..., 0::2], x[..., 1::2]
    turned = [a * np.cos(angles) - b * np.sin(angles), a * np.sin(angles) + b * np.cos(angles)]
    return np.stack(turned, axis=-1).reshape(x.shape)


def an_angle_a_column(x, positions, base):
    d_head = x.shape[-1]
    return by_angles(x, positions[:, None] * base ** (-np.arange(d_head) / d_head))


def positions_in_a_row(x, positions, base):
    d_head = x.shape[-1]
    return by_angles(x, positions * base ** (-np.arange(0, d_head, 2) / d_head))


def backwards(x, positions, base):
    return by_angles(x, -angles_of(positions, x.shape[-1], base))


def halves(x, positions, base):
    angles = angles_of(positions, x.shape[-1], base)
    a, b = np.split(x, 2, axis=-1)
    turned = [a * np.cos(angles) - b * np.sin(angles), a * np.sin(angles) + b * np.cos(angles)]
    return np.concatenate(turned, axis=-1)


def side_by_side(x, positions, base):
    angles = angles_of(positions, x.shape[-1], base)
    a, b = x[..., 0::2], x[..., 1::2]
    turned = [a * np.cos(angles) - b * np.sin(angles), a * np.sin(angles) + b * np.cos(angles)]
    return np.concatenate(turned, axis=-1)


def one_after_the_other(x, positions, base):
    angles, turned = angles_of(positions, x.shape[-1], base), np.array(x)
    a, b = turned[..., 0::2], turned[..., 1::2]
    turned[..., 0::2] = a * np.cos(angles) - b * np.sin(angles)
    turned[..., 1::2] = a * np.sin(angles) + b * np.cos(angles)
    return turned


def into_x(x, positions, base):
    x[:] = rotate(x, positions, base)
    return x


def into_x_one_by_one(x, positions, base):
    x[:] = one_after_the_other(x, positions, base)
    return x


def mirrored(x, positions, base):
    angles = angles_of(positions, x.shape[-1], base)
    a, b = x[..., 0::2], x[..., 1::2]
    turned = [a * np.cos(angles) + b * np.sin(angles), a * np.sin(angles) + b * np.cos(angles)]
    return np.stack(turned, axis=-1).reshape(x.shape)


def added(x, positions, base):
    angles = angles_of(positions, x.shape[-1], base)
    return x + np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(len(positions), -1)


def multiplied(x, positions, base):
    angles = angles_of(positions, x.shape[-1], base)
    return x * np.stack([np.cos(angles), np.sin(angles)], axis=-1).reshape(len(positions), -1)


def a_speed_a_column(x, positions, base):
    d_head = x.shape[-1]
    angles = np.asarray(positions)[:, None] * base ** (-np.arange(d_head // 2) / d_head)
    return by_angles(x, angles)


def two_angles_a_pair(x, positions, base):
    d_head = x.shape[-1]
    angles = np.asarray(positions)[:, None] * base ** (-np.arange(d_head) / d_head)
    return x * np.cos(angles) + partners(x) * np.sin(angles)


def partners(x):
    return np.stack([-x[..., 1::2], x[..., 0::2]], axis=-1).reshape(x.shape)


def partners_from_halves(x, positions, base):
    angles = np.repeat(angles_of(positions, x.shape[-1], base), 2, axis=-1)
    a, b = np.split(x, 2, axis=-1)
    return x * np.cos(angles) + np.concatenate([-b, a], axis=-1) * np.sin(angles)


def angles_of_halves(x, positions, base):
    angles = np.tile(angles_of(positions, x.shape[-1], base), 2)
    return x * np.cos(angles) + partners(x) * np.sin(angles)


def all_heads_wide(x, positions, base):
    d_head, width = x.shape[-1], x.shape[1] * x.shape[-1]
    angles = np.asarray(positions)[:, None] * base ** (-np.arange(0, d_head, 2) / width)
    return by_angles(x, angles)


def sine_for_cosine(x, positions, base):
    return by_angles(x, np.pi / 2 - angles_of(positions, x.shape[-1], base))


def without_pairs(x, positions, base):
    angles = angles_of(positions, x.shape[-1], base)
    return x * np.cos(angles) - x * np.sin(angles)


SLIPS = (
    Slip(
        "counted from 0",
        lambda x, positions, base: rotate(x, np.arange(x.shape[-2]), base),
        "It counts the places itself, from 0. A piece of a longer text starts elsewhere, and "
        "`positions` says where.",
    ),
    Slip(
        "counted from the first",
        lambda x, positions, base: rotate(x, positions - positions[0], base),
        "It counts from the first of the positions. Distances are the same, and so would the "
        "scores be; but what was asked for is each position as it is.",
    ),
    Slip(
        "10,000 written in",
        lambda x, positions, base: rotate(x, positions, 10_000.0),
        "Right where the base is 10,000. Here another one is handed over.",
    ),
    Slip(
        "two angles a pair",
        two_angles_a_pair,
        "The two numbers of a pair are turned by two different angles. A pair is one arrow, and "
        "has one speed.",
    ),
    Slip(
        "partners from halves",
        partners_from_halves,
        "The angles are those of neighbours, but each number meets a partner half the width away.",
    ),
    Slip(
        "angles of halves",
        angles_of_halves,
        "The partners are neighbours, but the angles come in the order of halves: 0, 1, 2, 0, 1, 2. "
        "In which order do neighbours want them?",
    ),
    Slip(
        "as wide as all heads",
        all_heads_wide,
        "The exponents are divided by the width of all heads together. Each head has a row of "
        "clocks of its own.",
    ),
    Slip(
        "sine for cosine",
        sine_for_cosine,
        "Sine and cosine have changed places. At position 0 nothing should turn.",
    ),
    Slip(
        "without pairs",
        without_pairs,
        "There is an angle for each pair, and `x` has a number for each column, so the two do not "
        "fit. What are the first numbers of all pairs, and what the second?",
    ),
    Slip(
        "backwards",
        backwards,
        "It turns the other way round. Scores would come out the same as long as queries and "
        "keys both did; but $(1, 0)$ turned by 90 degrees is $(0, 1)$.",
    ),
    Slip(
        "mirrored",
        mirrored,
        "A sign is wrong, so that lengths change. A rotation keeps them: check it on $(1, 1)$.",
    ),
    Slip(
        "one speed for all",
        lambda x, positions, base: by_angles(x, np.asarray(positions)[:, None] * 1.0),
        "All the pairs turn at the speed of the first. Each has its own.",
    ),
    Slip(
        "the 2 forgotten",
        a_speed_a_column,
        "The speeds fall half as fast as they should: the exponents stop halfway to −1.",
    ),
    Slip(
        "halves",
        halves,
        "That pairs column $c$ with column $c + d/2$. Many models do; here the neighbours are "
        "asked for, columns 0 and 1, 2 and 3, and so on.",
    ),
    Slip(
        "put back elsewhere",
        side_by_side,
        "The pairs are turned rightly and then put back in other places: all first numbers "
        "in front, all second ones behind. Where were they cut from?",
    ),
    Slip(
        "one after the other",
        one_after_the_other,
        "The second number of each pair is made from the *new* first one. `a` is a window on the "
        "array into which you write, not a copy.",
    ),
    Slip(
        "into x",
        into_x,
        "The numbers are right, but they have been written into `x`, and the caller's queries are "
        "gone.",
    ),
    Slip(
        "into x, one after the other",
        into_x_one_by_one,
        "It writes into `x` while it still reads from it: the second number of each pair is made "
        "from the *new* first one, and the caller's queries are gone.",
    ),
    Slip(
        "added",
        added,
        "Sines and cosines are added, as in the sinusoidal table. Rotary positions add nothing: "
        "they turn.",
    ),
    Slip(
        "multiplied",
        multiplied,
        "Each number is multiplied by itself alone. When a pair turns, each new number needs both "
        "old ones.",
    ),
    Slip(
        "an angle for every column",
        an_angle_a_column,
        "There are as many angles as columns, and they do not fit the halves. A pair has one angle; "
        "how many pairs are there?",
    ),
    Slip(
        "positions in a row",
        positions_in_a_row,
        "Positions and speeds do not multiply: both lie along the same axis. A table of angles has a "
        "row for each position.",
    ),
    Slip(
        "degrees",
        lambda x, positions, base: by_angles(
            x, np.radians(angles_of(positions, x.shape[-1], base))
        ),
        "Too slow by a factor of 57: that is an angle taken for degrees.",
    ),
    Slip(
        "along the heads",
        lambda x, positions, base: np.swapaxes(rotate(np.swapaxes(x, 1, 2), positions, base), 1, 2),
        "The angles do not fit: they run along the heads. Along which axis of "
        "`(B, n_heads, T, d_head)` do the positions lie?",
    ),
)


def by_complex_numbers(x, positions, base):
    turns = np.exp(1j * angles_of(positions, x.shape[-1], base))
    turned = (x[..., 0::2] + 1j * x[..., 1::2]) * turns
    return np.stack([turned.real, turned.imag], axis=-1).reshape(x.shape)


def by_matrices(x, positions, base):
    d_head = x.shape[-1]
    turns = np.zeros((len(positions), d_head, d_head))
    for t, position in enumerate(positions):
        for c in range(0, d_head, 2):
            angle = position * base ** (-c / d_head)
            turns[t, c : c + 2, c] = np.cos(angle), np.sin(angle)
            turns[t, c : c + 2, c + 1] = -np.sin(angle), np.cos(angle)
    return np.einsum("tij,bhtj->bhti", turns, x)


def by_the_library(x, positions, base):
    import torch

    from minigpt.positions import rotary_angles
    from minigpt.positions import rotate as turn

    angles = rotary_angles(torch.tensor(positions), x.shape[-1], base)
    return turn(torch.tensor(x), *angles, pairs="interleaved")


def by_partners(x, positions, base):
    angles = np.repeat(angles_of(positions, x.shape[-1], base), 2, axis=-1)
    return x * np.cos(angles) + partners(x) * np.sin(angles)


RIGHT = (
    Variant("complex numbers", by_complex_numbers),
    Variant("a matrix a position", by_matrices),
    Variant("the library's", by_the_library),
    Variant("each with its partner", by_partners),
)


def one_case(seed, B, n_heads, d_head, positions, base):
    x = np.random.default_rng(seed).normal(size=(B, n_heads, len(positions), d_head))
    return Case((x, np.array(positions), base), ("B n_heads T d_head", "T", None))


CASES = (
    one_case(7, 2, 3, 6, [3, 4, 5, 6, 7], 100.0),
    one_case(8, 3, 5, 8, [0, 9, 2, 4], 10_000.0),
)


def lengths_stay(args, values):
    """Say whether a pair has become longer or shorter; values and x have shape (..., d_head)."""
    before, after = (
        np.sqrt(z[..., 0::2] ** 2 + z[..., 1::2] ** 2) for z in (args[0], values["turned"])
    )
    wrong = np.abs(after - before) > 1e-2
    if not wrong.any():
        return None
    return f"A pair {before[wrong][0]:.3f} long is {after[wrong][0]:.3f} long afterwards."


EXERCISE = Exercise(
    id="10.2",
    title="Turn it",
    name="rotate",
    minutes=25,
    difficulty="Middling",
    reference=rotate,
    returns=("turned",),
    cases=CASES,
    slips=SLIPS,
    right=RIGHT,
    hints=ROTATE,
    invariants=(lengths_stay,),
    notice="no number of it knows about another word. Position enters before any query meets a key.",
)
