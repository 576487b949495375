"""4.2, average the neighbours: `average_neighbours`."""

import numpy as np

from minigpt.exercises.chapter_04.hints import NEIGHBOURS
from minigpt.exercises.chapter_04.windows import (
    added,
    around,
    by_index,
    by_value,
    nearer_louder,
    neighbour_sum,
    not_in_one,
    one_slice,
    stopped_at_the_edge,
    turned_positive,
    two_means,
    two_means_of_nobody,
    two_slices,
    wrapped,
)
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def average_neighbours(x, place, window):
    left = x[max(0, place - window) : place]
    right = x[place + 1 : place + 1 + window]
    return np.concatenate([left, right]).mean(axis=0)


SLIPS = (
    Slip(
        "the word itself",
        lambda x, place, window: around(x, place, window).mean(axis=0),
        "The word itself is among its neighbours. It should say what it would be without.",
    ),
    Slip(
        "negative start, two slices",
        two_slices,
        "Right in the middle of a sentence. Near its beginning the left slice starts below 0, and "
        "Python counts that from the end: the word next to it is lost.",
    ),
    Slip(
        "negative start, one slice",
        one_slice,
        "Near the beginning of a sentence the slice starts below 0. Python counts that from the "
        "end, and little or nothing is left of it.",
    ),
    Slip(
        "places that are not there",
        by_index,
        "Near the edges it asks for places that are not there. Negative ones answer all the same, "
        "with words from the other end.",
    ),
    Slip(
        "round the corner",
        wrapped,
        "The sentence has been closed to a ring: the first word borrows from the last. At an edge "
        "there are fewer neighbours.",
    ),
    Slip(
        "the edge repeated",
        stopped_at_the_edge,
        "At an edge the last word is counted again and again, the word itself perhaps among it. "
        "There are fewer neighbours there.",
    ),
    Slip(
        "always as many",
        lambda x, place, window: neighbour_sum(x, place, window) / (2 * window),
        "Divided by twice the window, even where a sentence ends sooner. How many neighbours are "
        "there?",
    ),
    Slip(
        "one too many in the division",
        lambda x, place, window: neighbour_sum(x, place, window) / len(around(x, place, window)),
        "The word itself is left out of the sum, and yet counted among those by which you divide.",
    ),
    Slip(
        "a word short on the right",
        lambda x, place, window: np.concatenate(
            [x[max(0, place - window) : place], x[place + 1 : place + window]]
        ).mean(axis=0),
        "On the right a neighbour is missing: a slice stops before its second number.",
    ),
    Slip(
        "a word short on the left",
        lambda x, place, window: np.concatenate(
            [x[max(0, place - window + 1) : place], x[place + 1 : place + 1 + window]]
        ).mean(axis=0),
        "On the left a neighbour is missing. How far back does a window of 2 reach?",
    ),
    Slip(
        "only before",
        lambda x, place, window: x[max(0, place - window) : place].mean(axis=0),
        "Only words before it are averaged, and those after it not.",
    ),
    Slip(
        "only after",
        lambda x, place, window: x[place + 1 : place + 1 + window].mean(axis=0),
        "Only words after it are averaged, and those before it not.",
    ),
    Slip(
        "the whole sentence",
        lambda x, place, window: np.delete(x, place, axis=0).mean(axis=0),
        "The whole sentence is averaged, whatever the window.",
    ),
    Slip(
        "left out by value",
        by_value,
        "Left out is every word that *equals* it. The word may stand in the sentence a second "
        "time, and then it is a neighbour like any other.",
    ),
    Slip(
        "both sides halved",
        two_means,
        "Each side is averaged by itself, and then the two averages. With fewer words on one side, "
        "those weigh more.",
    ),
    Slip(
        "both sides halved, nobody on one",
        two_means_of_nobody,
        "Each side is averaged by itself, and at an edge one side has nobody, whose average is no "
        "number. Average all neighbours together.",
    ),
    Slip(
        "added",
        added,
        "`+` between arrays adds a word of the left to a word of the right. The two slices should "
        "stand under each other, as one longer list of words.",
    ),
    Slip(
        "not handed over as one",
        not_in_one,
        "`np.concatenate` takes all its arrays as *one* argument, a list or a tuple of them. What "
        "comes second it reads as an axis.",
    ),
    Slip(
        "a start turned positive",
        turned_positive,
        "A start below 0 has lost its sign, and points into the sentence: words are skipped. "
        "Where does a sentence begin?",
    ),
    Slip(
        "window for both sides together",
        lambda x, place, window: average_neighbours(x, place, window // 2),
        "The window is divided between the two sides. It reaches as many words back, and as many "
        "on.",
    ),
    Slip(
        "divided by the whole stretch",
        lambda x, place, window: neighbour_sum(x, place, window) / (2 * window + 1),
        "Divided by the whole stretch, two windows and the word between. The word does not count, "
        "and at an edge there are fewer.",
    ),
    Slip(
        "a whole stretch, word and all",
        lambda x, place, window: around(x, place, window).sum(axis=0) / (2 * window + 1),
        "The word is in the sum, and the division is by a whole stretch, which an edge cuts "
        "short. Who is a neighbour, and how many are there?",
    ),
    Slip(
        "divided by all the others",
        lambda x, place, window: neighbour_sum(x, place, window) / (len(x) - 1),
        "Divided by the number of all other words. How many of them are in the window?",
    ),
    Slip(
        "deleted at window",
        lambda x, place, window: np.delete(around(x, place, window), window, axis=0).mean(axis=0),
        "Near the beginning the slice starts later, and the word stands nearer to its start than "
        "`window`. Another word is deleted there, or none is found.",
    ),
    Slip(
        "deleted at place",
        lambda x, place, window: np.delete(around(x, place, window), place, axis=0).mean(axis=0),
        "`place` counts in the whole sentence. Where does the word stand in the slice that was cut "
        "out of it?",
    ),
    Slip(
        "the nearer the louder",
        nearer_louder,
        "The nearer a word, the more it counts here. The average is plain: within the window all "
        "count alike.",
    ),
    Slip(
        "summed",
        neighbour_sum,
        "That is their sum. The average is to be as long as a word, however many there are.",
    ),
    Slip(
        "over a word's numbers",
        lambda x, place, window: np.delete(
            around(x, place, window), min(place, window), axis=0
        ).mean(axis=1),
        "Each neighbour's own numbers were averaged. The words lie down the rows: along which "
        "axis is one averaged with another?",
    ),
    Slip(
        "over everything",
        lambda x, place, window: np.delete(
            around(x, place, window), min(place, window), axis=0
        ).mean(),
        "One number for all: without an axis, `mean` averages over words and numbers alike.",
    ),
    Slip(
        "not averaged at all",
        lambda x, place, window: np.delete(around(x, place, window), min(place, window), axis=0),
        "Those are the neighbours, each for itself. Now average them.",
    ),
)


def by_loop(x, place, window):
    total, count = np.zeros(x.shape[1]), 0
    for j in range(len(x)):
        if j != place and abs(j - place) <= window:
            total, count = total + x[j], count + 1
    return total / count


def by_table(x, place, window):
    at = np.arange(len(x))
    near = (np.abs(at[:, None] - at) <= window) & (at[:, None] != at)
    return (near / near.sum(axis=1, keepdims=True) @ x)[place]


def by_attention(x, place, window):
    import torch

    from minigpt.attention import attention

    at, words = torch.arange(len(x)), torch.tensor(x)
    apart = (at[:, None] - at).abs()
    context, _ = attention(0 * words, words, words, (apart <= window) & (apart > 0))
    return context[place]


def by_delete(x, place, window):
    first = max(place - window, 0)
    return list(np.mean(np.delete(x[first : place + window + 1], place - first, axis=0), axis=0))


RIGHT = (
    Variant("loop", by_loop),
    Variant("a table of shares", by_table),
    Variant("the library's attention", by_attention),
    Variant("np.delete, as a list", by_delete),
    Variant("float32", lambda x, place, window: by_loop(x, place, window).astype(np.float32)),
)

sentence = np.random.default_rng(4).normal(size=(7, 3))
sentence[6] = sentence[4] = sentence[3]  # a word that comes again, and again


def place_case(place, window, x=sentence):
    return Case((x, place, window), ("T d", None, None))


EXERCISE = Exercise(
    id="4.2",
    title="Average the neighbours",
    name="average_neighbours",
    minutes=20,
    difficulty="Middling",
    reference=average_neighbours,
    returns=("context",),
    cases=(
        place_case(3, 2),
        place_case(1, 2),
        place_case(0, 1),
        place_case(6, 3),
        place_case(4, 9),
        place_case(0, 2, np.random.default_rng(5).normal(size=(2, 4))),
    ),
    slips=SLIPS,
    right=RIGHT,
    hints=NEIGHBOURS,
    notice="the shares depend on places alone, and are the same whatever the words are. That is "
    "what attention will change.",
)
