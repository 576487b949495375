import math

import pytest
import torch
from model_helpers import close, loud, normal, tiny
from torch.nn import functional as F

from minigpt.config import MLPS
from minigpt.mlp import ACTIVATIONS, MLP, gelu, gelu_tanh, relu2, silu

X = torch.cat((torch.linspace(-9, 9, 181), torch.tensor([-300.0, -1e-9, 0.0, 40.0]))).double()
BY_HAND = {
    "gelu": lambda x: x * 0.5 * math.erfc(-x / math.sqrt(2)),
    "gelu_tanh": lambda x: 0.5 * x * (1 + math.tanh((2 / math.pi) ** 0.5 * (x + 0.044715 * x**3))),
    "silu": lambda x: x / (1 + math.exp(-x)),
    "relu2": lambda x: max(x, 0.0) ** 2,
}
PYTORCHS = {
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "relu2": lambda x: F.relu(x) ** 2,
}
OURS = {"gelu": gelu, "gelu_tanh": gelu_tanh, "silu": silu, "relu2": relu2}
each_activation = pytest.mark.parametrize("name", OURS)


@each_activation
def test_activations_equal_torch_and_the_formula(name):
    ours = OURS[name](X)
    assert close(ours, PYTORCHS[name](X), 1e-12)
    by_hand = [BY_HAND[name](x) for x in X.tolist()]
    assert close(ours, torch.tensor(by_hand, dtype=torch.float64), 1e-12)
    assert close(ACTIVATIONS[name](X), ours, 1e-12)


@each_activation
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_activations_have_finite_gradients_everywhere(name, dtype):
    x = X.to(dtype).requires_grad_()
    y = X.to(dtype).requires_grad_()
    OURS[name](x).sum().backward()
    PYTORCHS[name](y).sum().backward()
    assert close(x.grad, y.grad, 1e-5)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_relu2_goes_back_as_its_formula_does(dtype):
    x = normal(4, 9).to(dtype)
    x[0, :3] = 0.0
    x, g = x.requires_grad_(), normal(4, 9, seed=1).to(dtype)
    (ours,) = torch.autograd.grad(ACTIVATIONS["relu2"](x), x, g)
    (plain,) = torch.autograd.grad(relu2(x), x, g)
    assert ours.dtype == dtype and close(ours, plain, 1e-6)
    assert (ours[x > 0] != 0).all() and (ours[x <= 0] == 0).all()


def test_the_two_gelus_are_alike_but_not_the_same():
    assert 1e-5 < (gelu(X) - gelu_tanh(X)).abs().max() < 1e-3


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("name", MLPS)
def test_the_mlp_is_two_matrices_and_a_bend(name, bias):
    mlp = loud(MLP(tiny(mlp=name, bias=bias))).double()
    x, p = normal(2, 5, 24), dict(mlp.named_parameters())

    def linear(x, layer):
        return x @ p[layer + ".weight"].T + (p[layer + ".bias"] if bias else 0.0)

    if name == "swiglu":
        hidden = silu(linear(x, "w_gate")) * linear(x, "w_in")
    else:
        hidden = OURS[name](linear(x, "w_in"))
    assert hidden.shape == (2, 5, 20)
    assert close(mlp(x), linear(hidden, "w_out"))


def test_swiglu_is_the_papers():
    mlp, x = loud(MLP(tiny(mlp="swiglu"))).double(), normal(2, 5, 24)
    W, V, W2 = mlp.w_gate.weight.T, mlp.w_in.weight.T, mlp.w_out.weight.T
    assert close(mlp(x), ((x @ W) * torch.sigmoid(x @ W) * (x @ V)) @ W2)


@pytest.mark.parametrize("name", MLPS)
def test_each_position_is_alone(name):
    mlp, x = loud(MLP(tiny(mlp=name))).double(), normal(2, 5, 24)
    order = torch.tensor([3, 1, 4, 0, 2])
    assert close(mlp(x)[:, order], mlp(x[:, order]))
    assert close(mlp(x)[1, 3], mlp(x[1:, 3:4])[0, 0])


@pytest.mark.parametrize(("name", "n"), [("gelu", 2 * 24 * 20), ("swiglu", 3 * 24 * 20)])
def test_only_the_gated_one_has_a_third_matrix(name, n):
    assert sum(p.numel() for p in MLP(tiny(mlp=name)).parameters()) == n
    with_bias = MLP(tiny(mlp=name, bias=True))
    biases = 20 + 24 + (20 if name == "swiglu" else 0)
    assert sum(p.numel() for p in with_bias.parameters()) == n + biases


def test_another_width_is_refused():
    with pytest.raises(RuntimeError):
        MLP(tiny())(torch.zeros(2, 5, 25))
