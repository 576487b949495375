import math

import pytest
import torch
from run_helpers import tiny_model
from torch import nn

from minigpt.config import TrainConfig
from minigpt.optim import Muon, lr_factor, make_optimizers, orthogonalise, set_lr

SHAPES = [(24, 8), (8, 24), (16, 16), (5, 7), (40, 3), (1, 6)]


def normal(*shape, seed=0, dtype=torch.float32):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


# --- orthogonalise ------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_orthogonalise_keeps_singular_vectors_and_evens_singular_values(shape, scale):
    matrices = scale * normal(3, *shape, dtype=torch.float64)
    for matrix, result in zip(matrices, orthogonalise(matrices), strict=True):
        u, _, vt = torch.linalg.svd(matrix, full_matrices=False)
        seen = u.T @ result @ vt.T  # diagonal, if the singular vectors are the same
        assert result.shape == matrix.shape
        assert (seen - seen.diag().diag()).abs().max() < 1e-9
        assert seen.diag().min() > 0.6 and seen.diag().max() < 1.25


def test_orthogonalise_brings_values_of_very_different_size_together():
    u, _ = torch.linalg.qr(normal(20, 9, dtype=torch.float64))
    v, _ = torch.linalg.qr(normal(9, 9, seed=1, dtype=torch.float64))
    values = torch.logspace(0, -1.8, 9, dtype=torch.float64)  # 1 down to 0.016
    found = torch.linalg.svdvals(orthogonalise((u * values @ v.T)[None])[0])
    assert found.min() > 0.6 and found.max() < 1.25
    rough = torch.linalg.svdvals(orthogonalise((u * values @ v.T)[None], steps=1)[0])
    assert rough.min() < 0.1  # one round does not do it


def test_each_matrix_of_a_stack_is_orthogonalised_by_itself():
    stack = normal(4, 6, 10) * torch.tensor([1e-5, 1.0, 100.0, 1e4])[:, None, None]
    alone = torch.cat([orthogonalise(matrix[None]) for matrix in stack])
    torch.testing.assert_close(orthogonalise(stack), alone)


def test_a_matrix_of_zeros_stays_one():
    assert torch.equal(orthogonalise(torch.zeros(2, 3, 5)), torch.zeros(2, 3, 5))


# --- Muon, against torch's and against the algorithm written out ------------------------------

SETTINGS = [
    {"lr": 0.05, "momentum": 0.95, "weight_decay": 0.1},
    {"lr": 0.3, "momentum": 0.6, "weight_decay": 0.0},
    {"lr": 0.02, "momentum": 0.0, "weight_decay": 0.9},
]


def walk(make, n_steps=6, **settings):
    """Give an optimiser matrices of several shapes, two of each, and gradients; where do they go?"""
    params = [nn.Parameter(normal(*shape, seed=i)) for i, shape in enumerate(SHAPES + SHAPES)]
    optimizer = make(params, **settings)
    for step in range(n_steps):
        for i, p in enumerate(params):
            p.grad = normal(*p.shape, seed=100 * step + i) * 10 ** (step % 3)
        optimizer.step()
    return [p.detach() for p in params]


@pytest.mark.parametrize("settings", SETTINGS)
def test_muon_goes_where_torchs_goes_as_far_as_bfloat16_can_tell(settings):
    ours = walk(Muon, **settings)
    theirs = walk(torch.optim.Muon, adjust_lr_fn="original", nesterov=True, **settings)
    for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        way = (b - normal(*b.shape, seed=i)).norm()
        assert (a - b).norm() < 0.02 * way, (tuple(a.shape), float((a - b).norm() / way))


