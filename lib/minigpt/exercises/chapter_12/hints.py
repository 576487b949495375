"""The ladders of hints: the parts of an exercise share one."""

from minigpt.exercises.exercise import Hint

NORMS = (
    Hint(
        "one word at a time",
        "Each word is brought to a standard size by itself: no other word, and no other text, has "
        "a say in it. Along which axis are means taken, and what must the mean's shape be so that "
        "it lines up with the words again?",
    ),
    Hint(
        "by hand",
        "Do (1, 1, 7, 7) on paper with an `eps` of 7. The variance is 9 and the mean square is "
        "25; what do you divide by in each of the two? If a root does not come out whole, `eps` is "
        "in the wrong place.",
    ),
    Hint(
        "a plan",
        "Take the mean along the last axis, and keep that axis. For the first function subtract "
        "it, and take the mean of the squares of what is left; for the second take the mean of the "
        "squares as they are. Add `eps`, take the root, divide, and bring in what was learned last.",
    ),
)

WIRING = (
    Hint(
        "what flows through",
        "In one of the two orders there is a path from `x` to the output on which nothing but "
        "additions happen. Draw both orders as wires, with a box for each of the four functions.",
    ),
    Hint(
        "who reads what",
        "Ask of each of the four functions what is handed to it. Each is called once. Does the "
        "second sublayer read what came in, or what the first has left behind?",
    ),
    Hint(
        "a plan",
        "Two lines for each order, the first for attention and the second for the MLP. Before: "
        "norm, sublayer, add to what was there before the norm. After: sublayer, add, norm of the "
        "sum.",
    ),
)

LEDGER = (
    Hint(
        "a sum of what?",
        "Both functions divide one number, exactly, among the lines of the ledger. Which number is "
        "it in each, and how is it computed from the total? A product with a sum is a sum of "
        "products.",
    ),
    Hint(
        "one word, two lines",
        "Take the lines (3, 0) and (0, 4), so the total is (3, 4). For the first function, 9 of "
        "25 and 16 of 25 are due; then try the lines (5, 0) and (−2, 4) on paper. For the second: "
        "how often does the final norm divide, and by what?",
    ),
    Hint(
        "a plan",
        "Add the lines up, keeping the words apart. First function: multiply each line with the "
        "total, number by number, sum over the last axis, and divide by what that gives for the "
        "total itself. Second: find the one number for each word by which the total is divided, "
        "and let every line be divided by it; then the gain, then the word's numbers.",
    ),
)

FOLDING = (
    Hint(
        "multiply out",
        "In the first function, write out one output as a sum over the numbers that come in. Where "
        "does each gain end up, and what is left when the incoming number is 0? In the second, "
        "what is the mean of one output, in terms of the matrix and the bias?",
    ),
    Hint(
        "rows and columns",
        "`w` has a row for each number that goes in and a column for each that comes out. The first "
        "function is about what goes in, the second about what comes out. A bias is what comes out "
        "when nothing goes in.",
    ),
    Hint(
        "a plan",
        "First: scale every row of the matrix by the gain of the number that it reads, and send the "
        "shift through the matrix *as it was*. Second: take from every row of the matrix its own "
        "mean, and from the bias its own.",
    ),
)
