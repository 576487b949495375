"""3.2, one skip-gram step: `step`."""

import numpy as np

from minigpt.exercises.chapter_03.hints import ONE_STEP
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant

rng = np.random.default_rng(3)


def step(center, context, negatives, lr):
    error = 1 / (1 + np.exp(-(context @ center))) - 1
    errors = 1 / (1 + np.exp(-(negatives @ center)))
    d_center = error * context + errors @ negatives
    d_negatives = np.outer(errors, center)
    return center - lr * d_center, context - lr * error * center, negatives - lr * d_negatives


def sigmoid(score):
    return 1 / (1 + np.exp(-score))


def stepped(
    center,
    context,
    negatives,
    lr,
    squash=sigmoid,
    real=1,
    noise=0,
    gather=np.sum,
    scale=1,
    signs=(1, 1),
):
    """A step with one thing changed."""
    error = signs[0] * (squash(context @ center) - real)
    errors = squash(signs[1] * (negatives @ center)) - noise
    d_center = error * context + gather(errors[:, None] * negatives, axis=0)
    return (
        center - scale * lr * d_center,
        context - scale * lr * error * center,
        negatives - scale * lr * np.outer(errors, center),
    )


def changed(**how):
    return lambda *args: stepped(*args, **how)


def with_the_new_center(center, context, negatives, lr):
    new = step(center, context, negatives, lr)[0]
    _, new_context, new_negatives = step(new, context, negatives, lr)
    return new, new_context, new_negatives


def others_first(center, context, negatives, lr):
    _, new_context, new_negatives = step(center, context, negatives, lr)
    return step(center, new_context, new_negatives, lr)[0], new_context, new_negatives


def with_new_errors(center, context, negatives, lr):
    errors = sigmoid(negatives @ center)
    new = center - lr * ((sigmoid(context @ center) - 1) * context + errors @ negatives)
    return (
        new,
        context - lr * (sigmoid(context @ center) - 1) * new,
        negatives - lr * np.outer(errors, new),
    )


def pushed_by_themselves(center, context, negatives, lr):
    errors = sigmoid(negatives @ center)
    return (
        step(center, context, negatives, lr)[0],
        context - lr * (sigmoid(context @ center) - 1) * context,
        negatives - lr * errors[:, None] * negatives,
    )


def one_sigmoid(center, context, negatives, lr):
    score = context @ center - (negatives @ center).sum()
    error = sigmoid(score) - 1
    return (
        center - lr * error * (context - negatives.sum(axis=0)),
        context - lr * error * center,
        negatives + lr * error * np.tile(center, (len(negatives), 1)),
    )


def everybody_by_themselves(center, context, negatives, lr):
    errors = sigmoid(negatives @ center)
    _, new_context, new_negatives = pushed_by_themselves(center, context, negatives, lr)
    error = sigmoid(context @ center) - 1 + errors.sum()
    return center - lr * error * center, new_context, new_negatives


def with_moved_others(center, context, negatives, lr):
    error, errors = sigmoid(context @ center) - 1, sigmoid(negatives @ center)
    _, new_context, new_negatives = step(center, context, negatives, lr)
    d_center = error * new_context + errors @ new_negatives
    return center - lr * d_center, new_context, new_negatives


def one_after_the_other(center, context, negatives, lr):
    error = sigmoid(context @ center) - 1
    center, new_context = center - lr * error * context, context - lr * error * center
    moved = []
    for negative in negatives:
        error = sigmoid(negative @ center)
        moved.append(negative - lr * error * center)
        center = center - lr * error * negative
    return center, new_context, np.array(moved)


def one_softmax(center, context, negatives, lr):
    others = np.vstack([context, negatives])
    raised = np.exp(others @ center)
    errors = raised / raised.sum() - (np.arange(len(others)) == 0)
    moved = others - lr * np.outer(errors, center)
    return center - lr * errors @ others, moved[0], moved[1:]


def shared_out(center, context, negatives, lr):
    error, errors = sigmoid(context @ center) - 1, sigmoid(negatives @ center) / len(negatives)
    moved = negatives - lr * np.outer(errors, center)
    return (
        center - lr * (error * context + errors @ negatives),
        context - lr * error * center,
        moved,
    )


def scores_added(center, context, negatives, lr):
    error, errors = sigmoid(context @ center) - 1, sigmoid((negatives @ center).sum())
    d_center = error * context + errors * negatives.sum(axis=0)
    return center - lr * d_center, context - lr * error * center, negatives - lr * errors * center


def deaf_to_noise(center, context, negatives, lr):
    return center - lr * (sigmoid(context @ center) - 1) * context, *step(
        center, context, negatives, lr
    )[1:]


