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


def end_left_in(rows, start, end, pad):
    width = max(map(len, rows)) + 1
    return filled([[start, *row, end] for row in rows], pad)[:, :width], teach(rows, start, end, 0)[
        1
    ]


def end_last(rows, start, end, pad):
    seen, due = teach(rows, start, end, pad)
    due = np.where(due == end, -100, due)
    due[:, -1] = end
    return seen, due


def too_narrow(rows, start, end, pad):
    width = max(map(len, rows))
    seen, due = np.full((len(rows), width), pad), np.full((len(rows), width), -100)
    for n, row in enumerate(rows):
        seen[n, : len(row) + 1] = [start, *row]
        due[n, : len(row) + 1] = [*row, end]
    return seen, due


SLIPS = (
    Slip(
        "start forgotten",
        lambda rows, start, end, pad: (
            filled([*rows, [pad] * (max(map(len, rows)) + 1)], pad)[:-1],
            teach(rows, start, end, pad)[1],
        ),
        "What is seen does not begin with the start. What is the decoder shown when it is to give "
        "the first token?",
    ),
    Slip(
        "the end left in",
        end_left_in,
        "In the shorter sentences the end is among what is seen. Nothing is due there, so it would "
        "do no harm; but nobody needs it, and what is seen is to be filled with `pad`.",
    ),
    Slip(
        "the end in the last column",
        end_last,
        "The end is due in the last column for every sentence, however short. After which token "
        "should the decoder stop?",
    ),
    Slip(
        "exchanged",
        lambda *args: teach(*args)[::-1],
        "The two tables are there, the other way round: what is seen comes first.",
    ),
    Slip(
        "one place too narrow",
        too_narrow,
        "There is no room for the longest sentence together with its start, or its end. How wide "
        "must the tables be?",
    ),
    Slip(
        "one place too narrow, cut off",
        lambda *args: tuple(table[:, :-1] for table in teach(*args)),
        "The tables are as wide as the longest sentence, and so its end is lost. How wide must "
        "they be?",
    ),
    Slip(
        "rows of different lengths",
        lambda rows, start, end, pad: np.array([[start, *row] for row in rows]),
        "The sentences have different lengths, and the rows of an array have one. Fill them up "
        "before you make it.",
    ),
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
    ([[5, 8, 6], [9], [4, 4, 7, 3, 5], [3, 6]], 1, 2, 0),
    ([[0, 3], [2, 5, 1, 0], [4]], 7, 9, 9),  # GPT-2 has no filling of its own: its end serves
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
