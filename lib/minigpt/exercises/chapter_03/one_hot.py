"""3.1a, lookup is a matmul: `one_hot`."""

import numpy as np

from minigpt.exercises.chapter_03.hints import LOOKUP
from minigpt.exercises.exercise import Case, Exercise, Slip, Variant


def one_hot(ids, vocab_size):
    rows = np.zeros((*ids.shape, vocab_size))
    for place in np.ndindex(ids.shape):
        rows[(*place, ids[place])] = 1
    return rows


def one_sentence(ids, vocab_size):
    rows = np.zeros((len(ids), vocab_size))
    rows[np.arange(len(ids)), ids] = 1
    return rows


def bag_of_words(ids, vocab_size):
    rows = np.zeros(vocab_size)
    rows[ids] = 1
    return rows


def all_rows_alike(ids, vocab_size):
    rows = np.zeros((*ids.shape, vocab_size))
    rows[..., ids] = 1
    return rows


def by_sentences(ids, vocab_size):
    rows = np.zeros((len(ids), vocab_size))
    for t in range(len(ids)):
        rows[t, ids[t]] = 1
    return rows


def a_loop_too_few(ids, vocab_size):
    rows = np.zeros((*ids.shape, vocab_size))
    for t in range(len(ids)):
        rows[t, ids[t]] = 1
    return rows


def ids_for_ones(ids, vocab_size):
    return one_hot(ids, vocab_size) * ids[..., None]


SLIPS = (
    Slip(
        "one sentence only",
        one_sentence,
        "One sentence passes, a batch stops: `len` counts the sentences there. Which shape has "
        "the answer when `ids` has two axes?",
    ),
    Slip(
        "the loop of the page",
        by_sentences,
        "One sentence passes. Of a batch every sentence has become a single row, with a 1 for each "
        "of its words: what is `ids[t]` there?",
    ),
    Slip(
        "one loop for two axes",
        a_loop_too_few,
        "One sentence passes, a batch stops: `ids[t]` is a whole sentence there. The loop has to "
        "reach every place of `ids`, along all its axes.",
    ),
    Slip(
        "ids among the places",
        lambda ids, vocab_size: np.zeros((*ids.shape, vocab_size))[ids],
        "An id was used along an axis that is only as long as the sentence. Which axis is as long "
        "as the vocabulary?",
    ),
    Slip(
        "compared one to one",
        lambda ids, vocab_size: (ids == np.arange(vocab_size)) * 1.0,
        "Every id is to be compared with every number of the vocabulary, not one with one. Which "
        "axis does `ids` still lack for that?",
    ),
    Slip(
        "words down, ids across",
        lambda ids, vocab_size: np.eye(vocab_size)[:, ids],
        "The vocabulary lies along the first axis. It must be the last, or `one_hot @ table` does "
        "not fit.",
    ),
    Slip(
        "turned round",
        lambda ids, vocab_size: np.eye(vocab_size)[ids].T,
        "All axes are turned round. The words of the sentence come first, the vocabulary last.",
    ),
    Slip(
        "counted from 1",
        lambda ids, vocab_size: np.eye(vocab_size)[ids - 1],
        "Every one stands a place too far to the left. From which number are the rows of a table "
        "counted?",
    ),
    Slip(
        "as many columns as ids",
        lambda ids, vocab_size: np.eye(ids.max() + 1)[ids],
        "It has as many columns as the largest id here asks for. The table has a row for every "
        "word, also for those that this sentence does not use.",
    ),
    Slip(
        "one row for all",
        bag_of_words,
        "One row in all, with a 1 for each word that occurs: order and repetition are lost. How "
        "many rows does `table[ids]` have?",
    ),
    Slip(
        "every row has all the words",
        all_rows_alike,
        "Every row has a 1 for every word of the text. Row $i$ should know word $i$ alone.",
    ),
    Slip(
        "the batch in one row",
        lambda ids, vocab_size: np.eye(vocab_size)[ids.ravel()],
        "One sentence passes; of a batch all words stand in one long list. Its two axes should "
        "come out again in front of the new one.",
    ),
    Slip(
        "the id instead of 1",
        ids_for_ones,
        "In the right places stand the ids, not ones. That would multiply the looked-up row by "
        "the number of its row.",
    ),
    Slip(
        "True and False",
        lambda ids, vocab_size: ids[..., None] == np.arange(vocab_size),
        "The places are right, and hold True and False. Numbers are wanted: added up, such rows "
        "should count the words, and True + True is True.",
    ),
    Slip(
        "an axis too many",
        lambda ids, vocab_size: np.eye(vocab_size)[ids[..., None]],
        "The answer has an axis of size 1 too many, between the words and the vocabulary.",
    ),
    Slip(
        "the whole identity",
        lambda ids, vocab_size: np.eye(vocab_size),
        "That is one row for each word of the vocabulary, in order. Which of them does the "
        "sentence ask for, and how often?",
    ),
)


def by_torch(ids, vocab_size):
    import torch

    return torch.nn.functional.one_hot(torch.tensor(ids), vocab_size)


def by_lists(ids, vocab_size):
    if ids.ndim > 1:
        return [by_lists(row, vocab_size) for row in ids]
    return [[1 if column == i else 0 for column in range(vocab_size)] for i in ids]


def by_flattening(ids, vocab_size):
    rows = np.zeros((ids.size, vocab_size), dtype=np.float32)
    rows[np.arange(ids.size), ids.reshape(-1)] = 1
    return rows.reshape(*ids.shape, -1)


RIGHT = (
    Variant("rows of the identity", lambda ids, vocab_size: np.eye(vocab_size)[ids]),
    Variant("flattened and back, float32", by_flattening),
    Variant("a comparison, as numbers", lambda ids, v: (ids[..., None] == np.arange(v)) * 1.0),
    Variant("lists", by_lists),
    Variant("torch", by_torch),
)

EXERCISE = Exercise(
    id="3.1a",
    title="Lookup is a matmul",
    name="one_hot",
    minutes=20,
    difficulty="Within reach",
    reference=one_hot,
    returns=("rows",),
    cases=(
        Case((np.array([4, 0, 4, 5]), 7), ("T", None)),
        Case((np.array([[1, 0, 3], [3, 3, 2]]), 5), ("B T", None)),
        Case((np.array([[6, 2, 0, 6], [1, 1, 5, 3], [7, 7, 7, 0]]), 9), ("B T", None)),
        Case((np.arange(24).reshape(2, 3, 4) % 5, 6), ("n_sets B T", None)),
    ),
    slips=SLIPS,
    right=RIGHT,
    hints=LOOKUP,
    notice="a lookup is linear in the table: that is why it can be trained like any other matrix.",
)
