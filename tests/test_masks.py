import math

import pytest
import torch
from model_helpers import normal

from minigpt.errors import ShapeError
from minigpt.masks import (
    both,
    causal_mask,
    check_mask,
    mask_to_bias,
    padding_mask,
    prefix_mask,
    sliding_mask,
)

SIZES = [(1, 1), (1, 6), (4, 4), (3, 7), (6, 7)]


def drawn(may_look, T_q, T_k):
    return [[may_look(i, j) for j in range(T_k)] for i in range(T_q)]


@pytest.mark.parametrize(("T_q", "T_k"), SIZES)
def test_causal_looks_at_itself_and_back(T_q, T_k):
    mask = causal_mask(T_q, T_k)
    assert mask.dtype == torch.bool
    assert mask.tolist() == drawn(lambda i, j: j <= T_k - T_q + i, T_q, T_k)


def test_causal_is_square_unless_told():
    assert torch.equal(causal_mask(5), causal_mask(5, 5))


@pytest.mark.parametrize(("T_q", "T_k"), SIZES)
@pytest.mark.parametrize("window", [1, 2, 3, 7, 100])
def test_sliding_looks_back_over_so_many_positions(T_q, T_k, window):
    def may_look(i, j):
        position = T_k - T_q + i
        return j in range(position - window + 1, position + 1)

    assert sliding_mask(T_q, window, T_k).tolist() == drawn(may_look, T_q, T_k)


def test_sliding_is_square_unless_told():
    mask = sliding_mask(9, 4)
    assert torch.equal(mask, sliding_mask(9, 4, 9))
    assert mask.sum(-1).tolist() == [1, 2, 3, 4, 4, 4, 4, 4, 4]


def test_padding_hides_what_is_past_the_length():
    mask = padding_mask(torch.tensor([2, 0, 5, 9]), 5)
    assert mask.shape == (4, 1, 1, 5)
    assert mask[:, 0, 0].tolist() == drawn(lambda i, j: j < [2, 0, 5, 9][i], 4, 5)


@pytest.mark.parametrize("prefix", [0, 1, 3, 6, 8])
def test_the_prefix_sees_itself_whole_and_the_rest_looks_back(prefix):
    def may_look(i, j):
        return j <= i or (i < prefix and j < prefix)

    assert prefix_mask(6, prefix).tolist() == drawn(may_look, 6, 6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_a_boolean_mask_as_numbers(dtype):
    bias = mask_to_bias(causal_mask(3, 4), dtype)
    assert bias.dtype == dtype
    expected = drawn(lambda i, j: 0.0 if j <= i + 1 else -math.inf, 3, 4)
    assert bias.tolist() == expected


def test_numbers_stay_numbers():
    bias = normal(3, 4)
    assert torch.equal(mask_to_bias(bias, torch.float64), bias)
    assert mask_to_bias(bias, torch.float32).dtype == torch.float32


def test_both_lets_look_where_both_do():
    own, mask = causal_mask(5), torch.rand(2, 1, 5, 5) > 0.4
    joined = both(mask, own)
    assert joined.dtype == torch.bool
    assert torch.equal(joined, torch.logical_and(mask, own.expand(2, 1, 5, 5)))
    assert both(None, own) is own


def test_both_keeps_the_numbers_where_the_own_mask_lets_look():
    own, bias = causal_mask(5), normal(3, 5, 5)
    joined = both(bias, own)
    for i in range(5):
        for j in range(5):
            expected = bias[:, i, j].tolist() if j <= i else [-math.inf] * 3
            assert joined[:, i, j].tolist() == expected


def test_masks_are_made_where_they_are_asked_for():
    made = [causal_mask(3, device="meta"), sliding_mask(3, 2, device="meta")]
    made += [prefix_mask(3, 2, device="meta"), mask_to_bias(made[0], torch.float32)]
    assert all(mask.device.type == "meta" for mask in made)


@pytest.mark.parametrize("mask", [(4, 5), (1, 1), (5,), (3, 4, 5), (2, 3, 4, 5), (2, 1, 1, 5), ()])
def test_masks_that_broadcast_to_the_scores_pass(mask):
    check_mask(torch.ones(mask).bool(), (2, 3, 4, 5))
    check_mask(torch.ones(mask), (2, 3, 4, 5))


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        (lambda: causal_mask(5, 4), ["T_k >= T_q", "T_q=5, T_k=4", "keys of all tokens"]),
        (lambda: sliding_mask(5, 2, 4), ["T_k >= T_q"]),
        (lambda: sliding_mask(5, 0), ["a window of at least 1", "but got 0", "window=1"]),
        (lambda: prefix_mask(5, -1), ["prefix of at least 0", "but got -1", "prefix=0"]),
        (lambda: padding_mask(torch.ones(2, 3).long(), 4), ["one length a row", "(2, 3)"]),
        (lambda: check_mask(torch.ones(5, 4).bool(), (4, 5)), ["broadcasts to", "(5, 4)"]),
        (lambda: check_mask(torch.ones(2, 4, 5).bool(), (4, 5)), ["(2, 4, 5)", "rows for queries"]),
        (lambda: check_mask(torch.ones(4, 5).int(), (4, 5)), ["torch.int32", "mask.bool()"]),
    ],
)
def test_what_is_refused_is_named(refused, words):
    with pytest.raises(ShapeError) as caught:
        refused()
    assert all(word in str(caught.value) for word in [*words, "Try:"])
