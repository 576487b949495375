import pytest
import torch
from model_helpers import close, loud, normal
from torch import nn
from torch.nn import functional as F

from minigpt.norms import LayerNorm, RMSNorm, layer_norm, rms_norm

D = 7
X = normal(3, 5, D) * torch.tensor([30.0, 1.0, 1e-2]).double()[:, None, None] + 0.5
WEIGHT, BIAS = normal(D, seed=1), normal(D, seed=2)
# With an eps of 1 its place shows: inside the root, and in both norms alike.
each_eps = pytest.mark.parametrize("eps", [1e-6, 1e-5, 1e-2, 1.0])


@each_eps
def test_layer_norm_equals_torch(eps):
    expected = F.layer_norm(X, (D,), WEIGHT, BIAS, eps)
    assert close(layer_norm(X, WEIGHT, BIAS, eps), expected, 1e-11)
    assert close(layer_norm(X, eps=eps), nn.LayerNorm(D, eps).double()(X), 1e-11)


@each_eps
def test_rms_norm_equals_torch(eps):
    assert close(rms_norm(X, WEIGHT, eps), F.rms_norm(X, (D,), WEIGHT, eps), 1e-11)
    assert close(rms_norm(X, eps=eps), nn.RMSNorm(D, eps).double()(X), 1e-11)


@each_eps
@pytest.mark.parametrize("bias", [True, False])
def test_the_layer_norm_module_equals_torch_and_the_function(eps, bias):
    ours, theirs = LayerNorm(D, eps, bias).double(), nn.LayerNorm(D, eps, bias=bias).double()
    loud(ours)
    theirs.load_state_dict(ours.state_dict())
    assert close(ours(X), theirs(X), 1e-11)
    assert close(ours(X), layer_norm(X, ours.weight, ours.bias if bias else 0.0, eps), 1e-11)


@each_eps
def test_the_rms_norm_module_equals_torch_and_the_function(eps):
    ours, theirs = loud(RMSNorm(D, eps).double()), nn.RMSNorm(D, eps).double()
    theirs.load_state_dict(ours.state_dict())
    assert close(ours(X), theirs(X), 1e-11)
    assert close(ours(X), rms_norm(X, ours.weight, eps), 1e-11)


def test_gradients_agree_too():
    for norm, function in ((LayerNorm(D), layer_norm), (RMSNorm(D), rms_norm)):
        loud(norm.double())
        found = []
        for way in (norm, lambda x, n=norm, f=function: f(x, *n.parameters())):
            x = X.clone().requires_grad_()
            loss = (way(x) * normal(*X.shape, seed=3)).sum()
            found.append(torch.autograd.grad(loss, (x, *norm.parameters())))
        assert all(close(a, b) for a, b in zip(*found, strict=True))


def test_what_comes_out_has_a_standard_size():
    x = X[:2]  # eps does not show
    normalised = layer_norm(x, eps=1e-12)
    assert close(normalised.mean(-1), torch.zeros(2, 5).double())
    assert close(normalised.var(-1, unbiased=False), torch.ones(2, 5).double(), 1e-8)
    assert close(rms_norm(x, eps=1e-12).square().mean(-1), torch.ones(2, 5).double(), 1e-8)
    assert not close(rms_norm(x), layer_norm(x), 0.1)  # the mean stays in


def test_fresh_modules_neither_scale_nor_shift():
    assert close(LayerNorm(D).double()(X), layer_norm(X), 1e-11)
    assert close(RMSNorm(D).double()(X), rms_norm(X), 1e-11)
    assert LayerNorm(D, bias=False).bias is None
    assert [name for name, _ in RMSNorm(D).named_parameters()] == ["weight"]


def test_a_vector_of_zeros_stays_finite():
    x = torch.zeros(2, D, requires_grad=True)
    (layer_norm(x) + rms_norm(x)).sum().backward()
    assert x.grad.isfinite().all()


@pytest.mark.parametrize("norm", [LayerNorm(D), RMSNorm(D)])
def test_another_width_is_refused(norm):
    with pytest.raises(RuntimeError, match="shape"):
        norm(torch.zeros(2, D + 1))
