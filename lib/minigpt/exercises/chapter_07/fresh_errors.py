"""7.3b, find the author's errors: `fresh_errors`."""

import math

import numpy as np

from minigpt.exercises.chapter_07.hints import ERRORS
from minigpt.exercises.chapter_07.printing import LAST_DIGIT, misprint
from minigpt.exercises.chapter_07.scores import softmax
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def fresh_errors(query, keys, values, scores, weights, context):
    raised = np.exp(scores)
    follows = [keys @ query, raised / raised.sum(), weights @ values]
    pairs = zip(follows, [scores, weights, context], strict=True)
    return tuple(np.abs(a - b) > 0.005 + 1e-9 for a, b in pairs)


def far(a, b):
    return np.abs(a - b) > 0.005 + 1e-9


def inherited_too(query, keys, values, scores, weights, context):
    true = softmax(keys @ query)
    return far(keys @ query, scores), far(true, weights), far(true @ values, context)


def mixed_anew(query, keys, values, scores, weights, context):
    own = softmax(scores)
    return far(keys @ query, scores), far(own, weights), far(own @ values, context)


def excused_by_the_score(query, keys, values, scores, weights, context):
    first, second, last = fresh_errors(query, keys, values, scores, weights, context)
    return first, second & ~first, last


def excused_by_a_weight(query, keys, values, scores, weights, context):
    first, second, last = fresh_errors(query, keys, values, scores, weights, context)
    return first, second, last & ~second.any()


def weights_from_true_scores(query, keys, values, scores, weights, context):
    first, _, last = fresh_errors(query, keys, values, scores, weights, context)
    return first, far(softmax(keys @ query), weights), last


def scaled_first(query, keys, values, scores, weights, context):
    root = math.sqrt(len(query))
    return far(keys @ query / root, scores), *fresh_errors(
        query, keys, values, scores, weights, context
    )[1:]


def scaled_between(query, keys, values, scores, weights, context):
    first, _, last = fresh_errors(query, keys, values, scores, weights, context)
    return first, far(softmax(scores / math.sqrt(len(query))), weights), last


def scaled_twice(query, keys, values, scores, weights, context):
    root = math.sqrt(len(query))
    return (
        far(keys @ query / root, scores),
        far(softmax(scores / root), weights),
        far(weights @ values, context),
    )


def four_lines(query, keys, values, scores, weights, context):
    own = keys @ query / math.sqrt(len(query))
    return far(own, scores), far(softmax(own), weights), far(softmax(own) @ values, context)


def shared_without_exp(query, keys, values, scores, weights, context):
    first, _, last = fresh_errors(query, keys, values, scores, weights, context)
    return first, far(scores / scores.sum(), weights), last


def made_whole_first(query, keys, values, scores, weights, context):
    first, second, _ = fresh_errors(query, keys, values, scores, weights, context)
    return first, second, far(weights / weights.sum() @ values, context)


def by_line(further):
    """Say by `further`, given what follows and what is printed, which numbers do not follow."""

    def judged(query, keys, values, scores, weights, context):
        return (
            further(keys @ query, scores),
            further(softmax(scores), weights),
            further(weights @ values, context),
        )

    return judged


def nothing_wrong(query, keys, values, scores, weights, context):
    return tuple(~wrong for wrong in fresh_errors(query, keys, values, scores, weights, context))


def any_at_all(query, keys, values, scores, weights, context):
    return tuple(
        wrong.any() for wrong in fresh_errors(query, keys, values, scores, weights, context)
    )


