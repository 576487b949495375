import copy
import math

import numpy as np
import pytest
import torch
from run_helpers import same, tiny_model, weights
from torch.nn import functional as F

from minigpt.config import ModelConfig, TrainConfig
from minigpt.data import IGNORE, Batches, windows
from minigpt.errors import CheckpointError, DataError, MiniGPTError, ShapeError, TrainError
from minigpt.model import GPT
from minigpt.optim import lr_factor
from minigpt.train import Evaluation, Trainer, evaluate, pick_device, pick_dtype, token_losses

TOKENS = np.random.default_rng(5).integers(19, size=400).astype(np.uint16)
SETTINGS = {"steps": 9, "batch_size": 6, "warmup_steps": 3, "device": "cpu", "grad_clip": 1000}


def trainer(model=None, **train):
    config = TrainConfig(**{**SETTINGS, **train})
    model = tiny_model() if model is None else model
    return Trainer(model, Batches(TOKENS, config.batch_size, 13, config.seed), config)


def gradients(one):
    """The gradients of a step that nobody takes, and the loss and norm that it reports."""
    one.optimizers = []
    loss, norm = one.train_step()
    return {name: p.grad for name, p in one.model.named_parameters()}, loss, norm


# --- one step -----------------------------------------------------------------------------


@pytest.mark.parametrize("parts", [2, 3, 6])
def test_a_batch_in_parts_gives_the_gradients_of_a_whole_one(parts):
    whole, loss, norm = gradients(trainer())
    split, split_loss, split_norm = gradients(trainer(accumulate=parts))
    assert split_loss == pytest.approx(loss, abs=1e-6)
    assert split_norm == pytest.approx(norm, rel=1e-5)
    for name, grad in whole.items():
        torch.testing.assert_close(split[name], grad, atol=1e-6, rtol=1e-5, msg=name)


@pytest.mark.parametrize("kind", ["adamw", "muon"])
def test_a_batch_in_parts_goes_where_a_whole_one_goes(kind):
    whole, split = trainer(optimizer=kind), trainer(optimizer=kind, accumulate=3)
    for _ in range(3):
        whole.train_step()
        split.train_step()
    for name, p in weights(whole.model).items():
        torch.testing.assert_close(weights(split.model)[name], p, atol=2e-5, rtol=0, msg=name)


def test_several_steps_are_those_of_a_loop_written_out():
    config = {"optimizer": "adamw", "lr": 0.01, "weight_decay": 0.2, "schedule": "cosine"}
    ours = trainer(**config, grad_clip=0.5)
    plain = tiny_model()
    decayed = [p for p in plain.parameters() if p.dim() == 2]
    others = [p for p in plain.parameters() if p.dim() < 2]
    adamw = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.2}, {"params": others, "weight_decay": 0.0}],
        betas=(0.9, 0.95),
    )
    batches = Batches(TOKENS, 6, 13, seed=0)
    for step in range(5):
        tokens, targets = batches.next()
        expected = -plain(tokens).log_softmax(-1).gather(2, targets[..., None]).mean()
        grads = torch.autograd.grad(expected, list(plain.parameters()))
        norm = sum(float((g**2).sum()) for g in grads) ** 0.5
        for p, g in zip(plain.parameters(), grads, strict=True):
            p.grad = g * min(1.0, 0.5 / norm)
        for group in adamw.param_groups:
            group["lr"] = 0.01 * lr_factor(step, ours.config)
        adamw.step()
        assert ours.train_step() == pytest.approx((expected.item(), norm), rel=1e-5)
    assert ours.step == 5
    for name, p in weights(ours.model).items():
        torch.testing.assert_close(p, weights(plain)[name], atol=1e-5, rtol=0, msg=name)


