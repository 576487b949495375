import pytest
import torch
from model_helpers import close, loud, normal
from torch import nn
from torch.nn import functional as F

from minigpt.norms import LayerNorm, RMSNorm, layer_norm, rms_norm, rounded

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


@pytest.mark.parametrize("given", [X, X[1], X[1, 2]], ids=lambda given: f"{given.dim()} axes")
def test_gradients_agree_too(given):
    for norm, function in ((LayerNorm(D), layer_norm), (RMSNorm(D), rms_norm)):
        loud(norm.double())
        found = []
        for way in (norm, lambda x, n=norm, f=function: f(x, *n.parameters())):
            x = given.clone().requires_grad_()
            loss = (way(x) * normal(*given.shape, seed=3)).sum()
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
    assert LayerNorm(D).bias.shape == (D,) and LayerNorm(D, bias=False).bias is None
    assert [name for name, _ in RMSNorm(D).named_parameters()] == ["weight"]


def test_on_the_cpu_a_norm_works_in_the_dtype_of_its_weight():
    norm, x = loud(RMSNorm(D)), X[1].bfloat16()
    assert norm(x).dtype == torch.float32
    assert torch.equal(norm(x), norm(x.float()))


def test_elsewhere_it_is_pytorchs_in_the_dtype_of_what_it_is_given(monkeypatch):
    asked = []
    monkeypatch.setattr(F, "rms_norm", lambda *given: asked.append(given) or given[0])
    norm, x = RMSNorm(D, 0.25).to("meta"), torch.zeros(2, D, device="meta").bfloat16()
    assert norm(x) is x
    ((given, shape, weight, eps),) = asked
    assert given is x and shape == (D,) and eps == 0.25
    assert weight.shape == (D,) and weight.dtype == torch.bfloat16


def test_a_vector_of_zeros_stays_finite():
    x = torch.zeros(2, D, requires_grad=True)
    (layer_norm(x) + rms_norm(x)).sum().backward()
    assert x.grad.isfinite().all()


@pytest.mark.parametrize("norm", [LayerNorm(D), RMSNorm(D)])
def test_another_width_is_refused(norm):
    with pytest.raises(RuntimeError, match=r"shape|size"):
        norm(torch.zeros(2, D + 1))


@pytest.mark.parametrize("narrow", [torch.bfloat16, torch.float16])
def test_where_autocast_is_on_x_is_rounded_to_its_type(narrow):
    x = X[1].float()
    assert rounded(x) is x
    with torch.autocast("cpu", narrow):
        assert torch.equal(rounded(x), x.to(narrow))
        assert rounded(x).dtype == narrow
