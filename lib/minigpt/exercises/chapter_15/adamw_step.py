"""15.2, one AdamW step: `adamw_step`."""

import numpy as np

from minigpt.exercises.chapter_15.hints import ADAMW
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def adamw_step(w, gradient, m, v, step, lr, beta1, beta2, weight_decay, eps):
    m = beta1 * m + (1 - beta1) * gradient
    v = beta2 * v + (1 - beta2) * gradient**2
    first = m / (1 - beta1**step)
    second = v / (1 - beta2**step)
    w = w - lr * weight_decay * w
    return w - lr * first / (np.sqrt(second) + eps), m, v


def built(
    averages=lambda g, m, v, b1, b2: (b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2),
    correct=lambda m, v, step, b1, b2: (m / (1 - b1**step), v / (1 - b2**step)),
    divide=lambda first, second, eps: first / (np.sqrt(second) + eps),
    change=lambda w, by, lr, decay: w - lr * decay * w - lr * by,
    kept=lambda m, v, first, second: (m, v),
):
    """A step, and one line of it changed."""

    def changed(w, gradient, m, v, step, lr, beta1, beta2, weight_decay, eps):
        m, v = averages(gradient, m, v, beta1, beta2)
        first, second = correct(m, v, step, beta1, beta2)
        w = change(w, divide(first, second, eps), lr, weight_decay)
        return w, *kept(m, v, first, second)

    return changed


def decay_in_the_gradient(w, gradient, m, v, step, lr, beta1, beta2, weight_decay, eps):
    gradient = gradient + weight_decay * w
    return adamw_step(w, gradient, m, v, step, lr, beta1, beta2, 0.0, eps)


def old_averages(w, gradient, m, v, step, lr, beta1, beta2, weight_decay, eps):
    new = adamw_step(w, gradient, m, v, step, lr, beta1, beta2, weight_decay, eps)
    by = m / (1 - beta1**step) / (np.sqrt(v / (1 - beta2**step)) + eps)
    return w - lr * weight_decay * w - lr * by, *new[1:]


def decay_in_both(w, gradient, m, v, step, lr, beta1, beta2, weight_decay, eps):
    gradient = gradient + weight_decay * w
    return adamw_step(w, gradient, m, v, step, lr, beta1, beta2, weight_decay, eps)


def averaged_first(g, m, v, b1, b2):
    m = b1 * m + (1 - b1) * g
    return m, b2 * v + (1 - b2) * m**2


def w_last(*args):
    w, m, v = adamw_step(*args)
    return m, v, w


def betas_exchanged(w, gradient, m, v, step, lr, beta1, beta2, weight_decay, eps):
    return adamw_step(w, gradient, m, v, step, lr, beta2, beta1, weight_decay, eps)


SLIPS = (
    Slip(
        "no correction",
        built(correct=lambda m, v, step, b1, b2: (m, v)),
        "The averages begin at 0, and in the first steps are too small: `v` more so than `m`. "
        "Who corrects them?",
    ),
    Slip(
        "only the first corrected",
        built(correct=lambda m, v, step, b1, b2: (m / (1 - b1**step), v)),
        "`m` is corrected for its beginning at 0, and `v` is not.",
    ),
    Slip(
        "only the second corrected",
        built(correct=lambda m, v, step, b1, b2: (m, v / (1 - b2**step))),
        "`v` is corrected for its beginning at 0, and `m` is not.",
    ),
    Slip(
        "steps counted from 0",
        built(correct=lambda m, v, step, b1, b2: (m / (1 - b1 ** (step + 1)), v / (1 - b2 ** (step + 1)))),
        "The correction is that of the step after this one. `step` is 1 the first time.",
    ),
    Slip(
        "a product for a power",
        built(correct=lambda m, v, step, b1, b2: (m / (1 - b1 * step), v / (1 - b2 * step))),
        "You multiply beta by `step`. What is left of the zero at the beginning shrinks by beta at "
        "every step.",
    ),
    Slip(
        "corrected by multiplying",
        built(correct=lambda m, v, step, b1, b2: (m * (1 - b1**step), v * (1 - b2**step))),
        "The correction makes the averages smaller still. At step 1, `m` is a tenth of the "
        "gradient; what makes it whole?",
    ),
    Slip(
        "corrected ones remembered",
        built(kept=lambda m, v, first, second: (first, second)),
        "The step is right, but what is remembered is the corrected averages: the next step would "
        "correct them once more.",
    ),
    Slip(
        "eps under the root",
        built(divide=lambda first, second, eps: first / np.sqrt(second + eps)),
        "`eps` is under the root. In a norm it belongs there; here it is added to the root.",
    ),
    Slip(
        "no eps",
        built(divide=lambda first, second, eps: first / np.sqrt(second)),
        "`eps` has no part in your step. Where a gradient has been 0 from the first, there would "
        "be nothing to divide by.",
    ),
    Slip(
        "no root",
        built(divide=lambda first, second, eps: first / (second + eps)),
        "`v` is an average of squares. To be rid of the gradient's size, divide by something of "
        "the same size.",
    ),
    Slip(
        "no squares",
        built(averages=lambda g, m, v, b1, b2: (b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g)),
        "`v` averages the gradient itself, which may be negative, and then there is no root. "
        "What does it average?",
    ),
    Slip(
        "absolute values",
        built(averages=lambda g, m, v, b1, b2: (b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * abs(g))),
        "`v` averages the gradient's size. It should average the square, of which the root is "
        "taken later.",
    ),
    Slip(
        "squares of the average",
        built(averages=averaged_first),
        "`v` averages the squares of `m`. It should see the gradient itself, before it is averaged.",
    ),
    Slip(
        "sums for averages",
        built(averages=lambda g, m, v, b1, b2: (b1 * m + g, b2 * v + g**2)),
        "The new part is added whole. In an average the shares of old and new make 1.",
    ),
    Slip(
        "shares exchanged",
        built(averages=lambda g, m, v, b1, b2: ((1 - b1) * m + b1 * g, (1 - b2) * v + b2 * g**2)),
        "Nearly all of each average is today's gradient. Beta is the share of what is remembered.",
    ),
    Slip(
        "betas exchanged",
        betas_exchanged,
        "The two betas have changed places: `m` has the memory meant for `v`.",
    ),
    Slip(
        "yesterday's averages",
        old_averages,
        "The step is made with the averages as they came, before today's gradient is in them.",
    ),
    Slip(
        "uphill",
        built(change=lambda w, by, lr, decay: w - lr * decay * w + lr * by),
        "The step goes uphill: the gradient points to where the loss *rises*.",
    ),
    Slip(
        "no step size",
        built(change=lambda w, by, lr, decay: w - lr * decay * w - by),
        "The decay knows how long a step is; the rest of the step moves every weight by about 1.",
    ),
    Slip(
        "decay in both",
        decay_in_both,
        "The decay acts twice: on the weight, and in the gradient as well. Which of the two is "
        "the W?",
    ),
    Slip(
        "decay in the gradient",
        decay_in_the_gradient,
        "You add the decay to the gradient, where it is averaged and divided like all the rest. "
        "That was Adam with L2; what does the W stand for?",
    ),
    Slip(
        "decay without the step size",
        built(change=lambda w, by, lr, decay: w - decay * w - lr * by),
        "The weights shrink by the whole decay at every step, whatever `lr` is.",
    ),
    Slip(
        "decay after the step",
        built(change=lambda w, by, lr, decay: (w - lr * by) * (1 - lr * decay)),
        "The decay shrinks the new weight, the step included. It should shrink the old one.",
    ),
    Slip(
        "no decay",
        built(change=lambda w, by, lr, decay: w - lr * by),
        "That is Adam, to the last digit. The decay is missing.",
    ),
    Slip(
        "w last",
        w_last,
        "The three values are right, and come back in another order: `w` is wanted first.",
    ),
    Slip(
        "growth for decay",
        built(change=lambda w, by, lr, decay: w + lr * decay * w - lr * by),
        "The decay makes the weights larger. It should draw them towards 0.",
    ),
)  # fmt: skip