def test_targets_are_the_next_tokens():
    """What follows each token of a text that counts up is certain, and nothing else is."""
    model = GPT(ModelConfig(19, context_length=13, d_model=12, n_layers=1, n_heads=3))
    config = TrainConfig(steps=100, batch_size=6, warmup_steps=1, lr=0.03, device="cpu")
    one = Trainer(model, Batches(np.arange(300) % 19, 6, 13, seed=0), config)
    for _ in range(100):
        loss, _ = one.train_step()
    assert loss < 0.3
    best = model(torch.tensor([[3, 4, 5]]))[0].argmax(-1)
    assert best.tolist() == [4, 5, 6]


def test_gradients_are_cleared_and_dropout_is_on():
    model = tiny_model(dropout=0.5).eval()
    one = trainer(model)
    one.train_step()
    assert model.training
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize("clip", [0.01, 0.5])
def test_the_norm_is_reported_before_clipping_and_the_gradient_is_clipped(clip):
    grads, _, norm = gradients(trainer(grad_clip=clip))
    _, _, unclipped = gradients(trainer())
    assert norm == pytest.approx(unclipped, rel=1e-5) and norm > 0.6
    left = math.sqrt(sum(float((g**2).sum()) for g in grads.values()))
    assert left == pytest.approx(clip, rel=1e-3)


def nan(loss, _model):
    return loss * float("nan")


def infinite(loss, _model):
    return loss + float("inf")


def steep(loss, model):
    """Finite itself, but with a gradient that is not: the slope of the root at 0."""
    return loss + (0 * model.token_embedding.weight[3, 2]).sqrt()


@pytest.mark.parametrize("spoil", [nan, infinite, steep])
@pytest.mark.parametrize("kind", ["adamw", "muon"])
@pytest.mark.parametrize("parts", [1, 3])
def test_what_is_not_finite_stops_training_and_changes_no_weight(spoil, kind, parts):
    one = trainer(optimizer=kind, accumulate=parts)
    one.train_step()
    before, good = weights(one.model), one.loss
    memory = copy.deepcopy(one.pack()[0])
    one.loss = lambda x, y: spoil(good(x, y), one.model)
    with pytest.raises(TrainError, match=r"at step 1.* Try: a smaller lr, or precision fp32") as e:
        one.train_step()
    assert isinstance(e.value, MiniGPTError)
    assert same(weights(one.model), before)
    assert same(one.pack()[0], memory)
    assert one.step == 1


def test_bfloat16_computes_in_bfloat16_and_keeps_weights_in_float32():
    one, plain, seen = trainer(precision="bf16"), trainer(precision="fp32"), []
    one.model.head.register_forward_hook(lambda _m, _x, y: seen.append(y.dtype))
    (loss, norm), (exact, exact_norm) = one.train_step(), plain.train_step()
    assert seen == [torch.bfloat16]
    assert loss == pytest.approx(exact, rel=0.02) and loss != exact
    assert norm == pytest.approx(exact_norm, rel=0.1)
    assert all(p.dtype == torch.float32 for p in one.model.parameters())
    assert one.dtype == torch.bfloat16 and plain.dtype == torch.float32


def test_compile_is_asked_for_and_used(monkeypatch):
    compiled, called = [], []

    def fake(function):
        compiled.append(function)
        return lambda *a: called.append(1) or function(*a)

    monkeypatch.setattr(torch, "compile", fake)
    one, plain = trainer(compile=True, accumulate=2), trainer()
    assert compiled == [one.model.loss]
    assert one.train_step()[0] == pytest.approx(plain.train_step()[0], abs=1e-6)
    assert called == [1, 1]


# --- devices ------------------------------------------------------------------------------


def machine(monkeypatch, cuda, mps):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(
    ("cuda", "mps", "auto"),
    [
        (True, True, "cuda"),
        (True, False, "cuda"),
        (False, True, "mps"),
        (False, False, "cpu"),
    ],
)
def test_auto_takes_the_fastest_that_is_there(monkeypatch, cuda, mps, auto):
    machine(monkeypatch, cuda, mps)
    assert pick_device().type == auto
    assert pick_device("cpu").type == "cpu"


