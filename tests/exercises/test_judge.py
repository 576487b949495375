"""What is said to every kind of answer that is no function, no value, or no such value."""

import builtins
import math
import random
import re
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from toy import PAIR, TOY, shares, shares_and_sums

from minigpt.exercises import running
from minigpt.exercises.exercise import Slip
from minigpt.exercises.judge import judge
from minigpt.exercises.verdict import NOT_ATTEMPTED, NOT_YET, PASSED

CALLED = "Called with x (5, 3), order = [3, 0, 4, 1, 2]."


def said(answer, exercise=TOY):
    verdict = judge(exercise, answer)
    assert verdict.status == NOT_YET
    assert len(verdict.lines) <= 3
    assert all(len(line) < 200 and "\n" not in line for line in verdict.lines)
    return verdict.lines


def passes(answer, exercise=TOY):
    verdict = judge(exercise, answer)
    assert verdict.status == PASSED, verdict
    return verdict


def spoiled(change):
    return lambda x, order: change(shares(x, order))


# Right, in many dresses.


@pytest.mark.parametrize(
    "dress",
    [
        np.asfortranarray,
        np.float32,
        np.float16,
        np.ndarray.tolist,
        list,
        lambda a: [list(row) for row in a],
        lambda a: np.repeat(a, 2, axis=1)[:, ::2],
        lambda a: np.ma.array(a),
        torch.from_numpy,
        lambda a: torch.tensor(a, requires_grad=True),
        lambda a: torch.tensor(a.T.copy()).T,
        lambda a: torch.tensor(a, dtype=torch.bfloat16),
        lambda a: list(torch.tensor(a, dtype=torch.float32, requires_grad=True)),
        lambda a: torch.tensor(a).to_sparse(),
    ],
)
def test_a_right_answer_passes_as_whatever_it_comes(dress):
    passes(spoiled(dress))


def test_a_single_number():
    total = replace(TOY, reference=lambda x, order: x.sum(), slips=(), invariants=())
    for dress in (float, np.float32, torch.tensor):
        passes(lambda x, order, dress=dress: dress(x.sum()), total)
    lines = said(lambda x, order: x.sum(keepdims=True), total)
    assert lines[0] == "shares has shape (1, 1), but one number is wanted."


def test_a_row_of_numbers_may_be_a_tuple_or_a_row_of_tensors():
    row = replace(TOY, reference=lambda x, order: x.sum(axis=0), slips=(), invariants=())
    passes(lambda x, order: tuple(x.sum(axis=0)), row)
    passes(lambda x, order: [torch.tensor(n) for n in x.sum(axis=0)], row)
    assert "tuple of 1 came. Is there a stray comma?" in said(lambda x, order: (x.sum(0),), row)[0]


def test_two_values_may_be_a_list():
    passes(lambda x, order: list(shares_and_sums(x, order)), PAIR)


def test_the_values_are_read_at_once():
    """A function may fill the same array anew in each call."""
    kept = np.zeros((5, 3))

    def answer(x, order):
        if x.shape != kept.shape:
            return shares(x, order)
        kept[:] = shares(x, order)
        return kept

    passes(answer)


def test_other_names_defaults_and_kinds_of_function():
    passes(lambda words, places: shares(words, places))
    passes(lambda *both: shares(*both))
    passes(lambda x, order, eps=0: shares(x, order))

    class Callable(torch.nn.Module):
        def forward(self, x, order):
            return shares(x, order)

    passes(Callable())


def test_recursion_is_a_way_to_write_it():
    def answer(x, order, depth=300):
        return shares(x, order) if depth == 0 else answer(x, order, depth - 1)

    passes(answer)


def test_infinities_that_belong_there_pass():
    masked = replace(
        TOY,
        reference=lambda x, order: np.where(x > 1.5, -np.inf, x),
        slips=(),
        invariants=(),
    )
    passes(lambda x, order: np.where(x > 1.5, -np.inf, x), masked)
    lines = said(lambda x, order: np.where(x > 1.6, -np.inf, x), masked)
    assert "but should be -inf." in lines[0]


@pytest.mark.parametrize("off", [1e-5, -1e-5])
def test_a_hundred_thousandth_is_seen_and_a_ten_millionth_is_not(off):
    assert " but should be " in said(spoiled(lambda a: a + off))[0]
    passes(spoiled(lambda a: a + off / 100))


