"""The ladders of hints."""

from minigpt.exercises.exercise import Hint

FORWARD = (
    Hint(
        "one stream",
        "There is one array of shape $(B, T, d_{\\text{model}})$ from the first look-up to the last "
        "norm. Who puts the first numbers into it, who adds to it, and who only reads it?",
    ),
    Hint(
        "what a block does",
        "A block has two writers. Each reads the stream through a norm of its own and adds what it "
        "makes to the stream itself. The second reads what the first has already changed.",
    ),
    Hint(
        "a plan",
        "Rows of `w_token` by the IDs, plus the first `T` rows of `w_place`. For every block, in "
        "order: two additions. Then the last norm; and a score for a token is the dot product of "
        "what came out with that token's row of `w_token`.",
    ),
)

PARAMETERS = (
    Hint(
        "list the matrices",
        "Take one block, and write down the shape of every matrix and of every vector in it. Which "
        "of the shapes know anything of `n_heads`?",
    ),
    Hint(
        "shared heads",
        "A head is as wide as in any model, whatever number of them shares its keys. So $W_K$ and "
        "$W_V$ have fewer columns, and $W_Q$ and $W_O$ are as they were.",
    ),
    Hint(
        "a plan",
        "The width of a head; from it the columns of $W_K$ and $W_V$. Four matrices of attention, "
        "three of the MLP, two norms with one number a column: a block. Times the layers; then what "
        "stands once, before the blocks and behind them.",
    ),
)

TIED = (
    Hint(
        "two readers of one matrix",
        "Think of two matrices that happen to hold the same numbers. Find the gradient of each by "
        "itself. What is the gradient of a number that is used in both places?",
    ),
    Hint(
        "the shapes decide",
        "As a head, row $n$ meets every vector of `hidden` and makes score $n$: the gradient is a "
        "product whose inner axis runs over all places of all texts. As a table, row $n$ is copied "
        "to each place where token $n$ stands.",
    ),
    Hint(
        "a plan",
        "Lay all places of all texts below one another, in all four arrays. One product gives the "
        "head's part, of the matrix's own shape. For the table's part go through the places, and add "
        "each row of `by_x` to the row of its token: a token that stands there twice gets both.",
    ),
)

PUBLISHED = (
    Hint(
        "which way round",
        "The matrices are published as they stand in $xW$: their first axis is as long as what "
        "comes in. One of them is square, and there only the rule helps, not the shape.",
    ),
    Hint(
        "three in one",
        "`attn.c_attn` makes queries, keys and values at once, in this order, each "
        "$d_{\\text{model}}$ wide; within each, the heads stand side by side. Chapter 9's "
        "exercise 9.3 is nearly all of the attention; what it lacks is the mask of chapter 8.",
    ),
    Hint(
        "a plan",
        "Norm, one product, three parts, heads in front; scores over the root of a head's width; "
        "hide what comes later; softmax; mix; merge; `attn.c_proj`; add to `x`. Norm again, "
        "`mlp.c_fc`, the GELU with the tanh, `mlp.c_proj`; add again. Every product has a bias.",
    ),
)
