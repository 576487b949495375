"""13.4, ablate it: `needs`."""

import numpy as np

from minigpt.exercises.chapter_13.hints import NEEDS
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def needs(x, hidden, w_out, head, answers):
    before = np.argmax((x + hidden @ w_out.T) @ head.T, axis=1) == answers
    lost = np.zeros(hidden.shape, dtype=bool)
    for n in range(hidden.shape[1]):
        off = hidden.copy()
        off[:, n] = 0
        after = np.argmax((x + off @ w_out.T) @ head.T, axis=1) == answers
        lost[:, n] = before & ~after
    return lost


def guesses(x, hidden, w_out, head):
    return np.argmax((x + hidden @ w_out.T) @ head.T, axis=1)


def silent(hidden, n):
    off = hidden.copy()
    off[:, n] = 0
    return off


def in_turn(
    switch=silent,
    guess=guesses,
    lost=lambda before, after, answers: (before == answers) & (after != answers),
):
    """The loop, and one step of it changed."""

    def changed(x, hidden, w_out, head, answers):
        before = guess(x, hidden, w_out, head)
        columns = [
            lost(before, guess(x, switch(hidden, n), w_out, head), answers)
            for n in range(hidden.shape[1])
        ]
        return np.stack(columns, axis=1)

    return changed


def never_on_again(x, hidden, w_out, head, answers):
    off, columns = hidden.copy(), []
    before = guesses(x, hidden, w_out, head) == answers
    for n in range(hidden.shape[1]):
        off[:, n] = 0
        columns.append(before & (guesses(x, off, w_out, head) != answers))
    return np.stack(columns, axis=1)


def alone(hidden, n):
    off = np.zeros(hidden.shape)
    off[:, n] = hidden[:, n]
    return off


def averaged(hidden, n):
    off = hidden.copy()
    off[:, n] = hidden[:, n].mean()
    return off


def a_fact_off(hidden, n):
    off = hidden.copy()
    off[n] = 0
    return off


def a_row_of_w_out(x, hidden, w_out, head, answers):
    before = guesses(x, hidden, w_out, head) == answers
    columns = []
    for n in range(hidden.shape[1]):
        w = w_out.copy()
        w[n] = 0
        columns.append(before & (guesses(x, hidden, w, head) != answers))
    return np.stack(columns, axis=1)


SLIPS = (
    Slip(
        "never on again",
        never_on_again,
        "The neurons go off one after another and stay off. Before the next goes off, is the last "
        "one on again?",
    ),
    Slip(
        "wrong already",
        in_turn(lost=lambda before, after, answers: after != answers),
        "You count every fact that is wrong with the neuron off. Some were wrong with all of them "
        "on.",
    ),
    Slip(
        "any change",
        in_turn(lost=lambda before, after, answers: before != after),
        "You count every answer that changes. From one wrong word to another nothing is lost, and "
        "from wrong to right something is won.",
    ),
    Slip(
        "won, too",
        in_turn(lost=lambda before, after, answers: (before == answers) != (after == answers)),
        "Facts that become right with the neuron off are counted, too. Only lost ones should be.",
    ),
    Slip(
        "the survivors",
        in_turn(lost=lambda before, after, answers: after == answers),
        "These are the facts that are still right. The ones that are lost are wanted.",
    ),
    Slip(
        "still right",
        in_turn(lost=lambda before, after, answers: (before == answers) & (after == answers)),
        "These were right and have stayed so. True is for those that were right and now are not.",
    ),
    Slip(
        "less sure",
        lambda x, hidden, w_out, head, answers: hidden * (head[answers] @ w_out) > 0,
        "You ask where the true word's score falls. It may fall and be the highest still; what "
        "counts is the word that is said.",
    ),
    Slip(
        "the stream forgotten",
        in_turn(guess=lambda x, h, w, head: np.argmax(h @ w.T @ head.T, axis=1)),
        "Only what the MLP writes is scored. It adds to a stream that holds something already.",
    ),
    Slip(
        "the word that no fact",
        in_turn(guess=lambda x, h, w, head: np.argmin((x + h @ w.T) @ head.T, axis=1)),
        "You take the word with the lowest score. The model says the one with the highest.",
    ),
    Slip(
        "this neuron alone",
        in_turn(switch=alone),
        "All neurons are off but one. It is one that should be off, and the others on.",
    ),
    Slip(
        "the mean in its place",
        in_turn(switch=averaged),
        "The neuron is set to its mean over the facts. That is a way to do it, but here off is 0.",
    ),
    Slip(
        "a fact off",
        in_turn(switch=a_fact_off),
        "You put a row of `hidden` to 0: all neurons for one fact. A neuron is a column.",
    ),
    Slip(
        "a row of w_out",
        a_row_of_w_out,
        "You put a row of `w_out` to 0: one number of the stream, from all neurons. A neuron writes "
        "with a column.",
    ),
    Slip(
        "turned",
        lambda *args: needs(*args).T,
        "There is a row for each neuron. A row for each fact is wanted, and a column for each "
        "neuron.",
    ),
    Slip(
        "counted",
        lambda *args: needs(*args).sum(axis=0),
        "That is how many facts each neuron costs. Which ones they are is wanted.",
    ),
    Slip(
        "highest along the facts",
        in_turn(guess=lambda x, h, w, head: np.argmax((x + h @ w.T) @ head.T, axis=0)),
        "The highest score is taken along the facts, so there is one for each word. Each fact "
        "wants the word that scores highest for it.",
    ),
)


