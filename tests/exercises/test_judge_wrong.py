"""What is said of values of the wrong kind, and of wrong numbers."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from toy import CALLED, PAIR, TOY, passes, said, shares, spoiled

from minigpt.exercises.exercise import Slip

# Values of the wrong kind.


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: a and None, "Nothing came back: it returns None. Is a `return` missing?"),
        (lambda a: a.astype(object), "shares holds objects, not numbers."),
        (lambda a: a.astype(str), "shares holds text, not numbers."),
        (lambda a: [str(share) for share in a.ravel()], "shares holds text, not numbers."),
        (lambda a: [b"a", b"bc"], "shares holds bytes, not numbers."),
        (lambda a: a.astype(complex), "shares holds complex numbers (complex128). Plain ones"),
        (lambda a: torch.tensor(a) * 1j, "shares holds complex numbers (complex128)."),
        (lambda a: a > 0.3, "shares should be numbers, but True or False came."),
        (lambda a: [[1.0], [2.0, 3.0]], "shares cannot be read as an array: are its rows of"),
        (lambda a: [np.ones(2), None], "shares cannot be read as an array: are its rows of"),
        (lambda a: {1: 2}, "shares is a dict, which cannot be read as numbers."),
        (lambda a: {1, 2}, "shares is a set, which cannot be read as numbers."),
        (lambda a: print, "shares is a builtin_function_or_method, which cannot be read"),
        (lambda a: (row for row in a), "shares is a generator, which has not computed anything"),
        (lambda a: map(abs, a), "shares is a map, which has not computed anything"),
        (lambda a: (a, a), "One value is wanted, but a tuple of 2 came."),
        (lambda a: a.T, "shares has shape (3, 5), but shape (5, 3) is wanted."),
        (lambda a: a[None], "shares has shape (1, 5, 3), but shape (5, 3) is wanted."),
        (lambda a: a[:0], "shares has shape (0, 3), but shape (5, 3) is wanted."),
        (lambda a: a.tolist()[0], "shares has shape (3,), but shape (5, 3) is wanted."),
        (lambda a: a * np.nan, "shares[0, 0] is nan, which is no number to go on with."),
        (lambda a: a / 0, "shares[0, 0] is inf, which is no number to go on with."),
        (lambda a: a.astype(int), "shares holds whole numbers: all that stands behind the"),
        (lambda a: torch.tensor(a).long(), "shares holds whole numbers: all that stands"),
    ],
)
def test_a_value_of_the_wrong_kind(change, words):
    if words.startswith("Nothing"):
        lines = said(lambda x, order: print(end=""))
    else:
        lines = said(spoiled(change))
    assert lines[0].startswith(words)
    assert lines[-1] == CALLED


@pytest.mark.parametrize(
    ("answer", "came"),
    [
        (shares, "an ndarray of shape (5, 3) came."),
        (lambda x, order: (1, 2, 3), "3 came."),
        (lambda x, order: np.stack([x, x]), "an ndarray of shape (2, 5, 3) came."),
        (lambda x, order: (yield 1), "a generator came."),
        (lambda x, order: {"shares": 1, "sums": 2}, "a dict came."),
    ],
)
def test_another_count_of_values(answer, came):
    assert said(answer, PAIR)[0] == f"2 values are wanted, shares and sums, but {came}"


def test_one_of_two_values_is_none():
    lines = said(lambda x, order: (shares(x, order), None), PAIR)
    assert lines[0] == "sums is None. Is it given its value on every path?"


def test_a_coroutine():
    async def answer(x, order):
        return shares(x, order)

    assert said(answer)[0].startswith("shares is a coroutine")


def test_true_or_false_is_wanted():
    truth = replace(TOY, reference=lambda x, order: len(x) == 5, slips=(), invariants=())
    passes(lambda x, order: np.bool_(len(x) == 5), truth)
    passes(lambda x, order: torch.tensor(len(x) == 5), truth)
    wanted = "shares should be True or False, but whole numbers came."
    assert said(lambda x, order: int(len(x) == 5), truth)[0] == wanted
    assert said(lambda x, order: True, truth)[0] == "shares is True, but should be False."
    named = replace(truth, slips=(Slip("no", lambda x, order: len(x) != 5, "The other way."),))
    assert said(lambda x, order: len(x) != 5, named) == ("The other way.",)
    assert said(lambda x, order: int(len(x) != 5), named)[0] == wanted


# Wrong numbers.


def test_the_first_wrong_number_and_the_invariant_that_broke():
    def answer(x, order):
        values = shares(x, order)
        values[2, 1:] += 0.25
        return values

    wrong, broken, called = said(answer)
    x, order = TOY.cases[0].args
    right = shares(x, order)[2, 1]
    assert wrong == f"shares[2, 1] is {right + 0.25:.4g}, but should be {right:.4g}."
    assert broken == "A row of shares sums to 1.5, not to 1."
    assert called == CALLED


def test_numbers_that_hardly_differ_are_written_out():
    first = said(spoiled(lambda a: a + 1e-5))[0]
    came, right = re.fullmatch(r"shares\[0, 0\] is (.+), but should be (.+)\.", first).groups()
    assert came != right and float(came) - float(right) == pytest.approx(1e-5, abs=1e-6)


def test_an_argument_handed_back_is_recognised():
    assert said(lambda x, order: x)[1] == "shares is x as it came."


def test_changing_an_argument():
    def reordering(x, order):
        answer = shares(x, order)
        order.reverse()
        return answer

    def reshaping(x, order):
        answer = shares(x, order)
        x.shape = x.shape[::-1]
        return answer

    changes = "It changes {} itself, which others may still need. Work on a copy."
    unnamed = replace(TOY, slips=())
    assert said(reordering, unnamed) == (changes.format("order"), CALLED)
    assert said(reshaping, unnamed) == (changes.format("x"), CALLED)


def test_a_slip_is_known_by_all_that_it_does():
    def meddling_otherwise(x, order):
        x[:] = x / np.sum(x, axis=1)[:, None]
        return x.take(order, axis=0)

    assert said(meddling_otherwise) == (TOY.slips[1].message,)
    assert said(lambda x, order: x[order] / x.sum(axis=0)) == (TOY.slips[0].message,)
    wrong_once = lambda x, order: (x / x.sum(axis=0))[order] + (len(x) == 4)  # noqa: E731
    assert "but should be" in said(wrong_once)[0]


def test_a_slip_that_raises_is_known_by_its_error():
    assert said(lambda x, order: (x / np.sum(x, -1))[order]) == (TOY.slips[2].message,)
    assert "ValueError" in said(lambda x, order: x + np.ones(17))[1]


def test_judged_by_what_must_hold():
    def broken(args, answer):
        x, _ = args
        return None if np.allclose(answer.mean(0), x.mean(0)) else "Another mean."

    twin = replace(TOY, judge_by=broken, invariants=())
    passes(lambda x, order: x[::-1], twin)
    passes(lambda x, order: 2 * x.mean(0) - x, twin)
    assert said(lambda x, order: x + 1, twin)[0] == "Another mean."
    passes(lambda x, order: x.mean(0) + np.random.normal() * (x - x.mean(0)), twin)
    calls = []
    lines = said(lambda x, order: calls.append(1) or x + (len(calls) == 4), twin)
    assert lines == ("Another mean.", "Called with x (4, 6), order = [1, 2, 3, 0].")
    assert said(lambda x, order: x.T, twin)[0].startswith("shares has shape")
    assert said(lambda x, order: x.astype(int), twin)[0] == "Another mean."
