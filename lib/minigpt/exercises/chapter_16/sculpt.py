"""16.2, the order of the filters: `sculpt`."""

import numpy as np

from minigpt.exercises.chapter_16.hints import SCULPT
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant
from minigpt.exercises.invariants import never_negative, rows_sum_to_one


def sculpt(logits, steps):
    for name, setting in steps:
        raised = np.exp(logits - logits.max())
        probabilities = raised / raised.sum()
        if name == "temperature":
            logits = logits / setting
            continue
        if name == "top_k":
            stays = logits >= np.sort(logits)[-setting]
        if name == "min_p":
            stays = probabilities >= setting * probabilities.max()
        if name == "top_p":
            order = np.argsort(-logits)
            ordered = probabilities[order]
            stay = order[ordered.cumsum() - ordered < setting]
            stays = np.isin(np.arange(len(logits)), stay)
        logits = np.where(stays, logits, -np.inf)
    raised = np.exp(logits - logits.max())
    return raised / raised.sum()


def softmax(logits):
    raised = np.exp(logits - logits.max())
    return raised / raised.sum()


def top_k(logits, k):
    return logits >= np.sort(logits)[-k]


def top_p(logits, p):
    probabilities = softmax(logits)
    order = np.argsort(-logits, kind="stable")
    stays = np.zeros(len(logits), dtype=bool)
    stays[order] = probabilities[order].cumsum() - probabilities[order] < p
    return stays


def min_p(logits, share):
    return softmax(logits) >= share * softmax(logits).max()


FILTERS = {"top_k": top_k, "top_p": top_p, "min_p": min_p}


def sculpting(
    filters=FILTERS,
    warm=lambda logits, tau: logits / tau,
    arrange=list,
    gone=-np.inf,
    last=softmax,
):
    """The whole, with one of its steps changed."""

    def changed(logits, steps):
        for name, setting in arrange(steps):
            if name == "temperature":
                logits = warm(logits, setting)
            else:
                logits = np.where(filters[name](logits, setting), logits, gone)
        return last(logits)

    return changed


def ranked(names):
    return lambda steps: sorted(steps, key=lambda step: names.index(step[0]))


def measured_once(as_it_came):
    """Every filter looks at one distribution: as it came, or only warmed since."""

    def changed(logits, steps):
        stays, warmed = np.ones(len(logits), dtype=bool), logits
        for name, setting in steps:
            if name == "temperature":
                warmed = warmed / setting
            else:
                stays &= FILTERS[name](logits if as_it_came else warmed, setting)
        return softmax(np.where(stays, warmed, -np.inf))

    return changed


def not_renormalised(logits, steps):
    probabilities = softmax(logits)
    for name, setting in steps:
        if name == "temperature":
            probabilities = softmax(np.log(np.maximum(probabilities, 1e-300)) / setting)
            continue
        order = np.argsort(-probabilities, kind="stable")
        ordered = probabilities[order]
        stays = {
            "top_k": np.arange(len(order)) < setting,
            "top_p": ordered.cumsum() - ordered < setting,
            "min_p": ordered >= setting * ordered[0],
        }[name]
        probabilities = probabilities.copy()
        probabilities[order[~stays]] = 0
    return probabilities


def crossing_dropped(logits, p):
    probabilities = softmax(logits)
    order = np.argsort(-logits, kind="stable")
    stays = np.zeros(len(logits), dtype=bool)
    stays[order] = probabilities[order].cumsum() <= p
    stays[order[0]] = True
    return stays


def lowest_k(logits, k):
    return (logits <= np.sort(logits[np.isfinite(logits)])[:k][-1]) & np.isfinite(logits)


def against_the_logit(logits, share):
    return logits >= share * logits.max()


def without_the_largest(logits, steps):
    for name, setting in steps:
        shares = np.exp(logits) / np.exp(logits).sum()
        if name == "temperature":
            logits = logits / setting
            continue
        order = np.argsort(-shares, kind="stable")
        if name == "top_k":
            gone = ~top_k(logits, setting)
        elif name == "top_p":
            late = order[shares[order].cumsum() - shares[order] >= setting]
            gone = np.isin(np.arange(len(logits)), late)
        else:
            gone = shares < setting * shares.max()
        logits = np.where(gone, -np.inf, logits)
    return np.exp(logits) / np.exp(logits).sum()


