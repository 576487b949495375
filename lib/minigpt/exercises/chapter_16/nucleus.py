"""16.1, the nucleus: `nucleus`."""

import numpy as np

from minigpt.exercises.chapter_16.hints import NUCLEUS
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant
from minigpt.exercises.invariants import never_negative, rows_sum_to_one


def nucleus(logits, p):
    rows = []
    for row in logits:
        raised = np.exp(row - row.max())
        probabilities = raised / raised.sum()
        order = np.array(sorted(range(len(row)), key=lambda i: -probabilities[i]))
        ordered = probabilities[order]
        stay = order[ordered.cumsum() - ordered < p]
        kept = np.zeros(len(row))
        kept[stay] = probabilities[stay]
        rows.append(kept / kept.sum())
    return rows


def softmax(logits):
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def shared_out(kept):
    return kept / kept.sum(axis=-1, keepdims=True)


def choosing(
    stays=lambda before, own, p: before < p,
    key=lambda probabilities: -probabilities,
    finish=shared_out,
):
    """The nucleus, row by row, and one step of it changed."""

    def changed(logits, p):
        probabilities = softmax(logits)
        kept = np.zeros(logits.shape)
        for row, own in zip(kept, probabilities, strict=True):
            order = np.argsort(key(own), kind="stable")
            before = own[order].cumsum() - own[order]
            stay = order[stays(before, own[order], p)]
            row[stay] = own[stay]
        return finish(kept)

    return changed


def never_taken_back(logits, p):
    ordered = -np.sort(-softmax(logits), axis=-1)
    return shared_out(np.where(ordered.cumsum(axis=-1) - ordered < p, ordered, 0))


def ranks_taken_for_places(logits, p):
    probabilities = softmax(logits)
    order = np.argsort(-probabilities, axis=-1, kind="stable")
    ordered = np.take_along_axis(probabilities, order, axis=-1)
    inside = ordered.cumsum(axis=-1) - ordered < p
    return shared_out(np.where(np.take_along_axis(inside, order, axis=-1), probabilities, 0))


def in_the_order_of_ids(logits, p):
    probabilities = softmax(logits)
    return shared_out(np.where(probabilities.cumsum(axis=-1) - probabilities < p, probabilities, 0))


def logits_summed(logits, p):
    order = np.argsort(-logits, axis=-1, kind="stable")
    ordered = np.take_along_axis(logits, order, axis=-1)
    inside = np.zeros(logits.shape, dtype=bool)
    np.put_along_axis(inside, order, ordered.cumsum(axis=-1) - ordered < p, axis=-1)
    return softmax(np.where(inside, logits, -np.inf))


def a_threshold(logits, p):
    probabilities = softmax(logits)
    return shared_out(np.where(probabilities >= p, probabilities, 0))


def with_all_ties(logits, p):
    probabilities = softmax(logits)
    kept = choosing()(logits, p)
    least = np.where(kept > 0, probabilities, np.inf).min(axis=-1, keepdims=True)
    return shared_out(np.where(probabilities >= least, probabilities, 0))


def cut_to_zero_before_the_softmax(logits, p):
    kept = choosing()(logits, p) > 0
    return softmax(np.where(kept, logits, 0))


def first_row_for_all(logits, p):
    inside = choosing()(logits[:1], p) > 0
    return shared_out(np.where(inside, softmax(logits), 0))


def indices_as_mask(logits, p):
    probabilities = softmax(logits)
    order = np.argsort(-probabilities, axis=-1, kind="stable")
    ordered = np.take_along_axis(probabilities, order, axis=-1)
    probabilities[order[ordered.cumsum(axis=-1) - ordered >= p]] = 0
    return shared_out(probabilities)


def along_the_batch(logits, p):
    probabilities = softmax(logits.T).T
    order = np.argsort(-probabilities, axis=-1, kind="stable")
    ordered = np.take_along_axis(probabilities, order, axis=-1)
    kept = np.zeros(logits.shape)
    np.put_along_axis(
        kept, order, np.where(ordered.cumsum(axis=-1) - ordered < p, ordered, 0), axis=-1
    )
    return shared_out(kept)


def without_the_largest(logits, p):
    raised = np.exp(logits)
    return choosing()(np.log(raised / raised.sum(axis=-1, keepdims=True)), p)


