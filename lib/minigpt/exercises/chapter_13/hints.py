"""The ladders of hints: the parts of an exercise share one."""

from minigpt.exercises.exercise import Hint

WIDEN = (
    Hint(
        "three steps",
        "Wider, bent, narrow again. Write down the shape of `x` after each of the three. Which "
        "axis changes, and which two never do?",
    ),
    Hint(
        "whose rows are whose",
        "The matrices lie as PyTorch keeps them: a row for each number that comes *out*. What has "
        "to be done to such a matrix before `x` can stand on its left?",
    ),
    Hint(
        "a plan",
        "Multiply `x` by the turned `w_in` and add `b_in`; replace what is negative by 0 and "
        "square the rest; multiply by the turned `w_out` and add `b_out`.",
    ),
)

GATE = (
    Hint(
        "two readings of one word",
        "One matrix says how far each door is open, the other what would come through. Both read "
        "the same `x`. Which of the two is bent?",
    ),
    Hint(
        "the bend",
        "SiLU is a number times its own sigmoid, and the sigmoid of $a$ is $1/(1 + e^{-a})$. "
        "Only what `w_gate` makes goes through it.",
    ),
    Hint(
        "a plan",
        "Make the gate's numbers and bend them; make the others and leave them as they are; "
        "multiply number by number; then `w_out`. Turn each of the three matrices.",
    ),
)

PLANT = (
    Hint(
        "what is missing",
        "For this key the matrix gives something now, and something else is wanted. The "
        "difference is one vector. How do you add to a matrix so that exactly this key gets it?",
    ),
    Hint(
        "a column times a row",
        "The change is an outer product: the missing vector, times a direction $d$ in the space of "
        "the neurons. What must $d$ times the key be? In the first function $d$ lies along the "
        "key. In the second it turns away from the others' keys.",
    ),
    Hint(
        "a plan",
        "First: the missing vector, outer the key, over the key's square. Second: $C$ is the "
        "identity plus `care` times the sum of the others' keys, each outer itself. Solve "
        "$C d = \\text{key}$ and put $d$ where the key stood, in both places where it "
        "makes the direction.",
    ),
)

NEEDS = (
    Hint(
        "one at a time",
        "With a neuron off, its column of `hidden` is 0 and nothing else is changed. What does "
        "that do to the stream, and to the word with the highest score?",
    ),
    Hint(
        "what counts as lost",
        "A fact can be wrong with all neurons on; then no neuron has cost it. And when you go on "
        "to the next neuron, is the last one on again?",
    ),
    Hint(
        "a plan",
        "Write a function that takes hidden numbers and says which facts come out right: add what "
        "`w_out` makes of them to `x`, score with `head`, take each row's highest. Call it once "
        "with all on, and once for each neuron on a copy with that column 0.",
    ),
)
