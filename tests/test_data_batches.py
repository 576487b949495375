import json
from collections import Counter

import numpy as np
import pytest
import torch

from minigpt.data import IGNORE, Batches, TokenStream, story_windows, windows
from minigpt.errors import DataError

STREAM = np.random.default_rng(0).permutation(1000).astype(np.uint16)  # every token differs
FOLLOWER = dict(zip(STREAM[:-1].tolist(), STREAM[1:].tolist(), strict=True))


def several(batches, n):
    return [batches.next() for _ in range(n)]


def equal(left, right):
    return len(left) == len(right) and all(
        torch.equal(a, c) and torch.equal(b, d) for (a, b), (c, d) in zip(left, right, strict=True)
    )


# --- targets are the next tokens -----------------------------------------------------------


def test_each_target_is_the_token_that_follows_in_the_stream():
    tokens, targets = Batches(STREAM, batch_size=5, context_length=7, seed=3).next()
    assert tokens.shape == targets.shape == (5, 7)
    assert tokens.dtype == targets.dtype == torch.int64
    for row in range(5):
        for t in range(7):
            assert targets[row, t] == FOLLOWER[int(tokens[row, t])]


def test_every_place_is_drawn_the_last_included_and_equally_often():
    stream = np.arange(12, dtype=np.uint16)
    batches = Batches(stream, batch_size=1000, context_length=3, seed=0)
    starts = Counter(int(row[0]) for _ in range(9) for row in batches.next()[0])
    assert set(starts) == set(range(9))  # windows of 3 + 1 tokens start at 0 ... 8
    assert all(850 < count < 1150 for count in starts.values())


def test_the_shortest_stream_that_will_do():
    tokens, targets = Batches(np.arange(5), batch_size=2, context_length=4, seed=0).next()
    assert tokens.tolist() == [[0, 1, 2, 3]] * 2
    assert targets.tolist() == [[1, 2, 3, 4]] * 2


def test_shards_and_one_array_give_the_same_batches():
    stream = TokenStream([STREAM[:311], STREAM[311:312], STREAM[312:]])
    assert equal(
        several(Batches(STREAM, 4, 50, seed=1), 20), several(Batches(stream, 4, 50, seed=1), 20)
    )


def test_batches_do_not_share_memory_with_the_stream():
    stream = STREAM.astype(np.int64)
    tokens, targets = Batches(stream, 4, 50, seed=1).next()
    tokens.zero_()
    assert (targets[:, :-1] != 0).any()
    np.testing.assert_array_equal(stream, STREAM)


# --- seeds, restoring, ranks ---------------------------------------------------------------


def test_seeds():
    first = several(Batches(STREAM, 4, 6, seed=0), 3)
    assert equal(first, several(Batches(STREAM, 4, 6, seed=0), 3))
    assert not equal(first, several(Batches(STREAM, 4, 6, seed=1), 3))
    assert not equal(first[:1], first[1:2])


def test_a_restored_sampler_goes_on_bit_for_bit():
    batches = Batches(STREAM, 4, 6, seed=5)
    several(batches, 3)
    saved = json.loads(json.dumps(batches.state()))
    expected = several(batches, 4)
    other = Batches(STREAM, 4, 6, seed=99)
    several(other, 1)
    other.restore(saved)
    assert equal(several(other, 4), expected)
    assert other.state() == batches.state()


@pytest.mark.parametrize(
    "change",
    [{"n_tokens": 999}, {"context_length": 7}, {"n_rows": 5}, {"seed": None}, {"step": None}],
)
def test_a_state_of_another_run_is_refused_and_changes_nothing(change):
    batches = Batches(STREAM, 4, 6, seed=5)
    state = {key: value for key, value in {**batches.state(), **change}.items() if value}
    state.setdefault("step", 1) if "step" not in change else None
    with pytest.raises(DataError, match="must fit"):
        batches.restore(state)
    assert equal(several(batches, 2), several(Batches(STREAM, 4, 6, seed=5), 2))


def test_two_ranks_make_the_batch_of_one():
    one = Batches(STREAM, batch_size=6, context_length=9, seed=2)
    ranks = [Batches(STREAM, 3, 9, seed=2, rank=rank, world_size=2) for rank in range(2)]
    for _ in range(5):
        parts = [batches.next() for batches in ranks]
        together = [torch.cat(column) for column in zip(*parts, strict=True)]
        assert equal([together], [one.next()])


def test_a_run_may_go_on_with_another_number_of_ranks():
    one = Batches(STREAM, batch_size=6, context_length=9, seed=2)
    several(one, 2)
    second = Batches(STREAM, 2, 9, seed=0, rank=1, world_size=3)
    second.restore(one.state())
    assert torch.equal(second.next()[0], one.next()[0][2:4])


@pytest.mark.parametrize(
    "sizes",
    [
        {"batch_size": 0},
        {"context_length": 0},
        {"world_size": 0},
        {"rank": 1},
        {"rank": -1},
    ],
)
def test_sizes_that_make_no_sense(sizes):
    with pytest.raises(DataError):
        Batches(STREAM, **{"batch_size": 2, "context_length": 3, "seed": 0, **sizes})


def test_a_stream_too_short_for_the_context():
    with pytest.raises(DataError, match=r"at least context_length \+ 1 = 6 tokens.*5"):
        Batches(np.arange(5), batch_size=2, context_length=5, seed=0)


