import dataclasses
import importlib
import json
from itertools import pairwise

import pytest
import torch
from run_helpers import MINI, text_file

import minigpt.bench
from minigpt.bench import EVERY, bench, caching, generation, gpu, growth, quality, timing, training
from minigpt.bench.timing import Findings, Target, Timing, peer, take_turns
from minigpt.errors import ConfigError, GenerateError
from minigpt.model import GPT

# --- taking turns -----------------------------------------------------------------------------


def clocked(lasts):
    """Tasks that move a clock of their own; what they do, and the order in which they did it."""
    now, order = [0.0], []

    def task(name):
        order.append(name)
        now[0] += next(lasts[name])

    return {name: (lambda name=name: task(name)) for name in lasts}, lambda: now[0], order


def test_median_and_half_the_range_of_rounds_that_take_turns():
    tasks, clock, order = clocked(
        {"a": iter([9.0, 0.1, 0.5, 0.2]), "b": iter([9.0, 2.0, 1.0, 4.0])}
    )
    timings = take_turns(tasks, 3, clock)
    assert order == ["a", "b", "a", "b", "a", "b", "a", "b"]  # the first of each is not counted
    a, b = timings["a"], timings["b"]
    assert (a.median_ms, a.spread_ms) == pytest.approx((200, 200))
    assert (b.median_ms, b.spread_ms) == pytest.approx((2000, 1500))


def test_the_ratio_is_taken_within_each_round():
    ours, theirs = Timing("ours", (1.0, 20.0, 3.0)), Timing("theirs", (2.0, 10.0, 6.0))
    assert ours.over(theirs) == 0.5  # of the medians it would be 3 / 6, of the means 24 / 18
    assert Timing("a", (4.0, 1.0, 9.0)).over(Timing("b", (1.0, 1.0, 3.0))) == 3.0  # not 4 / 1
    with pytest.raises(ValueError, match="shorter"):
        ours.over(Timing("b", (1.0,)))


@pytest.mark.parametrize("fails", [False, True])
def test_one_thread_while_it_measures_and_then_as_before(monkeypatch, fails):
    set_to, seen = [], []
    monkeypatch.setattr(torch, "get_num_threads", lambda: 7)
    monkeypatch.setattr(torch, "set_num_threads", set_to.append)

    def task():
        seen.append(set_to[-1])
        if fails:
            raise KeyboardInterrupt

    try:
        take_turns({"a": task}, 1)
    except KeyboardInterrupt:
        assert fails
    assert set(seen) == {1} and set_to == [1, 7]


@pytest.mark.parametrize("rounds", [0, -3])
def test_no_rounds_are_refused(rounds):
    with pytest.raises(ConfigError, match=rf"at least 1 round, but got {rounds}\. Try: --rounds 5"):
        take_turns({"a": int}, rounds)


@pytest.mark.parametrize(
    ("bounds", "holds"),
    [
        ({}, True),
        ({"at_most": 1.0}, False),
        ({"at_most": 1.5}, True),
        ({"at_least": 1.5}, True),
        ({"at_least": 1.6}, False),
        ({"at_least": 1.0, "at_most": 1.4}, False),
    ],
)
def test_a_target_holds_or_not(bounds, holds):
    target = Target("what", 1.5, **bounds)
    assert target.holds is holds
    assert target.to_dict() == {"what": "what", "measured": 1.5, **bounds, "holds": holds}


def test_a_peer_that_is_missing_becomes_a_note():
    notes = []
    assert peer("json", notes) is json and notes == []
    assert peer("no_such_library", notes) is None
    assert notes == ["no_such_library is not installed: pip install 'minigpt[bench]'"]


# --- the whole bench --------------------------------------------------------------------------


