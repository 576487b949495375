"""11.3, one place apart: `teach`."""

import numpy as np

from minigpt.exercises.chapter_11.hints import TEACH
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def teach(rows, start, end, pad):
    width = max(len(row) for row in rows) + 1
    seen = np.full((len(rows), width), pad)
    due = np.full((len(rows), width), -100)
    for n, row in enumerate(rows):
        seen[n, : len(row) + 1] = [start, *row]
        due[n, : len(row) + 1] = [*row, end]
    return seen, due


def filled(rows, pad):
    width = max(map(len, rows))
    return np.array([[*row, *[pad] * (width - len(row))] for row in rows])


def written(seen, due, fill=-100):
    """An answer from two functions of (row, start, end), filled up with `pad` and `fill`."""

    def answer(rows, start, end, pad):
        above = [seen(list(row), start, end) for row in rows]
        below = [due(list(row), start, end) for row in rows]
        return filled(above, pad), filled(below, pad if fill is None else fill)

    return answer


def started(row, start, end):
    return [start, *row]


def ended(row, start, end):
    return [*row, end]


def both(row, start, end):
    return [start, *row, end]


def rolled(rows, start, end, pad):
    due = filled([[*row, end] for row in rows], pad)
    return np.roll(due, 1, axis=1), np.where(due == pad, -100, due)


SLIPS = (
    Slip(
        "not shifted",
        written(ended, ended),
        "Both rows are the same: at each place the decoder is shown the very token that it is to "
        "give. It would learn to copy, and have nothing to copy when it writes.",
    ),
    Slip(
        "both with start and end",
        written(both, both),
        "Both have a start and an end, so they stand level and not one place apart. Which of the "
        "two does the decoder see, and which is it to give?",
    ),
    Slip(
        "the wrong way",
        written(ended, started),
        "They are one place apart, the wrong way: the decoder sees a word and is to give the one "
        "before it.",
    ),
    Slip(
        "no end",
        written(started, lambda row, start, end: [*row, -100]),
        "Nothing is due after the last word. How would the decoder learn to stop?",
    ),
    Slip(
        "end among what is seen",
        written(both, lambda row, start, end: [*row, end, -100]),
        "The end is shown to the decoder as well, and nothing is due there. What could follow the "
        "end?",
    ),
    Slip(
        "filling is due",
        written(started, ended, fill=None),
        "The filling is due too, so the loss rewards writing filling, and mostly measures that. "
        "−100 is what the loss leaves out.",
    ),
    Slip(
        "−100 is seen",
        lambda rows, start, end, pad: tuple(
            filled([f(list(row), start, end) for row in rows], -100) for f in (started, ended)
        ),
        "The decoder is shown −100, and no table of embeddings has such a row. What it sees is "
        "filled with `pad`.",
    ),
    Slip(
        "rolled",
        rolled,
        "The sentences are rolled round: what drops out behind comes in again in front, where the "
        "start should stand.",
    ),
    Slip(
        "filled on the left",
        lambda rows, start, end, pad: tuple(
            filled([f(list(row), start, end)[::-1] for row in rows], fill)[:, ::-1]
            for f, fill in ((started, pad), (ended, -100))
        ),
        "The filling stands in front, so that short sentences begin late. Behind, the causal mask "
        "hides it from every word.",
    ),
    Slip(
        "start is due",
        written(started, lambda row, start, end: [start, *row]),
        "What is due is what is seen, the start included. Nobody has to write the start; and "
        "what comes after the last word?",
    ),
)


def by_slices(rows, start, end, pad):
    table = np.array(
        [[start, *row, end, *[pad] * (max(map(len, rows)) - len(row))] for row in rows]
    )
    lengths = np.array([len(row) + 1 for row in rows])
    columns = np.arange(table.shape[1] - 1)
    inside = columns < lengths[:, None]
    return np.where(inside, table[:, :-1], pad), np.where(inside, table[:, 1:], -100)


def by_lists(rows, start, end, pad):
    most = max(map(len, rows))
    seen = [[start, *row] + [pad] * (most - len(row)) for row in rows]
    due = [[*row, end] + [-100] * (most - len(row)) for row in rows]
    return seen, due


def by_torch(rows, start, end, pad):
    import torch
    from torch.nn.utils.rnn import pad_sequence

    seen = [torch.tensor([start, *row]) for row in rows]
    due = [torch.tensor([*row, end]) for row in rows]
    return pad_sequence(seen, True, pad), pad_sequence(due, True, -100)


RIGHT = (
    Variant("two slices of one table", by_slices),
    Variant("lists", by_lists),
    Variant("torch", by_torch),
)

CASES = (
    ([[5, 8, 6], [9], [4, 4, 7, 3, 5]], 1, 2, 0),
    ([[0, 3], [2, 5, 1, 0]], 7, 8, 9),
)

EXERCISE = Exercise(
    id="11.3",
    title="One place apart",
    name="teach",
    minutes=20,
    difficulty="Middling",
    reference=teach,
    returns=("seen", "due"),
    cases=tuple(Case(args, (None,) * 4) for args in CASES),
    slips=SLIPS,
    right=RIGHT,
    hints=TEACH,
    notice="one pass over a sentence of T words trains T + 1 predictions at once, each as if the words "
    "before it had been written already.",
)