class PlainMuon:
    """Jordan's algorithm, one matrix at a time, in float32, word for word."""

    def __init__(self, params, lr, momentum, weight_decay):
        self.params, self.lr, self.momentum, self.decay = params, lr, momentum, weight_decay
        self.buffers = [torch.zeros_like(p) for p in params]

    @torch.no_grad()
    def step(self):
        for p, buffer in zip(self.params, self.buffers, strict=True):
            buffer.copy_(self.momentum * buffer + (1 - self.momentum) * p.grad)
            g = self.momentum * buffer + (1 - self.momentum) * p.grad
            x = g.T if g.shape[0] > g.shape[1] else g
            x = x / x.pow(2).sum().sqrt()
            for _ in range(5):
                a = x @ x.T
                x = 3.4445 * x - 4.7750 * a @ x + 2.0315 * a @ a @ x
            x = x.T if g.shape[0] > g.shape[1] else x
            rows, columns = p.shape
            stretch = math.sqrt(rows / columns) if rows > columns else 1.0
            p.copy_(p - self.lr * self.decay * p - self.lr * stretch * x)


@pytest.mark.parametrize("settings", SETTINGS)
def test_muon_is_the_algorithm_to_float32(settings):
    for a, b in zip(walk(Muon, **settings), walk(PlainMuon, **settings), strict=True):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-5)


def test_muon_in_bfloat16_goes_nearly_the_same_way():
    exact, rough = walk(Muon, **SETTINGS[0]), walk(Muon, **SETTINGS[0], dtype=torch.bfloat16)
    for i, (a, b) in enumerate(zip(exact, rough, strict=True)):
        way = (a - normal(*a.shape, seed=i)).norm()
        assert 0 < (a - b).norm() < 0.08 * way and b.dtype == torch.float32


def test_muon_leaves_alone_what_has_no_gradient():
    still, moved = nn.Parameter(normal(4, 6)), nn.Parameter(normal(4, 6, seed=1))
    optimizer = Muon([still, moved])
    moved.grad = normal(4, 6, seed=2)
    optimizer.step()
    assert torch.equal(still, normal(4, 6)) and still not in optimizer.state
    assert not torch.equal(moved, normal(4, 6, seed=1))


def test_muon_obeys_each_groups_own_settings():
    a, b = nn.Parameter(normal(4, 6)), nn.Parameter(normal(4, 6))
    optimizer = Muon([{"params": [a], "lr": 0.0}, {"params": [b], "lr": 0.5}])
    a.grad = b.grad = normal(4, 6, seed=2)
    optimizer.step()
    assert torch.equal(a, normal(4, 6)) and (b - a).abs().max() > 0.05


# --- who gets what ------------------------------------------------------------------------

MODELS = [
    {},
    {"bias": True, "norm": "layernorm", "position": "learned", "qk_norm": True},
    {"tie_head": False, "mlp": "swiglu", "norm_order": "post"},
    {"bias": True, "qk_norm": False, "n_kv_heads": 1, "position": "alibi"},
]


@pytest.mark.parametrize("changes", MODELS)
@pytest.mark.parametrize("kind", ["adamw", "muon"])
def test_every_parameter_is_in_exactly_one_group_and_only_matrices_decay(changes, kind):
    model = tiny_model(**changes)
    config = TrainConfig(optimizer=kind, weight_decay=0.3, lr=0.01, muon_lr=0.07)
    found = {}
    for optimizer in make_optimizers(model, config):
        for group in optimizer.param_groups:
            for p in group["params"]:
                assert id(p) not in found, "in two groups"
                found[id(p)] = (type(optimizer).__name__, group["weight_decay"], group["lr"])
    assert found.keys() == {id(p) for p in model.parameters()}
    for name, p in model.named_parameters():
        if "norm" in name or name.endswith("bias"):
            assert found[id(p)] == ("AdamW", 0.0, 0.01), name
        elif name.startswith("blocks.") and kind == "muon":
            assert found[id(p)] == ("Muon", 0.3, 0.07), name
        else:
            assert found[id(p)] == ("AdamW", 0.3, 0.01), name


def test_a_model_without_blocks_of_matrices_needs_no_muon():
    lone = nn.Linear(3, 5)
    assert [type(o).__name__ for o in make_optimizers(lone, TrainConfig())] == ["AdamW"]


# --- AdamW, written out -------------------------------------------------------------------


