"""Right answers pass in any dress; what is no answer yet, or no function, is told so."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from toy import PAIR, TOY, passes, said, shares, shares_and_sums, spoiled

from minigpt.exercises.judge import judge
from minigpt.exercises.verdict import NOT_ATTEMPTED

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
