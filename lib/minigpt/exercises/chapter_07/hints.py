"""The ladders of hints: the parts of an exercise share one."""

from minigpt.exercises.exercise import Hint

ONE_QUERY = (
    Hint(
        "who takes part",
        "Word `i` needs one query: its own. Of the others, and of itself too, it needs the "
        "keys and the values. Which shapes have these three?",
    ),
    Hint(
        "two products",
        "All keys against one query: $(T, d_{\\text{head}})$ times $(d_{\\text{head}},)$ gives "
        "one score a word. One share a word against all values: $(T,)$ times $(T, d_v)$ "
        "mixes the rows.",
    ),
    Hint(
        "a plan",
        "Make the query from `x[i]`, keys and values from all of `x`. Multiply the keys with "
        "the query, divide by the root of how many numbers the query has, raise, divide by the "
        "sum, and multiply the result with the values.",
    ),
)

ALL_QUERIES = (
    Hint(
        "one product",
        "`x @ w_qkv` does all three products at once, for every sentence. Its last axis holds "
        "a word's query, key and value side by side. What is its shape, and where are the two "
        "cuts?",
    ),
    Hint(
        "the batch",
        "After the cuts it is `four_lines` again. Two of its operations have to leave the new "
        "axis in front alone: exercise 5.1 had the same two.",
    ),
    Hint(
        "a plan",
        "`np.split(qkv, [a, b], axis=-1)` cuts before columns `a` and `b` and gives three "
        "arrays. The values are whatever is left, so their width is nobody's business. Then "
        "`.mT` for the transpose, axis $-1$ with `keepdims` for the softmax, and the root of "
        "`d_head`.",
    ),
)

ERRORS = (
    Hint(
        "what rounding excuses",
        "A number printed with two decimals stands for everything that rounds to it. How wide "
        "is that interval, and where in it is the printed number?",
    ),
    Hint(
        "an error and its heirs",
        "For the second function, never compute a step from the true numbers. Each step gets "
        "the numbers in print right before it, right or wrong, and is asked only whether it "
        "follows from them.",
    ),
    Hint(
        "a plan",
        "For the first, compare the distance between `x @ w` and `printed` with half a hundredth. "
        "For the second, do so three times: `keys @ query` against the scores, the "
        "softmax of the printed scores against the weights, the printed weights times "
        "`values` against the context.",
    ),
)

SWAP = (
    Hint(
        "write it out",
        "The score of $i$ for $j$ is $q_i\\,k_j^\\top$. Exchange the letters $q$ and $k$ in it, and "
        "say in words what is left. For `two_matrices`: which pair makes a given table if "
        "$d_{\\text{head}}$ may be as large as $d_{\\text{model}}$?",
    ),
    Hint(
        "who is divided by what",
        "A softmax divides every row by its own sum. Which numbers stand in a row after the swap, "
        "and where did they stand before? For `two_matrices`: the section on the table of likings "
        "has taken a table apart and put it together again. Which of those numbers are not needed "
        "for that?",
    ),
    Hint(
        "a plan",
        "For `after_swap`: two steps that the chapter has, a turn and a softmax; which comes first? "
        "For `two_matrices`: `u @ np.diag(s) @ vt` has three factors and you need two, each "
        "`d_head` columns wide. The strengths must go somewhere, and only once.",
    ),
)
