"""Normalisation: give every position's vector a standard size.

The functions are written out as in the book; the modules call PyTorch's fused kernels,
and a test proves that they agree.
"""

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
        return F.rms_norm(x, self.weight.shape, self.weight.to(x.dtype), self.eps)