# --- windows -------------------------------------------------------------------------------


@pytest.mark.parametrize("n_tokens", [2, 5, 6, 7, 25, 26, 27, 50, 51, 52, 53, 1000])
def test_windows_cover_every_target_once_in_order(n_tokens):
    stream = STREAM[:n_tokens]
    seen_tokens, seen_targets = [], []
    for tokens, targets in windows(stream, context_length=5, batch_size=3):
        assert tokens.shape == targets.shape
        assert tokens.shape[1] == 5 and 1 <= tokens.shape[0] <= 3
        real = targets != IGNORE
        seen_tokens += tokens[real].tolist()
        seen_targets += targets[real].tolist()
        assert (tokens >= 0).all()
    assert seen_targets == stream[1:].tolist()
    assert seen_tokens == stream[:-1].tolist()


def test_only_the_last_batch_is_smaller_and_only_the_last_row_is_filled_up():
    shapes = [tuple(t.shape) for t, _ in windows(STREAM[:68], context_length=5, batch_size=4)]
    assert shapes == [(4, 5), (4, 5), (4, 5), (2, 5)]  # 67 targets: 13 rows of 5, and 2 more
    *_, (_, targets) = windows(STREAM[:68], context_length=5, batch_size=4)
    assert (targets == IGNORE).sum(dim=1).tolist() == [0, 3]


def test_ignore_is_what_cross_entropy_leaves_out():
    *_, (tokens, targets) = windows(STREAM[:8], context_length=5, batch_size=4)
    logits = torch.randn(*tokens.shape, 1000, generator=torch.Generator().manual_seed(0))
    real = targets != IGNORE
    loss = torch.nn.functional.cross_entropy
    torch.testing.assert_close(
        loss(logits.flatten(0, 1), targets.flatten()), loss(logits[real], targets[real])
    )


def test_windows_over_shards():
    stream = TokenStream([STREAM[:13], STREAM[13:40]])
    assert equal(list(windows(stream, 5, 3)), list(windows(STREAM[:40], 5, 3)))


def test_windows_take_no_more_of_a_stream_than_a_batch():
    taken = []
    stream = (taken.append(token) or token for token in range(1_000))
    batches = windows(stream, context_length=5, batch_size=3)
    assert len(taken) == 2  # enough to know that there is something to predict
    assert [next(batches) and len(taken) for _ in range(3)] == [16, 31, 46]


def test_windows_refuse_at_once():
    with pytest.raises(DataError, match="at least"):
        windows(STREAM[:1], context_length=5, batch_size=3)
    with pytest.raises(DataError, match="batch_size"):
        windows(STREAM, context_length=5, batch_size=0)


# --- whole stories -------------------------------------------------------------------------


def stories(*lengths, end=0):
    count = iter(range(1, 1000))
    return [np.array([end, *(next(count) for _ in range(n)), end], np.uint16) for n in lengths]


def test_one_story_a_row_each_target_once_and_long_ones_left_out():
    encoded = stories(3, 1, 9, 4, 0, 2)
    batches, left_out = story_windows(encoded, context_length=5, batch_size=2)
    rows = [(x, y) for tokens, targets in batches for x, y in zip(tokens, targets, strict=True)]
    assert left_out == 1  # 9 tokens and two ENDs have 10 targets; 4 and two ENDs have 5
    kept = [encoded[i] for i in (0, 1, 3, 4, 5)]
    assert len(rows) == len(kept)
    for (tokens, targets), story in zip(rows, kept, strict=True):
        real = targets != IGNORE
        assert targets[real].tolist() == story[1:].tolist()
        assert tokens[real].tolist() == story[:-1].tolist()
        assert real.tolist() == sorted(real.tolist(), reverse=True)  # filled up at the end only


def test_story_batches_have_one_width():
    batches, left_out = story_windows(stories(3, 1, 4, 2, 1), context_length=64, batch_size=2)
    assert [tuple(tokens.shape) for tokens, _ in batches] == [(2, 5), (2, 5), (1, 5)]
    assert left_out == 0


def test_no_story_fits():
    with pytest.raises(DataError, match="larger context_length"):
        story_windows(stories(8, 9), context_length=5, batch_size=2)
    with pytest.raises(DataError, match="batch_size"):
        story_windows(stories(8, 9), context_length=5, batch_size=0)


def test_with_a_marker_every_window_begins_at_one():
    stream = np.array([9, 1, 2, 9, 3, 4, 5, 9, 6, 9, 7, 8, 1, 9, 2], dtype=np.uint16)
    batches = Batches(stream, batch_size=50, context_length=4, seed=3, marker=9)
    tokens, targets = batches.next()
    assert (tokens[:, 0] == 9).all()
    assert sorted({tuple(row) for row in tokens.tolist()}) == [
        (9, 1, 2, 9),
        (9, 3, 4, 5),
        (9, 6, 9, 7),
        (9, 7, 8, 1),
    ]  # the last 9 has no whole window after it
    assert (tokens[:, 1:] == targets[:, :-1]).all()


def test_a_marker_that_is_not_there_is_said():
    with pytest.raises(DataError, match="token 5 with 3 tokens after it"):
        Batches(np.arange(5), batch_size=1, context_length=3, seed=0, marker=5)