def a_share_of_the_likeliest(logits, p):
    probabilities = softmax(logits)
    return shared_out(
        np.where(probabilities >= p * probabilities.max(-1)[:, None], probabilities, 0)
    )


def a_second_softmax(logits, p):
    kept = choosing()(logits, p) > 0
    return softmax(np.where(kept, softmax(logits), -np.inf))


def still_logits(logits, p):
    return np.where(choosing()(logits, p) > 0, logits, -np.inf)


SLIPS = (
    Slip(
        "the one that crosses is dropped",
        choosing(stays=lambda before, own, p: before + own <= p),
        "The token that carries the sum across the line is missing; where the first is likelier "
        "than `p`, nothing is left at all. What stays should *reach* the share.",
    ),
    Slip(
        "dropped, but for the first",
        choosing(stays=lambda before, own, p: (before + own <= p) | (np.arange(len(own)) == 0)),
        "The first token is saved, but elsewhere the one that carries the sum across the line is "
        "missing, and what stays falls short of `p`.",
    ),
    Slip(
        "one too many",
        choosing(stays=lambda before, own, p: before <= p),
        "Where the sum is exactly `p`, you take one token more. It was reached; who needs another?",
    ),
    Slip(
        "never back in their places",
        never_taken_back,
        "The numbers are right and stand in the order of the sort. Token 0 wants its own "
        "probability back, whatever rank it had.",
    ),
    Slip(
        "ranks taken for places",
        ranks_taken_for_places,
        "The sort tells which token has which rank, and you read it the other way round: which "
        "rank a token has. On paper, follow one token there and back.",
    ),
    Slip(
        "in the order of the ids",
        in_the_order_of_ids,
        "You add up in the order in which the tokens stand in the vocabulary. The likeliest come "
        "first.",
    ),
    Slip(
        "the unlikeliest first",
        choosing(key=lambda probabilities: probabilities),
        "You begin with the unlikeliest. NumPy sorts upwards.",
    ),
    Slip(
        "not shared out again",
        choosing(finish=lambda kept: kept),
        "What stays is right, but it no longer sums to 1: the share of those that went has gone "
        "with them.",
    ),
    Slip(
        "a threshold",
        lambda logits, p: np.nan_to_num(a_threshold(logits, p)),
        "You keep the tokens that are likelier than `p`, each by itself. It is their sum that "
        "counts.",
    ),
    Slip(
        "a threshold, and nobody is above it",
        a_threshold,
        "You keep the tokens that are likelier than `p`, each by itself, and where there is none "
        "you divide by 0. It is their sum that counts.",
    ),
    Slip(
        "logits summed",
        logits_summed,
        "You add up logits. A share is a share of probability.",
    ),
    Slip(
        "all that tie",
        with_all_ties,
        "Tokens as likely as the last one stay too. Where several tie, the lower id comes first, "
        "and the rest go once `p` is reached.",
    ),
    Slip(
        "zero before the softmax",
        cut_to_zero_before_the_softmax,
        "The logits of those that go are set to 0, and e to the 0 is 1. Which logit has no share "
        "in a softmax?",
    ),
    Slip(
        "the first row for all",
        first_row_for_all,
        "Every row is cut like the first. Each has its own likeliest tokens, and its own number "
        "of them.",
    ),
    Slip(
        "the order as an index",
        indices_as_mask,
        "`order[...]` picks numbers of tokens, and you index the rows with them. Along the last "
        "axis, row by row: `take_along_axis` and `put_along_axis`, or a loop.",
    ),
    Slip(
        "what is left out",
        choosing(stays=lambda before, own, p: before >= p),
        "Those are the tokens that should go.",
    ),
    Slip(
        "along the batch",
        along_the_batch,
        "Your softmax runs down the batch, so that the texts share one whole. Each row is a "
        "distribution of its own.",
    ),
    Slip(
        "without the largest",
        without_the_largest,
        "e to the 1000 is more than a float can hold, and infinity by infinity is no number. "
        "Chapter 6 takes something from every logit first.",
    ),
    Slip(
        "min-p",
        a_share_of_the_likeliest,
        "You compare each token with the likeliest, which is min-p. Here it is the sum that counts.",
    ),
    Slip(
        "a second softmax",
        a_second_softmax,
        "The right tokens stay, but you give their probabilities to a softmax as if they were "
        "logits. What shares out anew is a division.",
    ),
    Slip(
        "logits come back",
        still_logits,
        "The right tokens stay, and they are still logits. Probabilities are wanted.",
    ),
    Slip(
        "one row",
        lambda logits, p: nucleus(logits, p)[0],
        "Only the first row comes back. A batch goes in, and a batch comes out.",
    ),
    Slip(
        "the chapter's own",
        lambda logits, p: logits.softmax(-1),
        "A NumPy array has no method `softmax`: the chapter's lines are PyTorch's. Make a tensor "
        "of `logits` first, or write the softmax out.",
    ),
)


