"""What is said of functions that stop, remember, draw, print, replace things, or run on."""

import builtins
import math
import random
import sys

import numpy as np
import pytest
import torch
from toy import CALLED, TOY, passes, said, shares

from minigpt.exercises import running
from minigpt.exercises.judge import judge

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


@pytest.mark.parametrize(
    ("product", "rows", "columns"),
    [
        (lambda x: x @ x, 3, 5),
        (lambda x: x[0] @ x, 3, 5),
        (lambda x: x @ x[:2, 0], 3, 2),
        (lambda x: np.stack([x, x]) @ np.stack([x.T, x.T])[:, :2], 3, 2),
    ],
)
def test_a_product_that_does_not_fit_is_told_in_words(product, rows, columns):
    place, trouble, called = said(lambda x, order: product(x))
    assert place.startswith("It stops in line")
    assert trouble == (
        f"The two do not fit: on the left of the product are rows of {rows} numbers, "
        f"on its right columns of {columns}."
    )
    assert called == CALLED
    assert "broadcast" in said(lambda x, order: x + x.T)[1]  # plain enough as it comes


@pytest.mark.parametrize("tensors", [torch.relu, lambda x: x.clamp(min=0), lambda x: x.relu()])
def test_an_array_where_torch_wants_a_tensor_is_told_in_words(tensors):
    assert "`torch.as_tensor(…)` makes one" in said(lambda x, order: tensors(x))[1]
    assert "no attribute 'relative'" in said(lambda x, order: x.relative())[1]


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
