"""11.4, ask the vector: `probe`."""

import numpy as np

from minigpt.exercises.chapter_11.hints import PROBE
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def probe(x, labels, new_x, new_labels):
    a = np.column_stack([x, np.ones(len(x))])
    new_a = np.column_stack([new_x, np.ones(len(new_x))])
    weights = np.linalg.lstsq(a, labels, rcond=None)[0]
    return np.mean((new_a @ weights > 0.5) == (new_labels > 0.5))


def with_ones(x):
    return np.column_stack([x, np.ones(len(x))])


def fit(a, b):
    return np.linalg.lstsq(a, b, rcond=None)[0]


def right(found, labels, line=0.5):
    return np.mean((found > line) == (labels > 0.5))


def without_offset(x, labels, new_x, new_labels):
    return right(new_x @ fit(x, labels), new_labels)


def without_offset_signs(x, labels, new_x, new_labels):
    return right(new_x @ fit(x, 2 * labels - 1), new_labels, 0)


def on_its_own_data(x, labels, new_x, new_labels):
    return right(with_ones(x) @ fit(with_ones(x), labels), labels)


def on_the_test(x, labels, new_x, new_labels):
    return right(with_ones(new_x) @ fit(with_ones(new_x), new_labels), new_labels)


def on_everything(x, labels, new_x, new_labels):
    a, b = with_ones(np.vstack([x, new_x])), np.concatenate([labels, new_labels])
    return right(with_ones(new_x) @ fit(a, b), new_labels)


def line_at_0(x, labels, new_x, new_labels):
    return right(with_ones(new_x) @ fit(with_ones(x), labels), new_labels, 0)


def errors(x, labels, new_x, new_labels):
    return 1 - probe(x, labels, new_x, new_labels)


def averages(x, labels, new_x, new_labels):
    means = [x[labels == label].mean(axis=0) for label in (0, 1)]
    far = [np.linalg.norm(new_x - mean, axis=1) for mean in means]
    return np.mean((far[1] < far[0]) == (new_labels > 0.5))


def truncated(x, labels, new_x, new_labels):
    found = with_ones(new_x) @ fit(with_ones(x), labels)
    return np.mean(found.astype(int) == new_labels)


def count(x, labels, new_x, new_labels):
    return probe(x, labels, new_x, new_labels) * len(new_labels)


def labels_in_a_column(x, labels, new_x, new_labels):
    found = with_ones(new_x) @ fit(with_ones(x), labels[:, None])
    return np.mean((found > 0.5) == new_labels)


def ones_to_the_old(x, labels, new_x, new_labels):
    return right(new_x @ fit(with_ones(x), labels), new_labels)


def ones_to_the_new(x, labels, new_x, new_labels):
    return right(with_ones(new_x) @ fit(x, labels), new_labels)


def all_that_lstsq_gives(x, labels, new_x, new_labels):
    return right(with_ones(new_x) @ np.linalg.lstsq(with_ones(x), labels, rcond=None), new_labels)


def squares(x, labels, new_x, new_labels):
    return np.mean((with_ones(new_x) @ fit(with_ones(x), labels) - new_labels) ** 2)


