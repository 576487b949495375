"""The ladders of hints: the parts of an exercise share one."""

from minigpt.exercises.exercise import Hint

SAFE = (
    Hint(
        "what to subtract",
        "Every row is safe if its own largest score becomes 0. A score far above those of its "
        "row is the trouble; one far above those of *other* rows is nobody's business.",
    ),
    Hint(
        "along which axis",
        "Both the largest score and the sum are taken along `axis`. For them to meet the scores "
        "again they must keep that axis, with one entry in it; NumPy has a word for it.",
    ),
    Hint(
        "a plan",
        "Take the maximum along the axis. Where it is $-\\infty$ itself, nothing may be shared out: "
        "subtract 0 there instead, with `np.where`. Raise, sum along the axis, and divide by the "
        "sum, but where that is 0, by 1.",
    ),
)

LOGS = (
    Hint(
        "a formula first",
        "For both: write down what is to be computed as a formula in the scores alone, with no "
        "weight in it, and only then think of overflow.",
    ),
    Hint(
        "what a shift does",
        "Lower all scores of a row by $c$. What happens to their log-sum-exp? For the surprise: "
        "which of its two terms does the shift leave alone, or is it both together?",
    ),
    Hint(
        "a plan",
        "For the first: shift by the row's maximum, sum, take the logarithm, and give back what "
        "was taken; a maximum of $-\\infty$ must not be subtracted from itself. For the second: the "
        "log-sum-exp of the row minus the target's own score. `np.arange` and `targets` together "
        "pick one entry from each row. Last, turn natural logarithms into bits.",
    ),
)

VARIANCE = (
    Hint(
        "one product first",
        "The variance of a sum is the sum of the variances only if the terms are uncorrelated. "
        "Start with a single product, and with what a variance is: the mean of the square, minus "
        "the square of the mean.",
    ),
    Hint(
        "what the mean of a square is",
        "The mean of a number's square is its variance plus the square of its mean. In the second "
        "part hold one query fast: the score is then a sum of the key's components, each "
        "with a fixed factor. Which covariances enter?",
    ),
    Hint(
        "a plan",
        "For the first: expand the mean of $q^2 k^2$ for one component, take off the square of the "
        "mean of $qk$, and add up. For the second: with $q$ fixed, the variance over keys is the "
        "double sum of $q_i\\,q_j$ times the key's covariance of $i$ and $j$. Then average over "
        "queries: what is the mean of $q_i\\,q_j$? A divisor is a spread, not a variance.",
    ),
)

GRADIENT = (
    Hint(
        "on three numbers",
        "Write out the chapter's Jacobian for the weights ½, ¼ and ¼. For the first part, multiply "
        "it with three numbers $g_1, g_2, g_3$ and look for what all three results share. For "
        "the second, look for its largest entry.",
    ),
    Hint(
        "a difference, and a half",
        "For the first: each score's slope is its weight times a difference. Between what and "
        "what? For the second: the largest entry stands on the diagonal, and $w(1-w)$ rises as long "
        "as $w$ is below a half.",
    ),
    Hint(
        "a plan",
        "For the first: the average of the slopes, weighted by the weights, is one number a row; "
        "keep its axis. For the second: the favourite's weight only grows with the width, so once "
        "it is above a half and the bound is met, the bound stays met. A tie of two at the "
        "top never gets there: look for that first, and answer `math.inf`.",
    ),
)
