"""16.3, the penalty's sign: `penalise`."""

import numpy as np

from minigpt.exercises.chapter_16.hints import PENALISE
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def penalise(logits, tokens, penalty):
    penalised = logits.copy()
    for b in range(len(tokens)):
        row = penalised[b]
        for token in set(tokens[b]):
            row[token] = row[token] / penalty if row[token] > 0 else row[token] * penalty
    return penalised


def said(logits, tokens):
    """Which tokens each row has said: (B, vocab_size)."""
    return (tokens[:, :, None] == np.arange(logits.shape[1])).any(axis=1)


def fairly(logits, penalty):
    return np.where(logits > 0, logits / penalty, logits * penalty)


def where_said(change):
    return lambda logits, tokens, penalty: np.where(
        said(logits, tokens), change(logits, penalty), logits
    )


def for_each_time(logits, tokens, penalty):
    penalised = logits.copy()
    for b, row in enumerate(tokens):
        for token in row:
            penalised[b, token] = fairly(penalised[b, token], penalty)
    return penalised


def in_every_row(logits, tokens, penalty):
    penalised = logits.copy()
    everywhere = np.unique(tokens)
    penalised[:, everywhere] = fairly(penalised[:, everywhere], penalty)
    return penalised


def the_last_alone(logits, tokens, penalty):
    return penalise(logits, tokens[:, -1:], penalty)


def in_place(logits, tokens, penalty):
    logits[:] = penalise(logits, tokens, penalty)
    return logits


def on_log_probabilities(logits, tokens, penalty):
    logs = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    return np.where(said(logits, tokens), logs * penalty, logs)


def on_probabilities(logits, tokens, penalty):
    shares = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    return np.where(said(logits, tokens), shares / penalty, shares)


def a_softmax_at_the_end(logits, tokens, penalty):
    raised = np.exp(penalise(logits, tokens, penalty))
    return raised / raised.sum(axis=-1, keepdims=True)