def the_first_alone(center, context, negatives, lr):
    new_center, new_context, _ = step(center, context, negatives[:1], lr)
    return new_center, new_context, negatives - lr * sigmoid(negatives[0] @ center) * center


def shared_negative(center, context, negatives, lr):
    errors = sigmoid(negatives @ center)
    new_center, new_context, _ = step(center, context, negatives, lr)
    return new_center, new_context, negatives - lr * errors.sum() * center


SLIPS = (
    Slip(
        "the new center, all over",
        with_the_new_center,
        "The centre is right. The others were computed with the centre as it is *after* its "
        "step: all three should start from where they stood.",
    ),
    Slip(
        "the old errors, the new center",
        with_new_errors,
        "The centre is right, and so are the errors. But the others were pushed along the centre "
        "as it is after its step.",
    ),
    Slip(
        "the others first",
        others_first,
        "The others are right. The centre was then computed with *their* new values: all three "
        "should start from where they stood.",
    ),
    Slip(
        "uphill",
        changed(scale=-1),
        "All three went the wrong way: the loss rises. Which way does a gradient point?",
    ),
    Slip(
        "no sigmoid",
        changed(squash=lambda score: score),
        "The errors are computed from the bare dot products. What squeezes a score between 0 "
        "and 1?",
    ),
    Slip(
        "the sigmoid's sign",
        changed(squash=lambda score: sigmoid(-score)),
        "Your sigmoid falls where it should rise: at a large score it should be nearly 1.",
    ),
    Slip(
        "negatives are real",
        changed(noise=1),
        "The negatives are drawn nearer. For them the right answer is 0, not 1.",
    ),
    Slip(
        "nobody is real",
        changed(real=0),
        "The real neighbour is pushed away like a negative. Its right answer is 1.",
    ),
    Slip(
        "labels exchanged",
        changed(real=0, noise=1),
        "The labels are exchanged: the negatives are drawn nearer, the neighbour pushed away.",
    ),
    Slip(
        "1 minus the sigmoid",
        changed(signs=(-1, 1)),
        "The real neighbour and the centre are pushed apart. Which of the two is taken from the "
        "other: what the sigmoid says, or what it should have said?",
    ),
    Slip(
        "the sign in the loss",
        changed(signs=(1, -1)),
        "The loss has $\\sigma(-n \\cdot c)$ in it; the error has not. What did the sigmoid say "
        "to the noise, and what should it have said?",
    ),
    Slip(
        "one after the other",
        one_after_the_other,
        "The centre was moved after every score, and the next score asked the moved one. All the "
        "errors belong to the vectors as they came.",
    ),
    Slip(
        "the old errors, the others moved",
        with_moved_others,
        "The others are right, and so are the errors. But the centre was pushed along the others "
        "as they are after their step.",
    ),
    Slip(
        "one softmax",
        one_softmax,
        "The scores were made to share a sum of 1. In this game every pair is asked alone.",
    ),
    Slip(
        "a share for each negative",
        shared_out,
        "Every negative counts for a share only, as in a mean. The loss adds them up.",
    ),
    Slip(
        "the negatives' scores added",
        scores_added,
        "The scores of the negatives were added up, and asked once. Each has an error of its own.",
    ),
    Slip(
        "the center hears no noise",
        deaf_to_noise,
        "The others are right. The centre heard from its real neighbour alone, and stands in the "
        "negatives' scores, too.",
    ),
    Slip(
        "the first negative alone",
        the_first_alone,
        "Only the first negative was asked. There are as many errors as negatives.",
    ),
    Slip(
        "errors times center",
        lambda center, context, negatives, lr: sigmoid(negatives @ center) * center,
        "An error for each negative and the centre's numbers cannot be multiplied one by one. "
        "Each error goes with the whole centre: how many rows does that make?",
    ),
    Slip(
        "errors along the rows",
        lambda center, context, negatives, lr: sigmoid(negatives @ center) * negatives,
        "There is an error for each *row* of the negatives. The centre then wants those rows, "
        "each times its error, added up.",
    ),
    Slip(
        "all pushed by themselves",
        everybody_by_themselves,
        "All were pushed along themselves. Which vector is the slope of a dot product by one of "
        "its two?",
    ),
    Slip(
        "in another order",
        lambda *args: [step(*args)[i] for i in (1, 0, 2)],
        "The three are right. They are wanted in the order in which they came.",
    ),
    Slip(
        "the mean of the negatives",
        changed(gather=np.mean),
        "The others are right. In the centre's gradient the negatives are averaged; the loss "
        "adds them up.",
    ),
    Slip(
        "pushed by themselves",
        pushed_by_themselves,
        "The centre is right. The others were pushed along themselves: which vector is the slope "
        "of a dot product by one of its two?",
    ),
    Slip(
        "one sigmoid for all",
        one_sigmoid,
        "All scores went into a single sigmoid. Each pair is a question of its own, with an "
        "answer of its own.",
    ),
    Slip(
        "one error for all negatives",
        shared_negative,
        "Centre and context are right. Every negative received the sum of all their errors, "
        "instead of its own.",
    ),
    Slip(
        "only the center moves",
        lambda center, context, negatives, lr: (
            step(center, context, negatives, lr)[0],
            context,
            negatives,
        ),
        "The centre is right, and the others stay where they were. They have gradients, too.",
    ),
    Slip(
        "the learning rate forgotten",
        lambda center, context, negatives, lr: step(center, context, negatives, 1),
        "The steps point the right way and are too long: `lr` has no part in them.",
    ),
    Slip(
        "gradients instead of vectors",
        lambda center, context, negatives, lr: tuple(
            (old - new) / lr
            for old, new in zip(
                (center, context, negatives), step(center, context, negatives, lr), strict=True
            )
        ),
        "These are the gradients, and they are right. Wanted are the vectors after the step.",
    ),
    Slip(
        "the slope of the sigmoid as well",
        lambda center, context, negatives, lr: squared(center, context, negatives, lr),
        "The errors are too small by a factor $\\sigma(1 - \\sigma)$: that belongs to a squared "
        "error. The logarithm in the loss cancels it.",
    ),
)