SLIPS = (
    Slip(
        "a column against a row",
        labels_in_a_column,
        "The labels stand in a column and the results in a row, or the other way about, and NumPy "
        "compares each with each. Look at the shape of what you take the mean of.",
    ),
    Slip(
        "ones for the old vectors only",
        ones_to_the_old,
        "The probe has a weight more than the new vectors have numbers: they were not given their "
        "one.",
    ),
    Slip(
        "ones for the new vectors only",
        ones_to_the_new,
        "The new vectors have a one behind them, and the probe has no weight for it. What was it "
        "fitted to?",
    ),
    Slip(
        "all that lstsq gives",
        all_that_lstsq_gives,
        "`np.linalg.lstsq` gives four things, of which the weights are the first.",
    ),
    Slip(
        "train and test exchanged",
        lambda x, labels, new_x, new_labels: probe(new_x, new_labels, x, labels),
        "It is fitted to the new vectors and tested on the old: the two have changed places.",
    ),
    Slip(
        "the mean square",
        squares,
        "That is how far off the results are, squared, on average. How often do they lie on the "
        "right side?",
    ),
    Slip(
        "no offset",
        without_offset,
        "The line is forced through the origin: there is no number that belongs to no vector. "
        "Vectors have no reason to be centred on zero.",
    ),
    Slip(
        "no offset, labels of −1 and 1",
        without_offset_signs,
        "With labels of −1 and 1 the line lies at 0, but it is still forced through the origin. "
        "Vectors have no reason to be centred there.",
    ),
    Slip(
        "on its own data",
        on_its_own_data,
        "The accuracy is that on the vectors from which the probe was made. With enough numbers a "
        "vector, it learns those by heart.",
    ),
    Slip(
        "fitted to the test",
        on_the_test,
        "The probe was fitted to the very vectors on which it is tested. What are the others for?",
    ),
    Slip(
        "fitted to everything",
        on_everything,
        "The vectors of the test were among those to which the probe was fitted. Then the test "
        "tells how well it remembers.",
    ),
    Slip(
        "the line at 0",
        line_at_0,
        "Labels of 0 and 1, and everything above 0 is called a 1. Where is the middle between the "
        "two?",
    ),
    Slip(
        "cut off, not rounded",
        truncated,
        "Turning a number into a whole one cuts its decimals off: 0.9 becomes 0. Where is the line "
        "between the two labels?",
    ),
    Slip(
        "errors",
        errors,
        "That is the share that it gets wrong.",
    ),
    Slip(
        "a count",
        count,
        "That is how many it gets right. A share is wanted, between 0 and 1.",
    ),
    Slip(
        "the nearer mean",
        averages,
        "That calls each vector after the nearer of two means. A good classifier, and not the probe "
        "that was asked for: the two differ where the numbers of a vector go together.",
    ),
)


def by_solving(x, labels, new_x, new_labels):
    a = with_ones(x)
    weights = np.linalg.solve(a.T @ a, a.T @ labels)
    return float(np.mean((with_ones(new_x) @ weights >= 0.5) == new_labels.astype(bool)))


def by_signs(x, labels, new_x, new_labels):
    found = with_ones(new_x) @ fit(with_ones(x), 2 * labels - 1)
    return sum(np.sign(found) == 2 * new_labels - 1) / len(new_labels)


def by_centring(x, labels, new_x, new_labels):
    weights = fit(x - x.mean(axis=0), labels - labels.mean())
    return right((new_x - x.mean(axis=0)) @ weights + labels.mean(), new_labels)


def by_torch(x, labels, new_x, new_labels):
    import torch

    a, new_a = (torch.tensor(with_ones(y)) for y in (x, new_x))
    weights = torch.linalg.lstsq(a, torch.tensor(labels, dtype=a.dtype)[:, None]).solution
    return ((new_a @ weights)[:, 0] > 0.5).eq(torch.tensor(new_labels) == 1).double().mean()


RIGHT = (
    Variant("solved", by_solving),
    Variant("labels of −1 and 1", by_signs),
    Variant("centred first", by_centring),
    Variant("torch", by_torch),
)


def one_case(seed, n, n_new, d):
    rng = np.random.default_rng(seed)
    turn, direction = np.linalg.qr(rng.normal(size=(d, d)))[0], rng.normal(size=d)
    mixing = np.linspace(0.3, 3, d)[:, None] * turn  # long in some directions, flat in none

    def draw(size):
        z = rng.normal(size=(size, d))
        noisy = z @ direction + 0.7 * np.linalg.norm(direction) * rng.normal(size=size)
        return z @ mixing + 1.5, (noisy > 0.4).astype(int)

    return Case((*draw(n), *draw(n_new)), ("n d_model", "n", "n_new d_model", "n_new"))


def turned_round(case):
    """New labels that the old ones mislead about: less than half is right."""
    x, labels, new_x, new_labels = case.args
    return Case((x, labels, new_x, 1 - new_labels), case.axes)


EXERCISE = Exercise(
    id="11.4",
    title="Ask the vector",
    name="probe",
    minutes=40,
    difficulty="An evening's thought",
    reference=probe,
    returns=("accuracy",),
    cases=(
        one_case(7, 60, 401, 12),
        one_case(8, 90, 503, 20),
        turned_round(one_case(9, 80, 301, 6)),
    ),
    slips=SLIPS,
    right=RIGHT,
    hints=PROBE,
    notice="a probe shows that something can be read off. It does not show that the model reads it.",
)