def test_parts_are_measured_in_order_and_what_cannot_be_is_said(monkeypatch):
    asked, said = [], []
    for name in minigpt.bench.PARTS:
        found = Findings([Timing(name, (1.0, 3.0))], [Target("t", 2.0, at_most=3.0)])
        monkeypatch.setitem(
            minigpt.bench.PARTS,
            name,
            lambda rounds, n=name, f=found: asked.append((n, rounds)) or f,
        )
    found = bench(rounds=4, say=said.append)
    assert [*found["parts"]] == said == [*EVERY]
    assert asked == [(name, 4) for name in minigpt.bench.PARTS]
    steps = found["parts"]["steps"]
    assert steps["timings"] == [{"what": "steps", "median_ms": 2000.0, "spread_ms": 1000.0}]
    assert steps["targets"] == [{"what": "t", "measured": 2.0, "at_most": 3.0, "holds": True}]
    assert found["parts"]["quality"]["notes"][0].startswith("not run: needs a text, --data FILE")
    assert found["machine"]["versions"]["torch"] == torch.__version__
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(
    ("parts", "rounds", "came"), [(["stepz"], 5, "stepz"), (["steps"], 0, "--rounds 0")]
)
def test_what_cannot_be_asked_is_refused(parts, rounds, came):
    with pytest.raises(ConfigError, match=f"at least 1 round, but got {came}"):
        bench(parts, rounds)


def absent(monkeypatch, missing):
    real = importlib.import_module

    def fake(name):
        if name == missing:
            raise ImportError(name)
        return real(name)

    monkeypatch.setattr(timing.importlib, "import_module", fake)


# --- its parts --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["char", "char-gpt2"])
def test_our_training_steps_train(monkeypatch, name):
    made = []
    monkeypatch.setattr(training, "GPT", lambda config: made.append(GPT(config)) or made[-1])
    step, (model,) = training._our_step(name, "fp32"), made
    before = model.token_embedding.weight.detach().clone()
    step()
    assert not torch.equal(model.token_embedding.weight, before)


def test_both_steps_train_one_model_on_one_batch():
    """From the same weights, the same batch, the same loss and the same gradient's norm."""
    transformers = pytest.importorskip("transformers")
    ours = training._our_step("char-gpt2", "fp32").__self__
    made = []
    real = transformers.GPT2LMHeadModel

    class Peer:
        GPT2Config = transformers.GPT2Config

        @staticmethod
        def GPT2LMHeadModel(theirs):
            made.append(real(theirs))
            return made[-1]

    step = training._their_step(Peer)
    made[0].load_state_dict(generation.to_gpt2(ours.model))
    assert step() == pytest.approx(ours.train_step(), rel=1e-4)
    assert sum(p.numel() for p in made[0].parameters()) == ours.model.n_parameters()


def test_steps_without_peer_or_bf16_say_so(monkeypatch):
    monkeypatch.setattr(training, "has_bf16", lambda: False)
    absent(monkeypatch, "transformers")
    monkeypatch.setattr(training, "_our_step", lambda name, precision: lambda: sum(range(10**5)))
    found = training.measure(1)
    assert [t.what for t in found.timings] == [training.GPT2, training.OURS]
    assert len(found.targets) == 1 and found.targets[0].at_most is None
    assert len(found.notes) == 2 and "avx512_bf16" in found.notes[0]


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(generation, "LENGTHS", {5: 1e-9, 7: 1e9})
    sizes = {"n_layers": 2, "n_heads": 3, "d_model": 12, "context_length": 24, "vocab_size": 40}
    monkeypatch.setattr(generation, "SIZES", sizes)


def test_generation_compares_like_with_like(short):
    pytest.importorskip("transformers")
    found = generation.measure(1)
    assert [t.what for t in found.timings][:3] == [
        "5 tokens, cached, ours",
        "5 tokens, no cache, ours",
        "5 tokens, cached, Hugging Face",
    ]
    least = [t for t in found.targets if t.at_least is not None]
    assert [t.holds for t in least] == [True, False]
    assert len(found.targets) == 4 and found.notes == []


def test_generation_without_its_peer(short, monkeypatch):
    absent(monkeypatch, "transformers")
    found = generation.measure(1)
    assert len(found.timings) == 4 and len(found.targets) == 2 and len(found.notes) == 1


def test_texts_that_differ_are_not_compared_but_for_a_tie():
    def model(tokens):
        assert tokens.tolist() == [[7, 8]]  # what both had written when they parted
        return torch.tensor([[[9.0, 9.0, 9.0, 9.0], [0.0, 1.0, 1.00002, 0.99]]])

    ours = torch.tensor([[7, 8, 2, 5]])
    assert generation.check_equal(model, ours.clone(), ours) == []
    (note,) = generation.check_equal(model, torch.tensor([[7, 8, 1, 6]]), ours)
    assert note.startswith("Token 2 was a tie")
    for theirs in ([[7, 8, 3, 5]], [[7, 8, 0, 5]], [[7, 8, 2]]):
        with pytest.raises(GenerateError, match="the same tokens from the same weights"):
            generation.check_equal(model, torch.tensor(theirs), ours)


