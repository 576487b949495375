"""Normalisation: give every position's vector a standard size.

The functions are written out as in the book; the modules take the fastest way that there
is, and a test proves that they agree.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


def layer_norm(
    x: Float[Tensor, "... d"],
    weight: Float[Tensor, " d"] | float = 1.0,
    bias: Float[Tensor, " d"] | float = 0.0,
    eps: float = 1e-5,
) -> Float[Tensor, "... d"]:
    """Subtract each vector's mean, divide by its standard deviation, scale and shift.

    The variance divides by d, not d - 1, and eps stands inside the root.

    Raises: nothing.
    Source: Ba, Kiros & Hinton 2016, eq. 4. Built in chapter 12.
    """
    mean = x.mean(dim=-1, keepdim=True)
    variance = (x - mean).square().mean(dim=-1, keepdim=True)
    return (x - mean) / torch.sqrt(variance + eps) * weight + bias


def rms_norm(
    x: Float[Tensor, "... d"],
    weight: Float[Tensor, " d"] | float = 1.0,
    eps: float = 1e-5,
) -> Float[Tensor, "... d"]:
    """Divide each vector by the root of its mean square, and scale; no mean, no shift.

    Raises: nothing.
    Source: Zhang & Sennrich 2019, eq. 4. Built in chapter 12.
    """
    return x / torch.sqrt(x.square().mean(dim=-1, keepdim=True) + eps) * weight


class LayerNorm(nn.Module):
    """`layer_norm` with a learned weight and, where asked for, a learned bias.

    Raises: nothing.
    Source: Ba, Kiros & Hinton 2016, eq. 4.
    """

    def __init__(self, d: int, eps: float = 1e-5, bias: bool = True):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(d))
        self.bias = nn.Parameter(torch.zeros(d)) if bias else None

    def forward(self, x: Float[Tensor, "... d"]) -> Float[Tensor, "... d"]:
        """Normalise the last axis.

        Raises: RuntimeError from PyTorch when the last axis is not d wide.
        Source: Ba, Kiros & Hinton 2016, eq. 4.
        """
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias, self.eps)


class RMSNorm(nn.Module):
    """`rms_norm` with a learned weight.

    Raises: nothing.
    Source: Zhang & Sennrich 2019, eq. 4.
    """

    def __init__(self, d: int, eps: float = 1e-5):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(d))

    def forward(self, x: Float[Tensor, "... d"]) -> Float[Tensor, "... d"]:
        """Normalise the last axis.

        Raises: RuntimeError from PyTorch when the last axis is not d wide.
        Source: Zhang & Sennrich 2019, eq. 4.
        """
        if x.device.type == "cpu":
            return RMSNormStep.apply(x.to(self.weight.dtype), self.weight, self.eps)
        return F.rms_norm(x, self.weight.shape, self.weight.to(x.dtype), self.eps)


class RMSNormStep(torch.autograd.Function):
    """`rms_norm` with its gradient worked out on paper.

    PyTorch has no kernel for it on the CPU and goes back through every operation of the
    formula, which takes three times as long.

    Raises: nothing.
    Source: Zhang & Sennrich 2019, eq. 4 and appendix. Built in chapter 12.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Float[Tensor, "... d"], weight: Float[Tensor, " d"], eps: float
    ) -> Float[Tensor, "... d"]:
        """Normalise, and keep what the way back needs.

        Raises: nothing.
        Source: Zhang & Sennrich 2019, eq. 4.
        """
        scale = torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + eps)
        normed = x * scale
        ctx.save_for_backward(normed, weight, scale)
        return normed * weight

    @staticmethod
    def backward(
        ctx: Any, gradient: Float[Tensor, "... d"]
    ) -> tuple[Float[Tensor, "... d"], Float[Tensor, " d"], None]:
        """Return the gradients by x and by the weight.

        A change of x along x changes its size alone, which the norm undoes; that part of
        the gradient is taken out (all of it, were it not for eps).

        Raises: nothing.
        Source: this book, chapter 12.
        """
        normed, weight, scale = ctx.saved_tensors
        product = gradient * normed
        along = (product @ weight)[..., None] / len(weight)
        by_x = torch.addcmul(gradient * weight, along, normed, value=-1) * scale
        return by_x, product.sum_to_size(weight.shape), None


def rounded(x: Float[Tensor, "... d"]) -> Float[Tensor, "... d"]:
    """Round x to the type in which autocast multiplies, where it is on.

    Several products of one x would each round it for themselves, and keep their copy.

    Raises: nothing.
    Source: `torch.autocast`.
    """
    kind = x.device.type
    return x.to(torch.get_autocast_dtype(kind)) if torch.is_autocast_enabled(kind) else x
