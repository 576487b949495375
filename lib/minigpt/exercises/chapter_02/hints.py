"""The ladders of hints: the parts of an exercise share one."""

from minigpt.exercises.exercise import Hint

MERGE_ONCE = (
    Hint(
        "by hand",
        "Merge (a, a) in *a a a a a* on paper, with a finger on the letter that you are looking "
        "at. Where does the finger go after a merge?",
    ),
    Hint(
        "what to keep",
        "Build a new list while you walk along the old one. The walk never needs to look ahead, "
        "if at every token it looks back at the end of the new list.",
    ),
    Hint(
        "a plan",
        "Take the tokens one at a time. If the new list ends with the pair's left half and the "
        "token is its right half, then the end of the new list gives its place to the new token; "
        "otherwise the token goes behind it. A new token is nobody's left half, so a run takes "
        "care of itself.",
    ),
)

BY_RANK = (
    Hint(
        "what decides",
        "In part 1 the text has no say in which merge comes next, only in whether it can be made "
        "at all. In part 2 there is no rank, and there are no merges either: only a list of "
        "tokens, to be tried at one place after another.",
    ),
    Hint(
        "what is worth building first",
        "For part 1, your answer to exercise 2.1, to be used many times. For part 2, the bytes of "
        "every token: those of a merge are its left half's and then its right half's, and both "
        "were made before it.",
    ),
    Hint(
        "a plan",
        "For 1, start from the bytes. A merge can only make work for later ones, so going down the "
        "list once is enough. For 2, keep a place in the bytes; of the tokens that begin there, "
        "take the longest, and go on behind it. For 3, look for three letters of which the middle "
        "one is wanted from both sides.",
    ),
)

ROUND_TRIP = (
    Hint(
        "what a token is",
        "A token is a row of bytes, and it need not be a row of characters. In both parts, ask "
        "when you may turn bytes into text, and what goes wrong a moment too early.",
    ),
    Hint(
        "the table of first bytes",
        "For 1, list the bytes of all tokens, in the order of their making. For 2, the first byte "
        "of a character says how many there will be: look at the table in the section on bytes.",
    ),
    Hint(
        "a plan",
        "For 1, put the bytes of each ID behind those of the one before, and decode nothing. For "
        "2, jump from first byte to first byte, each time by as many bytes as it announces; where "
        "a jump would end outside, stop before it. Or ask Python to decode, and read the error "
        "that it raises: it says where the trouble starts.",
    ),
)

SHUFFLE = (
    Hint(
        "what must stay",
        "Take three tokens, new labels 1, 2, 0, and a table of three rows. Write down which "
        "vector each token of the text *the the cat* has to receive, before and after.",
    ),
    Hint(
        "two ways to read an index",
        "`a[index]` reads: place $i$ gets what stood at `index[i]`. Putting is the other way "
        "round: what stood at $i$ goes to `index[i]`. For a swap both give the same, so try your "
        "code on labels that move in a circle.",
    ),
    Hint(
        "a plan",
        "An ID is replaced by its new label, one by one. The table's rows are put, not read: make "
        "an empty table and fill it, or find the labels that undo the new ones (`np.argsort` "
        "sorts them back). A table of counts has IDs along both axes, so do it along one and "
        "then along the other.",
    ),
)
