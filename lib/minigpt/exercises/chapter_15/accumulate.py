"""15.4, a batch in parts: `accumulate`."""

import numpy as np

from minigpt.exercises.chapter_15.hints import ACCUMULATE
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant

IGNORE = -100


def accumulate(mean_gradient, x, targets, sizes):
    total = n = start = 0
    for size in sizes:
        rows = slice(start, start + size)
        counted = (targets[rows] != -100).sum()
        if counted > 0:
            total = total + counted * mean_gradient(x[rows], targets[rows])
        n, start = n + counted, start + size
    return total / n


def parts(x, targets, sizes):
    cuts = np.cumsum(sizes)[:-1]
    return list(zip(np.split(x, cuts), np.split(targets, cuts), strict=True))


def counts(targets):
    return (targets != IGNORE).sum()


def weighed(weight, divide, skip=False):
    """Add up the parts' gradients, each by its weight, and divide the sum."""

    def total(mean_gradient, x, targets, sizes):
        pieces = parts(x, targets, sizes)
        some = [(a, b) for a, b in pieces if counts(b)] if skip else pieces
        made = sum(weight(b) * mean_gradient(a, b) for a, b in some)
        return made / divide([b for _, b in some], targets)

    return total


def one(_):
    return 1


def how_many(pieces, _):
    return len(pieces)


def all_that_count(_, targets):
    return counts(targets)


def all_parts_counted(weight):
    """Leave the empty part out of the sum, and count it among the parts."""

    def divided(mean_gradient, x, targets, sizes):
        some = [(a, b) for a, b in parts(x, targets, sizes) if counts(b)]
        return sum(weight(b) * mean_gradient(a, b) for a, b in some) / len(sizes)

    return divided


def until_empty(mean_gradient, x, targets, sizes):
    total = n = 0
    for a, b in parts(x, targets, sizes):
        if not counts(b):
            break
        total, n = total + counts(b) * mean_gradient(a, b), n + counts(b)
    return total / n


def stays_at_the_empty(mean_gradient, x, targets, sizes):
    total = n = start = 0
    for size in sizes:
        a, b = x[start : start + size], targets[start : start + size]
        if not counts(b):
            continue
        start += size
        total, n = total + counts(b) * mean_gradient(a, b), n + counts(b)
    return total / n


def positive_ones(mean_gradient, x, targets, sizes):
    total = n = 0
    for a, b in parts(x, targets, sizes):
        if (b > 0).any():
            total, n = total + (b > 0).sum() * mean_gradient(a, b), n + (b > 0).sum()
    return total / n


def last_part(mean_gradient, x, targets, sizes):
    for a, b in parts(x, targets, sizes):
        gradient = mean_gradient(a, b)
    return gradient


def first_rows(mean_gradient, x, targets, sizes):
    total, n = 0, 0
    for size in sizes:
        counted = counts(targets[:size])
        total, n = total + counted * mean_gradient(x[:size], targets[:size]), n + counted
    return total / n


def running_mean(mean_gradient, x, targets, sizes):
    mean = 0
    for a, b in parts(x, targets, sizes):
        mean = (mean + mean_gradient(a, b)) / 2
    return mean


