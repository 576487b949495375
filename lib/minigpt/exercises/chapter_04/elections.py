"""Who wins a vote of words when some are left out, and how people choose whom (4.4)."""

import numpy as np


def winner_of(scores):
    return scores.mean(axis=0).argmax()


def lead_over(scores, rival):
    return scores[:, winner_of(scores)] - scores[:, rival]


def by_lead(scores, rival):
    return np.argsort(-lead_over(scores, rival), kind="stable")


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
    return min((in_order(scores, by_lead(scores, r), enough) for r in every), key=np.sum)


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


def lead_over_the_mean(scores):
    first = winner_of(scores)
    return scores[:, first] - np.delete(scores, first, axis=1).mean(axis=1)


def against_the_mean(scores):
    return until_ahead(scores, lead_over_the_mean(scores))


def sorted_against_the_mean(scores):
    return in_order(scores, np.argsort(-lead_over_the_mean(scores), kind="stable"))


def best_of_each_step(scores):
    out = np.zeros(len(scores), dtype=bool)
    while not (flipped(scores, out) or out.all()):
        out[min(np.flatnonzero(~out), key=lambda j: margin(scores, out, j))] = True
    return out


def margin(scores, out, j):
    """By how much the winner's sum still leads when word j goes too."""
    left = scores[~out].sum(axis=0) - scores[j]
    return left[winner_of(scores)] - np.delete(left, winner_of(scores)).max()


def longest(scores):
    rivals = [r for r in range(scores.shape[1]) if r != winner_of(scores)]
    return max((until_ahead(scores, lead_over(scores, r)) for r in rivals), key=np.sum)


def until_ahead(scores, lead):
    """Leave out the largest leads until this one rival has none."""
    order = np.argsort(-lead, kind="stable")
    return in_order(scores, order, lambda _, out: lead[~out].sum() < 0)


def all_at_once(scores):
    return scores[:, winner_of(scores)] - scores


def all_for_the_winner(scores):
    return scores.argmax(axis=1) == winner_of(scores)
