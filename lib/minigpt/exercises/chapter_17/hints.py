"""The ladders of hints: the parts of an exercise share one."""

from minigpt.exercises.exercise import Hint

STEP = (
    Hint(
        "what one word makes",
        "The new word makes one query, one key and one value. Which of the three will a later "
        "word ask for?",
    ),
    Hint(
        "before or after",
        "On the diagonal of chapter 8's table a word looks at itself. So is the new key there "
        "already when the new query asks?",
    ),
    Hint(
        "a plan",
        "Give the new key and the new value an axis of words, of length 1, and join them behind the "
        "old ones. Then one row of scores for each text, its softmax, its mixture. Nothing needs "
        "hiding: all that is there has been written.",
    ),
)

PLACES = (
    Hint(
        "where the first new word stands",
        "Count from 0. Ten words are in the cache, at 0 to 9. Where does the next one stand, and "
        "where the one behind it?",
    ),
    Hint(
        "who is turned when",
        "A key is turned once, by its own place, on its way into the cache. The old ones have "
        "been; queries and keys of the new ones have not.",
    ),
    Hint(
        "a plan",
        "Angles: a row for each new word, its place times the speeds. Turn both halves of the "
        "queries and of the new keys. Join, multiply, divide by the root; then hide each key whose "
        "place is larger than the query's.",
    ),
)

WORK = (
    Hint(
        "word by word",
        "Write down what a single word costs that stands at place $i$, counted from 1: the "
        "matrices of a layer, and its own row of the table, twice. What of this depends on $i$?",
    ),
    Hint(
        "who goes through",
        "With the cache one word goes through the model at each step, but the prompt goes through "
        "whole. The word that was chosen last is not fed any more. So how many steps follow the "
        "prompt?",
    ),
    Hint(
        "a plan",
        "Write a small function of `before` and `after`: the work of feeding the words between, "
        "rows of the table included, with the head once. Both ways of writing are sums of it. And "
        "$1 + 2 + \\dots + n = n(n+1)/2$.",
    ),
)

MEMORY = (
    Hint(
        "what is kept",
        "For each word, each layer and each pair of heads that keeps its own: one key and one "
        "value. How wide is one, and what does that width depend on?",
    ),
    Hint(
        "count in tokens",
        "Turn the memory into a number of tokens first. Then ask how many each text takes: as many "
        "as it might ever need, or whole pages, of which the last may be partly empty.",
    ),
    Hint(
        "a plan for the second",
        "How many capacities go into the tokens, and are there so many texts? For the pages, walk "
        "along the texts, take each one's pages away, rounded up, and stop at the first for which "
        "they do not suffice.",
    ),
)
