"""4.4, the fewest words that decide: `fewest_out`."""

from itertools import combinations

import numpy as np

from minigpt.exercises.chapter_04.hints import FEWEST_OUT
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def fewest_out(scores):
    best, winner = None, scores.mean(axis=0).argmax()
    for rival in range(scores.shape[1]):
        lead = scores[:, winner] - scores[:, rival]
        order = np.argsort(-lead)
        for k in range(len(lead)):
            if lead[order[k:]].sum() < 0 and (best is None or k < len(best)):
                best = order[:k]
    return np.isin(np.arange(len(scores)), best)


def winner_of(scores):
    return scores.mean(axis=0).argmax()


def lead_over(scores, rival):
    return scores[:, winner_of(scores)] - scores[:, rival]


def second_of(scores):
    return np.argsort(-scores.mean(axis=0), kind="stable")[1]


def flipped(scores, out):
    """Whether a rival is ahead, and not level, when `out` is left out."""
    left = scores[~out].sum(axis=0)
    return (~out).any() and bool((left > left[winner_of(scores)] + 1e-9).any())


def in_order(scores, order, enough=flipped):
    """Leave out one word after the other, in this order, until the decision flips."""
    out = np.zeros(len(scores), dtype=bool)
    for j in order:
        if enough(scores, out):
            break
        out[j] = True
    return out


def not_ahead(scores, out):
    left = scores[~out].sum(axis=0)
    return bool((np.delete(left, winner_of(scores)) >= left[winner_of(scores)]).any())


def by_rivals(scores, enough=flipped):
    every = [r for r in range(scores.shape[1]) if r != winner_of(scores)]
    outs = [
        in_order(scores, np.argsort(-lead_over(scores, r), kind="stable"), enough) for r in every
    ]
    return min(outs, key=np.sum)


def against_the_second(scores):
    return np.argsort(-lead_over(scores, second_of(scores)), kind="stable")


def second_ahead(scores, out):
    return lead_over(scores, second_of(scores))[~out].sum() < -1e-9


def over_the_best_rival(scores):
    others = np.delete(scores, winner_of(scores), axis=1).max(axis=1)
    return in_order(scores, np.argsort(others - scores[:, winner_of(scores)], kind="stable"))


def runner_up_each_time(scores):
    out, first = np.zeros(len(scores), dtype=bool), winner_of(scores)
    while not (flipped(scores, out) or out.all()):
        left = scores[~out].sum(axis=0)
        rival = max((r for r in range(len(left)) if r != first), key=lambda r: left[r])
        lead = np.where(out, -np.inf, scores[:, first] - scores[:, rival])
        out[lead.argmax()] = True
    return out


def all_for_the_winner(scores):
    return scores.argmax(axis=1) == winner_of(scores)


