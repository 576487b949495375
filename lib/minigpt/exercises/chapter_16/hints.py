"""The ladders of hints."""

from minigpt.exercises.exercise import Hint

NUCLEUS = (
    Hint(
        "on paper",
        "Take 0.4, 0.3, 0.2, 0.08, 0.02 and a share of 0.8. Two tokens do not reach it; which one "
        "carries the sum across, and does it stay?",
    ),
    Hint(
        "what lies before",
        "Sorted from the likeliest, a token stays if those *before* it have not reached the share "
        "yet. That says everything: the first has nothing before it, and the one that crosses the "
        "line has too little before it.",
    ),
    Hint(
        "a plan",
        "Softmax; a stable sort that tells the order; running sums in that order, each without "
        "its own token; which of them are below the share. Then take these answers back to the "
        "tokens' own places, set the others to 0, and divide what is left by its sum.",
    ),
)

SCULPT = (
    Hint(
        "one step, one distribution",
        "Every step takes what the step before it left, and leaves something of the same kind. "
        "Which kind is easiest: logits, of which some are minus infinity?",
    ),
    Hint(
        "four small functions",
        "Three of the four never look at probabilities that the others have not changed: two of "
        "them can be done on logits, by a division and by a comparison with the one at rank k. "
        "The other two need the softmax of the logits *as they are now*.",
    ),
    Hint(
        "a plan",
        "Loop over the steps with the logits in a variable. In each turn compute their softmax; "
        "choose by the name what stays; put minus infinity in the place of what does not. After "
        "the last step return the softmax. A softmax that subtracts the largest logit does not "
        "mind minus infinities.",
    ),
)

PENALISE = (
    Hint(
        "two numbers",
        "A penalty of 2 meets the logits 3 and −3. Halve both, and look which of the two tokens has "
        "become likelier.",
    ),
    Hint(
        "a set, not a list",
        "A word that was said five times is penalised as much as one that was said once. And each "
        "row of the batch has said words of its own.",
    ),
    Hint(
        "a plan",
        "Make a table of truths of the logits' shape, False everywhere, and set True where a row "
        "has said a token. Where it is True and the logit is positive, divide; where it is True "
        "and the logit is not, multiply; elsewhere keep what came.",
    ),
)

BEAM = (
    Hint(
        "what a beam holds",
        "A text and its total. To lengthen a text by a token, its total grows by a logarithm, which "
        "is never positive.",
    ),
    Hint(
        "one race for all",
        "All texts of one step, lengthened by all tokens, run one race: two of the best may come "
        "from one parent, and another parent may leave no children. A text that has ended runs "
        "along, as it is.",
    ),
    Hint(
        "a plan",
        "Keep a list of (total, text), at first one empty text with total 0. In each of the steps "
        "make the list of candidates: an ended text as it stands, another with each token in turn. "
        "Sort by the total, keep the best `n_beams`, go on. Last, return the best.",
    ),
)