def above_the_kth(logits, k):
    return logits > np.sort(logits)[-k]


def one_more(logits, k):
    return logits >= np.sort(logits)[-min(k + 1, len(logits))]


def above_the_share(logits, share):
    return softmax(logits) > share * softmax(logits).max()


SLIPS = (
    Slip(
        "always the library's order",
        sculpting(arrange=ranked(["temperature", "top_k", "top_p", "min_p"])),
        "You take the steps in an order of your own: temperature, top-k, top-p, min-p. The one "
        "asked for is that of `steps`.",
    ),
    Slip(
        "temperature last",
        sculpting(arrange=ranked(["top_k", "top_p", "min_p", "temperature"])),
        "The temperature comes after all filters, wherever it stands in `steps`.",
    ),
    Slip(
        "temperature first",
        sculpting(arrange=lambda steps: sorted(steps, key=lambda step: step[0] != "temperature")),
        "The temperature comes before all filters, wherever it stands in `steps`.",
    ),
    Slip(
        "backwards",
        sculpting(arrange=lambda steps: list(steps)[::-1]),
        "The steps are taken backwards.",
    ),
    Slip(
        "measured on the whole",
        measured_once(as_it_came=False),
        "Your filters do not see what the filters before them have cut: top-p adds up shares of a "
        "whole that is no longer there.",
    ),
    Slip(
        "not shared out between the steps",
        not_renormalised,
        "What a filter cuts is lost and not shared out among those that stay. So the next filter "
        "adds up shares of something that does not sum to 1, and so does your answer.",
    ),
    Slip(
        "multiplied by the temperature",
        sculpting(warm=lambda logits, tau: logits * tau),
        "The temperature is turned round: a high one should make the shares more equal.",
    ),
    Slip(
        "temperature on probabilities",
        sculpting(warm=lambda logits, tau: softmax(logits) / tau),
        "You divide probabilities by the temperature and give them to a softmax as if they were "
        "logits. That makes nearly everything equal, and wakes whom a filter had cut.",
    ),
    Slip(
        "the lowest k",
        sculpting(filters={**FILTERS, "top_k": lowest_k}),
        "top-k keeps the lowest ones. `np.sort` goes upwards.",
    ),
    Slip(
        "the one that crosses is dropped",
        sculpting(filters={**FILTERS, "top_p": crossing_dropped}),
        "top-p drops the token that carries the sum across the line.",
    ),
    Slip(
        "min-p as it stands",
        sculpting(filters={**FILTERS, "min_p": lambda logits, m: softmax(logits) >= m}),
        "min-p is taken as a probability. It is a share of the largest one.",
    ),
    Slip(
        "min-p on logits",
        sculpting(filters={**FILTERS, "min_p": against_the_logit}),
        "min-p compares logits. The share is one of the largest *probability*.",
    ),
    Slip(
        "zero for minus infinity",
        sculpting(gone=0.0),
        "Who is cut gets the logit 0, and e to the 0 is 1. Which logit has no share in a softmax?",
    ),
    Slip(
        "logits come back",
        lambda logits, steps: np.log(sculpt(logits, steps)),
        "Those are logarithms. Probabilities are wanted.",
    ),
    Slip(
        "the first step alone",
        lambda logits, steps: sculpt(logits, list(steps)[:1]),
        "Only the first step was taken. Does a `return` stand inside the loop?",
    ),
    Slip(
        "the last step alone",
        lambda logits, steps: sculpt(logits, list(steps)[-1:]),
        "Only the last step counts: each seems to begin with the logits that came, and not with "
        "what the one before it left.",
    ),
    Slip(
        "a dictionary",
        lambda logits, steps: sculpt(logits, list(dict(steps).items())),
        "A step that is asked for twice is taken once. A dictionary remembers one setting a name.",
    ),
    Slip(
        "measured at the start",
        measured_once(as_it_came=True),
        "Your filters look at the logits that came, whatever the steps before have made of them.",
    ),
    Slip(
        "without the largest",
        without_the_largest,
        "e to the 1000 is more than a float can hold, and infinity by infinity is no number. "
        "Chapter 6 takes something from every logit first.",
    ),
    Slip(
        "above the kth",
        sculpting(filters={**FILTERS, "top_k": above_the_kth}),
        "top-k keeps one too few: the token at rank k is the last that stays.",
    ),
    Slip(
        "one more",
        sculpting(filters={**FILTERS, "top_k": one_more}),
        "top-k keeps one too many. Which rank does your index count from?",
    ),
    Slip(
        "above the share",
        sculpting(filters={**FILTERS, "min_p": above_the_share}),
        "Where min-p is 1 nobody stays, not even the likeliest, which is exactly as likely as it "
        "has to be.",
    ),
    Slip(
        "still logits",
        sculpting(last=lambda logits: logits),
        "Those are still logits. After the last step comes one more softmax.",
    ),
)