def all_at_once(x, hidden, w_out, head, answers):
    whole = x + hidden @ w_out.T
    without = whole[:, None] - hidden[:, :, None] * w_out.T  # facts, neurons, d_model
    right = (without @ head.T).argmax(axis=-1) == answers[:, None]
    return ~right & ((whole @ head.T).argmax(axis=-1) == answers)[:, None]


def by_columns(x, hidden, w_out, head, answers):
    lost = []
    right = guesses(x, hidden, w_out, head) == answers
    for n in range(hidden.shape[1]):
        switched = w_out * (np.arange(hidden.shape[1]) != n)
        now = guesses(x, hidden, switched, head) == answers
        lost.append([bool(was and not still) for was, still in zip(right, now, strict=True)])
    return np.array(lost).T


def by_torch(x, hidden, w_out, head, answers):
    import torch

    x, hidden, w, head, answers = map(torch.as_tensor, (x, hidden, w_out, head, answers))
    keep = 1 - torch.eye(hidden.shape[1], dtype=hidden.dtype)
    logits = (x[None] + (hidden[None] * keep[:, None]) @ w.T) @ head.T
    before = ((x + hidden @ w.T) @ head.T).argmax(-1) == answers
    return (before & (logits.argmax(-1) != answers)).T


RIGHT = (
    Variant("without a loop", all_at_once),
    Variant("columns of w_out", by_columns),
    Variant("torch", by_torch),
    Variant("the same loop", in_turn()),
)


def some(n_facts, d_model, d_ff, n_words, seed):
    """Facts of which some are wrong with every neuron on, and some need a neuron."""
    rng = np.random.default_rng(seed)
    x, head = rng.normal(size=(n_facts, d_model)), rng.normal(size=(n_words, d_model))
    hidden = np.maximum(rng.normal(size=(n_facts, d_ff)), 0) ** 2
    w_out = rng.normal(size=(d_model, d_ff))
    answers = guesses(x, hidden, w_out, head)
    answers[:3] = (answers[:3] + 1) % n_words
    axes = ("n_facts d_model", "n_facts d_ff", "d_model d_ff", "n_words d_model", "n_facts")
    return Case((x, hidden, w_out, head, answers), axes)


EXERCISE = Exercise(
    id="13.4",
    title="Ablate it",
    name="needs",
    minutes=60,
    difficulty="An evening's thought",
    reference=needs,
    returns=("lost",),
    cases=(some(12, 5, 7, 4, 1), some(11, 3, 6, 8, 2)),
    slips=SLIPS,
    right=RIGHT,
    hints=NEEDS,
    notice="a fact in whose row nothing is True needs no single neuron: two say it, or more.",
)