def by_torch(w, gradient, m, v, step, lr, beta1, beta2, weight_decay, eps):
    import torch

    w, gradient, m, v = map(torch.tensor, (w, gradient, m, v))
    m, v = m.lerp(gradient, 1 - beta1), v.lerp(gradient.square(), 1 - beta2)
    size = v.div(1 - beta2**step).sqrt() + eps
    return w.mul(1 - lr * weight_decay).addcdiv(m / (1 - beta1**step), size, value=-lr), m, v


def number_by_number(w, gradient, m, v, step, lr, beta1, beta2, weight_decay, eps):
    w, m, v = w.copy(), m.copy(), v.copy()
    for at in np.ndindex(w.shape):
        m[at] += (1 - beta1) * (gradient[at] - m[at])
        v[at] += (1 - beta2) * (gradient[at] ** 2 - v[at])
        size = (v[at] / (1 - beta2**step)) ** 0.5 + eps
        w[at] -= lr * (weight_decay * w[at] + m[at] / (1 - beta1**step) / size)
    return w, m, v


def corrections_in_the_step(w, gradient, m, v, step, lr, beta1, beta2, weight_decay, eps):
    m = m + (1 - beta1) * (gradient - m)
    v = v + (1 - beta2) * (np.square(gradient) - v)
    root = np.sqrt(1 - beta2**step)
    rate = lr * root / (1 - beta1**step)
    return w * (1 - lr * weight_decay) - rate * m / (np.sqrt(v) + root * eps), m, v


RIGHT = (
    Variant("torch", by_torch),
    Variant("number by number", number_by_number),
    Variant("corrections in the step size", corrections_in_the_step),
    Variant("one line a piece", built()),
)


def step_of(shape, axes, step, seed, lr=0.1, betas=(0.9, 0.95), weight_decay=0.3, eps=0.02):
    rng = np.random.default_rng(seed)
    w, gradient, m = rng.normal(size=(3, *shape))
    gradient *= 10.0 ** rng.integers(-2, 2, size=shape)
    v = rng.uniform(0.01, 2, size=shape)
    if step == 1:
        m, v = np.zeros(shape), np.zeros(shape)
    settings = step, lr, *betas, weight_decay, eps
    return Case((w, gradient, m, v, *settings), (axes,) * 4 + (None,) * 6)


EXERCISE = Exercise(
    id="15.2",
    title="One AdamW step",
    name="adamw_step",
    minutes=30,
    difficulty="Middling",
    reference=adamw_step,
    returns=("w", "m", "v"),
    cases=(
        step_of((4, 3), "d_in d_out", 1, 15),
        step_of((5,), "d_in", 3, 16, lr=0.5, betas=(0.8, 0.99), weight_decay=0.1),
        step_of((2, 7), "d_in d_out", 12, 17, lr=0.03, eps=0.1),
    ),
    slips=SLIPS,
    right=RIGHT,
    hints=ADAMW,
    notice="at step 1 each weight moves by `lr`, whatever its gradient's size; only the sign is "
    "left. That is what the warm-up is for.",
)
