"""The ladders of hints: the parts of an exercise share one."""

from minigpt.exercises.exercise import Hint

LOOKUP = (
    Hint(
        "two pictures",
        "For 1, draw the rows for the IDs 2, 0, 2. For 2, ask what happens to the loss when row "
        "2 of the table moves a little: through which words of the sentence does it notice?",
    ),
    Hint(
        "any number of axes",
        "For 1, think of all one-hot rows there are, one for each ID, stacked into one square "
        "array; then pick. For 2, a loop over all places of `ids` is a fine start, and "
        "`np.ndindex` lists the places of an array of any shape.",
    ),
    Hint(
        "a plan",
        "For 1, the stack is an array that NumPy makes from one number, and an array of IDs picks "
        "rows from it in the shape of the IDs. For 2, begin with a table of zeros and add each "
        "row of `d_x` to the row of its word; a word that comes twice receives twice. Or read "
        "the lookup as `one_hot @ table` and ask what the gradient of a product is.",
    ),
)

ONE_STEP = (
    Hint(
        "one error a score",
        "There is one score for the real neighbour and one for each negative. Each has an error: "
        "what the sigmoid says, minus what it should have said. How many errors are there?",
    ),
    Hint(
        "who is pushed by whom",
        "A score is a dot product of two vectors, and its slope by either of them is the other. "
        "The centre stands in all the scores, so it hears from everybody; the others hear from "
        "the centre alone.",
    ),
    Hint(
        "a plan",
        "Compute all the errors first, from the vectors as they came. The centre's gradient is a "
        "sum: each other vector times its error. Each other's gradient is its error times the "
        "centre, and for the negatives that makes a table with a row each. Only then take the "
        "three steps, downhill.",
    ),
)

QUEEN = (
    Hint(
        "in which order",
        "For 1: scale, add, compare, leave out, choose. Three of the five go wrong if another "
        "comes first. For 2, look once more at what the text without gender did.",
    ),
    Hint(
        "leaving out",
        "For 1, leaving out must not renumber the others, and it must hold even where every other "
        "cosine is negative. For 2, which word wins if nothing is added to *king* at all, and "
        "*king* may not be named?",
    ),
    Hint(
        "a plan",
        "For 1, divide every row by its length, build the target from three of the rows, multiply "
        "all rows with it, give the three inputs a number that no other can fall below, and take "
        "the place of the largest. For 2, start from the unit vector of `b` and go a very short "
        "way against the step from `a` to `c`.",
    ),
)

DIRECTION = (
    Hint(
        "one arrow a pair",
        "Each pair gives a difference: second word minus first, both of length 1. How many rows "
        "and columns has the array of all differences? For 2, who must not have a say in the "
        "direction that a pair is compared with?",
    ),
    Hint(
        "the length comes last",
        "For 1, the mean of some arrows is shorter than they are; it gets its length 1 at the end, "
        "and only there. For 2, do for every pair what 1 does for all, with one pair fewer.",
    ),
    Hint(
        "a plan",
        "For 1, pick both columns of `pairs` from the unit vectors, subtract, average down the "
        "pairs, divide by the length. For 2, loop over the pairs: `np.delete(pairs, i, axis=0)` "
        "is all the others; take their direction from 1, and its cosine with the difference of "
        "pair `i`.",
    ),
)