def one_by_one(logits, p):
    rows = []
    for row in softmax(np.array(logits)).tolist():
        kept, total = [0.0] * len(row), 0.0
        for i in sorted(range(len(row)), key=lambda i: (-row[i], i)):
            if total >= p:
                break
            kept[i], total = row[i], total + row[i]
        rows.append([share / sum(kept) for share in kept])
    return rows


def by_torch(logits, p):
    import torch

    logits = torch.as_tensor(logits)
    ordered, order = logits.sort(descending=True, stable=True)
    probabilities = ordered.softmax(-1)
    gone = probabilities.cumsum(-1) - probabilities >= p
    cut = torch.full_like(logits, -torch.inf).scatter(
        1, order, ordered.masked_fill(gone, -torch.inf)
    )
    return cut.softmax(-1)


def by_the_library(logits, p):
    import torch

    from minigpt.sampling import keep_top_p

    return keep_top_p(torch.as_tensor(logits), p).softmax(-1)


def by_counting(logits, p):
    probabilities = softmax(logits)
    a, b = probabilities[:, :, None], probabilities[:, None, :]
    n = np.arange(logits.shape[1])
    earlier = (b > a) | ((b == a) & (n[None, :] < n[:, None]))
    before = (earlier * b).sum(axis=-1)
    return shared_out(np.where(before < p, probabilities, 0))


RIGHT = (
    Variant("one by one", one_by_one),
    Variant("torch, on logits", by_torch),
    Variant("the library's", by_the_library),
    Variant("without a sort", by_counting),
)


def one_case(seed, B, vocab_size, p, spread):
    logits = spread * np.random.default_rng(seed).normal(size=(B, vocab_size))
    return Case((logits, p), ("B vocab_size", None))


# Halves and eighths are exact: their sums reach the line, or do not, to the last digit.
EVEN = np.array([[0.0, 0.0, 0.0, 0.0], [-np.inf, 1.0, -np.inf, 1.0], [3.0, 3.0, -np.inf, -np.inf]])


def lower_id_first(args, values):
    """Of two equally likely tokens the lower id does not go while the higher one stays."""
    for logits, kept in zip(args[0], values["probabilities"], strict=True):
        equal = logits[:, None] == logits[None]
        if np.triu(equal & (kept[:, None] <= 0) & (kept[None] > 0)).any():
            return (
                "Of two equally likely tokens the higher id stays and the lower one goes. A sort "
                "that is not stable does that, and so does one that is turned round."
            )
    return None


CASES = (
    one_case(1, 3, 7, 0.8, 1.5),
    Case((EVEN, 0.5), ("B vocab_size", None)),
    one_case(2, 4, 9, 0.35, 2.0),
    one_case(3, 2, 5, 0.999999, 0.5),
    Case(
        (np.array([[1000.0, 0.0, -100.0], [-1000.0, -1001.0, -1000.5]]), 0.3),
        ("B vocab_size", None),
    ),
)

EXERCISE = Exercise(
    id="16.1",
    title="The nucleus",
    name="nucleus",
    minutes=25,
    difficulty="Within reach",
    reference=nucleus,
    returns=("probabilities",),
    cases=CASES,
    slips=SLIPS,
    right=RIGHT,
    hints=NUCLEUS,
    invariants=(lower_id_first, never_negative("probabilities"), rows_sum_to_one("probabilities")),
    notice="how many tokens stay is for the distribution to say: in your cases anything from one to "
    "all of them.",
)
