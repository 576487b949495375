"""4.4, the fewest words that decide: `fewest_out`."""

from itertools import combinations

import numpy as np

from minigpt.exercises.chapter_04.elections import (
    against_the_mean,
    all_at_once,
    all_for_the_winner,
    best_of_each_step,
    by_rivals,
    flipped,
    in_order,
    lead_over,
    longest,
    not_ahead,
    over_the_best_rival,
    runner_up_each_time,
    second_of,
    sorted_against_the_mean,
    until_ahead,
    winner_of,
)
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
        lambda scores: until_ahead(scores, lead_over(scores, second_of(scores))),
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
        "all who prefer it to the runner-up",
        lambda scores: lead_over(scores, second_of(scores)) > 0,
        "Left out is every word that is for the winner and against the runner-up. When is it "
        "enough?",
    ),
    Slip(
        "against the mean of the rivals",
        against_the_mean,
        "The winner is measured against the average of its rivals, who do not run together. One "
        "of them has to pass it.",
    ),
    Slip(
        "sorted against the mean of the rivals",
        sorted_against_the_mean,
        "It flips, but the words are sorted by what the winner has over the *average* of its "
        "rivals. What is a word worth against one of them?",
    ),
    Slip(
        "the best of each step",
        best_of_each_step,
        "Each step takes what hurts most just now, whichever rival that helps, and nothing is "
        "taken back. One rival has to be helped from the first word to the last.",
    ),
    Slip(
        "the longest list",
        longest,
        "Every rival is tried, and the one that needs the *most* words is kept.",
    ),
    Slip(
        "a flat column",
        all_at_once,
        "One column taken out of a table lies down flat, and does not fit the table any more. "
        "Rival by rival, two flat columns do.",
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
        "With nobody left out, the decision is what it was. Is the winner among its own rivals?",
    ),
    Slip(
        "everybody",
        lambda scores: np.ones(len(scores), dtype=bool),
        "Everybody is left out, and of no words there is no average. Do those go first that are "
        "worth most to the winner, or least?",
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


def counted(number):
    return "one word" if number == 1 else f"{number} words"


def not_the_fewest(args, answer):
    """Say what keeps the words left out, of shape (n_words,), from being the fewest that flip."""
    (scores,) = args
    out = np.asarray(answer, dtype=bool)
    fewest = int(by_rivals(scores).sum())
    if out.all():
        return "Everybody is left out. Of no words there is no average."
    if not flipped(scores, out):
        level = not_ahead(scores, out)
        less = "a rival is level, and level is not ahead" if level else "the winner still leads"
        return f"With {counted(out.sum())} left out {less}."
    if out.sum() > fewest:
        return f"It flips, with {counted(out.sum())} left out. There is a way with {fewest}."
    return None


# Without the first word the fourth sense wins, which is last as long as all are heard.
BY_THE_LAST = np.array([[9, 6, 6, -9], [0, 0, 0, 1], [3, 2, 2, 3.5], [3, 2, 2, 3.5], [0, 0, 0, 0]])


def table_case(n_words, n_senses, seed):
    """Quarters, so that sums can tie exactly; the seeds keep leads and winner's scores apart."""
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
    cases=(
        *(table_case(*sizes) for sizes in ((7, 3, 10558), (8, 5, 89556), (10, 4, 8304))),
        Case((BY_THE_LAST,), ("n_words n_senses",)),
    ),
    slips=SLIPS,
    right=RIGHT,
    hints=FEWEST_OUT,
    judge_by=not_the_fewest,
    notice="sorting did in a moment what trying all sets would do in $2^n$ steps, since an average "
    "is a sum, and in a sum every word is worth the same whoever else is there.",
)
