"""10.1, a row of clocks: `sinusoids`."""

import numpy as np

from minigpt.exercises.chapter_10.hints import SINUSOIDS
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def sinusoids(T, d_model, base):
    speeds = base ** (-np.arange(0, d_model, 2) / d_model)
    angles = np.arange(T)[:, None] * speeds
    table = np.zeros((T, d_model))
    table[:, 0::2] = np.sin(angles)
    table[:, 1::2] = np.cos(angles)
    return table


def angles_of(T, d_model, base):
    return np.arange(T)[:, None] * base ** (-np.arange(0, d_model, 2) / d_model)


def filled(even, odd):
    return np.stack([even, odd], axis=-1).reshape(len(even), -1)


def of_angles(angles):
    return filled(np.sin(angles), np.cos(angles))


def side_by_side(T, d_model, base):
    angles = angles_of(T, d_model, base)
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=-1)


def a_speed_a_column(T, d_model, base):
    angles = np.arange(T)[:, None] * base ** (-np.arange(d_model) / d_model)
    return np.where(np.arange(d_model) % 2 == 0, np.sin(angles), np.cos(angles))


def positions_in_a_row(T, d_model, base):
    return of_angles(np.arange(T) * base ** (-np.arange(0, d_model, 2) / d_model))


def half_the_speeds(T, d_model, base):
    speeds = base ** (-np.arange(d_model // 2) / d_model)
    return of_angles(np.arange(T)[:, None] * speeds)


def twice_the_exponent(T, d_model, base):
    columns = np.arange(0, d_model, 2)
    return of_angles(np.arange(T)[:, None] * base ** (-2 * columns / d_model))


def each_its_own_speed(T, d_model, base):
    angles = np.arange(T)[:, None] * base ** (-2 * np.arange(d_model) / d_model)
    return np.where(np.arange(d_model) % 2 == 0, np.sin(angles), np.cos(angles))


def too_wide(T, d_model, base):
    angles = np.arange(T)[:, None] * base ** (-2 * np.arange(d_model) / d_model)
    return of_angles(angles)


def sines_in_all_columns(T, d_model, base):
    return np.sin(np.arange(T)[:, None] * base ** (-np.arange(d_model) / d_model))


def whole_exponents(T, d_model, base):
    return of_angles(np.arange(T)[:, None] * base ** (-np.arange(0, d_model, 2) // d_model))


def to_the_very_end(T, d_model, base):
    return of_angles(np.arange(T)[:, None] * base ** -np.linspace(0, 1, d_model // 2))


SLIPS = (
    Slip(
        "sines and cosines side by side",
        side_by_side,
        "The right numbers in another order: all the sines first, then all the cosines. Here the "
        "two of one clock stand side by side.",
    ),
    Slip(
        "cosine first",
        lambda T, d_model, base: filled(
            np.cos(angles_of(T, d_model, base)), np.sin(angles_of(T, d_model, base))
        ),
        "Sine and cosine have changed places. What should place 0 be: 0, 1, 0, 1 … or "
        "1, 0, 1, 0 …?",
    ),
    Slip(
        "a speed for each column",
        a_speed_a_column,
        "Sine and cosine of a pair turn at two different speeds. A clock's hand has two "
        "coordinates and one speed.",
    ),
    Slip(
        "a speed for each column, doubled",
        each_its_own_speed,
        "The exponent counts columns where it should count pairs, so that the two of a pair turn "
        "at different speeds. In $-2c / d$, what does $c$ count?",
    ),
    Slip(
        "twice too wide",
        too_wide,
        "There is a clock for each column, and so twice as many columns as there should be. "
        "How many columns does one clock take?",
    ),
    Slip(
        "the 2 forgotten",
        half_the_speeds,
        "The speeds fall half as fast as they should: the exponents stop halfway to −1. "
        "Column pair $c$ begins at column $2c$.",
    ),
    Slip(
        "the 2 twice",
        twice_the_exponent,
        "The speeds fall twice as fast as they should. If you count the columns in steps of 2, the "
        "2 is in them already.",
    ),
    Slip(
        "sign of the exponent",
        lambda T, d_model, base: of_angles(
            np.arange(T)[:, None] * base ** (np.arange(0, d_model, 2) / d_model)
        ),
        "The later clocks run faster and faster. Which clock is meant to be the fastest?",
    ),
    Slip(
        "positions from 1",
        lambda T, d_model, base: of_angles(angles_of(T + 1, d_model, base)[1:]),
        "The first row belongs to place 0. Yours has been running for one place already.",
    ),
    Slip(
        "positions in a row",
        positions_in_a_row,
        "Places and speeds do not multiply: both lie along the same axis. A table of angles has "
        "a row for each place.",
    ),
    Slip(
        "degrees",
        lambda T, d_model, base: of_angles(np.radians(angles_of(T, d_model, base))),
        "Too slow by a factor of 57: that is an angle taken for degrees. NumPy's `sin` wants "
        "radians, and radians they are.",
    ),
    Slip(
        "turned round",
        lambda T, d_model, base: of_angles(angles_of(T, d_model, base)).T,
        "The places lie along the columns. Where does a place's vector lie, to be added to a word?",
    ),
    Slip(
        "sines alone",
        lambda T, d_model, base: filled(*(2 * [np.sin(angles_of(T, d_model, base))])),
        "Both columns of a pair hold the sine. A sine alone takes most values twice in a turn; "
        "what tells the two apart?",
    ),
    Slip(
        "sines in all columns",
        sines_in_all_columns,
        "All columns are sines. A hand has two coordinates: how far it points to the right, and "
        "how far up.",
    ),
    Slip(
        "whole exponents",
        whole_exponents,
        "The exponents are whole numbers: `//` throws away what stands behind the decimal point.",
    ),
    Slip(
        "to the very end",
        to_the_very_end,
        "The exponents run all the way to −1, as in some published code. Those of $-2c / d$ stop "
        "one step before it.",
    ),
    Slip(
        "10,000 written in",
        lambda T, d_model, base: of_angles(angles_of(T, d_model, 10_000.0)),
        "Right where the base is 10,000. Here another one is handed over.",
    ),
)


def by_loops(T, d_model, base):
    import math

    table = []
    for position in range(T):
        angles = [position / base ** (column / d_model) for column in range(0, d_model, 2)]
        table.append([f(angle) for angle in angles for f in (math.sin, math.cos)])
    return table


def by_the_library(T, d_model, base):
    import torch

    from minigpt.positions import sinusoidal

    return sinusoidal(torch.arange(T), d_model, base)


def by_complex_numbers(T, d_model, base):
    turns = np.exp(1j * angles_of(T, d_model, base))
    return filled(turns.imag, turns.real)


def by_adding_up(T, d_model, base):
    speeds = np.exp(-np.log(base) * np.arange(d_model // 2) / (d_model // 2))
    angles = np.cumsum(np.tile(speeds, (T, 1)), axis=0) - speeds
    return np.sin(np.repeat(angles, 2, axis=1) + np.arange(d_model) % 2 * np.pi / 2)


RIGHT = (
    Variant("loops and lists", by_loops),
    Variant("the library's", by_the_library),
    Variant("complex numbers", by_complex_numbers),
    Variant("sines, a quarter turn apart", by_adding_up),
)

EXERCISE = Exercise(
    id="10.1",
    title="A row of clocks",
    name="sinusoids",
    minutes=15,
    difficulty="Within reach",
    reference=sinusoids,
    returns=("table",),
    cases=tuple(Case(args, (None, None, None)) for args in ((7, 6, 100.0), (5, 8, 10_000.0))),
    slips=SLIPS,
    right=RIGHT,
    hints=SINUSOIDS,
    notice="nothing in it was learned, and nothing in it knows how long a text may be.",
)