SLIPS = (
    Slip(
        "those that stay",
        lambda scores: ~fewest_out(scores),
        "Turned round: True stands at the words that stay.",
    ),
    Slip(
        "the winner's highest scores",
        lambda scores: in_order(scores, np.argsort(-scores[:, winner_of(scores)], kind="stable")),
        "The words that score high for the winner are left out first. A word may score high for "
        "all senses alike: what does it decide?",
    ),
    Slip(
        "the runner-up alone",
        lambda scores: in_order(scores, against_the_second(scores), second_ahead),
        "Only the sense in second place is helped to win. The one in third place may need fewer "
        "words.",
    ),
    Slip(
        "the runner-up of the moment",
        runner_up_each_time,
        "At each step whoever is second just then is helped, so the help is spread over several "
        "rivals. Stay with one to the end, and then try the next.",
    ),
    Slip(
        "a tie is enough",
        lambda scores: by_rivals(scores, not_ahead),
        "It stops when the rival has caught up. Level is not ahead.",
    ),
    Slip(
        "all of the winner's words",
        all_for_the_winner,
        "Every word that favours the winner is left out. Do all of them have to go?",
    ),
    Slip(
        "as they stand",
        lambda scores: in_order(scores, range(len(scores))),
        "The words are left out as they stand in the sentence. Which is worth most to the winner?",
    ),
    Slip(
        "the best rival of each word",
        over_the_best_rival,
        "Each word is measured against its own favourite rival, and these may differ. In the end "
        "it is one rival that has to be ahead.",
    ),
    Slip(
        "the largest differences either way",
        lambda scores: in_order(
            scores, np.argsort(-np.abs(lead_over(scores, second_of(scores))), kind="stable")
        ),
        "Sorted by the size of the difference, whatever its sign: words that speak against the "
        "winner go too.",
    ),
    Slip(
        "one word",
        lambda scores: np.arange(len(scores)) == lead_over(scores, second_of(scores)).argmax(),
        "One word is left out, and no more. Has the decision changed?",
    ),
    Slip(
        "their places",
        lambda scores: np.flatnonzero(fewest_out(scores)),
        "Those are the places of the words, and they are right. Asked for is True or False for "
        "every word.",
    ),
    Slip(
        "how many",
        lambda scores: fewest_out(scores).sum(),
        "That is how many. Which ones are they?",
    ),
    Slip(
        "nobody",
        lambda scores: np.zeros(len(scores), dtype=bool),
        "With nobody left out, the decision is what it was.",
    ),
    Slip(
        "everybody",
        lambda scores: np.ones(len(scores), dtype=bool),
        "Everybody is left out, and of no words there is no average. Do those go first that are worth "
        "most to the winner, or least?",
    ),
)


def by_trying_all(scores):
    for k in range(len(scores)):
        for some in combinations(range(len(scores)), k):
            out = np.isin(np.arange(len(scores)), some)
            if flipped(scores, out):
                return out
    return None


def by_running_sums(scores):
    lead = scores[:, [winner_of(scores)]] - scores
    order = np.argsort(-lead, axis=0, kind="stable")
    rest = lead.sum(axis=0) - np.cumsum(np.take_along_axis(lead, order, axis=0), axis=0)
    rest[-1] = np.inf  # somebody remains
    needed = np.where((rest < 0).any(axis=0), (rest < 0).argmax(axis=0), len(scores))
    rival = needed.argmin()
    return np.isin(np.arange(len(scores)), order[: needed[rival] + 1, rival])


def by_torch(scores):
    import torch

    return torch.tensor(by_rivals(scores))


RIGHT = (
    Variant("trying all sets", by_trying_all),
    Variant("running sums", by_running_sums),
    Variant("rival by rival, torch", by_torch),
    Variant("as a list", lambda scores: by_rivals(scores).tolist()),
)


def not_the_fewest(args, answer):
    """Say what keeps the words left out, of shape (n_words,), from being the fewest that flip."""
    (scores,) = args
    out = np.asarray(answer, dtype=bool)
    fewest = int(by_rivals(scores).sum())
    if out.all():
        return "Everybody is left out. Of no words there is no average."
    if not flipped(scores, out):
        return f"With these {out.sum()} left out, no other sense is ahead of the winner."
    if out.sum() > fewest:
        return f"It flips, with {out.sum()} words left out. There is a way with {fewest}."
    return None


def table_case(n_words, n_senses, seed):
    """Quarters, so that sums can tie exactly; the seeds are such that no two leads do."""
    draws = np.random.default_rng(seed)
    scores = draws.integers(-16, 28, size=(n_words, n_senses)) / 4
    scores[:, seed % n_senses] += draws.integers(0, 16, size=n_words) / 4
    return Case((scores,), ("n_words n_senses",))


EXERCISE = Exercise(
    id="4.4",
    title="The fewest words that decide",
    name="fewest_out",
    minutes=45,
    difficulty="An evening's thought",
    reference=fewest_out,
    returns=("out",),
    cases=tuple(table_case(*sizes) for sizes in ((7, 3, 3898), (8, 5, 3486), (10, 4, 11277))),
    slips=SLIPS,
    right=RIGHT,
    hints=FEWEST_OUT,
    judge_by=not_the_fewest,
    notice="sorting did in a moment what trying all sets would do in $2^n$ steps, since an average "
    "is a sum, and in a sum every word is worth the same whoever else is there.",
)
