"""The ladders of hints: the parts of an exercise share one."""

from minigpt.exercises.exercise import Hint

MASK_IT = (
    Hint(
        "where the mask goes",
        "Four lines make attention: products, scores, weights, context. A hidden word must not "
        "even be counted when a row is divided by its sum. Between which two lines is that "
        "decided?",
    ),
    Hint(
        "the triangle",
        "`np.tri(T, dtype=bool)` is True on the diagonal and below it. `np.where(mask, a, b)` "
        "takes from `a` where the mask is True and from `b` where it is not. Both broadcast: one "
        "triangle serves any number of axes in front.",
    ),
    Hint(
        "a plan",
        "Scores as in chapter 7, with `.mT` and the root. Take $T$ from the last axis of the "
        "scores. Put minus infinity wherever the triangle is False, and let the softmax, along the "
        "last axis, do the rest: $e^{-\\infty}$ is 0.",
    ),
)

FINITE = (
    Hint(
        "what a number cannot promise",
        "Minus infinity is below every score there can be. A finite number is below those that "
        "somebody thought of. And softmax looks at differences only: what happens to a row whose "
        "every score is moved by the same amount?",
    ),
    Hint(
        "which rows to try",
        "For the first function, forget the hidden word's own score: it is overwritten. What is "
        "the fill compared with? For the second, try four rows on paper: all hidden; all visible "
        "scores far below zero; one visible score of 800; a hidden score far above every visible "
        "one.",
    ),
    Hint(
        "a plan",
        "For the first, let the visible scores lie below the fill, by how much you can work out: "
        "the hidden word needs more than both of them together. For the second, hide with minus "
        "infinity, take the largest of what is left in each row away before raising, and divide by "
        "the sum; then ask what the largest of nothing is, and what the sum, and put there "
        "something that leaves zeros.",
    ),
)

DETECTOR = (
    Hint(
        "cause and effect",
        "You cannot look into `f`. You can change what goes in, and see which rows of what comes "
        "out change. Which rows may change when word $j$ of one sentence does, and which may not?",
    ),
    Hint(
        "what hides from you",
        "One leak is from a single place to a single other; one from another sentence; one shows "
        "only if the changed word is very long; one is small. And an honest `f` may differ in its "
        "last digits, or multiply a weight of 0 with whatever you put there.",
    ),
    Hint(
        "a plan",
        "For every sentence, every place in it, and a few sizes from 1 to a million: copy `x`, "
        "replace that place and all after it by random numbers of that size, call `f`, and compare "
        "every row that had no right to change, in this sentence and in all others. Say yes at the "
        "first difference beyond rounding, or at the first NaN.",
    ),
)

REACH = (
    Hint(
        "hand to hand",
        "Word $i$ may look at $m$, and $m$ has already looked at $j$: then $i$ has something of "
        "$j$ without ever having looked at it. Draw four words and two layers, and follow the "
        "lines.",
    ),
    Hint(
        "one layer at a time",
        "For the first function, suppose you have the table of who knows whom after $n$ layers. "
        "Who knows $j$ after one more? Whoever may look, in that layer, at somebody who does. "
        "For the second, how far back does one layer carry, and how many such steps make the way?",
    ),
    Hint(
        "a plan",
        "Start from the table in which everyone knows themselves. A product of tables of 0 and 1 "
        "counts the ways from $i$ over some $m$ to $j$; you only need to know whether there is one. "
        "Mind which of the two layers comes first. For the second function, divide the distance by "
        "what a layer covers, round up, and treat two kinds of *never* by themselves.",
    ),
)
