"""The ladders of hints: the parts of an exercise share one."""

from minigpt.exercises.exercise import Hint

SPLIT_AND_MERGE = (
    Hint(
        "two moves",
        "Cutting an axis in two leaves every number where it is; bringing an axis forward moves "
        "numbers. Which of the two does `reshape` do? Which does `swapaxes`?",
    ),
    Hint(
        "the shapes on the way",
        "To split, go from $(B, T, d_{\\text{model}})$ by way of "
        "$(B, T, n_{\\text{heads}}, d_{\\text{head}})$. To merge, walk the same way back: every "
        "move undone, the last one first.",
    ),
    Hint(
        "a plan",
        "Split: `reshape` the last axis into heads and widths, with `//` for the width; then "
        "exchange axes 1 and 2. Merge: exchange axes 1 and 2 first; then `reshape` the last two "
        "axes into one.",
    ),
)

SCRAMBLED = (
    Hint(
        "on paper",
        "Take two heads, three words and two numbers a head, and write down where each number "
        "goes. For the first function, what shape did the numbers have *before* the wrong step? "
        "For the second, which columns of `w` make head 0 now?",
    ),
    Hint(
        "what a reshape forgets",
        "A `reshape` keeps the order of the numbers, so another `reshape` undoes it. For the "
        "second function: an axis of the columns hides two, the widths and the heads. In which "
        "order do they stand now, and in which should they?",
    ),
    Hint(
        "a plan",
        "First function: `reshape` back to heads, words, widths, as it was before the wrong "
        "merge; then merge as in exercise 9.1. Second: `reshape` the columns into widths and "
        "heads, exchange these two axes, and `reshape` them into one again.",
    ),
)

MULTI_HEAD = (
    Hint(
        "what you have",
        "Exercise 7.2 made queries, keys and values by one product; exercise 9.1 cuts and joins. "
        "What do these leave over? Two biases, and one matrix.",
    ),
    Hint(
        "where the heads come in",
        "After the split, the heads are one more axis in front, and the four lines leave axes in "
        "front alone. How many products are added up in one score now, and so which root is it?",
    ),
    Hint(
        "a plan",
        "Multiply and add the first bias. Cut into three with `np.split(…, 3, axis=-1)`, split "
        "each into heads, score with `.mT`, divide by the root of a head's width, take the "
        "softmax along the last axis, mix. Merge, multiply with `w_o`, add the second bias once.",
    ),
)

PRUNING = (
    Hint(
        "rows, not columns",
        "In a product, column $c$ of the left factor meets row $c$ of the right one. Head $h$ has "
        "a slice of the merged columns; which part of `w_o` does it ever meet?",
    ),
    Hint(
        "the nearest mixture",
        "For the second function: the heads that are left give each word some numbers, and you "
        "look for the matrix that makes of these, as nearly as can be, what the word got before. "
        "`np.linalg.lstsq(a, b)[0]` is the matrix `m` for which `a @ m` comes nearest to `b`.",
    ),
    Hint(
        "a plan",
        "First: `reshape` the rows of `w_o` into heads and widths, and let each head meet its "
        "own part. Second: merge, lay all words of all texts below one another, keep the columns "
        "of the heads that stay, and fit them to the whole product; the rows of the head that is "
        "gone are zeros.",
    ),
)