def squared(center, context, negatives, lr):
    p, ps = sigmoid(context @ center), sigmoid(negatives @ center)
    error, errors = (p - 1) * p * (1 - p), ps * ps * (1 - ps)
    return (
        center - lr * (error * context + errors @ negatives),
        context - lr * error * center,
        negatives - lr * np.outer(errors, center),
    )


def by_loops(center, context, negatives, lr):
    def error(other, label):
        return 1 / (1 + np.exp(-sum(a * b for a, b in zip(other, center, strict=True)))) - label

    others = [(context, 1), *((negative, 0) for negative in negatives)]
    errors = [error(other, label) for other, label in others]
    push = [
        sum(e * o[c] for e, (o, _) in zip(errors, others, strict=True)) for c in range(len(center))
    ]
    moved = [
        [o[c] - lr * e * center[c] for c in range(len(center))]
        for e, (o, _) in zip(errors, others, strict=True)
    ]
    return [a - lr * b for a, b in zip(center, push, strict=True)], moved[0], moved[1:]


def by_library(center, context, negatives, lr):
    from minigpt.embeddings import skipgram_gradients

    old = (center, context, negatives)
    return tuple(a - lr * d for a, d in zip(old, skipgram_gradients(*old), strict=True))


def stacked(center, context, negatives, lr):
    others = np.vstack([context, negatives])
    labels = np.zeros(len(others))
    labels[0] = 1
    errors = 0.5 * (1 + np.tanh(others @ center / 2)) - labels
    moved = others - lr * errors[:, None] * center
    return center - lr * others.T @ errors, moved[0], moved[1:]


def by_autograd(center, context, negatives, lr):
    import torch

    leaves = [torch.tensor(array, requires_grad=True) for array in (center, context, negatives)]
    c, o, n = leaves
    log = torch.nn.functional.logsigmoid
    (-log(o @ c) - log(-n @ c).sum()).backward()
    return tuple(leaf - lr * leaf.grad for leaf in leaves)


RIGHT = (
    Variant("loops, in lists", by_loops),
    Variant("all others in one array", stacked),
    Variant("the library's gradients", by_library),
    Variant("torch's gradients", by_autograd),
    Variant("float32", lambda *args: step(*(np.float32(arg) for arg in args))),
)


def case(n_negatives, d_model, lr):
    shapes = [(d_model,), (d_model,), (n_negatives, d_model)]
    arrays = tuple(rng.normal(size=shape) for shape in shapes)
    return Case((*arrays, lr), ("d_model", "d_model", "n_negatives d_model", None))


EXERCISE = Exercise(
    id="3.2",
    title="One skip-gram step",
    name="step",
    minutes=20,
    difficulty="Middling",
    reference=step,
    returns=("center", "context", "negatives"),
    cases=(case(3, 2, 0.5), case(5, 4, 0.1), case(2, 7, 0.3)),
    slips=SLIPS,
    right=RIGHT,
    hints=ONE_STEP,
    notice="the errors are all computed before anything moves; in a hurry that is the first thing "
    "to go.",
)
