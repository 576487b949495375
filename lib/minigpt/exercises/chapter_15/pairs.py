"""15.1, shift the targets: `pairs`."""

import numpy as np

from minigpt.exercises.chapter_15.hints import PAIRS
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def pairs(stream, T):
    n = (len(stream) - 1) // T
    tokens = stream[: n * T].reshape(n, T)
    targets = stream[1 : n * T + 1].reshape(n, T)
    return tokens, targets


def whole(stream, T):
    """Windows of the stream itself, as many as fit."""
    n = len(stream) // T
    return stream[: n * T].reshape(n, T)


def no_shift(stream, T):
    tokens, _ = pairs(stream, T)
    return tokens, tokens.copy()


def no_shift_of_all(stream, T):
    return whole(stream, T), whole(stream, T).copy()


def twice(stream, T):
    n = (len(stream) - 2) // T
    return stream[: n * T].reshape(n, T), stream[2 : n * T + 2].reshape(n, T)


def rolled_rows(stream, T):
    rows = whole(stream, T)
    return rows, np.roll(rows, -1, axis=1)


def answered_rows_rolled(stream, T):
    tokens, _ = pairs(stream, T)
    return tokens, np.roll(tokens, -1, axis=1)


def rolled_stream(stream, T):
    return whole(stream, T), whole(np.roll(stream, -1), T)


def cut_then_shifted(stream, T):
    rows = whole(stream, T)
    return rows[:, :-1], rows[:, 1:]


def longer_rows(stream, T):
    rows = whole(stream, T + 1)
    return rows[:, :-1], rows[:, 1:]


def every_start(stream, T):
    rows = np.lib.stride_tricks.sliding_window_view(stream, T + 1)
    return rows[:, :-1], rows[:, 1:]


def next_window(stream, T):
    rows = whole(stream, T)
    return rows[:-1], rows[1:]


def one_answer(stream, T):
    tokens, targets = pairs(stream, T)
    return tokens, targets[:, -1]


def columns(stream, T):
    n = (len(stream) - 1) // T
    return tuple(piece.reshape(T, n).T for piece in (stream[: n * T], stream[1 : n * T + 1]))


def filled_up(stream, T):
    n = -(-(len(stream) - 1) // T)
    tokens, targets = stream[:-1], stream[1:]
    fill = (0, n * T - len(tokens))
    return tuple(np.pad(piece, fill).reshape(n, T) for piece in (tokens, targets))


def one_too_many(stream, T):
    n = len(stream) // T
    return stream[: n * T].reshape(n, T), stream[1 : n * T + 1].reshape(n, T)


def one_too_many_counted(stream, T):
    n = len(stream) // T
    return stream[: n * T].reshape(-1, T), stream[1 : n * T + 1].reshape(-1, T)


SLIPS = (
    Slip(
        "no shift",
        no_shift,
        "Each token is its own answer. A model learns that in a few steps, and has learned to copy: "
        "what should it say at a token?",
    ),
    Slip(
        "no shift, all tokens",
        no_shift_of_all,
        "Each token is its own answer: such a model need only copy. And of how many tokens is "
        "the next one known?",
    ),
    Slip(
        "shifted backwards",
        lambda stream, T: pairs(stream, T)[::-1],
        "The answers come one place *before* the tokens: the model would be asked what was, "
        "not what comes.",
    ),
    Slip(
        "shifted twice",
        twice,
        "Each answer is the token after the next. Is there one shift too many?",
    ),
    Slip(
        "rolled inside the rows",
        rolled_rows,
        "At the end of each row the answer is the row's own first token. What follows the last "
        "token of a row, in the stream?",
    ),
    Slip(
        "rolled inside the rows that have answers",
        answered_rows_rolled,
        "Each row is turned round in itself, so that its last token is answered by its first. "
        "Where in the stream is that answer?",
    ),
    Slip(
        "rolled round the stream",
        rolled_stream,
        "It is right until the stream ends: there the answer to the last token is the first of "
        "all, as if the text went round in a circle.",
    ),
    Slip(
        "cut, then shifted",
        cut_then_shifted,
        "The windows are a token short: you cut first, and then had nothing to answer the last "
        "token of each row with.",
    ),
    Slip(
        "rows of T + 1, side by side",
        longer_rows,
        "Your rows have T tokens and their answers, but between one row and the next an answer is "
        "lost. Every token but the first should be one.",
    ),
    Slip(
        "every start",
        every_start,
        "A window begins at every token, so that most answers come T times. Each is wanted once.",
    ),
    Slip(
        "the next window",
        next_window,
        "Each answer is T tokens ahead: the windows were shifted, and not the tokens.",
    ),
    Slip(
        "one answer a window",
        one_answer,
        "There is one answer a window. Each of its tokens has one: that is what makes training "
        "on whole texts so cheap.",
    ),
    Slip(
        "down the columns",
        columns,
        "The stream runs down the columns. A row should be T tokens that follow one another.",
    ),
    Slip(
        "filled up",
        filled_up,
        "The last window is filled up with zeros, and zero is a token like any other. "
        "Here, what does not fill a window is left out.",
    ),
    Slip(
        "one window too many",
        one_too_many,
        "When the stream is cut without a rest, the last window has no answer to its last token. "
        "How many tokens can be answers at all?",
    ),
    Slip(
        "one window too many, counted by reshape",
        one_too_many_counted,
        "Where the stream divides without a rest, tokens and answers are not equally many. "
        "One token less is there to be shared out.",
    ),
)


def with_loops(stream, T):
    tokens, targets = [], []
    for start in range(0, len(stream) - T, T):
        tokens.append([stream[start + t] for t in range(T)])
        targets.append([stream[start + t + 1] for t in range(T)])
    return tokens, targets


def overlapping(stream, T):
    rows = np.lib.stride_tricks.sliding_window_view(stream, T + 1)[::T]
    return rows[:, :-1], rows[:, 1:]


def by_torch(stream, T):
    import torch

    rows = torch.as_tensor(stream).unfold(0, T + 1, T)
    return rows[:, :-1], rows[:, 1:]


def by_index(stream, T):
    places = np.arange((len(stream) - 1) // T)[:, None] * T + np.arange(T)
    return stream[places], stream[places + 1]


RIGHT = (
    Variant("loops", with_loops),
    Variant("rows that overlap by one", overlapping),
    Variant("torch's unfold", by_torch),
    Variant("an array of places", by_index),
)


def stream_of(n_tokens, T, seed):
    stream = np.random.default_rng(seed).integers(1, 90, size=n_tokens)
    return Case((stream, T), ("n_tokens", None))


EXERCISE = Exercise(
    id="15.1",
    title="Shift the targets",
    name="pairs",
    minutes=15,
    difficulty="Within reach",
    reference=pairs,
    returns=("tokens", "targets"),
    cases=(stream_of(23, 5, 15), stream_of(22, 7, 16), stream_of(24, 6, 17)),
    slips=SLIPS,
    right=RIGHT,
    hints=PAIRS,
    notice="two views of one stream, a token apart. Where a row ends, its last answer is the next "
    "row's first token.",
)