SLIPS = (
    Slip(
        "from the true numbers",
        inherited_too,
        "You start from `query`, `keys` and `values` and go on with your own numbers, so a "
        "step is blamed for what it inherited. From which numbers should each step follow?",
    ),
    Slip(
        "a wrong score excuses the weight",
        excused_by_the_score,
        "Where the score is wrong, you let the weight pass. "
        "May a number that follows from a wrong one not be wrong anew?",
    ),
    Slip(
        "a wrong weight excuses the context",
        excused_by_a_weight,
        "Since some weights are wrong, you let the context pass. "
        "May numbers that follow from wrong ones not be wrong anew?",
    ),
    Slip(
        "weights from true scores",
        weights_from_true_scores,
        "The weights are held against scores that you computed anew. Which scores are in print?",
    ),
    Slip(
        "mixed with weights of your own",
        mixed_anew,
        "The context is held against weights that you made from the scores. "
        "Which weights are in print?",
    ),
    Slip(
        "scores divided by the root",
        scaled_first,
        "You divide the scores by the root, which the text at hand does not. "
        "Judge it on its own terms.",
    ),
    Slip(
        "the root inside the softmax",
        scaled_between,
        "You divide by the root before the softmax, which the text at hand does not. "
        "Judge it on its own terms.",
    ),
    Slip(
        "the root in both steps",
        scaled_twice,
        "You divide by the root, and in two places: the scores already, and then again before the "
        "softmax. The text at hand does so in neither; judge it on its own terms.",
    ),
    Slip(
        "chapter's four lines",
        four_lines,
        "You work out every step anew, as the chapter does: with the root, and from your own "
        "numbers. The text at hand has no root, and each step is to follow from what it prints.",
    ),
    Slip(
        "no exp",
        shared_without_exp,
        "The weights are held against the scores divided by their sum. What comes before that?",
    ),
    Slip(
        "weights made whole",
        made_whole_first,
        "You mend the weights before you mix by them. That they do not sum to 1 is an error of "
        "the step before.",
    ),
    Slip(
        "turned round",
        nothing_wrong,
        "Turned round: True stands where a number does follow.",
    ),
    Slip("compared to the last digit", by_line(lambda a, b: a != b), LAST_DIGIT),
    Slip(
        "a whole digit",
        by_line(lambda a, b: np.abs(a - b) > 0.01),
        "Some errors get through. A number rounded to two decimals is not off by as much as a "
        "hundredth, nor by nearly that much: by how much at most?",
    ),
    Slip(
        "only too large",
        by_line(lambda a, b: b - a > 0.005 + 1e-9),
        "Only the numbers that are too large are found. An error may go either way.",
    ),
    Slip(
        "only too small",
        by_line(lambda a, b: a - b > 0.005 + 1e-9),
        "Only the numbers that are too small are found. An error may go either way.",
    ),
    Slip(
        "keys not turned",
        lambda query, keys, *printed: query @ keys,
        "Query and keys do not fit together. A key is a row, and each row is to meet the query: "
        "which of the two goes first, or what has to be turned round?",
    ),
    Slip(
        "values first",
        lambda query, keys, values, scores, weights, context: values @ weights,
        "Values and weights do not fit together in that order. There is one share for each row "
        "of the values: on which side do the shares stand?",
    ),
    Slip(
        "one answer a step",
        any_at_all,
        "One answer for each step. An answer for each number is wanted.",
    ),
)


def fresh_by_loops(query, keys, values, scores, weights, context):
    e = [math.exp(score) for score in scores]
    mixture = sum(share * value for share, value in zip(weights, values, strict=True))
    return (
        [round(float(query @ key), 2) != s for key, s in zip(keys, scores, strict=True)],
        [round(one / sum(e), 2) != w for one, w in zip(e, weights, strict=True)],
        np.round(mixture, 2) != context,
    )


def fresh_by_torch(query, keys, values, scores, weights, context):
    import torch

    q, k, v, s, w, c = map(torch.tensor, (query, keys, values, scores, weights, context))
    return [far(torch.abs(a - b), 0) for a, b in [(k @ q, s), (s.softmax(0), w), (w @ v, c)]]


RIGHT = (Variant("loops and lists", fresh_by_loops), Variant("torch", fresh_by_torch))


def print_steps(T, d_head, d_v, seed):
    """An attention printed to two decimals, with errors of its own in every step."""
    draws = np.random.default_rng(seed)
    sizes = [d_head, (T, d_head), (T, d_v)]
    query, keys, values = (np.round(draws.normal(size=size), 2) for size in sizes)
    keys[1] = 0  # its score is 0, also when it is divided
    off = np.bincount([0, 3, T - 1], weights=[4, 20, -1], minlength=T)
    scores = misprint(keys @ query, off)
    # One weight is wrong anew where the score is wrong too, and two where it is right.
    weights = misprint(softmax(scores), np.roll(off, 3))
    context = misprint(weights @ values, np.roll(off, 1)[:d_v])
    axes = ("d_head", "T d_head", "T d_v", "T", "T", "d_v")
    return Case((query, keys, values, scores, weights, context), axes)


EXERCISE = Exercise(
    id="7.3b",
    title="Find the author's errors",
    name="fresh_errors",
    minutes=30,
    difficulty="Middling",
    reference=fresh_errors,
    returns=("wrong_scores", "wrong_weights", "wrong_context"),
    cases=(
        print_steps(14, 3, 4, 143),
        print_steps(9, 5, 3, 28),
    ),
    slips=SLIPS,
    right=RIGHT,
    hints=ERRORS,
    notice="an error goes on into all that is computed from it, and looks there like many.",
)