def test_half_precision_excuses_its_own_rounding_and_no_more():
    passes(spoiled(lambda a: (a + 0.005).astype(np.float16)))
    assert " but should be " in said(spoiled(lambda a: a + 0.005))[0]
    assert " but should be " in said(spoiled(lambda a: (a + 0.03).astype(np.float16)))[0]


# Not attempted.


@pytest.mark.parametrize("answer", [None, ..., lambda x, order: None, lambda x, order: ...])
def test_nothing_is_not_attempted(answer):
    assert judge(TOY, answer).status == NOT_ATTEMPTED


def test_a_stub_says_so_itself():
    def stub(x, order):
        """Of two lines.

        And one.
        """
        raise NotImplementedError("to do")

    assert judge(TOY, stub).status == NOT_ATTEMPTED


def test_not_implemented_further_down_is_an_error():
    def helper(x):
        raise NotImplementedError

    def half(x, order):
        if len(x) == 4:
            raise NotImplementedError
        return shares(x, order)

    assert said(lambda x, order: helper(x))[1] == "NotImplementedError"
    assert said(half)[1:] == ("NotImplementedError", "Called with x (4, 6), order = [1, 2, 3, 0].")


# No function, or one that takes something else.


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (np.ones((2, 3)), "an ndarray of shape (2, 3)"),
        ((1, 2), "a tuple"),
        (7, "an int"),
        (torch.ones(3), "a Tensor of shape (3,)"),
    ],
)
def test_the_result_in_place_of_the_function(answer, kind):
    first, call = said(answer)
    assert first == f"That is {kind}: hand over the function itself, without calling it."
    assert call == '`check("0.1", shares)`'


def test_the_name_in_quotes():
    assert said("shares")[0] == "That is a text: hand over the function, without quotes."


def test_the_number_of_parameters():
    takes = "Your function takes {}, but the exercise hands it 2: x and order."
    assert said(lambda x: x) == (takes.format("1 argument"),)
    assert said(lambda: 0) == (takes.format("0 arguments"),)
    assert said(lambda x, order, more: x) == (takes.format("3 arguments"),)
    assert "wants order by name" in said(lambda x, *, order: x)[0]


def test_a_function_written_in_c_may_not_say_what_it_takes():
    assert "TypeError" in said(getattr)[1]


# Values of the wrong kind.


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: a and None, "Nothing came back: it returns None. Is a `return` missing?"),
        (lambda a: a.astype(object), "shares holds objects, not numbers."),
        (lambda a: a.astype(str), "shares holds text, not numbers."),
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


# Functions that stop.


def test_an_error_is_quoted_with_its_line():
    def answer(x, order):
        total = x.sum()
        return total + undefined

    number = answer.__code__.co_firstlineno + 2
    assert said(answer) == (
        f"It stops in line {number}: `return total + undefined`",
        "NameError: name 'undefined' is not defined",
        CALLED,
    )


def test_the_line_is_the_learner_s_own_and_no_path_is_shown():
    lines = said(lambda x, order: np.linalg.inv(x))
    assert "np.linalg.inv(x)" in lines[0]
    assert "LinAlgError" in lines[1]
    assert not any("/" in line for line in lines)


def test_an_error_without_words_and_one_with_too_many():
    def wordy(x, order):
        raise ValueError("word " * 1000 + "\nand more")

    def mute(x, order):
        raise ValueError

    assert len(said(wordy)[1]) < 200
    assert said(mute)[1] == "ValueError"


def test_an_error_that_cannot_be_shown():
    class Mean(Exception):
        def __str__(self):
            raise ValueError

    def answer(x, order):
        raise Mean

    assert said(answer)[1] == "Mean"


def test_endless_recursion():
    def answer(x, order):
        return answer(x, order)

    assert said(answer)[0].startswith("It calls itself without end.")


@pytest.mark.parametrize("leave", [sys.exit, exit, quit, lambda: sys.exit("now")])
def test_leaving(leave):
    assert said(lambda x, order: leave())[0].startswith("It calls exit, which would end")


def test_asking_for_input():
    assert "asks for input" in said(lambda x, order: input("? "))[1]