def on_probabilities(logits, steps):
    shares = softmax(logits)
    for name, setting in steps:
        if name == "temperature":
            shares = shares ** (1 / setting)
        else:
            with np.errstate(divide="ignore"):
                shares = shares * FILTERS[name](np.log(shares), setting)
        shares = shares / shares.sum()
    return shares


def by_ranks(logits, steps):
    order = sorted(range(len(logits)), key=lambda i: -logits[i])
    scores = [float(logits[i]) for i in order]
    for name, setting in steps:
        if name == "temperature":
            scores = [score / setting for score in scores]
        shares = softmax(np.array(scores))
        if name == "top_k":
            scores = scores[:setting]
        if name == "top_p":
            scores = scores[: int(np.sum(np.cumsum(shares) < setting)) + 1]
        if name == "min_p":
            scores = scores[: int(np.sum(shares >= setting * shares[0]))]
    sculpted = np.zeros(len(logits))
    sculpted[order[: len(scores)]] = softmax(np.array(scores))
    return sculpted


def by_the_library(logits, steps):
    import torch

    from minigpt import sampling

    filters = {"top_k": "keep_top_k", "top_p": "keep_top_p", "min_p": "keep_min_p"}
    row = torch.as_tensor(logits)[None]
    for name, setting in steps:
        if name == "temperature":
            row = row / setting
        else:
            row = getattr(sampling, filters[name])(row, setting)
    return row.softmax(-1)[0]


RIGHT = (
    Variant("on probabilities", on_probabilities),
    Variant("a sorted list that shrinks", by_ranks),
    Variant("the library's", by_the_library),
    Variant("with small functions", sculpting()),
)


def one_case(seed, vocab_size, *steps, shift=0.0):
    logits = shift + 1.5 * np.random.default_rng(seed).normal(size=vocab_size)
    logits = np.round(logits * 1024) / 1024  # exact in float32, too, even beside 2000
    return Case((logits, steps), ("vocab_size", None))


CASES = (
    one_case(4, 9, ("top_k", 5), ("top_p", 0.8), ("temperature", 0.5)),
    one_case(1, 9, ("top_p", 0.8), ("top_k", 5)),
    one_case(63, 8, ("top_p", 0.6), ("temperature", 4.0), ("top_k", 4), shift=1000.0),
    one_case(5, 7, ("temperature", 2.0), ("min_p", 0.25), ("top_p", 0.7), shift=-2000.0),
    one_case(5, 6, ("min_p", 0.1), ("temperature", 0.7)),
    one_case(47, 11, ("top_p", 0.9), ("min_p", 0.2), ("top_p", 0.75), ("top_k", 6)),
    one_case(6, 5, ("temperature", 1.5), ("min_p", 1.0)),
    one_case(7, 10, ("temperature", 2.0), ("top_p", 0.7), ("temperature", 0.4)),
)

EXERCISE = Exercise(
    id="16.2",
    title="The order of the filters",
    name="sculpt",
    minutes=35,
    difficulty="Middling",
    reference=sculpt,
    returns=("probabilities",),
    cases=CASES,
    slips=SLIPS,
    right=RIGHT,
    hints=SCULPT,
    invariants=(never_negative("probabilities"), rows_sum_to_one("probabilities")),
    notice="top-k looks at ranks and min-p at ratios, which no filter changes. top-p looks at a sum, "
    "and that every other step does change.",
)
