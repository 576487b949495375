"""The ladders of hints."""

from minigpt.exercises.exercise import Hint

PAIRS = (
    Hint(
        "on paper",
        "Take the stream 10, 11, 12, 13, 14, 15, 16 and windows of three. Write down the rows of "
        "tokens, and below each token its answer. What is the answer to the last token of a row, "
        "and in which row does it stand as a token?",
    ),
    Hint(
        "how many windows",
        "One token is never an answer, and one may never be asked. So of how many tokens can each "
        "be an answer, and how many whole windows are in them?",
    ),
    Hint(
        "a plan",
        "Count the windows first. Then take two pieces of the stream, equally long, of which the "
        "second begins one token later; cut both into rows in the same way.",
    ),
)

ADAMW = (
    Hint(
        "one line at a time",
        "The step has five lines: two averages, two corrections, one new weight. Do them for one "
        "weight on paper, with $m = v = 0$ and step 1: the averages are small, the corrections "
        "make them whole.",
    ),
    Hint(
        "what is remembered",
        "`m` and `v` are returned as the averages stand, and corrected only for the step. Does the "
        "decay see the gradient, the averages, or neither?",
    ),
    Hint(
        "a plan",
        "New `m` from the gradient, new `v` from its square. Divide each by one minus its beta to "
        "the power of `step`. Shrink `w` by the share lr times decay; then subtract lr times the "
        "first, divided by the root of the second plus `eps`.",
    ),
)

DIAGNOSIS = (
    Hint(
        "three levels",
        "Hold each curve's end against the lines: the floor, the price of pairs, the price of "
        "single tokens. Which run is where no honest run can be? Which comes to rest on a line?",
    ),
    Hint(
        "two questions more",
        "Does the same measurement, made twice, give the same number? And the samples: is it "
        "grammar that is missing, or long memory, or every other word?",
    ),
    Hint(
        "what each fault must do",
        "Go the other way. For each of the five faults say what the model *can* still learn, and "
        "so at which price it must end; then look for that price among the runs.",
    ),
)

ACCUMULATE = (
    Hint(
        "a sum of sums",
        "The mean over the whole batch is one sum, divided once. What has each part's mean been "
        "divided by already?",
    ),
    Hint(
        "who counts",
        "A row whose target is -100 has no say. So the weight of a part is not its number of rows; "
        "and a part in which nobody counts has no mean at all.",
    ),
    Hint(
        "a plan",
        "Walk through the rows part by part. Count the targets that are not -100; where there are "
        "some, add up count times mean gradient, and the counts. At the end divide the one by "
        "the other.",
    ),
)
