"""14.3, two jobs, one gradient: `tied_gradient`."""

import numpy as np

from minigpt.exercises.chapter_14.hints import TIED
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def tied_gradient(tokens, by_x, hidden, by_logits, vocab_size):
    table = np.zeros((vocab_size, by_x.shape[2]))
    np.add.at(table, tokens, by_x)
    return table + np.einsum("btv,btd->vd", by_logits, hidden)


def as_a_head(by_logits, hidden):
    return np.einsum("btv,btd->vd", by_logits, hidden)


def as_a_table(tokens, by_x, vocab_size):
    table = np.zeros((vocab_size, by_x.shape[2]))
    np.add.at(table, tokens, by_x)
    return table


def once_each(tokens, by_x, hidden, by_logits, vocab_size):
    gradient = as_a_head(by_logits, hidden)
    gradient[tokens] += by_x
    return gradient


def replaced(tokens, by_x, hidden, by_logits, vocab_size):
    gradient = as_a_head(by_logits, hidden)
    gradient[tokens] = by_x
    return gradient


def by_targets(tokens, by_x, hidden, by_logits, vocab_size):
    head = np.zeros((vocab_size, by_x.shape[2]))
    np.add.at(head, tokens, hidden)
    return head + as_a_table(tokens, by_x, vocab_size)


def per_place(tokens, by_x, hidden, by_logits, vocab_size):
    both = as_a_head(by_logits, hidden) + as_a_table(tokens, by_x, vocab_size)
    return both / tokens.size


def mixed_up(tokens, by_x, hidden, by_logits, vocab_size):
    head = by_logits.reshape(vocab_size, -1) @ hidden.reshape(-1, by_x.shape[2])
    return head + as_a_table(tokens, by_x, vocab_size)


def averaged_table(tokens, by_x, hidden, by_logits, vocab_size):
    count = np.bincount(tokens.ravel(), minlength=vocab_size)[:, None]
    table = as_a_table(tokens, by_x, vocab_size) / np.maximum(count, 1)
    return as_a_head(by_logits, hidden) + table


def by_what_came_in(tokens, by_x, hidden, by_logits, vocab_size):
    return as_a_head(by_logits, by_x) + as_a_table(tokens, by_x, vocab_size)


def hidden_to_the_table(tokens, by_x, hidden, by_logits, vocab_size):
    return as_a_head(by_logits, hidden) + as_a_table(tokens, hidden, vocab_size)


def averaged_texts(tokens, by_x, hidden, by_logits, vocab_size):
    head = as_a_head(by_logits, hidden) / len(tokens)
    return head + as_a_table(tokens, by_x, vocab_size)


def subtracted(tokens, by_x, hidden, by_logits, vocab_size):
    return as_a_head(by_logits, hidden) - as_a_table(tokens, by_x, vocab_size)


def first_text(tokens, by_x, hidden, by_logits, vocab_size):
    return tied_gradient(tokens[:1], by_x[:1], hidden[:1], by_logits[:1], vocab_size)