SLIPS = (
    Slip(
        "all divided",
        where_said(lambda logits, penalty: logits / penalty),
        "Negative logits are divided as well, and that brings them closer to 0: what was said "
        "becomes likelier. What makes −3 smaller?",
    ),
    Slip(
        "all multiplied",
        where_said(lambda logits, penalty: logits * penalty),
        "Positive logits are multiplied as well, and grow: what was said and liked is liked more.",
    ),
    Slip(
        "the other way round",
        where_said(
            lambda logits, penalty: np.where(logits > 0, logits * penalty, logits / penalty)
        ),
        "Turned round: every token that was said has become likelier.",
    ),
    Slip(
        "subtracted",
        where_said(lambda logits, penalty: logits - penalty),
        "You subtract the penalty. That works, too, and is called a presence penalty; this one "
        "divides or multiplies, and a penalty of 1 changes nothing.",
    ),
    Slip(
        "once for each time",
        for_each_time,
        "A token that was said three times is penalised three times. Here it is enough that it "
        "was said.",
    ),
    Slip(
        "in every row",
        in_every_row,
        "What one row said is penalised in all rows. Each text of the batch has said words of its "
        "own.",
    ),
    Slip(
        "the last token alone",
        the_last_alone,
        "Only the last token of each row is penalised. All that stands there was said.",
    ),
    Slip(
        "what was not said",
        lambda logits, tokens, penalty: np.where(
            said(logits, tokens), logits, fairly(logits, penalty)
        ),
        "The tokens that were *not* said are penalised.",
    ),
    Slip(
        "everything",
        lambda logits, tokens, penalty: fairly(logits, penalty),
        "Every token is penalised, said or not. Who has been said stands in `tokens`.",
    ),
    Slip(
        "in place",
        in_place,
        "The numbers are right, and the logits that came are overwritten. Whoever handed them over "
        "may still need them.",
    ),
    Slip(
        "log-probabilities",
        on_log_probabilities,
        "You took logarithms of probabilities first, where all is negative. The penalty is for "
        "the logits as they came.",
    ),
    Slip(
        "probabilities",
        on_probabilities,
        "You penalise probabilities, and return them. Logits go in and logits come out.",
    ),
    Slip(
        "forbidden",
        where_said(lambda logits, penalty: np.full(logits.shape, -np.inf)),
        "What was said is forbidden altogether. A penalty leaves it a chance.",
    ),
    Slip(
        "the batch as an index",
        lambda logits, tokens, penalty: fairly(logits[tokens], penalty),
        "`logits[tokens]` picks rows, and there are not as many. Which axis of the logits do the "
        "tokens count along?",
    ),
    Slip(
        "every row's columns",
        lambda logits, tokens, penalty: fairly(logits[:, tokens], penalty),
        "`logits[:, tokens]` has three axes: the tokens of all rows, picked from each. Wanted are "
        "the logits' own two axes, with each row picking from itself.",
    ),
    Slip(
        "gathered and not put back",
        lambda logits, tokens, penalty: fairly(np.take_along_axis(logits, tokens, 1), penalty),
        "Those are the penalised logits of the tokens in the text. They are to go back among the "
        "others.",
    ),
    Slip(
        "the negative ones left alone",
        where_said(lambda logits, penalty: np.where(logits > 0, logits / penalty, logits)),
        "A negative logit that was said stays what it was. It is to become less likely, too.",
    ),
    Slip(
        "without the sign",
        where_said(lambda logits, penalty: np.abs(logits) / penalty),
        "A negative logit that was said comes back positive, and far likelier.",
    ),
    Slip(
        "nothing elsewhere",
        lambda logits, tokens, penalty: np.where(said(logits, tokens), fairly(logits, penalty), 0),
        "The tokens that were not said have lost their logits. They keep what came.",
    ),
    Slip(
        "a softmax at the end",
        a_softmax_at_the_end,
        "The penalty is right, and then came a softmax. Logits go in and logits come out.",
    ),
)


def by_put_along_axis(logits, tokens, penalty):
    penalised = logits.copy()
    own = np.take_along_axis(logits, tokens, axis=1)
    np.put_along_axis(penalised, tokens, fairly(own, penalty), axis=1)
    return penalised


def by_powers(logits, tokens, penalty):
    return logits * penalty ** (-np.sign(logits) * said(logits, tokens))


def by_the_library(logits, tokens, penalty):
    import torch

    from minigpt.sampling import penalise_repetition

    return penalise_repetition(torch.as_tensor(logits), torch.as_tensor(tokens), penalty)


def by_minimum(logits, tokens, penalty):
    return np.where(said(logits, tokens), np.minimum(logits / penalty, logits * penalty), logits)


RIGHT = (
    Variant("take and put along an axis", by_put_along_axis),
    Variant("a power with the logit's sign", by_powers),
    Variant("the smaller of the two", by_minimum),
    Variant("the library's", by_the_library),
)


def one_case(seed, B, T, vocab_size, penalty):
    rng = np.random.default_rng(seed)
    tokens = rng.integers(vocab_size, size=(B, T))
    tokens[:, 1] = tokens[:, 2]  # said twice; the first and the last of five stand alone
    logits = 2 * rng.normal(size=(B, vocab_size))
    return Case((logits, tokens, penalty), ("B vocab_size", "B T", None))


EXERCISE = Exercise(
    id="16.3",
    title="The penalty's sign",
    name="penalise",
    minutes=20,
    difficulty="Middling",
    reference=penalise,
    returns=("penalised",),
    cases=(one_case(1, 3, 5, 11, 1.3), one_case(2, 4, 3, 9, 2.0), one_case(3, 2, 6, 7, 1.75)),
    slips=SLIPS,
    right=RIGHT,
    hints=PENALISE,
    notice="a number added to all logits changes no probability, but here it does: with it signs "
    "change, and with them what is divided.",
)
