"""The ladders of hints."""

from minigpt.exercises.exercise import Hint

ACROSS = (
    Hint(
        "who asks whom",
        "The words of `x` ask, and those of `source` are asked and hand something over. Which of "
        "the three matrices meets which of the two arrays?",
    ),
    Hint(
        "the shape of the table",
        "A row for each word that asks, a column for each that is asked: $(T_q, T_k)$, and no "
        "square. Along which axis does it sum to 1?",
    ),
    Hint(
        "a plan",
        "It is `four_lines` of chapter 7 with two of its three `x` replaced. Look at each product "
        "and write its shape beside it; the root is of the width in which query and key meet.",
    ),
)

MASKS = (
    Hint(
        "three tables",
        "For each of the three, say first what a row is and what a column is: a source word, or a "
        "target word? That gives the shape. Then ask of each what there is to hide.",
    ),
    Hint(
        "what to hide",
        "Filling hides from everybody, so it hides *columns*. The future hides from those who "
        "write it. Is there a future in the source?",
    ),
    Hint(
        "a plan",
        "Compare the places 0 to `T_k` − 1 with each sentence's length: that says which source words "
        "are real, a row for each sentence. Give it an axis for the words that look, and repeat it "
        "along that axis (`np.broadcast_to`). The decoder's own table is a triangle with its "
        "diagonal.",
    ),
)

TEACH = (
    Hint(
        "one sentence",
        "Take the tokens 5, 8, 6. The decoder should give 5 before it has seen any, 8 when it has "
        "seen 5, 6 when it has seen 5 and 8, and the end when it has seen all three. Write what it "
        "sees above what it should give.",
    ),
    Hint(
        "one place apart",
        "The two rows are the same tokens, one place apart: one has the start in front, the other "
        "the end behind. Both are one longer than the sentence.",
    ),
    Hint(
        "a plan",
        "Find the longest row. Make one table full of `pad` and one full of −100, each one wider "
        "than that. Write every sentence into both, with its start or its end.",
    ),
)

PROBE = (
    Hint(
        "a line and an offset",
        "A linear probe is a weighted sum of the vector's numbers, plus one number that belongs to "
        "no vector. What could you append to every vector to have that number for free?",
    ),
    Hint(
        "who sees what",
        "The probe's weights come from the training vectors and labels and from nothing else. Its "
        "accuracy comes from the others. Where is the line between a 0 and a 1?",
    ),
    Hint(
        "a plan",
        "Append a column of ones to both tables of vectors. `np.linalg.lstsq(a, b, rcond=None)[0]` "
        "gives the weights for which `a @ weights` comes nearest to `b`. Call a result above one "
        "half a 1, and take the mean of how often that is right.",
    ),
)