def test_adamw_is_the_rule_of_the_paper():
    config = TrainConfig(optimizer="adamw", lr=0.02, beta1=0.8, beta2=0.9, weight_decay=0.4)
    model, plain = tiny_model(bias=True).double(), tiny_model(bias=True).double()
    (adamw,) = make_optimizers(model, config)
    memory = {name: (torch.zeros_like(p), torch.zeros_like(p)) for name, p in named(plain)}
    for t in range(1, 5):
        set_lr([adamw], t / 4)
        for i, ((name, p), (_, q)) in enumerate(zip(named(model), named(plain), strict=True)):
            p.grad = normal(*p.shape, seed=10 * t + i, dtype=torch.float64)
            m, v = memory[name]
            m.mul_(0.8).add_(0.2 * p.grad)
            v.mul_(0.9).add_(0.1 * p.grad**2)
            step = (m / (1 - 0.8**t)) / ((v / (1 - 0.9**t)).sqrt() + 1e-8)
            decay = 0.4 if q.dim() == 2 else 0.0
            with torch.no_grad():
                q.sub_(0.02 * t / 4 * (step + decay * q))
        adamw.step()
    for (name, p), (_, q) in zip(named(model), named(plain), strict=True):
        torch.testing.assert_close(p, q, atol=1e-12, rtol=1e-10, msg=name)


def named(model):
    return list(model.named_parameters())


# --- the schedule ---------------------------------------------------------------------------


def factors(steps=14, warmup=4, **fields):
    config = TrainConfig(steps=steps, warmup_steps=warmup, **fields)
    return [lr_factor(step, config) for step in range(steps + 1)]


def test_constant():
    assert factors(schedule="constant") == [0.25, 0.5, 0.75] + [1.0] * 12


def test_linear():
    falling = [1 - n / 10 for n in range(11)]
    assert factors(schedule="linear") == pytest.approx([0.25, 0.5, 0.75, 1.0, *falling])
    falling = [0.2 + 0.8 * (1 - n / 10) for n in range(11)]
    assert factors(schedule="linear", final_lr=0.2) == pytest.approx([0.25, 0.5, 0.75, 1, *falling])


def test_cosine():
    # Half way down the cosine is at a half; a third of the way at three quarters.
    found = factors(steps=16, schedule="cosine")
    assert found[:5] == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.0])
    assert (found[8], found[10], found[12]) == pytest.approx((0.75, 0.5, 0.25))
    assert found[16] == pytest.approx(0, abs=1e-15)
    raised = factors(steps=16, schedule="cosine", final_lr=0.1)
    assert raised[4:] == pytest.approx([0.1 + 0.9 * f for f in found[4:]])
    assert raised[:4] == found[:4]  # the warm-up knows nothing of the end


@pytest.mark.parametrize("schedule", ["linear", "cosine"])
def test_the_last_step_still_learns(schedule):
    assert 0 < factors(schedule=schedule)[13] < 0.11
    assert factors(schedule=schedule)[14] == pytest.approx(0, abs=1e-15)
    assert factors(schedule=schedule, final_lr=1.0)[4:] == pytest.approx([1.0] * 11)


def test_corners():
    assert factors(steps=2, warmup=0, schedule="linear") == [1.0, 0.5, 0.0]
    assert factors(steps=1, warmup=0, schedule="cosine")[0] == 1.0
    assert factors(steps=3, warmup=3)[:3] == pytest.approx([1 / 3, 2 / 3, 1])
    assert factors(steps=3, warmup=3)[3] == 1.0  # no division by zero
    assert factors(steps=2, warmup=8) == pytest.approx([1 / 8, 2 / 8, 3 / 8])


def test_set_lr_starts_from_the_peak_every_time():
    optimizers = make_optimizers(tiny_model(), TrainConfig(lr=0.3, muon_lr=0.5))
    for factor in (0.5, 0.1, 1.0):
        set_lr(optimizers, factor)
        found = [group["lr"] for o in optimizers for group in o.param_groups]
        assert found == [0.3 * factor, 0.3 * factor, 0.5 * factor]