def test_an_argument_taken_out_of_bounds_names_the_case():
    assert said(lambda x, order: x[4])[-1] == CALLED
    assert said(lambda x, order: shares(x, order) if x[4].any() else 0)[-1].startswith(
        "Called with x (4, 6)"
    )


# Functions that remember, draw, print, or replace things.


def test_random_answers():
    assert said(lambda x, order: np.random.normal(size=x.shape))[0].startswith("Called again")
    passes(lambda x, order: shares(x, order) + 0 * np.random.normal(size=x.shape))


def test_a_function_that_remembers():
    seen = []

    def answer(x, order):
        seen.append(1)
        return shares(x, order) * (1 if len(seen) <= len(TOY.cases) else 2)

    assert said(answer)[0].startswith("Called again with the same values")

    def failing_later(x, order, seen=[]):  # noqa: B006
        seen.append(1)
        return shares(x, order) if len(seen) < 4 else 1 / 0

    assert said(failing_later)[0].startswith("Called again")


def test_the_random_states_are_as_before():
    def answer(x, order):
        random.seed(1)
        np.random.seed(1)
        torch.manual_seed(1)
        return shares(x, order)

    def draws():
        return random.random(), np.random.random(), torch.rand(1).item()

    for seed in (random.seed, np.random.seed, torch.manual_seed):
        seed(5)
    expected = draws()
    for seed in (random.seed, np.random.seed, torch.manual_seed):
        seed(5)
    passes(answer)
    assert draws() == expected


def test_what_is_replaced_is_put_back():
    before = (builtins.sum, np.exp, np.random.seed, math.sqrt, builtins.input, builtins.print)
    limit, shown = sys.getrecursionlimit(), str(np.array([1 / 3]))

    def answer(x, order):
        builtins.sum = builtins.print = np.exp = np.random.seed = math.sqrt = None
        sys.setrecursionlimit(limit + 7)
        np.set_printoptions(precision=1)
        np.seterr(all="raise")
        return shares(x, order)

    passes(answer)
    after = (builtins.sum, np.exp, np.random.seed, math.sqrt, builtins.input, builtins.print)
    assert after == before
    assert sys.getrecursionlimit() == limit
    assert str(np.array([1 / 3])) == shown
    with np.errstate(all="warn"), pytest.warns(RuntimeWarning):
        np.array([1.0]) / 0


def test_the_function_sees_numpy_as_the_reader_set_it():
    def answer(x, order):
        print(np.array([1 / 3]))
        return shares(x, order)

    with np.printoptions(precision=2):
        assert passes(answer).printed == "[0.33]"


def test_our_own_functions_run_with_numpy_as_it_was():
    def answer(x, order):
        np.sum = np.ndarray = None
        return (x / x.sum(axis=0))[order]

    assert said(answer) == (TOY.slips[0].message,)


def test_prints_are_repeated_and_trimmed(capsys):
    def answer(x, order):
        for n in range(5000):
            print("line", n)
        print("x" * 500, file=sys.stderr)
        return shares(x, order)

    assert passes(answer).printed.splitlines() == [
        "line 0",
        "line 1",
        "line 2",
        "… and 4998 more lines",
    ]
    assert len(passes(lambda x, order: print("y" * 10**5) or shares(x, order)).printed) == 100
    assert capsys.readouterr() == ("", "")


def test_the_prints_of_the_call_that_went_wrong(capsys):
    def answer(x, order):
        print("rows", len(x))
        return shares(x, order) + (len(x) == 4)

    assert judge(TOY, answer).printed == "rows 4"
    assert capsys.readouterr() == ("", "")


def test_a_warning_is_repeated_without_its_path(recwarn):
    verdict = judge(TOY, lambda x, order: np.exp(1000 * x)[order])
    assert verdict.printed == "RuntimeWarning: overflow encountered in exp"
    assert len(recwarn) == 0


# Functions that run on.


@pytest.mark.parametrize("late", [1, 3])
def test_a_loop_without_end_is_named(monkeypatch, late):
    monkeypatch.setattr(running, "SECONDS", 0.3)
    calls = []

    def answer(x, order):
        calls.append(1)
        while len(calls) >= late:
            pass
        return shares(x, order)

    lines = said(answer)
    assert lines[0].endswith("seconds. Does a loop never end?")
    assert lines[-1] == CALLED