SLIPS = (
    Slip(
        "a token that comes twice",
        once_each,
        "A token that stands in several places gets the gradient of only one of them. NumPy's "
        "`gradient[tokens] += …` reads every row once, before it writes.",
    ),
    Slip(
        "the head's part written over",
        replaced,
        "The table's part takes the place of the head's for every token that came in. A number with "
        "two jobs has two parts in its gradient.",
    ),
    Slip(
        "the head alone",
        lambda tokens, by_x, hidden, by_logits, vocab_size: as_a_head(by_logits, hidden),
        "That is the gradient of the matrix as a head. What of its other job, at the bottom?",
    ),
    Slip(
        "the table alone",
        lambda tokens, by_x, hidden, by_logits, vocab_size: as_a_table(tokens, by_x, vocab_size),
        "That is the gradient of the matrix as a table of words. What of its other job, at the top?",
    ),
    Slip(
        "their average",
        lambda *given: tied_gradient(*given) / 2,
        "Both parts are there, and halved. The loss changes by what it changes in one place *and* "
        "in the other.",
    ),
    Slip(
        "an average over places",
        per_place,
        "Both parts are there, divided by the number of places. If the loss is an average, "
        "`by_x` and `by_logits` know it already.",
    ),
    Slip(
        "an average over a token's places",
        averaged_table,
        "A token's rows of `by_x` are averaged. Each place pulls by itself, and the pulls add up.",
    ),
    Slip(
        "an average over the head's texts",
        averaged_texts,
        "The head's part is averaged over the texts. All places of all texts pull at the one matrix, "
        "and the pulls add up.",
    ),
    Slip(
        "the first text alone",
        first_text,
        "Only the first text has any effect. There is a gradient from every text of the batch.",
    ),
    Slip(
        "by_x where hidden belongs",
        by_what_came_in,
        "In the head's product stands `by_x`. What did the head multiply on the way up?",
    ),
    Slip(
        "hidden where by_x belongs",
        hidden_to_the_table,
        "The table's rows are given vectors of `hidden`. Which of the two gradients belongs to what "
        "was looked up?",
    ),
    Slip(
        "one less the other",
        subtracted,
        "The table's part is taken away from the head's. Two jobs, and the loss changes by both.",
    ),
    Slip(
        "turned round",
        lambda *given: tied_gradient(*given).T,
        "The numbers are right and stand on their side: a gradient has the shape of what it belongs "
        "to.",
    ),
    Slip(
        "one for each text",
        lambda tokens, by_x, hidden, by_logits, vocab_size: np.stack(
            [
                tied_gradient(tokens[b : b + 1], by_x[b : b + 1], h[None], g[None], vocab_size)
                for b, (h, g) in enumerate(zip(hidden, by_logits, strict=True))
            ]
        ),
        "Each text has a gradient of its own here. They share one matrix.",
    ),
    Slip(
        "a reshape for a transpose",
        mixed_up,
        "The table's part is right. In the head's a `reshape` stands where axes should be exchanged, "
        "and gradients meet vectors of other places.",
    ),
    Slip(
        "the head by what came in",
        by_targets,
        "As a head, only rows of tokens that came in get something, and nothing of `by_logits`. "
        "Every row makes a score, at every place.",
    ),
    Slip(
        "downhill",
        lambda *given: -tied_gradient(*given),
        "All of it with the sign reversed: a gradient points uphill, and the step goes down.",
    ),
    Slip(
        "as wide as those that came in",
        lambda tokens, by_x, hidden, by_logits, vocab_size: (
            as_a_head(by_logits, hidden) + by_x.reshape(-1, by_x.shape[2])
        ),
        "`by_x` has a row for each place, and the matrix one for each token. Which places belong to "
        "which row?",
    ),
    Slip(
        "products without a turn",
        lambda tokens, by_x, hidden, by_logits, vocab_size: (
            by_logits.reshape(-1, vocab_size) @ hidden.reshape(-1, by_x.shape[2])
        ),
        "The two do not fit as they are: the axis to be added up is that of the places, and it must "
        "stand inside the product.",
    ),
)


def by_one_hot(tokens, by_x, hidden, by_logits, vocab_size):
    chosen = np.eye(vocab_size)[tokens]
    return np.einsum("btv,btd->vd", chosen, by_x) + np.einsum("btv,btd->vd", by_logits, hidden)


def by_loops(tokens, by_x, hidden, by_logits, vocab_size):
    gradient = np.zeros((vocab_size, by_x.shape[2]))
    for b, text in enumerate(tokens):
        for t, token in enumerate(text):
            gradient[token] += by_x[b, t]
            gradient += np.outer(by_logits[b, t], hidden[b, t])
    return gradient


def by_torch(tokens, by_x, hidden, by_logits, vocab_size):
    import torch

    table = torch.zeros(vocab_size, by_x.shape[2], dtype=torch.float64, requires_grad=True)
    x = table[torch.tensor(tokens)]
    logits = torch.tensor(hidden) @ table.T
    ((x * torch.tensor(by_x)).sum() + (logits * torch.tensor(by_logits)).sum()).backward()
    return table.grad


def by_rows(tokens, by_x, hidden, by_logits, vocab_size):
    return [
        by_x[tokens == n].sum(axis=0) + np.tensordot(by_logits[:, :, n], hidden, 2)
        for n in range(vocab_size)
    ]


RIGHT = (
    Variant("one-hot rows", by_one_hot),
    Variant("place by place", by_loops),
    Variant("torch's own", by_torch),
    Variant("row by row", by_rows),
)


def drawn(B, T, d_model, vocab_size, seed):
    rng = np.random.default_rng(seed)
    tokens = rng.integers(vocab_size - 2, size=(B, T))  # two never come in; some come twice
    tokens[0, :2] = tokens[1, 0] = 1
    by_x, hidden = rng.normal(size=(2, B, T, d_model))
    by_logits = rng.normal(size=(B, T, vocab_size))
    axes = ("B T", "B T d_model", "B T d_model", "B T vocab_size", None)
    return Case((tokens, by_x, hidden, by_logits, vocab_size), axes)


EXERCISE = Exercise(
    id="14.3",
    title="Two jobs, one gradient",
    name="tied_gradient",
    minutes=30,
    difficulty="Middling",
    reference=tied_gradient,
    returns=("gradient",),
    cases=(drawn(2, 5, 4, 7, 14), drawn(3, 4, 5, 8, 15)),
    slips=SLIPS,
    right=RIGHT,
    hints=TIED,
    notice="tokens that never came in get a gradient too, from the head. In a table of its own "
    "their rows would have stayed as they were.",
)
