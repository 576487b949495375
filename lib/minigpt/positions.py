"""Order: four ways to tell attention where a token stands.

Sinusoidal and learned positions are added to the embeddings; rotary positions turn
queries and keys; ALiBi lowers the scores of what is far away.
"""

import math
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from minigpt.config import ROTARY_PAIRS
from minigpt.errors import ShapeError, problem

# Cosine and sine of every pair's angle.
Rotation = tuple[Float[Tensor, "... T d_head/2"], Float[Tensor, "... T d_head/2"]]


def sinusoidal(
    position_ids: Int[Tensor, "... T"], d_model: int, base: float = 10_000.0
) -> Float[Tensor, "... T d_model"]:
    """Write each position as sines (even columns) and cosines (odd columns).

    Column pair i turns at base ** (-2i / d_model) radians a position.

    Raises: ShapeError when d_model is odd.
    Source: Vaswani et al. 2017, section 3.5. Built in chapter 10.
    """
    angles = _angles(position_ids, d_model, base)
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(-2)


def rotary_angles(
    position_ids: Int[Tensor, "... T"], d_head: int, base: float = 10_000.0
) -> Rotation:
    """Return cosine and sine of the angle by which each pair turns at each position.

    Pair i turns at base ** (-2i / d_head) radians a position.

    Raises: ShapeError when d_head is odd.
    Source: Su et al. 2021 (RoFormer), section 3.2.2. Built in chapter 10.
    """
    angles = _angles(position_ids, d_head, base)
    return angles.cos(), angles.sin()


def _angles(position_ids: Tensor, d: int, base: float) -> Tensor:
    if d % 2:
        raise ShapeError(problem("an even width, since columns pair up", f"{d}", f"{d + 1}"))
    exponents = torch.arange(0, d, 2, device=position_ids.device) / d
    return position_ids[..., None].float() * base**-exponents


def rotate(
    x: Float[Tensor, "B n_heads T d_head"],
    cos: Float[Tensor, "... T d_head/2"],
    sin: Float[Tensor, "... T d_head/2"],
    pairs: str = "halves",
) -> Float[Tensor, "B n_heads T d_head"]:
    """Turn each pair of columns by its angle; lengths do not change.

    "interleaved" pairs column 2i with 2i + 1 (the paper, GPT-J); "halves" pairs i with
    i + d_head/2 (GPT-NeoX, Llama as published by Hugging Face). Weights trained with
    one are wrong with the other.

    Raises: ShapeError when the angles do not fit x, or `pairs` is neither.
    Source: Su et al. 2021 (RoFormer), eq. 34. Built in chapter 10.
    """
    if (cos.shape[-2], 2 * cos.shape[-1]) != x.shape[-2:]:
        came = f"x {tuple(x.shape)} and angles {tuple(cos.shape)}"
        raise ShapeError(
            problem("angles of shape (T, d_head/2)", came, "rotary_angles(ids, d_head)")
        )
    if pairs not in ROTARY_PAIRS:
        raise ShapeError(problem("pairs 'interleaved' or 'halves'", repr(pairs), "'halves'"))
    return Turn.apply(x, cos.to(x.dtype), sin.to(x.dtype), pairs)


class Turn(torch.autograd.Function):
    """`rotate` with its gradient: what was turned one way is turned back.

    Raises: nothing.
    Source: Su et al. 2021 (RoFormer), eq. 34; a rotation's transpose is its inverse.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Float[Tensor, "... d_head"], cos: Tensor, sin: Tensor, pairs: str
    ) -> Float[Tensor, "... d_head"]:
        """Turn every pair (a, b) to (a cos - b sin, a sin + b cos).

        Raises: nothing.
        Source: Su et al. 2021 (RoFormer), eq. 34.
        """
        ctx.save_for_backward(cos, sin)
        ctx.pairs = pairs
        turned = torch.empty_like(x)
        (a, b), (turned_a, turned_b) = _paired(x, pairs), _paired(turned, pairs)
        torch.mul(a, cos, out=turned_a).addcmul_(b, sin, value=-1)
        torch.mul(a, sin, out=turned_b).addcmul_(b, cos)
        return turned

    @staticmethod
    def backward(
        ctx: Any, gradient: Float[Tensor, "... d_head"]
    ) -> tuple[Float[Tensor, "... d_head"], None, None, None]:
        """Turn the gradient back.

        Raises: nothing.
        Source: Su et al. 2021 (RoFormer), eq. 34.
        """
        cos, sin = ctx.saved_tensors
        return Turn.apply(gradient, cos, -sin, ctx.pairs), None, None, None


def _paired(x: Tensor, pairs: str) -> tuple[Tensor, Tensor]:
    """Return the first and the second columns of all pairs, as views."""
    return (x[..., 0::2], x[..., 1::2]) if pairs == "interleaved" else x.chunk(2, dim=-1)


def alibi_slopes(n_heads: int) -> Float[Tensor, " n_heads"]:
    """Return each head's slope: 2^(-8/n), 2^(-16/n), … for n a power of two.

    For other n, the slopes of the power of two below, then every other slope of the
    one above.

    Raises: nothing.
    Source: Press, Smith & Lewis 2022, section 3, and their published code.
    """
    n = 2 ** math.floor(math.log2(n_heads))
    slopes = [2 ** (-8 * (i + 1) / n) for i in range(n)]
    between = [2 ** (-4 * (i + 1) / n) for i in range(0, 2 * (n_heads - n), 2)]
    return torch.tensor(slopes + between)


def alibi_bias(
    n_heads: int, query_ids: Int[Tensor, " T_q"], key_ids: Int[Tensor, " T_k"]
) -> Float[Tensor, "n_heads T_q T_k"]:
    """Return what to add to the scores: minus slope times distance.

    Raises: nothing.
    Source: Press, Smith & Lewis 2022, section 3. Built in chapter 10.
    """
    distance = (query_ids[:, None] - key_ids[None, :]).abs()
    return -alibi_slopes(n_heads).to(distance.device)[:, None, None] * distance
