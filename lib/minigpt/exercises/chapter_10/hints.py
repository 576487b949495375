"""The ladders of hints."""

from minigpt.exercises.exercise import Hint

SINUSOIDS = (
    Hint(
        "one clock at a time",
        "Columns $2c$ and $2c + 1$ belong to one hand of one clock, and the hand has one speed. "
        "How many speeds are there, and which of them is 1 radian a place?",
    ),
    Hint(
        "a table of angles",
        "An angle is a place times a speed: a column of `T` places against a row of "
        "`d_model / 2` speeds. That is a table of shape `(T, d_model / 2)`, and both kinds of "
        "column are made from it.",
    ),
    Hint(
        "a plan",
        "The exponents are $-2c / d_{\\text{model}}$ for $c$ = 0, 1, 2 … Raise `base` to them, "
        "multiply with the places, make an empty table of the full width, and fill every "
        "second column of it, once from column 0 and once from column 1.",
    ),
)

ROTATE = (
    Hint(
        "one pair",
        "Take a single pair $(a, b)$ and turn it by 90 degrees on paper: $(1, 0)$ becomes "
        "$(0, 1)$, and $(0, 1)$ becomes $(-1, 0)$. Both new numbers need both old ones.",
    ),
    Hint(
        "which angle where",
        "The angle depends on the position, which lies along the axis before the last, and on "
        "the pair, which lies along the last. So the table of angles has the shape "
        "`(T, d_head / 2)`. Whatever axes stand in front take no part.",
    ),
    Hint(
        "a plan",
        "Cut out the even columns, `a`, and the odd ones, `b`, by slices of the last axis. "
        "Compute both new halves from both old ones before you write either. Write them into a "
        "new array, not into `x`, at the places from which they were cut.",
    ),
)

RELATIVE = (
    Hint(
        "what must not matter",
        "A score that depends on the distance alone does not change when both words move by the "
        "same number of places. What do you hold fixed, and what do you move?",
    ),
    Hint(
        "one shift is not enough",
        "A score may happen to repeat after one place, or after two. And a query can stand "
        "before its key as well as after it. Try several pairs of places and several shifts.",
    ),
    Hint(
        "a plan",
        "Loop over the places `i` and `j`, from 0 to `T` − 1. Compare the score at `(i, j)` with "
        "that of another pair of places as far apart, in the same direction: the one where "
        "the earlier of the two stands at 0. Compare with `np.isclose`; one disagreement "
        "settles it.",
    ),
)

MEND = (
    Hint(
        "what is turned",
        "A column of $W_Q$ makes one number of the query. So to move a number to another place "
        "within the query, move the column that makes it. Nothing needs to be computed.",
    ),
    Hint(
        "one head on paper",
        "Take `d_head` = 6. As neighbours, the pairs are (0, 1), (2, 3), (4, 5); in halves they are "
        "(0, 3), (1, 4), (2, 5). Write down the new order of the six columns, in which partners "
        "stay partners, each pair keeps its speed, and first stays first.",
    ),
    Hint(
        "a plan",
        "Within a head: first its even columns, then its odd ones. Then for all heads at once: "
        "cut the columns into `(n_heads, d_head / 2, 2)`, let the last two axes change places, "
        "and fold them together again.",
    ),
)
