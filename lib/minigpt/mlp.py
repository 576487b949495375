"""The MLP: the same small network at every position, one position at a time.

The activations are written out as in the book; the module calls PyTorch's, and a test
proves that they agree.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from minigpt.config import ModelConfig
from minigpt.norms import rounded


def gelu(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Multiply x by the probability that a standard normal number is below it.

    Raises: nothing.
    Source: Hendrycks & Gimpel 2016, section 2. Built in chapter 13.
    """
    return x * 0.5 * (1 + torch.erf(x / math.sqrt(2)))


def gelu_tanh(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Approximate `gelu` with a tanh, as GPT-2 does.

    Raises: nothing.
    Source: Hendrycks & Gimpel 2016, section 2. Built in chapter 13.
    """
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def silu(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Multiply x by its own sigmoid (also called swish).

    Raises: nothing.
    Source: Elfwing, Uchibe & Doya 2018. Built in chapter 13.
    """
    return x * torch.sigmoid(x)


def relu2(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Square what is positive, drop the rest.

    Raises: nothing.
    Source: So et al. 2021 (Primer). Built in chapter 13.
    """
    return F.relu(x).square()


class Relu2Step(torch.autograd.Function):
    """`relu2` with its gradient worked out: 2 max(x, 0), in one operation where PyTorch needs three.

    Raises: nothing.
    Source: So et al. 2021 (Primer).
    """

    @staticmethod
    def forward(ctx: Any, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """Square what is positive, drop the rest.

        Raises: nothing.
        Source: So et al. 2021 (Primer).
        """
        positive = F.relu(x)
        ctx.save_for_backward(positive)
        return positive.square()

    @staticmethod
    def backward(ctx: Any, gradient: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """Return the gradient by x.

        Raises: nothing.
        Source: this book, chapter 13.
        """
        (positive,) = ctx.saved_tensors
        return 2 * gradient * positive


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "relu2": Relu2Step.apply,
    "swiglu": F.silu,
}


class MLP(nn.Module):
    """Widen to d_ff, bend, narrow to d_model; with SwiGLU, a second matrix is the gate.

    Raises: nothing.
    Source: Vaswani et al. 2017, eq. 2; Shazeer 2020, eq. 6, for SwiGLU. Built in chapter 13.
    """

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.activation = ACTIVATIONS[config.mlp]
        self.w_in = nn.Linear(config.d_model, config.d_ff, bias=config.bias)
        self.w_gate = (
            nn.Linear(config.d_model, config.d_ff, bias=config.bias)
            if config.mlp == "swiglu"
            else None
        )
        self.w_out = nn.Linear(config.d_ff, config.d_model, bias=config.bias)

    def forward(self, x: Float[Tensor, "B T d_model"]) -> Float[Tensor, "B T d_model"]:
        """Transform every position by itself.

        Raises: RuntimeError from PyTorch when the last axis is not d_model wide.
        Source: Vaswani et al. 2017, eq. 2.
        """
        if self.w_gate is None:
            return self.w_out(self.activation(self.w_in(x)))
        x = rounded(x)
        return self.w_out(self.activation(self.w_gate(x)) * self.w_in(x))