def test_growth_measures_what_it_counts(monkeypatch):
    sizes = {"context_length": 24, "d_model": 32, "n_layers": 2, "batch_size": 3, "vocab_size": 50}
    monkeypatch.setattr(growth, "BASE", sizes)
    monkeypatch.setattr(growth, "AXES", {"d_model": (16, 32), "batch_size": (3, 9)})
    found = growth.measure(1)
    assert [(row["axis"], row["value"]) for row in found.rows] == [
        ("d_model", 16),
        ("d_model", 32),
        ("batch_size", 3),
        ("batch_size", 9),
    ]
    assert found.rows[3]["gflops"] == pytest.approx(3 * found.rows[2]["gflops"])
    assert found.rows[1]["gflops"] == found.rows[2]["gflops"]
    assert len(found.targets) == 2 and all(t.holds for t in found.targets)


def test_without_a_gpu_nothing_is_made_up():
    if torch.cuda.is_available():
        pytest.skip("this machine has one")
    found = gpu.measure(3)
    assert found.notes == ["not run: this machine has no CUDA device"]
    assert not found.timings and not found.targets


def test_the_ladder_leads_from_one_preset_to_the_other():
    ladder = quality.recipes()
    first, last = ladder[quality.GPT2], ladder[quality.DEFAULT]
    for name, recipe in (("char-gpt2", first), ("char", last)):
        assert recipe.configs(65) == quality.PRESETS[name].configs(65)
    configs = [recipe.configs(65) for recipe in ladder.values()]
    assert all(a != b for a, b in pairwise(configs))


def test_quality_trains_every_recipe_and_bounds_the_worst(tmp_path, monkeypatch):
    monkeypatch.setattr(quality, "has_bf16", lambda: False)
    mini = dataclasses.replace(MINI, model=MINI.model | {"dropout": 0.0})
    monkeypatch.setattr(quality, "recipes", lambda: {quality.GPT2: mini, quality.DEFAULT: MINI})
    found = quality.measure(text_file(tmp_path))
    told = [(row["recipe"], row["seed"]) for row in found.rows]
    assert told == [
        (quality.GPT2, 1),
        (quality.GPT2, 2),
        (quality.GPT2, 3),
        (quality.DEFAULT, 1),
        (quality.DEFAULT, 2),
        (quality.DEFAULT, 3),
    ]
    worst = max(row["loss"] for row in found.rows if row["recipe"] == quality.DEFAULT)
    assert found.targets[0].measured == worst and found.targets[0].at_most == 1.60
    assert len({row["loss"] for row in found.rows}) == 6


def test_the_cache_is_counted_and_timed(monkeypatch):
    sizes = {"n_layers": 2, "n_heads": 2, "d_model": 8, "context_length": 32, "vocab_size": 17}
    monkeypatch.setattr(caching, "SIZES", sizes)
    monkeypatch.setattr(caching, "PLACES", (3, 31))
    monkeypatch.setattr(caching, "BATCHES", (1, 5))
    monkeypatch.setattr(caching, "AT", 9)
    monkeypatch.setattr(caching, "PROMPT", 12)
    monkeypatch.setattr(caching, "PIECES", (1, 4))
    asked = []
    forward = GPT.forward

    def watched(self, tokens, *args, cache=None, **kwargs):
        asked.append((*tokens.shape, 0 if cache is None else cache.length))
        return forward(self, tokens, *args, cache=cache, **kwargs)

    monkeypatch.setattr(GPT, "forward", watched)
    found = caching.measure(1)
    assert [row["work_ratio"] for row in found.rows[:2]] == [3, 31]
    assert [row["rows"] for row in found.rows[2:4]] == [1, 5]
    assert found.rows[3]["gflops"] == pytest.approx(5 * found.rows[2]["gflops"])
    assert all(row["time_ratio"] > 0 for row in found.rows)
    twice = 2 * caching.STEPS  # once for nothing
    assert asked.count((1, 31, 0)) == 2
    assert asked.count((1, 1, 30)) == twice
    assert asked.count((5, 1, 8)) == twice
    assert asked.count((1, 4, 8)) == 2
