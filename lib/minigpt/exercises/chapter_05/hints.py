"""The ladders of hints: the parts of an exercise share one."""

from minigpt.exercises.exercise import Hint

THREE_LINES = (
    Hint(
        "what the batch changes",
        "Write down the shape of every array in the three lines, once for $(T, d)$ and once "
        "for $(B, T, d)$. The new axis is in front and should take no part in anything.",
    ),
    Hint(
        "which operations mind",
        "`@` already treats all axes but the last two as a batch. Two other operations on the "
        "page name an axis, or move one: a transpose and a sum.",
    ),
    Hint(
        "a plan",
        "Count axes from the end and never from the front. `x.T` turns round all axes; `x.mT` "
        "swaps the last two and leaves the rest. The sum in the softmax has to run over the "
        'last axis, keep it as an axis of size one, and say so with a number that means "last" '
        "for any number of axes.",
    ),
)

WHO_WINS = (
    Hint(
        "for all three",
        "Draw the figure of the shadows for yourself, with `a` in place of *bird*. "
        "Everything asked here can be read off it.",
    ),
    Hint(
        "what to look for",
        "For 1, where must the shadow of the stretched `b` end? For 2, walk along `a` a little "
        "further than its tip, then turn off at a right angle. How far must you walk sideways "
        "before the angle is 60 degrees? For 3, each of the two words must beat the other on its "
        "own line.",
    ),
    Hint(
        "a plan",
        'For 1, write "equal agreements" as an equation and solve it for the factor. For 2, stretch '
        "`a` a little and call the result `s`; the arrow `(-s[1], s[0])` is as long as `s` and at "
        "a right angle to it. How often must it be added to `s` for 60 degrees or "
        "more? For 3, one inequality for each direction; then think of arrows whose "
        "shadows on each other are short, or fall backwards.",
    ),
)

PERMUTE = (
    Hint(
        "what to compare",
        "There are two ways from `x` to a reordered output: reorder, then apply `f`; or apply "
        "`f`, then reorder. Equivariant means that both arrive at the same place. For 3, ask what "
        "you can do to two words without moving their midpoint.",
    ),
    Hint(
        "the proof",
        "Write the reordering as a matrix $P$ with a single 1 in each row and each column, so "
        "that the reordered sentence is $Px$. Two facts suffice: $P^\\top P$ is the identity, and "
        "softmax along rows does not care in which order the rows, or the entries of a row, are "
        "written.",
    ),
    Hint(
        "a plan",
        "For 1, one comparison with `np.allclose`, and take care that a reordering is not undone "
        "by a second one. For 2, follow $Px$ through the three lines: the scores become "
        "$P\\,S\\,P^\\top$; then the weights; then see where $P^\\top$ meets $P$. For 3, add an "
        "arrow to one word and subtract it from another. For 4, give row $i$ something that "
        "depends on $i$.",
    ),
)