@pytest.mark.parametrize(
    ("name", "mps", "found"),
    [
        ("cuda", True, "a machine with mps, cpu"),
        ("cuda", False, "a machine with cpu"),
        ("mps", False, "a machine with cpu"),
        ("tpu", False, "a machine with cpu"),
    ],
)
def test_a_device_that_is_not_there_is_named(monkeypatch, name, mps, found):
    machine(monkeypatch, cuda=False, mps=mps)
    with pytest.raises(TrainError, match=f"a device named {name}, but got {found}. Try: auto"):
        pick_device(name)


def test_a_trainer_wants_its_device(monkeypatch):
    machine(monkeypatch, cuda=False, mps=False)
    with pytest.raises(TrainError, match="a device named cuda"):
        trainer(device="cuda")


@pytest.mark.parametrize(
    ("precision", "device", "supported", "dtype"),
    [
        ("auto", "cuda", True, torch.bfloat16),
        ("auto", "cuda", False, torch.float32),
        ("auto", "cpu", True, torch.float32),
        ("auto", "mps", True, torch.float32),
        ("bf16", "cpu", False, torch.bfloat16),
        ("fp32", "cuda", True, torch.float32),
    ],
)
def test_precision(monkeypatch, precision, device, supported, dtype):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: supported)
    assert pick_dtype(precision, torch.device(device)) == dtype


# --- pack and unpack ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["adamw", "muon"])
def test_unpacked_it_goes_on_where_it_was_packed(kind):
    model = tiny_model(dropout=0.3)
    one = trainer(model, optimizer=kind)
    for _ in range(3):
        one.train_step()
    taken, (training, state) = weights(model), one.pack()
    training = {name: tensor.clone() for name, tensor in training.items()}
    rest = [one.train_step() for _ in range(4)]
    torch.manual_seed(99)
    other = trainer(tiny_model(seed=1, dropout=0.3), optimizer=kind)
    other.model.load_state_dict(taken, strict=False)
    other.unpack(training, state)
    assert other.step == 3
    assert [other.train_step() for _ in range(4)] == rest
    assert same(weights(other.model), weights(one.model))


def other_runs():
    yield "one optimiser for two", {"optimizer": "adamw"}, {}
    yield "two optimisers for one", {"optimizer": "muon"}, {}
    yield "another width", {}, {"d_model": 18}


@pytest.mark.parametrize(("what", "train", "model"), list(other_runs()))
def test_another_runs_memory_is_refused(what, train, model):
    theirs = trainer(tiny_model(**model), **train)
    theirs.train_step()
    kind = "adamw" if train.get("optimizer") == "muon" else "muon"
    ours = trainer(optimizer=kind)
    with pytest.raises(CheckpointError, match="the memory of these optimisers"):
        ours.unpack(*theirs.pack())


def test_what_chance_did_before_does_not_matter():
    torch.manual_seed(99)
    losses = []
    for _ in range(2):
        torch.rand(7)
        one = trainer(tiny_model(dropout=0.3))
        torch.rand(7)
        losses.append([one.train_step() for _ in range(3)])
    assert losses[0] == losses[1]
    assert losses[0] != [trainer(tiny_model(dropout=0.3), seed=1).train_step() for _ in range(3)]


def test_another_runs_sampler_is_refused():
    theirs = trainer(batch_size=3)
    with pytest.raises(DataError, match="sampler"):
        trainer().unpack(*theirs.pack())


# --- evaluation -----------------------------------------------------------------------------


def by_hand(model, batches):
    """Every target on its own: minus the logarithm of the probability that it was given."""
    nats = n = 0
    for tokens, targets in batches:
        for row, answers in zip(tokens, targets, strict=True):
            p = model(row[None])[0].double().softmax(-1)
            for t, answer in enumerate(answers.tolist()):
                if answer != IGNORE:
                    nats -= math.log(p[t, answer])
                    n += 1
    return nats, n