SLIPS = (
    Slip(
        "the mean of the means",
        weighed(one, how_many),
        "You take the mean of the parts' means. A part of two answers then weighs as much as one "
        "of seven.",
    ),
    Slip(
        "the mean of the means, without the empty",
        weighed(one, how_many, skip=True),
        "The part without answers is left out, rightly; but of the others, each weighs the same, "
        "however many answers it has.",
    ),
    Slip(
        "the mean of the means, the empty counted",
        all_parts_counted(one),
        "The mean of the parts' means, and the part without answers counts as one of them. "
        "Does a part have a say, or an answer?",
    ),
    Slip(
        "the sum of the means",
        weighed(one, lambda _, targets: 1),
        "The parts' means are added up and never divided: with more parts the step gets longer.",
    ),
    Slip(
        "the sum of the means, without the empty",
        weighed(one, lambda _, targets: 1, skip=True),
        "The empty part is left out, and the means of the others are added up as they are. "
        "A sum of means is no mean.",
    ),
    Slip(
        "weighed by rows",
        weighed(len, lambda _, targets: len(targets)),
        "Each part weighs by its number of rows, and not all rows have an answer that counts.",
    ),
    Slip(
        "weighed by rows, without the empty",
        weighed(len, lambda some, _: sum(map(len, some)), skip=True),
        "The empty part is left out, but in the others you count the rows with -100 as well.",
    ),
    Slip(
        "divided by all rows",
        weighed(counts, lambda _, targets: len(targets), skip=True),
        "You divide by the number of rows. Those with -100 have added nothing to the sum.",
    ),
    Slip(
        "nothing times no number",
        weighed(counts, all_that_count),
        "Right until a part has no answer that counts: its mean is no number (nan), and 0 times "
        "nan is nan.",
    ),
    Slip(
        "never divided",
        weighed(counts, lambda _, targets: 1, skip=True),
        "That is the gradient of the *sum* of all losses. One division is missing.",
    ),
    Slip(
        "divided by the parts",
        weighed(counts, how_many, skip=True),
        "You weigh each part by its answers, and then divide by the number of parts.",
    ),
    Slip(
        "divided by all the parts",
        all_parts_counted(counts),
        "The sum of the gradients is right, and is divided by the number of parts. It is a sum "
        "over how many answers?",
    ),
    Slip(
        "over at the empty part",
        until_empty,
        "Right until a part has no answer that counts: there you stop, and the parts after it "
        "are never seen.",
    ),
    Slip(
        "never past the empty part",
        stays_at_the_empty,
        "After the part without answers you go on from where it began: its rows come once more, "
        "and the last rows never.",
    ),
    Slip(
        "only targets above 0",
        positive_ones,
        "You leave out the targets that are 0. That is a token like any other; only -100 counts "
        "for nothing.",
    ),
    Slip(
        "the last part",
        last_part,
        "That is the gradient of the last part: each one has overwritten the one before.",
    ),
    Slip(
        "always the first rows",
        first_rows,
        "Each part begins at row 0. Where does the second begin?",
    ),
    Slip(
        "halved each time",
        running_mean,
        "The mean of the last mean and the new part: so the last part weighs a half, the one "
        "before it a quarter.",
    ),
    Slip(
        "all at once",
        lambda mean_gradient, x, targets, sizes: mean_gradient(x, targets),
        "All rows at once do not fit. That is what the parts are for.",
    ),
)


def nothing_for_nan(mean_gradient, x, targets, sizes):
    made = [np.nan_to_num(mean_gradient(a, b)) * counts(b) for a, b in parts(x, targets, sizes)]
    return np.sum(made, axis=0) / counts(targets)


def row_by_row(mean_gradient, x, targets, sizes):
    kept = np.flatnonzero(targets != IGNORE)
    return np.mean([mean_gradient(x[[i]], targets[[i]]) for i in kept], axis=0)


def a_running_mean(mean_gradient, x, targets, sizes):
    mean, n = 0, 0
    for a, b in parts(x, targets, sizes):
        if new := counts(b):
            n += new
            mean = mean + (mean_gradient(a, b) - mean) * new / n
    return mean


def by_average(mean_gradient, x, targets, sizes):
    some = [(a, b) for a, b in parts(x, targets, sizes) if (b >= 0).any()]
    return np.average(
        [mean_gradient(a, b) for a, b in some], axis=0, weights=[counts(b) for _, b in some]
    )


RIGHT = (
    Variant("nan made nothing", nothing_for_nan),
    Variant("row by row", row_by_row),
    Variant("a running mean", a_running_mean),
    Variant("np.average", by_average),
)


def gradient_with_room_for(most, w):
    """A softmax layer's mean gradient over the rows that count; nan where there are none."""

    def mean_gradient(x, targets):
        if len(x) > most:
            raise MemoryError(f"{len(x)} rows, and there is room for {most}")
        kept = targets != IGNORE
        raised = np.exp(x[kept] @ w)
        error = raised / raised.sum(axis=1, keepdims=True)
        error[np.arange(kept.sum()), targets[kept]] -= 1
        return x[kept].T @ error / kept.sum() if kept.any() else np.full(w.shape, np.nan)

    return mean_gradient


def batch(sizes, without, seed, d_in=3, vocab_size=4):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(sum(sizes), d_in))
    targets = rng.integers(vocab_size, size=len(x))
    targets[list(without)] = IGNORE
    function = gradient_with_room_for(max(sizes), rng.normal(size=(d_in, vocab_size)))
    return Case((function, x, targets, sizes), (None, "n_rows d_in", "n_rows", None))


EXERCISE = Exercise(
    id="15.4",
    title="A batch in parts",
    name="accumulate",
    minutes=40,
    difficulty="An evening's thought",
    reference=accumulate,
    returns=("gradient",),
    cases=(
        batch([2, 7, 4], (), 15),
        batch([5, 2, 6], (0, 1, 2, 8, 12), 16, d_in=4, vocab_size=3),
        batch([4, 3, 8, 2], (1, 4, 5, 6, 10, 16), 17, d_in=5, vocab_size=6),
    ),
    slips=SLIPS,
    right=RIGHT,
    hints=ACCUMULATE,
    notice="what is averaged is answers, and not parts. With equal parts and nothing left out "
    "the mean of the means is the same, which is why the mistake lives so long.",
)
