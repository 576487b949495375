import json
import time

import pytest
import torch

import minigpt.bench
from minigpt.bench import bench
from minigpt.errors import ConfigError
from minigpt.model import GPT


@pytest.fixture
def short(monkeypatch):
    """Write a few tokens where a bench writes many."""
    monkeypatch.setattr(minigpt.bench, "NEW_TOKENS", 4)


def test_every_row_names_what_was_measured(short):
    rows = bench(rounds=1)
    assert [row["what"] for row in rows] == [
        "training step, preset tiny",
        "training step, preset char",
        "training step, preset char-gpt2",
        "writing 4 tokens, preset char, cached",
        "writing 4 tokens, preset char, uncached",
    ]
    assert all(row["median_ms"] > 0 and row["spread_ms"] == 0 for row in rows)
    assert json.loads(json.dumps(rows)) == rows


def test_median_and_half_the_range_of_rounds_that_take_turns(monkeypatch):
    clock, order = [0.0], []
    lasts = {"a": iter([9.0, 0.1, 0.5, 0.2]), "b": iter([9.0, 2.0, 1.0, 4.0])}

    def task(name):
        order.append(name)
        clock[0] += next(lasts[name])

    tasks = {name: (lambda name=name: task(name)) for name in lasts}
    monkeypatch.setattr(time, "process_time", lambda: clock[0])
    monkeypatch.setattr(minigpt.bench, "_training_steps", lambda: tasks)
    monkeypatch.setattr(minigpt.bench, "_generations", dict)
    a, b = bench(rounds=3)
    assert order == ["a", "b", "a", "b", "a", "b", "a", "b"]  # the first of each is not counted
    assert (a["what"], b["what"]) == ("a", "b")
    assert (a["median_ms"], a["spread_ms"]) == pytest.approx((200, 200))
    assert (b["median_ms"], b["spread_ms"]) == pytest.approx((2000, 1500))


@pytest.mark.parametrize("fails", [False, True])
def test_one_thread_while_it_measures_and_then_as_before(monkeypatch, fails):
    set_to, seen = [], []
    monkeypatch.setattr(torch, "get_num_threads", lambda: 7)
    monkeypatch.setattr(torch, "set_num_threads", set_to.append)

    def task():
        seen.append(set_to[-1])
        if fails:
            raise KeyboardInterrupt

    monkeypatch.setattr(minigpt.bench, "_training_steps", lambda: {"a": task})
    monkeypatch.setattr(minigpt.bench, "_generations", dict)
    try:
        bench(rounds=1)
    except KeyboardInterrupt:
        assert fails
    assert set(seen) == {1} and set_to == [1, 7]


@pytest.mark.parametrize("rounds", [0, -3])
def test_no_rounds_are_refused(rounds):
    with pytest.raises(ConfigError, match=rf"at least 1 round, but got {rounds}\. Try: --rounds 5"):
        bench(rounds)


def test_training_steps_train(monkeypatch):
    made = []
    monkeypatch.setattr(minigpt.bench, "GPT", lambda config: made.append(GPT(config)) or made[-1])
    step, (model,) = minigpt.bench._training_step("tiny"), made
    before = model.token_embedding.weight.detach().clone()
    step()
    assert not torch.equal(model.token_embedding.weight, before)
    assert all(p.grad is None for p in model.parameters())