@pytest.mark.parametrize("n_tokens", [2, 13, 14, 15, 40, 93])
@pytest.mark.parametrize("batch_size", [1, 4])
def test_evaluation_is_the_sum_over_every_target(n_tokens, batch_size):
    model = tiny_model().eval()
    result = evaluate(model, windows(TOKENS[:n_tokens], 13, batch_size))
    with torch.no_grad():
        nats, n = by_hand(model, windows(TOKENS[:n_tokens], 13, 7))
    assert result.n_tokens == n == n_tokens - 1  # all but the first
    assert result.nats == pytest.approx(nats, rel=1e-6)
    assert result.loss == pytest.approx(nats / n, rel=1e-6)
    assert result.perplexity == pytest.approx(math.exp(nats / n), rel=1e-5)
    assert result.bits == pytest.approx(nats / math.log(2), rel=1e-6)


@pytest.mark.parametrize("training", [True, False])
def test_dropout_is_off_while_evaluating_and_then_as_before(training):
    model = tiny_model(dropout=0.5).train(training)
    first = evaluate(model, windows(TOKENS[:50], 13, 2))
    assert evaluate(model, windows(TOKENS[:50], 13, 3)).nats == pytest.approx(first.nats)
    assert model.training == training
    with torch.no_grad():
        nats, _ = by_hand(model.eval(), windows(TOKENS[:50], 13, 2))
    assert first.nats == pytest.approx(nats, rel=1e-6)


def test_evaluating_changes_nothing_and_draws_no_lots():
    model = tiny_model(dropout=0.5)
    before, lots = weights(model), torch.get_rng_state()
    evaluate(model, windows(TOKENS, 13, 5))
    assert same(weights(model), before) and torch.equal(torch.get_rng_state(), lots)
    assert all(p.grad is None for p in model.parameters())


def test_tokens_that_do_not_fit_are_refused():
    with pytest.raises(ShapeError, match="token ids"):
        evaluate(tiny_model(vocab_size=7), windows(TOKENS, 13, 5))
    with pytest.raises(ShapeError, match="context_length"):
        evaluate(tiny_model(), windows(TOKENS, 14, 5))


def test_a_loss_beyond_all_numbers_has_a_perplexity_still():
    assert Evaluation(1e6, 10).perplexity == math.exp(700)
    assert Evaluation(0.0, 10).perplexity == 1.0


def test_token_losses_are_zero_where_there_is_nothing_to_say():
    logits = torch.randn(2, 3, 5)
    targets = torch.tensor([[1, IGNORE, 4], [IGNORE, 0, IGNORE]])
    losses = token_losses(logits, targets)
    assert losses.shape == (2, 3)
    assert (losses[targets == IGNORE] == 0).all()
    p = logits.double().softmax(-1)
    assert losses[1, 1].item() == pytest.approx(-math.log(p[1, 1, 0]), rel=1e-5)
    assert losses[0, 2].item() == pytest.approx(-math.log(p[0, 2, 4]), rel=1e-5)


@pytest.mark.parametrize("narrow", [torch.bfloat16, torch.float16])
def test_losses_are_summed_in_32_bits_at_least(narrow):
    logits, targets = torch.randn(2, 3, 500), torch.randint(500, (2, 3))
    assert token_losses(logits.to(narrow), targets).dtype == torch.float32
    exact = F.cross_entropy(logits.double().transpose(1, 2), targets, reduction="none")
    assert (token_losses(logits.double(), targets) - exact).abs().max() < 1e-14
    wide = token_losses(logits.to(narrow).double(), targets)
    assert (token_losses(logits.to(narrow), targets) - wide).abs().max() < 1e-5


def test_a_model_in_64_bits_has_its_loss_in_64():
    model = tiny_model().double()
    targets = torch.from_numpy(TOKENS[:14].astype(np.int64)).view(2, 7)
    exact = F.cross_entropy(model(targets).transpose(1, 2), targets)
    assert abs(model.loss(targets, targets) - exact).item() < 1e-14
