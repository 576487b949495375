"""The ladders of hints."""

from minigpt.exercises.exercise import Hint

OVERTAKES = (
    Hint(
        "two lists of numbers",
        "You need two numbers for each word, a dot product and a cosine. Before any table: write "
        "both lists down, each of shape $(n,)$.",
    ),
    Hint(
        "what a length changes",
        "A cosine is a dot product divided by two lengths. Which of the two is the same for all "
        "words, so that it cannot change a ranking, and along which axis is the other one taken?",
    ),
    Hint(
        "a plan",
        "A column of shape $(n, 1)$ against a row of shape $(n,)$ compares every word with every "
        "other: `a[:, None] > a`. Make one such table for the dot products and one, the other way "
        "round, for the cosines. Where are both True?",
    ),
)

NEIGHBOURS = (
    Hint(
        "which places",
        "Forget the numbers at first. For a sentence of seven words, a window of 2 and the places "
        "0, 1, 3 and 6, write down the places of the neighbours.",
    ),
    Hint(
        "the edges",
        "Python reads a negative place as counted from the end, so a slice that begins below 0 "
        "goes astray in silence; beyond the end it stops by itself. By how many words do you then "
        "divide?",
    ),
    Hint(
        "a plan",
        "Take two slices. The left one begins `window` places back, but never below 0, and ends "
        "before the word; the right one begins after it. Put the two under each other with "
        "`np.concatenate`, and average over the words, which lie down the rows.",
    ),
)

RARITY = (
    Hint(
        "a count is not a frequency",
        "How often a word comes says nothing until you know how much text was counted. The total "
        "is in `counts` too.",
    ),
    Hint(
        "by whose count",
        "`tokens` holds labels, the row numbers of words, and no amounts. Used as an index, a "
        "whole array of row numbers fetches a number for each word of the sentence, in order, as "
        "often as it stands there.",
    ),
    Hint(
        "a plan",
        "Fetch the counts of the sentence's words and divide them by the sum of *all* counts: that "
        "is $p$. Put it into $a / (a + p)$; a word that was never counted needs no special care. At "
        "last divide the weights by their own sum.",
    ),
)

FEWEST_OUT = (
    Hint(
        "one rival at a time",
        "Suppose for a moment that there are two senses, the winner and one rival. What is one "
        "word worth to the winner, in a single number? And when has the rival won?",
    ),
    Hint(
        "whom to leave out first",
        "With that number for each word, the winner leads by their sum, for dividing by the number "
        "of words changes no sign. If you may leave out $k$ words and no more, which ones bring "
        "the sum down furthest?",
    ),
    Hint(
        "a plan",
        "For each rival: subtract its column from the winner's, sort the words by the difference, "
        "and leave out the largest, one after the other, until what remains sums to less than 0. "
        "Do this for every rival, the last in the ranking too, and keep the shortest list. "
        "Somebody has to remain.",
    ),
)
